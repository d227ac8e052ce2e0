#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: a guest that armvcpu-run --save has written goes on with --restore where it was: memory, registers, its clock,
# which stood still meanwhile, interrupts, disk, network; also a second time. A file that is cut, changed, of another version
# or another machine is refused with a word, whatever its sum says; what can't be saved goes on.
# A failure prints what it said. Runs in the emulated host.
# shellcheck disable=SC2086 # net is several words
# hostrun: --smp 2
# timeout: 400
# beside: others
. selftests/host/tap.inc
echo "TAP version 13"
dmesg -n 1
insmod armvcpu.ko
run=$PWD/armvcpu-run forge=$PWD/selftests/host/save_forge pty=$PWD/selftests/host/pty_run
home=$PWD
cd /tmp || exit 1

refused() { # refused TEXT ARGUMENT...
	text=$1
	shift
	"$run" "$@" </dev/null >said 2>&1
	[ $? -eq 1 ] && [ "$(wc -l <said)" -eq 1 ] && grep -q "^armvcpu-run: .*$text" said
	result $? "$*: $(head -c 200 said)"
}

# begin ARGUMENT...: a guest whose input is descriptor 9
begin() {
	"$run" "$@" <in >out 2>&1 &
	pid=$!
	exec 9>in
}

until_says() { # until_says TEXT
	while kill -0 $pid 2>/dev/null && ! grep -q "$1" out; do sleep 0.2; done
}

ends() { # ends STATUS WHAT
	wait $pid
	rc=$?
	exec 9>&-
	[ $rc -eq "$1" ]
	result $? "$2: $rc, $(tr -d '\r' <out | tail -n 1)"
}

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

echo "# files that are none"
refused 'kernel, memory, CPUs and GIC' --restore saved --cpus 2
refused 'kernel, memory, CPUs and GIC' --restore saved --kernel flat
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

echo "# Linux"
cd "$home" || exit 1
for module in modules/*.ko; do [ ! -e "$module" ] || insmod "$module"; done
cd /tmp || exit 1
net=''
if [ -e /sys/module/tun ]; then
	mkdir -p /dev/net
	[ -e /dev/net/tun ] || mknod /dev/net/tun c 10 200
	tunctl -t tap0 >/dev/null
	ip addr add 10.9.0.1/24 dev tap0
	ip link set tap0 up
	net="--net tap=tap0"
fi
head -c 8388608 /dev/urandom >disk
cp "$home/save-initrd" "$home/Image" .
now() { cut -d . -f 1 /proc/uptime; }
begin --kernel Image --initrd save-initrd --cpus 2 --mem 128M --append "console=ttyAMA0 quiet panic=-1" \
	--disk disk --rng $net --save first
until_says 'guest: ready'
before=$(now)
kill -USR2 $pid
ends 4 "a Linux guest is saved"
echo "# $(stat -c %s first) bytes"
cp out guest
refused 'more devices than' --restore first
truncate -s 4194304 other
refused 'another size' --restore first --disk other --rng $net
refused 'another kind' --restore first --rng --disk disk $net
sleep 5
begin --restore first --disk disk --rng $net --save second
echo once >&9
until_says 'guest: once'
kill -USR2 $pid
ends 4 "and goes on, and is saved again"
cat out >>guest
begin --restore second --disk disk --rng $net
echo twice >&9
ends 0 "and goes on, and powers off"
after=$(now)
cat out >>guest
sed 's/\r//; s/^/# /' guest

guest_says() { # guest_says TEXT WHAT
	[ "$(grep -c "guest: $1" guest)" -eq 2 ]
	result $? "twice: $2"
}
guest_says 'its memory is the same' "its memory is the same"
guest_says 'the other goes on' "its programs go on, with one result"
guest_says 'the disk has what was written' "the disk has what was written"
guest_says 'the disk is read' "requests that were on their way come back"
guest_says 'random numbers' "random numbers come"
[ -z "$net" ] || guest_says 'the host answers' "the network is there"
up() { sed -n "s/.*guest: $1, up \([0-9]*\).*/\1/p" guest; }
echo "# up $(up ready), $(up once), $(up twice) seconds, the host $before to $after"
[ "$(up ready)" -le "$(up once)" ] && [ "$(up once)" -le "$(up twice)" ] &&
	[ $((after - before - ($(up twice) - $(up ready)))) -ge 5 ]
result $? "its time went on, but not while it was a file"
! grep -q 'rcu.*stall\|soft lockup\|Call trace' guest
result $? "without a complaint"
cd "$home" || exit 1
rmmod armvcpu
result $? "the module goes"
echo "1..$n"
