// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Mapping a vCPU fd gives struct kvm_run, shared between all who map
 *            it, at page 0; nothing beyond the announced size; the mapping outlives
 *            the fds; a fresh vCPU's page is clean.
 * Reference: kvm-abi.md part 0.1 (mmap of vCPU fd).
 * A failure: a missing SIGBUS shows as "exited normally instead of by signal".
 */
#include <signal.h>

#include "harness.h"

TEST(the_run_page_is_shared_and_clean)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0);
	volatile unsigned char *p = (void *)vcpu->run, *q;
	size_t i;

	for (i = 0; i < sizeof(struct kvm_run); i++) {
		EXPECT_EQ(0, p[i]);
	}
	q = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	ASSERT_NE(MAP_FAILED, (void *)q);
	p[1] = 1;
	EXPECT_EQ(1, q[1]);
}

TEST(the_announced_size_can_be_touched)
{
	struct vcpu *vcpu = vcpu_create(vm_create(), 0);
	volatile char *p = (void *)vcpu->run;
	size_t i;

	for (i = 0; i < vcpu->run_size; i += 512)
		p[i] = p[i];
}

TEST_SIGNAL(pages_beyond_are_not_there, SIGBUS)
{
	struct vcpu *vcpu = vcpu_create(vm_create(), 0);
	volatile char *p = mmap(NULL, getpagesize(), PROT_READ, MAP_SHARED, vcpu->fd,
				vcpu->run_size + 13 * getpagesize());

	if (p == MAP_FAILED)
		raise(SIGBUS);
	TH_LOG("read %d", *p);
}

TEST(the_mapping_outlives_the_fds)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0);

	vcpu->run->immediate_exit = 1;
	close(vcpu->fd);
	close(vm->fd);
	EXPECT_EQ(1, vcpu->run->immediate_exit);
	vcpu->run->immediate_exit = 0;
	EXPECT_EQ(0, munmap(vcpu->run, vcpu->run_size));
}

TEST(each_vcpu_has_its_own)
{
	struct vm *vm = vm_create();
	struct vcpu *a = vcpu_create(vm, 0), *b = vcpu_create(vm, 1);

	a->run->immediate_exit = 1;
	EXPECT_EQ(0, b->run->immediate_exit);
}

/* What user space writes there is input, not truth. */
TEST(garbage_in_the_run_page_hurts_nobody)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0);
	int ret;

	ASSERT_EQ(0, vcpu_init(vcpu, 0));
	memset(vcpu->run, 0xff, vcpu->run_size);
	ret = kioctl(vcpu->fd, KVM_RUN, 0);
	EXPECT_EQ(-EINTR, ret);		/* immediate_exit is 0xff */
	memset(vcpu->run, 0, vcpu->run_size);
	vcpu->run->exit_reason = KVM_EXIT_MMIO;	/* with no access to complete */
	vcpu->run->mmio.len = 0xffffffff;
	vcpu->run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, kioctl(vcpu->fd, KVM_RUN, 0));
	EXPECT_EQ(0, reg_get(vcpu, PC_REG));
}

SELFTEST_MAIN
