#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 900
# Claim: Debian's perf (perf kvm stat record, report, live; perf stat), trace-cmd and bpftrace, and the kernel's kvm_stat, count
# a guest's entries and exits as the module's statistics do, those that EL2 finished among them; kvm_stat finds KVM's files
# in debugfs where /dev/kvm is ours.
# Failure: the numbers. Runs in the emulated host, on Debian's kernel, which has KVM and its events built in and idle.
# Skipped without the programs: tools/setup --peers tracers gets them.
. tools/lib.sh
[[ -d $CACHE/peers/tracers && -d $CACHE/kernels/$KTAG/root && -n $(type -P mke2fs) ]] || exit 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
disk_modules "$work/disk"
mkdir -p "$work/root/root" "$work/root/mnt"
cp -a "$CACHE/peers/tracers/." "$work/root/"
mkdir -p "$work/root"/{proc,sys,dev,tmp,run,etc}
[[ -e build/tools/armvcpu-run ]] || make -s tools >&2
cp "${ARMVCPU_KO:-build/check/armvcpu.ko}" "$work/root/root/armvcpu.ko"
cp build/tools/armvcpu-run "$work/root/root/"
cp "$CACHE/kernels/6.1/Image" "$work/root/root/"
cp selftests/packages/tracers.inc selftests/host/tap.inc "$work/root/root/"
tools/mkinitrd "$work/root/root/guest-initrd"
size=$(du -sm "$work/root" | cut -f1)
mke2fs -q -F -t ext4 -O ^metadata_csum,^orphan_file -E root_owner=0:0 -d "$work/root" "$work/img" $((size * 5 / 4 + 200))M
rm -rf "$work/root"
# bpftrace asks a shell where clang's headers are, and without /bin/sh gets no answer, which it does not survive.
tools/hostrun --quiet --kernel "$KTAG" --cpu "${HOST_CPU:-cortex-a57}" --timeout 800 --mem 2G --log "$work/log" \
	--disk "$work/img" --dir "$work/disk:/root/disk" --file "$BUSYBOX:/root/busybox" -- "
	cd disk && . ./mount.sh && cp ../busybox /debian/root/ && mount -t debugfs debugfs /debian/sys/kernel/debug &&
	mount -t tracefs tracefs /debian/sys/kernel/tracing &&
	mkdir /debian/bin2 && chroot /debian /root/busybox --install -s /bin2 &&
	ln -s /bin2/sh /debian/bin/sh &&
	chroot /debian /bin2/sh -c 'export PATH=/usr/bin:/usr/sbin:/bin2; cd /root; exec sh tracers.inc'
	status=\$?; dmesg | tail -n 20 | sed 's/^/# /'; exit \$status"
status=$?
cat "$work/log"
! complaints "$work/log" | grep . || status=1
exit $status
