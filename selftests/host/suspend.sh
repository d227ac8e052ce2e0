#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: the host sleeps and wakes any number of times, in each way that it knows, and guests go on correctly: their
# count, their timers, their user space. The ways, one after another: the levels of pm_test from "freezer" to "core", to
# idle with an alarm of the clock to wake up, to RAM, and the steps of hibernation. In the last ways the other CPUs go
# offline, and the remaining one goes through CPU PM and loses EL2. Then CPU PM alone on each CPU, as deep idle states do.
# A failure names the way, and shows the kernel's last lines.
# Runs in the emulated host; needs selftests/modules/powerdown.ko, since QEMU's PSCI knows neither SYSTEM_SUSPEND nor
# a CPU_SUSPEND that powers down.
#   SUSPEND_ROUNDS   how many sleeps (10; the full claim is made with 20: make check SUSPEND_ROUNDS=20)
# timeout: 600
: "${SUSPEND_ROUNDS:=10}"
. selftests/host/live_guests.inc
pm=/sys/power
alarm=/sys/class/rtc/rtc0/wakealarm

sleep_once() {
	echo "${1#*-}" >$pm/pm_test
	case $1 in
	idle-none)	# not before everything is frozen: nothing else would ever wake it
		echo s2idle >$pm/mem_sleep
		echo +10 >$alarm
		echo mem >$pm/state ;;
	ram-*)	echo deep >$pm/mem_sleep
		echo mem >$pm/state ;;
	disk-*)	echo disk >$pm/state ;;
	esac
}

echo "TAP version 13"
echo "1..8"
insmod armvcpu.ko
insmod selftests/modules/powerdown.ko
echo 0 >/sys/module/suspend/parameters/pm_test_delay
guests_start

i=0 idle=0 bad=''
while [ "$i" -lt "$SUSPEND_ROUNDS" ]; do
	for way in idle-none ram-core ram-none ram-processors disk-core ram-platform ram-devices ram-freezer ram-none \
		disk-processors; do
		[ "$i" -lt "$SUSPEND_ROUNDS" ] || break
		if [ $way = idle-none ]; then
			# nothing would ever wake it
			[ -e $alarm ] || continue
			idle=$((idle + 1))
		fi
		if ! sleep_once "$way"; then
			bad="$bad $way"
			dmesg | tail -n 60 | sed 's/^/# /'
		fi
		i=$((i + 1))
		sleep 1
	done
done
echo none >$pm/pm_test
[ -z "$bad" ]
result $? "$i sleeps$bad"
if [ -e $alarm ]; then
	[ $idle -gt 0 ]
	result $? "to idle and woken by the clock: $idle"
else
	result 0 "to idle # SKIP this kernel has no clock that wakes"
fi
[ "$(grep -c ': taken' /sys/kernel/debug/armvcpu/el2)" -eq "$(nproc)" ]
result $? "EL2 is ours again on all CPUs"

if echo 50 >/sys/module/powerdown/parameters/idle; then rc=0; else rc=1; fi
result $rc "50 power-downs on each CPU"
guests_end "after $i sleeps"
rmmod armvcpu
result $? "the module goes"
