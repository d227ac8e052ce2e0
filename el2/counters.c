// SPDX-License-Identifier: GPL-2.0
/*
 * The PMU's slice of the world switch: on an nVHE host the counters that the host's perf has set up for the vCPU
 * (host/pmu.c) count only between here and the next exit.
 *
 * Runs at: EL2. Owns: PMCNTENSET_EL0's bits of ctx->counters during RUN.
 *
 * Perf leaves the counter of an event with exclude_host set up and switched off: who enters the guest starts it. What
 * EL2 does in between is not counted, since these events exclude the hypervisor (PMEVTYPER<n>_EL0.NSH). On a VHE host
 * the host does it all.
 */
#include "el2.h"

/* el2_counters_start - with the guest's world in the CPU */
void el2_counters_start(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	if (EL2_VHE || !ctx->use_counters)
		return;
	/* The fault path stops them: first what, then that. */
	el2_store(&cpu->counters, ctx->counters);
	el2_store(&cpu->moved, cpu->moved | EL2_MOVED_COUNTERS);
	write_reg(pmcntenset_el0, cpu->counters);
}

/* el2_counters_stop - before the host goes on; the ISB is the exception return's */
void el2_counters_stop(const struct el2_cpu *cpu)
{
	if (!EL2_VHE)
		write_reg(pmcntenclr_el0, cpu->counters);
}
