/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handlers of trap classes at EL2 (third column of include/traps.def).
 *
 * Runs at: EL2. Owns: nothing.
 */
#ifndef EL2_FAST_H
#define EL2_FAST_H

#include "el2.h"

struct av_vm_fast;

/* What a handler at EL2 says. */
enum el2_verdict {
	EL2_NOT_MINE,		/* to the host */
	EL2_RESUME,		/* done: back into the guest, PC as ELR_EL2 has it */
	EL2_KICK,		/* done, but the host has to wake others: AV_EXIT_KICK */
};

enum el2_verdict el2_trap_hvc(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
enum el2_verdict el2_trap_smc(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
enum el2_verdict el2_trap_sysreg(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
enum el2_verdict el2_trap_dabt(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);

/* el2/fast_gic.c */
bool el2_gic_mmio(const struct av_vm_fast *fast, struct av_vcpu_ctx *ctx);

/* el2/fast_sgi.c */
enum el2_verdict el2_sgi(struct av_vcpu_ctx *ctx, u64 value);

#endif
