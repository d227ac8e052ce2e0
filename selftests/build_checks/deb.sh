#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Claim: make deb gives packages that lintian finds nothing to say about; armvcpu-dkms has all files that the module is built
# from, and armvcpu-tools what docs/packages.md says, for arm64 and without need of a library.
# Failure: lintian's line, or the file that is missing.
# Runs on the build machine, which need not be arm64. Skipped without debhelper and lintian (tools/setup --deb). That what is
# in them works is seen by selftests/packages/ ("make check-all").
. tools/lib.sh
for program in dh dh_dkms lintian; do [[ -n $(type -P $program) ]] || exit 4; done
. selftests/build_checks/on_build_machine.inc
unset KDIR
echo "TAP version 13"
echo "1..7"
out=$work/deb
make_packages "$out"

status=0
lintian --allow-root --fail-on error,warning,info --display-info "$out"/*.changes >"$work/log" 2>&1 || status=$?
result $status "lintian is content" "$work/log"

# What Kbuild names, and what that includes: a file that is missing there is missed by who installs it.
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
dpkg-deb -x "$out"/armvcpu-dkms_*.deb "$work/dkms"
(git ls-files 2>/dev/null || our_files .) | sed 's:^\./::' |
	grep -E '^((answer|dev|el2|guest|host|include|mm|uapi|vcpu|vgic)/)?[^/]*\.([chS]|def|lds|lds\.S)$|^Kbuild$|^Makefile$|^dkms\.conf$' |
	while read -r file; do
		cmp "$file" "$work/dkms/usr/src/armvcpu-$version/$file" 2>&1
	done >"$work/log"
[[ ! -s $work/log ]] && (($(find "$work/dkms/usr/src" -type f | wc -l) > 150))
result $? "armvcpu-dkms has the module's source" "$work/log"

dpkg-deb -x "$out"/armvcpu-tools_*.deb "$work/tools"
for file in usr/bin/armvcpu-run usr/bin/armvcpu-stat usr/bin/armvcpu-check usr/share/armvcpu/refusals.def \
	usr/share/man/man1/armvcpu-run.1.gz usr/share/man/man4/armvcpu.4.gz usr/share/man/man8/armvcpu-check.8.gz \
	usr/share/man/man8/armvcpu-stat.8.gz etc/modprobe.d/armvcpu.conf lib/udev/rules.d/90-armvcpu-tools.rules \
	lib/systemd/system/armvcpu.service usr/share/bash-completion/completions/armvcpu-run; do
	[[ -e $work/tools/$file || -e $work/tools/usr/$file ]] || echo "no $file"
done >"$work/log"
for file in run stat; do
	"${CROSS}readelf" -hd "$work/tools/usr/bin/armvcpu-$file" >"$work/elf"
	grep -q 'Machine:.*AArch64' "$work/elf" && ! grep -q NEEDED "$work/elf" || echo "armvcpu-$file: not a static one for arm64"
done >>"$work/log"
[[ ! -s $work/log ]]
result $? "armvcpu-tools has what docs/packages.md says" "$work/log"

# A tree that was built in, as dpkg-buildpackage meets it.
built=$work/built
copy_of_the_tree "$built"
(cd "$built" && mkdir -p build/peers build/tools && touch armvcpu.mod.c armvcpu.o el2/el2.elf el2/el2.bin el2/el2.lds \
	el2/el2_functions.h el2/el2_symbols.h host/gic.o build/peers/results build/tools/armvcpu-run)
make -C "$built" -f debian/rules override_dh_auto_install-indep >"$work/log" 2>&1
diff -r "$work/dkms/usr/src/armvcpu-$version" "$built/debian/armvcpu-dkms/usr/src/armvcpu-$version" |
	grep -v ': dkms.conf$' >"$work/log"
[[ ! -s $work/log ]]
result $? "of a tree that was built in the same is packed" "$work/log"
make -C "$built" -f debian/rules override_dh_auto_clean >"$work/log" 2>&1
[[ -e $built/build/peers/results && ! -e $built/build/tools ]]
result $? "and cleaning leaves what others have in build/" "$work/log"

# For tools that are copied to another root file system.
said=$("$work/tools/usr/bin/armvcpu-check" --list | wc -l)
result $((said < 10)) "the packaged armvcpu-check finds its words"
