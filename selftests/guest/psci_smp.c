// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     CPU_ON starts a stopped vCPU in the reset state at the given entry,
 *            exactly once whoever races for it; CPU_OFF stops it; AFFINITY_INFO
 *            tells which; all of it with up to eight vCPUs, again and again.
 * Reference: PSCI DEN0022D 5.5-5.7; kvm-abi.md part 9.
 * A failure: the guest's line, or a time-out when a vCPU doesn't come up.
 */
#include <pthread.h>
#include <signal.h>

#include "harness.h"
#include "psci.h"

static u64 alive[8];
static u64 rounds[8];
static u64 wins[8];

static void wait_for(u64 *p, u64 v)
{
	while (READ_ONCE(*p) != v)
		cpu_relax();
}

/* ---- boot of all by one --------------------------------------------------- */

static void guest_boot_all(u64 n)
{
	u64 me = this_cpu()->index, i;

	GUEST_ASSERT_EQ(me, read_sysreg(mpidr_el1) & 0xff);
	if (me == 0) {
		for (i = 1; i < n; i++)
			GUEST_ASSERT_EQ(PSCI_STATE_OFF, psci(PSCI_AFFINITY_INFO, i, 0, 0));
		for (i = 1; i < n; i++) {
			GUEST_ASSERT_EQ(PSCI_SUCCESS, psci_cpu_on(i));
			GUEST_ASSERT_EQ(PSCI_ALREADY_ON, psci_cpu_on(i));
		}
		for (i = 1; i < n; i++) {
			wait_for(&alive[i], i);
			GUEST_ASSERT_EQ(PSCI_STATE_ON, psci(PSCI_AFFINITY_INFO, i, 0, 0));
		}
	}
	WRITE_ONCE(alive[me], me);
	GUEST_DONE();
}

TEST(one_cpu_starts_seven_others)
{
	struct vm *vm = vm_create_guest();
	int i;

	guest_vcpu(vm, 0, guest_boot_all, 8);
	for (i = 1; i < 8; i++)
		guest_set_entry(guest_vcpu(vm, i, NULL, 0), guest_boot_all, 8);
	vcpus_run_done(vm);
}

/* ---- off and on ----------------------------------------------------------- */

#define ONOFF	20

static void guest_comes_and_goes(u64 arg)
{
	u64 me = this_cpu()->index;

	WRITE_ONCE(rounds[me], rounds[me] + 1);
	dsb_sy();
	if (rounds[me] == ONOFF)
		GUEST_DONE();
	psci(PSCI_CPU_OFF, 0, 0, 0);
	GUEST_ASSERT(0);	/* CPU_OFF doesn't return */
}

static void guest_switches(u64 arg)
{
	u64 i, cpu;

	for (i = 1; i <= ONOFF; i++) {
		for (cpu = 1; cpu <= 2; cpu++)
			GUEST_ASSERT_EQ(PSCI_SUCCESS, psci_cpu_on(cpu));
		for (cpu = 1; cpu <= 2; cpu++) {
			wait_for(&rounds[cpu], i);
			if (i == ONOFF)
				continue;
			while (psci(PSCI_AFFINITY_INFO, cpu, 0, 0) != PSCI_STATE_OFF)
				cpu_relax();
		}
	}
	GUEST_DONE();
}

TEST(cpus_go_off_and_come_back)
{
	struct vm *vm = vm_create_guest();

	guest_vcpu(vm, 0, guest_switches, 0);
	guest_set_entry(guest_vcpu(vm, 1, NULL, 0), guest_comes_and_goes, 0);
	guest_set_entry(guest_vcpu(vm, 2, NULL, 0), guest_comes_and_goes, 0);
	vcpus_run_done(vm);
	EXPECT_EQ(ONOFF, gv(vm, rounds[1]));
	EXPECT_EQ(ONOFF, gv(vm, rounds[2]));
}

/* ---- a race for one vCPU --------------------------------------------------- */

static u64 started;

static void guest_prize(u64 arg)
{
	WRITE_ONCE(started, started + 1);
	GUEST_DONE();
}

static void guest_racer(u64 arg)
{
	u64 me = this_cpu()->index;
	s32 ret;

	WRITE_ONCE(alive[me], 1);
	dsb_sy();
	while (!READ_ONCE(alive[0]) || !READ_ONCE(alive[1]) || !READ_ONCE(alive[2]))
		cpu_relax();
	ret = psci_cpu_on(3);
	GUEST_ASSERT(ret == PSCI_SUCCESS || ret == PSCI_ALREADY_ON);
	WRITE_ONCE(wins[me], ret == PSCI_SUCCESS);
	GUEST_DONE();
}

TEST(a_race_has_one_winner)
{
	int i, round;

	for (round = 0; round < 5; round++) {
		struct vm *vm = vm_create_guest();

		for (i = 0; i < 3; i++)
			guest_vcpu(vm, i, guest_racer, 0);
		guest_set_entry(guest_vcpu(vm, 3, NULL, 0), guest_prize, 0);
		vcpus_run_done(vm);
		EXPECT_EQ(1, gv(vm, wins[0]) + gv(vm, wins[1]) + gv(vm, wins[2]));
		EXPECT_EQ(1, gv(vm, started));
		vm_free(vm);
	}
}

/* ---- the state at the entry ------------------------------------------------ */

static void guest_starts_one(u64 arg)
{
	GUEST_ASSERT_EQ(PSCI_SUCCESS, psci(PSCI_CPU_ON, 1, 0x40123450, 0xfeedf00dcafe));
	GUEST_DONE();
}

/* Between CPU_ON and the first run of the target, its registers show the reset. */
TEST(the_target_is_reset)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *cpu = guest_vcpu(vm, 0, guest_starts_one, 0);
	struct vcpu *target = guest_vcpu(vm, 1, NULL, 0);
	struct kvm_mp_state mp;
	int i;

	for (i = 0; i < 31; i++)
		reg_set(target, X_REG(i), ~0ULL);
	reg_set(target, SR_VBAR_EL1, 0x12345000);
	reg_set(target, SR_SCTLR_EL1, 0x30d0180d);
	vcpu_run_done(cpu);
	EXPECT_EQ(0x40123450, reg_get(target, PC_REG));
	EXPECT_EQ(0xfeedf00dcafe, reg_get(target, X_REG(0)));
	EXPECT_EQ(0x3c5, reg_get(target, PSTATE_REG));
	for (i = 1; i < 31; i++) {
		EXPECT_EQ(0, reg_get(target, X_REG(i)));
	}
	EXPECT_EQ(0x00c50078, reg_get(target, SR_SCTLR_EL1));
	EXPECT_EQ(0, reg_get(target, SR_VBAR_EL1));
	ASSERT_EQ(0, kioctlp(target->fd, KVM_GET_MP_STATE, &mp));
	EXPECT_EQ(KVM_MP_STATE_RUNNABLE, mp.mp_state);
}

static u64 going;

static void guest_goes_off(u64 arg)
{
	WRITE_ONCE(going, 1);
	psci(PSCI_CPU_OFF, 0, 0, 0);
	GUEST_ASSERT(0);
}

static void on_kick(int sig)
{
}

static void *run_thread(void *arg)
{
	vcpu_run_once(arg);
	return NULL;
}

TEST(user_space_sees_cpu_off)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_goes_off, 0);
	struct kvm_mp_state mp = { ~0u };
	struct sigaction sa = { .sa_handler = on_kick };
	pthread_t t;

	sigaction(SIGUSR1, &sa, NULL);
	ASSERT_EQ(0, pthread_create(&t, NULL, run_thread, vcpu));
	while (!gv(vm, going))
		usleep(1000);
	usleep(500000);
	/* the thread sleeps in RUN: kick it out to look */
	vcpu->run->immediate_exit = 1;
	pthread_kill(t, SIGUSR1);
	pthread_join(t, NULL);
	ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_GET_MP_STATE, &mp));
	EXPECT_EQ(KVM_MP_STATE_STOPPED, mp.mp_state);
}

SELFTEST_MAIN
