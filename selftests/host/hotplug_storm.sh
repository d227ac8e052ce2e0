#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: CPUs go and come in every order while guests run, the first one too, and also while VMs are made and destroyed
# all the time; EL2 is given back on each that goes and taken on each that comes, and the guests go on correctly.
# A failure names the step, or shows the guest's end.
# Runs in the emulated host, with four CPUs.
#   HOTPLUG_ROUNDS   CPUs taken off and on again (24; the full claim is made with 200: make check HOTPLUG_ROUNDS=200)
# hostrun: --smp 4
# timeout: 900
: "${HOTPLUG_ROUNDS:=24}"
. selftests/host/live_guests.inc

bad='' i=0
# set_online CPU 0|1
set_online() {
	echo "$2" >"/sys/devices/system/cpu/cpu$1/online" || bad="$bad cpu$1:$2"
	[ "$2" -eq 1 ] && state=taken || state='given back'
	grep -q "cpu$1: $state" /sys/kernel/debug/armvcpu/el2 || bad="$bad cpu$1:not-$state"
}

echo "TAP version 13"
echo "1..6"
insmod armvcpu.ko
guests_start
# VMs come and go meanwhile; a failure of theirs is one of the storm
(while [ ! -e /tmp/stop ]; do
	./selftests/guest/gpr_state >/tmp/churn.log 2>&1 || { cp /tmp/churn.log /tmp/churn.failed; break; }
	echo >>/tmp/churn.count
done) 9>&- &
churn=$!

# All orders in which three of the four go; they come back in that order, too, so that the last one is another each time.
while [ "$i" -lt "$HOTPLUG_ROUNDS" ]; do
	for order in 123 012 231 310 132 021 213 320 103 201 301 302 \
		312 120 210 130 321 102 203 031 230 032 023 013; do
		[ "$i" -lt "$HOTPLUG_ROUNDS" ] || break
		a=${order%??} b=${order#?} c=${order#??} b=${b%?}
		for cpu in $a $b $c; do set_online "$cpu" 0; done
		for cpu in $a $b $c; do set_online "$cpu" 1; done
		i=$((i + 3))
	done
done
[ -z "$bad" ]
result $? "$i times a CPU off and on$bad"
guests_end "after that"
wait $churn
[ ! -e /tmp/churn.failed ]
result $? "VMs were made and destroyed meanwhile: $(grep -c '' /tmp/churn.count)"
[ ! -e /tmp/churn.failed ] || sed 's/^/# /' /tmp/churn.failed
rmmod armvcpu
result $? "the module goes"
