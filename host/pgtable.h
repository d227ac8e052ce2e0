/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A walker for VMSAv8-64 translation tables (DDI 0487, D8) that knows nothing of the rest: stage 2
 * of a VM and EL2's own stage 1 both use it, and so does a unit test on the build host.
 *
 * Runs at: host kernel, build host. Owns: the tables of one struct av_pgt.
 * Locks: the caller's, like a rwlock. Each function is exclusive, but for those that share: av_pgt_map_shared(),
 * av_pgt_fill_shared(), av_pgt_update(), av_pgt_lookup(), and av_pgt_walk() whose fn changes entries by av_pgt_swap()
 * only.
 */
#ifndef AV_PGTABLE_H
#define AV_PGTABLE_H

#include "include/av_types.h"

/*
 * Descriptor bits that the walker owns; everything outside of AV_PGT_ADDR and these is attribute.
 */
#define AV_PGT_VALID		AV_BIT(0)
#define AV_PGT_TABLE		AV_BIT(1)	/* levels 0-2: a table; level 3: always set */
#define AV_PGT_ADDR		AV_MASK(47, 12)
#define AV_PGT_ATTR		(~(AV_PGT_ADDR | AV_PGT_VALID | AV_PGT_TABLE))

/*
 * An invalid descriptor: somebody who shares the tables has broken this entry and is about to make it anew. Never there
 * while somebody has them alone.
 */
#define AV_PGT_BUSY		AV_BIT(1)

#define AV_PGT_MAX_CONCAT	4	/* log2 of the tables that a stage-2 root may have */

struct av_pgt;

struct av_pgt_ops {
	/*
	 * One zeroed table page, or 2^order contiguous ones for the root; NULL when there is
	 * none.
	 */
	void *(*alloc)(void *cookie, unsigned int order);
	void (*free)(void *cookie, void *table, unsigned int order);
	u64 (*to_pa)(void *table);
	void *(*to_va)(u64 pa);
	/*
	 * After an entry that was valid is made invalid, before it gets a new value or its table is
	 * freed. level is that of the block or page, and 0 when a table entry was removed: no hint,
	 * entries of all levels of the walk for ia have to go.
	 */
	void (*invalidate)(struct av_pgt *pgt, u64 ia, int level);
	/* Optional: likewise for all that translates [ia, ia+size), as leaves of that level, or at any (0). */
	void (*invalidate_range)(struct av_pgt *pgt, u64 ia, u64 size, int level);
	/* Optional, instead of many calls of invalidate(): everything of this av_pgt. */
	void (*invalidate_all)(struct av_pgt *pgt);
};

struct av_pgt {
	const struct av_pgt_ops *ops;
	void *cookie;
	u64 *root;
	u8 page_shift;		/* 12, 14, 16: the granule */
	u8 ia_bits;		/* input address bits */
	s8 start_level;		/* 0..3 */
	u8 root_order;		/* concatenated root tables, log2 */
	/*
	 * What happens to a block of which only a part is unmapped or remapped. false (stage 2):
	 * all of it is unmapped, the rest comes back by a fault and nothing has to be allocated.
	 * true (EL2's own tables, where nobody takes a fault): it is split and the rest stays
	 * mapped, but for the break in between. Set by the owner after av_pgt_init().
	 */
	bool exact;
};

/*
 * concat: up to 16 concatenated root tables are allowed (stage 2 only).
 * Attributes are descriptor bits outside the address and the type, the same for block and page.
 * All functions that return int: 0, -EINVAL (range, alignment, attribute) or -ENOMEM (no table).
 */
int av_pgt_init(struct av_pgt *pgt, const struct av_pgt_ops *ops, void *cookie,
		unsigned int page_shift, unsigned int ia_bits, bool concat);
/* Frees all tables. No hardware walker uses them any more, nothing is invalidated. */
void av_pgt_destroy(struct av_pgt *pgt);
/*
 * Map [ia, ia+size) to [pa, ...) with the largest blocks that alignment allows; break before make.
 * What was mapped before is replaced; an entry that would not change is not touched. On -ENOMEM a
 * part may be mapped.
 */
int av_pgt_map(struct av_pgt *pgt, u64 ia, u64 pa, u64 size, u64 attr);

/*
 * What is to become of a leaf that is there already, where want is to be: its new descriptor, which differs in no more
 * than av_pgt_update() may change, or 0 if it has to make room. ia is that of want, and may lie within the leaf.
 */
typedef u64 (*av_pgt_merge_fn)(const struct av_pgt *pgt, u64 old, int level, u64 ia, u64 want);
/*
 * Map one page or block for a fault, beside others who do the same: entries change by compare-and-exchange, tables come
 * from alloc(from) and never go. 0: mapped, or merge() found it to be so; -EAGAIN: somebody else was faster or is at
 * it, the fault comes again if need be; -EBUSY: there is a table where the block would be, for av_pgt_map(); -EINVAL;
 * -ENOMEM.
 */
int av_pgt_map_shared(struct av_pgt *pgt, void *from, u64 ia, u64 pa, u64 size, u64 attr, av_pgt_merge_fn merge);
/*
 * Map nr pages from ia on, where nothing is and the table of the last level is there: beside others, as above. pa:
 * where each is. What is mapped, or just changing, stays. Return: how many were mapped.
 */
unsigned int av_pgt_fill_shared(struct av_pgt *pgt, u64 ia, const u64 *pa, unsigned int nr, u64 attr);
/*
 * Blocks that touch [ia, ia+size) become pages of the same translation; those that a block has outside of the range as
 * large as they can be. Break before make. On -ENOMEM a part is split, and all is mapped as before.
 */
int av_pgt_split(struct av_pgt *pgt, u64 ia, u64 size);
/* Unmap and free empty tables; -ENOMEM only where an exact split needs a table. */
int av_pgt_unmap(struct av_pgt *pgt, u64 ia, u64 size);

/*
 * The descriptor that translates ia and its level; 0 if there is none (level: where the walk
 * ended).
 */
u64 av_pgt_lookup(const struct av_pgt *pgt, u64 ia, int *level);
/*
 * Change attribute bits of the leaf that translates ia, in place: only for bits that need no break
 * before make (permissions, access flag). Returns the old descriptor, 0 if there is none. What the
 * change takes away must be invalidated by the caller. Atomic.
 */
u64 av_pgt_update(struct av_pgt *pgt, u64 ia, u64 set, u64 clear, int *level);
/*
 * Call fn for every leaf that touches [ia, ia+size), in order; a value other than 0 ends the walk
 * and is returned. ia is where the leaf begins; fn may change attributes with av_pgt_write().
 */
typedef int (*av_pgt_leaf_fn)(struct av_pgt *pgt, u64 ia, int level, u64 *entry, void *arg);
int av_pgt_walk(struct av_pgt *pgt, u64 ia, u64 size, av_pgt_leaf_fn fn, void *arg);
void av_pgt_write(u64 *entry, u64 desc);
/* Likewise, if it is still old. */
bool av_pgt_swap(u64 *entry, u64 old, u64 desc);

/* log2 of the bytes that an entry of this level translates. */
static inline unsigned int av_pgt_shift(const struct av_pgt *pgt, int level)
{
	return pgt->page_shift + (3 - level) * (pgt->page_shift - 3);
}

/* First level that may hold a block: 1 with 4K, 2 with 16K and 64K (DDI 0487, D8.3.1), of those that there are. */
static inline int av_pgt_block_level(const struct av_pgt *pgt)
{
	int first = pgt->page_shift == 12 ? 1 : 2;

	return first < pgt->start_level ? pgt->start_level : first;
}

#endif
