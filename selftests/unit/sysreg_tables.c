// SPDX-License-Identifier: GPL-2.0
/*
 * The tables of system registers and ID fields say what they should, and nothing twice.
 *
 * A failure means that a row was lost, doubled or put under a wrong encoding, or that a guest would be
 * promised a feature whose state nobody switches. Implementation: include/sysregs.def,
 * include/idregs.def, guest/idregs_rules.h. Source: DDI 0487, D23.3, D24.2; kvm-abi part 4.4.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>
#include <string.h>

#include "include/vcpu_ctx.h"
#include "guest/idregs_rules.h"
#include "tap.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define ENC(op0, op1, crn, crm, op2)	((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define NR_ID		56

struct row {
	const char *name, *user;
	unsigned int op0, op1, crn, crm, op2;
};

#define SR_SWITCH(n, a, b, c, d, e, gate, access, user, reset, why) { #n, #user, a, b, c, d, e },
#define SR_CTX(n, a, b, c, d, e, gate, access, user, reset, why) { #n, #user, a, b, c, d, e },
#define SR_KEY(n, a, b, c, d, e)	{ #n, "KEY", a, b, c, d, e },
#define SR_TAG(n, a, b, c, d, e)	{ #n, "TAG", a, b, c, d, e },
#define SR_LATE(n, a, b, c, d, e, group, access)	{ #n, "LATE", a, b, c, d, e },
#define SR_CORE(n, a, b, c, d, e)	{ #n, "HIDDEN", a, b, c, d, e },
#define SR_EMUL(n, a, b, c, d, e, access, user, why) { #n, #user, a, b, c, d, e },
#define SR_ID(n, d, e)			{ #n, "ID", 3, 0, 0, d, e },
#define SR_DBG(n, bank, e)		{ #n, "DBG", 2, 0, 0, 0, e },
#define SR_PMU(n, a, b, c, d, e, user, why)	{ #n, #user, a, b, c, d, e },
#define SR_PMUN(n, a, b, c, d, user, why)	{ #n, "PMUN", a, b, c, d, 0 },
static const struct row rows[] = {
#include "include/sysregs.def"
};

static bool is_hidden(const struct row *row)
{
	return !strcmp(row->user, "HIDDEN");
}

static unsigned int enc_of(const struct row *row)
{
	return ENC(row->op0, row->op1, row->crn, row->crm, row->op2);
}

/*
 * Kept by hand, not derived: what user space sees besides ID and breakpoint registers. A VMM that
 * migrates counts on each of them.
 */
static const unsigned short blessed[] = {
	0x8010, 0x8012, 0x808c, 0xa038,				/* MDCCINT MDSCR OSLSR DBGVCR32 */
	0xc000, 0xc005, 0xc006,					/* MIDR MPIDR REVIDR */
	0xc080, 0xc081, 0xc082, 0xc100, 0xc101, 0xc102,		/* SCTLR ACTLR CPACR TTBR0 TTBR1 TCR */
	0xc108, 0xc109, 0xc10a, 0xc10b, 0xc110, 0xc111,		/* APIA, APIB, APDA, ... with their feature only */
	0xc112, 0xc113, 0xc118, 0xc119,				/* ... APDB, APGA */
	0xc288, 0xc289, 0xc290, 0xc300, 0xc3a0,			/* AFSR0 AFSR1 ESR FAR PAR */
	0xc085, 0xc086, 0xc2b0, 0xc2b1,				/* RGSR GCR TFSR TFSRE0, with MTE only */
	0xc090,							/* ZCR, with SVE only */
	0xc510, 0xc518, 0xc600, 0xc609,				/* MAIR AMAIR VBAR DISR */
	0xc681, 0xc684, 0xc708,					/* CONTEXTIDR TPIDR_EL1 CNTKCTL */
	0xc801, 0xc807, 0xd000,					/* CLIDR AIDR CSSELR */
	0xd801, 0xde82, 0xde83,					/* CTR TPIDR_EL0 TPIDRRO */
	0xdf01, 0xdf11, 0xdf12,					/* PTIMER CNT, CTL, CVAL */
	0xdf02, 0xdf19, 0xdf1a,					/* TIMER CVAL, CTL, CNT */
	0xc103, 0xc512, 0xc513,					/* TCR2 PIRE0 PIR */
	0xc083, 0xda22,						/* SCTLR2 FPMR, with their features only */
	0xe180, 0xe281, 0xe298,					/* DACR32 IFSR32 FPEXC32 */
	/* with a PMU only: PMINTENSET, CLR; PMCR to PMSELR, PMCCNTR, PMUSERENR, PMOVSSET; PMCCFILTR */
	0xc4f1, 0xc4f2, 0xdce0, 0xdce1, 0xdce2, 0xdce3, 0xdce4, 0xdce5, 0xdce8, 0xdcf0, 0xdcf3, 0xdf7f,
};

static bool is_blessed(unsigned int enc)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blessed); i++) {
		if (blessed[i] == enc)
			return true;
	}
	return false;
}

static void test_sysregs(void)
{
	static unsigned char seen[0x10000];
	unsigned int i, n, doubles = 0, wide = 0, unknown = 0, visible = 0, ids = 0, pmun = 0;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		bool is_dbg = !strcmp(row->user, "DBG"), is_id = !strcmp(row->user, "ID");
		bool is_pmun = !strcmp(row->user, "PMUN");

		wide += row->op0 > 3 || row->op1 > 7 || row->crn > 15 || row->crm > 15 || row->op2 > 7;
		/* Numbered by CRm, or by CRm and op2. */
		for (n = 0; n < (is_dbg ? 16 : is_pmun ? 31 : 1); n++) {
			if (seen[(enc_of(row) + n * (is_pmun ? 1 : 8)) & 0xffff]++) {
				printf("# %s: a second time\n", row->name);
				doubles++;
			}
		}
		ids += is_id && row->crm >= 1 && row->crm <= 7;
		pmun += is_pmun && (enc_of(row) == 0xdf40 || enc_of(row) == 0xdf60);
		if (is_hidden(row) || is_id || is_dbg || is_pmun)
			continue;
		visible++;
		if (!is_blessed(enc_of(row))) {
			printf("# %s: 0x%x is not blessed\n", row->name, enc_of(row));
			unknown++;
		}
	}
	check(!doubles, "each encoding has one row");
	check(!wide, "encodings fit their fields");
	check(!unknown && visible == ARRAY_SIZE(blessed), "user space sees the blessed registers");
	check(ids == NR_ID, "the ID space is complete");
	check(pmun == 2, "event counters and their types have their numbers");
	check(AV_NR_SYS < 64, "the context's registers fit into struct el2_cpu");
}

enum {
#define SR_ID(name, crm, op2)	name = ((crm) - 1) * 8 + (op2),
#include "include/sysregs.def"
};

#define KEEP		AV_ID_KEEP, 0
#define SINCE(n)	AV_ID_SINCE, n
#define GIVEN(n)	AV_ID_GIVEN, n
#define CAP(n)		AV_ID_CAP, n
#define FIXED(n)	AV_ID_FIXED, n
#define WITH_SVE	AV_ID_WITH_SVE, 0
#define WITH_KEYS	AV_ID_WITH_KEYS, 0
#define WITH_TAGS	AV_ID_WITH_TAGS, 0
#define WITH_PMU(n)	AV_ID_WITH_PMU, n
#define ID_FIELD(name, field, high, low, how, may, why)	{ name, high, low, how, .user = AV_ID_##may },
static const struct av_id_field fields[] = {
#include "include/idregs.def"
};

/* Fields whose features have state or controls that EL2 does not handle. */
static const struct {
	unsigned char reg, hi, lo;
	const char *name;
} forbidden[] = {
	{ ID_AA64PFR0_EL1, 47, 40, "MPAM, AMU" },
	{ ID_AA64PFR0_EL1, 55, 52, "RME" },
	{ ID_AA64PFR1_EL1, 63, 16, "MPAM_frac to PFAR" },
	{ ID_AA64DFR0_EL1, 7, 4, "trace" }, { ID_AA64DFR0_EL1, 35, 32, "SPE" },
	{ ID_AA64DFR0_EL1, 63, 40, "trace, BRBE" }, { ID_AA64DFR1_EL1, 63, 0, "all" },
	{ ID_AA64ISAR0_EL1, 27, 24, "TME" },	{ ID_AA64ISAR1_EL1, 63, 60, "LS64" },
	{ ID_AA64MMFR2_EL1, 27, 24, "NV" },
	{ ID_AA64MMFR3_EL1, 63, 12, "S2PIE, S1POE and beyond" }, { ID_AA64MMFR4_EL1, 63, 0, "all" },
	{ ID_AA64SMFR0_EL1, 63, 0, "all" },
	{ ID_AA64FPFR0_EL1, 63, 0, "all" },	{ ID_AA64ISAR3_EL1, 3, 0, "CPA" },
	{ ID_AA64ISAR3_EL1, 15, 8, "TLBIW, PACM" }, { ID_AA64ISAR3_EL1, 23, 20, "OCCMO" },
	{ ID_AA64ISAR3_EL1, 63, 32, "all" },
	{ ID_AA64PFR2_EL1, 31, 0, "MTE's, GCIE" }, { ID_AA64PFR2_EL1, 63, 36, "all" },
	{ ID_DFR0_EL1, 23, 20, "trace" }, { ID_DFR0_EL1, 31, 28, "trace" },
	{ ID_AFR0_EL1, 63, 0, "all" },		{ ID_DFR1_EL1, 63, 0, "all" },
};

static bool is_of_keys(const struct av_id_field *f)
{
	if (f->reg == ID_AA64ISAR1_EL1)
		return f->lo == 4 || f->lo == 8 || f->lo == 24 || f->lo == 28;
	return f->reg == ID_AA64ISAR2_EL1 && (f->lo == 8 || f->lo == 12 || f->lo == 24);
}

static void test_fields(void)
{
	u64 listed[NR_ID] = {}, mask;
	unsigned int i, overlaps = 0, wide = 0, bad = 0;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct av_id_field *f = &fields[i];

		mask = AV_MASK(f->hi, f->lo);
		overlaps += !!(listed[f->reg] & mask);
		listed[f->reg] |= mask;
		/* SINCE and GIVEN have a kernel's version there. */
		wide += f->hi > 63 || f->lo > f->hi ||
			(f->rule != AV_ID_SINCE && f->rule != AV_ID_GIVEN && AV_GET(mask, f->hi, f->lo) < f->value) ||
			(f->reg < ID_AA64PFR0_EL1 && f->hi > 31);
	}
	check(!overlaps, "no ID field is listed twice");
	check(!wide, "ID fields and their values fit");
	for (i = 0; i < ARRAY_SIZE(forbidden); i++) {
		mask = AV_MASK(forbidden[i].hi, forbidden[i].lo);
		if (!(listed[forbidden[i].reg] & mask))
			continue;
		printf("# register %u: %s is listed\n", forbidden[i].reg, forbidden[i].name);
		bad++;
	}
	check(!bad, "no field promises what is not switched");
	for (bad = 0, i = 0; i < ARRAY_SIZE(fields); i++) {
		bool of_sve = fields[i].reg == ID_AA64ZFR0_EL1 ||
			      (fields[i].reg == ID_AA64PFR0_EL1 && fields[i].lo == 32);

		bad += of_sve != (fields[i].rule == AV_ID_WITH_SVE);
	}
	check(!bad, "what tells of SVE is shown with SVE only, and nothing else is");
	for (bad = 0, i = 0; i < ARRAY_SIZE(fields); i++)
		bad += is_of_keys(&fields[i]) != (fields[i].rule == AV_ID_WITH_KEYS);
	check(!bad, "likewise pointer authentication");
	for (bad = 0, i = 0; i < ARRAY_SIZE(fields); i++)
		bad += (fields[i].reg == ID_AA64PFR1_EL1 && fields[i].lo == 8) != (fields[i].rule == AV_ID_WITH_TAGS);
	check(!bad, "likewise memory tagging");
	for (bad = 0, i = 0; i < ARRAY_SIZE(fields); i++) {
		bool of_pmu = (fields[i].reg == ID_AA64DFR0_EL1 && fields[i].lo == 8) ||
			      (fields[i].reg == ID_DFR0_EL1 && fields[i].lo == 24);

		bad += of_pmu != (fields[i].rule == AV_ID_WITH_PMU);
	}
	check(!bad, "and of a PMU likewise");
}

static void test_rules(void)
{
	static const struct av_id_field keep = { 0, 7, 4, KEEP, AV_ID_SAME, 0 };
	static const struct av_id_field cap = { 0, 7, 4, CAP(2), AV_ID_LOWER, 0 };
	static const struct av_id_field pmu = { 0, 7, 4, WITH_PMU(6), AV_ID_LOWER, 1 };
	static const struct av_id_field fixed = { 0, 63, 60, FIXED(15), AV_ID_SAME, 0 };
	static const struct av_id_field whole = { 0, 31, 0, KEEP, AV_ID_SAME, 0 };
	static const struct av_id_field floor = { 0, 7, 4, KEEP, AV_ID_LOWER, 6 };
	static const struct av_id_field sign = { 0, 7, 4, KEEP, AV_ID_SIGNED, 0 };
	static const struct av_id_field none = { 0, 7, 4, KEEP, AV_ID_OR_NONE, 0 };
	static const struct av_id_field high = { 0, 7, 4, KEEP, AV_ID_HIGHER, 0 };
	static const struct av_id_field nibbles = { 0, 31, 0, KEEP, AV_ID_NIBBLES, 0 };
	bool ok = true;
	u64 host, wanted;

	for (host = 0; host < 16; host++)
		ok &= av_id_field_show(&keep, host << 4 | ~0xf0ULL) == host << 4;
	check(ok, "KEEP shows the host's field and nothing around it");
	for (ok = true, host = 0; host < 16; host++)
		ok &= av_id_field_show(&cap, host << 4 | ~0xf0ULL) == (host < 2 ? host : 2) << 4;
	check(ok, "CAP shows no more than its value");
	for (ok = true, host = 0; host < 16; host++)
		ok &= av_id_field_show(&pmu, host << 4 | ~0xf0ULL) == (host == 15 ? 0 : host < 6 ? host : 6) << 4;
	check(ok, "WITH_PMU likewise, and nothing of one that is not the architecture's");
	check(av_id_field_show(&fixed, 0) == 0xfULL << 60 &&
	      av_id_field_show(&fixed, ~0ULL) == 0xfULL << 60, "FIXED does not ask the host");
	check(av_id_field_show(&whole, ~0ULL) == 0xffffffff, "32 bits are a field too");
	for (ok = true, wanted = 0; wanted < 16; wanted++) {
		ok &= av_id_field_takes(&keep, 0x50, 0x50, wanted << 4) == (wanted == 5);
		ok &= av_id_field_takes(&cap, 0x20, 0x10, wanted << 4) == (wanted <= 2);
		/* neighbours are not this field's business */
		ok &= av_id_field_takes(&cap, 0x20, 0x10, wanted << 4 | 0xf0f) == (wanted <= 2);
	}
	check(ok, "SAME takes its value, LOWER all up to the limit");
	for (ok = true, wanted = 0; wanted < 16; wanted++) {
		ok &= av_id_field_takes(&floor, 0x90, 0x90, wanted << 4) == (wanted >= 6 && wanted <= 9);
		/* what stands below it, or above, can stay */
		ok &= av_id_field_takes(&floor, 0x50, 0x50, wanted << 4) == (wanted == 5);
		ok &= av_id_field_takes(&sign, 0x10, 0x10, wanted << 4) == (wanted <= 1 || wanted == 15);
		ok &= av_id_field_takes(&sign, 0xf0, 0xf0, wanted << 4) == (wanted == 15);
		ok &= av_id_field_takes(&none, 0x30, 0x30, wanted << 4) == (wanted <= 1 || wanted == 3);
		ok &= av_id_field_takes(&none, 0x00, 0x10, wanted << 4) == (wanted <= 1);
		ok &= av_id_field_takes(&high, 0x10, 0x10, wanted << 4) == (wanted >= 1);
		ok &= av_id_field_takes(&nibbles, 0x30f2, 0x30f2, 0x30f0 | wanted) == (wanted <= 2);
		ok &= av_id_field_takes(&nibbles, 0x30f2, 0x30f2, 0x3002 | wanted << 4) == (wanted == 15);
		ok &= av_id_field_takes(&nibbles, 0x30f2, 0x30f2, 0xf2 | wanted << 12) == (wanted <= 3);
		ok &= av_id_field_takes(&nibbles, 0x30f2, 0x30f2, 0x30f2 | wanted << 28) == !wanted;
	}
	check(ok, "DOWN_TO, SIGNED, OR_NONE, HIGHER and NIBBLES never let a guest be told what is not there");
}

/* Addresses by one algorithm, data by the same, and no second one. */
static void test_keys(void)
{
	bool ok = true;
	unsigned int n;

	for (n = 0; n < 64; n++) {
		u64 isar1 = (n & 1 ? 5UL << 4 : 0) | (n & 2 ? 1UL << 24 : 0) | (n & 4 ? 4UL << 8 : 0) |
			    (n & 8 ? 1UL << 28 : 0) | 0x100f000fUL << 32;
		u64 isar2 = (n & 16 ? 3UL << 12 : 0) | (n & 32 ? 1UL << 8 : 0) | 0xf00ff;

		ok &= av_id_keys_fit(isar1, isar2) == (n == 3 || n == 12 || n == 48);
	}
	check(ok, "pointer authentication by one algorithm");
}

int main(void)
{
	test_sysregs();
	test_fields();
	test_rules();
	test_keys();
	return tap_end();
}
