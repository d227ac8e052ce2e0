#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: a host that panics with the module loaded and guests running comes up again in its crash kernel, which finds
# EL2 as after a start from firmware; armvcpu loads there, and a guest runs.
# A failure: the crash kernel did not come to its end (hostrun: "died before the command's end").
# Runs in the emulated host, once in each of the two kernels: CRASHED=1 is on the second's command line.
# hostrun: --append crashkernel=768M --qemu-arg -machine --qemu-arg its=off
# timeout: 300
# console: a panic on purpose
. selftests/host/live_guests.inc

if [ -z "$CRASHED" ]; then
	echo "TAP version 13"
	echo "1..4"
	insmod armvcpu.ko
	guests_start
	(cd / && find . -xdev | grep -vE '^./root/((Host)?Image|guest-initrd|selftests/(api|guest/[^pc]))' |
		cpio -o -H newc 2>/dev/null) >/dev/shm/initrd
	./selftests/host/kexec_load -p "$(own_image)" /dev/shm/initrd \
		"$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) nr_cpus=1 reset_devices CRASHED=1" || exit 1
	rm /dev/shm/initrd
	# the guests are at work, on all CPUs
	echo c >/proc/sysrq-trigger
	exit 1
fi

dmesg | grep "CPU: All CPU(s) started at EL2"
result $? "the crash kernel found EL2"
insmod armvcpu.ko
result $? "the module loads there"
./selftests/guest/clock_ticks >/tmp/clock.log 2>&1
rc=$?
sed 's/^/# /' /tmp/clock.log
result $rc "a guest runs there"
rmmod armvcpu
result $? "the module goes"
