// SPDX-License-Identifier: GPL-2.0
/*
 * What writes to memory or records behind the back of whoever runs: statistical profiling (SPE), the trace buffer
 * (TRBE) and branch records (BRBE) of the host.
 *
 * Runs at: EL2. Owns: PMSCR, PMBLIMITR, TRFCR, TRBLIMITR and BRBCR of EL1 during RUN.
 *
 * An nVHE host lets its buffers be translated by the EL1&0 regime (MDCR_EL2.E2PB, E2TB), which a guest is about to
 * have: at each entry they are stopped and drained, in the order that DDI 0487 gives (D17.7 for SPE, D6.5 for the trace
 * buffer): no new records, a context synchronisation event, PSB or TSB CSYNC, DSB, and only then the buffer itself.
 * A VHE host's buffers are in the EL2&0 regime and need nothing; there the registers of EL1 are nobody's and, not
 * being reset to anything, would say whether a guest is profiled: 0 from take to release. But for TRFCR_EL1: that
 * firmware gives EL2 the buffer (MDCR_EL3.NSTB, TRBIDR_EL1.P) does not say that it gives the filter (MDCR_EL3.TTRF), so
 * that is only touched where the host traces, and so uses it itself (docs/silicon.md, rule 25).
 */
#include "el2.h"

#define PMSCR_EL1		S3_0_C9_C9_0
#define PMBLIMITR_EL1		S3_0_C9_C10_0
#define TRFCR_EL1		S3_0_C1_C2_1
#define TRBLIMITR_EL1		S3_0_C9_C11_0
#define BRBCR_EL1		S2_1_C9_C0_0
#define PMSCR_EL12		S3_5_C9_C9_0
#define BRBCR_EL12		S2_5_C9_C0_0

#define psb_csync()		asm volatile("hint #17" : : : "memory")
#define tsb_csync()		asm volatile("hint #18" : : : "memory")

/* el2_buffers_save_found - VHE: no records of guests */
void el2_buffers_save_found(struct el2_cpu *cpu)
{
	if (!EL2_VHE)
		return;
	if (el2_has(cpu, EL2_FEAT_SPE)) {
		cpu->saved.pmscr = read_named(PMSCR_EL12);
		write_named(PMSCR_EL12, 0);
	}
	if (el2_has(cpu, EL2_FEAT_BRBE)) {
		cpu->saved.brbcr = read_named(BRBCR_EL12);
		write_named(BRBCR_EL12, 0);
	}
}

/* el2_buffers_restore_found - the other way round */
void el2_buffers_restore_found(const struct el2_cpu *cpu)
{
	if (!EL2_VHE)
		return;
	if (el2_has(cpu, EL2_FEAT_SPE))
		write_named(PMSCR_EL12, cpu->saved.pmscr);
	if (el2_has(cpu, EL2_FEAT_BRBE))
		write_named(BRBCR_EL12, cpu->saved.brbcr);
}

static void stop_profiling(struct el2_cpu *cpu)
{
	u64 limit = read_named(PMBLIMITR_EL1);

	if (!(limit & PMBLIMITR_E))
		return;
	cpu->host_pmscr = read_named(PMSCR_EL1);
	el2_store(&cpu->host_pmblimitr, limit);
	write_named(PMSCR_EL1, 0);
	isb();
	psb_csync();
	dsb(nsh);
	write_named(PMBLIMITR_EL1, limit & ~PMBLIMITR_E);
	isb();
}

/*
 * TSB CSYNC twice, and once more behind the write that turns the buffer off: Neoverse N2 2067961 and Cortex-A710
 * 2054223 may lose the first, Cortex-A510 2064142 wants the last. It costs only where a trace is being taken.
 */
static void stop_trace(struct el2_cpu *cpu)
{
	u64 limit = read_named(TRBLIMITR_EL1);

	if (!(limit & TRBLIMITR_E))
		return;
	cpu->host_trfcr = read_named(TRFCR_EL1);
	el2_store(&cpu->host_trblimitr, limit);
	write_named(TRFCR_EL1, 0);
	isb();
	tsb_csync();
	tsb_csync();
	dsb(nsh);
	write_named(TRBLIMITR_EL1, limit & ~TRBLIMITR_E);
	tsb_csync();
	dsb(nsh);
	isb();
}

/* el2_buffers_stop - nVHE, at each entry: the host's translation is still in place, and saved */
void el2_buffers_stop(struct el2_cpu *cpu)
{
	u64 brbcr;

	if (el2_has(cpu, EL2_FEAT_SPE))
		stop_profiling(cpu);
	if (el2_has(cpu, EL2_FEAT_TRBE))
		stop_trace(cpu);
	if (el2_has(cpu, EL2_FEAT_BRBE)) {
		brbcr = read_named(BRBCR_EL1);
		if (brbcr & BRBCR_ON) {
			el2_store(&cpu->host_brbcr, brbcr);
			write_named(BRBCR_EL1, brbcr & ~BRBCR_ON);
		}
	}
}

/* el2_buffers_go_on - nVHE, at each exit: the host's translation is in place again; also by the fault path */
void el2_buffers_go_on(struct el2_cpu *cpu)
{
	if (!(cpu->host_pmblimitr | cpu->host_trblimitr | cpu->host_brbcr))
		return;
	/* Not before the host's translation and MDCR_EL2 are seen: they write by it. */
	isb();
	if (cpu->host_pmblimitr) {
		write_named(PMBLIMITR_EL1, cpu->host_pmblimitr);
		isb();
		write_named(PMSCR_EL1, cpu->host_pmscr);
		cpu->host_pmblimitr = 0;
	}
	if (cpu->host_trblimitr) {
		write_named(TRBLIMITR_EL1, cpu->host_trblimitr);
		/* Twice: Cortex-A510 2038923, the trace must not begin before the buffer is on. */
		isb();
		isb();
		write_named(TRFCR_EL1, cpu->host_trfcr);
		cpu->host_trblimitr = 0;
	}
	if (cpu->host_brbcr) {
		write_named(BRBCR_EL1, cpu->host_brbcr);
		cpu->host_brbcr = 0;
	}
}
