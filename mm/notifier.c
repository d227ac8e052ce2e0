// SPDX-License-Identifier: GPL-2.0
/*
 * MMU notifiers: what the host does to the VMM's memory is done to stage 2, before the pages go.
 *
 * Runs at: host kernel, in the callbacks of whoever changes the mappings (VMM, reclaim, KSM,
 * migration).
 * Owns: invalidate_seq, invalidate_count and the range with it, of struct av_mm_vm.
 * Locks: takes mmu_lock; is called under the locks of the mm, so nothing here may touch user
 * memory.
 *
 * start: count up, unmap. Until end no fault installs anything of the range; others go on. end: sequence up, count
 * down. A fault that looked its page up before or in between finds one of the two changed, under mmu_lock.
 *
 * change_pte (kernels before 6.10) isn't used: its callers invalidate the page around it anyway.
 */
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/sched.h>

#include "mm.h"
#include "compat.h"

static struct av_vm *vm_of(struct mmu_notifier *mn)
{
	return container_of(mn, struct av_vm, mmu.notifier);
}

/*
 * The part of a slot that lies in the host addresses [start, end), as guest addresses. An end that is no page's is of
 * all there is (fs/proc/task_mmu.c, clear_refs_write(): -1), and can't be rounded up.
 */
static void guest_range(const struct av_memslot *slot, unsigned long start, unsigned long end,
			u64 *ipa, u64 *size)
{
	unsigned long slot_end = slot->hva + (slot->nr_pages << PAGE_SHIFT);
	unsigned long from = max(start & PAGE_MASK, slot->hva);
	unsigned long to = end < slot_end ? PAGE_ALIGN(end) : slot_end;

	*ipa = (slot->base_gfn << PAGE_SHIFT) + (from - slot->hva);
	*size = to - from;
}

/* True if the lock was dropped in between, and with it the place in the tree was lost. */
static bool unmap_hva(struct av_vm *vm, unsigned long start, unsigned long end, bool may_yield)
{
	struct av_memslot *slot = NULL;
	u64 ipa, size;

	while ((slot = av_mm_slot_by_hva(vm, slot, start, end - 1))) {
		guest_range(slot, start, end, &ipa, &size);
		if (av_s2_unmap_range_locked(vm, ipa, size, may_yield))
			return true;
	}
	return false;
}

/* While several are in flight, one that has them all in it will do, until none is. */
static void note_range(struct av_mm_vm *mmu, unsigned long start, unsigned long end)
{
	if (!mmu->invalidate_count++) {
		mmu->invalidate_start = start;
		mmu->invalidate_end = end;
		return;
	}
	mmu->invalidate_start = min(mmu->invalidate_start, start);
	mmu->invalidate_end = max(mmu->invalidate_end, end);
}

static int invalidate_range_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct av_vm *vm = vm_of(mn);

	write_lock(&vm->mmu.mmu_lock);
	note_range(&vm->mmu, range->start, range->end);
	/*
	 * What is unmapped stays so, since the count keeps faults out; each round has less to do.
	 */
	while (unmap_hva(vm, range->start, range->end, mmu_notifier_range_blockable(range)))
		;
	write_unlock(&vm->mmu.mmu_lock);
	return 0;
}

static void invalidate_range_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	struct av_vm *vm = vm_of(mn);

	write_lock(&vm->mmu.mmu_lock);
	vm->mmu.invalidate_seq++;
	vm->mmu.invalidate_count--;
	write_unlock(&vm->mmu.mmu_lock);
}

struct age {
	bool clear;
	bool young;
};

static int age_leaf(struct av_pgt *pgt, u64 ia, int level, u64 *entry, void *arg)
{
	struct age *age = arg;

	/* A fault may be changing it: whatever is no leaf any more has the flag clear. */
	u64 old = READ_ONCE(*entry);

	if (!(old & AV_S2_AF))
		return 0;
	age->young = true;
	if (!age->clear)
		return 1;
	/*
	 * Not cached in TLBs while AF is 0 (DDI 0487, D8.4.6); cached copies stay "young". So does what changed
	 * meanwhile, since a fault is a use.
	 */
	av_pgt_swap(entry, old, old & ~AV_S2_AF);
	return 0;
}

static bool age_hva(struct av_vm *vm, unsigned long start, unsigned long end, bool clear)
{
	struct av_memslot *slot = NULL;
	struct age age = { .clear = clear };
	u64 ipa, size;

	read_lock(&vm->mmu.mmu_lock);
	while ((slot = av_mm_slot_by_hva(vm, slot, start, end - 1))) {
		guest_range(slot, start, end, &ipa, &size);
		av_pgt_walk(&vm->mmu.s2, ipa, size, age_leaf, &age);
	}
	read_unlock(&vm->mmu.mmu_lock);
	return age.young;
}

static AV_YOUNG clear_flush_young(struct mmu_notifier *mn, struct mm_struct *mm,
				  unsigned long start, unsigned long end)
{
	bool young = age_hva(vm_of(mn), start, end, true);

	if (young)
		av_s2_flush_tlb(vm_of(mn));
	return young;
}

static AV_YOUNG clear_young(struct mmu_notifier *mn, struct mm_struct *mm,
			    unsigned long start, unsigned long end)
{
	return age_hva(vm_of(mn), start, end, true);
}

static AV_YOUNG test_young(struct mmu_notifier *mn, struct mm_struct *mm, unsigned long addr)
{
	return age_hva(vm_of(mn), addr, addr + 1, false);
}

/* The address space ends before the VM does: its last thread is gone, no vCPU runs. */
static void release(struct mmu_notifier *mn, struct mm_struct *mm)
{
	av_s2_unmap_slots(vm_of(mn));
}

static const struct mmu_notifier_ops notifier_ops = {
	.invalidate_range_start = invalidate_range_start,
	.invalidate_range_end = invalidate_range_end,
	.clear_flush_young = clear_flush_young,
	.clear_young = clear_young,
	.test_young = test_young,
	.release = release,
};

int av_mm_notifier_init(struct av_vm *vm)
{
	vm->mmu.notifier.ops = &notifier_ops;
	return mmu_notifier_register(&vm->mmu.notifier, vm->mm);
}

/* No callback runs any more on return. */
void av_mm_notifier_exit(struct av_vm *vm)
{
	mmu_notifier_unregister(&vm->mmu.notifier, vm->mm);
}

/* Pages aren't pinned where there are notifiers. */
int av_mm_pin(struct av_vm *vm, u64 gfn, unsigned long hva, bool write, struct page **page,
	      bool *writable)
{
	return -EOPNOTSUPP;
}

void av_mm_unpin_range(struct av_vm *vm, u64 gfn, unsigned long nr_pages)
{
}
