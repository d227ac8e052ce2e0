/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest registers that an nVHE host leaves in the CPU for a whole burst, instead of moving them at each entry and
 * exit (BURST_REGS in el2/world_nvhe.c has the same list).
 *
 * Runs at: host kernel, nVHE, preemption off from load to put. Owns: these registers of the guest meanwhile.
 *
 * The kernel uses none of them between two entries: TPIDR_EL0 and TPIDRRO_EL0 are the thread's user space's,
 * switched with the thread; CSSELR_EL1 is written before each use; AFSR0_EL1 and AFSR1_EL1 tell of exceptions, to
 * nobody. The thread gets its own back before user space or another thread runs.
 */
#ifndef AV_BURST_REGS_H
#define AV_BURST_REGS_H

#include <asm/sysreg.h>

#include "guest/guest.h"

struct av_burst_regs {
	u64 tpidr_el0, tpidrro_el0;	/* the thread's */
};

static inline void av_burst_regs_load(const struct av_vcpu_ctx *ctx, struct av_burst_regs *host)
{
	host->tpidr_el0 = read_sysreg(tpidr_el0);
	host->tpidrro_el0 = read_sysreg(tpidrro_el0);
	write_sysreg(ctx->sys[AV_TPIDR_EL0], tpidr_el0);
	write_sysreg(ctx->sys[AV_TPIDRRO_EL0], tpidrro_el0);
	write_sysreg(ctx->sys[AV_CSSELR_EL1], csselr_el1);
	write_sysreg(ctx->sys[AV_AFSR0_EL1], afsr0_el1);
	write_sysreg(ctx->sys[AV_AFSR1_EL1], afsr1_el1);
}

static inline void av_burst_regs_put(struct av_vcpu_ctx *ctx, const struct av_burst_regs *host)
{
	ctx->sys[AV_TPIDR_EL0] = read_sysreg(tpidr_el0);
	ctx->sys[AV_TPIDRRO_EL0] = read_sysreg(tpidrro_el0);
	ctx->sys[AV_CSSELR_EL1] = read_sysreg(csselr_el1);
	ctx->sys[AV_AFSR0_EL1] = read_sysreg(afsr0_el1);
	ctx->sys[AV_AFSR1_EL1] = read_sysreg(afsr1_el1);
	write_sysreg(host->tpidr_el0, tpidr_el0);
	write_sysreg(host->tpidrro_el0, tpidrro_el0);
}

#endif
