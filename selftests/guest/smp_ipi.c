// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Many vCPUs on few CPUs work together: a token goes round by SGIs among
 *            eight vCPUs, each asleep until its turn; vCPU threads may be moved from
 *            CPU to CPU meanwhile; a WFI sleeper costs no CPU time.
 * Reference: issue 2, items 4 and 8.
 * A failure: a lost wake-up as a time-out, a spinning sleeper as CPU time.
 */
#include <pthread.h>
#include <sched.h>

#include "harness.h"
#include "gic.h"
#include "timer.h"

#define CPUS	8
#define ROUNDS	50
#define WAKE_SPI	33

static u64 up[CPUS], token[CPUS];

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();
	u64 me = this_cpu()->index;

	if (id == INTID_SPURIOUS)
		return;
	GUEST_ASSERT(id == 7 || id == WAKE_SPI);
	WRITE_ONCE(token[me], token[me] + 1);
	gic_eoi(id);
}

static void guest_ring(u64 nr)
{
	u64 me = this_cpu()->index, round, i;

	if (me == 0)
		gic_dist_init();
	gic_cpu_init();
	gic_set_prio(7, 0x80);
	gic_enable(7);
	guest_irq_handler = on_irq;
	dsb_sy();
	WRITE_ONCE(up[me], 1);
	if (me == 0) {
		for (i = 1; i < nr; i++)
			while (!READ_ONCE(up[i]))
				cpu_relax();
		gic_sgi(7, 1);
	}
	for (round = 1; round <= ROUNDS; round++) {
		SLEEP_UNTIL(READ_ONCE(token[me]) >= round);
		if (round < ROUNDS || me < nr - 1)
			gic_sgi(7, 1 << (me + 1) % nr);
	}
	GUEST_DONE();
}

static struct vm *ring_vm(int nr)
{
	struct vm *vm = vm_create_guest();
	int i;

	for (i = 0; i < nr; i++)
		guest_vcpu(vm, i, guest_ring, nr);
	gic_create(vm, 64);
	return vm;
}

TEST(a_token_goes_round)
{
	struct vm *vm = ring_vm(CPUS);
	int i;

	vcpus_run_done(vm);
	for (i = 0; i < CPUS; i++) {
		EXPECT_EQ(ROUNDS, gv(vm, token[i]));
	}
	vm_free(vm);
}

static volatile bool stop;

/* Moves the whole process's threads around. */
static void *mover(void *arg)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN), i = 0, t;
	cpu_set_t set;

	while (!stop) {
		for (t = 1; t < 40; t++) {
			CPU_ZERO(&set);
			CPU_SET(i++ % n, &set);
			/* thread ids follow the process's; others aren't ours: ESRCH, EPERM */
			sched_setaffinity(getpid() + t, sizeof(set), &set);
		}
		usleep(2000);
	}
	return NULL;
}

TEST(a_token_goes_round_while_threads_migrate)
{
	struct vm *vm = ring_vm(4);
	pthread_t t;
	int i;

	ASSERT_EQ(0, pthread_create(&t, NULL, mover, NULL));
	vcpus_run_done(vm);
	stop = true;
	pthread_join(t, NULL);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(ROUNDS, gv(vm, token[i]));
	}
	vm_free(vm);
}

static void guest_sleeps(u64 arg)
{
	if (this_cpu()->index == 0)
		gic_dist_init();
	gic_cpu_init();
	gic_set_edge(WAKE_SPI, true);
	gic_set_prio(WAKE_SPI, 0x80);
	gic_set_route(WAKE_SPI, 0);
	gic_enable(WAKE_SPI);
	guest_irq_handler = on_irq;
	dsb_sy();
	WRITE_ONCE(up[this_cpu()->index], 1);
	SLEEP_UNTIL(READ_ONCE(token[this_cpu()->index]));
	GUEST_DONE();
}

static u64 sleeper_ns;

static void *timed_thread(void *arg)
{
	vcpu_run_done(arg);
	sleeper_ns = cpu_ns();
	return NULL;
}

TEST(a_sleeper_costs_nothing)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_sleeps, 0);
	pthread_t t;

	gic_create(vm, 64);
	ASSERT_EQ(0, pthread_create(&t, NULL, timed_thread, vcpu));
	while (!gv(vm, up[0]))
		usleep(1000);
	sleep(3);
	EXPECT_EQ(0, gv(vm, token[0]));
	/* an interrupt that it enabled, from outside */
	ASSERT_EQ(0, irq_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, WAKE_SPI, 1));
	pthread_join(t, NULL);
	EXPECT_EQ(1, gv(vm, token[0]));
	EXPECT_GT(1500000000ULL, sleeper_ns)
		TH_LOG("CPU time %lu ms", sleeper_ns / 1000000);
	vm_free(vm);
}

SELFTEST_MAIN
