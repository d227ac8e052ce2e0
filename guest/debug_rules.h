/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What of a guest's and of user space's debug registers the CPU is given.
 *
 * Runs at: host kernel; the build host's unit tests. Owns: nothing.
 */
#ifndef AV_DEBUG_RULES_H
#define AV_DEBUG_RULES_H

#include "include/vcpu_ctx.h"

/* DBGBCR<n>_EL1 and DBGWCR<n>_EL1 (DDI 0487, D24.3) */
#define DBG_CR_E		AV_BIT(0)
#define DBG_CR_PMC		AV_MASK(2, 1)		/* PAC of a watchpoint */
#define DBG_CR_HMC		AV_BIT(13)		/* EL2 and EL3, too */
#define DBG_CR_SSC		AV_MASK(15, 14)		/* security state */
#define DBG_CR_SSC_SECURE	AV_PUT(AV_UL(2), 15, 14)
#define DBG_CR_LBN		AV_MASK(19, 16)
#define DBG_BCR_BAS		AV_MASK(8, 5)
#define DBG_BCR_BT		AV_MASK(23, 20)
#define DBG_BCR_BT_CONTEXT	AV_MASK(21, 20)		/* types 3 and 7: linked, by CONTEXTIDR_EL1 */
#define DBG_BCR_BT_EL2		AV_BIT(23)		/* types by VMID or CONTEXTIDR_EL2 */
#define DBG_WCR_LSC		AV_MASK(4, 3)
#define DBG_WCR_BAS		AV_MASK(12, 5)
#define DBG_WCR_WT		AV_BIT(20)
#define DBG_WCR_MASK		AV_MASK(28, 24)

/*
 * Matches at EL0 and EL1 alone, whoever wrote it: with HMC and SSC 0 that is all that PMC can say. What is meant for
 * other places is off, for without HMC and SSC it would mean another one.
 */
static inline u64 av_debug_lower(u64 cr)
{
	if (!(cr & DBG_CR_PMC) || (cr & DBG_CR_SSC) == DBG_CR_SSC_SECURE)
		return 0;
	return cr;
}

/*
 * A breakpoint's control. What EL2 uses is not there for who has no EL2: no guest can ask for its VMID. One by context
 * that others are linked to matches by them alone, and nobody looks at its own PMC.
 */
static inline u64 av_debug_bcr(u64 bcr)
{
	bool is_context = (bcr & DBG_BCR_BT_CONTEXT) == DBG_BCR_BT_CONTEXT;

	if (bcr & DBG_BCR_BT_EL2)
		return 0;
	if (!is_context)
		bcr = av_debug_lower(bcr);
	return bcr & (DBG_CR_E | DBG_CR_PMC | DBG_BCR_BAS | DBG_CR_LBN | DBG_BCR_BT);
}

/* A watchpoint's. */
static inline u64 av_debug_wcr(u64 wcr)
{
	return av_debug_lower(wcr) & (DBG_CR_E | DBG_CR_PMC | DBG_WCR_LSC | DBG_WCR_BAS | DBG_CR_LBN |
				      DBG_WCR_WT | DBG_WCR_MASK);
}

/* Who wants what of the CPU. */
struct av_debug_wish {
	u64 mdscr;		/* the guest's MDSCR_EL1 */
	bool locked;		/* its OS lock */
	bool outside;		/* user space debugs it, */
	bool step;		/* ... step by step, */
	bool hardware;		/* ... with breakpoints and watchpoints of its own */
};

/* What it gets: MDSCR_EL1, and whose breakpoints and watchpoints. */
struct av_debug_plan {
	u64 mdscr;
	bool guests, users;
};

/*
 * MDCR_EL2.TDE is as good as the condition "outside". Then exceptions go to EL2, and KDE means EL2's own, which is
 * never to have one. Of the guest's stepping nothing is left: at EL1 it could not be kept apart, for PSTATE.D and KDE
 * no longer hold it back there. Under the OS lock no debug exception is taken (DDI 0487, H3.4.2), but it is the
 * guest's lock: user space does not see it.
 */
static inline struct av_debug_plan av_debug_plan(const struct av_debug_wish *w)
{
	struct av_debug_plan p = { .mdscr = w->locked ? 0 : w->mdscr };

	p.guests = p.mdscr & (MDSCR_KDE | MDSCR_MDE);
	if (!w->outside)
		return p;
	p.mdscr &= ~(MDSCR_SS | MDSCR_KDE);
	if (w->step)
		p.mdscr |= MDSCR_SS;
	if (w->hardware) {
		p.mdscr |= MDSCR_MDE;
		p.users = true;
		p.guests = false;
	}
	return p;
}

#endif
