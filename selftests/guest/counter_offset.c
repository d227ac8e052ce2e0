// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A VM's counts lag behind the host's by what KVM_ARM_SET_COUNTER_OFFSET fixed, or by what ONE_REG made of
 *            either; at once on all vCPUs, and with the timers that compare with them, one that was armed before
 *            included, awake or asleep.
 * Reference: Documentation/virt/kvm/api.rst, 4.139; Arm ARM D12.1 (CNTPCT_EL0, CNTVCT_EL0), D12.2 (timers).
 * A failure: the guest's line with both values; a lost interrupt as a time-out.
 */
#include <pthread.h>

#include "harness.h"
#include "gic.h"
#include "timer.h"

static u64 fired, fired_early;

static u64 pcount(void)
{
	isb();
	return read_sysreg(cntpct_el0);
}

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id != INTID_PTIMER && id != INTID_VTIMER)
		return;
	if (id == INTID_PTIMER) {
		WRITE_ONCE(fired_early, fired_early + (pcount() < read_sysreg(cntp_cval_el0)));
		write_sysreg(0, cntp_ctl_el0);
	} else {
		WRITE_ONCE(fired_early, fired_early + (vcount() < read_sysreg(cntv_cval_el0)));
		write_sysreg(0, cntv_ctl_el0);
	}
	isb();
	WRITE_ONCE(fired, fired + 1);
	gic_eoi(id);
}

static void start_gic(void)
{
	guest_irq_handler = on_irq;
	gic_dist_init();
	gic_cpu_init();
	gic_set_prio(INTID_PTIMER, 0x80);
	gic_set_prio(INTID_VTIMER, 0x80);
	gic_enable(INTID_PTIMER);
	gic_enable(INTID_VTIMER);
	irq_enable();
}

/* Until the host says done, by X0: both counts, read one after the other. */
static void guest_tells(u64 arg)
{
	u64 p, v;

	for (;;) {
		p = pcount();
		v = vcount();
		GUEST_ASSERT(pcount() >= p);
		GUEST_SYNC_ARGS(0, p, v, 0);
	}
}

static int set_offset(struct vm *vm, u64 offset, u64 reserved)
{
	struct kvm_arm_counter_offset o = { offset, reserved };

	return kioctlp(vm->fd, KVM_ARM_SET_COUNTER_OFFSET, &o);
}

FIXTURE(offset) {
	struct vm *vm;
};

FIXTURE_SETUP(offset)
{
	self->vm = vm_create_guest();
}

FIXTURE_TEARDOWN(offset)
{
	vm_free(self->vm);
}

/* What the guest said lies between the host's counts before and after, less the lag. */
#define EXPECT_LAG(lag, vcpu, which) do {						\
	u64 before_ = vcount(), said_ = vcpu_run_sync(vcpu, 0).a[which];		\
	u64 after_ = vcount();								\
											\
	EXPECT_LE(before_ - (lag), said_);						\
	EXPECT_GE(after_ - (lag), said_);						\
} while (0)

TEST_F(offset, of_both_counts)
{
	static const u64 lags[] = { 1, 12345678, -(1ULL << 31) };
	struct vcpu *a = guest_vcpu(self->vm, 0, guest_tells, 0);
	struct vcpu *b = guest_vcpu(self->vm, 1, guest_tells, 0);
	unsigned int i;
	u64 count;

	gic_create(self->vm, 64);
	EXPECT_LE(1, kioctl(self->vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_COUNTER_OFFSET));
	/* both have run before */
	EXPECT_LAG(0, a, 1);
	EXPECT_LAG(0, b, 1);
	for (i = 0; i < ARRAY_SIZE(lags); i++) {
		ASSERT_EQ(0, set_offset(self->vm, lags[i], 0));
		EXPECT_LAG(lags[i], a, 1);
		EXPECT_LAG(lags[i], a, 2);
		EXPECT_LAG(lags[i], b, 1);
		EXPECT_LAG(lags[i], b, 2);
		count = reg_get(a, KVM_REG_ARM_PTIMER_CNT);
		EXPECT_GE(vcount() - lags[i], count);
		EXPECT_LE(count, reg_get(b, KVM_REG_ARM_TIMER_CNT));
		/* who restores all registers changes nothing any more */
		reg_set(a, KVM_REG_ARM_PTIMER_CNT, 1);
		reg_set(b, KVM_REG_ARM_TIMER_CNT, 1);
		EXPECT_LAG(lags[i], a, 1);
		EXPECT_LAG(lags[i], b, 2);
	}
	/* back to the host's, which needs no trap */
	ASSERT_EQ(0, set_offset(self->vm, 0, 0));
	EXPECT_LAG(0, a, 1);
	EXPECT_LAG(0, b, 2);
}

TEST_F(offset, by_one_reg_moves_either)
{
	struct vcpu *a = guest_vcpu(self->vm, 0, guest_tells, 0);
	struct vcpu *b = guest_vcpu(self->vm, 1, guest_tells, 0);
	u64 lag, now;

	gic_create(self->vm, 64);
	now = vcpu_run_sync(b, 0).a[1];
	/* forwards, backwards, and where it was */
	for (lag = 1; lag < 4; lag++) {
		now = lag == 2 ? 1000 : vcount() + (lag == 1) * (1ULL << 30);
		reg_set(a, KVM_REG_ARM_PTIMER_CNT, now);
		EXPECT_LE(now, vcpu_run_sync(a, 0).a[1]);
		EXPECT_LE(now, vcpu_run_sync(b, 0).a[1]);
		EXPECT_GT(now + (1ULL << 29), vcpu_run_sync(b, 0).a[1]);
		/* the virtual one is another matter: it began with the VM */
		EXPECT_GT(1ULL << 36, vcpu_run_sync(b, 0).a[2]);
	}
	reg_set(b, KVM_REG_ARM_TIMER_CNT, 1ULL << 40);
	EXPECT_LE(1ULL << 40, vcpu_run_sync(a, 0).a[2]);
	EXPECT_GT(1ULL << 39, vcpu_run_sync(a, 0).a[1]);
}

/* The same counts by the names of FEAT_ECV, which need no barrier; X1 is how many of the two reads were undefined. */
static void guest_tells_by_ecv(u64 arg)
{
	u64 p, v, faults;

	for (;;) {
		fault_expect();
		p = read_sysreg(S3_3_C14_C0_5);	/* CNTPCTSS_EL0 */
		v = read_sysreg(S3_3_C14_C0_6);	/* CNTVCTSS_EL0 */
		faults = fault_taken();
		GUEST_SYNC_ARGS(0, p, v, faults);
	}
}

#define ID_AA64MMFR0	ARM64_SYS_REG(3, 0, 0, 7, 0)
#define ECV(mmfr0)	((mmfr0) >> 60)

TEST_F(offset, by_the_names_of_ecv)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_tells_by_ecv, 0);
	static const u64 lags[] = { 0, 12345678, 0 };
	unsigned int i;

	gic_create(self->vm, 64);
	if (!ECV(reg_get(vcpu, ID_AA64MMFR0)))
		SKIP(return, "this CPU has no CNTPCTSS_EL0");
	for (i = 0; i < ARRAY_SIZE(lags); i++) {
		ASSERT_EQ(0, set_offset(self->vm, lags[i], 0));
		EXPECT_LAG(lags[i], vcpu, 1);
		EXPECT_LAG(lags[i], vcpu, 2);
		EXPECT_EQ(0, vcpu_run_sync(vcpu, 0).a[3]);
	}
}

/* A VM that is not told of it: without an offset the CPU answers, with one that would be a lie. */
TEST_F(offset, hidden_ecv)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_tells_by_ecv, 0);
	u64 mmfr0 = reg_get(vcpu, ID_AA64MMFR0);

	gic_create(self->vm, 64);
	ASSERT_EQ(0, set_offset(self->vm, 12345678, 0));
	if (ECV(mmfr0))
		reg_set(vcpu, ID_AA64MMFR0, mmfr0 & ~(15ULL << 60));
	EXPECT_EQ(ECV(mmfr0) ? 1 : 2, vcpu_run_sync(vcpu, 0).a[3]);
}

/* Both timers, armed by either view, awake and asleep. */
static void guest_timers(u64 arg)
{
	u64 i, cval;

	start_gic();
	for (i = 0; i < 8; i++) {
		u64 seen = READ_ONCE(fired);

		if (i & 1) {
			cval = pcount() + ms_to_ticks(5);
			write_sysreg(cval, cntp_cval_el0);
			GUEST_ASSERT_EQ(cval, read_sysreg(cntp_cval_el0));
		} else {
			write_sysreg(ms_to_ticks(5), cntp_tval_el0);
			GUEST_ASSERT((s32)read_sysreg(cntp_tval_el0) <= (s32)ms_to_ticks(5));
			GUEST_ASSERT(read_sysreg(cntp_cval_el0) - pcount() <= ms_to_ticks(5) ||
				     read_sysreg(cntp_cval_el0) <= pcount());
		}
		write_sysreg(TIMER_ENABLE, cntp_ctl_el0);
		write_sysreg(vcount() + ms_to_ticks(6), cntv_cval_el0);
		write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
		isb();
		while (READ_ONCE(fired) < seen + 2) {
			if (i & 2)
				wfi();
		}
		GUEST_ASSERT_EQ(0, fired_early);
	}
	GUEST_DONE();
}

TEST_F(offset, timers_compare_with_it)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_timers, 0);

	gic_create(self->vm, 64);
	ASSERT_EQ(0, set_offset(self->vm, vcount() / 2, 0));
	vcpu_run_done(vcpu);
}

#define ASLEEP	1
#define VIRTUAL	2		/* timer and count; else the physical ones */

/* Armed for an hour ahead; it comes now, since the host moves the count there. */
static void guest_waits(u64 how)
{
	u64 hour = 3600 * timer_freq();

	start_gic();
	if (how & VIRTUAL) {
		write_sysreg(vcount() + hour, cntv_cval_el0);
		write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
	} else {
		write_sysreg(pcount() + hour, cntp_cval_el0);
		write_sysreg(TIMER_ENABLE, cntp_ctl_el0);
	}
	isb();
	GUEST_SYNC_ARGS(0, pcount(), vcount(), 0);
	while (!READ_ONCE(fired)) {
		if (how & ASLEEP)
			wfi();
	}
	GUEST_ASSERT_EQ(0, fired_early);
	GUEST_DONE();
}

static void *run_thread(void *arg)
{
	vcpu_run_done(arg);
	return NULL;
}

static void move_while_it_waits(struct __test_metadata *_metadata, struct vm *vm, u64 how, u64 seconds)
{
	u64 reg = how & VIRTUAL ? KVM_REG_ARM_TIMER_CNT : KVM_REG_ARM_PTIMER_CNT;
	struct vcpu *waits = guest_vcpu(vm, 0, guest_waits, how);
	struct vcpu *other = guest_vcpu(vm, 1, guest_tells, 0);
	struct ucall uc;
	pthread_t thread;

	gic_create(vm, 64);
	uc = vcpu_run_sync(waits, 0);
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_thread, waits));
	usleep(100000);
	/* its own registers are its thread's now; any vCPU's moves them all */
	reg_set(other, reg, uc.a[how & VIRTUAL ? 2 : 1] + seconds * read_sysreg(cntfrq_el0));
	pthread_join(thread, NULL);
}

TEST_F(offset, takes_an_armed_timer_along)
{
	move_while_it_waits(_metadata, self->vm, 0, 3601);
}

TEST_F(offset, takes_an_armed_virtual_timer_along)
{
	move_while_it_waits(_metadata, self->vm, VIRTUAL, 3601);
}

TEST_F(offset, takes_the_timer_of_a_sleeper_along)
{
	move_while_it_waits(_metadata, self->vm, ASLEEP, 3601);
}

TEST_F(offset, takes_the_virtual_timer_of_a_sleeper_along)
{
	move_while_it_waits(_metadata, self->vm, ASLEEP | VIRTUAL, 3601);
}

/* Not quite there: the rest of it has to be slept, and no more. */
TEST_F(offset, moves_the_end_of_a_sleep)
{
	move_while_it_waits(_metadata, self->vm, ASLEEP, 3599);
}

TEST_F(offset, moves_the_end_of_a_sleep_by_the_virtual_count)
{
	move_while_it_waits(_metadata, self->vm, ASLEEP | VIRTUAL, 3599);
}

static u64 stop;

static void guest_spins(u64 arg)
{
	WRITE_ONCE(stop, 1);
	while (READ_ONCE(stop) != 2)
		cpu_relax();
	GUEST_DONE();
}

TEST_F(offset, is_refused)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_spins, 0);
	pthread_t thread;

	gic_create(self->vm, 64);
	EXPECT_EQ(-EINVAL, set_offset(self->vm, 1, 1));
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_thread, vcpu));
	while (gv(self->vm, stop) != 1)
		usleep(1000);
	EXPECT_EQ(-EBUSY, set_offset(self->vm, 1, 0));
	gv(self->vm, stop) = 2;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, set_offset(self->vm, 1, 0));
}

SELFTEST_MAIN
