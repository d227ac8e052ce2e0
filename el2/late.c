// SPDX-License-Identifier: GPL-2.0
/*
 * Registers that came late to EL1 and EL0: TCR2_EL1, PIR_EL1 and PIRE0_EL1, SCTLR2_EL1, FPMR. A vCPU that has used one
 * has its own in the CPU while the guest runs (guest/late.c).
 *
 * Runs at: EL2. Owns: these registers during RUN, for a vCPU with ctx->late; el2_cpu.late_moved.
 *
 * Of who has not used them, or may not, they are shut: with their bits in HCRX_EL2 clear TCR2_EL1 and SCTLR2_EL1 count
 * as 0, whatever they hold, and without TCR2_EL1.PIE the other two mean nothing (DDI 0487, HCRX_EL2). What is in them
 * belongs to a regime as TCR_EL1 does and may be cached in TLB entries, with its VMID: a switch needs no TLBI. Of vCPUs
 * of one VM, which share the VMID, av_tlb_switch_vcpu() takes care.
 */
#include "el2.h"

#define LATE_NAME(op0, op1, crn, crm, op2)	S##op0##_##op1##_C##crn##_C##crm##_##op2

static void late_save(u64 *sys, u64 which)
{
#define SR_LATE(name, op0, op1, crn, crm, op2, group, ...)	\
	if (which & AV_LATE_##group)				\
		sys[AV_##name] = read_named(GUEST_ROW(name, LATE_NAME(op0, op1, crn, crm, op2)));
#include "../include/sysregs.def"
}

static void late_load(const u64 *sys, u64 which)
{
#define SR_LATE(name, op0, op1, crn, crm, op2, group, ...)	\
	if (which & AV_LATE_##group)				\
		write_named(GUEST_ROW(name, LATE_NAME(op0, op1, crn, crm, op2)), sys[AV_##name]);
#include "../include/sysregs.def"
}

/*
 * Of EL1. A guest with TCR2_EL1 can switch indirection on where the CPU has it, shown or not: by what would be in its
 * registers otherwise is nobody's business.
 */
static u64 of_el1(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	u64 which = ctx->late & AV_LATE_OF_EL1;

	if (which & AV_LATE_TCR2 && el2_has(cpu, EL2_FEAT_S1PIE))
		which |= AV_LATE_PIE;
	return which;
}

/*
 * FPMR goes with the guest's FP registers: before their first use in a burst it traps as they do, and for us too, by
 * CPTR_EL2. While they are the guest's neither its CPTR_EL2 nor the host's traps, so that no ISB is needed behind its
 * write. The host's FPMR is where the host's FP registers are, in its thread (guest/fp.c).
 */
static u64 of_fp(const struct av_vcpu_ctx *ctx)
{
	bool open = EL2_VHE ? ctx->cptr & CPTR_E2H_FPEN : !(ctx->cptr & CPTR_TFP);

	return open ? ctx->late & AV_LATE_FPMR : 0;
}

/* el2_late_load - VHE: EL1's are the guest's for the burst, as what they belong to */
void el2_late_load(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	late_load(ctx->sys, of_el1(cpu, ctx));
}

/* el2_late_save - the other way round */
void el2_late_save(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	late_save(ctx->sys, of_el1(cpu, ctx));
}

/*
 * el2_late_enter - the guest's into the CPU, at an entry of a vCPU with ctx->late
 * @first: first entry of a burst
 *
 * The host's walks have ended: el2/world_nvhe.c. Nothing at EL2 depends on what is written here; the eret synchronises.
 */
void el2_late_enter(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx, bool first)
{
	u64 which = EL2_VHE ? 0 : of_el1(cpu, ctx);

	if (first)
		late_save(cpu->host_sys, which);
	/* From here on the fault path has to give these back. */
	el2_store(&cpu->late_moved, which);
	late_load(ctx->sys, which | of_fp(ctx));
}

/* el2_late_abandon - the host's back, whatever became of the guest's; the host's context synchronises */
void el2_late_abandon(struct el2_cpu *cpu)
{
	u64 which = el2_load(&cpu->late_moved);

	if (!which)
		return;
	/* The guest's walks end before its permissions go, as in leave_to_host(). */
	dsb(nsh);
	late_load(cpu->host_sys, which);
	el2_store(&cpu->late_moved, 0);
}

/* el2_late_leave - the other way round: the guest changes them without a trap */
void el2_late_leave(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	late_save(ctx->sys, el2_load(&cpu->late_moved) | of_fp(ctx));
	el2_late_abandon(cpu);
}
