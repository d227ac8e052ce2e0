// SPDX-License-Identifier: GPL-2.0
/*
 * Dirty log: which pages of a slot were written since the last time that user space asked.
 *
 * Runs at: host kernel, ioctl context.
 * Owns: av_memslot.dirty and the LOG_DIRTY_PAGES flag.
 * Locks: slots_lock for changes; the bitmap's pointer also under mmu_lock; bits are set atomically.
 *
 * While a slot is logged its pages are mapped one by one, and writable only from the write fault on that sets the bit.
 * GET takes the bits and the write permission of these pages away again. With KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 GET
 * only reports, and CLEAR takes both away, of the pages that user space names. With INITIALLY_SET besides, all bits are
 * set at the start, so that nothing needs to be protected there: what a page is mapped as before, and whether in a
 * block, stays until its bit is cleared.
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

static bool initially_set(const struct av_vm *vm)
{
	return READ_ONCE(vm->mmu.manual_dirty) & KVM_DIRTY_LOG_INITIALLY_SET;
}

/* The second half is where GET collects what it takes out, and CLEAR what it is to take out. */
unsigned long *av_mm_dirty_alloc(struct av_vm *vm, unsigned long nr_pages)
{
	unsigned long *dirty = kvzalloc(2 * dirty_words(nr_pages) * sizeof(long), GFP_KERNEL_ACCOUNT);

	if (dirty && initially_set(vm))
		bitmap_set(dirty, 0, nr_pages);
	return dirty;
}

/* Rings may stand in their place. */
bool av_mm_has_bitmaps(const struct av_vm *vm)
{
	return !READ_ONCE(vm->mmu.ring_size) || READ_ONCE(vm->mmu.ring_with_bitmap);
}

static bool by_ring(const struct av_vcpu *vcpu, const struct av_memslot *slot)
{
	return vcpu && vcpu->ring.entries && READ_ONCE(slot->flags) & KVM_MEM_LOG_DIRTY_PAGES;
}

bool av_mm_can_mark(struct av_vcpu *vcpu, const struct av_memslot *slot)
{
	return !by_ring(vcpu, slot) || READ_ONCE(slot->dirty) || av_ring_has_room(vcpu);
}

void av_mm_mark_dirty(struct av_vcpu *vcpu, struct av_memslot *slot, u64 gfn)
{
	unsigned long *dirty;

	if (by_ring(vcpu, slot) && av_ring_push(vcpu, slot->id, gfn - slot->base_gfn))
		return;
	/*
	 * What was written is seen by who takes the bit, and by who begins to log and finds none: a fault marks before
	 * the guest writes, under mmu_lock, but others have written by now (mm/guest.c).
	 */
	smp_mb();
	dirty = READ_ONCE(slot->dirty);
	if (dirty)
		set_bit_le(gfn - slot->base_gfn, dirty);
}

static void protect_slot(struct av_vm *vm, const struct av_memslot *slot)
{
	u64 ipa = slot->base_gfn << PAGE_SHIFT;
	u64 end = ipa + ((u64)slot->nr_pages << PAGE_SHIFT);
	u64 step;

	for (; ipa < end; ipa += step) {
		step = min_t(u64, end - ipa, SZ_32M);
		write_lock(&vm->mmu.mmu_lock);
		av_s2_write_protect(vm, ipa, step);
		write_unlock(&vm->mmu.mmu_lock);
		cond_resched();
	}
	av_s2_flush_tlb(vm);
}

/* Eagerly, so that the guest's writes find pages to be made writable, and do not have to break blocks. */
static void split_pages(struct av_vm *vm, const struct av_memslot *slot, u64 first, u64 nr)
{
	if (vm->mmu.split_chunk)
		av_s2_split(vm, (slot->base_gfn + first) << PAGE_SHIFT, nr << PAGE_SHIFT);
}

int av_mm_dirty_start(struct av_vm *vm, struct av_memslot *slot)
{
	bool bitmap = av_mm_has_bitmaps(vm), all_set = bitmap && initially_set(vm);
	unsigned long *dirty = bitmap ? av_mm_dirty_alloc(vm, slot->nr_pages) : NULL;

	if (bitmap && !dirty)
		return -ENOMEM;
	write_lock(&vm->mmu.mmu_lock);
	WRITE_ONCE(slot->dirty, dirty);
	slot->flags |= KVM_MEM_LOG_DIRTY_PAGES;
	/* A fault that read the old flags must not install a writable page after this. */
	vm->mmu.invalidate_seq++;
	write_unlock(&vm->mmu.mmu_lock);
	if (!all_set) {
		protect_slot(vm, slot);
		split_pages(vm, slot, 0, slot->nr_pages);
	}
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

/* KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: what is set stays set, and writable. */
static int report_log(struct av_memslot *slot, void __user *to)
{
	size_t words = dirty_words(slot->nr_pages), i;
	unsigned long *seen = slot->dirty + words;

	for (i = 0; i < words; i++)
		seen[i] = READ_ONCE(slot->dirty[i]);
	return copy_to_user(to, seen, words * sizeof(long)) ? -EFAULT : 0;
}

/*
 * KVM_GET_DIRTY_LOG: report, and begin anew unless user space clears by itself.
 */
int av_mm_get_dirty_log(struct av_vm *vm, const struct kvm_dirty_log *log)
{
	struct av_memslot *slot;
	int ret = -ENOENT;

	if (!av_mm_has_bitmaps(vm))
		return -ENXIO;
	if (log->slot >= AV_MAX_MEMSLOTS)
		return -EINVAL;
	mutex_lock(&vm->mmu.slots_lock);
	slot = xa_load(&vm->mmu.slots, log->slot);
	if (slot && slot->dirty)
		ret = READ_ONCE(vm->mmu.manual_dirty) ? report_log(slot, log->dirty_bitmap) :
		      get_log(vm, slot, log->dirty_bitmap);
	mutex_unlock(&vm->mmu.slots_lock);
	return ret;
}

/*
 * Of the bits in wanted[], from that of the page first on, take out those that are set, and protect their pages; true
 * if there were any. first is that of a word.
 */
static bool clear_words(struct av_vm *vm, struct av_memslot *slot, const unsigned long *wanted, u64 first, size_t words)
{
	unsigned long *dirty = slot->dirty + first / BITS_PER_LONG;
	bool any = false;
	size_t i;

	write_lock(&vm->mmu.mmu_lock);
	for (i = 0; i < words; i++) {
		u64 page = slot->base_gfn + first + (u64)i * BITS_PER_LONG;
		unsigned long taken;

		if (!wanted[i])
			continue;
		taken = wanted[i] & atomic_long_fetch_andnot(wanted[i], (atomic_long_t *)&dirty[i]);
		if (!taken)
			continue;
		any = true;
		av_s2_write_protect(vm, (page + __ffs(taken)) << PAGE_SHIFT,
				    (u64)(__fls(taken) - __ffs(taken) + 1) << PAGE_SHIFT);
	}
	write_unlock(&vm->mmu.mmu_lock);
	return any;
}

static int clear_log(struct av_vm *vm, struct av_memslot *slot, u64 first, u64 nr, const void __user *from)
{
	size_t words = dirty_words(nr), i, n;
	unsigned long *wanted = slot->dirty + dirty_words(slot->nr_pages);
	bool any = false;

	if (copy_from_user(wanted, from, words * sizeof(long)))
		return -EFAULT;
	/* Beyond the slot's end there are no pages. */
	if (nr % BITS_PER_LONG)
		wanted[words - 1] &= BITMAP_LAST_WORD_MASK(nr);
	for (i = 0; i < words; i += n) {
		n = min_t(size_t, words - i, WORDS_PER_LOCK);
		/* Before: of a block that is still one, all pages would lose the right to be written. */
		if (memchr_inv(wanted + i, 0, n * sizeof(long)))
			split_pages(vm, slot, first + (u64)i * BITS_PER_LONG,
				    min_t(u64, (u64)n * BITS_PER_LONG, nr - (u64)i * BITS_PER_LONG));
		any |= clear_words(vm, slot, wanted + i, first + (u64)i * BITS_PER_LONG, n);
		cond_resched();
	}
	/* Whoever reads a page after this, and finds its bit clear later, has all that was written to it. */
	if (any)
		av_s2_flush_tlb(vm);
	return 0;
}

/**
 * av_mm_clear_dirty_log() - KVM_CLEAR_DIRTY_LOG
 * @vm: the VM
 * @log: slot, first page (a multiple of 64), number of pages (likewise, or up to the slot's end), and a bit for each of
 *       them: 1 to clear
 *
 * Context: ioctl, may sleep; takes slots_lock. Return: 0, -EINVAL for a slot or a range that can't be, -ENOENT for a
 * slot that is not there or not logged, -EFAULT (Documentation/virt/kvm/api.rst, 4.117).
 */
int av_mm_clear_dirty_log(struct av_vm *vm, const struct kvm_clear_dirty_log *log)
{
	struct av_memslot *slot;
	int ret = -ENOENT;

	if (!av_mm_has_bitmaps(vm))
		return -ENXIO;
	if (log->slot >= AV_MAX_MEMSLOTS || log->first_page % 64)
		return -EINVAL;
	mutex_lock(&vm->mmu.slots_lock);
	slot = xa_load(&vm->mmu.slots, log->slot);
	if (slot && slot->dirty) {
		ret = -EINVAL;
		if (log->first_page <= slot->nr_pages && log->num_pages <= slot->nr_pages - log->first_page &&
		    (log->num_pages % 64 == 0 || log->num_pages == slot->nr_pages - log->first_page))
			ret = clear_log(vm, slot, log->first_page, log->num_pages, log->dirty_bitmap);
	}
	mutex_unlock(&vm->mmu.slots_lock);
	return ret;
}

/**
 * av_mm_set_manual_dirty() - KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2
 * @vm: the VM
 * @flags: KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE, with it perhaps KVM_DIRTY_LOG_INITIALLY_SET; 0: off again
 *
 * Context: ioctl, may sleep; takes slots_lock. Return: 0, -EINVAL for other flags.
 */
int av_mm_set_manual_dirty(struct av_vm *vm, u64 flags)
{
	if (flags & ~(u64)AV_MANUAL_DIRTY || flags == KVM_DIRTY_LOG_INITIALLY_SET)
		return -EINVAL;
	mutex_lock(&vm->mmu.slots_lock);
	WRITE_ONCE(vm->mmu.manual_dirty, flags);
	mutex_unlock(&vm->mmu.slots_lock);
	return 0;
}

/* KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES: of pages and blocks, a bit each. */
u64 av_mm_block_sizes(void)
{
	return PAGE_SIZE | PMD_SIZE | (IS_ENABLED(CONFIG_ARM64_4K_PAGES) ? PUD_SIZE : 0);
}

/**
 * av_mm_set_split_chunk() - KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE
 * @vm: the VM
 * @size: what is split with the lock held once, at most; 0: nothing but by faults
 *
 * Context: ioctl, may sleep; takes slots_lock. Return: 0, -EINVAL for what is no block's size, or when there are
 * memslots.
 */
int av_mm_set_split_chunk(struct av_vm *vm, u64 size)
{
	int ret = -EINVAL;

	if (size && (!is_power_of_2(size) || !(size & av_mm_block_sizes())))
		return -EINVAL;
	mutex_lock(&vm->mmu.slots_lock);
	if (xa_empty(&vm->mmu.slots)) {
		WRITE_ONCE(vm->mmu.split_chunk, size);
		ret = 0;
	}
	mutex_unlock(&vm->mmu.slots_lock);
	return ret;
}
