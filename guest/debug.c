// SPDX-License-Identifier: GPL-2.0
/*
 * Self-hosted debug: the rows of include/sysregs.def for breakpoints, watchpoints, MDSCR_EL1 and the OS lock. When EL2
 * loads them: controls.c.
 *
 * Runs at: host kernel, vcpu->mutex held, the guest not running. Owns: ctx->debug, and OSLSR_EL1 in ctx->sys.
 */
#include "guest.h"
#include "sysreg_row.h"

#define OSLAR_OSLK		AV_BIT(0)

enum av_verdict av_access_mdscr(struct av_vcpu *vcpu, struct av_reg_op *op,
				const struct av_sysreg *row)
{
	av_access_ctx(vcpu, op, row);
	if (op->is_write)
		av_controls_update(vcpu);
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
	return av_access_ctx(vcpu, op, row);
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
	av_controls_update(vcpu);
	return AV_DONE;
}

enum av_verdict av_access_oslsr(struct av_vcpu *vcpu, struct av_reg_op *op,
				const struct av_sysreg *row)
{
	return op->is_write ? av_reg_undef(vcpu) : av_access_ctx(vcpu, op, row);
}

static int set_oslsr(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	if ((value ^ row->reset_value) & ~OSLSR_OSLK)
		return -EINVAL;
	return av_reg_set_control(vcpu, row, value);
}

AV_REG_USER(MDSCR, av_reg_get_home, av_reg_set_control);
AV_REG_USER(OSLSR, av_reg_get_home, set_oslsr);
