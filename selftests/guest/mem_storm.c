// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Many vCPUs may fault on the same fresh memory at the same time, by
 *            reads, writes and fetches, on huge and small pages, while the host
 *            splits, discards and collapses them: every word ends up right.
 * Reference: kvm-abi.md parts 6.2, 6.3.
 * A failure: shows the address whose value was lost.
 */
#include <pthread.h>
#include <sys/syscall.h>
#include <linux/userfaultfd.h>

#include "harness.h"

#define CPUS	4
#define SIZE	(4 * SZ_2M)
#define PAGES	(SIZE / SZ_4K)

/* Each vCPU owns one word of each page, and walks in an order of its own. */
static void guest_storms(u64 me)
{
	static const u64 steps[CPUS] = { 1, 77, 1021, 2047 };
	u64 i, p, round;

	for (round = 1; round <= 3; round++) {
		for (i = 0, p = me * 100; i < PAGES; i++, p = (p + steps[me]) % PAGES)
			writeq(p * 10 + round, EXTRA_BASE + p * SZ_4K + me * 8);
		for (p = 0; p < PAGES; p++)
			if (readq(EXTRA_BASE + p * SZ_4K + me * 8) != p * 10 + round)
				guest_abort(__FILE__, __LINE__, "own word", p * 10 + round,
					    readq(EXTRA_BASE + p * SZ_4K + me * 8));
	}
	GUEST_DONE();
}

static char *aligned(void)
{
	u64 p = (u64)mem_anon(SIZE + SZ_2M);

	return (char *)((p + SZ_2M - 1) & ~(SZ_2M - 1));
}

static void storm(struct __test_metadata *_metadata, char *mem)
{
	struct vm *vm = vm_create_guest();
	u64 i, p;

	mem_add_at(vm, 1, 0, EXTRA_BASE, SIZE, mem);
	for (i = 0; i < CPUS; i++)
		guest_vcpu(vm, i, guest_storms, i);
	vcpus_run_done(vm);
	for (p = 0; p < PAGES; p++) {
		for (i = 0; i < CPUS; i++) {
			ASSERT_EQ(p * 10 + 3, *(volatile u64 *)(mem + p * SZ_4K + i * 8));
		}
	}
	vm_free(vm);
}

TEST(on_small_pages)
{
	char *mem = aligned();

	madvise(mem, SIZE, MADV_NOHUGEPAGE);
	storm(_metadata, mem);
}

TEST(on_huge_pages)
{
	char *mem = aligned();

	madvise(mem, SIZE, MADV_HUGEPAGE);
	storm(_metadata, mem);
}

static volatile bool stop;

/* Splits huge pages by protecting parts, without ever losing content. */
static void *splitter(void *arg)
{
	char *mem = arg;
	u64 n = 0;

	while (!stop) {
		u64 at = n++ * 37 % (PAGES - 16) * SZ_4K;

		mprotect(mem + at, 16 * SZ_4K, PROT_READ);
		mprotect(mem + at, 16 * SZ_4K, PROT_READ | PROT_WRITE);
		if (n % 16 == 0)
			usleep(1000);
	}
	return NULL;
}

/*
 * The splitter takes write access away for moments; a guest's store then makes
 * KVM_RUN fail with EFAULT, and is done at the next try.
 */
static void *run_stubborn(void *arg)
{
	struct vcpu *vcpu = arg;
	struct ucall uc;
	int ret;

	while ((ret = vcpu_run(vcpu, &uc)) == -EFAULT)
		;
	if (ret != UCALL_DONE)
		die("run gave %d", ret);
	return NULL;
}

TEST(while_the_host_splits_pages)
{
	struct vm *vm = vm_create_guest();
	char *mem = aligned();
	pthread_t t[CPUS], s;
	u64 i, p;

	madvise(mem, SIZE, MADV_HUGEPAGE);
	mem_add_at(vm, 1, 0, EXTRA_BASE, SIZE, mem);
	for (i = 0; i < CPUS; i++) {
		ASSERT_EQ(0, pthread_create(&t[i], NULL, run_stubborn,
					    guest_vcpu(vm, i, guest_storms, i)));
	}
	ASSERT_EQ(0, pthread_create(&s, NULL, splitter, mem));
	for (i = 0; i < CPUS; i++)
		pthread_join(t[i], NULL);
	stop = true;
	pthread_join(s, NULL);
	for (p = 0; p < PAGES; p++) {
		for (i = 0; i < CPUS; i++) {
			ASSERT_EQ(p * 10 + 3, *(volatile u64 *)(mem + p * SZ_4K + i * 8));
		}
	}
	vm_free(vm);
}

/* ---- pages that arrive when somebody brings them -------------------------------- */

static int uffd;

static void *pager(void *arg)
{
	char *mem = arg, *src = mem_anon(SZ_4K);
	struct uffd_msg msg;

	while (read(uffd, &msg, sizeof(msg)) == sizeof(msg)) {
		u64 at = msg.arg.pagefault.address & ~(SZ_4K - 1);
		struct uffdio_copy copy = {
			.dst = at, .src = (u64)src, .len = SZ_4K,
		};

		*(u64 *)src = (at - (u64)mem) / SZ_4K + 1000;
		usleep(100);
		ioctl(uffd, UFFDIO_COPY, &copy);
	}
	return NULL;
}

static void guest_meets_pages(u64 me)
{
	u64 p;

	for (p = me; p < 200; p++)
		if (readq(EXTRA_BASE + p * SZ_4K) != p + 1000)
			guest_abort(__FILE__, __LINE__, "the pager's page", p + 1000,
				    readq(EXTRA_BASE + p * SZ_4K));
	for (p = 200; p < 400; p++)
		writeq(p, EXTRA_BASE + p * SZ_4K + 64 + me * 8);
	GUEST_DONE();
}

TEST(pages_brought_by_userfaultfd)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct vm *vm = vm_create_guest();
	char *mem = aligned();
	pthread_t t;
	u64 i;

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(errno));
	ASSERT_EQ(0, ioctl(uffd, UFFDIO_API, &api));
	reg.range.start = (u64)mem;
	reg.range.len = SIZE;
	ASSERT_EQ(0, ioctl(uffd, UFFDIO_REGISTER, &reg));
	ASSERT_EQ(0, pthread_create(&t, NULL, pager, mem));
	mem_add_at(vm, 1, 0, EXTRA_BASE, SIZE, mem);
	for (i = 0; i < CPUS; i++)
		guest_vcpu(vm, i, guest_meets_pages, i);
	vcpus_run_done(vm);
	for (i = 200; i < 400; i++) {
		EXPECT_EQ(i, *(volatile u64 *)(mem + i * SZ_4K + 64));
		EXPECT_EQ(i + 1000, *(volatile u64 *)(mem + i * SZ_4K));
	}
}

SELFTEST_MAIN
