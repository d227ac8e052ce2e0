// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The PSCI calls that don't start or stop anything answer as PSCI 1.3
 *            asks, by the configured version; ids in PSCI's range that do not exist
 *            are not supported.
 * Reference: PSCI DEN0022D part 5; kvm-abi.md part 9.
 * A failure: shows the function id and its answer; see smc.c.
 */
#include "harness.h"
#include "psci.h"

static void guest_calls(u64 arg)
{
	static const u32 one_word[] = { PSCI_GET_VERSION, PSCI_MIGRATE_INFO_TYPE, PSCI_AFFINITY_INFO, 0x84000005 };
	struct smccc_res res;
	unsigned int i;

	GUEST_ASSERT_EQ(PSCI_LATEST, psci(PSCI_GET_VERSION, 0, 0, 0));
	GUEST_ASSERT_EQ(2, psci(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0));
	/* a 32-bit call gives a 32-bit result, sign-extended or not */
	guest_hvc(0x84000005, 0, 0, 0, &res);
	GUEST_ASSERT_EQ(-1, (s64)(s32)res.a0);
	/* one word is the answer, be it EL2's or the host's, and nothing of the question is left */
	for (i = 0; i < ARRAY_SIZE(one_word); i++) {
		guest_hvc(one_word[i], 0, 6, 7, &res);
		GUEST_ASSERT_EQ(0, res.a1 | res.a2 | res.a3);
	}

	GUEST_ASSERT_EQ(PSCI_STATE_ON, psci(PSCI_AFFINITY_INFO, 0, 0, 0));
	GUEST_ASSERT_EQ(PSCI_STATE_ON, psci(PSCI_AFFINITY_INFO32, 0, 0, 0));
	GUEST_ASSERT_EQ(PSCI_STATE_ON, psci(PSCI_AFFINITY_INFO, 0, 1, 0));
	GUEST_ASSERT_EQ(PSCI_STATE_ON, psci(PSCI_AFFINITY_INFO, 0, 3, 0));
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_AFFINITY_INFO, 5, 0, 0));
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_AFFINITY_INFO, 0x10000, 0, 0));
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_AFFINITY_INFO, 0, 4, 0));
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_AFFINITY_INFO, 0, ~0ULL, 0));

	GUEST_ASSERT_EQ(PSCI_ALREADY_ON, psci(PSCI_CPU_ON, 0, (u64)guest_entry, 0));
	GUEST_ASSERT_EQ(PSCI_ALREADY_ON, psci(PSCI_CPU_ON32, 0, (u64)guest_entry, 0));
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_CPU_ON, 1, (u64)guest_entry, 0));
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS,
			psci(PSCI_CPU_ON, 0xff00ffffff, (u64)guest_entry, 0));

	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_SYSTEM_RESET2, 1, 0, 0));
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_SYSTEM_RESET2_32, 0x7fffffff, 0, 0));
	/* a type that does not exist, a second argument; of 64 bits where the call has them */
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_SYSTEM_OFF2, 2, 0, 0));
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_SYSTEM_OFF2, 1ULL << 32, 0, 0));
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_SYSTEM_OFF2, 1, 1ULL << 32, 0));
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_SYSTEM_OFF2_32, 1, 1, 0));
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_SYSTEM_OFF2_32, ~0ULL, 0, 0));
	GUEST_DONE();
}

static void guest_features(u64 arg)
{
	static const u32 there[] = {
		PSCI_GET_VERSION, PSCI_CPU_SUSPEND32, PSCI_CPU_SUSPEND, PSCI_CPU_OFF,
		PSCI_CPU_ON32, PSCI_CPU_ON, PSCI_AFFINITY_INFO32, PSCI_AFFINITY_INFO,
		PSCI_MIGRATE_INFO_TYPE, PSCI_SYSTEM_OFF, PSCI_SYSTEM_RESET, PSCI_FEATURES,
		PSCI_SYSTEM_RESET2_32, PSCI_SYSTEM_RESET2, 0x80000000,
	};
	unsigned int i, j;
	u32 id;

	for (i = 0; i < ARRAY_SIZE(there); i++)
		if (psci(PSCI_FEATURES, there[i], 0, 0) != 0)
			guest_abort(__FILE__, __LINE__, "feature there", there[i], 0);
	/* which kinds of off there are: hibernation */
	GUEST_ASSERT_EQ(1, psci(PSCI_FEATURES, PSCI_SYSTEM_OFF2_32, 0, 0));
	GUEST_ASSERT_EQ(1, psci(PSCI_FEATURES, PSCI_SYSTEM_OFF2, 0, 0));
	for (i = 0; i < 0x40; i++) {
		id = 0x84000000 + (i & 0x1f) + (i & 0x20 ? 0x40000000 : 0);
		for (j = 0; j < ARRAY_SIZE(there) && there[j] != id; j++)
			;
		if (j < ARRAY_SIZE(there) || id == PSCI_SYSTEM_OFF2_32 || id == PSCI_SYSTEM_OFF2)
			continue;
		if (psci(PSCI_FEATURES, id, 0, 0) != PSCI_NOT_SUPPORTED)
			guest_abort(__FILE__, __LINE__, "feature not there", id, 0);
		/* and what isn't offered isn't done */
		if (psci(id, 0, 0, 0) != PSCI_NOT_SUPPORTED)
			guest_abort(__FILE__, __LINE__, "function not there", id, 0);
	}
	GUEST_ASSERT_EQ(PSCI_NOT_SUPPORTED, psci(PSCI_FEATURES, ~0ULL, 0, 0));
	GUEST_ASSERT_EQ(PSCI_NOT_SUPPORTED, psci(PSCI_FEATURES, 0x86000000, 0, 0));
	GUEST_DONE();
}

static void guest_version(u64 version)
{
	GUEST_ASSERT_EQ(version, psci(PSCI_GET_VERSION, 0, 0, 0));
	GUEST_ASSERT_EQ(version >= 0x10000 ? 0 : PSCI_NOT_SUPPORTED,
			psci(PSCI_FEATURES, PSCI_CPU_OFF, 0, 0));
	GUEST_ASSERT_EQ(version >= 0x10001 ? PSCI_INVALID_PARAMS : PSCI_NOT_SUPPORTED,
			psci(PSCI_SYSTEM_RESET2, 1, 0, 0));
	GUEST_ASSERT_EQ(version >= 0x10003 ? PSCI_INVALID_PARAMS : PSCI_NOT_SUPPORTED,
			psci(PSCI_SYSTEM_OFF2, 2, 0, 0));
	if (version >= 0x10000)
		GUEST_ASSERT_EQ(version >= 0x10003 ? 1 : PSCI_NOT_SUPPORTED,
				psci(PSCI_FEATURES, PSCI_SYSTEM_OFF2, 0, 0));
	GUEST_ASSERT_EQ(2, psci(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0));
	GUEST_DONE();
}

static void guest_psci_0_1(u64 arg)
{
	struct smccc_res res;

	/* 0.2 ids are unknown to a 0.1 vCPU, and CPU_ON has its own number */
	guest_hvc(PSCI_GET_VERSION, 0, 0, 0, &res);
	GUEST_ASSERT_EQ(-1, (s64)(s32)res.a0);
	guest_hvc(PSCI_SYSTEM_OFF, 0, 0, 0, &res);
	GUEST_ASSERT_EQ(-1, (s64)(s32)res.a0);
	guest_hvc(0x95c1ba5e, 0, 0, 0, &res);
	GUEST_ASSERT_EQ(-1, (s64)(s32)res.a0);
	guest_hvc(0x95c1ba61, 0, 0, 0, &res);
	GUEST_ASSERT_EQ(-1, (s64)(s32)res.a0);
	guest_hvc(0x95c1ba60, 7, 0, 0, &res);
	GUEST_ASSERT_EQ(-2, (s64)(s32)res.a0);
	GUEST_DONE();
}

TEST(calls_answer)
{
	vcpu_run_done(guest_vcpu(vm_create_guest(), 0, guest_calls, 0));
}

TEST(features_tell_what_there_is)
{
	vcpu_run_done(guest_vcpu(vm_create_guest(), 0, guest_features, 0));
}

TEST(versions_can_be_chosen)
{
	static const u64 versions[] = { 0x2, 0x10000, 0x10001, 0x10002, 0x10003 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		struct vcpu *vcpu = guest_vcpu(vm_create_guest(), 0, guest_version,
					       versions[i]);

		reg_set(vcpu, KVM_REG_ARM_PSCI_VERSION, versions[i]);
		vcpu_run_done(vcpu);
	}
}

static struct vcpu *vcpu_0_1(struct vm *vm, void (*fn)(u64))
{
	struct vcpu *vcpu = vcpu_create(vm, 0);

	if (vcpu_init(vcpu, 0))
		die("VCPU_INIT");
	guest_set_entry(vcpu, fn, 0);
	reg_set(vcpu, PC_REG, (u64)guest_entry);
	reg_set(vcpu, X_REG(0), guest_cpu_gpa(0));
	return vcpu;
}

TEST(without_the_feature_it_is_psci_0_1)
{
	vcpu_run_done(vcpu_0_1(vm_create_guest(), guest_psci_0_1));
}

static void guest_cpu_on_0_1(u64 arg)
{
	/* Not vCPU 1: the words are the caller's, bits 63:32 are no decoration. */
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_0_1_CPU_ON, 1ULL << 32 | 1, 0x1000, 0));
	GUEST_ASSERT_EQ(PSCI_INVALID_PARAMS, psci(PSCI_0_1_CPU_ON, 1ULL << 40 | 1, 0x1000, 0));
	GUEST_ASSERT_EQ(PSCI_SUCCESS, psci(PSCI_0_1_CPU_ON, 1, 0x100001000, 0x123456789abcdef0));
	GUEST_DONE();
}

TEST(psci_0_1_takes_whole_words)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = vcpu_0_1(vm, guest_cpu_on_0_1);
	struct vcpu *target = vcpu_create(vm, 1);

	ASSERT_EQ(0, vcpu_init(target, 1 << KVM_ARM_VCPU_POWER_OFF));
	vcpu_run_done(vcpu);
	EXPECT_EQ(0x100001000, reg_get(target, PC_REG));
	EXPECT_EQ(0x123456789abcdef0, reg_get(target, X_REG(0)));
}

SELFTEST_MAIN
