// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Signalling an irqfd's eventfd raises the interrupt its GSI is routed
 *            to; a guest's store to an ioeventfd signals it without leaving KVM_RUN,
 *            and only when address, size and data fit.
 * Reference: kvm-abi.md part 7.2.
 * A failure: a lost signal or an exit that should not be; see dev/, vgic/.
 */
#include <poll.h>

#include "eventfd.h"
#include "harness.h"
#include "gic.h"
#include "stats.h"
#include "timer.h"

static u64 seen[128];

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS)
		return;
	WRITE_ONCE(seen[id & 127], seen[id & 127] + 1);
	gic_eoi(id);
}

static void guest_listens(u64 arg)
{
	u32 i;

	gic_dist_init();
	gic_cpu_init();
	guest_irq_handler = on_irq;
	for (i = 32; i < 64; i++) {
		gic_set_edge(i, true);
		gic_set_prio(i, 0x80);
		gic_set_route(i, 0);
		gic_enable(i);
	}
	irq_enable();
	for (;;) {
		GUEST_SYNC(0);
		delay_ms(2);
	}
}

static int new_irqfd(struct vm *vm, u32 gsi)
{
	int fd = new_eventfd();
	struct kvm_irqfd i = { .fd = fd, .gsi = gsi };
	int ret = kioctlp(vm->fd, KVM_IRQFD, &i);

	if (ret)
		die("IRQFD: %s", strerror(-ret));
	return fd;
}

/* One of armvcpu's own statistics; -1 on KVM, which does not have them. */
static s64 stat_of(int fd, const char *name)
{
	struct stats *stats = stats_open(fd);
	s64 value = stats_find(stats, name) < 0 ? -1 : (s64)stats_value(stats, name);

	stats_close(stats);
	return value;
}

TEST(an_irqfd_raises_its_interrupt)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_listens, 0);
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry[2];
	} routes = { .head.nr = 2 };
	struct kvm_irqfd off = {};
	int fd, i;

	gic_create(vm, 64);
	/* by default GSI n is SPI 32 + n */
	fd = new_irqfd(vm, 5);
	vcpu_run_sync(vcpu, 0);
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(0, eventfd_write(fd, 1));
		vcpu_run_sync(vcpu, 0);
		EXPECT_EQ(i, gv(vm, seen[37]));
	}
	/* routed elsewhere */
	routes.entry[0].gsi = 5;
	routes.entry[0].type = KVM_IRQ_ROUTING_IRQCHIP;
	routes.entry[0].u.irqchip.pin = 10;
	routes.entry[1].gsi = 3000;
	routes.entry[1].type = KVM_IRQ_ROUTING_IRQCHIP;
	routes.entry[1].u.irqchip.pin = 11;
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_SET_GSI_ROUTING, &routes));
	ASSERT_EQ(0, eventfd_write(fd, 1));
	vcpu_run_sync(vcpu, 0);
	EXPECT_EQ(5, gv(vm, seen[37]));
	EXPECT_EQ(1, gv(vm, seen[42]));
	ASSERT_EQ(0, eventfd_write(new_irqfd(vm, 3000), 1));
	vcpu_run_sync(vcpu, 0);
	EXPECT_EQ(1, gv(vm, seen[43]));
	/* no more routes: nothing happens */
	routes.head.nr = 0;
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_SET_GSI_ROUTING, &routes));
	ASSERT_EQ(0, eventfd_write(fd, 1));
	vcpu_run_sync(vcpu, 0);
	EXPECT_EQ(1, gv(vm, seen[42]));
	/* taken off */
	off.fd = fd;
	off.gsi = 5;
	off.flags = KVM_IRQFD_FLAG_DEASSIGN;
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_IRQFD, &off));
	ASSERT_EQ(0, eventfd_write(fd, 1));
	vcpu_run_sync(vcpu, 0);
	EXPECT_EQ(1, gv(vm, seen[42]));
	if (stat_of(vm->fd, "irqfd_events") >= 0)
		EXPECT_EQ(5 + 1 + 1 + 1, stat_of(vm->fd, "irqfd_events"));
	vm_free(vm);
}

TEST(an_eventfd_that_is_signalled_already_fires_at_once)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_listens, 0);
	int fd = eventfd(3, EFD_CLOEXEC | EFD_NONBLOCK);
	struct kvm_irqfd i = { .fd = fd, .gsi = 6 };

	gic_create(vm, 64);
	vcpu_run_sync(vcpu, 0);
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_IRQFD, &i));
	vcpu_run_sync(vcpu, 0);
	EXPECT_EQ(1, gv(vm, seen[38]));
	vm_free(vm);
}

/* ---- ioeventfd ----------------------------------------------------------------- */

static void guest_rings(u64 arg)
{
	writel(1, MMIO_IPA);		/* fits: no exit */
	GUEST_SYNC(0);
	writel(2, MMIO_IPA);		/* other data: exit */
	writeh(1, MMIO_IPA);		/* other size: exit */
	writel(1, MMIO_IPA + 4);	/* other address: exit */
	readl(MMIO_IPA);		/* a load: exit */
	writel(0x1234, MMIO_IPA + 8);	/* any data */
	writeb(0x12, MMIO_IPA + 16);	/* any length */
	writeq(0x12, MMIO_IPA + 16);
	GUEST_SYNC(1);
	writel(1, MMIO_IPA);		/* taken off: exit */
	GUEST_DONE();
}

static int new_ioeventfd(struct vm *vm, struct kvm_ioeventfd io)
{
	int ret;

	io.fd = new_eventfd();
	ret = kioctlp(vm->fd, KVM_IOEVENTFD, &io);
	if (ret)
		die("IOEVENTFD: %s", strerror(-ret));
	return io.fd;
}

TEST(an_ioeventfd_is_signalled_when_all_fits)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_rings, 0);
	struct kvm_ioeventfd io = { .addr = MMIO_IPA, .len = 4, .datamatch = 1,
				    .flags = KVM_IOEVENTFD_FLAG_DATAMATCH };
	int match = new_ioeventfd(vm, io);
	int any = new_ioeventfd(vm, (struct kvm_ioeventfd){ .addr = MMIO_IPA + 8, .len = 4 });
	int any_len = new_ioeventfd(vm, (struct kvm_ioeventfd){ .addr = MMIO_IPA + 16 });
	struct ucall uc;
	int i;

	vcpu_run_sync(vcpu, 0);
	EXPECT_EQ(1, count_of(match));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
		ASSERT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
		EXPECT_EQ(MMIO_IPA + (i == 2 ? 4 : 0), vcpu->run->mmio.phys_addr);
		EXPECT_EQ(i == 1 ? 2 : 4, vcpu->run->mmio.len);
		EXPECT_EQ(i < 3, vcpu->run->mmio.is_write);
	}
	vcpu_run_sync(vcpu, 1);
	EXPECT_EQ(0, count_of(match));
	EXPECT_EQ(1, count_of(any));
	EXPECT_EQ(2, count_of(any_len));
	io.fd = match;
	io.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_IOEVENTFD, &io));
	ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
	EXPECT_EQ(MMIO_IPA, vcpu->run->mmio.phys_addr);
	EXPECT_EQ(0, count_of(match));
	vcpu_run_done(vcpu);
	if (stat_of(vcpu->fd, "doorbells") >= 0)
		EXPECT_EQ(4, stat_of(vcpu->fd, "doorbells") + stat_of(vm->fd, "fast_doorbells"));
	vm_free(vm);
}

SELFTEST_MAIN
