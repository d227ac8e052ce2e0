#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Claim: docs/abi.md is the sources' own tables with the words of docs/abi.in: one row for each ioctl, capability, exit,
# device, feature, register class, attribute, flag, call and statistic, and each name of KVM's is there, or not and why.
# A failure prints the name and what it lacks. "not what tools/abi_doc.py writes": run that, and commit docs/abi.md.
# Runs on the build machine, at the top of the tree. Changes are planted in a copy, each of which has to be noticed.
echo "TAP version 13"
echo "1..13"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: "${LINUX_SRC:=$(bash -c '. tools/lib.sh; echo "$LINUX_SRC"')}"

. selftests/build_checks/verdict.inc

python3 tools/abi_doc.py --check >"$work/bad" 2>&1 || echo "(run tools/abi_doc.py)" >>"$work/bad"
verdict "$work/bad" "docs/abi.md is what the tables and docs/abi.in make"

for dir in "$LINUX_SRC" "${LINUX_SRC%/*}"/kernels/*/root/usr/src/*-common; do
	[ ! -e "$dir/include/uapi/linux/kvm.h" ] || [ ! -e "$dir/arch/arm64/include/uapi/asm/kvm.h" ] ||
		python3 tools/abi_doc.py --known "$dir"
done >"$work/bad" 2>&1
[ -e "$LINUX_SRC/include/uapi/linux/kvm.h" ] || echo "no headers: run tools/setup" >>"$work/bad"
verdict "$work/bad" "docs/abi.uapi has every name of the kernels' headers"

mkdir "$work/tree"
tar -c -- *.[ch] docs/abi.* include/*.def uapi/*.h ./*/*.[ch] vcpu/*.def | tar -x -C "$work/tree"

# notices CLAIM NAME FILE SED: with that change of the file abi_doc.py fails, and names it
notices() {
	cp "$work/tree/$3" "$work/kept"
	sed -i "$4" "$work/tree/$3"
	: >"$work/bad"
	if cmp -s "$work/kept" "$work/tree/$3"; then
		echo "$3 is as before: nothing was planted" >"$work/bad"
	elif python3 tools/abi_doc.py --check "$work/tree" >"$work/said" 2>&1; then
		echo "nothing was said" >"$work/bad"
	elif ! grep -qw -- "$2" "$work/said"; then
		sed 's/^/said: /' "$work/said" >"$work/bad"
	fi
	cp "$work/kept" "$work/tree/$3"
	verdict "$work/bad" "$1"
}

notices "an ioctl without words" KVM_NMI arm_vcpu.c \
	's/^\tROW(KVM_RUN,.*/&\n\tROW(KVM_NMI, AS_IS, ANY_TIME, vcpu_run),/'
notices "an ioctl that is gone" KVM_SIGNAL_MSI arm_vcpu.c '/^\tROW(KVM_SIGNAL_MSI,/d'
notices "an ioctl whose state is another" "docs/abi.md is not" arm_vcpu.c \
	'/^\tROW(KVM_GET_STATS_FD,/s/ANY_TIME/AFTER_INIT/'
notices "a capability that is said not to be there" KVM_CAP_HALT_POLL vcpu/caps.c \
	's/^\t{ KVM_CAP_IRQCHIP,.*/&\n\t{ KVM_CAP_HALT_POLL, 1 },/'
notices "an exit without words" KVM_EXIT_IO smc.c 's/KVM_EXIT_HYPERCALL/KVM_EXIT_IO/'
notices "a kind of system register without words" hidden include/sysregs.def \
	's/^SR_EMUL(CNTV_CTL_EL0,.*/&\nSR_EMUL(AMCR_EL0, 3, 3, 13, 2, 0, access_amu, HIDDEN, "planted")/'
notices "an attribute without words" KVM_ARM_VCPU_PVTIME_IPA docs/abi.in \
	's/^KVM_ARM_VCPU_PVTIME_CTRL, .*/KVM_ARM_VCPU_PVTIME_CTRL/'
notices "a statistic without words" planted vcpu/stats.def 's/^COUNTER(kicks,.*/&\nCOUNTER(planted, 0)/'
notices "a call that is gone" AV_SMCCC_VENDOR_PTP smc.c '/^\t{ AV_SMCCC_VENDOR_PTP,/d'
# shellcheck disable=SC2016 # sed's last line
notices "a new name of KVM's" KVM_CAP_ARM_PLANTED docs/abi.uapi '$acap KVM_CAP_ARM_PLANTED 999 9.9'
notices "a number that is not KVM's" KVM_CAP_STEAL_TIME uapi/armvcpu.h '/define KVM_CAP_STEAL_TIME/s/187/188/'
