#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# loadvm_host.sh - a guest at work is saved in its QEMU and, while it runs on, put back to that state, again and again
# (tools/check-peers).
#
# Where: busybox sh, inside the emulated host, /dev/kvm there. The guest is cross_guest.sh.
# Usage: loadvm_host.sh GIC     version of the guest's
# Its last line says what came of it.
gic=$1 times=5
cd /root || exit 2
# A QEMU that can be told the device needs no alias.
accel=kvm
[ ! -e /dev/armvcpu ] || ! qemu-system-aarch64 -accel kvm,help 2>&1 | grep -q '^device' || accel=kvm,device=/dev/armvcpu
mv disk.qcow2 /tmp/
mkfifo /tmp/mon.in /tmp/mon.out
# Open for both, so that nobody waits for the other end.
cat <>/tmp/mon.out >/tmp/mon.log &
sleep 1000000 <>/tmp/mon.in &
qemu-system-aarch64 -nodefaults -display none -serial file:/tmp/serial -chardev pipe,id=mon,path=/tmp/mon -mon chardev=mon \
	-accel $accel -cpu host -smp 2 -m 256M -machine "virt,gic-version=$gic" -kernel Image -initrd guest-initrd \
	-append "console=ttyAMA0 quiet panic=-1" -drive file=/tmp/disk.qcow2,format=qcow2,if=none,id=disk \
	-device virtio-blk-pci,drive=disk -netdev user,id=net -device virtio-net-pci,netdev=net,romfile= \
	</dev/null >/tmp/qemu.out 2>&1 &
qemu=$!
monitor() { echo "$*" >/tmp/mon.in; }
verdict() {
	grep -a 'guest: ' /tmp/serial
	tail -n 4 /tmp/mon.log /tmp/qemu.out
	dmesg | tail -n 5
	echo "$*"
	[ "$1" = restored ]
	exit
}
# waits_for COMMAND...: it holds, or five minutes are over
waits_for() {
	left=300
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] && kill -0 $qemu 2>/dev/null || return 1
		sleep 1
	done
}
# shellcheck disable=SC2317 # by waits_for
said() { [ "$(grep -ac "guest: round $1," /tmp/serial)" -ge "$2" ]; }
# shellcheck disable=SC2317 # likewise
is_saved() {
	monitor info snapshots
	sleep 1
	grep -aq ' s1 .*iB ' /tmp/mon.log
}

waits_for said 2 1 || verdict 'the guest did not get on'
monitor savevm s1
waits_for is_saved || verdict 'no snapshot'
n=0
while [ $n -lt $times ]; do
	n=$((n + 1))
	# In the midst of a round. The one that the snapshot was taken in may have been over before that.
	waits_for said 4 $n || verdict "it did not get on after $((n - 1)) times"
	monitor loadvm s1
done
waits_for said 4 $((times + 1)) || verdict "it did not get on after $times times"
waits_for said 12 1 || verdict 'it did not come to its end'
wait $qemu || verdict "QEMU's status is $?"
grep -aE 'guest: (wrong|no|time|pings)' /tmp/serial >/tmp/bad && verdict "$(head -n 1 /tmp/bad)"
verdict restored
