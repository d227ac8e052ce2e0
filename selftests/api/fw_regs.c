// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Firmware pseudo-registers: PSCI version and mitigation levels take
 *            what the vCPU's features and the host allow, nothing else.
 * Reference: kvm-abi.md part 4.6.
 * A failure: shows the value that was wrongly taken or refused; see smc.c.
 */
#include "harness.h"
#include "psci.h"

static struct vcpu *one_vcpu(u64 features)
{
	struct vcpu *vcpu = vcpu_create(vm_create(), 0);

	if (vcpu_init(vcpu, features))
		die("VCPU_INIT");
	return vcpu;
}

TEST(psci_version_of_a_0_2_vcpu)
{
	struct vcpu *vcpu = one_vcpu(1 << KVM_ARM_VCPU_PSCI_0_2);
	static const u64 good[] = { 2, 0x10000, 0x10001, 0x10002, 0x10003 };
	static const u64 bad[] = { 0, 1, 3, 0xffff, 0x10004, 0x20000, 1ULL << 32 | 2, ~0ULL };
	unsigned int i;

	EXPECT_EQ(PSCI_LATEST, reg_get(vcpu, KVM_REG_ARM_PSCI_VERSION));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, reg_try_set(vcpu, KVM_REG_ARM_PSCI_VERSION, &bad[i]));
	}
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(0, reg_try_set(vcpu, KVM_REG_ARM_PSCI_VERSION, &good[i]));
		EXPECT_EQ(good[i], reg_get(vcpu, KVM_REG_ARM_PSCI_VERSION));
	}
}

TEST(psci_version_of_a_0_1_vcpu)
{
	struct vcpu *vcpu = one_vcpu(0);
	u64 v = 2;

	EXPECT_EQ(1, reg_get(vcpu, KVM_REG_ARM_PSCI_VERSION));
	EXPECT_EQ(-EINVAL, reg_try_set(vcpu, KVM_REG_ARM_PSCI_VERSION, &v));
	v = 1;
	EXPECT_EQ(0, reg_try_set(vcpu, KVM_REG_ARM_PSCI_VERSION, &v));
}

TEST(mitigations_cannot_be_raised)
{
	struct vcpu *vcpu = one_vcpu(1 << KVM_ARM_VCPU_PSCI_0_2);
	static const u64 regs[] = {
		KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1, KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3,
	};
	unsigned int i;
	u64 v, level;

	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		v = reg_get(vcpu, regs[i]);
		ASSERT_GE(2, v);
		EXPECT_EQ(0, reg_try_set(vcpu, regs[i], &v));
		for (level = v + 1; level < 20; level++) {
			EXPECT_EQ(-EINVAL, reg_try_set(vcpu, regs[i], &level));
		}
		level = 1ULL << 32;
		EXPECT_EQ(-EINVAL, reg_try_set(vcpu, regs[i], &level));
	}
	v = reg_get(vcpu, KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2);
	EXPECT_TRUE(v == 0 || v == 3);
	EXPECT_EQ(0, reg_try_set(vcpu, KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2, &v));
	v = 0x20;
	EXPECT_EQ(-EINVAL, reg_try_set(vcpu, KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2, &v));
}

/* The bitmaps, what a VM begins with, and what it may have; KVM's, of 5.19 and (the last) of 6.15. */
static const struct {
	u64 reg, begin, all;
} bitmaps[] = {
	{ KVM_REG_ARM_STD_BMAP, 1, 1 },
	{ KVM_REG_ARM_STD_HYP_BMAP, 1, 1 },
	{ KVM_REG_ARM_VENDOR_HYP_BMAP, 3, 3 },
	{ KVM_REG_ARM_VENDOR_HYP_BMAP_2_REG, 0, 3 },
};

TEST(feature_bitmaps_are_kvms)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0), *other = vcpu_create(vm, 1);
	unsigned int i;
	u64 bit, v;

	ASSERT_EQ(0, vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2));
	ASSERT_EQ(0, vcpu_init(other, 1 << KVM_ARM_VCPU_PSCI_0_2));
	for (i = 0; i < ARRAY_SIZE(bitmaps); i++) {
		EXPECT_EQ(bitmaps[i].begin, reg_get(vcpu, bitmaps[i].reg));
		for (bit = 1; bit; bit <<= 1) {
			EXPECT_EQ(bit & bitmaps[i].all ? 0 : -EINVAL, reg_try_set(vcpu, bitmaps[i].reg, &bit));
		}
		v = bitmaps[i].all;
		EXPECT_EQ(0, reg_try_set(vcpu, bitmaps[i].reg, &v));
		/* the VM's, not the vCPU's */
		EXPECT_EQ(v, reg_get(other, bitmaps[i].reg));
	}
}

static void guest_done(u64 arg)
{
	GUEST_DONE();
}

TEST(feature_bitmaps_stay_once_a_vcpu_ran)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_done, 0);
	struct vcpu *other = guest_vcpu(vm, 1, guest_done, 0);
	unsigned int i;
	u64 v;

	for (i = 0; i < ARRAY_SIZE(bitmaps); i++)
		reg_set(vcpu, bitmaps[i].reg, 1);
	vcpu_run_done(vcpu);
	for (i = 0; i < ARRAY_SIZE(bitmaps); i++) {
		v = 1;
		EXPECT_EQ(0, reg_try_set(other, bitmaps[i].reg, &v));
		v = 0;
		EXPECT_EQ(-EBUSY, reg_try_set(other, bitmaps[i].reg, &v));
		EXPECT_EQ(-EBUSY, reg_try_set(vcpu, bitmaps[i].reg, &v));
		/* what is wrong is so at any time */
		v = 4;
		EXPECT_EQ(-EINVAL, reg_try_set(vcpu, bitmaps[i].reg, &v));
		EXPECT_EQ(1, reg_get(vcpu, bitmaps[i].reg));
	}
	/* nor does a reset bring back what was taken */
	ASSERT_EQ(0, vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2));
	EXPECT_EQ(1, reg_get(vcpu, KVM_REG_ARM_VENDOR_HYP_BMAP));
}

TEST(feature_bitmaps_only_lose_bits)
{
	struct vcpu *vcpu = one_vcpu(1 << KVM_ARM_VCPU_PSCI_0_2);
	static const u64 regs[] = {
		KVM_REG_ARM_STD_BMAP, KVM_REG_ARM_STD_HYP_BMAP, KVM_REG_ARM_VENDOR_HYP_BMAP,
		KVM_REG_ARM_VENDOR_HYP_BMAP_2_REG,
	};
	unsigned int i;
	u64 was, v;

	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		was = reg_get(vcpu, regs[i]);
		v = was | 1ULL << 40;
		EXPECT_EQ(-EINVAL, reg_try_set(vcpu, regs[i], &v));
		v = ~0ULL;
		EXPECT_EQ(-EINVAL, reg_try_set(vcpu, regs[i], &v));
		v = 0;
		EXPECT_EQ(0, reg_try_set(vcpu, regs[i], &v));
		EXPECT_EQ(0, reg_get(vcpu, regs[i]));
		EXPECT_EQ(0, reg_try_set(vcpu, regs[i], &was));
		EXPECT_EQ(was, reg_get(vcpu, regs[i]));
	}
}

SELFTEST_MAIN
