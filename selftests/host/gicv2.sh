#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a host with a GICv2 the module loads, guests get a GICv2 that works, a Linux guest with two CPUs boots, is
# saved to a file, and goes on from it to its end; and GICH is left as it was found.
# A failure: the program of selftests/ that failed, or the guest's last lines, or the register.
# hostrun: --gic 2
# timeout: 600

# Of each CPU: GICH_HCR, GICH_VMCR, GICH_APR and the first list registers, read by busybox's devmem.
gich() {
	for cpu in 0 1; do
		for offset in 000 008 0f0 100 104 108 10c; do
			echo "cpu$cpu $offset $(taskset $((1 << cpu)) devmem 0x8030$offset 32)"
		done
	done
}

echo "TAP version 13"
echo "1..6"
gich >/tmp/before 2>&1
insmod armvcpu.ko || echo "# insmod failed"
if [ -c /dev/armvcpu ]; then echo "ok 1 the module loads"; else echo "not ok 1 the module loads"; fi

if selftests/run.sh api/vgic_v2_attrs api/vgic_create api/irq_line guest/gic_v2 guest/gic_interrupts \
	guest/smp_ipi guest/timer_interrupts guest/irqfd_ioeventfd guest/wfx guest/psci_smp guest/save_restore_storm >/tmp/tests 2>&1; then
	echo "ok 2 self-tests of interrupts and timers"
else
	grep -E '^(not ok|@@|# selftests)' /tmp/tests | sed 's/^/# /'
	echo "not ok 2 self-tests of interrupts and timers"
fi

(cd /tmp && mkdir -p g/bin && cp /bin/busybox g/bin/ && cat >g/init <<'I'
#!/bin/busybox sh
/bin/busybox mkdir -p /proc
/bin/busybox mount -t proc proc /proc
/bin/busybox echo "inner: $(/bin/busybox nproc) CPUs"
/bin/busybox grep -i arch_timer /proc/interrupts
/bin/busybox echo "inner: waits"
read -r line
/bin/busybox sleep 1
/bin/busybox echo "inner: went on, $line"
/bin/busybox poweroff -f
I
chmod +x g/init && cd g && find . | cpio -o -H newc 2>/dev/null >/tmp/inner-initrd)
mkfifo /tmp/in
./armvcpu-run --kernel Image --initrd /tmp/inner-initrd --cpus 2 --mem 256M --save /tmp/saved \
	--append "console=ttyAMA0 quiet" </tmp/in >/tmp/inner 2>&1 &
pid=$!
exec 9>/tmp/in
while kill -0 $pid 2>/dev/null && ! grep -q 'inner: waits' /tmp/inner; do sleep 1; done
kill -USR2 $pid
wait $pid
rc=$?
exec 9>&-
if [ $rc -eq 4 ] && grep -q 'inner: 2 CPUs' /tmp/inner && grep -q 'GIC-0 *27' /tmp/inner; then
	echo "ok 3 a Linux guest with two CPUs and a GICv2 boots, and is saved"
else
	tail -n 20 /tmp/inner | sed 's/^/# /'
	echo "not ok 3 a Linux guest with two CPUs and a GICv2 boots, and is saved: $rc"
fi
(sleep 1; echo go) | ./armvcpu-run --restore /tmp/saved >/tmp/inner 2>&1
rc=$?
if [ $rc -eq 0 ] && grep -q 'inner: went on, go' /tmp/inner; then
	echo "ok 4 it goes on and powers off"
else
	tail -n 20 /tmp/inner | sed 's/^/# /'
	echo "not ok 4 it goes on and powers off: $rc"
fi

if rmmod armvcpu; then echo "ok 5 unloaded"; else echo "not ok 5 unloaded"; fi
if ! grep -q '008 0x' /tmp/before; then
	echo "ok 6 # SKIP this kernel lets nobody read device memory"
elif gich >/tmp/after && cmp -s /tmp/before /tmp/after; then
	sed 's/^/# /' /tmp/after
	echo "ok 6 GICH is as it was found"
else
	diff /tmp/before /tmp/after | sed 's/^/# /'
	echo "not ok 6 GICH is as it was found"
fi
