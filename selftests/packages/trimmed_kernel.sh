#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# Claim: on a kernel whose symbols have versions (CONFIG_MODVERSIONS) and that exports what is in packaging/files/symbols and no
# more (CONFIG_TRIM_UNUSED_KSYMS) the module builds, loads and runs a guest; where the list was without some of them make says
# which, in one line.
# Failure: what make said, or the host's console.
# Runs on the build machine and in the emulated host, with the kernel "trimmed" of tools/setup; skipped without it.
. tools/lib.sh
unset KDIR
use_kernel trimmed
[[ -e $STOCK_KDIR/Makefile ]] || exit 4
. selftests/build_checks/on_build_machine.inc
echo "TAP version 13"
echo "1..5"
cut -f2 "$STOCK_KDIR/Module.symvers" | LC_ALL=C sort >"$work/exported"
LC_ALL=C comm -23 "$work/exported" packaging/files/symbols >"$work/log"
# module_layout and the like are the loader's own.
[[ $(wc -l <"$work/exported") -gt 100 && $(wc -l <"$work/log") -le 3 ]]
result $? "the kernel exports $(wc -l <"$work/exported") symbols, those of the list" "$work/log"

copy_of_the_tree "$work/tree"
make -C "$work/tree" KDIR="$STOCK_KDIR" modules >"$work/log" 2>&1 && ! grep -E '(warning|error):|WARNING:' "$work/log"
result $? "the module builds against it, and nobody has anything to say" "$work/log"
(cd "$work/tree" && sh tools/missing_symbols.sh "${CROSS}nm") >"$work/needed"
modprobe --dump-modversions "$work/tree/armvcpu.ko" | cut -f2 | LC_ALL=C sort | LC_ALL=C comm -13 - "$work/needed" >"$work/log"
[[ ! -s $work/log && -s $work/needed ]]
result $? "it names the version of each symbol that it needs" "$work/log"

[[ -e build/tools/armvcpu-run ]] || make -s tools >&2
tools/mkinitrd "$work/guest-initrd"
tools/hostrun --quiet --kernel trimmed --timeout 500 --log "$work/console" --file "$work/tree/armvcpu.ko" \
	--file build/tools/armvcpu-run --file "$CACHE/kernels/6.1/Image" --file "$work/guest-initrd" -- '
	insmod armvcpu.ko && ./armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 256M \
		--append "console=ttyAMA0 quiet panic=-1" </dev/null && rmmod armvcpu' &&
	grep -q 'sum of squares up to 20000 is 2666866670000' "$work/console" && [[ -z $(complaints "$work/console") ]]
result $? "it loads, runs a guest and goes" "$work/console"

# All that who builds a module sees of a shorter list.
cp -a "$(realpath "$STOCK_KDIR")" "$work/kernel"
sed -i '/\tmisc_register\t/d; /\tanon_inode_getfd\t/d' "$work/kernel/Module.symvers"
! make -C "$work/tree" KDIR="$work/kernel" modules >"$work/log" 2>&1 &&
	grep -q 'does not export anon_inode_getfd misc_register (CONFIG_TRIM_UNUSED_KSYMS is on; packaging/files/symbols' "$work/log"
result $? "what a shorter list lacks is named in one line" "$work/log"
