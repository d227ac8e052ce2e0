// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of an SError that came with a guest, by its syndrome.
 *
 * A failure means that a guest dies of an error that was corrected, or that the host goes on with memory that nobody
 * can vouch for. Implementation: guest/serror_rules.h. Rules: DDI 0487, ESR_ELx, ISS of an SError.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>

#include "guest/serror_rules.h"
#include "tap.h"

#define CLASS	((u64)EC_SERROR << 26 | 1 << 25)
#define RAS(aet) (CLASS | SERROR_AET(aet) | SERROR_DFSC)

int main(void)
{
	check(av_serror_kind(CLASS, false) == AV_SERROR_GUEST, "without RAS the guest's");
	check(av_serror_kind(RAS(SERROR_AET_UC), false) == AV_SERROR_GUEST, "whatever it says");
	check(av_serror_kind(CLASS | SERROR_IDS | 0x1c00, true) == AV_SERROR_GUEST,
	      "the implementation's own syndrome");
	check(av_serror_kind(RAS(SERROR_AET_CE), true) == AV_SERROR_OVER, "corrected");
	check(av_serror_kind(RAS(SERROR_AET_UEO), true) == AV_SERROR_OVER, "restartable");
	check(av_serror_kind(RAS(SERROR_AET_UER), true) == AV_SERROR_GUEST, "recoverable");
	check(av_serror_kind(RAS(SERROR_AET_UEU), true) == AV_SERROR_GUEST, "unrecoverable");
	check(av_serror_kind(RAS(SERROR_AET_UC), true) == AV_SERROR_UNCONTAINED, "uncontainable");
	check(av_serror_kind(RAS(4), true) == AV_SERROR_UNCONTAINED, "a value that nobody has given a meaning");
	check(av_serror_kind(CLASS, true) == AV_SERROR_UNCONTAINED, "nothing said where it could be");
	return tap_end();
}
