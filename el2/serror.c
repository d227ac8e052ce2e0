// SPDX-License-Identifier: GPL-2.0
/*
 * SErrors that a guest leaves behind: taken note of before the host unmasks them and believes that they are its own.
 *
 * Runs at: EL2, behind an exit that is for the host, with the guest's world in the CPU. Owns: ctx->serror, DISR_EL1.
 *
 * An exit that EL2 finishes itself needs none of this: back in the guest the error is still the guest's, and comes by
 * the guest's vector (HCR_EL2.AMO).
 */
#include "el2.h"

#define DISR_EL1		S3_0_C12_C1_1
#define ISR_EL1			S3_0_C12_C1_0

#define DISR_A			AV_BIT(31)	/* an SError was deferred */
#define DISR_SYNDROME		AV_MASK(24, 0)	/* as in ESR_EL2.ISS */
#define ISR_A			AV_BIT(8)	/* a physical SError is pending */

/* switch.S */
u64 el2_serror_window(void);
u64 el2_serror_pretend(u64 esr);

#define SERROR_ESR(iss)		((u64)EC_SERROR << ESR_EC_SHIFT | ESR_IL | (iss))

/*
 * el2_serror_collect - what the guest left, into ctx->serror
 *
 * With RAS: ESB waits for the errors of all that came before it, and defers one that is masked, as SErrors are at
 * EL2; its write of DISR_EL1 needs no ISB (DDI 0487, DISR_EL1). Without RAS: once the guest's accesses are complete an
 * error of theirs is pending, as far as the part tells them apart; ISR_EL1 is read early unless an ISB forbids it. Only
 * then is the window opened, in which our vectors expect it.
 */
void el2_serror_collect(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	u64 disr;

	if (el2_has(cpu, EL2_FEAT_RAS)) {
		/* A VHE host reads it when the burst ends. */
		if (!EL2_VHE)
			el2_controls_disr_leave(cpu, ctx);
		asm volatile("hint #16" : : : "memory");
		disr = read_named(DISR_EL1);
		if (!(disr & DISR_A))
			return;
		write_named(DISR_EL1, 0);
		ctx->serror = SERROR_ESR(disr & DISR_SYNDROME);
		return;
	}
	dsb(sy);
	isb();
	if (read_named(ISR_EL1) & ISR_A)
		ctx->serror = el2_serror_window();
}

/*
 * el2_serror_provoke - a stand-in for an SError that the guest left; parameter debug_faults
 * @what: AV_PROVOKE_SERROR and its like
 *
 * With RAS DISR_EL1 is what ESB would have made of it. Without, the CPU is made to look as it does when the error
 * comes inside of the window, and goes through the vector. Once: a guest survives some of these.
 */
void el2_serror_provoke(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, u32 what)
{
	const u64 aet = what == AV_PROVOKE_SERROR ? SERROR_AET_UER :
			what == AV_PROVOKE_SERROR_CE ? SERROR_AET_CE : SERROR_AET_UC;

	el2_store(&ctx->provoke, 0);
	if (what == AV_PROVOKE_SERROR_RUN)
		return;
	if (el2_has(cpu, EL2_FEAT_RAS))
		write_named(DISR_EL1, DISR_A | SERROR_AET(aet) | SERROR_DFSC);
	else
		ctx->serror = el2_serror_pretend(SERROR_ESR(0));
}
