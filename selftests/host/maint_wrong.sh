#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: a device tree that names another interrupt than the maintenance interrupt is seen through: the log says in one
# line that it does not come, and guests run by polling; the right one can be given.
# hostrun: --dtb-edit /intc@8000000:interrupts=1,8,4
echo "TAP version 13"
echo "1..5"

n=0
verdict() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n $2"; else echo "not ok $n $2"; fi
}

programs() {
	sh selftests/run.sh guest/gic_maintenance >/tmp/programs 2>&1
	rc=$?
	sed 's/^/# /' /tmp/programs
	return $rc
}

dmesg -c >/dev/null
insmod armvcpu.ko
dmesg | grep 'armvcpu:' | sed 's/^/# /'
[ "$(dmesg | grep -c 'armvcpu: the maintenance interrupt that is described does not come: ')" -eq 1 ]
verdict $? "one line says that it does not come"
! grep 'armvcpu vgic' /proc/interrupts
verdict $? "it is not claimed"
programs
verdict $? "guests run by polling"
rmmod armvcpu
dmesg -c >/dev/null
insmod armvcpu.ko maint_irq=25
! dmesg | grep 'maintenance interrupt' && grep -q ' 25 Level .*armvcpu vgic' /proc/interrupts
verdict $? "the right one is taken"
programs
verdict $? "and comes"
rmmod armvcpu
