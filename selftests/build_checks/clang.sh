#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: the module builds without a warning by the oldest clang that the kernels here take and by Debian's newest, for
# kernels with ThinLTO, control-flow integrity, BTI and a shadow call stack: the EL2 image, its twin, and every check of
# theirs that the build makes. What the kernel exports is left to the other builds. tools/check-all runs such modules.
# Runs on the build machine, from the top of the tree; installs the compilers.
# timeout: 1500
echo "TAP version 13"
echo "1..4"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n $2"
	else
		tail -n 20 "$work/log" | sed 's/^/# /'
		echo "not ok $n $2"
	fi
}

for tag in 6.1-clang 6.12-clang; do
	rm -rf "$work/tree"
	mkdir -p "$work/tree"
	git ls-files --cached --others --exclude-standard | grep -vE '^(selftests|docs)/' | while read -r f; do
		[ -f "$f" ] || continue
		mkdir -p "$work/tree/$(dirname "$f")"
		cp "$f" "$work/tree/$f"
	done
	bash -c '. tools/lib.sh
		tools/setup --headers "$1" &&
			make_modules "$CACHE/kernels/$1.headers/kdir" "$2" KBUILD_MODPOST_WARN=1' - "$tag" "$work/tree" \
		>"$work/log" 2>&1 && [ -f "$work/tree/armvcpu.ko" ]
	result $? "$tag: builds"
	# modpost has no list of the kernel's symbols
	grep -E '(warning|error):|WARNING:' "$work/log" |
		grep -vE 'modpost: .*undefined!|Symbol version dump|Module.symvers is missing|suppressed' >"$work/warnings"
	[ ! -s "$work/warnings" ] && readelf -p .comment "$work/tree/armvcpu.ko" 2>/dev/null | grep -q 'clang version'
	rc=$?
	cp "$work/warnings" "$work/log"
	result $rc "$tag: by clang, without a warning"
done
