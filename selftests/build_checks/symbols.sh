#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Claim: packaging/files/symbols, for kernels that export only what is on such a list (CONFIG_UNUSED_KSYMS_WHITELIST), has all
# that the module needs; of a kernel that exports less, make says in one line what is missing; and without Module.symvers
# it says so in one line, if that kernel's symbols have versions.
# Failure: the names, or what make said.
# Runs on the build machine, on the module that tools/check has built; skipped without.
. tools/lib.sh
[[ -e build/clean-tree/armvcpu.o ]] || exit 4
. selftests/build_checks/on_build_machine.inc
echo "TAP version 13"
echo "1..5"

# missing [KDIR]: of the built module
missing() { (cd build/clean-tree && sh tools/missing_symbols.sh "${CROSS}nm" "$@"); }

missing >"$work/needed"
LC_ALL=C sort -c packaging/files/symbols 2>"$work/log" && LC_ALL=C comm -13 packaging/files/symbols "$work/needed" >"$work/log" &&
	[[ ! -s $work/log && $(wc -l <"$work/needed") -gt 200 ]]
result $? "packaging/files/symbols has what the module for $KTAG needs" "$work/log"

# A tree like a kernel's, whose exported symbols are those of the real one, less two.
kdir=$work/kdir
mkdir -p "$kdir/include/config"
echo 'CONFIG_TRIM_UNUSED_KSYMS=y' >"$kdir/include/config/auto.conf"
sed 's/^/0x00000000\t/; s/$/\tvmlinux\tEXPORT_SYMBOL_GPL\t/' "$work/needed" >"$kdir/Module.symvers"
missing "$kdir" >"$work/log"
[[ ! -s $work/log ]]
result $? "nothing to say of a kernel that exports it all" "$work/log"
sed -i '/\tmisc_register\t/d; /\tanon_inode_getfd\t/d' "$kdir/Module.symvers"
missing "$kdir" >"$work/log"
[[ $(wc -l <"$work/log") -eq 1 && $(<"$work/log") == *"does not export anon_inode_getfd misc_register (CONFIG_TRIM_UNUSED_KSYMS"* ]]
result $? "what a trimmed one lacks is named in one line" "$work/log"

grep -q '^CONFIG_MODVERSIONS=y' "$KDIR/include/config/auto.conf" || : >"$work/needed"
modprobe --dump-modversions build/clean-tree/armvcpu.ko | cut -f2 | LC_ALL=C sort | LC_ALL=C comm -13 - "$work/needed" >"$work/log"
[[ ! -s $work/log ]]
result $? "where the kernel's symbols have versions the module names that of each" "$work/log"

rm "$kdir/Module.symvers"
echo 'CONFIG_MODVERSIONS=y' >"$kdir/include/config/auto.conf"
# shellcheck disable=SC2016 # make's
echo '$(error a build was tried)' >"$kdir/Makefile"
! make --no-print-directory KDIR="$kdir" modules >"$work/log" 2>&1 && [[ $(wc -l <"$work/log") -eq 1 ]] &&
	grep -q 'has no Module.symvers' "$work/log"
result $? "without Module.symvers, where symbols have versions: one line" "$work/log"
