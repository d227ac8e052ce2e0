// SPDX-License-Identifier: GPL-2.0
/*
 * The walk of a guest's stage-1 tables for an instruction's address.
 *
 * Runs at: host kernel, build host (selftests/unit/stage1.c). Owns: nothing. Locks: none.
 *
 * Conservative: where the architecture has options that this walk does not know, the answer is "not mapped".
 */
#include "stage1.h"

#define AV_TCR_FIELD(tcr, upper, hi, lo) ((upper) ? AV_GET(tcr, (hi) + 16, (lo) + 16) : AV_GET(tcr, hi, lo))
#define AV_TCR_HPD(upper)			AV_BIT((upper) ? 42 : 41)
#define AV_TCR_DS				AV_BIT(59)

/* Descriptors (DDI 0487, D8.3) */
#define DESC_VALID		AV_BIT(0)
#define DESC_TABLE		AV_BIT(1)	/* at level 3: a page */
#define DESC_AP_EL0		AV_BIT(6)
#define DESC_AP_RO		AV_BIT(7)
#define DESC_PXN		AV_BIT(53)
#define DESC_UXN		AV_BIT(54)
#define DESC_PXN_TABLE		AV_BIT(59)
#define DESC_UXN_TABLE		AV_BIT(60)
#define DESC_ADDR		AV_MASK(47, 12)

struct walk {
	unsigned int page_shift, bits;
	bool never;			/* executable, by a table on the way */
};

static u64 swap64(u64 v)
{
	return __builtin_bswap64(v);
}

/* TG0 and TG1 have codes of their own. */
static unsigned int granule(u64 tcr, bool upper)
{
	static const u8 tg0[4] = { 12, 16, 14, 0 }, tg1[4] = { 0, 14, 12, 16 };

	return upper ? tg1[AV_GET(tcr, 31, 30)] : tg0[AV_GET(tcr, 15, 14)];
}

static unsigned int level_shift(const struct walk *w, int level)
{
	return w->page_shift + (3 - level) * (w->page_shift - 3);
}

static int start_level(const struct walk *w)
{
	int level = 3;

	while (level && level_shift(w, level - 1) < w->bits)
		level--;
	return level;
}

/* Which half, how large, and of which granule; false if the address is outside. */
static bool region(const struct av_stage1 *s1, u64 va, bool upper, struct walk *w)
{
	u64 tsz = AV_TCR_FIELD(s1->tcr, upper, 5, 0);

	w->page_shift = granule(s1->tcr, upper);
	if (!w->page_shift || AV_TCR_FIELD(s1->tcr, upper, 7, 7) || s1->tcr & AV_TCR_DS || tsz < 16 || tsz > 39)
		return false;
	w->bits = 64 - tsz;
	/* A program counter has no tag. */
	return (u64)((s64)va >> w->bits) == (upper ? ~0ULL : 0);
}

/* The first level whose entries may be blocks, without 52-bit addresses. */
static bool may_be_leaf(const struct walk *w, int level)
{
	return level >= (w->page_shift == 12 ? 1 : 2);
}

static bool is_executable(const struct av_stage1 *s1, const struct walk *w, u64 desc)
{
	bool writable_el0 = (desc & (DESC_AP_EL0 | DESC_AP_RO)) == DESC_AP_EL0;
	bool writable = s1->el0 ? writable_el0 : !(desc & DESC_AP_RO);

	if (w->never || desc & (s1->el0 ? DESC_UXN : DESC_PXN))
		return false;
	/* What EL0 may write, EL1 never executes (D8.4.5). */
	if (!s1->el0 && writable_el0)
		return false;
	return !(s1->sctlr & SCTLR_WXN && writable);
}

static bool read_entry(const struct av_stage1 *s1, u64 ipa, u64 *desc)
{
	if (!s1->read(s1, ipa, desc))
		return false;
	if (s1->sctlr & SCTLR_EE)
		*desc = swap64(*desc);
	return *desc & DESC_VALID;
}

static bool is_table(int level, u64 desc)
{
	return level < 3 && desc & DESC_TABLE;
}

bool av_stage1_fetch(const struct av_stage1 *s1, u64 va, u64 *ipa)
{
	bool upper = va >> 55 & 1;
	struct walk w = { };
	u64 table, desc, index;
	unsigned int shift;
	int level;

	if (!(s1->sctlr & SCTLR_M)) {
		*ipa = va;
		return true;
	}
	if (!region(s1, va, upper, &w))
		return false;
	va &= AV_MASK(w.bits - 1, 0);
	level = start_level(&w);
	/* As many entries as there are; at least 64 bytes. */
	shift = w.bits - level_shift(&w, level) + 3;
	table = s1->ttbr[upper] & AV_MASK(47, 0) & ~(AV_BIT(shift < 6 ? 6 : shift) - 1);
	for (;; level++) {
		shift = level_shift(&w, level);
		index = va >> shift & (AV_BIT(w.page_shift - 3) - 1);
		if (!read_entry(s1, table + index * 8, &desc))
			return false;
		/* Address bits 51 to 48. */
		if (w.page_shift == 16 && AV_GET(desc, 15, 12))
			return false;
		if (!is_table(level, desc))
			break;
		if (!(s1->tcr & AV_TCR_HPD(upper)))
			w.never |= (desc & (s1->el0 ? DESC_UXN_TABLE : DESC_PXN_TABLE)) != 0;
		table = desc & DESC_ADDR & ~(AV_BIT(w.page_shift) - 1);
	}
	if (!may_be_leaf(&w, level) || (level == 3 && !(desc & DESC_TABLE)) || !is_executable(s1, &w, desc))
		return false;
	*ipa = (desc & DESC_ADDR & ~(AV_BIT(shift) - 1)) | (va & (AV_BIT(shift) - 1));
	return true;
}
