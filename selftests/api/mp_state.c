// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     MP_STATE is RUNNABLE or STOPPED as set; a stopped vCPU sleeps in
 *            KVM_RUN without burning CPU time until a signal or until it is made
 *            runnable; other values are refused.
 * Reference: kvm-abi.md parts 1.3, 3 (MP_STATE).
 * A failure: shows the value; a stopped vCPU that runs shows as a wrong return
 *            code of KVM_RUN, one that spins as CPU time.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "harness.h"

static int get_state(struct vcpu *vcpu)
{
	struct kvm_mp_state s = { ~0u };
	int ret = kioctlp(vcpu->fd, KVM_GET_MP_STATE, &s);

	return ret ? ret : (int)s.mp_state;
}

static int set_state(struct vcpu *vcpu, u32 state)
{
	struct kvm_mp_state s = { state };

	return kioctlp(vcpu->fd, KVM_SET_MP_STATE, &s);
}

static void guest_done(u64 arg)
{
	GUEST_DONE();
}

TEST(states_read_back)
{
	struct vm *vm = vm_create();
	struct vcpu *a = vcpu_create(vm, 0), *b = vcpu_create(vm, 1);

	ASSERT_EQ(0, vcpu_init(a, 0));
	ASSERT_EQ(0, vcpu_init(b, 1 << KVM_ARM_VCPU_POWER_OFF));
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, get_state(a));
	EXPECT_EQ(KVM_MP_STATE_STOPPED, get_state(b));
	EXPECT_EQ(0, set_state(a, KVM_MP_STATE_STOPPED));
	EXPECT_EQ(KVM_MP_STATE_STOPPED, get_state(a));
	EXPECT_EQ(0, set_state(a, KVM_MP_STATE_RUNNABLE));
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, get_state(a));
}

TEST(other_states_are_einval)
{
	static const u32 bad[] = { 1, 2, 3, 4, 6, 7, 8, 9, 11, 100, ~0u };
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0);
	unsigned int i;

	ASSERT_EQ(0, vcpu_init(vcpu, 0));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, set_state(vcpu, bad[i]));
		EXPECT_EQ(KVM_MP_STATE_RUNNABLE, get_state(vcpu));
	}
}

static void on_signal(int sig)
{
}

TEST(a_stopped_vcpu_sleeps_until_a_signal)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct vcpu *vcpu = guest_vcpu(vm_create_guest(), 0, guest_done, 0);
	struct itimerval t = { .it_value.tv_sec = 1 };
	u64 cpu;

	ASSERT_EQ(0, set_state(vcpu, KVM_MP_STATE_STOPPED));
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
	cpu = cpu_ns();
	EXPECT_EQ(-EINTR, vcpu_run_once(vcpu));
	EXPECT_EQ(KVM_EXIT_INTR, vcpu->run->exit_reason);
	/* it slept for a second */
	EXPECT_GT(500000000ULL, cpu_ns() - cpu);
	ASSERT_EQ(0, set_state(vcpu, KVM_MP_STATE_RUNNABLE));
	vcpu_run_done(vcpu);
}

TEST(power_off_at_init_waits_to_be_made_runnable)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, NULL, 0);

	vcpu->run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run_once(vcpu));
	vcpu->run->immediate_exit = 0;
	EXPECT_EQ(KVM_MP_STATE_STOPPED, get_state(vcpu));
	guest_set_entry(vcpu, guest_done, 0);
	reg_set(vcpu, PC_REG, (u64)guest_entry);
	reg_set(vcpu, X_REG(0), guest_cpu_gpa(0));
	ASSERT_EQ(0, set_state(vcpu, KVM_MP_STATE_RUNNABLE));
	vcpu_run_done(vcpu);
}

SELFTEST_MAIN
