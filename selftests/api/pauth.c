// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Pointer authentication by KVM's rules: both features or neither, where the machine has it; keys and ID
 *            fields are there in VMs with it only.
 * Reference: Documentation/virt/kvm/api.rst, 4.82; kvm-abi.md parts 4.1 and 4.4.
 * A failure: shows the call and its errno; see guest/keys.c, guest/idregs.c.
 */
#include "harness.h"
#include "pauth.h"

#define ISAR1		ARM64_SYS_REG(3, 0, 0, 6, 1)
#define ISAR2		ARM64_SYS_REG(3, 0, 0, 6, 2)
#define ISAR1_FIELDS	(0xffUL << 24 | 0xffUL << 4)
#define ISAR2_FIELDS	(0xfUL << 24 | 0xffUL << 8)

FIXTURE(pauth) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_SETUP(pauth)
{
	self->vm = vm_create();
	self->vcpu = vcpu_create(self->vm, 0);
}

FIXTURE_TEARDOWN(pauth)
{
	vm_free(self->vm);
}

TEST_F(pauth, without_the_feature_there_is_nothing)
{
	u64 value = 0;
	int n;

	ASSERT_EQ(0, vcpu_init(self->vcpu, 0));
	for (n = 0; n < PAUTH_REGS; n++) {
		EXPECT_EQ(-ENOENT, reg_try_get(self->vcpu, PAUTH_KEY_REG(n), &value));
		EXPECT_EQ(-ENOENT, reg_try_set(self->vcpu, PAUTH_KEY_REG(n), &value));
		EXPECT_FALSE(reg_is_listed(self->vcpu, PAUTH_KEY_REG(n)));
	}
	EXPECT_EQ(0, reg_get(self->vcpu, ISAR1) & ISAR1_FIELDS);
	EXPECT_EQ(0, reg_get(self->vcpu, ISAR2) & 0xffUL << 8);
	/* nor can it be had that way */
	value = reg_get(self->vcpu, ISAR1) | 1 << 4 | 1 << 24;
	EXPECT_EQ(-EINVAL, reg_try_set(self->vcpu, ISAR1, &value));
	value = reg_get(self->vcpu, ISAR1) | 1 << 8 | 1 << 28;
	EXPECT_EQ(-EINVAL, reg_try_set(self->vcpu, ISAR1, &value));
}

TEST_F(pauth, both_or_neither)
{
	bool has = pauth_offered();

	EXPECT_EQ(has, check_cap(self->vm->fd, KVM_CAP_ARM_PTRAUTH_ADDRESS));
	EXPECT_EQ(has, check_cap(self->vm->fd, KVM_CAP_ARM_PTRAUTH_GENERIC));
	EXPECT_EQ(-EINVAL, vcpu_init(self->vcpu, 1 << KVM_ARM_VCPU_PTRAUTH_ADDRESS));
	EXPECT_EQ(-EINVAL, vcpu_init(self->vcpu, 1 << KVM_ARM_VCPU_PTRAUTH_GENERIC));
	EXPECT_EQ(has ? 0 : -EINVAL, vcpu_init(self->vcpu, PAUTH_FEATURES));
	if (!has)
		return;
	/* for good, and for all */
	EXPECT_EQ(-EINVAL, vcpu_init(self->vcpu, 0));
	EXPECT_EQ(-EINVAL, vcpu_init(vcpu_create(self->vm, 1), 0));
	EXPECT_EQ(0, vcpu_init(self->vcpu, PAUTH_FEATURES));
}

TEST_F(pauth, keys_and_fields)
{
	u64 isar1, isar2, value;
	int n;

	if (!pauth_offered())
		SKIP(return, "no pointer authentication");
	ASSERT_EQ(0, vcpu_init(self->vcpu, PAUTH_FEATURES));
	isar1 = reg_get(self->vcpu, ISAR1);
	isar2 = reg_get(self->vcpu, ISAR2);
	/* one algorithm, the same for both uses */
	EXPECT_EQ(!(isar1 & 0xfUL << 4), !(isar1 & 0xfUL << 24));
	EXPECT_EQ(!(isar1 & 0xfUL << 8), !(isar1 & 0xfUL << 28));
	EXPECT_EQ(!(isar2 & 0xfUL << 12), !(isar2 & 0xfUL << 8));
	EXPECT_EQ(1, !!(isar1 & 0xfUL << 4) + !!(isar1 & 0xfUL << 8) + !!(isar2 & 0xfUL << 12));
	for (n = 0; n < PAUTH_REGS; n++) {
		EXPECT_TRUE(reg_is_listed(self->vcpu, PAUTH_KEY_REG(n)));
		reg_set(self->vcpu, PAUTH_KEY_REG(n), ~0UL / (n + 2));
	}
	for (n = 0; n < PAUTH_REGS; n++)
		EXPECT_EQ(~0UL / (n + 2), reg_get(self->vcpu, PAUTH_KEY_REG(n)));
	/* not to be taken away one by one */
	value = isar1 & ~ISAR1_FIELDS;
	EXPECT_EQ(-EINVAL, reg_try_set(self->vcpu, ISAR1, &value));
	EXPECT_EQ(0, reg_try_set(self->vcpu, ISAR1, &isar1));
	EXPECT_EQ(0, reg_try_set(self->vcpu, ISAR2, &isar2));
}

SELFTEST_MAIN
