// SPDX-License-Identifier: GPL-2.0
/* GIC: device set-up (user space) and guest driver (EL1 of the guest). */
#include "gic.h"

int dev_attr(int fd, unsigned long cmd, u32 group, u64 attr, void *value)
{
	struct kvm_device_attr a = {
		.group = group,
		.attr = attr,
		.addr = (u64)value,
	};

	return kioctlp(fd, cmd, &a);
}

int irq_line(struct vm *vm, u32 type, u32 vcpu, u32 num, int level)
{
	struct kvm_irq_level irq = {
		.irq = type << KVM_ARM_IRQ_TYPE_SHIFT |
		       (vcpu & 0xff) << KVM_ARM_IRQ_VCPU_SHIFT |
		       (vcpu >> 8) << KVM_ARM_IRQ_VCPU2_SHIFT | num,
		.level = level,
	};

	return kioctlp(vm->fd, KVM_IRQ_LINE, &irq);
}

static void set_attr(int fd, u32 group, u64 attr, void *value)
{
	int ret = dev_attr(fd, KVM_SET_DEVICE_ATTR, group, attr, value);

	if (ret)
		die("GIC attribute group %u attr 0x%lx: %s", group, attr, strerror(-ret));
}

static bool has_type(int vm_fd, u32 type)
{
	struct kvm_create_device cd = { .type = type, .flags = KVM_CREATE_DEVICE_TEST };

	return !kioctlp(vm_fd, KVM_CREATE_DEVICE, &cd);
}

u32 gic_type(struct vm *vm)
{
	if (!has_type(vm->fd, KVM_DEV_TYPE_ARM_VGIC_V3) &&
	    has_type(vm->fd, KVM_DEV_TYPE_ARM_VGIC_V2))
		return KVM_DEV_TYPE_ARM_VGIC_V2;
	return KVM_DEV_TYPE_ARM_VGIC_V3;
}

bool gic_host_has(u32 type)
{
	struct vm *vm = vm_create();
	bool has = has_type(vm->fd, type);

	vm_free(vm);
	return has;
}

static void place_v2(int fd)
{
	u64 dist = GICD_BASE, cpu = GICC_BASE;

	set_attr(fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V2_ADDR_TYPE_DIST, &dist);
	set_attr(fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V2_ADDR_TYPE_CPU, &cpu);
}

static void place_v3(int fd, u64 redist)
{
	u64 dist = GICD_BASE;

	set_attr(fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	set_attr(fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist);
}

void gic_create_v3_at(struct vm *vm, u64 redist)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	int ret = kioctlp(vm->fd, KVM_CREATE_DEVICE, &cd);

	if (ret)
		die("CREATE_DEVICE of a GICv3: %s", strerror(-ret));
	vm->gic = cd.fd;
	place_v3(cd.fd, redist);
	set_attr(cd.fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
}

int gic_create(struct vm *vm, u32 nr_irqs)
{
	struct kvm_create_device cd = { .type = gic_type(vm) };
	int ret = kioctlp(vm->fd, KVM_CREATE_DEVICE, &cd);

	vm->gic_is_v2 = cd.type == KVM_DEV_TYPE_ARM_VGIC_V2;
	if (ret)
		die("CREATE_DEVICE of a GICv%d: %s", vm->gic_is_v2 ? 2 : 3, strerror(-ret));
	vm->gic = cd.fd;
	if (vm->gic_is_v2)
		place_v2(cd.fd);
	else
		place_v3(cd.fd, GICR_BASE);
	if (nr_irqs)
		set_attr(cd.fd, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr_irqs);
	set_attr(cd.fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
	/* Its copy of this program, if there is a guest. */
	if (vm->slots[0].hva && vm->slots[0].gpa == RAM_BASE)
		gv(vm, gic_version) = vm->gic_is_v2 ? 2 : 3;
	return cd.fd;
}

/* ---- guest half ---------------------------------------------------------- */

u32 gic_version = 3;

static bool is_v2(void)
{
	return READ_ONCE(gic_version) == 2;
}

u64 gic_redist(void)
{
	return GICR_BASE + this_cpu()->index * GICR_STRIDE;
}

static void wait_rwp(void)
{
	while (readl(GICD_BASE + GICD_CTLR) & GICD_CTLR_RWP)
		cpu_relax();
}

/* The frame that holds the banks of this interrupt. */
static u64 frame(u32 intid)
{
	return intid < 32 && !is_v2() ? gic_redist() + GICR_SGI_BASE : GICD_BASE;
}

void gic_dist_enable(bool on)
{
	if (is_v2())
		writel(on ? GICD_CTLR_V2_ENABLE : 0, GICD_BASE + GICD_CTLR);
	else
		writel(GICD_CTLR_ARE | (on ? GICD_CTLR_GRP1 : 0), GICD_BASE + GICD_CTLR);
	wait_rwp();
}

void gic_dist_init(void)
{
	u32 i, lines = ((readl(GICD_BASE + GICD_TYPER) & 0x1f) + 1) * 32;

	writel(0, GICD_BASE + GICD_CTLR);
	wait_rwp();
	for (i = 32; i < lines && i < 1020; i += 32) {
		/* A GICv2 without security states signals group 0. */
		writel(is_v2() ? 0 : ~0u, GICD_BASE + GICD_IGROUPR + i / 8);
		writel(~0u, GICD_BASE + GICD_ICENABLER + i / 8);
		writel(~0u, GICD_BASE + GICD_ICACTIVER + i / 8);
	}
	gic_dist_enable(true);
}

static void cpu_init_v2(void)
{
	writel(0, GICD_BASE + GICD_IGROUPR);
	writel(~0u, GICD_BASE + GICD_ICACTIVER);
	writel(~0u, GICD_BASE + GICD_ICENABLER);
	writel(0xf0, GICC_BASE + GICC_PMR);
	writel(0, GICC_BASE + GICC_BPR);
	writel(GICC_CTLR_ENABLE, GICC_BASE + GICC_CTLR);
}

void gic_cpu_init(void)
{
	u64 rd = gic_redist();

	irq_disable();
	if (is_v2()) {
		cpu_init_v2();
		return;
	}
	writel(0, rd + GICR_WAKER);
	while (readl(rd + GICR_WAKER) & (1 << 2))
		cpu_relax();
	writel(~0u, rd + GICR_SGI_BASE + GICD_IGROUPR);
	writel(~0u, rd + GICR_SGI_BASE + GICD_ICACTIVER);
	writel(~0u, rd + GICR_SGI_BASE + GICD_ICENABLER);
	write_gicreg(read_gicreg(icc_sre) | 1, icc_sre);
	write_gicreg(0xf0, icc_pmr);
	write_gicreg(0, icc_bpr1);
	write_gicreg(0, icc_ctlr);
	write_gicreg(1, icc_igrpen1);
}

bool gic_bit(u32 reg, u32 intid)
{
	return readl(frame(intid) + reg + intid / 32 * 4) >> (intid % 32) & 1;
}

void gic_set_bit(u32 reg, u32 intid)
{
	writel(1u << (intid % 32), frame(intid) + reg + intid / 32 * 4);
}

void gic_enable(u32 intid)
{
	gic_set_bit(GICD_ISENABLER, intid);
}

void gic_disable(u32 intid)
{
	gic_set_bit(GICD_ICENABLER, intid);
	wait_rwp();
}

void gic_set_prio(u32 intid, u8 prio)
{
	writeb(prio, frame(intid) + GICD_IPRIORITYR + intid);
}

void gic_set_edge(u32 intid, bool edge)
{
	u64 addr = frame(intid) + GICD_ICFGR + intid / 16 * 4;
	u32 bit = 2u << (intid % 16 * 2);
	u32 v = readl(addr);

	writel(edge ? v | bit : v & ~bit, addr);
}

void gic_set_route(u32 intid, u32 cpu)
{
	if (is_v2())
		writeb(1u << cpu, GICD_BASE + GICD_ITARGETSR + intid);
	else
		writeq(cpu, GICD_BASE + GICD_IROUTER + intid * 8);
}

/* Sender of the SGI that each CPU has acknowledged, by SGI. */
static u8 sgi_source[MAX_TEST_VCPUS][16];

static u32 with_source(u32 intid)
{
	return intid < 16 ? intid | (u32)sgi_source[this_cpu()->index][intid] << 10 : intid;
}

u32 gic_ack(void)
{
	u32 intid;

	if (is_v2()) {
		intid = readl(GICC_BASE + GICC_IAR);
		if (GICC_ID(intid) < 16)
			sgi_source[this_cpu()->index][GICC_ID(intid)] = GICC_SOURCE(intid);
		intid = GICC_ID(intid);
	} else {
		intid = read_gicreg(icc_iar1) & 0xffffff;
	}
	dsb_sy();
	return intid;
}

void gic_eoi(u32 intid)
{
	if (is_v2())
		writel(with_source(intid), GICC_BASE + GICC_EOIR);
	else
		write_gicreg(intid, icc_eoir1);
}

void gic_dir(u32 intid)
{
	if (is_v2())
		writel(with_source(intid), GICC_BASE + GICC_DIR);
	else
		write_gicreg(intid, icc_dir);
}

void gic_set_pmr(u8 prio)
{
	if (is_v2())
		writel(prio, GICC_BASE + GICC_PMR);
	else
		write_gicreg(prio, icc_pmr);
}

void gic_set_bpr(u8 point)
{
	if (is_v2())
		writel(point, GICC_BASE + GICC_BPR);
	else
		write_gicreg(point, icc_bpr1);
}

void gic_set_eoi_mode(bool split)
{
	if (is_v2())
		writel(GICC_CTLR_ENABLE | (split ? GICC_CTLR_EOIMODE : 0), GICC_BASE + GICC_CTLR);
	else
		write_gicreg(split ? 2 : 0, icc_ctlr);
}

void gic_signal(bool on)
{
	if (is_v2())
		writel(on ? GICC_CTLR_ENABLE : 0, GICC_BASE + GICC_CTLR);
	else
		write_gicreg(on, icc_igrpen1);
}

u32 gic_hppir(void)
{
	return is_v2() ? GICC_ID(readl(GICC_BASE + GICC_HPPIR)) :
			 read_gicreg(icc_hppir1) & 0xffffff;
}

u8 gic_rpr(void)
{
	return is_v2() ? readl(GICC_BASE + GICC_RPR) : read_gicreg(icc_rpr);
}

void gic_sgi(u32 intid, u32 cpus)
{
	dsb_sy();
	if (is_v2())
		writel((cpus & 0xff) << 16 | intid, GICD_BASE + GICD_SGIR);
	else
		write_gicreg((u64)intid << 24 | cpus, icc_sgi1r);
}

void gic_sgi_others(u32 intid)
{
	dsb_sy();
	if (is_v2())
		writel(1 << 24 | intid, GICD_BASE + GICD_SGIR);
	else
		write_gicreg((u64)intid << 24 | 1ULL << 40, icc_sgi1r);
}
