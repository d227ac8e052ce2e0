// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Whatever takes translations away may happen at once: commands, wrong ones too, from several vCPUs into
 *            one queue, tables and queue moved, GITS_CTLR and GICR_CTLR switched, while MSIs come by ioctl and by
 *            irqfd, and user space saves, restores and resets. The VM lives on, and an ITS that is set up anew works.
 * Reference: issue 13 (acceptance); GICv3 (IHI 0069) 5.3, 12.18.
 * A failure: a hang as a time-out, or the host's complaint on the console; see vgic/its.h for the rule.
 *
 * ITS_STORM_SECONDS: how long (5).
 */
#include <pthread.h>
#include <sys/eventfd.h>

#include "harness.h"
#include "its.h"
#include "timer.h"

#define CPUS		4
#define DEVICES		8
#define EVENTS		16
#define LPIS		64

static u64 quit, ready[CPUS], over, seen, acked;

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS)
		return;
	if (id == LPI + LPIS)
		WRITE_ONCE(seen, seen + 1);
	__atomic_fetch_add(&acked, 1, __ATOMIC_RELAXED);
	gic_eoi(id);
}

static u64 rand_next(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Mostly what makes sense; 1 of 16 numbers is any. */
static u64 some(u64 *seed, u64 base, u64 nr)
{
	u64 r = rand_next(seed);

	return r % 16 ? base + (r >> 8) % nr : r >> 8;
}

static void random_command(u64 *seed)
{
	static const u8 codes[] = {
		ITS_MAPD, ITS_MAPD, ITS_MAPC, ITS_MAPTI, ITS_MAPTI, ITS_MAPTI, ITS_MAPTI, ITS_MOVI,
		ITS_INT, ITS_INT, ITS_CLEAR, ITS_SYNC, ITS_INV, ITS_INVALL, ITS_MOVALL, ITS_DISCARD,
	};
	volatile u64 *slot = (u64 *)(ITS_QUEUE + rand_next(seed) % 128 * 32);
	u64 code = codes[rand_next(seed) % ARRAY_SIZE(codes)];
	u64 valid = rand_next(seed) % 4 ? GITS_VALID : 0;
	u64 icid = some(seed, 0, 4) & 0xffff;

	slot[0] = code | some(seed, 0, DEVICES) << 32;
	slot[1] = code == ITS_MAPD ? 3 : some(seed, LPI, LPIS) << 32 | (u32)some(seed, 0, EVENTS);
	if (code == ITS_MAPD)
		slot[2] = valid | ITS_ITT(rand_next(seed) % 8);
	else
		slot[2] = valid | (some(seed, 0, CPUS) << 16 & ~GITS_VALID) | icid;
	slot[3] = some(seed, 0, CPUS) << 16;
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
		writeq(LPI + (r >> 40) % LPIS, rd + GICR_INVLPIR);
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
			random_command(&seed);
		dsb_sy();
		writeq(rand_next(&seed) % 128 * 32, ITS_BASE + GITS_CWRITER);
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
	its_mapti(1, 0, LPI + LPIS, 0);
	for (n = 1; n <= 100; n++) {
		its_event_cmd(ITS_INT, 1, 0);
		while (READ_ONCE(seen) != n)
			cpu_relax();
	}
	GUEST_DONE();
}

/* ---- host half --------------------------------------------------------------------------- */

static volatile bool stop, hold;
static u64 sent, tables;

static void *send_msis(void *arg)
{
	struct vm *vm = arg;
	u64 seed = (u64)&seed;

	while (!stop) {
		its_msi(vm, rand_next(&seed) % DEVICES, rand_next(&seed) % EVENTS);
		__atomic_fetch_add(&sent, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *signal_irqfd(void *arg)
{
	while (!stop)
		eventfd_write(*(int *)arg, 1);
	return NULL;
}

static int its_fd;

/* As soon as all vCPUs are outside. The guest's ITS is empty afterwards, or in another state. */
static void *save_restore_reset(void *arg)
{
	static const u64 what[] = {
		KVM_DEV_ARM_ITS_SAVE_TABLES, KVM_DEV_ARM_ITS_SAVE_TABLES, KVM_DEV_ARM_ITS_RESTORE_TABLES,
		KVM_DEV_ARM_ITS_CTRL_RESET,
	};
	u64 seed = 77, val, attr;
	int ret, tries;

	while (!stop) {
		attr = what[rand_next(&seed) % ARRAY_SIZE(what)];
		hold = true;
		for (tries = 0; tries < 500; tries++) {
			ret = dev_attr(its_fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL, attr, NULL);
			if (ret != -EBUSY)
				break;
			usleep(1000);
		}
		tables += ret != -EBUSY;
		dev_attr(its_fd, KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ITS_REGS, GITS_CTLR, &val);
		hold = false;
		usleep(5000);
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

TEST(everything_at_once)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry;
	} routes = { .head.nr = 1 };
	struct kvm_irqfd irqfd = { .gsi = 3 };
	const char *env = getenv("ITS_STORM_SECONDS");
	int seconds = env ? atoi(env) : 5;
	pthread_t threads[4], vcpus[CPUS];
	struct vm *vm;
	u32 i;

	if (!gic_host_has(KVM_DEV_TYPE_ARM_VGIC_ITS))
		SKIP(return, "the host has no GICv3");
	run_timeout(seconds + 75);
	vm = vm_create_guest();
	guest_vcpu(vm, 0, guest_first, 0);
	for (i = 1; i < CPUS; i++)
		guest_vcpu(vm, i, guest_storms, i);
	gic_create_v3_at(vm, GICR_BASE);
	its_fd = its_create(vm);
	routes.entry.gsi = 3;
	routes.entry.type = KVM_IRQ_ROUTING_MSI;
	routes.entry.flags = KVM_MSI_VALID_DEVID;
	routes.entry.u.msi.address_lo = ITS_BASE + GITS_TRANSLATER;
	routes.entry.u.msi.data = 1;
	routes.entry.u.msi.devid = 2;
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_SET_GSI_ROUTING, &routes));
	irqfd.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_IRQFD, &irqfd));
	for (i = 0; i < CPUS; i++)
		if (pthread_create(&vcpus[i], NULL, run, vm->vcpus[i]))
			die("pthread_create");
	if (pthread_create(&threads[0], NULL, send_msis, vm) || pthread_create(&threads[1], NULL, send_msis, vm) ||
	    pthread_create(&threads[2], NULL, signal_irqfd, &irqfd.fd) ||
	    pthread_create(&threads[3], NULL, save_restore_reset, NULL))
		die("pthread_create");
	sleep(seconds);
	/* On a busy machine the vCPUs are seldom outside all at once. */
	for (i = 0; i < 50 && !READ_ONCE(tables); i++)
		sleep(1);
	stop = true;
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	gv(vm, quit) = 1;
	for (i = 0; i < CPUS; i++)
		pthread_join(vcpus[i], NULL);
	EXPECT_EQ(100, gv(vm, seen));
	EXPECT_LT(0, tables);
	TH_LOG("%lu MSIs sent, %lu interrupts taken, tables %lu times", sent, gv(vm, acked), tables);
	vm_free(vm);
}

SELFTEST_MAIN
