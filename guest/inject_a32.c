// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions for a guest whose EL1 is AArch32 (KVM_ARM_VCPU_EL1_32BIT): registers go by the names that they have in
 * AArch64 (DDI 0487, D1.20.1, and the pages of DFSR, IFSR, DFAR and IFAR).
 *
 * Runs at: host kernel, vcpu->mutex held, the guest not running. Owns: nothing.
 */
#include "guest.h"

/* LR_abt, LR_und, and their SPSRs' places */
#define X_LR_ABT	20
#define X_LR_UND	22
#define SPSR_ABT	0
#define SPSR_UND	1

static void take_exception(struct av_vcpu *vcpu, const struct av_a32_vector *vector)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;
	u64 sctlr = ctx->sys[AV_SCTLR_EL1], old = ctx->pstate;
	bool is_abort = vector->mode == PSR32_ABT;

	vcpu->stats.injected++;
	ctx->spsr32[is_abort ? SPSR_ABT : SPSR_UND] = av_a32_spsr(old);
	ctx->gpr[is_abort ? X_LR_ABT : X_LR_UND] =
		(u32)(ctx->pc + (old & PSR_T32 ? vector->lr_t32 : vector->lr_a32));
	ctx->pstate = av_a32_pstate(old, sctlr, vector->mode);
	ctx->pc = (u32)(av_a32_vector_base(sctlr, ctx->sys[AV_VBAR_EL1]) + vector->offset);
}

/**
 * av_inject_a32() - an exception at PC
 * @vcpu: the vCPU
 * @what: which
 * @far: faulting virtual address, of an abort
 * @fsc: fault status code as ESR_ELx has it, of an abort
 *
 * Context: for inject.c, with the guest's registers in memory: av_vcpu_put_state().
 */
void av_inject_a32(struct av_vcpu *vcpu, enum av_a32_exception what, u64 far, u32 fsc)
{
	const struct av_a32_vector vector = av_a32_vector(what);
	u64 *sys = vcpu->ctx->sys;
	u32 fsr = av_a32_fsr(fsc, sys[AV_TCR_EL1] & TTBCR_EAE);

	/* IFAR is the upper half of FAR_EL1, DFAR the lower one. */
	if (what == AV_A32_PABT) {
		sys[AV_FAR_EL1] = (u32)sys[AV_FAR_EL1] | far << 32;
		sys[AV_IFSR32_EL2] = fsr;
	} else if (what == AV_A32_DABT) {
		sys[AV_FAR_EL1] = (sys[AV_FAR_EL1] & AV_MASK(63, 32)) | (u32)far;
		sys[AV_ESR_EL1] = fsr;
	}
	take_exception(vcpu, &vector);
}
