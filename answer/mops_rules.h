/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory copies and sets that were begun by one CPU and can't go on by another: the registers as the first instruction
 * of the three wants them, for what is left to do. A unit test on the build host runs it.
 *
 * Runs at: host kernel, build host. Owns: nothing. Locks: none.
 */
#ifndef AV_MOPS_RULES_H
#define AV_MOPS_RULES_H

#include "include/arm_regs.h"

/*
 * A CPU does one of two forms, option A or B, and says by the flags after the prologue which one it was (DDI 0487,
 * rules CNTMJ and MWFQH). Of option A the size is negative and counts up to 0; the addresses are the ends and stay. A
 * copy that goes backwards, from the ends down, has it positive and the addresses are the beginnings, which are what a
 * prologue wants. Of option B all of them move; backwards the addresses are the ends of what is left.
 *
 * gpr: X0 to X30. Returns how many bytes behind the prologue the PC is.
 */
static inline u64 av_mops_restart(u64 *gpr, u64 pstate, u64 esr)
{
	u64 *dst = &gpr[ESR_MOPS_DST(esr)], *src = &gpr[ESR_MOPS_SRC(esr)], *size = &gpr[ESR_MOPS_SIZE(esr)];
	bool is_a = !(esr & ESR_MOPS_OPTION_A) != !(esr & ESR_MOPS_WRONG_OPTION), is_set = esr & ESR_MOPS_SET;
	u64 move = 0;

	/* No such instruction has XZR for one of these (a set's source is its data, and stays). */
	if (ESR_MOPS_DST(esr) == 31 || ESR_MOPS_SIZE(esr) == 31 || (!is_set && ESR_MOPS_SRC(esr) == 31))
		return 0;
	if (is_a && (is_set || *size >> 63)) {
		move = *size;
		*size = -*size;
	} else if (!is_a && !is_set && pstate & PSR_N) {
		move = -*size;
	}
	*dst += move;
	if (!is_set)
		*src += move;
	return esr & ESR_MOPS_EPILOGUE ? 8 : 4;
}

#endif
