#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: a fault in EL2 code ends one VM. The host says where it was and goes on, and so does another VM.
# Runs in the emulated host.
# timeout: 240
. selftests/host/tap.inc
echo "TAP version 13"
echo "1..14"
insmod armvcpu.ko debug_faults=1
refused() {
	if echo "$1" 2>/dev/null >/sys/kernel/debug/armvcpu/provoke; then result 1 "$2"; else result 0 "$2"; fi
}
refused "1 nonsense" "an unknown fault is refused"
refused "1 read" "a process without a VM is refused"

# The bystander: a whole Linux guest that must come to its end.
./armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 128M --append "console=ttyAMA0 quiet" \
	</dev/null >/tmp/bystander 2>&1 &
bystander=$!

# The victims: guests that never end by themselves.
for fault in read undef stack world; do
	endless_guest /tmp/victim 2
	# in the middle of its boot
	sleep 3
	provoke $guest $fault
	wait $guest
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
