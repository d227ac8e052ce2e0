#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: armvcpu-check gives the right answer, with the right exit status, on machines that can't be had here: each is a
# folder with what it would read. The words are those of include/refusals.def, whose rows it can all read.
# A failure prints the name of the case and what the program said.
# Runs on the build machine, at the top of the tree.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

ok() { n=$((n + 1)); echo "ok $n $1"; }
not_ok() {
	n=$((n + 1))
	sed 's/^/# /' "$work/out"
	echo "not ok $n $1"
}

# machine NAME: a board that is ready: nVHE, GICv3, device tree; the cases take something away
machine() {
	m=$work/$1
	dt=$m/sys/firmware/devicetree/base
	mkdir -p "$m/proc" "$m/lib/modules/6.1.0/build" "$dt/intc@1000" "$dt/timer" "$dt/psci"
	ln -s ../sys/firmware/devicetree/base "$m/proc/device-tree"
	: >"$m/lib/modules/6.1.0/build/Makefile"
	: >"$m/proc/modules"
	echo "aarch64 6.1.0" >"$m/uname"
	echo "[    0.1] CPU: All CPU(s) started at EL2" >"$m/log"
	echo "console=ttyS0 root=/dev/mmcblk0p1" >"$m/proc/cmdline"
	echo "130 cpu_dma_latency" >"$m/proc/misc"
	echo " 11:  1000  1000  GICv3  30 Level     arch_timer" >"$m/proc/interrupts"
	printf 'arm,gic-v3\0' >"$dt/intc@1000/compatible"
	printf '\0\0\0\3' >"$dt/intc@1000/#interrupt-cells"
	printf '\0\0\0\1' >"$dt/intc@1000/phandle"
	printf '\0\0\0\1' >"$dt/interrupt-parent"
	printf '\0\0\0\1\0\0\0\11\0\0\0\4' >"$dt/intc@1000/interrupts"
	printf 'arm,armv8-timer\0' >"$dt/timer/compatible"
	printf '%048d' 0 >"$dt/timer/interrupts"
	printf 'smc\0' >"$dt/psci/method"
	printf '\0\0\0\2' >"$dt/#address-cells"
	printf '\0\0\0\2' >"$dt/#size-cells"
}

# says STATUS WORDS CLAIM: of the machine made last
says() {
	ARMVCPU_CHECK_ROOT=$m sh tools/armvcpu-check >"$work/out" 2>&1
	rc=$?
	if [ $rc -eq "$1" ] && grep -qF -- "$2" "$work/out" && ! grep -q ': : ' "$work/out"; then
		ok "$3"
	else
		not_ok "$3: status $rc"
	fi
}

# le32 NUMBER...: as bytes
le32() {
	for v; do
		# shellcheck disable=SC2059 # octal escapes
		printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $((v & 255)) $((v >> 8 & 255)) $((v >> 16 & 255)) $((v >> 24 & 255)))"
	done
}

# acpi VERSION MAINTENANCE GICH GICV VTIMER: MADT with one distributor and two CPUs, the first one switched off
acpi() {
	rm -rf "$m/proc/device-tree" "$m/sys/firmware/devicetree"
	tables=$m/sys/firmware/acpi/tables
	mkdir -p "$tables"
	{
		le32 0 0 0 0 0 0 0 0 0 0 0		# header, 44 bytes
		le32 $((12 | 24 << 8)) 0 0 0 0 "$1"	# GICD
		le32 $((11 | 80 << 8)) 0 0 0 0 0 0 0 0 0 0 0 0 0 99 0 0 0 0 0
		le32 $((11 | 80 << 8)) 0 0 1 0 0 0 0 0 0 "$4" 0 "$3" 0 "$2" 0 0 0 0 0
	} >"$tables/APIC"
	{
		le32 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
		le32 "$5" 0 0 0 0 0 0 0
	} >"$tables/GTDT"
}

echo "TAP version 13"
echo "1..35"

machine ready
says 0 "armvcpu-check: armvcpu can run here:" "a board that is ready"

machine x86
echo "x86_64 6.1.0" >"$m/uname"
says 17 "this is no arm64 kernel" "another architecture"

machine old
echo "aarch64 4.9.140-l4t+" >"$m/uname"
says 17 "older than 5.10" "an old kernel"

machine new
echo "aarch64 7.2.0-rc1" >"$m/uname"
says 0 "note: the kernel's headers are not installed" "a new kernel without headers"

machine monolithic
rm "$m/proc/modules"
says 17 "takes no modules" "a kernel without modules"

machine loaded
echo "armvcpu 200704 0 - Live 0x0000000000000000 (O)" >"$m/proc/modules"
says 0 "armvcpu runs here already" "loaded"

machine kvm
echo "232 kvm" >"$m/proc/misc"
says 10 "KVM owns EL2: boot with kvm-arm.mode=none" "KVM"

machine el1
echo "CPU: All CPU(s) started at EL1" >"$m/log"
says 11 "not booted at EL2" "started at EL1"

machine mixed
echo "CPU: CPUs started in inconsistent modes" >"$m/log"
says 11 "not booted at EL2" "CPUs that differ"

machine xen
echo "CPU: All CPU(s) started at EL1" >"$m/log"
mkdir "$dt/hypervisor"
says 12 "another hypervisor sits underneath" "a guest of Xen"

machine cloud
echo "CPU: All CPU(s) started at EL1" >"$m/log"
mkdir -p "$m/sys/class/dmi/id"
echo "Amazon EC2" >"$m/sys/class/dmi/id/sys_vendor"
says 12 "another hypervisor sits underneath" "a cloud's guest"

machine guest_without_log
: >"$m/log"
printf 'hvc\0' >"$dt/psci/method"
says 11 "not booted at EL2" "no log, firmware by HVC"

machine nvhe_without_log
: >"$m/log"
says 0 "armvcpu can run here" "no log, the physical timer ticks"

machine vhe_without_log
: >"$m/log"
echo " 11:  1000  1000  GICv3  26 Level     arch_timer" >"$m/proc/interrupts"
says 0 "the kernel itself at EL2 (VHE): yes" "no log, EL2's timer ticks"

machine nothing_known
: >"$m/log"
: >"$m/proc/interrupts"
says 3 "the kernel's messages of the boot can't be read" "no log, no tick"

machine no_gic
rm -r "$dt/intc@1000"
says 14 "the interrupt controller is not described" "no GIC in the device tree"

machine switched_off
printf 'disabled\0' >"$dt/intc@1000/status"
says 14 "the interrupt controller is not described" "a GIC that is switched off"

machine bcm2837
printf 'brcm,bcm2836-l1-intc\0' >"$dt/intc@1000/compatible"
says 13 "the machine has no GIC: it can't be helped" "an interrupt controller of another kind"

machine memory_timer
mkdir "$dt/timer@1"
printf 'arm,armv7-timer-mem\0' >"$dt/timer@1/compatible"
says 0 "armvcpu can run here" "a timer with registers besides"

machine its
mkdir "$dt/its@1"
printf 'arm,gic-v3-its\0' >"$dt/its@1/compatible"
rm "$dt/intc@1000/compatible"
says 13 "the machine has no GIC" "an ITS is no GIC"

machine extended
printf '\0\0\0\1%012d' 0 >"$work/one"
cat "$work/one" "$work/one" "$work/one" >"$dt/timer/interrupts-extended"
rm "$dt/timer/interrupts"
says 0 "virtual timer's interrupt described: yes" "interrupts-extended"
cat "$work/one" "$work/one" >"$dt/timer/interrupts-extended"
says 14 "the virtual timer's interrupt is not described" "interrupts-extended, too short"

machine four_cells
printf '\0\0\0\4' >"$dt/intc@1000/#interrupt-cells"
printf '%032d' 0 >"$dt/timer/interrupts"
says 14 "the virtual timer's interrupt is not described" "interrupts of four cells, two of them"

machine no_maint
rm "$dt/intc@1000/interrupts"
says 0 "note: no maintenance interrupt is described" "no maintenance interrupt"

machine no_vtimer
printf '%024d' 0 >"$dt/timer/interrupts"
says 14 "the virtual timer's interrupt is not described" "too few interrupts of the timer"

machine no_named_vtimer
printf 'sec-phys\0phys\0hyp-phys\0' >"$dt/timer/interrupt-names"
says 14 "the virtual timer's interrupt is not described" "a timer whose names lack virt"

machine v2
printf 'arm,gic-400\0' >"$dt/intc@1000/compatible"
printf '%064d' 0 >"$dt/intc@1000/reg"
says 0 "interrupt controller: GICv2" "a GICv2"

machine v2_without_gich
printf 'arm,gic-400\0' >"$dt/intc@1000/compatible"
printf '%032d' 0 >"$dt/intc@1000/reg"
says 14 "the GICv2's GICH and GICV are not described" "a GICv2 without GICH"

machine signed
mkdir -p "$m/sys/kernel/security"
echo "none [integrity] confidentiality" >"$m/sys/kernel/security/lockdown"
says 16 "signed modules only" "lockdown"
mkdir -p "$m/lib/modules/6.1.0/updates/dkms"
echo "no signature" >"$m/lib/modules/6.1.0/updates/dkms/armvcpu.ko"
says 16 "signed modules only" "lockdown, the module that is installed has no signature"
echo "~Module signature appended~" >>"$m/lib/modules/6.1.0/updates/dkms/armvcpu.ko"
says 0 "note: the kernel takes signed modules only, and a signed armvcpu.ko is installed" "lockdown, a signed module"
xz "$m/lib/modules/6.1.0/updates/dkms/armvcpu.ko"
says 0 "note: the kernel takes signed modules only, and a signed armvcpu.ko is installed" "lockdown, a signed one, packed"

machine acpi_v3
acpi 3 25 0 0 27
says 0 "maintenance interrupt described: yes (25)" "ACPI, GICv3"

machine acpi_v2
acpi 2 0 4096 0 27
says 14 "the GICv2's GICH and GICV are not described" "ACPI, GICv2 without GICV"

sh tools/armvcpu-check --list >"$work/out"
if [ "$(grep -c '^ *[0-9]*  [^:]*: ..' "$work/out")" -eq "$(grep -cE '^(REFUSAL|NOTE|CHECK)\(' include/refusals.def)" ] &&
   [ "$(grep -cE '^(REFUSAL|NOTE|CHECK)\(' include/refusals.def)" -gt 10 ]; then
	ok "every row of the words can be read"
else
	not_ok "every row of the words can be read"
fi
