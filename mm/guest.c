// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory as the kernel sees it, and what of the address size the hardware gives to a VM.
 *
 * Runs at: host kernel, may sleep.
 * Owns: nothing. Locks: takes slots_srcu.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "mm.h"
#include "rules.h"

unsigned int av_mm_ipa_limit(void)
{
	return av_ipa_limit(read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1), PAGE_SHIFT);
}

u64 av_mm_vtcr(const struct av_pgt *s2)
{
	return av_vtcr(read_sanitised_ftr_reg(SYS_ID_AA64MMFR0_EL1),
		       read_sanitised_ftr_reg(SYS_ID_AA64MMFR1_EL1), s2->ia_bits, s2->page_shift,
		       s2->start_level);
}

static void __user *host_addr(const struct av_memslot *slot, u64 ipa)
{
	u64 gfn = ipa >> PAGE_SHIFT;
	unsigned long hva;

	hva = slot->hva + ((gfn - slot->base_gfn) << PAGE_SHIFT) + offset_in_page(ipa);
	return (void __user *)hva;
}

/* Whose thread this is: of a vCPU in RUN, or NULL. Only asked by VMs with dirty rings. */
static struct av_vcpu *running_here(struct av_vm *vm)
{
	struct av_vcpu *vcpu;
	int i;

	av_for_each_vcpu(i, vcpu, vm) {
		if (rcu_access_pointer(vcpu->task) == current)
			return vcpu;
	}
	return NULL;
}

static int access_page(struct av_vm *vm, struct av_vcpu *vcpu, u64 ipa, void *data, unsigned int len, bool write)
{
	struct av_memslot *slot;
	int idx, ret = -EFAULT;

	idx = srcu_read_lock(&vm->mmu.slots_srcu);
	slot = av_mm_find_slot(vm, ipa >> PAGE_SHIFT);
	if (!slot || (write && (slot->flags & KVM_MEM_READONLY || !av_mm_can_mark(vcpu, slot))))
		goto out;
	if (!write) {
		ret = copy_from_user(data, host_addr(slot, ipa), len) ? -EFAULT : 0;
	} else {
		ret = copy_to_user(host_addr(slot, ipa), data, len) ? -EFAULT : 0;
		if (!ret)
			av_mm_mark_dirty(vcpu, slot, ipa >> PAGE_SHIFT);
	}
out:
	srcu_read_unlock(&vm->mmu.slots_srcu, idx);
	return ret;
}

static int access_guest(struct av_vm *vm, struct av_vcpu *vcpu, u64 ipa, void *data, unsigned int len, bool write)
{
	unsigned int part;
	int ret;

	if (current->mm != vm->mm || ipa + len < ipa)
		return -EFAULT;
	for (; len; len -= part, ipa += part, data += part) {
		part = min_t(unsigned int, len, PAGE_SIZE - offset_in_page(ipa));
		ret = access_page(vm, vcpu, ipa, data, part, write);
		if (ret)
			return ret;
	}
	return 0;
}

bool av_mm_is_writable(struct av_vm *vm, u64 ipa)
{
	const struct av_memslot *slot;
	bool yes;
	int idx;

	idx = srcu_read_lock(&vm->mmu.slots_srcu);
	slot = av_mm_find_slot(vm, ipa >> PAGE_SHIFT);
	yes = slot && !(slot->flags & KVM_MEM_READONLY);
	srcu_read_unlock(&vm->mmu.slots_srcu, idx);
	return yes;
}

int av_mm_read_guest(struct av_vm *vm, u64 ipa, void *data, unsigned int len)
{
	return access_guest(vm, NULL, ipa, data, len, false);
}

int av_mm_write_guest(struct av_vm *vm, u64 ipa, const void *data, unsigned int len)
{
	struct av_vcpu *vcpu = READ_ONCE(vm->mmu.ring_size) ? running_here(vm) : NULL;

	return access_guest(vm, vcpu, ipa, (void *)data, len, true);
}

int av_mm_vcpu_write(struct av_vcpu *vcpu, u64 ipa, const void *data, unsigned int len)
{
	return access_guest(vcpu->vm, vcpu, ipa, (void *)data, len, true);
}
