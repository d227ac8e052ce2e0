// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     What the host's memory management does to guest memory, the guest
 *            sees at once: discarded and punched pages read as zero, remapped ones
 *            as their new content, protected ones end KVM_RUN with EFAULT, forked
 *            ones stay private; also while the guest is running.
 * Reference: kvm-abi.md part 6.3.
 * A failure: shows the stale value: a translation that survived its page.
 */
#include <pthread.h>
#include <sys/syscall.h>

#include "harness.h"
#include "stats.h"

#define SIZE	(2 * SZ_2M)
#define PAGES	(SIZE / SZ_4K)

static void guest_fill_and_check(u64 arg)
{
	u64 i, stage, want;

	for (stage = 0;; stage++) {
		for (i = 0; i < PAGES; i++)
			writeq(i + 1, EXTRA_BASE + i * SZ_4K);
		GUEST_SYNC(stage);
		/* the host says in the first word of its page what is everywhere */
		want = READ_ONCE(*(u64 *)(EXTRA_BASE + 8));
		for (i = 0; i < PAGES; i++)
			GUEST_ASSERT_EQ(want, readq(EXTRA_BASE + i * SZ_4K));
	}
}

FIXTURE(notifier) {
	struct vm *vm;
	struct vcpu *vcpu;
	char *mem;
	int fd;
};

FIXTURE_VARIANT(notifier) {
	int kind;
};

FIXTURE_VARIANT_ADD(notifier, anonymous) { .kind = 0 };
FIXTURE_VARIANT_ADD(notifier, huge) { .kind = 1 };
FIXTURE_VARIANT_ADD(notifier, file) { .kind = 2 };

FIXTURE_SETUP(notifier)
{
	u64 area = (u64)mem_anon(SIZE + SZ_2M);

	area = (area + SZ_2M - 1) & ~(SZ_2M - 1);
	self->mem = (char *)area;
	self->fd = -1;
	self->vm = vm_create_guest();
	if (variant->kind == 1)
		madvise(self->mem, SIZE, MADV_HUGEPAGE);
	if (variant->kind == 2) {
		self->fd = syscall(SYS_memfd_create, "guest", 0);
		ASSERT_LE(0, self->fd);
		ASSERT_EQ(0, ftruncate(self->fd, SIZE));
		ASSERT_EQ(self->mem, mmap(self->mem, SIZE, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_FIXED, self->fd, 0));
	}
	mem_add_at(self->vm, 1, 0, EXTRA_BASE, SIZE, self->mem);
	self->vcpu = guest_vcpu(self->vm, 0, guest_fill_and_check, 0);
}

FIXTURE_TEARDOWN(notifier)
{
	vm_free(self->vm);
}

static void discard(char *mem, int fd, u64 offset, u64 size)
{
	if (fd >= 0 ? fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size) :
	    madvise(mem + offset, size, MADV_DONTNEED))
		die("punching a hole: %s", strerror(errno));
}

TEST_F(notifier, discarded_memory_reads_as_zero)
{
	u64 stage, o;

	for (stage = 0; stage < 5; stage++) {
		vcpu_run_sync(self->vcpu, stage);
		switch (stage % 3) {
		case 0:
			discard(self->mem, self->fd, 0, SIZE);
			break;
		case 1:		/* page by page, backwards */
			for (o = SIZE; o; o -= SZ_4K)
				discard(self->mem, self->fd, o - SZ_4K, SZ_4K);
			break;
		case 2:		/* from within huge pages */
			discard(self->mem, self->fd, SZ_1M, SIZE - 2 * SZ_1M);
			discard(self->mem, self->fd, 0, SZ_1M);
			discard(self->mem, self->fd, SIZE - SZ_1M, SZ_1M);
			break;
		}
	}
	vcpu_run_sync(self->vcpu, stage);
}

TEST_F(notifier, remapped_memory_is_the_new_memory)
{
	u64 stage, i;

	for (stage = 0; stage < 4; stage++) {
		vcpu_run_sync(self->vcpu, stage);
		ASSERT_EQ(self->mem, mmap(self->mem, SIZE, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		for (i = 0; i < PAGES; i++)
			*(volatile u64 *)(self->mem + i * SZ_4K) = 1000 + stage;
		*(volatile u64 *)(self->mem + 8) = 1000 + stage;
	}
	vcpu_run_sync(self->vcpu, stage);
}

TEST_F(notifier, protected_memory_is_efault)
{
	struct ucall uc;

	vcpu_run_sync(self->vcpu, 0);
	ASSERT_EQ(0, mprotect(self->mem, SIZE, PROT_NONE));
	EXPECT_EQ(-EFAULT, vcpu_run(self->vcpu, &uc));
	EXPECT_EQ(-EFAULT, vcpu_run(self->vcpu, &uc));
	/* back again: nothing is lost */
	ASSERT_EQ(0, mprotect(self->mem, SIZE, PROT_READ | PROT_WRITE));
	discard(self->mem, self->fd, 0, SIZE);
	vcpu_run_sync(self->vcpu, 1);
	/* read-only: reading works, writing doesn't */
	discard(self->mem, self->fd, 0, SIZE);
	ASSERT_EQ(0, mprotect(self->mem, SIZE, PROT_READ));
	EXPECT_EQ(-EFAULT, vcpu_run(self->vcpu, &uc));
	ASSERT_EQ(0, mprotect(self->mem, SIZE, PROT_READ | PROT_WRITE));
	vcpu_run_sync(self->vcpu, 2);
	ASSERT_EQ(0, munmap(self->mem, SIZE));
	EXPECT_EQ(-EFAULT, vcpu_run(self->vcpu, &uc));
	EXPECT_EQ(0, mem_set(self->vm, 1, 0, EXTRA_BASE, 0, NULL));
	self->vm->slots[1].hva = NULL;
}

TEST_F(notifier, a_forked_child_keeps_its_copy)
{
	int go[2], status;
	pid_t pid;
	u64 i;
	char c;

	vcpu_run_sync(self->vcpu, 0);
	for (i = 0; i < PAGES; i++)
		*(volatile u64 *)(self->mem + i * SZ_4K) = 7;
	*(volatile u64 *)(self->mem + 8) = 7;
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid) {
		close(go[1]);
		if (read(go[0], &c, 1) != 0)
			_exit(2);
		for (i = 0; i < PAGES; i++)
			if (*(volatile u64 *)(self->mem + i * SZ_4K) != 7)
				_exit(1);
		_exit(0);
	}
	/* the guest writes to pages that are shared with the child until now */
	vcpu_run_sync(self->vcpu, 1);
	close(go[1]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	/* a shared file is shared */
	EXPECT_EQ(self->fd >= 0 ? 1 << 8 : 0, status);
	/* and the parent sees the guest's writes */
	for (i = 0; i < PAGES; i++) {
		ASSERT_EQ(i + 1, *(volatile u64 *)(self->mem + i * SZ_4K));
	}
}

/* By range, a CPU that can forgets no more than what goes: the rest of the VM stays in the TLBs. */
TEST_F(notifier, many_pages_are_forgotten_at_once)
{
	struct stats *stats = stats_open(self->vm->fd);
	bool by_range = (reg_get(self->vcpu, SR_AA64ISAR0) >> 56 & 0xf) >= 2;
	u64 before;

	if (variant->kind || stats_find(stats, "faults_alone") < 0)
		SKIP(return, "small pages only, and armvcpu");
	madvise(self->mem, SIZE, MADV_NOHUGEPAGE);
	vcpu_run_sync(self->vcpu, 0);
	before = stats_value(stats, "remote_tlb_flush");
	discard(self->mem, self->fd, 0, SIZE);
	EXPECT_EQ(by_range ? 0 : 1, stats_value(stats, "remote_tlb_flush") - before);
	/* gone all the same */
	vcpu_run_sync(self->vcpu, 1);
	stats_close(stats);
}

/* Soft-dirty bits are cleared of all of the address space: a range that ends with the last byte, not behind it. */
TEST_F(notifier, the_whole_address_space_at_once)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY);
	u64 i;

	if (fd < 0)
		SKIP(return, "the kernel has no /proc/PID/clear_refs");
	vcpu_run_sync(self->vcpu, 0);
	ASSERT_EQ(1, write(fd, "4", 1));
	close(fd);
	for (i = 0; i < PAGES; i++)
		*(volatile u64 *)(self->mem + i * SZ_4K) = 9;
	*(volatile u64 *)(self->mem + 8) = 9;
	vcpu_run_sync(self->vcpu, 1);
	/* what came and went behind it is seen, too */
	discard(self->mem, self->fd, 0, SIZE);
	vcpu_run_sync(self->vcpu, 2);
}

/* ---- while the guest runs -------------------------------------------------- */

static u64 stop_running, sums;

/*
 * Writes a growing value to each page and reads it back: it finds that value, or
 * zero when the page was taken away in between; never an older one.
 */
static void guest_runs(u64 arg)
{
	u64 i, n = 0, v;

	while (!READ_ONCE(stop_running)) {
		n++;
		for (i = 0; i < 64; i++)
			writeq(n, EXTRA_BASE + i * SZ_4K);
		for (i = 0; i < 64; i++) {
			v = readq(EXTRA_BASE + i * SZ_4K);
			if (v != n && v != 0)
				guest_abort(__FILE__, __LINE__, "stale page", n, v);
		}
	}
	WRITE_ONCE(sums, n);
	GUEST_DONE();
}

static void *run_thread(void *arg)
{
	vcpu_run_done(arg);
	return NULL;
}

TEST_F(notifier, discarding_under_a_running_guest)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 1, guest_runs, 0);
	u64 end = now_ns() + 3000000000ULL, n = 0;
	pthread_t t;

	ASSERT_EQ(0, pthread_create(&t, NULL, run_thread, vcpu));
	while (now_ns() < end) {
		discard(self->mem, self->fd, n % 64 * SZ_4K, (1 + n % 3) * SZ_4K);
		n++;
		if (n % 64 == 0)
			usleep(1000);
	}
	gv(self->vm, stop_running) = 1;
	pthread_join(t, NULL);
	EXPECT_LT(0, gv(self->vm, sums));
}

SELFTEST_MAIN
