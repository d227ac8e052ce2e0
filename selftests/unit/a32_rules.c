// SPDX-License-Identifier: GPL-2.0
/*
 * Conditions and IT blocks of trapped AArch32 instructions, and what an exception makes of PSTATE and the status
 * registers. Conditions are compared with a second form of them for all flags.
 *
 * A failure means that a guest executes what it was not to, or finds itself in the wrong mode. Implementation:
 * guest/a32_rules.h. Rules: DDI 0487, F1.3 (conditions), G1.9.3 (ITAdvance), G1.12 (exceptions), G8.2.38 (DFSR).
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>

#include "guest/a32_rules.h"
#include "tap.h"

/* As the architecture's pseudocode has it: ConditionHolds(). */
static bool holds(u32 cond, u32 nzcv)
{
	bool n = nzcv & 8, z = nzcv & 4, c = nzcv & 2, v = nzcv & 1, result = true;

	switch (cond >> 1) {
	case 0:
		result = z;
		break;
	case 1:
		result = c;
		break;
	case 2:
		result = n;
		break;
	case 3:
		result = v;
		break;
	case 4:
		result = c && !z;
		break;
	case 5:
		result = n == v;
		break;
	case 6:
		result = n == v && !z;
		break;
	}
	return cond & 1 && cond != 15 ? !result : result;
}

#define MRC_ESR(cond)	((u64)EC_CP15_32 << 26 | ESR_CV | AV_PUT((u64)(cond), 23, 20) | 1)
#define T32_ESR		((u64)EC_CP15_32 << 26 | 1)
#define IT(state)	(PSR_T32 | av_a32_with_it(0, state))

static void conditions(void)
{
	u32 cond, nzcv, wrong = 0, wrong_it = 0;

	for (cond = 0; cond < 16; cond++) {
		for (nzcv = 0; nzcv < 16; nzcv++) {
			u64 flags = (u64)nzcv << 28;

			wrong += av_a32_condition(MRC_ESR(cond), flags) != holds(cond, nzcv);
			wrong_it += av_a32_condition(T32_ESR, flags | IT(cond << 4 | 8)) != holds(cond, nzcv);
		}
	}
	check(!wrong, "the condition of the syndrome");
	check(!wrong_it, "the condition of an IT block");
	check(av_a32_condition(T32_ESR, PSR_T32), "T32 outside of a block");
	check(av_a32_condition(T32_ESR, 0), "A32 without a condition in the syndrome");
	check(av_a32_condition((u64)EC_SMC32 << 26 | ESR_CV, 0), "an SMC that has passed");
	check(!av_a32_condition((u64)EC_SMC32 << 26 | ESR_CV | ESR_CCKNOWNPASS, 0), "an SMC that has not");
	check(av_a32_condition((u64)EC_SMC32 << 26 | ESR_CV | ESR_CCKNOWNPASS, PSR_Z), "an SMC that has, and says so");
}

static void blocks(void)
{
	/* ITTET EQ: four instructions: eq, eq, ne, eq */
	static const u32 states[] = { 0x05, 0x0a, 0x14, 0x08, 0x00 };
	u64 pstate = IT(states[0]) | PSR_Z | PSR_SS;
	unsigned int i;
	bool ok = true, then = true;
	static const bool passes[] = { true, true, false, true };

	for (i = 0; i < 4; i++) {
		then = then && av_a32_condition(T32_ESR, pstate) == passes[i];
		pstate = av_a32_behind(pstate);
		ok = ok && av_a32_it(pstate) == (i == 0 ? 0x0a : i == 1 ? 0x14 : i == 2 ? 0x08 : 0);
	}
	check(ok, "a block of four moves along, and ends");
	check(then, "each of its conditions");
	check(pstate == (PSR_T32 | PSR_Z), "nothing else changes but SS");
}

static void exceptions(void)
{
	const u64 old = PSR_N | PSR32_Q | AV_PUT(5UL, 19, 16) | IT(0x58) | PSR32_E | PSR_F | PSR32_USR | PSR_DIT |
			PSR_IL;

	check(av_a32_pstate(old, SCTLR_SPAN, PSR32_UND) ==
	      (PSR_N | PSR32_Q | AV_PUT(5UL, 19, 16) | PSR_F | PSR_I | PSR32_UND | PSR_DIT), "undefined: A is kept");
	check(av_a32_pstate(0, SCTLR_SPAN, PSR32_ABT) == (PSR_A | PSR_I | PSR32_ABT), "an abort masks SErrors");
	check(av_a32_pstate(0, SCTLR_EE | SCTLR32_TE | SCTLR32_DSSBS, PSR32_UND) ==
	      (PSR_I | PSR32_E | PSR_T32 | PSR32_SSBS | PSR_PAN | PSR32_UND), "SCTLR's bits");
	check(av_a32_spsr(PSR_DIT | PSR_Z | PSR32_SVC) == (AV_BIT(21) | PSR_Z | PSR32_SVC), "DIT in an SPSR");
	check(av_a32_spsr(PSR_SS | PSR32_SVC) == PSR32_SVC, "no SS in an SPSR");
	check(av_a32_vector(AV_A32_UNDEF).offset == 4 && av_a32_vector(AV_A32_PABT).offset == 0xc &&
	      av_a32_vector(AV_A32_DABT).offset == 0x10, "vectors");
	check(av_a32_vector_base(SCTLR32_V, 0x80000000) == 0xffff0000, "high vectors");
	check(av_a32_vector_base(0, 0x1234567880001020) == 0x80001020, "VBAR");
	check(av_a32_fsr(FSC_EXTABT, true) == 0x210 && av_a32_fsr(FSC_EXTABT, false) == 8, "external abort");
	check(av_a32_fsr(FSC_ADDRSZ, true) == 0x200 && av_a32_fsr(FSC_ADDRSZ, false) == 8, "address size");
	check(av_a32_fsr(FSC_EXTABT_TTW(1), false) == 0xc && av_a32_fsr(FSC_EXTABT_TTW(2), false) == 0xe &&
	      av_a32_fsr(FSC_EXTABT_TTW(2), true) == 0x216, "of a walk");
	check(av_a32_fsr(FSC_ECC, false) == 0x409, "parity");
	check(av_a32_fsr(FSC_ALIGN, false) == 0x1 && av_a32_fsr(FSC_EXCLUSIVE, false) == 0x405 &&
	      av_a32_fsr(FSC_ALIGN, true) == 0x221 && av_a32_fsr(FSC_EXCLUSIVE, true) == 0x235,
	      "what the memory does not do");
	check(av_a32_fsr(FSC_EXTABT | ESR_ABT_FNV, false) == 0x10008 &&
	      av_a32_fsr(FSC_EXTABT | ESR_ABT_FNV, true) == 0x10210, "of an address that is not known");
}

int main(void)
{
	conditions();
	blocks();
	exceptions();
	return tap_end();
}
