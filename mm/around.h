/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault-around: what mm/around.c shares with mm/fault.c.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_AROUND_H
#define AV_AROUND_H

#include "mm.h"

#define AV_AROUND_BYTES		0x10000		/* of the guest's, aligned: at most these come along */
#define AV_AROUND_PAGES		((unsigned int)(AV_AROUND_BYTES / PAGE_SIZE))

/* Pages behind the one that faulted, with a reference each. */
struct av_around {
	unsigned int nr;
	u64 pa[AV_AROUND_PAGES];
	struct page *pages[AV_AROUND_PAGES];
};

void av_around_find(struct av_around *a, const struct av_memslot *slot, u64 ipa);
void av_around_clean(const struct av_around *a, bool exec);
/* Under mmu_lock, with none of the pages' host addresses being invalidated: ipa is that of the page that faulted. */
void av_around_map(const struct av_around *a, struct av_vcpu *vcpu, u64 ipa, u64 attr);
void av_around_release(const struct av_around *a);

#endif
