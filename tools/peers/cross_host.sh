#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# cross_host.sh - a guest in QEMU is saved under one device, and goes on under the other (tools/check-peers).
#
# Where: busybox sh, inside the emulated host, /dev/kvm there; /dev/vda carries the state from one boot to the next.
# Usage: cross_host.sh save|restore armvcpu|kvm GIC
# What is the host's alone is left out of the guest: its PMU, and the time that it was not given.
what=$1 device=$2 gic=$3
cd /root || exit 2
while read -r m; do insmod "modules/$m.ko" || exit 2; done <modules/order
cpu=host,kvm-steal-time=off,pmu=off
mkfifo /tmp/mon.in /tmp/mon.out
exec 3<>/tmp/mon.in 4<>/tmp/mon.out
cat <&4 >/tmp/mon.log &
incoming=''
[ "$what" = save ] || incoming=yes
qemu-system-aarch64 -nodefaults -display none -serial file:/tmp/serial -chardev pipe,id=mon,path=/tmp/mon -mon chardev=mon \
	-accel kvm -cpu "$cpu" -smp 2 -m 256M -machine "virt,gic-version=$gic" -kernel Image -initrd guest-initrd \
	-append "console=ttyAMA0 quiet panic=-1" -object iothread,id=io \
	-drive file=disk,format=raw,if=none,id=disk -device virtio-blk-pci,drive=disk,iothread=io \
	-netdev user,id=net -device virtio-net-pci,netdev=net,romfile= \
	${incoming:+-incoming "exec:cat /dev/vda"} </dev/null >/tmp/qemu.out 2>&1 &
qemu=$!

# waits_for COMMAND...: it holds, or QEMU is gone, or five minutes are over
waits_for() {
	n=0
	until "$@"; do
		n=$((n + 1))
		kill -0 $qemu 2>/dev/null && [ $n -lt 300 ] || return 1
		sleep 1
	done
}
said() { grep -aq "guest: $1" /tmp/serial; }
monitor() { echo "$*" >&3; }
# shellcheck disable=SC2317 # by waits_for
migrated() {
	monitor info migrate
	sleep 1
	grep -aq 'Migration status: completed' /tmp/mon.log
}
verdict() {
	kill $qemu 2>/dev/null
	grep -a 'guest: ' /tmp/serial
	tail -n 5 /tmp/mon.log /tmp/qemu.out
	dmesg | tail -n 5
	echo "@@ $*"
	exit 0
}

if [ "$what" = save ]; then
	waits_for said 'round 4' || verdict "the guest did not get on under $device: $(tail -n 1 /tmp/qemu.out)"
	monitor migrate_set_parameter max-bandwidth 1G
	monitor migrate -d "\"exec:cat >/dev/vda; sync\""
	waits_for migrated || verdict "not saved by $device: $(tail -n 1 /tmp/qemu.out)"
	monitor quit
	wait $qemu
	sync
	verdict saved
fi
waits_for said 'done' || verdict "not restored by $device: $(tail -n 1 /tmp/qemu.out)"
wait $qemu
grep -aE 'guest: (wrong|no|time|pings)' /tmp/serial >/tmp/bad && verdict "$(head -n 1 /tmp/bad)"
said 'round 12' || verdict 'the guest did not come to its end'
verdict "done: $(grep -ac 'guest: round' /tmp/serial) rounds under $device"
