// SPDX-License-Identifier: GPL-2.0
/*
 * TLB maintenance of the guests' translations, which only EL2 can do (el2/tlb.c).
 *
 * Runs at: host kernel, any context that may disable preemption. Owns: what the CPUs have for it.
 *
 * The operations reach all CPUs of the inner shareable domain and are complete on return, whichever CPU's EL2
 * serves them.
 */
#include <linux/cache.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "host/calls.h"
#include "mm.h"
#include "rules.h"

static bool has_range __ro_after_init;	/* FEAT_TLBIRANGE */
static bool has_ttl __ro_after_init;	/* FEAT_TTL */

void av_tlb_init(void)
{
	has_range = ISAR0_TLB(read_sanitised_ftr_reg(SYS_ID_AA64ISAR0_EL1)) >= ISAR0_TLB_RANGE;
	has_ttl = MMFR2_TTL(read_sanitised_ftr_reg(SYS_ID_AA64MMFR2_EL1));
}

bool av_tlb_has_range(void)
{
	return has_range;
}

void av_tlb_flush_ipa(struct av_vm *vm, u64 ipa, int level)
{
	av_el2_broadcast(TLB_IPA, av_vmid_vttbr(vm), vm->mmu.vtcr, av_tlbi_ipa(ipa, level, PAGE_SHIFT, has_ttl));
}

void av_tlb_flush_range(struct av_vm *vm, u64 ipa, u64 size, int level)
{
	u64 operand = av_tlbi_range(ipa, size, level, PAGE_SHIFT, vm->mmu.ipa_bits);

	if (operand)
		av_el2_broadcast(TLB_RANGE, av_vmid_vttbr(vm), vm->mmu.vtcr, operand);
	else
		av_tlb_flush_vm(vm);
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
