// SPDX-License-Identifier: GPL-2.0
/*
 * TLB maintenance of the guests' translations, which only EL2 can do (el2/tlb.c).
 *
 * Runs at: host kernel, any context that may disable preemption. Owns: nothing.
 *
 * The operations reach all CPUs of the inner shareable domain and are complete on return, whichever CPU's EL2
 * serves them.
 */
#include <linux/percpu.h>

#include "host/calls.h"
#include "mm.h"

void av_tlb_flush_ipa(struct av_vm *vm, u64 ipa, int level)
{
	/* level: a hint for FEAT_TTL, not used yet. */
	av_el2_broadcast(TLB_IPA, av_vmid_vttbr(vm), vm->mmu.vtcr, ipa);
}

void av_tlb_flush_vm(struct av_vm *vm)
{
	atomic64_inc(&vm->stats.tlb_flush);
	av_el2_broadcast(TLB_VMID, av_vmid_vttbr(vm), vm->mmu.vtcr, 0);
}

void av_tlb_flush_all(void)
{
	av_el2_broadcast(TLB_ALL, 0, 0, 0);
}

/* False: the CPU has lost EL2, and the vCPU can't run here. */
bool av_tlb_switch_vcpu(struct av_vcpu *vcpu)
{
	struct av_vm *vm = vcpu->vm;
	u32 *last = this_cpu_ptr(vm->mmu.last_vcpu);

	if (*last && av_el2_call(TLB_LOCAL, av_vmid_vttbr(vm), vm->mmu.vtcr, 0) < 0)
		return false;
	*last = vcpu->idx + 1;
	return true;
}
