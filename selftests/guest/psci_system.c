// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     SYSTEM_OFF, SYSTEM_RESET, SYSTEM_RESET2 leave KVM_RUN with their
 *            system event, all vCPUs stopped; SYSTEM_SUSPEND only with its
 *            capability.
 * Reference: kvm-abi.md parts 3 (SYSTEM_EVENT), 9.
 * A failure: shows exit_reason, type, or the vCPU that isn't stopped; see smc.c.
 */
#include "harness.h"
#include "psci.h"

static void guest_call(u64 fn)
{
	struct smccc_res res;

	guest_hvc(fn, 0, 0, 0, &res);
	/* a VMM that resumes nevertheless: an error must be visible */
	GUEST_SYNC_ARGS(1, res.a0, 0, 0);
	GUEST_DONE();
}

static void guest_spin(u64 arg)
{
	GUEST_SYNC(0);
	for (;;)
		cpu_relax();
}

static void expect_event(struct __test_metadata *_metadata, u64 fn, u32 type, u64 flags)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_call, fn);
	struct vcpu *other = guest_vcpu(vm, 1, guest_spin, 0);
	struct kvm_mp_state mp = { KVM_MP_STATE_RUNNABLE };
	struct ucall uc;
	int i;

	vcpu_run_sync(other, 0);
	ASSERT_EQ(0, vcpu_run_once(vcpu));
	ASSERT_EQ(KVM_EXIT_SYSTEM_EVENT, vcpu->run->exit_reason);
	EXPECT_EQ(type, vcpu->run->system_event.type);
	if (type == KVM_SYSTEM_EVENT_RESET) {
		EXPECT_EQ(1, vcpu->run->system_event.ndata);
		EXPECT_EQ(flags, vcpu->run->system_event.data[0]);
	}
	for (i = 0; i < 2; i++) {
		struct kvm_mp_state s = { ~0u };

		ASSERT_EQ(0, kioctlp(vm->vcpus[i]->fd, KVM_GET_MP_STATE, &s));
		EXPECT_EQ(KVM_MP_STATE_STOPPED, s.mp_state);
	}
	/* resumed by mistake: the call has failed (-6, INTERNAL_FAILURE) */
	ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_SET_MP_STATE, &mp));
	ASSERT_EQ(UCALL_SYNC, vcpu_run(vcpu, &uc));
	EXPECT_EQ(-6, (s32)uc.a[1]);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

TEST(system_off_is_a_shutdown_event)
{
	expect_event(_metadata, PSCI_SYSTEM_OFF, KVM_SYSTEM_EVENT_SHUTDOWN, 0);
}

TEST(system_reset_is_a_reset_event)
{
	expect_event(_metadata, PSCI_SYSTEM_RESET, KVM_SYSTEM_EVENT_RESET, 0);
}

TEST(system_reset2_says_so)
{
	expect_event(_metadata, PSCI_SYSTEM_RESET2, KVM_SYSTEM_EVENT_RESET, 1);
	expect_event(_metadata, PSCI_SYSTEM_RESET2_32, KVM_SYSTEM_EVENT_RESET, 1);
}

/* After a reset the VMM initialises the vCPUs and starts the guest anew. */
TEST(the_vm_can_start_again)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_call, PSCI_SYSTEM_RESET);
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, vcpu_run_once(vcpu));
		ASSERT_EQ(KVM_EXIT_SYSTEM_EVENT, vcpu->run->exit_reason);
		ASSERT_EQ(0, vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2));
		vm_load_image(vm);
		guest_set_entry(vcpu, guest_call, i == 4 ? PSCI_GET_VERSION : PSCI_SYSTEM_RESET);
		reg_set(vcpu, PC_REG, (u64)guest_entry);
		reg_set(vcpu, X_REG(0), guest_cpu_gpa(0));
	}
	EXPECT_EQ(0x10001, vcpu_run_sync(vcpu, 1).a[1]);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

TEST(system_suspend_needs_its_capability)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_call, PSCI_SYSTEM_SUSPEND);
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_SYSTEM_SUSPEND };

	EXPECT_EQ(-1, (s32)vcpu_run_sync(vcpu, 1).a[1]);
	vcpu_run_done(vcpu);
	vm_free(vm);
	vm = vm_create_guest();
	if (check_cap(vm->fd, KVM_CAP_ARM_SYSTEM_SUSPEND) != 1)
		SKIP(return, "no SYSTEM_SUSPEND (yet)");
	vcpu = guest_vcpu(vm, 0, guest_call, PSCI_SYSTEM_SUSPEND);
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	ASSERT_EQ(0, vcpu_run_once(vcpu));
	ASSERT_EQ(KVM_EXIT_SYSTEM_EVENT, vcpu->run->exit_reason);
	EXPECT_EQ(KVM_SYSTEM_EVENT_SUSPEND, vcpu->run->system_event.type);
	vm_free(vm);
}

SELFTEST_MAIN
