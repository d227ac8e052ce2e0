#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: armvcpu-run --firmware starts Debian's UEFI, which starts a program on a virtio disk, which starts Linux, which
# powers off; variables that the program and Linux set are there at the next start with the same --firmware-vars, after a
# reset without it, too; a guest that is saved in between goes on and sets more. Wrong files are refused with a word.
# A failure prints the guest's console, or what was said instead. Runs in the emulated host.
# hostrun: --smp 2
# timeout: 240
# beside: others
. selftests/host/tap.inc
echo "TAP version 13"
dmesg -n 1
insmod armvcpu.ko
run=$PWD/armvcpu-run host=$PWD/selftests/host firmware=$PWD/QEMU_EFI.fd
cp Image firmware-initrd /tmp
cd /tmp || exit 1

refused() { # refused TEXT ARGUMENT...
	text=$1
	shift
	"$run" "$@" </dev/null >said 2>&1
	[ $? -eq 1 ] && [ "$(wc -l <said)" -eq 1 ] && grep -q "^armvcpu-run: .*$text" said
	result $? "$*: $(head -c 200 said)"
}

truncate -s 67108865 large
: >empty
refused '65536 KiB are too much' --firmware large
refused 'empty file' --firmware empty
refused 'No such file' --firmware nowhere
refused '65536 KiB are too much' --firmware "$firmware" --firmware-vars large
refused 'not a regular file\|Is a directory' --firmware "$firmware" --firmware-vars /tmp
refused 'No such file' --firmware "$firmware" --firmware-vars /nowhere/vars

echo 'console=ttyAMA0 quiet panic=-1 initrd=\INITRD' >cmdline
echo 'console=ttyAMA0 quiet panic=-1 initrd=\INITRD wait=yes' >cmdwait
disk() { # disk FILE CMDLINE
	"$host/fat_image" "$1" EFI/BOOT/BOOTAA64.EFI="$host/bootaa64.efi" IMAGE=Image INITRD=firmware-initrd CMDLINE="$2"
}
disk disk cmdline && disk diskwait cmdwait && "$host/fat_image" nokernel EFI/BOOT/BOOTAA64.EFI="$host/bootaa64.efi"
result $? "disks are made"

# ends STATUS WHAT STATUS_WAS: shows the console
ends() {
	[ "$3" -eq "$1" ]
	result $? "$2"
	tr -d '\r' <out | sed 's/\x1b\[[0-9;=]*[A-Za-z]//g' >plain
	sed 's/^/# /' plain
	echo "# $(cut -d . -f 1 /proc/uptime) s"
}
says() { # says LINE WHAT
	grep -q "$1" plain
	result $? "$2"
}

echo "# without a file for variables"
"$run" --firmware "$firmware" --mem 128M --disk nokernel,ro --reboot </dev/null >out 2>&1
ends 0 "UEFI starts a program, which resets the guest, then switches it off" $?
says "efi: start 1" "first start"
says "efi: start 2" "flash memory outlives a reset"

echo "# with one"
"$run" --firmware "$firmware" --firmware-vars vars --mem 384M --cpus 2 --disk disk </dev/null >out 2>&1
ends 0 "UEFI starts Linux" $?
says "efi: start 1" "nothing was left"
says "guest: 2 CPUs, today is $(date -u +%Y-%m-%d)" "the clock tells the day"
says "guest: start 1" "Linux reads what was counted"
says "guest: done" "and sets variables"
! grep -q "guest: can't\|differs" plain && [ "$(stat -c %s vars)" = 67108864 ]
result $? "all of them"

mkfifo in
"$run" --firmware "$firmware" --firmware-vars vars --mem 384M --cpus 2 --disk diskwait --save saved <in >out 2>&1 &
pid=$!
exec 9>in
while kill -0 $pid 2>/dev/null && ! grep -q 'UEFI firmware' out; do sleep 0.2; done
refused 'in use by another' --firmware "$firmware" --firmware-vars vars
while kill -0 $pid 2>/dev/null && ! grep -q 'guest: ready' out; do sleep 0.2; done
kill -USR2 $pid
wait $pid
ends 4 "it is saved at the second start" $?
exec 9>&-
says "efi: start 2" "the variable was kept"
says "guest: found: by the start before" "Linux's, too"
refused 'and --firmware-vars are needed' --restore saved --disk diskwait
refused 'has another firmware' --restore saved --disk diskwait --firmware "$host/bootaa64.efi" --firmware-vars vars
"$run" --firmware "$firmware" --firmware-vars vars --disk diskwait --restore saved <in >out 2>&1 &
pid=$!
exec 9>in
echo >&9
wait $pid
ends 0 "and goes on" $?
says "guest: done" "to its end"
! grep -q "guest: can't\|differs" plain
result $? "setting variables"
exec 9>&-
rmmod armvcpu
result $? "the module goes"
echo "1..$n"
