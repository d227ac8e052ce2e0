// SPDX-License-Identifier: GPL-2.0
/*
 * The timers' slice of the world switch.
 *
 * Runs at: EL2. Owns: CNTV_CTL_EL0 and CNTV_CVAL_EL0 while a guest runs; no host that was booted at EL2 uses them
 * (on a VHE host the _EL02 names). On a VHE host likewise CNTP_CTL_EL0 and CNTP_CVAL_EL0, if its interrupt is ours:
 * such a host ticks with the EL2 timer, an nVHE host with this one.
 *
 * On the way out a timer is switched off, so that its interrupt, which made the guest leave,
 * falls again before the host looks; dev/timer.c computes the line from memory (DDI 0487, D12.2.4).
 */
#include "el2.h"

/* Most guests never touch it: until then their accesses trap, and it costs no register (dev/timer.c). */
static bool has_ptimer(const struct av_vcpu_ctx *ctx)
{
	return EL2_VHE && ctx->cnthctl & CNTHCTL_E2H_EL1PTEN;
}

void el2_timer_enter(const struct av_vcpu_ctx *ctx)
{
	/*
	 * No barrier between: should the timer be on before it has its own deadline, the interrupt comes for
	 * nothing, and is not there any more when somebody looks.
	 */
	write_guest(CNTV_CVAL_EL0, ctx->cntv.cval);
	write_guest(CNTV_CTL_EL0, ctx->cntv.ctl & (CNT_CTL_ENABLE | CNT_CTL_IMASK));
	if (has_ptimer(ctx)) {
		write_guest(CNTP_CVAL_EL0, ctx->cntp.cval);
		write_guest(CNTP_CTL_EL0, ctx->cntp.ctl & (CNT_CTL_ENABLE | CNT_CTL_IMASK));
	}
}

void el2_timer_leave(struct av_vcpu_ctx *ctx)
{
	ctx->cntv.ctl = read_guest(CNTV_CTL_EL0);
	ctx->cntv.cval = read_guest(CNTV_CVAL_EL0);
	write_guest(CNTV_CTL_EL0, 0);
	if (has_ptimer(ctx)) {
		ctx->cntp.ctl = read_guest(CNTP_CTL_EL0);
		ctx->cntp.cval = read_guest(CNTP_CVAL_EL0);
		write_guest(CNTP_CTL_EL0, 0);
	}
}

/* Whatever an abandoned guest left running. */
void el2_timer_forget(const struct el2_cpu *cpu)
{
	write_guest(CNTV_CTL_EL0, 0);
	if (EL2_VHE && cpu->timer_intid[AV_TIMER_PHYS])
		write_guest(CNTP_CTL_EL0, 0);
}
