/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random guest code: cases of 16 words each, with the registers and the PSTATE that they start with. A case ends by an
 * exception of any kind, whose vector (fuzz_vectors.S) goes on with the next; at the latest the breakpoint at its end
 * is one. Included by assembly too.
 *
 * One vCPU's memory that it can't write, from fuzz_vectors on, and which the vectors find relative to themselves:
 */
#ifndef SELFTESTS_FUZZ_GEN_H
#define SELFTESTS_FUZZ_GEN_H

#define FUZZ_CASES	256
#define FUZZ_PARAMS	0x1000
#define FUZZ_SPSR	0x1400		/* u32 per case */
#define FUZZ_VALUES	0x2000		/* u64: case n starts with the 33 from the n-th on */
#define FUZZ_PGD	0x3000
#define FUZZ_CODE	0x4000		/* 64 bytes per case */
#define FUZZ_AREA	0x10000		/* stride from vCPU to vCPU */

/* FUZZ_PARAMS */
#define FUZZ_P_DATA	0		/* address of the area that it can write */
#define FUZZ_P_SCTLR	8
#define FUZZ_P_GIC	16		/* 0 (none), 2, 3 */
#define FUZZ_P_GICC	24
#define FUZZ_P_UCALL	32

/* The area that it can write: number of cases, and exceptions by class. */
#define FUZZ_D_CLASS	64
#define FUZZ_IRQ_CLASS	64

#ifndef __ASSEMBLER__
#include "fuzz.h"

#define FUZZ_RO_BASE	0x80000000UL	/* guest-physical, a GiB for each */
#define FUZZ_RW_BASE	0xc0000000UL

extern const char fuzz_vectors[], fuzz_vectors_end[];

struct fuzz_gen {
	struct fuzz_rng r;
	u64 ro, rw;			/* this vCPU's areas */
	unsigned int gic;		/* 0, 2, 3 */
	unsigned int nr_vcpus;
	u32 *at, *end;			/* where the case is being written */
	bool aarch32;			/* the host's CPUs have it at EL0 */
};

/* Fill an area (all but the vectors) with new cases, tables and parameters. */
void fuzz_generate(struct fuzz_gen *g, char *area);
u64 fuzz_value(struct fuzz_gen *g);

#endif
#endif
