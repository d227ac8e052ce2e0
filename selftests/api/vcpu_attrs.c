// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The vCPU's timer attributes show and take the interrupt numbers;
 *            unknown groups and attributes are refused.
 * Reference: kvm-abi.md part 5 (vCPU, TIMER_CTRL).
 * A failure: shows the attribute and the errno; see dev/ (timer).
 */
#include "harness.h"
#include "gic.h"

#define TIMER	KVM_ARM_VCPU_TIMER_CTRL
#define VTIMER	KVM_ARM_VCPU_TIMER_IRQ_VTIMER
#define PTIMER	KVM_ARM_VCPU_TIMER_IRQ_PTIMER

FIXTURE(attr) {
	struct vm *vm;
	struct vcpu *vcpu;
};

static void guest_done(u64 arg)
{
	for (;;)
		GUEST_DONE();
}

FIXTURE_SETUP(attr)
{
	self->vm = vm_create_guest();
	self->vcpu = guest_vcpu(self->vm, 0, guest_done, 0);
	if (!check_cap(self->vm->fd, KVM_CAP_VCPU_ATTRIBUTES))
		SKIP(_exit(255), "no vCPU attributes (yet)");
}

FIXTURE_TEARDOWN(attr)
{
	vm_free(self->vm);
}

static int set(struct vcpu *vcpu, u32 group, u64 attr, int v)
{
	return dev_attr(vcpu->fd, KVM_SET_DEVICE_ATTR, group, attr, &v);
}

static int get(struct vcpu *vcpu, u32 group, u64 attr, int *v)
{
	return dev_attr(vcpu->fd, KVM_GET_DEVICE_ATTR, group, attr, v);
}

TEST_F(attr, unknown_ones_are_enxio)
{
	int v = 0;

	EXPECT_EQ(-ENXIO, dev_attr(self->vcpu->fd, KVM_HAS_DEVICE_ATTR, 99, 0, NULL));
	EXPECT_EQ(-ENXIO, set(self->vcpu, 99, 0, 0));
	EXPECT_EQ(-ENXIO, get(self->vcpu, 99, 0, &v));
	EXPECT_EQ(-ENXIO, dev_attr(self->vcpu->fd, KVM_HAS_DEVICE_ATTR, TIMER, 99, NULL));
	EXPECT_EQ(-ENXIO, get(self->vcpu, TIMER, 99, &v));
}

TEST_F(attr, timer_interrupts_have_defaults)
{
	int v = 0;

	EXPECT_EQ(0, dev_attr(self->vcpu->fd, KVM_HAS_DEVICE_ATTR, TIMER, VTIMER, NULL));
	EXPECT_EQ(0, dev_attr(self->vcpu->fd, KVM_HAS_DEVICE_ATTR, TIMER, PTIMER, NULL));
	EXPECT_EQ(0, get(self->vcpu, TIMER, VTIMER, &v));
	EXPECT_EQ(27, v);
	EXPECT_EQ(0, get(self->vcpu, TIMER, PTIMER, &v));
	EXPECT_EQ(30, v);
}

TEST_F(attr, timer_interrupts_can_be_moved_before_the_first_run)
{
	int v = 0;

	/* needs a GIC */
	EXPECT_EQ(-EINVAL, set(self->vcpu, TIMER, VTIMER, 20));
	gic_create(self->vm, 64);
	EXPECT_EQ(-EINVAL, set(self->vcpu, TIMER, VTIMER, 15));
	EXPECT_EQ(-EINVAL, set(self->vcpu, TIMER, VTIMER, 32));
	EXPECT_EQ(-EINVAL, set(self->vcpu, TIMER, VTIMER, -1));
	EXPECT_EQ(0, set(self->vcpu, TIMER, VTIMER, 20));
	EXPECT_EQ(0, get(self->vcpu, TIMER, VTIMER, &v));
	EXPECT_EQ(20, v);
	vcpu_run_done(self->vcpu);
	EXPECT_EQ(-EBUSY, set(self->vcpu, TIMER, VTIMER, 21));
}

TEST_F(attr, two_timers_need_two_interrupts)
{
	gic_create(self->vm, 64);
	EXPECT_EQ(0, set(self->vcpu, TIMER, VTIMER, 20));
	EXPECT_EQ(0, set(self->vcpu, TIMER, PTIMER, 20));
	EXPECT_EQ(-EINVAL, vcpu_run_once(self->vcpu));
}

SELFTEST_MAIN
