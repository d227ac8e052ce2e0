/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a row of a register bank is made of; the walker is in regs.c, the rows in regs.c and regs_v2.c.
 *
 * Runs at: host kernel. Owns: nothing. Locks: none.
 */
#ifndef AV_VGIC_ROWS_H
#define AV_VGIC_ROWS_H

#include "internal.h"

/* GICD_IIDR: GICv2 and GICv3 alike */
#define IIDR_IMPLEMENTER	(AV_VGIC_IIDR & 0xfff)
#define IIDR_REVISION		GENMASK(15, 12)

/* Widths that a register may be accessed with, by the number of bytes. */
#define W8		1
#define W32		4
#define W64		8

struct av_vgic_row {
	u32 offset;
	u16 bytes;
	u8 bits;				/* per interrupt; 0: not a bank of interrupts */
	u8 widths;
	av_vgic_read_fn *read;			/* NULL: reads as zero */
	av_vgic_write_fn *write;		/* NULL: ignored */
	/* User space's, where it differs: NULL as the guest's */
	av_vgic_read_fn *uread;
	av_vgic_user_write_fn *uwrite;
};

#define REG(off, bytes, widths, ...) \
	{ off, bytes, 0, widths, __VA_ARGS__ }

/* regs_v2.c */
#define AV_VGIC_V2_DIST_ROWS	14
#define AV_VGIC_V2_CPU_ROWS	6
extern const struct av_vgic_row av_vgic_v2_dist_rows[AV_VGIC_V2_DIST_ROWS];
extern const struct av_vgic_row av_vgic_v2_cpu_rows[AV_VGIC_V2_CPU_ROWS];

#endif
