// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     No interrupt between vCPUs and no timer gets lost or comes twice, with more vCPUs than CPUs: eight
 *            vCPUs, each asleep but for its timer and for requests of the others, each of which it answers.
 * Reference: issue 3, item 4; GICv3 (IHI 0069) 12.2.22; DDI 0487 D11.
 * A failure: a lost one as a time-out; the counts of one that came too often.
 */
#include "harness.h"
#include "gic.h"
#include "timer.h"

#define CPUS	8
#define ROUNDS	40
#define REPLY	8			/* SGI n is a request of vCPU n, SGI 8 + n its reply */
#define OTHERS(me)	(((1u << CPUS) - 1) & ~(1u << (me)))

static u64 up[CPUS], timers[CPUS], spurious[CPUS];
static u64 requests[CPUS][CPUS], replies[CPUS][CPUS];	/* by receiver and sender */

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();
	u64 me = this_cpu()->index;

	if (id == INTID_VTIMER) {
		write_sysreg(0, cntv_ctl_el0);
		isb();
		WRITE_ONCE(timers[me], timers[me] + 1);
	} else if (id < REPLY) {
		WRITE_ONCE(requests[me][id], requests[me][id] + 1);
		gic_sgi(REPLY + me, 1u << id);
	} else if (id < 2 * REPLY) {
		WRITE_ONCE(replies[me][id - REPLY], replies[me][id - REPLY] + 1);
	} else {
		spurious[me]++;
		return;
	}
	gic_eoi(id);
}

/* Have the timer of this vCPU's rounds fired, and the others answered? */
static bool round_is_over(u64 me, u64 round)
{
	u64 i;

	if (READ_ONCE(timers[me]) < round)
		return false;
	for (i = 0; i < CPUS; i++)
		if (i != me && READ_ONCE(replies[me][i]) < round)
			return false;
	return true;
}

/* And have all others asked that will? */
static bool all_asked(u64 me)
{
	u64 i;

	for (i = 0; i < CPUS; i++)
		if (i != me && READ_ONCE(requests[me][i]) < ROUNDS)
			return false;
	return true;
}

static void guest_storm(u64 arg)
{
	u64 me = this_cpu()->index, round, i;

	if (me == 0)
		gic_dist_init();
	gic_cpu_init();
	for (i = 0; i < 2 * REPLY; i++) {
		gic_set_prio(i, 0x80);
		gic_enable(i);
	}
	gic_set_prio(INTID_VTIMER, 0x80);
	gic_enable(INTID_VTIMER);
	guest_irq_handler = on_irq;
	dsb_sy();
	WRITE_ONCE(up[me], 1);
	for (i = 0; i < CPUS; i++)
		while (!READ_ONCE(up[i]))
			cpu_relax();
	for (round = 1; round <= ROUNDS; round++) {
		write_sysreg(vcount() + 1000 * (me + 1), cntv_cval_el0);
		write_sysreg(1, cntv_ctl_el0);
		isb();
		gic_sgi(me, OTHERS(me));
		SLEEP_UNTIL(round_is_over(me, round));
	}
	SLEEP_UNTIL(all_asked(me));
	GUEST_DONE();
}

TEST(none_is_lost_and_none_comes_twice)
{
	struct vm *vm = vm_create_guest();
	int i, j;

	run_timeout(80);
	for (i = 0; i < CPUS; i++)
		guest_vcpu(vm, i, guest_storm, 0);
	gic_create(vm, 64);
	vcpus_run_done(vm);
	for (i = 0; i < CPUS; i++) {
		EXPECT_EQ(ROUNDS, gv(vm, timers[i]));
		EXPECT_EQ(0, gv(vm, spurious[i]));
		for (j = 0; j < CPUS; j++) {
			EXPECT_EQ(i == j ? 0 : ROUNDS, gv(vm, requests[i][j]))
				TH_LOG("requests of %d to %d", j, i);
			EXPECT_EQ(i == j ? 0 : ROUNDS, gv(vm, replies[i][j]))
				TH_LOG("replies of %d to %d", j, i);
		}
	}
	vm_free(vm);
}

SELFTEST_MAIN
