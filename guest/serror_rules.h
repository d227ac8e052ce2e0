/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What becomes of an SError that came while a guest ran, or that it left: by its syndrome. A unit test on the build
 * host runs it too.
 *
 * Runs at: host kernel, build host. Owns: nothing. Locks: none.
 */
#ifndef AV_SERROR_RULES_H
#define AV_SERROR_RULES_H

#include "../include/arm_regs.h"

enum av_serror {
	AV_SERROR_OVER,			/* corrected, or nobody has consumed it: the guest goes on */
	AV_SERROR_GUEST,		/* a virtual SError for the guest */
	AV_SERROR_UNCONTAINED,		/* it may be anywhere by now: the VM ends, the host is told */
};

/*
 * Without RAS, or where the syndrome is the implementation's own, nothing is known, and the guest was the one that ran.
 * A syndrome that says nothing where it could is taken for the worst, as the kernel takes it (DDI 0487, ESR_ELx, ISS
 * encoding for an SError exception).
 */
static inline enum av_serror av_serror_kind(u64 esr, bool has_ras)
{
	if (!has_ras || esr & SERROR_IDS)
		return AV_SERROR_GUEST;
	if (SERROR_GET_DFSC(esr) != SERROR_DFSC)
		return AV_SERROR_UNCONTAINED;
	switch (SERROR_GET_AET(esr)) {
	case SERROR_AET_CE:
	case SERROR_AET_UEO:
		return AV_SERROR_OVER;
	case SERROR_AET_UEU:
	case SERROR_AET_UER:
		return AV_SERROR_GUEST;
	default:
		return AV_SERROR_UNCONTAINED;
	}
}

#endif
