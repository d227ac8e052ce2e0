#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: tools/first-vmm, of docs/first-vmm.md, does what the page says, and says so where there is no device.
# A failure prints what it said. Runs in the emulated host.
# beside: others
. selftests/host/tap.inc
echo "TAP version 13"
echo "1..3"
./first-vmm >/tmp/said 2>&1
[ $? -eq 1 ] && grep -q '/dev/armvcpu: No such file' /tmp/said
result $? "without the module: $(cat /tmp/said)"
insmod armvcpu.ko
./first-vmm >/tmp/said 2>&1 && [ "$(cat /tmp/said)" = 'Hello from EL1' ]
result $? "the guest says: $(cat /tmp/said)"
rmmod armvcpu
result $? "the module goes"
