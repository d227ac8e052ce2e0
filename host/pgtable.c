// SPDX-License-Identifier: GPL-2.0
/*
 * The translation-table walker: map, unmap, look up, change, with break-before-make.
 *
 * Runs at: host kernel, build host (selftests/unit/pgtable_test.c).
 * Owns: the tables of one struct av_pgt.
 * Locks: the caller's, see pgtable.h; never sleeps unless ops->alloc does.
 */
#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/compiler.h>
#include <asm/barrier.h>
#define load_entry(p)		READ_ONCE(*(p))
/* Release: see av_pgt_write(). */
#define store_entry(p, v)	smp_store_release(p, v)
#define swap_entry(p, old, v)	(cmpxchg_release(p, old, v) == (old))
#else
#include <errno.h>
#define load_entry(p)		__atomic_load_n(p, __ATOMIC_RELAXED)
#define store_entry(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define swap_entry(p, old, v)								\
	({ u64 old_ = (old);								\
	   __atomic_compare_exchange_n(p, &old_, v, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED); })
#endif
#include "pgtable.h"

/* Invalidations that one operation collects before it uses invalidate_all() or carries them out. */
#define GATHER_MAX	16

/*
 * What one operation has made invalid. The tables in it are detached but may still be walked until
 * gather_flush(), so they are kept in a chain through their first entry: the address of a table is
 * even and therefore an invalid descriptor (DDI 0487, D8.3: bit 0).
 */
struct gather {
	struct av_pgt *pgt;
	u64 *dead;
	unsigned int nr;
	struct {
		u64 ia;
		u64 size;
		int level;
	} item[GATHER_MAX];
};

static u64 level_size(const struct av_pgt *pgt, int level)
{
	return AV_BIT(av_pgt_shift(pgt, level));
}

static unsigned int nr_entries(const struct av_pgt *pgt, int level)
{
	if (level == pgt->start_level)
		return 1U << (pgt->ia_bits - av_pgt_shift(pgt, level));
	return 1U << (pgt->page_shift - 3);
}

static u64 *entry_at(const struct av_pgt *pgt, u64 *table, int level, u64 ia)
{
	return &table[(ia >> av_pgt_shift(pgt, level)) & (nr_entries(pgt, level) - 1)];
}

/* Where the entry of this level that translates ia ends, or the range, whichever is first. */
static u64 entry_end(const struct av_pgt *pgt, int level, u64 ia, u64 end)
{
	u64 next = (ia | (level_size(pgt, level) - 1)) + 1;

	return next < end ? next : end;
}

static bool is_table(u64 desc, int level)
{
	return level < 3 && (desc & (AV_PGT_VALID | AV_PGT_TABLE)) == (AV_PGT_VALID | AV_PGT_TABLE);
}

static u64 *table_of(const struct av_pgt *pgt, u64 desc)
{
	return pgt->ops->to_va(desc & AV_PGT_ADDR);
}

static u64 leaf_desc(u64 pa, int level, u64 attr)
{
	return pa | attr | AV_PGT_VALID | (level == 3 ? AV_PGT_TABLE : 0);
}

static bool range_is_valid(const struct av_pgt *pgt, u64 ia, u64 size)
{
	u64 top = AV_BIT(pgt->ia_bits);

	return size && ia < top && size <= top - ia &&
	       !((ia | size) & (AV_BIT(pgt->page_shift) - 1));
}

/*
 * Descriptors are written with release: what a new table holds was written before, and no walker
 * that sees the table may see anything older in it (DDI 0487, B2.3: a walk's reads depend on each
 * other).
 */
void av_pgt_write(u64 *entry, u64 desc)
{
	store_entry(entry, desc);
}

bool av_pgt_swap(u64 *entry, u64 old, u64 desc)
{
	return swap_entry(entry, old, desc);
}

/* At the end of an operation that made entries valid. */
static void publish(void)
{
#ifdef __KERNEL__
	/*
	 * Before: stores of valid descriptors. Not after: a walk for the guest, or an access at
	 * EL2, that still finds them invalid. DDI 0487, D8.17: a DSB makes a table update visible
	 * to walks.
	 */
	dsb(ishst);
#endif
}

static void invalidate_item(struct av_pgt *pgt, u64 ia, u64 size, int level)
{
	if (pgt->ops->invalidate_range && size > level_size(pgt, level ? level : 3))
		pgt->ops->invalidate_range(pgt, ia, size, level);
	else
		pgt->ops->invalidate(pgt, ia, level);
}

/* Carry out what was collected, then free the detached tables. */
static void gather_flush(struct gather *g, bool all)
{
	const struct av_pgt_ops *ops = g->pgt->ops;
	unsigned int i;

	if (all)
		ops->invalidate_all(g->pgt);
	else
		for (i = 0; i < g->nr; i++)
			invalidate_item(g->pgt, g->item[i].ia, g->item[i].size, g->item[i].level);
	g->nr = 0;
}

static void gather_finish(struct gather *g)
{
	struct av_pgt *pgt = g->pgt;

	if (g->nr)
		gather_flush(g, g->nr > GATHER_MAX);
	while (g->dead) {
		u64 *table = g->dead;

		g->dead = (u64 *)(unsigned long)table[0];
		pgt->ops->free(pgt->cookie, table, 0);
	}
}

/* nr stays above GATHER_MAX once there was too much for single invalidations. */
static void gather_add(struct gather *g, u64 ia, u64 size, int level)
{
	unsigned int last = g->nr - 1;

	/* What follows the last item goes along with it. */
	if (g->pgt->ops->invalidate_range && g->nr && g->nr <= GATHER_MAX && g->item[last].level == level &&
	    g->item[last].ia + g->item[last].size == ia) {
		g->item[last].size += size;
		return;
	}
	if (g->nr >= GATHER_MAX) {
		if (g->pgt->ops->invalidate_all) {
			g->nr = GATHER_MAX + 1;
			return;
		}
		gather_flush(g, false);
	}
	g->item[g->nr].ia = ia;
	g->item[g->nr].size = size;
	g->item[g->nr].level = level;
	g->nr++;
}

static void gather_table(struct gather *g, u64 *table)
{
	store_entry(&table[0], (u64)(unsigned long)g->dead);
	g->dead = table;
}

/*
 * A detached table: collect all that it maps, and itself. Depth is bounded by the levels. By range, what the uppermost
 * one translated is invalidated at all levels at once (remove_entry()).
 */
static void reap_table(struct gather *g, u64 *table, int level, u64 ia)
{
	unsigned int i, nr = nr_entries(g->pgt, level);

	/* First the table, lest a walk from a cached table descriptor refills what follows. */
	if (!g->pgt->ops->invalidate_range)
		gather_add(g, ia, level_size(g->pgt, 3), 0);
	for (i = 0; i < nr; i++, ia += level_size(g->pgt, level)) {
		u64 desc = load_entry(&table[i]);

		if (!(desc & AV_PGT_VALID))
			continue;
		if (is_table(desc, level))
			reap_table(g, table_of(g->pgt, desc), level + 1, ia);
		else if (!g->pgt->ops->invalidate_range)
			gather_add(g, ia, level_size(g->pgt, level), level);
	}
	gather_table(g, table);
}

/* Make a valid entry invalid, with everything below it. */
static void remove_entry(struct gather *g, u64 *entry, int level, u64 ia)
{
	u64 old = load_entry(entry);

	ia &= ~(level_size(g->pgt, level) - 1);
	store_entry(entry, 0);
	if (!is_table(old, level)) {
		gather_add(g, ia, level_size(g->pgt, level), level);
		return;
	}
	if (g->pgt->ops->invalidate_range)
		gather_add(g, ia, level_size(g->pgt, level), 0);
	reap_table(g, table_of(g->pgt, old), level + 1, ia);
}

/* The break of break-before-make (DDI 0487, D8.17.1): on return no TLB holds the old entry. */
static void break_entry(struct av_pgt *pgt, u64 *entry, int level, u64 ia)
{
	struct gather g = { .pgt = pgt };

	remove_entry(&g, entry, level, ia);
	gather_finish(&g);
}

static void set_leaf(struct av_pgt *pgt, u64 *entry, int level, u64 ia, u64 desc)
{
	u64 old = load_entry(entry);

	if (old == desc)
		return;
	if (old & AV_PGT_VALID)
		break_entry(pgt, entry, level, ia);
	store_entry(entry, desc);
}

/*
 * A table that an entry can name. Memory may lie higher (pages of 64K with FEAT_LPA, FEAT_LPA2): cut off, the CPU would
 * walk, and we would write, somebody else's. NULL without memory.
 */
static u64 *new_table(struct av_pgt *pgt, void *cookie, unsigned int order)
{
	u64 *table = pgt->ops->alloc(cookie, order);

	if (!table || !(pgt->ops->to_pa(table) & ~AV_PGT_ADDR))
		return table;
	pgt->ops->free(cookie, table, order);
	return NULL;
}

/* The same translation as a block, one level down. */
static void fill_from_block(struct av_pgt *pgt, u64 *table, int level, u64 block)
{
	unsigned int i, nr = nr_entries(pgt, level);
	u64 pa = block & AV_PGT_ADDR;

	for (i = 0; i < nr; i++, pa += level_size(pgt, level))
		table[i] = leaf_desc(pa, level, block & AV_PGT_ATTR);
}

/* The table behind an entry; a new one if it is invalid or a block. NULL without memory. */
static u64 *need_table(struct av_pgt *pgt, u64 *entry, int level, u64 ia)
{
	u64 old = load_entry(entry);
	u64 *table;

	if (is_table(old, level))
		return table_of(pgt, old);
	table = new_table(pgt, pgt->cookie, 0);
	if (!table)
		return NULL;
	if (old & AV_PGT_VALID) {
		if (pgt->exact)
			fill_from_block(pgt, table, level + 1, old);
		break_entry(pgt, entry, level, ia);
	}
	store_entry(entry, pgt->ops->to_pa(table) | AV_PGT_TABLE | AV_PGT_VALID);
	return table;
}

/* A block, as a table of the next level. NULL without memory, and nothing has changed. */
static u64 *split_block(struct av_pgt *pgt, u64 *entry, int level, u64 ia)
{
	u64 *table = new_table(pgt, pgt->cookie, 0);

	if (!table)
		return NULL;
	fill_from_block(pgt, table, level + 1, load_entry(entry));
	break_entry(pgt, entry, level, ia);
	store_entry(entry, pgt->ops->to_pa(table) | AV_PGT_TABLE | AV_PGT_VALID);
	return table;
}

static int split_level(struct av_pgt *pgt, u64 *table, int level, u64 ia, u64 end)
{
	u64 next, desc, *entry, *sub;
	int ret;

	for (; ia < end; ia = next) {
		next = entry_end(pgt, level, ia, end);
		entry = entry_at(pgt, table, level, ia);
		desc = load_entry(entry);
		if (!(desc & AV_PGT_VALID) || level == 3)
			continue;
		sub = is_table(desc, level) ? table_of(pgt, desc) : split_block(pgt, entry, level, ia);
		if (!sub)
			return -ENOMEM;
		ret = split_level(pgt, sub, level + 1, ia, next);
		if (ret)
			return ret;
	}
	return 0;
}

static bool leaf_fits(const struct av_pgt *pgt, int level, u64 ia, u64 next, u64 pa)
{
	u64 size = level_size(pgt, level);

	return level == 3 ||
	       (level >= av_pgt_block_level(pgt) && next - ia == size && !(pa & (size - 1)));
}

static int map_level(struct av_pgt *pgt, u64 *table, int level, u64 ia, u64 end, u64 pa, u64 attr)
{
	u64 next, *entry, *sub;
	int ret;

	for (; ia < end; pa += next - ia, ia = next) {
		next = entry_end(pgt, level, ia, end);
		entry = entry_at(pgt, table, level, ia);
		if (leaf_fits(pgt, level, ia, next, pa)) {
			set_leaf(pgt, entry, level, ia, leaf_desc(pa, level, attr));
			continue;
		}
		sub = need_table(pgt, entry, level, ia);
		if (!sub)
			return -ENOMEM;
		ret = map_level(pgt, sub, level + 1, ia, next, pa, attr);
		if (ret)
			return ret;
	}
	return 0;
}

static bool table_is_empty(const struct av_pgt *pgt, const u64 *table, int level)
{
	unsigned int i, nr = nr_entries(pgt, level);

	for (i = 0; i < nr; i++)
		if (load_entry(&table[i]) & AV_PGT_VALID)
			return false;
	return true;
}

static int unmap_level(struct gather *g, u64 *table, int level, u64 ia, u64 end)
{
	struct av_pgt *pgt = g->pgt;
	u64 next, desc, *entry, *sub;
	int ret;

	for (; ia < end; ia = next) {
		next = entry_end(pgt, level, ia, end);
		entry = entry_at(pgt, table, level, ia);
		desc = load_entry(entry);
		if (!(desc & AV_PGT_VALID))
			continue;
		if (next - ia == level_size(pgt, level) ||
		    (!is_table(desc, level) && !pgt->exact)) {
			remove_entry(g, entry, level, ia);
			continue;
		}
		sub = need_table(pgt, entry, level, ia);
		if (!sub)
			return -ENOMEM;
		ret = unmap_level(g, sub, level + 1, ia, next);
		if (ret)
			return ret;
		if (table_is_empty(pgt, sub, level + 1))
			remove_entry(g, entry, level, ia);
	}
	return 0;
}

static int walk_level(struct av_pgt *pgt, u64 *table, int level, u64 ia, u64 end,
		      av_pgt_leaf_fn fn, void *arg)
{
	u64 next, desc, *entry;
	int ret = 0;

	for (; ia < end && !ret; ia = next) {
		next = entry_end(pgt, level, ia, end);
		entry = entry_at(pgt, table, level, ia);
		desc = load_entry(entry);
		if (is_table(desc, level))
			ret = walk_level(pgt, table_of(pgt, desc), level + 1, ia, next, fn, arg);
		else if (desc & AV_PGT_VALID)
			ret = fn(pgt, ia & ~(level_size(pgt, level) - 1), level, entry, arg);
	}
	return ret;
}

/* The entry at which the walk for ia ends: leaf or invalid. NULL if ia is beyond the tables. */
static u64 *find_entry(const struct av_pgt *pgt, u64 ia, int *level)
{
	u64 *table = pgt->root;
	u64 *entry;
	int l;

	if (!table || ia >> pgt->ia_bits)
		return NULL;
	for (l = pgt->start_level;; l++) {
		u64 desc;

		entry = entry_at(pgt, table, l, ia);
		desc = load_entry(entry);
		if (!is_table(desc, l))
			break;
		table = table_of(pgt, desc);
	}
	*level = l;
	return entry;
}

static void destroy_level(struct av_pgt *pgt, u64 *table, int level)
{
	unsigned int i, nr = nr_entries(pgt, level);

	for (i = 0; i < nr; i++) {
		u64 *sub;

		if (!is_table(table[i], level))
			continue;
		sub = table_of(pgt, table[i]);
		destroy_level(pgt, sub, level + 1);
		pgt->ops->free(pgt->cookie, sub, 0);
	}
}

/*
 * The start level (DDI 0487, D8.2): as few levels as resolve ia_bits. At stage 2 a root with up
 * to 16 entries is dropped for concatenated tables of the next level; 16K requires that at 48
 * bits, where level 0 isn't allowed. Never start at level 3, which would rule blocks out.
 */
int av_pgt_init(struct av_pgt *pgt, const struct av_pgt_ops *ops, void *cookie,
		unsigned int page_shift, unsigned int ia_bits, bool concat)
{
	unsigned int bits = page_shift - 3, top;
	int level = 3;

	if ((page_shift != 12 && page_shift != 14 && page_shift != 16) ||
	    ia_bits < 32 || ia_bits > 48)
		return -EINVAL;
	while (page_shift + (4 - level) * bits < ia_bits)
		level--;
	top = ia_bits - page_shift - (3 - level) * bits;
	*pgt = (struct av_pgt) {
		.ops = ops,
		.cookie = cookie,
		.page_shift = page_shift,
		.ia_bits = ia_bits,
		.start_level = level,
	};
	if (concat && top <= AV_PGT_MAX_CONCAT && level < 2) {
		pgt->start_level++;
		pgt->root_order = top;
	}
	pgt->root = new_table(pgt, cookie, pgt->root_order);
	return pgt->root ? 0 : -ENOMEM;
}

void av_pgt_destroy(struct av_pgt *pgt)
{
	if (!pgt->root)
		return;
	destroy_level(pgt, pgt->root, pgt->start_level);
	pgt->ops->free(pgt->cookie, pgt->root, pgt->root_order);
	pgt->root = NULL;
}

int av_pgt_map(struct av_pgt *pgt, u64 ia, u64 pa, u64 size, u64 attr)
{
	u64 page_mask = AV_BIT(pgt->page_shift) - 1;
	int ret;

	if (!range_is_valid(pgt, ia, size) || attr & ~AV_PGT_ATTR || pa & page_mask ||
	    pa > AV_PGT_ADDR || size > AV_BIT(48) - pa)
		return -EINVAL;
	ret = map_level(pgt, pgt->root, pgt->start_level, ia, ia + size, pa, attr);
	publish();
	return ret;
}

int av_pgt_split(struct av_pgt *pgt, u64 ia, u64 size)
{
	int ret;

	if (!range_is_valid(pgt, ia, size))
		return -EINVAL;
	ret = split_level(pgt, pgt->root, pgt->start_level, ia, ia + size);
	publish();
	return ret;
}

int av_pgt_unmap(struct av_pgt *pgt, u64 ia, u64 size)
{
	struct gather g = { .pgt = pgt };
	int ret;

	if (!range_is_valid(pgt, ia, size))
		return -EINVAL;
	ret = unmap_level(&g, pgt->root, pgt->start_level, ia, ia + size);
	gather_finish(&g);
	publish();
	return ret;
}

/* ---- what several do at once ---- */

/*
 * Break before make, of a leaf (DDI 0487, D8.17.1): whoever swaps it for the mark is the only one to go on. Tables are
 * not replaced here, since others may be in them.
 */
static bool claim_leaf(struct av_pgt *pgt, u64 *entry, int level, u64 ia, u64 old)
{
	if (!swap_entry(entry, old, AV_PGT_BUSY))
		return false;
	pgt->ops->invalidate(pgt, ia & ~(level_size(pgt, level) - 1), level);
	return true;
}

/* In place of an invalid entry or a leaf. */
static int put_entry(struct av_pgt *pgt, u64 *entry, int level, u64 ia, u64 old, u64 desc)
{
	if (old & AV_PGT_VALID) {
		if (!claim_leaf(pgt, entry, level, ia, old))
			return -EAGAIN;
		store_entry(entry, desc);
		return 0;
	}
	return swap_entry(entry, old, desc) ? 0 : -EAGAIN;
}

/* Put a table where none is yet; it may be another one's in the end. */
static int put_table(struct av_pgt *pgt, void *from, u64 *entry, int level, u64 ia, u64 old)
{
	u64 *table = new_table(pgt, from, 0);
	int ret;

	if (!table)
		return -ENOMEM;
	ret = put_entry(pgt, entry, level, ia, old, pgt->ops->to_pa(table) | AV_PGT_TABLE | AV_PGT_VALID);
	if (ret)
		pgt->ops->free(from, table, 0);
	return ret && !is_table(load_entry(entry), level) ? ret : 0;
}

/* A change of permissions needs no break; what the TLBs hold of the old ones goes. */
static int change_leaf(struct av_pgt *pgt, u64 *entry, int level, u64 ia, u64 old, u64 desc)
{
	if (!swap_entry(entry, old, desc))
		return -EAGAIN;
	pgt->ops->invalidate(pgt, ia & ~(level_size(pgt, level) - 1), level);
	return 0;
}

static int share_level(struct av_pgt *pgt, void *from, u64 ia, u64 want, int want_level, av_pgt_merge_fn merge)
{
	u64 *table = pgt->root;
	int level, ret;

	for (level = pgt->start_level;; level++) {
		u64 *entry = entry_at(pgt, table, level, ia);
		u64 old = load_entry(entry), merged;

		if (old == AV_PGT_BUSY)
			return -EAGAIN;
		if (is_table(old, level)) {
			if (level == want_level)
				return -EBUSY;
			table = table_of(pgt, old);
			continue;
		}
		if (old & AV_PGT_VALID) {
			merged = merge(pgt, old, level, ia, want);
			if (merged == old)
				return 0;
			/* A larger leaf was left by the time before a change; only its own size is upgraded. */
			if (merged && level == want_level)
				return change_leaf(pgt, entry, level, ia, old, merged);
		}
		if (level == want_level)
			return put_entry(pgt, entry, level, ia, old, want);
		ret = put_table(pgt, from, entry, level, ia, old);
		if (ret)
			return ret;
		table = table_of(pgt, load_entry(entry));
	}
}

int av_pgt_map_shared(struct av_pgt *pgt, void *from, u64 ia, u64 pa, u64 size, u64 attr, av_pgt_merge_fn merge)
{
	int level = 3, ret;

	if (!range_is_valid(pgt, ia, size) || attr & ~AV_PGT_ATTR || pa & ~AV_PGT_ADDR)
		return -EINVAL;
	while (size > level_size(pgt, level) && level > av_pgt_block_level(pgt))
		level--;
	if (size != level_size(pgt, level) || (ia | pa) & (size - 1))
		return -EINVAL;
	ret = share_level(pgt, from, ia, leaf_desc(pa, level, attr), level, merge);
	publish();
	return ret;
}

unsigned int av_pgt_fill_shared(struct av_pgt *pgt, u64 ia, const u64 *pa, unsigned int nr, u64 attr)
{
	unsigned int i, filled = 0;
	int level;
	u64 *entry = find_entry(pgt, ia, &level);
	u64 room = (level_size(pgt, 2) - (ia & (level_size(pgt, 2) - 1))) >> av_pgt_shift(pgt, 3);

	if (!entry || level != 3 || attr & ~AV_PGT_ATTR)
		return 0;
	/* What is beyond the table has another one, or none. */
	if (nr > room)
		nr = room;
	for (i = 0; i < nr && !(pa[i] & ~AV_PGT_ADDR); i++)
		filled += !load_entry(entry + i) && swap_entry(entry + i, 0, leaf_desc(pa[i], 3, attr));
	publish();
	return filled;
}

u64 av_pgt_lookup(const struct av_pgt *pgt, u64 ia, int *level)
{
	u64 *entry = find_entry(pgt, ia, level);
	u64 desc = entry ? load_entry(entry) : 0;

	return desc & AV_PGT_VALID ? desc : 0;
}

u64 av_pgt_update(struct av_pgt *pgt, u64 ia, u64 set, u64 clear, int *level)
{
	u64 *entry, old, desc;

	if ((set | clear) & ~AV_PGT_ATTR)
		return 0;
	/* Who lost against another change looks again, at what may be a table now. */
	do {
		entry = find_entry(pgt, ia, level);
		old = entry ? load_entry(entry) : 0;
		if (!(old & AV_PGT_VALID) || is_table(old, *level))
			return 0;
		desc = (old & ~clear) | set;
		if (desc == old)
			return old;
	} while (!swap_entry(entry, old, desc));
	publish();
	return old;
}

int av_pgt_walk(struct av_pgt *pgt, u64 ia, u64 size, av_pgt_leaf_fn fn, void *arg)
{
	int ret;

	if (!range_is_valid(pgt, ia, size))
		return -EINVAL;
	ret = walk_level(pgt, pgt->root, pgt->start_level, ia, ia + size, fn, arg);
	publish();
	return ret;
}
