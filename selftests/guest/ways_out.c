// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Each way out of a guest passes what hardens it: traps that EL2 answers, traps for the host, interrupts,
 *            SErrors, of AArch64 and of AArch32 code. An SError that comes with a guest, or that a guest leaves, is
 *            the guest's; a corrected one is nobody's. An external abort of the walk that EL2 asks for ends no VM.
 * Reference: docs/silicon.md (speculation, SErrors); switch.S.
 * A failure: shows how often a vector was taken at least, and how often its counter says. The counters are there when
 *            the module is loaded with harden=count (selftests/host/harden.sh), SErrors with debug_faults=1 besides;
 *            otherwise the ways out are gone without counting.
 */
#include <stdio.h>

#include "harness.h"
#include "a32.h"
#include "stats.h"
#include "timer.h"

#define EL2_FILE	"/sys/kernel/debug/armvcpu/el2"
#define PROVOKE		"/sys/kernel/debug/armvcpu/provoke"

/* Counters: the guest's vectors from entry 8 on. */
enum { SYNC64, IRQ64, FIQ64, SERROR64, SYNC32, IRQ32, FIQ32, SERROR32, NR_WAYS };

#define FEAT_RAS	2		/* EL2_FEAT_RAS */
#define FN_VERSION	0x84000000
#define TIMES		200
#define PAGES		64
#define VA		0xc0000000ULL
#define SPSR_A32_EL0	0x1d0ULL	/* EL0, A32; A, I and F masked */
#define A32_SVC		0xef000000
#define VEC_SERROR	7		/* of EL1 with SP_EL1 */
#define VEC_A32_SYNC	12

/* Sums over all CPUs; false: nothing counts. */
static bool hits(u64 sum[NR_WAYS])
{
	FILE *file = fopen(EL2_FILE, "r");
	unsigned long long h[NR_WAYS];
	bool counting = false;
	char line[512], *p;
	int i;

	memset(sum, 0, NR_WAYS * sizeof(*sum));
	while (file && fgets(line, sizeof(line), file)) {
		p = strstr(line, " harden count:");
		if (!p || sscanf(p, " harden count:%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu", &h[0], &h[1], &h[2],
				 &h[3], &h[4], &h[5], &h[6], &h[7]) != NR_WAYS)
			continue;
		counting = true;
		for (i = 0; i < NR_WAYS; i++)
			sum[i] += h[i];
	}
	if (file)
		fclose(file);
	return counting;
}

/* Of any CPU that is ours; 0: not to be seen. */
static u64 el2_features(void)
{
	FILE *file = fopen(EL2_FILE, "r");
	unsigned long long features = 0;
	char line[512], *p;

	while (file && !features && fgets(line, sizeof(line), file)) {
		p = strstr(line, "taken phase");
		p = p ? strstr(p, " features ") : NULL;
		if (p)
			sscanf(p, " features %llx", &features);
	}
	if (file)
		fclose(file);
	return features;
}

/* The guest ends; it has left by each of these ways so often at least. */
#define run_and_count(vcpu, ...)	count_ways(vcpu_run_done(vcpu), __VA_ARGS__)

#define count_ways(run, ...) do {							\
	const u64 least_[NR_WAYS] = { __VA_ARGS__ };					\
	u64 before_[NR_WAYS], after_[NR_WAYS];						\
	bool counting_ = hits(before_);							\
	int i_;										\
											\
	run;										\
	hits(after_);									\
	for (i_ = 0; counting_ && i_ < NR_WAYS; i_++)					\
		EXPECT_GE(after_[i_] - before_[i_], least_[i_]);			\
} while (0)

static void guest_fast(u64 arg)
{
	struct smccc_res res;
	int i;

	for (i = 0; i < TIMES; i++)
		guest_hvc(FN_VERSION, 0, 0, 0, &res);
	GUEST_DONE();
}

/* Also where the fast path is off: then the host answers. */
TEST(calls)
{
	struct vm *vm = vm_create_guest();

	guest_vcpu(vm, 0, guest_fast, 0);
	run_and_count(vm->vcpus[0], TIMES);
	vm_free(vm);
}

/* ACTLR_EL1 is the host's to answer. */
static void trap_for_host(void)
{
	(void)read_sysreg(actlr_el1);
}

static void guest_traps(u64 arg)
{
	int i;

	for (i = 0; i < TIMES; i++)
		trap_for_host();
	GUEST_DONE();
}

TEST(traps_for_the_host)
{
	struct vm *vm = vm_create_guest();

	guest_vcpu(vm, 0, guest_traps, 0);
	run_and_count(vm->vcpus[0], TIMES);
	vm_free(vm);
}

/* Physical interrupts while it computes: the host's tick comes, if nothing else. */
static void guest_compute(u64 arg)
{
	delay_ms(500);
	GUEST_DONE();
}

TEST(interrupts)
{
	struct vm *vm = vm_create_guest();

	guest_vcpu(vm, 0, guest_compute, 0);
	run_and_count(vm->vcpus[0], 0, 5);
	vm_free(vm);
}

static u64 level2[512] __attribute__((aligned(4096)));
static u64 level3[512] __attribute__((aligned(4096)));

/* Below 4G for A32: a page of code, and behind it the rest of the slot as data. */
static void map_el0(void)
{
	int i;

	guest_pgd[VA >> 30] = (u64)level2 | 3;
	level2[0] = (u64)level3 | 3;
	level3[0] = EXTRA_BASE | 0x707 | 0xc0 | 1ULL << 53;		/* RO at both, PXN */
	for (i = 1; i < PAGES; i++)
		level3[i] = (EXTRA_BASE + i * SZ_4K) | 0x707 | 0x40 | 3ULL << 53;	/* RW at both, XN */
	asm volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}

static void write_a32(const u32 *code, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		writel(code[i], EXTRA_BASE + i * 4);
	asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" :: "r"(EXTRA_BASE) : "memory");
}

/* The code at EL0, with r1 = arg; it comes back by its SVC. */
static void run_a32(u64 arg)
{
	struct guest_cpu *cpu = this_cpu();

	fault_expect();
	WRITE_ONCE(cpu->expect_fault, 2);
	asm volatile(
	"	adr	x9, 1f\n"
	"	str	x9, [%1]\n"
	"	msr	elr_el1, %0\n"
	"	msr	spsr_el1, %2\n"
	"	mov	x1, %3\n"
	"	eret\n"
	"1:\n"
	:: "r"(VA), "r"(&cpu->resume_pc), "r"(SPSR_A32_EL0), "r"(arg)
	: "x0", "x1", "x9", "x13", "x14", "memory");
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(VEC_A32_SYNC, cpu->vector);
}

static void guest_a32(u64 arg)
{
	static const u32 store[] = { 0xe5810000, A32_SVC };		/* str r0, [r1] */
	static const u32 count[] = {
		0xe3a00801, 0xe2500001, 0x1afffffd, A32_SVC,		/* r0 from 0x10000 down to 0 */
	};
	u64 end;
	int i;

	map_el0();
	write_a32(store, ARRAY_SIZE(store));
	/* Each page is new to stage 2. */
	for (i = 1; i < PAGES; i++)
		run_a32(VA + i * SZ_4K);
	write_a32(count, ARRAY_SIZE(count));
	end = vcount() + ms_to_ticks(500);
	while (vcount() < end)
		run_a32(0);
	GUEST_DONE();
}

TEST(aarch32_code)
{
	struct vm *vm = vm_create_guest();

	mem_add(vm, 1, 0, EXTRA_BASE, PAGES * SZ_4K);
	guest_vcpu(vm, 0, guest_a32, 0);
	/* ID_AA64PFR0_EL1.EL0 */
	if ((reg_get(vm->vcpus[0], SR_AA64PFR0) & 15) != 2)
		SKIP(return, "the CPU has no AArch32 at EL0");
	/* By the same vectors: the level below EL2 is AArch64, whatever EL0 runs (DDI 0487, D1.3.1). */
	run_and_count(vm->vcpus[0], PAGES - 1, 1);
	vm_free(vm);
}

/* Those of a guest whose EL1 is AArch32: traps for the host, and interrupts while it computes. */
TEST(aarch32_el1)
{
	int dev = dev_open();
	bool has = check_cap(dev, KVM_CAP_ARM_EL1_32BIT);
	struct vm *vm;

	close(dev);
	if (!has)
		SKIP(return, "the CPU has no AArch32 at EL1");
	vm = a32_vm();
	/* r0 times ID_PFR0, then r2 down to 0 */
	a32_code(vm, CODE, MRC(15, 0, 1, 0, 1, 0), 0xe2500001, 0x1afffffc, 0xe2522001, 0x1afffffd, REPORT(DONE));
	a32_enter(vm->vcpus[0], CODE, PSR_AIF | MODE_SVC);
	reg_set(vm->vcpus[0], X_REG(0), TIMES);
	reg_set(vm->vcpus[0], X_REG(2), 0x4000000);
	count_ways(EXPECT_EQ(DONE, a32_run(vm->vcpus[0])), [SYNC32] = TIMES, [IRQ32] = 1);
	vm_free(vm);
}

/* ---- SErrors --------------------------------------------------------------------------------------- */

static bool provoke(const char *what)
{
	FILE *file = fopen(PROVOKE, "w");
	bool ok;

	if (!file)
		return false;
	fprintf(file, "%d %s", (int)getpid(), what);
	ok = !fclose(file);
	return ok;
}

/* Out to the host once, where an SError is provoked; it is taken as soon as PSTATE.A allows, at any instruction. */
static void guest_serror(u64 expected)
{
	int i;

	fault_expect();
	WRITE_ONCE(this_cpu()->resume_pc, (u64)&&taken);
	GUEST_SYNC(0);
	asm volatile("msr daifclr, #4" ::: "memory");
	/* What is left at one exit arrives with the next entry. */
	for (i = 0; i < 20; i++)
		trap_for_host();
	asm volatile("msr daifset, #4" ::: "memory");
	asm goto("nop" :::: taken);
	GUEST_ASSERT_EQ(0, expected);
taken:
	GUEST_ASSERT_EQ(expected, fault_taken());
	if (expected)
		GUEST_ASSERT_EQ(VEC_SERROR, this_cpu()->vector);
	GUEST_DONE();
}

#define run_serror(what, expected, way) do {						\
	struct vm *vm_ = vm_create_guest();						\
	struct ucall uc_;								\
											\
	guest_vcpu(vm_, 0, guest_serror, expected);					\
	ASSERT_EQ(UCALL_SYNC, vcpu_run(vm_->vcpus[0], &uc_));				\
	if (!provoke(what))								\
		SKIP(return, "the module is loaded without debug_faults=1");		\
	run_and_count(vm_->vcpus[0], 0, 0, 0, way);					\
	vm_free(vm_);									\
} while (0)

TEST(an_serror_that_was_left_is_the_guests)
{
	run_serror("serror", 1, 0);
}

/* Without RAS there is no syndrome that could say so. */
TEST(a_corrected_serror_is_nobodys)
{
	if (!(el2_features() & FEAT_RAS))
		SKIP(return, "the CPU has no RAS");
	run_serror("serror-corrected", 0, 0);
}

TEST(an_serror_that_comes_is_the_guests)
{
	run_serror("serror-run", 1, 1);
}

/* ---- EL2's own walks ------------------------------------------------------------------------------- */

#define READ_ONLY	(EXTRA_BASE + 0x100)
#define MY_PAR		0xff00000012345000ULL	/* bits that a translation has, of no page of the guest's */

static void guest_writes(u64 arg)
{
	GUEST_ASSERT_EQ(0, readq(READ_ONLY));
	GUEST_SYNC(0);
	write_sysreg(MY_PAR, par_el1);
	writeq(0x1234, READ_ONLY);
	GUEST_ASSERT_EQ(MY_PAR, read_sysreg(par_el1));
	writeq(0x5678, READ_ONLY + 8);
	GUEST_ASSERT_EQ(MY_PAR, read_sysreg(par_el1));
	GUEST_DONE();
}

static u64 finished_at_el2(struct vcpu *vcpu)
{
	struct stats *s = stats_open(vcpu->fd);
	u64 value = stats_value(s, "fast_mmio");

	stats_close(s);
	return value;
}

static bool writes(struct vcpu *vcpu, u64 addr, u64 data)
{
	if (kioctl(vcpu->fd, KVM_RUN, 0))
		die("KVM_RUN: %s", strerror(errno));
	return vcpu->run->exit_reason == KVM_EXIT_MMIO && vcpu->run->mmio.phys_addr == addr &&
	       !memcmp(vcpu->run->mmio.data, &data, sizeof(data));
}

/*
 * A store to memory that is read-only has EL2 ask the CPU where it was. The walk fails as if the guest's tables had
 * been in failing memory: the guest, none the worse, runs its store again, for which EL2 finished one exit more.
 * PAR_EL1 is the guest's behind this walk and that which finds the store.
 */
TEST(a_walk_that_fails_is_the_guests)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu;
	struct ucall uc;
	u64 before;

	mem_add(vm, 1, KVM_MEM_READONLY, EXTRA_BASE, SZ_2M);
	vcpu = guest_vcpu(vm, 0, guest_writes, 0);
	ASSERT_EQ(UCALL_SYNC, vcpu_run(vcpu, &uc));
	if (!provoke("walk"))
		SKIP(return, "the module is loaded without debug_faults=1");
	before = finished_at_el2(vcpu);
	EXPECT_TRUE(writes(vcpu, READ_ONLY, 0x1234));
	EXPECT_EQ(before + 1, finished_at_el2(vcpu));
	EXPECT_TRUE(writes(vcpu, READ_ONLY + 8, 0x5678));
	EXPECT_EQ(before + 1, finished_at_el2(vcpu));
	vcpu_run_done(vcpu);
	vm_free(vm);
}

SELFTEST_MAIN
