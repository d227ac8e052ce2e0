/* SPDX-License-Identifier: GPL-2.0 */
/* Generic timer for the guest half. */
#ifndef SELFTESTS_TIMER_H
#define SELFTESTS_TIMER_H

#include "guest.h"

#define TIMER_ENABLE	1
#define TIMER_IMASK	2
#define TIMER_ISTATUS	4

static inline u64 vcount(void)
{
	isb();
	return read_sysreg(cntvct_el0);
}

static inline u64 timer_freq(void)
{
	return read_sysreg(cntfrq_el0);
}

static inline u64 ms_to_ticks(u64 ms)
{
	return timer_freq() * ms / 1000;
}

/* Busy-wait; the longest that a guest may believe itself idle. */
static inline void delay_ms(u64 ms)
{
	u64 end = vcount() + ms_to_ticks(ms);

	while (vcount() < end)
		cpu_relax();
}

#endif
