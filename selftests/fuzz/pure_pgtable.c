// SPDX-License-Identifier: GPL-2.0
/*
 * The table walker against a flat array: map, unmap, change, look up in any order, every granule, both ways to treat
 * parts of blocks, tables that can't be had. What is told to be invalid is told before it is replaced; nothing leaks.
 */
#include "pure.h"

#define main unit_main
#include "unit/pgtable_test.c"
#undef main

#define PAGES	1024

static u64 want[PAGES];
static struct av_pgt walker;
static u64 page_size, base;

static u64 at_page(unsigned int i)
{
	return base + i * page_size;
}

/*
 * Outside of what an operation was about nothing may change, but for parts of blocks of which stage 2 unmaps all.
 * Inside it may be as before, as wanted or not mapped where the operation failed.
 */
static void compare(unsigned int from, unsigned int nr, const u64 *before, bool failed)
{
	unsigned int i;
	u64 got;

	for (i = 0; i < PAGES; i++) {
		bool inside = i - from < nr;

		got = translate(&walker, at_page(i));
		if (got == want[i])
			continue;
		REQUIRE(got == BAD || (inside && failed && got == before[i]));
		REQUIRE(!walker.exact || (inside && failed));
		want[i] = got;
	}
}

static void map_or_unmap(struct input *in, bool map)
{
	unsigned int from = bytes(in, 2) % PAGES, nr = 1 + bytes(in, 2) % PAGES, i;
	u64 pa = bytes(in, 1) % 8 << av_pgt_shift(&walker, 2);
	static u64 before[PAGES];
	int ret;

	if (bytes(in, 1) & 1)
		nr = nr % 16 + 1;
	if (from + nr > PAGES)
		nr = PAGES - from;
	/* congruent with the address, so that blocks fit, or not */
	pa += bytes(in, 1) & 3 ? at_page(from) : bytes(in, 1) * page_size;
	alloc_budget = bytes(in, 1) < 64 ? (int)bytes(in, 1) % 4 : -1;
	memcpy(before, want, sizeof(want));
	for (i = 0; i < nr; i++)
		want[from + i] = map ? pa + i * page_size : BAD;
	ret = map ? av_pgt_map(&walker, at_page(from), pa, nr * page_size, ATTR_A) :
		    av_pgt_unmap(&walker, at_page(from), nr * page_size);
	REQUIRE(!ret || (ret == -ENOMEM && alloc_budget >= 0));
	alloc_budget = -1;
	REQUIRE(!bbm_broken);
	compare(from, nr, before, ret);
}

/* Bad arguments change nothing. */
static void odd_arguments(struct input *in)
{
	u64 ia = take_number(in), pa = take_number(in), size = take_number(in), attr = take_number(in);
	u64 end = AV_BIT(walker.ia_bits);

	if (!((ia | pa | size) & (page_size - 1)) && size && size <= end && ia <= end - size &&
	    !(attr & ~AV_PGT_ATTR))
		return;
	REQUIRE(av_pgt_map(&walker, ia, pa, size, attr) == -EINVAL);
}

static int in_order(struct av_pgt *pgt, u64 ia, int level, u64 *entry, void *arg)
{
	u64 *last = arg;

	(void)entry;
	REQUIRE(!(ia & (AV_BIT(av_pgt_shift(pgt, level)) - 1)));
	REQUIRE(*last == BAD || ia > *last);
	*last = ia;
	return 0;
}

static void look(struct input *in)
{
	unsigned int from = bytes(in, 2) % PAGES, nr = 1 + bytes(in, 2) % PAGES;
	u64 last = BAD, desc;
	int level;

	REQUIRE(!av_pgt_walk(&walker, at_page(from), nr * page_size, in_order, &last));
	desc = av_pgt_update(&walker, at_page(from), AV_BIT(10), AV_BIT(54), &level);
	REQUIRE(!desc == (want[from] == BAD));
	REQUIRE(!desc || !(av_pgt_lookup(&walker, at_page(from), &level) & AV_BIT(54)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const u8 shifts[] = { 12, 14, 16 };
	struct input in = { data, data + size };
	unsigned int shift = shifts[bytes(&in, 1) % 3], bits = 32 + bytes(&in, 1) % 17, i;
	unsigned int flags = bytes(&in, 1), ops = 0;

	alloc_budget = -1;
	bbm_broken = false;
	no_invalidate_all = flags & 1;
	if (init(&walker, shift, bits, flags & 2))
		return 0;
	walker.exact = flags & 4;
	page_size = AV_BIT(shift);
	base = AV_BIT(av_pgt_shift(&walker, 2)) * (1 + bytes(&in, 1) % 3) + bytes(&in, 1) % 64 * page_size;
	if (base + PAGES * page_size > AV_BIT(bits))
		base = 0;
	for (i = 0; i < PAGES; i++)
		want[i] = BAD;
	while (more(&in) && ops++ < 24) {
		switch (bytes(&in, 1) % 8) {
		case 0 ... 3:
			map_or_unmap(&in, true);
			break;
		case 4 ... 5:
			map_or_unmap(&in, false);
			break;
		case 6:
			odd_arguments(&in);
			break;
		case 7:
			look(&in);
			break;
		}
	}
	REQUIRE(!av_pgt_unmap(&walker, 0, AV_BIT(bits)));
	REQUIRE(live_tables == 1);
	av_pgt_destroy(&walker);
	REQUIRE(!live_tables);
	return 0;
}
