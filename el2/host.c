// SPDX-License-Identifier: GPL-2.0
/*
 * EL2's side of the host's HVCs: our own calls, and the hyp-stub's, which we stand in for.
 *
 * Runs at: EL2, called from switch.S with the host's world in the CPU. Owns: nothing.
 */
#include "el2.h"

/* called from switch.S */
u64 el2_host_call(u64 id, u64 a, u64 b, u64 c);
void el2_stub_call(u64 *frame);
void el2_host_trap(void);

static u64 call_run(struct el2_cpu *cpu, u64 ctx, u64 b, u64 c)
{
	return el2_run(cpu, (struct av_vcpu_ctx *)ctx);
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
	el2_tlb_all();
	return 0;
}

static u64 call_tlb_el2(struct el2_cpu *cpu, u64 va, u64 b, u64 c)
{
	el2_tlb_el2(va);
	return 0;
}

static u64 call_gic_info(struct el2_cpu *cpu, u64 a, u64 b, u64 c)
{
	return el2_has(cpu, EL2_FEAT_GICV3) ? read_named(ICH_VTR_EL2) : 0;
}

static u64 call_release(struct el2_cpu *cpu, u64 a, u64 b, u64 c)
{
	const u64 frame[18] = { 0 };

	el2_restore_found(cpu);
	((el2_release_fn)cpu->idmap_release)(cpu, frame, 0);
	return 0;
}

typedef u64 (*call_fn)(struct el2_cpu *cpu, u64 a, u64 b, u64 c);

static const call_fn calls[AV_NR_CALLS] = {
	[AV_CALL_RUN]		= call_run,
	[AV_CALL_TLB_IPA]	= call_tlb_ipa,
	[AV_CALL_TLB_VMID]	= call_tlb_vmid,
	[AV_CALL_TLB_LOCAL]	= call_tlb_local,
	[AV_CALL_TLB_ALL]	= call_tlb_all,
	[AV_CALL_TLB_EL2]	= call_tlb_el2,
	[AV_CALL_GIC_INFO]	= call_gic_info,
	[AV_CALL_RELEASE]	= call_release,
};

/*
 * el2_host_call - one of our own calls
 * @id: x0 of the host, AV_CALL(name)
 *
 * An id that is none of ours is answered as the stub answers what it doesn't know.
 */
u64 el2_host_call(u64 id, u64 a, u64 b, u64 c)
{
	struct el2_cpu *cpu = el2_this_cpu();
	u64 index = id - AV_CALL_BASE;

	if (index >= AV_NR_CALLS)
		return AV_STUB_ERR;
	return calls[index](cpu, a, b, c);
}

/*
 * el2_stub_call - a call that the kernel means for its hyp-stub
 * @frame: the host's x0 - x17; x0 is the call's number, up to AV_STUB_MAX, and takes the answer
 *
 * RESET_VECTORS has nothing to do, as in the stub; FINALISE_EL2 the stub refuses too once EL2's MMU is
 * on. The two calls that hand EL2 to somebody else (kexec, another hypervisor) first give back
 * all that we took; the CPU is then lost to us, which percpu.c sees by its next call's answer.
 * Source: arch/arm64/kernel/hyp-stub.S and Documentation/virt/kvm/arm/hyp-abi.rst.
 */
void el2_stub_call(u64 *frame)
{
	struct el2_cpu *cpu = el2_this_cpu();
	el2_release_fn release = (el2_release_fn)cpu->idmap_release;

	switch (frame[0]) {
	case AV_STUB_SET_VECTORS:
		el2_restore_found(cpu);
		cpu->saved.vbar = frame[1];
		frame[0] = 0;
		release(cpu, frame, 0);
		return;	/* not reached */
	case AV_STUB_SOFT_RESTART:
		el2_restore_found(cpu);
		release(cpu, frame, 1);
		return;	/* not reached */
	case AV_STUB_RESET_VECTORS:
		frame[0] = 0;
		return;
	case AV_STUB_GET_ICH_VTR:
		if (!el2_has(cpu, EL2_FEAT_STUB_ICH_VTR))
			break;
		frame[0] = 0;
		frame[1] = read_named(ICH_VTR_EL2);
		return;
	default:
		break;
	}
	frame[0] = AV_STUB_ERR;
}

/*
 * el2_host_trap - the host trapped to EL2 by something that is no HVC
 *
 * Nothing of the host's is meant to trap. Should it happen, the host gets what it would get without us: an
 * undefined instruction, at the place where it stands, which its own oops shows.
 */
void el2_host_trap(void)
{
	u64 spsr = read_reg(spsr_el2);
	u64 mode = spsr & PSR_MODE_MASK;
	u64 offset = mode == PSR_MODE_EL1H ? 0x200 : mode == PSR_MODE_EL1T ? 0 :
		     mode & PSR_MODE_32 ? 0x600 : 0x400;

	write_reg(spsr_el1, spsr);
	write_reg(elr_el1, read_reg(elr_el2));
	write_reg(esr_el1, ((u64)EC_UNKNOWN << ESR_EC_SHIFT) | ESR_IL);
	write_reg(elr_el2, read_reg(vbar_el1) + offset);
	write_reg(spsr_el2, PSR_MODE_EL1H | PSR_DAIF);
}
