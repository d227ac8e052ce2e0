// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     SET_USER_MEMORY_REGION enforces every rule on slots: flags, ids,
 *            alignment, wrap, overlap, IPA limit, what may change; and a refused
 *            call changes nothing.
 * Reference: kvm-abi.md part 6.1.
 * A failure: shows the rule's line and the errno seen; see mm/ (memslots).
 */
#include "harness.h"

#define PAGE	((u64)getpagesize())
#define SIZE	(16 * PAGE)
#define GPA	0x80000000UL

FIXTURE(slots) {
	struct vm *vm;
	char *mem;
};

FIXTURE_SETUP(slots)
{
	self->vm = vm_create();
	self->mem = mem_anon(4 * SIZE);
}

FIXTURE_TEARDOWN(slots)
{
	vm_free(self->vm);
}

#define SET(slot, flags, gpa, size, hva) \
	mem_set(self->vm, slot, flags, gpa, size, hva)

TEST_F(slots, flags_that_nobody_knows_are_einval)
{
	unsigned int bit;

	for (bit = 2; bit < 32; bit++) {
		EXPECT_EQ(-EINVAL, SET(0, 1u << bit, GPA, SIZE, self->mem));
	}
	EXPECT_EQ(0, SET(0, 0, GPA, SIZE, self->mem));
}

TEST_F(slots, slot_numbers)
{
	EXPECT_EQ(-EINVAL, SET(32767, 0, GPA, SIZE, self->mem));
	EXPECT_EQ(-EINVAL, SET(0xffff, 0, GPA, SIZE, self->mem));
	EXPECT_EQ(-EINVAL, SET(1 << 16, 0, GPA, SIZE, self->mem));
	EXPECT_EQ(-EINVAL, SET(~0u, 0, GPA, SIZE, self->mem));
	EXPECT_EQ(0, SET(32766, 0, GPA, SIZE, self->mem));
}

TEST_F(slots, everything_is_page_aligned)
{
	static const u64 off[] = { 1, 8, 0x800, 0xfff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(off); i++) {
		EXPECT_EQ(-EINVAL, SET(0, 0, GPA + off[i], SIZE, self->mem));
		EXPECT_EQ(-EINVAL, SET(0, 0, GPA, SIZE + off[i], self->mem));
		EXPECT_EQ(-EINVAL, SET(0, 0, GPA, SIZE, self->mem + off[i]));
	}
	EXPECT_EQ(-EINVAL, SET(0, 0, GPA, 1, self->mem));
}

TEST_F(slots, the_host_address_is_a_user_address)
{
	EXPECT_EQ(-EINVAL, SET(0, 0, GPA, SIZE, (void *)0xffff000000000000UL));
	EXPECT_EQ(-EINVAL, SET(0, 0, GPA, SIZE, (void *)-PAGE));
	EXPECT_EQ(-EINVAL, SET(0, 0, GPA, SIZE, (void *)0xffff800000000000UL));
	/* a tag in the top byte */
	EXPECT_EQ(-EINVAL, SET(0, 0, GPA, SIZE,
			       (void *)((u64)self->mem | 0x0a00000000000000UL)));
	/* the range may have holes: it is looked at when the guest faults */
	ASSERT_EQ(0, munmap(self->mem + SIZE, SIZE));
	EXPECT_EQ(0, SET(0, 0, GPA, 4 * SIZE, self->mem));
}

TEST_F(slots, sizes_that_wrap_or_are_too_big)
{
	EXPECT_EQ(-EINVAL, SET(0, 0, -PAGE, 2 * PAGE, self->mem));
	EXPECT_EQ(-EINVAL, SET(0, 0, GPA, -PAGE, self->mem));
	EXPECT_EQ(-EINVAL, SET(0, 0, PAGE, -PAGE, NULL));
	EXPECT_EQ(-EINVAL, SET(0, 0, 0, (1UL << 31) * PAGE, NULL));
}

TEST_F(slots, nothing_lies_beyond_the_ipa_space)
{
	struct vm *small = vm_create_type(32);

	/* type 0 means 40 bits */
	EXPECT_EQ(-EFAULT, SET(0, 0, 1UL << 40, SIZE, self->mem));
	EXPECT_EQ(-EFAULT, SET(0, 0, (1UL << 40) - PAGE, 2 * PAGE, self->mem));
	EXPECT_EQ(-EFAULT, SET(0, 0, 1UL << 52, SIZE, self->mem));
	EXPECT_EQ(-EFAULT, SET(0, 0, 1UL << 62, SIZE, self->mem));
	EXPECT_EQ(0, SET(0, 0, (1UL << 40) - SIZE, SIZE, self->mem));
	EXPECT_EQ(-EFAULT, mem_set(small, 0, 0, 1UL << 32, SIZE, self->mem));
	EXPECT_EQ(0, mem_set(small, 0, 0, (1UL << 32) - SIZE, SIZE, self->mem));
	vm_free(small);
}

TEST_F(slots, overlaps_are_eexist)
{
	ASSERT_EQ(0, SET(0, 0, GPA, SIZE, self->mem));
	EXPECT_EQ(-EEXIST, SET(1, 0, GPA, SIZE, self->mem + SIZE));
	EXPECT_EQ(-EEXIST, SET(1, 0, GPA + PAGE, PAGE, self->mem + SIZE));
	EXPECT_EQ(-EEXIST, SET(1, 0, GPA - PAGE, 2 * PAGE, self->mem + SIZE));
	EXPECT_EQ(-EEXIST, SET(1, 0, GPA + SIZE - PAGE, SIZE, self->mem + SIZE));
	EXPECT_EQ(-EEXIST, SET(1, 0, GPA - SIZE, 3 * SIZE, self->mem + SIZE));
	/* neighbours are fine, and so is the same host memory twice */
	EXPECT_EQ(0, SET(1, 0, GPA + SIZE, SIZE, self->mem));
	EXPECT_EQ(0, SET(2, 0, GPA - SIZE, SIZE, self->mem));
}

TEST_F(slots, deleting)
{
	EXPECT_EQ(-EINVAL, SET(0, 0, GPA, 0, self->mem));
	EXPECT_EQ(-EINVAL, SET(32766, 0, 0, 0, NULL));
	ASSERT_EQ(0, SET(0, 0, GPA, SIZE, self->mem));
	EXPECT_EQ(0, SET(0, 0, 0, 0, NULL));
	EXPECT_EQ(-EINVAL, SET(0, 0, 0, 0, NULL));
	/* the place and the number are free again */
	EXPECT_EQ(0, SET(3, 0, GPA, SIZE, self->mem));
	EXPECT_EQ(0, SET(0, 0, GPA + SIZE, SIZE, self->mem));
}

TEST_F(slots, what_may_not_change)
{
	ASSERT_EQ(0, SET(0, 0, GPA, SIZE, self->mem));
	EXPECT_EQ(-EINVAL, SET(0, KVM_MEM_READONLY, GPA, SIZE, self->mem));
	EXPECT_EQ(-EINVAL, SET(0, 0, GPA, SIZE, self->mem + SIZE));
	EXPECT_EQ(-EINVAL, SET(0, 0, GPA, 2 * SIZE, self->mem));
	EXPECT_EQ(-EINVAL, SET(0, 0, GPA, PAGE, self->mem));
	EXPECT_EQ(0, SET(0, 0, GPA, SIZE, self->mem));

	ASSERT_EQ(0, SET(1, KVM_MEM_READONLY, GPA + SIZE, SIZE, self->mem));
	EXPECT_EQ(-EINVAL, SET(1, 0, GPA + SIZE, SIZE, self->mem));
	EXPECT_EQ(0, SET(1, KVM_MEM_READONLY, GPA + SIZE, SIZE, self->mem));
}

TEST_F(slots, moving)
{
	ASSERT_EQ(0, SET(0, 0, GPA, SIZE, self->mem));
	ASSERT_EQ(0, SET(1, 0, GPA + 4 * SIZE, SIZE, self->mem + SIZE));
	/* onto another slot: refused, and both stay */
	EXPECT_EQ(-EEXIST, SET(0, 0, GPA + 4 * SIZE, SIZE, self->mem));
	EXPECT_EQ(-EEXIST, SET(0, 0, GPA + 4 * SIZE + PAGE, SIZE, self->mem));
	EXPECT_EQ(-EEXIST, SET(2, 0, GPA, SIZE, self->mem));
	EXPECT_EQ(-EEXIST, SET(2, 0, GPA + 4 * SIZE, SIZE, self->mem));
	/* to a free place, overlapping itself, and away */
	EXPECT_EQ(0, SET(0, 0, GPA + PAGE, SIZE, self->mem));
	EXPECT_EQ(0, SET(0, 0, GPA + 8 * SIZE, SIZE, self->mem));
	EXPECT_EQ(0, SET(2, 0, GPA, SIZE, self->mem));
	EXPECT_EQ(-EFAULT, SET(0, 0, 1UL << 40, SIZE, self->mem));
}

TEST_F(slots, a_thousand_slots)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, SET(i, 0, GPA + i * PAGE, PAGE, self->mem));
	}
	EXPECT_EQ(-EEXIST, SET(1000, 0, GPA + 500 * PAGE, PAGE, self->mem));
	for (i = 0; i < 1000; i += 2) {
		ASSERT_EQ(0, SET(i, 0, 0, 0, NULL));
	}
	EXPECT_EQ(0, SET(1000, 0, GPA + 500 * PAGE, PAGE, self->mem));
	EXPECT_EQ(-EEXIST, SET(1001, 0, GPA + 501 * PAGE, PAGE, self->mem));
}

/* The 64-bit interface of 6.12: the same rules, where it is offered. */
TEST_F(slots, second_interface)
{
	struct {
		u32 slot, flags;
		u64 gpa, size, hva, memfd_offset;
		u32 memfd, pad1;
		u64 pad2[14];
	} r = { .gpa = GPA, .size = SIZE, .hva = (u64)self->mem };
	unsigned long cmd = _IOW(KVMIO, 0x49, typeof(r));

	if (!check_cap(self->vm->fd, KVM_CAP_USER_MEMORY2)) {
		EXPECT_EQ(-EINVAL, kioctlp(self->vm->fd, cmd, &r));
		return;
	}
	r.flags = 4;
	EXPECT_EQ(-EINVAL, kioctlp(self->vm->fd, cmd, &r));
	r.flags = 0;
	EXPECT_EQ(0, kioctlp(self->vm->fd, cmd, &r));
	r.slot = 1;
	EXPECT_EQ(-EEXIST, kioctlp(self->vm->fd, cmd, &r));
	r.slot = 0;
	r.size = 0;
	EXPECT_EQ(0, kioctlp(self->vm->fd, cmd, &r));
}

SELFTEST_MAIN
