#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# migrate_host.sh - a guest at work goes from one QEMU to a second while it runs, and from that to a third by postcopy, where
# it runs before its memory is there (tools/check-peers).
#
# Where: busybox sh, inside the emulated host, /dev/kvm there. The guest is cross_guest.sh.
# Usage: migrate_host.sh GIC     version of the guest's
# Its last line says what came of it.
gic=$1
cd /root || exit 2

# start N [OPTION...]: the Nth QEMU; its monitor is at /tmp/mon.N.in, what that says in /tmp/mon.N.log.
start() {
	n=$1
	shift
	mkfifo "/tmp/mon.$n.in" "/tmp/mon.$n.out"
	# Open for both, so that nobody waits for the other end.
	cat <>"/tmp/mon.$n.out" >"/tmp/mon.$n.log" &
	sleep 1000000 <>"/tmp/mon.$n.in" &
	qemu-system-aarch64 -nodefaults -display none -serial "file:/tmp/serial.$n" \
		-chardev "pipe,id=mon,path=/tmp/mon.$n" -mon chardev=mon -accel kvm -cpu host -smp 2 -m 256M \
		-machine "virt,gic-version=$gic" -kernel Image -initrd guest-initrd -append "console=ttyAMA0 quiet panic=-1" \
		-object iothread,id=io -drive file=disk,format=raw,if=none,id=disk,file.locking=off \
		-device virtio-blk-pci,drive=disk,iothread=io -netdev user,id=net \
		-device virtio-net-pci,netdev=net,romfile= "$@" </dev/null >"/tmp/qemu.$n.out" 2>&1 &
	qemu=$!
}
monitor() {
	n=$1
	shift
	echo "$*" >"/tmp/mon.$n.in"
}
verdict() {
	grep -a 'guest: ' /tmp/serial.*
	tail -n 4 /tmp/mon.*.log /tmp/qemu.*.out
	dmesg | tail -n 5
	echo "$*"
	[ "$1" = migrated ]
	exit
}
# waits_for COMMAND...: it holds, or five minutes are over
waits_for() {
	left=300
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 1
	done
}
# shellcheck disable=SC2317 # by waits_for
said() { grep -aq "guest: $2" "/tmp/serial.$1"; }
# shellcheck disable=SC2317 # likewise
went() {
	monitor "$1" info migrate
	sleep 1
	grep -aq 'Migration status: completed' "/tmp/mon.$1.log"
}
# shellcheck disable=SC2317 # likewise
is_active() {
	monitor "$1" info migrate
	sleep 1
	grep -aq 'Migration status: active' "/tmp/mon.$1.log"
}

start 1
waits_for said 1 'round 3' || verdict 'the guest did not get on'
start 2 -incoming unix:/tmp/to2
waits_for [ -S /tmp/to2 ] || verdict 'the second QEMU does not listen'
monitor 1 migrate_set_parameter max-bandwidth 1G
monitor 1 migrate -d unix:/tmp/to2
waits_for went 1 || verdict 'it did not get from the first to the second'
monitor 1 quit
waits_for said 2 'round 7' || verdict 'it did not go on in the second'
start 3 -incoming unix:/tmp/to3
waits_for [ -S /tmp/to3 ] || verdict 'the third QEMU does not listen'
for n in 2 3; do monitor $n migrate_set_capability postcopy-ram on; done
# So slow that most of the memory is not there when the guest is.
monitor 2 migrate_set_parameter max-bandwidth 1M
monitor 2 migrate -d unix:/tmp/to3
waits_for is_active 2 || verdict 'no migration began'
monitor 2 migrate_start_postcopy
monitor 2 migrate_set_parameter max-postcopy-bandwidth 8M
waits_for went 2 || verdict 'it did not get from the second to the third'
monitor 2 info migrate
waits_for said 3 'done' || verdict 'it did not come to its end in the third'
wait $qemu
grep -aq 'postcopy request count: [1-9]' /tmp/mon.2.log || verdict 'no page was asked for'
grep -ahE 'guest: (wrong|no|time|pings)' /tmp/serial.* >/tmp/bad && verdict "$(head -n 1 /tmp/bad)"
[ "$(cat /tmp/serial.* | grep -ac 'guest: round')" -ge 12 ] || verdict 'rounds are missing'
verdict migrated
