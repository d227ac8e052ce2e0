// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     SYSTEM_OFF, SYSTEM_OFF2, SYSTEM_RESET, SYSTEM_RESET2 leave KVM_RUN with
 *            their system event, all vCPUs stopped; SYSTEM_SUSPEND only with its
 *            capability. A vCPU that user space suspends sleeps until an event
 *            that would end a WFI, each for itself, and says so.
 * Reference: kvm-abi.md parts 3 (SYSTEM_EVENT), 9.
 * A failure: shows exit_reason, type, or the vCPU that isn't stopped; see smc.c.
 */
#include <pthread.h>
#include <signal.h>

#include "harness.h"
#include "gic.h"
#include "psci.h"

static u64 call_arg;

static void guest_call(u64 fn)
{
	struct smccc_res res;

	guest_hvc(fn, call_arg, 0, 0, &res);
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
	EXPECT_EQ(1, vcpu->run->system_event.ndata);
	EXPECT_EQ(flags, vcpu->run->system_event.data[0]);
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

/* Hibernation: 0 means it, too. */
TEST(system_off2_is_a_shutdown_event_that_says_so)
{
	expect_event(_metadata, PSCI_SYSTEM_OFF2, KVM_SYSTEM_EVENT_SHUTDOWN, 1);
	expect_event(_metadata, PSCI_SYSTEM_OFF2_32, KVM_SYSTEM_EVENT_SHUTDOWN, 1);
	call_arg = 1;
	expect_event(_metadata, PSCI_SYSTEM_OFF2, KVM_SYSTEM_EVENT_SHUTDOWN, 1);
	expect_event(_metadata, PSCI_SYSTEM_OFF2_32, KVM_SYSTEM_EVENT_SHUTDOWN, 1);
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
	EXPECT_EQ(PSCI_LATEST, vcpu_run_sync(vcpu, 1).a[1]);
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
	/* the VMM says no, in x0: the call returns */
	reg_set(vcpu, X_REG(0), (u64)PSCI_DENIED);
	EXPECT_EQ(PSCI_DENIED, (s32)vcpu_run_sync(vcpu, 1).a[1]);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

static void guest_suspends_by_32_bits(u64 arg)
{
	struct smccc_res res;

	guest_hvc(PSCI_SYSTEM_SUSPEND32, 0xdead000040000000, 0xdead00000000beef, 0xdead000000000001, &res);
	GUEST_DONE();
}

/* The entry and its argument, for who reads them. */
TEST(a_32_bit_suspend_has_32_bit_arguments)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_SYSTEM_SUSPEND };
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_suspends_by_32_bits, 0);

	if (check_cap(vm->fd, KVM_CAP_ARM_SYSTEM_SUSPEND) != 1)
		SKIP(return, "no SYSTEM_SUSPEND (yet)");
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	ASSERT_EQ(0, vcpu_run_once(vcpu));
	ASSERT_EQ(KVM_EXIT_SYSTEM_EVENT, vcpu->run->exit_reason);
	EXPECT_EQ(0x40000000, reg_get(vcpu, X_REG(1)));
	EXPECT_EQ(0xbeef, reg_get(vcpu, X_REG(2)));
	EXPECT_EQ(1, reg_get(vcpu, X_REG(3)));
	vcpu_run_done(vcpu);
	vm_free(vm);
}

#define SLEEPERS	3

struct sleeper {
	struct vcpu *vcpu;
	int ret;
	u32 reason, type;
	volatile bool awake;
	u64 cpu;			/* time */
	pthread_t thread;
};

static void *sleep_in_run(void *arg)
{
	struct sleeper *s = arg;
	u64 before = cpu_ns();

	s->ret = vcpu_run_once(s->vcpu);
	s->reason = s->vcpu->run->exit_reason;
	s->type = s->vcpu->run->system_event.type;
	s->cpu = cpu_ns() - before;
	s->awake = true;
	return NULL;
}

static void set_mp_state(struct vcpu *vcpu, u32 state)
{
	struct kvm_mp_state mp = { state };

	if (kioctlp(vcpu->fd, KVM_SET_MP_STATE, &mp))
		die("SET_MP_STATE");
}

/*
 * Three sleep. What is nobody's wake-up event (an ioctl that every thread in RUN hears of, an interrupt for one of
 * them) wakes no other; each tells of its own, stays suspended until user space says otherwise, and goes on.
 */
TEST(suspended_vcpus_wake_by_their_own_events)
{
	struct vm *vm = vm_create_guest();
	struct sleeper s[SLEEPERS] = {};
	struct kvm_mp_state mp;
	int i, j;

	for (i = 0; i < SLEEPERS; i++) {
		s[i].vcpu = guest_vcpu(vm, i, guest_spin, 0);
		set_mp_state(s[i].vcpu, KVM_MP_STATE_SUSPENDED);
	}
	for (i = 0; i < SLEEPERS; i++)
		ASSERT_EQ(0, pthread_create(&s[i].thread, NULL, sleep_in_run, &s[i]));
	usleep(300000);
	for (i = SLEEPERS - 1; i >= 0; i--) {
		/* level 1 of another one's line, which is no event of this one's */
		ASSERT_EQ(0, irq_line(vm, KVM_ARM_IRQ_TYPE_CPU, i, KVM_ARM_IRQ_CPU_IRQ, 1));
		pthread_join(s[i].thread, NULL);
		EXPECT_EQ(0, s[i].ret);
		EXPECT_EQ(KVM_EXIT_SYSTEM_EVENT, s[i].reason);
		EXPECT_EQ(KVM_SYSTEM_EVENT_WAKEUP, s[i].type);
		ASSERT_EQ(0, kioctlp(s[i].vcpu->fd, KVM_GET_MP_STATE, &mp));
		EXPECT_EQ(KVM_MP_STATE_SUSPENDED, mp.mp_state);
		/* asked again it says so again */
		ASSERT_EQ(0, vcpu_run_once(s[i].vcpu));
		EXPECT_EQ(KVM_SYSTEM_EVENT_WAKEUP, s[i].vcpu->run->system_event.type);
		usleep(100000);
		for (j = 0; j < i; j++)
			EXPECT_FALSE(s[j].awake);
	}
	for (i = 0; i < SLEEPERS; i++) {
		ASSERT_EQ(0, irq_line(vm, KVM_ARM_IRQ_TYPE_CPU, i, KVM_ARM_IRQ_CPU_IRQ, 0));
		set_mp_state(s[i].vcpu, KVM_MP_STATE_RUNNABLE);
		vcpu_run_sync(s[i].vcpu, 0);
	}
	vm_free(vm);
}

static void on_signal(int sig)
{
}

/* Moving the physical count is a request to each thread in RUN, and no event of the guest's; who got it sleeps on. */
TEST(a_request_is_no_wakeup)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct vm *vm = vm_create_guest();
	struct sleeper s = { .vcpu = guest_vcpu(vm, 0, guest_spin, 0) };
	struct vcpu *other = guest_vcpu(vm, 1, guest_spin, 0);
	int i;

	sigaction(SIGUSR1, &sa, NULL);
	set_mp_state(s.vcpu, KVM_MP_STATE_SUSPENDED);
	ASSERT_EQ(0, pthread_create(&s.thread, NULL, sleep_in_run, &s));
	usleep(300000);
	for (i = 0; i < 50; i++) {
		reg_set(other, ARM64_SYS_REG(3, 3, 14, 0, 1), i);
		usleep(2000);
	}
	usleep(500000);
	EXPECT_FALSE(s.awake);
	pthread_kill(s.thread, SIGUSR1);
	pthread_join(s.thread, NULL);
	EXPECT_EQ(-EINTR, s.ret);
	EXPECT_GT(250000000, s.cpu);
	vm_free(vm);
}

SELFTEST_MAIN
