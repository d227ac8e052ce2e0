/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arithmetic of the performance monitors: widths, overflows, what is counted where.
 *
 * Pure functions without kernel headers, so that selftests/unit/pmu_rules.c tests them on the build host. Rules: DDI
 * 0487, D13.1 to D13.5 and D24.5; version is ID_AA64DFR0_EL1.PMUVer as the guest is shown it, n a counter's number.
 *
 * Runs at: anywhere. Owns: nothing. Locks: none.
 */
#ifndef AV_PMU_RULES_H
#define AV_PMU_RULES_H

#include "include/arm_regs.h"

/* PMUVer */
#define AV_PMU_V3		1
#define AV_PMU_V3P4		5
#define AV_PMU_V3P5		6

#define AV_PMU_COUNTERS		32	/* the cycle counter is the last */
#define AV_PMU_EVENTS		0x10000	/* of PMUv3p1; before, 0x400 */

/* Common events that are not the host's to count, and the one that the cycle counter counts (DDI 0487, D13.11). */
#define AV_PMU_SW_INCR		0x00
#define AV_PMU_CPU_CYCLES	0x11
#define AV_PMU_CHAIN		0x1e

/* Perf's periods are positive: of 64 bits it is asked after this many, a hundred years of cycles. */
#define AV_PMU_FAR		AV_BIT(62)

static inline u64 av_pmu_event_mask(unsigned int version)
{
	return version == AV_PMU_V3 ? AV_MASK(9, 0) : AV_MASK(15, 0);
}

/* The bits of a counter's type that there are. The cycle counter's event can't be chosen. */
static inline u64 av_pmu_type_mask(unsigned int n, unsigned int version, bool has_el3)
{
	u64 mask = PMEVTYPER_P | PMEVTYPER_U;

	if (has_el3)
		mask |= PMEVTYPER_NSK | PMEVTYPER_NSU | PMEVTYPER_M;
	return n == PMU_CYCLES ? mask : mask | av_pmu_event_mask(version);
}

/* What a counter of this type counts. */
static inline u64 av_pmu_event(unsigned int n, u64 type, unsigned int version)
{
	return n == PMU_CYCLES ? AV_PMU_CPU_CYCLES : type & av_pmu_event_mask(version);
}

/* Does it count at EL1, at EL0? The guest is in Non-secure state. */
static inline bool av_pmu_at_el1(u64 type)
{
	return !(type & PMEVTYPER_P) == !(type & PMEVTYPER_NSK);
}

static inline bool av_pmu_at_el0(u64 type)
{
	return !(type & PMEVTYPER_U) == !(type & PMEVTYPER_NSU);
}

/* The bits that a counter has. */
static inline u64 av_pmu_value_mask(unsigned int n, unsigned int version)
{
	return n == PMU_CYCLES || version >= AV_PMU_V3P5 ? ~0ULL : AV_MASK(31, 0);
}

/* Does it overflow behind bit 63, or behind bit 31? */
static inline bool av_pmu_is_long(unsigned int n, u64 pmcr, unsigned int version)
{
	return n == PMU_CYCLES ? pmcr & PMCR_LC : version >= AV_PMU_V3P5 && pmcr & PMCR_LP;
}

/* Events until the counter overflows. */
static inline u64 av_pmu_left(u64 value, bool is_long)
{
	u64 left = 0 - value;

	if (!is_long)
		return (left & AV_MASK(31, 0)) ?: AV_BIT(32);
	return !left || left > AV_PMU_FAR ? AV_PMU_FAR : left;
}

/* ... and from one overflow to the next. */
static inline u64 av_pmu_period(bool is_long)
{
	return is_long ? AV_PMU_FAR : AV_BIT(32);
}

/* Was there an overflow on the way from one value to the other? Never more than one. */
static inline bool av_pmu_overflowed(u64 from, u64 to, bool is_long)
{
	return is_long ? to < from : to >> 32 != from >> 32;
}

/* Counters that exist of nr event counters. */
static inline u64 av_pmu_mask(unsigned int nr)
{
	return (AV_BIT(nr) - 1) | AV_BIT(PMU_CYCLES);
}

/* The next one may count its overflows: CHAIN. */
static inline bool av_pmu_can_chain(unsigned int n, unsigned int nr, bool is_long)
{
	return !(n & 1) && n + 1 < nr && !is_long;
}

/* What software may set in PMCR_EL0. LC is RES1 where nobody runs AArch32. */
static inline u64 av_pmu_pmcr(u64 value, unsigned int version, bool has_aarch32)
{
	u64 mask = PMCR_E | PMCR_D | PMCR_X | PMCR_DP | PMCR_LC;

	if (version >= AV_PMU_V3P5)
		mask |= PMCR_LP;
	return (value & mask) | (has_aarch32 ? 0 : PMCR_LC);
}

#endif
