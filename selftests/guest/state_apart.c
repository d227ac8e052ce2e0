// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Two guests and the host, on one CPU and with everything in use that the CPU lets them have, keep their
 *            state: general registers and PSTATE, FP or SVE, keys of pointer authentication, memory tags, the PMU,
 *            debug registers, system registers of EL1 and EL0, timers, the GIC's CPU interface. Each guest fills all
 *            of it from a seed of its own, anew each round, and has a checksum over it before and behind a switch.
 * Reference: docs/state-ownership.md; Arm ARM D17.
 * A failure: the first item that changed, want and got. STATE_SWITCHES: so many (300). What is in use is printed;
 *            what the machine does not have is left out. Tags need tools/hostrun --mte.
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "gic.h"
#include "harness.h"
#include "insn.h"
#include "pauth.h"
#include "pmu.h"
#include "process.h"
#include "stats.h"
#include "sve.h"
#include "tags.h"
#include "witness.h"

#define HWCAP_PAC		(1UL << 30 | 1UL << 31)	/* PACA, PACG */
#define PR_PAC_RESET_ALL	54
#define POINTER			0x40001230UL
#define TAGS_AT			(EXTRA_BASE + SZ_64K)
#define NR_TAGS			256
#define MDSCR_ON		(1UL << 13 | 1UL << 15)	/* KDE, MDE */
#define NOWHERE			(1UL << 46)		/* no address of the guest's */

/* What a VM has, and what a row needs. */
enum { ANY = 0, SVE = 1, PAUTH = 2, TAGS = 4, PMU_ = 8, GICV3 = 16, BRP = 32, WRP = 64, RAS = 128, PAN = 256,
	UAO = 512, DIT = 1024, SSBS = 2048, TCR2 = 4096, SCTLR2 = 8192, PIE = 16384, FPMR = 32768 };

/*
 * The bits in mask (none: all) are the seed's, set are ones, the others stay. ignore: change by themselves. keep: all
 * stay. clear: the register that takes bits away, where writing sets. MAY_BE: bits need not be there, or not differ.
 */
struct row {
	const char *name;
	u64 mask, set;
	u32 reg, when, n;
	u32 clear;
	u32 ignore;
	bool may_be, keep;
};

#define R(nm, op0, op1, crn, crm, op2, ...)	\
	{ .name = #nm, .reg = SYSREG(op0, op1, crn, crm, op2), __VA_ARGS__ }
#define MAY_BE		.may_be = true
#define B(n_)	R(DBGBVR##n_, 2, 0, 0, n_, 4, .when = BRP, .n = n_, .mask = 0x3ffffffffffc, .set = NOWHERE),	\
		R(DBGBCR##n_, 2, 0, 0, n_, 5, .when = BRP, .n = n_, .mask = 4, .set = 0x1e3, MAY_BE)
#define W(n_)	R(DBGWVR##n_, 2, 0, 0, n_, 6, .when = WRP, .n = n_, .mask = 0x3ffffffffff8, .set = NOWHERE),	\
		R(DBGWCR##n_, 2, 0, 0, n_, 7, .when = WRP, .n = n_, .mask = 0x10, .set = 0x1fef, MAY_BE)
#define C(n_)	R(PMEVCNTR##n_, 3, 3, 14, 8, n_, .when = PMU_, .mask = 0xffffffff),				\
		R(PMEVTYPER##n_, 3, 3, 14, 12, n_, .when = PMU_, .mask = TYPE_P | TYPE_U, MAY_BE)
#define K(nm, n_) R(nm, 3, 0, 2, 1 + (n_) / 4, (n_) % 4, .when = PAUTH)

static const struct row rows[] = {
	R(SCTLR_EL1,	3, 0, 1, 0, 0,	.mask = 0x504c200, MAY_BE),	/* what is for EL0 */
	R(CPACR_EL1,	3, 0, 1, 0, 2,	.mask = 1 << 21, MAY_BE),
	R(TTBR0_EL1,	3, 0, 2, 0, 0,	.mask = 0xffUL << 48),		/* ASID; all is global */
	R(TTBR1_EL1,	3, 0, 2, 0, 1,	.mask = 0xfffffffff000),
	R(TCR_EL1,	3, 0, 2, 0, 2,	.mask = 0x3f << 16, .set = 16 << 16, MAY_BE),	/* T1SZ; walks are off */
	R(AFSR0_EL1,	3, 0, 5, 1, 0,	MAY_BE),
	R(AFSR1_EL1,	3, 0, 5, 1, 1,	MAY_BE),
	R(ESR_EL1,	3, 0, 5, 2, 0,	.mask = 0xffffffff),
	R(FAR_EL1,	3, 0, 6, 0, 0),
	R(PAR_EL1,	3, 0, 7, 4, 0,	.mask = 0xff00fffffffff000),
	R(MAIR_EL1,	3, 0, 10, 2, 0,	.mask = 0xffffffffUL << 32),
	R(AMAIR_EL1,	3, 0, 10, 3, 0,	MAY_BE),
	R(CONTEXTIDR_EL1, 3, 0, 13, 0, 1, .mask = 0xffffffff),
	R(CNTKCTL_EL1,	3, 0, 14, 1, 0,	.mask = 0x3f3, MAY_BE),
	R(CSSELR_EL1,	3, 2, 0, 0, 0,	.mask = 2, MAY_BE),
	R(TPIDR_EL0,	3, 3, 13, 0, 2),
	R(TPIDRRO_EL0,	3, 3, 13, 0, 3),
	R(SP_EL0,	3, 0, 4, 1, 0,	.mask = ~0xfUL),
	R(ELR_EL1,	3, 0, 4, 0, 1,	.mask = ~7UL),
	R(SPSR_EL1,	3, 0, 4, 0, 0,	.mask = 0xf0000000, .set = 0x3c5),
	R(CNTV_CVAL_EL0, 3, 3, 14, 3, 2, .mask = ~0UL >> 8),		/* see the emulator's limit in sysreg_sweep.c */
	R(CNTV_CTL_EL0,	3, 3, 14, 3, 1,	.mask = 1, .set = 2, .ignore = 4, MAY_BE),
	R(CNTP_CVAL_EL0, 3, 3, 14, 2, 2, .mask = ~0UL >> 8),
	R(CNTP_CTL_EL0,	3, 3, 14, 2, 1,	.mask = 1, .set = 2, .ignore = 4, MAY_BE),
	R(DISR_EL1,	3, 0, 12, 1, 1,	.mask = 0x811fffff, .when = RAS),
	R(MDSCR_EL1,	2, 0, 0, 2, 2,	.mask = 1 << 12, .set = MDSCR_ON, MAY_BE),
	R(MDCCINT_EL1,	2, 0, 0, 2, 0,	.mask = 3 << 29, MAY_BE),
	R(DBGWVR0,	2, 0, 0, 0, 6,	.keep = true, MAY_BE),		/* on something that is touched */
	R(DBGWCR0,	2, 0, 0, 0, 7,	.keep = true, MAY_BE),
	B(0), B(1), B(2), B(3), B(4), B(5), W(1), W(2), W(3),
	R(PAN,		3, 0, 4, 2, 3,	.mask = 1 << 22, .when = PAN, MAY_BE),
	R(UAO,		3, 0, 4, 2, 4,	.mask = 1 << 23, .when = UAO, MAY_BE),
	R(DIT,		3, 3, 4, 2, 5,	.mask = 1 << 24, .when = DIT, MAY_BE),
	R(SSBS,		3, 3, 4, 2, 6,	.mask = 1 << 12, .when = SSBS, MAY_BE),
	R(TCO,		3, 3, 4, 2, 7,	.mask = 1 << 25, .when = TAGS, MAY_BE),
	/* AIE, A2; of others nothing that changes who may do what. Indirection is off: its registers mean nothing */
	R(TCR2_EL1,	3, 0, 2, 0, 3,	.mask = 0x10010, .when = TCR2, MAY_BE),
	R(SCTLR2_EL1,	3, 0, 1, 0, 3,	.mask = 0x1e, .when = SCTLR2, MAY_BE),
	R(PIRE0_EL1,	3, 0, 10, 2, 2,	.when = PIE),
	R(PIR_EL1,	3, 0, 10, 2, 3,	.when = PIE),
	R(FPMR,		3, 3, 4, 4, 2,	.when = FPMR, MAY_BE),
	R(FPSR,		3, 3, 4, 4, 1,	.mask = 0x0800009f, MAY_BE),
	R(FPCR,		3, 3, 4, 4, 0,	.mask = 0x07c00000, MAY_BE),
	K(APIAKEYLO_EL1, 0), K(APIAKEYHI_EL1, 1), K(APIBKEYLO_EL1, 2), K(APIBKEYHI_EL1, 3), K(APDAKEYLO_EL1, 4),
	K(APDAKEYHI_EL1, 5), K(APDBKEYLO_EL1, 6), K(APDBKEYHI_EL1, 7), K(APGAKEYLO_EL1, 8), K(APGAKEYHI_EL1, 9),
	R(RGSR_EL1,	3, 0, 1, 0, 5,	.mask = 0xffff0f, .when = TAGS),
	R(GCR_EL1,	3, 0, 1, 0, 6,	.mask = 0x1ffff, .when = TAGS),
	R(TFSR_EL1,	3, 0, 5, 6, 0,	.mask = 3, .when = TAGS, MAY_BE),
	R(TFSRE0_EL1,	3, 0, 5, 6, 1,	.mask = 3, .when = TAGS, MAY_BE),
	/*
	 * No interrupt: what may and what has overflown are different counters. Events are SW_INCR. LC: 32 bits of
	 * cycles would be over in some seconds, which PMOVSSET_EL0 tells.
	 */
	R(PMCR_EL0,	3, 3, 9, 12, 0,	.mask = 0x20, .set = PMCR_E | PMCR_LC, .when = PMU_, MAY_BE),
	R(PMCNTENSET_EL0, 3, 3, 9, 12, 1, .mask = 7, .clear = R_PMCNTENCLR, .when = PMU_, MAY_BE),
	R(PMINTENSET_EL1, 3, 0, 9, 14, 1, .mask = 5, .clear = R_PMINTENCLR, .when = PMU_, MAY_BE),
	R(PMOVSSET_EL0,	3, 3, 9, 14, 3,	.mask = 2, .clear = R_PMOVSCLR, .when = PMU_, MAY_BE),
	R(PMSELR_EL0,	3, 3, 9, 12, 5,	.mask = 3, .when = PMU_, MAY_BE),
	R(PMUSERENR_EL0, 3, 3, 9, 14, 0, .mask = 15, .when = PMU_, MAY_BE),
	R(PMCCFILTR_EL0, 3, 3, 14, 15, 7, .mask = TYPE_U, .when = PMU_, MAY_BE),
	C(0), C(1), C(2),
	R(ICC_PMR_EL1,	3, 0, 4, 6, 0,	.mask = 0xf8, .when = GICV3),
	R(ICC_BPR0_EL1,	3, 0, 12, 8, 3,	.mask = 7, .when = GICV3, MAY_BE),
	R(ICC_BPR1_EL1,	3, 0, 12, 12, 3, .mask = 7, .when = GICV3, MAY_BE),
	R(ICC_CTLR_EL1,	3, 0, 12, 12, 4, .mask = 2, .when = GICV3, MAY_BE),
	R(ICC_IGRPEN0_EL1, 3, 0, 12, 12, 6, .mask = 1, .when = GICV3, MAY_BE),
	R(ICC_IGRPEN1_EL1, 3, 0, 12, 12, 7, .mask = 1, .when = GICV3, MAY_BE),
	/* Last, for from here on the guest has neither vectors nor its own pointer. */
	R(VBAR_EL1,	3, 0, 12, 0, 0,	.mask = 0x00fffffffffff800),
	R(TPIDR_EL1,	3, 0, 13, 0, 4),
};

#define NR	ARRAY_SIZE(rows)
#define CODE_SIZE	(3 * NR * 8)
_Static_assert(CODE_SIZE <= SZ_64K, "code");

static struct state {
	u64 regs[NR];
	u64 gprs[32];			/* NZCV is the last */
	struct pauth_codes codes;
	u8 tags[NR_TAGS];
	struct fp_regs fp;
	struct sve_regs sve;
} want, got;

_Static_assert(sizeof(struct state) % 8 == 0, "checksum");

static u64 features;			/* the VM's, by the host's word */
static u64 orig[NR], bytes, cycles;
static bool there[NR];
static u64 watched[2];
static struct ucall uc;

/* ---- the guest ---------------------------------------------------------------------------------- */

/* A store of x1 to x0 with known values in all other registers; what is there afterwards goes to x3. */
void gprs_across(u64 io, struct ucall *call, u64 seed, u64 *out);
asm(
"	.text\n"
"	.globl	gprs_across\n"
"gprs_across:\n"
"	stp	x29, x30, [sp, #-368]!\n"
"	stp	x19, x20, [sp, #272]\n"
"	stp	x21, x22, [sp, #288]\n"
"	stp	x23, x24, [sp, #304]\n"
"	stp	x25, x26, [sp, #320]\n"
"	stp	x27, x28, [sp, #336]\n"
"	.irp	n, 4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n"
"	add	x\\n, x2, #\\n\n"
"	.endr\n"
"	msr	nzcv, x2\n"
"	str	x1, [x0]\n"
"	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n"
"	str	x\\n, [x3, #8 * \\n]\n"
"	.endr\n"
"	mrs	x0, nzcv\n"
"	str	x0, [x3, #248]\n"
"	ldp	x19, x20, [sp, #272]\n"
"	ldp	x21, x22, [sp, #288]\n"
"	ldp	x23, x24, [sp, #304]\n"
"	ldp	x25, x26, [sp, #320]\n"
"	ldp	x27, x28, [sp, #336]\n"
"	ldp	x29, x30, [sp], #368\n"
"	ret\n");

static u64 mrs(u32 i)
{
	return ((u64 (*)(void))(EXTRA_BASE + i * 24))();
}

static void msr(u32 i, u64 v)
{
	((void (*)(u64))(EXTRA_BASE + i * 24 + 8))(v);
}

static void msr_clear(u32 i, u64 v)
{
	((void (*)(u64))(EXTRA_BASE + i * 24 + 16))(v);
}

static u64 hash(u64 v)
{
	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9UL;
	v = (v ^ v >> 27) * 0x94d049bb133111ebUL;
	return v ^ v >> 31;
}

static u64 checksum(const struct state *s)
{
	const u64 *word = (const u64 *)s;
	u64 sum = 0, i;

	for (i = 0; i < sizeof(*s) / 8; i++)
		sum = ((sum << 7 | sum >> 57) ^ word[i]) * 0x9e3779b97f4a7c15UL;
	return sum;
}

static bool is_there(const struct row *r)
{
	u64 dfr0 = read_sysreg(id_aa64dfr0_el1), pfr0 = read_sysreg(id_aa64pfr0_el1);

	switch (r->when) {
	case ANY:
		return true;
	case BRP:
		return r->n <= (dfr0 >> 12 & 0xf);
	case WRP:
		return r->n <= (dfr0 >> 20 & 0xf);
	case RAS:
		return pfr0 >> 28 & 0xf;
	case DIT:
		return pfr0 >> 48 & 0xf;
	case SSBS:
		return (read_sysreg(id_aa64pfr1_el1) >> 4 & 0xf) >= 2;
	case PAN:
		return read_sysreg(id_aa64mmfr1_el1) >> 20 & 0xf;
	case TCR2:
		return read_sysreg(s3_0_c0_c7_3) & 0xf;
	case SCTLR2:
		return read_sysreg(s3_0_c0_c7_3) & 0xf0;
	case PIE:
		return read_sysreg(s3_0_c0_c7_3) & 0xf00;
	case FPMR:
		return read_sysreg(s3_0_c0_c4_2) >> 32 & 0xf;
	case UAO:
		return read_sysreg(s3_0_c0_c7_2) >> 4 & 0xf;
	}
	return features & r->when;
}

/* All of it in use; what the rows leave as it is. */
static void set_up(u64 me)
{
	u64 i;

	bytes = features & SVE ? guest_sve_on() : 0;
	if (features & TAGS)
		guest_tags_on(0);
	if (features & PAUTH)
		write_sysreg(read_sysreg(sctlr_el1) | SCTLR_PAUTH, sctlr_el1);
	if (features & PMU_)
		pmu_cycles_on(0);
	write_sysreg(0, oslar_el1);
	write_sysreg((u64)&watched[me], dbgwvr0_el1);
	write_sysreg(0x1fff, dbgwcr0_el1);
	write_sysreg(MDSCR_ON, mdscr_el1);
	isb();
	for (i = 0; i < NR; i++) {
		there[i] = is_there(&rows[i]);
		if (there[i])
			orig[i] = mrs(i);
	}
	asm volatile("msr daifclr, #8");
}

static void collect(void)
{
	u64 i;

	for (i = 0; i < NR; i++)
		got.regs[i] = there[i] ? mrs(i) & ~(u64)rows[i].ignore : 0;
	if (features & SVE)
		sve_store(&got.sve);
	else
		fp_store(&got.fp);
	/* rows of their own */
	got.fp.fpsr = 0;
	got.fp.fpcr = 0;
	if (features & PAUTH)
		pauth_codes(POINTER, want.gprs[2], &got.codes);
	for (i = 0; features & TAGS && i < NR_TAGS; i++)
		got.tags[i] = tag_load(TAGS_AT + i * TAGS_GRANULE);
}

/*
 * What is wanted is read back right behind its own write, if at all: others of the list trap, and what such an exit
 * loses would be wanted like that.
 */
static void fill(u64 seed)
{
	u64 i, mask;

	if (features & SVE) {
		sve_fill(&want.sve, bytes, seed);
		sve_load(&want.sve);
	} else {
		fp_fill(&want.fp, seed);
		fp_load(&want.fp);
		want.fp.fpsr = 0;
		want.fp.fpcr = 0;
	}
	for (i = 0; features & TAGS && i < NR_TAGS; i++) {
		want.tags[i] = hash(seed + i) & 0xf;
		tag_store(TAGS_AT + i * TAGS_GRANULE, want.tags[i]);
	}
	for (i = 0; i < NR; i++) {
		if (!there[i])
			continue;
		mask = rows[i].keep ? 0 : rows[i].mask ?: ~0UL;
		if (rows[i].clear)
			msr_clear(i, mask);
		msr(i, (orig[i] & ~mask) | (hash(seed ^ i << 32) & mask) | rows[i].set);
		isb();
		want.regs[i] = mrs(i) & ~(u64)rows[i].ignore;
		if (rows[i].when == PAUTH)
			pauth_codes(POINTER, seed, &want.codes);
	}
	want.gprs[0] = UCALL_IPA;
	want.gprs[1] = (u64)&uc;
	want.gprs[2] = seed;
	want.gprs[3] = (u64)got.gprs;
	for (i = 4; i < 31; i++)
		want.gprs[i] = seed + i;
	want.gprs[31] = seed & 0xf0000000;
}

/* Exits that are answered at EL2, in the host's kernel, and by user space; time for the host's interrupts. */
static void exit_somehow(u64 n)
{
	if (n % 3 == 0)
		asm volatile("mov w0, #0x80000000\n\thvc #0" ::: "x0", "x1", "x2", "x3");
	if (n % 5 == 0)
		asm volatile("mov w0, #0x80000000\n\tsmc #0" ::: "x0", "x1", "x2", "x3");
	if (n % 4 == 0)
		readl(MMIO_IPA);
	if (n % 7 == 0)
		asm volatile("wfe");
	if (n % 11 == 0)
		asm volatile("mrs x0, actlr_el1" ::: "x0");
	if (n % 8 == 0)
		pmu_spin(200000);
}

static void compare(void)
{
	u64 i, *w = (u64 *)&want, *g = (u64 *)&got;

	for (i = 0; i < NR; i++)
		if (want.regs[i] != got.regs[i])
			guest_abort(__FILE__, __LINE__, rows[i].name, want.regs[i], got.regs[i]);
	for (i = 0; i < ARRAY_SIZE(want.gprs); i++)
		if (want.gprs[i] != got.gprs[i])
			guest_abort(__FILE__, __LINE__, "general register", i, got.gprs[i]);
	for (i = 0; i < PAUTH_KEYS; i++)
		if (want.codes.code[i] != got.codes.code[i])
			guest_abort(__FILE__, __LINE__, "code by key", i, got.codes.code[i]);
	for (i = 0; i < NR_TAGS; i++)
		if (want.tags[i] != got.tags[i])
			guest_abort(__FILE__, __LINE__, "tag", want.tags[i], got.tags[i]);
	for (i = 0; i < sizeof(want) / 8; i++)
		if (w[i] != g[i])
			guest_abort(__FILE__, __LINE__, "vector, word of struct state", i, g[i]);
}

/* What is in the CPU and not to be read: its own watchpoint works, the other's does not; cycles were counted here. */
static void in_hardware(u64 me)
{
	u64 now;

	fault_expect();
	READ_ONCE(watched[!me]);
	GUEST_ASSERT_EQ(0, fault_taken());
	fault_expect();
	READ_ONCE(watched[me]);
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ((u64)&watched[me], this_cpu()->far & ~(0xffUL << 56));
	if (!(features & PMU_))
		return;
	now = pm_read(pmccntr_el0);
	GUEST_ASSERT(now > cycles);
	cycles = now;
}

static void guest_all(u64 me)
{
	u64 round, before = 0, after = 0;

	set_up(me);
	for (round = 1;; round++) {
		fill(hash(round << 1 | me));
		uc.a[3] = after;
		before = checksum(&want);
		exit_somehow(round);
		uc.cmd = UCALL_SYNC;
		uc.a[0] = round;
		uc.a[1] = before;
		uc.a[2] = want.regs[0];
		gprs_across(UCALL_IPA, &uc, want.gprs[2], got.gprs);
		collect();
		write_sysreg((u64)guest_vectors, vbar_el1);
		write_sysreg(guest_cpu_gpa(0), tpidr_el1);
		isb();
		after = checksum(&got);
		if (before != after)
			compare();
		in_hardware(me);
	}
}

/* ---- the host ----------------------------------------------------------------------------------- */

static struct vm *vms[2];
static sem_t turn[2];
static u64 wanted, switches, runs[2], sums[2];
static int last = -1;
static volatile bool stop;
static u64 rounds_held;

static bool host_has(unsigned long type, u64 bits)
{
	return (getauxval(type) & bits) == bits;
}

/* What a thread of the host's has for itself beside its vectors. */
struct own {
	struct pauth_codes codes;
	char *mem;
	u64 tags, tpidr;
};

static void own_begin(struct own *own, u64 n)
{
	u64 i;

	pin_to_cpu(0);
	memset(own, 0, sizeof(*own));
	own->tpidr = read_sysreg(tpidr_el0);
	if (gv(vms[0], features) & PAUTH) {
		/* no function of the C library's: its return address may be signed */
		register u64 x0 asm("x0") = PR_PAC_RESET_ALL, x1 asm("x1") = 0, x2 asm("x2") = 0, x3 asm("x3") = 0,
			x4 asm("x4") = 0, x8 asm("x8") = SYS_prctl;

		asm volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x8) : "memory");
		pauth_codes(POINTER, n, &own->codes);
	}
	if (gv(vms[0], features) & TAGS) {
		own->tags = 1 << (1 + n) | 1 << (8 + n);
		tags_use(own->tags);
		own->mem = tags_mem(SZ_4K);
		for (i = 0; i < NR_TAGS; i++)
			tag_store((u64)own->mem + i * TAGS_GRANULE, hash(n << 32 | i) & 0xf);
	}
}

static void own_check(struct own *own, u64 n)
{
	struct pauth_codes now;
	u64 i, tag;

	if (own->tpidr != read_sysreg(tpidr_el0))
		die("thread %lu: TPIDR_EL0", n);
	if (gv(vms[0], features) & PAUTH) {
		pauth_codes(POINTER, n, &now);
		if (!pauth_same(&own->codes, &now))
			die("thread %lu: its keys have changed", n);
	}
	if (!own->tags)
		return;
	tag = tag_draw(0, 0);
	if (!(own->tags >> tag & 1))
		die("thread %lu: drew tag %lu of %lx", n, tag, own->tags);
	for (i = 0; i < NR_TAGS; i++)
		if (tag_load((u64)own->mem + i * TAGS_GRANULE) != (hash(n << 32 | i) & 0xf))
			die("thread %lu: tag of block %lu", n, i);
}

/* To the guest's next round; the ends in between are MMIO of exit_somehow(). */
static void one_round(struct vcpu *vcpu, u64 n)
{
	struct ucall call;
	int ret;

	do {
		ret = vcpu_run(vcpu, &call);
		if (fp_differs(vcpu->fp_in, vcpu->fp_out, FP_V_ONLY) >= 0)
			die("thread %lu: V register, word %d", n, fp_differs(vcpu->fp_in, vcpu->fp_out, FP_V_ONLY));
	} while (ret == UCALL_NONE && vcpu->run->exit_reason == KVM_EXIT_MMIO);
	if (ret != UCALL_SYNC || call.a[0] != ++runs[n]) {
		vcpu_dump(vcpu);
		die("guest %lu: run gave %d, round %lu of %lu", n, ret, call.a[0], runs[n]);
	}
	if (call.a[3] != sums[n])
		die("guest %lu: checksum %lx was %lx", n, call.a[3], sums[n]);
	sums[n] = call.a[1];
	if (sums[0] == sums[1])
		die("both guests have the same checksum");
}

static void *driver(void *arg)
{
	struct fp_regs in, out;
	u64 n = (u64)arg;
	struct vcpu *vcpu = vms[n]->vcpus[0];
	struct own own;

	own_begin(&own, n);
	vcpu->fp_in = &in;
	vcpu->fp_out = &out;
	for (;;) {
		sem_wait(&turn[n]);
		if (stop)
			break;
		fp_fill(&in, hash(n << 48 | switches));
		one_round(vcpu, n);
		own_check(&own, n);
		switches += last >= 0 && last != (int)n;
		last = n;
		stop = switches >= wanted;
		sem_post(&turn[!n]);
	}
	sem_post(&turn[!n]);
	return NULL;
}

/* A thread that makes no system call between filling and looking: only interrupts take the CPU from it. */
static void *busy(void *arg)
{
	u64 vl = gv(vms[0], features) & SVE ? prctl(PR_SVE_GET_VL) & PR_SVE_VL_LEN_MASK : 0, n = 0;
	static struct sve_regs in, out;
	struct fp_regs fp_in, fp_out;
	struct own own;

	own_begin(&own, 2);
	if (nice(5) < 0)
		die("nice");
	while (!stop) {
		if (vl) {
			sve_fill(&in, vl, n);
			sve_hold(&in, &out, 30000);
			if (sve_differs(&in, &out, vl) >= 0)
				die("the host's vector byte %d", sve_differs(&in, &out, vl));
		} else {
			fp_fill(&fp_in, n);
			fp_load(&fp_in);
			pmu_spin(30000);
			fp_store(&fp_out);
			if (fp_differs(&fp_in, &fp_out, FP_ALL) >= 0)
				die("the host's V register, word %d", fp_differs(&fp_in, &fp_out, FP_ALL));
		}
		own_check(&own, 2);
		rounds_held = ++n;
	}
	return NULL;
}

static u64 what_there_is(void)
{
	return (sve_offered() ? SVE : 0) | (pauth_offered() && host_has(AT_HWCAP, HWCAP_PAC) ? PAUTH : 0) |
	       (tags_offered() && tags_are_kept() ? TAGS : 0) | (pmu_offered() ? PMU_ : 0) |
	       (gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V3) ? GICV3 : 0);
}

static struct vm *create(u64 n, u64 has)
{
	struct vm *vm = has & TAGS ? vm_create_tags() : vm_create_guest();
	u32 *code = mem_add(vm, 1, 0, EXTRA_BASE, 2 * SZ_64K), i;
	u64 lengths[SVE_VLS_WORDS] = {};
	struct vcpu *vcpu;

	for (i = 0; i < NR; i++, code += 6) {
		code[0] = INSN_MRS_X0(rows[i].reg);
		code[2] = INSN_MSR_X0(rows[i].reg);
		code[4] = INSN_MSR_X0(rows[i].clear);
		code[1] = INSN_RET;
		code[3] = INSN_RET;
		code[5] = INSN_RET;
	}
	clean_to_memory(vm_hva(vm, EXTRA_BASE), CODE_SIZE);
	vm->features |= (has & SVE ? 1 << KVM_ARM_VCPU_SVE : 0) | (has & PAUTH ? PAUTH_FEATURES : 0) |
			(has & PMU_ ? PMU_FEATURE : 0);
	vcpu = guest_vcpu(vm, 0, guest_all, n);
	if (has & SVE) {
		/* the second has not the longest vectors */
		lengths[0] = sve_lengths();
		if (n && lengths[0] > 1)
			lengths[0] &= ~(1UL << (sve_longest(lengths[0]) - 1));
		if (sve_try_lengths(vcpu, lengths, true) || vcpu_finalize(vcpu, KVM_ARM_VCPU_SVE))
			die("SVE");
	}
	if (has & GICV3)
		gic_create(vm, 64);
	if (has & PMU_)
		pmu_init_all(vm);
	gv(vm, features) = has;
	return vm;
}

/* World switches to the host, as the device counts them: armvcpu's without what EL2 answered. */
static u64 exits(struct vm *vm)
{
	struct stats *s = stats_open(vm->vcpus[0]->fd);
	u64 n = stats_value(s, stats_find(s, "slow") >= 0 ? "slow" : "exits");

	stats_close(s);
	return n;
}

/* A register that is the same in both guests shows nothing. */
static void must_differ(struct __test_metadata *_metadata)
{
	u64 i;

	for (i = 0; i < NR; i++) {
		if (!gv(vms[0], there[i]))
			fprintf(stderr, "# not there: %s\n", rows[i].name);
		else if (!rows[i].may_be)
			EXPECT_NE(gv(vms[0], want.regs[i]), gv(vms[1], want.regs[i])) TH_LOG("%s", rows[i].name);
	}
}

static u64 wanted_switches(void)
{
	const char *number = getenv("STATE_SWITCHES");

	return number ? strtoul(number, NULL, 0) : 300;
}

TEST(two_guests_and_the_host)
{
	pthread_t threads[3];
	u64 has, n, seen;

	has = what_there_is();
	fprintf(stderr, "# in use: registers%s%s%s%s%s\n", has & SVE ? ", SVE" : ", FP", has & PAUTH ? ", PAuth" : "",
		has & TAGS ? ", MTE" : "", has & PMU_ ? ", PMU" : "", has & GICV3 ? ", GICv3" : "");
	wanted = wanted_switches();
	for (n = 0; n < 2; n++) {
		vms[n] = create(n, has);
		sem_init(&turn[n], 0, !n);
	}
	ASSERT_EQ(0, pthread_create(&threads[2], NULL, busy, NULL));
	for (n = 0; n < 2; n++) {
		ASSERT_EQ(0, pthread_create(&threads[n], NULL, driver, (void *)n));
	}
	for (n = 0; n < 3; n++)
		pthread_join(threads[n], NULL);
	seen = exits(vms[0]) + exits(vms[1]);
	fprintf(stderr, "# %lu switches between the guests, %lu exits to the host, %lu rounds of the host's thread\n",
		switches, seen, rounds_held);
	EXPECT_LE(wanted, switches);
	EXPECT_LE(switches, seen);
	EXPECT_LT(0, rounds_held);
	must_differ(_metadata);
	for (n = 0; n < 2; n++)
		vm_free(vms[n]);
}

static bool patience(void)
{
	unsigned int seconds = 85 + wanted_switches() / 8;

	harness_timeout(seconds);
	run_timeout(seconds - 5);
	return true;
}

SELFTEST_MAIN_IF(patience(), "")
