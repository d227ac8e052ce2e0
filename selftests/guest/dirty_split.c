// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     With a chunk size for eager splitting, blocks are pages when logging has begun, or when bits are cleared
 *            that were all set at the start: a write then faults once, for its own page, and takes no other page away.
 *            Nothing is split where the VMM did not ask for it, nor at a start with all bits set.
 * Reference: Documentation/virt/kvm/api.rst, 8.40 (KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE).
 * A failure: how many data aborts there were. See mm/dirty.c, av_s2_split() in mm/stage2.c.
 */
#include "harness.h"
#include "stats.h"

#define PAGE		((u64)getpagesize())
#define SIZE		(4UL << 20)
#define NR_PAGES	(SIZE / PAGE)

static u64 page_size, nr_pages;

static void guest_touches(u64 arg)
{
	u64 i;

	for (;;) {
		writel(1, EXTRA_BASE + 3 * page_size);
		for (i = 0; i < nr_pages; i++)
			readl(EXTRA_BASE + i * page_size);
		GUEST_SYNC(1);
	}
}

static int enable(struct vm *vm, u32 cap, u64 arg)
{
	struct kvm_enable_cap c = { .cap = cap, .args = { arg } };

	return kioctlp(vm->fd, KVM_ENABLE_CAP, &c);
}

FIXTURE(split) { int unused; };

FIXTURE_VARIANT(split) {
	u64 chunk;		/* in pages */
	bool initially_set;
};

FIXTURE_VARIANT_ADD(split, never) { };
FIXTURE_VARIANT_ADD(split, by_pages) { .chunk = 1 };
FIXTURE_VARIANT_ADD(split, by_blocks) { .chunk = 512 };
FIXTURE_VARIANT_ADD(split, when_cleared) { .chunk = 512, .initially_set = true };
FIXTURE_VARIANT_ADD(split, never_when_cleared) { .initially_set = true };

FIXTURE_SETUP(split)
{
}

FIXTURE_TEARDOWN(split)
{
}

TEST_F(split, a_write_takes_no_other_page_away)
{
	struct vm *vm = vm_create();
	u64 bits[NR_PAGES / 64 + 1], before, aborts;
	struct kvm_clear_dirty_log log = { .slot = 1, .num_pages = NR_PAGES, .dirty_bitmap = bits };
	struct vcpu *vcpu;
	struct stats *s;
	char *mem;

	if (!check_cap(vm->fd, KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES) || PAGE != SZ_4K)
		SKIP(return, "no eager splitting, or other blocks than 2M");
	ASSERT_EQ(0, enable(vm, KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE, variant->chunk * PAGE));
	EXPECT_EQ(variant->chunk * PAGE, check_cap(vm->fd, KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE));
	if (variant->initially_set) {
		ASSERT_EQ(0, enable(vm, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, 3));
	}
	mem_add(vm, 0, 0, RAM_BASE, RAM_SIZE);
	vm_load_image(vm);
	mem = mem_anon(SIZE + SZ_2M);
	mem = (char *)(((u64)mem + SZ_2M - 1) & ~(u64)(SZ_2M - 1));
	if (madvise(mem, SIZE, MADV_HUGEPAGE))
		SKIP(return, "no huge pages");
	memset(mem, 0, SIZE);
	gv(vm, page_size) = PAGE;
	gv(vm, nr_pages) = NR_PAGES;
	vcpu = guest_vcpu(vm, 0, guest_touches, 0);
	ASSERT_EQ(0, mem_set(vm, 1, 0, EXTRA_BASE, SIZE, mem));
	s = stats_open(vcpu->fd);
	before = stats_value(s, "exit_data");
	vcpu_run_sync(vcpu, 1);
	if (stats_value(s, "exit_data") - before > 64)
		SKIP(return, "the host gave no huge pages");

	ASSERT_EQ(0, mem_set(vm, 1, KVM_MEM_LOG_DIRTY_PAGES, EXTRA_BASE, SIZE, mem));
	before = stats_value(s, "exit_data");
	vcpu_run_sync(vcpu, 1);
	aborts = stats_value(s, "exit_data") - before;
	if (variant->initially_set) {
		/* as before, but for the end of the run */
		EXPECT_GE(4, aborts);
		memset(bits, 0xff, sizeof(bits));
		ASSERT_EQ(0, kioctlp(vm->fd, KVM_CLEAR_DIRTY_LOG, &log));
		before = stats_value(s, "exit_data");
		vcpu_run_sync(vcpu, 1);
		aborts = stats_value(s, "exit_data") - before;
	}
	/* one for the write, and the ends of runs; else one for each page of a block */
	EXPECT_GE(variant->chunk ? 8 : NR_PAGES, aborts);
	EXPECT_LE(variant->chunk ? 1 : SZ_2M / PAGE - 1, aborts);
	vm_free(vm);
}

TEST(what_can_be_enabled)
{
	struct vm *vm = vm_create();
	u64 sizes = check_cap(vm->fd, KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES), bit;

	if (!sizes)
		SKIP(return, "no eager splitting");
	EXPECT_EQ(PAGE, sizes & -sizes);
	if (PAGE == SZ_4K) {
		EXPECT_EQ(0x40201000, sizes);
	}
	EXPECT_EQ(0, check_cap(vm->fd, KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE));
	for (bit = 1; bit; bit <<= 1) {
		EXPECT_EQ(bit & sizes ? 0 : -EINVAL, enable(vm, KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE, bit));
	}
	EXPECT_EQ(-EINVAL, enable(vm, KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE, 3 * PAGE));
	EXPECT_EQ(0, enable(vm, KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE, 0));
	/* the same on the system's descriptor, whatever a VM has */
	EXPECT_EQ(0, check_cap(vm->dev, KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE));
	mem_add(vm, 0, 0, RAM_BASE, RAM_SIZE);
	EXPECT_EQ(-EINVAL, enable(vm, KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE, PAGE));
	vm_free(vm);
}

SELFTEST_MAIN
