#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: a guest whose devices are on PCI (armvcpu-run --pci) goes on with --restore as well, twice: its ITS knows the devices,
# their events and which vCPU each message is for, takes commands as before, and messages that were pending at the time
# come. Whether devices are on PCI is the file's to say. A file whose ITS or devices somebody has changed is refused with a
# word, whatever its sum says. Reference: Linux, Documentation/virt/kvm/devices/arm-vgic-its.rst.
# A failure prints what it said. Runs in the emulated host, with a GICv3.
# hostrun: --smp 2
# timeout: 400
# beside: others
. selftests/host/tap.inc
. selftests/host/save_run.inc
echo "TAP version 13"
dmesg -n 1
insmod armvcpu.ko
forge=$PWD/selftests/host/save_forge
cd /tmp || exit 1

mkfifo in
"$forge" guest flat

echo "# a small guest"
begin --flat --kernel flat --mem 8M --cpus 2 --pci --rng --save saved
until_says '!'
kill -USR2 $pid
ends 4 "it is saved"
begin --restore saved --rng
echo a >&9
ends 42 "it goes on"

echo "# files that somebody has changed, with the right sum"
# forged TEXT WHAT KIND NR [OFFSET] NUMBER
forged() {
	text=$1 what=$2
	shift 2
	"$forge" "$what" saved bad "$@" && refused "$text" --restore bad --rng
}
refused 'fewer devices than' --restore saved --rng --rng
refused 'more devices than' --restore saved
# The machine's record: CPUs and GIC, features and counter
counter=$(od -An -t u4 -j 52 -N 4 saved) features=$(od -An -t u4 -j 48 -N 4 saved)
forged 'no such machine' set 1 0 8 $((2 << 32 | 2))
forged 'another record' set 1 0 16 $((counter << 32 | features & ~(1 << 30)))
# The ITS: IIDR, CBASER, CREADR, CWRITER, BASER0 to 7, CTLR
forged 'damaged' size 10 0 8
forged 'ITS: register 0x4' set 10 0 0 0xf43b
forged "its tables in the guest's memory" set 10 0 32 0x8000000040200000
# Configuration space, vectors, which of them the queues have
forged 'damaged' size 11 0 8
forged 'the device was another' set 11 0 0 0
forged 'damaged' set 11 0 264 0xffffffff00000000
forged 'damaged' set 11 0 320 7
"$forge" random saved "${FORGE_SEED:-23}" "${FORGE_ROUNDS:-20}" "$run" --rng >said 2>&1
result $? "changed at random: $(cat said)"

linux_saved save-initrd --pci
guest_says 'messages follow' "the ITS takes commands, a driver that comes anew gets its messages"
cd "$home" || exit 1
rmmod armvcpu
result $? "the module goes"
echo "1..$n"
