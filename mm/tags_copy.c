// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_ARM_MTE_COPY_TAGS: tags of a VM's memory for user space, which saves or moves it, and back.
 *
 * Runs at: host kernel, ioctl context, may sleep. Owns: nothing. Locks: takes slots_lock.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "around.h"
#include "compat.h"
#include "mm.h"

#if AV_HAS_TAGS

#define GRANULE		16
#define PAGE_TAGS	(PAGE_SIZE / GRANULE)

static int tags_to_user(struct page *page, u8 __user *user, u8 *tags)
{
	if (!av_tags_there(page))
		return clear_user(user, PAGE_TAGS) ? -EFAULT : 0;
	av_tags_read(page_address(page), tags, PAGE_SIZE);
	return copy_to_user(user, tags, PAGE_TAGS) ? -EFAULT : 0;
}

static int tags_from_user(struct page *page, unsigned long hva, const u8 __user *user, u8 *tags)
{
	int ret;

	if (copy_from_user(tags, user, PAGE_TAGS))
		return -EFAULT;
	ret = av_tags_prepare(hva, page_to_pfn(page), PAGE_SIZE);
	if (ret)
		return -EFAULT;
	av_tags_write(page_address(page), tags, PAGE_SIZE);
	set_page_dirty_lock(page);
	return 0;
}

static int copy_page_tags(struct av_vm *vm, u64 gfn, u8 __user *user, bool write, u8 *tags)
{
	struct av_memslot *slot = av_mm_find_slot(vm, gfn);
	unsigned long hva;
	struct page *page;
	int ret;

	if (!slot || (write && slot->flags & KVM_MEM_READONLY))
		return -EFAULT;
	hva = slot->hva + ((gfn - slot->base_gfn) << PAGE_SHIFT);
	if (get_user_pages_unlocked(hva, 1, &page, write ? FOLL_WRITE : 0) != 1)
		return -EFAULT;
	if (!av_pfn_is_map_memory(page_to_pfn(page)))
		ret = -EFAULT;
	else if (write)
		ret = tags_from_user(page, hva, user, tags);
	else
		ret = tags_to_user(page, user, tags);
	put_page(page);
	return ret;
}

/* Under slots_lock. */
static bool writes_are_logged(struct av_vm *vm)
{
	struct av_memslot *slot;
	unsigned long id;

	xa_for_each(&vm->mmu.slots, id, slot) {
		if (slot->flags & KVM_MEM_LOG_DIRTY_PAGES)
			return true;
	}
	return false;
}

static bool copy_is_valid(const struct av_vm *vm, const struct kvm_arm_copy_mte_tags *copy)
{
	if (!vm->tags || copy->reserved[0] || copy->reserved[1] || copy->flags & ~KVM_ARM_TAGS_FROM_GUEST)
		return false;
	/* More would not fit into the answer. */
	return PAGE_ALIGNED(copy->length | copy->guest_ipa) && copy->length <= INT_MAX &&
	       copy->guest_ipa + copy->length >= copy->guest_ipa;
}

/* Under slots_lock: the slots stay. Bytes of guest memory whose tags were copied, or why there are none. */
static long copy_tags(struct av_vm *vm, const struct kvm_arm_copy_mte_tags *copy, u8 *tags)
{
	bool write = !(copy->flags & KVM_ARM_TAGS_FROM_GUEST);
	u8 __user *user = copy->addr;
	u64 done;
	int ret;

	if (write && writes_are_logged(vm))
		return -EBUSY;
	for (done = 0; done < copy->length; done += PAGE_SIZE, user += PAGE_TAGS) {
		ret = fatal_signal_pending(current) ? -EINTR :
		      copy_page_tags(vm, (copy->guest_ipa + done) >> PAGE_SHIFT, user, write, tags);
		if (ret)
			return done ?: ret;
		cond_resched();
	}
	return done;
}

/**
 * av_mm_copy_tags() - KVM_ARM_MTE_COPY_TAGS
 * @vm: the VM
 * @copy: what, as user space gave it
 *
 * Context: the VM's mm is the caller's; sleeps. Return: bytes of guest memory, as many as went well; else -EINVAL for a
 * VM without tags, flags, or what is not aligned or too long; -EBUSY for tags to the guest while a slot's writes are
 * logged; -EFAULT for memory that isn't there, can't have tags, or @copy->addr; -ENOMEM.
 * Source: Documentation/virt/kvm/api.rst, 4.130.
 */
long av_mm_copy_tags(struct av_vm *vm, const struct kvm_arm_copy_mte_tags *copy)
{
	u8 *tags;
	long ret;

	if (!copy_is_valid(vm, copy))
		return -EINVAL;
	tags = kmalloc(PAGE_TAGS, GFP_KERNEL_ACCOUNT);
	if (!tags)
		return -ENOMEM;
	mutex_lock(&vm->mmu.slots_lock);
	ret = copy_tags(vm, copy, tags);
	mutex_unlock(&vm->mmu.slots_lock);
	kfree(tags);
	return ret;
}

#else

/* No VM has tags. */
long av_mm_copy_tags(struct av_vm *vm, const struct kvm_arm_copy_mte_tags *copy)
{
	return -EINVAL;
}

#endif
