// SPDX-License-Identifier: GPL-2.0
/*
 * Self-hosted debug: the rows of include/sysregs.def for breakpoints, watchpoints, MDSCR_EL1 and the OS lock; and what
 * of them, and of user space's (debug_outside.c), EL2 loads.
 *
 * Runs at: host kernel, vcpu->mutex held, the guest not running. Owns: ctx->debug, mdscr, debug_loaded and debug_live,
 * MDCR_EL2.TDE in ctx->mdcr, and OSLSR_EL1 in ctx->sys.
 */
#include "debug_rules.h"
#include "guest.h"
#include "sysreg_row.h"

#define OSLAR_OSLK		AV_BIT(0)

static void load(struct av_debug_ctx *to, const struct av_debug_ctx *from)
{
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(to->bvr); n++) {
		to->bvr[n] = from->bvr[n];
		to->bcr[n] = av_debug_bcr(from->bcr[n]);
		to->wvr[n] = from->wvr[n];
		to->wcr[n] = av_debug_wcr(from->wcr[n]);
	}
}

/* After MDSCR_EL1, the OS lock, a breakpoint or a watchpoint was written, or user space has new wishes. */
void av_debug_update(struct av_vcpu *vcpu)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;
	const struct av_debug_wish wish = {
		.mdscr = ctx->sys[AV_MDSCR_EL1],
		.locked = ctx->sys[AV_OSLSR_EL1] & OSLSR_OSLK,
		.outside = vcpu->debug.control,
		.step = av_debug_steps(vcpu),
		.hardware = vcpu->debug.control & KVM_GUESTDBG_USE_HW,
	};
	const struct av_debug_plan plan = av_debug_plan(&wish);

	ctx->mdscr = plan.mdscr;
	ctx->debug_live = wish.outside ? AV_DEBUG_OUTSIDE : 0;
	ctx->mdcr &= ~MDCR_TDE;
	if (wish.outside)
		ctx->mdcr |= MDCR_TDE;
	if (!plan.guests && !plan.users)
		return;
	ctx->debug_live |= AV_DEBUG_BANKS;
	load(&ctx->debug_loaded, plan.users ? &vcpu->debug.regs : &ctx->debug);
}

enum av_verdict av_access_mdscr(struct av_vcpu *vcpu, struct av_reg_op *op,
				const struct av_sysreg *row)
{
	av_access_ctx(vcpu, op, row);
	if (op->is_write)
		av_debug_update(vcpu);
	return AV_DONE;
}

/* Breakpoint or watchpoint n; behind the last that ID_AA64DFR0_EL1 tells of they are undefined. */
enum av_verdict av_access_dbg(struct av_vcpu *vcpu, struct av_reg_op *op,
			      const struct av_sysreg *row)
{
	u64 dfr0 = vcpu->vm->idregs[AV_IDREG(5, 0)];
	bool is_watchpoint = (row->enc & 7) >= 6;
	u64 last = is_watchpoint ? AV_GET(dfr0, 23, 20) : AV_GET(dfr0, 15, 12);

	if ((row->enc >> 3 & 15) > last)
		return av_reg_undef(vcpu);
	av_access_ctx(vcpu, op, row);
	if (op->is_write && vcpu->ctx->debug_live)
		av_debug_update(vcpu);
	return AV_DONE;
}

enum av_verdict av_access_oslar(struct av_vcpu *vcpu, struct av_reg_op *op,
				const struct av_sysreg *row)
{
	u64 *oslsr = &vcpu->ctx->sys[AV_OSLSR_EL1];

	if (!op->is_write)
		return av_reg_undef(vcpu);
	*oslsr &= ~OSLSR_OSLK;
	if (op->value & OSLAR_OSLK)
		*oslsr |= OSLSR_OSLK;
	av_debug_update(vcpu);
	return AV_DONE;
}

enum av_verdict av_access_oslsr(struct av_vcpu *vcpu, struct av_reg_op *op,
				const struct av_sysreg *row)
{
	return op->is_write ? av_reg_undef(vcpu) : av_access_ctx(vcpu, op, row);
}

static int set_debug(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	av_reg_set_home(vcpu, row, value);
	av_debug_update(vcpu);
	return 0;
}

static int set_oslsr(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	if ((value ^ row->reset_value) & ~OSLSR_OSLK)
		return -EINVAL;
	return set_debug(vcpu, row, value);
}

AV_REG_USER(DBG, av_reg_get_home, set_debug);
AV_REG_USER(MDSCR, av_reg_get_home, set_debug);
AV_REG_USER(OSLSR, av_reg_get_home, set_oslsr);
