// SPDX-License-Identifier: GPL-2.0
/*
 * The host's RUN call: one entry into the guest and everything until the next exit that is for the host.
 *
 * Runs at: EL2, inside the host's RUN call. Owns: el2_cpu.vcpu.
 *
 * Letters of the phase (el2_cpu.phase, shown by debugfs and by the fault message):
 *   h host, s host's state is being saved, l guest's is being loaded, g in the guest,
 *   (a trap is looked at in g), w the guest waits in WFI, u guest's state is being saved, r host's is being restored
 */
#include "el2.h"

/* PSTATE as the guest may have it, by the width of its EL1: the return would not be one, and end at EL2. */
static bool mode_is_guests(const struct av_vcpu_ctx *ctx)
{
	return ctx->modes >> (ctx->pstate & PSR_MODE_MASK) & 1;
}

/*
 * A host with pseudo-NMIs masks its interrupts by priority. In the guest nothing may be masked, or no interrupt
 * would ever bring the CPU out of it; PSTATE.I takes the mask's place until the host is back.
 */
static void open_priorities(struct el2_cpu *cpu)
{
	if (!el2_has(cpu, EL2_FEAT_PMR))
		return;
	cpu->host_pmr = read_named(ICC_PMR_EL1);
	write_named(ICC_PMR_EL1, 0xff);
	/* The redistributor must have seen it before the guest waits for an interrupt (IHI 0069, 4.7.2). */
	dsb(sy);
}

static void close_priorities(const struct el2_cpu *cpu)
{
	if (el2_has(cpu, EL2_FEAT_PMR))
		write_named(ICC_PMR_EL1, cpu->host_pmr);
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

/* Commit, or prepare, the fault that a test asked for; module parameter debug_faults. */
static void provoke(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	u64 depth = 1;

	switch (ctx->provoke) {
	case AV_PROVOKE_READ:
		el2_load((u64 *)(EL2_IMAGE_BASE - 4096));
		break;
	case AV_PROVOKE_UNDEF:
		asm volatile("udf #0");
		break;
	case AV_PROVOKE_STACK:
		el2_store(&depth, el2_run_off_the_stack(&depth));
		break;
	case AV_PROVOKE_WALK:
		el2_store(&ctx->provoke, 0);
		el2_store(&cpu->walk, cpu->walk | AV_WALK_FAILS);
		break;
	default:
		break;
	}
}

/*
 * el2_run_enter_rare - of ctx->rare, with the guest's world in the CPU: its keys, tags, late registers, counters, the
 * syndrome of a virtual SError; what a test asked for
 */
void el2_run_enter_rare(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, bool first)
{
	if (ctx->keys)
		el2_keys_enter(cpu, ctx, first);
	if (ctx->tags)
		el2_tags_enter(cpu, ctx);
	if (ctx->late)
		el2_late_enter(cpu, ctx, first);
	/* An nVHE host's CPU has them before the rest: el2/world_nvhe.c. */
	if (EL2_VHE && ctx->a32)
		el2_a32_enter(cpu, ctx);
	if (ctx->vserror)
		el2_controls_vserror(cpu, ctx);
	el2_counters_start(cpu, ctx);
	if (ctx->provoke == AV_PROVOKE_WORLD)
		el2_store((u64 *)EL2_IMAGE_BASE, 0);
	else if (ctx->provoke == AV_PROVOKE_CONTROLS)
		el2_controls_look(cpu, ctx);
}

/* el2_run_leave_rare - the other way round, with the guest's world still in the CPU */
void el2_run_leave_rare(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	/* Taken, or deferred by an ESB of the guest's, it is no more (DDI 0487, HCR_EL2.VSE). */
	if (ctx->hcr & HCR_VSE && !(read_reg(hcr_el2) & HCR_VSE)) {
		ctx->hcr &= ~HCR_VSE;
		ctx->vserror = 0;
	}
	if (ctx->keys)
		el2_keys_leave(cpu, ctx);
	if (ctx->tags)
		el2_tags_leave(cpu, ctx);
	if (ctx->late)
		el2_late_leave(cpu, ctx);
	if (ctx->a32)
		el2_a32_leave(cpu, ctx);
}

/*
 * el2_run - run the vCPU until something is for the host
 * @cpu: this CPU's page
 * @ctx: the vCPU, lent by the host
 * @first: first entry of a burst: the host's world may have changed since the last one
 *
 * Returns: enum av_exit.
 */
u64 el2_run(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, bool first)
{
	const u32 provoked = ctx->provoke;
	u64 code;

	open_priorities(cpu);
	el2_store(&cpu->vcpu, (u64)ctx);
	if (provoked)
		provoke(cpu, ctx);
	/* The host checks what user space sets; an eret to EL2 would be fatal enough to check twice. */
	if (!mode_is_guests(ctx))
		ctx->pstate = (ctx->pstate & ~PSR_MODE_MASK) | (ctx->a32 ? PSR32_SVC : PSR_MODE_EL1H) | PSR_IL;
	el2_world_enter(cpu, ctx, first);
	if (provoked == AV_PROVOKE_SERROR_RUN)
		code = el2_guest_run_serror(ctx);
	else
		code = el2_guest_run(ctx);
	if (provoked >= AV_PROVOKE_SERROR)
		el2_serror_provoke(cpu, ctx, provoked);
	el2_serror_collect(cpu, ctx);
	el2_world_leave(cpu, ctx);
	cpu->vcpu = 0;
	close_priorities(cpu);
	return code;
}

/*
 * el2_run_abandon - after a fault: what el2_run() has not come to do any more
 * @cpu: this CPU's page; reads nothing of the vCPU
 */
void el2_run_abandon(struct el2_cpu *cpu)
{
	el2_world_abandon(cpu);
	if (cpu->vcpu)
		close_priorities(cpu);
	cpu->vcpu = 0;
}
