// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Memory tagging by KVM's rules: a capability where the machine has it, to be asked for before the first
 *            vCPU; registers and the ID field in such VMs only; memory that can't have tags is refused; tags are copied
 *            by whole pages, with the errors that KVM has.
 * Reference: Documentation/virt/kvm/api.rst, 4.130 and 7.24; kvm-abi.md, 4.2, 4.4, 6 and 7.
 * A failure: shows the call and its errno; see guest/tags.c, mm/tags.c, mm/memslot.c.
 */
#include <limits.h>
#include <sys/auxv.h>

#include "harness.h"
#include "tags.h"

#define PAGE		((u64)getpagesize())
#define PAGE_TAGS	(PAGE / TAGS_GRANULE)
#define PAGES		4

FIXTURE(mte) {
	struct vm *vm;
	u8 *tags;
};

FIXTURE_SETUP(mte)
{
	self->vm = vm_create();
	self->tags = mem_anon(PAGE * PAGES);
}

FIXTURE_TEARDOWN(mte)
{
	vm_free(self->vm);
}

static int copy(struct vm *vm, u64 ipa, u64 length, void *tags, u64 flags)
{
	struct kvm_arm_copy_mte_tags c = { .guest_ipa = ipa, .length = length, .addr = tags, .flags = flags };

	return kioctlp(vm->fd, KVM_ARM_MTE_COPY_TAGS, &c);
}

static int to_guest(struct vm *vm, u64 ipa, u64 length, void *tags)
{
	return copy(vm, ipa, length, tags, KVM_ARM_TAGS_TO_GUEST);
}

static int from_guest(struct vm *vm, u64 ipa, u64 length, void *tags)
{
	return copy(vm, ipa, length, tags, KVM_ARM_TAGS_FROM_GUEST);
}

TEST_F(mte, without_it_there_is_nothing)
{
	struct vcpu *vcpu = vcpu_create(self->vm, 0);
	u64 value = 0;
	int n;

	mem_add(self->vm, 0, 0, RAM_BASE, PAGE);
	ASSERT_EQ(0, vcpu_init(vcpu, 0));
	for (n = 0; n < TAGS_REGS; n++) {
		EXPECT_EQ(-ENOENT, reg_try_get(vcpu, TAGS_REG(n), &value));
		EXPECT_EQ(-ENOENT, reg_try_set(vcpu, TAGS_REG(n), &value));
		EXPECT_FALSE(reg_is_listed(vcpu, TAGS_REG(n)));
	}
	value = reg_get(vcpu, TAGS_PFR1);
	EXPECT_EQ(0, value >> 8 & 0xf);
	value |= 2 << 8;
	EXPECT_EQ(-EINVAL, reg_try_set(vcpu, TAGS_PFR1, &value));
	EXPECT_EQ(-EINVAL, from_guest(self->vm, RAM_BASE, PAGE, self->tags));
	EXPECT_EQ(-EINVAL, to_guest(self->vm, RAM_BASE, PAGE, self->tags));
	EXPECT_EQ(-EFAULT, kioctl(self->vm->fd, KVM_ARM_MTE_COPY_TAGS, 8));
}

TEST_F(mte, asked_for_before_the_first_vcpu)
{
	bool has = tags_offered();

	EXPECT_EQ(has, check_cap(self->vm->fd, KVM_CAP_ARM_MTE));
	EXPECT_EQ(!!(getauxval(AT_HWCAP2) & HWCAP2_MTE), has);
	EXPECT_EQ(has ? 0 : -EINVAL, tags_enable(self->vm));
	EXPECT_EQ(has ? 0 : -EINVAL, tags_enable(self->vm));
	vcpu_create(self->vm, 0);
	EXPECT_EQ(-EINVAL, tags_enable(self->vm));
}

TEST_F(mte, registers_and_the_field)
{
	struct vcpu *vcpu;
	u64 value, pfr1;
	int n;

	if (!tags_offered())
		SKIP(return, "no memory tagging");
	ASSERT_EQ(0, tags_enable(self->vm));
	vcpu = vcpu_create(self->vm, 0);
	ASSERT_EQ(0, vcpu_init(vcpu, 0));
	pfr1 = reg_get(vcpu, TAGS_PFR1);
	EXPECT_LE(2, pfr1 >> 8 & 0xf);
	EXPECT_EQ(0, reg_try_set(vcpu, TAGS_PFR1, &pfr1));
	value = pfr1 & ~(0xfUL << 8);
	EXPECT_EQ(-EINVAL, reg_try_set(vcpu, TAGS_PFR1, &value));
	for (n = 0; n < TAGS_REGS; n++) {
		EXPECT_TRUE(reg_is_listed(vcpu, TAGS_REG(n)));
		reg_set(vcpu, TAGS_REG(n), n + 1);
	}
	for (n = 0; n < TAGS_REGS; n++)
		EXPECT_EQ(n + 1, reg_get(vcpu, TAGS_REG(n)));
	/* GMID is not user space's */
	EXPECT_EQ(-ENOENT, reg_try_get(vcpu, ARM64_SYS_REG(3, 1, 0, 0, 4), &value));
	ASSERT_EQ(0, vcpu_init(vcpu, 0));
	for (n = 0; n < TAGS_REGS; n++)
		EXPECT_EQ(0, reg_get(vcpu, TAGS_REG(n)));
}

TEST_F(mte, not_with_aarch32)
{
	struct vcpu *vcpu;

	if (!tags_offered())
		SKIP(return, "no memory tagging");
	ASSERT_EQ(0, tags_enable(self->vm));
	vcpu = vcpu_create(self->vm, 0);
	EXPECT_EQ(-EINVAL, vcpu_init(vcpu, 1 << KVM_ARM_VCPU_EL1_32BIT));
	EXPECT_EQ(0, vcpu_init(vcpu, 0));
}

TEST_F(mte, memory_that_cannot_have_tags)
{
	int zero = open("/dev/zero", O_RDWR);
	char *file = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
	char *two = mem_anon(2 * PAGE);

	if (!tags_offered())
		SKIP(return, "no memory tagging");
	ASSERT_NE(MAP_FAILED, file);
	/* A slot that is there already is not looked at */
	EXPECT_EQ(0, mem_set(self->vm, 0, 0, RAM_BASE, PAGE, file));
	ASSERT_EQ(0, tags_enable(self->vm));
	EXPECT_EQ(-EINVAL, mem_set(self->vm, 1, 0, RAM_BASE + PAGE, PAGE, file));
	EXPECT_EQ(-EINVAL, mem_set(self->vm, 0, KVM_MEM_LOG_DIRTY_PAGES, RAM_BASE, PAGE, file));
	/* nor moved */
	EXPECT_EQ(-EINVAL, mem_set(self->vm, 0, 0, RAM_BASE + PAGE, PAGE, file));
	EXPECT_EQ(0, mem_set(self->vm, 1, 0, RAM_BASE + PAGE, PAGE, two));
	EXPECT_EQ(0, mem_set(self->vm, 1, 0, 0, 0, two));
	/* all of a slot has to */
	ASSERT_EQ(two + PAGE, mmap(two + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, zero, 0));
	EXPECT_EQ(-EINVAL, mem_set(self->vm, 1, 0, RAM_BASE + PAGE, 2 * PAGE, two));
	/* but a hole is none */
	munmap(two + PAGE, PAGE);
	EXPECT_EQ(0, mem_set(self->vm, 1, 0, RAM_BASE + PAGE, 2 * PAGE, two));
	close(zero);
}

TEST_F(mte, what_is_no_copy)
{
	struct kvm_arm_copy_mte_tags c = { .guest_ipa = RAM_BASE, .length = PAGE, .addr = self->tags };

	if (!tags_offered())
		SKIP(return, "no memory tagging");
	ASSERT_EQ(0, tags_enable(self->vm));
	mem_add(self->vm, 0, 0, RAM_BASE, PAGE * PAGES);
	EXPECT_EQ(PAGE, kioctlp(self->vm->fd, KVM_ARM_MTE_COPY_TAGS, &c));
	c.reserved[1] = 1;
	EXPECT_EQ(-EINVAL, kioctlp(self->vm->fd, KVM_ARM_MTE_COPY_TAGS, &c));
	c.reserved[1] = 0;
	c.reserved[0] = 1;
	EXPECT_EQ(-EINVAL, kioctlp(self->vm->fd, KVM_ARM_MTE_COPY_TAGS, &c));
	EXPECT_EQ(-EINVAL, copy(self->vm, RAM_BASE, PAGE, self->tags, 2));
	EXPECT_EQ(-EINVAL, copy(self->vm, RAM_BASE, PAGE, self->tags, 1UL << 63));
	EXPECT_EQ(-EINVAL, from_guest(self->vm, RAM_BASE + 16, PAGE, self->tags));
	EXPECT_EQ(-EINVAL, from_guest(self->vm, RAM_BASE, PAGE - 1, self->tags));
	EXPECT_EQ(-EINVAL, from_guest(self->vm, RAM_BASE, PAGE + INT_MAX / PAGE * PAGE, self->tags));
	EXPECT_EQ(-EINVAL, from_guest(self->vm, RAM_BASE, 1UL << 40, self->tags));
	EXPECT_EQ(0, from_guest(self->vm, RAM_BASE, 0, self->tags));
	/* it wraps, behind memory that isn't there */
	EXPECT_GT(0, from_guest(self->vm, -PAGE, 2 * PAGE, self->tags));
	EXPECT_EQ(-EFAULT, from_guest(self->vm, RAM_BASE - PAGE, PAGE, self->tags));
	EXPECT_EQ(-EFAULT, to_guest(self->vm, RAM_BASE - PAGE, PAGE, self->tags));
	EXPECT_EQ(-EFAULT, from_guest(self->vm, RAM_BASE, PAGE, (void *)16));
	EXPECT_EQ(-EFAULT, to_guest(self->vm, RAM_BASE, PAGE, (void *)16));
	EXPECT_EQ(-EFAULT, from_guest(self->vm, RAM_BASE, PAGE, (void *)(~0UL << 48)));
	/* as far as it goes */
	EXPECT_EQ(PAGE, from_guest(self->vm, RAM_BASE + (PAGES - 1) * PAGE, 2 * PAGE, self->tags));
}

TEST_F(mte, tags_come_back)
{
	u64 i, n = PAGES * PAGE_TAGS;
	u8 *back = mem_anon(PAGE * PAGES);

	if (!tags_offered())
		SKIP(return, "no memory tagging");
	if (!tags_are_kept())
		SKIP(return, "the machine mixes tags up");
	ASSERT_EQ(0, tags_enable(self->vm));
	mem_add(self->vm, 0, 0, RAM_BASE, PAGE * PAGES);
	memset(back, 0xff, n);
	EXPECT_EQ(PAGES * PAGE, from_guest(self->vm, RAM_BASE, PAGES * PAGE, back));
	for (i = 0; i < n; i++)
		ASSERT_EQ(0, back[i]);
	for (i = 0; i < n; i++)
		self->tags[i] = i * 7 + (i >> 8);
	EXPECT_EQ(2 * PAGE, to_guest(self->vm, RAM_BASE + PAGE, 2 * PAGE, self->tags));
	EXPECT_EQ(PAGES * PAGE, from_guest(self->vm, RAM_BASE, PAGES * PAGE, back));
	/* four bits of each byte count */
	for (i = 0; i < n; i++)
		ASSERT_EQ(i / PAGE_TAGS % 3 ? self->tags[i - PAGE_TAGS] & 0xf : 0, back[i]);
	/* Half of it can't be read: what was there stays. */
	munmap((char *)back + PAGE, PAGE);
	EXPECT_EQ(-EFAULT, to_guest(self->vm, RAM_BASE + PAGE, PAGE, back + PAGE - PAGE_TAGS / 2));
	EXPECT_EQ(PAGE, from_guest(self->vm, RAM_BASE + PAGE, PAGE, back));
	for (i = 0; i < PAGE_TAGS; i++)
		ASSERT_EQ(self->tags[i] & 0xf, back[i]);
}

TEST_F(mte, slots_and_tags)
{
	void *mem;

	if (!tags_offered())
		SKIP(return, "no memory tagging");
	ASSERT_EQ(0, tags_enable(self->vm));
	mem_add(self->vm, 0, KVM_MEM_READONLY, RAM_BASE, PAGE);
	EXPECT_EQ(-EFAULT, to_guest(self->vm, RAM_BASE, PAGE, self->tags));
	EXPECT_EQ(PAGE, from_guest(self->vm, RAM_BASE, PAGE, self->tags));
	mem = mem_add(self->vm, 1, KVM_MEM_LOG_DIRTY_PAGES, RAM_BASE + PAGE, PAGE);
	EXPECT_EQ(-EBUSY, to_guest(self->vm, RAM_BASE + PAGE, PAGE, self->tags));
	EXPECT_EQ(PAGE, from_guest(self->vm, RAM_BASE + PAGE, PAGE, self->tags));
	EXPECT_EQ(0, mem_set(self->vm, 1, 0, RAM_BASE + PAGE, PAGE, mem));
	EXPECT_EQ(PAGE, to_guest(self->vm, RAM_BASE + PAGE, PAGE, self->tags));
	/* memory that can't be written to */
	ASSERT_EQ(0, mprotect(mem, PAGE, PROT_READ));
	EXPECT_EQ(-EFAULT, to_guest(self->vm, RAM_BASE + PAGE, PAGE, self->tags));
	EXPECT_EQ(PAGE, from_guest(self->vm, RAM_BASE + PAGE, PAGE, self->tags));
	munmap(mem, PAGE);
	EXPECT_EQ(-EFAULT, from_guest(self->vm, RAM_BASE + PAGE, PAGE, self->tags));
}

SELFTEST_MAIN
