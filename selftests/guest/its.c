// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A guest's ITS translates MSIs (KVM_SIGNAL_MSI, irqfd) to LPIs as its commands say, delivers them to the
 *            vCPU that they say, keeps to the configuration and pending tables, and lives through wrong commands.
 * Reference: GICv3 (IHI 0069) 5, 5.3 (commands), 12.18 (registers); kvm-abi.md parts 5 and 7.2.
 * A failure: counts of LPIs that came, by vCPU; see vgic/its_cmd.c, vgic/lpi.c, vgic/lpi_tables.c.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>

#include "harness.h"
#include "its.h"
#include "psci.h"
#include "timer.h"

#define LPIS	64
#define DEV	5

static u64 seen[2][LPIS];		/* by vCPU and LPI */
static u64 strange, up;

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();
	u64 *count;

	if (id == INTID_SPURIOUS)
		return;
	if (id >= LPI && id < LPI + LPIS) {
		count = &seen[this_cpu()->index][id - LPI];
		WRITE_ONCE(*count, *count + 1);
	} else {
		WRITE_ONCE(strange, id);
	}
	gic_eoi(id);
}

/* GIC, ITS, collection 0 to this vCPU, device DEV with events 0 to 15. */
static void start(u32 queue_pages)
{
	gic_dist_init();
	gic_cpu_init();
	guest_irq_handler = on_irq;
	its_init(queue_pages, false);
	its_cpu_init(true);
	its_mapc(0, 0, true);
	its_mapd(DEV, 4, ITS_ITT(0));
	irq_enable();
}

/* What is pending is taken by now. */
static void let_come(void)
{
	isb();
	delay_ms(2);
}

static struct vm *new_vm(void (*fn)(u64), struct vcpu **vcpu)
{
	struct vm *vm = vm_create_guest();

	*vcpu = guest_vcpu(vm, 0, fn, 0);
	gic_create_v3_at(vm, GICR_BASE);
	its_create(vm);
	return vm;
}

#define NEEDS_ITS()	do {							\
	if (!gic_host_has(KVM_DEV_TYPE_ARM_VGIC_ITS))				\
		SKIP(return, "the host has no GICv3");				\
} while (0)

/* ---- what is to be seen ----------------------------------------------------------------- */

static void guest_registers(u64 arg)
{
	u64 typer = readq(ITS_BASE + GITS_TYPER);

	GUEST_ASSERT_EQ(0x3b, readl(ITS_BASE + GITS_PIDR2));
	GUEST_ASSERT_EQ(1, typer & 1);
	GUEST_ASSERT_EQ(7, typer >> 4 & 15);		/* size of an ITT's entry */
	GUEST_ASSERT_EQ(15, typer >> 8 & 31);		/* bits of an EventID */
	GUEST_ASSERT_EQ(15, typer >> 13 & 31);		/* bits of a DeviceID */
	GUEST_ASSERT_EQ(0, typer >> 19 & 1);
	GUEST_ASSERT_EQ(typer >> 32, readl(ITS_BASE + GITS_TYPER + 4));
	GUEST_ASSERT_EQ((u32)typer, readl(ITS_BASE + GITS_TYPER));
	GUEST_ASSERT_EQ(0, readb(ITS_BASE + GITS_TYPER));
	GUEST_ASSERT_EQ(0, readl(ITS_BASE + GITS_TRANSLATER));
	writel(1, ITS_BASE + GITS_TRANSLATER);
	/* 16 bits of INTID, and LPIs */
	GUEST_ASSERT_EQ(15, readl(GICD_BASE + GICD_TYPER) >> 19 & 31);
	GUEST_ASSERT_EQ(1, readl(GICD_BASE + GICD_TYPER) >> 17 & 1);
	GUEST_ASSERT_EQ(1, readl(GICR_BASE + GICR_TYPER) & 1);
	/* not enabled without tables */
	writel(GITS_CTLR_ENABLE, ITS_BASE + GITS_CTLR);
	GUEST_ASSERT_EQ(GITS_CTLR_QUIESCENT, readl(ITS_BASE + GITS_CTLR));
	/* halves; type, entry and page size are fixed, no second level for collections */
	writel(ITS_DEVICES, ITS_BASE + GITS_BASER(0));
	writel(1u << 31, ITS_BASE + GITS_BASER(0) + 4);
	GUEST_ASSERT_EQ(ITS_DEVICES, readq(ITS_BASE + GITS_BASER(0)) & 0xffffffff0000UL);
	GUEST_ASSERT_EQ(1, readq(ITS_BASE + GITS_BASER(0)) >> 56 & 7);
	GUEST_ASSERT_EQ(7, readq(ITS_BASE + GITS_BASER(0)) >> 48 & 31);
	GUEST_ASSERT_EQ(2, readq(ITS_BASE + GITS_BASER(0)) >> 8 & 3);
	writeq(~0ULL, ITS_BASE + GITS_BASER(1));
	GUEST_ASSERT_EQ(0, readq(ITS_BASE + GITS_BASER(1)) >> 62 & 1);
	GUEST_ASSERT_EQ(4, readq(ITS_BASE + GITS_BASER(1)) >> 56 & 7);
	GUEST_ASSERT_EQ(0, readq(ITS_BASE + GITS_BASER(2)));
	/* a queue of 64K is aligned to as much */
	writeq(ITS_QUEUE | 0x3000 | GITS_VALID, ITS_BASE + GITS_CBASER);
	GUEST_ASSERT_EQ(ITS_QUEUE, readq(ITS_BASE + GITS_CBASER) & 0xffffffff000UL);
	writeq(0x1000, ITS_BASE + GITS_CWRITER);		/* behind the queue's end */
	GUEST_ASSERT_EQ(0, readq(ITS_BASE + GITS_CWRITER));
	writeq(0x40, ITS_BASE + GITS_CWRITER);			/* not carried out while off */
	GUEST_ASSERT_EQ(0, readq(ITS_BASE + GITS_CREADR));
	GUEST_ASSERT_EQ(GITS_CTLR_QUIESCENT, readl(ITS_BASE + GITS_CTLR));	/* KVM's is busy for ever */
	/* LPIs on: the tables' addresses can't be changed any more */
	writeq(ITS_PROP | 15, GICR_BASE + GICR_PROPBASER);
	writeq(ITS_PEND(0) | GICR_PTZ, GICR_BASE + GICR_PENDBASER);
	writel(1, GICR_BASE + GICR_CTLR);
	GUEST_ASSERT_EQ(1, readl(GICR_BASE + GICR_CTLR) & 1);
	writeq(0, GICR_BASE + GICR_PROPBASER);
	writeq(0, GICR_BASE + GICR_PENDBASER);
	GUEST_ASSERT_EQ(ITS_PROP | 15, readq(GICR_BASE + GICR_PROPBASER) & 0xffffffff001fUL);
	GUEST_ASSERT_EQ(ITS_PEND(0), readq(GICR_BASE + GICR_PENDBASER) & 0xffffffff0000UL);
	GUEST_ASSERT_EQ(0, readl(GICR_BASE + GICR_SYNCR));
	writel(0, GICR_BASE + GICR_CTLR);
	GUEST_ASSERT_EQ(0, readl(GICR_BASE + GICR_CTLR) & 9);
	GUEST_DONE();
}

TEST(registers_are_as_kvm_has_them)
{
	struct vcpu *vcpu;
	struct vm *vm;

	NEEDS_ITS();
	vm = new_vm(guest_registers, &vcpu);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

static void guest_finds_it_later(u64 arg)
{
	GUEST_ASSERT_EQ(0x77, readl(ITS_BASE + GITS_PIDR2));
	/* Nothing else in between: the vCPU remembers the place of its last MMIO. */
	GUEST_ASSERT_EQ(0x3b, readl(ITS_BASE + GITS_PIDR2));
	GUEST_DONE();
}

TEST(an_its_may_come_where_nothing_was)
{
	u32 answer = 0x77;
	struct vcpu *vcpu;
	struct ucall uc;
	struct vm *vm;

	NEEDS_ITS();
	vm = vm_create_guest();
	vcpu = guest_vcpu(vm, 0, guest_finds_it_later, 0);
	gic_create_v3_at(vm, GICR_BASE);
	ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
	memcpy(vcpu->run->mmio.data, &answer, sizeof(answer));
	its_create_device(vm);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* ---- MSIs ------------------------------------------------------------------------------- */

static void guest_maps(u64 arg)
{
	gic_dist_init();
	gic_cpu_init();
	guest_irq_handler = on_irq;
	irq_enable();
	its_init(1, false);
	its_mapc(0, 0, true);
	its_mapd(DEV, 4, ITS_ITT(0));
	its_mapti(DEV, 0, LPI, 0);		/* GICR_PROPBASER has room for no LPI yet */
	its_event_cmd(ITS_INT, DEV, 0);
	writeq(ITS_PROP | 15, GICR_BASE + GICR_PROPBASER);
	writeq(ITS_PEND(0), GICR_BASE + GICR_PENDBASER);
	its_mapti(DEV, 0, LPI, 0);
	its_mapti(DEV, 1, LPI + 1, 1);		/* a collection that leads nowhere yet */
	its_mapd(DEV + 1, 14, ITS_ITT(1));
	its_cmd(ITS_MAPI | (u64)(DEV + 1) << 32, LPI + 2, 0, 0);
	GUEST_SYNC(1);
	its_cpu_init(true);
	GUEST_SYNC(2);
	let_come();
	GUEST_SYNC(3);
	its_mapc(1, 0, true);
	GUEST_SYNC(4);
	let_come();
	GUEST_SYNC(5);
	its_mapc(0, 0, false);
	GUEST_SYNC(6);
	its_mapd(DEV, 0, 0);
	writel(0, ITS_BASE + GITS_CTLR);
	GUEST_DONE();
}

TEST(signal_msi_says_what_became_of_it)
{
	struct vcpu *vcpu;
	struct vm *vm;
	struct kvm_msi wrong = { .address_lo = ITS_BASE + GITS_TRANSLATER, .devid = DEV };

	NEEDS_ITS();
	vm = new_vm(guest_maps, &vcpu);
	EXPECT_EQ(-EBUSY, its_msi(vm, DEV, 0));		/* the ITS is off */
	vcpu_run_sync(vcpu, 1);
	EXPECT_EQ(-EBUSY, its_msi(vm, DEV, 0));		/* LPIs are */
	vcpu_run_sync(vcpu, 2);
	EXPECT_EQ(1, its_msi(vm, DEV, 0));
	EXPECT_EQ(1, its_msi(vm, DEV, 0));		/* pending already */
	EXPECT_EQ(1, its_msi(vm, DEV + 1, LPI + 2));
	EXPECT_EQ(0, its_msi(vm, DEV, 1));		/* no vCPU behind its collection */
	EXPECT_EQ(0, its_msi(vm, DEV, 2));
	EXPECT_EQ(0, its_msi(vm, DEV + 2, 0));
	EXPECT_EQ(0, its_msi(vm, ~0u, ~0u));
	EXPECT_EQ(-EINVAL, kioctlp(vm->fd, KVM_SIGNAL_MSI, &wrong));	/* no DeviceID */
	wrong.flags = KVM_MSI_VALID_DEVID | 2;
	EXPECT_EQ(-EINVAL, kioctlp(vm->fd, KVM_SIGNAL_MSI, &wrong));
	wrong.flags = KVM_MSI_VALID_DEVID;
	wrong.address_lo = ITS_BASE + 0x20000;
	EXPECT_EQ(-EINVAL, kioctlp(vm->fd, KVM_SIGNAL_MSI, &wrong));	/* not the ITS's */
	vcpu_run_sync(vcpu, 3);
	EXPECT_EQ(1, gv(vm, seen[0][0]));
	EXPECT_EQ(0, gv(vm, seen[0][1]));
	EXPECT_EQ(1, gv(vm, seen[0][2]));
	vcpu_run_sync(vcpu, 4);
	EXPECT_EQ(1, its_msi(vm, DEV, 1));
	vcpu_run_sync(vcpu, 5);
	EXPECT_EQ(1, gv(vm, seen[0][1]));
	vcpu_run_sync(vcpu, 6);
	EXPECT_EQ(0, its_msi(vm, DEV, 0));
	EXPECT_EQ(1, its_msi(vm, DEV, 1));
	vcpu_run_done(vcpu);
	EXPECT_EQ(-EBUSY, its_msi(vm, DEV, 1));
	EXPECT_EQ(0, gv(vm, strange));
	vm_free(vm);
}

TEST(no_msi_without_an_its)
{
	struct vm *vm = vm_create();
	struct kvm_msi msi = { .flags = KVM_MSI_VALID_DEVID };

	EXPECT_EQ(-EINVAL, kioctlp(vm->fd, KVM_SIGNAL_MSI, &msi));
	gic_create(vm, 0);
	EXPECT_EQ(-ENODEV, kioctlp(vm->fd, KVM_SIGNAL_MSI, &msi));
	vm_free(vm);
}

static void guest_listens(u64 arg)
{
	start(1);
	its_mapti(DEV, 3, LPI + 3, 0);
	for (;;) {
		GUEST_SYNC(0);
		let_come();
	}
}

TEST(an_irqfd_sends_an_msi)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry;
	} routes = { .head.nr = 1 };
	struct kvm_irqfd irqfd = { .gsi = 700 };
	struct vcpu *vcpu;
	struct vm *vm;
	int i;

	NEEDS_ITS();
	vm = new_vm(guest_listens, &vcpu);
	vcpu_run_sync(vcpu, 0);
	routes.entry.gsi = 700;
	routes.entry.type = KVM_IRQ_ROUTING_MSI;
	routes.entry.flags = KVM_MSI_VALID_DEVID;
	routes.entry.u.msi.address_lo = ITS_BASE + GITS_TRANSLATER;
	routes.entry.u.msi.data = 3;
	routes.entry.u.msi.devid = DEV;
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_SET_GSI_ROUTING, &routes));
	irqfd.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_IRQFD, &irqfd));
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(0, eventfd_write(irqfd.fd, 1));
		vcpu_run_sync(vcpu, 0);
		EXPECT_EQ(i, gv(vm, seen[0][3]));
	}
	/* without a DeviceID it has no receiver */
	routes.entry.flags = 0;
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_SET_GSI_ROUTING, &routes));
	ASSERT_EQ(0, eventfd_write(irqfd.fd, 1));
	vcpu_run_sync(vcpu, 0);
	EXPECT_EQ(5, gv(vm, seen[0][3]));
	vm_free(vm);
}

/* ---- commands by one vCPU --------------------------------------------------------------- */

static void expect(u32 lpi, u64 times)
{
	let_come();
	GUEST_ASSERT_EQ(times, READ_ONCE(seen[0][lpi]));
}

static void guest_configures(u64 arg)
{
	start(1);
	lpi_set_prop(LPI, LPI_PRIO);
	its_mapti(DEV, 0, LPI, 0);
	its_event_cmd(ITS_INT, DEV, 0);
	expect(0, 0);				/* disabled, pending */
	lpi_set_prop(LPI, LPI_PRIO | LPI_ON);
	expect(0, 0);				/* the cached one counts */
	its_event_cmd(ITS_INV, DEV, 0);
	expect(0, 1);
	/* cleared while disabled */
	lpi_set_prop(LPI, LPI_PRIO);
	its_cmd(ITS_INVALL, 0, 0, 0);
	its_event_cmd(ITS_INT, DEV, 0);
	its_event_cmd(ITS_CLEAR, DEV, 0);
	lpi_set_prop(LPI, LPI_PRIO | LPI_ON);
	its_cmd(ITS_INVALL, 0, 0, 0);
	expect(0, 1);
	its_event_cmd(ITS_INT, DEV, 0);
	expect(0, 2);
	/* by the redistributor */
	lpi_set_prop(LPI, LPI_PRIO);
	writeq(LPI, GICR_BASE + GICR_INVLPIR);
	its_event_cmd(ITS_INT, DEV, 0);
	expect(0, 2);
	lpi_set_prop(LPI, LPI_PRIO | LPI_ON);
	writeq(0, GICR_BASE + GICR_INVALLR);
	expect(0, 3);
	/* those that aren't there */
	writeq(LPI + 1000, GICR_BASE + GICR_INVLPIR);
	writeq(~0ULL, GICR_BASE + GICR_INVLPIR);
	writel(16, GICR_BASE + GICR_INVLPIR);
	/* masked by priority, and by the group */
	gic_set_pmr(LPI_PRIO);
	its_event_cmd(ITS_INT, DEV, 0);
	expect(0, 3);
	gic_set_pmr(0xf0);
	expect(0, 4);
	gic_signal(false);
	its_event_cmd(ITS_INT, DEV, 0);
	expect(0, 4);
	gic_signal(true);
	expect(0, 5);
	gic_dist_enable(false);
	its_event_cmd(ITS_INT, DEV, 0);
	expect(0, 5);
	gic_dist_enable(true);
	expect(0, 6);
	/* with EOImode 1 an LPI has no deactivation */
	gic_set_eoi_mode(true);
	its_event_cmd(ITS_INT, DEV, 0);
	expect(0, 7);
	its_event_cmd(ITS_INT, DEV, 0);
	expect(0, 8);
	gic_set_eoi_mode(false);
	/* from a WFI */
	irq_disable();
	its_event_cmd(ITS_INT, DEV, 0);
	wfi();
	irq_enable();
	expect(0, 9);
	GUEST_DONE();
}

TEST(configuration_is_cached_until_it_is_invalidated)
{
	struct vcpu *vcpu;
	struct vm *vm;

	NEEDS_ITS();
	vm = new_vm(guest_configures, &vcpu);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

static void guest_unmaps(u64 arg)
{
	u32 i;

	start(1);
	for (i = 0; i < 4; i++)
		its_mapti(DEV, i, LPI + i, 0);
	/* two events, one LPI */
	its_mapti(DEV, 4, LPI, 0);
	its_event_cmd(ITS_INT, DEV, 4);
	expect(0, 1);
	its_event_cmd(ITS_DISCARD, DEV, 4);
	its_event_cmd(ITS_INT, DEV, 4);
	its_event_cmd(ITS_INT, DEV, 0);
	expect(0, 2);
	/* pending when it goes: gone */
	irq_disable();
	its_event_cmd(ITS_INT, DEV, 0);
	its_event_cmd(ITS_INT, DEV, 1);
	its_event_cmd(ITS_DISCARD, DEV, 0);
	its_mapti(DEV, 0, LPI, 0);
	irq_enable();
	expect(0, 2);
	expect(1, 1);
	/* all of a device's, by another MAPD */
	its_event_cmd(ITS_INT, DEV, 2);
	expect(2, 1);
	its_mapd(DEV, 4, ITS_ITT(0));
	its_event_cmd(ITS_INT, DEV, 2);
	expect(2, 1);
	/* an event leads to another LPI once it was unmapped, not before */
	its_mapti(DEV, 2, LPI + 5, 0);
	its_mapti(DEV, 2, LPI + 6, 0);
	its_event_cmd(ITS_INT, DEV, 2);
	expect(5, 1);
	expect(6, 0);
	GUEST_DONE();
}

TEST(what_is_unmapped_does_not_come)
{
	struct vcpu *vcpu;
	struct vm *vm;

	NEEDS_ITS();
	vm = new_vm(guest_unmaps, &vcpu);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

#define OTHER	(DEV ^ 1)
#define EVENTS	16

/* So many times each of an event and of its like of the other device. */
static void expect_pair(u32 event, u64 times, u64 others)
{
	expect(event, times);
	expect(EVENTS + event, others);
}

/* DEV's event e and OTHER's e ^ 1 share a place in struct av_its's recent[]. */
static void guest_mixes(u64 arg)
{
	u32 e;

	start(1);
	its_mapd(OTHER, 4, ITS_ITT(1));
	for (e = 0; e < EVENTS; e++) {
		its_mapti(DEV, e, LPI + e, 0);
		its_mapti(OTHER, e, LPI + EVENTS + e, 0);
	}
	for (e = 0; e < EVENTS; e++) {
		its_event_cmd(ITS_INT, DEV, e);
		its_event_cmd(ITS_INT, OTHER, e);
		its_event_cmd(ITS_INT, OTHER, e ^ 1);
		its_event_cmd(ITS_INT, DEV, e);
		its_event_cmd(ITS_INT, DEV, e);
	}
	for (e = 0; e < EVENTS; e++)
		expect_pair(e, 3, 2);
	/* the one is unmapped just when the other was used, and the other way round */
	for (e = 0; e < EVENTS; e++) {
		its_event_cmd(ITS_INT, OTHER, e);
		its_event_cmd(ITS_INT, DEV, e ^ 1);
		its_event_cmd(ITS_DISCARD, OTHER, e);
		its_event_cmd(ITS_INT, OTHER, e);
		its_event_cmd(ITS_INT, DEV, e ^ 1);
	}
	for (e = 0; e < EVENTS; e++)
		expect_pair(e, 5, 3);
	/* all of a device's */
	for (e = 0; e < EVENTS; e++)
		its_event_cmd(ITS_INT, DEV, e);
	its_mapd(DEV, 4, ITS_ITT(0));
	for (e = 0; e < EVENTS; e++) {
		its_event_cmd(ITS_INT, DEV, e);
		its_event_cmd(ITS_INT, OTHER, e);
	}
	for (e = 0; e < EVENTS; e++)
		expect_pair(e, 6, 3);
	GUEST_DONE();
}

TEST(events_of_two_devices_are_not_mixed_up)
{
	struct vcpu *vcpu;
	struct vm *vm;

	NEEDS_ITS();
	vm = new_vm(guest_mixes, &vcpu);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

static void guest_errs(u64 arg)
{
	u32 i, n;

	start(1);				/* 128 commands: it wraps many times */
	its_mapti(DEV, 0, LPI, 0);
	for (n = 0; n < 40; n++) {
		its_queue_cmd(0xff, ~0ULL, ~0ULL, ~0ULL);
		its_queue_cmd(0, 0, 0, 0);
		for (i = 0; i < 0x12; i++)	/* each command with everything out of range */
			its_queue_cmd(i | ~0ULL << 32, ~0ULL, ~0ULL, ~0ULL);
		for (i = 0; i < 0x12; i++)	/* likewise, but for the device */
			if (i != ITS_MAPD)
				its_queue_cmd(i | (u64)DEV << 32, ~0ULL >> 1, ~0ULL >> 1, ~0ULL);
		its_kick();
		its_mapd(DEV + 2, 17, ITS_ITT(2));		/* more bits than GITS_TYPER has */
		its_mapd(DEV + 3, 4, 0x3000000000UL);		/* no memory there: mapped, but no event can be */
		its_mapti(DEV + 3, 0, LPI + 1, 0);
		its_mapti(DEV, 16, LPI + 1, 0);			/* beyond the device's events */
		its_mapti(DEV, 1, LPI - 1, 0);
		its_mapti(DEV, 1, 65536, 0);
		its_mapti(DEV, 1, LPI + 1, 60000);		/* beyond the table of collections */
		its_mapc(3, 5, true);				/* no such vCPU */
		its_movi(DEV, 0, 3);
		its_event_cmd(ITS_INT, DEV, 1);
		its_event_cmd(ITS_INT, DEV, 0);
		expect(0, n + 1);
		expect(1, 0);
	}
	GUEST_ASSERT_EQ(0, READ_ONCE(strange));
	GUEST_DONE();
}

TEST(wrong_commands_are_dropped_and_the_queue_goes_on)
{
	struct vcpu *vcpu;
	struct vm *vm;

	NEEDS_ITS();
	vm = new_vm(guest_errs, &vcpu);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

static void guest_two_levels(u64 arg)
{
	gic_dist_init();
	gic_cpu_init();
	guest_irq_handler = on_irq;
	its_init(1, true);
	its_cpu_init(true);
	its_mapc(0, 0, true);
	irq_enable();
	its_mapd(8192, 4, ITS_ITT(0));
	its_mapti(8192, 0, LPI, 0);
	its_mapd(16383, 4, ITS_ITT(1));
	its_mapti(16383, 1, LPI + 1, 0);
	its_mapd(16384, 4, ITS_ITT(2));		/* its entry of the first level is not valid */
	its_mapti(16384, 2, LPI + 2, 0);
	its_mapd(0, 4, ITS_ITT(3));
	its_mapti(0, 3, LPI + 3, 0);
	its_mapd(65536 + 8192, 4, ITS_ITT(4));
	its_event_cmd(ITS_INT, 8192, 0);
	its_event_cmd(ITS_INT, 16383, 1);
	its_event_cmd(ITS_INT, 16384, 2);
	its_event_cmd(ITS_INT, 0, 3);
	expect(0, 1);
	expect(1, 1);
	expect(2, 0);
	expect(3, 0);
	GUEST_DONE();
}

TEST(a_table_of_devices_may_have_two_levels)
{
	struct vcpu *vcpu;
	struct vm *vm;

	NEEDS_ITS();
	vm = new_vm(guest_two_levels, &vcpu);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

static void guest_pending_tables(u64 arg)
{
	volatile u8 *pending = (u8 *)(ITS_PEND(0) + LPI / 8);

	gic_dist_init();
	gic_cpu_init();
	guest_irq_handler = on_irq;
	its_init(1, false);
	writeq(ITS_PROP | 15, GICR_BASE + GICR_PROPBASER);
	writeq(ITS_PEND(0), GICR_BASE + GICR_PENDBASER);
	its_mapc(0, 0, true);
	its_mapd(DEV, 4, ITS_ITT(0));
	pending[0] = 0x03;
	dsb_sy();
	/* looked at when it is mapped, and taken out of the table */
	its_mapti(DEV, 0, LPI, 0);
	GUEST_ASSERT_EQ(0x02, pending[0]);
	its_mapti(DEV, 1, LPI + 1, 0);
	its_mapti(DEV, 2, LPI + 2, 0);
	its_mapti(DEV, 3, LPI + 3, 0);
	irq_enable();
	expect(0, 0);				/* LPIs are off */
	pending[0] = 0x04;			/* looked at when they go on */
	its_cpu_init(false);
	expect(0, 1);
	expect(1, 1);
	expect(2, 1);
	expect(3, 0);
	/* off: what is pending is dropped */
	irq_disable();
	its_event_cmd(ITS_INT, DEV, 3);
	writel(0, GICR_BASE + GICR_CTLR);
	pending[0] = 0xff;
	its_cpu_init(true);
	irq_enable();
	expect(3, 0);
	GUEST_DONE();
}

TEST(pending_tables_are_read)
{
	struct vcpu *vcpu;
	struct vm *vm;

	NEEDS_ITS();
	vm = new_vm(guest_pending_tables, &vcpu);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* ---- two vCPUs -------------------------------------------------------------------------- */

static u64 quit;

static void guest_takes(u64 arg)
{
	gic_cpu_init();
	guest_irq_handler = on_irq;
	its_cpu_init(true);
	WRITE_ONCE(up, 1);
	irq_enable();
	while (!READ_ONCE(quit))
		cpu_relax();
	GUEST_DONE();
}

static void wait_for(u32 cpu, u32 lpi, u64 times)
{
	while (READ_ONCE(seen[cpu][lpi]) < times)
		cpu_relax();
	GUEST_ASSERT_EQ(times, READ_ONCE(seen[cpu][lpi]));
}

static void guest_moves(u64 arg)
{
	u32 n;

	start(1);
	its_mapti(DEV, 0, LPI, 0);
	its_mapti(DEV, 1, LPI + 1, 0);
	while (!READ_ONCE(up))
		cpu_relax();
	its_mapc(1, 1, true);
	for (n = 1; n <= 50; n++) {
		/* one event to and fro, pending when it moves */
		its_movi(DEV, 0, 1);
		its_event_cmd(ITS_INT, DEV, 0);
		wait_for(1, 0, n);
		irq_disable();
		its_movi(DEV, 0, 0);
		its_event_cmd(ITS_INT, DEV, 0);
		irq_enable();
		wait_for(0, 0, n);
		irq_disable();
		its_event_cmd(ITS_INT, DEV, 1);
		its_movi(DEV, 1, 1);
		wait_for(1, 1, 3 * n - 2);
		irq_enable();
		its_movi(DEV, 1, 0);
		/* a collection to the other vCPU */
		its_mapc(0, 1, true);
		its_event_cmd(ITS_INT, DEV, 1);
		wait_for(1, 1, 3 * n - 1);
		its_mapc(0, 0, true);
		/* all of a redistributor's, which leaves the collection */
		irq_disable();
		its_event_cmd(ITS_INT, DEV, 1);
		its_cmd(ITS_MOVALL, 0, (u64)0 << 16, (u64)1 << 16);
		wait_for(1, 1, 3 * n);
		irq_enable();
		its_movi(DEV, 0, 0);
		its_movi(DEV, 1, 0);
	}
	let_come();
	GUEST_ASSERT_EQ(50, READ_ONCE(seen[0][0]));
	GUEST_ASSERT_EQ(50, READ_ONCE(seen[1][0]));
	GUEST_ASSERT_EQ(0, READ_ONCE(seen[0][1]));
	GUEST_ASSERT_EQ(150, READ_ONCE(seen[1][1]));
	WRITE_ONCE(quit, 1);
	GUEST_DONE();
}

TEST(lpis_move_between_vcpus)
{
	struct vm *vm;

	NEEDS_ITS();
	run_timeout(80);
	vm = vm_create_guest();
	guest_vcpu(vm, 0, guest_moves, 0);
	guest_vcpu(vm, 1, guest_takes, 0);
	gic_create_v3_at(vm, GICR_BASE);
	its_create(vm);
	vcpus_run_done(vm);
	vm_free(vm);
}

/*
 * The host signals, an event at a time, while vCPU 0 moves the events to and fro, invalidates, and switches an event
 * off and on by its configuration.
 */
#define STORM_EVENTS	8
#define STORM_ROUNDS	300

static void guest_storms(u64 arg)
{
	u32 n, turn;

	start(1);
	while (!READ_ONCE(up))
		cpu_relax();
	its_mapc(1, 1, true);
	for (n = 0; n < STORM_EVENTS; n++)
		its_mapti(DEV, n, LPI + n, n & 1);
	WRITE_ONCE(up, 2);
	for (turn = 0; !READ_ONCE(quit); turn++) {
		n = turn % STORM_EVENTS;
		its_movi(DEV, n, turn / STORM_EVENTS & 1);
		if (turn % 5 == 0) {
			lpi_set_prop(LPI + n, LPI_PRIO);
			its_event_cmd(ITS_INV, DEV, n);
			lpi_set_prop(LPI + n, LPI_PRIO | LPI_ON);
			its_event_cmd(ITS_INV, DEV, n);
		}
		if (turn % 37 == 0)
			its_mapc(1, turn & 1, true);
		if (turn % 41 == 0)
			its_cmd(ITS_MOVALL, 0, (u64)(turn & 1) << 16, (u64)(~turn & 1) << 16);
	}
	GUEST_DONE();
}

static u64 taken(struct vm *vm, u32 n)
{
	return gv(vm, seen[0][n]) + gv(vm, seen[1][n]);
}

static void *run_all(void *vm)
{
	vcpus_run_done(vm);
	return NULL;
}

TEST(no_msi_is_lost_and_none_comes_twice)
{
	pthread_t thread;
	struct vm *vm;
	u32 round, n;

	NEEDS_ITS();
	run_timeout(80);
	vm = vm_create_guest();
	guest_vcpu(vm, 0, guest_storms, 0);
	guest_vcpu(vm, 1, guest_takes, 0);
	gic_create_v3_at(vm, GICR_BASE);
	its_create(vm);
	if (pthread_create(&thread, NULL, run_all, vm))
		die("pthread_create");
	while (gv(vm, up) != 2)
		sched_yield();
	for (round = 1; round <= STORM_ROUNDS; round++) {
		for (n = 0; n < STORM_EVENTS; n++)
			EXPECT_EQ(1, its_msi(vm, DEV, n));
		/* A lost one hangs here until a vCPU's time-out ends the test. */
		for (n = 0; n < STORM_EVENTS; n++)
			while (taken(vm, n) < round)
				sched_yield();
	}
	gv(vm, quit) = 1;
	pthread_join(thread, NULL);
	for (n = 0; n < STORM_EVENTS; n++)
		EXPECT_EQ(STORM_ROUNDS, taken(vm, n));
	EXPECT_EQ(0, gv(vm, strange));
	vm_free(vm);
}

SELFTEST_MAIN
