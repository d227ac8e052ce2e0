#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 1800
# Claim: Debian's perf (perf kvm stat record, report, live; perf stat), trace-cmd and bpftrace, and the kernel's kvm_stat, count
# a guest's entries and exits as the module's statistics do, those that EL2 finished among them; kvm_stat finds KVM's files
# in debugfs where /dev/kvm is ours; trace-cmd and bpftrace read the vGIC's events alike.
# Failure: the numbers. Runs in the emulated host, on each kernel of TRACERS_KERNELS that is in the cache (6.1 and 6.1-rt):
# Debian's, which has KVM and its events built in and idle, and its PREEMPT_RT one, which has no KVM, so that the events are
# the module's own.
# Skipped without the programs: tools/setup --peers tracers gets them.
. tools/lib.sh
unset KDIR
kernels=()
for tag in ${TRACERS_KERNELS:-$KTAG 6.1-rt}; do
	[[ ! -d $CACHE/kernels/$tag/root || " ${kernels[*]} " == *" $tag "* ]] || kernels+=("$tag")
done
((${#kernels[@]})) && [[ -d $CACHE/peers/tracers && -n $(type -P mke2fs) ]] || exit 4
. selftests/build_checks/on_build_machine.inc
mkdir -p "$work/root/root" "$work/root/mnt"
cp -a "$CACHE/peers/tracers/." "$work/root/"
mkdir -p "$work/root"/{proc,sys,dev,tmp,run,etc}
[[ -e build/tools/armvcpu-run ]] || make -s tools >&2
cp build/tools/armvcpu-run "$work/root/root/"
cp "$CACHE/kernels/6.1/Image" "$work/root/root/"
cp selftests/packages/tracers.inc selftests/host/tap.inc "$work/root/root/"
tools/mkinitrd "$work/root/root/guest-initrd"
size=$(du -sm "$work/root" | cut -f1)
mke2fs -q -F -t ext4 -O ^metadata_csum,^orphan_file -E root_owner=0:0 -d "$work/root" "$work/img" $((size * 5 / 4 + 200))M
rm -rf "$work/root"

# module_for KERNEL: the one that was built for the default kernel, else one of our files alone
module_for() {
	local given=${ARMVCPU_KO:-build/check/armvcpu.ko}
	if [[ $1 == "$KTAG" && -e $given ]]; then
		cp "$given" "$work/armvcpu.ko"
	else
		copy_of_the_tree "$work/tree" &&
			make_modules "$CACHE/kernels/$1/kdir" "$work/tree" >"$work/make.log" 2>&1 &&
			mv "$work/tree/armvcpu.ko" "$work/armvcpu.ko"
	fi
}

# watch KERNEL: bpftrace asks a shell where clang's headers are, and without /bin/sh gets no answer, which it does not survive.
watch() {
	(use_kernel "$1" && disk_modules "$work/disk")
	tools/hostrun --quiet --kernel "$1" --cpu "${HOST_CPU:-cortex-a57}" --timeout 800 --mem 2G --log "$work/log" \
		--disk "$work/img,snapshot" --dir "$work/disk:/root/disk" --file "$BUSYBOX:/root/busybox" \
		--file "$work/armvcpu.ko" -- "
		cd disk && . ./mount.sh && cp ../busybox ../armvcpu.ko /debian/root/ &&
		mount -t debugfs debugfs /debian/sys/kernel/debug && mount -t tracefs tracefs /debian/sys/kernel/tracing &&
		mkdir /debian/bin2 && chroot /debian /root/busybox --install -s /bin2 &&
		ln -s /bin2/sh /debian/bin/sh &&
		chroot /debian /bin2/sh -c 'export PATH=/usr/bin:/usr/sbin:/bin2; cd /root; exec sh tracers.inc'
		status=\$?; dmesg | tail -n 20 | sed 's/^/# /'; exit \$status"
}

status=0
echo "TAP version 13"
echo "1..$((22 * ${#kernels[@]}))"
for kernel in "${kernels[@]}"; do
	if ! module_for "$kernel"; then
		echo "not ok - $kernel: the module does not build"
		tail -n 20 "$work/make.log" | sed 's/^/# /'
		status=1
		continue
	fi
	watch "$kernel" || status=1
	sed -E "s/^(ok|not ok) [0-9]+ /\1 - $kernel: /" "$work/log"
	! complaints "$work/log" | grep . || status=1
done
exit $status
