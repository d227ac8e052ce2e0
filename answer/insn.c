// SPDX-License-Identifier: GPL-2.0
/*
 * Decoding of loads and stores that a CPU does not describe when they abort.
 *
 * Runs at: host kernel, build host (selftests/unit/insn.c). Owns: nothing. Locks: none.
 *
 * By DDI 0487, C4.1.94 (Loads and Stores) and C6.2, C7.2 of each. Left out, and so as without this file:
 *
 *   exclusives, CAS, LSE atomics  nobody but the device could make them atomic
 *   load-acquire, store-release   always described, but for forms with writeback, which no guest is shown
 *   LDRAA, LDRAB                  the address would have to be authenticated
 *   MTE's, LD64B and the like     not shown to guests, or with exits of their own
 *   SVE                           its predicates say what is accessed at all
 *   literal                       the base is no register
 *   unprivileged                  another permission; always described
 *
 * And what is CONSTRAINED UNPREDICTABLE: a base that is written back and loaded, a pair that loads a register twice.
 */
#include "insn.h"

static u32 bits(u32 word, unsigned int hi, unsigned int lo)
{
	return word >> lo & ((2U << (hi - lo)) - 1);
}

static s64 sign_extended(u64 v, unsigned int nr)
{
	return (s64)(v << (64 - nr)) >> (64 - nr);
}

/* ---- one register -------------------------------------------------------------------------------- */

/* size, V and opc: what is moved; false for PRFM and what is not allocated. */
static bool single_kind(u32 word, struct av_insn *insn)
{
	u32 opc = bits(word, 23, 22), size = bits(word, 31, 30);

	insn->nr_regs = 1;
	insn->count = 1;
	insn->rt[0] = bits(word, 4, 0);
	insn->rn = bits(word, 9, 5);
	if (bits(word, 26, 26)) {
		if (opc & 2 && size)
			return false;
		insn->kind = AV_INSN_FP;
		insn->size = (opc & 2) << 1 | size;
		insn->is_store = !(opc & 1);
		return true;
	}
	insn->kind = AV_INSN_GPR;
	insn->size = size;
	insn->is_store = !opc;
	insn->is_signed = opc & 2;
	insn->is_64 = opc == 2 || size == 3;
	return !(opc & 2) || size < (opc == 2 ? 3 : 2);
}

static bool single(u32 word, struct av_insn *insn)
{
	if (!single_kind(word, insn))
		return false;
	if (bits(word, 24, 24)) {
		insn->offset = (s64)bits(word, 21, 10) << insn->size;
		return true;
	}
	if (bits(word, 21, 21)) {
		insn->by_reg = true;
		insn->rm = bits(word, 20, 16);
		insn->option = bits(word, 15, 13);
		insn->shift = bits(word, 12, 12) ? insn->size : 0;
		/* 2: the register offset; others are atomics and LDRAA. Of the options those that name a width. */
		return bits(word, 11, 10) == 2 && insn->option & 2;
	}
	insn->offset = sign_extended(bits(word, 20, 12), 9);
	insn->writeback = bits(word, 10, 10);
	insn->post = bits(word, 11, 10) == 1;
	return bits(word, 11, 10) != 2;
}

/* ---- pairs --------------------------------------------------------------------------------------- */

static bool pair(u32 word, struct av_insn *insn)
{
	u32 opc = bits(word, 31, 30), index = bits(word, 24, 23);

	insn->nr_regs = 2;
	insn->count = 2;
	insn->is_store = !bits(word, 22, 22);
	insn->rt[0] = bits(word, 4, 0);
	insn->rt[1] = bits(word, 14, 10);
	insn->rn = bits(word, 9, 5);
	if (bits(word, 26, 26)) {
		insn->kind = AV_INSN_FP;
		insn->size = 2 + opc;
	} else {
		insn->kind = AV_INSN_GPR;
		insn->size = opc == 2 ? 3 : 2;
		insn->is_64 = opc != 0;
		insn->is_signed = opc == 1;
		/* LDPSW has neither a store (STGP) nor a form for data that is not used again. */
		if (opc == 1 && (insn->is_store || !index))
			return false;
	}
	insn->offset = sign_extended(bits(word, 21, 15), 7) * (1 << insn->size);
	insn->writeback = index & 1;
	insn->post = index == 1;
	return opc != 3 && (insn->is_store || insn->rt[0] != insn->rt[1]);
}

/* ---- structures ------------------------------------------------------------------------------------ */

/* The post-index forms: by what was accessed, or by a register. */
static void structure_index(u32 word, struct av_insn *insn)
{
	insn->writeback = bits(word, 23, 23);
	insn->post = true;
	insn->rm = bits(word, 20, 16);
	insn->by_reg = insn->rm != 31;
	insn->option = 3;
	insn->offset = av_insn_bytes(insn);
	if (!insn->writeback) {
		insn->by_reg = false;
		insn->offset = 0;
	}
}

static void structure_regs(u32 word, struct av_insn *insn, unsigned int nr)
{
	unsigned int i;

	insn->nr_regs = nr;
	for (i = 0; i < nr; i++)
		insn->rt[i] = (bits(word, 4, 0) + i) % 32;
	insn->rn = bits(word, 9, 5);
	insn->is_q = bits(word, 30, 30);
	insn->is_store = !bits(word, 22, 22);
}

static bool multiple(u32 word, struct av_insn *insn)
{
	/* opcode: registers; with LD1 they are filled one after the other, as if elements were as large as they are. */
	static const u8 nr_of[16] = { [0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2, [10] = 2 };
	u32 opcode = bits(word, 15, 12), size = bits(word, 11, 10);
	bool in_turns = opcode == 0 || opcode == 4 || opcode == 8;

	if (!nr_of[opcode] || bits(word, 21, 21) || (!bits(word, 23, 23) && bits(word, 20, 16)))
		return false;
	structure_regs(word, insn, nr_of[opcode]);
	/* LD2-LD4 of .1d are reserved. */
	if (in_turns && size == 3 && !insn->is_q)
		return false;
	insn->kind = AV_INSN_STRUCT;
	insn->size = size;
	insn->in_turns = in_turns;
	insn->count = insn->nr_regs * (insn->is_q ? 16 : 8) >> size;
	structure_index(word, insn);
	return true;
}

static bool one_element(u32 word, struct av_insn *insn)
{
	u32 opcode = bits(word, 15, 13), s = bits(word, 12, 12), size = bits(word, 11, 10);
	u32 q = bits(word, 30, 30);

	if (!bits(word, 23, 23) && bits(word, 20, 16))
		return false;
	structure_regs(word, insn, ((opcode & 1) << 1 | bits(word, 21, 21)) + 1);
	insn->kind = AV_INSN_LANE;
	switch (opcode >> 1) {
	case 0:
		insn->lane = q << 3 | s << 2 | size;
		break;
	case 1:
		if (size & 1)
			return false;
		insn->size = 1;
		insn->lane = q << 2 | s << 1 | size >> 1;
		break;
	case 2:
		if (size > 1 || (size && s))
			return false;
		insn->size = 2 + size;
		insn->lane = size ? q : q << 1 | s;
		break;
	default:
		if (s || insn->is_store)
			return false;
		insn->kind = AV_INSN_REPLICATE;
		insn->size = size;
		break;
	}
	insn->count = insn->nr_regs;
	structure_index(word, insn);
	return true;
}

/* ---- all -------------------------------------------------------------------------------------------- */

static bool zero_block(u32 word, struct av_insn *insn)
{
	insn->kind = AV_INSN_ZERO;
	insn->is_store = true;
	insn->rn = bits(word, 4, 0);
	return true;
}

static bool decode(u32 word, struct av_insn *insn)
{
	if ((word & 0xffffffe0) == 0xd50b7420)
		return zero_block(word, insn);
	if ((word & 0x3a000000) == 0x38000000)
		return single(word, insn);
	if ((word & 0x3a000000) == 0x28000000)
		return pair(word, insn);
	if ((word & 0xbf000000) == 0x0c000000)
		return multiple(word, insn);
	if ((word & 0xbf000000) == 0x0d000000)
		return one_element(word, insn);
	return false;
}

bool av_insn_decode(u32 word, struct av_insn *insn)
{
	unsigned int i;

	*insn = (struct av_insn){ };
	if (!decode(word, insn))
		return false;
	/* The base is SP with 31, a transferred register is not. */
	if (insn->kind == AV_INSN_GPR && insn->writeback && insn->rn != 31) {
		for (i = 0; i < insn->nr_regs; i++) {
			if (insn->rt[i] == insn->rn)
				return false;
		}
	}
	return true;
}

s64 av_insn_offset(const struct av_insn *insn, u64 rm)
{
	if (!insn->by_reg)
		return insn->offset;
	switch (insn->option) {
	case 2:
		rm = (u32)rm;
		break;
	case 6:
		rm = (u64)(s64)(s32)rm;
		break;
	default:
		break;
	}
	return rm << insn->shift;
}

/* ---- the data --------------------------------------------------------------------------------------- */

/* Which of the registers an element is of, and where in it, in bytes. */
static unsigned int place(const struct av_insn *insn, unsigned int element, unsigned int *reg)
{
	unsigned int per_reg;

	switch (insn->kind) {
	case AV_INSN_STRUCT:
		if (insn->in_turns) {
			*reg = element % insn->nr_regs;
			return element / insn->nr_regs << insn->size;
		}
		per_reg = insn->count / insn->nr_regs;
		*reg = element / per_reg;
		return element % per_reg << insn->size;
	case AV_INSN_LANE:
		*reg = element;
		return insn->lane << insn->size;
	default:
		*reg = element;
		return 0;
	}
}

/* An element's bytes, in the order of memory or of a little-endian register. */
static void move(u8 *to, const u8 *from, unsigned int nr, bool turn)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		to[turn ? nr - 1 - i : i] = from[i];
}

void av_insn_store(const struct av_insn *insn, const struct av_insn_regs *regs, bool big, u8 *bytes)
{
	unsigned int nr = 1U << insn->size, i, n, at, reg;
	u8 x[8];

	if (insn->kind == AV_INSN_ZERO)
		return;
	for (i = 0; i < insn->count; i++, bytes += nr) {
		at = place(insn, i, &reg);
		if (insn->kind != AV_INSN_GPR) {
			move(bytes, &regs->v[reg][at], nr, big);
			continue;
		}
		for (n = 0; n < 8; n++)
			x[n] = regs->x[reg] >> 8 * n;
		move(bytes, x, nr, big);
	}
}

static u64 gpr_of(const struct av_insn *insn, const u8 *bytes, bool big)
{
	unsigned int nr = 1U << insn->size, n;
	u64 v = 0;
	u8 x[8];

	move(x, bytes, nr, big);
	for (n = 0; n < nr; n++)
		v |= (u64)x[n] << 8 * n;
	if (insn->is_signed)
		v = sign_extended(v, 8 * nr);
	return insn->is_64 ? v : (u32)v;
}

static void clear_vectors(const struct av_insn *insn, struct av_insn_regs *regs)
{
	unsigned int i, n;

	for (i = 0; i < insn->nr_regs; i++)
		for (n = 0; n < 16; n++)
			regs->v[i][n] = 0;
}

void av_insn_load(const struct av_insn *insn, struct av_insn_regs *regs, bool big, const u8 *bytes)
{
	unsigned int nr = 1U << insn->size, i, at, reg;

	if (av_insn_is_fp(insn) && insn->kind != AV_INSN_LANE)
		clear_vectors(insn, regs);
	for (i = 0; i < insn->count; i++, bytes += nr) {
		at = place(insn, i, &reg);
		if (insn->kind == AV_INSN_GPR) {
			regs->x[reg] = gpr_of(insn, bytes, big);
			continue;
		}
		move(&regs->v[reg][at], bytes, nr, big);
		for (at += nr; insn->kind == AV_INSN_REPLICATE && at < (insn->is_q ? 16U : 8U); at += nr)
			move(&regs->v[reg][at], bytes, nr, big);
	}
}
