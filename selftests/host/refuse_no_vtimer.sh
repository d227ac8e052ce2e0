#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: on a host whose device tree leaves the virtual timer's interrupt out, the module refuses with one line that
# names the parameter; armvcpu-check said so before. With the parameter guests have their timer.
# timeout: 600
# hostrun: --dtb-edit /timer:interrupts=1,d,4,1,e,4
# beside: others
. selftests/host/refusal.inc
plan=5
refused "the virtual timer's interrupt is not described: load with vtimer_irq=" 14
insmod armvcpu.ko vtimer_irq=27
sh selftests/run.sh guest/timer_interrupts >/tmp/programs 2>&1
rc=$?
sed 's/^/# /' /tmp/programs
if [ $rc -eq 0 ]; then echo "ok 5 vtimer_irq=27: the timer's self-tests"; else echo "not ok 5 vtimer_irq=27: the timer's self-tests"; fi
rmmod armvcpu
