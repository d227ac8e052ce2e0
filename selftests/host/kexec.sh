#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: with the module loaded and guests running the host goes to another kernel by kexec. That one finds EL2 as after
# a start from firmware, on every CPU; armvcpu loads again there, and guests run.
# A failure shows what the new kernel said of EL2, or the guest's end.
# Runs in the emulated host, once in each of the two kernels: KEXEC=second is on the second's command line.
# Without the ITS: a GIC with LPIs enabled keeps using the first kernel's memory, which only UEFI can tell the second.
# hostrun: --qemu-arg -machine --qemu-arg its=off
# timeout: 400
. selftests/host/live_guests.inc

if [ "${KEXEC:-first}" = first ]; then
	echo "TAP version 13"
	echo "1..7"
	insmod armvcpu.ko
	guests_start
	# what runs here now, as the next one's initramfs
	(cd / && find . -xdev | grep -vE '^./root/selftests/(api|guest/[^pc])' |
		cpio -o -H newc 2>/dev/null) >/dev/shm/initrd
	./selftests/host/kexec_load "$(own_image)" /dev/shm/initrd "$(cat /proc/cmdline) KEXEC=second" || exit 1
	# the guests are at work
	./selftests/host/kexec_load -e
	exit 1
fi

dmesg | grep "CPU: All CPU(s) started at EL2"
result $? "the second kernel found EL2 on all CPUs"
insmod armvcpu.ko
result $? "the module loads there"
./selftests/guest/psci_smp >/tmp/psci 2>&1
result $? "a guest with several vCPUs runs there"
guests_start
sleep 3
guests_end "there"
rmmod armvcpu
result $? "the module goes"
