#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# uefi_host.sh - Debian with systemd, which Debian's UEFI has booted, in Debian's QEMU: login, work, savevm and loadvm, a
# migration while it works, reboot, poweroff (tools/check-peers).
#
# Where: busybox sh, inside the emulated host, /dev/kvm there; /dev/vda is Debian's image, of which nothing is written.
# Usage: uefi_host.sh GIC     version of the guest's
# Its last line says what came of it; before that, what was done after how many seconds.
gic=$1 t0=$(date +%s)
# MD5 of what uefi_work.sh makes: seq 10000000 | head -c 64M
data=609a07e40b6145f6de4c63dffb33f42f
cd /root || exit 2
while read -r m; do insmod "modules/$m.ko" || exit 2; done <modules/order
mv overlay vars /tmp/
# A QEMU that can be told the device needs no alias.
accel=kvm
[ ! -e /dev/armvcpu ] || ! qemu-system-aarch64 -accel kvm,help 2>&1 | grep -q '^device' || accel=kvm,device=/dev/armvcpu

# Also to the host's console, at once: a run takes a quarter of an hour.
at() { echo "$(($(date +%s) - t0)) s: $*" | tee /dev/console; }

# start N [OPTION...]: the Nth QEMU; its monitor is at /tmp/mon.N.in, what that says in /tmp/mon.N.log, the guest's console at
# /tmp/con.N.in, what that says in /tmp/serial.N.
start() {
	n=$1
	shift
	for pipe in mon con; do
		mkfifo "/tmp/$pipe.$n.in" "/tmp/$pipe.$n.out"
		# Open for both, so that nobody waits for the other end.
		cat <>"/tmp/$pipe.$n.out" >"/tmp/$pipe.$n.log" &
		sleep 1000000 <>"/tmp/$pipe.$n.in" &
	done
	qemu-system-aarch64 -nodefaults -display none -chardev "pipe,id=con,path=/tmp/con.$n,logfile=/tmp/serial.$n" \
		-serial chardev:con -chardev "pipe,id=mon,path=/tmp/mon.$n" -mon chardev=mon \
		-accel $accel -cpu host -smp 4 -m 512M -machine "virt,gic-version=$gic" \
		-drive if=pflash,format=raw,readonly=on,file=AAVMF_CODE.fd -drive if=pflash,format=qcow2,file=/tmp/vars \
		-kernel Image -initrd guest-initrd -append 'console=ttyAMA0 quiet panic=-1 systemd.show_status=0' \
		-drive file=/tmp/overlay,format=qcow2,if=none,id=disk -device virtio-blk-pci,drive=disk \
		-netdev user,id=net -device virtio-net-pci,netdev=net,romfile= \
		-object rng-random,id=rng,filename=/dev/urandom -device virtio-rng-pci,rng=rng \
		"$@" </dev/null >"/tmp/qemu.$n.out" 2>&1 &
	qemu=$!
}
monitor() {
	n=$1
	shift
	echo "$*" >"/tmp/mon.$n.in"
}
# types N TEXT: somebody at the console
types() { printf '%s\n' "$2" >"/tmp/con.$1.in"; }
verdict() {
	at "the end"
	grep -ah 'guest: ' /tmp/serial.*
	tail -n 5 /tmp/mon.*.log /tmp/qemu.*.out
	if [ "$1" != 'done' ]; then
		tail -n 25 /tmp/serial.*
		# Where its CPUs are, twice.
		for _ in 1 2; do
			monitor "$n" info registers -a
			sleep 10
		done
		tr '\r' '\n' <"/tmp/mon.$n.log" | grep -aE 'CPU#|PC=|PSTATE' | tail -n 24
		(cd /sys/kernel/debug/armvcpu && cat gic vms ./*/stats)
	fi
	dmesg | tail -n 5
	echo "$*"
	[ "$1" = 'done' ]
	exit
}
# waits_for SECONDS WHAT COMMAND...: it holds, or that is the end
waits_for() {
	left=$1 what=$2
	shift 2
	until "$@"; do
		left=$((left - 1))
		if [ $left = 0 ] || ! kill -0 "$qemu" 2>/dev/null; then
			verdict "no $what: $(tail -q -n 1 /tmp/qemu.*.out)"
		fi
		sleep 1
	done
	at "$what"
}
# shellcheck disable=SC2317 # by waits_for, as those below
said() { [ "$(grep -acE "$2" "/tmp/serial.$1" 2>/dev/null)" -ge "${3:-1}" ] 2>/dev/null; }
# shellcheck disable=SC2317
monitor_says() {
	monitor "$1" "$2"
	sleep 1
	grep -aq "$3" "/tmp/mon.$1.log"
}
# The last round of the Nth QEMU's guest.
round() { sed -n 's/.*guest: round \([0-9]*\),.*/\1/p' "/tmp/serial.$1" | tail -n 1; }
# log_in N TIMES: at the prompt that comes the TIMESth time.
log_in() {
	waits_for 900 'login prompt' said "$1" 'login: ' "$2"
	types "$1" root
	waits_for 120 'shell' said "$1" 'root@[a-z]*:~#' "$2"
}

start 1
waits_for 120 'firmware' said 1 'UEFI firmware'
log_in 1 1
types 1 'uefi_work.sh write'
waits_for 600 'data written, compressed and read' said 1 "guest: sum $data,"
waits_for 120 'pings' said 1 'guest: net 1'
types 1 'uefi_work.sh load &'
waits_for 300 'round 2' said 1 "guest: round 2, $data"

monitor 1 savevm s1
waits_for 300 'snapshot' monitor_says 1 'info snapshots' ' s1 .*iB '
back=$(($(round 1) + 1))
waits_for 300 "round $((back + 1))" said 1 "guest: round $((back + 1)),"
monitor 1 loadvm s1
# Memory that held code was written: that crawls in this emulator (C70).
waits_for 1200 "round $back again" said 1 "guest: round $back, $data" 2

start 2 -incoming unix:/tmp/to2
waits_for 60 'second QEMU' [ -S /tmp/to2 ]
monitor 1 migrate_set_parameter max-bandwidth 1G
monitor 1 migrate -d unix:/tmp/to2
waits_for 600 'migration' monitor_says 1 'info migrate' 'Migration status: completed'
monitor 1 quit
back=$(($(round 1) + 2))
waits_for 300 "round $back in the second QEMU" said 2 "guest: round $back, $data"

types 2 'systemctl reboot'
log_in 2 1
types 2 'uefi_work.sh read'
waits_for 300 'data read again' said 2 "guest: again $data"
waits_for 120 'pings again' said 2 'guest: net again 1'
types 2 'systemctl poweroff'
wait $qemu || verdict "the second QEMU's status is $?"
grep -ahE 'guest: (wrong|no|time|pings)' /tmp/serial.* >/tmp/bad && verdict "$(head -n 1 /tmp/bad)"
for line in 'kernel .*, 4 CPUs, "Debian' 'firmware efi: EFI' 'boots 64 bit UEFI, ACPI: [1-9]' 'rng virtio_rng.0 64'; do
	said 1 "guest: $line" || verdict "the guest did not say $line"
done
said 1 'guest: data '"$data" || verdict 'other data'
verdict 'done'
