#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# missing_symbols.sh - what the module needs of a kernel.
#
# Where: on the machine that builds it, in the tree, when armvcpu.o is there ("make modules" that failed, "make symbols").
# Usage: tools/missing_symbols.sh NM         the names, a line each
#        tools/missing_symbols.sh NM KDIR    says in one line what that kernel does not export of them, if anything
set -eu
nm=$1 kdir=${2-}
[ -e armvcpu.o ] || exit 0
needed=$("$nm" -u armvcpu.o | sed -n 's/^ *U //p' | grep -vx '__this_module' | LC_ALL=C sort -u)
if [ -z "$kdir" ]; then
	echo "$needed"
	exit
fi
[ -e "$kdir/Module.symvers" ] || exit 0
missing=$(echo "$needed" | awk 'NR == FNR { exported[$2] = 1; next } !($1 in exported)' "$kdir/Module.symvers" -)
[ -n "$missing" ] || exit 0
why=
! grep -qs '^CONFIG_TRIM_UNUSED_KSYMS=y' "$kdir/include/config/auto.conf" ||
	why=" (CONFIG_TRIM_UNUSED_KSYMS is on; packaging/files/symbols is for its CONFIG_UNUSED_KSYMS_WHITELIST)"
echo "armvcpu: the kernel in $kdir does not export $(echo "$missing" | tr '\n' ' ' | sed 's/ $//')$why"
