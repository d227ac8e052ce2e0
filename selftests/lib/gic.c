// SPDX-License-Identifier: GPL-2.0
/* GICv3: device set-up (user space) and guest driver (EL1 of the guest). */
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

int gic_create(struct vm *vm, u32 nr_irqs)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	u64 dist = GICD_BASE, redist = GICR_BASE;
	int ret = kioctlp(vm->fd, KVM_CREATE_DEVICE, &cd);

	if (ret)
		die("CREATE_DEVICE of a GICv3: %s", strerror(-ret));
	vm->gic = cd.fd;
	set_attr(cd.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);
	set_attr(cd.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &redist);
	if (nr_irqs)
		set_attr(cd.fd, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &nr_irqs);
	set_attr(cd.fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
	return cd.fd;
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
	return intid < 32 ? gic_redist() + GICR_SGI_BASE : GICD_BASE;
}

void gic_dist_init(void)
{
	u32 i, lines = ((readl(GICD_BASE + GICD_TYPER) & 0x1f) + 1) * 32;

	writel(0, GICD_BASE + GICD_CTLR);
	wait_rwp();
	for (i = 32; i < lines && i < 1020; i += 32) {
		writel(~0u, GICD_BASE + GICD_IGROUPR + i / 8);
		writel(~0u, GICD_BASE + GICD_ICENABLER + i / 8);
		writel(~0u, GICD_BASE + GICD_ICACTIVER + i / 8);
	}
	writel(GICD_CTLR_ARE | GICD_CTLR_GRP1, GICD_BASE + GICD_CTLR);
	wait_rwp();
}

void gic_cpu_init(void)
{
	u64 rd = gic_redist();

	irq_disable();
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
	writeq(cpu, GICD_BASE + GICD_IROUTER + intid * 8);
}
