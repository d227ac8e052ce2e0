// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A CPU on which a vCPU is told of interrupts as fast as it takes them, or that is told of doorbells as fast
 *            as it signals them, still has its own interrupts: who sleeps there for a while is woken in time. (The
 *            interrupt by which it is told has a lower number than the host's timer, and a GIC may prefer the lower.)
 * Reference: GICv3 (IHI 0069) 4.8: which of several interrupts of one priority is taken first is the GIC's choice.
 * A failure: how seldom who slept was woken, and the longest sleep. See kick() in el2/fast_irq.c, av_boxes_irq() in
 *            host/boxes.c. For a board: in an emulator nobody is as fast (unit/el2_wfx counts the kicks).
 */
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>

#include "eventfd.h"
#include "gic.h"
#include "harness.h"
#include "stats.h"
#include "timer.h"

#define BUSY_MS		2500		/* so long the guest goes on */
#define SLEEPS_MS	1800		/* ... and so long others want to sleep and wake */
#define SLEEP_MS	30
#define AT_LEAST	8		/* of 60: the machine may be emulated, on few CPUs */
#define MAX_CPUS	8
#define WATCHERS	300		/* of the doorbell's eventfd: to signal it takes longer than to ring */
#define BELL		MMIO_IPA

#define MANY		48		/* doorbells */
#define SLOW		20		/* ... and so many times the watchers */

static u64 up, stop, taken, stored;

static int nr_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < MAX_CPUS ? n : MAX_CPUS;
}

static void go_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity to CPU %d", cpu);
}

/* A vCPU's thread, on a CPU of its own. */
struct runner {
	pthread_t thread;
	struct vcpu *vcpu;
	int cpu;
};

static void *run_there(void *arg)
{
	struct runner *r = arg;

	go_to(r->cpu);
	vcpu_run_done(r->vcpu);
	return NULL;
}

static void start(struct runner *r, struct vcpu *vcpu, int cpu)
{
	r->vcpu = vcpu;
	r->cpu = cpu;
	if (pthread_create(&r->thread, NULL, run_there, r))
		die("pthread_create");
}

/* Sleeps on a CPU, time and again. */
struct sleeper {
	pthread_t thread;
	int cpu;
	u64 times, longest;		/* ms */
};

static void *sleep_there(void *arg)
{
	struct sleeper *s = arg;
	u64 end, before, ms;

	go_to(s->cpu);
	end = now_ns() + SLEEPS_MS * 1000000ULL;
	while (now_ns() < end) {
		before = now_ns();
		usleep(SLEEP_MS * 1000);
		ms = (now_ns() - before) / 1000000;
		if (ms > s->longest)
			s->longest = ms;
		s->times++;
	}
	return NULL;
}

static void begin_to_sleep(struct sleeper *s, int cpu)
{
	s->cpu = cpu;
	if (pthread_create(&s->thread, NULL, sleep_there, s))
		die("pthread_create");
}

/* How often it woke. */
static u64 times_woken(struct sleeper *s)
{
	pthread_join(s->thread, NULL);
	printf("# CPU %d: woke %lu times, once after %lu ms\n", s->cpu, s->times, s->longest);
	fflush(stdout);
	return s->times;
}

/* ---- doorbells ------------------------------------------------------------------------------------ */

static void watch(int fd, int times)
{
	struct epoll_event event = { .events = EPOLLIN };
	int i, n, epoll, copy[WATCHERS];

	/* The same file by another descriptor is another watcher, and so it is to another epoll. */
	for (i = 0; i < WATCHERS; i++)
		copy[i] = dup(fd);
	for (n = 0; n < times; n++) {
		epoll = epoll_create1(0);
		for (i = 0; i < WATCHERS; i++)
			if (epoll_ctl(epoll, EPOLL_CTL_ADD, copy[i], &event))
				die("epoll_ctl: %s", strerror(errno));
	}
}

static void guest_rings(u64 ms)
{
	u64 end = vcount() + ms_to_ticks(ms);
	u32 n = 0;

	WRITE_ONCE(up, 1);
	while (vcount() < end)
		writel(n++, BELL);
	GUEST_DONE();
}

/* Rung on all CPUs but the last, which is told. Several: one that has its tick does not ring. */
TEST(who_is_told_of_doorbells)
{
	struct vm *vm = vm_create_guest();
	int i, fd = new_eventfd(), told = nr_cpus() - 1;
	struct runner runner[MAX_CPUS];
	struct sleeper sleeper = {};
	struct stats *stats;

	if (!told)
		SKIP(return, "no other CPU");
	watch(fd, 1);
	ASSERT_EQ(0, ioeventfd(vm, fd, BELL, 4, 0, 0));
	for (i = 0; i < told; i++)
		start(&runner[i], guest_vcpu(vm, i, guest_rings, BUSY_MS), i);
	while (!gv(vm, up))
		usleep(1000);
	begin_to_sleep(&sleeper, told);
	for (i = 0; i < told; i++)
		pthread_join(runner[i].thread, NULL);
	EXPECT_LT(AT_LEAST, times_woken(&sleeper));
	stats = stats_open(vm->fd);
	printf("# %lu of %lu stores were taken at EL2\n", stats_value(stats, "fast_doorbells"), count_of(fd));
	fflush(stdout);
	stats_close(stats);
	vm_free(vm);
}

static void guest_rings_many(u64 ms)
{
	u64 end = vcount() + ms_to_ticks(ms), n;

	WRITE_ONCE(up, 1);
	for (n = 0; vcount() < end; n++)
		writel(n, BELL + n % MANY * 0x1000);
	stored = n;
	GUEST_DONE();
}

/*
 * The VMM chooses what a signal costs, and how many bells one interrupt finds rung: of all that it does what a turn
 * takes, and the rest is signalled by others, so that it is all there at the end of RUN.
 */
TEST(who_is_told_of_many_doorbells_with_slow_signals)
{
	struct vm *vm = vm_create_guest();
	int i, fd = new_eventfd(), told = nr_cpus() - 1;
	struct sleeper sleeper = {};
	struct runner runner;
	struct stats *stats;

	if (!told)
		SKIP(return, "no other CPU");
	watch(fd, SLOW);
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, ioeventfd(vm, fd, BELL + i * 0x1000, 4, 0, 0));
	start(&runner, guest_vcpu(vm, 0, guest_rings_many, BUSY_MS), 0);
	while (!gv(vm, up))
		usleep(1000);
	begin_to_sleep(&sleeper, told);
	pthread_join(runner.thread, NULL);
	EXPECT_EQ(gv(vm, stored), count_of(fd));
	EXPECT_LT(AT_LEAST, times_woken(&sleeper));
	stats = stats_open(vm->fd);
	printf("# %lu of %lu stores were taken at EL2\n", stats_value(stats, "fast_doorbells"), gv(vm, stored));
	fflush(stdout);
	stats_close(stats);
	vm_free(vm);
}

/* ---- kicks ---------------------------------------------------------------------------------------- */

static void on_sgi(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS)
		return;
	WRITE_ONCE(taken, taken + 1);
	gic_eoi(id);
}

/* vCPU 0 takes SGIs, the others send them without a pause, each by a number of its own. */
static void guest_takes_or_sends(u64 ms)
{
	u64 me = this_cpu()->index, end;

	if (me) {
		while (!READ_ONCE(up))
			cpu_relax();
		for (end = vcount() + ms_to_ticks(ms); vcount() < end;)
			gic_sgi(me, 1);
		WRITE_ONCE(stop, 1);
		GUEST_DONE();
	}
	gic_dist_init();
	gic_cpu_init();
	for (u32 n = 1; n < MAX_CPUS; n++) {
		gic_set_prio(n, 0x80);
		gic_enable(n);
	}
	guest_irq_handler = on_sgi;
	dsb_sy();
	irq_enable();
	WRITE_ONCE(up, 1);
	while (!READ_ONCE(stop))
		cpu_relax();
	GUEST_DONE();
}

TEST(where_a_vcpu_is_told_of_interrupts)
{
	struct vm *vm = vm_create_guest();
	int i, cpus = nr_cpus();
	struct sleeper sleeper = {};
	struct runner runner[MAX_CPUS];
	struct stats *stats;

	if (cpus < 2)
		SKIP(return, "no other CPU");
	for (i = 0; i < cpus; i++)
		guest_vcpu(vm, i, guest_takes_or_sends, BUSY_MS);
	gic_create(vm, 64);
	for (i = 0; i < cpus; i++)
		start(&runner[i], vm->vcpus[i], i ? i - 1 : cpus - 1);
	while (!gv(vm, up))
		usleep(1000);
	begin_to_sleep(&sleeper, cpus - 1);
	for (i = 0; i < cpus; i++)
		pthread_join(runner[i].thread, NULL);
	EXPECT_LT(AT_LEAST, times_woken(&sleeper));
	stats = stats_open(vm->vcpus[0]->fd);
	printf("# %lu SGIs taken, %lu interrupts taken at EL2, %lu in the host\n", gv(vm, taken),
	       stats_value(stats, "fast_irq"), stats_value(stats, "exit_irq"));
	fflush(stdout);
	stats_close(stats);
	vm_free(vm);
}

SELFTEST_MAIN
