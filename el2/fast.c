// SPDX-License-Identifier: GPL-2.0
/*
 * Traps that EL2 answers by itself: calls with a constant answer, ID registers; the GIC and doorbells in files of their
 * own.
 *
 * Runs at: EL2, with the guest's world in the CPU. Owns: nothing.
 *
 * Rules: bounded work, no lock, every value of the guest's checked, the same answer as the host's
 * (smc.c, sysreg.c, vgic/regs.c) gives with the fast path off.
 */
#include "el2.h"
#include "fast.h"
#include "../include/vm_fast.h"

/* MRS of op0 3, op1 0, CRn 0: ESR.ISS with CRm, op2 and Rt left out. */
#define ISS_ID_MASK		(AV_MASK(21, 20) | AV_MASK(16, 10) | 1)
#define ISS_ID_READ		(AV_PUT(3UL, 21, 20) | 1)

/* MSR ICC_SGI1R_EL1 (3, 0, 12, 11, 5), with only Rt left out. */
#define ISS_MASK		(AV_MASK(21, 10) | AV_MASK(4, 0))
#define ISS_SGI1R_WRITE		(AV_PUT(3UL, 21, 20) | AV_PUT(5UL, 19, 17) | AV_PUT(12UL, 13, 10) | \
				 AV_PUT(11UL, 4, 1))
/* MRS CTR_EL0 (3, 3, 0, 0, 1), likewise. */
#define ISS_CTR_READ		(AV_PUT(3UL, 21, 20) | AV_PUT(1UL, 19, 17) | AV_PUT(3UL, 16, 14) | 1)

static void results(struct av_vcpu_ctx *ctx, u64 x0)
{
	ctx->gpr[0] = x0;
	ctx->gpr[1] = 0;
	ctx->gpr[2] = 0;
	ctx->gpr[3] = 0;
}

/* A call of the guest's, by HVC or by SMC #0. */
static bool call(struct av_vcpu_ctx *ctx)
{
	const struct av_vm_fast *fast = fast_calls_of(ctx);
	u32 id = ctx->gpr[0];

	if (!fast)
		return false;
	if (!av_smccc_is_known(id)) {
		results(ctx, ~0ULL);
		return true;
	}
	/* PSCI 0.1 has no such call. Before the others: guests ask for it, to see what a call costs. */
	if (id == AV_PSCI_VERSION) {
		results(ctx, fast->psci_version > 1 ? fast->psci_version : ~0ULL);
		return true;
	}
	switch (id) {
	case AV_PSCI_MIGRATE_INFO_TYPE:
		results(ctx, fast->psci_version > 1 ? 2 : ~0ULL);
		return true;
	case AV_SMCCC_VERSION:
		results(ctx, 0x10001);
		return true;
	case AV_SMCCC_VENDOR_FEATURES:
		if (fast->vendor_features[0] & 1) {
			results(ctx, fast->vendor_features[0]);
			ctx->gpr[2] = fast->vendor_features[1];
		} else {
			results(ctx, ~0ULL);
		}
		return true;
	default:
		return false;
	}
}

/*
 * The workaround calls come from the guest's own vectors at each of its exceptions, on machines that need them
 * (smc.c). What they ask for was done at the way here, by the vectors of a CPU that needs it (switch.S). They never go
 * to the host, fast path or not: it would cost more than it protects.
 */
static bool workaround(struct av_vcpu_ctx *ctx)
{
	u32 id = ctx->gpr[0];

	if (id != AV_SMCCC_WORKAROUND_1 && id != AV_SMCCC_WORKAROUND_2 &&
	    id != AV_SMCCC_WORKAROUND_3)
		return false;
	ctx->gpr[0] = 0;
	return true;
}

enum el2_verdict el2_trap_hvc(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	if (workaround(ctx))
		return EL2_RESUME;
	return call(ctx) ? EL2_RESUME : EL2_NOT_MINE;
}

enum el2_verdict el2_trap_smc(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	if (ctx->trap.esr & 0xffff)
		return EL2_NOT_MINE;
	if (!workaround(ctx) && !call(ctx))
		return EL2_NOT_MINE;
	el2_skip();
	return EL2_RESUME;
}

static void set_gpr(struct av_vcpu_ctx *ctx, unsigned int n, u64 value)
{
	if (n < 31)
		ctx->gpr[n] = value;
}

/* The guest sends an SGI. */
static enum el2_verdict sgi(const struct el2_cpu *cpu, const struct av_vm_fast *fast,
			    struct av_vcpu_ctx *ctx, u64 iss)
{
	u64 rt = AV_GET(iss, 9, 5);
	enum el2_verdict verdict = el2_sgi(cpu, fast, ctx, rt < 31 ? ctx->gpr[rt] : 0);

	if (verdict != EL2_NOT_MINE)
		el2_skip();
	return verdict;
}

enum el2_verdict el2_trap_sysreg(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	u64 iss = ESR_ISS(ctx->trap.esr), crm = AV_GET(iss, 4, 1);
	const struct av_vm_fast *fast = fast_of(ctx);
	u64 value;

	if (!fast)
		return EL2_NOT_MINE;
	if ((iss & ISS_MASK) == ISS_SGI1R_WRITE)
		return sgi(cpu, fast, ctx, iss);
	if ((iss & ISS_ID_MASK) == ISS_ID_READ && crm >= 1 && crm <= 7)
		value = fast->idregs[el2_bounded((crm - 1) * 8 + AV_GET(iss, 19, 17), AV_FAST_IDREGS)];
	else if ((iss & ISS_MASK) == ISS_CTR_READ)
		value = fast->ctr;
	else
		return EL2_NOT_MINE;
	set_gpr(ctx, AV_GET(iss, 9, 5), value);
	el2_skip();
	return EL2_RESUME;
}

enum el2_verdict el2_trap_dabt(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	enum el2_verdict verdict = EL2_RESUME;
	const struct av_vm_fast *fast;

	if (!el2_abort_resolve(cpu, ctx))
		return EL2_RESUME;
	fast = fast_of(ctx);
	if (!fast)
		return EL2_NOT_MINE;
	if (!el2_gic_mmio(fast, ctx))
		verdict = ctx->bell_cpu ? el2_bell(cpu, fast, ctx) : EL2_NOT_MINE;
	if (verdict != EL2_NOT_MINE)
		el2_skip();
	return verdict;
}
