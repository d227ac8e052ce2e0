#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: with armvcpu-run --pci Linux finds the virtio devices on PCI, and uses disks, network and random numbers; each of
# their vectors is a message to the ITS, which follows its affinity; all that after a reset, and when a driver comes anew.
# UEFI boots from such a disk. A failure prints the guest's console. Runs in the emulated host, with a GICv3.
# hostrun: --smp 2
# timeout: 240
# beside: others
. selftests/host/tap.inc
echo "TAP version 13"
dmesg -n 1
run=$PWD/armvcpu-run host=$PWD/selftests/host firmware=$PWD/QEMU_EFI.fd
insmod armvcpu.ko
for module in modules/*.ko; do [ ! -e "$module" ] || insmod "$module"; done
cp Image pci-initrd /tmp
cd /tmp || exit 1
sum() { sha256sum <"$1" | cut -c 1-64; }

head -c 4194304 /dev/urandom >a
echo first >b
truncate -s 8388608 b
net='' devices='0x1042 0x1042 0x1044'
if [ -e /sys/module/tun ]; then
	mkdir -p /dev/net
	[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
	tunctl -t tap0 >/dev/null
	ip addr add 10.9.0.1/24 dev tap0
	ip link set tap0 up
	net="--net tap=tap0" devices="$devices 0x1041"
fi
if [ -e /sys/module/vhost_vsock ]; then
	[ -e /dev/vhost-vsock ] || mknod /dev/vhost-vsock c 10 241
	net="$net --vsock 42" devices="$devices 0x1053"
	"$host/vsock_talk" listen 4321 &
fi
# shellcheck disable=SC2086 # several words
"$run" --kernel Image --initrd pci-initrd --cpus 2 --mem 256M --append "console=ttyAMA0 quiet panic=-1" --pci --reboot \
	--disk a,ro --disk b --rng $net </dev/null >out 2>&1
result $? "the guest comes to its end"
tr -d '\r' <out | sed 's/^/# /'
says() { # says TEXT WHAT
	grep -q "guest: $1" out
	result $? "$2"
}
says "resets itself" "the guest resets itself"
says "no LPIs but its own" "no messages from before the reset are on"
says "devices $devices" "the devices are on the bus"
says "capability 5 says 1 queues" "registers can be read by way of the configuration space"
says "vda has $(sum a)" "a disk is read"
says "vdb gives back what was written" "a disk is written"
says "random numbers" "random numbers come"
[ ! -e /sys/module/tun ] || says "the host answers" "the network is there"
[ ! -e /sys/module/vhost_vsock ] || says "talked over vsock" "sockets to the host, which its kernel serves"
for cpu in 0 1; do
	says "messages go to CPU $cpu" "interrupts follow their affinity: CPU $cpu"
done
says "again vda has $(sum a)" "a driver that comes anew finds the disk"
says "end" "to the end"

"$host/fat_image" disk EFI/BOOT/BOOTAA64.EFI="$host/bootaa64.efi"
"$run" --firmware "$firmware" --mem 128M --pci --disk disk,ro </dev/null >out 2>&1
[ $? -eq 3 ] && grep -q 'efi: start 1' out
rc=$?
tr -d '\r' <out | sed 's/\x1b\[[0-9;=]*[A-Za-z]//g; s/^/# /'
result $rc "UEFI boots from a disk on PCI"
rmmod armvcpu
result $? "the module goes"
echo "1..$n"
