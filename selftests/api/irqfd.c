// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     IRQFD, IOEVENTFD and SET_GSI_ROUTING enforce their rules; nothing is
 *            left of them after the VM is gone.
 * Reference: kvm-abi.md part 7.2.
 * A failure: shows the rule's line and the errno.
 */
#include <pthread.h>
#include <sched.h>

#include "harness.h"
#include "dev_attr.h"
#include "eventfd.h"
#include "gic.h"

FIXTURE(events) {
	struct vm *vm;
	int fd;
};

FIXTURE_SETUP(events)
{
	self->vm = vm_create();
	ASSERT_EQ(0, vcpu_init(vcpu_create(self->vm, 0), 0));
	self->fd = eventfd(0, EFD_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(events)
{
	vm_free(self->vm);
	close(self->fd);
}

static int irqfd(struct vm *vm, u32 fd, u32 gsi, u32 flags)
{
	struct kvm_irqfd i = { .fd = fd, .gsi = gsi, .flags = flags };

	return kioctlp(vm->fd, KVM_IRQFD, &i);
}

struct routing {
	struct kvm_irq_routing head;
	struct kvm_irq_routing_entry entry[5000];
};

static int route(struct vm *vm, struct routing *r)
{
	return kioctlp(vm->fd, KVM_SET_GSI_ROUTING, r);
}

TEST_F(events, irqfd_waits_for_the_gic)
{
	struct kvm_create_device cd = { .type = gic_type(self->vm) };

	ASSERT_EQ(0, kioctlp(self->vm->fd, KVM_CREATE_DEVICE, &cd));
	EXPECT_EQ(-EAGAIN, irqfd(self->vm, self->fd, 0, 0));
}

TEST_F(events, irqfd_rules)
{
	int null = open("/dev/null", O_RDWR), i;

	gic_create(self->vm, 0);
	EXPECT_EQ(-EINVAL, irqfd(self->vm, self->fd, 0, 4));
	EXPECT_EQ(-EINVAL, irqfd(self->vm, self->fd, 0, 0x80000000));
	EXPECT_EQ(-EINVAL, irqfd(self->vm, null, 0, 0));
	EXPECT_EQ(-EBADF, irqfd(self->vm, 999, 0, 0));
	EXPECT_EQ(0, irqfd(self->vm, self->fd, 0, 0));
	EXPECT_EQ(-EBUSY, irqfd(self->vm, self->fd, 0, 0));
	EXPECT_EQ(-EBUSY, irqfd(self->vm, self->fd, 1, 0));
	EXPECT_EQ(0, irqfd(self->vm, self->fd, 0, KVM_IRQFD_FLAG_DEASSIGN));
	EXPECT_EQ(0, irqfd(self->vm, self->fd, 0, 0));
	EXPECT_EQ(0, irqfd(self->vm, self->fd, 0, KVM_IRQFD_FLAG_DEASSIGN));
	EXPECT_EQ(0, irqfd(self->vm, self->fd, 0, KVM_IRQFD_FLAG_DEASSIGN));
	/* any number is taken, also one that leads nowhere; signalling it is safe */
	EXPECT_EQ(0, irqfd(self->vm, self->fd, 0xffffffdf, 0));
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(0, eventfd_write(self->fd, 1));
	}
}

TEST_F(events, an_eventfd_is_the_irqfd_of_one_vm)
{
	struct vm *other = vm_create();

	ASSERT_EQ(0, vcpu_init(vcpu_create(other, 0), 0));
	gic_create(self->vm, 0);
	gic_create(other, 0);
	ASSERT_EQ(0, irqfd(self->vm, self->fd, 0, 0));
	if (access(ARMVCPU_DEBUGFS, F_OK))
		SKIP(return, "KVM so since 6.17");
	EXPECT_EQ(-EBUSY, irqfd(other, self->fd, 0, 0));
	EXPECT_EQ(0, irqfd(self->vm, self->fd, 0, KVM_IRQFD_FLAG_DEASSIGN));
	EXPECT_EQ(0, irqfd(other, self->fd, 0, 0));
	EXPECT_EQ(-EBUSY, irqfd(self->vm, self->fd, 0, 0));
	/* The end of a VM gives it back; its irqfds are let go in the background. */
	vm_free(other);
	usleep(200000);
	EXPECT_EQ(0, irqfd(self->vm, self->fd, 0, 0));
}

TEST_F(events, closing_the_eventfd_ends_the_irqfd)
{
	int i, fd;

	gic_create(self->vm, 0);
	for (i = 0; i < 50; i++) {
		fd = eventfd(0, EFD_CLOEXEC);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, irqfd(self->vm, fd, i, 0));
		EXPECT_EQ(0, eventfd_write(fd, 1));
		close(fd);
	}
	/* and closing the VM first is as good */
	fd = eventfd(0, EFD_CLOEXEC);
	EXPECT_EQ(0, irqfd(self->vm, fd, 1, 0));
	close(self->vm->fd);
	self->vm->fd = -1;
	EXPECT_EQ(0, eventfd_write(fd, 1));
	close(fd);
}

TEST_F(events, ioeventfd_rules)
{
	int other = eventfd(0, EFD_CLOEXEC), null = open("/dev/null", O_RDWR);
	static const u32 bad_len[] = { 3, 5, 6, 7, 9, 16, ~0u };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_len); i++) {
		EXPECT_EQ(-EINVAL, ioeventfd(self->vm, self->fd, MMIO_IPA, bad_len[i], 0, 0));
	}
	EXPECT_EQ(-EINVAL, ioeventfd(self->vm, self->fd, MMIO_IPA, 4, 0, 1 << 5));
	EXPECT_EQ(-EINVAL, ioeventfd(self->vm, self->fd, MMIO_IPA, 4, 0, 1u << 31));
	EXPECT_EQ(-EINVAL, ioeventfd(self->vm, self->fd, -2ULL, 4, 0, 0));
	EXPECT_EQ(-EINVAL, ioeventfd(self->vm, self->fd, MMIO_IPA, 0, 0,
				     KVM_IOEVENTFD_FLAG_DATAMATCH));
	EXPECT_EQ(-EINVAL, ioeventfd(self->vm, null, MMIO_IPA, 4, 0, 0));
	EXPECT_EQ(-EBADF, ioeventfd(self->vm, 999, MMIO_IPA, 4, 0, 0));

	EXPECT_EQ(0, ioeventfd(self->vm, self->fd, MMIO_IPA, 4, 1,
			       KVM_IOEVENTFD_FLAG_DATAMATCH));
	EXPECT_EQ(-EEXIST, ioeventfd(self->vm, other, MMIO_IPA, 4, 1,
				     KVM_IOEVENTFD_FLAG_DATAMATCH));
	EXPECT_EQ(-EEXIST, ioeventfd(self->vm, other, MMIO_IPA, 4, 0, 0));
	EXPECT_EQ(0, ioeventfd(self->vm, other, MMIO_IPA, 4, 2,
			       KVM_IOEVENTFD_FLAG_DATAMATCH));
	EXPECT_EQ(0, ioeventfd(self->vm, other, MMIO_IPA + 4, 0, 0, 0));

	EXPECT_EQ(-ENOENT, ioeventfd(self->vm, self->fd, MMIO_IPA, 4, 7,
				     KVM_IOEVENTFD_FLAG_DEASSIGN |
				     KVM_IOEVENTFD_FLAG_DATAMATCH));
	EXPECT_EQ(-ENOENT, ioeventfd(self->vm, self->fd, MMIO_IPA + 64, 4, 1,
				     KVM_IOEVENTFD_FLAG_DEASSIGN |
				     KVM_IOEVENTFD_FLAG_DATAMATCH));
	EXPECT_EQ(0, ioeventfd(self->vm, self->fd, MMIO_IPA, 4, 1,
			       KVM_IOEVENTFD_FLAG_DEASSIGN | KVM_IOEVENTFD_FLAG_DATAMATCH));
	EXPECT_EQ(-ENOENT, ioeventfd(self->vm, self->fd, MMIO_IPA, 4, 1,
				     KVM_IOEVENTFD_FLAG_DEASSIGN |
				     KVM_IOEVENTFD_FLAG_DATAMATCH));
}

static void fill(struct routing *r, u32 nr, u32 pins)
{
	u32 i;

	memset(r, 0, sizeof(*r));
	r->head.nr = nr;
	for (i = 0; i < nr && i < ARRAY_SIZE(r->entry); i++) {
		r->entry[i].gsi = i;
		r->entry[i].type = KVM_IRQ_ROUTING_IRQCHIP;
		r->entry[i].u.irqchip.pin = i % pins;
	}
}

TEST_F(events, routing_rules)
{
	struct routing *r = malloc(sizeof(*r));

	gic_create(self->vm, 0);
	/* what QEMU does: identity for all SPIs */
	fill(r, 256 - 32, 988);
	EXPECT_EQ(0, route(self->vm, r));
	fill(r, 0, 988);
	EXPECT_EQ(0, route(self->vm, r));
	fill(r, 4096, 988);
	EXPECT_EQ(0, route(self->vm, r));
	fill(r, 4097, 988);
	EXPECT_EQ(-EINVAL, route(self->vm, r));
	fill(r, 1, 988);
	r->head.flags = 1;
	EXPECT_EQ(-EINVAL, route(self->vm, r));
	fill(r, 1, 988);
	r->entry[0].gsi = 4096;
	EXPECT_EQ(-EINVAL, route(self->vm, r));
	fill(r, 1, 988);
	r->entry[0].type = 99;
	EXPECT_EQ(-EINVAL, route(self->vm, r));
	fill(r, 1, 988);
	r->entry[0].u.irqchip.irqchip = 1;
	EXPECT_EQ(-EINVAL, route(self->vm, r));
	fill(r, 1, 988);
	r->entry[0].u.irqchip.pin = 988;
	EXPECT_EQ(-EINVAL, route(self->vm, r));
	fill(r, 1, 988);
	r->entry[0].flags = 1;		/* VALID_DEVID is for MSIs */
	EXPECT_EQ(-EINVAL, route(self->vm, r));
	/* two pins of one chip can't share a GSI */
	fill(r, 2, 988);
	r->entry[1].gsi = 0;
	EXPECT_EQ(-EINVAL, route(self->vm, r));
	EXPECT_EQ(-EFAULT, kioctl(self->vm->fd, KVM_SET_GSI_ROUTING, 0));
	free(r);
}

/* ---- a change of the routes against events ---------------------------------------------------------- */

static struct {
	int fd;
	bool quit;
} ringer;

static void *ring_on(void *arg)
{
	while (!__atomic_load_n(&ringer.quit, __ATOMIC_RELAXED))
		if (eventfd_write(ringer.fd, 1))
			die("eventfd_write: %s", strerror(errno));
	return NULL;
}

/* GICD_ISPENDR1, as user space has it: reading is the latch, writing sets it to just that. */
static u32 pending(struct vm *vm)
{
	u32 v = 0;

	if (get32(vm->gic, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_ISPENDR + 4, &v))
		die("GICD_ISPENDR1");
	return v;
}

static void no_longer_pending(struct vm *vm)
{
	if (set32(vm->gic, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_ISPENDR + 4, 0))
		die("GICD_ISPENDR1 = 0");
}

/* A VMM takes a route off and resets the interrupt: an event on its way must not bring it back. */
TEST_F(events, nothing_goes_the_old_way_after_a_change)
{
	static struct routing on = { .head.nr = 1 }, off;
	pthread_t thread;
	int i, spin, late = 0;

	gic_create(self->vm, 64);
	if (self->vm->gic_is_v2)
		SKIP(return, "GICv3's registers");
	/* Edges, which stay in the latch. */
	ASSERT_EQ(0, set32(self->vm->gic, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, GICD_ICFGR + 8, 0xaaaaaaaa));
	on.entry[0] = (struct kvm_irq_routing_entry){ .gsi = 5, .type = KVM_IRQ_ROUTING_IRQCHIP, .u.irqchip.pin = 3 };
	ringer.fd = self->fd;
	ringer.quit = false;
	ASSERT_EQ(0, irqfd(self->vm, self->fd, 5, 0));
	if (pthread_create(&thread, NULL, ring_on, NULL))
		die("pthread_create");
	for (i = 0; i < 300; i++) {
		ASSERT_EQ(0, route(self->vm, &on));
		while (!(pending(self->vm) & 8))
			sched_yield();
		ASSERT_EQ(0, route(self->vm, &off));
		no_longer_pending(self->vm);
		for (spin = 0; spin < i % 50; spin++)
			cpu_relax();
		late += !!pending(self->vm);
	}
	__atomic_store_n(&ringer.quit, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, late);
}

SELFTEST_MAIN
