#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# pci_host.sh - QEMU with virtio-pci disks and network: 256 MiB there and back, 1,000 pings, a reboot (tools/check-peers).
#
# Where: busybox sh, inside the emulated host, /dev/kvm there.
# Usage: pci_host.sh GIC     version of the guest's
# Its last line says what came of it. With armvcpu the statistics must show irqfds and ioeventfds at work.
gic=$1
cd /root || exit 2
while read -r m; do insmod "modules/$m.ko" || exit 2; done <modules/order

# Each MiB begins with its number: what gets to a wrong place is seen.
head -c 1044480 /dev/urandom >/tmp/rest
i=0
while [ $i -lt 256 ]; do
	printf '%-4096d' $i
	cat /tmp/rest
	i=$((i + 1))
done >/tmp/from
truncate -s 256M /tmp/to
printf '1%-65535s' '' >/tmp/boots
want=$(md5sum </tmp/from | cut -d' ' -f1)

# disk NAME [OPTIONS]
disk() {
	echo "-drive file=/tmp/$1,format=raw,if=none,id=$1 -device virtio-blk-pci,drive=$1,serial=$1$2"
}
# shellcheck disable=SC2046 # words
qemu-system-aarch64 -nodefaults -display none -serial stdio -accel kvm -cpu host -smp 2 -m 256M \
	-machine "virt,gic-version=$gic" -kernel Image -initrd guest-initrd -append "console=ttyAMA0 quiet panic=-1" \
	-object iothread,id=io $(disk from ,iothread=io) $(disk to ,iothread=io) $(disk boots) \
	-netdev tap,id=net,ifname=tap0,script=no,downscript=no,vhost=on -device virtio-net-pci,netdev=net,romfile= \
	</dev/null >/tmp/qemu.out 2>&1 &
qemu=$!
while kill -0 $qemu 2>/dev/null; do
	ip addr add 10.0.0.1/24 dev tap0 2>/dev/null && ip link set tap0 up
	cat /sys/kernel/debug/armvcpu/*/stats >/tmp/stats.new 2>/dev/null && [ -s /tmp/stats.new ] &&
		mv /tmp/stats.new /tmp/stats
	sleep 1
done
wait $qemu
echo "QEMU's status is $?"
grep -a 'guest: ' /tmp/qemu.out || tail -n 20 /tmp/qemu.out

bad=''
# must WHAT COMMAND...
must() {
	what=$1
	shift
	"$@" || bad="$bad; $what"
}
guest_said() { grep -aq "guest: $1" /tmp/qemu.out; }
# Sum of a statistic over VM and vCPUs.
stat() { awk -v n="$1" '$1 == n { s += $2 } END { print s + 0 }' /tmp/stats; }
must 'wrong checksum when read' guest_said "read $want"
must 'wrong checksum after the reboot' guest_said "copy $want"
must 'the copy differs' cmp /tmp/from /tmp/to
must 'pings lost' guest_said 'ping 1000 packets transmitted, 1000 packets received'
must 'pings lost after the reboot' guest_said 'ping again 100 packets transmitted, 100 packets received'
must 'no reboot' guest_said 'boot 2'
must 'no end' guest_said 'done'
if [ -e /tmp/stats ]; then
	events=$(stat irqfd_events) bells=$(stat doorbells) fast=$(stat fast_doorbells)
	must 'no irqfd' [ "$events" -gt 0 ]
	must 'no ioeventfd' [ "$((bells + fast))" -gt 0 ]
fi
echo "${bad:+bad$bad. }irqfd ${events:-?} times, ioeventfd ${bells:-?} by the host, ${fast:-?} by EL2"
[ -z "$bad" ]
