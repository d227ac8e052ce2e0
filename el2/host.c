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

static u64 call_put(struct el2_cpu *cpu, u64 ctx, u64 b, u64 c)
{
	return el2_world_put(cpu, (struct av_vcpu_ctx *)ctx);
}

static u64 call_tlb_ipa(struct el2_cpu *cpu, u64 vttbr, u64 vtcr, u64 ipa)
{
	el2_tlb_ipa(cpu, vttbr, vtcr, ipa);
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

typedef u64 (*call_fn)(struct el2_cpu *cpu, u64 a, u64 b, u64 c);

static const call_fn calls[AV_NR_CALLS] = {
	[AV_CALL_RUN]		= call_run,
	[AV_CALL_PUT]		= call_put,
	[AV_CALL_TLB_IPA]	= call_tlb_ipa,
	[AV_CALL_TLB_VMID]	= call_tlb_vmid,
	[AV_CALL_TLB_LOCAL]	= call_tlb_local,
	[AV_CALL_TLB_ALL]	= call_tlb_all,
	[AV_CALL_TLB_EL2]	= call_tlb_el2,
	[AV_CALL_GIC_INFO]	= call_gic_info,
	[AV_CALL_GIC_PROVOKE]	= call_gic_provoke,
	[AV_CALL_TAKE]		= call_take,
	[AV_CALL_RELEASE]	= call_release,
};

/*
 * el2_host_call - one of our own calls
 * @id: AV_CALL(name)
 *
 * An id that is none of ours is answered as the stub answers what it doesn't know. So nothing of what is returned here
 * can be taken for the answer of somebody who took EL2 from us, nor theirs for one of ours.
 */
u64 el2_host_call(u64 id, u64 a, u64 b, u64 c)
{
	struct el2_cpu *cpu = el2_this_cpu();
	u64 index = id - AV_CALL_BASE;

	if (index >= AV_NR_CALLS)
		return AV_STUB_ERR;
	return AV_ANSWER_DONE(calls[index](cpu, a, b, c));
}
