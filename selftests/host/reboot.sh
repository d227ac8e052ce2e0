#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: the host reboots with the module loaded and guests running: by force, by the emergency key, and after its
# programs were asked to end; each time it comes back and runs guests. At last it powers off with guests running.
# A failure: no end within the time, or the line of the boot that did not come.
# Runs in the emulated host, once in each boot. The machine's clock keeps the number of the boot: the year, from 2001 on.
# hostrun: --reboot
# timeout: 400
. selftests/host/live_guests.inc

boot=$(($(date +%Y) - 2000))
[ $boot -lt 10 ] || boot=0
remember() {
	date -s "200$1-01-01 00:00:00" >/dev/null
	hwclock -w -u
}

if [ $boot -eq 0 ]; then
	echo "TAP version 13"
	echo "1..7"
fi
insmod armvcpu.ko
rc=$?
if [ $boot -gt 0 ]; then
	n=$((boot * 2 - 2))
	result $rc "boot $((boot + 1)): the module loads"
fi
guests_start
if [ $boot -gt 0 ]; then
	grep 'guest: lives' /tmp/live.log
	result $? "boot $((boot + 1)): a Linux guest runs"
fi
case $boot in
0)	remember 1
	reboot -f ;;
1)	remember 2
	echo b >/proc/sysrq-trigger ;;
2)	remember 3
	kill -TERM $live_pid $clock_pid
	wait
	reboot -f ;;
3)	kill -0 $live_pid && kill -0 $clock_pid
	result $? "boot 4: off with guests running"
	exit 0 ;;
esac
# comes too late
sleep 60
exit 1
