/* SPDX-License-Identifier: GPL-2.0 */
/* FP/SIMD registers, for host and guest. */
#ifndef SELFTESTS_FP_H
#define SELFTESTS_FP_H

#include "types.h"

struct fp_regs {
	u64 v[64];
	u64 fpsr, fpcr;
};

/* Words of struct fp_regs */
#define FP_ALL		66
#define FP_V_ONLY	64

/* lib/fp_regs.S */
void fp_store(struct fp_regs *regs);
void fp_load(const struct fp_regs *regs);
/* Host: ioctl(fd, cmd, 0) with all V registers loaded before and stored after; -errno is returned as it is */
long fp_ioctl(int fd, unsigned long cmd, const struct fp_regs *in, struct fp_regs *out);

static inline void fp_fill(struct fp_regs *r, u64 seed)
{
	int i;

	for (i = 0; i < 64; i++)
		r->v[i] = seed * 0x9e3779b97f4a7c15ULL + i;
	r->fpsr = (seed & 1) ? 0x08000000 : 0x9f;	/* QC; cumulative flags */
	r->fpcr = (seed & 3) << 22;			/* RMode */
}

/* The number of the first word that differs, or -1. */
static inline int fp_differs(const struct fp_regs *a, const struct fp_regs *b, int words)
{
	const u64 *x = (const u64 *)a, *y = (const u64 *)b;
	int i;

	for (i = 0; i < words; i++)
		if (x[i] != y[i])
			return i;
	return -1;
}

#endif
