#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: a fault in EL2 code ends one VM. The host says where it was and goes on, and so does another VM.
# Runs in the emulated host.
# timeout: 240
. selftests/host/tap.inc
echo "TAP version 13"
echo "1..14"
insmod armvcpu.ko debug_faults=1
provoke=/sys/kernel/debug/armvcpu/provoke
refused() {
	if echo "$1" 2>/dev/null >$provoke; then result 1 "$2"; else result 0 "$2"; fi
}
refused "1 nonsense" "an unknown fault is refused"
refused "1 read" "a process without a VM is refused"

# The bystander: a whole Linux guest that must come to its end.
./armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 128M --append "console=ttyAMA0 quiet" \
	</dev/null >/tmp/bystander 2>&1 &
bystander=$!

# ask FAULT: of the victim, as soon as it has a vCPU; how long that takes is the machine's affair
ask() {
	for _ in $(seq 60); do
		! echo "$victim $1" 2>/dev/null >$provoke || return 0
		sleep 1
	done
	echo "# the victim never had a vCPU"
}

# The victims: guests that never end by themselves.
for fault in read undef stack world; do
	./armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 128M \
		--append 'console=ttyAMA0 quiet rdinit=/bin/busybox -- sh -c "while :; do :; done"' \
		</dev/null >/tmp/victim 2>&1 &
	victim=$!
	sleep 3
	ask $fault
	wait $victim
	rc=$?
	# 2: armvcpu-run saw KVM_EXIT_INTERNAL_ERROR (or the dead VM's EIO)
	[ $rc -eq 2 ]
	result $? "$fault: the VM ends with an internal error (armvcpu-run: $rc)"
	dmesg | grep -q "EL2 fault on CPU .* contained"
	result $? "$fault: the log names the place"
	dmesg -c >>/tmp/log
done

wait $bystander
result $? "the other VM went on to its end"
grep -q "guest: sum of squares" /tmp/bystander
result $? "and its guest computed what it should"
grep 'EL2 fault' /tmp/log | sed 's/^/# /'
rmmod armvcpu
result $? "the module goes"
insmod armvcpu.ko && ./selftests/guest/gpr_state >/dev/null
result $? "and comes, and runs a guest"
rmmod armvcpu
