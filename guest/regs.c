// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU's registers: the PC behind a trapped instruction, and what many rows of include/sysregs.def have in common.
 *
 * Runs at: host kernel, vcpu->mutex held, the guest not running. Owns: ctx->sys, ctx->debug and vm->idregs, where the
 * rows' values live, in so far as no subject does.
 *
 * The guest's registers are in memory whenever something here looks at them: on an nVHE host always, on a VHE host
 * outside of the burst, and inside of it after av_vcpu_put_state().
 */
#include <linux/printk.h>

#include "guest.h"
#include "sysreg_row.h"

/* ---- the PC ------------------------------------------------------------------------------------ */

/* av_skip_instruction() of AArch32 code; a conditional instruction that trapped counts, whatever became of it. */
void av_skip_instruction_a32(struct av_vcpu_ctx *ctx)
{
	ctx->pc = (u32)(ctx->pc + (ctx->trap.esr & ESR_IL ? 4 : 2));
	ctx->pstate = av_a32_behind(ctx->pstate);
}

/* ---- where the truth is ------------------------------------------------------------------------- */

/* av_vcpu_put_state() came too late: what the guest's registers were is not to be had any more. */
void av_vcpu_state_lost(struct av_vcpu *vcpu)
{
	av_vm_kill(vcpu->vm);
}

/* ---- handlers of trapped accesses ------------------------------------------------------------ */

/* Where a row's value lives; only for rows that have a home. */
u64 *av_reg_home(struct av_vcpu *vcpu, const struct av_sysreg *row)
{
	switch (row->home) {
	case AV_HOME_DEBUG:
		return (u64 *)&vcpu->ctx->debug + row->index;
	case AV_HOME_ID:
		return &vcpu->vm->idregs[row->index];
	default:
		return &vcpu->ctx->sys[row->index];
	}
}

enum av_verdict av_reg_undef(struct av_vcpu *vcpu)
{
	av_inject_undef(vcpu);
	return AV_INJECTED;
}

/* Should not have trapped: a hole in the trap controls, or a row that has to be thought about. */
enum av_verdict av_reg_unexpected(struct av_vcpu *vcpu, const struct av_reg_op *op, u16 enc,
				  const char *name)
{
	unsigned int op0 = enc >> 14, op1 = enc >> 11 & 7, crn = enc >> 7 & 15;
	unsigned int crm = enc >> 3 & 15, op2 = enc & 7;

	/* Op0 3 with CRn 11 or 15 is IMPLEMENTATION DEFINED (DDI 0487, D23.3): guests probe there. */
	if (op0 != 3 || (crn & 11) != 11)
		pr_info_ratelimited(AV_NAME ": %s %s at pc 0x%llx: SR_EMUL(S%u_%u_C%u_C%u_%u, %u, %u, %u, %u, %u, access_undef, HIDDEN, \"\")\n",
				    op->is_write ? "write to" : "read of", name,
				    vcpu->ctx->pc,
				    op0, op1, crn, crm, op2, op0, op1, crn, crm, op2);
	return av_reg_undef(vcpu);
}

enum av_verdict av_access_none(struct av_vcpu *vcpu, struct av_reg_op *op,
			       const struct av_sysreg *row)
{
	return av_reg_unexpected(vcpu, op, row->enc, row->name);
}

enum av_verdict av_access_undef(struct av_vcpu *vcpu, struct av_reg_op *op,
				const struct av_sysreg *row)
{
	return av_reg_undef(vcpu);
}

enum av_verdict av_access_raz_wi(struct av_vcpu *vcpu, struct av_reg_op *op,
				 const struct av_sysreg *row)
{
	op->value = 0;
	return AV_DONE;
}

enum av_verdict av_access_raz_ro(struct av_vcpu *vcpu, struct av_reg_op *op,
				 const struct av_sysreg *row)
{
	if (op->is_write)
		return av_reg_undef(vcpu);
	op->value = 0;
	return AV_DONE;
}

enum av_verdict av_access_ctx(struct av_vcpu *vcpu, struct av_reg_op *op,
			      const struct av_sysreg *row)
{
	if (op->is_write)
		*av_reg_home(vcpu, row) = op->value;
	else
		op->value = *av_reg_home(vcpu, row);
	return AV_DONE;
}

/* ---- ONE_REG and reset ----------------------------------------------------------------------- */

int av_reg_get_home(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 *value)
{
	*value = READ_ONCE(*av_reg_home(vcpu, row));
	return 0;
}

int av_reg_set_home(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	WRITE_ONCE(*av_reg_home(vcpu, row), value);
	return 0;
}

/* MPIDR_EL1: the trap controls follow. */
int av_reg_set_control(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	av_reg_set_home(vcpu, row, value);
	av_controls_update(vcpu);
	return 0;
}

u64 av_reset_value(const struct av_vcpu *vcpu, const struct av_sysreg *row)
{
	return row->reset_value;
}

AV_REG_USER(HIDDEN, NULL);
AV_REG_USER(RW, av_reg_get_home, av_reg_set_home);
AV_REG_USER(MPIDR, av_reg_get_home, av_reg_set_control);
