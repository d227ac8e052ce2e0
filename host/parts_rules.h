/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a CPU's part needs: errata that EL2 works around, and what keeps a guest from steering our branches. The
 * decisions that need nothing but numbers; a unit test on the build host runs them too.
 *
 * Runs at: host kernel, build host. Owns: nothing. Locks: none.
 *
 * docs/silicon.md has the same rows. Facts: the parts' errata notices as Linux 7.2 has them (cpu_errata.c,
 * proton-pack.c); DEN0028, 7.4-7.6.
 */
#ifndef AV_PARTS_RULES_H
#define AV_PARTS_RULES_H

#include "../include/el2_abi.h"

/* MIDR_EL1 without variant, architecture and revision. */
#define AV_PART_MASK		(AV_MASK(31, 24) | AV_MASK(15, 4))
#define AV_PART(imp, num)	((u32)(imp) << 24 | (u32)(num) << 4)
#define ARM_PART(num)		AV_PART(0x41, num)
#define QCOM_PART(num)		AV_PART(0x51, num)

#define CORTEX_A35		ARM_PART(0xd04)
#define CORTEX_A53		ARM_PART(0xd03)
#define CORTEX_A55		ARM_PART(0xd05)
#define CORTEX_A57		ARM_PART(0xd07)
#define CORTEX_A72		ARM_PART(0xd08)
#define CORTEX_A76		ARM_PART(0xd0b)
#define NEOVERSE_N1		ARM_PART(0xd0c)
#define CORTEX_A77		ARM_PART(0xd0d)
#define CORTEX_A76AE		ARM_PART(0xd0e)
#define NEOVERSE_V1		ARM_PART(0xd40)
#define CORTEX_A78		ARM_PART(0xd41)
#define CORTEX_A78AE		ARM_PART(0xd42)
#define CORTEX_X1		ARM_PART(0xd44)
#define CORTEX_A510		ARM_PART(0xd46)
#define CORTEX_A710		ARM_PART(0xd47)
#define CORTEX_X2		ARM_PART(0xd48)
#define NEOVERSE_N2		ARM_PART(0xd49)
#define CORTEX_A78C		ARM_PART(0xd4b)
#define CORTEX_X1C		ARM_PART(0xd4c)
#define CORTEX_A715		ARM_PART(0xd4d)
#define CORTEX_X3		ARM_PART(0xd4e)
#define NEOVERSE_V2		ARM_PART(0xd4f)
#define CORTEX_A520		ARM_PART(0xd80)
#define CORTEX_A720		ARM_PART(0xd81)
#define CORTEX_X4		ARM_PART(0xd82)
#define NEOVERSE_V3AE		ARM_PART(0xd83)
#define NEOVERSE_V3		ARM_PART(0xd84)
#define CORTEX_X925		ARM_PART(0xd85)
#define CORTEX_A720AE		ARM_PART(0xd89)
#define C1_ULTRA		ARM_PART(0xd8c)
#define C1_PREMIUM		ARM_PART(0xd90)
#define BRAHMA_B53		AV_PART(0x42, 0x100)
#define HISI_TSV110		AV_PART(0x48, 0xd01)
#define HISI_HIP09		AV_PART(0x48, 0xd02)
#define NVIDIA_OLYMPUS		AV_PART(0x4e, 0x010)
#define FALKOR_V1		QCOM_PART(0x800)
#define KRYO			QCOM_PART(0x200)	/* all of 0x2xx */
#define KRYO_2XX_SILVER		QCOM_PART(0x801)
#define KRYO_3XX_SILVER		QCOM_PART(0x803)
#define KRYO_4XX_GOLD		QCOM_PART(0x804)
#define KRYO_4XX_SILVER		QCOM_PART(0x805)
#define AZURE_COBALT_100	AV_PART(0x6d, 0xd49)
#define AMPERE1			AV_PART(0xc0, 0xac3)

/* ---- errata --------------------------------------------------------------------------------------- */

struct av_erratum {
	u32 part, mask;
	u8 from, to;			/* variant << 4 | revision, both affected */
	u64 feature;
};

#define ALL_REVISIONS		0x00, 0xff
#define ONE_PART		((u32)AV_PART_MASK)

static const struct av_erratum av_errata[] = {
	{ CORTEX_A57,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_SPEC_AT },		/* 1319537 */
	{ CORTEX_A72,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_SPEC_AT },		/* 1319367 */
	{ CORTEX_A76,	   ONE_PART, 0x00, 0x20, EL2_FEAT_SPEC_AT },		/* 1165522 */
	{ CORTEX_A55,	   ONE_PART, 0x00, 0x20, EL2_FEAT_SPEC_AT },		/* 1530923 */
	{ KRYO_4XX_SILVER, ONE_PART, 0xde, 0xde, EL2_FEAT_SPEC_AT },		/* 1530923 */
	{ CORTEX_A57,	   ONE_PART, 0x00, 0x12, EL2_FEAT_VERIFY_IPA },		/* 834220 */
	{ FALKOR_V1,	   ONE_PART, 0x00, 0x00, EL2_FEAT_REPEAT_TLBI },	/* 1009 */
	{ KRYO, AV_MASK(31, 24) | AV_MASK(15, 12), ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 1009 */
	{ KRYO_4XX_GOLD,   ONE_PART, 0xce, 0xfe, EL2_FEAT_REPEAT_TLBI },	/* 1286807 */
	{ CORTEX_A55,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 2441007 */
	{ CORTEX_A510,	   ONE_PART, 0x00, 0x11, EL2_FEAT_REPEAT_TLBI },	/* 2441009 */
	{ CORTEX_A76,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193800, 1286807 */
	/* CVE-2025-10263 */
	{ CORTEX_A76AE,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193801 */
	{ CORTEX_A77,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193798 */
	{ CORTEX_A78,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193791 */
	{ CORTEX_A78AE,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193793 */
	{ CORTEX_A78C,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193794 */
	{ CORTEX_A710,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193788 */
	{ CORTEX_X1,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193791 */
	{ CORTEX_X1C,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193792 */
	{ CORTEX_X2,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193788 */
	{ CORTEX_X3,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193786 */
	{ CORTEX_X4,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4118414 */
	{ CORTEX_X925,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193781 */
	{ C1_PREMIUM,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193780 */
	{ C1_ULTRA,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193780 */
	{ NEOVERSE_N1,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193800 */
	{ NEOVERSE_N2,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193789 */
	{ NEOVERSE_V1,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193790 */
	{ NEOVERSE_V2,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193787 */
	{ NEOVERSE_V3,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193784 */
	{ NEOVERSE_V3AE,   ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193784 */
	{ AZURE_COBALT_100, ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* 4193789 */
	{ NVIDIA_OLYMPUS,  ONE_PART, ALL_REVISIONS, EL2_FEAT_REPEAT_TLBI },	/* T410-OLY-1029 */
};

/* The bits of el2_cpu.features that a CPU's part needs. */
static inline u64 av_part_errata(u32 midr)
{
	u32 rev = AV_GET((u64)midr, 23, 20) << 4 | AV_GET((u64)midr, 3, 0);
	const struct av_erratum *e;
	u64 features = 0;

	for (e = av_errata; e < av_errata + sizeof(av_errata) / sizeof(*e); e++) {
		if ((midr & e->mask) == e->part && rev >= e->from && rev <= e->to)
			features |= e->feature;
	}
	return features;
}

#endif
