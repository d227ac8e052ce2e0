#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: armvcpu-run refuses wrong arguments with a word; leaves the terminal as it was, whatever ends it; says when the
# host can't give a guest the GIC that was asked for; boots Linux with the user's device tree and our command line.
# A failure prints what it said. Runs in the emulated host, with a GICv3.
# beside: others
. selftests/host/tap.inc
echo "TAP version 13"
echo "1..43"
insmod armvcpu.ko
pty=$PWD/selftests/host/pty_run run=$PWD/armvcpu-run
cd /tmp || exit 1

le4() {
	for shift in 0 8 16 24; do
		printf '%b' "\\0$(printf %o $(($1 >> shift & 255)))"
	done
}
# movz x0, #0x900, lsl #16; movz w1, #0x21; str w1, [x0]; movz w1, #10; str w1, [x0]; wfi; b .-4
for insn in 0xd2a12000 0x52800421 0xb9000001 0x52800141 0xb9000001 0xd503207f 0x17ffffff; do
	le4 $insn
done >waits
# as above, then movz x0, #0x908, lsl #16; movz w1, #7; str w1, [x0]; b .
{ head -c 20 waits; le4 0xd2a12100; le4 0x528000e1; le4 0xb9000001; le4 0x14000000; } >ends
# The clock (PL031), x0: w1 = its seconds; alarm = w1 + 1, unmasked; wait for RTCMIS; clear it, until it is gone; then as above
{
	for insn in 0xd2a12020 0xb9400001 0x11000421 0xb9000401 0x52800022 0xb9001002 0xb9401803 0x34ffffe3 0xb9001c03 \
		0xb9401803 0x35ffffe3; do
		le4 $insn
	done
	tail -c +21 ends
} >alarm

refused() { # refused TEXT ARGUMENT...
	text=$1
	shift
	"$run" "$@" </dev/null >said 2>&1
	[ $? -eq 1 ] && [ "$(wc -l <said)" -eq 1 ] && grep -q "^armvcpu-run: .*$text" said
	result $? "$*: $(head -c 200 said)"
}

refused 'no --kernel' --cpus 2
refused 'not a valid value' --kernel waits --flat --gic 4
refused 'not a valid value' --kernel waits --flat --gic 33
refused 'not a valid value' --kernel waits --flat --cpus 0
refused 'not a valid value' --kernel waits --flat --mem 3M
refused 'No such file' --kernel nowhere
refused 'is the module loaded' --kernel waits --flat --device /dev/nowhere
refused 'Inappropriate ioctl' --kernel waits --flat --device /dev/null
# No user but root here: who may not open it is played by a file system without devices.
mkdir nodev
mount -t tmpfs -o nodev tmpfs nodev
mknod nodev/armvcpu c 10 232
refused 'for root, or group kvm' --kernel waits --flat --device nodev/armvcpu
umount nodev
refused 'not a regular file' --kernel /tmp
refused 'No such file' --kernel waits --flat --dtb nowhere
refused 'no device tree blob' --kernel waits --flat --dtb waits
refused 'unexpected argument' --kernel waits more
refused 'have no place' --kernel waits --firmware waits
refused 'nothing without --firmware' --kernel waits --firmware-vars vars
refused 'needs --mem 128M' --firmware waits --mem 64M
refused 'have to be in a file' --firmware waits --save saved
"$run" --firmware ends >said 2>&1
[ $? -eq 7 ] && [ "$(head -c 1 said)" = '!' ]
result $? "--firmware starts at the flash memory's first byte"
refused "can't give a guest a GICv2" --kernel waits --flat --gic 2

on_terminal() { # on_terminal STATUS SIGNAL TEXT PROGRAM [ARGUMENT]...
	status=$1
	shift
	"$pty" "$1" "$2" "$run" --mem 8M --flat --kernel "$3" >said 2>&1
	rc=$?
	[ $rc -eq "$status" ]
	result $? "the terminal is as it was: $3, signal $1: $rc, $(tr -d '\r' <said | head -n 2 | tr '\n' ' ')"
}
on_terminal 143 15 '!' waits
on_terminal 129 1 '!' waits
on_terminal 130 2 '!' waits
on_terminal 131 3 '!' waits
on_terminal 130 x '!' waits
on_terminal 139 11 '!' waits
on_terminal 134 6 '!' waits
on_terminal 7 none '!' ends
# SIGALRM, SIGXFSZ, SIGPWR, a real-time signal: what ends a program that does not know it
on_terminal 142 14 '!' waits
on_terminal 153 25 '!' waits
on_terminal 158 30 '!' waits
on_terminal 168 40 '!' waits
# Nobody can do anything after SIGKILL: the test sees that.
on_terminal 100 9 '!' waits

"$run" --mem 8M --flat --kernel ends --gic 3 --dump-dtb tree >said 2>&1
[ $? -eq 7 ] && [ "$(od -An -tx1 -N4 tree | tr -d ' ')" = d00dfeed ]
result $? "--dump-dtb: $(wc -c <tree) bytes"
"$run" --mem 8M --flat --kernel ends --dtb tree >said 2>&1
[ $? -eq 7 ]
result $? "--dtb of a flat program: $(cat said)"
refused 'no cpu node with reg 0x1' --mem 8M --flat --kernel ends --dtb tree --cpus 2
head -c 1000 tree >short
refused 'damaged' --mem 8M --flat --kernel ends --dtb short
timeout 60 "$run" --mem 8M --flat --kernel alarm >said 2>&1
[ $? -eq 7 ]
result $? "the clock has an alarm"

# Resets at once: movz w0, #9; movk w0, #0x8400, lsl #16; hvc #0
for insn in 0x52800120 0x72b08000 0xd4000002; do
	le4 $insn
done >resets
"$run" --mem 8M --flat --kernel resets --reboot --cpus 4 </dev/null >said 2>&1 &
pid=$!
sleep 2
kill -TERM $pid
end_of $pid
rc=$?
[ $rc -eq 143 ]
result $? "SIGTERM ends one that resets for ever: $rc"
"$pty" x 'IPA size' "$run" --mem 8M --flat --kernel resets --reboot --cpus 4 --verbose >said 2>&1
rc=$?
[ $rc -eq 130 ]
result $? "and Ctrl-A x: $rc"

# Asked to be saved, and nobody said where to: a word, and the guest goes on
mkfifo in
"$run" --mem 8M --flat --kernel waits <in >said 2>&1 &
pid=$!
exec 9>in
until grep -q '!' said; do sleep 0.1; done
kill -USR2 $pid
for _ in $(seq 300); do
	! grep -q 'without --save' said || break
	sleep 0.1
done
kill -TERM $pid
wait $pid
rc=$?
exec 9>&-
[ $rc -eq 143 ] && grep -q 'without --save there is no file' said
result $? "SIGUSR2 without --save: $rc, $(tail -n 1 said)"

cd /root || exit 1
./armvcpu-run --mem 8M --cpus 2 --flat --kernel /tmp/ends --dump-dtb /tmp/tree >/dev/null 2>&1
./armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 192M --gic 3 --dtb /tmp/tree \
	--append "console=ttyAMA0 panic=-1 patched=yes" </dev/null >/tmp/guest 2>&1
result $? "a Linux guest with --dtb powers off"
grep -q 'Kernel command line: .*patched=yes' /tmp/guest && grep -q 'Memory: [0-9]*K/196608K' /tmp/guest
rc=$?
[ $rc -eq 0 ] || tail -n 20 /tmp/guest | sed 's/^/# /'
result $rc "with our command line and memory"
rmmod armvcpu
result $? "the module goes"
