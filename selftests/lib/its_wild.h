/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest half: commands, registers and tables of an ITS at random, most of them such as make sense: what is mostly valid
 * gets deep. For guests that have the memory of its_create() and up to four vCPUs.
 */
#ifndef SELFTESTS_ITS_WILD_H
#define SELFTESTS_ITS_WILD_H

#include "its.h"

#define WILD_CPUS	4
#define WILD_DEVICES	8
#define WILD_EVENTS	16
#define WILD_LPIS	64		/* from LPI on */
#define WILD_COMMANDS	128		/* of the queue's first page */

static inline u64 rand_next(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Mostly one of these; 1 of 16 numbers is any. */
static inline u64 some(u64 *seed, u64 base, u64 nr)
{
	u64 r = rand_next(seed);

	return r % 16 ? base + (r >> 8) % nr : r >> 8;
}

/* Into any place of the queue. */
static inline void wild_command(u64 *seed)
{
	static const u8 codes[] = {
		ITS_MAPD, ITS_MAPD, ITS_MAPC, ITS_MAPTI, ITS_MAPTI, ITS_MAPTI, ITS_MAPTI, ITS_MOVI,
		ITS_INT, ITS_INT, ITS_CLEAR, ITS_SYNC, ITS_INV, ITS_INVALL, ITS_MOVALL, ITS_DISCARD,
	};
	volatile u64 *slot = (u64 *)(ITS_QUEUE + rand_next(seed) % WILD_COMMANDS * 32);
	u64 code = codes[rand_next(seed) % ARRAY_SIZE(codes)];
	u64 valid = rand_next(seed) % 4 ? GITS_VALID : 0;
	u64 icid = some(seed, 0, 4) & 0xffff;

	slot[0] = code | some(seed, 0, WILD_DEVICES) << 32;
	slot[1] = code == ITS_MAPD ? 3 : some(seed, LPI, WILD_LPIS) << 32 | (u32)some(seed, 0, WILD_EVENTS);
	if (code == ITS_MAPD)
		slot[2] = valid | ITS_ITT(rand_next(seed) % 8);
	else
		slot[2] = valid | (some(seed, 0, WILD_CPUS) << 16 & ~GITS_VALID) | icid;
	slot[3] = some(seed, 0, WILD_CPUS) << 16;
}

/* The queue goes on to any place of its first page. */
static inline void wild_kick(u64 *seed)
{
	dsb_sy();
	writeq(rand_next(seed) % WILD_COMMANDS * 32, ITS_BASE + GITS_CWRITER);
}

#endif
