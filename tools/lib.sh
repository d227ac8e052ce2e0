# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lib.sh - what the scripts in tools/ share; sourced, never run.
#
# Where: bash, on the build machine (Debian 12, x86-64 or arm64).
# Gives: the places of everything that tools/setup put into the cache, for the
# kernel named by ARMVCPU_KERNEL, or by KERNEL as make has it (default 6.1), and a few small functions.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${ARMVCPU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/armvcpu}
KTAG=${ARMVCPU_KERNEL:-${KERNEL:-6.1}}

# Set every path that depends on the kernel's tag.
use_kernel() {
	KTAG=$1
	IMAGE=$CACHE/kernels/$KTAG/Image
	STOCK_KDIR=$CACHE/kernels/$KTAG/kdir
	KDIR=${KDIR:-$STOCK_KDIR}
}

LINUX_SRC=$CACHE/linux-source-6.1
BUSYBOX=$CACHE/busybox
# UEFI for the emulated host, which describes it by ACPI; Debian's qemu-efi-aarch64.
FIRMWARE=/usr/share/qemu-efi-aarch64/QEMU_EFI.fd
SYSROOT=$CACHE/sysroot
if [[ $(uname -m) == aarch64 ]]; then CROSS=; else CROSS=aarch64-linux-gnu-; fi
use_kernel "$KTAG"
export TOP CACHE KTAG IMAGE STOCK_KDIR KDIR LINUX_SRC BUSYBOX SYSROOT CROSS FIRMWARE

say() { printf '%s: %s\n' "${0##*/}" "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# missing_packages PACKAGE...: those of Debian's that this machine does not have, one a line. With Multi-Arch a package may
# be there for several architectures; it is this machine's that counts.
missing_packages() {
	local p native
	native=$(dpkg --print-architecture)
	for p; do
		dpkg-query -W -f '${Architecture} ${db:Status-Status}\n' "$p" 2>/dev/null |
			grep -qE "^($native|all) installed\$" || echo "$p"
	done
}

# suffix_of_clang KDIR: "-14" if that kernel was built by clang 14, nothing if by gcc. Where the programs have no such
# names they are the machine's own clang, and make wants "1" instead of the suffix: llvm_of.
suffix_of_clang() {
	sed -n 's/^CONFIG_CLANG_VERSION=\([1-9][0-9]*\)[0-9]\{4\}$/-\1/p' "$1/include/config/auto.conf" 2>/dev/null
}

# llvm_of KDIR: what LLVM= is for modules of that kernel; empty for gcc.
llvm_of() {
	local suffix
	suffix=$(suffix_of_clang "$1")
	if [[ -n $suffix ]] && ! command -v "clang$suffix" >/dev/null; then suffix=1; fi
	echo "$suffix"
}

# make_modules KDIR DIR [ARGUMENT]...: build the module in DIR, with the compiler that the kernel was built with.
make_modules() {
	local kdir=$1 dir=$2 llvm
	shift 2
	llvm=$(llvm_of "$kdir")
	make -C "$kdir" M="$dir" ARCH=arm64 CROSS_COMPILE="$CROSS" ${llvm:+"LLVM=$llvm"} -j"$(nproc)" "$@" modules
}

# as_root COMMAND...: with sudo when we aren't root, after saying so.
as_root() {
	if [[ $EUID -eq 0 ]]; then "$@"; return; fi
	command -v sudo >/dev/null || die "need root (or sudo) for: $*"
	say "needs root, using sudo: $*"
	sudo "$@"
}

# our_files [PATTERN]...: files of the tree, tracked or about to be, from TOP.
our_files() {
	git -C "$TOP" ls-files --cached --others --exclude-standard -- "$@" | sort -u |
		while read -r file; do
			[[ ! -f $TOP/$file ]] || echo "$file"
		done
}

# changed_since FILE [PATTERN]...: is there no FILE, or is one of our files younger?
changed_since() {
	local made=$1 file
	shift
	[[ -e $made ]] || return 0
	while read -r file; do
		[[ ! $TOP/$file -nt $made ]] || return 0
	done < <(our_files "$@")
	return 1
}

# stage_rootfs DIR: a busybox root file system without /init.
stage_rootfs() {
	mkdir -p "$1"/{bin,sbin,usr/bin,usr/sbin,proc,sys,dev,tmp,etc,root}
	cp "$BUSYBOX" "$1/bin/busybox"
	# PID 1 starts with these; "busybox --install" makes all others at boot.
	ln -sf busybox "$1/bin/sh"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
}

# stage_peers SUITE[:PROGRAM,...] DIR: what tools/setup --peers unpacked, or these programs and what they load.
stage_peers() {
	local suite=${1%%:*} from programs todo=() done=' ' file name
	local -A place=()
	from=$CACHE/peers/$suite
	[[ -d $from ]] || die "run tools/setup --peers $suite first"
	if [[ $1 != *:* ]]; then
		# /bin and /sbin are hostrun's own.
		(cd "$from" && find . -mindepth 1 -maxdepth 1 ! -name bin ! -name sbin -exec cp -a {} "$2/" ';')
		return
	fi
	IFS=, read -ra programs <<<"${1#*:}"
	mkdir -p "$2/usr/bin" "$2/usr/lib/aarch64-linux-gnu"
	ln -s usr/lib "$2/lib"
	cp -a "$from"/usr/lib/ld-linux-aarch64.so.1 "$2/usr/lib/"
	# Looked for once: there are a hundred libraries to QEMU.
	while read -r file; do
		place[${file##*/}]=${place[${file##*/}]-$file}
	done < <(cd "$from" && find usr/lib -name '*.so*')
	todo=("${programs[@]/#/usr/bin/}" usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1)
	while ((${#todo[@]})); do
		file=${todo[0]} todo=("${todo[@]:1}")
		[[ $done != *" $file "* ]] || continue
		done+="$file "
		[[ -r $from/$file ]] || die "--peers: $suite has no $file"
		mkdir -p "$2/${file%/*}"
		cp -L --preserve=mode "$from/$file" "$2/$file"
		for name in $("${CROSS}readelf" -d "$from/$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
			[[ -z ${place[$name]-} ]] || todo+=("${place[$name]}")
		done
	done
	[[ " ${programs[*]} " != *' qemu-'* ]] || mkdir -p "$2/usr/share/qemu"
	# gdb does not come up without its Python.
	[[ " ${programs[*]} " != *' gdb '* ]] || (cd "$from" && cp -a --parents usr/lib/python3.* usr/share/gdb "$2/")
}

# kernel_module TAG NAME FILE: a module of that kernel, as insmod takes it. False if it has none, or it is built in.
kernel_module() {
	local file
	file=$(find "$CACHE/kernels/$1/root/lib/modules" -name "$2.ko" -o -name "$2.ko.xz" 2>/dev/null | grep -m 1 .) ||
		return
	case $file in
	*.xz) xz -dc <"$file" >"$3" ;;
	*) cp "$file" "$3" ;;
	esac
}

# host_modules DIR MODULE...: arguments for tools/hostrun, with which they are in /root/modules, likewise.
host_modules() {
	local file
	while read -r file; do
		echo "--file"
		echo "${file%%:*}:/root/${file#*:}"
	done < <(guest_modules "$KTAG" "$@")
}

# guest_modules TAG DIR MODULE...: arguments for tools/mkinitrd, with which these modules are in /modules under names in
# this order; DIR keeps them.
guest_modules() {
	local tag=$1 dir=$2 name n=10
	shift 2
	mkdir -p "$dir"
	for name; do
		kernel_module "$tag" "$name" "$dir/$n-$name.ko" || continue
		echo "$dir/$n-$name.ko:modules/$n-$name.ko"
		n=$((n + 1))
	done
}

# What virtio devices need in a guest, in order of loading.
# shellcheck disable=SC2034 # for tools/demo and tools/check
{
VIRTIO_MODULES=(virtio_mmio virtio_blk failover net_failover virtio_net virtio-rng)
VIRTIO_PCI_MODULES=(virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci "${VIRTIO_MODULES[@]:1}")
VSOCK=(vsock vmw_vsock_virtio_transport_common)
VSOCK_GUEST_MODULES=("${VSOCK[@]}" vmw_vsock_virtio_transport)
# What armvcpu-run's devices need in the emulated host, likewise.
VIRTIO_HOST_MODULES=(tun "${VSOCK[@]}" vhost_iotlb vhost vhost_vsock)
}

# pack_initramfs DIR FILE: newc archive owned by root, whoever runs this.
pack_initramfs() {
	(cd "$1" && find . -print0 | LC_ALL=C sort -z |
		cpio --null --create --format=newc --owner=+0:+0 --quiet) >"$2"
}

# What the emulated host loads to see a disk, in this order.
DISK_MODULES=(drivers/virtio/virtio_mmio drivers/block/virtio_blk lib/crc16 fs/mbcache crypto/crc32c_generic fs/jbd2/jbd2
	fs/ext4/ext4)

# disk_modules DIR: put them there, of the kernel KTAG, one of Debian's; with mount.sh, which loads them and mounts the disk
# at /debian.
disk_modules() {
	local dir=$1 from module
	from=$(echo "$CACHE"/kernels/"$KTAG"/root/lib/modules/*/kernel)
	rm -rf "$dir"
	mkdir -p "$dir"
	for module in "${DISK_MODULES[@]}"; do
		# Some kernels' modules are packed.
		if [[ -e $from/$module.ko ]]; then cat "$from/$module.ko"; else xz -dc "$from/$module.ko.xz"; fi \
			>"$dir/${module##*/}.ko" || return
		echo "insmod ${module##*/}.ko || exit"
	done >"$dir/mount.sh"
	cat >>"$dir/mount.sh" <<-'MOUNT'
	mkdir -p /debian
	mount -t ext4 /dev/vda /debian || exit
	mount -t proc proc /debian/proc
	mount -t sysfs sysfs /debian/sys
	mount -t devtmpfs devtmpfs /debian/dev
	mount -t devpts devpts /debian/dev/pts
	mount -t tmpfs tmpfs /debian/run
	MOUNT
}

# At a boot's end, when the module is gone: what kmemleak finds that nobody refers to, if the kernel has it. Objects of
# the last seconds don't count.
# shellcheck disable=SC2016,SC2034 # expanded in the host; for tools/check and tools/check-all
KMEMLEAK_SCAN='leaks=/sys/kernel/debug/kmemleak; [ ! -w $leaks ] || {
	sleep 6; echo scan >$leaks; echo scan >$leaks; cat $leaks; }'

# What a healthy kernel does not say, as a regular expression (of busybox's grep too).
COMPLAINTS='WARNING:|BUG:|Oops|Internal error|Call trace|Unable to handle'\
'|possible (circular|recursive)|inconsistent lock|lockdep:|INFO: task|rcu.*stall|suspicious RCU'\
'|Kernel panic|KASAN|UBSAN|soft lockup|unreferenced object'

# What looks like it and means nothing, as a script of sed's (of busybox's too) that blanks it: what any kernel of 6.1 says
# of an A64FX's cache lines when it boots; and when failslab lets the fork() of a program that asked for it fail for want
# of a struct of some bytes, which no machine is ever out of.
HARMLESS='/ARCH_DMA_MINALIGN smaller than CTR_EL0.CWG/,/end trace/s/.*//'\
';/vmalloc error: .*vm_struct allocation failed/,/Mem-Info/s/.*//'

# complaints LOG...: the lines of consoles that a healthy kernel does not print.
complaints() {
	local log
	for log; do
		sed "$HARMLESS" "$log" |
			grep -aHnE --label="$log" "$COMPLAINTS" || true
	done
}

# clean_module FILE: the module, built by the documented command from a copy of our files and nothing else.
clean_module() {
	local copy=$TOP/build/clean-tree
	rm -rf "$copy"
	mkdir -p "$copy"
	(cd "$TOP" && our_files . | xargs cp --parents -t "$copy")
	make_modules "$KDIR" "$copy"
	cp "$copy/armvcpu.ko" "$1"
}
