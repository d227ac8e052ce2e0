/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handlers of trap classes at EL2 (third column of include/traps.def).
 *
 * Runs at: EL2. Owns: nothing.
 */
#ifndef EL2_FAST_H
#define EL2_FAST_H

#include "el2.h"
#include "../include/vm_fast.h"

struct av_vgic_block;
struct av_vgic_priv;

/* The VM's page, asked for once per trap: NULL if everything is to go to the host. */
static inline const struct av_vm_fast *fast_of(const struct av_vcpu_ctx *ctx)
{
	const struct av_vm_fast *fast = (const struct av_vm_fast *)ctx->fast;

	return fast && el2_load(&fast->on) ? fast : NULL;
}

/* Likewise for a call. */
static inline const struct av_vm_fast *fast_calls_of(const struct av_vcpu_ctx *ctx)
{
	const struct av_vm_fast *fast = (const struct av_vm_fast *)ctx->fast;

	return fast && !el2_load(&fast->calls_off) ? fast : NULL;
}

/* Its private interrupts, NULL: it has no GIC that EL2 knows of. */
static inline struct av_vgic_priv *priv_of(const struct av_vcpu_ctx *ctx)
{
	return (struct av_vgic_priv *)ctx->gic_priv;
}

/* What a handler at EL2 says. */
enum el2_verdict {
	EL2_NOT_MINE,		/* to the host */
	EL2_RESUME,		/* done: back into the guest, PC as ELR_EL2 has it */
	EL2_KICK,		/* done, but the host has to wake others: AV_EXIT_KICK */
};

enum el2_verdict el2_trap_hvc(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
enum el2_verdict el2_trap_smc(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
enum el2_verdict el2_trap_sysreg(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
enum el2_verdict el2_trap_wfx(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);
enum el2_verdict el2_trap_dabt(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);

/* el2/fast_gic.c */
bool el2_gic_mmio(const struct av_vm_fast *fast, struct av_vcpu_ctx *ctx);

/* el2/fast_bell.c; with ctx->bell_cpu only */
enum el2_verdict el2_bell(const struct el2_cpu *cpu, const struct av_vm_fast *fast, struct av_vcpu_ctx *ctx);

/* el2/fast_sgi.c */
enum el2_verdict el2_sgi(const struct el2_cpu *cpu, const struct av_vm_fast *fast,
			 struct av_vcpu_ctx *ctx, u64 value);

/* el2/fast_lr.c */
bool el2_load_lr(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, struct av_vgic_block *b, u32 intid, u64 hw);

/* el2/fast_irq.c */
bool el2_irq(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx);

/* A load or store by AArch64 code in little-endian order; of the rest the host knows how. */
static inline bool el2_is_plain(u64 esr)
{
	return ESR_DABT_IS_HOLE(esr) && !(esr & ESR_DABT_SSE) && !(read_reg(spsr_el2) & PSR_MODE_32) &&
	       !(read_guest(SCTLR_EL1) & (SCTLR_EE | SCTLR_E0E));
}

/* Behind the instruction that trapped; AArch64 only. */
static inline void el2_skip(void)
{
	write_reg(elr_el2, read_reg(elr_el2) + 4);
	write_reg(spsr_el2, read_reg(spsr_el2) & ~(PSR_SS | PSR_BTYPE));
}

#endif
