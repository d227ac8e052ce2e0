/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What CPUs say of themselves in fields of ID registers that the host's kernel is too old to know.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_CPU_IDS_H
#define AV_CPU_IDS_H

#include "include/av_types.h"

/* The registers of which there are such fields. */
enum av_young_id { AV_YOUNG_ISAR2, AV_YOUNG_ISAR3, AV_YOUNG_PFR2, AV_YOUNG_MMFR3, AV_NR_YOUNG };

void av_cpu_ids_init(void);	/* module load, before any guest is told anything; may sleep */
/* What all CPUs have of a field of four bits, a plain number; guests may be told of it from now on. */
u64 av_cpu_ids_promise(enum av_young_id which, unsigned int hi, unsigned int lo);
/* Is the kernel of that version (612: 6.12) or newer? */
bool av_cpu_ids_kernel_is(unsigned int version);
/* Likewise, or does nothing lie above EL2 that could keep registers which came with that version from it? */
bool av_cpu_ids_given(unsigned int version);
bool av_cpu_ids_fit(void);	/* this CPU has all that was promised; interrupts off */

/* Each field of four bits: the lower number. */
static inline u64 av_ids_least(u64 a, u64 b)
{
	u64 least = 0;
	unsigned int lo;

	for (lo = 0; lo < 64; lo += 4)
		least |= (AV_GET(a, lo + 3, lo) < AV_GET(b, lo + 3, lo) ? a : b) & AV_MASK(lo + 3, lo);
	return least;
}

#endif
