// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM of random ioctls: threads that share a few VMs and do to their descriptors whatever they like, in any order,
 * while the memory behind the slots comes and goes, guests run, signals arrive and descriptors are closed.
 *
 * A failure: an errno that user space must never see, a thread that does not come back, a kind of call that never
 * succeeded (the table at the end says what each kind gave); all else is on the host's console. Of a call that is in
 * several threads at once the order is chance, all else follows from the seed.
 *
 * FUZZ_FAIL_ALLOCS=1: allocations of these threads may fail; which and how often is set up in debugfs by the caller.
 */
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "gic.h"
#include "pmu.h"
#include "vmm_fuzz.h"
#include "vmm_guest.h"
#include "vmm_memory.h"

/* ---- VMs -------------------------------------------------------------------------------------------- */

static int do_create_vm(struct thread *t)
{
	static const u64 types[] = { 0, 0, 0, 40, 36, 32, 48, 52, 31, ~0UL };
	int fd = kioctl(dev, KVM_CREATE_VM, types[rnd(t, ARRAY_SIZE(types))]);

	if (fd >= 0 && one_in(t, 4))
		put(&some_vm(t)->vm, fd);
	else if (fd >= 0)
		close(fd);
	return fd;
}

static int do_create_vcpu(struct thread *t)
{
	struct fuzz_vm *v = some_vm(t);
	u64 id = one_in(t, 8) ? fuzz_rand(&t->rng) : rnd(t, 12);
	int fd = kioctl(fd_of(&v->vm), KVM_CREATE_VCPU, id);

	if (fd >= 0)
		put(&v->vcpu[rnd(t, NR_VCPUS)], fd);
	return fd;
}

static int vcpu_init_fd(struct thread *t, int fd, u32 features)
{
	struct kvm_vcpu_init init = { .target = KVM_ARM_TARGET_GENERIC_V8, .features = { features } };

	if (one_in(t, 30))
		init.target = rnd(t, 8);
	return kioctlp(fd, KVM_ARM_VCPU_INIT, &init);
}

static int do_vcpu_init(struct thread *t)
{
	u32 features = 1 << KVM_ARM_VCPU_PSCI_0_2 | rnd(t, 2) << KVM_ARM_VCPU_POWER_OFF;

	return vcpu_init_fd(t, some_vcpu(t), one_in(t, 4) ? fuzz_rand(&t->rng) & 0x1ff : features);
}

static int do_create_device(struct thread *t)
{
	struct fuzz_vm *v = some_vm(t);
	struct kvm_create_device cd = {
		.type = one_in(t, 8) ? rnd(t, 12) : gic_kind,
		.flags = one_in(t, 3),
	};
	int ret = kioctlp(fd_of(&v->vm), KVM_CREATE_DEVICE, &cd);

	if (!ret && !cd.flags)
		put(&v->gic, cd.fd);
	return ret;
}

static int do_irqchip(struct thread *t)
{
	struct kvm_arm_device_addr addr = { .id = rnd(t, 3), .addr = rnd(t, 1 << 20) << 12 };

	if (one_in(t, 2))
		return kioctl(fd_of(&some_vm(t)->vm), KVM_CREATE_IRQCHIP, 0);
	return kioctlp(fd_of(&some_vm(t)->vm), KVM_ARM_SET_DEVICE_ADDR, &addr);
}

/* A VM that can run, in place of what is there. Any of it may fail where others take it apart already. */
static int do_build(struct thread *t)
{
	struct fuzz_vm *v = some_vm(t);
	u64 dist = GICD_BASE, redist = gic_kind == KVM_DEV_TYPE_ARM_VGIC_V3 ? GICR_BASE : GICC_BASE;
	struct kvm_create_device cd = { .type = gic_kind };
	u64 pc = RAM_BASE, x0;
	int fd = kioctl(dev, KVM_CREATE_VM, 0), i, vcpu[NR_VCPUS], nr = 1 + rnd(t, NR_VCPUS), irq = INTID_PMU;
	bool pmu = one_in(t, 2) && check_cap(dev, KVM_CAP_ARM_PMU_V3);
	u32 features = 1 << KVM_ARM_VCPU_PSCI_0_2 | (pmu ? PMU_FEATURE : 0);
	struct kvm_one_reg reg;

	if (fd < 0)
		return fd;
	if (one_in(t, 3))
		enable_ring(t, fd);
	if (one_in(t, 3))
		enable_tags(fd);
	region(fd, 0, 0, RAM_BASE, CODE_SIZE, (u64)mem);
	region(fd, 1, one_in(t, 2), EXTRA_BASE, MEM_SIZE - CODE_SIZE, (u64)mem + CODE_SIZE);
	region(fd, 2, KVM_MEM_READONLY, RAM_BASE + 0x80000, SZ_64K, (u64)mem + CODE_SIZE);
	for (i = 0; i < nr; i++) {
		vcpu[i] = kioctl(fd, KVM_CREATE_VCPU, i);
		vcpu_init_fd(t, vcpu[i], features | (i && one_in(t, 2)));
		x0 = fuzz_rand(&t->rng) | 1;
		reg = (struct kvm_one_reg){ PC_REG, (u64)&pc };
		kioctlp(vcpu[i], KVM_SET_ONE_REG, &reg);
		reg = (struct kvm_one_reg){ X_REG(0), (u64)&x0 };
		kioctlp(vcpu[i], KVM_SET_ONE_REG, &reg);
	}
	if (!one_in(t, 4) && !kioctlp(fd, KVM_CREATE_DEVICE, &cd)) {
		dev_attr(cd.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
		dev_attr(cd.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist);
		dev_attr(cd.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
		put(&v->gic, cd.fd);
	}
	for (i = 0; pmu && i < nr; i++) {
		dev_attr(vcpu[i], KVM_SET_DEVICE_ATTR, PMU_CTRL, KVM_ARM_VCPU_PMU_V3_IRQ, &irq);
		dev_attr(vcpu[i], KVM_SET_DEVICE_ATTR, PMU_CTRL, KVM_ARM_VCPU_PMU_V3_INIT, NULL);
	}
	put(&v->vm, fd);
	for (i = 0; i < NR_VCPUS; i++)
		put(&v->vcpu[i], i < nr ? vcpu[i] : -1);
	return 0;
}

static int do_close(struct thread *t)
{
	struct fuzz_vm *v = some_vm(t);

	switch (rnd(t, 8)) {
	case 0:
		put(&v->vm, -1);
		break;
	case 1:
		put(&v->gic, -1);
		break;
	case 2:
		put(&v->stats, -1);
		break;
	case 3:
		put(&events[rnd(t, NR_EVENTS)], eventfd(rnd(t, 3), EFD_CLOEXEC | EFD_NONBLOCK));
		break;
	default:
		put(&v->vcpu[rnd(t, NR_VCPUS)], -1);
		break;
	}
	return 0;
}

/* ---- interrupts and events -------------------------------------------------------------------------- */

static int do_irq_line(struct thread *t)
{
	struct kvm_irq_level l = { .level = rnd(t, 2) };
	u32 type = rnd(t, 3), num = type == KVM_ARM_IRQ_TYPE_SPI ? 32 + rnd(t, 70) : rnd(t, 34);

	l.irq = type << KVM_ARM_IRQ_TYPE_SHIFT | rnd(t, NR_VCPUS) << KVM_ARM_IRQ_VCPU_SHIFT | num;
	if (one_in(t, 16))
		l.irq = fuzz_rand(&t->rng);
	return kioctlp(fd_of(&some_vm(t)->vm), one_in(t, 2) ? KVM_IRQ_LINE : KVM_IRQ_LINE_STATUS, &l);
}

static int irqfd(struct thread *t, u32 flags)
{
	struct kvm_irqfd i = { .fd = some_event(t), .gsi = rnd(t, one_in(t, 8) ? 5000 : 8), .flags = flags };

	if (rnd(t, 3)) {
		i.resamplefd = some_event(t);
		i.flags |= KVM_IRQFD_FLAG_RESAMPLE;
	}
	if (one_in(t, 32))
		i.flags = fuzz_rand(&t->rng);
	return kioctlp(fd_of(&some_vm(t)->vm), KVM_IRQFD, &i);
}

static int do_irqfd(struct thread *t)
{
	return irqfd(t, 0);
}

static int do_irqfd_off(struct thread *t)
{
	return irqfd(t, KVM_IRQFD_FLAG_DEASSIGN);
}

/* What was assigned lately, by anybody. */
static struct {
	struct fuzz_vm *vm;
	struct kvm_ioeventfd io;
} recent[16];

static int do_ioeventfd(struct thread *t)
{
	static const u32 lens[] = { 4, 4, 4, 0, 1, 2, 8, 3 };
	struct kvm_ioeventfd io = {
		.fd = some_event(t), .addr = MMIO_IPA + rnd(t, 8) * 4, .len = lens[rnd(t, ARRAY_SIZE(lens))],
		.datamatch = rnd(t, 4), .flags = rnd(t, 2),
	};
	struct fuzz_vm *vm = some_vm(t);
	int ret, i = rnd(t, ARRAY_SIZE(recent));

	if (one_in(t, 32))
		io.flags = fuzz_rand(&t->rng);
	ret = kioctlp(fd_of(&vm->vm), KVM_IOEVENTFD, &io);
	if (!ret) {
		recent[i].vm = vm;
		recent[i].io = io;
	}
	return ret;
}

static int do_coalesced(struct thread *t)
{
	struct kvm_coalesced_mmio_zone zone = {
		.addr = MMIO_IPA + rnd(t, 8) * 4, .size = rnd(t, 9) * 4, .pio = rnd(t, 8) ? 0 : rnd(t, 4),
	};

	if (one_in(t, 32))
		zone.addr = fuzz_rand(&t->rng);
	return kioctlp(fd_of(&some_vm(t)->vm),
		       one_in(t, 3) ? KVM_UNREGISTER_COALESCED_MMIO : KVM_REGISTER_COALESCED_MMIO, &zone);
}

static int do_ioeventfd_off(struct thread *t)
{
	int i = rnd(t, ARRAY_SIZE(recent));
	struct fuzz_vm *vm = recent[i].vm ?: some_vm(t);
	struct kvm_ioeventfd io = recent[i].io;

	io.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
	if (one_in(t, 8))
		io.datamatch++;
	return kioctlp(fd_of(&vm->vm), KVM_IOEVENTFD, &io);
}

static int do_routing(struct thread *t)
{
	struct kvm_irq_routing *r = (void *)t->buf;
	u32 i, n = rnd(t, one_in(t, 16) ? 5000 : 32);

	memset(r, 0, sizeof(*r));
	r->nr = n;
	for (i = 0; i < n && i < 2000; i++) {
		struct kvm_irq_routing_entry *e = &r->entries[i];

		memset(e, 0, sizeof(*e));
		e->gsi = i;
		e->type = one_in(t, 4) ? KVM_IRQ_ROUTING_MSI : KVM_IRQ_ROUTING_IRQCHIP;
		e->u.irqchip.pin = rnd(t, 64);
		if (e->type == KVM_IRQ_ROUTING_IRQCHIP)
			e->u.irqchip.irqchip = 0;
		if (one_in(t, 200))
			e->type = fuzz_rand(&t->rng);
	}
	return kioctlp(fd_of(&some_vm(t)->vm), KVM_SET_GSI_ROUTING, r);
}

static int do_event(struct thread *t)
{
	return result(eventfd_write(some_event(t), 1));
}

/* ---- devices ---------------------------------------------------------------------------------------- */

static int gic_attr(struct thread *t, unsigned long cmd)
{
	static const u32 groups[] = {
		KVM_DEV_ARM_VGIC_GRP_DIST_REGS, KVM_DEV_ARM_VGIC_GRP_DIST_REGS, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS,
		KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, KVM_DEV_ARM_VGIC_GRP_CPU_REGS, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO,
		KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, KVM_DEV_ARM_VGIC_GRP_CTRL, 99,
	};
	u32 group = groups[rnd(t, ARRAY_SIZE(groups))];
	u64 value = one_in(t, 2) ? fuzz_rand(&t->rng) : rnd(t, 1024), attr = rnd(t, 0x1000) & ~3;

	if (group == KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS)
		attr = 0xc000 | rnd(t, 0x4000);
	else if (group != KVM_DEV_ARM_VGIC_GRP_DIST_REGS && group != KVM_DEV_ARM_VGIC_GRP_REDIST_REGS)
		attr = rnd(t, 8);
	if (one_in(t, 4))
		attr |= rnd(t, NR_VCPUS + 1) << 32;
	if (one_in(t, 32))
		attr = fuzz_rand(&t->rng);
	return dev_attr(fd_of(&some_vm(t)->gic), cmd, group, attr, one_in(t, 32) ? NULL : &value);
}

static int do_gic_set(struct thread *t)
{
	return gic_attr(t, KVM_SET_DEVICE_ATTR);
}

static int do_gic_get(struct thread *t)
{
	return gic_attr(t, KVM_GET_DEVICE_ATTR);
}

static int do_gic_has(struct thread *t)
{
	return gic_attr(t, KVM_HAS_DEVICE_ATTR);
}

static int do_stats(struct thread *t)
{
	struct fuzz_vm *v = some_vm(t);
	int fd = fd_of(&v->stats);

	if (fd < 0 || one_in(t, 8)) {
		fd = kioctl(one_in(t, 2) ? fd_of(&v->vm) : some_vcpu(t), KVM_GET_STATS_FD, 0);
		if (fd >= 0)
			put(&v->stats, fd);
		return fd;
	}
	return result(pread(fd, t->buf, rnd(t, sizeof(t->buf)), one_in(t, 8) ? fuzz_rand(&t->rng) >> 1 : rnd(t, 8192)));
}

/* ---- vCPUs ------------------------------------------------------------------------------------------ */

/* An id of those that there are, with some luck. C49: the timer's count and compare value can hang the emulator. */
static u64 reg_id(struct thread *t)
{
	static const u64 sizes[] = { KVM_REG_SIZE_U64, KVM_REG_SIZE_U64, KVM_REG_SIZE_U32, KVM_REG_SIZE_U128,
				     KVM_REG_SIZE_U8, 9ULL << 52 };
	u64 id = KVM_REG_ARM64 | sizes[rnd(t, ARRAY_SIZE(sizes))];

	switch (rnd(t, 6)) {
	case 0:
		return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | rnd(t, 0x50) * 2;
	case 1:
		return id | KVM_REG_ARM_CORE | rnd(t, 0x150);
	case 2:
		return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | (one_in(t, 2) ? KVM_REG_ARM_FW : KVM_REG_ARM_FW_FEAT_BMAP) |
		       rnd(t, 6);
	case 3:
		return id | rnd(t, 0x18) << KVM_REG_ARM_COPROC_SHIFT | rnd(t, 0x10000);
	case 4:
		id = KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | rnd(t, 16);
		return one_in(t, 4) ? fuzz_rand(&t->rng) : id;
	default:
		return ARM64_SYS_REG(2 + rnd(t, 2), rnd(t, 4), rnd(t, 16), rnd(t, 16), rnd(t, 8));
	}
}

static bool may_hang_the_emulator(u64 id)
{
	return id == KVM_REG_ARM_TIMER_CVAL || id == KVM_REG_ARM_TIMER_CNT || id == KVM_REG_ARM_PTIMER_CVAL ||
	       id == KVM_REG_ARM_PTIMER_CNT;
}

static int one_reg(struct thread *t, unsigned long cmd)
{
	u64 value[32];
	struct kvm_one_reg reg = { .id = reg_id(t), .addr = one_in(t, 32) ? fuzz_rand(&t->rng) : (u64)value };
	int i;

	for (i = 0; i < 32; i++)
		value[i] = one_in(t, 2) ? fuzz_rand(&t->rng) : RAM_BASE + rnd(t, 64) * 4;
	if (may_hang_the_emulator(reg.id))
		reg.id = PC_REG;
	return kioctlp(some_vcpu(t), cmd, &reg);
}

static int do_get_reg(struct thread *t)
{
	return one_reg(t, KVM_GET_ONE_REG);
}

static int do_set_reg(struct thread *t)
{
	return one_reg(t, KVM_SET_ONE_REG);
}

static int do_reg_list(struct thread *t)
{
	struct kvm_reg_list *list = (void *)t->buf;

	list->n = one_in(t, 4) ? rnd(t, 10) : 2000;
	return kioctlp(some_vcpu(t), KVM_GET_REG_LIST, list);
}

static int do_mp_state(struct thread *t)
{
	struct kvm_mp_state state = { .mp_state = one_in(t, 8) ? rnd(t, 16) : KVM_MP_STATE_RUNNABLE };

	return kioctlp(some_vcpu(t), one_in(t, 2) ? KVM_SET_MP_STATE : KVM_GET_MP_STATE, &state);
}

static int do_vcpu_events(struct thread *t)
{
	struct kvm_vcpu_events e = { .exception.serror_pending = one_in(t, 4) };

	if (one_in(t, 2)) {
		e.exception.serror_has_esr = 1;
		e.exception.serror_esr = fuzz_rand(&t->rng) & (one_in(t, 8) ? ~0ULL : 0x1ffffff);
	}
	if (one_in(t, 8))
		e.exception.ext_dabt_pending = 1;
	return kioctlp(some_vcpu(t), one_in(t, 2) ? KVM_SET_VCPU_EVENTS : KVM_GET_VCPU_EVENTS, &e);
}

/* Breakpoints all over the guest's code and data, steps; so that it gets on, mostly none. */
static int do_guest_debug(struct thread *t)
{
	struct kvm_guest_debug *debug = (void *)t->buf;
	u64 *words = (u64 *)&debug->arch;
	unsigned int i;

	debug->control = one_in(t, 2) ? 0 : fuzz_rand(&t->rng) & (one_in(t, 8) ? ~0u : 0x30003);
	for (i = 0; i < sizeof(debug->arch) / sizeof(u64); i++)
		words[i] = one_in(t, 4) ? RAM_BASE + rnd(t, RAM_SIZE / 4) * 4 : fuzz_rand(&t->rng);
	return kioctlp(some_vcpu(t), KVM_SET_GUEST_DEBUG, debug);
}

static int do_vcpu_attr(struct thread *t)
{
	static const unsigned long cmds[] = { KVM_SET_DEVICE_ATTR, KVM_GET_DEVICE_ATTR, KVM_HAS_DEVICE_ATTR };
	u32 group = one_in(t, 8) ? rnd(t, 4) : one_in(t, 2) ? PMU_CTRL : KVM_ARM_VCPU_TIMER_CTRL;
	u64 value = 16 + rnd(t, 16);	/* an int to some, an address to KVM_ARM_VCPU_PVTIME_IPA, a filter */

	return dev_attr(some_vcpu(t), cmds[rnd(t, 3)], group, rnd(t, group == PMU_CTRL ? 6 : 3), &value);
}

/* One of the two signals that end RUN may always come. */
static int do_signal_mask(struct thread *t)
{
	struct kvm_signal_mask *mask = (void *)t->buf;
	u64 set = fuzz_rand(&t->rng) & ~(1UL << ((one_in(t, 2) ? SIGUSR1 : SIGUSR2) - 1));

	mask->len = one_in(t, 16) ? rnd(t, 16) : 8;
	memcpy(mask->sigset, &set, 8);
	return kioctlp(some_vcpu(t), KVM_SET_SIGNAL_MASK, one_in(t, 4) ? NULL : mask);
}

static void scribble(struct thread *t, char *page, u64 size)
{
	int i;

	for (i = 0; i < 32; i++)
		page[rnd(t, size)] = fuzz_rand(&t->rng);
}

static int do_run(struct thread *t)
{
	int fd = some_vcpu(t), i, ret = 0, size = kioctl(dev, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_run *run = map_in_window(t, size, MAP_SHARED, fd, 0);

	if (run == MAP_FAILED) {
		/* Or another descriptor's number by now. */
		return kioctl(fd, KVM_RUN, 0);
	}
	if (one_in(t, 8))
		scribble(t, (char *)run, one_in(t, 2) ? 512 : size);
	run->immediate_exit = one_in(t, 8);
	for (i = 0; i < 10 && !ret; i++) {
		ret = kioctl(fd, KVM_RUN, 0);
		if (ret || (run->exit_reason != KVM_EXIT_MMIO && run->exit_reason != ARMVCPU_EXIT))
			break;
		fuzz_rand(&t->rng);
		if (run->exit_reason == KVM_EXIT_MMIO)
			memcpy(run->mmio.data, &t->rng.s, 8);
		else if (one_in(t, 4))
			((struct armvcpu_exit *)&run->padding)->answer = rnd(t, 4);
	}
	clear_window(t);
	return ret;
}

static int do_mmap(struct thread *t)
{
	char *p = map_in_window(t, SZ_4K, one_in(t, 8) ? MAP_PRIVATE : MAP_SHARED, some_vcpu(t), rnd(t, 2) * SZ_4K);

	if (p == MAP_FAILED)
		return -errno;
	scribble(t, p, SZ_4K);
	return clear_window(t);
}

/* ---- the rest --------------------------------------------------------------------------------------- */

static int do_caps(struct thread *t)
{
	struct kvm_enable_cap exits = { .cap = ARMVCPU_CAP_USER_EXITS, .args = { rnd(t, 17) } };
	struct kvm_enable_cap cap = {
		.cap = one_in(t, 3) ? KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 : rnd(t, 256), .args = { rnd(t, 4) },
	};
	struct kvm_vcpu_init init;

	switch (rnd(t, 6)) {
	case 5:
		return kioctlp(fd_of(&some_vm(t)->vm), KVM_ENABLE_CAP, &exits);
	case 0:
		return kioctl(dev, KVM_GET_API_VERSION, rnd(t, 2));
	case 1:
		return kioctlp(fd_of(&some_vm(t)->vm), KVM_ENABLE_CAP, &cap);
	case 2:
		return kioctlp(fd_of(&some_vm(t)->vm), KVM_ARM_PREFERRED_TARGET, &init);
	default:
		return kioctl(one_in(t, 2) ? dev : fd_of(&some_vm(t)->vm), KVM_CHECK_EXTENSION, rnd(t, 260));
	}
}

/* Near the host's counts: see reg_id(). */
static int do_counter_offset(struct thread *t)
{
	struct kvm_arm_counter_offset offset = { .counter_offset = rnd(t, 1 << 20), .reserved = one_in(t, 16) };

	return kioctlp(fd_of(&some_vm(t)->vm), KVM_ARM_SET_COUNTER_OFFSET, &offset);
}

/*
 * Any command, any argument; but no RUN that nobody counts, no mask that shuts out both signals, no new descriptors, no
 * offset that hangs the emulator.
 */
static int do_anything(struct thread *t)
{
	static const u32 sizes[] = { 0, 4, 8, 12, 16, 20, 24, 32, 48, 64, 104, 160, 520 };
	struct fuzz_vm *v = some_vm(t);
	int fds[] = { dev, fd_of(&v->vm), some_vcpu(t), fd_of(&v->gic), fd_of(&v->stats), some_event(t) };
	u32 nr = rnd(t, 256), i;
	unsigned long cmd = _IOC(rnd(t, 4), KVMIO, nr, sizes[rnd(t, ARRAY_SIZE(sizes))]);

	if (nr == 0x01 || nr == 0x41 || nr == 0x80 || nr == 0x8b || nr == 0xb5 || nr == 0xce || nr == 0xe0)
		return 0;
	for (i = 0; i < 64; i++)
		t->buf[i] = one_in(t, 2) ? 0 : fuzz_rand(&t->rng);
	/* ONE_REG's id: see reg_id() */
	if (nr == 0xac)
		memset(t->buf, 0, 8);
	return kioctl(fds[rnd(t, ARRAY_SIZE(fds))], cmd, one_in(t, 8) ? fuzz_rand(&t->rng) : (unsigned long)t->buf);
}

static int do_debugfs(struct thread *t)
{
	static const char * const files[] = { "vms", "gic", "el2" };
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), ARMVCPU_DEBUGFS "/%s", files[rnd(t, ARRAY_SIZE(files))]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = result(read(fd, t->buf, sizeof(t->buf)));
	close(fd);
	return ret;
}

/* ---- all -------------------------------------------------------------------------------------------- */

static const struct op {
	const char *name;
	int weight;
	int (*call)(struct thread *t);
	enum {
		OFTEN = 1,	/* succeeds all the time, however slow the machine is */
		PERHAPS_NEVER,	/* on some hosts */
	} luck;
} ops[] = {
	{ "run", 60, do_run },
	{ "build", 10, do_build, OFTEN },
	{ "close", 2, do_close },
	{ "create_vm", 1, do_create_vm },
	{ "create_vcpu", 4, do_create_vcpu },
	{ "vcpu_init", 6, do_vcpu_init },
	{ "create_device", 4, do_create_device },
	{ "irqchip", 1, do_irqchip, PERHAPS_NEVER },
	{ "slot_set", 12, do_slot_set },
	{ "slot_delete", 6, do_slot_delete },
	{ "slot_change", 8, do_slot_change },
	{ "dirty_log", 10, do_dirty_log },
	{ "clear_log", 6, do_clear_log },
	{ "ring", 8, do_ring },
	{ "ring_reset", 6, do_ring_reset },
	{ "tags", 6, do_tags, PERHAPS_NEVER },
	{ "madvise", 10, do_madvise, OFTEN },
	{ "mprotect", 6, do_mprotect },
	{ "remap", 6, do_remap },
	{ "fork", 1, do_fork },
	{ "irq_line", 20, do_irq_line },
	{ "irqfd", 10, do_irqfd },
	{ "irqfd_off", 4, do_irqfd_off },
	{ "ioeventfd", 10, do_ioeventfd },
	{ "ioeventfd_off", 4, do_ioeventfd_off },
	{ "coalesced", 3, do_coalesced },
	{ "routing", 4, do_routing },
	{ "event", 30, do_event, OFTEN },
	{ "gic_set", 20, do_gic_set },
	{ "gic_get", 10, do_gic_get },
	{ "gic_has", 4, do_gic_has },
	{ "stats", 6, do_stats },
	{ "get_reg", 10, do_get_reg },
	{ "set_reg", 10, do_set_reg },
	{ "reg_list", 2, do_reg_list },
	{ "mp_state", 6, do_mp_state },
	{ "vcpu_events", 4, do_vcpu_events },
	{ "guest_debug", 3, do_guest_debug },
	{ "vcpu_attr", 4, do_vcpu_attr },
	{ "signal_mask", 3, do_signal_mask },
	{ "mmap", 4, do_mmap },
	{ "caps", 4, do_caps },
	{ "counter_offset", 2, do_counter_offset },
	{ "anything", 20, do_anything, PERHAPS_NEVER },
	{ "debugfs", 1, do_debugfs, PERHAPS_NEVER },
};

static struct fuzz_counter counters[ARRAY_SIZE(ops) + 1];
static u64 results[ARRAY_SIZE(ops)][MAX_ERRNO];
static int total_weight;

/* With a name, for the log; restarts are the kernel's own affair, and must not come out. */
static void judge(const struct op *op, int ret)
{
	int e = ret < 0 ? -ret : 0;

	if (e >= MAX_ERRNO) {
		fuzz_fail("%s gave errno %d", op->name, e);
		return;
	}
	if (!e)
		fuzz_count(&counters[op - ops], 1);
	__atomic_fetch_add(&results[op - ops][e], 1, __ATOMIC_RELAXED);
}

static void let_allocations_fail(void)
{
	int fd = open("/proc/thread-self/make-it-fail", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1", 1) != 1)
		die("make-it-fail: %s", strerror(errno));
	close(fd);
}

/* All threads have their stacks and windows: before, those might come to lie in a hole that do_remap() made. */
static bool all_there;

static void *fuzz(void *arg)
{
	struct thread *t = arg;

	while (!READ_ONCE(all_there))
		sched_yield();
	if (fail_allocs)
		let_allocations_fail();
	while (!fuzz_over()) {
		const struct op *op = ops;
		int n = rnd(t, total_weight);

		for (; n >= op->weight; op++)
			n -= op->weight;
		WRITE_ONCE(t->doing, op->name);
		fuzz_doing = op->name;
		judge(op, op->call(t));
	}
	WRITE_ONCE(t->doing, NULL);
	return NULL;
}

/* So many calls of one kind are enough to have met one that succeeds. */
#define ENOUGH	300

static void print_results(void)
{
	unsigned int op, e;
	u64 calls;

	for (op = 0; op < ARRAY_SIZE(ops); op++) {
		printf("# %-14s", ops[op].name);
		for (calls = 0, e = 0; e < MAX_ERRNO; e++) {
			calls += results[op][e];
			if (results[op][e])
				printf(" %s=%lu", e ? strerrorname_np(e) ?: "E?" : "ok", results[op][e]);
		}
		printf("\n");
		if (!results[op][0] && ops[op].luck != PERHAPS_NEVER && !fail_allocs && calls >= ENOUGH)
			fuzz_fail("%s never succeeded", ops[op].name);
	}
	fflush(stdout);
}

/* So many seconds after the end every thread has to be back. */
#define PATIENCE	60

/* Nobody stays in RUN for longer than some ms. */
static void tick(void)
{
	unsigned int i, running = NR_THREADS, late = 0;

	while (running && late < PATIENCE * 100) {
		usleep(10000);
		late += fuzz_over();
		for (running = 0, i = 0; i < NR_THREADS; i++) {
			if (fuzz_over() && !READ_ONCE(threads[i].doing))
				continue;
			running++;
			pthread_kill(threads[i].thread, SIGUSR1);
			pthread_kill(threads[i].thread, SIGUSR2);
		}
	}
	for (i = 0; i < NR_THREADS; i++) {
		const char *doing = READ_ONCE(threads[i].doing);

		if (running && doing)
			fuzz_fail("thread %u does not come back from %s", i, doing);
	}
	if (running) {
		print_results();
		_exit(1);
	}
}

static void on_signal(int sig)
{
}

static void prepare(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int i, j;

	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	dev = dev_open();
	gic_kind = gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V3) ? KVM_DEV_TYPE_ARM_VGIC_V3 : KVM_DEV_TYPE_ARM_VGIC_V2;
	mem = mem_anon(MEM_SIZE);
	memcpy(mem, fuzz_guest, fuzz_guest_end - fuzz_guest);
	for (i = 0; i < NR_VMS; i++) {
		vms[i].vm = -1;
		vms[i].gic = -1;
		vms[i].stats = -1;
		for (j = 0; j < NR_VCPUS; j++)
			vms[i].vcpu[j] = -1;
	}
	for (i = 0; i < NR_EVENTS; i++)
		events[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void run(void)
{
	unsigned int i;

	prepare();
	for (i = 0; i < NR_THREADS; i++) {
		threads[i].nr = i;
		threads[i].rng = fuzz_stream(i);
		threads[i].doing = "nothing yet";
		threads[i].window = mem_anon(WINDOW_SIZE);
		clear_window(&threads[i]);
		if (pthread_create(&threads[i].thread, NULL, fuzz, &threads[i]))
			die("pthread_create");
	}
	WRITE_ONCE(all_there, true);
	tick();
	for (i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i].thread, NULL);
	print_results();
}

int main(int argc, char **argv)
{
	unsigned int i;

	fail_allocs = getenv("FUZZ_FAIL_ALLOCS");
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		counters[i].name = ops[i].name;
		/* Of the others print_results() says whether they ever succeeded. */
		counters[i].must_move = ops[i].luck == OFTEN && !fail_allocs;
		total_weight += ops[i].weight;
	}
	fuzz_patience = 180;
	return fuzz_main(argc, argv, counters, run);
}
