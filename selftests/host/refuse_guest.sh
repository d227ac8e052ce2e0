#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: inside a guest of armvcpu (a hypervisor sits underneath) the module refuses, armvcpu-check said so in the same
# words, and the guest goes on.
# timeout: 180
# beside: others
. selftests/host/tap.inc
echo "TAP version 13"
echo "1..3"
insmod armvcpu.ko
mkdir -p /tmp/g/bin
cp /bin/busybox /tmp/g/bin/ 2>/dev/null || cp "$(command -v busybox)" /tmp/g/bin/
cp armvcpu.ko armvcpu-check refusals.def /tmp/g/
cat >/tmp/g/init <<'I'
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /dev /sys
/bin/busybox --install -s /bin
export PATH=/bin
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/sh /armvcpu-check | /bin/busybox sed 's/^/inner: /'
/bin/busybox insmod /armvcpu.ko
/bin/busybox echo "inner: insmod said $?"
/bin/busybox dmesg | /bin/busybox grep 'armvcpu:' | /bin/busybox sed 's/^/inner: /'
/bin/busybox poweroff -f
I
chmod +x /tmp/g/init
(cd /tmp/g && find . | cpio -o -H newc 2>/dev/null) >/tmp/inner-initrd
./armvcpu-run --kernel "$(own_image)" --initrd /tmp/inner-initrd --mem 256M --append "console=ttyAMA0 quiet" \
	</dev/null >/tmp/inner 2>&1
rc=$?
grep inner: /tmp/inner | sed 's/^/# /'
if grep -q 'inner: insmod said [1-9]' /tmp/inner &&
   grep -q 'another hypervisor sits underneath' /tmp/inner; then
	echo "ok 1 the module refuses in a guest and says why"
else
	echo "not ok 1 the module refuses in a guest and says why"
fi
if [ $rc -eq 0 ]; then echo "ok 2 the guest goes on to its end"; else echo "not ok 2 the guest goes on: $rc"; fi
checked=$(sed -n 's/\r$//; s/^inner: armvcpu-check: //p' /tmp/inner | head -n 1)
refused=$(sed -n 's/\r$//; s/^inner: .*\] armvcpu: \(another\)/\1/p' /tmp/inner | head -n 1)
if [ -n "$checked" ] && [ "$checked" = "$refused" ]; then
	echo "ok 3 armvcpu-check says the same"
else
	echo "not ok 3 armvcpu-check says the same: '$checked' '$refused'"
fi
rmmod armvcpu
