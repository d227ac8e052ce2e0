/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What AArch32 code is to see of a trap: does a conditional instruction count, where does the next one begin, and what
 * does an exception make of the registers.
 *
 * Runs at: host kernel, unit tests on the build host. Owns: nothing. Locks: none.
 *
 * PSTATE is as SPSR_EL2 has it (DDI 0487, C5.2.19): the same as AArch32's own SPSRs but for DIT, which is bit 24 here
 * and bit 21 there, where SS is here.
 */
#ifndef AV_A32_RULES_H
#define AV_A32_RULES_H

#include "../include/arm_regs.h"

#define AV_A32_COND_AL		14

/* ITSTATE is PSTATE bits 15:10 (7:2) and 26:25 (1:0). */
static inline u32 av_a32_it(u64 pstate)
{
	return AV_GET(pstate, 15, 10) << 2 | AV_GET(pstate, 26, 25);
}

static inline u64 av_a32_with_it(u64 pstate, u32 it)
{
	pstate &= ~(AV_MASK(15, 10) | AV_MASK(26, 25));
	return pstate | AV_PUT((u64)it >> 2, 15, 10) | AV_PUT((u64)it, 26, 25);
}

static inline bool av_a32_cond_holds(u32 cond, u64 pstate)
{
	bool n = pstate & PSR_N, z = pstate & PSR_Z, c = pstate & PSR_C, v = pstate & PSR_V;
	const bool holds[] = { z, c, n, v, c && !z, n == v, n == v && !z };

	return cond >= AV_A32_COND_AL || holds[cond >> 1] != (cond & 1);
}

/*
 * Is the instruction to be carried out? A CPU may trap one whose condition fails, which is to do nothing then (DDI
 * 0487, G1.18.2). Without CV it is a T32 instruction, and its condition is ITSTATE's. Of an SMC none of it means
 * anything unless CCKNOWNPASS is set.
 */
static inline bool av_a32_condition(u64 esr, u64 pstate)
{
	u32 it = av_a32_it(pstate);

	if (ESR_EC(esr) == EC_SMC32 && !(esr & ESR_CCKNOWNPASS))
		return true;
	if (esr & ESR_CV)
		return av_a32_cond_holds(ESR_COND(esr), pstate);
	return !(pstate & PSR_T32) || !it || av_a32_cond_holds(it >> 4, pstate);
}

/* PSTATE behind an instruction: an IT block's state moves along (DDI 0487, G1.9.3), a step has been made. */
static inline u64 av_a32_behind(u64 pstate)
{
	u32 it = av_a32_it(pstate);

	it = it & 7 ? (it & 0xe0) | (it << 1 & 0x1f) : 0;
	return av_a32_with_it(pstate, it) & ~PSR_SS;
}

/* ---- exceptions taken to an EL1 that is AArch32 ---------------------------------------------------- */

enum av_a32_exception { AV_A32_UNDEF, AV_A32_PABT, AV_A32_DABT };

struct av_a32_vector {
	u64 mode;
	u32 offset;		/* in the table of vectors (DDI 0487, G1.12.1) */
	u8 lr_a32, lr_t32;	/* the link register is so far behind the instruction (G1.12.3) */
};

static inline struct av_a32_vector av_a32_vector(enum av_a32_exception what)
{
	static const struct av_a32_vector vectors[] = {
		[AV_A32_UNDEF] = { PSR32_UND, 0x04, 4, 2 },
		[AV_A32_PABT] = { PSR32_ABT, 0x0c, 4, 4 },
		[AV_A32_DABT] = { PSR32_ABT, 0x10, 8, 8 },
	};

	return vectors[what];
}

static inline u32 av_a32_vector_base(u64 sctlr, u64 vbar)
{
	return sctlr & SCTLR32_V ? 0xffff0000U : (u32)vbar & ~0x1fU;
}

/*
 * PSTATE at the handler (DDI 0487, G1.12.4, AArch32.EnterMode): flags and GE are kept, IT and IL cleared; byte order,
 * instruction set and SSBS are SCTLR's, PAN is set unless SCTLR.SPAN. Only an abort masks SErrors; F is kept.
 */
static inline u64 av_a32_pstate(u64 old, u64 sctlr, u64 mode)
{
	u64 new = mode | PSR_I;

	new |= old & (PSR_N | PSR_Z | PSR_C | PSR_V | PSR32_Q | PSR_DIT | PSR_PAN | PSR32_GE | PSR_A | PSR_F);
	if (mode == PSR32_ABT)
		new |= PSR_A;
	if (!(sctlr & SCTLR_SPAN))
		new |= PSR_PAN;
	if (sctlr & SCTLR32_DSSBS)
		new |= PSR32_SSBS;
	if (sctlr & SCTLR_EE)
		new |= PSR32_E;
	if (sctlr & SCTLR32_TE)
		new |= PSR_T32;
	return new;
}

/* The same as an AArch32 SPSR, which has DIT elsewhere and no SS. */
static inline u64 av_a32_spsr(u64 pstate)
{
	return (pstate & ~(PSR_DIT | PSR_SS) & AV_MASK(31, 0)) | (pstate & PSR_DIT ? AV_BIT(21) : 0);
}

/*
 * DFSR or IFSR of an abort: fsc is ESR_ELx's code, which the long format has as it is (DDI 0487, G8.2.38). The short
 * one has no address size faults: an external abort, as KVM has it. FnV, that the address is not known, both have.
 */
static inline u32 av_a32_fsr(u32 fsc, bool long_format)
{
	u32 fnv = fsc & ESR_ABT_FNV ? DFSR_FNV : 0;

	fsc &= 0x3f;
	if (long_format)
		return fnv | DFSR_LPAE | fsc;
	if (fsc == FSC_ECC)
		return 1U << 10 | 0x9;
	if (fsc > FSC_EXTABT && fsc < FSC_ECC)
		return fsc == FSC_EXTABT_TTW(1) ? 0xc : 0xe;
	if (fsc == FSC_ALIGN)
		return 0x1;
	if (fsc == FSC_EXCLUSIVE)
		return 1U << 10 | 0x5;
	return fnv | 0x8;
}

#endif
