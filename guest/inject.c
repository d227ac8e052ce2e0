// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions that the guest takes at its EL1 because we say so.
 *
 * Runs at: host kernel, vcpu->mutex held, the guest not running. Owns: nothing.
 *
 * The pseudocode is AArch64.TakeException (DDI 0487, J1.1). The guest's EL1 is AArch64 always; EL0 may be AArch32.
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <asm/sysreg.h>

#include "guest.h"
#include "serror_rules.h"

/* Offsets of the vector table (DDI 0487, D1.3.1) */
#define VECTOR_SAME_SP0		0x000
#define VECTOR_SAME_SPX		0x200
#define VECTOR_LOWER_64		0x400
#define VECTOR_LOWER_32		0x600

static u64 vector_for(u64 pstate)
{
	switch (pstate & PSR_MODE_FIELD) {
	case PSR_MODE_EL1T:
		return VECTOR_SAME_SP0;
	case PSR_MODE_EL1H:
		return VECTOR_SAME_SPX;
	case PSR_MODE_EL0T:
		return VECTOR_LOWER_64;
	default:
		return VECTOR_LOWER_32;
	}
}

/*
 * PSTATE at the entry of the handler: EL1h, exceptions masked; NZCV, UAO and DIT are kept, IL, SS and BTYPE
 * cleared, PAN set unless SCTLR_EL1.SPAN, SSBS from SCTLR_EL1.DSSBS.
 */
static u64 pstate_for(struct av_vcpu *vcpu, u64 old)
{
	u64 sctlr = vcpu->ctx->sys[AV_SCTLR_EL1];
	u64 new = PSR_MODE_EL1H | PSR_DAIF;

	new |= old & (PSR_N | PSR_Z | PSR_C | PSR_V | PSR_DIT | PSR_PAN);
	/* SPAN is RES1 without PAN, so this needs no look at the ID registers. */
	if (!(sctlr & SCTLR_SPAN))
		new |= PSR_PAN;
	if (sctlr & SCTLR_DSSBS)
		new |= PSR_SSBS;
	return new;
}

static void take_exception(struct av_vcpu *vcpu, u64 esr)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;
	u64 old = ctx->pstate;

	vcpu->stats.injected++;
	av_vcpu_put_state(vcpu);
	ctx->sys[AV_ELR_EL1] = ctx->pc;
	ctx->sys[AV_SPSR_EL1] = old;
	ctx->sys[AV_ESR_EL1] = esr;
	ctx->pc = ctx->sys[AV_VBAR_EL1] + vector_for(old);
	ctx->pstate = pstate_for(vcpu, old);
}

static bool from_el1(struct av_vcpu *vcpu)
{
	u64 mode = vcpu->ctx->pstate & PSR_MODE_FIELD;

	return mode == PSR_MODE_EL1T || mode == PSR_MODE_EL1H;
}

/* Length of the trapped instruction as its syndrome says: goes into ESR.IL of what we inject. */
static u64 same_il(struct av_vcpu *vcpu)
{
	return vcpu->ctx->trap.esr & ESR_IL;
}

/**
 * av_inject_undef() - the instruction at PC is undefined
 * @vcpu: the vCPU; its trap snapshot tells the instruction's length
 */
void av_inject_undef(struct av_vcpu *vcpu)
{
	take_exception(vcpu, ((u64)EC_UNKNOWN << ESR_EC_SHIFT) | same_il(vcpu));
}

/**
 * av_inject_same() - a trapped access of EL0 traps to EL1, which has not allowed it
 * @vcpu: the vCPU, at EL0; its trap snapshot is the syndrome: the same at both levels (DDI 0487, ESR_EL1)
 */
void av_inject_same(struct av_vcpu *vcpu)
{
	take_exception(vcpu, vcpu->ctx->trap.esr);
}

static void inject_abort(struct av_vcpu *vcpu, u64 class, u64 far, u32 fsc)
{
	u64 esr = ESR_IL | fsc;

	/* The class behind "from a lower level" is "from the same level". */
	if (from_el1(vcpu))
		class++;
	av_vcpu_put_state(vcpu);
	vcpu->ctx->sys[AV_FAR_EL1] = far;
	take_exception(vcpu, (class << ESR_EC_SHIFT) | esr);
}

/**
 * av_inject_dabt() - a data abort at PC
 * @vcpu: the vCPU
 * @far: faulting virtual address
 * @fsc: fault status code: FSC_EXTABT, FSC_ADDRSZ | level
 */
void av_inject_dabt(struct av_vcpu *vcpu, u64 far, u32 fsc)
{
	inject_abort(vcpu, EC_DABT_LOWER, far, fsc);
}

/**
 * av_inject_iabt() - an instruction abort at PC
 * @vcpu: the vCPU
 * @far: faulting virtual address
 * @fsc: fault status code
 */
void av_inject_iabt(struct av_vcpu *vcpu, u64 far, u32 fsc)
{
	inject_abort(vcpu, EC_IABT_LOWER, far, fsc);
}

/**
 * av_inject_serror() - a virtual SError, which the guest takes when it has PSTATE.A clear
 * @vcpu: the vCPU
 * @iss: syndrome, used by the CPU where it has RAS; not yet: docs/caveats.md
 */
void av_inject_serror(struct av_vcpu *vcpu, u64 iss)
{
	vcpu->stats.injected++;
	vcpu->ctx->hcr |= HCR_VSE;
}

/**
 * av_take_serror() - an SError came while the guest ran, or the guest left one: ctx->serror
 * @vcpu: the vCPU
 * @code: what EL2 answered besides
 *
 * Context: interrupts off, on the CPU that it came on. Return: @code, or AV_EXIT_BROKEN for one that nobody can say the
 * extent of.
 */
enum av_exit av_take_serror(struct av_vcpu *vcpu, enum av_exit code)
{
	u64 esr = vcpu->ctx->serror;

	vcpu->ctx->serror = 0;
	vcpu->stats.serror++;
	switch (av_serror_kind(esr, AV_GET(read_sysreg(id_aa64pfr0_el1), 31, 28))) {
	case AV_SERROR_OVER:
		return code;
	case AV_SERROR_GUEST:
		av_inject_serror(vcpu, 0);
		return code;
	default:
		/* The kernel would give up itself. It is told, and the machine is marked; what ran here ends. */
		pr_err_ratelimited("CPU %u: an SError that is not contained came with a guest: its VM ends, memory may be damaged (syndrome %llx)\n",
				   smp_processor_id(), esr);
		add_taint(TAINT_MACHINE_CHECK, LOCKDEP_STILL_OK);
		return AV_EXIT_BROKEN;
	}
}

/**
 * av_vcpu_get_events() - KVM_GET_VCPU_EVENTS
 * @vcpu: the vCPU
 * @events: answer
 *
 * Context: vcpu->mutex held. Return: 0.
 */
int av_vcpu_get_events(struct av_vcpu *vcpu, struct kvm_vcpu_events *events)
{
	memset(events, 0, sizeof(*events));
	events->exception.serror_pending = !!(vcpu->ctx->hcr & HCR_VSE);
	return 0;
}

/**
 * av_vcpu_set_events() - KVM_SET_VCPU_EVENTS
 * @vcpu: the vCPU
 * @events: reserved fields must be 0
 *
 * Context: vcpu->mutex held. Return: 0, -EINVAL for what is not offered (a syndrome needs
 * KVM_CAP_ARM_INJECT_SERROR_ESR).
 */
int av_vcpu_set_events(struct av_vcpu *vcpu, const struct kvm_vcpu_events *events)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events->reserved); i++) {
		if (events->reserved[i])
			return -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(events->exception.pad); i++) {
		if (events->exception.pad[i])
			return -EINVAL;
	}
	if (events->exception.serror_pending && events->exception.serror_has_esr)
		return -EINVAL;
	if (events->exception.serror_pending)
		av_inject_serror(vcpu, 0);
	if (events->exception.ext_dabt_pending) {
		/* The answer to an exit, perhaps: the access ends in the abort, not in data. */
		vcpu->mmio.needed = false;
		vcpu->access.pending = false;
		vcpu->user_exit = 0;
		av_inject_dabt(vcpu, vcpu->ctx->trap.far, FSC_EXTABT);
	}
	return 0;
}
