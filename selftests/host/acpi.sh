#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: a host that is described by ACPI alone gives the module the interrupts that it needs (MADT, GTDT), and runs
# guests.
# A failure shows the programs that failed, or the lines of the log.
# hostrun: --acpi
# timeout: 900
programs="guest/gic_maintenance guest/gic_interrupts guest/timer_interrupts guest/irqfd_ioeventfd"

n=0
verdict() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n $2"; else echo "not ok $n $2"; fi
}

echo "TAP version 13"
echo "1..8"
[ ! -e /proc/device-tree ] && [ -e /sys/firmware/acpi/tables/APIC ]
verdict $? "this host is described by ACPI"
sh armvcpu-check >/tmp/checked
rc=$?
sed 's/^/# /' /tmp/checked
[ $rc -eq 0 ] && grep -q '^armvcpu-check: armvcpu can run here:' /tmp/checked && ! grep 'maintenance interrupt is' /tmp/checked
verdict $? "armvcpu-check says that it can"
insmod armvcpu.ko && [ -c /dev/armvcpu ]
verdict $? "the module loads"
dmesg | grep 'armvcpu:' | sed 's/^/# /'
# shellcheck disable=SC2086 # a list of programs
sh selftests/run.sh $programs >/tmp/programs 2>&1
rc=$?
sed 's/^/# /' /tmp/programs
verdict $rc "self-tests of interrupts and timers"
./armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 256M \
	--append "console=ttyAMA0 quiet panic=-1" </dev/null >/tmp/guest 2>&1
rc=$?
[ $rc -eq 0 ] || tail -n 20 /tmp/guest | sed 's/^/# /'
verdict $rc "a Linux guest"
grep armvcpu /proc/interrupts | sed 's/^/# /'
grep -q ' 25 Level .*armvcpu vgic' /proc/interrupts
verdict $? "the MADT's maintenance interrupt is claimed"
grep -q ' 27 Level .*armvcpu vtimer' /proc/interrupts
verdict $? "the GTDT's virtual timer interrupt is claimed"
rmmod armvcpu
verdict $? "the module goes"
