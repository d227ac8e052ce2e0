// SPDX-License-Identifier: GPL-2.0
/*
 * Stage-2 tables of a VM: memory for them, unmapping, write protection, cleaning of all memory.
 *
 * Runs at: host kernel.
 * Owns: the tables of av_mm_vm.s2 and the caches that they are allocated from.
 * Locks: mmu_lock. Shared, entries are changed by compare-and-exchange and tables are added (host/pgtable.h); who has
 * it for writing is alone with the tables, and so may free them.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "mm.h"

/* How much is unmapped or cleaned before somebody else may have the CPU and the lock. */
#define YIELD_SIZE		SZ_32M

static struct av_vm *vm_of(struct av_pgt *pgt)
{
	return container_of(pgt, struct av_vm, mmu.s2);
}

/*
 * Tables below the root come from the cache of who maps, since the lock is held; the root is made at creation, which
 * has none.
 */
static void *alloc_table(void *cookie, unsigned int order)
{
	struct av_s2_cache *cache = cookie;
	struct page *page;

	if (!cache) {
		page = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO, order);
		return page ? page_address(page) : NULL;
	}
	return cache->nr ? cache->table[--cache->nr] : NULL;
}

static void free_table(void *cookie, void *table, unsigned int order)
{
	free_pages((unsigned long)table, order);
}

static u64 table_to_pa(void *table)
{
	return virt_to_phys(table);
}

static void *table_to_va(u64 pa)
{
	return phys_to_virt(pa);
}

/* Has the VM ever had a VMID? If not, nothing of it is in any TLB. */
static bool may_be_cached(struct av_vm *vm)
{
	/*
	 * Before: the store of the invalid descriptor. Not after: this read of the VMID, nor that
	 * of tlb.c. Rule: store buffering, where the other side's load is a table walk: only a DSB
	 * has the store seen by walks (DDI 0487, D8.2.6), and el2/tlb.c's own comes behind the read.
	 * The other half of the pair is in av_vmid_update().
	 */
	dsb(ish);
	return READ_ONCE(vm->mmu.vmid);
}

static void invalidate_ipa(struct av_pgt *pgt, u64 ia, int level)
{
	struct av_vm *vm = vm_of(pgt);

	if (may_be_cached(vm))
		av_tlb_flush_ipa(vm, ia, level);
}

static void invalidate_range(struct av_pgt *pgt, u64 ia, u64 size, int level)
{
	struct av_vm *vm = vm_of(pgt);

	if (may_be_cached(vm))
		av_tlb_flush_range(vm, ia, size, level);
}

static void invalidate_vm(struct av_pgt *pgt)
{
	struct av_vm *vm = vm_of(pgt);

	if (may_be_cached(vm))
		av_tlb_flush_vm(vm);
}

void av_s2_flush_tlb(struct av_vm *vm)
{
	invalidate_vm(&vm->mmu.s2);
}

static const struct av_pgt_ops s2_ops = {
	.alloc = alloc_table,
	.free = free_table,
	.to_pa = table_to_pa,
	.to_va = table_to_va,
	.invalidate = invalidate_ipa,
	.invalidate_all = invalidate_vm,
};

/* With FEAT_TLBIRANGE. */
static const struct av_pgt_ops s2_range_ops = {
	.alloc = alloc_table,
	.free = free_table,
	.to_pa = table_to_pa,
	.to_va = table_to_va,
	.invalidate = invalidate_ipa,
	.invalidate_range = invalidate_range,
	.invalidate_all = invalidate_vm,
};

int av_s2_init(struct av_vm *vm)
{
	const struct av_pgt_ops *ops = av_tlb_has_range() ? &s2_range_ops : &s2_ops;

	return av_pgt_init(&vm->mmu.s2, ops, NULL, PAGE_SHIFT, vm->mmu.ipa_bits, true);
}

/* No vCPU runs any more and no notifier comes. */
void av_s2_destroy(struct av_vm *vm)
{
	av_pgt_destroy(&vm->mmu.s2);
}

int av_s2_topup(struct av_s2_cache *cache)
{
	void *table;

	if (likely(cache->nr >= AV_S2_CACHE_MIN))
		return 0;
	while (cache->nr < AV_S2_CACHE_MAX) {
		table = (void *)__get_free_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!table)
			return cache->nr < AV_S2_CACHE_MIN ? -ENOMEM : 0;
		cache->table[cache->nr++] = table;
	}
	return 0;
}

void av_s2_drain(struct av_s2_cache *cache)
{
	while (cache->nr)
		free_page((unsigned long)cache->table[--cache->nr]);
}

int av_s2_map_locked(struct av_vm *vm, struct av_s2_cache *cache, u64 ipa, u64 pa, u64 size, u64 attr)
{
	struct av_pgt *s2 = &vm->mmu.s2;
	int ret;

	lockdep_assert_held_write(&vm->mmu.mmu_lock);
	s2->cookie = cache;
	ret = av_pgt_map(s2, ipa, pa, size, attr);
	s2->cookie = NULL;
	return ret;
}

/* How far from ipa on there is no table, if that is more than YIELD_SIZE; else 0. */
static u64 size_of_hole(struct av_pgt *s2, u64 ipa)
{
	int level = 3;
	u64 size;

	if (av_pgt_lookup(s2, ipa, &level))
		return 0;
	size = BIT_ULL(av_pgt_shift(s2, level));
	size -= ipa & (size - 1);
	return size > YIELD_SIZE ? size : 0;
}

bool av_s2_unmap_range_locked(struct av_vm *vm, u64 ipa, u64 size, bool may_yield)
{
	u64 end = ipa + size, step;
	bool yielded = false;

	lockdep_assert_held_write(&vm->mmu.mmu_lock);
	for (; ipa < end; ipa += step) {
		step = min(end - ipa, size_of_hole(&vm->mmu.s2, ipa));
		if (step)
			continue;
		step = min_t(u64, end - ipa, YIELD_SIZE);
		/* A block that the range cuts goes as a whole, so this can't fail. */
		av_pgt_unmap(&vm->mmu.s2, ipa, step);
		if (may_yield && need_resched() && ipa + step < end) {
			write_unlock(&vm->mmu.mmu_lock);
			cond_resched();
			write_lock(&vm->mmu.mmu_lock);
			yielded = true;
		}
	}
	return yielded;
}

/* Some blocks of the range, as the cache has tables. How far it got; 0: no further without memory. */
static u64 split_some(struct av_vm *vm, struct av_s2_cache *cache, u64 ipa, u64 size)
{
	struct av_pgt *s2 = &vm->mmu.s2;
	u64 hole;
	int ret;

	write_lock(&vm->mmu.mmu_lock);
	hole = size_of_hole(s2, ipa);
	if (hole) {
		write_unlock(&vm->mmu.mmu_lock);
		return hole;
	}
	s2->cookie = cache;
	ret = av_pgt_split(s2, ipa, size);
	s2->cookie = NULL;
	write_unlock(&vm->mmu.mmu_lock);
	if (!ret)
		return size;
	/*
	 * Again from the beginning: what is split by now costs a look at each table. Not if tables are left: those are
	 * none that can be used (host/pgtable.c, new_table()), nor would others be.
	 */
	return cache->nr ? 0 : U64_MAX;
}

void av_s2_split(struct av_vm *vm, u64 ipa, u64 size)
{
	struct av_s2_cache cache = { };
	u64 end = ipa + size, chunk = vm->mmu.split_chunk, done, step;

	/* The walk through what is split already is what the lock is held for. */
	chunk = clamp_t(u64, chunk, PAGE_SIZE, YIELD_SIZE);
	while (ipa < end && !fatal_signal_pending(current)) {
		step = min(end - ipa, chunk - (ipa & (chunk - 1)));
		if (av_s2_topup(&cache))
			break;
		done = split_some(vm, &cache, ipa, step);
		if (!done)
			break;
		if (done != U64_MAX)
			ipa += min(done, end - ipa);
		cond_resched();
	}
	av_s2_drain(&cache);
}

void av_s2_unmap_range(struct av_vm *vm, u64 ipa, u64 size)
{
	write_lock(&vm->mmu.mmu_lock);
	av_s2_unmap_range_locked(vm, ipa, size, true);
	write_unlock(&vm->mmu.mmu_lock);
}

void av_s2_unmap_slots(struct av_vm *vm)
{
	struct av_memslot *slot;
	unsigned long id;
	int idx;

	idx = srcu_read_lock(&vm->mmu.slots_srcu);
	xa_for_each(&vm->mmu.slots, id, slot)
		av_s2_unmap_range(vm, slot->base_gfn << PAGE_SHIFT,
				  (u64)slot->nr_pages << PAGE_SHIFT);
	srcu_read_unlock(&vm->mmu.slots_srcu, idx);
}

static int clear_write(struct av_pgt *pgt, u64 ia, int level, u64 *entry, void *arg)
{
	if (*entry & AV_S2_W)
		av_pgt_write(entry, *entry & ~AV_S2_W);
	return 0;
}

void av_s2_write_protect(struct av_vm *vm, u64 ipa, u64 size)
{
	lockdep_assert_held_write(&vm->mmu.mmu_lock);
	av_pgt_walk(&vm->mmu.s2, ipa, size, clear_write, NULL);
}

/* Part of a leaf that lies in the range; a block may reach beyond it. */
struct flush_range {
	u64 ipa;
	u64 end;
};

static int flush_leaf(struct av_pgt *pgt, u64 ia, int level, u64 *entry, void *arg)
{
	const struct flush_range *r = arg;
	u64 from = max(ia, r->ipa);
	u64 to = min(ia + BIT_ULL(av_pgt_shift(pgt, level)), r->end);

	if ((*entry & AV_S2_MEMATTR) == AV_S2_NORMAL)
		av_cache_clean_inval_poc(phys_to_virt((*entry & AV_PGT_ADDR) + (from - ia)),
					 to - from);
	return 0;
}

/* Slots may be much larger than what is mapped of them, and that is the guest's choice of when: so by holes. */
static void flush_slot(struct av_vm *vm, const struct av_memslot *slot)
{
	u64 end = (slot->base_gfn + slot->nr_pages) << PAGE_SHIFT;
	struct flush_range r = { .ipa = slot->base_gfn << PAGE_SHIFT };
	u64 hole;

	/* Whoever is killed runs no guest any more. */
	for (; r.ipa < end && !fatal_signal_pending(current); r.ipa = r.end) {
		/* Alone, lest a block that is about to be broken up is missed. */
		write_lock(&vm->mmu.mmu_lock);
		hole = size_of_hole(&vm->mmu.s2, r.ipa);
		r.end = r.ipa + min_t(u64, end - r.ipa, hole ?: SZ_2M);
		if (!hole)
			av_pgt_walk(&vm->mmu.s2, r.ipa, r.end - r.ipa, flush_leaf, &r);
		write_unlock(&vm->mmu.mmu_lock);
		cond_resched();
	}
}

/*
 * For the emulation of set/way operations and of a guest that turns its caches on or off; may
 * sleep.
 */
void av_s2_flush_vm(struct av_vm *vm)
{
	struct av_memslot *slot;
	unsigned long id;
	int idx;

	idx = srcu_read_lock(&vm->mmu.slots_srcu);
	xa_for_each(&vm->mmu.slots, id, slot)
		flush_slot(vm, slot);
	srcu_read_unlock(&vm->mmu.slots_srcu, idx);
}
