// SPDX-License-Identifier: GPL-2.0
/*
 * Guests with their caches off: the rows of include/sysregs.def for the MMU's registers and for set/way operations.
 *
 * Runs at: host kernel, vcpu->mutex held, may sleep. Owns: HCR_EL2.TVM in ctx->hcr.
 */
#include "mm.h"

static bool caches_on(const struct av_vcpu *vcpu)
{
	return (vcpu->ctx->sys[AV_SCTLR_EL1] & (SCTLR_M | SCTLR_C)) == (SCTLR_M | SCTLR_C);
}

/*
 * Until its MMU and caches are on, the guest reads and writes memory past the caches that the host
 * and the VMM use (DDI 0487, "Mismatched memory attributes"). So at the moment of the change,
 * in either direction, everything is cleaned to the point of coherency. With the caches on there
 * is nothing left to watch: the trap goes away, until a set/way operation.
 */
enum av_verdict av_access_vm(struct av_vcpu *vcpu, struct av_reg_op *op,
			     const struct av_sysreg *row)
{
	bool was_on = caches_on(vcpu);

	if (!op->is_write)
		return av_access_ctx(vcpu, op, row);
	*av_reg_home(vcpu, row) = op->value;
	if (caches_on(vcpu) != was_on)
		av_s2_flush_vm(vcpu->vm);
	if (caches_on(vcpu))
		vcpu->ctx->hcr &= ~HCR_TVM;
	return AV_DONE;
}

/* The same of those that came late: HCR_EL2.TVM is about them, too, once they are open. */
enum av_verdict av_access_vm_late(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	enum av_verdict verdict = av_late_first_use(vcpu, row->user->arg);

	return verdict == AV_DONE ? av_access_vm(vcpu, op, row) : verdict;
}

/* The same of memory tags, which a guest with its caches off has none of; undefined where there are none at all. */
enum av_verdict av_access_set_way_tags(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	return vcpu->vm->tags ? av_access_set_way(vcpu, op, row) : av_reg_undef(vcpu);
}

/*
 * DC ISW and its like act on one CPU's caches, which says nothing about a guest whose vCPUs move.
 * A guest that uses them is about to turn its caches off or on: clean all of it once, then watch
 * for the change.
 */
enum av_verdict av_access_set_way(struct av_vcpu *vcpu, struct av_reg_op *op,
				  const struct av_sysreg *row)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	if (!op->is_write)
		return av_reg_undef(vcpu);
	if (!(ctx->hcr & HCR_TVM)) {
		av_s2_flush_vm(vcpu->vm);
		ctx->hcr |= HCR_TVM;
	}
	return AV_DONE;
}
