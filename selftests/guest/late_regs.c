// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     In a VM that is told of them TCR2_EL1, PIR_EL1, PIRE0_EL1, SCTLR2_EL1 and FPMR are 0 at first, keep
 *            what the guest writes over exits of all kinds, and do what they say: permissions by index change with
 *            PIR_EL1, at EL1 and at EL0. User space reads and writes them. In a VM that is not told, by the VMM's word
 *            or for want of such a CPU, each is undefined, at EL1 and (FPMR) at EL0; what user space has put there
 *            means nothing.
 * Reference: Arm ARM D8.4.2.1 (permission indirection), HCRX_EL2.TCR2En, SCTLR2En, EnFPM; kvm-abi-7.md part 4.2.
 * A failure: the guest's line with what was read; see el2/late.c, guest/late.c.
 */
#include "harness.h"
#include "el0.h"

#define ID_AA64PFR2	ARM64_SYS_REG(3, 0, 0, 4, 2)
#define ID_AA64MMFR3	ARM64_SYS_REG(3, 0, 0, 7, 3)
#define TCRX		0xfUL
#define SCTLRX		0xf0UL
#define S1PIE		0xf00UL
#define FPMR_FIELD	(0xfUL << 32)

#define TCR2_PIE	2UL
#define EVERYWHERE	0x1111111111111111UL	/* of one index, each of sixteen */
#define PERM_NONE	0UL
#define PERM_X		2UL
#define PERM_R		8UL
#define PERM_RX		10UL
#define PERM_RW		12UL
#define PERM_RWX	14UL

#define X_VA		0x3000000000ULL		/* a block of 2M by index 4, as PXN has it */
#define X_INDEX		4
#define DESC_INDEX_4	(1UL << 53)
#define EL0_INDEX	5		/* of el0_map()'s code: PXN and AP[1] */

enum reg { TCR2, PIRE0, PIR, SCTLR2, FPMR, NR_LATE };

static const u64 ids[NR_LATE] = {
	[TCR2] = ARM64_SYS_REG(3, 0, 2, 0, 3),
	[PIRE0] = ARM64_SYS_REG(3, 0, 10, 2, 2),
	[PIR] = ARM64_SYS_REG(3, 0, 10, 2, 3),
	[SCTLR2] = ARM64_SYS_REG(3, 0, 1, 0, 3),
	[FPMR] = ARM64_SYS_REG(3, 3, 4, 4, 2),
};

#define INSN_MRS_X0_FPMR	0xd53b4440
#define INSN_MSR_FPMR_X0	0xd51b4440

/* ---- the guest ---------------------------------------------------------------------------------- */

static u64 read_late(enum reg reg)
{
	switch (reg) {
	case TCR2:
		return read_sysreg(s3_0_c2_c0_3);
	case PIRE0:
		return read_sysreg(s3_0_c10_c2_2);
	case PIR:
		return read_sysreg(s3_0_c10_c2_3);
	case SCTLR2:
		return read_sysreg(s3_0_c1_c0_3);
	default:
		return read_sysreg(s3_3_c4_c4_2);
	}
}

static void write_late(enum reg reg, u64 value)
{
	switch (reg) {
	case TCR2:
		write_sysreg(value, s3_0_c2_c0_3);
		break;
	case PIRE0:
		write_sysreg(value, s3_0_c10_c2_2);
		break;
	case PIR:
		write_sysreg(value, s3_0_c10_c2_3);
		break;
	case SCTLR2:
		write_sysreg(value, s3_0_c1_c0_3);
		break;
	default:
		write_sysreg(value, s3_3_c4_c4_2);
	}
	isb();
}

/* By the registers' features, as the guest is told of them. */
static bool told_of(enum reg reg)
{
	u64 mmfr3 = read_sysreg(s3_0_c0_c7_3), pfr2 = read_sysreg(s3_0_c0_c4_2);

	switch (reg) {
	case TCR2:
		return mmfr3 & TCRX;
	case PIRE0:
	case PIR:
		return mmfr3 & S1PIE;
	case SCTLR2:
		return mmfr3 & SCTLRX;
	default:
		return pfr2 & FPMR_FIELD;
	}
}

static u64 level2[512] __attribute__((aligned(4096)));
static u8 page[4096] __attribute__((aligned(4096)));

/* What EL1 has by index 0, which the rest of the guest uses, is everything. */
static void indirect(u64 perm)
{
	write_late(PIR, (PERM_RWX * EVERYWHERE & ~(15UL << (4 * X_INDEX))) | perm << (4 * X_INDEX));
	write_late(TCR2, TCR2_PIE);
	asm volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}

static void map(void)
{
	u64 block = (u64)page & ~(SZ_2M - 1);

	guest_pgd[X_VA >> 30] = (u64)level2 | 3;
	level2[0] = block | 0x705 | DESC_INDEX_4;
	asm volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}

/* Exits that are answered at EL2, in the host's kernel, and by user space; and FP, which is moved besides. */
static void exit_somehow(u64 n)
{
	if (n % 2 == 0)
		asm volatile("mov w0, #0x80000000\n\thvc #0" ::: "x0", "x1", "x2", "x3");
	if (n % 3 == 0)
		readl(MMIO_IPA);
	if (n % 5 == 0)
		asm volatile("mrs x0, actlr_el1" ::: "x0");
	GUEST_SYNC(n);
}

static u64 writes_fault(u64 perm)
{
	volatile u8 *p = (u8 *)(X_VA + ((u64)page & (SZ_2M - 1)));
	u64 faults;

	indirect(perm);
	exit_somehow(perm);
	GUEST_ASSERT_EQ(0x55, *p);
	fault_expect();
	*p = 0x55;
	faults = fault_taken();
	if (faults)
		GUEST_ASSERT_EQ(EC_DABT_CUR, ESR_EC(this_cpu()->esr));
	return faults;
}

static void guest_indirect(u64 arg)
{
	u64 i;

	page[0] = 0x55;
	map();
	for (i = 0; i < 4; i++) {
		GUEST_ASSERT_EQ(1, writes_fault(PERM_R));
		GUEST_ASSERT_EQ(0, writes_fault(PERM_RW));
	}
	/* EL0: RX everywhere; then nothing at all */
	el0_map();
	write_late(PIRE0, PERM_RX * EVERYWHERE);
	asm volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	el0_run(0xd503201f, 0, 0x3c0);
	GUEST_ASSERT_EQ(EC_SVC, ESR_EC(this_cpu()->esr));
	write_late(PIRE0, 0);
	asm volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	el0_run(0xd503201f, 0, 0x3c0);
	GUEST_ASSERT_EQ(0x20, ESR_EC(this_cpu()->esr));
	write_late(TCR2, 0);
	asm volatile("tlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	GUEST_DONE();
}

/*
 * Code that EL0 can only execute, and EL1, at this address, not even read. It was written by another address, so that
 * stage 2 has the page, not to be executed as long as nobody did (unless CTR_EL0.DIC says that it may): the CPU does
 * not tell where the fetch faulted, and a walk as of EL1 is refused.
 */
static void guest_execute_only(u64 arg)
{
	el0_map();
	write_late(PIRE0, PERM_X << (4 * EL0_INDEX));
	write_late(PIR, (PERM_RWX * EVERYWHERE & ~(15UL << (4 * EL0_INDEX))) | PERM_NONE << (4 * EL0_INDEX));
	write_late(TCR2, TCR2_PIE);
	asm volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	el0_run(0xd503201f, 0, 0x3c0);
	GUEST_ASSERT_EQ(EC_SVC, ESR_EC(this_cpu()->esr));
	write_late(TCR2, 0);
	asm volatile("tlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	GUEST_DONE();
}

/* FPMR is touched before any other FP register. What bits there are is the CPU's choice. */
static void guest_keeps(u64 arg)
{
	u64 want[NR_LATE], n, i;

	for (i = 0; i < NR_LATE; i++) {
		if (told_of(i))
			GUEST_ASSERT_EQ(0, read_late(i));
	}
	for (n = 0; n < 30; n++) {
		for (i = 0; i < NR_LATE; i++) {
			if (!told_of(i))
				continue;
			/* of TCR2_EL1 not PIE, nor other tables'; of SCTLR2_EL1 what is not for EL1's loads */
			write_late(i, i == TCR2 ? (n & 1) << 4 : i == SCTLR2 ? n & 0x1e :
				      (n + 1) * 0x9e3779b97f4a7c15UL);
			want[i] = read_late(i);
		}
		exit_somehow(n);
		for (i = 0; i < NR_LATE; i++)
			if (told_of(i))
				GUEST_ASSERT_EQ(want[i], read_late(i));
	}
	GUEST_SYNC_ARGS(100, told_of(PIR) ? want[PIR] : 0, told_of(FPMR) ? want[FPMR] : 0, 0);
	GUEST_DONE();
}

/* arg: what PIRE0_EL1 was set to; and user space has set FPMR to what it can be */
static void guest_restored(u64 arg)
{
	u64 fpmr;

	if (told_of(PIRE0))
		GUEST_ASSERT_EQ(arg, read_late(PIRE0));
	if (told_of(FPMR)) {
		fpmr = read_late(FPMR);
		write_late(FPMR, arg);
		GUEST_ASSERT_EQ(read_late(FPMR), fpmr);
	}
	GUEST_DONE();
}

/* A CPU that has FPMR asks SCTLR_EL1.EnFPM first. */
static bool undefined_at_el0(void)
{
	u64 ec = ESR_EC(this_cpu()->esr);

	return ec == EC_UNKNOWN || ec == EC_SYSREG;
}

/* Each that the guest is not told of is undefined. arg: so many at least */
static void guest_has_none(u64 arg)
{
	u64 i, undef = 0, tried = 0;

	el0_map();
	for (i = 0; i < NR_LATE; i++) {
		if (told_of(i))
			continue;
		tried++;
		fault_expect();
		read_late(i);
		undef += fault_taken();
		fault_expect();
		write_late(i, 0);
		undef += fault_taken();
	}
	GUEST_ASSERT(tried >= arg);
	GUEST_ASSERT_EQ(2 * tried, undef);
	if (!told_of(FPMR)) {
		el0_run(INSN_MRS_X0_FPMR, 0, 0x3c0);
		GUEST_ASSERT(undefined_at_el0());
		el0_run(INSN_MSR_FPMR_X0, 0, 0x3c0);
		GUEST_ASSERT(undefined_at_el0());
	}
	GUEST_DONE();
}

/* ---- the host ----------------------------------------------------------------------------------- */

FIXTURE(late_regs) {
	struct vm *vm;
	struct vcpu *vcpu;
	u64 mmfr3, pfr2;
};

FIXTURE_SETUP(late_regs)
{
	self->vm = vm_create_guest();
	el0_add_memory(self->vm);
	self->vcpu = guest_vcpu(self->vm, 0, guest_keeps, 0);
	self->mmfr3 = reg_get(self->vcpu, ID_AA64MMFR3);
	self->pfr2 = reg_get(self->vcpu, ID_AA64PFR2);
}

FIXTURE_TEARDOWN(late_regs)
{
	vm_free(self->vm);
}

/* To the end, over the guest's stops and MMIO; the last stop's values. */
static struct ucall run(struct vcpu *vcpu)
{
	struct ucall call = {}, last = {};
	int ret;

	for (;;) {
		ret = vcpu_run(vcpu, &call);
		if (ret == UCALL_DONE)
			return last;
		if (ret == UCALL_SYNC)
			last = call;
		else if (ret != UCALL_NONE || vcpu->run->exit_reason != KVM_EXIT_MMIO)
			die("KVM_RUN gave %d", ret);
	}
}

TEST_F(late_regs, kept)
{
	struct ucall last;

	fprintf(stderr, "# ID_AA64MMFR3 %lx, ID_AA64PFR2 %lx\n", self->mmfr3, self->pfr2);
	if (!self->mmfr3 && !self->pfr2)
		SKIP(return, "this CPU has none of them");
	last = run(self->vcpu);
	EXPECT_EQ(100, last.a[0]);
	if (self->mmfr3 & S1PIE)
		EXPECT_EQ(last.a[1], reg_get(self->vcpu, ids[PIR]));
	if (self->pfr2 & FPMR_FIELD)
		EXPECT_EQ(last.a[2], reg_get(self->vcpu, ids[FPMR]));
}

TEST_F(late_regs, indirect)
{
	if (!(self->mmfr3 & S1PIE))
		SKIP(return, "this CPU has no permission indirection");
	guest_set_entry(self->vcpu, guest_indirect, 0);
	run(self->vcpu);
}

TEST_F(late_regs, execute_only)
{
	u64 ctr = reg_get(self->vcpu, ARM64_SYS_REG(3, 3, 0, 0, 1));

	if (!(self->mmfr3 & S1PIE))
		SKIP(return, "this CPU has no permission indirection");
	fprintf(stderr, "# CTR_EL0.DIC is %lu\n", ctr >> 29 & 1);
	guest_set_entry(self->vcpu, guest_execute_only, 0);
	run(self->vcpu);
}

TEST_F(late_regs, restored)
{
	const u64 value = 0x123456789abcdef0;

	reg_set(self->vcpu, ids[PIRE0], value);
	EXPECT_EQ(value, reg_get(self->vcpu, ids[PIRE0]));
	if (self->pfr2 & FPMR_FIELD)
		reg_set(self->vcpu, ids[FPMR], value);
	guest_set_entry(self->vcpu, guest_restored, value);
	run(self->vcpu);
	EXPECT_EQ(value, reg_get(self->vcpu, ids[PIRE0]));
}

/* There are none, or none is told of. What KVM of 6.12 lists all the same is kept, and without effect. */
TEST_F(late_regs, hidden)
{
	u64 value;

	reg_set(self->vcpu, ids[TCR2], TCR2_PIE);
	reg_set(self->vcpu, ID_AA64MMFR3, self->mmfr3 & ~(TCRX | SCTLRX | S1PIE));
	reg_set(self->vcpu, ID_AA64PFR2, self->pfr2 & ~FPMR_FIELD);
	EXPECT_EQ(-ENOENT, reg_try_get(self->vcpu, ids[SCTLR2], &value));
	EXPECT_EQ(-ENOENT, reg_try_get(self->vcpu, ids[FPMR], &value));
	guest_set_entry(self->vcpu, guest_has_none, 5);
	run(self->vcpu);
	EXPECT_EQ(TCR2_PIE, reg_get(self->vcpu, ids[TCR2]));
}

/* One of them: indirection without its switch, and the other way round. */
TEST_F(late_regs, hidden_each)
{
	if (!(self->mmfr3 & S1PIE))
		SKIP(return, "this CPU has no permission indirection");
	reg_set(self->vcpu, ID_AA64MMFR3, self->mmfr3 & ~S1PIE);
	guest_set_entry(self->vcpu, guest_has_none, 2);
	run(self->vcpu);
}

SELFTEST_MAIN
