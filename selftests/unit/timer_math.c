// SPDX-License-Identifier: GPL-2.0
/*
 * The generic timer's arithmetic: levels, TVAL views, deadlines, ticks to nanoseconds.
 *
 * A failure means that guests get their timer interrupts early, late or never.
 * Implementation: dev/timer_math.h. Rules: DDI 0487, D11.2.4.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>

#include "dev/timer_math.h"
#include "tap.h"

#define ON	CNT_CTL_ENABLE
#define MASKED	(CNT_CTL_ENABLE | CNT_CTL_IMASK)
#define MAX	(~0ULL)
#define NR_RATES	6

static void test_level(void)
{
	check(av_timer_level(ON, 100, 100), "the line rises when the count equals CVAL");
	check(!av_timer_level(ON, 100, 99), "the line is low one tick earlier");
	check(!av_timer_level(MASKED, 100, 200), "IMASK keeps the line low");
	check(!av_timer_level(0, 100, 200), "a disabled timer's line is low");
	check(av_timer_level(ON | CNT_CTL_ISTATUS, 0, 0), "a stored ISTATUS does not matter");
	check(!av_timer_level(ON, MAX, MAX - 1), "the comparison is unsigned");
	check(av_timer_level(ON, 1, MAX), "a count with bit 63 set is past a small CVAL");
}

static void test_registers(void)
{
	check(av_timer_ctl_read(ON, 5, 4) == ON, "CTL reads without ISTATUS before the deadline");
	check(av_timer_ctl_read(ON, 5, 5) == (ON | CNT_CTL_ISTATUS), "CTL reads with it then");
	check(av_timer_ctl_read(MASKED, 5, 5) == (MASKED | CNT_CTL_ISTATUS),
	      "ISTATUS ignores IMASK");
	check(av_timer_ctl_read(MAX, 5, 4) == MASKED, "other bits of CTL read as zero");
	check(av_timer_tval_read(110, 100) == 10, "TVAL counts down to CVAL");
	check(av_timer_tval_read(100, 110) == 0xfffffff6, "TVAL is negative, 32 bits, after it");
	check(av_timer_tval_to_cval(10, 100) == 110, "a write of TVAL sets CVAL");
	check(av_timer_tval_to_cval(0xffffffff, 100) == 99, "a negative TVAL lies in the past");
	check(av_timer_tval_to_cval(0x100000001ULL, 100) == 101, "TVAL's upper half is ignored");
	check(av_timer_tval_to_cval(10, MAX) == 9, "CVAL wraps with the count");
}

static void test_deadline(void)
{
	check(av_timer_ticks_left(ON, 150, 100) == 50, "50 ticks to go");
	check(av_timer_ticks_left(ON, 100, 100) == AV_TIMER_NEVER, "an expired timer has no next");
	check(av_timer_ticks_left(MASKED, 150, 100) == AV_TIMER_NEVER, "nor has a masked one");
	check(av_timer_ticks_left(0, 150, 100) == AV_TIMER_NEVER, "nor a disabled one");
	check(av_timer_wait_left(150, 100) == 50, "a wait ends with the count that it is for");
	check(av_timer_wait_left(100, 100) == AV_TIMER_NEVER, "one that is over has no end to come");
	check(av_timer_wait_left(AV_TIMER_NEVER, 100) == AV_TIMER_NEVER, "nor has one without a timeout");
	check(av_timer_ticks_left(ON, MAX, 0) == AV_TIMER_NEVER, "CVAL of all ones never comes");
}

static u64 exact_ns(u64 ticks, u32 rate)
{
	return ((__uint128_t)ticks * AV_NS_PER_SEC + rate - 1) / rate;
}

static void test_ns(void)
{
	static const u32 rates[NR_RATES] = { 1, 1000, 19200000, 62500000, 1000000000, 0xffffffff };
	const u64 limit = AV_TIMER_MAX_SECS * AV_NS_PER_SEC;
	bool is_exact = true, is_limited = true;
	unsigned int i;
	u64 ticks, ns;

	check(av_timer_ticks_to_ns(62500000, 62500000) == AV_NS_PER_SEC, "a second is a second");
	check(av_timer_ticks_to_ns(1, 62500000) == 16, "16 ns per tick at 62.5 MHz");
	check(av_timer_ticks_to_ns(1, 24000000) == 42, "41.67 ns are rounded up");
	check(av_timer_ticks_to_ns(0, 1) == 0, "no ticks, no time");
	check(av_timer_ticks_to_ns(AV_TIMER_NEVER, 1) == AV_TIMER_NEVER, "never stays never");
	check(av_timer_ticks_to_ns(1, 0) == AV_TIMER_NEVER, "a rate of 0 does not divide");

	for (i = 0; i < NR_RATES; i++) {
		for (ticks = 1; ticks < 1ULL << 63; ticks = ticks * 3 + 1) {
			ns = av_timer_ticks_to_ns(ticks, rates[i]);
			if (ticks / rates[i] >= AV_TIMER_MAX_SECS)
				is_limited &= ns == limit;
			else
				is_exact &= ns == exact_ns(ticks, rates[i]);
		}
		is_limited &= av_timer_ticks_to_ns(MAX - 1, rates[i]) <= limit;
	}
	check(is_exact, "the result is the exact one, rounded up, for all rates");
	check(is_limited, "far deadlines are cut down to the limit");
	check(limit < 1ULL << 62, "now plus the limit does not wrap a ktime_t");
}

int main(void)
{
	printf("TAP version 13\n");
	test_level();
	test_registers();
	test_deadline();
	test_ns();
	return tap_end();
}
