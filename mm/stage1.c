// SPDX-License-Identifier: GPL-2.0
/*
 * The walk of a guest's stage-1 tables for an instruction's address.
 *
 * Runs at: host kernel, build host (selftests/unit/stage1.c). Owns: nothing. Locks: none.
 *
 * Conservative: where the architecture has options that this walk does not know, the answer is "not mapped".
 */
#include "stage1.h"
#include "walk_rules.h"

#define AV_TCR_HPD(upper)	AV_BIT((upper) ? 42 : 41)

/* TCR2_EL1: indirection; overlays and 128-bit tables, which this walk does not know */
#define AV_TCR2_PIE		AV_BIT(1)
#define AV_TCR2_UNKNOWN		(AV_BIT(2) | AV_BIT(3) | AV_BIT(5))	/* E0POE, POE, D128 */

/* Descriptors (DDI 0487, D8.3) */
#define DESC_VALID		AV_BIT(0)
#define DESC_TABLE		AV_BIT(1)	/* at level 3: a page */
#define DESC_AP_EL0		AV_BIT(6)
#define DESC_AP_RO		AV_BIT(7)
#define DESC_PXN		AV_BIT(53)
#define DESC_UXN		AV_BIT(54)
#define DESC_PXN_TABLE		AV_BIT(59)
#define DESC_UXN_TABLE		AV_BIT(60)

static u64 swap64(u64 v)
{
	return __builtin_bswap64(v);
}

/* False if the address is outside, or the layout needs what the host may not have. */
static bool begin(const struct av_stage1 *s1, u64 va, bool upper, struct av_walk *w)
{
	if (s1->tcr2 & AV_TCR2_UNKNOWN)
		return false;
	if (!av_walk_begin(w, va, s1->sctlr, s1->tcr, s1->ttbr[0], s1->ttbr[1]))
		return false;
	if (w->bits > 48 && w->shift < 16 && !w->ds)
		return false;
	/* A program counter has no tag. */
	return (u64)((s64)va >> w->bits) == (upper ? ~0ULL : 0);
}

/* Base permissions by PIR_EL1 or PIRE0_EL1, four bits each (DDI 0487, D8.4.2.1): those that let write, and execute. */
#define PERM_WRITE	(AV_BIT(5) | AV_BIT(6) | AV_BIT(7) | AV_BIT(12) | AV_BIT(14))
#define PERM_EXECUTE	(AV_BIT(2) | AV_BIT(3) | AV_BIT(7) | AV_BIT(10) | AV_BIT(14))

/* Permissions by an index in the descriptor; what EL0 may write and EL1 execute nobody has at all (R_VFPJF). */
static bool is_executable_by_index(const struct av_stage1 *s1, u64 desc)
{
	unsigned int index = AV_GET(desc, 54, 53) << 2 | AV_GET(desc, 51, 51) << 1 | AV_GET(desc, 6, 6);
	unsigned int el1 = s1->pir >> (4 * index) & 15, el0 = s1->pire0 >> (4 * index) & 15;

	if (PERM_EXECUTE >> el1 & 1 && PERM_WRITE >> el0 & 1)
		return false;
	return PERM_EXECUTE >> (s1->el0 ? el0 : el1) & 1;
}

/* never: by a table on the way, which has no say in indirect permissions */
static bool is_executable(const struct av_stage1 *s1, bool never, u64 desc)
{
	bool writable_el0 = (desc & (DESC_AP_EL0 | DESC_AP_RO)) == DESC_AP_EL0;
	bool writable = s1->el0 ? writable_el0 : !(desc & DESC_AP_RO);

	if (s1->tcr2 & AV_TCR2_PIE)
		return is_executable_by_index(s1, desc);
	if (never || desc & (s1->el0 ? DESC_UXN : DESC_PXN))
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

/* Where the page or block is; false: the descriptor is neither, at this level. */
static bool ends(const struct av_walk *w, u64 desc, u64 *ipa)
{
	u64 offset = AV_BIT(av_walk_shift(w)) - 1;

	if (!av_walk_may_end(w) || (w->level == 3 && !(desc & DESC_TABLE)))
		return false;
	/* Address bits 51 to 48, where nobody said so. */
	if (w->shift == 16 && !w->high_16 && AV_GET(desc, 15, 12))
		return false;
	*ipa = (av_walk_address(w, desc) & ~offset) | (w->va & offset);
	return true;
}

static bool walk(const struct av_stage1 *s1, u64 va, bool fetch, u64 *ipa)
{
	bool upper = va >> 55 & 1, never = false;
	struct av_walk w;
	u64 desc;

	if (!(s1->sctlr & SCTLR_M)) {
		*ipa = va;
		return true;
	}
	if (!begin(s1, va, upper, &w))
		return false;
	for (;;) {
		if (!read_entry(s1, av_walk_entry(&w), &desc))
			return false;
		if (!av_walk_down(&w, desc))
			return ends(&w, desc, ipa) && (!fetch || is_executable(s1, never, desc));
		if (!(s1->tcr & AV_TCR_HPD(upper)))
			never |= (desc & (s1->el0 ? DESC_UXN_TABLE : DESC_PXN_TABLE)) != 0;
	}
}

bool av_stage1_fetch(const struct av_stage1 *s1, u64 va, u64 *ipa)
{
	return walk(s1, va, true, ipa);
}

bool av_stage1_find(const struct av_stage1 *s1, u64 va, u64 *ipa)
{
	/* Bit 55 says which half it is, with a tag too. */
	return walk(s1, (u64)((s64)(va << 8) >> 8), false, ipa);
}
