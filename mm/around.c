// SPDX-License-Identifier: GPL-2.0
/*
 * Fault-around: pages that the host has already come along with the one that the guest faulted on. A guest that goes
 * through memory which the VMM or an earlier boot has filled faults once for 16 pages of 4K, not for each; one that
 * touches a page here and there has no more than three of them cleaned for nothing.
 *
 * Runs at: host kernel, a vCPU's thread, within the burst or not. Owns: references, from get to release.
 *
 * Only what the host itself could write to at once: nothing is faulted in, copied, or taken back from a userfaultfd,
 * and a page that is watched for writes (soft-dirty, write-protected) ends the row, as does a hole; nothing comes along
 * where writes are logged. The access flag is set, so a page that came along looks used once.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/page-flags.h>
#include <linux/pagemap.h>
#include <linux/swap.h>

#include "around.h"
#include "compat.h"

static bool fault_around = true;
module_param(fault_around, bool, 0644);
MODULE_PARM_DESC(fault_around, "Map pages behind the one that a guest faulted on, if the host has them");

/* A vCPU's first row has none before it, though it may begin at 0. */
static unsigned int row_length(const struct av_around_row *row, u64 ipa)
{
	return ipa == row->next ? clamp(row->pages * 2, AV_AROUND_MIN, AV_AROUND_MAX) : AV_AROUND_MIN;
}

/* How many pages from ipa on are in the row and in the slot. */
static unsigned int room(const struct av_around_row *row, const struct av_memslot *slot, u64 ipa)
{
	u64 slot_end = (slot->base_gfn + slot->nr_pages) << PAGE_SHIFT;
	u64 end = (ipa | (row_length(row, ipa) * PAGE_SIZE - 1)) + 1;

	return (min(end, slot_end) - ipa) / PAGE_SIZE;
}

/**
 * av_around_get() - the page that faulted, if it is there, and which behind it are
 * @a: answer: pages[0] is the one that faulted, nr others follow
 * @vcpu: the vCPU
 * @slot: the slot, writable
 * @ipa: of the page that faulted
 * @alone: none is to come along
 *
 * Context: slots_srcu; invalidate_seq was read before; does not sleep. Return: false: it is not there, and @a is empty.
 */
bool av_around_get(struct av_around *a, struct av_vcpu *vcpu, const struct av_memslot *slot, u64 ipa, bool alone)
{
	unsigned long hva = slot->hva + (ipa - (slot->base_gfn << PAGE_SHIFT));
	unsigned int wanted = 1;
	int got;

	a->in_row = !alone && READ_ONCE(fault_around);
	if (a->in_row)
		wanted = room(&vcpu->around_row, slot, ipa);
	got = get_user_pages_fast_only(hva, wanted, FOLL_WRITE, a->pages);
	a->nr = got > 0 ? got - 1 : 0;
	return got > 0;
}

/* The first @nr stay. */
static void keep(struct av_around *a, unsigned int nr)
{
	for (; a->nr > nr; a->nr--)
		put_page(a->pages[a->nr]);
}

/* av_around_keep() - the page that faulted is mapped as a page: what came along with it is, too; ipa is its */
void av_around_keep(struct av_around *a, struct av_vcpu *vcpu, u64 ipa)
{
	struct av_around_row *row = &vcpu->around_row;
	unsigned int i;

	if (!a->in_row)
		return;
	for (i = 1; i <= a->nr; i++) {
		a->pa[i] = page_to_phys(a->pages[i]);
		/* Memory that is a device's has other attributes, and some is beyond what an entry can say. */
		if (!av_pfn_is_map_memory(page_to_pfn(a->pages[i])) || a->pa[i] & ~AV_PGT_ADDR)
			break;
	}
	keep(a, i - 1);
	row->pages = row_length(row, ipa);
	row->next = ipa + (a->nr + 1) * PAGE_SIZE;
}

/* av_around_tags() - in a VM with tags: as av_tags_prepare() of the page that faulted, at hva */
void av_around_tags(struct av_around *a, unsigned long hva)
{
	unsigned int i;

	for (i = 1; i <= a->nr; i++) {
		hva += PAGE_SIZE;
		if (av_tags_prepare(hva, page_to_pfn(a->pages[i]), PAGE_SIZE))
			break;
	}
	keep(a, i - 1);
}

/**
 * av_around_clean() - what the guest reads and fetches is what the host wrote, as for the page that faulted
 * @a: the pages
 * @exec: they will be executable
 */
void av_around_clean(const struct av_around *a, bool exec)
{
	unsigned int i;

	for (i = 1; i <= a->nr; i++) {
		av_cache_clean_inval_poc(page_address(a->pages[i]), PAGE_SIZE);
		if (exec)
			av_cache_sync_icache(page_address(a->pages[i]), PAGE_SIZE);
	}
}

void av_around_map(const struct av_around *a, struct av_vcpu *vcpu, u64 ipa, u64 attr)
{
	vcpu->stats.pages_around += av_pgt_fill_shared(&vcpu->vm->mmu.s2, ipa + PAGE_SIZE, a->pa + 1, a->nr, attr);
}

bool av_mm_mark_written(const struct av_vm *vm, struct page *page, unsigned long seq, bool may_sleep)
{
	/* What a file system does when it hears of it is its own affair: it may sleep. */
	if (may_sleep)
		lock_page(page);
	else if (!av_page_is_swap_backed(page) || !trylock_page(page))
		return false;
	/* Writeback takes a page from who could write to it, and cleans it, with this lock held. */
	if (READ_ONCE(vm->mmu.invalidate_seq) == seq)
		set_page_dirty(page);
	unlock_page(page);
	return true;
}

/* They could be written to when they were found, and the guest may do so as soon as they are mapped. */
void av_around_written(struct av_around *a, const struct av_vm *vm, unsigned long seq, bool may_sleep)
{
	unsigned int i;

	for (i = 1; i <= a->nr; i++)
		if (!av_mm_page_written(vm, a->pages[i], seq, may_sleep))
			break;
	keep(a, i - 1);
}

void av_around_release(struct av_around *a)
{
	keep(a, 0);
}
