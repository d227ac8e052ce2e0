#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Claim: of every device tree in Debian's kernel package armvcpu-check says what the module's own code says
# (selftests/unit/describe_of.c), and refuses none of the boards that have a GIC.
# Trees in which it reads the same are tried once. A failure prints the tree's name and what was said.
# Runs on the build machine, at the top of the tree.
. tools/lib.sh
echo "TAP version 13"
echo "1..3"
describe=selftests/build/unit/describe_of
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mapfile -t trees < <(find "$CACHE"/kernels/6.1/root/usr/lib/linux-image-*/ -name '*.dtb' | sort)

verdict() { if (($2)); then echo "ok $1 $3"; else echo "not ok $1 $3"; fi; }
verdict 1 "$((${#trees[@]} > 300))" "there are ${#trees[@]} device trees"

# machine TREE: nVHE, with a log; for ARMVCPU_CHECK_ROOT
machine() {
	local m=$work/machine
	rm -rf "$m"
	mkdir -p "$m/proc" "$m/lib/modules/6.1.0/build" "$m/sys/firmware/devicetree/base"
	ln -s ../sys/firmware/devicetree/base "$m/proc/device-tree"
	: >"$m/lib/modules/6.1.0/build/Makefile"
	: >"$m/proc/modules"
	: >"$m/proc/interrupts"
	echo "aarch64 6.1.0" >"$m/uname"
	echo "CPU: All CPU(s) started at EL2" >"$m/log"
	echo "quiet" >"$m/proc/cmdline"
	echo "130 cpu_dma_latency" >"$m/proc/misc"
	"$describe" --unpack "$m/sys/firmware/devicetree/base" "$1"
}

differ=0 tried=0 refused=0
while read -r _ tree; do
	tried=$((tried + 1))
	machine "$tree"
	"$describe" --print "$tree" >"$work/module"
	ARMVCPU_CHECK_ROOT=$work/machine sh tools/armvcpu-check | sed '/^found:/,$d' >"$work/check"
	if ! cmp -s "$work/module" "$work/check"; then
		differ=$((differ + 1))
		echo "# ${tree##*/}: the module, then armvcpu-check"
		sed 's/^/#   /' "$work/module" "$work/check"
	fi
	# That a GICv2 lacks regions is true of some.
	if grep -qE "^armvcpu-check: the (interrupt controller|virtual timer's interrupt) is not described" "$work/check"; then
		refused=$((refused + 1))
		echo "# ${tree##*/}: $(head -n 1 "$work/check")"
	fi
done < <("$describe" --shape "${trees[@]}" | sort -u -k1,1)
echo "# $tried kinds of device tree"
verdict 2 "$((tried > 50 && !differ))" "armvcpu-check and the module agree"
verdict 3 "$((!refused))" "no board's description is found wanting"
