/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the redistributors of a region lie.
 *
 * Runs at: host kernel, build host. Owns: nothing. Locks: none.
 */
#ifndef AV_REDIST_RULES_H
#define AV_REDIST_RULES_H

#include "../include/av_types.h"

#define AV_RD_FRAME		0x10000		/* RD_base, SGI_base, and two more with virtual LPIs */
#define AV_RD_TYPER_VLPIS	AV_BIT(1)
#define AV_RD_TYPER_LAST	AV_BIT(4)

/* "redistributor-stride" of the device tree, 0: none. Else a walk would leave the frames' boundaries, or never end. */
static inline bool av_redist_stride_is_valid(u64 stride)
{
	return !stride || (stride >= 2 * AV_RD_FRAME && !(stride % AV_RD_FRAME));
}

/*
 * From one to the next, by the former's GICR_TYPER; 0: it is the last. What a stride leaves between two need not answer
 * at all (Devicetree binding arm,gic-v3; IHI 0069, 12.10).
 */
static inline u64 av_redist_step(u64 typer, u64 stride)
{
	if (typer & AV_RD_TYPER_LAST)
		return 0;
	if (stride)
		return stride;
	return typer & AV_RD_TYPER_VLPIS ? 4 * AV_RD_FRAME : 2 * AV_RD_FRAME;
}

#endif
