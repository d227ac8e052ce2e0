// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     VCPU_INIT refuses unknown features and targets, nothing that needs
 *            an initialised vCPU works before it, it may be repeated with the
 *            same arguments only, and it leaves the documented reset state.
 * Reference: kvm-abi.md part 4.1; D1.9 (reset) of the Arm ARM for PSTATE.
 * A failure: shows the feature bit or the register; see vcpu/ (reset).
 */
#include "harness.h"

FIXTURE(init) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_vcpu_init init;
};

FIXTURE_SETUP(init)
{
	self->vm = vm_create();
	self->vcpu = vcpu_create(self->vm, 0);
	ASSERT_EQ(0, kioctlp(self->vm->fd, KVM_ARM_PREFERRED_TARGET, &self->init));
}

FIXTURE_TEARDOWN(init)
{
	vm_free(self->vm);
}

#define INIT()	kioctlp(self->vcpu->fd, KVM_ARM_VCPU_INIT, &self->init)

TEST_F(init, before_init_nothing_works)
{
	struct { u64 n, reg[1000]; } list = { .n = 1000 };
	unsigned char events[64] = {};
	u64 v = 0;

	EXPECT_EQ(-ENOEXEC, reg_try_get(self->vcpu, PC_REG, &v));
	EXPECT_EQ(-ENOEXEC, reg_try_set(self->vcpu, PC_REG, &v));
	EXPECT_EQ(-ENOEXEC, reg_try_get(self->vcpu, SR_MPIDR_EL1, &v));
	EXPECT_EQ(-ENOEXEC, reg_try_get(self->vcpu, ~0ULL, &v));
	EXPECT_EQ(-ENOEXEC, kioctlp(self->vcpu->fd, KVM_GET_REG_LIST, &list));
	EXPECT_EQ(-ENOEXEC, kioctl(self->vcpu->fd, KVM_RUN, 0));
	if (check_cap(self->vm->fd, KVM_CAP_VCPU_EVENTS)) {
		EXPECT_EQ(-ENOEXEC, kioctlp(self->vcpu->fd, KVM_GET_VCPU_EVENTS, events));
		EXPECT_EQ(-ENOEXEC, kioctlp(self->vcpu->fd, KVM_SET_VCPU_EVENTS, events));
	}
	EXPECT_EQ(0, INIT());
	EXPECT_EQ(0, reg_try_get(self->vcpu, PC_REG, &v));
}

TEST_F(init, unknown_features_are_enoent)
{
	unsigned int bit;

	for (bit = 7; bit < 7 * 32; bit++) {
		memset(self->init.features, 0, sizeof(self->init.features));
		self->init.features[bit / 32] = 1u << bit % 32;
		EXPECT_EQ(-ENOENT, INIT())
			TH_LOG("feature bit %u", bit);
	}
	memset(self->init.features, 0, sizeof(self->init.features));
	EXPECT_EQ(0, INIT());
}

TEST_F(init, features_that_the_machine_lacks_are_einval)
{
	static const struct { u32 bit; long cap; } rows[] = {
		{ KVM_ARM_VCPU_SVE, KVM_CAP_ARM_SVE },
		{ KVM_ARM_VCPU_EL1_32BIT, KVM_CAP_ARM_EL1_32BIT },
		{ KVM_ARM_VCPU_PMU_V3, KVM_CAP_ARM_PMU_V3 },
		{ KVM_ARM_VCPU_PTRAUTH_ADDRESS, KVM_CAP_ARM_PTRAUTH_ADDRESS },
		{ KVM_ARM_VCPU_PTRAUTH_GENERIC, KVM_CAP_ARM_PTRAUTH_GENERIC },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (check_cap(self->vm->fd, rows[i].cap))
			continue;
		self->init.features[0] = 1u << rows[i].bit;
		EXPECT_EQ(-EINVAL, INIT())
			TH_LOG("feature bit %u", rows[i].bit);
	}
	/* pointer authentication comes as a pair, with hardware or without */
	self->init.features[0] = 1u << KVM_ARM_VCPU_PTRAUTH_ADDRESS;
	EXPECT_EQ(-EINVAL, INIT());
	self->init.features[0] = 1u << KVM_ARM_VCPU_PTRAUTH_GENERIC;
	EXPECT_EQ(-EINVAL, INIT());
}

TEST_F(init, unknown_targets_are_einval)
{
	u32 good = self->init.target;
	static const u32 bad[] = { 6, 7, 100, 0x7fffffff, 0xffffffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		self->init.target = bad[i];
		EXPECT_EQ(-EINVAL, INIT());
	}
	self->init.target = good;
	EXPECT_EQ(0, INIT());
}

/* MIDR_EL1's implementor and part; the number that KVM's ABI gave to it. */
static const struct { u32 midr, target; } parts[] = {
	{ 0x41000d0f, KVM_ARM_TARGET_AEM_V8 },
	{ 0x41000d00, KVM_ARM_TARGET_FOUNDATION_V8 },
	{ 0x41000d07, KVM_ARM_TARGET_CORTEX_A57 },
	{ 0x50000000, KVM_ARM_TARGET_XGENE_POTENZA },
	{ 0x41000d03, KVM_ARM_TARGET_CORTEX_A53 },
};

/* "-cpu cortex-a57" on a Cortex-A57 is such a target; what it means is the generic one. */
TEST_F(init, the_hosts_own_legacy_target_is_taken)
{
	unsigned int i;
	u64 midr;

	ASSERT_EQ(0, INIT());
	midr = reg_get(self->vcpu, ARM64_SYS_REG(3, 0, 0, 0, 0));
	midr = (midr & 0xff000000) | (midr >> 4 & 0xfff);
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		struct vcpu *vcpu = vcpu_create(self->vm, i + 1);
		struct kvm_vcpu_init init = { .target = parts[i].target };

		EXPECT_EQ(parts[i].midr == midr ? 0 : -EINVAL, kioctlp(vcpu->fd, KVM_ARM_VCPU_INIT, &init))
			TH_LOG("target %u, MIDR 0x%lx", parts[i].target, midr);
	}
}

TEST_F(init, the_second_init_must_be_like_the_first)
{
	self->init.features[0] = 1u << KVM_ARM_VCPU_PSCI_0_2;
	ASSERT_EQ(0, INIT());
	EXPECT_EQ(0, INIT());
	self->init.features[0] = 0;
	EXPECT_EQ(-EINVAL, INIT());
	self->init.features[0] = 1u << KVM_ARM_VCPU_PSCI_0_2;
	self->init.target += 100;
	EXPECT_EQ(-EINVAL, INIT());
	self->init.target -= 100;
	EXPECT_EQ(0, INIT());
}

TEST_F(init, power_off_is_part_of_the_state)
{
	struct kvm_mp_state state = { ~0u };
	int ret;

	self->init.features[0] = 1u << KVM_ARM_VCPU_POWER_OFF;
	ASSERT_EQ(0, INIT());
	ASSERT_EQ(0, kioctlp(self->vcpu->fd, KVM_GET_MP_STATE, &state));
	EXPECT_EQ(KVM_MP_STATE_STOPPED, state.mp_state);
	/* 6.1: another feature set, refused; 6.12: no part of the set */
	self->init.features[0] = 0;
	ret = INIT();
	if (ret != -EINVAL) {
		EXPECT_EQ(0, ret);
		ASSERT_EQ(0, kioctlp(self->vcpu->fd, KVM_GET_MP_STATE, &state));
		EXPECT_EQ(KVM_MP_STATE_RUNNABLE, state.mp_state);
	}
}

static void check_reset_state(struct __test_metadata *_metadata, struct vcpu *vcpu)
{
	unsigned int i;

	EXPECT_EQ(0x3c5, reg_get(vcpu, PSTATE_REG));
	EXPECT_EQ(0, reg_get(vcpu, PC_REG));
	for (i = 0; i < 31; i++) {
		EXPECT_EQ(0, reg_get(vcpu, X_REG(i)));
	}
	EXPECT_EQ(0x00c50078, reg_get(vcpu, SR_SCTLR_EL1));
	EXPECT_EQ(0, reg_get(vcpu, ARM64_SYS_REG(3, 0, 1, 0, 2)));	/* CPACR */
	EXPECT_EQ(0, reg_get(vcpu, ARM64_SYS_REG(3, 0, 2, 0, 2)));	/* TCR */
	EXPECT_EQ(0, reg_get(vcpu, SR_VBAR_EL1));
	EXPECT_EQ(1u << 31, reg_get(vcpu, SR_MPIDR_EL1));
	/* disabled; ISTATUS is what the count makes it */
	EXPECT_EQ(0, reg_get(vcpu, KVM_REG_ARM_TIMER_CTL) & 3);
}

TEST_F(init, leaves_the_reset_state)
{
	ASSERT_EQ(0, INIT());
	check_reset_state(_metadata, self->vcpu);
}

TEST_F(init, again_resets_again)
{
	unsigned int i;

	ASSERT_EQ(0, INIT());
	for (i = 0; i < 31; i++)
		reg_set(self->vcpu, X_REG(i), 0x1111111111111111ULL * (i & 15));
	reg_set(self->vcpu, PC_REG, 0x40001000);
	reg_set(self->vcpu, PSTATE_REG, 0x60000004);
	reg_set(self->vcpu, SR_SCTLR_EL1, 0x00c5187d);
	reg_set(self->vcpu, SR_VBAR_EL1, 0xffff000000000800ULL);
	reg_set(self->vcpu, ARM64_SYS_REG(3, 0, 1, 0, 2), 3 << 20);
	reg_set(self->vcpu, ARM64_SYS_REG(3, 0, 2, 0, 2), 0x1b5193519);
	reg_set(self->vcpu, KVM_REG_ARM_TIMER_CTL, 1);
	ASSERT_EQ(0, INIT());
	check_reset_state(_metadata, self->vcpu);
}

TEST_F(init, a_failed_init_leaves_the_vcpu_uninitialised)
{
	u64 v;

	self->init.features[6] = 1u << 31;
	EXPECT_EQ(-ENOENT, INIT());
	EXPECT_EQ(-ENOEXEC, reg_try_get(self->vcpu, PC_REG, &v));
	EXPECT_EQ(-ENOEXEC, kioctl(self->vcpu->fd, KVM_RUN, 0));
}

SELFTEST_MAIN
