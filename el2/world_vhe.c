// SPDX-License-Identifier: GPL-2.0
/*
 * The VHE world switch: the guest's EL1 state comes into the CPU with the first entry of a burst and stays until
 * el2_vhe_put(); at each entry and exit only what the kernel itself stumbles over changes hands.
 *
 * Runs at: EL2, inside a call of the host. Owns: the order of the steps, el2_cpu.world and loaded, ctx->loaded.
 *
 * The host's own translation is the EL2&0 regime throughout: nothing of the guest's EL1&0 regime is in use until
 * the eret, but for CPUs with the speculative AT errata (1165522, 1530923), which may walk as soon as
 * HCR_EL2.TGE is clear. So for them both stages are the guest's, and seen to be, before TGE goes
 * (el2_controls_guest), and TGE is back before any of them changes (el2_controls_host).
 */
#include "state.h"

/* Registers that there is one of, and that the kernel uses: SP_EL0 is "current", PAR_EL1 a fault handler's. */
#define ENTRY_REGS	(REG(SP_EL0) | REG(PAR_EL1))
/* Likewise, but only the thread's user space uses them, or who can't come in between: preemption is off. */
#define BURST_REGS	(REG(TPIDR_EL0) | REG(TPIDRRO_EL0) | REG(CSSELR_EL1))

static void load(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	state_save(cpu->host_sys, cpu->features, BURST_REGS);
	cpu->saved.cnthctl = read_reg(cnthctl_el2);
	/* From here on the fault path has to give these back. */
	el2_store(&cpu->loaded, (u64)ctx);
	el2_controls_guest_identity(cpu, ctx);
	el2_controls_disr_enter(cpu, ctx);
	state_load(ctx->sys, cpu->features, ALL_REGS & ~ENTRY_REGS);
	if (ctx->late)
		el2_late_load(cpu, ctx);
	ctx->loaded = 1;
}

/* The host's side of load(), whatever became of the guest's. */
static __always_inline void unload(struct el2_cpu *cpu)
{
	/*
	 * The guest's walks must have ended before VTTBR_EL2 and the EL1 registers change: here, and at the next
	 * burst's load(), or one walk would mix two address spaces (DDI 0487, D8.2, R_LFHQG).
	 */
	dsb(nsh);
	el2_controls_host_identity(cpu);
	state_load(cpu->host_sys, cpu->features, BURST_REGS);
	el2_store(&cpu->loaded, 0);
}

/*
 * An exception to EL2 while TGE is clear leaves PAN and DIT as the guest had them, sets TCO and makes ALLINT the
 * inverse of SCTLR_EL2.SPINTMASK (DDI 0487, D1.3.2, AArch64.TakeException); the kernel has opinions of its own. SSBS
 * comes from SCTLR_EL2.DSSBS and UAO is cleared, as at each of the kernel's own exceptions.
 */
static void pstate_save(struct el2_cpu *cpu)
{
	if (el2_has(cpu, EL2_FEAT_PAN))
		cpu->host_pan = read_named(PSTATE_PAN);
	if (el2_has(cpu, EL2_FEAT_DIT))
		cpu->host_dit = read_named(PSTATE_DIT);
	if (el2_has(cpu, EL2_FEAT_TCO))
		cpu->host_tco = read_named(PSTATE_TCO);
	if (el2_has(cpu, EL2_FEAT_NMI))
		cpu->host_allint = read_named(PSTATE_ALLINT);
}

static void pstate_load(const struct el2_cpu *cpu)
{
	if (el2_has(cpu, EL2_FEAT_PAN))
		write_named(PSTATE_PAN, cpu->host_pan);
	if (el2_has(cpu, EL2_FEAT_DIT))
		write_named(PSTATE_DIT, cpu->host_dit);
	if (el2_has(cpu, EL2_FEAT_TCO))
		write_named(PSTATE_TCO, cpu->host_tco);
	if (el2_has(cpu, EL2_FEAT_NMI))
		write_named(PSTATE_ALLINT, cpu->host_allint);
}

void el2_world_enter(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, bool first)
{
	el2_phase(cpu, 's');
	pstate_save(cpu);
	if (cpu->loaded != (u64)ctx)
		load(cpu, ctx);
	state_save(cpu->host_sys, cpu->features, ENTRY_REGS);
	el2_controls_save_host(cpu);
	el2_debug_save_host(cpu, ctx);
	/* From here on the fault path finds all of the host in memory. */
	el2_store(&cpu->world, EL2_WORLD_GUEST);
	el2_phase(cpu, 'l');
	el2_controls_guest(cpu, ctx);
	el2_debug_enter(cpu, ctx);
	el2_timer_enter(ctx);
	if (el2_has(cpu, EL2_FEAT_GICV3))
		el2_gic_enter(cpu, ctx);
	if (ctx->rare)
		el2_run_enter_rare(cpu, ctx, first);
	/* Last: from here on "current" is the guest's. */
	state_load(ctx->sys, cpu->features, ENTRY_REGS);
	el2_phase(cpu, 'g');
}

/* Bring the kernel's part of the world back, whatever is in the CPU; reads nothing of the vCPU. */
static void leave_to_host(struct el2_cpu *cpu)
{
	el2_phase(cpu, 'r');
	el2_controls_host(cpu);
	state_load(cpu->host_sys, cpu->features, ENTRY_REGS);
	el2_debug_host(cpu);
	pstate_load(cpu);
	/* The ISB for all of it is the door's (el2/vhe_door.S). */
	el2_store(&cpu->world, EL2_WORLD_HOST);
	el2_phase(cpu, 'h');
}

void el2_world_leave(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	el2_phase(cpu, 'u');
	state_save(ctx->sys, cpu->features, ENTRY_REGS);
	if (el2_has(cpu, EL2_FEAT_GICV3))
		el2_gic_leave(cpu, ctx);
	el2_timer_leave(ctx);
	if (ctx->rare)
		el2_run_leave_rare(cpu, ctx);
	leave_to_host(cpu);
}

/*
 * el2_vhe_put - the guest's EL1 state back to memory: the burst ends, or the host wants to see it
 * @ctx: the context, which was loaded here
 *
 * Called with preemption off and the host's world in the CPU, and without the door, which costs more than this: nothing
 * is written that the kernel looks at before its next exception return, so nothing waits for an ISB; and nothing is
 * accessed but registers and memory of the host's, so our vectors are not needed. An interrupt in the middle may make a
 * call for TLB maintenance, which leaves these registers as they are. Should it stumble, it has done unload() before
 * us, and a second time does no harm.
 *
 * Returns: false if a fault in between has thrown it out of the CPU (el2_world_abandon()): it is gone.
 */
bool el2_vhe_put(struct av_vcpu_ctx *ctx)
{
	struct el2_cpu *cpu = el2_this_cpu();

	ctx->loaded = 0;
	state_save(ctx->sys, cpu->features, ALL_REGS & ~ENTRY_REGS);
	if (ctx->late)
		el2_late_save(cpu, ctx);
	el2_controls_disr_leave(cpu, ctx);
	/* Only now: then all that was read is the guest's. The compiler keeps the order. */
	asm volatile("" : : : "memory");
	if (el2_load(&cpu->loaded) != (u64)ctx)
		return false;
	unload(cpu);
	return true;
}

/*
 * el2_world_abandon - after a fault: the host's world, and never mind the guest's
 * @cpu: this CPU's page, with the host's state complete if the world is the guest's
 */
void el2_world_abandon(struct el2_cpu *cpu)
{
	if (cpu->world == EL2_WORLD_GUEST) {
		el2_keys_abandon(cpu);
		el2_tags_abandon(cpu);
		leave_to_host(cpu);
		el2_timer_forget(cpu);
		if (el2_has(cpu, EL2_FEAT_GICV3))
			el2_gic_forget(cpu);
	}
	if (cpu->loaded)
		unload(cpu);
}
