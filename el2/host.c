// SPDX-License-Identifier: GPL-2.0
/*
 * EL2's side of the host's calls (include/el2_calls.def).
 *
 * Runs at: EL2, called from the host's door with the host's world in the CPU. Owns: nothing.
 */
#include "el2.h"

static u64 call_run(struct el2_cpu *cpu, u64 ctx, u64 first, u64 c)
{
	return el2_run(cpu, (struct av_vcpu_ctx *)ctx, first);
}

static u64 call_tlb_ipa(struct el2_cpu *cpu, u64 vttbr, u64 vtcr, u64 operand)
{
	el2_tlb_ipa(cpu, vttbr, vtcr, operand);
	return 0;
}

static u64 call_tlb_range(struct el2_cpu *cpu, u64 vttbr, u64 vtcr, u64 operand)
{
	el2_tlb_range(cpu, vttbr, vtcr, operand);
	return 0;
}

static u64 call_tlb_vmid(struct el2_cpu *cpu, u64 vttbr, u64 vtcr, u64 c)
{
	el2_tlb_vmid(cpu, vttbr, vtcr);
	return 0;
}

static u64 call_tlb_local(struct el2_cpu *cpu, u64 vttbr, u64 vtcr, u64 c)
{
	el2_tlb_local(cpu, vttbr, vtcr);
	return 0;
}

static u64 call_tlb_all(struct el2_cpu *cpu, u64 a, u64 b, u64 c)
{
	el2_tlb_all(cpu);
	return 0;
}

static u64 call_tlb_el2(struct el2_cpu *cpu, u64 va, u64 b, u64 c)
{
	el2_tlb_el2(cpu, va);
	return 0;
}

static u64 call_gic_info(struct el2_cpu *cpu, u64 a, u64 b, u64 c)
{
	return el2_has(cpu, EL2_FEAT_GICV3) ? read_named(ICH_VTR_EL2) : 0;
}

static u64 call_gic_provoke(struct el2_cpu *cpu, u64 on, u64 b, u64 c)
{
	if (el2_has(cpu, EL2_FEAT_GICV3))
		el2_gic_provoke(cpu, on);
	return 0;
}

static u64 call_gic_memory(struct el2_cpu *cpu, u64 a, u64 b, u64 c)
{
	return el2_has(cpu, EL2_FEAT_GICV3) && el2_gic_serves_memory();
}

static u64 call_sve(struct el2_cpu *cpu, u64 zcr, u64 b, u64 c)
{
	el2_controls_sve(cpu, zcr);
	return 0;
}

static u64 call_take(struct el2_cpu *cpu, u64 a, u64 b, u64 c)
{
	if (EL2_VHE)
		el2_save_found(cpu);
	return 0;
}

static u64 call_release(struct el2_cpu *cpu, u64 a, u64 b, u64 c)
{
	el2_restore_found(cpu);
	if (!EL2_VHE)
		el2_release(cpu);
	return 0;
}

/*
 * el2_host_call - one of our own calls
 * @id: AV_CALL(name)
 *
 * An id that is none of ours is answered as the stub answers what it doesn't know. So nothing of what is returned here
 * can be taken for the answer of somebody who took EL2 from us, nor theirs for one of ours.
 *
 * A switch, for the reason that el2/traps.c gives; the call that counts comes first.
 */
u64 el2_host_call(u64 id, u64 a, u64 b, u64 c)
{
	struct el2_cpu *cpu = el2_this_cpu();

	if (id == AV_CALL(RUN))
		return AV_ANSWER_DONE(call_run(cpu, a, b, c));
	switch (id) {
	case AV_CALL(TLB_IPA):
		return AV_ANSWER_DONE(call_tlb_ipa(cpu, a, b, c));
	case AV_CALL(TLB_RANGE):
		return AV_ANSWER_DONE(call_tlb_range(cpu, a, b, c));
	case AV_CALL(TLB_VMID):
		return AV_ANSWER_DONE(call_tlb_vmid(cpu, a, b, c));
	case AV_CALL(TLB_LOCAL):
		return AV_ANSWER_DONE(call_tlb_local(cpu, a, b, c));
	case AV_CALL(TLB_ALL):
		return AV_ANSWER_DONE(call_tlb_all(cpu, a, b, c));
	case AV_CALL(TLB_EL2):
		return AV_ANSWER_DONE(call_tlb_el2(cpu, a, b, c));
	case AV_CALL(GIC_INFO):
		return AV_ANSWER_DONE(call_gic_info(cpu, a, b, c));
	case AV_CALL(GIC_PROVOKE):
		return AV_ANSWER_DONE(call_gic_provoke(cpu, a, b, c));
	case AV_CALL(GIC_MEMORY):
		return AV_ANSWER_DONE(call_gic_memory(cpu, a, b, c));
	case AV_CALL(SVE):
		return AV_ANSWER_DONE(call_sve(cpu, a, b, c));
	case AV_CALL(TAKE):
		return AV_ANSWER_DONE(call_take(cpu, a, b, c));
	case AV_CALL(RELEASE):
		return AV_ANSWER_DONE(call_release(cpu, a, b, c));
	default:
		return AV_STUB_ERR;
	}
}
