// SPDX-License-Identifier: GPL-2.0
/*
 * Dirty log: which pages of a slot were written since the last time that user space asked.
 *
 * Runs at: host kernel, ioctl context.
 * Owns: av_memslot.dirty and the LOG_DIRTY_PAGES flag.
 * Locks: slots_lock for changes; the bitmap's pointer also under mmu_lock; bits are set atomically.
 *
 * While a slot is logged its pages are mapped one by one, and writable only from the write fault on
 * that sets the bit. GET takes the bits and the write permission of these pages away again.
 */
#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "mm.h"
#include "rules.h"

/* Bitmap words whose pages are write-protected in one go with the lock held. */
#define WORDS_PER_LOCK		64

static size_t dirty_words(unsigned long nr_pages)
{
	return BITS_TO_LONGS(nr_pages);
}

/* The second half is where GET collects what it takes out. */
unsigned long *av_mm_dirty_alloc(unsigned long nr_pages)
{
	return kvzalloc(2 * dirty_words(nr_pages) * sizeof(long), GFP_KERNEL_ACCOUNT);
}

void av_mm_mark_dirty(struct av_memslot *slot, u64 gfn)
{
	unsigned long *dirty = READ_ONCE(slot->dirty);

	if (dirty)
		set_bit_le(gfn - slot->base_gfn, dirty);
}

int av_mm_dirty_start(struct av_vm *vm, struct av_memslot *slot)
{
	unsigned long *dirty = av_mm_dirty_alloc(slot->nr_pages);
	u64 ipa = slot->base_gfn << PAGE_SHIFT;
	u64 end = ipa + ((u64)slot->nr_pages << PAGE_SHIFT);
	u64 step;

	if (!dirty)
		return -ENOMEM;
	write_lock(&vm->mmu.mmu_lock);
	WRITE_ONCE(slot->dirty, dirty);
	slot->flags |= KVM_MEM_LOG_DIRTY_PAGES;
	/* A fault that read the old flags must not install a writable page after this. */
	vm->mmu.invalidate_seq++;
	write_unlock(&vm->mmu.mmu_lock);

	for (; ipa < end; ipa += step) {
		step = min_t(u64, end - ipa, SZ_32M);
		write_lock(&vm->mmu.mmu_lock);
		av_s2_write_protect(vm, ipa, step);
		write_unlock(&vm->mmu.mmu_lock);
		cond_resched();
	}
	av_s2_flush_tlb(vm);
	return 0;
}

void av_mm_dirty_stop(struct av_vm *vm, struct av_memslot *slot)
{
	unsigned long *dirty = slot->dirty;

	write_lock(&vm->mmu.mmu_lock);
	slot->flags &= ~KVM_MEM_LOG_DIRTY_PAGES;
	WRITE_ONCE(slot->dirty, NULL);
	vm->mmu.invalidate_seq++;
	write_unlock(&vm->mmu.mmu_lock);
	/* Kernel writes to guest memory mark under SRCU only. */
	synchronize_srcu(&vm->mmu.slots_srcu);
	kvfree(dirty);
}

/* Take the bits of some words over into taken[] and protect their pages; true if there were any. */
static bool take_words(struct av_vm *vm, struct av_memslot *slot, unsigned long *taken,
		       size_t first, size_t end)
{
	bool any = false;
	size_t i;

	write_lock(&vm->mmu.mmu_lock);
	for (i = first; i < end; i++) {
		u64 page = (u64)i * BITS_PER_LONG;
		u64 nr = min_t(u64, BITS_PER_LONG, slot->nr_pages - page);

		taken[i] = slot->dirty[i] ? xchg(&slot->dirty[i], 0) : 0;
		if (!taken[i])
			continue;
		any = true;
		av_s2_write_protect(vm, (slot->base_gfn + page) << PAGE_SHIFT, nr << PAGE_SHIFT);
	}
	write_unlock(&vm->mmu.mmu_lock);
	return any;
}

static int get_log(struct av_vm *vm, struct av_memslot *slot, void __user *to)
{
	size_t words = dirty_words(slot->nr_pages), i;
	unsigned long *taken = slot->dirty + words;
	bool any = false;

	for (i = 0; i < words; i += WORDS_PER_LOCK) {
		any |= take_words(vm, slot, taken, i, min_t(size_t, words, i + WORDS_PER_LOCK));
		cond_resched();
	}
	/*
	 * Before user space reads a page whose bit it got, no CPU may still write to it
	 * unnoticed.
	 */
	if (any)
		av_s2_flush_tlb(vm);
	return copy_to_user(to, taken, words * sizeof(long)) ? -EFAULT : 0;
}

/* KVM_GET_DIRTY_LOG without KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: report and begin anew. */
int av_mm_get_dirty_log(struct av_vm *vm, const struct kvm_dirty_log *log)
{
	struct av_memslot *slot;
	int ret = -ENOENT;

	if (log->slot >= AV_MAX_MEMSLOTS)
		return -EINVAL;
	mutex_lock(&vm->mmu.slots_lock);
	slot = xa_load(&vm->mmu.slots, log->slot);
	if (slot && slot->dirty)
		ret = get_log(vm, slot, log->dirty_bitmap);
	mutex_unlock(&vm->mmu.slots_lock);
	return ret;
}
