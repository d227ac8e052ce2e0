#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Claim: tools/setup knows which Debian packages are there, on machines with several architectures too. A package that is
# there for another architecture only is missing; one that is there for two is not.
# Failure: setup asks for root and goes to the network each time, or what it needs is not there.
# Runs on the build machine, with a dpkg state of its own.
. tools/lib.sh
echo "TAP version 13"
echo "1..4"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DPKG_ADMINDIR=$work
native=$(dpkg --print-architecture) foreign=riscv64
mkdir -p "$work"/{info,updates}
echo amd64 >"$work/arch"
echo arm64 >>"$work/arch"
echo $foreign >>"$work/arch"

# package NAME ARCHITECTURE STATE
package() {
	printf 'Package: %s\nStatus: install ok %s\nArchitecture: %s\nMulti-Arch: same\n' "$1" "$3" "$2"
	printf 'Maintainer: nobody\nVersion: 1\nDescription: none\n\n'
}

{
	package av-both "$native" installed
	package av-both $foreign installed
	package av-foreign $foreign installed
	package av-half "$native" unpacked
	package av-all all installed | grep -v ^Multi-Arch
} >"$work/status"

n=0
# check CLAIM PACKAGE MISSING
check() {
	n=$((n + 1))
	if [[ $(missing_packages "$2") == "$3" ]]; then echo "ok $n $1"; else echo "not ok $n $1"; fi
}

check "installed for two architectures: there" av-both ""
check "installed for another architecture: missing" av-foreign av-foreign
check "only unpacked: missing" av-half av-half
check "for all architectures: there" av-all ""
