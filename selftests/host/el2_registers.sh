#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: EL2's registers of every CPU are the same before insmod armvcpu and after rmmod, also when a guest
# ran and a CPU was unplugged in between. A failure prints the registers that differ.
# Runs in the emulated host; needs selftests/modules/el2regs.ko.
# timeout: 180
registers() {
	insmod selftests/modules/el2regs.ko
	rmmod el2regs
	dmesg | grep 'el2regs: cpu' | sed 's/.*el2regs: //' | tail -n "$1"
}

lines=$((39 * $(nproc)))
echo "TAP version 13"
echo "1..4"
registers $lines >/tmp/before
if [ "$(wc -l </tmp/before)" -eq $lines ]; then
	echo "ok 1 the registers can be read"
else
	echo "not ok 1 the registers can be read: $(wc -l </tmp/before) of $lines lines"
fi

same() {
	registers $lines >/tmp/after
	if [ -s /tmp/after ] && diff /tmp/before /tmp/after >/tmp/diff; then
		echo "ok $1 $2"
	else
		sed 's/^/# /' /tmp/diff
		echo "not ok $1 $2"
	fi
}

insmod armvcpu.ko
rmmod armvcpu
same 2 "after insmod and rmmod they are as before"

insmod armvcpu.ko
./selftests/guest/psci_smp >/dev/null 2>&1
./selftests/guest/gpr_state >/dev/null 2>&1
./selftests/guest/timer_interrupts >/dev/null 2>&1
rmmod armvcpu
same 3 "after guests have run they are as before"

insmod armvcpu.ko
echo 0 >/sys/devices/system/cpu/cpu1/online
echo 1 >/sys/devices/system/cpu/cpu1/online
./selftests/guest/psci_smp >/dev/null 2>&1
rmmod armvcpu
same 4 "after a CPU went and came they are as before"
