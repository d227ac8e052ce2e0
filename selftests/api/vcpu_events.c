// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     VCPU_EVENTS shows and injects SErrors and external aborts, and
 *            refuses what the hardware can't have.
 * Reference: kvm-abi.md part 4.7.
 * A failure: shows field and errno; see vcpu/ (injection).
 */
#include "harness.h"

FIXTURE(events) {
	struct vm *vm;
	struct vcpu *vcpu;
};

static void guest_take_abort(u64 arg)
{
	fault_expect();
	GUEST_SYNC(0);		/* the abort arrives at this store's end */
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_DABT_CUR, ESR_EC(this_cpu()->esr));
	GUEST_ASSERT_EQ(FSC_EXTERNAL, this_cpu()->esr & 0x3f);
	GUEST_DONE();
}

static void guest_take_serror(u64 arg)
{
	fault_expect();
	/* an SError doesn't return behind an instruction: stay where it hits */
	WRITE_ONCE(this_cpu()->resume_pc, (u64)&&taken);
	GUEST_SYNC(0);
	asm volatile("msr daifclr, #4" ::: "memory");
	isb();
	asm goto("nop" :::: taken);
	GUEST_ASSERT(0);
taken:
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(7, this_cpu()->vector);	/* SError, EL1 with SP_EL1 */
	GUEST_DONE();
}

FIXTURE_SETUP(events)
{
	self->vm = vm_create_guest();
	if (!check_cap(self->vm->fd, KVM_CAP_VCPU_EVENTS))
		SKIP(_exit(255), "no VCPU_EVENTS (yet)");
}

FIXTURE_TEARDOWN(events)
{
	vm_free(self->vm);
}

static int set(struct vcpu *vcpu, struct kvm_vcpu_events *ev)
{
	return kioctlp(vcpu->fd, KVM_SET_VCPU_EVENTS, ev);
}

TEST_F(events, nothing_is_pending_after_init)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_take_abort, 0);
	struct kvm_vcpu_events ev;

	memset(&ev, 0xff, sizeof(ev));
	ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_GET_VCPU_EVENTS, &ev));
	EXPECT_EQ(0, ev.exception.serror_pending);
	EXPECT_EQ(0, ev.exception.ext_dabt_pending);
	EXPECT_EQ(0, set(vcpu, &ev));
}

TEST_F(events, reserved_fields_are_zero)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_take_abort, 0);
	struct kvm_vcpu_events ev = {};

	ev.reserved[0] = 1;
	EXPECT_EQ(-EINVAL, set(vcpu, &ev));
	ev.reserved[0] = 0;
	ev.exception.pad[0] = 1;
	EXPECT_EQ(-EINVAL, set(vcpu, &ev));
}

TEST_F(events, syndrome_needs_ras)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_take_abort, 0);
	struct kvm_vcpu_events ev = {};

	ev.exception.serror_pending = 1;
	ev.exception.serror_has_esr = 1;
	if (!check_cap(self->vm->fd, KVM_CAP_ARM_INJECT_SERROR_ESR)) {
		EXPECT_EQ(-EINVAL, set(vcpu, &ev));
	} else {
		ev.exception.serror_esr = 1 << 25;
		EXPECT_EQ(-EINVAL, set(vcpu, &ev));
		ev.exception.serror_esr = 1ULL << 63;
		EXPECT_EQ(-EINVAL, set(vcpu, &ev));
		ev.exception.serror_esr = 0x1ffffff;
		EXPECT_EQ(0, set(vcpu, &ev));
	}
}

/* What is refused has done nothing, the abort beside it neither. */
TEST_F(events, refused_means_untouched)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_take_abort, 0);
	struct kvm_vcpu_events ev = { .exception = { .serror_pending = 1, .serror_has_esr = 1, .ext_dabt_pending = 1,
						     .serror_esr = 1ULL << 40 } };
	u64 pc = reg_get(vcpu, PC_REG);

	EXPECT_EQ(-EINVAL, set(vcpu, &ev));
	ev.exception.serror_esr = 0;
	ev.exception.pad[4] = 1;
	EXPECT_EQ(-EINVAL, set(vcpu, &ev));
	EXPECT_EQ(pc, reg_get(vcpu, PC_REG));
	ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_GET_VCPU_EVENTS, &ev));
	EXPECT_EQ(0, ev.exception.serror_pending);
	EXPECT_EQ(check_cap(self->vm->fd, KVM_CAP_ARM_INJECT_SERROR_ESR), ev.exception.serror_has_esr);
	EXPECT_EQ(0, ev.exception.serror_esr);
}

/* The syndrome counts only for one that is pending, so that what GET says can be SET anywhere. */
TEST_F(events, a_syndrome_of_nothing_is_nothing)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_take_abort, 0);
	struct kvm_vcpu_events ev = { .exception = { .serror_has_esr = 1, .serror_esr = ~0ULL } };

	EXPECT_EQ(0, set(vcpu, &ev));
	ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_GET_VCPU_EVENTS, &ev));
	EXPECT_EQ(0, ev.exception.serror_pending);
}

static void guest_open(u64 arg)
{
	fault_expect();
	WRITE_ONCE(this_cpu()->resume_pc, (u64)&&taken);
	asm volatile("msr daifclr, #4" ::: "memory");
	GUEST_SYNC(0);
	asm goto("nop" :::: taken);
	GUEST_ASSERT(0);
taken:
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(7, this_cpu()->vector);
	GUEST_ASSERT_EQ(0x2f, ESR_EC(this_cpu()->esr));
	GUEST_DONE();
}

TEST_F(events, an_open_serror_is_taken_at_once)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_open, 0);
	struct kvm_vcpu_events ev = { .exception.serror_pending = 1 };

	vcpu_run_sync(vcpu, 0);
	/* The exit is over: else it would come behind the access. */
	ASSERT_EQ(-EINTR, vcpu_complete(vcpu));
	ASSERT_EQ(0, set(vcpu, &ev));
	ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_GET_VCPU_EVENTS, &ev));
	EXPECT_EQ(0, ev.exception.serror_pending);
	vcpu_run_done(vcpu);
}

TEST_F(events, an_external_abort_is_taken)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_take_abort, 0);
	struct kvm_vcpu_events ev = {};

	vcpu_run_sync(vcpu, 0);
	ev.exception.ext_dabt_pending = 1;
	ASSERT_EQ(0, set(vcpu, &ev));
	vcpu_run_done(vcpu);
}

TEST_F(events, an_serror_waits_for_the_mask)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_take_serror, 0);
	struct kvm_vcpu_events ev = {};

	vcpu_run_sync(vcpu, 0);
	ev.exception.serror_pending = 1;
	ASSERT_EQ(0, set(vcpu, &ev));
	memset(&ev, 0, sizeof(ev));
	ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_GET_VCPU_EVENTS, &ev));
	EXPECT_EQ(1, ev.exception.serror_pending);
	vcpu_run_done(vcpu);
	ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_GET_VCPU_EVENTS, &ev));
	EXPECT_EQ(0, ev.exception.serror_pending);
}

SELFTEST_MAIN
