// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Guest memory works whatever backs it: anonymous, shared file,
 *            private file, transparent and explicit huge pages; host and guest see
 *            each other's writes; slots that are not aligned like their huge pages
 *            get the right bytes as well.
 * Reference: kvm-abi.md part 6.2.
 * A failure: shows address and value; see mm/ (fault, block mappings).
 */
#include <sys/syscall.h>

#include "harness.h"

#define SIZE	(8 * SZ_2M)

static u64 value_at(u64 offset, u64 seed)
{
	return (offset + seed) * 0x9e3779b97f4a7c15ULL;
}

/* Every page: check what the host wrote, then write; odd steps defeat luck. */
static void guest_works(u64 size)
{
	u64 o, round, step = SZ_4K - 8;

	for (round = 0; round < 2; round++) {
		for (o = 0; o < size; o += step)
			GUEST_ASSERT_EQ(value_at(o, round), readq(EXTRA_BASE + o));
		for (o = 0; o < size; o += step)
			writeq(value_at(o, 100 + round), EXTRA_BASE + o);
		GUEST_SYNC(round);
	}
	GUEST_DONE();
}

static void check(struct __test_metadata *_metadata, char *mem, u64 size)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_works, size);
	u64 o, round, step = SZ_4K - 8;

	mem_add_at(vm, 1, 0, EXTRA_BASE, size, mem);
	for (round = 0; round < 2; round++) {
		for (o = 0; o < size; o += step)
			*(volatile u64 *)(mem + o) = value_at(o, round);
		vcpu_run_sync(vcpu, round);
		for (o = 0; o < size; o += step) {
			ASSERT_EQ(value_at(o, 100 + round), *(volatile u64 *)(mem + o));
		}
	}
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* size bytes at an address that is offset from a 2 MiB boundary. */
static char *map(u64 size, u64 offset, int flags, int fd)
{
	char *area = mmap(NULL, size + 2 * SZ_2M, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *p = (char *)(((u64)area + SZ_2M - 1) & ~(SZ_2M - 1)) + offset;

	p = mmap(p, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0);
	if (p == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	return p;
}

static int file(u64 size, unsigned int flags)
{
	int fd = syscall(SYS_memfd_create, "guest", flags);

	if (fd >= 0 && ftruncate(fd, size)) {
		close(fd);
		return -1;
	}
	return fd;
}

TEST(anonymous)
{
	check(_metadata, map(SIZE, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1), SIZE);
}

TEST(shared_anonymous)
{
	check(_metadata, map(SIZE, 0, MAP_SHARED | MAP_ANONYMOUS, -1), SIZE);
}

TEST(shared_file)
{
	int fd = file(SIZE, 0);

	ASSERT_LE(0, fd);
	check(_metadata, map(SIZE, 0, MAP_SHARED, fd), SIZE);
}

TEST(private_file)
{
	int fd = file(SIZE, 0);
	u64 v = 0;

	ASSERT_LE(0, fd);
	check(_metadata, map(SIZE, 0, MAP_PRIVATE, fd), SIZE);
	/* the file itself never changes */
	ASSERT_EQ(8, pread(fd, &v, 8, SZ_4K - 8));
	EXPECT_EQ(0, v);
}

TEST(transparent_huge_pages)
{
	char *p = map(SIZE, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (madvise(p, SIZE, MADV_HUGEPAGE))
		SKIP(return, "no transparent huge pages");
	check(_metadata, p, SIZE);
}

/* The guest address is 2 MiB aligned, the host address isn't: no block fits. */
TEST(huge_pages_that_do_not_line_up)
{
	char *p = map(SIZE + SZ_2M, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (madvise(p, SIZE + SZ_2M, MADV_HUGEPAGE))
		SKIP(return, "no transparent huge pages");
	memset(p, 1, SIZE + SZ_2M);
	check(_metadata, p + 5 * SZ_4K, SIZE);
}

/* A slot that ends within a huge page must not show what lies behind it. */
TEST(a_slot_ends_within_a_huge_page)
{
	char *p = map(SIZE, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (madvise(p, SIZE, MADV_HUGEPAGE))
		SKIP(return, "no transparent huge pages");
	memset(p, 0x5a, SIZE);
	check(_metadata, p, SIZE - 3 * SZ_4K);
	EXPECT_EQ(0x5a, p[SIZE - 3 * SZ_4K]);
	EXPECT_EQ(0x5a, p[SIZE - 1]);
}

static bool want_huge_pages(int nr)
{
	FILE *f = fopen("/proc/sys/vm/nr_hugepages", "w");

	if (!f)
		return false;
	fprintf(f, "%d\n", nr);
	return !fclose(f);
}

TEST(explicit_huge_pages)
{
	char *p;

	if (!want_huge_pages(SIZE / SZ_2M))
		SKIP(return, "no hugetlb");
	p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (p == MAP_FAILED)
		SKIP(return, "no huge pages: %s", strerror(errno));
	check(_metadata, p, SIZE);
	want_huge_pages(0);
}

SELFTEST_MAIN
