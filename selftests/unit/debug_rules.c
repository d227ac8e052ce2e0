// SPDX-License-Identifier: GPL-2.0
/*
 * What the CPU is given of debug registers, whoever wrote them.
 *
 * A failure means a breakpoint that could match at EL2, a guest that learns its VMID, or a debugger and a guest that
 * get each other's exceptions. Implementation: guest/debug_rules.h. Rules: DDI 0487, D2 (breakpoint and watchpoint
 * exceptions, execution conditions) and D24.3.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>

#include "guest/debug_rules.h"
#include "tap.h"

/* Bits 63:24 but for MASK, and what lies between the fields: 0, or of features that no guest has. */
#define BCR_FIELDS	0x00ff81e7UL
#define WCR_FIELDS	0x1f1ffffful

/* Each value of the fields that say where a breakpoint matches, with all else set or clear. */
static void test_where(void)
{
	bool nowhere_else = true, same = true, off = true;
	u64 where, rest, cr, b, w;

	for (where = 0; where < 32; where++) {
		u64 pmc = where & 3, hmc = where >> 2 & 1, ssc = where >> 3;

		for (rest = 0; rest < 2; rest++) {
			cr = 1 | pmc << 1 | hmc << 13 | ssc << 14 | (rest ? 0xf01e0UL : 0);
			b = av_debug_bcr(cr);
			w = av_debug_wcr(cr);
			nowhere_else &= !((b | w) & (DBG_CR_HMC | DBG_CR_SSC));
			if (!pmc || ssc == 2)
				off &= !(b & DBG_CR_E) && !(w & DBG_CR_E);
			else
				same &= (b & DBG_CR_PMC) == pmc << 1 && (w & DBG_CR_PMC) == pmc << 1 &&
					b & DBG_CR_E && w & DBG_CR_E;
		}
	}
	check(nowhere_else, "nothing matches above EL1");
	check(off, "what is for EL2, EL3 or the secure state is off");
	check(same, "EL0 and EL1 as they were asked for");
}

static void test_types(void)
{
	bool right = true;
	u64 type;

	for (type = 0; type < 16; type++) {
		u64 bcr = 1 | 3 << 1 | 0xf << 5 | type << 20 | 5 << 16, got = av_debug_bcr(bcr);

		right &= type < 8 ? got == bcr : !(got & DBG_CR_E);
	}
	check(right, "breakpoints by address and CONTEXTIDR_EL1 only");
	check(av_debug_bcr(3UL << 20 | 1) == (3UL << 20 | 1) && av_debug_bcr(7UL << 20 | 1) == (7UL << 20 | 1) &&
	      !av_debug_bcr(2UL << 20 | 1) && !av_debug_bcr(1UL << 20 | 1),
	      "linked contexts match by those that are linked to them");
	check(!(av_debug_bcr(3UL << 20 | 7 | DBG_CR_HMC | DBG_CR_SSC) & (DBG_CR_HMC | DBG_CR_SSC)),
	      "and nowhere else either");
	check(!(av_debug_bcr(~0UL & ~DBG_BCR_BT_EL2 & ~DBG_CR_SSC) & ~BCR_FIELDS), "no other bit of a breakpoint");
	check(!(av_debug_wcr(~0UL & ~DBG_CR_SSC) & ~WCR_FIELDS), "no other bit of a watchpoint");
	check(av_debug_wcr(0x1f151ff9 | 6) == (0x1f151ff9 | 6), "what says how a watchpoint matches stays");
	check(!av_debug_bcr(0) && !av_debug_wcr(0), "nothing comes of nothing");
}

static struct av_debug_plan plan(u64 mdscr, bool locked, bool outside, bool step, bool hardware)
{
	const struct av_debug_wish w = {
		.mdscr = mdscr, .locked = locked, .outside = outside, .step = step, .hardware = hardware,
	};

	return av_debug_plan(&w);
}

#define OWN	(MDSCR_SS | MDSCR_KDE | MDSCR_MDE)
#define TDCC	(1UL << 12)

static void test_guest_alone(void)
{
	struct av_debug_plan p;

	p = plan(TDCC, false, false, false, false);
	check(p.mdscr == TDCC && !p.guests && !p.users, "a guest that debugs nothing");
	p = plan(OWN | TDCC, false, false, false, false);
	check(p.mdscr == (OWN | TDCC) && p.guests && !p.users, "a guest that debugs itself");
	p = plan(OWN | TDCC, true, false, false, false);
	check(!p.mdscr && !p.guests && !p.users, "its OS lock");
	p = plan(MDSCR_SS, false, false, false, false);
	check(p.mdscr == MDSCR_SS && !p.guests, "a step of its EL0 needs no breakpoints");
}

static void test_outside(void)
{
	struct av_debug_plan p;

	p = plan(OWN, false, true, false, false);
	check(p.mdscr == MDSCR_MDE && p.guests && !p.users, "the guest's breakpoints, for user space to see");
	p = plan(OWN, false, true, true, true);
	check(p.mdscr == (MDSCR_MDE | MDSCR_SS) && !p.guests && p.users, "user space's step and breakpoints instead");
	p = plan(OWN, true, true, true, true);
	check(p.mdscr == (MDSCR_MDE | MDSCR_SS) && p.users, "which the guest's OS lock does not hold back");
	p = plan(0, false, true, true, false);
	check(p.mdscr == MDSCR_SS && !p.guests && !p.users, "a step alone");
	p = plan(0, false, true, false, false);
	check(!p.mdscr && !p.guests && !p.users, "BRK alone");
	p = plan(OWN, true, true, false, false);
	check(!p.mdscr && !p.guests, "the guest's own under its lock");
}

static void test_kde(void)
{
	bool never = true;
	unsigned int n;

	for (n = 0; n < 64; n++)
		never &= !(plan((n & 1 ? MDSCR_KDE : 0) | (n & 2 ? MDSCR_MDE : 0) | (n & 4 ? MDSCR_SS : 0), n & 8, true,
				n & 16, n & 32).mdscr & MDSCR_KDE);
	check(never, "exceptions that go to EL2 are never enabled at EL2");
}

int main(void)
{
	test_where();
	test_types();
	test_guest_alone();
	test_outside();
	test_kde();
	return tap_end();
}
