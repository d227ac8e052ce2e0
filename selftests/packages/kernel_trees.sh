#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 1200
# Claim: the module builds against a kernel's tree as people get it: copied to another place, on a read-only file system,
# without Module.symvers where symbols have no versions, and with sparse looking on (C=2), which has nothing to say; what
# was built so loads and runs a guest.
# Failure: what make said, or the host's console.
# Runs on the build machine, as root, and in the emulated host, with the first of TREE_KERNELS (newest 6.1-64k 5.10-vendor
# debug) that is in the cache; skipped without one. The rest of what can be wrong with a kernel's tree is told by
# selftests/build_checks/{build_paths,symbols}.sh.
. tools/lib.sh
unset KDIR
for tag in ${TREE_KERNELS:-newest 6.1-64k 5.10-vendor debug} ''; do
	[[ ! -e $CACHE/kernels/$tag/kdir/Makefile ]] || break
done
[[ -n $tag && $EUID -eq 0 && -n $(type -P unshare) ]] || exit 4
use_kernel "$tag"
. selftests/build_checks/on_build_machine.inc
echo "TAP version 13"
echo "1..4"
copy_of_the_tree "$work/tree"
mkdir "$work/elsewhere" "$work/kernel"
cp -a "$(realpath "$STOCK_KDIR")/." "$work/kernel"
rm -f "$work/kernel"/{Module.symvers,vmlinux,vmlinux.symvers}

# Its own place is out of reach meanwhile.
# shellcheck disable=SC2016 # the inner shell's
unshare --mount bash -c 'mount -t tmpfs tmpfs "$1" && mount --bind "$2/kernel" "$2/elsewhere" &&
	mount -o remount,ro,bind "$2/elsewhere" && ! touch "$2/elsewhere/Makefile" 2>/dev/null &&
	make -C "$2/tree" KDIR="$2/elsewhere" C=2 modules' - "$CACHE/kernels" "$work" >"$work/log" 2>&1 &&
	[[ -e $work/tree/armvcpu.ko ]]
result $? "$tag: builds against a copy of its tree that can't be written and has no Module.symvers" "$work/log"
if [[ -z $(type -P sparse) ]]; then
	result 0 "sparse # SKIP it is not here"
else
	grep -E '(warning|error):|WARNING:' "$work/log" |
		grep -vE 'modpost: .*undefined!|Symbol version dump|Module.symvers is missing|suppressed' |
		grep -vE '^\./(include|arch)/' >"$work/warnings"		# the kernel's own headers
	[[ ! -s $work/warnings ]] && grep -q '^ *CHECK .*/run\.c$' "$work/log"
	result $? "neither compiler nor sparse has anything to say" "$work/warnings"
fi
[[ $(modinfo -F version "$work/tree/armvcpu.ko" 2>&1) == "$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)" ]]
result $? "it is the module"

[[ -e build/tools/armvcpu-run ]] || make -s tools >&2
tools/mkinitrd "$work/guest-initrd"
tools/hostrun --quiet --kernel "$tag" --timeout 500 --log "$work/console" --file "$work/tree/armvcpu.ko" \
	--file build/tools/armvcpu-run --file "$CACHE/kernels/6.1/Image" --file "$work/guest-initrd" -- '
	insmod armvcpu.ko && ./armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 256M \
		--append "console=ttyAMA0 quiet panic=-1" </dev/null && rmmod armvcpu' &&
	[[ -z $(complaints "$work/console") ]]
result $? "it loads, runs a guest and goes" "$work/console"
