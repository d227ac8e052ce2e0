// SPDX-License-Identifier: GPL-2.0
/*
 * The CPU interface's registers that trap: the rows of include/sysregs.def for SGIs, ICC_DIR_EL1 and ICC_SRE_EL1; and
 * what traps along with ICC_DIR_EL1 on CPUs that can't have it alone (av_vgic_dir_trap()).
 * (icc.c is what user space saves and restores.)
 *
 * Runs at: host kernel, vcpu->mutex held, in the burst too. Owns: nothing. Locks: see irq.c.
 */
#include "internal.h"

static enum av_verdict send_sgi(struct av_vcpu *vcpu, const struct av_reg_op *op,
				enum av_sgi_reg which)
{
	if (!op->is_write || !av_vgic_is_v3(vcpu->vm))
		return av_reg_undef(vcpu);
	av_vgic_sgi(vcpu, op->value, which);
	return AV_DONE;
}

enum av_verdict av_access_sgi1r(struct av_vcpu *vcpu, struct av_reg_op *op,
				const struct av_sysreg *row)
{
	return send_sgi(vcpu, op, AV_SGI1R);
}

enum av_verdict av_access_asgi1r(struct av_vcpu *vcpu, struct av_reg_op *op,
				 const struct av_sysreg *row)
{
	return send_sgi(vcpu, op, AV_ASGI1R);
}

enum av_verdict av_access_sgi0r(struct av_vcpu *vcpu, struct av_reg_op *op,
				const struct av_sysreg *row)
{
	return send_sgi(vcpu, op, AV_SGI0R);
}

/* The CPU interface has its system registers and nothing else: SRE, DFB and DIB read as one. */
enum av_verdict av_access_sre(struct av_vcpu *vcpu, struct av_reg_op *op,
			      const struct av_sysreg *row)
{
	if (!av_vgic_is_v3(vcpu->vm))
		return av_reg_undef(vcpu);
	if (!op->is_write)
		op->value = ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB;
	return AV_DONE;
}

enum av_verdict av_access_dir(struct av_vcpu *vcpu, struct av_reg_op *op,
			      const struct av_sysreg *row)
{
	if (!op->is_write || !av_vgic_is_v3(vcpu->vm))
		return av_reg_undef(vcpu);
	av_vgic_dir(vcpu, op->value);
	return AV_DONE;
}

static enum av_verdict access_icc(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row,
				  void (*write)(const struct av_vgic_icc *icc, u64 val))
{
	const struct av_vgic_icc icc = av_vgic_icc_of(vcpu);

	if (!av_vgic_is_v3(vcpu->vm))
		return av_reg_undef(vcpu);
	if (op->is_write)
		write(&icc, op->value);
	else
		av_vgic_icc_get(&icc, row->enc, &op->value);
	return AV_DONE;
}

enum av_verdict av_access_pmr(struct av_vcpu *vcpu, struct av_reg_op *op,
			      const struct av_sysreg *row)
{
	return access_icc(vcpu, op, row, av_vgic_icc_guest_pmr);
}

enum av_verdict av_access_icc_ctlr(struct av_vcpu *vcpu, struct av_reg_op *op,
				   const struct av_sysreg *row)
{
	return access_icc(vcpu, op, row, av_vgic_icc_guest_ctlr);
}

enum av_verdict av_access_rpr(struct av_vcpu *vcpu, struct av_reg_op *op,
			      const struct av_sysreg *row)
{
	const struct av_vgic_icc icc = av_vgic_icc_of(vcpu);

	if (op->is_write || !av_vgic_is_v3(vcpu->vm))
		return av_reg_undef(vcpu);
	op->value = av_vgic_icc_rpr(&icc);
	return AV_DONE;
}
