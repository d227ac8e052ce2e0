// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Periodic timers (virtual or physical) of several vCPUs tick on, without loss or hang, while
 *            their threads are moved from CPU to CPU, signalled and outnumber the
 *            CPUs; asleep in WFI or busy.
 * Reference: issue 2, items 4 and 8; style.md 4.d (timer_fires_after_migration).
 * A failure: a lost tick as a time-out with the vCPU's registers.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "harness.h"
#include "gic.h"
#include "timer.h"

#define CPUS	4
#define TICKS	100
#define TICK_MS	4

static u64 ticks[CPUS], backwards, dist_ready;
static u64 phys;			/* which timer */

static u64 count(void)
{
	isb();
	return phys ? read_sysreg(cntpct_el0) : read_sysreg(cntvct_el0);
}

static u64 get_cval(void)
{
	return phys ? read_sysreg(cntp_cval_el0) : read_sysreg(cntv_cval_el0);
}

static void set_cval(u64 v)
{
	if (phys)
		write_sysreg(v, cntp_cval_el0);
	else
		write_sysreg(v, cntv_cval_el0);
}

static void set_ctl(u64 v)
{
	if (phys)
		write_sysreg(v, cntp_ctl_el0);
	else
		write_sysreg(v, cntv_ctl_el0);
}

static u32 intid(void)
{
	return phys ? INTID_PTIMER : INTID_VTIMER;
}

static void on_irq(struct guest_frame *frame)
{
	u64 me = this_cpu()->index;
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS)
		return;
	GUEST_ASSERT_EQ(intid(), id);
	GUEST_ASSERT(count() >= get_cval());
	WRITE_ONCE(ticks[me], ticks[me] + 1);
	/* The last one: what is on its way to GUEST_DONE must not meet another. */
	if (ticks[me] == TICKS)
		set_ctl(0);
	set_cval(count() + ms_to_ticks(TICK_MS));
	/* No tick more on a slow machine. */
	if (ticks[me] == TICKS)
		set_ctl(0);
	isb();
	gic_eoi(id);
}

static void guest_ticks(u64 which)
{
	u64 me = this_cpu()->index, last = 0, slept = 0, now;

	/* KVM forgets what becomes pending while the distributor is off */
	if (me == 0) {
		gic_dist_init();
		phys = which;
		WRITE_ONCE(dist_ready, 1);
	}
	while (!READ_ONCE(dist_ready))
		cpu_relax();
	gic_cpu_init();
	guest_irq_handler = on_irq;
	gic_set_prio(intid(), 0x80);
	gic_enable(intid());
	set_cval(count() + ms_to_ticks(TICK_MS));
	set_ctl(TIMER_ENABLE);
	isb();
	irq_enable();
	while (READ_ONCE(ticks[me]) < TICKS) {
		/* Woken by each tick, the last one is no exception. */
		if (me & 1)
			SLEEP_UNTIL(READ_ONCE(ticks[me]) > slept);
		slept = READ_ONCE(ticks[me]);
		now = count();
		if (now < last)
			WRITE_ONCE(backwards, backwards + 1);
		last = now;
	}
	GUEST_DONE();
}

static volatile int finished;
static pid_t tids[CPUS];
static pthread_t threads[CPUS];

static void *vcpu_thread(void *arg)
{
	struct vcpu *vcpu = arg;

	tids[vcpu->id] = gettid();
	vcpu_run_done(vcpu);
	__atomic_fetch_add(&finished, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void on_kick(int sig)
{
}

static void run_all(struct __test_metadata *_metadata, u64 which, bool migrate, bool kick)
{
	struct sigaction sa = { .sa_handler = on_kick };
	struct vm *vm = vm_create_guest();
	int i, n = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int step = 0;
	cpu_set_t set;

	sigaction(SIGUSR1, &sa, NULL);
	finished = 0;
	for (i = 0; i < CPUS; i++)
		guest_vcpu(vm, i, guest_ticks, which);
	gic_create(vm, 64);
	for (i = 0; i < CPUS; i++) {
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, vcpu_thread, vm->vcpus[i]));
	}
	while (finished < CPUS) {
		for (i = 0; i < CPUS && finished < CPUS; i++, step++) {
			CPU_ZERO(&set);
			CPU_SET(step / 3 % n, &set);
			if (migrate && tids[i])
				sched_setaffinity(tids[i], sizeof(set), &set);
			if (kick && tids[i])
				tgkill(getpid(), tids[i], SIGUSR1);
		}
		usleep(1500);
	}
	for (i = 0; i < CPUS; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(TICKS, gv(vm, ticks[i]));
	}
	EXPECT_EQ(0, gv(vm, backwards));
	vm_free(vm);
}

FIXTURE(ticks) {
};

FIXTURE_VARIANT(ticks) {
	u64 which;
};

FIXTURE_VARIANT_ADD(ticks, virtual) { .which = 0 };
FIXTURE_VARIANT_ADD(ticks, physical) { .which = 1 };

FIXTURE_SETUP(ticks)
{
}

FIXTURE_TEARDOWN(ticks)
{
}

TEST_F(ticks, more_vcpus_than_cpus)
{
	run_all(_metadata, variant->which, false, false);
}

TEST_F(ticks, threads_that_migrate)
{
	run_all(_metadata, variant->which, true, false);
}

TEST_F(ticks, threads_that_are_signalled)
{
	run_all(_metadata, variant->which, false, true);
}

TEST_F(ticks, threads_that_migrate_and_are_signalled)
{
	run_all(_metadata, variant->which, true, true);
}

SELFTEST_MAIN
