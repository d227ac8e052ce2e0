/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault-around: what mm/around.c shares with mm/fault.c.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_AROUND_H
#define AV_AROUND_H

#include <linux/page-flags.h>
#include <linux/sizes.h>

#include "mm.h"

/*
 * A row begins with the page that faulted and ends at a multiple of its length: 16 KiB, and twice as much each time
 * that the vCPU's next fault is where its last row ended, to 64 KiB. In pages; larger pages come alone at first.
 */
#define AV_AROUND_ROW(bytes)	((unsigned int)((bytes) > PAGE_SIZE ? (bytes) / PAGE_SIZE : 1))
#define AV_AROUND_MIN		AV_AROUND_ROW(SZ_16K)
#define AV_AROUND_MAX		AV_AROUND_ROW(SZ_64K)

/* The page that faulted, whose reference is the fault's, and those that come along, with a reference each. */
struct av_around {
	unsigned int nr;		/* that come along: 1 to nr */
	bool in_row;			/* some might have */
	u64 pa[AV_AROUND_MAX];
	struct page *pages[AV_AROUND_MAX];
};

bool av_around_get(struct av_around *a, struct av_vcpu *vcpu, const struct av_memslot *slot, u64 ipa, bool alone);
void av_around_keep(struct av_around *a, struct av_vcpu *vcpu, u64 ipa);
void av_around_tags(struct av_around *a, unsigned long hva);
void av_around_clean(const struct av_around *a, bool exec);
/* Under mmu_lock, with none of the pages' host addresses being invalidated: ipa is that of the page that faulted. */
void av_around_map(const struct av_around *a, struct av_vcpu *vcpu, u64 ipa, u64 attr);
/* What can't be marked without a sleep, and nothing may sleep, is left behind. */
void av_around_written(struct av_around *a, const struct av_vm *vm, unsigned long seq, bool may_sleep);
void av_around_release(struct av_around *a);

/* The next, of a page that is not dirty yet. */
bool av_mm_mark_written(const struct av_vm *vm, struct page *page, unsigned long seq, bool may_sleep);
/*
 * Any page that the guest may write to, which it does through a table that the mm doesn't look into. It could be
 * written to at seq; a fault of then is stale if the host has cleaned it since. False: it might sleep, and may not.
 */
static inline bool av_mm_page_written(const struct av_vm *vm, struct page *page, unsigned long seq, bool may_sleep)
{
	return PageDirty(page) || av_mm_mark_written(vm, page, seq, may_sleep);
}

#endif
