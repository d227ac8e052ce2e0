# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2030,SC2031 # what a subshell does to APT shall end with it
#
# setup_debian.sh - a Debian for arm64 on a disk image, for tests of our packages; sourced by tools/setup, never run.
#
# Where: bash, on the build machine. Uses setup's apt (APT, own_apt_update, use_suite).
# What is kept in $CACHE/debian: SUITE.img, an ext4 file system with an installed Debian without a kernel: what is
# essential, apt, udev, systemd, and all that our packages depend on, so that installing them needs no network. Its packages
# are configured where they belong, in the emulated host: neither this machine's kernel nor its dpkg has to know of arm64.
# /upgrade in it has a second kernel's packages, with headers and all that they need, not installed.

# Change this number when get_debian() makes something else.
DEBIAN_RECIPE=1

# suite | the second kernel of tools/setup, whose module can be built on this machine
DEBIAN_UPGRADES='
bookworm | 6.12
'
UPGRADE_RECIPE=1

# In the image. dkms needs a compiler, and the headers of a kernel only to use it.
DEBIAN_PACKAGES=('?essential' apt kmod udev systemd dbus dkms gcc libc6-dev make libfdt1 openssl)

# debian_second_stage: what the emulated host does. dpkg once more unpacks what was only laid there, so that its scripts
# run and its lists are true; the order of the first few is that in which their scripts need each other.
debian_second_stage() {
	cat <<'STAGE'
cd /root/disk && . ./mount.sh
cat >/debian/second-stage <<'EOF'
set -e
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true
chown -R 0:0 /usr /var /etc
mkdir -p /var/lib/dpkg/info /var/lib/dpkg/updates
: >/var/lib/dpkg/status
dpkg="dpkg --force-depends --force-unsafe-io --no-triggers"
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
for name in base-passwd base-files dpkg libc6 perl-base mawk debconf; do
	$dpkg --install /debs/"${name}"_*.deb
done
$dpkg --unpack /debs/*.deb
dpkg --force-unsafe-io --force-depends --force-configure-any --configure --pending
rm /usr/sbin/policy-rc.d
[ -z "$(dpkg --audit)" ]
rm -rf /debs /second-stage
: >/etc/apt/sources.list
echo host >/etc/hostname
EOF
# A name without a path would be busybox's own program.
chroot /debian /bin/bash /second-stage
status=$?
umount /debian/dev/pts /debian/dev /debian/proc /debian/sys /debian/run
umount /debian && [ $status = 0 ]
STAGE
}

# unpack_deb DEB ROOT: lay its files there, and put an archive in its place that is not compressed: the emulated host, which
# unpacks it once more, takes minutes to uncompress what takes seconds here.
unpack_deb() {
	local deb=$1 root=$2 parts part
	parts=$(mktemp -d)
	(cd "$parts" && ar x "$deb")
	for part in "$parts"/*.tar.*; do
		case $part in
		*.xz) xz -dc "$part" ;;
		*.zst) zstd -qdc "$part" ;;
		*.gz) gzip -dc "$part" ;;
		esac >"${part%.*}"
	done
	tar --extract --directory "$root" --keep-directory-symlink --no-same-owner --file "$parts/data.tar"
	rm "$deb"
	(cd "$parts" && ar rcS "$deb" debian-binary control.tar data.tar)
	rm -rf "$parts"
}

get_debian() {
	local suite=$1 dir=$CACHE/debian stamp=$CACHE/debian/.$1.stamp root package size
	[[ ! -e $stamp || $(<"$stamp") != "$DEBIAN_RECIPE" ]] || return 0
	# In a shell of its own: use_suite changes apt's options.
	(
		use_kernel 6.1
		[[ $suite == "$(. /etc/os-release && echo "$VERSION_CODENAME")" ]] || use_suite "$suite"
		# Nothing of this machine's own architecture may count as installed, nor be taken.
		APT+=(-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::Cache::archives="$dir/$suite.root/debs")
		own_apt_update
		root=$dir/$suite.root
		rm -rf "$root" "$dir/$suite.img"* "$dir/$suite.disk"
		mkdir -p "$root"/{debs/partial,dev,proc,sys,run,root,tmp,usr/{bin,sbin,lib}}
		ln -s usr/bin usr/sbin usr/lib "$root/"
		say "downloading Debian $suite for arm64"
		apt-get "${APT[@]}" -qq --no-install-recommends --download-only -y install "${DEBIAN_PACKAGES[@]}" >/dev/null ||
			die "download failed: ${DEBIAN_PACKAGES[*]}"
		say "unpacking it"
		rm -rf "$root"/debs/{partial,lock}
		for package in "$root"/debs/*.deb; do
			unpack_deb "$package" "$root"
		done
		size=$(du -sm "$root" | cut -f1)
		mke2fs -q -F -t ext4 -O ^metadata_csum,^orphan_file -E root_owner=0:0 -L "$suite" -d "$root" "$dir/$suite.img.new" \
			$((size * 3 / 2 + 600))M >/dev/null
		rm -rf "$root"
		disk_modules "$dir/$suite.disk"
		say "configuring it in the emulated host (minutes; log: $dir/$suite.log)"
		"$TOP/tools/hostrun" --kernel 6.1 --quiet --timeout 1800 --idle 600 --mem 2G --log "$dir/$suite.log" \
			--dir "$dir/$suite.disk:/root/disk" --disk "$dir/$suite.img.new" -- "$(debian_second_stage)" ||
			die "Debian $suite did not configure: $dir/$suite.log"
		rm -rf "$dir/$suite.disk"
		mv "$dir/$suite.img.new" "$dir/$suite.img"
	)
	echo "$DEBIAN_RECIPE" >"$stamp"
}

# get_upgrade SUITE: what apt would get for a second kernel there goes into the image, without compression.
get_upgrade() {
	local suite=$1 image=$CACHE/debian/$1.img stamp=$CACHE/debian/.$1.upgrade.stamp release kernel work package
	kernel=$(row "$DEBIAN_UPGRADES" "$suite" | cut -d'|' -f2)
	[[ -n $kernel ]] || return 0
	# A new image has none.
	[[ ! $stamp -nt $CACHE/debian/.$suite.stamp || $(<"$stamp") != "$UPGRADE_RECIPE" ]] || return 0
	(
		release=$(cd "$CACHE/kernels/$kernel/root/lib/modules" && echo *)
		work=$CACHE/debian/$suite.upgrade
		rm -rf "$work"
		mkdir -p "$work/debs/partial" "$work/root"
		[[ $suite == "$(. /etc/os-release && echo "$VERSION_CODENAME")" ]] || use_suite "$suite"
		own_apt_update
		# As if this were the image.
		debugfs -R 'cat /var/lib/dpkg/status' "$image" >"$work/status" 2>/dev/null
		APT+=(-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::Cache::archives="$work/debs"
			-o Dir::State::status="$work/status")
		say "downloading kernel $release for Debian $suite"
		apt-get "${APT[@]}" -qq --no-install-recommends --download-only -y install "linux-image-$release" \
			"linux-headers-$release" >/dev/null || die "download failed: kernel $release"
		for package in "$work"/debs/*.deb; do
			unpack_deb "$package" "$work/root"
			echo "write $package /upgrade/${package##*/}"
		done >"$work/commands"
		{ echo "mkdir /upgrade"; cat "$work/commands"; } | debugfs -w -f - "$image" >"$work.log" 2>&1
		debugfs -R "ls -p /upgrade" "$image" 2>/dev/null | grep -q "linux-image-$release" || die "no room in $image: $work.log"
		rm -rf "$work"
	)
	echo "$UPGRADE_RECIPE" >"$stamp"
}
