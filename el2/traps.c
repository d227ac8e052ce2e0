// SPDX-License-Identifier: GPL-2.0
/*
 * EL2's half of trap dispatch: what is finished right here, and the snapshot for what is not.
 *
 * Runs at: EL2, with the guest's world in the CPU, called by switch.S for each exit. Owns: ctx->trap.
 */
#include "el2.h"

u64 el2_guest_exit(struct av_vcpu_ctx *ctx, u64 kind);

/* What a handler at EL2 says. */
enum el2_verdict {
	EL2_NOT_MINE,		/* to the host */
	EL2_RESUME,		/* done: back into the guest, PC as ELR_EL2 has it */
};

typedef enum el2_verdict (*el2_trap_fn)(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);

/*
 * The SMCCC workaround calls come from the guest's own vectors at each of its exceptions; there is nothing
 * to do but to have been here, since the exception to EL2 itself is the workaround's place (DEN0028, 7.5).
 */
#define SMCCC_ARCH_WORKAROUND_1	0x80008000U
#define SMCCC_ARCH_WORKAROUND_2	0x80007fffU
#define SMCCC_ARCH_WORKAROUND_3	0x80003fffU

static enum el2_verdict el2_trap_hvc(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	switch ((u32)ctx->gpr[0]) {
	case SMCCC_ARCH_WORKAROUND_1:
	case SMCCC_ARCH_WORKAROUND_2:
	case SMCCC_ARCH_WORKAROUND_3:
		ctx->gpr[0] = 0;
		return EL2_RESUME;
	default:
		return EL2_NOT_MINE;
	}
}

static enum el2_verdict el2_trap_abort(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	return el2_abort_resolve(cpu, &ctx->trap) ? EL2_NOT_MINE : EL2_RESUME;
}

#define PASS	NULL
static const el2_trap_fn handlers[64] = {
#define TRAP(ec, name, el2, host, pc, needs, why)	[ec] = el2,
#include "../include/traps.def"
};

/*
 * el2_guest_exit - decide about one exit
 * @ctx: the vCPU, its GPRs saved
 * @kind: the vector: enum av_exit's TRAP, IRQ or SERROR
 *
 * Returns 0 to go on in the guest, else 1 + enum av_exit.
 */
u64 el2_guest_exit(struct av_vcpu_ctx *ctx, u64 kind)
{
	struct el2_cpu *cpu = el2_this_cpu();
	el2_trap_fn handler;

	el2_phase(cpu, 't');
	if (kind == AV_EXIT_TRAP) {
		ctx->trap.esr = read_reg(esr_el2);
		ctx->trap.flags = 0;
		handler = handlers[ESR_EC(ctx->trap.esr)];
		if (handler && handler(cpu, ctx) == EL2_RESUME) {
			el2_phase(cpu, 'g');
			return 0;
		}
	}
	ctx->pc = read_reg(elr_el2);
	ctx->pstate = read_reg(spsr_el2);
	return 1 + kind;
}
