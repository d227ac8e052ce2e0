// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     No edge of a device gets lost or comes twice while its interrupt's route moves between running vCPUs, it
 *            is disabled and enabled, and one of the vCPUs goes off and comes back.
 * Reference: issue 3, item 2; GICv3 (IHI 0069) 12.9.22 GICD_IROUTER, 12.9.7 GICD_ICENABLER; PSCI (DEN0022) 5.5.
 * A failure: a lost one as a time-out, with the state of the GIC; the counts of one that came too often.
 */
#include <pthread.h>
#include <sched.h>

#include "harness.h"
#include "gic.h"
#include "psci.h"
#include "timer.h"

#define CPUS	3			/* 0 moves the routes, 1 and 2 take the interrupts */
#define FIRST	40
#define SPIS	4
#define ROUNDS	400

/* quit: the host's to vCPU 0; done: vCPU 0's to the others, when it waits for none of them any more. */
static u64 up[CPUS], got[SPIS], spurious, leave, quit, done, moves, offs;

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS) {
		__atomic_fetch_add(&spurious, 1, __ATOMIC_SEQ_CST);
		return;
	}
	if (id >= FIRST)
		__atomic_fetch_add(&got[id - FIRST], 1, __ATOMIC_SEQ_CST);
	gic_eoi(id);
}

static void guest_takes(u64 arg)
{
	u64 me = this_cpu()->index;

	gic_cpu_init();
	gic_set_prio(1, 0x80);
	gic_enable(1);
	guest_irq_handler = on_irq;
	dsb_sy();
	WRITE_ONCE(up[me], 1);
	irq_enable();
	while (!READ_ONCE(done)) {
		cpu_relax();
		if (me != 2 || !READ_ONCE(leave))
			continue;
		irq_disable();
		WRITE_ONCE(up[me], 0);
		psci(PSCI_CPU_OFF, 0, 0, 0);
	}
	GUEST_DONE();
}

/* Off at any moment; its interrupts come to vCPU 1 as soon as they are routed there. */
static void off_and_on(void)
{
	WRITE_ONCE(leave, 1);
	gic_sgi(1, 1u << 2);
	while (psci(PSCI_AFFINITY_INFO, 2, 0, 0) != PSCI_STATE_OFF)
		cpu_relax();
	for (u32 n = 0; n < SPIS; n++)
		gic_set_route(FIRST + n, 1);
	delay_ms(2);
	WRITE_ONCE(leave, 0);
	GUEST_ASSERT_EQ(PSCI_SUCCESS, psci_cpu_on(2));
	while (!READ_ONCE(up[2]))
		cpu_relax();
	WRITE_ONCE(offs, offs + 1);
}

static void guest_moves(u64 arg)
{
	u32 n, i, turn;

	gic_dist_init();
	gic_cpu_init();
	for (n = 0; n < SPIS; n++) {
		gic_set_edge(FIRST + n, true);
		gic_set_prio(FIRST + n, 0x80);
		gic_set_route(FIRST + n, 1);
		gic_enable(FIRST + n);
	}
	while (!READ_ONCE(up[1]) || !READ_ONCE(up[2]))
		cpu_relax();
	dsb_sy();
	WRITE_ONCE(up[0], 1);
	for (turn = 0; !READ_ONCE(quit); turn++) {
		for (n = 0; n < SPIS; n++) {
			gic_set_route(FIRST + n, 1 + ((turn + n) & 1));
			if (((turn >> 1) & (SPIS - 1)) != n)
				continue;
			gic_disable(FIRST + n);
			gic_enable(FIRST + n);
		}
		WRITE_ONCE(moves, moves + 1);
		if (turn % 32 == 31)
			off_and_on();
		/* Something is to arrive between two moves, too. */
		for (i = 0; i < turn % 7 * 1000; i++)
			cpu_relax();
	}
	WRITE_ONCE(done, 1);
	GUEST_DONE();
}

static void *run_all(void *vm)
{
	vcpus_run_done(vm);
	return NULL;
}

TEST(no_edge_is_lost_and_none_comes_twice)
{
	struct vm *vm = vm_create_guest();
	pthread_t thread;
	u32 round, n;

	run_timeout(80);
	guest_vcpu(vm, 0, guest_moves, 0);
	guest_vcpu(vm, 1, guest_takes, 0);
	guest_vcpu(vm, 2, guest_takes, 0);
	gic_create(vm, 64);
	if (pthread_create(&thread, NULL, run_all, vm))
		die("pthread_create");
	while (!gv(vm, up[0]))
		sched_yield();
	for (round = 1; round <= ROUNDS; round++) {
		for (n = 0; n < SPIS; n++) {
			irq_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, FIRST + n, 1);
			irq_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, FIRST + n, 0);
		}
		/* A lost one hangs here until a vCPU's time-out ends the test. */
		for (n = 0; n < SPIS; n++)
			while (gv(vm, got[n]) < round)
				sched_yield();
	}
	gv(vm, quit) = 1;
	pthread_join(thread, NULL);
	for (n = 0; n < SPIS; n++)
		EXPECT_EQ(ROUNDS, gv(vm, got[n]));
	EXPECT_LT(10, gv(vm, moves));
	EXPECT_LT(0, gv(vm, offs));
	TH_LOG("%lu moves, %lu times off, %lu spurious", gv(vm, moves), gv(vm, offs), gv(vm, spurious));
	vm_free(vm);
}

SELFTEST_MAIN
