/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A load or store that the CPU did not describe, while the module carries it out: answer/'s part of struct av_vcpu.
 *
 * Runs at: host kernel, build host. Owns: the layout; answer/insn.c and answer/undescribed.c own what is in it.
 */
#ifndef AV_ACCESS_STATE_H
#define AV_ACCESS_STATE_H

#include "include/av_types.h"

#define AV_INSN_MAX_REGS	4
#define AV_INSN_MAX_BYTES	64	/* four vectors of 16 */

enum av_insn_kind {
	AV_INSN_GPR,		/* one or two general registers */
	AV_INSN_FP,		/* one or two FP/SIMD registers, zero above what was loaded */
	AV_INSN_STRUCT,		/* LD1-LD4, ST1-ST4: whole vectors */
	AV_INSN_LANE,		/* likewise one element of each; what is beside it stays */
	AV_INSN_REPLICATE,	/* LD1R-LD4R: one element, to all places */
	AV_INSN_ZERO,		/* DC ZVA; of the size that the CPU has */
};

/* Memory from the base address + offset on: count elements of 1 << size bytes each. */
struct av_insn {
	u8 kind;		/* enum av_insn_kind */
	u8 size;		/* log2 of an element's bytes */
	u8 nr_regs;
	u8 count;		/* of elements */
	u8 rt[AV_INSN_MAX_REGS];
	u8 rn;			/* base: 31 is SP; of DC ZVA a register like others */
	u8 rm;			/* with by_reg */
	u8 lane;
	u8 option, shift;	/* of rm, as the register offset has them */
	bool is_store, is_signed, is_64;
	bool is_q;		/* vectors of 16 bytes */
	bool in_turns;		/* STRUCT: the registers take elements in turns, else one after the other */
	bool writeback;
	bool post;		/* the offset is added afterwards */
	bool by_reg;		/* offset: rm */
	s64 offset;
};

struct av_access {
	bool pending;		/* it goes on with the next RUN */
	bool asked;		/* ... when user space has carried out a part */
	u8 part;		/* that part's bytes */
	u16 at;			/* so many bytes are done ... */
	u16 bytes;		/* ... of so many */
	u64 ipa;		/* of the first */
	u64 base;		/* what writeback leaves */
	unsigned long gen;	/* of the memslots, from before they were searched in vain */
	struct av_insn insn;
	u8 data[AV_INSN_MAX_BYTES];	/* as in memory */
};

#endif
