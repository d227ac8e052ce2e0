#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 1800
# Claim: the source that armvcpu-dkms brings is built by DKMS itself, with the module's version, for kernels built by gcc and
# by clang: those of DKMS_KERNELS (6.1, 6.12 and 6.1-clang; each tag of tools/setup --list) that are in the cache.
# Failure: the log of the build.
# Runs on the build machine, which need not be arm64, with trees of DKMS's own. Skipped without debhelper and dkms
# (tools/setup --deb). Leaves packages and DKMS's archives of what it built in build/packages, for install.sh.
. tools/lib.sh
for program in dh dh_dkms dkms; do [[ -n $(type -P $program) ]] || exit 4; done
. selftests/build_checks/on_build_machine.inc
unset KDIR
kernels=()
for tag in ${DKMS_KERNELS:-6.1 6.12 6.1-clang}; do
	[[ ! -e $CACHE/kernels/$tag/kdir/Makefile ]] || kernels+=("$tag")
done
echo "TAP version 13"
echo "1..$((1 + ${#kernels[@]}))"
out=$TOP/build/packages
make_packages "$out"

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
dpkg-deb -x "$out"/armvcpu-dkms_*.deb "$work/dkms"
# DKMS strips what it built with this machine's own program.
mkdir "$work/bin"
ln -s "$(type -P "${CROSS}strip")" "$work/bin/strip"
export PATH=$work/bin:$PATH

# by_dkms COMMAND OPTION...
by_dkms() {
	dkms "$@" -m armvcpu -v "$version" --sourcetree "$work/dkms/usr/src" --dkmstree "$work/tree"
}

mkdir "$work/tree"
by_dkms add >"$work/log" 2>&1 || sed 's/^/# /' "$work/log"
for tag in ${kernels[@]+"${kernels[@]}"}; do
	kdir=$CACHE/kernels/$tag/kdir
	release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$kdir/include/generated/utsrelease.h")
	status=0
	by_dkms build -k "$release" -a aarch64 --kernelsourcedir "$(realpath "$kdir")" >"$work/log" 2>&1 || status=$?
	cat "$work/tree/armvcpu/$version/build/make.log" >>"$work/log" 2>/dev/null
	module=$(find "$work/tree/armvcpu/$version/$release/aarch64/module/" -name 'armvcpu.ko*' 2>/dev/null)
	((status)) || [[ $(modinfo -F version "$module") == "$version" && $(modinfo -F vermagic "$module") == "$release "* ]] ||
		status=1
	by_dkms mktarball -k "$release" -a aarch64 --archive "$tag.dkms.tar.gz" >>"$work/log" 2>&1 &&
		mv "$work/tree/armvcpu/$version/tarball/$tag.dkms.tar.gz" "$out/"
	result $status "DKMS builds it for $tag ($release)" "$work/log"
done
