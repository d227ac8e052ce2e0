// SPDX-License-Identifier: GPL-2.0
/*
 * Which ioeventfds exclude each other, and how many comparisons a guest's store costs, however many there are.
 *
 * A failure means that a store rings a wrong bell or none, or that a VMM can make it as expensive as it likes.
 * Implementation: dev/ioeventfd_rules.h. Rules: KVM's (kvm-abi 7.2).
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <linux/kvm.h>

#include "dev/ioeventfd_rules.h"
#include "tap.h"

#define MANY	100000

static struct av_pattern pattern(u32 flags, u64 addr, u32 len, u64 match)
{
	const struct kvm_ioeventfd args = {
		.flags = flags, .addr = addr, .len = len, .datamatch = match,
	};

	return av_pattern_of(&args);
}

/* KVM's words: same bus and address, and either has no length, or the same and either any value or the same. */
static bool excludes(const struct av_pattern *a, const struct av_pattern *b)
{
	if (a->bus != b->bus || a->addr != b->addr)
		return false;
	if (!a->len || !b->len)
		return true;
	return a->len == b->len && (a->is_wildcard || b->is_wildcard || a->datamatch == b->datamatch);
}

/* A small world of all kinds of patterns. */
static unsigned int make_all(struct av_pattern *all)
{
	static const u32 buses[] = { 0, KVM_IOEVENTFD_FLAG_PIO, KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY };
	static const u32 lens[] = { 1, 2, 4, 8 };
	unsigned int bus, addr, len, nr = 0;
	u64 match;

	for (bus = 0; bus < 3; bus++) {
		for (addr = 0; addr < 3; addr++) {
			all[nr++] = pattern(buses[bus], addr - 1ULL, 0, 5);
			for (len = 0; len < 4; len++) {
				all[nr++] = pattern(buses[bus], addr - 1ULL, lens[len], 5);
				for (match = 0; match < 3; match++)
					all[nr++] = pattern(buses[bus] | KVM_IOEVENTFD_FLAG_DATAMATCH,
							    addr - 1ULL, lens[len], match - 1);
			}
		}
	}
	return nr;
}

static void test_pairs(void)
{
	struct av_pattern all[3 * 3 * 17];
	bool zero = true, mirrored = true, transitive = true;
	unsigned int nr = make_all(all), a, b, c;

	for (a = 0; a < nr; a++) {
		for (b = 0; b < nr; b++) {
			int ab = av_pattern_compare(&all[a], &all[b]);

			zero &= !ab == excludes(&all[a], &all[b]);
			mirrored &= ab == -av_pattern_compare(&all[b], &all[a]);
			for (c = 0; c < nr; c++) {
				/* What stands between two that have a store in common has it in common, too. */
				if (ab < 0 && av_pattern_compare(&all[b], &all[c]) < 0)
					transitive &= av_pattern_compare(&all[a], &all[c]) <= 0;
			}
		}
	}
	check(zero, "those that have a store in common, and no others, exclude each other");
	check(mirrored, "the order is the same from both sides");
	check(transitive, "the order has no circle");
}

static void test_args(void)
{
	struct av_pattern a = pattern(0, 16, 4, 7), b = pattern(0, 16, 4, 8);
	struct av_pattern c = pattern(KVM_IOEVENTFD_FLAG_DATAMATCH, 16, 4, 0);

	check(av_pattern_is_same(&a, &b), "the value counts only with DATAMATCH");
	check(!av_pattern_is_same(&a, &c) && !av_pattern_compare(&a, &c),
	      "any value is not the value 0, but excludes it");
}

static unsigned int comparisons;

static int by_order(const void *a, const void *b)
{
	comparisons++;
	return av_pattern_compare(a, b);
}

/* All at one address but for those at each end. A tree that is balanced like the kernel's is twice as deep at most. */
static void test_many(void)
{
	struct av_pattern *many = calloc(MANY, sizeof(*many)), store = { .len = 4, .addr = 0x1000 }, *found;
	unsigned int i, worst = 0;
	bool right = true;

	for (i = 0; i < MANY; i++)
		many[i] = pattern(KVM_IOEVENTFD_FLAG_DATAMATCH, 0x1000, 4, (u64)i * 7919 % MANY);
	many[0] = pattern(0, 0xffc, 0, 0);
	many[MANY - 1] = pattern(0, 0x1004, 0, 0);
	qsort(many, MANY, sizeof(*many), by_order);
	for (i = 0; i < MANY + 10; i++) {
		store.datamatch = i;
		comparisons = 0;
		found = bsearch(&store, many, MANY, sizeof(*many), by_order);
		worst = comparisons > worst ? comparisons : worst;
		if (found)
			right &= found->addr == store.addr && found->datamatch == i;
		else
			right &= i >= MANY || !i || i == (u64)(MANY - 1) * 7919 % MANY;
	}
	check(right, "a store finds the one of 100000 at its address that it fits");
	printf("# %u comparisons at most\n", worst);
	check(worst <= 18, "and costs 18 comparisons at most");
	free(many);
}

/* What a store is remembered by says the same as the order in which the tree has it. */
static void test_takes(void)
{
	static const u64 datas[] = { 0, 1, 2, ~0ULL };
	struct av_pattern all[200];
	unsigned int nr = make_all(all), i, len, d, addr, taken = 0;
	bool same = true;

	for (i = 0; i < nr; i++) {
		for (addr = 0; addr < 3; addr++) {
			for (len = 1; len <= 8; len *= 2) {
				for (d = 0; d < 4; d++) {
					struct av_pattern store = { .bus = AV_BUS_MMIO, .addr = addr - 1ULL,
								    .len = len, .datamatch = datas[d] };
					bool takes = av_pattern_takes(&all[i], addr - 1ULL, len, datas[d]);

					same &= takes == !av_pattern_compare(&store, &all[i]);
					taken += takes;
				}
			}
		}
	}
	check(same, "a store is taken by those that the tree finds for it");
	/* At each of 3 addresses 16 stores by any length, 4 by each of 4 lengths, 1 by each of 3 values of these. */
	check(taken == 3 * (16 + 4 * 4 + 4 * 3), "and each takes as many as it should");
}

int main(void)
{
	printf("TAP version 13\n");
	test_pairs();
	test_args();
	test_many();
	test_takes();
	return tap_end();
}
