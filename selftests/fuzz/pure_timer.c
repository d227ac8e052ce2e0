// SPDX-License-Identifier: GPL-2.0
/* The timer's arithmetic against numbers that can't overflow. */
#include "pure.h"

#define main unit_main
#include "unit/timer_math.c"
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	u64 ctl = take_number(&in), cval = take_number(&in), count = take_number(&in), ticks, ns;
	u32 freq = take_number(&in);
	bool fires = (ctl & 3) == 1, due = count >= cval;
	__uint128_t exact;

	REQUIRE(av_timer_level(ctl, cval, count) == (fires && due));
	REQUIRE(av_timer_ctl_read(ctl, cval, count) == ((ctl & 3) | (due ? 4 : 0)));
	REQUIRE(av_timer_tval_read(cval, count) == ((cval - count) & 0xffffffff));
	REQUIRE((u32)av_timer_tval_read(av_timer_tval_to_cval(ctl, count), count) == (u32)ctl);
	ticks = av_timer_ticks_left(ctl, cval, count);
	REQUIRE(ticks == (fires && !due ? cval - count : AV_TIMER_NEVER));
	ticks = bytes(&in, 1) & 1 ? ticks : take_number(&in);
	ns = av_timer_ticks_to_ns(ticks, freq);
	if (ticks == AV_TIMER_NEVER || !freq) {
		REQUIRE(ns == AV_TIMER_NEVER);
		return 0;
	}
	exact = ((__uint128_t)ticks * 1000000000 + freq - 1) / freq;
	if (ticks / freq >= 1UL << 30)
		exact = (__uint128_t)1000000000 << 30;
	REQUIRE(ns == exact);
	return 0;
}
