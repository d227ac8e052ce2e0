// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A guest's clock goes on correctly whatever happens to the host meanwhile: the count is the host's plus
 *            one constant, never goes backwards, seen by one vCPU or by all; each timer fires, never early, busy or
 *            asleep, virtual or physical; and all vCPUs tick to the end.
 * Reference: Arm ARM D11 (generic timer); issue 4, item 5.
 * A failure: the guest's line with both values; a timer that was lost as a time-out with the vCPU's registers.
 *
 * On its own it takes two seconds. selftests/host/ runs it with CLOCK_UNTIL=FILE while CPUs go and come, or the host
 * sleeps: it goes on until the file exists, and then says how often each vCPU ticked.
 */
#include <pthread.h>

#include "harness.h"
#include "gic.h"
#include "timer.h"

/* What each vCPU does between two ticks, and how far apart they are. */
#define BUSY		0
#define ASLEEP		1
#define CPUS		4
static const struct kind {
	u64 asleep, phys, period_ms;
} kinds[CPUS] = {
	{ BUSY,   0,  10 },	/* tells the host the count, too */
	{ ASLEEP, 0,   7 },
	{ ASLEEP, 0, 300 },	/* asleep in the host's own timer most of the time */
	{ ASLEEP, 1,  20 },
};

#define SYNC_TICKS	10

static u64 ticks[CPUS], dist_ready, stop, newest;

static void program(const struct kind *kind, u64 cval)
{
	if (kind->phys) {
		write_sysreg(cval, cntp_cval_el0);
		write_sysreg(TIMER_ENABLE, cntp_ctl_el0);
	} else {
		write_sysreg(cval, cntv_cval_el0);
		write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
	}
	isb();
}

static u64 count(const struct kind *kind)
{
	isb();
	return kind->phys ? read_sysreg(cntpct_el0) : read_sysreg(cntvct_el0);
}

static void on_irq(struct guest_frame *frame)
{
	u64 me = this_cpu()->index;
	const struct kind *kind = &kinds[me];
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS)
		return;
	GUEST_ASSERT_EQ(kind->phys ? INTID_PTIMER : INTID_VTIMER, id);
	if (kind->phys) {
		GUEST_ASSERT(count(kind) >= read_sysreg(cntp_cval_el0));
		GUEST_ASSERT(read_sysreg(cntp_ctl_el0) & TIMER_ISTATUS);
	} else {
		GUEST_ASSERT(count(kind) >= read_sysreg(cntv_cval_el0));
		GUEST_ASSERT(read_sysreg(cntv_ctl_el0) & TIMER_ISTATUS);
	}
	WRITE_ONCE(ticks[me], ticks[me] + 1);
	program(kind, count(kind) + ms_to_ticks(kind->period_ms));
	gic_eoi(id);
}

/* The virtual count against the highest that any vCPU has read before. */
static void check_order(void)
{
	u64 seen = __atomic_load_n(&newest, __ATOMIC_SEQ_CST), now = vcount();

	GUEST_ASSERT(now >= seen);
	while (seen < now && !__atomic_compare_exchange_n(&newest, &seen, now, false,
							  __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		;
}

static void guest_ticks(u64 arg)
{
	u64 me = this_cpu()->index, told = 0, end;
	const struct kind *kind = &kinds[me];
	u32 intid = kind->phys ? INTID_PTIMER : INTID_VTIMER;

	if (me == 0) {
		gic_dist_init();
		WRITE_ONCE(dist_ready, 1);
	}
	while (!READ_ONCE(dist_ready))
		cpu_relax();
	gic_cpu_init();
	guest_irq_handler = on_irq;
	gic_set_prio(intid, 0x80);
	gic_enable(intid);
	program(kind, count(kind) + ms_to_ticks(kind->period_ms));
	irq_enable();
	while (!READ_ONCE(stop)) {
		if (kind->asleep)
			wfi();
		check_order();
		if (me == 0 && READ_ONCE(ticks[0]) >= told + SYNC_TICKS) {
			told = READ_ONCE(ticks[0]);
			/* the second is read right after the host entered: a narrow bound */
			GUEST_SYNC_ARGS(0, vcount(), 0, 0);
			GUEST_SYNC_ARGS(0, vcount(), 0, 0);
		}
	}
	/* still alive: some more ticks */
	end = READ_ONCE(ticks[me]) + 3;
	while (READ_ONCE(ticks[me]) < end) {
		if (kind->asleep)
			wfi();
	}
	GUEST_DONE();
}

/* The host's own count, at EL0. */
static u64 host_count(void)
{
	return vcount();
}

/* What the host's count may be ahead of the guest's, by all that the guest said so far. */
static s64 least = INT64_MIN, most = INT64_MAX;

static void *clock_thread(void *arg)
{
	struct vcpu *vcpu = arg;
	struct ucall uc;
	u64 before;
	int ret;

	for (;;) {
		before = host_count();
		ret = vcpu_run(vcpu, &uc);
		if (ret == UCALL_DONE)
			return NULL;
		if (ret != UCALL_SYNC)
			die("vCPU %u: unexpected end of its run: %d", vcpu->id, ret);
		if ((s64)(before - uc.a[1]) > least)
			least = before - uc.a[1];
		if ((s64)(host_count() - uc.a[1]) < most)
			most = host_count() - uc.a[1];
		if (least > most)
			die("the guest's count has moved against the host's by %lld",
			    (long long)(least - most));
	}
}

static void wait_for_end(void)
{
	const char *file = getenv("CLOCK_UNTIL");

	if (!file)
		sleep(2);
	/* and until the guest has told its count once */
	while ((file && access(file, F_OK)) || __atomic_load_n(&least, __ATOMIC_RELAXED) == INT64_MIN)
		usleep(100000);
}

FIXTURE(clock) {
	struct vm *vm;
};

FIXTURE_SETUP(clock)
{
	self->vm = vm_create_guest();
}

FIXTURE_TEARDOWN(clock)
{
	vm_free(self->vm);
}

TEST_F_TIMEOUT(clock, goes_on, 3600)
{
	pthread_t threads[CPUS];
	unsigned int i;

	run_timeout(3500);
	for (i = 0; i < CPUS; i++)
		guest_vcpu(self->vm, i, guest_ticks, 0);
	gic_create(self->vm, 64);
	for (i = 0; i < CPUS; i++) {
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, clock_thread, self->vm->vcpus[i]));
	}
	wait_for_end();
	gv(self->vm, stop) = 1;
	for (i = 0; i < CPUS; i++) {
		pthread_join(threads[i], NULL);
		TH_LOG("vCPU %u: %llu ticks", i, (unsigned long long)gv(self->vm, ticks[i]));
		EXPECT_LE(3, gv(self->vm, ticks[i]));
	}
	EXPECT_LT(INT64_MIN, least);
	TH_LOG("the host's count is ahead by %lld, known to %lld", (long long)least,
	       (long long)(most - least));
}

SELFTEST_MAIN
