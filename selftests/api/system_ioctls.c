// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The system fd answers GET_API_VERSION, GET_VCPU_MMAP_SIZE,
 *            CREATE_VM and unknown ioctls as KVM does; unknown ioctls on the
 *            other fds give the errno of their kind.
 * Reference: kvm-abi.md parts 0.1, 0.2, 1.1.
 * A failure: shows the errno that came instead; see the ioctl tables of
 *            arm_vcpu.c.
 */
#include "harness.h"

FIXTURE(sys) {
	int fd;
};

FIXTURE_SETUP(sys)
{
	self->fd = dev_open();
}

FIXTURE_TEARDOWN(sys)
{
	close(self->fd);
}

TEST_F(sys, api_version_is_12)
{
	EXPECT_EQ(12, kioctl(self->fd, KVM_GET_API_VERSION, 0));
	EXPECT_EQ(-EINVAL, kioctl(self->fd, KVM_GET_API_VERSION, 1));
	EXPECT_EQ(-EINVAL, kioctl(self->fd, KVM_GET_API_VERSION, ~0UL));
}

TEST_F(sys, vcpu_mmap_size_is_two_pages)
{
	EXPECT_EQ(2 * getpagesize(), kioctl(self->fd, KVM_GET_VCPU_MMAP_SIZE, 0));
	EXPECT_EQ(-EINVAL, kioctl(self->fd, KVM_GET_VCPU_MMAP_SIZE, 1));
}

TEST_F(sys, a_read_only_open_is_enough)
{
	int fd = open(dev_path(), O_RDONLY | O_CLOEXEC), vm;

	ASSERT_LE(0, fd);
	EXPECT_EQ(12, kioctl(fd, KVM_GET_API_VERSION, 0));
	vm = kioctl(fd, KVM_CREATE_VM, 0);
	EXPECT_LE(0, vm);
}

TEST_F(sys, unknown_ioctls_are_einval)
{
	unsigned int nr;

	/* system fd: neither VM nor vCPU ioctls, nor numbers nobody has */
	EXPECT_EQ(-EINVAL, kioctl(self->fd, KVM_RUN, 0));
	EXPECT_EQ(-EINVAL, kioctl(self->fd, KVM_CREATE_VCPU, 0));
	EXPECT_EQ(-EINVAL, kioctl(self->fd, 0x5401, 0));
	for (nr = 0xd0; nr < 0x100; nr++) {
		EXPECT_EQ(-EINVAL, kioctl(self->fd, _IO(KVMIO, nr), 0));
	}
	/* the right number with another size is another ioctl */
	EXPECT_EQ(-EINVAL, kioctl(self->fd, _IOW(KVMIO, 0x01, u64), 0));
}

TEST_F(sys, unknown_vm_and_vcpu_ioctls_are_einval)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0);
	static const unsigned long not_arm[] = {
		KVM_GET_REGS, KVM_SET_REGS, KVM_GET_SREGS, KVM_SET_SREGS,
		KVM_GET_FPU, KVM_SET_FPU,
	};
	unsigned char buf[4096] = {};
	unsigned int i;

	EXPECT_EQ(-EINVAL, kioctl(vm->fd, _IO(KVMIO, 0xff), 0));
	EXPECT_EQ(-EINVAL, kioctl(vm->fd, 0x5401, 0));
	EXPECT_EQ(-EINVAL, kioctl(vm->fd, KVM_RUN, 0));
	EXPECT_EQ(-EINVAL, kioctl(vm->fd, KVM_GET_API_VERSION, 0));
	EXPECT_EQ(-EINVAL, kioctl(vm->fd, KVM_CREATE_PIT2, (long)buf));
	EXPECT_EQ(-EINVAL, kioctl(vcpu->fd, _IO(KVMIO, 0xff), 0));
	EXPECT_EQ(-EINVAL, kioctl(vcpu->fd, 0x5401, 0));
	EXPECT_EQ(-EINVAL, kioctl(vcpu->fd, KVM_CREATE_VCPU, 1));
	EXPECT_EQ(0, vcpu_init(vcpu, 0));
	for (i = 0; i < ARRAY_SIZE(not_arm); i++) {
		EXPECT_EQ(-EINVAL, kioctl(vcpu->fd, not_arm[i], (long)buf));
	}
	EXPECT_EQ(-EINVAL, kioctl(vcpu->fd, KVM_RUN, 1));
	vm_free(vm);
}

TEST_F(sys, create_vm_checks_the_ipa_size)
{
	int limit = check_cap(self->fd, KVM_CAP_ARM_VM_IPA_SIZE), fd;
	unsigned long bits;

	ASSERT_LE(32, limit);
	ASSERT_GE(52, limit);
	for (bits = 1; bits < 256; bits++) {
		fd = kioctl(self->fd, KVM_CREATE_VM, bits);
		if (bits >= 32 && bits <= limit) {
			EXPECT_LE(0, fd);
			close(fd);
		} else {
			EXPECT_EQ(-EINVAL, fd);
		}
	}
	/* every other bit of the argument must be zero */
	for (bits = 8; bits < 64; bits++) {
		EXPECT_EQ(-EINVAL, kioctl(self->fd, KVM_CREATE_VM, 1UL << bits));
		EXPECT_EQ(-EINVAL, kioctl(self->fd, KVM_CREATE_VM, 1UL << bits | 36));
	}
	fd = kioctl(self->fd, KVM_CREATE_VM, 0);
	EXPECT_EQ(limit < 40, fd == -EINVAL);
}

TEST_F(sys, bad_user_pointers_are_efault)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0);

	EXPECT_EQ(-EFAULT, kioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, 0));
	EXPECT_EQ(-EFAULT, kioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, -4096UL));
	EXPECT_EQ(-EFAULT, kioctl(vm->fd, KVM_ARM_PREFERRED_TARGET, 8));
	EXPECT_EQ(-EFAULT, kioctl(vm->fd, KVM_CREATE_DEVICE, 0));
	EXPECT_EQ(-EFAULT, kioctl(vm->fd, KVM_IRQ_LINE, 0));
	EXPECT_EQ(-EFAULT, kioctl(vcpu->fd, KVM_ARM_VCPU_INIT, 0));
	ASSERT_EQ(0, vcpu_init(vcpu, 0));
	EXPECT_EQ(-EFAULT, kioctl(vcpu->fd, KVM_GET_ONE_REG, 0));
	EXPECT_EQ(-EFAULT, kioctl(vcpu->fd, KVM_SET_ONE_REG, ~0UL));
	EXPECT_EQ(-EFAULT, kioctl(vcpu->fd, KVM_GET_REG_LIST, 0));
	EXPECT_EQ(-EFAULT, kioctl(vcpu->fd, KVM_SET_MP_STATE, 0));
	EXPECT_EQ(-EFAULT, kioctl(vcpu->fd, KVM_GET_MP_STATE, 0));
	EXPECT_EQ(-EFAULT, reg_try_get(vcpu, PC_REG, NULL));
	EXPECT_EQ(-EFAULT, reg_try_set(vcpu, PC_REG, (void *)-8UL));
	vm_free(vm);
}

SELFTEST_MAIN
