// SPDX-License-Identifier: GPL-2.0
/*
 * Where a guest's walk of its stage-1 tables looks: each page size, sizes of the address space, both halves, 52 bits;
 * AArch32's two formats.
 *
 * A failure names the layout. Implementation: mm/walk_rules.h. Source: DDI 0487, D8.2 (start level, alignment), D8.3.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>

#include "mm/walk_rules.h"
#include "tap.h"

#define SCTLR	SCTLR_M
#define HIGH	(0xffULL << 56 | 1ULL << 55)

/* TCR_EL1 for both halves */
#define TCR4K(size)	((u64)(size) | (u64)(size) << 16 | 2ULL << 30)
#define TCR16K(size)	((u64)(size) | (u64)(size) << 16 | 2ULL << 14 | 1ULL << 30)
#define TCR64K(size)	((u64)(size) | (u64)(size) << 16 | 1ULL << 14 | 3ULL << 30)
#define TCR_IPS_52	(6ULL << 32)
#define TCR_DS		(1ULL << 59)

/* The walk of va begins at this level with this entry of the table at 0x40000000 (high half: 0x80000000). */
static int begins(u64 tcr, u64 va, int level, u64 index)
{
	struct av_walk w;

	if (!av_walk_begin(&w, va, SCTLR, tcr, 0x40000000, 0x80000000))
		return 0;
	return w.level == level && av_walk_entry(&w) == (va >> 55 & 1 ? 0x80000000 : 0x40000000) + index * 8;
}

/* Likewise of AArch32's long format. */
static int begins_a32(u64 ttbcr, u32 va, int level, u64 entry)
{
	struct av_walk w;

	return av_walk_begin_a32(&w, va, SCTLR, ttbcr, 0x40000000, 0x80000000) && w.level == level &&
	       av_walk_entry(&w) == entry;
}

#define T0SZ(n)		((u64)(n))
#define T1SZ(n)		((u64)(n) << 16)
#define N(n)		((u64)(n))

static void test_a32(void)
{
	struct av_walk w;

	check(begins_a32(0, 0xc0000000, 1, 0x40000018), "long: all of it is TTBR0's");
	check(begins_a32(T1SZ(1), 0x7fffffff, 1, 0x40000008), "long: the lower half, of three entries");
	check(begins_a32(T1SZ(1), 0xc0000000, 1, 0x80000008), "long: the upper half");
	check(begins_a32(T0SZ(1), 0x80000000, 1, 0x80000010), "long: TTBR1 has what TTBR0 has not");
	check(begins_a32(T0SZ(2) | T1SZ(2), 0x3fe00000, 2, 0x40000ff8), "long: 30 bits begin at level 2");
	check(begins_a32(T0SZ(2) | T1SZ(7), 0xfe200000, 2, 0x80000008), "long: 25 bits");
	check(!av_walk_begin_a32(&w, 0x80000000, SCTLR, T0SZ(2) | T1SZ(2), 0, 0), "long: a hole between them");
	check(!av_walk_begin_a32(&w, 0, SCTLR, TCR_EPD0, 0, 0) &&
	      av_walk_begin_a32(&w, 0x80000000, SCTLR, TCR_EPD0 | T1SZ(1), 0, 0), "long: EPD0");
	check(!av_walk_begin_a32(&w, 0, 0, 0, 0, 0), "long: no translation, no walk");

	check(av_walk_short_level(0xfff00000, N(0), 0x40004000, 0, 0x40007000) == 1, "short: TTBR0's table");
	check(av_walk_short_level(0xfff00000, N(0), 0x40004000, 0, 0x40006000) == 2, "short: another page of it");
	check(av_walk_short_level(0x7ff00000, N(1), 0x40002000, 0x80004000, 0x40003000) == 1, "short: half of it");
	check(av_walk_short_level(0x80000000, N(1), 0x40002000, 0x80004000, 0x80006000) == 1, "short: TTBR1's");
	check(av_walk_short_level(0x02000000, N(7), 0x40000080, 0x80004000, 0x80004000) == 1, "short: TTBR1's lowest");
	check(av_walk_short_level(0x01f00000, N(7), 0x40000f80, 0x80004000, 0x40000000) == 1, "short: 128 bytes");
}

static void test_begin(void)
{
	struct av_walk w;

	check(begins(TCR4K(16), 0x0000812345678000, 0, 0x102), "4K, 48 bits");
	check(begins(TCR4K(25), 0x0000007fc0000000, 1, 0x1ff), "4K, 39 bits");
	check(begins(TCR4K(25), HIGH | 0x0000004080000000, 1, 0x102), "the upper half");
	check(begins(TCR4K(25), 0xab00004080000000, 1, 0x102), "a tag is no part of the address");
	check(begins(TCR4K(34), 0x3fe00000, 2, 0x1ff), "4K, 30 bits");
	check(begins(TCR16K(16), 0x0000800000000000, 0, 1), "16K, 48 bits");
	check(begins(TCR16K(17), 0x00007ff000000000, 1, 0x7ff), "16K, 47 bits");
	check(begins(TCR64K(16), 0x0000fc0000000000, 1, 0x3f), "64K, 48 bits");
	check(begins(TCR64K(12), 0x000ffc0000000000, 1, 0x3ff), "64K, 52 bits");
	check(begins(TCR4K(12) | TCR_DS, 0x000f000000000000, -1, 0xf), "4K, 52 bits");
	check(!av_walk_begin(&w, 0, 0, TCR4K(25), 0, 0), "no translation, no walk");
	check(!av_walk_begin(&w, 0, SCTLR, TCR4K(25) | TCR_EPD0, 0, 0), "EPD0");
	check(av_walk_begin(&w, HIGH, SCTLR, TCR4K(25) | TCR_EPD0, 0, 0), "is not EPD1");
	check(!av_walk_begin(&w, HIGH, SCTLR, TCR4K(25) | TCR_EPD1, 0, 0), "EPD1");
	check(!av_walk_begin(&w, 0, SCTLR, TCR4K(25) | 3 << 14, 0, 0), "a page size that is none");
	check(!av_walk_begin(&w, HIGH, SCTLR, TCR4K(25) & ~(3ULL << 30), 0, 0), "likewise");
	check(!av_walk_begin(&w, 0, SCTLR, TCR64K(49), 0, 0) && !av_walk_begin(&w, 0, SCTLR, TCR64K(48), 0, 0) &&
	      !av_walk_begin(&w, 0, SCTLR, TCR4K(0), 0, 0), "sizes that are none");
	check(av_walk_begin(&w, 0, SCTLR, TCR64K(16) | TCR_IPS_52, 0x40000000 | 0xa << 2, 0) &&
	      w.table == (0xaULL << 48 | 0x40000000), "a table beyond 48 bits");
	check(av_walk_begin(&w, 0, SCTLR, TCR4K(25), 0x40000001, 0) && w.table == 0x40000000, "CnP is no address");
}

static void test_down(void)
{
	struct av_walk w;
	u64 va = 0x0000007fbfdfe123;
	int bad = 0;

	av_walk_begin(&w, va, SCTLR, TCR4K(25), 0x40000000, 0);
	check(av_walk_down(&w, 0x8000000050000003) && w.level == 2 && w.table == 0x50000000 &&
	      av_walk_entry(&w) == 0x50000000 + 0x1fe * 8, "a table of the next level");
	check(av_walk_down(&w, 0x60000003) && w.level == 3 && av_walk_entry(&w) == 0x60000000 + 0x1fe * 8,
	      "and of the last");
	check(!av_walk_down(&w, 0x70000003), "a page is no table");
	w.level = 2;
	check(!av_walk_down(&w, 0x70000001) && !av_walk_down(&w, 0) && !av_walk_down(&w, 0x70000002),
	      "neither a block nor nothing");
	av_walk_begin(&w, 0, SCTLR, TCR64K(16) | TCR_IPS_52, 0, 0);
	check(av_walk_down(&w, 0x5000a003) && w.table == (0xaULL << 48 | 0x50000000), "64K, 52 bits");
	av_walk_begin(&w, 0, SCTLR, TCR4K(12) | TCR_DS, 0, 0);
	check(av_walk_down(&w, 0x0003000050000303) && w.table == (3ULL << 50 | 0x0003000050000000), "4K, 52 bits");
	/* Whatever the guest writes there: it ends, and stays within an address. */
	for (unsigned int seed = 1; seed < 200000; seed++) {
		u64 r = seed * 0x9e3779b97f4a7c15ULL, n = 0;

		if (!av_walk_begin(&w, r, SCTLR, r * 3, r * 5, r * 7))
			continue;
		do {
			bad += av_walk_entry(&w) >> 52 != 0 || w.level > 3 || w.level < -1;
			n++;
		} while (av_walk_down(&w, (r = r * 6364136223846793005ULL + 1) | 3));
		bad += n > 5;
	}
	check(!bad, "no tables make it go astray");
}

int main(void)
{
	test_begin();
	test_a32();
	test_down();
	return tap_end();
}
