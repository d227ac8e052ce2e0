#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: a host that is described by ACPI alone gives the module the interrupts that it needs (MADT, GTDT), and runs
# guests.
# A failure shows the programs that failed, or the lines of the log.
# hostrun: --acpi
# timeout: 900
# beside: others
. selftests/host/tap.inc
programs="guest/gic_maintenance guest/gic_interrupts guest/timer_interrupts guest/irqfd_ioeventfd"

echo "TAP version 13"
echo "1..8"
[ ! -e /proc/device-tree ] && [ -e /sys/firmware/acpi/tables/APIC ]
result $? "this host is described by ACPI"
sh armvcpu-check >/tmp/checked
rc=$?
sed 's/^/# /' /tmp/checked
[ $rc -eq 0 ] && grep -q '^armvcpu-check: armvcpu can run here:' /tmp/checked && ! grep 'maintenance interrupt is' /tmp/checked
result $? "armvcpu-check says that it can"
insmod armvcpu.ko && [ -c /dev/armvcpu ]
result $? "the module loads"
dmesg | grep 'armvcpu:' | sed 's/^/# /'
# shellcheck disable=SC2086 # a list of programs
self_tests "self-tests of interrupts and timers" $programs
linux_guest "a Linux guest"
grep armvcpu /proc/interrupts | sed 's/^/# /'
grep -q ' 25 Level .*armvcpu vgic' /proc/interrupts
result $? "the MADT's maintenance interrupt is claimed"
grep -q ' 27 Level .*armvcpu vtimer' /proc/interrupts
result $? "the GTDT's virtual timer interrupt is claimed"
rmmod armvcpu
result $? "the module goes"
