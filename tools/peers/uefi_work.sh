#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# uefi_work.sh - what is run by root, who has logged in to the guest of uefi_host.sh.
#
# Where: Debian, in the guest.
# Usage: uefi_work.sh write    64 MiB are made, compressed and read back; tells what the machine has
#        uefi_work.sh load     until the machine ends: reads them again and again, pings, looks at the clock on all CPUs
#        uefi_work.sh read     once more, after a reboot
say() { printf '\nguest: %s\n' "$*"; }
cd /root || exit
# Direct I/O: each time asks the disk.
packed() { dd if=data.gz bs=256k iflag=direct 2>/dev/null; }
sum() { packed | gzip -dc | md5sum | cut -d' ' -f1; }
pings() { busybox ping -c "$1" -i 0.1 -W 5 -q 10.0.2.2 | grep -c " $1 packets received"; }

case $1 in
write)
	say "kernel $(uname -r), $(nproc) CPUs, $(sed -n 's/^PRETTY_NAME=//p' /etc/os-release), systemd $(systemctl is-system-running)"
	say "firmware $(dmesg | grep -m 1 -o 'efi: EFI .*')"
	say "boots $(cat /sys/firmware/efi/fw_platform_size) bit UEFI, ACPI: $(find /sys/firmware/acpi/tables -type f | wc -l) tables"
	say "rng $(cat /sys/class/misc/hw_random/rng_current) $(head -c 64 /dev/hwrng | wc -c)"
	seq 10000000 | head -c 64M >data
	say "data $(md5sum <data | cut -d' ' -f1)"
	gzip -1 <data >data.gz
	rm data
	sync
	echo 3 >/proc/sys/vm/drop_caches
	say "sum $(sum), $(stat -c %s data.gz) bytes"
	say "net $(pings 20)"
	;;
load)
	uefi_clock &
	want=$(packed | md5sum) round=0 before=0
	while :; do
		now=$(packed | md5sum)
		[ "$now" = "$want" ] || say "wrong sum in round $round"
		now=$(sum)
		[ "$(pings 5)" = 1 ] || say "pings lost in round $round"
		time=$(date +%s%N)
		[ "$time" -ge "$before" ] || say "time ran back from $before to $time"
		before=$time
		say "round $((round += 1)), $now"
	done
	;;
read)
	say "again $(sum)"
	say "net again $(pings 20)"
	;;
esac
