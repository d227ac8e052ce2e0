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

/* Reported by the memory, or by who checks it: 0x10 to 0x1f, but for tag checks (0x11) and what is reserved. */
static bool is_external(u64 fsc)
{
	return FSC_TYPE(fsc) >= FSC_EXTABT && FSC_TYPE(fsc) < FSC_ECC + 8;
}

/*
 * HPFAR_EL2 has nothing that could be believed: ask the CPU to walk the guest's stage 1 once more. The guest may have
 * been let at the page by another permission than the one that is asked for here: under indirect permissions EL0 can
 * execute what EL1 can't read. Then the host reads the guest's tables itself (mm/fault.c). A walk that fails otherwise
 * is the guest's to find out: it has changed its tables, or its own walk will end in an external abort as this one.
 */
static noinline bool resolve_by_walk(u64 far, u64 how, struct av_trap *trap)
{
	u64 par = el2_walk(far, how);

	if (par & PAR_F) {
		trap->flags = AV_TRAP_FAR;
		return FSC_TYPE(PAR_FST(par)) == FSC_PERM;
	}
	trap->ipa = PAR_PA(par);
	trap->flags = AV_TRAP_FAR | AV_TRAP_IPA;
	return true;
}

/* No translation fault: see el2_abort_resolve(). */
static noinline bool resolve_others(const struct el2_cpu *cpu, struct av_trap *trap, u64 far, u64 fsc)
{
	trap->flags = AV_TRAP_FAR;
	if (is_external(fsc)) {
		/* HPFAR_EL2 is nobody's then. To walk once more is of no use if it was the walk that failed. */
		if ((fsc == FSC_EXTABT || fsc == FSC_ECC) && !(trap->esr & ESR_ABT_FNV))
			resolve_by_walk(far, cpu->walk, trap);
		return true;
	}
	/* Of what device memory does not do: HPFAR_EL2 is UNKNOWN, and nobody needs the IPA (mm/fault.c). */
	if (fsc == FSC_ALIGN || fsc == FSC_EXCLUSIVE)
		return true;
	if (!hpfar_is_valid(trap->esr, cpu->features))
		return resolve_by_walk(far, cpu->walk, trap);
	trap->ipa = HPFAR_TO_IPA(read_reg(hpfar_el2));
	trap->flags = AV_TRAP_FAR | AV_TRAP_IPA;
	return true;
}

/*
 * el2_abort_resolve - complete the snapshot of a stage-2 abort
 * @cpu: this CPU's page
 * @ctx: the vCPU; of its trap esr is filled; far, ipa and flags are filled here
 *
 * Returns false when the fault has gone meanwhile: the guest runs its instruction again. True without AV_TRAP_IPA: the
 * host has to find it, or it is nobody's.
 */
bool el2_abort_resolve(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	struct av_trap *trap = &ctx->trap;
	u64 fsc = ESR_ABT_FSC(trap->esr), far = read_reg(far_el2);

	trap->far = far;
	/* MMIO, and memory that is not mapped yet. */
	if (FSC_TYPE(fsc) == FSC_FAULT && hpfar_is_valid(trap->esr, cpu->features)) {
		trap->ipa = HPFAR_TO_IPA(read_reg(hpfar_el2));
		trap->flags = AV_TRAP_FAR | AV_TRAP_IPA;
		return true;
	}
	return FSC_TYPE(fsc) == FSC_FAULT ? resolve_by_walk(far, cpu->walk, trap) : resolve_others(cpu, trap, far, fsc);
}
