// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     CREATE_VCPU takes each free id below the limit once, and none after
 *            the interrupt controller is initialised; a vCPU's MPIDR follows
 *            from its id; PREFERRED_TARGET says nothing but a target.
 * Reference: kvm-abi.md parts 0.2, 4.1.
 * A failure: shows the id and the errno; see arm_vcpu.c (VM ioctls).
 */
#include "harness.h"
#include "gic.h"

TEST(ids_are_taken_once)
{
	struct vm *vm = vm_create();
	int fd = kioctl(vm->fd, KVM_CREATE_VCPU, 3);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EEXIST, kioctl(vm->fd, KVM_CREATE_VCPU, 3));
	EXPECT_LE(0, kioctl(vm->fd, KVM_CREATE_VCPU, 0));
	EXPECT_EQ(-EEXIST, kioctl(vm->fd, KVM_CREATE_VCPU, 0));
	/* closing the fd doesn't give the id back */
	close(fd);
	EXPECT_EQ(-EEXIST, kioctl(vm->fd, KVM_CREATE_VCPU, 3));
}

TEST(ids_have_a_limit)
{
	struct vm *vm = vm_create();
	int max = check_cap(vm->fd, KVM_CAP_MAX_VCPU_ID);

	EXPECT_EQ(-EINVAL, kioctl(vm->fd, KVM_CREATE_VCPU, max));
	EXPECT_EQ(-EINVAL, kioctl(vm->fd, KVM_CREATE_VCPU, max + 1));
	EXPECT_EQ(-EINVAL, kioctl(vm->fd, KVM_CREATE_VCPU, 100000));
	EXPECT_EQ(-EINVAL, kioctl(vm->fd, KVM_CREATE_VCPU, 0x7fffffff));
	EXPECT_EQ(-EINVAL, kioctl(vm->fd, KVM_CREATE_VCPU, 0xffffffff));
	EXPECT_LE(0, kioctl(vm->fd, KVM_CREATE_VCPU, max - 1));
}

TEST(a_vm_takes_as_many_as_it_says)
{
	struct vm *vm = vm_create();
	int i, max = check_cap(vm->fd, KVM_CAP_MAX_VCPUS);

	for (i = 0; i < max; i++) {
		ASSERT_LE(0, kioctl(vm->fd, KVM_CREATE_VCPU, i));
	}
	EXPECT_EQ(-EINVAL, kioctl(vm->fd, KVM_CREATE_VCPU, i));
}

TEST(not_after_the_gic_is_initialised)
{
	struct vm *vm = vm_create();

	vcpu_create(vm, 0);
	gic_create(vm, 64);
	EXPECT_EQ(-EBUSY, kioctl(vm->fd, KVM_CREATE_VCPU, 1));
	vm_free(vm);
}

TEST(mpidr_follows_the_id)
{
	static const u32 ids[] = { 0, 1, 15, 16, 17, 255, 256, 511 };
	struct vm *vm = vm_create();
	int max = check_cap(vm->fd, KVM_CAP_MAX_VCPU_ID);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids) && ids[i] < max; i++) {
		u64 id = ids[i];
		struct vcpu *vcpu = vcpu_create(vm, id);
		u64 want = 1u << 31 | (id & 0xf) | (id >> 4 & 0xff) << 8 |
			   (id >> 12 & 0xff) << 16;

		ASSERT_EQ(0, vcpu_init(vcpu, 0));
		EXPECT_EQ(want, reg_get(vcpu, SR_MPIDR_EL1));
	}
}

TEST(preferred_target_is_a_target_without_features)
{
	struct vm *vm = vm_create();
	struct kvm_vcpu_init init;
	unsigned int i;

	memset(&init, 0xff, sizeof(init));
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_ARM_PREFERRED_TARGET, &init));
	EXPECT_GE(5, init.target);
	for (i = 0; i < ARRAY_SIZE(init.features); i++) {
		EXPECT_EQ(0, init.features[i]);
	}
	vm_free(vm);
}

SELFTEST_MAIN
