// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Memslots may be deleted, moved and replaced while vCPUs run: from the
 *            call's return on the guest sees MMIO or the new memory, never the old.
 *            What a guest does to all of its memory takes as long as what is mapped. A page that the host takes
 *            back while its slot goes is the guest's no more.
 * Reference: kvm-abi.md part 6.1 (delete/move).
 * A failure: shows the stale value, or a missing exit; see mm/ (memslots).
 */
#include <pthread.h>

#include "harness.h"
#include "process.h"

#define SIZE	(32 * SZ_4K)		/* two pages of 64K */
#define PAGE	((u64)getpagesize())

static u64 stop_running;

static void guest_reads_twice(u64 arg)
{
	for (;;)
		GUEST_SYNC_ARGS(1, readl(EXTRA_BASE), readl(EXTRA_BASE + SIZE - 4), 0);
}

TEST(deleted_slots_are_gone_at_once)
{
	struct vm *vm = vm_create_guest();
	u32 *a = mem_anon(SIZE), *b = mem_anon(SIZE);
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_reads_twice, 0);
	struct ucall uc;
	u32 v;
	int i;

	a[0] = 0xaaaa;
	a[SIZE / 4 - 1] = 0xaaaa;
	b[0] = 0xbbbb;
	b[SIZE / 4 - 1] = 0xbbbb;
	for (i = 0; i < 10; i++) {
		u32 *mem = i & 1 ? b : a;

		ASSERT_EQ(0, mem_set(vm, 1, 0, EXTRA_BASE, SIZE, mem));
		uc = vcpu_run_sync(vcpu, 1);
		EXPECT_EQ(mem[0], uc.a[1]);
		EXPECT_EQ(mem[0], uc.a[2]);
		/* gone: both reads come to user space */
		ASSERT_EQ(0, mem_set(vm, 1, 0, EXTRA_BASE, 0, NULL));
		ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
		ASSERT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
		EXPECT_EQ(EXTRA_BASE, vcpu->run->mmio.phys_addr);
		v = 0x1111;
		memcpy(vcpu->run->mmio.data, &v, 4);
		ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
		EXPECT_EQ(EXTRA_BASE + SIZE - 4, vcpu->run->mmio.phys_addr);
		v = 0x2222;
		memcpy(vcpu->run->mmio.data, &v, 4);
		uc = vcpu_run_sync(vcpu, 1);
		EXPECT_EQ(0x1111, uc.a[1]);
		EXPECT_EQ(0x2222, uc.a[2]);
	}
	vm_free(vm);
}

TEST(moved_slots_are_elsewhere)
{
	struct vm *vm = vm_create_guest();
	u32 *mem = mem_anon(SIZE);
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_reads_twice, 0);
	struct ucall uc;

	mem[0] = 0xaaaa;
	mem[PAGE / 4] = 0xbbbb;
	ASSERT_EQ(0, mem_set(vm, 1, 0, EXTRA_BASE, SIZE, mem));
	EXPECT_EQ(0xaaaa, vcpu_run_sync(vcpu, 1).a[1]);
	/* a page down: the same address is now the second page */
	ASSERT_EQ(0, mem_set(vm, 1, 0, EXTRA_BASE - PAGE, SIZE, mem));
	ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
	EXPECT_EQ(EXTRA_BASE + SIZE - 4, vcpu->run->mmio.phys_addr);
	EXPECT_EQ(0xbbbb, vcpu_run_sync(vcpu, 1).a[1]);
	vm_free(vm);
}

/* ---- while the guest runs -------------------------------------------------- */

static void guest_hammers(u64 me)
{
	u64 i, v;

	while (!READ_ONCE(stop_running)) {
		for (i = 0; i < SIZE; i += SZ_4K) {
			v = readl(EXTRA_BASE + i);
			/* user space answers 0xdead while there is no slot */
			if (v != 0xaaaa && v != 0xbbbb && v != 0xdead)
				guest_abort(__FILE__, __LINE__, "a page of ours", 0, v);
			writel(me, EXTRA_BASE + i + 64);
		}
	}
	GUEST_DONE();
}

static void *serve(void *arg)
{
	struct vcpu *vcpu = arg;
	u32 v = 0xdead;
	struct ucall uc;
	int ret;

	while ((ret = vcpu_run(vcpu, &uc)) == UCALL_NONE) {
		if (vcpu->run->exit_reason != KVM_EXIT_MMIO)
			die("exit %u", vcpu->run->exit_reason);
		if (!vcpu->run->mmio.is_write)
			memcpy(vcpu->run->mmio.data, &v, 4);
	}
	if (ret != UCALL_DONE)
		die("vCPU %u: run gave %d", vcpu->id, ret);
	return NULL;
}

TEST(slots_change_under_running_vcpus)
{
	struct vm *vm = vm_create_guest();
	char *a = mem_anon(SIZE), *b = mem_anon(SIZE);
	u64 end = now_ns() + 4000000000ULL;
	pthread_t t[3];
	u64 i, n = 0;

	for (i = 0; i < SIZE; i += SZ_4K) {
		*(u32 *)(a + i) = 0xaaaa;
		*(u32 *)(b + i) = 0xbbbb;
	}
	for (i = 0; i < 3; i++) {
		struct vcpu *vcpu = guest_vcpu(vm, i, guest_hammers, i);

		ASSERT_EQ(0, pthread_create(&t[i], NULL, serve, vcpu));
	}
	while (now_ns() < end) {
		ASSERT_EQ(0, mem_set(vm, 1, 0, EXTRA_BASE, SIZE, n & 1 ? b : a));
		if (n % 4 == 0)
			usleep(2000);
		ASSERT_EQ(0, mem_set(vm, 1, 0, EXTRA_BASE, 0, NULL));
		/* nobody may touch the memory now: prove it by its content */
		if (n % 8 == 0) {
			u32 *p = (u32 *)((n & 1 ? b : a) + 64);

			WRITE_ONCE(*p, 0x77);
			usleep(500);
			ASSERT_EQ(0x77, READ_ONCE(*p));
		}
		n++;
	}
	ASSERT_LT(10, n);
	gv(vm, stop_running) = 1;
	for (i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	vm_free(vm);
}

/* ---- the host's changes meanwhile ------------------------------------------- */

#define LARGE		(16UL << 30)
#define LAST		(EXTRA_BASE + LARGE - SZ_4K)
#define CHANGES		12

static u64 wanted_round, touched_round;

/* So much of it, in rounds, that it takes a while to be unmapped, and then the last page all the time. */
static void guest_keeps_writing(u64 arg)
{
	u64 i;

	while (!READ_ONCE(stop_running)) {
		if (touched_round != READ_ONCE(wanted_round)) {
			for (i = 0; i < LARGE; i += SZ_2M)
				writel(1, EXTRA_BASE + i);
			WRITE_ONCE(touched_round, READ_ONCE(wanted_round));
		}
		writel(0x600d, LAST + 64);
	}
	GUEST_DONE();
}

static char *last_page;
static bool stop_taking;
static unsigned long taken, foreign;

/* The host's next page is likely to be the one that it has just got back; nobody but us writes to it. */
static void *take_back(void *arg)
{
	char *mine = mem_anon(PAGE);
	unsigned int i;

	while (!READ_ONCE(stop_taking)) {
		madvise(last_page, PAGE, MADV_DONTNEED);
		*(volatile u32 *)mine = 1;
		for (i = 0; i < 3000; i++)
			if (*(volatile u32 *)(mine + PAGE - SZ_4K + 64)) {
				foreign++;
				break;
			}
		madvise(mine, PAGE, MADV_DONTNEED);
		taken++;
	}
	munmap(mine, PAGE);
	return NULL;
}

/* Who unmaps much lets others run now and then, if there are such, and lets go of its lock. */
static void *be_another(void *arg)
{
	pin_to_cpu(0);
	while (!READ_ONCE(stop_taking))
		;
	return NULL;
}

TEST(a_page_that_goes_with_its_slot_is_no_guests)
{
	struct vm *vm = vm_create_guest();
	char *mem = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_keeps_writing, 0);
	pthread_t runner, taker, another;
	u64 i;

	ASSERT_NE(MAP_FAILED, mem);
	madvise(mem, LARGE, MADV_NOHUGEPAGE);
	last_page = mem + LARGE - PAGE;
	ASSERT_EQ(0, pthread_create(&runner, NULL, serve, vcpu));
	ASSERT_EQ(0, pthread_create(&taker, NULL, take_back, NULL));
	ASSERT_EQ(0, pthread_create(&another, NULL, be_another, NULL));
	pin_to_cpu(0);
	for (i = 1; i <= CHANGES; i++) {
		ASSERT_EQ(0, mem_set(vm, 1, 0, EXTRA_BASE, LARGE, mem));
		gv(vm, wanted_round) = i;
		while (gv(vm, touched_round) != i)
			usleep(1000);
		ASSERT_EQ(0, mem_set(vm, 1, 0, EXTRA_BASE, 0, NULL));
	}
	WRITE_ONCE(stop_taking, true);
	pthread_join(taker, NULL);
	pthread_join(another, NULL);
	gv(vm, stop_running) = 1;
	pthread_join(runner, NULL);
	EXPECT_LT(CHANGES, taken);
	EXPECT_EQ(0, foreign);
	vm_free(vm);
	munmap(mem, LARGE);
}

/* By set and way: all that the VM has. */
static void guest_cleans(u64 arg)
{
	for (;;) {
		asm volatile("dc cisw, xzr" : : : "memory");
		GUEST_SYNC(0);
	}
}

#define HUGE_SLOT	(1UL << 42)

/* Slots as large as the VM's address space, of which nothing is mapped, and in the host not even there. */
TEST(empty_slots_cost_nothing)
{
	int dev = dev_open(), limit = check_cap(dev, KVM_CAP_ARM_VM_IPA_SIZE);
	u64 gpa, begin;
	struct vcpu *vcpu;
	struct vm *vm;
	u32 slot = 1;

	close(dev);
	if (limit < 44)
		SKIP(return, "an address space of %d bits is no burden", limit);
	vm = vm_create_type(limit);
	mem_add(vm, 0, 0, RAM_BASE, RAM_SIZE);
	vm_load_image(vm);
	for (gpa = HUGE_SLOT; gpa < 1UL << limit; gpa += HUGE_SLOT)
		ASSERT_EQ(0, mem_set(vm, slot++, 0, gpa, HUGE_SLOT, (void *)HUGE_SLOT));
	vcpu = guest_vcpu(vm, 0, guest_cleans, 0);
	begin = now_ns();
	vcpu_run_sync(vcpu, 0);
	/* 2 MiB after the other this is minutes, in which nobody can kill it */
	EXPECT_GT(2000000000ULL, now_ns() - begin);
	vm_free(vm);
}

SELFTEST_MAIN
