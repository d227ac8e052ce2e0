// SPDX-License-Identifier: GPL-2.0
/*
 * Fault-around: pages that the host has already come along with the one that the guest faulted on. A guest that goes
 * through memory which the VMM or an earlier boot has filled faults once for 16 pages of 4K, not for each; one that
 * touches a page here and there has no more than three of them cleaned for nothing.
 *
 * Runs at: host kernel, a vCPU's thread outside the burst. Owns: references, from find to release.
 *
 * Only what the host itself could write to at once: nothing is faulted in, copied, or taken back from a userfaultfd,
 * and a page that is watched for writes (soft-dirty, write-protected) ends the row, as does a hole; nothing comes along
 * where writes are logged. The access flag is set, so a page that came along looks used once.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/swap.h>

#include "around.h"
#include "compat.h"

static bool fault_around = true;
module_param(fault_around, bool, 0644);
MODULE_PARM_DESC(fault_around, "Map pages behind the one that a guest faulted on, if the host has them");

/* How many pages behind ipa are in the row and in the slot. */
static unsigned int room_behind(struct av_around_row *row, const struct av_memslot *slot, u64 ipa)
{
	u64 slot_end = (slot->base_gfn + slot->nr_pages) << PAGE_SHIFT;
	u64 end;

	/* A vCPU's first row has none before it, though it may begin at 0. */
	row->pages = ipa == row->next ? clamp(row->pages * 2, AV_AROUND_MIN, AV_AROUND_MAX) : AV_AROUND_MIN;
	end = (ipa | (row->pages * PAGE_SIZE - 1)) + 1;
	return (min(end, slot_end) - ipa) / PAGE_SIZE - 1;
}

/**
 * av_around_find() - which pages behind it are there?
 * @a: answer
 * @vcpu: the vCPU
 * @slot: the slot, writable and without dirty log
 * @ipa: of the page that faulted
 *
 * Context: slots_srcu; invalidate_seq was read before.
 */
void av_around_find(struct av_around *a, struct av_vcpu *vcpu, const struct av_memslot *slot, u64 ipa)
{
	unsigned long hva = slot->hva + (ipa - (slot->base_gfn << PAGE_SHIFT));
	struct av_around_row *row = &vcpu->around_row;
	unsigned int i, wanted;
	int got = 0;

	if (!READ_ONCE(fault_around))
		return;
	wanted = room_behind(row, slot, ipa);
	if (wanted)
		got = get_user_pages_fast_only(hva + PAGE_SIZE, wanted, FOLL_WRITE, a->pages);
	a->nr = max(got, 0);
	for (i = 0; i < a->nr; i++) {
		a->pa[i] = page_to_phys(a->pages[i]);
		/* Memory that is a device's has other attributes. */
		if (!av_pfn_is_map_memory(page_to_pfn(a->pages[i])))
			break;
	}
	while (a->nr > i)
		put_page(a->pages[--a->nr]);
	row->next = ipa + (a->nr + 1) * PAGE_SIZE;
}

/* av_around_tags() - in a VM with tags: as av_tags_prepare() of the page that faulted, at hva */
void av_around_tags(struct av_around *a, unsigned long hva)
{
	unsigned int i;

	for (i = 0; i < a->nr; i++) {
		hva += PAGE_SIZE;
		if (av_tags_prepare(hva, page_to_pfn(a->pages[i]), PAGE_SIZE))
			break;
	}
	while (a->nr > i)
		put_page(a->pages[--a->nr]);
}

/**
 * av_around_clean() - what the guest reads and fetches is what the host wrote, as for the page that faulted
 * @a: the pages
 * @exec: they will be executable
 */
void av_around_clean(const struct av_around *a, bool exec)
{
	unsigned int i;

	for (i = 0; i < a->nr; i++) {
		av_cache_clean_inval_poc(page_address(a->pages[i]), PAGE_SIZE);
		if (exec)
			av_cache_sync_icache(page_address(a->pages[i]), PAGE_SIZE);
	}
}

void av_around_map(const struct av_around *a, struct av_vcpu *vcpu, u64 ipa, u64 attr)
{
	vcpu->stats.pages_around += av_pgt_fill_shared(&vcpu->vm->mmu.s2, ipa + PAGE_SIZE, a->pa, a->nr, attr);
}

/* They could be written to when they were found, and the guest may do so as soon as they are mapped. */
void av_around_written(const struct av_around *a)
{
	unsigned int i;

	for (i = 0; i < a->nr; i++)
		av_mm_page_written(a->pages[i]);
}

void av_around_release(const struct av_around *a)
{
	unsigned int i;

	for (i = 0; i < a->nr; i++)
		put_page(a->pages[i]);
}
