#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
#
# cross_guest.sh - /init of the guest of cross_host.sh: works, and tells in each round what must not change.
# shellcheck source=/dev/null
. /etc/setup
while read -r m; do insmod "/lib/$m.ko" || echo "guest: no $m"; done </lib/order
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up

# Direct I/O: each round asks the disk, by MSIs.
sum() { dd if=/dev/vda bs=256k iflag=direct 2>/dev/null | md5sum | cut -d' ' -f1; }
# Interrupts of the disk's queues so far, on all CPUs.
msis() { awk '/virtio.*req/ { for (i = 2; i <= 3; i++) s += $i } END { print s + 0 }' /proc/interrupts; }

# One that never sleeps, on each CPU.
for cpu in 0 1; do taskset $((cpu + 1)) sh -c 'while :; do :; done' & done
want=$(sum) before=0 round=0 irqs=0
while [ $round -lt 12 ]; do
	round=$((round + 1))
	now=$(sed 's/[. ].*//' /proc/uptime)
	[ "$now" -ge "$before" ] || echo "guest: time ran back from $before to $now"
	before=$now
	sum=$(sum)
	[ "$sum" = "$want" ] || echo "guest: wrong sum in round $round"
	more=$(msis)
	[ "$more" -gt "$irqs" ] || echo "guest: no interrupt of the disk in round $round"
	irqs=$more
	lost=$(ping -c 10 -i 0.1 -W 5 -q 10.0.2.2 | grep -c ' 10 packets received')
	[ "$lost" = 1 ] || echo "guest: pings lost in round $round"
	echo "guest: round $round, $sum, $irqs interrupts of the disk"
done
grep -E 'CPU0|virtio|arch_timer|IPI' /proc/interrupts | sed 's/^/guest: /'
echo "guest: done"
poweroff -f
