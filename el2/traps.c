// SPDX-License-Identifier: GPL-2.0
/*
 * EL2's half of trap dispatch: what is finished right here, and the snapshot for what is not.
 *
 * Runs at: EL2, with the guest's world in the CPU, called by switch.S for each exit. Owns: ctx->trap.
 */
#include "el2.h"
#include "fast.h"

EL2_ENTRY u64 el2_guest_exit(u64 kind, struct av_vcpu_ctx *ctx);

static enum el2_verdict el2_trap_abort(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	return el2_abort_resolve(cpu, ctx) ? EL2_NOT_MINE : EL2_RESUME;
}

/* A watchpoint: the debugger asks which address it was. */
static enum el2_verdict el2_trap_far(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	ctx->trap.far = read_reg(far_el2);
	ctx->trap.flags |= AV_TRAP_FAR;
	return EL2_NOT_MINE;
}

/*
 * Erratum 2077057 of Cortex-A510: such a trap of an instruction that is to be stepped may leave SPSR_EL1 in SPSR_EL2.
 * Of user space's steps EL2 knows what should be there: what was loaded, for no other instruction came between.
 */
static enum el2_verdict el2_trap_pauth(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	if (ctx->debug_live & AV_DEBUG_OUTSIDE && ctx->mdscr & MDSCR_SS && ctx->pstate & PSR_SS)
		write_reg(spsr_el2, ctx->pstate);
	return EL2_NOT_MINE;
}

/*
 * By class. A switch, not a table of functions: there is no indirect branch at EL2 that a guest could have taught a
 * predictor to mistake, also on parts where nothing else helps (Kbuild: -fno-jump-tables).
 */
#define PASS(cpu, ctx)	EL2_NOT_MINE
static enum el2_verdict dispatch(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	switch (ESR_EC(ctx->trap.esr)) {
#define TRAP(ec, name, el2, host, pc, needs, why) \
	case ec: \
		return el2(cpu, ctx);
#include "../include/traps.def"
	default:
		return EL2_NOT_MINE;
	}
}

/* Each class once: a class named twice is an error of the switch above. */
#define TRAP(...)	+ 1
static_assert((0
#include "../include/traps.def"
	      ) == 64, "traps.def has not a row for each class");

/*
 * el2_guest_exit - decide about one exit
 * @kind: the vector: enum av_exit's TRAP, IRQ or SERROR
 * @ctx: the vCPU, its GPRs saved
 *
 * Returns 0 to go on in the guest, else 1 + enum av_exit.
 */
u64 el2_guest_exit(u64 kind, struct av_vcpu_ctx *ctx)
{
	struct el2_cpu *cpu = el2_this_cpu();
	enum el2_verdict verdict;

	if (kind == AV_EXIT_TRAP) {
		ctx->trap.esr = read_reg(esr_el2);
		ctx->trap.flags = 0;
		verdict = dispatch(cpu, ctx);
		if (verdict != EL2_NOT_MINE)
			ctx->fast_exits[ESR_EC(ctx->trap.esr)]++;
		if (verdict == EL2_RESUME)
			return 0;
		if (verdict == EL2_KICK)
			kind = AV_EXIT_KICK;
	} else if (kind == AV_EXIT_IRQ && el2_irq(cpu, ctx)) {
		ctx->fast_exits[AV_FAST_IRQ]++;
		return 0;
	} else if (kind == AV_EXIT_SERROR) {
		ctx->serror = read_reg(esr_el2);
	}
	ctx->pc = read_reg(elr_el2);
	ctx->pstate = read_reg(spsr_el2);
	return 1 + kind;
}
