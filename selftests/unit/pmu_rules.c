// SPDX-License-Identifier: GPL-2.0
/*
 * Widths and overflows of the performance monitors' counters, against counting one by one.
 *
 * A failure names the rule. Implementation: dev/pmu_rules.h. Source: DDI 0487, D13.3, D13.4, D24.5.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>

#include "dev/pmu_rules.h"
#include "tap.h"

static const u64 values[] = {
	0, 1, 2, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, 0x100000000, 0x1fffffffe, 0x1ffffffff,
	0x3fffffffffffffff, 0x4000000000000000, 0xbfffffffffffffff, 0xc000000000000000, 0xfffffffeffffffff,
	0xfffffffffffffffe, 0xffffffffffffffff,
};

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static void test_overflows(void)
{
	bool exact = true, before = true, positive = true, again = true;
	unsigned int i, is_long;

	for (is_long = 0; is_long < 2; is_long++) {
		for (i = 0; i < ARRAY_SIZE(values); i++) {
			u64 v = values[i], left = av_pmu_left(v, is_long), period = av_pmu_period(is_long);

			positive &= left && left <= AV_PMU_FAR && period <= AV_PMU_FAR;
			before &= !av_pmu_overflowed(v, v + left - 1, is_long);
			/* Of 64 bits perf may ask too early, and then hears that it did. */
			exact &= av_pmu_overflowed(v, v + left, is_long) == (left != AV_PMU_FAR || v == 0 - AV_PMU_FAR);
			if (!is_long)
				again &= av_pmu_overflowed(v + left, v + left + period, is_long) &&
					 !av_pmu_overflowed(v + left, v + left + period - 1, is_long);
		}
	}
	check(positive, "a period is a positive number for perf");
	check(before, "no overflow before its time");
	check(exact, "and one at it");
	check(again, "the next one is a whole period later");
	check(av_pmu_left(0, false) == 1ULL << 32 && av_pmu_left(0xffffffff, false) == 1 &&
	      av_pmu_left(~0ULL, true) == 1, "the ends");
}

static void test_lengths(void)
{
	unsigned int n, v;
	bool ok = true;

	for (n = 0; n < AV_PMU_COUNTERS; n++) {
		for (v = 1; v <= AV_PMU_V3P5; v++) {
			bool cycles = n == PMU_CYCLES, wide = cycles || v == AV_PMU_V3P5;

			ok &= av_pmu_value_mask(n, v) == (wide ? ~0ULL : 0xffffffffULL);
			ok &= !av_pmu_is_long(n, 0, v);
			ok &= av_pmu_is_long(n, PMCR_LC, v) == cycles;
			ok &= av_pmu_is_long(n, PMCR_LP, v) == (!cycles && v == AV_PMU_V3P5);
			/* never longer than it is wide */
			ok &= !av_pmu_is_long(n, ~0ULL, v) || wide;
		}
	}
	check(ok, "LC is the cycle counter's, LP the others' of PMUv3p5");
	for (ok = true, n = 0; n < AV_PMU_COUNTERS; n++) {
		ok &= av_pmu_can_chain(n, 31, false) == (n % 2 == 0 && n < 30);
		ok &= av_pmu_can_chain(n, 6, false) == (n == 0 || n == 2 || n == 4);
		ok &= av_pmu_can_chain(n, 5, false) == (n == 0 || n == 2);
		ok &= !av_pmu_can_chain(n, 31, true) && !av_pmu_can_chain(n, 0, false);
	}
	check(ok, "an even counter chains to an odd one that there is");
	check(av_pmu_mask(0) == 0x80000000 && av_pmu_mask(6) == 0x8000003f && av_pmu_mask(31) == 0xffffffff,
	      "the cycle counter is always there");
}

static void test_types(void)
{
	u64 bits[] = { PMEVTYPER_P, PMEVTYPER_U, PMEVTYPER_NSK, PMEVTYPER_NSU };
	unsigned int i;
	bool ok = true;

	for (i = 0; i < 16; i++) {
		u64 type = 0;
		unsigned int n;

		for (n = 0; n < 4; n++)
			type |= i >> n & 1 ? bits[n] : 0;

		/* Non-secure: counted where NSK is P, and NSU is U (DDI 0487, PMEVTYPER<n>_EL0) */
		ok &= av_pmu_at_el1(type) == (!(i & 1) == !(i & 4));
		ok &= av_pmu_at_el0(type) == (!(i & 2) == !(i & 8));
	}
	check(ok, "P, U, NSK and NSU");
	check(av_pmu_event(3, 0xc000ffff, AV_PMU_V3) == 0x3ff && av_pmu_event(3, 0xc000ffff, 4) == 0xffff &&
	      av_pmu_event(PMU_CYCLES, 0xc0000000, 4) == AV_PMU_CPU_CYCLES, "events");
	check(av_pmu_type_mask(0, 4, false) == 0xc000ffff && av_pmu_type_mask(0, AV_PMU_V3, true) == 0xf40003ff &&
	      av_pmu_type_mask(PMU_CYCLES, 4, true) == 0xf4000000, "types have the bits that there are");
	check(av_pmu_pmcr(~0ULL, 4, true) == 0x79 && av_pmu_pmcr(~0ULL, AV_PMU_V3P5, true) == 0xf9 &&
	      av_pmu_pmcr(0, 4, false) == PMCR_LC && av_pmu_pmcr(0, 4, true) == 0, "and so has PMCR_EL0");
}

int main(void)
{
	test_overflows();
	test_lengths();
	test_types();
	return tap_end();
}
