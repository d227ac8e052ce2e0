/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a load or store instruction of A64 does, from its word alone: those that a CPU does not describe when they abort
 * (ESR_EL2.ISV = 0). A unit test and a fuzzer on the build host run it too.
 *
 * Runs at: host kernel, build host. Owns: nothing. Locks: none.
 */
#ifndef AV_INSN_H
#define AV_INSN_H

#include "guest/access_state.h"

/* False: not one of those, or one whose result the architecture leaves open, or that can't be carried out in parts. */
bool av_insn_decode(u32 word, struct av_insn *insn);

/* Without DC ZVA's. */
static inline unsigned int av_insn_bytes(const struct av_insn *insn)
{
	return insn->count << insn->size;
}

/* It uses FP/SIMD registers. */
static inline bool av_insn_is_fp(const struct av_insn *insn)
{
	return insn->kind != AV_INSN_GPR && insn->kind != AV_INSN_ZERO;
}

/* The offset that is added to the base, given rm's value. */
s64 av_insn_offset(const struct av_insn *insn, u64 rm);

/* The transferred registers, rt[]'s. Of a vector the bytes are in the order of a little-endian store. */
struct av_insn_regs {
	u64 x[AV_INSN_MAX_REGS];
	u8 v[AV_INSN_MAX_REGS][16];
};

/* Registers to the bytes of memory, and back; big: the guest's byte order. */
void av_insn_store(const struct av_insn *insn, const struct av_insn_regs *regs, bool big, u8 *bytes);
void av_insn_load(const struct av_insn *insn, struct av_insn_regs *regs, bool big, const u8 *bytes);

#endif
