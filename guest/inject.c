// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions that the guest takes at its EL1 because we say so.
 *
 * Runs at: host kernel, vcpu->mutex held, the guest not running. Owns: nothing.
 *
 * The pseudocode is AArch64.TakeException (DDI 0487, J1.1), for an EL1 that is AArch64; EL0 may be AArch32. The other
 * kind is inject_a32.c's.
 */
#include <linux/kernel.h>
#include <asm/sysreg.h>

#include "guest.h"

/* Offsets of the vector table (DDI 0487, D1.3.1) */
#define VECTOR_SAME_SP0		0x000
#define VECTOR_SAME_SPX		0x200
#define VECTOR_LOWER_64		0x400
#define VECTOR_LOWER_32		0x600
/* ... and within each */
#define VECTOR_SYNC		0x000
#define VECTOR_SERROR		0x180

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
 * PSTATE at the entry of the handler: EL1h, exceptions masked; NZCV and DIT are kept, IL, SS, UAO and BTYPE
 * cleared, PAN set unless SCTLR_EL1.SPAN, SSBS from SCTLR_EL1.DSSBS; with memory tagging TCO set.
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
	if (vcpu->vm->tags)
		new |= PSR_TCO;
	return new;
}

static void take_exception(struct av_vcpu *vcpu, u64 esr, u64 kind)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;
	u64 old = ctx->pstate;

	vcpu->stats.injected++;
	av_vcpu_put_state(vcpu);
	ctx->sys[AV_ELR_EL1] = ctx->pc;
	ctx->sys[AV_SPSR_EL1] = old;
	ctx->sys[AV_ESR_EL1] = esr;
	ctx->pc = ctx->sys[AV_VBAR_EL1] + vector_for(old) + kind;
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

static void inject_a32(struct av_vcpu *vcpu, enum av_a32_exception what, u64 far, u32 fsc)
{
	av_vcpu_put_state(vcpu);
	av_inject_a32(vcpu, what, far, fsc);
}

/**
 * av_inject_undef() - the instruction at PC is undefined
 * @vcpu: the vCPU; its trap snapshot tells the instruction's length
 */
void av_inject_undef(struct av_vcpu *vcpu)
{
	if (unlikely(av_vcpu_is_a32(vcpu))) {
		inject_a32(vcpu, AV_A32_UNDEF, 0, 0);
		return;
	}
	take_exception(vcpu, ((u64)EC_UNKNOWN << ESR_EC_SHIFT) | same_il(vcpu), VECTOR_SYNC);
}

/**
 * av_inject_same() - a trapped access of EL0 traps to EL1, which has not allowed it
 * @vcpu: the vCPU, at EL0; its trap snapshot is the syndrome: the same at both levels (DDI 0487, ESR_EL1)
 */
void av_inject_same(struct av_vcpu *vcpu)
{
	/* AArch32 has no traps of the kind: what EL0 may not do is undefined (DDI 0487, G1.21). */
	if (unlikely(av_vcpu_is_a32(vcpu)))
		av_inject_undef(vcpu);
	else
		take_exception(vcpu, vcpu->ctx->trap.esr, VECTOR_SYNC);
}

static void inject_abort(struct av_vcpu *vcpu, u64 class, u64 far, u32 fsc)
{
	u64 esr = ESR_IL | fsc;

	/* The class behind "from a lower level" is "from the same level". */
	if (from_el1(vcpu))
		class++;
	av_vcpu_put_state(vcpu);
	vcpu->ctx->sys[AV_FAR_EL1] = far;
	take_exception(vcpu, (class << ESR_EC_SHIFT) | esr, VECTOR_SYNC);
}

/**
 * av_inject_dabt() - a data abort at PC
 * @vcpu: the vCPU
 * @far: faulting virtual address
 * @fsc: fault status code: FSC_EXTABT, perhaps with ESR_ABT_FNV, FSC_EXTABT_TTW(level), FSC_ADDRSZ | level
 */
void av_inject_dabt(struct av_vcpu *vcpu, u64 far, u32 fsc)
{
	if (unlikely(av_vcpu_is_a32(vcpu))) {
		inject_a32(vcpu, AV_A32_DABT, far, fsc);
		return;
	}
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
	if (unlikely(av_vcpu_is_a32(vcpu))) {
		inject_a32(vcpu, AV_A32_PABT, far, fsc);
		return;
	}
	inject_abort(vcpu, EC_IABT_LOWER, far, fsc);
}

/**
 * av_inject_serror_unmasked() - an SError, if the guest takes one at once
 * @vcpu: the vCPU
 * @iss: its syndrome, as av_inject_serror() has it
 *
 * Return: false if the guest has it masked, or its EL1 is AArch32, where the hardware knows best how to take a virtual
 * one; nothing was done then.
 */
bool av_inject_serror_unmasked(struct av_vcpu *vcpu, u64 iss)
{
	if (vcpu->ctx->pstate & PSR_A || av_vcpu_is_a32(vcpu))
		return false;
	take_exception(vcpu, ((u64)EC_SERROR << ESR_EC_SHIFT) | ESR_IL | iss, VECTOR_SERROR);
	return true;
}
