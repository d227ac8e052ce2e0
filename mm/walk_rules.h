/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a guest's stage-1 tables are laid out: what of TCR_EL1, TTBRn_EL1 and descriptors a walk by software needs. A
 * unit test on the build host runs it too.
 *
 * Runs at: host kernel, build host. Owns: nothing. Locks: none.
 *
 * VMSAv8-64 (DDI 0487, D8.2, D8.3); FEAT_D128 is not offered. VMSAv8-32 as far as it is the same.
 */
#ifndef AV_WALK_RULES_H
#define AV_WALK_RULES_H

#include "include/arm_regs.h"

struct av_walk {
	u64 va;
	u64 table;		/* address of the table that is looked at */
	int level;		/* its level: -1 to 3 */
	unsigned int shift;	/* of the page size */
	unsigned int bits;	/* of an address that is translated */
	bool high_16;		/* 52-bit addresses with 64K pages: bits 51:48 are in 15:12 */
	bool ds;		/* ... with smaller ones (TCR_EL1.DS): bits 51:50 are in 9:8 */
};

/* log2 of the page size by TCR_EL1.TG0, TG1; 0: reserved */
static inline unsigned int av_walk_granule(u64 tcr, bool high)
{
	static const u8 tg0[] = { 12, 16, 14, 0 }, tg1[] = { 0, 14, 12, 16 };

	return high ? tg1[AV_GET(tcr, 31, 30)] : tg0[AV_GET(tcr, 15, 14)];
}

/* Lowest bit of va that the level's index does not have. */
static inline unsigned int av_walk_shift(const struct av_walk *w)
{
	return w->shift + (3 - w->level) * (w->shift - 3);
}

/* Address of the descriptor that translates va at this level. */
static inline u64 av_walk_entry(const struct av_walk *w)
{
	unsigned int lo = av_walk_shift(w), hi = lo + w->shift - 4;

	if (hi > w->bits - 1)
		hi = w->bits - 1;
	return w->table + AV_GET(w->va, hi, lo) * 8;
}

/* Where the walk of va begins; false: translation is off for it, or the registers say nothing that makes sense. */
static inline bool av_walk_begin(struct av_walk *w, u64 va, u64 sctlr, u64 tcr, u64 ttbr0, u64 ttbr1)
{
	bool high = va >> 55 & 1;
	u64 ttbr = high ? ttbr1 : ttbr0;
	unsigned int size, levels;

	size = high ? AV_GET(tcr, 21, 16) : AV_GET(tcr, 5, 0);
	w->shift = av_walk_granule(tcr, high);
	if (!(sctlr & SCTLR_M) || tcr & (high ? TCR_EPD1 : TCR_EPD0) || !w->shift || size < 12 || size > 48)
		return false;
	w->va = va;
	w->bits = 64 - size;
	if (w->bits <= w->shift)
		return false;
	w->high_16 = w->shift == 16 && AV_GET(tcr, 34, 32) == 6;
	w->ds = w->shift < 16 && tcr & AV_BIT(59);
	levels = (w->bits - w->shift + w->shift - 4) / (w->shift - 3);
	if (levels > 5)
		return false;
	w->level = 4 - (int)levels;
	/* Aligned to its size; with 52-bit addresses bits 51:48 stand below, and it has 64 bytes at least. */
	size = w->bits - av_walk_shift(w) + 3;
	if (w->high_16 || w->ds) {
		size = size < 6 ? 6 : size;
		w->table = (ttbr & AV_MASK(47, 6) & ~(AV_BIT(size) - 1)) | AV_GET(ttbr, 5, 2) << 48;
	} else {
		w->table = ttbr & AV_MASK(47, 1) & ~(AV_BIT(size) - 1);
	}
	return true;
}

/*
 * The same of AArch32's long format (G5.5): its tables are those of pages of 4K and of an address of 32 bits or less.
 */
static inline bool av_walk_begin_a32(struct av_walk *w, u64 va, u64 sctlr, u64 ttbcr, u64 ttbr0, u64 ttbr1)
{
	unsigned int t0 = AV_GET(ttbcr, 2, 0), t1 = AV_GET(ttbcr, 18, 16);
	bool low = !((u32)va >> (31 - t0) >> 1), high = t1 ? !(~(u32)va >> (32 - t1)) : !low;

	if (!(sctlr & SCTLR_M) || !(low || high) || ttbcr & (high ? TCR_EPD1 : TCR_EPD0))
		return false;
	*w = (struct av_walk) { .va = (u32)va, .shift = 12, .bits = 32 - (high ? t1 : t0) };
	w->level = w->bits > 30 ? 1 : 2;
	w->table = (high ? ttbr1 : ttbr0) & AV_MASK(39, 3) & ~(AV_BIT(w->bits - av_walk_shift(w) + 3) - 1);
	return true;
}

/*
 * Of AArch32's short format: the level whose table is in that page of 4K. There are two, and the first one's place
 * is TTBRn's.
 */
static inline int av_walk_short_level(u32 va, u64 ttbcr, u64 ttbr0, u64 ttbr1, u64 page)
{
	unsigned int n = AV_GET(ttbcr, 2, 0);
	bool high = va >> (31 - n) >> 1;
	u64 table = high ? ttbr1 & AV_MASK(31, 14) : ttbr0 & AV_MASK(31, 14 - n);
	u64 entry = table + (high ? va >> 20 : va << n >> n >> 20) * 4;

	return (entry ^ page) < 4096 ? 1 : 2;
}

/* The address in a descriptor: of a table, a page or a block, whose low bits mean something else or nothing. */
static inline u64 av_walk_address(const struct av_walk *w, u64 desc)
{
	if (w->high_16)
		return (desc & AV_MASK(47, 16)) | AV_GET(desc, 15, 12) << 48;
	if (w->ds)
		return (desc & AV_MASK(49, 12)) | AV_GET(desc, 9, 8) << 50;
	return desc & AV_MASK(47, 12);
}

/* Down to the table that the descriptor points to; false: it points to none. */
static inline bool av_walk_down(struct av_walk *w, u64 desc)
{
	if (w->level == 3 || (desc & 3) != 3)
		return false;
	w->table = av_walk_address(w, desc) & ~(AV_BIT(w->shift) - 1);
	w->level++;
	return true;
}

/* May this level's entries be pages or blocks (DDI 0487, D8.3.1)? With 52-bit addresses, blocks one level more. */
static inline bool av_walk_may_end(const struct av_walk *w)
{
	return w->level >= (w->shift == 12 ? 1 : 2) - (w->ds || w->high_16);
}

#endif
