#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Claim: what make can't do, a tree or a kernel in a path with blanks, an output directory, it says in one line.
# Failure: make's own riddle ("No rule to make target ...").
# Runs on the build machine.
echo "TAP version 13"
echo "1..4"
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
