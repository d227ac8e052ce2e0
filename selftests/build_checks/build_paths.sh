#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Claim: what make can't do, a tree or a kernel in a path with blanks, an output directory, it says in one line. So it does
# when it builds on an arm64 machine for another kernel than the one that runs.
# Failure: make's own riddle ("No rule to make target ..."); or nothing is said, and insmod's "Invalid module format" is the
# first that one hears of it.
# Runs on the build machine.
echo "TAP version 13"
echo "1..6"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/a b"
cp -r Makefile tools "$work/a b"
n=0

# refused CLAIM WORDS DIRECTORY ARGUMENT...: by one line with WORDS
refused() {
	local claim=$1 words=$2 dir=$3 said
	shift 3
	n=$((n + 1))
	if said=$(make --no-print-directory -C "$dir" "$@" modules 2>&1); then
		echo "not ok $n $claim: not refused"
	elif [[ $(wc -l <<<"$said") -eq 1 && $said == *"$words"* ]]; then
		echo "ok $n $claim"
	else
		echo "# ${said//$'\n'/$'\n'# }"
		echo "not ok $n $claim"
	fi
}

refused "the tree in a path with blanks" "move the tree" "$work/a b"
refused "the kernel in a path with blanks" "no path with blanks" . KDIR="$work/a b"
refused "an output directory" "O= means nothing here" . O="$work"
refused "a kernel that is not there" "kernel's build tree" . KDIR="$work"

# An arm64 machine without its kernel's headers, a Debian kernel's tree in the cache, and nothing to be set up.
mkdir -p "$work/bin" "$work/tree/tools" "$work/cache/kernels/6.1/kdir"
# shellcheck disable=SC2016 # the program's own
printf '#!/bin/sh\n[ "$1" = -m ] && echo aarch64 || echo 6.6.0-board\n' >"$work/bin/uname"
printf '#!/bin/sh\n' >"$work/tree/tools/setup"
chmod +x "$work/bin/uname" "$work/tree/tools/setup"
printf 'modules:\n\t@echo built\n' >"$work/cache/kernels/6.1/kdir/Makefile"
touch "$work/cache/kernels/6.1/kdir/Module.symvers"
cp Makefile "$work/tree"
cp tools/lib.sh "$work/tree/tools"

# on_board CLAIM WARNINGS ARGUMENT...: it builds, with so many lines about headers
on_board() {
	local claim=$1 lines=$2 said
	shift 2
	n=$((n + 1))
	said=$(env -u KDIR -u KERNEL -u MAKEFLAGS PATH="$work/bin:$PATH" make --no-print-directory -C "$work/tree" \
		CACHE="$work/cache" "$@" modules 2>&1)
	if [[ $said == *built && $(grep -c 'the headers of the kernel that runs here, 6.6.0-board,' <<<"$said") == "$lines" ]]; then
		echo "ok $n $claim"
	else
		echo "# ${said//$'\n'/$'\n'# }"
		echo "not ok $n $claim"
	fi
}
on_board "a board without its kernel's headers hears that another kernel's module is built" 1
on_board "not where that kernel was asked for" 0 KDIR="$work/cache/kernels/6.1/kdir"
