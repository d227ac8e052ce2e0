// SPDX-License-Identifier: GPL-2.0
/*
 * The nVHE world switch: the host's EL1 out and the guest's in, and back.
 *
 * Runs at: EL2, inside the host's RUN call. Owns: the order of the steps, el2_cpu.world.
 *
 * Letters of the phase (el2_cpu.phase, shown by debugfs and by the fault message):
 *   h host, s host's state is being saved, l guest's is being loaded, g in the guest,
 *   t a trap is looked at, u guest's state is being saved, r host's is being restored
 */
#include "el2.h"

/* PSTATE as the guest may have it: EL0 or EL1 of AArch64, or EL0 of AArch32. */
static bool mode_is_guests(u64 pstate)
{
	switch (pstate & PSR_MODE_MASK) {
	case PSR_MODE_EL0T:
	case PSR_MODE_EL1T:
	case PSR_MODE_EL1H:
	case PSR_MODE_32:
		return true;
	default:
		return false;
	}
}

static void world_enter(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	bool spec_at = el2_has(cpu, EL2_FEAT_SPEC_AT);

	el2_phase(cpu, 's');
	el2_state_save(cpu->host_sys, cpu->features);
	el2_debug_save_host(cpu, ctx);
	/* From here on the fault path finds all of the host in memory. */
	el2_store(&cpu->world, EL2_WORLD_GUEST);
	el2_phase(cpu, 'l');

	/*
	 * Walks that the host's EL1&0 regime started must have ended before VTTBR_EL2 and the EL1 registers
	 * change, or one walk would mix two address spaces (DDI 0487, D8.2, R_LFHQG).
	 */
	dsb(nsh);
	if (spec_at) {
		/* Errata 1319367, 1319537: no walk may start while the regime is half changed. */
		write_reg(tcr_el1, read_reg(tcr_el1) | TCR_EPD0 | TCR_EPD1);
		isb();
	}
	el2_controls_guest(cpu, ctx);
	if (spec_at)
		isb();	/* stage 2 is the guest's before its stage-1 registers are */
	el2_state_load(ctx->sys, cpu->features, spec_at);
	el2_debug_enter(cpu, ctx);
	el2_timer_enter(ctx);
	if (el2_has(cpu, EL2_FEAT_GICV3))
		el2_gic_enter(cpu, ctx);
	if (ctx->provoke == AV_PROVOKE_WORLD)
		el2_store((u64 *)EL2_IMAGE_BASE, 0);
	el2_phase(cpu, 'g');
}

static void world_leave(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	el2_phase(cpu, 'u');
	if (el2_has(cpu, EL2_FEAT_GICV3))
		el2_gic_leave(ctx);
	el2_timer_leave(ctx);
	el2_state_save(ctx->sys, cpu->features);
	if (ctx->hcr & HCR_VSE)
		ctx->hcr = (ctx->hcr & ~HCR_VSE) | (read_reg(hcr_el2) & HCR_VSE);
	el2_world_leave_host(cpu);
}

/*
 * el2_world_leave_host - bring the host's world back, whatever is in the CPU
 * @cpu: this CPU's page, with the host's state complete
 *
 * Used by the ordinary way out and by the fault path; reads nothing of the vCPU.
 */
void el2_world_leave_host(struct el2_cpu *cpu)
{
	bool spec_at = el2_has(cpu, EL2_FEAT_SPEC_AT);

	el2_phase(cpu, 'r');
	/* As in world_enter(), the other way round: the guest's walks end before its tables go. */
	dsb(nsh);
	if (spec_at) {
		write_reg(tcr_el1, read_reg(tcr_el1) | TCR_EPD0 | TCR_EPD1);
		isb();
	}
	el2_controls_host(cpu);
	if (spec_at)
		isb();
	el2_state_load(cpu->host_sys, cpu->features, spec_at);
	el2_debug_host(cpu);
	el2_store(&cpu->world, EL2_WORLD_HOST);
	el2_phase(cpu, 'h');
}

/* A recursion that ends far beyond the stack, for the test of its guard page. */
u64 el2_run_off_the_stack(u64 *depth);
u64 el2_run_off_the_stack(u64 *depth)
{
	u64 frame[16];

	el2_store(&frame[*depth & 15], *depth);
	el2_store(depth, *depth + 1);
	return el2_load(depth) ? el2_run_off_the_stack(depth) + el2_load(&frame[0]) : 0;
}

/* Commit the fault that a test asked for; module parameter debug_faults. */
static void provoke(u32 what)
{
	u64 depth = 1;

	switch (what) {
	case AV_PROVOKE_READ:
		el2_load((u64 *)(EL2_IMAGE_BASE - 4096));
		break;
	case AV_PROVOKE_UNDEF:
		asm volatile("udf #0");
		break;
	case AV_PROVOKE_STACK:
		el2_store(&depth, el2_run_off_the_stack(&depth));
		break;
	default:
		break;
	}
}

/*
 * el2_run - run the vCPU until something is for the host
 * @cpu: this CPU's page
 * @ctx: the vCPU, lent by the host
 *
 * Returns: enum av_exit.
 */
u64 el2_run(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	u64 code;

	cpu->vcpu = (u64)ctx;
	if (ctx->provoke)
		provoke(ctx->provoke);
	/* The host checks what user space sets; an eret to EL2 would be fatal enough to check twice. */
	if (!mode_is_guests(ctx->pstate))
		ctx->pstate = (ctx->pstate & ~PSR_MODE_MASK) | PSR_MODE_EL1H | PSR_IL;
	world_enter(cpu, ctx);
	code = el2_guest_run(ctx);
	world_leave(cpu, ctx);
	cpu->vcpu = 0;
	return code;
}
