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
endless_guest /tmp/victim 1
provoke $guest serror-uncontained
wait $guest
[ $? -eq 2 ]
result $? "an SError that is not contained ends the VM"
dmesg | grep -q 'SError that is not contained came with a guest'
result $? "the log says so"
# TAINT_MACHINE_CHECK
[ $(($(cat /proc/sys/kernel/tainted) >> 4 & 1)) -eq 1 ]
result $? "the kernel is tainted"
rmmod armvcpu
result $? "the module goes"
