# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# setup_armhf - the part of tools/setup that fetches 32-bit Arm: Debian's kernels and a busybox, for guests whose EL1 is
# AArch32. Unpacked, never installed.
#
# Where: bash, on the build machine. Uses setup's fetch, depends and stamps, with an apt state of its own.

# What is left in the cache: name | package that depends on the newest image
ARMHF_KERNELS='
zImage-lpae | linux-image-armmp-lpae
zImage | linux-image-armmp
'

get_armhf() {
	local dir=$CACHE/armhf stamp=$CACHE/.armhf.stamp name meta image
	stamp_ok "$stamp" && return
	# In a shell of its own: apt's options are other ones.
	(
		APT=(
			-o APT::Architecture=armhf -o APT::Architectures::=armhf
			-o Dir::State="$CACHE/apt/armhf/state" -o Dir::State::status="$CACHE/apt/armhf/state/status"
			-o Dir::Cache="$CACHE/apt/armhf/cache" -o APT::Sandbox::User="$(id -un)"
			-o Acquire::Languages=none -o Acquire::Retries=3
		)
		mkdir -p "$CACHE"/apt/armhf/{state/lists/partial,cache/archives/partial}
		: >"$CACHE/apt/armhf/state/status"
		apt-get "${APT[@]}" -qq update || say "some package lists failed, going on"
		rm -rf "$dir" "$dir.new"
		mkdir -p "$dir.new/root"
		fetch "$CACHE/debs-armhf" busybox-static
		dpkg-deb --extract "$CACHE"/debs-armhf/*.deb "$dir.new/root"
		cp "$(find "$dir.new/root" -type f -name busybox -perm -100 | head -n 1)" "$dir.new/busybox"
		while IFS='| ' read -r name meta; do
			[[ -n $name ]] || continue
			image=$(depends "$meta" 'linux-image-[0-9].*')
			fetch "$CACHE/debs-armhf" "$image"
			dpkg-deb --fsys-tarfile "$CACHE"/debs-armhf/*.deb |
				tar --extract --to-stdout "./boot/vmlinuz-${image#linux-image-}" >"$dir.new/$name"
		done <<<"$ARMHF_KERNELS"
		rm -rf "$dir.new/root" "$CACHE/debs-armhf"
		mv "$dir.new" "$dir"
	)
	echo "$RECIPE" >"$stamp"
}
