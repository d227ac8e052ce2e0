// SPDX-License-Identifier: GPL-2.0
/*
 * A memory copy or set (FEAT_MOPS) that the guest's EL1 began on a CPU which does them in another way than this one.
 *
 * Runs at: host kernel, vcpu->mutex held. Owns: nothing.
 */
#include "answer.h"
#include "mops_rules.h"

/*
 * The guest does not know that it was moved, so it can't help itself as a process's kernel does: HCRX_EL2.MCE2 brings
 * its exception here. What is left to do begins anew, with the prologue, and a step over the instruction is done with.
 * Those of EL0 are the guest's own, whose tasks may move as well.
 */
enum av_verdict av_trap_mops(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	ctx->pc -= av_mops_restart(ctx->gpr, ctx->pstate, trap->esr);
	ctx->pstate &= ~PSR_SS;
	return AV_RETRY;
}
