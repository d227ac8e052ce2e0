// SPDX-License-Identifier: GPL-2.0
/*
 * The timers' registers: the rows of include/sysregs.def for trapped accesses and for ONE_REG.
 *
 * Runs at: host kernel, vcpu->mutex held; trapped accesses in the burst too. Owns: nothing; the state is timer.c's.
 */
#include "dev.h"

static enum av_verdict move_timer(struct av_vcpu *vcpu, struct av_reg_op *op,
				  enum av_timer_reg reg)
{
	av_timer_hand_over_phys(vcpu);
	if (op->is_write)
		av_timer_write(vcpu, reg, op->value);
	else
		op->value = av_timer_read(vcpu, reg);
	return AV_DONE;
}

enum av_verdict av_access_cntp_tval(struct av_vcpu *vcpu, struct av_reg_op *op,
				    const struct av_sysreg *row)
{
	return move_timer(vcpu, op, AV_CNTP_TVAL);
}

enum av_verdict av_access_cntp_ctl(struct av_vcpu *vcpu, struct av_reg_op *op,
				   const struct av_sysreg *row)
{
	return move_timer(vcpu, op, AV_CNTP_CTL);
}

enum av_verdict av_access_cntp_cval(struct av_vcpu *vcpu, struct av_reg_op *op,
				    const struct av_sysreg *row)
{
	return move_timer(vcpu, op, AV_CNTP_CVAL);
}

/* Traps while the VM's physical count is not the host's. */
enum av_verdict av_access_cntpct(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	if (op->is_write)
		return av_reg_undef(vcpu);
	op->value = av_timer_read(vcpu, AV_CNTPCT);
	return AV_DONE;
}

/* Likewise; without ECV there is no such register. */
enum av_verdict av_access_cntpctss(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	return av_guest_has_ecv(vcpu->vm) ? av_access_cntpct(vcpu, op, row) : av_reg_undef(vcpu);
}

static int get_timer(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 *value)
{
	*value = av_timer_read(vcpu, row->user->arg);
	return 0;
}

static int set_timer(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	av_timer_write(vcpu, row->user->arg, value);
	return 0;
}

AV_REG_USER(CNTP_CTL, get_timer, set_timer, AV_CNTP_CTL);
AV_REG_USER(CNTP_CVAL, get_timer, set_timer, AV_CNTP_CVAL);
AV_REG_USER(CNTPCT, get_timer, set_timer, AV_CNTPCT);
AV_REG_USER(CNTV_CTL, get_timer, set_timer, AV_CNTV_CTL);
AV_REG_USER(CNTV_CVAL, get_timer, set_timer, AV_CNTV_CVAL);
AV_REG_USER(CNTVCT, get_timer, set_timer, AV_CNTVCT);
