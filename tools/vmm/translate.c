// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's virtual addresses, walked as its MMU would: there is no KVM_TRANSLATE on arm64.
 *
 * Owns: nothing. Locks: none; any thread may call.
 */
#include "translate.h"

#define SCTLR_M		1
#define OA_MASK		0xffffffffffffULL	/* 48 bits */
#define DESC_VALID	1
#define DESC_TABLE	2			/* a page at level 3 */

/* One of the two halves of the address space: TCR_EL1's fields of it. */
struct half {
	uint64_t	ttbr;
	unsigned int	tsz;
	unsigned int	shift;		/* log2 of the granule; 0: a reserved value */
	bool		off;		/* EPD: no walks */
	bool		tbi;
};

static struct half half_of(const struct mmu *mmu, bool high)
{
	/* TG0 and TG1 have encodings of their own. */
	static const unsigned int tg0[] = { 12, 16, 14, 0 };
	static const unsigned int tg1[] = { 0, 14, 12, 16 };
	uint64_t tcr = mmu->tcr;

	if (high)
		return (struct half) {
			.ttbr = mmu->ttbr1, .tsz = tcr >> 16 & 63, .shift = tg1[tcr >> 30 & 3],
			.off = tcr >> 23 & 1, .tbi = tcr >> 38 & 1,
		};
	return (struct half) {
		.ttbr = mmu->ttbr0, .tsz = tcr & 63, .shift = tg0[tcr >> 14 & 3],
		.off = tcr >> 7 & 1, .tbi = tcr >> 37 & 1,
	};
}

/* Blocks are at levels 1 and 2; with pages of 16K and 64K at level 2 only. */
static bool block_allowed(const struct half *half, int level)
{
	return level == 2 || (level == 1 && half->shift == 12);
}

/* va is what the half's size leaves of it. */
static bool walk(const struct mmu *mmu, const struct half *half, uint64_t va, unsigned int bits, uint64_t *ipa)
{
	unsigned int stride = half->shift - 3;
	int level = 4 - (int)((bits - half->shift + stride - 1) / stride);
	uint64_t table = half->ttbr & OA_MASK & ~1ULL, desc, index;
	unsigned int at = half->shift + stride * (3 - level);
	uint64_t span = va >> at;

	for (;;) {
		index = span & ((1ULL << stride) - 1);
		if (!mmu->read(mmu->arg, table + index * 8, &desc) || !(desc & DESC_VALID))
			return false;
		if (level == 3 || !(desc & DESC_TABLE))
			break;
		table = desc & OA_MASK & -(1ULL << half->shift);
		level++;
		at -= stride;
		span = va >> at;
	}
	if (level == 3 ? !(desc & DESC_TABLE) : !block_allowed(half, level))
		return false;
	*ipa = (desc & OA_MASK & -(1ULL << at)) | (va & ((1ULL << at) - 1));
	return true;
}

bool translate(const struct mmu *mmu, uint64_t va, uint64_t *ipa)
{
	bool high = va >> 55 & 1;
	struct half half = half_of(mmu, high);
	uint64_t top, want;
	unsigned int bits;

	if (!(mmu->sctlr & SCTLR_M)) {
		*ipa = va;
		return true;
	}
	if (half.off || !half.shift || half.tsz < 16 || half.tsz > 48)
		return false;
	bits = 64 - half.tsz;
	if (bits <= half.shift)
		return false;
	/* What is above has to be all zeroes or all ones, but for a tag. */
	top = ~((1ULL << bits) - 1);
	if (half.tbi)
		top &= (1ULL << 56) - 1;
	want = high ? top : 0;
	if ((va & top) != want)
		return false;
	return walk(mmu, &half, va & ((1ULL << bits) - 1), bits, ipa);
}
