/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arithmetic of the generic timer: levels, deadlines and the way from counter ticks to time.
 *
 * Pure functions without kernel headers, so that selftests/unit/timer_math.c tests them on the
 * build host. Rules: DDI 0487, D11.2.4 (CompareValue and TimerValue views), counts are 64 bits
 * wide, unsigned, and wrap.
 *
 * Runs at: anywhere. Owns: nothing. Locks: none.
 */
#ifndef AV_TIMER_MATH_H
#define AV_TIMER_MATH_H

#include "include/arm_regs.h"

/* A deadline that does not come; in ticks and in nanoseconds. */
#define AV_TIMER_NEVER		(~0ULL)

/* No sleep is planned for longer (34 years); who wakes early looks again. */
#define AV_TIMER_MAX_SECS	AV_BIT(30)

#define AV_NS_PER_SEC		1000000000ULL

/* The bits of CNTx_CTL that software sets; ISTATUS is always computed. */
#define AV_TIMER_CTL_BITS	(CNT_CTL_ENABLE | CNT_CTL_IMASK)

/* The timer condition, whatever the control bits say. */
static inline bool av_timer_expired(u64 cval, u64 count)
{
	return cval <= count;
}

static inline bool av_timer_can_fire(u64 ctl)
{
	return (ctl & AV_TIMER_CTL_BITS) == CNT_CTL_ENABLE;
}

/* The timer's output line. */
static inline bool av_timer_level(u64 ctl, u64 cval, u64 count)
{
	return av_timer_can_fire(ctl) && av_timer_expired(cval, count);
}

/* CNTx_CTL as read. ISTATUS is UNKNOWN while disabled; like KVM, tell the condition then too. */
static inline u64 av_timer_ctl_read(u64 ctl, u64 cval, u64 count)
{
	ctl &= AV_TIMER_CTL_BITS;
	return av_timer_expired(cval, count) ? ctl | CNT_CTL_ISTATUS : ctl;
}

/* CNTx_TVAL: a signed 32-bit distance from the count. */
static inline u64 av_timer_tval_read(u64 cval, u64 count)
{
	return (u32)(cval - count);
}

static inline u64 av_timer_tval_to_cval(u64 tval, u64 count)
{
	return count + (u64)(s64)(s32)(u32)tval;
}

/*
 * Ticks until the line rises. A timer that can't fire never does; nor does one whose line is
 * up already, since it has no further edge to wait for.
 */
static inline u64 av_timer_ticks_left(u64 ctl, u64 cval, u64 count)
{
	if (!av_timer_can_fire(ctl) || av_timer_expired(cval, count))
		return AV_TIMER_NEVER;
	return cval - count;
}

/* Ticks until a wait that ends with this count does; likewise. */
static inline u64 av_timer_wait_left(u64 until, u64 count)
{
	return until == AV_TIMER_NEVER || until <= count ? AV_TIMER_NEVER : until - count;
}

/* Rounded up, so that the deadline has passed when the time has; without overflow for any input. */
static inline u64 av_timer_ticks_to_ns(u64 ticks, u32 freq)
{
	u64 secs;

	if (ticks == AV_TIMER_NEVER || !freq)
		return AV_TIMER_NEVER;
	secs = ticks / freq;
	if (secs >= AV_TIMER_MAX_SECS)
		return AV_TIMER_MAX_SECS * AV_NS_PER_SEC;
	/* the rest is below 2^32 ticks, times 10^9 stays below 2^62 */
	return secs * AV_NS_PER_SEC + ((ticks % freq) * AV_NS_PER_SEC + freq - 1) / freq;
}

#endif
