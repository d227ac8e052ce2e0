#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# id_fields - selftests/blessed/id_fields.def has every field of an ID register that the newest kernel at hand knows.
#
# Where: on the build machine, from the top of the tree. Skipped (4) without the kernel "newest" of tools/setup.
# A failure names the field: it needs a row there and one in include/features.def.
set -euo pipefail
# shellcheck source=../../tools/lib.sh
. tools/lib.sh
table=$CACHE/kernels/newest/kdir/arch/arm64/tools/sysreg
[[ -r $table ]] || { echo "1..0 # SKIP no kernel \"newest\""; exit 4; }

# "REGISTER HIGH LOW" of each field, from the kernel's description of the registers.
fields() {
	awk '$1 == "Sysreg" { reg = $2 }
		/^EndSysreg/ { reg = "" }
		reg ~ /^ID_AA64/ && $1 ~ /^(Field|Enum|SignedEnum|UnsignedEnum)$/ {
			n = split($2, bits, ":"); print reg, bits[1], bits[n] }' "$table"
}

# Of some registers one row is for the whole.
missing=0
while read -r reg hi lo; do
	grep -qE "^ID_KNOWN\($reg, [A-Za-z0-9_]+, $hi, $lo\)$|^ID_KNOWN\($reg, all," selftests/blessed/id_fields.def || {
		echo "# $reg bits $hi:$lo: no row"
		missing=$((missing + 1))
	}
done < <(fields)
((missing == 0)) || { echo "not ok 1 every field of the newest kernel is known"; exit 1; }
echo "ok 1 every field of the newest kernel is known ($(fields | wc -l) fields)"
echo "1..1"
