// SPDX-License-Identifier: GPL-2.0
/*
 * Find out the IPA of a guest's stage-2 fault.
 *
 * Runs at: EL2, with the guest's world in the CPU. Owns: nothing; PAR_EL1 is put back.
 */
#include "el2.h"

/*
 * HPFAR_EL2 is valid for translation, access flag and address size faults, and for any fault of a stage-1
 * walk; for a permission fault of the access itself it is UNKNOWN (DDI 0487, D24.2.65).
 */
static bool hpfar_is_valid(u64 esr, u64 features)
{
	/* Of a stage-1 walk: asking the CPU to walk again would only fault again. */
	if (esr & ESR_ABT_S1PTW)
		return true;
	if (features & EL2_FEAT_VERIFY_IPA)
		return false;
	return FSC_TYPE(ESR_ABT_FSC(esr)) != FSC_PERM;
}

enum found {
	FOUND_NOTHING,		/* it now faults: the guest has changed its tables */
	FOUND_IPA,
	FOUND_NO_READ,		/* stage 1 maps it, but not for EL1 to read */
};

/* The guest's AT, or a test's stand-in for one that fails, once (module parameter debug_faults). */
static bool at_fails(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	if (ctx->provoke != AV_PROVOKE_WALK)
		return el2_at(ctx->trap.far, el2_has(cpu, EL2_FEAT_ATS1A) ? 1 : 0);
	el2_store(&ctx->provoke, 0);
	return el2_at_pretend();
}

/*
 * Ask the CPU to walk the guest's stage 1 once more. The guest may have been let at the page by another permission than
 * the one that is asked for here: under indirect permissions EL0 can execute what EL1 can't read. A walk that fails by
 * an external abort is the guest's to find out: it runs its instruction again, whose own walk then ends so.
 */
static __always_inline enum found walk_stage1(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, u64 *ipa)
{
	u64 kept = read_reg(par_el1);
	bool failed;
	u64 par;

	failed = at_fails(cpu, ctx);
	par = read_reg(par_el1);
	write_reg(par_el1, kept);
	if (failed)
		return FOUND_NOTHING;
	if (par & PAR_F)
		return FSC_TYPE(PAR_FST(par)) == FSC_PERM ? FOUND_NO_READ : FOUND_NOTHING;
	*ipa = PAR_PA(par);
	return FOUND_IPA;
}

/* Reported by the memory, or by who checks it: 0x10 to 0x1f, but for tag checks (0x11) and what is reserved. */
static bool is_external(u64 fsc)
{
	return FSC_TYPE(fsc) >= FSC_EXTABT && FSC_TYPE(fsc) < FSC_ECC + 8;
}

/* HPFAR_EL2 has nothing that could be believed. */
static noinline bool resolve_by_walk(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	enum found found = walk_stage1(cpu, ctx, &ctx->trap.ipa);

	if (found == FOUND_IPA) {
		ctx->trap.flags |= AV_TRAP_IPA;
		return true;
	}
	/* The host reads the guest's tables itself: mm/fault.c. */
	return found == FOUND_NO_READ;
}

/* No translation fault: see el2_abort_resolve(), which has filled far. */
static noinline bool resolve_others(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, u64 fsc)
{
	struct av_trap *trap = &ctx->trap;

	if (is_external(fsc)) {
		/* HPFAR_EL2 is nobody's then. To walk once more is of no use if it was the walk that failed. */
		if ((fsc == FSC_EXTABT || fsc == FSC_ECC) && !(trap->esr & ESR_ABT_FNV))
			resolve_by_walk(cpu, ctx);
		return true;
	}
	/* Of what device memory does not do: HPFAR_EL2 is UNKNOWN, and nobody needs the IPA (mm/fault.c). */
	if (fsc == FSC_ALIGN || fsc == FSC_EXCLUSIVE)
		return true;
	if (!hpfar_is_valid(trap->esr, cpu->features))
		return resolve_by_walk(cpu, ctx);
	trap->ipa = HPFAR_TO_IPA(read_reg(hpfar_el2));
	trap->flags |= AV_TRAP_IPA;
	return true;
}

/*
 * el2_abort_resolve - complete the snapshot of a stage-2 abort
 * @cpu: this CPU's page
 * @ctx: the vCPU; of its trap esr is filled, far and ipa are filled here
 *
 * Returns false when the fault has gone meanwhile: the guest runs its instruction again. True without AV_TRAP_IPA: the
 * host has to find it, or it is nobody's.
 */
bool el2_abort_resolve(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	struct av_trap *trap = &ctx->trap;
	u64 fsc = ESR_ABT_FSC(trap->esr);

	trap->far = read_reg(far_el2);
	/* MMIO, and memory that is not mapped yet. */
	if (FSC_TYPE(fsc) == FSC_FAULT && hpfar_is_valid(trap->esr, cpu->features)) {
		trap->ipa = HPFAR_TO_IPA(read_reg(hpfar_el2));
		trap->flags |= AV_TRAP_FAR | AV_TRAP_IPA;
		return true;
	}
	trap->flags |= AV_TRAP_FAR;
	return FSC_TYPE(fsc) == FSC_FAULT ? resolve_by_walk(cpu, ctx) : resolve_others(cpu, ctx, fsc);
}
