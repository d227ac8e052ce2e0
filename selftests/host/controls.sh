#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a host that opens profiling and trace to EL1, and traps of its own, a guest runs with EL2's controls: what
# is in force, read back from the registers, keeps the guest out; no register of a hidden feature answers it, from
# EL1 or EL0; and the host's values are back after the guest.
# A failure shows the controls that were in force, the register that answered, or what was not put back.
# Runs in the emulated host, nVHE, of the newest architecture; needs selftests/modules/openhost.ko.
# hostrun: --qemu 10 --cpu max --append id_aa64mmfr1.vh=0
# timeout: 1200
. selftests/host/tap.inc

# value NAME: of the controls in force, in hex
value() { sed -n "s/.*in force:.* $1=\([0-9a-f]*\).*/\1/p" /tmp/force | head -n 1; }
# bits NAME MASK: those of the mask, decimal
bits() { echo $((0x$(value "$1") & $2)); }
openhost() {
	insmod selftests/modules/openhost.ko
	rmmod openhost
	dmesg | grep 'openhost: cpu' | sed 's/.*openhost: //' | tail -n "$(nproc)"
}

echo "TAP version 13"
echo "1..10"
openhost >/tmp/first
# What the first load left is what the second finds.
openhost >/tmp/open
grep -q 'mdcr=[0-9a-f]*3[0-9a-f]*3[0-9a-f]\{3\} ' /tmp/open
result $? "this host gives its buffers to EL1"
insmod armvcpu.ko debug_faults=1
CLOCK_UNTIL=/tmp/stop ./selftests/guest/clock_ticks >/tmp/clock.log 2>&1 &
guest=$!
for _ in $(seq 60); do
	! grep -q '^vm of ' /sys/kernel/debug/armvcpu/vms || break
	sleep 1
done
vmm=$(sed -n 's/^vm of \([0-9]*\):.*/\1/p' /sys/kernel/debug/armvcpu/vms | head -n 1)
provoke "$vmm" controls
sleep 2
grep 'in force' /sys/kernel/debug/armvcpu/vms >/tmp/force
sed 's/^/# /' /tmp/open /tmp/force
# E2PB 13:12, E2TB 25:24
[ -s /tmp/force ] && [ "$(bits mdcr 0x3003000)" = 0 ]
result $? "the guest's MDCR_EL2 keeps profiling and trace buffers (E2PB, E2TB)"
# TDA TDOSA TDRA TPM TPMCR
[ "$(bits mdcr 0xe60)" = $((0xe60)) ]
result $? "and traps debug and counters"
# TERR TEA TLOR TACR TIDCP
[ "$(bits hcr 0x3800300000)" = $((0x3800300000)) ]
result $? "HCR_EL2 traps error records, external aborts, ordering regions, implementation defined registers"
# all but TALLINT; and MSCEn and MCE2, of memory copies, which this guest is shown
[ "$(bits hcrx 0xfff3bf)" = 0 ] && [ "$(bits hcrx 0xc00)" = $((0xc00)) ]
result $? "HCRX_EL2 opens nothing but memory copies"
[ "$(value hfgitr)" = 0 ] && [ "$(bits hdfgrtr 0x7800000000000000)" = 0 ] && [ "$(value hfgrtr)" = 0 ]
result $? "the fine-grained traps are the guest's"
: >/tmp/stop
wait $guest
result $? "the guest goes on to its end"
TEST_TIMEOUT=600 sh selftests/run.sh guest/trap_controls guest/sysreg_sweep >/tmp/sweep 2>&1
rc=$?
grep -E '^(not ok|ok|# S[23]_|@@)' /tmp/sweep | sed 's/^/# /'
result $rc "a sweep of all registers, from EL1 and EL0"
rmmod armvcpu
result $? "the module goes"
openhost >/tmp/after
diff /tmp/open /tmp/after
result $? "the host's controls are as before"
