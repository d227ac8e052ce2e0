#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: tools/armvcpu-exits, the example of docs/arm_vcpu.md, shows each kind of exit that the crate arm_vcpu has, with
# the guest's values, and its answers reach the guest.
# A failure prints what it said. Runs in the emulated host.
. selftests/host/tap.inc
echo "TAP version 13"
echo "1..4"
insmod armvcpu.ko
cat >/tmp/want <<'EOF'
SysRegRead addr=0xc038 value=0x0
SysRegWrite addr=0x43f2 value=0x1122
Hypercall nr=0xc2000001 args=[0x11]
MmioRead addr=0x9000000 width=4
MmioWrite addr=0x9000004 width=4 data=0x4711
SendIPI vector=5 targets=0x2
CpuUp target_cpu=1 entry_point=0x40000058 arg=0x77
CpuDown
Halt
SystemDown
EOF
./armvcpu-exits >/tmp/said 2>&1
result $? "the example runs to its end"
diff /tmp/want /tmp/said | sed 's/^/# /'
cmp -s /tmp/want /tmp/said
result $? "each exit is what it should be"
./armvcpu-exits --interrupts | grep -q '^ExternalInterrupt [0-9]* times'
result $? "and the host's interrupts"
rmmod armvcpu
result $? "the module goes"
