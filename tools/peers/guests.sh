# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# shellcheck disable=SC2154 # check-peers defines them
#
# guests.sh - Debian's QEMU with PCI devices, and guests that go from KVM to armvcpu and back; sourced by
# tools/check-peers, never run.
#
# Where: bash, on the build machine. Uses check-peers' host(), want() and what they use. Guests run the host's own kernel;
# what runs in the host is tools/peers/*_host.sh, and in the guest *_guest.sh.

# modules_of DIR NAME...: those modules of the host's kernel and what they need, unpacked into DIR, where "order" has their
# names in the order in which they are loaded. What the kernel has built in is left out.
modules_of() {
	local dir=$1 name file needs
	shift
	mkdir -p "$dir"
	for name; do
		[[ ! -e $dir/$name.ko ]] || continue
		file=$(find "$CACHE/kernels/$KTAG/root/lib/modules" -name "${name//[-_]/[-_]}.ko*" | head -n 1)
		[[ -n $file ]] || continue
		mapfile -t needs < <(modinfo -F depends "$file" | tr , '\n' | grep .)
		modules_of "$dir" ${needs[@]+"${needs[@]}"}
		case $file in
		*.xz) xz -dc "$file" ;;
		*) cat "$file" ;;
		esac >"$dir/$name.ko"
		echo "$name" >>"$dir/order"
	done
}

# guest_initrd OUT INIT [FILE:PATH|MODULE]...: a guest with these files, and these modules in /lib.
guest_initrd() {
	local out=$1 init=$2 file files=() modules=()
	shift 2
	for file; do
		if [[ $file == *:* ]]; then files+=("$file"); else modules+=("$file"); fi
	done
	rm -rf "$work/guest-modules"
	modules_of "$work/guest-modules" "${modules[@]}"
	for file in "$work/guest-modules"/*; do files+=("$file:/lib/${file##*/}"); done
	"$TOP/tools/mkinitrd" "$out" "$init" "${files[@]}"
}

# QEMU with a disk whose queue has a thread of its own, and a network card of vhost's: interrupts by irqfd, doorbells by
# ioeventfd. On a GICv2 MSIs are the VMM's (GICv2m), on a GICv3 the ITS's.
run_pci() {
	: >"$work/list"
	want qemu/pci 1500 "sh pci_host.sh $gic"
	[[ -s $work/list ]] || return 0
	guest_initrd "$work/guest-initrd" "$TOP/tools/peers/pci_guest.sh" virtio_pci virtio_blk virtio_net
	modules_of "$work/host-modules" tun vhost_net
	run_list --peers "$suite:qemu-system-aarch64" --file "$IMAGE:/root/Image" --file "$work/guest-initrd" \
		--dir "$work/host-modules:/root/modules" --file "$TOP/tools/peers/pci_host.sh"
}

# A guest on the newest CPU that this emulator has: vectors, keys, counters in use, and gdb at its kernel.
run_cpu() {
	local vhe='' files=() file
	: >"$work/list"
	want qemu/cpu 1500 "sh gdb_host.sh ${qemu/-m 256M/-m 768M}\\ nokaslr -smp 2 -machine virt,gic-version=$gic \
-gdb tcp::1234 -S && for l in has\\ sve has\\ paca has\\ pacg sve.*ok pauth\\ ok perf\\ stat\\ ok perf\\ record\\ ok; do \
grep -q \"guest: \$l\" \$OUT || { echo \"missing: \$l\"; exit 1; }; done"
	[[ -s $work/list ]] || return 0
	"${CROSS}gcc" -O2 -static -march=armv8.3-a+sve -o "$work/cpu_guest" "$TOP/tools/peers/cpu_guest.c"
	rm -rf "$work/perf"
	stage_peers "$suite:perf" "$work/perf"
	while read -r file; do files+=("$work/perf/$file:/$file"); done < <(cd "$work/perf" && find usr -type f)
	files+=("$work/perf/usr/lib/ld-linux-aarch64.so.1:/lib/ld-linux-aarch64.so.1")
	"$TOP/tools/mkinitrd" "$work/guest-initrd" "$TOP/tools/peers/cpu_guest.sh" "$work/cpu_guest:/cpu_guest" "${files[@]}"
	[[ $mode == VHE ]] || vhe=id_aa64mmfr1.vh=0
	cpu=max,pauth-impdef=on run_list --append "nokaslr $vhe" --peers "$suite:gdb,qemu-system-aarch64" \
		--file "$TOP/tools/peers/gdb_host.sh" --file "$IMAGE:/root/Image" --file "$work/guest-initrd"
}

# What most people have between them and QEMU.
run_libvirt() {
	: >"$work/list"
	want qemu/libvirt 1200 "sh libvirt_host.sh $gic"
	[[ -s $work/list ]] || return 0
	"$TOP/tools/setup" --peers libvirt
	cat >"$work/init" <<'INIT'
#!/bin/busybox sh
. /etc/setup
i=0
while sleep 1; do echo "guest: second $((i += 1))"; done
INIT
	"$TOP/tools/mkinitrd" "$work/guest-initrd" "$work/init"
	run_list --peers libvirt --file "$CACHE/kernels/6.1/Image:/root/Image" --file "$work/guest-initrd" \
		--file "$TOP/tools/peers/libvirt_host.sh"
}

# From one QEMU to another on the same host, while the guest works.
run_migrate() {
	: >"$work/list"
	want qemu/migrate 1500 "sh migrate_host.sh $gic"
	[[ -s $work/list ]] || return 0
	guest_initrd "$work/guest-initrd" "$TOP/tools/peers/cross_guest.sh" virtio_pci virtio_blk virtio_net
	head -c 8M /dev/urandom >"$work/disk"
	run_list --peers "$suite:qemu-system-aarch64" --file "$IMAGE:/root/Image" --file "$work/guest-initrd" \
		--file "$work/disk" --file "$TOP/tools/peers/migrate_host.sh"
}

# Back to where it was, in the same QEMU.
run_loadvm() {
	: >"$work/list"
	want qemu/loadvm 1500 "sh loadvm_host.sh $gic"
	[[ -s $work/list ]] || return 0
	guest_initrd "$work/guest-initrd" "$TOP/tools/peers/cross_guest.sh" virtio_pci virtio_blk virtio_net
	head -c 8M /dev/urandom >"$work/disk"
	qemu-img convert -O qcow2 "$work/disk" "$work/disk.qcow2"
	run_list --peers "$suite:qemu-system-aarch64" --file "$IMAGE:/root/Image" --file "$work/guest-initrd" \
		--file "$work/disk.qcow2" --file "$TOP/tools/peers/loadvm_host.sh"
}

# Debian, booted by UEFI: what people run.
run_uefi() {
	local installed=$CACHE/debian/bookworm.img firmware=/usr/share/AAVMF size
	: >"$work/list"
	want qemu/uefi 3600 "sh uefi_host.sh $gic"
	[[ -s $work/list ]] || return 0
	"$TOP/tools/setup" --debian bookworm
	size=$(stat -Lc %s "$installed")
	"${CROSS}gcc" -O2 -static -pthread -o "$work/uefi_clock" "$TOP/tools/peers/uefi_clock.c"
	cp "$TOP/tools/peers/uefi_work.sh" "$work/"
	chmod +x "$work/uefi_work.sh"
	guest_initrd "$work/guest-initrd" "$TOP/tools/peers/uefi_guest.sh" "$work/uefi_work.sh:/uefi_work.sh" \
		"$work/uefi_clock:/uefi_clock" virtio_pci virtio_blk virtio_net virtio_rng crc32c_generic ext4
	modules_of "$work/host-modules" virtio_mmio virtio_blk
	# What is written stays in the emulated host, whose disk the image is.
	qemu-img create -q -u -f qcow2 -F raw -b /dev/vda "$work/overlay" "$size"
	qemu-img convert -O qcow2 "$firmware/AAVMF_VARS.fd" "$work/vars"
	run_list --peers "$suite:qemu-system-aarch64" --file "$IMAGE:/root/Image" --file "$work/guest-initrd" \
		--disk "$installed,snapshot" --dir "$work/host-modules:/root/modules" --file "$TOP/tools/peers/uefi_host.sh" \
		--file "$work/overlay" --file "$work/vars" --file "$firmware/AAVMF_CODE.fd"
}

# cross FROM TO: the state crosses by a disk of the emulated host. Two boots, since KVM and armvcpu can't be in one.
cross() {
	local name=cross/$1-to-$2 state=$work/state t0=$SECONDS result=FAIL
	grep -qE "$only" <<<"$name" || return 0
	truncate -s 512M "$state"
	# shellcheck disable=SC2054 # options of QEMU
	local options=(--peers "$suite:qemu-system-aarch64" --file "$IMAGE:/root/Image" --file "$work/guest-initrd"
		--file "$work/disk" --dir "$work/host-modules:/root/modules" --file "$TOP/tools/peers/cross_host.sh"
		--qemu-arg -drive --qemu-arg "file=$state,format=raw,if=none,id=state"
		--qemu-arg -device --qemu-arg virtio-blk-pci,drive=state)
	# What is saved under armvcpu shall go on under KVM, which has no newer registers.
	host "$1" "$work/console" "${options[@]}" -- "${insmod/kvm_alias/older_kvm=1 kvm_alias}; sh cross_host.sh save $1 $gic"
	if grep -q '^@@ saved' "$work/console"; then
		host "$2" "$work/console" "${options[@]}" -- "$insmod; sh cross_host.sh restore $2 $gic"
		! grep -q '^@@ done' "$work/console" || result=pass
	fi
	note "$name" "$result" $((SECONDS - t0)) "$(sed -n 's/^@@ //p' "$work/console" | tail -n 1)"
	rm -f "$state"
}

run_cross() {
	# Of both devices, so once for each host.
	if [[ $device == kvm ]] || ! grep -qE "$only" <<<$'cross/kvm-to-armvcpu\ncross/armvcpu-to-kvm'; then return 0; fi
	guest_initrd "$work/guest-initrd" "$TOP/tools/peers/cross_guest.sh" virtio_pci virtio_blk virtio_net
	modules_of "$work/host-modules" virtio_pci virtio_blk
	head -c 8M /dev/urandom >"$work/disk"
	cross kvm armvcpu
	cross armvcpu kvm
}
