// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Whatever takes translations away may happen at once: commands, wrong ones too, from several vCPUs into
 *            one queue, tables and queue moved, GITS_CTLR and GICR_CTLR switched, while MSIs come by ioctl and by
 *            irqfd, irqfds and routes come and go, user space saves, restores and resets, and VMs with an ITS, restored
 *            from the same tables and with the same eventfds, are taken down. The VM lives on, and an ITS that is set
 *            up anew works.
 * Reference: issue 13 (acceptance); GICv3 (IHI 0069) 5.3, 12.18.
 * A failure: a hang as a time-out, or the host's complaint on the console; see vgic/its.h for the rule.
 *
 * ITS_STORM_SECONDS: how long (5).
 */
#include <pthread.h>

#include "harness.h"
#include "dev_attr.h"
#include "eventfd.h"
#include "its_wild.h"
#include "timer.h"

#define CPUS		WILD_CPUS

static u64 quit, ready[CPUS], over, seen, acked;

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS)
		return;
	if (id == LPI + WILD_LPIS)
		WRITE_ONCE(seen, seen + 1);
	__atomic_fetch_add(&acked, 1, __ATOMIC_RELAXED);
	gic_eoi(id);
}

static void random_access(u64 *seed)
{
	u64 addr = ITS_BASE + rand_next(seed) % 0x20000, val = rand_next(seed);

	switch (val % 8) {
	case 0:
		readb(addr);
		break;
	case 1:
		readl(addr & ~3UL);
		break;
	case 2:
		readq(addr & ~7UL);
		break;
	case 3:
		writel(val, addr & ~3UL);
		break;
	case 4:
		writeq(val, addr & ~7UL);
		break;
	case 5:
		readq(ITS_BASE + GITS_CREADR);
		break;
	case 6:
		readl(GICR_BASE + val / 8 % CPUS * GICR_STRIDE + GICR_CTLR);
		break;
	default:
		readl(GICR_BASE + val / 8 % CPUS * GICR_STRIDE + GICR_SYNCR);
	}
}

static void random_register(u64 *seed)
{
	u64 rd = GICR_BASE + rand_next(seed) % CPUS * GICR_STRIDE, r = rand_next(seed);
	bool rare = r >> 32 & 7;

	switch (r % 8) {
	case 0:
		writel(rare, ITS_BASE + GITS_CTLR);
		break;
	case 1:
		writel(rare, rd + GICR_CTLR);
		break;
	case 2:
		if (!rare)
			writeq(ITS_DEVICES | GITS_VALID | (r >> 40 & 1), ITS_BASE + GITS_BASER(0));
		break;
	case 3:
		if (!rare)
			writeq(ITS_COLLECTIONS | GITS_VALID | (r >> 40 & 1), ITS_BASE + GITS_BASER(1));
		break;
	case 4:
		if (!rare)
			writeq(ITS_QUEUE | GITS_VALID, ITS_BASE + GITS_CBASER);
		break;
	case 5:
		writeq(LPI + (r >> 40) % WILD_LPIS, rd + GICR_INVLPIR);
		break;
	case 6:
		writeq(0, rd + GICR_INVALLR);
		break;
	default:
		random_access(seed);
	}
}

static void mess_up(u64 me)
{
	u64 seed = 0x9e3779b97f4a7c15UL * (me + 1), n;

	while (!READ_ONCE(quit)) {
		for (n = 0; n < 16; n++)
			wild_command(&seed);
		wild_kick(&seed);
		for (n = rand_next(&seed) % 4; n; n--)
			random_register(&seed);
		readl(MMIO_IPA);	/* an exit: the host may want all of us outside */
	}
}

static void guest_storms(u64 me)
{
	u32 i;

	gic_cpu_init();
	guest_irq_handler = on_irq;
	its_cpu_init(true);
	WRITE_ONCE(ready[me], 1);
	for (i = 0; i < CPUS; i++)
		while (!READ_ONCE(ready[i]))
			cpu_relax();
	irq_enable();
	mess_up(me);
	irq_disable();
	__atomic_fetch_add(&over, 1, __ATOMIC_SEQ_CST);
	GUEST_DONE();
}

/* Afterwards it is an ITS again. */
static void guest_first(u64 arg)
{
	u64 n;

	gic_dist_init();
	its_init(1, false);
	gic_cpu_init();
	guest_irq_handler = on_irq;
	its_cpu_init(true);
	WRITE_ONCE(ready[0], 1);
	irq_enable();
	mess_up(0);
	while (READ_ONCE(over) < CPUS - 1)
		cpu_relax();
	writel(0, ITS_BASE + GITS_CTLR);
	GUEST_ASSERT_EQ(0, readl(ITS_BASE + GITS_CTLR) & GITS_CTLR_ENABLE);
	writeq(0, ITS_BASE + GITS_BASER(0));
	writeq(0, ITS_BASE + GITS_BASER(1));
	writel(0, GICR_BASE + GICR_CTLR);
	its_init(1, false);
	its_cpu_init(true);
	its_mapc(0, 0, true);
	its_mapd(1, 4, ITS_ITT(0));
	its_mapti(1, 0, LPI + WILD_LPIS, 0);
	for (n = 1; n <= 100; n++) {
		its_event_cmd(ITS_INT, 1, 0);
		while (READ_ONCE(seen) != n)
			cpu_relax();
	}
	GUEST_DONE();
}

/* ---- host half --------------------------------------------------------------------------- */

#define REGS		KVM_DEV_ARM_VGIC_GRP_ITS_REGS
#define CONTROL		KVM_DEV_ARM_VGIC_GRP_CTRL
#define EVENTFDS	4
#define OTHER_ITSES	14		/* beside the one in use, and below the limit of a VM */

static volatile bool stop, hold;
static u64 sent, signals, tables, bindings, vms;
static struct vm *storm;
static int its_fd, eventfds[EVENTFDS];
static int other_vm = -1;		/* of come_and_go(), while it is there */

static int msi(int vm_fd, u64 *seed)
{
	struct kvm_msi msi = {
		.address_lo = ITS_BASE + GITS_TRANSLATER,
		.data = some(seed, 0, WILD_EVENTS),
		.devid = some(seed, 0, WILD_DEVICES),
		.flags = KVM_MSI_VALID_DEVID,
	};

	return kioctlp(vm_fd, KVM_SIGNAL_MSI, &msi);
}

static void *send_msis(void *arg)
{
	u64 seed = 11;
	int fd;

	while (!stop) {
		msi(storm->fd, &seed);
		fd = READ_ONCE(other_vm);
		/* By now it may be closed, or another descriptor's number: then it is no such call. */
		if (fd >= 0)
			msi(fd, &seed);
		__atomic_fetch_add(&sent, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *signal_irqfds(void *arg)
{
	u64 n;

	for (n = 0; !stop; n++) {
		eventfd_write(eventfds[n % EVENTFDS], 1);
		__atomic_fetch_add(&signals, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* As soon as all vCPUs are outside; -EBUSY: they never were. */
static int control(u64 attr)
{
	int ret, tries;

	for (tries = 0; tries < 500 && !stop; tries++) {
		ret = dev_attr(its_fd, KVM_SET_DEVICE_ATTR, CONTROL, attr, NULL);
		if (ret != -EBUSY)
			return ret;
		usleep(1000);
	}
	return -EBUSY;
}

/* As a VMM restores; the tables are what the storm left of them. */
static void restore_registers(int fd)
{
	set64(fd, REGS, GITS_CBASER, ITS_QUEUE | GITS_VALID);
	set64(fd, REGS, GITS_CREADR, 0);
	set64(fd, REGS, GITS_CWRITER, 32);
	set64(fd, REGS, GITS_BASER(0), ITS_DEVICES | GITS_VALID);
	set64(fd, REGS, GITS_BASER(1), ITS_COLLECTIONS | GITS_VALID);
}

/* The guest's ITS is empty afterwards, or in another state. */
static void *save_restore_reset(void *arg)
{
	static const u64 what[] = {
		KVM_DEV_ARM_ITS_SAVE_TABLES, KVM_DEV_ARM_ITS_SAVE_TABLES, KVM_DEV_ARM_ITS_RESTORE_TABLES,
		KVM_DEV_ARM_ITS_CTRL_RESET,
	};
	u64 seed = 77, val, attr;
	int ret;

	while (!stop) {
		attr = what[rand_next(&seed) % ARRAY_SIZE(what)];
		hold = true;
		ret = control(attr);
		if (!ret && attr == KVM_DEV_ARM_ITS_CTRL_RESET && rand_next(&seed) % 2) {
			restore_registers(its_fd);
			control(KVM_DEV_ARM_ITS_RESTORE_TABLES);
			set64(its_fd, REGS, GITS_CTLR, GITS_CTLR_ENABLE);
		}
		if (!ret && rand_next(&seed) % 4 == 0)
			dev_attr(storm->gic, KVM_SET_DEVICE_ATTR, CONTROL, KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES, NULL);
		tables += ret != -EBUSY;
		get64(its_fd, REGS, GITS_CTLR, &val);
		hold = false;
		usleep(5000);
	}
	return NULL;
}

static int route_msis(int vm_fd, u64 *seed)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entries[EVENTFDS];
	} routes = { .head.nr = EVENTFDS };
	u32 i;

	for (i = 0; i < EVENTFDS; i++) {
		struct kvm_irq_routing_entry *e = &routes.entries[i];

		e->gsi = i;
		e->type = KVM_IRQ_ROUTING_MSI;
		e->flags = KVM_MSI_VALID_DEVID;
		e->u.msi.address_lo = ITS_BASE + GITS_TRANSLATER;
		e->u.msi.data = some(seed, 0, WILD_EVENTS);
		e->u.msi.devid = some(seed, 0, WILD_DEVICES);
	}
	return kioctlp(vm_fd, KVM_SET_GSI_ROUTING, &routes);
}

static int bind_irqfd(int vm_fd, u32 nr, u32 flags)
{
	struct kvm_irqfd irqfd = { .fd = eventfds[nr], .gsi = nr, .flags = flags };

	return kioctlp(vm_fd, KVM_IRQFD, &irqfd);
}

/* A VM like the one that storms, from the tables of which it is restored; nobody runs there. */
static void another_vm(u64 *seed)
{
	struct vm *vm = vm_create();
	bool first = rand_next(seed) % 2;
	int its, ret;
	u32 i;

	/* Not mem_add_at(): the memory is the other one's, and stays. */
	if (mem_set(vm, 0, 0, ITS_RAM, ITS_RAM_SIZE, vm_hva(storm, ITS_RAM)))
		die("memory of another VM");
	for (i = 0; i < CPUS; i++)
		vcpu_init(vcpu_create(vm, i), 0);
	gic_create_v3_at(vm, GICR_BASE);
	its = its_create_device(vm);
	restore_registers(its);
	for (i = 0; i < CPUS; i++) {
		set32(vm->gic, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, (u64)i << 32 | GICR_PROPBASER, ITS_PROP | 15);
		set32(vm->gic, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, (u64)i << 32 | GICR_PENDBASER, ITS_PEND(i));
		set32(vm->gic, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, (u64)i << 32 | GICR_CTLR, 1);
	}
	route_msis(vm->fd, seed);
	for (i = 0; i < EVENTFDS; i++)
		bind_irqfd(vm->fd, i, 0);
	WRITE_ONCE(other_vm, vm->fd);
	for (i = 0; i < 3; i++) {
		ret = dev_attr(its, KVM_SET_DEVICE_ATTR, CONTROL, KVM_DEV_ARM_ITS_RESTORE_TABLES, NULL);
		set64(its, REGS, GITS_CTLR, GITS_CTLR_ENABLE);
		if (!ret)
			dev_attr(its, KVM_SET_DEVICE_ATTR, CONTROL, KVM_DEV_ARM_ITS_SAVE_TABLES, NULL);
		usleep(rand_next(seed) % 2000);
		if (!ret)
			dev_attr(its, KVM_SET_DEVICE_ATTR, CONTROL, KVM_DEV_ARM_ITS_CTRL_RESET, NULL);
	}
	/* In either order; what is signalled meanwhile meets a VM that goes. */
	if (first)
		close(its);
	WRITE_ONCE(other_vm, -1);
	vm_free(vm);
	if (!first)
		close(its);
}

/* Irqfds, routes, descriptors of ITSes, and whole VMs. */
static void *come_and_go(void *arg)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_ITS };
	u64 seed = 4711;
	u32 n, nr;

	for (n = 0; !stop; n++) {
		nr = rand_next(&seed) % EVENTFDS;
		bind_irqfd(storm->fd, nr, KVM_IRQFD_FLAG_DEASSIGN);
		if (rand_next(&seed) % 4 == 0)
			route_msis(storm->fd, &seed);
		bindings += !bind_irqfd(storm->fd, nr, 0);
		/* An ITS lives as long as its VM, whoever closes its descriptor. */
		if (n % 64 == 0 && n / 64 < OTHER_ITSES && !kioctlp(storm->fd, KVM_CREATE_DEVICE, &cd))
			close(cd.fd);
		if (n % 16 == 0) {
			another_vm(&seed);
			vms++;
		}
	}
	return NULL;
}

static void *run(void *vcpu)
{
	struct ucall uc;
	int ret;

	do {
		while (hold)
			usleep(500);
		ret = vcpu_run(vcpu, &uc);
	} while (ret == UCALL_NONE);
	if (ret != UCALL_DONE)
		die("vCPU ended with %d", ret);
	return NULL;
}

static int storm_seconds(void)
{
	const char *env = getenv("ITS_STORM_SECONDS");

	return env ? atoi(env) : 5;
}

static void create_storm(void)
{
	u64 seed = 5;
	u32 i;

	storm = vm_create_guest();
	guest_vcpu(storm, 0, guest_first, 0);
	for (i = 1; i < CPUS; i++)
		guest_vcpu(storm, i, guest_storms, i);
	gic_create_v3_at(storm, GICR_BASE);
	its_fd = its_create(storm);
	for (i = 0; i < EVENTFDS; i++)
		eventfds[i] = new_eventfd();
	if (route_msis(storm->fd, &seed))
		die("routes of MSIs");
}

TEST(everything_at_once)
{
	static void *(*const work[])(void *) = { send_msis, signal_irqfds, save_restore_reset, come_and_go };
	pthread_t threads[ARRAY_SIZE(work)], vcpus[CPUS];
	u32 i;

	if (!gic_host_has(KVM_DEV_TYPE_ARM_VGIC_ITS))
		SKIP(return, "the host has no GICv3");
	run_timeout(storm_seconds() + 75);
	create_storm();
	for (i = 0; i < CPUS; i++)
		if (pthread_create(&vcpus[i], NULL, run, storm->vcpus[i]))
			die("pthread_create");
	for (i = 0; i < ARRAY_SIZE(work); i++)
		if (pthread_create(&threads[i], NULL, work[i], NULL))
			die("pthread_create");
	sleep(storm_seconds());
	/* On a busy machine the vCPUs are seldom outside all at once. */
	for (i = 0; i < 50 && !READ_ONCE(tables); i++)
		sleep(1);
	stop = true;
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	gv(storm, quit) = 1;
	for (i = 0; i < CPUS; i++)
		pthread_join(vcpus[i], NULL);
	EXPECT_EQ(100, gv(storm, seen));
	EXPECT_LT(0, tables);
	EXPECT_LT(0, bindings);
	EXPECT_LT(0, vms);
	TH_LOG("%lu MSIs and %lu signals sent, %lu interrupts taken, tables %lu times, %lu irqfds, %lu VMs gone", sent,
	       signals, gv(storm, acked), tables, bindings, vms);
	vm_free(storm);
}

/* The harness gives a test 90 seconds. */
static bool have_time(void)
{
	harness_timeout(storm_seconds() + 85);
	return true;
}

SELFTEST_MAIN_IF(have_time(), "")
