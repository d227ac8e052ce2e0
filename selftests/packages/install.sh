#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 7200
# Claim: on a Debian that systemd has booted the packages install with apt; DKMS has the module for the running kernel then;
# the unit loads it, now and by itself at the next boot; the device belongs to group kvm, of which somebody without other
# rights runs a Linux guest; a second kernel that is installed with its headers has the module too, and the unit loads that when
# it boots; and purge leaves no file of theirs and no module.
# Failure: the host's console, with what differs.
# Runs in the emulated host, in each Debian of DEB_SUITES (bookworm trixie) that is in the cache: tools/setup --debian SUITE
# makes it. The module is built by DKMS on the build machine (dkms.sh) and given to DKMS there as its own kind of archive,
# since a compiler in the emulated host takes most of an hour; the second kernel's likewise. Only in bookworm is there one.
# Each boot has an emulator of its own: one that boots again writes its kernel and initrd to memory that held code, which
# crawls (C70).
# Skipped without such a Debian, where dkms.sh is, and with kernels that are not Debian's own.
. tools/lib.sh
suites=()
for suite in ${DEB_SUITES:-bookworm trixie}; do
	[[ ! -e $CACHE/debian/$suite.img ]] || suites+=("$suite")
done
((${#suites[@]})) && [[ -n $(type -P dkms) && -n $(type -P dh_dkms) && -d $CACHE/kernels/$KTAG/root ]] || exit 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
made=build/packages
# What was built before the tree's last change is another package.
if changed_since "$made/$KTAG.dkms.tar.gz"; then
	rm -f "$made"/*.dkms.tar.gz
	DKMS_KERNELS="$KTAG 6.12" bash selftests/packages/dkms.sh >"$work/log" 2>&1
fi
[[ -e $made/$KTAG.dkms.tar.gz ]] || { cat "$work/log"; exit 1; }
mkdir "$work/in"
cp "$made"/armvcpu-dkms_*.deb "$made"/armvcpu-tools_*.deb "$CACHE/kernels/6.1/Image" selftests/packages/debian.inc "$work/in"
# The package's own script looks for an archive of this name.
cp "$made/$KTAG.dkms.tar.gz" "$work/in/armvcpu-$version.dkms.tar.gz"
[[ ! -e $made/6.12.dkms.tar.gz ]] || cp "$made/6.12.dkms.tar.gz" "$work/in/upgrade.dkms.tar.gz"
tools/mkinitrd "$work/in/guest-initrd"

# What the emulated host's initramfs does in each of the boots; hostrun --pivot leaves the rest to Debian.
mkdir "$work/boot"
cat >"$work/boot/prepare.sh" <<'PREPARE'
. ./mount.sh
[ -e /debian/test ] || cp -r /root/in /debian/test
echo "$HOSTRUN_MARK" >/debian/test/mark
cp debian.service /debian/etc/systemd/system/
ln -sf ../debian.service /debian/etc/systemd/system/multi-user.target.wants/
# systemd-sysv has it, which is not in the image.
[ -e /debian/usr/sbin/init ] || ln -s ../lib/systemd/systemd /debian/usr/sbin/init
# Nobody logs in on the console.
ln -sf /dev/null /debian/etc/systemd/system/serial-getty@.service
umount /debian/dev/pts /debian/dev /debian/proc /debian/sys /debian/run
PREPARE
cat >"$work/boot/debian.service" <<'UNIT'
[Service]
ExecStart=/bin/bash /test/debian.inc
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
UNIT

# boot SUITE KERNEL SECONDS: on the disk that the last boot has left.
boot() {
	local suite=$1 status=0
	(use_kernel "$2" && disk_modules "$work/disk")
	cp "$work"/boot/* "$work/disk/"
	tools/hostrun --quiet --kernel "$2" --timeout "$3" --mem 2G --log "$work/log" --disk "$work/$suite.img" \
		--pivot /debian --append "systemd.show_status=0" --dir "$work/disk:/root/disk" --dir "$work/in:/root/in" -- \
		"cd disk && . ./prepare.sh" || status=1
	sed "s/^\(ok\|not ok\) 0 /\1 - $suite: /" "$work/log"
	! complaints "$work/log" | grep . || status=1
	return $status
}

status=0
for suite in "${suites[@]}"; do
	cp --sparse=always "$CACHE/debian/$suite.img" "$work/$suite.img"
	next=$KTAG
	boot "$suite" "$KTAG" 3000 || status=1
	! grep -q '^ok 0 kernel .* is installed' "$work/log" || next=6.12
	boot "$suite" "$next" 1500 || status=1
	rm "$work/$suite.img"
done
echo "1..$((14 * ${#suites[@]}))"
exit $status
