/* SPDX-License-Identifier: GPL-2.0 */
/* KVM_SET_GUEST_DEBUG and KVM_EXIT_DEBUG, for the host half. */
#ifndef SELFTESTS_DEBUG_H
#define SELFTESTS_DEBUG_H

#include "vm.h"

/* Of KVM_EXIT_DEBUG */
#define EC_BREAKPOINT_LOW	0x30
#define EC_STEP_LOW		0x32
#define EC_WATCHPOINT_LOW	0x34
#define EC_BKPT32		0x38
#define EC_BRK64		0x3c

#define DEBUG_STEP	(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP)
#define DEBUG_BRK	(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP)
#define DEBUG_HW	(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW)

/* Enabled, at EL1 and EL0, all of the word; loads, stores or both, of the bytes in the mask. */
#define BCR		(1UL | 3 << 1 | 0xf << 5)
#define WCR(lsc, bytes)	(1UL | 3 << 1 | (lsc) << 3 | (u64)(bytes) << 5)
#define WCR_LOAD	1
#define WCR_STORE	2

static inline int debug_try_set(struct vcpu *vcpu, u32 control, const struct kvm_guest_debug_arch *arch)
{
	struct kvm_guest_debug debug = { .control = control };

	if (arch)
		debug.arch = *arch;
	return kioctlp(vcpu->fd, KVM_SET_GUEST_DEBUG, &debug);
}

static inline void debug_set(struct vcpu *vcpu, u32 control, const struct kvm_guest_debug_arch *arch)
{
	int ret = debug_try_set(vcpu, control, arch);

	if (ret)
		die("KVM_SET_GUEST_DEBUG %x: %s", control, strerror(-ret));
}

/* Was the last exit a debug exception? Its class, else -1. */
static inline int debug_class(const struct vcpu *vcpu)
{
	return vcpu->run->exit_reason == KVM_EXIT_DEBUG ? (int)ESR_EC(vcpu->run->debug.arch.hsr) : -1;
}

/* Run to a debug exception of that class; the PC then. Any other exit ends the test. */
static inline u64 debug_run(struct vcpu *vcpu, int class)
{
	struct ucall uc;
	int ret = vcpu_run(vcpu, &uc);

	if (ret != UCALL_NONE || debug_class(vcpu) != class) {
		vcpu_dump(vcpu);
		die("vCPU %u: run gave %d, exit %u, class %x; want class %x", vcpu->id, ret, vcpu->run->exit_reason,
		    debug_class(vcpu), class);
	}
	return reg_get(vcpu, PC_REG);
}

#endif
