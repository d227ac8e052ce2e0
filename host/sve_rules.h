/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which lengths of vectors a guest may have, on CPUs that need not have the same.
 *
 * Runs at: host kernel, unit tests. Owns: nothing.
 *
 * A set of lengths is a word: bit n - 1 stands for vectors of n * 128 bits. The architecture has 16 (DDI 0487,
 * ZCR_EL1.LEN). ZCR_EL2.LEN cuts a set off from above, and nothing takes a single length out of it: so a vCPU that
 * moves between CPUs sees one set only if they agree below its longest.
 */
#ifndef AV_SVE_RULES_H
#define AV_SVE_RULES_H

#include "include/av_types.h"

#define AV_SVE_MAX_VQ		16
#define AV_SVE_ALL_LENGTHS	AV_MASK(AV_SVE_MAX_VQ - 1, 0)

/* The longest of a set, 0: it is empty. */
static inline unsigned int av_sve_longest(u32 lengths)
{
	return lengths ? 32 - __builtin_clz(lengths) : 0;
}

/* What is left of a set when vectors are at most so long. */
static inline u32 av_sve_up_to(u32 lengths, unsigned int vq)
{
	return vq ? lengths & AV_MASK(vq - 1, 0) : 0;
}

/*
 * The lengths that can be offered: those up to the longest that all CPUs have and below which no CPU has one that
 * another lacks.
 *
 * all: what each CPU has; any: what some CPU has.
 */
static inline u32 av_sve_offer(u32 all, u32 any)
{
	u32 differ = all ^ any;

	all &= AV_SVE_ALL_LENGTHS;
	/* Up to, not including, the shortest about which they differ. */
	return differ ? all & ((differ & -differ) - 1) : all;
}

/* Does a CPU with these lengths show a vCPU exactly those that it is to have? */
static inline bool av_sve_fits(u32 cpu, u32 vcpu)
{
	return vcpu && av_sve_up_to(cpu, av_sve_longest(vcpu)) == vcpu;
}

/*
 * Of a vCPU that is offered some lengths, a set that user space wants: it may only cut the longer ones off. Returns its
 * longest, 0: refused.
 */
static inline unsigned int av_sve_take(u32 offered, u32 wanted)
{
	return wanted == av_sve_up_to(offered, av_sve_longest(wanted)) ? av_sve_longest(wanted) : 0;
}

#endif
