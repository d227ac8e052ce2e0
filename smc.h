/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's calls (smc.c).
 *
 * Runs at: host kernel. Owns: nothing. Locks: callers hold vcpu->mutex.
 */
#ifndef AV_SMC_H
#define AV_SMC_H

#include "guest/guest.h"

enum av_verdict av_trap_hvc(struct av_vcpu *vcpu, const struct av_trap *trap);
enum av_verdict av_trap_smc(struct av_vcpu *vcpu, const struct av_trap *trap);

/* PV time writes to guest memory; random numbers take a lock that sleeps on PREEMPT_RT. */
static inline bool av_smc_may_sleep(const struct av_vcpu *vcpu)
{
	u32 id = vcpu->ctx->gpr[0];

	return (id & ~0x4000000fU) == AV_TRNG_VERSION || id == AV_SMCCC_PV_TIME_ST;
}

#endif
