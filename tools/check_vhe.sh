#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# check_vhe.sh - may the VHE twin of the EL2 image go into the module?
#
# Where: the build machine, called by Kbuild.
# Usage: check_vhe.sh NM OBJDUMP TWIN ALLOWED
#
# No, if it needs a symbol that ALLOWED does not list, or names a register of EL1 by the plain name, which means the
# host's own register at EL2 (read_guest() and write_guest() of el2/el2.h are meant). TWIN is removed then.
nm=$1 objdump=$2 twin=$3 allowed=$4

fail() {
	echo "$twin: $1" >&2
	rm -f "$twin"
	exit 1
}

needs=$("$nm" -u "$twin" | awk '{ print $NF }' | while read -r symbol; do
	grep -qE "^$symbol([[:space:]]|\$)" "$allowed" || printf '%s ' "$symbol"
done)
[ -z "$needs" ] || fail "undefined reference to ${needs}- not in el2/allowed.syms"

hosts='(sctlr|cpacr|ttbr[01]|tcr|spsr|elr|afsr[01]|esr|far|mair|amair|vbar|contextidr|cntkctl|tfsr)_el1|cnt[pv]_[a-z]+_el0'
named=$("$objdump" -d --no-show-raw-insn "$twin" | grep -E "(mrs|msr).*[[:space:]]($hosts)\b")
[ -z "$named" ] || fail "registers of the host's: $named"
exit 0
