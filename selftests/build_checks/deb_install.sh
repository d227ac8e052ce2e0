#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# Claim: on Debian the packages install with apt; DKMS has the module for the running kernel then; what the systemd unit does
# loads it; the device belongs to group kvm, of which somebody without other rights runs a Linux guest; and purge leaves
# no file of theirs.
# Failure: the host's console, with what differs.
# Runs in the emulated host, in each Debian of DEB_SUITES (bookworm) that is in the cache: tools/setup --debian bookworm makes
# it, which takes long and is why nobody else does. The module is built by DKMS on the build machine and given to DKMS
# there as its own kind of archive, since a compiler in the emulated host takes a quarter of an hour (deb.sh builds).
# Skipped without such a Debian, where deb.sh is, and with kernels that are not Debian's own.
. tools/lib.sh
suites=()
for suite in ${DEB_SUITES:-bookworm}; do
	[[ ! -e $CACHE/debian/$suite.img ]] || suites+=("$suite")
done
((${#suites[@]})) && [[ -n $(type -P dkms) && -n $(type -P dh_dkms) && -n $(type -P lintian) && -d $CACHE/kernels/$KTAG/root ]] ||
	exit 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
made=build/check/deb
[[ -e $made/$KTAG.dkms.tar.gz ]] || DKMS_KERNELS=$KTAG bash selftests/build_checks/deb.sh >"$work/log" 2>&1
[[ -e $made/$KTAG.dkms.tar.gz ]] || { cat "$work/log"; exit 1; }
mkdir "$work/in"
cp "$made"/armvcpu-dkms_*.deb "$made"/armvcpu-tools_*.deb "$CACHE/kernels/6.1/Image" "$work/in"
# The package's own script looks for an archive of this name.
cp "$made/$KTAG.dkms.tar.gz" "$work/in/armvcpu-$version.dkms.tar.gz"
tools/mkinitrd "$work/in/guest-initrd"
disk_modules "$work/disk"

cat >"$work/in/debian.sh" <<'DEBIAN'
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive
cd /test
n=$1
# result STATUS CLAIM [LOG]
result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n $2"; return; fi
	[ -z "$3" ] || sed 's/^/# /' "$3"
	echo "not ok $n $2"
}
# files: all, but for logs, caches, and what dpkg, apt and DKMS keep of every package that there was
files() {
	find / -xdev ! -path '/test*' ! -path '/var/log/*' ! -path '/var/cache/*' ! -path '/var/lib/dpkg/*' \
		! -path '/var/lib/apt/*' ! -path '/tmp/*' ! -path '/var/lib/dkms/mok.*' ! -path '/root/*' | sort
}
# ran UNIT KEY: the commands of that key, as systemd runs them
ran() {
	sed -n "s/^$2=-\{0,1\}//p" "$1" | sed 's/\$\$/$/g' >/tmp/unit.sh
	[ -s /tmp/unit.sh ] && sh -e /tmp/unit.sh
}

. /etc/os-release
echo "# $PRETTY_NAME, kernel $(uname -r)"
# A kernel's modules are here, its headers are not.
mkdir -p "/lib/modules/$(uname -r)"
depmod 2>/dev/null
files >/tmp/before

mkdir -p /usr/share/armvcpu-dkms
cp armvcpu-*.dkms.tar.gz /usr/share/armvcpu-dkms/
apt-get -y -q --no-install-recommends install ./armvcpu-dkms_*.deb ./armvcpu-tools_*.deb >/tmp/log 2>&1
result $? "apt installs them" /tmp/log
dkms status armvcpu >/tmp/status 2>&1
grep -q "$(uname -r).*: installed" /tmp/status && modinfo -F version armvcpu >/dev/null
result $? "DKMS has the module for this kernel" /tmp/status
# dkms also when it was skipped: what it said
grep -i 'skip\|error' /tmp/log | sed 's/^/# /'

unit=/lib/systemd/system/armvcpu.service
[ -e $unit ] || unit=/usr$unit
systemd-analyze verify $unit >/tmp/log 2>&1 && [ ! -s /tmp/log ] && [ -L /etc/systemd/system/multi-user.target.wants/armvcpu.service ]
result $? "the unit is right, and enabled for the next boot" /tmp/log
/lib/systemd/systemd-udevd --daemon >/tmp/log 2>&1
{ ran $unit ExecCondition && ran $unit ExecStart; } >/tmp/log 2>&1
result $? "it loads the module" /tmp/log
udevadm settle
[ "$(stat -c '%G %a' /dev/armvcpu)" = "kvm 660" ]
result $? "the device belongs to group kvm: $(stat -c '%U %G %a' /dev/armvcpu)"

setpriv --reuid 65534 --regid "$(getent group kvm | cut -d: -f3)" --clear-groups \
	armvcpu-run --kernel Image --initrd guest-initrd --cpus 2 --mem 256M --append "console=ttyAMA0 quiet panic=-1" \
	</dev/null >/tmp/log 2>&1 && grep -q 'sum of squares up to 20000 is 2666866670000' /tmp/log
result $? "who is in it runs a guest" /tmp/log

{ ran $unit ExecStop; } >/tmp/log 2>&1 && [ ! -e /dev/armvcpu ]
result $? "the unit stops: the module is gone" /tmp/log
udevadm control --exit
apt-get -y -q purge armvcpu-dkms armvcpu-tools >/tmp/log 2>&1
result $? "purge" /tmp/log
rm -r /usr/share/armvcpu-dkms 2>/dev/null
files >/tmp/after
diff /tmp/before /tmp/after >/tmp/log && ! dpkg -l 'armvcpu*' 2>/dev/null | grep -q '^[a-z]'
result $? "nothing is left" /tmp/log
DEBIAN

echo "TAP version 13"
echo "1..$((9 * ${#suites[@]}))"
first=0 failed=0
for suite in "${suites[@]}"; do
	tools/hostrun --quiet --kernel "$KTAG" --timeout 700 --mem 2G --log "$work/log" --disk "$CACHE/debian/$suite.img,snapshot" \
		--dir "$work/disk:/root/disk" --dir "$work/in:/root/in" -- "
		cd disk && . ./mount.sh && cp -r /root/in /debian/test && rm -r /root/in &&
		chroot /debian /bin/bash /test/debian.sh $first; dmesg | tail -n 30 | sed 's/^/# /'" || failed=1
	cat "$work/log"
	! complaints "$work/log" | grep . || failed=1
	first=$((first + 9))
done
exit $failed
