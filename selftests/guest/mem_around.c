// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     With the page that a guest faults on come those behind it that the host has and could write to, to the
 *            next 16 KiB, more if it goes on there: the guest finds them mapped, with their content, and what the
 *            host does to them afterwards it sees. Nothing comes along over a hole, a page that is protected or the
 *            slot's end; nothing while writes are logged; nothing that is new to the host is made.
 * Reference: mm/around.c; Linux's own fault-around (mm/memory.c) does it for files.
 * A failure: how many data aborts there were; which page, by its number, has what is wrong.
 */
#include <sys/syscall.h>

#include "harness.h"
#include "stats.h"

#define PAGE		((u64)getpagesize())
#define ROW		(SZ_64K / PAGE)		/* pages that one fault may bring at most */
#define SIZE		SZ_1M

static u64 page_size, first, count, writes;
static u64 seen[16];

static void guest_goes_through(u64 arg)
{
	u64 i;

	for (;;) {
		for (i = 0; i < count; i++) {
			u64 at = EXTRA_BASE + (first + i) * page_size;

			seen[i] = readq(at);
			if (writes)
				writeq(seen[i] + 0x100, at + 8);
		}
		GUEST_SYNC(1);
	}
}

FIXTURE(around) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct stats *stats;
	char *mem;
};

FIXTURE_SETUP(around)
{
	u64 i;

	if (PAGE != SZ_4K)
		SKIP(return, "rows are of other lengths");
	self->vm = vm_create_guest();
	self->mem = mem_anon(SIZE + SZ_64K);
	self->mem = (char *)(((u64)self->mem + SZ_64K - 1) & ~(SZ_64K - 1));
	madvise(self->mem, SIZE, MADV_NOHUGEPAGE);
	for (i = 0; i < SIZE / PAGE; i++)
		*(u64 *)(self->mem + i * PAGE) = i + 1;
	gv(self->vm, page_size) = PAGE;
	self->vcpu = guest_vcpu(self->vm, 0, guest_goes_through, 0);
	self->stats = stats_open(self->vcpu->fd);
	if (stats_find(self->stats, "pages_around") < 0)
		SKIP(return, "KVM maps page by page");
}

FIXTURE_TEARDOWN(around)
{
	if (self->vm)
		vm_free(self->vm);
}

static u64 aborts(struct stats *s)
{
	return stats_value(s, "exit_data");
}

/* What it needs itself, its stack and data, is there afterwards. */
static void run_to_its_data(struct vm *vm, struct vcpu *vcpu)
{
	gv(vm, count) = 0;
	vcpu_run_sync(vcpu, 1);
}

/* What the guest sees of pages [from, from + nr), and how many faults that takes. */
static u64 go(struct vm *vm, struct vcpu *vcpu, struct stats *s, u64 from, u64 nr)
{
	u64 before;

	run_to_its_data(vm, vcpu);
	gv(vm, first) = from;
	gv(vm, count) = nr;
	before = aborts(s);
	vcpu_run_sync(vcpu, 1);
	/* one is what ends the run */
	return aborts(s) - before - 1;
}

static bool sees(struct vm *vm, u64 i, u64 value)
{
	u64 got = gv(vm, seen[i]);

	if (got != value)
		printf("# page %llu has %llu, not %llu\n", i, got, value);
	return got == value;
}

TEST_F(around, a_row_takes_one_fault_and_grows)
{
	u64 i;

	mem_add_at(self->vm, 1, 0, EXTRA_BASE, SIZE, self->mem);
	gv(self->vm, writes) = 1;
	/* 4, 4, 8 */
	EXPECT_EQ(3, go(self->vm, self->vcpu, self->stats, 0, ROW));
	EXPECT_LE(ROW - 3, stats_value(self->stats, "pages_around"));
	for (i = 0; i < ROW; i++) {
		EXPECT_TRUE(sees(self->vm, i, i + 1));
		EXPECT_EQ(i + 0x101, *(u64 *)(self->mem + i * PAGE + 8));
	}
	EXPECT_EQ(1, go(self->vm, self->vcpu, self->stats, ROW, ROW));
	/* from the middle: only what is behind, and few at first; then what is between */
	EXPECT_EQ(2, go(self->vm, self->vcpu, self->stats, 2 * ROW + 8, 8));
	EXPECT_EQ(1, go(self->vm, self->vcpu, self->stats, 2 * ROW, 1));
	EXPECT_EQ(1, go(self->vm, self->vcpu, self->stats, 2 * ROW, ROW));
}

/* The guest's state stays in the CPU for what the host has at hand; what is new to it may take a sleep. */
TEST_F(around, what_is_at_hand_is_mapped_within_the_burst)
{
	u64 before;

	if (stats_find(self->stats, "faults_in_burst") < 0 || !access("/sys/kernel/realtime", F_OK))
		SKIP(return, "mmu_lock may sleep");
	mem_add_at(self->vm, 1, 0, EXTRA_BASE, SIZE, self->mem);
	/* Its tables are there afterwards; then there are enough in the cache again. */
	go(self->vm, self->vcpu, self->stats, 4 * ROW, 1);
	go(self->vm, self->vcpu, self->stats, 5 * ROW, 1);
	before = stats_value(self->stats, "faults_in_burst");
	EXPECT_EQ(3, go(self->vm, self->vcpu, self->stats, 0, ROW));
	EXPECT_EQ(before + 3, stats_value(self->stats, "faults_in_burst"));
	ASSERT_EQ(0, madvise(self->mem + 8 * ROW * PAGE, PAGE, MADV_DONTNEED));
	EXPECT_EQ(1, go(self->vm, self->vcpu, self->stats, 8 * ROW, 1));
	EXPECT_EQ(before + 3, stats_value(self->stats, "faults_in_burst"));
	EXPECT_TRUE(sees(self->vm, 0, 0));
	/* Pages new to the host come in rows: a try is worth its while only behind two that it had. */
	go(self->vm, self->vcpu, self->stats, 9 * ROW, 1);
	go(self->vm, self->vcpu, self->stats, 10 * ROW, 1);
	EXPECT_EQ(before + 3, stats_value(self->stats, "faults_in_burst"));
	go(self->vm, self->vcpu, self->stats, 11 * ROW, 1);
	EXPECT_EQ(before + 4, stats_value(self->stats, "faults_in_burst"));
	EXPECT_TRUE(sees(self->vm, 0, 11 * ROW + 1));
}

TEST_F(around, a_hole_ends_it_and_stays_one)
{
	unsigned char resident[16];
	u64 i;

	ASSERT_EQ(0, madvise(self->mem + 2 * PAGE, PAGE, MADV_DONTNEED));
	mem_add_at(self->vm, 1, 0, EXTRA_BASE, SIZE, self->mem);
	EXPECT_EQ(1, go(self->vm, self->vcpu, self->stats, 0, 2));
	ASSERT_EQ(0, mincore(self->mem, ROW * PAGE, resident));
	EXPECT_EQ(0, resident[2] & 1);
	/* the hole by itself, the rest of the row, the next ones */
	EXPECT_EQ(4, go(self->vm, self->vcpu, self->stats, 0, ROW));
	for (i = 0; i < ROW; i++)
		EXPECT_TRUE(sees(self->vm, i, i == 2 ? 0 : i + 1));
}

TEST_F(around, a_page_that_is_protected_ends_it)
{
	mem_add_at(self->vm, 1, 0, EXTRA_BASE, SIZE, self->mem);
	ASSERT_EQ(0, mprotect(self->mem + 2 * PAGE, PAGE, PROT_READ));
	EXPECT_EQ(1, go(self->vm, self->vcpu, self->stats, 0, 2));
	EXPECT_LE(1, go(self->vm, self->vcpu, self->stats, 2, 1));
	gv(self->vm, writes) = 1;
	EXPECT_EQ(-EFAULT, vcpu_run_once(self->vcpu));
	EXPECT_EQ(0, *(u64 *)(self->mem + 2 * PAGE + 8));
	ASSERT_EQ(0, mprotect(self->mem + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE));
	vcpu_run_sync(self->vcpu, 1);
	EXPECT_EQ(0x103, *(u64 *)(self->mem + 2 * PAGE + 8));
}

TEST_F(around, what_came_along_goes_with_the_hosts_page)
{
	u64 i;

	mem_add_at(self->vm, 1, 0, EXTRA_BASE, SIZE, self->mem);
	EXPECT_EQ(1, go(self->vm, self->vcpu, self->stats, 0, 1));
	ASSERT_EQ(0, madvise(self->mem + PAGE, 2 * PAGE, MADV_DONTNEED));
	*(u64 *)(self->mem + 2 * PAGE) = 77;
	go(self->vm, self->vcpu, self->stats, 0, ROW);
	for (i = 0; i < ROW; i++)
		EXPECT_TRUE(sees(self->vm, i, i == 1 ? 0 : i == 2 ? 77 : i + 1));
}

TEST_F(around, the_slots_end_is_the_rows)
{
	u64 before;

	mem_add_at(self->vm, 1, 0, EXTRA_BASE, 2 * PAGE, self->mem);
	run_to_its_data(self->vm, self->vcpu);
	before = stats_value(self->stats, "pages_around");
	EXPECT_EQ(1, go(self->vm, self->vcpu, self->stats, 0, 2));
	EXPECT_EQ(before + 1, stats_value(self->stats, "pages_around"));
	gv(self->vm, first) = 2;
	gv(self->vm, count) = 1;
	ASSERT_EQ(0, vcpu_run_once(self->vcpu));
	EXPECT_EQ(KVM_EXIT_MMIO, self->vcpu->run->exit_reason);
	EXPECT_EQ(EXTRA_BASE + 2 * PAGE, self->vcpu->run->mmio.phys_addr);
}

TEST_F(around, a_log_has_only_what_was_written)
{
	u64 bits[SIZE / SZ_4K / 64], before;
	struct kvm_dirty_log log = { .slot = 1, .dirty_bitmap = bits };

	mem_add_at(self->vm, 1, KVM_MEM_LOG_DIRTY_PAGES, EXTRA_BASE, SIZE, self->mem);
	gv(self->vm, writes) = 1;
	run_to_its_data(self->vm, self->vcpu);
	before = stats_value(self->stats, "pages_around");
	EXPECT_LE(1, go(self->vm, self->vcpu, self->stats, 3, 1));
	EXPECT_EQ(before, stats_value(self->stats, "pages_around"));
	ASSERT_EQ(0, kioctlp(self->vm->fd, KVM_GET_DIRTY_LOG, &log));
	EXPECT_EQ(1 << 3, bits[0]);
	/* mapped with the log off, then on: each write is seen */
	ASSERT_EQ(0, mem_set(self->vm, 1, 0, EXTRA_BASE, SIZE, self->mem));
	go(self->vm, self->vcpu, self->stats, ROW, ROW);
	ASSERT_EQ(0, mem_set(self->vm, 1, KVM_MEM_LOG_DIRTY_PAGES, EXTRA_BASE, SIZE, self->mem));
	go(self->vm, self->vcpu, self->stats, ROW + 1, 2);
	ASSERT_EQ(0, kioctlp(self->vm->fd, KVM_GET_DIRTY_LOG, &log));
	EXPECT_EQ(3ULL << (ROW + 1), bits[0]);
}

/* The vCPU's very first fault is at 0, as if it went on behind a row that there never was. */
TEST(memory_at_0)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0);
	u32 *mem = mem_anon(SZ_64K);
	struct stats *stats;

	if (PAGE != SZ_4K)
		SKIP(return, "rows are of other lengths");
	memset(mem, 0, SZ_64K);
	mem[0] = 0xf9000020;		/* str x0, [x1] */
	mem_add_at(vm, 0, 0, 0, SZ_64K, mem);
	ASSERT_EQ(0, vcpu_init(vcpu, 0));
	stats = stats_open(vcpu->fd);
	if (stats_find(stats, "pages_around") < 0)
		SKIP(return, "KVM maps page by page");
	reg_set(vcpu, PC_REG, 0);
	reg_set(vcpu, X_REG(1), SZ_64K);
	ASSERT_EQ(0, vcpu_run_once(vcpu));
	EXPECT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
	EXPECT_EQ(SZ_64K, vcpu->run->mmio.phys_addr);
	EXPECT_EQ(3, stats_value(stats, "pages_around"));
	vm_free(vm);
}

/* A file's page that came along and was written has to reach the file, though its own table says nothing. */
TEST_F(around, what_the_guest_writes_reaches_the_file)
{
	char name[] = "/tmp/mem_around.XXXXXX";
	int fd = mkstemp(name);
	u64 word;

	ASSERT_LE(0, fd);
	unlink(name);
	ASSERT_EQ(0, ftruncate(fd, SIZE));
	ASSERT_EQ(self->mem, mmap(self->mem, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0));
	memset(self->mem, 1, ROW * PAGE);
	mem_add_at(self->vm, 1, 0, EXTRA_BASE, SIZE, self->mem);
	gv(self->vm, writes) = 1;
	EXPECT_EQ(1, go(self->vm, self->vcpu, self->stats, 0, 3));
	ASSERT_EQ(0, munmap(self->mem, SIZE));
	ASSERT_EQ(8, pread(fd, &word, 8, 2 * PAGE + 8));
	EXPECT_EQ(0x0101010101010201, word);
	close(fd);
}

TEST_HARNESS_MAIN
