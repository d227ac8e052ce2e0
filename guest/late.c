// SPDX-License-Identifier: GPL-2.0
/*
 * Registers that came late to EL1 and EL0, in VMs whose ID registers tell of them: TCR2_EL1 (FEAT_TCR2), PIR_EL1 and
 * PIRE0_EL1 (FEAT_S1PIE), SCTLR2_EL1 (FEAT_SCTLR2), FPMR (FEAT_FPMR). They trap until the vCPU's first use of them, and
 * are 0 until then; from then on EL2 moves them (el2/late.c). So a guest that is too old to know them pays nothing.
 *
 * Runs at: host kernel, vcpu->mutex held, outside of the burst. Owns: ctx->late, with late_groups.c.
 *
 * Shut they count as 0, as they are at reset (DDI 0487, HCRX_EL2): to have one that is not 0 is to have used it.
 */
#include "guest.h"
#include "sysreg_row.h"

/**
 * av_late_first_use() - an access to a register of a group trapped
 * @vcpu: the vCPU
 * @group: AV_LATE_*
 *
 * Context: vcpu->mutex held, outside of the burst. Return: AV_RETRY: it was the first use; AV_INJECTED in a VM without
 * the feature, where it is undefined; AV_DONE: it is open, and trapped for another reason.
 */
enum av_verdict av_late_first_use(struct av_vcpu *vcpu, unsigned int group)
{
	if (vcpu->ctx->late & group)
		return AV_DONE;
	if (!(av_late_shown(vcpu) & group))
		return av_reg_undef(vcpu);
	vcpu->ctx->late |= group;
	av_controls_update(vcpu);
	return AV_RETRY;
}

/* ---- rows of sysregs.def --------------------------------------------------------------------- */

enum av_verdict av_access_late(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	enum av_verdict verdict = av_late_first_use(vcpu, row->user->arg);

	return verdict == AV_DONE ? av_reg_unexpected(vcpu, op, row->enc, row->name) : verdict;
}

static bool has_sctlr2(const struct av_vcpu *vcpu)
{
	return av_late_shown(vcpu) & AV_LATE_SCTLR2;
}

static bool has_fpmr(const struct av_vcpu *vcpu)
{
	return av_late_shown(vcpu) & AV_LATE_FPMR;
}

/* KVM of 6.12 lists the first two on any CPU: what it saves shall find its place, and means nothing where hidden. */
AV_REG_USER(LATE_TCR2, av_reg_get_home, av_reg_set_control, AV_LATE_TCR2);
AV_REG_USER(LATE_PIE, av_reg_get_home, av_reg_set_control, AV_LATE_PIE);
AV_REG_USER(LATE_SCTLR2, av_reg_get_home, av_reg_set_control, AV_LATE_SCTLR2, .visible = has_sctlr2);
AV_REG_USER(LATE_FPMR, av_reg_get_home, av_reg_set_control, AV_LATE_FPMR, .visible = has_fpmr);
