// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     KVM_SET_GUEST_DEBUG takes the flags that KVM_CAP_SET_GUEST_DEBUG2 names and no others, before and after
 *            VCPU_INIT, on a vCPU only; PSTATE.SS, which stepping uses, stays what user space wrote; the numbers of
 *            breakpoints and watchpoints are the host's.
 * Reference: Documentation/virt/kvm/api.rst, 4.87; kvm-abi.md parts 2 and 3.
 * A failure: the flag or the register; see guest/debug_outside.c.
 */
#include "harness.h"
#include "debug.h"

#define PSTATE_SS	(1UL << 21)

FIXTURE(guest_debug) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_guest_debug debug;
};

FIXTURE_SETUP(guest_debug)
{
	memset(&self->debug, 0, sizeof(self->debug));
	self->vm = vm_create();
	self->vcpu = vcpu_create(self->vm, 0);
}

FIXTURE_TEARDOWN(guest_debug)
{
	vm_free(self->vm);
}

#define SET()	kioctlp(self->vcpu->fd, KVM_SET_GUEST_DEBUG, &self->debug)

TEST_F(guest_debug, flags)
{
	u32 known = check_cap(self->vm->dev, KVM_CAP_SET_GUEST_DEBUG2);
	int round, bit;

	EXPECT_EQ(1, check_cap(self->vm->dev, KVM_CAP_SET_GUEST_DEBUG));
	EXPECT_EQ(0x30003, known);
	for (round = 0; round < 2; round++) {
		for (bit = 0; bit < 32; bit++) {
			self->debug.control = 1u << bit;
			EXPECT_EQ(known >> bit & 1 ? 0 : -EINVAL, SET())
				TH_LOG("bit %d", bit);
			self->debug.control |= KVM_GUESTDBG_ENABLE;
			EXPECT_EQ(known >> bit & 1 ? 0 : -EINVAL, SET())
				TH_LOG("bit %d, enabled", bit);
		}
		self->debug.control = known;
		EXPECT_EQ(0, SET());
		/* What nobody asks for may stand there. */
		self->debug.pad = ~0u;
		memset(&self->debug.arch, 0xff, sizeof(self->debug.arch));
		EXPECT_EQ(0, SET());
		self->debug.control = 0;
		EXPECT_EQ(0, SET());
		ASSERT_EQ(0, vcpu_init(self->vcpu, 0));
	}
}

TEST_F(guest_debug, addresses_and_descriptors)
{
	char *pages = mem_anon(2 * SZ_4K);

	EXPECT_EQ(-EFAULT, kioctl(self->vcpu->fd, KVM_SET_GUEST_DEBUG, 8));
	EXPECT_EQ(-EFAULT, kioctl(self->vcpu->fd, KVM_SET_GUEST_DEBUG, -8UL));
	/* All of it is read, whatever it says. */
	ASSERT_EQ(0, munmap(pages + SZ_4K, SZ_4K));
	EXPECT_EQ(-EFAULT, kioctlp(self->vcpu->fd, KVM_SET_GUEST_DEBUG, pages + SZ_4K - 8));
	EXPECT_EQ(0, kioctlp(self->vcpu->fd, KVM_SET_GUEST_DEBUG, pages + SZ_4K - sizeof(self->debug)));
	EXPECT_GT(0, kioctlp(self->vm->fd, KVM_SET_GUEST_DEBUG, &self->debug));
	EXPECT_GT(0, kioctlp(self->vm->dev, KVM_SET_GUEST_DEBUG, &self->debug));
}

TEST_F(guest_debug, numbers)
{
	u64 dfr0;

	ASSERT_EQ(0, vcpu_init(self->vcpu, 0));
	dfr0 = reg_get(self->vcpu, SR_AA64DFR0);
	EXPECT_EQ((dfr0 >> 12 & 15) + 1, check_cap(self->vm->dev, KVM_CAP_GUEST_DEBUG_HW_BPS));
	EXPECT_EQ((dfr0 >> 20 & 15) + 1, check_cap(self->vm->dev, KVM_CAP_GUEST_DEBUG_HW_WPS));
	EXPECT_EQ((dfr0 >> 20 & 15) + 1, check_cap(self->vm->fd, KVM_CAP_GUEST_DEBUG_HW_WPS));
}

TEST_F(guest_debug, the_guests_pstate_ss)
{
	const u64 pstate = 0x3c5;
	int n;

	ASSERT_EQ(0, vcpu_init(self->vcpu, 0));
	for (n = 0; n < 4; n++) {
		u64 before = pstate | (n & 1 ? PSTATE_SS : 0), then = pstate | (n & 2 ? PSTATE_SS : 0);

		reg_set(self->vcpu, PSTATE_REG, before);
		debug_set(self->vcpu, DEBUG_STEP, NULL);
		EXPECT_EQ(before, reg_get(self->vcpu, PSTATE_REG));
		reg_set(self->vcpu, PSTATE_REG, then);
		EXPECT_EQ(then, reg_get(self->vcpu, PSTATE_REG));
		debug_set(self->vcpu, n & 1 ? 0 : DEBUG_BRK, NULL);
		EXPECT_EQ(then, reg_get(self->vcpu, PSTATE_REG));
		debug_set(self->vcpu, 0, NULL);
	}
}

SELFTEST_MAIN
