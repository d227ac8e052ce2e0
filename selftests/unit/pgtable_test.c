// SPDX-License-Identifier: GPL-2.0
/*
 * Unit test of host/pgtable.c: every granule and root shape, block choice, splits, break-before-make,
 * permissions, random operations against a model, allocation failures, leaks.
 *
 * Runs at: build host, with sanitizers. Prints TAP; exit status 0 when all passed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host/pgtable.c"
#include "tap.h"

#define ATTR_A		(AV_BIT(10) | AV_BIT(54))
#define ATTR_B		(AV_BIT(10) | AV_BIT(7))
#define BAD		(~0ULL)

static int live_tables;		/* tables that the walker holds */
static int alloc_budget = -1;	/* allocations until failure, -1: no limit */
static int nr_invalidate, nr_invalidate_all;
static u64 last_ia;
static int last_level;
static bool bbm_broken;
static bool no_invalidate_all;

/*
 * Host pointers don't fit into 48 bits of "physical" address under every sanitizer, so tables get
 * fake physical addresses: an index into an array of pointers.
 */
#define MAX_TABLES	65536
#define TABLE_PA	0x800000000000ULL	/* above all that the tests map */
static void *tables[MAX_TABLES];
static unsigned int next_table;
static unsigned int shift_now;

static void *t_alloc(void *cookie, unsigned int order)
{
	size_t size = (size_t)1 << (shift_now + order);
	void *p;
	unsigned int i;

	if (!alloc_budget)
		return NULL;
	if (alloc_budget > 0)
		alloc_budget--;
	p = aligned_alloc(size, size);
	memset(p, 0, size);
	for (i = 0; i < MAX_TABLES; i++) {
		next_table = (next_table + 1) % MAX_TABLES;
		if (!tables[next_table])
			break;
	}
	tables[next_table] = p;
	live_tables++;
	*(int *)cookie += 1;
	return p;
}

static u64 t_to_pa(void *table)
{
	unsigned int i;

	for (i = 0; i < MAX_TABLES; i++)
		if (tables[(next_table + MAX_TABLES - i) % MAX_TABLES] == table)
			return TABLE_PA +
			       ((u64)((next_table + MAX_TABLES - i) % MAX_TABLES) << shift_now);
	abort();
}

static void *t_to_va(u64 pa)
{
	u64 i = (pa - TABLE_PA) >> shift_now;

	if (pa < TABLE_PA || i >= MAX_TABLES || !tables[i])
		abort();
	return tables[i];
}

static void t_free(void *cookie, void *table, unsigned int order)
{
	u64 pa = t_to_pa(table);

	tables[(pa - TABLE_PA) >> shift_now] = NULL;
	free(table);
	live_tables--;
	*(int *)cookie -= 1;
	(void)order;
}

static void t_invalidate(struct av_pgt *pgt, u64 ia, int level)
{
	int l;

	nr_invalidate++;
	last_ia = ia;
	last_level = level;
	/* The new value must not be there yet. */
	if (level && av_pgt_lookup(pgt, ia, &l))
		bbm_broken = true;
}

static void t_invalidate_all(struct av_pgt *pgt)
{
	(void)pgt;
	nr_invalidate_all++;
}

static const struct av_pgt_ops ops_all = {
	.alloc = t_alloc, .free = t_free, .to_pa = t_to_pa, .to_va = t_to_va,
	.invalidate = t_invalidate, .invalidate_all = t_invalidate_all,
};

static u64 range_ia, range_size;
static int nr_ranges, range_level;

static void t_invalidate_range(struct av_pgt *pgt, u64 ia, u64 size, int level)
{
	int l;

	nr_ranges++;
	range_ia = ia;
	range_size = size;
	range_level = level;
	for (; size; ia += 0x1000, size -= 0x1000)
		if (av_pgt_lookup(pgt, ia, &l))
			bbm_broken = true;
}

static const struct av_pgt_ops ops_range = {
	.alloc = t_alloc, .free = t_free, .to_pa = t_to_pa, .to_va = t_to_va,
	.invalidate = t_invalidate, .invalidate_range = t_invalidate_range, .invalidate_all = t_invalidate_all,
};

static const struct av_pgt_ops ops_single = {
	.alloc = t_alloc, .free = t_free, .to_pa = t_to_pa, .to_va = t_to_va,
	.invalidate = t_invalidate,
};

static int cookie;

static int init(struct av_pgt *pgt, unsigned int shift, unsigned int bits, bool concat)
{
	shift_now = shift;
	nr_invalidate = 0;
	nr_invalidate_all = 0;
	return av_pgt_init(pgt, no_invalidate_all ? &ops_single : &ops_all, &cookie, shift, bits,
			   concat);
}

/* Physical address that the tables give for ia, BAD if none. */
static u64 translate(struct av_pgt *pgt, u64 ia)
{
	int level = -1;
	u64 desc = av_pgt_lookup(pgt, ia, &level);
	u64 mask = desc ? AV_BIT(av_pgt_shift(pgt, level)) - 1 : 0;

	if (!desc)
		return BAD;
	if (level == 3 && !(desc & AV_PGT_TABLE))
		return BAD;
	if (level < av_pgt_block_level(pgt))
		return BAD;
	if (desc & AV_PGT_ADDR & mask)	/* address bits below the block */
		return BAD;
	return (desc & AV_PGT_ADDR) | (ia & mask);
}

static int level_of(struct av_pgt *pgt, u64 ia)
{
	int level = -1;

	return av_pgt_lookup(pgt, ia, &level) ? level : -1;
}

static void test_root_shapes(void)
{
	static const struct {
		u8 shift, bits;
		bool concat;
		s8 level;
		u8 order;
	} want[] = {
		{ 12, 48, true, 0, 0 }, { 12, 44, true, 0, 0 }, { 12, 43, true, 1, 4 },
		{ 12, 40, true, 1, 1 }, { 12, 39, true, 1, 0 }, { 12, 34, true, 2, 4 },
		{ 12, 32, true, 2, 2 }, { 12, 36, true, 1, 0 }, { 12, 48, false, 0, 0 },
		{ 12, 39, false, 1, 0 }, { 12, 40, false, 0, 0 }, { 12, 32, false, 1, 0 },
		{ 14, 48, true, 1, 1 }, { 14, 47, true, 1, 0 }, { 14, 40, true, 2, 4 },
		{ 14, 36, true, 2, 0 }, { 14, 32, true, 2, 0 }, { 14, 48, false, 0, 0 },
		{ 16, 48, true, 1, 0 }, { 16, 46, true, 2, 4 }, { 16, 42, true, 2, 0 },
		{ 16, 40, true, 2, 0 }, { 16, 32, true, 2, 0 }, { 16, 48, false, 1, 0 },
		{ 0 }
	};
	bool ok = true;
	unsigned int i;

	for (i = 0; want[i].shift; i++) {
		struct av_pgt p;

		if (init(&p, want[i].shift, want[i].bits, want[i].concat) ||
		    p.start_level != want[i].level || p.root_order != want[i].order) {
			ok = false;
			printf("# %u %u: level %d order %u\n", want[i].shift, want[i].bits,
			       p.start_level, p.root_order);
		}
		av_pgt_destroy(&p);
	}
	check(ok, "start level and concatenation are as VTCR_EL2 wants them");
	check(live_tables == 0, "roots are freed");
}

static void test_bad_arguments(void)
{
	struct av_pgt p;

	check(init(&p, 13, 40, true) == -EINVAL, "granule 8K is refused");
	check(init(&p, 12, 31, true) == -EINVAL && init(&p, 12, 49, true) == -EINVAL,
	      "31 and 49 bits are refused");
	init(&p, 12, 40, true);
	check(av_pgt_map(&p, 0x1001, 0, 0x1000, 0) == -EINVAL &&
	      av_pgt_map(&p, 0x1000, 1, 0x1000, 0) == -EINVAL &&
	      av_pgt_map(&p, 0x1000, 0, 0x800, 0) == -EINVAL &&
	      av_pgt_map(&p, 0x1000, 0, 0, 0) == -EINVAL, "unaligned or empty ranges are refused");
	check(av_pgt_map(&p, AV_BIT(40) - 0x1000, 0, 0x2000, 0) == -EINVAL &&
	      av_pgt_map(&p, AV_BIT(40), 0, 0x1000, 0) == -EINVAL &&
	      av_pgt_map(&p, ~0xfffULL, 0, 0x2000, 0) == -EINVAL,
	      "ranges beyond the end are refused");
	check(av_pgt_map(&p, 0, AV_BIT(48), 0x1000, 0) == -EINVAL &&
	      av_pgt_map(&p, 0, AV_BIT(48) - 0x1000, 0x2000, 0) == -EINVAL,
	      "addresses above 48 bits are refused");
	check(av_pgt_map(&p, 0, 0, 0x1000, AV_PGT_VALID) == -EINVAL &&
	      av_pgt_map(&p, 0, 0, 0x1000, AV_BIT(20)) == -EINVAL,
	      "address bits aren't attributes");
	check(av_pgt_unmap(&p, AV_BIT(40), 0x1000) == -EINVAL, "unmap refuses them too");
	check(av_pgt_map(&p, AV_BIT(40) - 0x1000, AV_BIT(47) - 0x1000, 0x1000, 0) == 0 &&
	      translate(&p, AV_BIT(40) - 1) == AV_BIT(47) - 1, "the last page can be mapped");
	check(translate(&p, AV_BIT(40)) == BAD, "lookup beyond the end finds nothing");
	av_pgt_destroy(&p);
	check(live_tables == 0, "no table is left");
}

/* One granule: pages, blocks, replacement in both directions. */
static void test_granule(unsigned int shift, unsigned int bits, bool concat)
{
	char name[120];
	struct av_pgt p;
	u64 page = AV_BIT(shift), block, ia, base;
	int bl;
	bool ok = true;

	init(&p, shift, bits, concat);
	bl = av_pgt_block_level(&p);
	block = AV_BIT(av_pgt_shift(&p, 2));
	base = block;

#define CLAIM(cond, text)							\
	do {									\
		snprintf(name, sizeof(name), "%uK/%u: %s", 1U << (shift - 10), bits, text);	\
		check(cond, name);						\
	} while (0)

	av_pgt_map(&p, base, base + 5 * page, 3 * page, ATTR_A);
	CLAIM(translate(&p, base + page + 5) == base + 6 * page + 5 && level_of(&p, base) == 3,
	      "unaligned range gets pages");
	CLAIM(translate(&p, base - 1) == BAD && translate(&p, base + 3 * page) == BAD,
	      "neighbours stay unmapped");
	CLAIM(nr_invalidate + nr_invalidate_all == 0, "nothing is invalidated for new entries");
	av_pgt_map(&p, base, base + 5 * page, 3 * page, ATTR_A);
	CLAIM(nr_invalidate + nr_invalidate_all == 0, "the same mapping again changes nothing");

	av_pgt_map(&p, base + page, base, page, ATTR_A);
	CLAIM(nr_invalidate == 1 && last_ia == base + page && last_level == 3 && !bbm_broken,
	      "a changed page is broken before it is made");

	av_pgt_map(&p, base, 4 * block, block, ATTR_B);
	CLAIM(level_of(&p, base) == 2 && translate(&p, base + block - 1) == 5 * block - 1 &&
	      !bbm_broken && live_tables == 2 - (p.start_level == 2) + (p.start_level == 0),
	      "a block replaces a table, which is freed");

	av_pgt_unmap(&p, base, block);
	CLAIM(live_tables == 1 && translate(&p, base) == BAD, "unmap frees the empty tables");

	/* The largest blocks in the middle, smaller ones and pages at the ends. */
	block = AV_BIT(av_pgt_shift(&p, bl));
	av_pgt_map(&p, block - 2 * page, 5 * block - 2 * page, block + 5 * page, ATTR_A);
	CLAIM(level_of(&p, block) == bl, "the largest block level is used");
	for (ia = block - 2 * page; ia < 2 * block + 3 * page; ia += page)
		ok &= translate(&p, ia) == ia + 4 * block;
	CLAIM(ok, "blocks and pages translate alike");
	CLAIM(level_of(&p, block - page) == 3 && level_of(&p, 2 * block) == 3,
	      "the ends are pages");
	av_pgt_unmap(&p, 0, 4 * block);
	CLAIM(live_tables == 1 && !bbm_broken, "all is unmapped again");
	av_pgt_destroy(&p);
	CLAIM(live_tables == 0, "nothing leaks");
}

static void test_block_parts(unsigned int shift, bool exact)
{
	char name[120];
	struct av_pgt p;
	u64 page = AV_BIT(shift), block, ia;
	unsigned int bits = 40;
	bool ok = true;

	init(&p, shift, bits, true);
	p.exact = exact;
	block = AV_BIT(av_pgt_shift(&p, 2));
	av_pgt_map(&p, block, 0, 2 * block, ATTR_A);
	nr_invalidate = 0;
	av_pgt_unmap(&p, block + 3 * page, 2 * page);
	for (ia = block; ia < 2 * block; ia += page) {
		bool gone = ia >= block + 3 * page && ia < block + 5 * page;

		ok &= translate(&p, ia) == (gone || !exact ? BAD : ia - block);
	}
	CLAIM(ok, exact ? "a part of a block is unmapped exactly" :
	      "a block is unmapped as a whole");
	CLAIM(nr_invalidate >= 1 && !bbm_broken, "the block is invalidated");
	CLAIM(translate(&p, 2 * block) == block, "the next block stays");

	av_pgt_map(&p, 2 * block + page, 0, page, ATTR_B);
	CLAIM(translate(&p, 2 * block + page) == 0 &&
	      translate(&p, 2 * block) == (exact ? block : BAD) && !bbm_broken,
	      "a page mapped into a block splits it");
	if (exact) {
		alloc_budget = 0;
		av_pgt_map(&p, 0, 0, block, ATTR_A);
		CLAIM(av_pgt_unmap(&p, 0, page) == (level_of(&p, 0) == 2 ? -ENOMEM : 0),
		      "a split without memory is refused");
		CLAIM(level_of(&p, 0) == 2 || level_of(&p, 0) == -1, "and leaves the block");
		alloc_budget = -1;
	}
	av_pgt_destroy(&p);
	CLAIM(live_tables == 0, "nothing leaks");
}

static int count_leaf(struct av_pgt *pgt, u64 ia, int level, u64 *entry, void *arg)
{
	int *n = arg;

	(void)pgt;
	(void)ia;
	(void)level;
	if (!(*entry & AV_PGT_VALID))
		return -1;
	if (++*n == 1000)
		return 7;
	av_pgt_write(entry, *entry & ~AV_BIT(7));
	return 0;
}

static void test_update_and_walk(void)
{
	struct av_pgt p;
	int level = -1, n = 0;
	u64 old;

	init(&p, 12, 40, true);
	av_pgt_map(&p, 0x200000, 0x400000, 0x203000, ATTR_B);
	old = av_pgt_update(&p, 0x2ff000, AV_BIT(54), AV_BIT(10), &level);
	check(level == 2 && (old & AV_PGT_ATTR) == ATTR_B, "update finds the block");
	check((av_pgt_lookup(&p, 0x200000, &level) & AV_PGT_ATTR) == (AV_BIT(54) | AV_BIT(7)),
	      "update sets and clears");
	check(nr_invalidate + nr_invalidate_all == 0,
	      "update leaves TLB maintenance to its caller");
	check(!av_pgt_update(&p, 0, AV_BIT(54), 0, &level) && !av_pgt_lookup(&p, 0, &level),
	      "update of nothing does nothing");
	check(!av_pgt_update(&p, 0x200000, AV_PGT_TABLE, 0, &level),
	      "update keeps its hands off the type");
	check(av_pgt_walk(&p, 0, AV_BIT(40), count_leaf, &n) == 0 && n == 4,
	      "walk sees each leaf once");
	check(!(av_pgt_lookup(&p, 0x402000, &level) & AV_BIT(7)), "walk may change leaves");
	n = 0;
	check(av_pgt_walk(&p, 0x3ff000, 0x2000, count_leaf, &n) == 0 && n == 2,
	      "walk sees the block that its range cuts");
	n = 999;
	check(av_pgt_walk(&p, 0, AV_BIT(40), count_leaf, &n) == 7, "walk ends when told");
	av_pgt_destroy(&p);
}

static void test_many_invalidations(void)
{
	struct av_pgt p;

	init(&p, 12, 40, true);
	av_pgt_map(&p, 0, 0, 0xc000, ATTR_A);
	av_pgt_unmap(&p, 0, 0xc000);
	check(nr_invalidate == 12 + 2 && !nr_invalidate_all,
	      "few pages and their two tables are invalidated one by one");
	av_pgt_map(&p, 0x1000, 0, 0x100000, ATTR_A);
	nr_invalidate = 0;
	av_pgt_unmap(&p, 0x1000, 0x100000);
	check(nr_invalidate == 0 && nr_invalidate_all == 1, "many at once");
	av_pgt_destroy(&p);

	no_invalidate_all = true;
	init(&p, 12, 40, true);
	av_pgt_map(&p, 0x1000, 0, 0x100000, ATTR_A);
	av_pgt_map(&p, 0x0, 0, 0x200000, ATTR_B);
	check(nr_invalidate == 257 && !bbm_broken,
	      "without invalidate_all each entry gets its own");
	av_pgt_destroy(&p);
	no_invalidate_all = false;
}

static bool was_range(u64 ia, u64 size, int level)
{
	bool ok = nr_ranges == 1 && range_ia == ia && range_size == size && range_level == level && !nr_invalidate &&
		  !nr_invalidate_all && !bbm_broken;

	if (!ok)
		printf("# %d ranges, last %llx + %llx level %d, %d single, %d all\n", nr_ranges,
		       (unsigned long long)range_ia, (unsigned long long)range_size, range_level, nr_invalidate,
		       nr_invalidate_all);
	nr_ranges = 0;
	nr_invalidate = 0;
	nr_invalidate_all = 0;
	return ok;
}

static void test_ranges(void)
{
	struct av_pgt p;

	init(&p, 12, 40, true);
	p.ops = &ops_range;
	nr_ranges = 0;
	/* 4 MB by pages, from the middle of a table on */
	av_pgt_map(&p, 0x101000, 0, 0x400000, ATTR_A);
	av_pgt_unmap(&p, 0x102000, 0x80000);
	check(was_range(0x102000, 0x80000, 3), "pages beside each other go by one range, with their level");
	av_pgt_unmap(&p, 0x200000, 0x200000);
	check(was_range(0x200000, 0x200000, 0), "a table goes with all its pages by one range, without a level");
	av_pgt_unmap(&p, 0x101000, 0x1000);
	check(nr_invalidate == 1 && !nr_ranges && last_ia == 0x101000 && last_level == 3, "one page goes by itself");
	nr_invalidate = 0;
	av_pgt_unmap(&p, 0, AV_BIT(40));
	check(nr_ranges == 1 && live_tables > 0, "all of the address space goes at once");
	nr_ranges = 0;
	nr_invalidate = 0;
	nr_invalidate_all = 0;
	av_pgt_map(&p, 0x40000000, 0x80000000, 0x600000, ATTR_A);
	av_pgt_unmap(&p, 0x40000000, 0x400000);
	check(was_range(0x40000000, 0x400000, 2), "and so do blocks");
	av_pgt_destroy(&p);
	check(!live_tables, "no table is left behind");
}

static void test_no_memory(void)
{
	struct av_pgt p;
	int i, ret;

	alloc_budget = 0;
	check(init(&p, 12, 48, true) == -ENOMEM, "no root, no tables");
	av_pgt_destroy(&p);
	for (i = 0; i < 4; i++) {
		alloc_budget = 1 + i;
		init(&p, 12, 48, true);
		ret = av_pgt_map(&p, 0x1000, 0, 0x1000, ATTR_A);
		if (ret != (i < 3 ? -ENOMEM : 0))
			break;
		alloc_budget = -1;
		if (av_pgt_map(&p, 0x1000, 0, 0x1000, ATTR_A) || translate(&p, 0x1000) != 0)
			break;
		av_pgt_destroy(&p);
	}
	alloc_budget = -1;
	check(i == 4 && !live_tables, "map reports missing memory and can be repeated");
}

/* A part of a block becomes pages, the rest stays as large as it can be; nothing is mapped otherwise than before. */
static bool too_high;		/* memory is beyond what an entry has bits for */

static u64 t_to_pa_high(void *table)
{
	return t_to_pa(table) | (too_high ? AV_BIT(48) : 0);
}

static const struct av_pgt_ops ops_high = {
	.alloc = t_alloc, .free = t_free, .to_pa = t_to_pa_high, .to_va = t_to_va,
	.invalidate = t_invalidate, .invalidate_all = t_invalidate_all,
};

static u64 keep_old(const struct av_pgt *pgt, u64 old, int level, u64 ia, u64 want)
{
	(void)pgt;
	(void)level;
	(void)ia;
	(void)want;
	return old;
}

/* An entry would name another page. */
static void test_tables_too_high(void)
{
	const u64 block = AV_BIT(21);
	struct av_pgt p;

	shift_now = 12;
	too_high = true;
	check(av_pgt_init(&p, &ops_high, &cookie, 12, 40, true) && !live_tables, "no root beyond 48 bits");
	too_high = false;
	if (av_pgt_init(&p, &ops_high, &cookie, 12, 40, true) || av_pgt_map(&p, 0, block, block, ATTR_A))
		abort();
	too_high = true;
	check(av_pgt_map(&p, AV_BIT(30), 0, 0x1000, ATTR_A) == -ENOMEM && translate(&p, AV_BIT(30)) == BAD,
	      "nor a table");
	check(av_pgt_map_shared(&p, &cookie, AV_BIT(31), 0, 0x1000, ATTR_A, keep_old) == -ENOMEM &&
	      translate(&p, AV_BIT(31)) == BAD, "nor one that several make");
	check(av_pgt_split(&p, 0, block) == -ENOMEM && translate(&p, 0) == block, "nor one in a block's place");
	too_high = false;
	check(!av_pgt_map(&p, AV_BIT(30), 0, 0x1000, ATTR_A) && !translate(&p, AV_BIT(30)), "lower ones will do");
	av_pgt_destroy(&p);
	check(!live_tables, "and none is left");
}

static void test_split(unsigned int shift)
{
	u64 block, page = AV_BIT(shift), ia;
	unsigned int bits = 40;
	int level = -1, before;
	char name[120];
	struct av_pgt p;
	bool ok = true;

	init(&p, shift, bits, true);
	block = AV_BIT(av_pgt_shift(&p, 2));
	av_pgt_map(&p, 4 * block, 8 * block, 2 * block, ATTR_A);
	before = nr_invalidate;
	CLAIM(!av_pgt_split(&p, 4 * block + page, 2 * page), "split");
	for (ia = 4 * block; ia < 6 * block; ia += page)
		ok &= translate(&p, ia) == ia + 4 * block;
	CLAIM(ok && !bbm_broken && nr_invalidate > before, "a split block translates as before");
	ok = (av_pgt_lookup(&p, 4 * block, &level) & AV_PGT_ATTR) == ATTR_A && level == 3;
	CLAIM(ok, "by pages with its attributes");
	av_pgt_lookup(&p, 5 * block, &level);
	CLAIM(level == 2, "its neighbour stays");
	before = nr_invalidate;
	CLAIM(!av_pgt_split(&p, 4 * block, block) && nr_invalidate == before, "pages are not split again");
	alloc_budget = 0;
	CLAIM(av_pgt_split(&p, 5 * block, block) == -ENOMEM && translate(&p, 5 * block + page) == 9 * block + page,
	      "without memory it stays a block");
	alloc_budget = -1;
	CLAIM(!av_pgt_split(&p, 0, block), "where nothing is there is nothing to split");
	if (shift == 12) {
		block = AV_BIT(30);
		av_pgt_map(&p, 8 * block, 8 * block, block, ATTR_B);
		CLAIM(!av_pgt_split(&p, 8 * block, page) && translate(&p, 9 * block - page) == 9 * block - page,
		      "a block of level 1");
		av_pgt_lookup(&p, 9 * block - page, &level);
		CLAIM(level == 2, "has blocks of level 2 besides");
	}
	CLAIM(av_pgt_split(&p, 0, AV_BIT(41)) == -EINVAL, "beyond the tables");
	av_pgt_destroy(&p);
	CLAIM(!live_tables, "no table is left");
}

/* Random maps and unmaps in 4096 pages against an array; exact tables. */
static void test_random(unsigned int shift, unsigned int seed)
{
	enum { PAGES = 4096 * 4 };
	static u64 model[PAGES];
	char name[120];
	unsigned int bits = 40, i, j;
	u64 page = AV_BIT(shift), base;
	struct av_pgt p;
	bool ok = true;

	memset(model, 0xff, sizeof(model));
	init(&p, shift, bits, true);
	p.exact = true;
	base = AV_BIT(av_pgt_shift(&p, 2)) * 3;
	srand(seed);
	for (i = 0; i < 300 && ok; i++) {
		unsigned int a = rand() % PAGES, n = rand() % (i % 3 ? 64 : PAGES);
		u64 pa = ((u64)(rand() % 8) << av_pgt_shift(&p, 2)) +
			 (rand() % 3 ? base + a * page : (u64)(rand() % 999) * page);

		if (a + n > PAGES)
			n = PAGES - a;
		if (!n)
			continue;
		if (rand() % 2) {
			ok &= !av_pgt_map(&p, base + a * page, pa, n * page, ATTR_A);
			for (j = 0; j < n; j++)
				model[a + j] = pa + j * page;
		} else {
			ok &= !av_pgt_unmap(&p, base + a * page, n * page);
			for (j = 0; j < n; j++)
				model[a + j] = BAD;
		}
		for (j = 0; j < PAGES; j++)
			ok &= translate(&p, base + j * page) == model[j];
	}
	CLAIM(ok && !bbm_broken, "300 random operations agree with a flat model");
	av_pgt_unmap(&p, 0, AV_BIT(bits));
	CLAIM(live_tables == 1, "an empty tree is only a root");
	av_pgt_destroy(&p);
	CLAIM(live_tables == 0, "nothing leaks");
}

int main(void)
{
	unsigned int shift;

	printf("TAP version 13\n");
	test_root_shapes();
	test_bad_arguments();
	for (shift = 12; shift <= 16; shift += 2) {
		test_granule(shift, 40, true);
		test_granule(shift, 48, true);
		test_granule(shift, 48, false);
		test_block_parts(shift, false);
		test_block_parts(shift, true);
		test_split(shift);
		test_random(shift, 1);
		test_random(shift, 2);
	}
	test_update_and_walk();
	test_many_invalidations();
	test_ranges();
	test_no_memory();
	test_tables_too_high();
	check(cookie == 0, "the cookie reaches the allocator");
	return tap_end();
}
