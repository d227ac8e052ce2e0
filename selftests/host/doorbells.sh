#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: No ring of a doorbell is lost while the CPUs that are told of them go offline and come back, go into deep idle
# states, and are busy with other things; nor on a host with one CPU left.
# A failure shows the test's own lines: a hang there is a ring that was lost.
# Runs in the emulated host, with four CPUs. DOORBELL_ROUNDS: runs of the test during each (1).
# hostrun: --smp 4
# timeout: 600
: "${DOORBELL_ROUNDS:=1}"
. selftests/host/tap.inc

# set_online 0|1 CPU...
set_online() {
	state=$1
	shift
	for cpu in "$@"; do echo "$state" >"/sys/devices/system/cpu/cpu$cpu/online"; done
}

hotplug() {
	for one in 1 2 3 0 2 1; do
		set_online 0 "$one"
		usleep 20000
		set_online 1 "$one"
		usleep 20000
	done
}

deep_idle() {
	echo 5 >/sys/module/powerdown/parameters/idle
	usleep 5000
}

busy() {
	i=0
	while [ $i -lt 2000 ]; do i=$((i + 1)); done
	usleep 30000
}

# while_it HOW: the tests beside that, over and over
while_it() {
	rm -f /tmp/stop
	(
		while [ ! -e /tmp/stop ]; do
			"$1"
			echo >>"/tmp/count.$1"
		done
	) &
	beside=$!
	round=0 rc=0
	while [ $round -lt "$DOORBELL_ROUNDS" ]; do
		sh selftests/run.sh guest/doorbells guest/ioeventfd_storm >/tmp/programs 2>&1 || { rc=1; break; }
		round=$((round + 1))
	done
	touch /tmp/stop
	wait $beside
	[ $rc -eq 0 ] || sed 's/^/# /' /tmp/programs
	result $rc "while CPUs do: $1 ($(grep -c '' "/tmp/count.$1") times)"
}

echo "TAP version 13"
echo "1..6"
insmod selftests/modules/powerdown.ko
insmod armvcpu.ko
while_it hotplug
while_it deep_idle
while_it busy
set_online 0 1 2 3
self_tests "with one CPU" guest/doorbells guest/ioeventfd_storm
set_online 1 1 2 3
self_tests "with all of them again" guest/doorbells
rmmod armvcpu
result $? "the module goes"
