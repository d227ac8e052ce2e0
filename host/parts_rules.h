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
#include "../include/vm_fast.h"

/*
 * HCR_EL2.E2H can't be 0 (ID_AA64MMFR4_EL1.E2H0, signed, below 0): EL2's registers have the layout of a host at EL2,
 * also while the kernel stays at EL1 (DDI 0487, D24.2; Linux since 6.9: arm64_sw.hvhe, id_aa64mmfr1.vh=0).
 */
static inline bool av_el2_is_vhe_only(u64 mmfr4)
{
	return AV_GET(mmfr4, 27, 27);
}

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
#define CORTEX_A73		ARM_PART(0xd09)
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
#define CAVIUM_THUNDERX2	AV_PART(0x43, 0x0af)
#define BROADCOM_VULCAN		AV_PART(0x42, 0x516)
#define NVIDIA_CARMEL		AV_PART(0x4e, 0x004)
#define NVIDIA_OLYMPUS		AV_PART(0x4e, 0x010)
#define ORYON_X1		QCOM_PART(0x001)
#define FALKOR_V1		QCOM_PART(0x800)
#define KRYO			QCOM_PART(0x200)	/* all of 0x2xx */
#define KRYO_2XX_SILVER		QCOM_PART(0x801)
#define KRYO_3XX_SILVER		QCOM_PART(0x803)
#define KRYO_4XX_GOLD		QCOM_PART(0x804)
#define KRYO_4XX_SILVER		QCOM_PART(0x805)
#define AZURE_COBALT_100	AV_PART(0x6d, 0xd49)
#define AMPERE1			AV_PART(0xc0, 0xac3)
#define AMPERE1A		AV_PART(0xc0, 0xac4)
#define QEMU_MAX		AV_PART(0x00, 0x051)	/* "max"; no erratum of its other models is known */

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
	{ CORTEX_A57,	   ONE_PART, 0x00, 0x12, EL2_FEAT_GUEST_HANGS },	/* 832075 */
	{ CORTEX_A77,	   ONE_PART, 0x00, 0x10, EL2_FEAT_GUEST_HANGS },	/* 1508412 */
	{ AMPERE1A,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_HCR_APART },	/* AC04_CPU_23 */
	{ ORYON_X1,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_NO_CNTVOFF },
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
	{ QEMU_MAX,	   ONE_PART, ALL_REVISIONS, EL2_FEAT_WFIT_UNTOLD },	/* at least to QEMU 10.0 */
};

/* Bits that mean nothing to a CPU without the instruction; isar2: ID_AA64ISAR2_EL1. */
static inline u64 av_part_errata_moot(u64 isar2)
{
	return AV_GET(isar2, 3, 0) ? 0 : EL2_FEAT_WFIT_UNTOLD;
}

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

/* ---- speculation ---------------------------------------------------------------------------------- */

/* How a CPU stands to an attack, and so the machine: the worst of its CPUs'. */
enum av_spec {
	AV_SPEC_UNAFFECTED,
	AV_SPEC_MITIGATED,
	AV_SPEC_VULNERABLE,
};

/* What ARCH_FEATURES answers of a workaround (DEN0028, 7.4). */
#define AV_FW_DOES		0	/* the call does something on this CPU */
#define AV_FW_UNAFFECTED	1	/* this CPU needs none */
#define AV_FW_NOT_REQUIRED	(-2)	/* no CPU needs it; WORKAROUND_2 only */
#define AV_FW_UNKNOWN		(-1)

/* What is known of a CPU. */
struct av_part_facts {
	u32 midr;
	u32 csv2;			/* ID_AA64PFR0_EL1.CSV2 */
	bool ecbhb;			/* ID_AA64MMFR1_EL1.ECBHB: an exception clears the branch history */
	bool clrbhb;			/* ID_AA64ISAR2_EL1.CLRBHB */
	bool ssbs;			/* ID_AA64PFR1_EL1.SSBS: PSTATE.SSBS */
	s32 wa1, wa2, wa3;		/* the firmware's AV_FW_* */
	bool off;			/* mitigations=off on the kernel's command line */
};

/* What follows. */
struct av_part_needs {
	enum av_spec v2;		/* branch targets that another trained */
	enum av_spec bhb;		/* the same by the branch history */
	enum av_spec v4;		/* loads before stores */
	u32 kind, arg;			/* EL2_HARDEN_*, harden_arg */
};

/* Branch predictors that nobody can train for others, though CSV2 does not say so. */
static const u32 av_v2_safe[] = {
	CORTEX_A35, CORTEX_A53, CORTEX_A55, BRAHMA_B53, HISI_TSV110, KRYO_2XX_SILVER, KRYO_3XX_SILVER,
	KRYO_4XX_SILVER,
};

/* No load gets by speculation what its permissions keep from it, though CSV3 does not say so. */
static const u32 av_v3_safe[] = {
	CORTEX_A35, CORTEX_A53, CORTEX_A55, CORTEX_A57, CORTEX_A72, CORTEX_A73, BRAHMA_B53, BROADCOM_VULCAN,
	CAVIUM_THUNDERX2, HISI_TSV110, NVIDIA_CARMEL, KRYO_2XX_SILVER, KRYO_3XX_SILVER, KRYO_4XX_SILVER,
};

static const u32 av_bhb_safe[] = {
	CORTEX_A35, CORTEX_A53, CORTEX_A55, CORTEX_A510, CORTEX_A520, BRAHMA_B53, KRYO_2XX_SILVER,
	KRYO_3XX_SILVER, KRYO_4XX_SILVER,
};

static const u32 av_v4_safe[] = {
	CORTEX_A35, CORTEX_A53, CORTEX_A55, BRAHMA_B53, KRYO_3XX_SILVER, KRYO_4XX_SILVER,
};

/* Branches that fill the history. */
static const struct av_bhb_loop {
	u32 part;
	u32 branches;
} av_bhb_loops[] = {
	{ CORTEX_X3, 132 }, { NEOVERSE_V2, 132 },
	{ CORTEX_A715, 38 }, { CORTEX_A720, 38 }, { CORTEX_A720AE, 38 },
	{ CORTEX_A78, 32 }, { CORTEX_A78AE, 32 }, { CORTEX_A78C, 32 }, { CORTEX_X1, 32 }, { CORTEX_X1C, 32 },
	{ CORTEX_A710, 32 }, { CORTEX_X2, 32 }, { NEOVERSE_N2, 32 }, { NEOVERSE_V1, 32 }, { HISI_TSV110, 32 },
	{ CORTEX_A76, 24 }, { CORTEX_A76AE, 24 }, { CORTEX_A77, 24 }, { NEOVERSE_N1, 24 }, { KRYO_4XX_GOLD, 24 },
	{ HISI_HIP09, 24 },
	{ AMPERE1, 11 },
	{ CORTEX_A72, 8 }, { CORTEX_A57, 8 },
};

#define AV_PART_IN(midr, list)	av_part_in(midr, list, sizeof(list) / sizeof((list)[0]))

static inline bool av_part_in(u32 midr, const u32 *list, unsigned int nr)
{
	for (; nr; nr--, list++) {
		if ((midr & ONE_PART) == *list)
			return true;
	}
	return false;
}

/* 0: nobody says how many. */
static inline u32 av_bhb_branches(u32 midr)
{
	const struct av_bhb_loop *l;

	for (l = av_bhb_loops; l < av_bhb_loops + sizeof(av_bhb_loops) / sizeof(*l); l++) {
		if ((midr & ONE_PART) == l->part)
			return l->branches;
	}
	return 0;
}

static inline enum av_spec av_spec_by_firmware(s32 answer, bool off)
{
	if (answer == AV_FW_UNAFFECTED || answer == AV_FW_NOT_REQUIRED)
		return AV_SPEC_UNAFFECTED;
	return answer == AV_FW_DOES && !off ? AV_SPEC_MITIGATED : AV_SPEC_VULNERABLE;
}

static inline enum av_spec av_spec_v2(const struct av_part_facts *f)
{
	if (f->csv2 || AV_PART_IN(f->midr, av_v2_safe))
		return AV_SPEC_UNAFFECTED;
	return av_spec_by_firmware(f->wa1, f->off);
}

static inline enum av_spec av_spec_v4(const struct av_part_facts *f)
{
	if (AV_PART_IN(f->midr, av_v4_safe))
		return AV_SPEC_UNAFFECTED;
	if (f->ssbs)
		return f->off ? AV_SPEC_VULNERABLE : AV_SPEC_MITIGATED;
	return av_spec_by_firmware(f->wa2, f->off);
}

/* What ID_AA64PFR0_EL1's CSV2 and CSV3 can say of a part that is too old to say it: at least 1, as KVM has it. */
static inline u64 av_part_csv(u32 midr, u64 pfr0)
{
	u64 csv = pfr0 & (AV_MASK(63, 60) | AV_MASK(59, 56));

	if (!AV_GET(pfr0, 59, 56) && AV_PART_IN(midr, av_v2_safe))
		csv |= AV_BIT(56);
	if (!AV_GET(pfr0, 63, 60) && AV_PART_IN(midr, av_v3_safe))
		csv |= AV_BIT(60);
	return csv;
}

/*
 * What the branch history needs at EL2's door, in the kernel's order: nothing if the CPU clears it by itself, its
 * instruction, the loop of the part, the firmware. A CPU whose branch targets are anybody's gains nothing by it.
 */
static inline void av_part_needs_bhb(const struct av_part_facts *f, struct av_part_needs *n)
{
	n->bhb = AV_SPEC_MITIGATED;
	if (f->csv2 >= 3 || AV_PART_IN(f->midr, av_bhb_safe)) {
		n->bhb = AV_SPEC_UNAFFECTED;
	} else if (n->v2 == AV_SPEC_VULNERABLE || f->off) {
		n->bhb = AV_SPEC_VULNERABLE;
	} else if (f->ecbhb) {
		return;
	} else if (f->clrbhb) {
		n->kind = EL2_HARDEN_CLRBHB;
	} else if (av_bhb_branches(f->midr)) {
		n->kind = EL2_HARDEN_LOOP;
		n->arg = av_bhb_branches(f->midr);
	} else if (f->wa3 == AV_FW_DOES) {
		n->kind = EL2_HARDEN_FW;
		n->arg = AV_SMCCC_WORKAROUND_3;
	} else {
		n->bhb = AV_SPEC_VULNERABLE;
	}
}

/* The firmware's call against trained targets takes the history with it; WORKAROUND_3 is both. */
static inline struct av_part_needs av_part_needs(const struct av_part_facts *f)
{
	struct av_part_needs n = { .v2 = av_spec_v2(f), .v4 = av_spec_v4(f), .kind = EL2_HARDEN_NONE };

	av_part_needs_bhb(f, &n);
	if (n.v2 == AV_SPEC_MITIGATED && n.kind != EL2_HARDEN_FW) {
		n.kind = EL2_HARDEN_FW;
		n.arg = AV_SMCCC_WORKAROUND_1;
	}
	return n;
}

/*
 * What ARCH_FEATURES says to a guest of a workaround. Of MITIGATED: call, though the way out of the guest has done it
 * by the time that the call arrives. WORKAROUND_2 is never a call: either the guest has PSTATE.SSBS, or the
 * mitigation is on as long as it runs (docs/abi.md).
 */
static inline s64 av_spec_answer(u32 id, enum av_spec state, bool guest_has_ssbs)
{
	if (id == AV_SMCCC_WORKAROUND_2) {
		if (state == AV_SPEC_VULNERABLE || (state == AV_SPEC_MITIGATED && guest_has_ssbs))
			return AV_FW_UNKNOWN;
		return AV_FW_NOT_REQUIRED;
	}
	switch (state) {
	case AV_SPEC_UNAFFECTED:
		return AV_FW_UNAFFECTED;
	case AV_SPEC_MITIGATED:
		return AV_FW_DOES;
	default:
		return AV_FW_UNKNOWN;
	}
}

#endif
