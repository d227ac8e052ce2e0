// SPDX-License-Identifier: GPL-2.0
/*
 * The nVHE world switch: the host's EL1 out and the guest's in, and back, at each entry and exit.
 *
 * Runs at: EL2, inside the host's RUN call. Owns: the order of the steps, el2_cpu.world.
 */
#include "state.h"

/*
 * What moves when. The kernel at EL1 looks at none of the first: in the middle of its HVC, with interrupts off, the
 * registers of an exception taken to EL1 are dead. Of the rest all but a few stay as they are for a whole burst, for
 * neither the thread nor the address space changes while preemption is off.
 */
#define HOST_DEAD	(REG(ELR_EL1) | REG(SPSR_EL1) | REG(ESR_EL1) | REG(FAR_EL1) | REG(PAR_EL1))
/* Those that nobody in the kernel uses either are moved by the host, once a burst: vcpu/burst_regs.c. */
#define BURST_REGS	(REG(TPIDR_EL0) | REG(TPIDRRO_EL0) | REG(CSSELR_EL1) | REG(AFSR0_EL1) |	\
			 REG(AFSR1_EL1))
#define GUEST_REGS	(ALL_REGS & ~BURST_REGS)
#define HOST_REGS	(GUEST_REGS & ~HOST_DEAD)
/*
 * Interrupts between two entries can change these: the depth of the stack, FP access; what AArch32 programs may do, by
 * a function that the kernel calls on all CPUs (abi.cp15_barrier and abi.setend, armv8_deprecated.c).
 */
#define HOST_LIVE	(REG(SP_EL1) | REG(CPACR_EL1) | REG(SCTLR_EL1))

/*
 * Errata 1319367, 1319537, 1165522, 1530923: the CPU may walk with half changed registers. TCR_EL1 has the walks
 * off, and opens them last, with everything else in place. In every format that either side may have: T0SZ means
 * nothing meanwhile.
 */
static void walks_off(void)
{
	write_reg(tcr_el1, read_reg(tcr_el1) | TCR_EPD0 | TCR_EPD1 | TTBCR_PD);
	isb();
}

/*
 * Likewise, on the way out: of a guest that has its MMU off TCR_EL1 keeps nothing off, since addresses are what they
 * are, and entries that said so would be the host's, as soon as stage 2 is off and the VMID the host's. Not before the
 * walks are off: the tables are nobody's.
 */
static void mmu_on(void)
{
	write_reg(sctlr_el1, read_reg(sctlr_el1) | SCTLR_M);
	isb();
}

static __always_inline void load_el1(const u64 *sys, u64 features, u64 which, bool spec_at)
{
	state_load(sys, features, which & ~REG(TCR_EL1));
	if (spec_at)
		isb();
	write_reg(tcr_el1, sys[AV_TCR_EL1]);
}

void el2_world_enter(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, bool first)
{
	bool spec_at = el2_has(cpu, EL2_FEAT_SPEC_AT);

	el2_phase(cpu, 's');
	if (first) {
		state_save(cpu->host_sys, cpu->features, HOST_REGS & ~HOST_LIVE);
		el2_controls_disr_enter(cpu, ctx);
	}
	state_save(cpu->host_sys, cpu->features, HOST_LIVE);
	el2_debug_save_host(cpu, ctx);
	/* From here on the fault path finds all of the host in memory. */
	el2_store(&cpu->world, EL2_WORLD_GUEST);
	el2_phase(cpu, 'l');
	/* Their writes are translated by the host's EL1&0 regime: finished before anything of it changes. */
	if (cpu->features & EL2_FEAT_BUFFERS)
		el2_buffers_stop(cpu);

	/*
	 * Walks that the host's EL1&0 regime started must have ended before VTTBR_EL2 and the EL1 registers
	 * change, or one walk would mix two address spaces (DDI 0487, D8.2, R_LFHQG).
	 */
	dsb(nsh);
	if (spec_at)
		walks_off();
	el2_controls_guest(cpu, ctx);
	el2_controls_guest_identity(cpu, ctx);
	if (spec_at)
		isb();	/* stage 2 is the guest's before its stage-1 registers are */
	/* Cortex-A57 852523, Cortex-A72 853709: DACR32_EL2 is seen by who writes AArch64's registers behind it. */
	if (ctx->a32)
		el2_a32_enter(cpu, ctx);
	load_el1(ctx->sys, cpu->features, GUEST_REGS, spec_at);
	el2_debug_enter(cpu, ctx);
	el2_timer_enter(ctx);
	if (el2_has(cpu, EL2_FEAT_GICV3))
		el2_gic_enter(cpu, ctx);
	if (ctx->rare)
		el2_run_enter_rare(cpu, ctx, first);
	el2_phase(cpu, 'g');
}

/* Bring the host's world back, whatever is in the CPU; reads nothing of the vCPU. */
static void leave_to_host(struct el2_cpu *cpu)
{
	bool spec_at = el2_has(cpu, EL2_FEAT_SPEC_AT);

	el2_phase(cpu, 'r');
	/* As in el2_world_enter(), the other way round: the guest's walks end before its tables go. */
	dsb(nsh);
	if (spec_at) {
		walks_off();
		mmu_on();
	}
	el2_controls_host(cpu);
	el2_controls_host_identity(cpu);
	if (spec_at)
		isb();
	load_el1(cpu->host_sys, cpu->features, HOST_REGS, spec_at);
	el2_debug_host(cpu);
	if (cpu->features & EL2_FEAT_BUFFERS)
		el2_buffers_go_on(cpu);
	el2_store(&cpu->world, EL2_WORLD_HOST);
	el2_phase(cpu, 'h');
}

void el2_world_leave(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	el2_phase(cpu, 'u');
	if (el2_has(cpu, EL2_FEAT_GICV3))
		el2_gic_leave(cpu, ctx);
	el2_timer_leave(ctx);
	state_save(ctx->sys, cpu->features, GUEST_REGS);
	if (ctx->rare)
		el2_run_leave_rare(cpu, ctx);
	leave_to_host(cpu);
}

/*
 * el2_world_abandon - after a fault: the host's world, and never mind the guest's
 * @cpu: this CPU's page, with the host's state complete if the world is the guest's
 */
void el2_world_abandon(struct el2_cpu *cpu)
{
	if (cpu->world != EL2_WORLD_GUEST)
		return;
	el2_keys_abandon(cpu);
	el2_tags_abandon(cpu);
	el2_late_abandon(cpu);
	leave_to_host(cpu);
	el2_timer_forget(cpu);
	if (el2_has(cpu, EL2_FEAT_GICV3))
		el2_gic_forget(cpu);
}
