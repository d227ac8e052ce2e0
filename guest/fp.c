// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's FP/SIMD registers: loaded at the first use in a burst, saved at its end.
 *
 * Runs at: host kernel, preemption off, interrupts on. Owns: vcpu->fp_live.
 *
 * kernel_neon_begin() takes care of the host's state, SVE and SME included, and keeps others out until
 * kernel_neon_end(); what lies between, in memory and registers, is the guest's. Once a guest has used SVE its vectors
 * are moved as a whole: sve.c.
 */
#include <asm/neon.h>
#include <asm/simd.h>

#include "compat.h"
#include "fp_regs.h"
#include "guest.h"

/*
 * A burst begins. Guests have no SME, and SVE is theirs only between av_sve_load() and av_sve_put(); in their world
 * another vector length is in force, and a CPU may clear what that hides (DDI 0487, ZCR_EL1.LEN). The registers may
 * still hold the state of a thread that was here before, and that the kernel would not load again if that thread
 * were the next: no longer, after this. What the current thread has beyond V0-V31 went with its system call.
 */
void av_fp_set_aside(void)
{
	if (system_supports_sve() || av_supports_sme()) {
		av_kernel_neon_begin();
		av_kernel_neon_end();
	}
}

/* The guest's first FP instruction trapped: AV_RETRY, or AV_TO_USER where this CPU can't. */
enum av_verdict av_fp_load(struct av_vcpu *vcpu)
{
	if (vcpu->fp_live)
		return AV_RETRY;
	if (vcpu->sve.used)
		return av_sve_load(vcpu);
	av_kernel_neon_begin();
	av_fp_regs_load(vcpu->ctx->v, &vcpu->ctx->fpsr);
	vcpu->fp_live = true;
	av_controls_fp(vcpu);
	return AV_RETRY;
}

/* The burst ends, or softirqs wait. */
void av_fp_put(struct av_vcpu *vcpu)
{
	if (!vcpu->fp_live)
		return;
	if (vcpu->sve.live) {
		av_sve_put(vcpu);
		return;
	}
	av_fp_regs_save(vcpu->ctx->v, &vcpu->ctx->fpsr);
	vcpu->fp_live = false;
	av_controls_fp(vcpu);
	av_kernel_neon_end();
}
