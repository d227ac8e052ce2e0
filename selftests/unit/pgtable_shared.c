// SPDX-License-Identifier: GPL-2.0
/*
 * Unit test of what host/pgtable.c does for several at once: threads that map pages and blocks, relax permissions and
 * set access flags beside each other, and one that unmaps alone in between.
 *
 * A failure means that a fault beside another one lost a mapping or a table, gave away a permission that nobody asked
 * for, or made an entry anew before the TLBs forgot the old one.
 *
 * Runs at: build host, with sanitizers. Prints TAP; exit status 0 when all passed.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "host/pgtable.c"
#include "tap.h"

#define THREADS		4
#define ROUNDS		40000
#define BASE		0x40000000ULL
#define PAGE		0x1000ULL
#define BLOCK		0x200000ULL
#define BLOCKS		3
#define AT		0x800000000ULL		/* what BASE is mapped to */
#define PERM_W		AV_BIT(7)
#define FLAG_AF		AV_BIT(10)
#define NO_EXEC		AV_BIT(54)

/* Tables have the number of their place as an address. */
#define TABLES		256
#define TABLE_PA	0x400000000000ULL
static u64 tables[TABLES][512] __attribute__((aligned(4096)));
static bool used[TABLES];
static int live, budget = -1;
static pthread_mutex_t alloc_lock = PTHREAD_MUTEX_INITIALIZER;

static void *t_alloc(void *cookie, unsigned int order)
{
	void *table = NULL;
	int i;

	(void)cookie;
	pthread_mutex_lock(&alloc_lock);
	/* The root takes the first places. */
	for (i = live ? 4 : 0; i < TABLES && budget && !table; i++) {
		if (used[i])
			continue;
		used[i] = true;
		live++;
		budget -= budget > 0;
		table = memset(tables[i], 0, sizeof(tables[i]) << order);
	}
	pthread_mutex_unlock(&alloc_lock);
	return table;
}

static u64 t_to_pa(void *table)
{
	return TABLE_PA + (u64)((char *)table - (char *)tables);
}

static void *t_to_va(u64 pa)
{
	if (pa < TABLE_PA || pa >= TABLE_PA + sizeof(tables))
		abort();
	return (char *)tables + (pa - TABLE_PA);
}

static void t_free(void *cookie, void *table, unsigned int order)
{
	(void)cookie;
	(void)order;
	pthread_mutex_lock(&alloc_lock);
	/* Whoever looks into it afterwards is seen to. */
	memset(table, 0xff, 4096);
	used[((u64 *)table - &tables[0][0]) / 512] = false;
	live--;
	pthread_mutex_unlock(&alloc_lock);
}

static int breaks, bad_breaks;
static bool alone;

/* A leaf that others may not make anew is either marked, or has been changed in its permissions only. */
static void t_invalidate(struct av_pgt *pgt, u64 ia, int level)
{
	int l;
	u64 *entry = find_entry(pgt, ia, &l);
	u64 desc = load_entry(entry);

	__atomic_add_fetch(&breaks, 1, __ATOMIC_RELAXED);
	if (alone)
		return;
	/* Let the others meet it. */
	sched_yield();
	if (l != level || (desc != AV_PGT_BUSY && (desc & AV_PGT_ADDR) != ia - BASE + AT))
		__atomic_add_fetch(&bad_breaks, 1, __ATOMIC_RELAXED);
}

static const struct av_pgt_ops ops = {
	.alloc = t_alloc, .free = t_free, .to_pa = t_to_pa, .to_va = t_to_va, .invalidate = t_invalidate,
};

static struct av_pgt pgt;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;

static u64 merge(const struct av_pgt *p, u64 old, int level, u64 ia, u64 want)
{
	u64 mask = AV_BIT(av_pgt_shift(p, level)) - 1;
	u64 new = old | (want & (PERM_W | FLAG_AF));

	if ((old & AV_PGT_ADDR) + (ia & mask) != (want & AV_PGT_ADDR))
		return 0;
	return want & NO_EXEC ? new : new & ~NO_EXEC;
}

static int share(u64 ia, u64 size, u64 attr)
{
	return av_pgt_map_shared(&pgt, NULL, ia, ia - BASE + AT, size, attr, merge);
}

static void start(void)
{
	memset(used, 0, sizeof(used));
	live = 0;
	budget = -1;
	breaks = 0;
	av_pgt_init(&pgt, &ops, NULL, 12, 40, true);
}

/* What comes along ends where an entry has no bits for it. */
static void test_rows(void)
{
	u64 pa[4] = { AT + PAGE, AT + 2 * PAGE, AV_BIT(48) + AT, AT + 4 * PAGE };
	int level;

	start();
	check(!share(BASE, PAGE, PERM_W) && av_pgt_fill_shared(&pgt, BASE + PAGE, pa, 4, PERM_W) == 2 &&
	      (av_pgt_lookup(&pgt, BASE + 2 * PAGE, &level) & AV_PGT_ADDR) == AT + 2 * PAGE &&
	      !av_pgt_lookup(&pgt, BASE + 3 * PAGE, &level) && !av_pgt_lookup(&pgt, BASE + 4 * PAGE, &level),
	      "a row ends in front of memory beyond 48 bits");
	av_pgt_destroy(&pgt);
}

/* A table of 32 bits begins at level 2, and has no larger blocks than that. */
static void test_small_spaces(void)
{
	const u64 giant = 1UL << 30;
	int level;

	start();
	av_pgt_destroy(&pgt);
	av_pgt_init(&pgt, &ops, NULL, 12, 32, true);
	check(av_pgt_block_level(&pgt) == 2 && av_pgt_map_shared(&pgt, NULL, giant, 0, giant, 0, merge) == -EINVAL &&
	      !av_pgt_map_shared(&pgt, NULL, giant, AT, BLOCK, PERM_W, merge) && av_pgt_lookup(&pgt, giant, &level) &&
	      level == 2, "no block is larger than the first level's");
	av_pgt_destroy(&pgt);
}

static void test_one_after_the_other(void)
{
	int level;
	u64 desc;

	start();
	check(share(BASE + 1, PAGE, 0) == -EINVAL && share(BASE + PAGE, BLOCK, 0) == -EINVAL &&
	      share(BASE, 2 * PAGE, 0) == -EINVAL && share(BASE, PAGE, AV_PGT_VALID) == -EINVAL &&
	      share(AV_BIT(40), PAGE, 0) == -EINVAL, "what is no page and no block is refused");
	check(!share(BASE, PAGE, NO_EXEC) && av_pgt_lookup(&pgt, BASE, &level) && level == 3 && !breaks,
	      "a page is mapped, nothing is invalidated for it");
	check(!share(BASE, PAGE, NO_EXEC) && !breaks, "once more changes nothing");
	check(!share(BASE, PAGE, PERM_W) && breaks == 1, "its permissions grow, and are invalidated once");
	desc = av_pgt_lookup(&pgt, BASE, &level);
	check(desc & PERM_W && !(desc & NO_EXEC), "to what was asked for");
	check(!share(BASE, PAGE, NO_EXEC) && av_pgt_lookup(&pgt, BASE, &level) == desc && breaks == 1,
	      "and stay when less is asked for");
	check(share(BASE, BLOCK, 0) == -EBUSY, "a block does not replace a table");
	check(!share(BASE + BLOCK, BLOCK, NO_EXEC) && !share(BASE + BLOCK + PAGE, PAGE, NO_EXEC) && breaks == 1 &&
	      av_pgt_lookup(&pgt, BASE + BLOCK + PAGE, &level) && level == 2, "a page is found in a block");
	check(!share(BASE + BLOCK + PAGE, PAGE, PERM_W) && breaks == 2 &&
	      av_pgt_lookup(&pgt, BASE + BLOCK + PAGE, &level) && level == 3 &&
	      !av_pgt_lookup(&pgt, BASE + BLOCK, &level), "a block makes room for a page with more permissions");
	store_entry(find_entry(&pgt, BASE, &level), AV_PGT_BUSY);
	check(share(BASE, PAGE, 0) == -EAGAIN && !av_pgt_update(&pgt, BASE, FLAG_AF, 0, &level) &&
	      !av_pgt_lookup(&pgt, BASE, &level), "an entry that is at work is left to who does it");
	alone = true;
	store_entry(find_entry(&pgt, BASE, &level), 0);
	budget = 0;
	check(share(BASE + 2 * BLOCK, PAGE, 0) == -ENOMEM && !av_pgt_lookup(&pgt, BASE + 2 * BLOCK, &level),
	      "without a table nothing is mapped");
	av_pgt_destroy(&pgt);
	alone = false;
	check(live == 0, "no table is left");
}

/* ---- at once ---- */

struct thread {
	pthread_t id;
	unsigned int seed;
	int done, again, exclusive, bad;
	bool stops_early;
};

static void one_fault(struct thread *t, u64 ia, u64 size, u64 attr)
{
	int ret;

	pthread_rwlock_rdlock(&lock);
	ret = share(ia, size, attr);
	pthread_rwlock_unlock(&lock);
	if (ret == -EBUSY) {
		pthread_rwlock_wrlock(&lock);
		alone = true;
		ret = av_pgt_map(&pgt, ia, ia - BASE + AT, size, attr);
		alone = false;
		pthread_rwlock_unlock(&lock);
		t->exclusive++;
	}
	t->done += !ret;
	t->again += ret == -EAGAIN;
	t->bad += ret && ret != -EAGAIN;
}

static void *faults(void *arg)
{
	struct thread *t = arg;
	int i, level;

	for (i = 0; i < ROUNDS; i++) {
		unsigned int r = rand_r(&t->seed);
		u64 ia = BASE + r % BLOCKS * BLOCK + (r >> 8) % 8 * PAGE;
		u64 attr = (r & AV_BIT(20) ? PERM_W : 0) | (r & AV_BIT(21) ? NO_EXEC : 0) | FLAG_AF;

		if (r % 1000 == 0) {
			one_fault(t, ia & ~(BLOCK - 1), BLOCK, attr);
		} else if (r % 1000 == 1) {
			pthread_rwlock_wrlock(&lock);
			alone = true;
			t->bad += !!av_pgt_unmap(&pgt, ia & ~(BLOCK - 1), BLOCK);
			alone = false;
			pthread_rwlock_unlock(&lock);
		} else if (r % 10 == 2) {
			pthread_rwlock_rdlock(&lock);
			av_pgt_update(&pgt, ia, r & AV_BIT(22) ? FLAG_AF : 0, r & AV_BIT(22) ? 0 : FLAG_AF, &level);
			pthread_rwlock_unlock(&lock);
		} else {
			one_fault(t, ia, PAGE, attr);
		}
	}
	return NULL;
}

static int wrong_leaf(struct av_pgt *p, u64 ia, int level, u64 *entry, void *arg)
{
	(void)p;
	(void)level;
	(void)arg;
	return (*entry & AV_PGT_ADDR) != ia - BASE + AT;
}

static void test_at_once(void)
{
	struct thread t[THREADS] = {};
	int i, done = 0, again = 0, exclusive = 0, bad = 0;

	start();
	for (i = 0; i < THREADS; i++) {
		t[i].seed = i + 1;
		if (pthread_create(&t[i].id, NULL, faults, &t[i]))
			abort();
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(t[i].id, NULL);
		done += t[i].done;
		again += t[i].again;
		exclusive += t[i].exclusive;
		bad += t[i].bad;
	}
	printf("# %d done, %d to be done again, %d exclusive, %d invalidations\n", done, again, exclusive, breaks);
	check(!bad && done, "faults beside each other end well, or are told to come again");
	check(!bad_breaks, "what is invalidated is marked, or only its permissions have changed");
	check(!av_pgt_walk(&pgt, 0, AV_BIT(40), wrong_leaf, NULL), "whatever is mapped is mapped to its place");
	alone = true;
	av_pgt_unmap(&pgt, 0, AV_BIT(40));
	check(live == 1, "no table is left but the root");
	av_pgt_destroy(&pgt);
}

/* All for one page that is not there: one of them makes it, with all tables, and no table is lost. */
static pthread_barrier_t barrier;

static void *race(void *arg)
{
	struct thread *t = arg;
	int i;

	for (i = 0; i < 2000; i++) {
		u64 ia = BASE + (u64)i % 16 * BLOCK;

		pthread_barrier_wait(&barrier);
		one_fault(t, ia, PAGE, t->seed & 1 ? PERM_W : 0);
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
			alone = true;
			t->bad += !av_pgt_lookup(&pgt, ia, &(int){ 0 }) || live != 3;
			av_pgt_unmap(&pgt, 0, AV_BIT(40));
			t->bad += live != 1;
			alone = false;
		}
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static void test_races(void)
{
	struct thread t[THREADS] = {};
	int i, bad = 0;

	start();
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++) {
		t[i].seed = i;
		if (pthread_create(&t[i].id, NULL, race, &t[i]))
			abort();
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(t[i].id, NULL);
		bad += t[i].bad;
	}
	check(!bad, "of several that make the same tables one wins, and the others' are given back");
	av_pgt_destroy(&pgt);
}

int main(void)
{
	test_one_after_the_other();
	test_rows();
	test_small_spaces();
	test_at_once();
	test_races();
	return tap_end();
}
