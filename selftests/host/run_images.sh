#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: armvcpu-run starts what it is given, an Image, the same packed with gzip, zstd or as an EFI zboot image, an ELF
# file; what is cut, damaged, or unpacks to more than the guest's memory is refused with a word, before there is a guest.
# A failure prints what it said. Runs in the emulated host.
# beside: others
. selftests/host/tap.inc
echo "TAP version 13"
echo "1..16"
insmod armvcpu.ko
cd /tmp || exit 1

le() { # le BYTES NUMBER
	v=$2
	for _ in $(seq "$1"); do
		printf '%b' "\\0$(printf %o $((v & 255)))"
		v=$((v >> 8))
	done
}
zeroes() { head -c "$1" /dev/zero; }

# movz x0, #0x908, lsl #16; movz w1, #42; str w1, [x0]; b .
code() { le 4 0xd2a12100; le 4 0x52800541; le 4 0xb9000001; le 4 0x14000000; }

{
	le 4 0x91005a4d; le 4 0x1400000f; le 8 0; le 8 4096; le 8 10; zeroes 24
	printf 'ARM\144'; le 4 0
	code
} >Image
gzip -c Image >Image.gz
# RFC 8878: one frame of one raw block
{ le 4 0xfd2fb528; le 1 0x20; le 1 80; le 3 $((80 << 3 | 1)); cat Image; } >Image.zst
zboot() { # zboot PACKING FILE
	printf 'MZ\0\0zimg'; le 4 128; le 4 "$(wc -c <"$2")"; le 8 0; printf %s "$1"; zeroes $((104 - ${#1})); cat "$2"
}
zboot gzip Image.gz >zboot.gz
zboot zstd22 Image.zst >zboot.zst
elf() { # elf PHYSICAL: two segments, the second without bytes in the file
	printf '\177ELF\2\1\1'; zeroes 9; le 2 2; le 2 183; le 4 1; le 8 $((0xffff000000000000 | $1)); le 8 64; le 8 0
	le 4 0; le 2 64; le 2 56; le 2 2; le 6 0
	le 4 1; le 4 5; le 8 176; le 8 $((0xffff000000000000 | $1)); le 8 "$1"; le 8 16; le 8 16; le 8 4
	le 4 1; le 4 6; le 8 176; le 8 0; le 8 $(($1 + 65536)); le 8 0; le 8 4096; le 8 4
	code
}
elf $((0x40200000)) >prog.elf
gzip -c prog.elf >prog.gz

ends_with() { # ends_with STATUS TEXT WHAT ARGUMENT...
	status=$1 text=$2 what=$3
	shift 3
	timeout 60 /root/armvcpu-run --mem 8M "$@" </dev/null >said 2>&1
	[ $? -eq "$status" ] && { [ -z "$text" ] || grep -q "$text" said; }
	result $? "$what: $(head -c 300 said)"
}

ends_with 42 '' Image --kernel Image
ends_with 42 '' 'a flat binary' --flat --kernel Image
ends_with 42 '' gzip --kernel Image.gz
ends_with 42 '' zstd --kernel Image.zst
ends_with 42 '' 'zboot, gzip' --kernel zboot.gz
ends_with 42 '' 'zboot, zstd' --kernel zboot.zst
ends_with 42 '' ELF --kernel prog.elf
ends_with 42 '' 'ELF, gzip' --kernel prog.gz
head -c 40 Image.gz >short
ends_with 1 'end is missing' 'gzip without its end' --kernel short
head -c 60 Image.zst >short
ends_with 1 'end is missing' 'zstd without its end' --kernel short
zboot xzkern Image.gz >bad
ends_with 1 'neither with gzip' 'zboot, xz' --kernel bad
zeroes 20000000 | gzip -c >bomb
ends_with 1 'bigger than the guest' 'more than memory' --kernel bomb
elf $((0x3fff0000)) >bad
ends_with 1 'below RAM' 'ELF below RAM' --kernel bad
elf $((0x407f0000)) >bad
ends_with 1 'too small' 'ELF beyond RAM' --kernel bad
gzip -c Image.gz >bad
ends_with 1 'not only once' 'packed twice' --kernel bad
cd /root || exit 1
rmmod armvcpu
result $? "the module goes"
