// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's FP/SIMD registers: loaded at the first use in a burst, saved at its end.
 *
 * Runs at: host kernel, preemption off, interrupts on. Owns: vcpu->fp_live, CPTR_EL2.TFP in ctx->cptr.
 *
 * kernel_neon_begin() takes care of the host's state, SVE and SME included, and keeps others out until
 * kernel_neon_end(); what lies between, in memory and registers, is the guest's.
 */
#include <asm/neon.h>
#include <asm/simd.h>

#include "compat.h"
#include "fp_regs.h"
#include "guest.h"

/*
 * A burst begins. Guests have no SVE and no SME; in their world another vector length is in force, and a CPU may clear
 * what that hides (DDI 0487, ZCR_EL1.LEN). The registers may still hold the state of a thread that was here before, and
 * that the kernel would not load again if that thread were the next: no longer, after this. What the current thread
 * has beyond V0-V31 went with its system call.
 */
void av_fp_set_aside(void)
{
	if (system_supports_sve() || av_supports_sme()) {
		av_kernel_neon_begin();
		av_kernel_neon_end();
	}
}

/* The guest's first FP instruction trapped. */
void av_fp_load(struct av_vcpu *vcpu)
{
	if (vcpu->fp_live)
		return;
	av_kernel_neon_begin();
	av_fp_regs_load(vcpu->ctx->v, &vcpu->ctx->fpsr);
	vcpu->fp_live = true;
	vcpu->ctx->cptr &= ~CPTR_TFP;
}

/* The burst ends, or softirqs wait. */
void av_fp_put(struct av_vcpu *vcpu)
{
	if (!vcpu->fp_live)
		return;
	av_fp_regs_save(vcpu->ctx->v, &vcpu->ctx->fpsr);
	vcpu->fp_live = false;
	vcpu->ctx->cptr |= CPTR_TFP;
	av_kernel_neon_end();
}
