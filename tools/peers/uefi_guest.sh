#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
#
# uefi_guest.sh - /init of the initrd with which UEFI loads the guest of uefi_host.sh: Debian, on the disk, as it is after
# its installation, gets what it lacks to be logged in to, and goes on with systemd.
# shellcheck source=/dev/null
. /etc/setup
while read -r m; do insmod "/lib/$m.ko" || echo "guest: no $m"; done </lib/order
mkdir /new
mount -t ext4 /dev/vda /new || echo "guest: no root file system"
cp /bin/busybox /uefi_work.sh /uefi_clock /new/usr/local/bin/
# systemd-sysv has it, which is not in the image.
[ -e /new/usr/sbin/init ] || ln -s ../lib/systemd/systemd /new/usr/sbin/init
# Else systemd asks at the console what a first boot wants to know.
[ -s /new/etc/machine-id ] || tr -d - </proc/sys/kernel/random/uuid >/new/etc/machine-id
# root logs in without password.
sed -i 's/^root:[^:]*:/root::/' /new/etc/shadow
printf '[Match]\nName=e*\n[Network]\nDHCP=ipv4\n' >/new/etc/systemd/network/lan.network
# A minute and a half for the console to be found is not enough here.
mkdir -p /new/etc/systemd/system.conf.d
printf '[Manager]\nDefaultTimeoutStartSec=1500\nDefaultDeviceTimeoutSec=1500\n' >/new/etc/systemd/system.conf.d/slow.conf
ln -sf /lib/systemd/system/systemd-networkd.service /new/etc/systemd/system/multi-user.target.wants/
# They begin minutes of work for each minute here, a quarter of an hour after the boot or at midnight, when that may be now.
for timer in apt-daily apt-daily-upgrade dpkg-db-backup fstrim systemd-tmpfiles-clean; do
	ln -sf /dev/null "/new/etc/systemd/system/$timer.timer"
done
for dir in proc sys dev; do mount -o move "/$dir" "/new/$dir"; done
exec switch_root /new /sbin/init
