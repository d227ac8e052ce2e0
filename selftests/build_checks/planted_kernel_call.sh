#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: a kernel call in EL2 code does not build, whatever it is: a function, data, an alternative.
# EL2_ENTRY: what nobody calls would not be built at all (el2/all.c).
# Runs on the build machine; KDIR and CROSS as tools/check sets them.
echo "TAP version 13"
echo "1..7"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git ls-files --cached --others --exclude-standard | grep -v '^selftests/' | while read -r f; do
	[ -f "$f" ] || continue
	mkdir -p "$work/$(dirname "$f")"
	cp "$f" "$work/$f"
done
n=0

# build OUTCOME CLAIM: 0 = must succeed; 1 = must fail with an error of the EL2 image
build() {
	n=$((n + 1))
	make -C "$KDIR" M="$work" ARCH=arm64 CROSS_COMPILE="$CROSS" KBUILD_MODPOST_WARN=1 \
		modules >"$work/log" 2>&1
	rc=$?
	if [ "$1" -eq 0 ] && [ $rc -eq 0 ]; then
		echo "ok $n $2"
	elif [ "$1" -eq 1 ] && [ $rc -ne 0 ] && grep -q "$3" "$work/log"; then
		echo "ok $n $2"
	else
		tail -5 "$work/log" | sed 's/^/# /'
		echo "not ok $n $2"
	fi
}

build 0 "the image builds as it is"

plant() {
	cp el2/timer.c "$work/el2/timer.c"
	printf '%s\n' "$1" >>"$work/el2/timer.c"
}

plant 'int _printk(const char *text, ...); EL2_ENTRY void el2_planted(void); void el2_planted(void) { _printk("x"); }'
build 1 "a call of a kernel function is an error" "undefined reference to .*_printk"
plant 'extern unsigned long jiffies; EL2_ENTRY u64 el2_planted(void); u64 el2_planted(void) { return jiffies; }'
build 1 "kernel data is an error" "undefined reference to .*jiffies"
plant 'EL2_ENTRY void el2_planted(void); void el2_planted(void) { asm volatile(".pushsection .altinstructions, \"a\"\n.long 0\n.popsection"); }'
build 1 "an alternative is an error" "kernel patching"
plant '#include <linux/printk.h>'
build 1 "a kernel header is an error" "linux/printk.h"
# Of the twin for VHE hosts only: the image does not see it.
plant '#ifdef AV_VHE
int _printk(const char *text, ...); EL2_ENTRY void el2_planted(void); void el2_planted(void) { _printk("x"); }
#endif'
build 1 "a call of a kernel function in the VHE twin is an error" "_printk - not in el2/allowed.syms"
plant '#ifdef AV_VHE
EL2_ENTRY u64 el2_planted(void); u64 el2_planted(void) { return read_reg(sctlr_el1); }
#endif'
build 1 "a register of the host in the VHE twin is an error" "registers of the host"
