#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: the host hibernates with guests running, and comes back: from the image on a disk, through another start of
# the kernel, which has EL2 taken itself when it fetches the image. The guests go on where they were, EL2 is ours on all
# CPUs, and the module goes.
# A failure: no end within the time, or the line that did not come.
# Runs in the emulated host, once in each boot, with a disk that the last boot left.
# hostrun: --reboot --mem 1G
# hostdisk: 1500M
# timeout: 500
. selftests/host/live_guests.inc

[ -e /sys/power/disk ] || { echo "1..0 # SKIP this kernel does not hibernate"; exit 4; }
for module in modules/*; do
	insmod "$module"
done
for _ in $(seq 20); do
	[ ! -b /dev/vda ] || break
	sleep 1
done
insmod armvcpu.ko || exit 1
# At the end of the first page, whatever its size.
if dd if=/dev/vda bs=64k count=1 2>/dev/null | grep -q S1SUSPEND; then
	cat /sys/block/vda/dev >/sys/power/resume
	dmesg | tail -n 30
	echo "not ok 1 the image was not taken"
	exit 1
fi
echo "TAP version 13"
echo "1..6"
mkswap /dev/vda >/dev/null && swapon /dev/vda || exit 1
guests_start
echo reboot >/sys/power/disk
# What follows is on the other side.
if echo disk >/sys/power/state; then rc=0; else rc=1; fi
result $rc "back from the image"
[ "$(grep -c ': taken' /sys/kernel/debug/armvcpu/el2)" -eq "$(nproc)" ]
result $? "EL2 is ours again on all CPUs"
guests_end "after hibernation"
rmmod armvcpu
result $? "the module goes"
