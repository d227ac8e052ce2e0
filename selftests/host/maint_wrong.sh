#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: a device tree that names another interrupt than the maintenance interrupt is seen through: the log says in one
# line that it does not come, and guests run by polling; the right one can be given.
# hostrun: --dtb-edit /intc@8000000:interrupts=1,8,4
. selftests/host/tap.inc
echo "TAP version 13"
echo "1..5"

dmesg -c >/dev/null
insmod armvcpu.ko
dmesg | grep 'armvcpu:' | sed 's/^/# /'
[ "$(dmesg | grep -c 'armvcpu: the maintenance interrupt that is described does not come: ')" -eq 1 ]
result $? "one line says that it does not come"
! grep 'armvcpu vgic' /proc/interrupts
result $? "it is not claimed"
self_tests "guests run by polling" guest/gic_maintenance
rmmod armvcpu
dmesg -c >/dev/null
insmod armvcpu.ko maint_irq=25
! dmesg | grep 'maintenance interrupt' && grep -q ' 25 Level .*armvcpu vgic' /proc/interrupts
result $? "the right one is taken"
self_tests "and comes" guest/gic_maintenance
rmmod armvcpu
