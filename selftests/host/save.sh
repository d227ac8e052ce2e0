#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: a guest that armvcpu-run --save has written goes on with --restore where it was: memory, registers, its clock,
# which stood still meanwhile, interrupts, disk, network; also a second time. A file that is cut, changed, of another version
# or another machine is refused with a word, whatever its sum says; what can't be saved goes on.
# A failure prints what it said. Runs in the emulated host.
# hostrun: --smp 2
# timeout: 400
# beside: others
. selftests/host/tap.inc
. selftests/host/save_run.inc
echo "TAP version 13"
dmesg -n 1
insmod armvcpu.ko
forge=$PWD/selftests/host/save_forge pty=$PWD/selftests/host/pty_run
cd /tmp || exit 1

mkfifo in
"$forge" guest flat

echo "# a small guest"
begin --flat --kernel flat --mem 8M --cpus 2 --save saved
until_says '!'
kill -USR2 $pid
ends 4 "it is saved"
[ "$(stat -c %a saved)" = 600 ] && [ ! -e saved.part ]
result $? "to a file of its owner's: $(stat -c '%s bytes' saved)"
# Longer than its clock may jump
sleep 6
begin --restore saved
echo a >&9
ends 42 "it goes on"
begin --restore saved --save again --verbose
until_says 'restored from'
kill -USR2 $pid
ends 4 "and is saved once more"
begin --restore again
echo a >&9
ends 42 "and goes on"

begin --flat --kernel flat --mem 8M --save /nowhere/saved
until_says '!'
kill -USR2 $pid
until_says 'goes on'
grep -q "^armvcpu-run: --save /nowhere/saved: .*No such file.*the guest goes on" out
result $? "what can't be saved goes on"
echo a >&9
ends 42 "to its end"
"$pty" s '!' "$run" --mem 8M --flat --kernel flat --save keyed >said 2>&1
said="Ctrl-A s saves: $?, and it goes on"
begin --restore keyed
echo a >&9
ends 42 "$said"

# movz x1, #0xa00, lsl #16; movz x2, #0x900, lsl #16; movz w3, #0x21; str w3, [x2]; ldr w0, [x1, #0x70]; b .-4
printf '\001\100\241\322\002\040\241\322\043\004\200\122\103\000\000\271\040\160\100\271\377\377\377\027' >reads
truncate -s 102400 disk
failed=0
for _ in 1 2 3 4 5 6 7 8; do
	begin --flat --kernel reads --mem 8M --cpus 1 --disk disk --save busy
	until_says '!'
	kill -USR2 $pid
	end_of $pid
	rc=$?
	exec 9>&-
	[ $rc -eq 4 ] || failed=$rc
done
result $failed "one that is at a device's registers all the time ends when it is saved: $failed"

# Both wait when it looks, the smaller number first.
begin --flat --kernel flat --mem 8M --save ended
until_says '!'
kill -STOP $pid
kill -USR2 $pid
kill -TERM $pid
kill -CONT $pid
ends 143 "SIGTERM ends it while it is saved"
[ ! -e ended ] && [ ! -e ended.part ]
result $? "and there is no file"
"$pty" pending 'IPA size' "$run" --restore saved --verbose >said 2>&1
rc=$?
[ $rc -eq 143 ] && ! grep -q 'restored from' said
result $? "SIGTERM ends it while it is restored: $rc, $(tr -d '\r' <said | tail -n 1)"

echo "# files that are none"
refused 'kernel, memory, CPUs, GIC and PCI' --restore saved --cpus 2
refused 'kernel, memory, CPUs, GIC and PCI' --restore saved --kernel flat
refused 'kernel, memory, CPUs, GIC and PCI' --restore saved --pci
refused 'no kernel to start again' --restore saved --reboot
refused 'breakpoints would be saved' --kernel flat --flat --save x --gdb 1234
refused 'No such file' --restore nowhere
refused 'not a file that --save' --restore flat
truncate -s 102400 disk
refused 'fewer devices than' --restore saved --disk disk
size=$(stat -c %s saved)
for cut in 15 16 40 500 3000 $((size / 2)) $((size - 24)) $((size - 1)); do
	head -c $cut saved >bad
	refused 'end is missing\|not a file that --save' --restore bad
done
{ head -c 8 saved; printf '\1'; tail -c +10 saved; } >bad
refused 'another version' --restore bad
{ head -c $((size - 200)) saved; printf '\252\125\252\125'; tail -c 196 saved; } >bad
refused 'damaged' --restore bad

echo "# with the right sum"
# forged TEXT WHAT KIND NR [OFFSET] NUMBER
forged() {
	text=$1 what=$2
	shift 2
	"$forge" "$what" saved bad "$@" && refused "$text" --restore bad
}
# The machine's record: memory, CPUs and GIC, features and counter
gic=$(od -An -t u4 -j 44 -N 4 saved)
forged 'no such machine' set 1 0 0 0
forged 'no such machine' set 1 0 0 0x3fffff
forged 'no such machine' set 1 0 8 $((gic << 32))
forged 'no such machine' set 1 0 8 $((gic << 32 | 4097))
forged 'no such machine' set 1 0 8 $((4 << 32 | 2))
forged 'runs at another rate' set 1 0 16 0x0000000100000004
forged 'another record' set 1 0 8 $((gic << 32 | 3))
forged 'does not take' set 2 0 0 0x6030000000100fff
forged 'damaged' size 2 0 13
forged 'KVM_SET_MP_STATE' set 3 1 0 77
forged 'number of registers' size 4 0 800
forged 'GIC: register 0x8' set 4 0 0 0xffffffff
forged 'damaged' size 5 0 8
forged 'outside of the guest' set 6 0 0 0x3ffff000
forged 'outside of the guest' set 6 0 0 0x407fffff
forged 'outside of the guest' set 6 0 0 0xfffffffffffff000
forged 'no state of the UART' set 7 0 44 0x7fffffff
forged 'no state of the test device' size 7 1 8
"$forge" random saved "${FORGE_SEED:-23}" "${FORGE_ROUNDS:-30}" "$run" >said 2>&1
result $? "changed at random: $(cat said)"

linux_saved save-initrd
cd "$home" || exit 1
rmmod armvcpu
result $? "the module goes"
echo "1..$n"
