// SPDX-License-Identifier: GPL-2.0
/*
 * The walk over a region's redistributors meets each of them, and reads nothing that lies between.
 *
 * A failure would let insmod read where nothing answers, which is an abort; or CPUs have no redistributor.
 * Implementation: host/redist_rules.h. Rules: Devicetree binding arm,gic-v3, "redistributor-stride"; IHI 0069, 12.10.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>

#include "host/redist_rules.h"
#include "tap.h"

#define K64	0x10000ULL

/* nr redistributors, so far apart; does the walk see all of them, and no other place? */
static bool walk(u64 apart, u64 vlpis, u64 stride, unsigned int nr)
{
	u64 at = 0, step;
	unsigned int n;

	for (n = 0; n < nr; n++, at += step) {
		if (at != n * apart)
			return false;
		step = av_redist_step(vlpis | (n == nr - 1 ? AV_RD_TYPER_LAST : 0), stride);
		if (!step)
			break;
	}
	return n == nr - 1;
}

int main(void)
{
	check(walk(2 * K64, 0, 0, 8), "GICv3: two frames each");
	check(walk(4 * K64, AV_RD_TYPER_VLPIS, 0, 8), "GICv4: four");
	check(walk(3 * K64, 0, 3 * K64, 16), "a stride of three, as hip05's");
	check(walk(4 * K64, 0, 4 * K64, 16), "of four, without virtual LPIs");
	check(walk(2 * K64, 0, 0, 1) && walk(3 * K64, 0, 3 * K64, 1), "the only one");
	check(av_redist_stride_is_valid(0) && av_redist_stride_is_valid(2 * K64) && av_redist_stride_is_valid(3 * K64),
	      "strides that can be");
	check(!av_redist_stride_is_valid(1) && !av_redist_stride_is_valid(K64) &&
	      !av_redist_stride_is_valid(2 * K64 + 8), "strides that can't");
	return tap_end();
}
