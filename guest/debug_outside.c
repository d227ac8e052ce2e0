// SPDX-License-Identifier: GPL-2.0
/*
 * A guest debugged by user space: KVM_SET_GUEST_DEBUG, and the exceptions that become KVM_EXIT_DEBUG. What the CPU is
 * given is composed in debug.c.
 *
 * Runs at: host kernel, vcpu->mutex held, the guest not running. Owns: vcpu->debug; PSTATE.SS while user space steps.
 *
 * PSTATE.SS is the state of a step (DDI 0487, D2, the software step state machine): set, the next instruction is still
 * to be executed; clear, it was, and the exception comes before the one behind it. While user space steps, the bit in
 * ctx->pstate is user space's, and the guest's waits in vcpu->debug. So whoever finishes an instruction for the guest
 * finishes the step, by doing what hardware does: av_skip_instruction(), el2_skip() and take_exception() clear the bit.
 * Whatever comes in between (interrupts, faults, signals, exits to user space) leaves it alone.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "guest.h"

#define CONTROLS	(KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_USE_SW_BP | KVM_GUESTDBG_USE_HW)

static void put_ss(struct av_vcpu *vcpu, bool ss)
{
	vcpu->ctx->pstate &= ~PSR_SS;
	if (ss)
		vcpu->ctx->pstate |= PSR_SS;
}

/* A step that has begun goes on if it is asked for again. */
static void set_stepping(struct av_vcpu *vcpu, bool on)
{
	bool was_on = av_debug_steps(vcpu);

	if (on && !was_on) {
		vcpu->debug.guest_ss = vcpu->ctx->pstate & PSR_SS;
		put_ss(vcpu, true);
	} else if (!on && was_on) {
		put_ss(vcpu, vcpu->debug.guest_ss);
	}
}

static void take_registers(struct av_debug_ctx *to, const struct kvm_guest_debug_arch *from)
{
	BUILD_BUG_ON(sizeof(*to) != sizeof(*from) || sizeof(to->bvr) != sizeof(from->dbg_bvr));
	memcpy(to->bvr, from->dbg_bvr, sizeof(to->bvr));
	memcpy(to->bcr, from->dbg_bcr, sizeof(to->bcr));
	memcpy(to->wvr, from->dbg_wvr, sizeof(to->wvr));
	memcpy(to->wcr, from->dbg_wcr, sizeof(to->wcr));
}

/**
 * av_debug_set() - KVM_SET_GUEST_DEBUG
 * @vcpu: the vCPU, initialised or not
 * @user: what user space wants: struct kvm_guest_debug
 *
 * Without KVM_GUESTDBG_ENABLE nothing. Breakpoints and watchpoints are taken as they are, and stay if
 * KVM_GUESTDBG_USE_HW is not named; what they may do is settled when they are loaded (debug_rules.h).
 *
 * Context: vcpu->mutex held. Return: 0, -EFAULT, -ENOMEM, -EINVAL for a flag that nobody knows.
 */
int av_debug_set(struct av_vcpu *vcpu, const void __user *user)
{
	struct kvm_guest_debug *dbg = memdup_user(user, sizeof(*dbg));
	u32 control;

	if (IS_ERR(dbg))
		return PTR_ERR(dbg);
	control = dbg->control;
	if (control & ~CONTROLS) {
		kfree(dbg);
		return -EINVAL;
	}
	if (!(control & KVM_GUESTDBG_ENABLE))
		control = 0;
	set_stepping(vcpu, control & KVM_GUESTDBG_SINGLESTEP);
	vcpu->debug.control = control;
	if (control & KVM_GUESTDBG_USE_HW)
		take_registers(&vcpu->debug.regs, &dbg->arch);
	kfree(dbg);
	av_debug_update(vcpu);
	return 0;
}

/**
 * av_trap_debug() - a debug exception came to EL2: user space's
 * @vcpu: the vCPU; its PC is the instruction that was not executed
 * @trap: the snapshot, FAR valid for a watchpoint
 *
 * Also what the guest's own breakpoints or BRK caused: user space knows its own, and gives the guest the rest, as with
 * KVM. After the end of a step the next one is to be made.
 *
 * Context: vcpu->mutex held. Return: AV_TO_USER with KVM_EXIT_DEBUG; AV_INJECTED if nobody debugs, for then TDE is
 * clear and the exception EL1's.
 */
enum av_verdict av_trap_debug(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	struct armvcpu_debug_exit *debug = av_debug_exit(vcpu->run);

	if (!vcpu->debug.control) {
		av_inject_undef(vcpu);
		return AV_INJECTED;
	}
	if (ESR_EC(trap->esr) == EC_STEP_LOW && av_debug_steps(vcpu)) {
		vcpu->debug.guest_ss = false;
		put_ss(vcpu, true);
	}
	memset(debug, 0, sizeof(*debug));
	debug->hsr = lower_32_bits(trap->esr);
	debug->hsr_high = upper_32_bits(trap->esr);
	if (trap->flags & AV_TRAP_FAR)
		debug->far = trap->far;
	vcpu->run->exit_reason = KVM_EXIT_DEBUG;
	vcpu->run->flags = KVM_DEBUG_ARCH_HSR_HIGH_VALID;
	vcpu->user_ret = 0;
	return AV_TO_USER;
}

/* PSTATE was reset: a CPU that starts while user space steps does so with its first instruction. */
void av_debug_reset(struct av_vcpu *vcpu)
{
	vcpu->debug.guest_ss = false;
	if (av_debug_steps(vcpu))
		put_ss(vcpu, true);
}

/* PSTATE as user space reads it: the guest's. */
u64 av_debug_get_pstate(const struct av_vcpu *vcpu)
{
	u64 pstate = vcpu->ctx->pstate;

	if (!av_debug_steps(vcpu))
		return pstate;
	return (pstate & ~PSR_SS) | (vcpu->debug.guest_ss ? PSR_SS : 0);
}

/* ... and writes it; a step that has begun goes on. */
void av_debug_set_pstate(struct av_vcpu *vcpu, u64 pstate)
{
	bool ss = vcpu->ctx->pstate & PSR_SS;

	vcpu->ctx->pstate = pstate;
	if (!av_debug_steps(vcpu))
		return;
	vcpu->debug.guest_ss = pstate & PSR_SS;
	put_ss(vcpu, ss);
}
