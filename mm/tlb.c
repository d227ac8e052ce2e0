// SPDX-License-Identifier: GPL-2.0
/*
 * TLB maintenance of the guests' translations, which only EL2 can do (el2/tlb.c).
 *
 * Runs at: host kernel, any context that may disable preemption. Owns: nothing.
 *
 * The operations reach all CPUs of the inner shareable domain and are complete on return; preemption is off so
 * that the answering CPU's EL2 is ours from beginning to end.
 */
#include <linux/percpu.h>
#include <linux/preempt.h>

#include "../armvcpu.h"
#include "../percpu.h"

void av_tlb_flush_ipa(struct av_vm *vm, u64 ipa, int level)
{
	/* level: a hint for FEAT_TTL, not used yet. */
	preempt_disable();
	av_el2_call(TLB_IPA, av_vmid_vttbr(vm), vm->mmu.vtcr, ipa);
	preempt_enable();
}

void av_tlb_flush_vm(struct av_vm *vm)
{
	atomic64_inc(&vm->stats.tlb_flush);
	preempt_disable();
	av_el2_call(TLB_VMID, av_vmid_vttbr(vm), vm->mmu.vtcr, 0);
	preempt_enable();
}

void av_tlb_flush_all(void)
{
	preempt_disable();
	av_el2_call(TLB_ALL, 0, 0, 0);
	preempt_enable();
}

void av_tlb_switch_vcpu(struct av_vcpu *vcpu)
{
	struct av_vm *vm = vcpu->vm;
	u32 *last = this_cpu_ptr(vm->mmu.last_vcpu);

	if (*last)
		av_el2_call(TLB_LOCAL, av_vmid_vttbr(vm), vm->mmu.vtcr, 0);
	*last = vcpu->idx + 1;
}
