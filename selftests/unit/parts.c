// SPDX-License-Identifier: GPL-2.0
/*
 * What a CPU's part needs, by its MIDR_EL1: errata, with the first and the last revision that has them.
 *
 * A failure means that a part runs without its workaround, or pays for one that it does not need.
 * Implementation: host/parts_rules.h. Source: the parts' errata notices.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>

#include "host/parts_rules.h"

static int tests, failures;

static void check(bool ok, const char *claim)
{
	tests++;
	if (!ok)
		failures++;
	printf("%sok %d %s\n", ok ? "" : "not ", tests, claim);
}

#define SPEC_AT		EL2_FEAT_SPEC_AT
#define VERIFY_IPA	EL2_FEAT_VERIFY_IPA
#define REPEAT		EL2_FEAT_REPEAT_TLBI

/* MIDR_EL1 as the parts have it, and what goes with it. Kept by hand. */
static const struct {
	u32 midr;
	u64 errata;
	const char *name;
} parts[] = {
	{ 0x410fd034, 0,			"Cortex-A53 r0p4" },
	{ 0x410fd070, SPEC_AT | VERIFY_IPA,	"Cortex-A57 r0p0" },
	{ 0x411fd072, SPEC_AT | VERIFY_IPA,	"Cortex-A57 r1p2" },
	{ 0x411fd073, SPEC_AT,			"Cortex-A57 r1p3" },
	{ 0x410fd083, SPEC_AT,			"Cortex-A72 r0p3" },
	{ 0x412fd050, SPEC_AT | REPEAT,		"Cortex-A55 r2p0" },
	{ 0x412fd051, REPEAT,			"Cortex-A55 r2p1" },
	{ 0x412fd0b0, SPEC_AT | REPEAT,		"Cortex-A76 r2p0" },
	{ 0x414fd0b1, REPEAT,			"Cortex-A76 r4p1" },
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
	{ 0x510f8000, REPEAT,			"Falkor v1 r0p0" },
	{ 0x510f8001, 0,			"Kryo 2xx Gold, which has Falkor's number" },
	{ 0x511f2051, REPEAT,			"Kryo, part 0x205" },
	{ 0x51cf804d, 0,			"Kryo 4xx Gold rcpd" },
	{ 0x51cf804e, REPEAT,			"Kryo 4xx Gold rcpe" },
	{ 0x51df804e, REPEAT,			"Kryo 4xx Gold rdpe" },
	{ 0x51df805e, SPEC_AT,			"Kryo 4xx Silver rdpe" },
	{ 0x481fd010, 0,			"HiSilicon TSV110" },
	{ 0xc00fac30, 0,			"Ampere 1" },
	{ 0x610f0220, 0,			"Apple M1 Icestorm" },
};

int main(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		check(av_part_errata(parts[i].midr) == parts[i].errata, parts[i].name);
	printf("1..%d\n", tests);
	return failures != 0;
}
