// SPDX-License-Identifier: GPL-2.0
/*
 * What a CPU's part needs: errata by its MIDR_EL1, with the first and the last revision that has them; and what keeps
 * a guest's training out of our branch predictors, by part, ID registers and firmware.
 *
 * A failure means that a part runs without its workaround, or pays for one that it does not need.
 * Implementation: host/parts_rules.h. Source: the parts' errata notices.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>

#include "host/parts_rules.h"
#include "tap.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define SPEC_AT		EL2_FEAT_SPEC_AT
#define VERIFY_IPA	EL2_FEAT_VERIFY_IPA
#define REPEAT		EL2_FEAT_REPEAT_TLBI
#define HANGS		EL2_FEAT_GUEST_HANGS

/* MIDR_EL1 as the parts have it, and what goes with it. Kept by hand. */
static const struct {
	u32 midr;
	u64 errata;
	const char *name;
} parts[] = {
	{ 0x410fd034, 0,			"Cortex-A53 r0p4" },
	{ 0x410fd070, SPEC_AT | VERIFY_IPA | HANGS,	"Cortex-A57 r0p0" },
	{ 0x411fd072, SPEC_AT | VERIFY_IPA | HANGS,	"Cortex-A57 r1p2" },
	{ 0x411fd073, SPEC_AT,			"Cortex-A57 r1p3" },
	{ 0x410fd083, SPEC_AT,			"Cortex-A72 r0p3" },
	{ 0x412fd050, SPEC_AT | REPEAT,		"Cortex-A55 r2p0" },
	{ 0x412fd051, REPEAT,			"Cortex-A55 r2p1" },
	{ 0x412fd0b0, SPEC_AT | REPEAT,		"Cortex-A76 r2p0" },
	{ 0x414fd0b1, REPEAT,			"Cortex-A76 r4p1" },
	{ 0x411fd0d0, REPEAT | HANGS,		"Cortex-A77 r1p0" },
	{ 0x411fd0d1, REPEAT,			"Cortex-A77 r1p1" },
	{ 0x411fd461, REPEAT,			"Cortex-A510 r1p1" },
	{ 0x411fd462, 0,			"Cortex-A510 r1p2" },
	{ 0x414fd0c1, REPEAT,			"Neoverse-N1 r4p1" },
	{ 0x410fd490, REPEAT,			"Neoverse-N2 r0p0" },
	{ 0x6d0fd490, REPEAT,			"Azure Cobalt 100" },
	{ 0x411fd401, REPEAT,			"Neoverse-V1 r1p1" },
	{ 0x410fd4f1, REPEAT,			"Neoverse-V2 r0p1" },
	{ 0x411fd410, REPEAT,			"Cortex-A78 r1p0" },
	{ 0x412fd471, REPEAT,			"Cortex-A710 r2p1" },
	{ 0x411fd440, REPEAT,			"Cortex-X1 r1p0" },
	{ 0x410fd821, REPEAT,			"Cortex-X4 r0p1" },
	{ 0x410fd850, REPEAT,			"Cortex-X925 r0p0" },
	{ 0x411fd4d0, 0,			"Cortex-A715 r1p0" },
	{ 0x410fd870, 0,			"Cortex-A725 r0p0" },
	{ 0x4e0f0100, REPEAT,			"NVIDIA Olympus" },
	{ 0x511f0011, EL2_FEAT_NO_CNTVOFF,	"Oryon X1" },
	{ 0x510f8000, REPEAT,			"Falkor v1 r0p0" },
	{ 0x510f8001, 0,			"Kryo 2xx Gold, which has Falkor's number" },
	{ 0x511f2051, REPEAT,			"Kryo, part 0x205" },
	{ 0x51cf804d, 0,			"Kryo 4xx Gold rcpd" },
	{ 0x51cf804e, REPEAT,			"Kryo 4xx Gold rcpe" },
	{ 0x51df804e, REPEAT,			"Kryo 4xx Gold rdpe" },
	{ 0x51df805e, SPEC_AT,			"Kryo 4xx Silver rdpe" },
	{ 0x481fd010, 0,			"HiSilicon TSV110" },
	{ 0xc00fac30, 0,			"Ampere 1" },
	{ 0xc00fac40, EL2_FEAT_HCR_APART,	"Ampere 1A" },
	{ 0x610f0220, 0,			"Apple M1 Icestorm" },
	{ 0x000f0510, EL2_FEAT_WFIT_UNTOLD,	"QEMU's max" },
};

#define OK	AV_SPEC_UNAFFECTED
#define MIT	AV_SPEC_MITIGATED
#define BAD	AV_SPEC_VULNERABLE
#define UNK	AV_FW_UNKNOWN
#define WA1	AV_SMCCC_WORKAROUND_1
#define WA3	AV_SMCCC_WORKAROUND_3
#define NONE	EL2_HARDEN_NONE, 0
#define LOOP(n)	EL2_HARDEN_LOOP, n
#define CLR	EL2_HARDEN_CLRBHB, 0
#define FW(id)	EL2_HARDEN_FW, id

/*	midr, CSV2, ECBHB, CLRBHB, SSBS, firmware on WORKAROUND_1, 2, 3, off	   v2   bhb  v4   what is done */
static const struct {
	struct av_part_facts facts;
	struct av_part_needs needs;
	const char *name;
} choices[] = {
	{ { 0x410fd034, 0, 0, 0, 0, UNK, UNK, UNK, 0 }, { OK, OK, OK, NONE }, "A53: nothing" },
	{ { 0x410fd083, 0, 0, 0, 0, 0, 0, UNK, 0 }, { MIT, MIT, MIT, FW(WA1) }, "A72 r0, firmware" },
	{ { 0x410fd083, 0, 0, 0, 0, 0, 0, 0, 0 }, { MIT, MIT, MIT, FW(WA1) },
	  "the same with WORKAROUND_3, which the loop spares" },
	{ { 0x410fd083, 0, 0, 0, 0, UNK, UNK, UNK, 0 }, { BAD, BAD, BAD, NONE }, "A72 r0, no firmware" },
	{ { 0x410fd083, 0, 0, 0, 0, 0, 0, 0, 1 }, { BAD, BAD, BAD, NONE }, "A72 r0, mitigations=off" },
	{ { 0x411fd080, 1, 0, 0, 0, 1, 0, 0, 0 }, { OK, MIT, MIT, LOOP(8) }, "A72 r1: CSV2, loop of 8" },
	{ { 0x410fd092, 0, 0, 0, 0, 0, 0, 0, 0 }, { MIT, MIT, MIT, FW(WA3) }, "A73: no loop, WORKAROUND_3 for both" },
	{ { 0x410fd0a1, 1, 0, 0, 1, 1, 1, 0, 0 }, { OK, MIT, MIT, FW(WA3) }, "A75 with CSV2: WORKAROUND_3" },
	{ { 0x410fd0a1, 1, 0, 0, 1, 1, 1, UNK, 0 }, { OK, BAD, MIT, NONE }, "A75 without the firmware" },
	{ { 0x414fd0c1, 1, 0, 0, 1, 1, 1, 0, 0 }, { OK, MIT, MIT, LOOP(24) }, "Neoverse-N1: loop of 24" },
	{ { 0x414fd0b1, 1, 0, 0, 1, 1, 1, 0, 0 }, { OK, MIT, MIT, LOOP(24) }, "A76" },
	{ { 0x411fd410, 1, 0, 0, 1, 1, 1, 0, 0 }, { OK, MIT, MIT, LOOP(32) }, "A78" },
	{ { 0x411fd401, 2, 0, 0, 1, 1, 1, 0, 0 }, { OK, MIT, MIT, LOOP(32) }, "Neoverse-V1" },
	{ { 0x410fd4f1, 2, 0, 0, 1, 1, 1, 0, 0 }, { OK, MIT, MIT, LOOP(132) }, "Neoverse-V2: loop of 132" },
	{ { 0x410fd4f1, 2, 0, 1, 1, 1, 1, 0, 0 }, { OK, MIT, MIT, CLR }, "the same with CLRBHB" },
	{ { 0x410fd4f1, 2, 1, 1, 1, 1, 1, 0, 0 }, { OK, MIT, MIT, NONE }, "the same with ECBHB" },
	{ { 0x410fd4f1, 3, 0, 0, 1, 1, 1, 0, 0 }, { OK, OK, MIT, NONE }, "CSV2 of 3" },
	{ { 0x410fd4d1, 2, 0, 0, 1, 1, 1, 0, 0 }, { OK, MIT, MIT, LOOP(38) }, "A715: loop of 38" },
	{ { 0xc00fac30, 2, 0, 0, 1, 1, 1, 0, 0 }, { OK, MIT, MIT, LOOP(11) }, "Ampere 1: loop of 11" },
	{ { 0x411fd461, 2, 0, 0, 1, 1, 1, 0, 0 }, { OK, OK, MIT, NONE }, "A510" },
	{ { 0x431f0af1, 0, 0, 0, 0, 1, -2, UNK, 0 }, { OK, BAD, OK, NONE },
	  "another, not affected by v2 as the firmware says" },
};

static void test_choices(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(choices); i++) {
		struct av_part_needs n = av_part_needs(&choices[i].facts), w = choices[i].needs;

		check(n.v2 == w.v2 && n.bhb == w.bhb && n.v4 == w.v4 && n.kind == w.kind && n.arg == w.arg,
		      choices[i].name);
	}
}

static void test_answers(void)
{
	const u32 one = AV_SMCCC_WORKAROUND_1, two = AV_SMCCC_WORKAROUND_2;

	check(av_spec_answer(one, OK, false) == 1, "not affected: 1");
	check(av_spec_answer(one, MIT, false) == 0, "mitigated: call");
	check(av_spec_answer(one, BAD, false) == -1, "vulnerable: not known");
	check(av_spec_answer(two, OK, true) == -2, "store bypass, not affected: not required");
	check(av_spec_answer(two, MIT, false) == -2, "mitigated for the guest all the time: not required");
	check(av_spec_answer(two, MIT, true) == -1, "the guest has PSTATE.SSBS: no call");
	check(av_spec_answer(two, BAD, false) == -1, "vulnerable: not known");
}

static void test_csv(void)
{
	const u64 v2 = 1ULL << 56, v3 = 1ULL << 60;

	check(av_part_csv(0x410fd034, 0x22) == (v2 | v3), "A53: neither, though its register does not say so");
	check(av_part_csv(0x411fd070, 0x22) == v3, "A57: nothing past its permissions");
	check(av_part_csv(0x410fd0a1, 0x22) == 0, "A75: what its register says, nothing");
	check(av_part_csv(0x413fd0c1, 0x1200000000000022) == 0x1200000000000000, "N1: what its register says");
	check(av_part_csv(0x411fd072, v2 * 2) == (v2 * 2 | v3), "A57 r1p2: one of both by the register");
}

static void test_vhe_only(void)
{
	check(!av_el2_is_vhe_only(0) && !av_el2_is_vhe_only(~(15ULL << 24)), "E2H0 0: HCR_EL2.E2H can be 0");
	check(av_el2_is_vhe_only(15ULL << 24) && av_el2_is_vhe_only(14ULL << 24), "E2H0 -1 and -2: it can't");
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		check(av_part_errata(parts[i].midr) == parts[i].errata, parts[i].name);
	test_choices();
	test_answers();
	test_csv();
	test_vhe_only();
	return tap_end();
}
