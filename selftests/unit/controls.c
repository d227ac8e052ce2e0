// SPDX-License-Identifier: GPL-2.0
/*
 * The table of features (include/features.def) is complete, and the trap controls made of it do what it says: on a CPU
 * that has everything, on one that has nothing, and on each that has one feature alone.
 *
 * A failure names the field: one without a row, a row that the architecture does not know, a guest that is shown what
 * is shut, a bit that is set on a CPU without the feature or missing on one with it. Implementation:
 * include/controls.h. Source: DDI 0487, D24.2 and the registers' own pages.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>
#include <string.h>

#include "include/controls.h"
#include "tap.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum fate { GUEST, OPEN, TRAP, ALL, SHUT, FREE, EL2 };
enum regs { NOREGS, REGS };

struct feature {
	const char *name;
	unsigned int reg, hi, lo;
	enum fate fate;
	u64 min;
	size_t control;		/* offset in struct av_controls */
	u64 bits;
	enum regs regs;
	bool also;
};

#define FEATURE(reg, field, hi, lo, fate, min, ctl, bits, regs, why)			\
	{ #reg "." #field, AV_CPU_##reg, hi, lo, fate, min, offsetof(struct av_controls, ctl), bits, regs, false },
#define ALSO(reg, field, hi, lo, fate, min, ctl, bits)					\
	{ #reg "." #field, AV_CPU_##reg, hi, lo, fate, min, offsetof(struct av_controls, ctl), bits, NOREGS, true },
static const struct feature features[] = {
#include "include/features.def"
};

struct field {
	const char *name;
	unsigned int reg, hi, lo;
};

#define ID_KNOWN(reg, field, hi, lo)	{ #reg "." #field, AV_CPU_##reg, hi, lo },
static const struct field known[] = {
#include "selftests/blessed/id_fields.def"
};

#define HIDDEN_REG(reg, field, ...)	#reg "." #field,
static const char * const hidden[] = {
#include "selftests/blessed/hidden_regs.def"
};

/* Rows of idregs.def about AArch64. */
enum {
#define SR_ID(name, crm, op2)	IS64_##name = (crm) >= 4,
#include "include/sysregs.def"
};

#define KEEP		1
#define SINCE(n)	1
#define GIVEN(n)	1
#define CAP(n)		1
#define FIXED(n)	1
#define WITH_SVE	1
#define WITH_KEYS	1
#define WITH_TAGS	1
#define WITH_PMU(n)	1
#define ID_FIELD(reg, field, hi, lo, how, may, why)	{ IS64_##reg ? #reg "." #field : NULL, AV_CPU_##reg, hi, lo },
static const struct field shown[] = {
#include "include/idregs.def"
};

/* "EL1 is AArch64" and the like say nothing of a feature that a CPU may have. */
static u64 control(const struct av_controls *c, const struct feature *f)
{
	return *(const u64 *)((const char *)c + f->control);
}

static const struct feature *row_of(unsigned int reg, unsigned int hi, unsigned int lo)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		const struct feature *f = &features[i];

		if (!f->also && f->reg == reg && f->hi == hi && f->lo == lo)
			return f;
	}
	return NULL;
}

static void test_complete(void)
{
	unsigned int i, n, bad = 0, rows = 0;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (row_of(known[i].reg, known[i].hi, known[i].lo))
			continue;
		printf("# %s has no row\n", known[i].name);
		bad++;
	}
	check(!bad && ARRAY_SIZE(known) > 150, "each field of the ID registers has a row");
	for (bad = 0, i = 0; i < ARRAY_SIZE(features); i++) {
		if (!features[i].also)
			rows++;
		for (n = 0; n < ARRAY_SIZE(known); n++) {
			if (!strcmp(known[n].name, features[i].name) && known[n].hi == features[i].hi &&
			    known[n].lo == features[i].lo)
				break;
		}
		if (n < ARRAY_SIZE(known))
			continue;
		printf("# %s is no field\n", features[i].name);
		bad++;
	}
	check(!bad && rows == ARRAY_SIZE(known), "and each row a field, once");
}

static void test_shown(void)
{
	unsigned int i, n, bad = 0;

	for (i = 0; i < ARRAY_SIZE(shown); i++) {
		const struct feature *f;

		if (!shown[i].name)
			continue;
		f = row_of(shown[i].reg, shown[i].hi, shown[i].lo);
		if (f && (f->fate == GUEST || f->fate == OPEN))
			continue;
		printf("# %s: a guest is shown it, the table says it has not got it\n", shown[i].name);
		bad++;
	}
	for (i = 0; i < ARRAY_SIZE(features); i++) {
		const struct feature *f = &features[i];

		if (f->also || (f->fate != GUEST && f->fate != OPEN))
			continue;
		for (n = 0; n < ARRAY_SIZE(shown); n++) {
			if (shown[n].name && shown[n].reg == f->reg && shown[n].hi == f->hi)
				break;
		}
		if (n < ARRAY_SIZE(shown))
			continue;
		printf("# %s: GUEST, but idregs.def does not show it\n", f->name);
		bad++;
	}
	check(!bad, "GUEST is what idregs.def shows");
}

static void test_hidden(void)
{
	unsigned int i, n, bad = 0;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		const struct feature *f = &features[i];
		bool listed = false;

		if (f->also)
			continue;
		for (n = 0; n < ARRAY_SIZE(hidden); n++)
			listed |= !strcmp(hidden[n], f->name);
		if (listed == !!f->regs)
			continue;
		printf("# %s: %s\n", f->name, listed ? "NOREGS, but has registers" : "no register to touch");
		bad++;
	}
	for (n = 0; n < ARRAY_SIZE(hidden); n++) {
		for (i = 0; i < ARRAY_SIZE(features); i++) {
			if (!strcmp(hidden[n], features[i].name))
				break;
		}
		bad += i == ARRAY_SIZE(features);
	}
	check(!bad, "what has registers has them in hidden_regs.def");
}

/* The bits that a CPU's controls must have, row by row. */
static bool holds(const struct feature *f, const struct av_controls *c, bool has)
{
	static const struct av_controls all = {
		.hcr = AV_HCR_GUEST, .cptr = AV_CPTR_GUEST, .mdcr = AV_MDCR_GUEST,
	};
	u64 value = control(c, f);

	switch (f->fate) {
	case TRAP:
		return f->bits && (value & f->bits) == (has ? f->bits : 0);
	case ALL:
		return f->bits && (control(&all, f) & f->bits) == f->bits;
	case OPEN:
	case SHUT:
		return f->bits && !((value | control(&all, f)) & f->bits);
	case GUEST:
	case FREE:
	case EL2:
		return true;
	}
	return false;
}

static bool compose_and_check(const u64 *ids, const char *what)
{
	struct av_controls c;
	unsigned int i, bad = 0;

	memset(&c, 0xff, sizeof(c));
	av_controls_compose(ids, &c);
	for (i = 0; i < ARRAY_SIZE(features); i++) {
		const struct feature *f = &features[i];
		u64 value = AV_GET(ids[f->reg], f->hi, f->lo);
		bool has = value >= f->min && !(f->hi - f->lo == 3 && value == 15);
		unsigned int n;

		/* Two rows may share a bit: any of the features then sets it. */
		for (n = 0; n < ARRAY_SIZE(features) && !has; n++) {
			const struct feature *g = &features[n];

			has = g->fate == TRAP && g->control == f->control && (g->bits & f->bits) &&
			      av_cpu_has(ids, g->reg, g->hi, g->lo, g->min);
		}
		if (holds(f, &c, has))
			continue;
		printf("# %s: %s is not as its row says: 0x%llx\n", what, f->name, control(&c, f));
		bad++;
	}
	return !bad;
}

static void test_values(void)
{
	u64 ids[AV_NR_CPU_IDS];
	unsigned int i, value;
	bool ok = true;

	memset(ids, 0, sizeof(ids));
	check(compose_and_check(ids, "a CPU with nothing"), "a CPU with nothing is not asked for anything");
	for (value = 1; value < 15; value++) {
		memset(ids, value * 0x11, sizeof(ids));
		ok &= compose_and_check(ids, "a CPU with everything");
	}
	check(ok, "a CPU with everything is shut");
	for (ok = true, i = 0; i < ARRAY_SIZE(features); i++) {
		for (value = 1; value < 15; value++) {
			memset(ids, 0, sizeof(ids));
			ids[features[i].reg] = AV_PUT((u64)value, features[i].hi, features[i].lo);
			ok &= compose_and_check(ids, features[i].name);
		}
	}
	check(ok, "each feature alone sets its own bits and no others");
}

static void test_present(void)
{
	u64 ids[AV_NR_CPU_IDS] = {}, all = AV_BIT(AV_NR_CONTROLS) - 1, fgt = 0, present;

	check(!av_controls_present(ids, ~0ULL), "a CPU with nothing: no register is touched");
	memset(ids, 0x22, sizeof(ids));
	ids[AV_CPU_MPAMIDR_EL1] = AV_BIT(17);
	check(av_controls_present(ids, ~0ULL) == all, "a CPU with everything: all of them");
	present = av_controls_present(ids, 0);
	check(present && !(present & (AV_BIT(AV_CONTROL_hfgrtr2) | AV_BIT(AV_CONTROL_hfgwtr2) |
				      AV_BIT(AV_CONTROL_hfgitr2) | AV_BIT(AV_CONTROL_hdfgrtr2) |
				      AV_BIT(AV_CONTROL_hdfgwtr2) | AV_BIT(AV_CONTROL_mpam2) |
				      AV_BIT(AV_CONTROL_mpamhcr))),
	      "what the host's kernel does not know is left alone");
	memset(ids, 0, sizeof(ids));
	ids[AV_CPU_ID_AA64MMFR0_EL1] = AV_PUT(1ULL, 59, 56);
	fgt = AV_BIT(AV_CONTROL_hfgrtr) | AV_BIT(AV_CONTROL_hfgwtr) | AV_BIT(AV_CONTROL_hfgitr) |
	      AV_BIT(AV_CONTROL_hdfgrtr) | AV_BIT(AV_CONTROL_hdfgwtr);
	check(av_controls_present(ids, ~0ULL) == fgt, "fine-grained traps without AMU: five registers");
	ids[AV_CPU_ID_AA64PFR0_EL1] = AV_PUT(1ULL, 47, 44);
	check(av_controls_present(ids, ~0ULL) == (fgt | AV_BIT(AV_CONTROL_hafgrtr)), "with AMU: six");
	check(!av_controls_present(ids, 0), "and none of them where the host's kernel does not know them");
}

/* Fine-grained traps that EL2 may not touch: which CPUs can't have guests then. */
static void test_exposed(void)
{
	static const struct {
		unsigned int reg, hi, lo;
		bool exposed;
		const char *what;
	} cpus[] = {
		{ AV_CPU_ID_AA64PFR1_EL1, 27, 24, true, "SME: TPIDR2_EL0" },
		{ AV_CPU_ID_AA64PFR1_EL1, 51, 48, true, "THE: RCWMASK_EL1" },
		{ AV_CPU_ID_AA64DFR0_EL1, 55, 52, true, "branch records" },
		{ AV_CPU_ID_AA64MMFR3_EL1, 11, 8, true, "permission indirection: PIR_EL1" },
		{ AV_CPU_ID_AA64MMFR3_EL1, 19, 16, true, "permission overlays: POR_EL0" },
		{ AV_CPU_ID_AA64DFR0_EL1, 35, 32, false, "profiling: PMBIDR_EL1 alone" },
		{ AV_CPU_ID_AA64PFR0_EL1, 35, 32, false, "SVE" },
		{ AV_CPU_ID_AA64PFR0_EL1, 47, 44, false, "activity monitors: CPTR_EL2.TAM" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cpus); i++) {
		u64 ids[AV_NR_CPU_IDS] = {};

		ids[cpus[i].reg] = AV_PUT(1ULL, cpus[i].hi, cpus[i].lo);
		check(!av_controls_exposed(ids, 0), "without fine-grained traps it is as it is");
		ids[AV_CPU_ID_AA64MMFR0_EL1] = AV_PUT(1ULL, 59, 56);
		check(!av_controls_exposed(ids, AV_KNOWS_FGT), "with them a guest is kept out");
		check(av_controls_exposed(ids, 0) == cpus[i].exposed, cpus[i].what);
	}
}

/* What a VM adds that is shown a feature: bits of HCRX_EL2, HFGRTR_EL2, HFGWTR_EL2, for its own rows and no more. */
static void test_opened(void)
{
	u64 ids[AV_NR_CPU_IDS] = {};
	struct av_controls c, none = {};
	unsigned int i, bad = 0;

	av_controls_opened(ids, &c);
	check(!memcmp(&c, &none, sizeof(c)), "a VM that is shown nothing opens nothing");
	for (i = 0; i < ARRAY_SIZE(features); i++) {
		const struct feature *f = &features[i];
		u64 bits, all;

		memset(ids, 0, sizeof(ids));
		ids[f->reg] = AV_PUT(f->min ?: 1, f->hi, f->lo);
		av_controls_opened(ids, &c);
		bits = control(&c, f);
		all = c.hcrx | c.hfgrtr | c.hfgwtr;
		c.hcrx = 0;
		c.hfgrtr = 0;
		c.hfgwtr = 0;
		if (memcmp(&c, &none, sizeof(c)) ||
		    (f->fate == OPEN ? (bits & f->bits) != f->bits : f->fate != GUEST && all)) {
			printf("# %s: it has 0x%llx\n", f->name, all);
			bad++;
		}
	}
	check(!bad, "one that is shown a feature opens that");
	memset(ids, 0, sizeof(ids));
	ids[AV_CPU_ID_AA64ISAR2_EL1] = AV_PUT(1ULL, 19, 16);
	av_controls_opened(ids, &c);
	check(c.hcrx == (HCRX_MSCEN | HCRX_MCE2), "memory copies: EL1 has them, and EL2 their exceptions");
}

/* The host's counters go on, its buffers don't. */
static void test_mdcr(void)
{
	check(!(MDCR_HOSTS & (MDCR_E2PB | MDCR_E2TB | MDCR_TPMS | MDCR_TTRF | MDCR_TDCC | MDCR_ENSPM |
			      MDCR_PMEE | MDCR_EBWE | MDCR_ENSTEPOP | AV_MDCR_GUEST)),
	      "no trap of MDCR_EL2 is left to the host");
}

/* A VHE host's CPTR_EL2 has another layout: what a CPU adds to the vCPU's value must mean the same in both. */
static void test_cptr(void)
{
	struct av_controls c;
	u64 ids[AV_NR_CPU_IDS];

	memset(ids, 0x22, sizeof(ids));
	av_controls_compose(ids, &c);
	check(c.cptr && !(c.cptr & ~AV_CPTR_EITHER), "what a CPU adds to CPTR_EL2 has one place in both layouts");
	check(!(AV_CPTR_E2H_GUEST & (CPTR_E2H_FPEN | CPTR_E2H_ZEN | AV_PUT(3UL, 25, 24))) &&
	      (AV_CPTR_GUEST & (CPTR_TFP | CPTR_TZ | CPTR_TSM)) == (CPTR_TFP | CPTR_TZ | CPTR_TSM),
	      "FP, SVE and SME trap at first, in both");
}

int main(void)
{
	test_complete();
	test_shown();
	test_hidden();
	test_values();
	test_present();
	test_exposed();
	test_opened();
	test_mdcr();
	test_cptr();
	return tap_end();
}
