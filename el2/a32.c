// SPDX-License-Identifier: GPL-2.0
/*
 * A guest whose EL1 is AArch32: the registers that no AArch64 EL1 has. They are EL2's by name, and mean nothing to the
 * host nor to any other guest, so that nothing is given back.
 *
 * Runs at: EL2, with the guest's world in the CPU, for vCPUs with ctx->a32. Owns: SPSR_abt, SPSR_und, SPSR_irq,
 * SPSR_fiq; DACR32, IFSR32, FPEXC32 and DBGVCR32 of EL2.
 *
 * Whether the CPU has them is asked of all CPUs of the machine at once (av_host_has_el1_aarch32()).
 */
#include "el2.h"

#define DACR32		S3_4_C3_C0_0
#define IFSR32		S3_4_C5_C0_1
#define FPEXC32		S3_4_C5_C3_0
#define DBGVCR32	S2_4_C0_C7_0

/* el2_a32_enter - the guest's into the CPU, at an entry. The guest may not touch DBGVCR, so it is never read back. */
void el2_a32_enter(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	write_reg(spsr_abt, ctx->spsr32[0]);
	write_reg(spsr_und, ctx->spsr32[1]);
	write_reg(spsr_irq, ctx->spsr32[2]);
	write_reg(spsr_fiq, ctx->spsr32[3]);
	write_named(DACR32, ctx->sys[AV_DACR32_EL2]);
	write_named(IFSR32, ctx->sys[AV_IFSR32_EL2]);
	write_named(DBGVCR32, ctx->sys[AV_DBGVCR32_EL2]);
	el2_controls_open_fp(ctx);
	write_named(FPEXC32, ctx->sys[AV_FPEXC32_EL2]);
	el2_controls_fp(cpu, ctx);
}

/* el2_a32_leave - the other way round; CPTR_EL2 gets the host's value later on the same way */
void el2_a32_leave(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	ctx->spsr32[0] = read_reg(spsr_abt);
	ctx->spsr32[1] = read_reg(spsr_und);
	ctx->spsr32[2] = read_reg(spsr_irq);
	ctx->spsr32[3] = read_reg(spsr_fiq);
	ctx->sys[AV_DACR32_EL2] = read_named(DACR32);
	ctx->sys[AV_IFSR32_EL2] = read_named(IFSR32);
	el2_controls_open_fp(ctx);
	ctx->sys[AV_FPEXC32_EL2] = read_named(FPEXC32);
}
