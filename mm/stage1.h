/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a guest's own stage 1 has an instruction, or any address: a walk of the guest's tables by software, for EL1&0
 * of A64 (DDI 0487, D8). A unit test on the build host runs it too.
 *
 * Runs at: host kernel, build host. Owns: nothing. Locks: none.
 */
#ifndef AV_STAGE1_H
#define AV_STAGE1_H

#include "include/arm_regs.h"

/* The guest's registers, and how its memory is read. */
struct av_stage1 {
	u64 sctlr, tcr, ttbr[2];
	u64 tcr2, pir, pire0;	/* 0 where they are not the guest's to use */
	bool el0;
	/* Eight bytes, in memory's order as a little-endian number; false: no memory. */
	bool (*read)(const struct av_stage1 *s1, u64 ipa, u64 *value);
	void *cookie;
};

/*
 * False: not mapped, not executable there, or in a way that this walk does not know. A guest that changes its
 * tables meanwhile gets either answer, after at most five reads.
 */
bool av_stage1_fetch(const struct av_stage1 *s1, u64 va, u64 *ipa);
/* The same, but whoever may access it, and of an address that may have a tag. */
bool av_stage1_find(const struct av_stage1 *s1, u64 va, u64 *ipa);

#endif
