#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh - instructions per operation on KVM and on armvcpu, side by side ("make bench").
#
# Where: on the build machine; runs tools/setup and builds what it needs, in build/bench.
# A run of everything writes docs/benchmarks.md.
#
# Usage: tools/bench.sh [options]
#   --kernel TAG      kernel of the host (6.1)
#   --mode nVHE|VHE   of the host (nVHE)
#   --op NAME,...     only these operations; docs/benchmarks.md stays
#   --device NAME     only kvm or armvcpu
#   --harden KIND,... the ways out of a guest with these kinds of hardening too (loop,clrbhb with
#                     a run of everything)
#   --tree DIR        take the module built in DIR, don't build this tree's
#   --trace           show where the instructions go, by function and in order (always
#                     in build/bench/KERNEL-MODE-DEVICE-OPERATION.trace, there with each
#                     instruction)
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

usage() { sed -n '/^# Usage/,/^set/{/^#/s/^# \?//p}' "$0" >&2; exit 2; }

mode=nVHE op='' harden='' devices=kvm,armvcpu tree='' trace=''
while (($#)); do
	case $1 in
	--trace) trace=1; shift; continue ;;
	esac
	(($# >= 2)) || usage
	case $1 in
	--kernel) use_kernel "$2" ;;
	--mode) mode=$2 ;;
	--op) op=$2 ;;
	--device) devices=$2 ;;
	--harden) harden=$2 ;;
	--tree) tree=$2 ;;
	*) usage ;;
	esac
	shift 2
done
case $mode in
nVHE) cpu=cortex-a57 wide_append=id_aa64mmfr1.vh=0 ;;
VHE) cpu=neoverse-n1 wide_append='' ;;
*) usage ;;
esac
[[ -n $op ]] || harden=${harden:-loop,clrbhb}
unset MAKEFLAGS MFLAGS MAKELEVEL

"$TOP/tools/setup" --kernel "$KTAG"
out=$TOP/build/bench
work=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

# The module from a copy: a build of the tree itself may be going on.
build_module() {
	mkdir -p "$tree" && cd "$TOP" || return
	our_files . | grep -vE '^(docs|selftests|tools/(bench|vmm))/' >"$work/files"
	(cd "$tree" && find . -name '*.[chS]' -o -name '*.def' | sed 's,^\./,,') |
		grep -vE '\.mod\.c$|^el2/el2_(symbols|functions)\.h$' |
		grep -vxFf "$work/files" | (cd "$tree" && xargs -r rm -f)
	xargs cp -u --parents -t "$tree" <"$work/files"
	make_modules "$STOCK_KDIR" "$tree"
}

# The names of the kernel's functions, once per kernel; 100000 lines, so without -icount.
kernel_symbols() {
	[[ ! -s $out/kallsyms-$KTAG.gz || $IMAGE -nt $out/kallsyms-$KTAG.gz ]] || return 0
	"$TOP/tools/hostrun" --kvm --append 'nokaslr quiet loglevel=1' --log "$work/kallsyms" --timeout 200 -- 'dmesg -n 1
		echo @@begin; grep -i " t " /proc/kallsyms | grep -v "\[" | gzip | base64; echo @@end' &&
		sed -n '/^@@begin/,/^@@end/p' "$work/kallsyms" | tr -d '\r' | grep -v '^@@' |
		base64 -d >"$work/kallsyms.gz" &&
		gzip -t "$work/kallsyms.gz" && mv "$work/kallsyms.gz" "$out/kallsyms-$KTAG.gz"
}

quietly() {
	"$@" >"$work/log" 2>&1 || { cat "$work/log"; die "failed: $*"; }
}

options=()
if [[ $devices == *armvcpu* ]]; then
	if [[ -z $tree ]]; then
		tree=$out/tree-$KTAG
		quietly build_module
	fi
	options+=(--el2 "$tree/el2/el2.elf" --module "$tree/armvcpu.ko")
fi
quietly make -C "$TOP/tools/bench" OUT="$out/bin" CROSS_COMPILE="$CROSS"
quietly kernel_symbols
options+=(--kallsyms "$out/kallsyms-$KTAG.gz")
[[ -z $trace ]] || options+=(--show)

# --- the host's file system -----------------------------------------------------

root=$work/root
stage_rootfs "$root"
cp "$out/bin/bench" "$root/root/bench"
if [[ ,${op:-boot}, == *,boot,* ]]; then
	quietly make -C "$TOP/tools" OUT="$out/bin" CROSS_COMPILE="$CROSS" SYSROOT="$SYSROOT" LINUX_SRC="$LINUX_SRC"
	printf '#!/bin/busybox sh\n/bin/busybox poweroff -f\n' >"$work/guest-init"
	"$TOP/tools/mkinitrd" "$root/root/guest-initrd" "$work/guest-init"
	quietly make -C "$TOP/tools/bench" OUT="$out/bin" CROSS_COMPILE="$CROSS" "$out/bin/split"
	cp "$out/bin/armvcpu-run" "$out/bin/split" "$root/root/"
	cp "$IMAGE" "$root/root/Image"
fi
[[ $devices != *armvcpu* ]] || cp "$tree/armvcpu.ko" "$root/root/"
cat >"$root/init" <<'INIT'
#!/bin/sh
export PATH=/bin:/sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
cd /root
for word in $(cat /proc/cmdline); do
	case $word in
	bench.device=*) device=${word#*=} ;;
	bench.ops=*) ops=$(echo "${word#*=}" | tr , ' ') ;;
	bench.harden=*) harden=${word#*=} ;;
	esac
done
text=0
if [ "$device" = armvcpu ]; then
	insmod armvcpu.ko "harden=${harden:-none}"
	text=$(cat /sys/module/armvcpu/sections/.text)
fi
# Halt polling would add whatever it is configured to.
[ ! -e /sys/module/kvm/parameters/halt_poll_ns ] || echo 0 >/sys/module/kvm/parameters/halt_poll_ns
stty -echo
if [ "$ops" = boot ]; then
	for with in "" "" ./split; do
		echo "@@count|begin"
		read -r _
		$with ./armvcpu-run --device "/dev/$device" --kernel Image --initrd guest-initrd --cpus 1 --mem 256M \
			--append "console=ttyAMA0 panic=-1" </dev/null >log 2>&1
		echo "@@count|$?"
		read -r _
	done
	grep '^@@split' log
	grep 'Linux version' log || cat log
	echo "@@finished"
	poweroff -f
fi
echo "@@text|$text"
# shellcheck disable=SC2086
ARMVCPU_DEVICE=/dev/$device ./bench $ops
poweroff -f
INIT
chmod +x "$root/init"
pack_initramfs "$root" "$work/initrd"

python3 -B "$TOP/tools/bench/bench.py" --image "$IMAGE" --initrd "$work/initrd" --bench "$out/bin/bench" \
	--cross "$CROSS" --cpu "$cpu" --wide-append "$wide_append" --tag "$KTAG-$mode" --out "$out" --doc "$TOP/docs/benchmarks.md" \
	--devices "$devices" --ops "$op" --harden "$harden" "${options[@]}"
