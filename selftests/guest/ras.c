// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A guest has RAS where the host has it: a virtual SError brings its syndrome, an ESB defers one that is
 *            masked, DISR_EL1 is each vCPU's own, there are no error records. A VM without it has none of their
 *            registers.
 *            A pending SError moves to another VM, and so does a deferred one.
 * Reference: Arm ARM D1.3.5, DISR_EL1, ERRIDR_EL1, VSESR_EL2; kvm-abi-7.md parts 4.4 and 10.
 * A failure: shows the register's value, or what came instead of the exception.
 */
#include "harness.h"

#define DISR_EL1	S3_0_C12_C1_1
#define SR_DISR		ARM64_SYS_REG(3, 0, 12, 1, 1)
#define DISR_A		(1UL << 31)
#define ISS		0x11d1edUL	/* IDS clear, bits all over */
#define ISS_IDS		0x1000000UL
#define ISR_A		(1UL << 8)
#define VEC_SERROR	7
#define EC_SERR		0x2f
#define esb()		asm volatile("hint #16" ::: "memory")
#define raw_read(name)	raw_read_(name)
#define raw_read_(name)	read_sysreg(name)

FIXTURE(ras) {
	struct vm *vm;
};

FIXTURE_SETUP(ras)
{
	self->vm = vm_create_guest();
	if (!check_cap(self->vm->fd, KVM_CAP_ARM_INJECT_SERROR_ESR))
		SKIP(_exit(255), "the host's CPUs have no RAS");
}

FIXTURE_TEARDOWN(ras)
{
	vm_free(self->vm);
}

static void inject(struct vcpu *vcpu, u64 iss)
{
	struct kvm_vcpu_events ev = { .exception = { .serror_pending = 1, .serror_has_esr = 1, .serror_esr = iss } };

	if (kioctlp(vcpu->fd, KVM_SET_VCPU_EVENTS, &ev))
		die("SET_VCPU_EVENTS: %s", strerror(errno));
}

static struct kvm_vcpu_events events(struct vcpu *vcpu)
{
	struct kvm_vcpu_events ev;

	if (kioctlp(vcpu->fd, KVM_GET_VCPU_EVENTS, &ev))
		die("GET_VCPU_EVENTS: %s", strerror(errno));
	return ev;
}

/* ---- error records ----------------------------------------------------------------------------- */

/* With no records a CPU may leave all but ERRIDR_EL1 undefined itself (DDI 0487, ERXFR_EL1): they need not trap. */
#define TRY(name, undef, may) do {						\
	u64 v_ = 0, took_;							\
										\
	fault_expect();								\
	asm volatile("mrs %0, " name : "+r"(v_));				\
	took_ = fault_taken();							\
	GUEST_ASSERT(took_ == (undef) || ((may) && took_));			\
	GUEST_ASSERT_EQ(0, v_);							\
} while (0)

#define TRY_R(name, undef)	TRY(name, undef, true)
#define TRY_W(name, undef) do {							\
	TRY_R(name, undef);							\
	fault_expect();								\
	asm volatile("msr " name ", %0" :: "r"(~0UL));				\
	GUEST_ASSERT(fault_taken() >= (undef));					\
	TRY_R(name, undef);							\
} while (0)

/* arg: bit 0, no RAS; bit 1, not version 1.1 */
static void guest_records(u64 arg)
{
	u64 none = arg & 1, old = arg >> 1;

	TRY("S3_0_C5_C3_0", none, false);		/* ERRIDR_EL1 */
	TRY_W("S3_0_C5_C3_1", none);		/* ERRSELR_EL1 */
	TRY_R("S3_0_C5_C4_0", none);		/* ERXFR_EL1 */
	TRY_W("S3_0_C5_C4_1", none);		/* ERXCTLR_EL1 */
	TRY_W("S3_0_C5_C4_2", none);		/* ERXSTATUS_EL1 */
	TRY_W("S3_0_C5_C4_3", none);		/* ERXADDR_EL1 */
	TRY_W("S3_0_C5_C5_0", none);		/* ERXMISC0_EL1 */
	TRY_W("S3_0_C5_C5_1", none);
	TRY_W("S3_0_C5_C5_2", old);		/* ERXMISC2_EL1 */
	TRY_W("S3_0_C5_C5_3", old);
	TRY_R("S3_0_C5_C4_4", old);		/* ERXPFGF_EL1 */
	TRY_W("S3_0_C5_C4_5", old);
	TRY_W("S3_0_C5_C4_6", old);
	GUEST_DONE();
}

TEST_F(ras, there_are_no_records)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_records, 0);
	u64 level = reg_get(vcpu, SR_AA64PFR0) >> 28 & 15;
	u64 frac = reg_get(vcpu, ARM64_SYS_REG(3, 0, 0, 4, 1)) >> 12 & 15;

	ASSERT_NE(0, level);
	guest_set_entry(vcpu, guest_records, level > 1 || frac ? 0 : 2);
	vcpu_run_done(vcpu);
}

TEST_F(ras, without_it_nothing_is_there)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_records, 3);
	u64 pfr0 = reg_get(vcpu, SR_AA64PFR0) & ~(0xfUL << 28);
	u64 pfr1 = reg_get(vcpu, ARM64_SYS_REG(3, 0, 0, 4, 1)) & ~(0xfUL << 12);

	reg_set(vcpu, SR_AA64PFR0, pfr0);
	reg_set(vcpu, ARM64_SYS_REG(3, 0, 0, 4, 1), pfr1);
	vcpu_run_done(vcpu);
}

/* ---- DISR_EL1 ------------------------------------------------------------------------------------ */

static void guest_own_disr(u64 arg)
{
	int i;

	GUEST_ASSERT_EQ(0, raw_read(DISR_EL1));
	for (i = 0; i < 8; i++) {
		write_sysreg(arg + i, S3_0_C12_C1_1);
		GUEST_SYNC(i);
		GUEST_ASSERT_EQ(arg + i, raw_read(DISR_EL1));
	}
	write_sysreg(0x5a5a, S3_0_C12_C1_1);
	GUEST_SYNC(i);
	GUEST_ASSERT_EQ(0x123456, raw_read(DISR_EL1));
	GUEST_DONE();
}

/* Hostile: what one leaves there the next one must not see, and not miss. */
TEST_F(ras, disr_is_each_vcpus_own)
{
	struct vcpu *a = guest_vcpu(self->vm, 0, guest_own_disr, 0x100);
	struct vm *other = vm_create_guest();
	struct vcpu *b = guest_vcpu(other, 0, guest_own_disr, 0x80000200);
	u64 i;

	for (i = 0; i < 8; i++) {
		vcpu_run_sync(a, i);
		EXPECT_EQ(0x100 + i, reg_get(a, SR_DISR));
		vcpu_run_sync(b, i);
		EXPECT_EQ(0x80000200 + i, reg_get(b, SR_DISR));
	}
	vcpu_run_sync(a, i);
	vcpu_run_sync(b, i);
	EXPECT_EQ(0x5a5a, reg_get(a, SR_DISR));
	reg_set(a, SR_DISR, 0x123456);
	reg_set(b, SR_DISR, 0x123456);
	vcpu_run_done(a);
	vcpu_run_done(b);
	/* and a reset forgets it */
	reg_set(a, SR_DISR, 1);
	ASSERT_EQ(0, vcpu_init(a, self->vm->features));
	EXPECT_EQ(0, reg_get(a, SR_DISR));
	vm_free(other);
}

/* ---- SErrors --------------------------------------------------------------------------------------- */

static void take_serror(u64 iss)
{
	fault_expect();
	WRITE_ONCE(this_cpu()->resume_pc, (u64)&&taken);
	asm volatile("msr daifclr, #4\n\tisb" ::: "memory");
	asm goto("nop" :::: taken);
	GUEST_ASSERT(0);
taken:
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(VEC_SERROR, this_cpu()->vector);
	GUEST_ASSERT_EQ(EC_SERR, ESR_EC(this_cpu()->esr));
	GUEST_ASSERT_EQ(iss, this_cpu()->esr & 0x1ffffff);
}

static void guest_masked(u64 iss)
{
	GUEST_SYNC(0);
	GUEST_ASSERT_EQ(ISR_A, read_sysreg(isr_el1) & ISR_A);
	/* more entries with it pending */
	GUEST_SYNC(1);
	GUEST_SYNC(2);
	take_serror(iss);
	GUEST_ASSERT_EQ(0, read_sysreg(isr_el1) & ISR_A);
	GUEST_DONE();
}

static void two_with_syndromes(struct __test_metadata *_metadata, struct vm *vm, u64 iss, u64 other_iss)
{
	struct vcpu *a = guest_vcpu(vm, 0, guest_masked, iss);
	struct vm *other = vm_create_guest();
	struct vcpu *b = guest_vcpu(other, 0, guest_masked, other_iss);
	struct kvm_vcpu_events ev;
	int i;

	vcpu_run_sync(a, 0);
	vcpu_run_sync(b, 0);
	inject(a, iss);
	inject(b, other_iss);
	for (i = 1; i < 3; i++) {
		vcpu_run_sync(a, i);
		vcpu_run_sync(b, i);
		ev = events(a);
		EXPECT_EQ(1, ev.exception.serror_pending);
		EXPECT_EQ(1, ev.exception.serror_has_esr);
		EXPECT_EQ(iss, ev.exception.serror_esr);
		EXPECT_EQ(other_iss, events(b).exception.serror_esr);
	}
	vcpu_run_done(a);
	vcpu_run_done(b);
	ev = events(a);
	EXPECT_EQ(0, ev.exception.serror_pending);
	EXPECT_EQ(0, ev.exception.serror_esr);
	vm_free(other);
}

TEST_F(ras, an_serror_brings_its_syndrome)
{
	two_with_syndromes(_metadata, self->vm, ISS, ISS_IDS | 0x77);
}

TEST_F(ras, also_an_empty_or_a_full_one)
{
	two_with_syndromes(_metadata, self->vm, 0, 0x1ffffff);
}

static void guest_unmasked(u64 iss)
{
	fault_expect();
	WRITE_ONCE(this_cpu()->resume_pc, (u64)&&taken);
	asm volatile("msr daifclr, #4" ::: "memory");
	GUEST_SYNC(0);
	asm goto("nop" :::: taken);
	GUEST_ASSERT(0);
taken:
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(VEC_SERROR, this_cpu()->vector);
	GUEST_ASSERT_EQ(iss, this_cpu()->esr & 0x1ffffff);
	GUEST_DONE();
}

TEST_F(ras, an_open_serror_is_taken_at_once)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_unmasked, ISS);

	vcpu_run_sync(vcpu, 0);
	ASSERT_EQ(-EINTR, vcpu_complete(vcpu));
	inject(vcpu, ISS);
	EXPECT_EQ(0, events(vcpu).exception.serror_pending);
	EXPECT_EQ((u64)EC_SERR << 26 | 1 << 25 | ISS, reg_get(vcpu, ARM64_SYS_REG(3, 0, 5, 2, 0)));
	vcpu_run_done(vcpu);
}

/* The store that user space has carried out is not carried out again. */
TEST_F(ras, or_behind_the_access_that_is_answered)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_unmasked, ISS);

	vcpu_run_sync(vcpu, 0);
	inject(vcpu, ISS);
	EXPECT_EQ(1, events(vcpu).exception.serror_pending);
	vcpu_run_done(vcpu);
	EXPECT_EQ(0, events(vcpu).exception.serror_pending);
}

/* ---- ESB --------------------------------------------------------------------------------------------- */

static void guest_defers(u64 iss)
{
	GUEST_SYNC(0);
	GUEST_ASSERT_EQ(ISR_A, read_sysreg(isr_el1) & ISR_A);
	GUEST_ASSERT_EQ(0, raw_read(DISR_EL1));
	esb();
	GUEST_ASSERT_EQ(0, read_sysreg(isr_el1) & ISR_A);
	GUEST_ASSERT_EQ(DISR_A | iss, raw_read(DISR_EL1));
	GUEST_SYNC(1);
	GUEST_ASSERT_EQ(DISR_A | iss, raw_read(DISR_EL1));
	/* it does not come any more */
	fault_expect();
	asm volatile("msr daifclr, #4\n\tisb\n\tmsr daifset, #4" ::: "memory");
	GUEST_ASSERT_EQ(0, fault_taken());
	/* none is pending: nothing changes */
	write_sysreg(0, S3_0_C12_C1_1);
	esb();
	GUEST_ASSERT_EQ(0, raw_read(DISR_EL1));
	GUEST_DONE();
}

TEST_F(ras, an_esb_defers_a_masked_serror)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_defers, ISS_IDS | ISS);

	vcpu_run_sync(vcpu, 0);
	inject(vcpu, ISS_IDS | ISS);
	vcpu_run_sync(vcpu, 1);
	EXPECT_EQ(0, events(vcpu).exception.serror_pending);
	EXPECT_EQ(DISR_A | ISS_IDS | ISS, reg_get(vcpu, SR_DISR));
	vcpu_run_done(vcpu);
	EXPECT_EQ(0, reg_get(vcpu, SR_DISR));
}

/* ---- to another VM -------------------------------------------------------------------------------------- */

static void guest_moves(u64 iss)
{
	esb();
	write_sysreg(0xabcd, S3_0_C12_C1_1);
	GUEST_SYNC(0);
	GUEST_ASSERT_EQ(0xabcd, raw_read(DISR_EL1));
	take_serror(iss);
	GUEST_DONE();
}

/* As a VMM does: events before or behind the registers; memory is a copy. */
static void move(struct __test_metadata *_metadata, struct vm *vm, bool events_first)
{
	struct vcpu *from = guest_vcpu(vm, 0, guest_moves, ISS), *to;
	struct vm *other = vm_create_guest();
	struct kvm_reg_list *list;
	struct kvm_vcpu_events ev;
	u64 i, value[4];

	vcpu_run_sync(from, 0);
	ASSERT_EQ(-EINTR, vcpu_complete(from));
	inject(from, ISS);
	ev = events(from);
	to = guest_vcpu(other, 0, guest_moves, ISS);
	memcpy(vm_hva(other, RAM_BASE), vm_hva(vm, RAM_BASE), RAM_SIZE);
	if (events_first)
		ASSERT_EQ(0, kioctlp(to->fd, KVM_SET_VCPU_EVENTS, &ev));
	list = reg_list(from);
	for (i = 0; i < list->n; i++) {
		if ((list->reg[i] & KVM_REG_ARM_COPROC_MASK) == KVM_REG_ARM_FW)
			continue;
		ASSERT_EQ(0, reg_try_get(from, list->reg[i], value));
		reg_try_set(to, list->reg[i], value);
	}
	if (!events_first)
		ASSERT_EQ(0, kioctlp(to->fd, KVM_SET_VCPU_EVENTS, &ev));
	ev = events(to);
	EXPECT_EQ(1, ev.exception.serror_pending);
	EXPECT_EQ(ISS, ev.exception.serror_esr);
	EXPECT_EQ(reg_get(from, PC_REG), reg_get(to, PC_REG));
	vcpu_run_done(to);
	vcpu_run_done(from);
	free(list);
	vm_free(other);
}

TEST_F(ras, a_pending_serror_moves_on)
{
	move(_metadata, self->vm, false);
}

TEST_F(ras, also_before_the_registers)
{
	move(_metadata, self->vm, true);
}

TEST_F(ras, a_reset_forgets_it)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_masked, ISS);

	vcpu_run_sync(vcpu, 0);
	inject(vcpu, ISS);
	ASSERT_EQ(0, vcpu_init(vcpu, self->vm->features));
	EXPECT_EQ(0, events(vcpu).exception.serror_pending);
	EXPECT_EQ(0, events(vcpu).exception.serror_esr);
}

/* ---- WFI -------------------------------------------------------------------------------------------------- */

static void guest_waits(u64 iss)
{
	GUEST_SYNC(0);
	/* Masked, it ends the wait all the same: it is over at once, and again. */
	wfi();
	wfi();
	take_serror(iss);
	GUEST_DONE();
}

TEST_F(ras, a_masked_serror_ends_a_wfi)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_waits, ISS);

	vcpu_run_sync(vcpu, 0);
	inject(vcpu, ISS);
	run_timeout(20);
	vcpu_run_done(vcpu);
}

SELFTEST_MAIN
