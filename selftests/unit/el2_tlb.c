// SPDX-License-Identifier: GPL-2.0
/*
 * Each broadcast TLB invalidation of EL2 is issued and waited for twice when some CPU of the machine needs it so, and
 * once otherwise; each is waited for before the next one begins. And on parts that walk by speculation at any time
 * (1165522 and its like) nothing of EL1 can be walked, nor taken for its own address, while the VMID is not its own.
 *
 * A failure means that on such parts a page goes back to the host while a guest's store to it is still under way
 * (CVE-2025-10263), or that a guest has translations that are nobody's. Implementation: el2/tlb.c, which runs here with
 * its instructions written down instead of executed. Rules: docs/silicon.md.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#define EL2_EL2_H		/* no el2.h: what it defines is below */

#include <stdio.h>
#include <string.h>

#include "include/arm_regs.h"
#include "include/el2_abi.h"

static char trace[1024];

static u64 tcr, sctlr;			/* EL1's */
static bool is_open;			/* a walk could have begun behind a wrong VTTBR_EL2 */

static u64 note(const char *what)
{
	strncat(trace, what, sizeof(trace) - strlen(trace) - 1);
	strncat(trace, "; ", sizeof(trace) - strlen(trace) - 1);
	return 0;
}

#define EL2_VHE			0
#define isb()			note("isb")
#define dsb(domain)		note("dsb " #domain)
#define ic(op)			note("ic " #op)
#define tlbi(op)		note("tlbi " #op)
#define tlbi_arg(op, arg)	((void)(arg), note("tlbi " #op))
#define tlbi_range(op, arg)	tlbi_arg(op, arg)
#define el2_load(place)		({ typeof(*(place)) v_ = *(place); v_; })
#define el2_store(place, value)	(*(place) = (value))
#define el2_has(cpu, feature)	((cpu)->features & (feature))
#define read_guest(name)	(name)
#define write_guest(name, value) ((name) = (value))
#define TCR_EL1			tcr
#define SCTLR_EL1		sctlr
#define read_reg(name)		0
/* VTTBR_EL2 and VTCR_EL2 */
#define write_reg(name, value)	do {						\
	(void)(value);								\
	if (~tcr & (TCR_EPD0 | TCR_EPD1) || ~sctlr & SCTLR_M)			\
		is_open = true;							\
} while (0)
#define el2_write_hcr(cpu, hcr)	write_reg(hcr_el2, hcr)

#include "el2/tlb.c"

/* Failures show what was done. */
#define TAP_ON_FAILURE()	printf("# %s\n", trace)
#include "tap.h"

static unsigned int count(const char *what)
{
	const char *p = trace;
	unsigned int n = 0;

	while ((p = strstr(p, what))) {
		n++;
		p += strlen(what);
	}
	return n;
}

/* The invalidations, in order; each as often as it is needed, and with its own DSB behind it. */
static bool is_issued(const char * const *ops, bool twice)
{
	const char *p = trace;
	char pair[64];
	int i;

	for (; *ops; ops++) {
		if (count(*ops) != (twice ? 2 : 1))
			return false;
		snprintf(pair, sizeof(pair), "%s; dsb ish; ", *ops);
		for (i = 0; i < (twice ? 2 : 1); i++) {
			p = strstr(p, pair);
			if (!p)
				return false;
			p += strlen(pair);
		}
	}
	/* Behind the last one the result is synchronised. */
	return !strncmp(p, "isb; ", 5);
}

static const char * const of_ipa[] = { "tlbi ipas2e1is", "tlbi vmalle1is", NULL };
static const char * const of_range[] = { "tlbi ripas2e1is", "tlbi vmalle1is", NULL };
static const char * const of_vmid[] = { "tlbi vmalls12e1is", NULL };
static const char * const of_all[] = { "tlbi alle1is; ic ialluis", NULL };
static const char * const of_el2[] = { "tlbi vae2is", NULL };

#define RUN(call)	do { trace[0] = 0; call; } while (0)

static void test_machine(u64 machine, bool twice)
{
	struct el2_cpu cpu = { .machine = machine };

	printf("# a machine %s the errata\n", twice ? "with" : "without");
	RUN(el2_tlb_ipa(&cpu, 1, 2, 0x1000));
	check(is_issued(of_ipa, twice), "one IPA: stage 2 is complete before stage 1 begins");
	RUN(el2_tlb_range(&cpu, 1, 2, 0x1000));
	check(is_issued(of_range, twice), "a range of them, likewise");
	RUN(el2_tlb_vmid(&cpu, 1, 2));
	check(is_issued(of_vmid, twice), "all of a VMID");
	RUN(el2_tlb_all(&cpu));
	check(is_issued(of_all, twice), "all VMIDs");
	RUN(el2_tlb_el2(&cpu, 0x1000));
	check(is_issued(of_el2, twice), "a page of EL2's own");
	RUN(el2_tlb_local(&cpu, 1, 2));
	check(count("tlbi") == 1 && count("dsb nsh") == 2, "what stays on the CPU is issued once");
}

/* The guest that was here last may have had its MMU off. */
static void test_spec_at(u64 was_sctlr)
{
	struct el2_cpu cpu = { .features = EL2_FEAT_SPEC_AT };

	printf("# a CPU that walks by speculation, EL1's MMU %s\n", was_sctlr & SCTLR_M ? "on" : "off");
	tcr = 0x1234;
	sctlr = was_sctlr;
	is_open = false;
	RUN(el2_tlb_vmid(&cpu, 1, 2));
	check(!is_open, "neither walks nor flat addresses by another's VMID");
	check(tcr == 0x1234 && sctlr == was_sctlr, "both registers are as they were");
}

int main(void)
{
	test_spec_at(0);
	test_spec_at(SCTLR_M);
	test_machine(0, false);
	test_machine(EL2_FEAT_REPEAT_TLBI, true);
	return tap_end();
}
