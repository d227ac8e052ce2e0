// SPDX-License-Identifier: GPL-2.0
/*
 * Memory copies and sets in their middle, of either form, are begun anew for exactly what is left: every size, every
 * place where they can have stopped, in both directions.
 *
 * A failure means that a guest which moves to another CPU while it copies has other memory than it should.
 * Implementation: answer/mops_rules.h. Rules: DDI 0487, CNTMJ and MWFQH; D24.2.40 (ISS of memory copies).
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>
#include <string.h>

#include "answer/mops_rules.h"
#include "tap.h"

#define DST	3
#define SRC	0
#define SIZE	30
#define REGS	(AV_PUT((u64)DST, 14, 10) | AV_PUT((u64)SRC, 9, 5) | AV_PUT((u64)SIZE, 4, 0))
#define TO	0xffff800000001000ULL
#define FROM	0x2000ULL

/* The registers when so many bytes of total are done, by the two forms as the book describes them. */
static void stop(u64 *gpr, u64 *pstate, bool is_a, bool is_set, bool backwards, u64 total, u64 done)
{
	u64 left = total - done, at = is_a ? (backwards ? 0 : total) : backwards ? left : done;

	memset(gpr, 0x55, 31 * sizeof(*gpr));
	gpr[DST] = TO + at;
	gpr[SRC] = is_set ? 0x77 : FROM + at;
	gpr[SIZE] = is_a && !backwards ? -left : left;
	*pstate = is_a ? 0 : PSR_C | (backwards ? PSR_N : 0);
}

static bool goes_on(bool is_a, bool is_set, bool backwards, u64 total, u64 done, u64 flags)
{
	u64 gpr[31], pstate, expected[31], pc, begin = backwards ? 0 : done;

	stop(gpr, &pstate, is_a, is_set, backwards, total, done);
	memcpy(expected, gpr, sizeof(gpr));
	expected[DST] = TO + begin;
	expected[SRC] = is_set ? 0x77 : FROM + begin;
	expected[SIZE] = total - done;
	pc = av_mops_restart(gpr, pstate, REGS | flags | (is_set ? ESR_MOPS_SET : 0));
	return !memcmp(gpr, expected, sizeof(gpr)) && pc == (flags & ESR_MOPS_EPILOGUE ? 8 : 4);
}

/* All places of all sizes; the flags say by what this CPU knows the form. */
static bool all(bool is_a, bool is_set, bool backwards)
{
	const u64 mine = is_a ? ESR_MOPS_OPTION_A : 0;
	const u64 other = (is_a ? 0 : ESR_MOPS_OPTION_A) | ESR_MOPS_WRONG_OPTION;
	u64 total, done;
	bool ok = true;

	for (total = 1; total < 70; total++) {
		for (done = 0; done < total; done++) {
			ok &= goes_on(is_a, is_set, backwards, total, done, mine);
			ok &= goes_on(is_a, is_set, backwards, total, done, other);
			ok &= goes_on(is_a, is_set, backwards, total, done, other | ESR_MOPS_EPILOGUE);
		}
	}
	return ok && goes_on(is_a, is_set, backwards, (1ULL << 55) - 1, 12345, other);
}

static void strange(void)
{
	u64 gpr[31] = { 1, 2, 3 }, same[31];

	memcpy(same, gpr, sizeof(gpr));
	check(!av_mops_restart(gpr, 0, ESR_MOPS_OPTION_A | AV_PUT(31ULL, 14, 10)) &&
	      !av_mops_restart(gpr, 0, ESR_MOPS_OPTION_A | 31) &&
	      !av_mops_restart(gpr, 0, ESR_MOPS_OPTION_A | AV_PUT(31ULL, 9, 5)) && !memcmp(gpr, same, sizeof(gpr)),
	      "registers that no such instruction has are left alone");
	check(av_mops_restart(gpr, 0, ESR_MOPS_SET | ESR_MOPS_OPTION_A | AV_PUT(31ULL, 9, 5) | 1) == 4,
	      "a set may have XZR as its data");
}

int main(void)
{
	printf("TAP version 13\n");
	check(all(true, true, false), "sets of option A");
	check(all(false, true, false), "sets of option B");
	check(all(true, false, false), "copies of option A, forwards");
	check(all(true, false, true), "copies of option A, backwards");
	check(all(false, false, false), "copies of option B, forwards");
	check(all(false, false, true), "copies of option B, backwards");
	strange();
	return tap_end();
}
