// SPDX-License-Identifier: GPL-2.0
/*
 * The virtual timer's slice of the world switch.
 *
 * Runs at: EL2. Owns: CNTV_CTL_EL0 and CNTV_CVAL_EL0 while a guest runs; no host that was booted at EL2 uses them
 * (on a VHE host the _EL02 names).
 *
 * On the way out the timer is switched off, so that its interrupt, which made the guest leave,
 * falls again before the host looks; dev/timer.c computes the line from memory (DDI 0487, D12.2.4).
 */
#include "el2.h"

void el2_timer_enter(const struct av_vcpu_ctx *ctx)
{
	/*
	 * No barrier between: should the timer be on before it has its own deadline, the interrupt comes for
	 * nothing, and is not there any more when somebody looks.
	 */
	write_guest(CNTV_CVAL_EL0, ctx->cntv_cval);
	write_guest(CNTV_CTL_EL0, ctx->cntv_ctl & (CNT_CTL_ENABLE | CNT_CTL_IMASK));
}

void el2_timer_leave(struct av_vcpu_ctx *ctx)
{
	ctx->cntv_ctl = read_guest(CNTV_CTL_EL0);
	ctx->cntv_cval = read_guest(CNTV_CVAL_EL0);
	write_guest(CNTV_CTL_EL0, 0);
}

/* Whatever an abandoned guest left running. */
void el2_timer_forget(void)
{
	write_guest(CNTV_CTL_EL0, 0);
}
