#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Claim: what an emulator does not show is in the code that EL2 runs, on both kinds of host: looked up in the
# disassembly of the EL2 image and of its VHE twin.
# Runs on the build machine; KDIR and CROSS as tools/check sets them.
set -u
tree=build/clean-tree
if [[ ! -e $tree/armvcpu.ko ]]; then
	tree=.
	make -C "$KDIR" M="$PWD" ARCH=arm64 CROSS_COMPILE="$CROSS" modules >&2 || exit 1
fi
echo "TAP version 13"
n=0
result() {
	n=$((n + 1))
	if (($1)); then echo "not ok $n $2"; else echo "ok $n $2"; fi
}

# Each instruction: mnemonic and operands, "function:" where one begins.
listing() {
	"${CROSS}objdump" -d --no-show-raw-insn "$1" |
		sed -nE 's,^[0-9a-f]+ <(.*)>:$,\1:,p; s,^ *[0-9a-f]+:\t,,p' | tr '\t' ' ' | sed 's, *//.*,,'
}

# Broadcast invalidations come in pairs of the same kind in one function, each with its DSB: el2/tlb.c's broadcast().
tlbi_pairs() {
	awk '/:$/ { close_function() }
	function close_function(op) {
		for (op in count)
			if (count[op] % 2) { print "# once: " op " in " name; bad = 1 }
		delete count
		if (/:$/) name = $0
	}
	waiting && !/^ic ialluis/ { if (!/^dsb ish/) { print "# no dsb behind it: " waiting; bad = 1 }; waiting = "" }
	/^tlbi .*is(,|$)/ { count[$2]++; all++; waiting = $0 }
	END { close_function(); if (all < 10) { print "# only " all + 0 " broadcast invalidations"; bad = 1 }; exit bad }'
}

for object in el2/el2.elf el2/vhe.o; do
	text=$(listing "$tree/$object")
	tlbi_pairs <<<"$text"
	result $? "$object: each broadcast TLB invalidation can be repeated, and each is waited for"
done
echo "1..$n"
