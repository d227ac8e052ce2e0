// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A store to a doorbell doesn't end the guest's run where another CPU is free to signal the eventfd: who
 *            waits for it is woken while the vCPU goes on, each time, and is told of each store once. A RUN that ends
 *            has signalled what its guest rang before. Memory that comes to lie over a doorbell takes its stores.
 * Reference: issue 13, point 8; include/bells.h; kvm-abi.md part 7.2.
 * A failure: the counts; a hang is a ring that was lost. See el2/fast_bell.c, dev/bells.c, host/boxes.c.
 */
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "eventfd.h"
#include "gic.h"
#include "harness.h"
#include "psci.h"
#include "stats.h"

#define ROUNDS		3000
#define BELL		MMIO_IPA
#define OTHER_BELL	(MMIO_IPA + 0x2000)

static u64 go, seen;			/* by the host, by the guest */

/* Where EL2 of this host can do it at all. */
static bool can_ring(struct vm *vm)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1 && gic_type(vm) == KVM_DEV_TYPE_ARM_VGIC_V3 &&
	       fast_path_get() == 1;
}

static void *run_done(void *vcpu)
{
	vcpu_run_done(vcpu);
	return NULL;
}

/* ---- who waits is woken --------------------------------------------------------------------------- */

/* Rings once a round and then waits without an exit of its own. */
static void guest_rings_and_spins(u64 rounds)
{
	u64 i;

	for (i = 1; i <= rounds; i++) {
		writel(i, BELL);
		WRITE_ONCE(seen, i);
		while (READ_ONCE(go) < i)
			;
	}
	GUEST_DONE();
}

TEST(who_waits_is_woken_while_the_vcpu_goes_on)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_rings_and_spins, ROUNDS);
	int fd = new_eventfd(), timeouts = 0;
	u64 rung = 0, exits;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct stats *stats;
	pthread_t thread;

	run_timeout(80);
	if (!can_ring(vm))
		SKIP(return, "EL2 rings no bells here");
	ASSERT_EQ(0, ioeventfd(vm, fd, BELL, 4, 0, 0));
	stats = stats_open(vcpu->fd);
	if (pthread_create(&thread, NULL, run_done, vcpu))
		die("pthread_create");
	while (rung < ROUNDS) {
		/* The host's tick ends the guest's run, too: a ring that waits for it takes some milliseconds. */
		if (poll(&p, 1, 20000) != 1 && timeouts++ > 3)
			die("round %lu: no ring; the guest has got to %lu", rung, gv(vm, seen));
		rung += count_of(fd);
		gv(vm, go) = rung;
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(ROUNDS, rung);
	EXPECT_EQ(0, timeouts);
	exits = stats_value(stats, "exit_data");
	printf("# %lu of %d rings were exits\n", exits, ROUNDS);
	EXPECT_LT(exits, ROUNDS);
	stats_close(stats);
	vm_free(vm);
}

/* ---- a RUN that ends -------------------------------------------------------------------------------- */

static void guest_rings_some(u64 arg)
{
	u64 i, n;

	for (n = 1; ; n++) {
		for (i = 0; i < n % 100; i++) {
			writel(i, BELL);
			writel(i, OTHER_BELL);
		}
		GUEST_SYNC(n);
	}
}

TEST(at_the_end_of_run_all_is_signalled)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_rings_some, 0);
	int fd = new_eventfd(), other = new_eventfd();
	u64 n, fast, all;
	struct stats *stats;

	run_timeout(80);
	ASSERT_EQ(0, ioeventfd(vm, fd, BELL, 4, 0, 0));
	ASSERT_EQ(0, ioeventfd(vm, other, OTHER_BELL, 4, 0, 0));
	for (n = 1; n < 1000; n++) {
		vcpu_run_sync(vcpu, n);
		ASSERT_EQ(n % 100, count_of(fd));
		ASSERT_EQ(n % 100, count_of(other));
	}
	if (can_ring(vm)) {
		stats = stats_open(vm->fd);
		fast = stats_value(stats, "fast_doorbells");
		stats_close(stats);
		stats = stats_open(vcpu->fd);
		all = fast + stats_value(stats, "doorbells");
		stats_close(stats);
		printf("# %lu of %lu taken at EL2\n", fast, all);
		EXPECT_LT(0, fast);
		for (n = 1; n < 1000; n++)
			all -= 2 * (n % 100);
		EXPECT_EQ(0, all);
	}
	vm_free(vm);
}

/* ---- memory over a doorbell ------------------------------------------------------------------------- */

static void guest_stores_in_turn(u64 arg)
{
	u64 i, n;

	for (n = 0; ; n++) {
		for (i = 0; i < 10; i++)
			writel(n * 10 + i, BELL);
		GUEST_SYNC(n);
	}
}

TEST(memory_over_a_doorbell_takes_the_stores)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_stores_in_turn, 0);
	int fd = new_eventfd();
	size_t page = sysconf(_SC_PAGESIZE);
	u32 *memory;
	u64 n;

	ASSERT_EQ(0, ioeventfd(vm, fd, BELL, 4, 0, 0));
	memory = mem_anon(page);
	for (n = 0; n < 50; n++) {
		bool covered = n % 5 == 4;

		if (covered) {
			ASSERT_EQ(0, mem_set(vm, 30, 0, BELL, page, memory));
		}
		vcpu_run_sync(vcpu, n);
		EXPECT_EQ(covered ? 0 : 10, count_of(fd));
		if (!covered)
			continue;
		EXPECT_EQ(n * 10 + 9, READ_ONCE(*memory));
		ASSERT_EQ(0, mem_set(vm, 30, 0, BELL, 0, memory));
	}
	vm_free(vm);
}

SELFTEST_MAIN
