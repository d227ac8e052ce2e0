#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
#
# pci_guest.sh - /init of the guest of pci_host.sh: its first boot moves data and reboots, its second looks again.
# shellcheck source=/dev/null
. /etc/setup
while read -r m; do insmod "/lib/$m.ko" || echo "guest: no $m"; done </lib/order

# disk SERIAL: its device
disk() {
	for block in /sys/block/vd*; do
		[ "$(cat "$block/serial")" != "$1" ] || echo "/dev/${block##*/}"
	done
}
sum() { md5sum <"$1" | cut -d' ' -f1; }

from=$(disk from) to=$(disk to) boots=$(disk boots)
ip addr add 10.0.0.2/24 dev eth0
ip link set eth0 up
boot=$(head -c 1 "$boots")
echo "guest: boot $boot, $(nproc) CPUs, $(uname -r)"
case $boot in
1)
	echo "guest: read $(sum "$from")"
	dd if="$from" of="$to" bs=256k conv=fsync 2>/dev/null || echo "guest: dd failed"
	echo "guest: ping $(ping -c 1000 -i 0.01 -q 10.0.0.1 | grep received)"
	grep -E 'CPU0|virtio' /proc/interrupts | sed 's/^/guest: /'
	printf 2 >"$boots"
	sync
	echo "guest: reboots"
	reboot -f
	;;
2)
	echo "guest: copy $(sum "$to")"
	echo "guest: ping again $(ping -c 100 -i 0.01 -q 10.0.0.1 | grep received)"
	grep -E 'CPU0|virtio' /proc/interrupts | sed 's/^/guest: /'
	echo "guest: done"
	;;
esac
poweroff -f
