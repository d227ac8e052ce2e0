#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# memory.sh - what a VM and a vCPU cost in memory, KVM's and armvcpu's: the table of docs/scaling.md.
#
# Where: on the build machine, after "make modules". Usage: tools/bench/memory.sh [--cpu MODEL] [--kernel TAG]
# The counting is explained in tools/bench/memory.c.
set -euo pipefail
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"

out=$TOP/build/bench/bin
work=$(mktemp -d "${TMPDIR:-/tmp}/memory.XXXXXX")
trap 'rm -rf "$work"' EXIT
make -s -C "$TOP/tools/bench" OUT="$out" CROSS_COMPILE="$CROSS" "$out/memory" >/dev/null
"$TOP/tools/hostrun" "$@" --quiet --kvm --log "$work/kvm" --file "$out/memory" -- \
	'ARMVCPU_DEVICE=/dev/kvm ./memory'
"$TOP/tools/hostrun" "$@" --quiet --log "$work/armvcpu" --file "$out/memory" --file "$TOP/armvcpu.ko" -- \
	'insmod armvcpu.ko && ./memory'
echo '| bytes | KVM | armvcpu |'
echo '|---|--:|--:|'
grep -ao '^@@.*' "$work/kvm" | tr -d @ | while IFS='|' read -r title kvm; do
	ours=$(grep -aF "@@$title|" "$work/armvcpu" | cut -d'|' -f2)
	echo "| $title | $kvm | $ours |"
done
