// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The dirty log tells exactly which pages were written since their bits were taken, in each of its modes:
 *            GET clears; GET reports and CLEAR clears what it is told; all bits set at the start. A copy that is made
 *            by it while vCPUs write is complete at the end, with small pages and with huge ones. When logging ends,
 *            the guest writes on.
 * Reference: Documentation/virt/kvm/api.rst, 4.8, 4.117, 7.x (KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2).
 * A failure: the page, and what its bit should be; for the copy the first page that differs.
 */
#include <pthread.h>

#include "harness.h"

#define MODE_MANUAL	KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE
#define MODE_INITIAL	(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET)

/* 4 MB and some more, so that neither the last word nor the last block is whole. */
#define PAGE		((u64)getpagesize())
#define NR_PAGES	((4UL << 20) / PAGE + 37)
#define SIZE		(NR_PAGES * PAGE)
#define WORDS		((NR_PAGES + 63) / 64)
#define MAX_WORDS	((4UL << 20) / SZ_4K / 64 + 2)

static u64 page_to_write, page_size, stop_writing, nr_pages;

/* The host names a page before each run. */
static void guest_writes_one(u64 arg)
{
	for (;;) {
		writel(page_to_write + 1, EXTRA_BASE + page_to_write * page_size);
		GUEST_SYNC(1);
	}
}

/* Everywhere, in an order of its own, a value that only grows. */
static void guest_writes_all(u64 me)
{
	u64 x = me * 7 + 1, n = 1;

	while (!READ_ONCE(stop_writing)) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		writel(n++, EXTRA_BASE + (x >> 33) % nr_pages * page_size + me * 8);
	}
	GUEST_DONE();
}

static int get_log(struct vm *vm, u64 *bits)
{
	struct kvm_dirty_log log = { .slot = 1, .dirty_bitmap = bits };

	memset(bits, 0x5a, WORDS * 8);
	return kioctlp(vm->fd, KVM_GET_DIRTY_LOG, &log);
}

static int clear_log(struct vm *vm, u64 first, u32 nr, u64 *bits)
{
	struct kvm_clear_dirty_log log = { .slot = 1, .first_page = first, .num_pages = nr, .dirty_bitmap = bits };

	return kioctlp(vm->fd, KVM_CLEAR_DIRTY_LOG, &log);
}

static int set_mode(struct vm *vm, u64 mode)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, .args = { mode } };

	return kioctlp(vm->fd, KVM_ENABLE_CAP, &cap);
}

static bool is_set(const u64 *bits, u64 page)
{
	return bits[page / 64] >> page % 64 & 1;
}

static u64 weight(const u64 *bits)
{
	u64 i, n = 0;

	for (i = 0; i < WORDS; i++)
		n += __builtin_popcountll(bits[i]);
	return n;
}

FIXTURE(log) {
	struct vm *vm;
	struct vcpu *vcpu;
	char *mem;
	u64 bits[MAX_WORDS], mask[MAX_WORDS];
};

FIXTURE_VARIANT(log) {
	u64 mode;
	bool huge;
};

FIXTURE_VARIANT_ADD(log, get_clears) { };
FIXTURE_VARIANT_ADD(log, manual) { .mode = MODE_MANUAL };
FIXTURE_VARIANT_ADD(log, initially_set) { .mode = MODE_INITIAL };
FIXTURE_VARIANT_ADD(log, get_clears_huge) { .huge = true };
FIXTURE_VARIANT_ADD(log, manual_huge) { .mode = MODE_MANUAL, .huge = true };
FIXTURE_VARIANT_ADD(log, initially_set_huge) { .mode = MODE_INITIAL, .huge = true };

FIXTURE_SETUP(log)
{
	char *p = mem_anon(SIZE + SZ_2M);

	self->mem = (char *)(((u64)p + SZ_2M - 1) & ~(u64)(SZ_2M - 1));
	if (madvise(self->mem, SIZE, variant->huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE))
		TH_LOG("madvise: %s", strerror(errno));
	memset(self->mem, 0, SIZE);
	self->vm = vm_create_guest();
	gv(self->vm, page_size) = PAGE;
	gv(self->vm, nr_pages) = NR_PAGES;
	self->vcpu = guest_vcpu(self->vm, 0, guest_writes_one, 0);
	ASSERT_EQ(0, mem_set(self->vm, 1, 0, EXTRA_BASE, SIZE, self->mem));
	/* mapped, and as large as can be, before anybody logs */
	gv(self->vm, page_to_write) = 3;
	vcpu_run_sync(self->vcpu, 1);
	ASSERT_EQ(0, set_mode(self->vm, variant->mode));
	ASSERT_EQ(0, mem_set(self->vm, 1, KVM_MEM_LOG_DIRTY_PAGES, EXTRA_BASE, SIZE, self->mem));
}

FIXTURE_TEARDOWN(log)
{
	vm_free(self->vm);
}

static void write_page(struct vm *vm, struct vcpu *vcpu, u64 page)
{
	gv(vm, page_to_write) = page;
	vcpu_run_sync(vcpu, 1);
}

/* All that is set now is not set any more, by the mode's own way. */
static void take_all(struct __test_metadata *_metadata, struct vm *vm, u64 mode, u64 *bits)
{
	ASSERT_EQ(0, get_log(vm, bits));
	if (mode) {
		ASSERT_EQ(0, clear_log(vm, 0, NR_PAGES, bits));
	}
}

TEST_F(log, tells_what_was_written)
{
	u64 pages[] = { 0, 1, 63, 64, 200, NR_PAGES - 38, NR_PAGES - 1 };
	unsigned int i, round;

	ASSERT_EQ(0, get_log(self->vm, self->bits));
	EXPECT_EQ(variant->mode == MODE_INITIAL ? NR_PAGES : 0, weight(self->bits));
	if (variant->mode == MODE_INITIAL) {
		/* the bits beyond the end stay clear, whatever is asked for */
		memset(self->mask, 0xff, sizeof(self->mask));
		ASSERT_EQ(0, clear_log(self->vm, 0, NR_PAGES, self->mask));
	}
	for (round = 0; round < 3; round++) {
		for (i = 0; i < ARRAY_SIZE(pages); i++)
			write_page(self->vm, self->vcpu, pages[i]);
		take_all(_metadata, self->vm, variant->mode, self->bits);
		EXPECT_EQ(ARRAY_SIZE(pages), weight(self->bits));
		for (i = 0; i < ARRAY_SIZE(pages); i++) {
			EXPECT_TRUE(is_set(self->bits, pages[i])) TH_LOG("page %llu", (unsigned long long)pages[i]);
		}
		ASSERT_EQ(0, get_log(self->vm, self->bits));
		EXPECT_EQ(0, weight(self->bits));
	}
}

/* A block could be there again, of which only a page is left, and that may not be written to. */
TEST_F(log, ends_and_the_guest_goes_on)
{
	write_page(self->vm, self->vcpu, 64);
	take_all(_metadata, self->vm, variant->mode, self->bits);
	ASSERT_EQ(0, mem_set(self->vm, 1, 0, EXTRA_BASE, SIZE, self->mem));
	write_page(self->vm, self->vcpu, 64);
	EXPECT_EQ(65, *(u32 *)(self->mem + 64 * PAGE));
	write_page(self->vm, self->vcpu, 65);
}

TEST_F(log, clears_what_it_is_told)
{
	if (!variant->mode)
		SKIP(return, "GET clears");
	memset(self->mask, 0xff, sizeof(self->mask));
	ASSERT_EQ(0, clear_log(self->vm, 0, NR_PAGES, self->mask));
	write_page(self->vm, self->vcpu, 64);
	write_page(self->vm, self->vcpu, 65);
	write_page(self->vm, self->vcpu, 130);
	/* asking changes nothing */
	ASSERT_EQ(0, get_log(self->vm, self->bits));
	ASSERT_EQ(0, get_log(self->vm, self->bits));
	EXPECT_EQ(3, weight(self->bits));
	/* one of two in a word, and none of the next */
	memset(self->mask, 0, sizeof(self->mask));
	self->mask[0] = 2;
	ASSERT_EQ(0, clear_log(self->vm, 64, 128, self->mask));
	ASSERT_EQ(0, get_log(self->vm, self->bits));
	EXPECT_TRUE(is_set(self->bits, 64));
	EXPECT_FALSE(is_set(self->bits, 65));
	EXPECT_TRUE(is_set(self->bits, 130));
	/* written again, seen again */
	write_page(self->vm, self->vcpu, 65);
	ASSERT_EQ(0, get_log(self->vm, self->bits));
	EXPECT_EQ(3, weight(self->bits));
	/* up to the end, which is no whole word */
	write_page(self->vm, self->vcpu, NR_PAGES - 1);
	memset(self->mask, 0xff, sizeof(self->mask));
	ASSERT_EQ(0, clear_log(self->vm, NR_PAGES & ~63UL, NR_PAGES & 63, self->mask));
	ASSERT_EQ(0, get_log(self->vm, self->bits));
	EXPECT_EQ(3, weight(self->bits));
}

TEST_F(log, refuses_what_can_not_be)
{
	struct kvm_clear_dirty_log log = { .slot = 2, .num_pages = 64, .dirty_bitmap = self->mask };

	EXPECT_EQ(-ENOENT, kioctlp(self->vm->fd, KVM_CLEAR_DIRTY_LOG, &log));
	log.slot = 0;
	EXPECT_EQ(-ENOENT, kioctlp(self->vm->fd, KVM_CLEAR_DIRTY_LOG, &log));
	log.slot = 1 << 15;
	EXPECT_EQ(-EINVAL, kioctlp(self->vm->fd, KVM_CLEAR_DIRTY_LOG, &log));
	EXPECT_EQ(-EINVAL, clear_log(self->vm, 1, 64, self->mask));
	EXPECT_EQ(-EINVAL, clear_log(self->vm, 0, 65, self->mask));
	EXPECT_EQ(-EINVAL, clear_log(self->vm, 0, NR_PAGES + 1, self->mask));
	EXPECT_EQ(-EINVAL, clear_log(self->vm, (NR_PAGES + 63) & ~63UL, 64, self->mask));
	EXPECT_EQ(-EINVAL, clear_log(self->vm, ~63UL, 64, self->mask));
	EXPECT_EQ(-EFAULT, clear_log(self->vm, 0, 64, (u64 *)8));
	EXPECT_EQ(-EINVAL, set_mode(self->vm, KVM_DIRTY_LOG_INITIALLY_SET));
	EXPECT_EQ(-EINVAL, set_mode(self->vm, 4));
	EXPECT_EQ(MODE_INITIAL, kioctl(self->vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2));
}

static void *run_thread(void *arg)
{
	vcpu_run_done(arg);
	return NULL;
}

/* What a VMM does that migrates: bits first, then the pages. */
static void copy_dirty(struct __test_metadata *_metadata, struct vm *vm, u64 mode, u64 *bits, char *copy, char *mem)
{
	u64 i;

	take_all(_metadata, vm, mode, bits);
	for (i = 0; i < NR_PAGES; i++) {
		if (is_set(bits, i))
			memcpy(copy + i * PAGE, mem + i * PAGE, PAGE);
	}
}

TEST_F(log, makes_a_whole_copy)
{
	struct vcpu *writers[2];
	char *copy = mem_anon(SIZE);
	pthread_t threads[2];
	u64 i, end;

	for (i = 0; i < 2; i++)
		writers[i] = guest_vcpu(self->vm, i + 1, guest_writes_all, i);
	memcpy(copy, self->mem, SIZE);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, run_thread, writers[i]));
	}
	for (end = now_ns() + 1500000000ULL; now_ns() < end;)
		copy_dirty(_metadata, self->vm, variant->mode, self->bits, copy, self->mem);
	gv(self->vm, stop_writing) = 1;
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	copy_dirty(_metadata, self->vm, variant->mode, self->bits, copy, self->mem);
	for (i = 0; i < NR_PAGES; i++) {
		ASSERT_EQ(0, memcmp(copy + i * PAGE, self->mem + i * PAGE, PAGE))
			TH_LOG("page %llu", (unsigned long long)i);
	}
	ASSERT_EQ(0, get_log(self->vm, self->bits));
	EXPECT_EQ(0, weight(self->bits));
}

SELFTEST_MAIN
