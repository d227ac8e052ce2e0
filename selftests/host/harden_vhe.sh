#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: as harden.sh, on a VHE host whose CPU has RAS; one that is not contained ends the VM, and the kernel is marked.
# Runs in the emulated host.
# hostrun: --cpu neoverse-n1
# timeout: 400
. selftests/host/tap.inc
. selftests/host/harden.inc
echo "TAP version 13"
echo "1..16"
harden_tests
./armvcpu-run --kernel Image --initrd guest-initrd --cpus 1 --mem 128M --append "console=ttyAMA0 quiet" \
	</dev/null >/tmp/victim 2>&1 &
victim=$!
sleep 3
echo "$victim serror-uncontained" >/sys/kernel/debug/armvcpu/provoke
wait $victim
[ $? -eq 2 ]
result $? "an SError that is not contained ends the VM"
dmesg | grep -q 'SError that is not contained came with a guest'
result $? "the log says so"
# TAINT_MACHINE_CHECK
[ $(($(cat /proc/sys/kernel/tainted) >> 4 & 1)) -eq 1 ]
result $? "the kernel is tainted"
rmmod armvcpu
result $? "the module goes"
