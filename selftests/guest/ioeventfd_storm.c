// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Each store to a doorbell counts once: in the eventfd that is assigned at that moment, or as an exit to the
 *            VMM; also while others store, and while eventfds are assigned and taken off. After DEASSIGN has returned
 *            the eventfd is silent. Who was woken by it sees what the guest wrote before. What counts is the store's
 *            length and bytes, whatever register, half of it or byte order they come from.
 * Reference: issue 13, point 8; kvm-abi.md part 7.2; Arm ARM D24.2.40 (ISS of data aborts), SCTLR_EL1.EE.
 * A failure: the counts, or the step; see dev/ioeventfd.c, answer/mmio.c.
 */
#include <pthread.h>
#include <sched.h>

#include "eventfd.h"
#include "harness.h"
#include "psci.h"

#define CPUS		2
#define BELLS		4			/* 0, 1: both vCPUs'; 2 + n: vCPU n's own */
#define STORES		20000
#define BELL(n)		(MMIO_IPA + 0x1000UL * ((n) & 1) + 8 * (n))
#define SCTLR_EE_BIT	(1UL << 25)

static u64 stored[CPUS][BELLS];

/* ---- counts -------------------------------------------------------------------------------------- */

static void guest_storms(u64 cpu)
{
	u64 i, n;

	for (i = 0; i < STORES; i++) {
		n = (i + i / 64) % 3;
		n = n == 2 ? 2 + cpu : n;
		stored[cpu][n]++;
		writel(i, BELL(n));
	}
	GUEST_DONE();
}

static struct storm {
	struct vm *vm;
	int fd[BELLS];
	u64 rung[BELLS];		/* by the eventfds; the main thread's */
	u64 exits[CPUS][BELLS];
	u32 running;
} storm;

static void *run_vcpu(void *arg)
{
	struct vcpu *vcpu = arg;
	struct ucall uc;
	u64 ipa;
	int n;

	for (;;) {
		int ret = vcpu_run(vcpu, &uc);

		if (ret == UCALL_DONE)
			break;
		if (ret != UCALL_NONE || vcpu->run->exit_reason != KVM_EXIT_MMIO || !vcpu->run->mmio.is_write)
			die("vCPU %u: run gave %d, exit reason %u", vcpu->id, ret, vcpu->run->exit_reason);
		ipa = vcpu->run->mmio.phys_addr;
		for (n = 0; n < BELLS && ipa != BELL(n); n++)
			;
		if (n == BELLS)
			die("an exit at %#lx", ipa);
		storm.exits[vcpu->id][n]++;
	}
	__atomic_fetch_sub(&storm.running, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Take it off, see that it keeps quiet, put it on again. False: it spoke. */
static bool off_and_on(int n, int turn)
{
	struct storm *s = &storm;
	bool quiet;
	int i;

	if (ioeventfd(s->vm, s->fd[n], BELL(n), 4, 0, KVM_IOEVENTFD_FLAG_DEASSIGN))
		die("DEASSIGN");
	s->rung[n] += count_of(s->fd[n]);
	for (i = 0; i < turn % 8; i++)
		sched_yield();
	quiet = !count_of(s->fd[n]);
	if (ioeventfd(s->vm, s->fd[n], BELL(n), 4, 0, 0))
		die("ASSIGN");
	return quiet;
}

TEST(each_store_counts_once)
{
	struct storm *s = &storm;
	pthread_t thread[CPUS];
	u64 total, sum, exits = 0, rung = 0;
	int i, n, turns = 0, loud = 0;

	run_timeout(80);
	s->vm = vm_create_guest();
	for (n = 0; n < BELLS; n++) {
		s->fd[n] = new_eventfd();
		ASSERT_EQ(0, ioeventfd(s->vm, s->fd[n], BELL(n), 4, 0, 0));
	}
	s->running = CPUS;
	for (i = 0; i < CPUS; i++)
		if (pthread_create(&thread[i], NULL, run_vcpu, guest_vcpu(s->vm, i, guest_storms, i)))
			die("pthread_create");
	while (__atomic_load_n(&s->running, __ATOMIC_SEQ_CST)) {
		loud += !off_and_on(turns % BELLS, turns / BELLS);
		turns++;
	}
	for (i = 0; i < CPUS; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(0, loud);
	for (n = 0; n < BELLS; n++) {
		s->rung[n] += count_of(s->fd[n]);
		for (i = 0, total = 0, sum = s->rung[n]; i < CPUS; i++) {
			total += gv(s->vm, stored[i][n]);
			sum += s->exits[i][n];
			exits += s->exits[i][n];
		}
		EXPECT_EQ(total, sum);
		rung += s->rung[n];
	}
	printf("# %d times off and on; %lu rung, %lu exits\n", turns, rung, exits);
	EXPECT_LT(0, rung);
	vm_free(s->vm);
}

/* ---- what the guest wrote before ------------------------------------------------------------------ */

static u64 written;

static void guest_writes_and_rings(u64 arg)
{
	u64 i;

	for (i = 1; i <= STORES; i++) {
		WRITE_ONCE(written, i);
		/* As a virtio driver does it. */
		asm volatile("dmb ishst" : : : "memory");
		writel(1, MMIO_IPA);
	}
	GUEST_DONE();
}

static void *run_done(void *vcpu)
{
	vcpu_run_done(vcpu);
	return NULL;
}

TEST(who_is_woken_sees_what_was_written_before)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_writes_and_rings, 0);
	int fd = eventfd(0, EFD_CLOEXEC);
	u64 rung = 0, late = 0, reads = 0;
	pthread_t thread;
	eventfd_t v;

	ASSERT_EQ(0, ioeventfd(vm, fd, MMIO_IPA, 4, 0, 0));
	if (pthread_create(&thread, NULL, run_done, vcpu))
		die("pthread_create");
	/* Blocks until there is something: a lost ring hangs here, and the harness ends it. */
	for (; rung < STORES; rung += v, reads++) {
		if (eventfd_read(fd, &v))
			die("eventfd_read: %s", strerror(errno));
		late += gv(vm, written) < rung + v;
	}
	pthread_join(thread, NULL);
	EXPECT_EQ(STORES, rung);
	EXPECT_EQ(0, late);
	printf("# %lu reads\n", reads);
	vm_free(vm);
}

/* ---- one in place of another ----------------------------------------------------------------------- */

static void guest_rings_in_turn(u64 arg)
{
	for (;;) {
		writel(7, MMIO_IPA);
		writel(8, MMIO_IPA);
		GUEST_SYNC(0);
	}
}

TEST(the_one_that_is_assigned_now_is_rung)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_rings_in_turn, 0);
	u32 on = KVM_IOEVENTFD_FLAG_DATAMATCH, off = on | KVM_IOEVENTFD_FLAG_DEASSIGN;
	int seven[2] = { new_eventfd(), new_eventfd() }, eight = new_eventfd(), i;

	ASSERT_EQ(0, ioeventfd(vm, eight, MMIO_IPA, 4, 8, on));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, ioeventfd(vm, seven[i & 1], MMIO_IPA, 4, 7, on));
		vcpu_run_sync(vcpu, 0);
		ASSERT_EQ(1, count_of(seven[i & 1]));
		ASSERT_EQ(0, count_of(seven[~i & 1]));
		ASSERT_EQ(1, count_of(eight));
		ASSERT_EQ(0, ioeventfd(vm, seven[i & 1], MMIO_IPA, 4, 7, off));
	}
	vm_free(vm);
}

/* ---- lengths, registers, byte order ---------------------------------------------------------------- */

#define AT(n)	(MMIO_IPA + 16 * (n))

/* Big-endian for one store. The stage-1 tables would be, too: the MMU is off. */
static inline __attribute__((always_inline)) void store_be(u64 value, u64 addr)
{
	u64 sctlr;

	asm volatile("mrs %0, sctlr_el1" : "=r"(sctlr));
	asm volatile("msr sctlr_el1, %2\n\tisb\n\tstr %w0, [%1]\n\tmsr sctlr_el1, %3\n\tisb"
		     : : "r"(value), "r"(addr), "r"(sctlr | SCTLR_EE_BIT), "r"(sctlr) : "memory");
}

static void guest_stores_of_all_kinds(u64 arg)
{
	u64 v = 0x8877665544332211, at;
	int i;

	/* Twice: found in the table, and remembered. */
	for (i = 0; i < 2; i++) {
		asm volatile("strb %w0, [%1]" : : "r"(v), "r"(AT(0)) : "memory");
		asm volatile("strh %w0, [%1]" : : "r"(v), "r"(AT(1)) : "memory");
		asm volatile("str %w0, [%1]" : : "r"(v), "r"(AT(2)) : "memory");
		asm volatile("str %0, [%1]" : : "r"(v), "r"(AT(3)) : "memory");
		asm volatile("str wzr, [%0]" : : "r"(AT(4)) : "memory");
		asm volatile("stlr %w0, [%1]" : : "r"(v), "r"(AT(5)) : "memory");
		store_be(0x11223344, AT(6));
	}
	/* None of them fits: other half, other length, other order. */
	asm volatile("str %0, [%1]" : : "r"(v ^ 1UL << 63), "r"(AT(3)) : "memory");
	asm volatile("str %w0, [%1]" : : "r"(v), "r"(AT(3)) : "memory");
	writel(0x11223344, AT(6));
	store_be(0x44332211, AT(6));
	/* And one without a syndrome, which does. */
	at = AT(2);
	asm volatile("str %w1, [%0], #4" : "+r"(at) : "r"(v) : "memory");
	GUEST_DONE();
}

TEST(length_and_bytes_of_the_store_count)
{
	static const struct { u32 len; u64 match; } bell[] = {
		{ 1, 0x11 }, { 2, 0x2211 }, { 4, 0x44332211 }, { 8, 0x8877665544332211 }, { 4, 0 },
		{ 4, 0x44332211 }, { 4, 0x44332211 },
	};
	static const u64 exit_at[] = { AT(3), AT(3), AT(6), AT(6) };
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu;
	struct ucall uc;
	int fd[7], i;

	vm->mmu_off = true;
	vcpu = guest_vcpu(vm, 0, guest_stores_of_all_kinds, 0);
	for (i = 0; i < 7; i++) {
		fd[i] = new_eventfd();
		ASSERT_EQ(0, ioeventfd(vm, fd[i], AT(i), bell[i].len, bell[i].match, KVM_IOEVENTFD_FLAG_DATAMATCH));
	}
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
		ASSERT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
		EXPECT_EQ(exit_at[i], vcpu->run->mmio.phys_addr);
	}
	vcpu_run_done(vcpu);
	for (i = 0; i < 7; i++) {
		EXPECT_EQ(i == 2 ? 3 : 2, count_of(fd[i])) TH_LOG("bell %d", i);
	}
	vm_free(vm);
}

SELFTEST_MAIN
