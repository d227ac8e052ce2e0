// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     On a host with a GICv2 the GICv2 device takes the attributes that the
 *            ABI allows and refuses everything else with its errno; what older
 *            clients use (KVM_CREATE_IRQCHIP, KVM_ARM_SET_DEVICE_ADDR) makes one too.
 * Reference: kvm-abi.md part 5; Linux Documentation/virt/kvm/devices/arm-vgic.rst.
 * A failure: shows the attribute's line and the errno; see vgic/attr.c, addr.c,
 *            regs_v2.c.
 */
#include "harness.h"
#include "dev_attr.h"

#define ADDR		KVM_DEV_ARM_VGIC_GRP_ADDR
#define DIST		KVM_VGIC_V2_ADDR_TYPE_DIST
#define CPU		KVM_VGIC_V2_ADDR_TYPE_CPU
#define NR_IRQS		KVM_DEV_ARM_VGIC_GRP_NR_IRQS
#define GIC_CTRL	KVM_DEV_ARM_VGIC_GRP_CTRL
#define INIT		KVM_DEV_ARM_VGIC_CTRL_INIT
#define DIST_REGS	KVM_DEV_ARM_VGIC_GRP_DIST_REGS
#define CPU_REGS	KVM_DEV_ARM_VGIC_GRP_CPU_REGS
#define OF(cpu)		((u64)(cpu) << KVM_DEV_ARM_VGIC_CPUID_SHIFT)

FIXTURE(vgic) {
	struct vm *vm;
	int fd;
};

FIXTURE_SETUP(vgic)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_V2 };
	int i;

	self->vm = vm_create();
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, vcpu_init(vcpu_create(self->vm, i),
				       1 << KVM_ARM_VCPU_PSCI_0_2));
	}
	ASSERT_EQ(0, kioctlp(self->vm->fd, KVM_CREATE_DEVICE, &cd));
	self->fd = cd.fd;
}

FIXTURE_TEARDOWN(vgic)
{
	close(self->fd);
	vm_free(self->vm);
}

static int init(int fd)
{
	return dev_attr(fd, KVM_SET_DEVICE_ATTR, GIC_CTRL, INIT, NULL);
}

TEST_F(vgic, has_tells_what_there_is)
{
	EXPECT_EQ(0, has(self->fd, ADDR, DIST));
	EXPECT_EQ(0, has(self->fd, ADDR, CPU));
	EXPECT_EQ(-ENXIO, has(self->fd, ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST));
	EXPECT_EQ(-ENXIO, has(self->fd, ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST));
	EXPECT_EQ(-ENXIO, has(self->fd, ADDR, ~0ULL));
	EXPECT_EQ(0, has(self->fd, NR_IRQS, 0));
	EXPECT_EQ(0, has(self->fd, GIC_CTRL, INIT));
	EXPECT_EQ(-ENXIO, has(self->fd, GIC_CTRL, KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES));
	EXPECT_EQ(-ENXIO, has(self->fd, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 0));
	EXPECT_EQ(-ENXIO, has(self->fd, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, 0xc230));
	EXPECT_EQ(-ENXIO, has(self->fd, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 0));
	EXPECT_EQ(-ENXIO, has(self->fd, 99, 0));
	EXPECT_EQ(0, has(self->fd, DIST_REGS, GICD_CTLR));
	EXPECT_EQ(0, has(self->fd, DIST_REGS, OF(3) | (GICD_SPENDSGIR + 12)));
	EXPECT_EQ(-ENXIO, has(self->fd, DIST_REGS, GICD_CTLR + 2));
	EXPECT_EQ(-ENXIO, has(self->fd, DIST_REGS, 0x1000));
	EXPECT_EQ(-EINVAL, has(self->fd, DIST_REGS, OF(4) | GICD_CTLR));
	EXPECT_EQ(0, has(self->fd, CPU_REGS, OF(1) | GICC_PMR));
	EXPECT_EQ(0, has(self->fd, CPU_REGS, GICC_APR0 + 12));
	EXPECT_EQ(-ENXIO, has(self->fd, CPU_REGS, GICC_IAR));
	EXPECT_EQ(-ENXIO, has(self->fd, CPU_REGS, GICC_DIR));
	EXPECT_EQ(-EINVAL, has(self->fd, CPU_REGS, OF(255) | GICC_PMR));
}

TEST_F(vgic, unknown_attributes_are_enxio)
{
	u32 v = 0;

	EXPECT_EQ(-ENXIO, set64(self->fd, ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, GICD_BASE));
	EXPECT_EQ(-ENXIO, set64(self->fd, ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, GICR_BASE));
	EXPECT_EQ(-ENXIO, set64(self->fd, GIC_CTRL, KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES, 0));
	EXPECT_EQ(-ENXIO, get32(self->fd, KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, 0, &v));
	EXPECT_EQ(-ENXIO, get32(self->fd, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 0, &v));
}

TEST_F(vgic, addresses)
{
	u64 v = 0;

	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, DIST, GICD_BASE + 8));
	EXPECT_EQ(-E2BIG, set64(self->fd, ADDR, DIST, 1ULL << 40));
	EXPECT_EQ(-E2BIG, set64(self->fd, ADDR, CPU, (1ULL << 40) - SZ_4K));
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, CPU, -(u64)SZ_4K));
	EXPECT_EQ(-EFAULT, dev_attr(self->fd, KVM_SET_DEVICE_ATTR, ADDR, DIST, NULL));
	EXPECT_EQ(0, set64(self->fd, ADDR, DIST, GICD_BASE + SZ_4K));
	EXPECT_EQ(-EEXIST, set64(self->fd, ADDR, DIST, GICD_BASE));
	EXPECT_EQ(0, set64(self->fd, ADDR, CPU, GICC_BASE));
	EXPECT_EQ(-EEXIST, set64(self->fd, ADDR, CPU, GICC_BASE));
	EXPECT_EQ(0, dev_attr(self->fd, KVM_GET_DEVICE_ATTR, ADDR, CPU, &v));
	EXPECT_EQ(GICC_BASE, v);
}

TEST_F(vgic, number_of_interrupts)
{
	u32 v = 0;

	EXPECT_EQ(-EINVAL, set32(self->fd, NR_IRQS, 0, 32));
	EXPECT_EQ(-EINVAL, set32(self->fd, NR_IRQS, 0, 1024));
	EXPECT_EQ(0, set32(self->fd, NR_IRQS, 0, 96));
	EXPECT_EQ(-EBUSY, set32(self->fd, NR_IRQS, 0, 96));
	EXPECT_EQ(0, init(self->fd));
	EXPECT_EQ(0, init(self->fd));
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, GICD_TYPER, &v));
	EXPECT_EQ(96 / 32 - 1, v & 0x1f);
	EXPECT_EQ(4 - 1, v >> 5 & 7);
}

/* Without INIT: the first look at a register does it. */
TEST_F(vgic, registers_initialise)
{
	u32 v = 0;

	EXPECT_EQ(0, get32(self->fd, DIST_REGS, GICD_IIDR, &v));
	EXPECT_EQ(0x4b00043b, v & 0xff000fff);
	EXPECT_EQ(-EBUSY, set32(self->fd, NR_IRQS, 0, 96));
	EXPECT_EQ(-EBUSY, kioctl(self->vm->fd, KVM_CREATE_VCPU, 4));
}

/* A write through the attributes reads back, as in saving and restoring. */
TEST_F(vgic, distributor_saves_and_restores)
{
	static const struct { u32 offset, value; } rows[] = {
		{ GICD_CTLR,			1 },
		{ GICD_ISENABLER,		0x0800ffff },
		{ GICD_ISENABLER + 4,		0x0f0f00ff },
		{ GICD_ISPENDR,			0x00000005 },
		{ GICD_ISPENDR + 8,		0x00010003 },
		{ GICD_ISACTIVER,		0x00000002 },
		{ GICD_ISACTIVER + 8,		0x80000001 },
		{ GICD_IPRIORITYR + 4,		0xa0a0a0a0 },
		{ GICD_IPRIORITYR + 0x24,	0x10b8f008 },
		{ GICD_ITARGETSR + 0x20,	0x01020408 },
		{ GICD_ICFGR + 8,		0xaaaa0000 },
	};
	unsigned int i;
	u32 v;

	ASSERT_EQ(0, set32(self->fd, NR_IRQS, 0, 96));
	ASSERT_EQ(0, init(self->fd));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(0, set32(self->fd, DIST_REGS, OF(1) | rows[i].offset, rows[i].value));
		v = 0;
		EXPECT_EQ(0, get32(self->fd, DIST_REGS, OF(1) | rows[i].offset, &v));
		EXPECT_EQ(rows[i].value, v)
			TH_LOG("offset 0x%x", rows[i].offset);
	}
	/* banked: another vCPU's are as they were; shared: the same */
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, OF(2) | GICD_ISPENDR, &v));
	EXPECT_EQ(0, v);
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, OF(2) | (GICD_ISPENDR + 8), &v));
	EXPECT_EQ(0x00010003, v);
	/* a pending SGI that comes without its senders is the vCPU's own */
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, OF(1) | GICD_SPENDSGIR, &v));
	EXPECT_EQ(0x00020002, v);
	EXPECT_EQ(0, set32(self->fd, DIST_REGS, OF(1) | GICD_ICPENDR, 0x00000004));
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, OF(1) | GICD_SPENDSGIR, &v));
	EXPECT_EQ(0x00000002, v);
	/* with them */
	EXPECT_EQ(0, set32(self->fd, DIST_REGS, OF(1) | GICD_SPENDSGIR, 0x09000000));
	EXPECT_EQ(0, set32(self->fd, DIST_REGS, OF(1) | GICD_CPENDSGIR, 0x01000002));
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, OF(1) | GICD_CPENDSGIR, &v));
	EXPECT_EQ(0x08000000, v);
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, OF(1) | GICD_ISPENDR, &v));
	EXPECT_EQ(0x00000008, v);
	/* each vCPU finds its own bit in the targets of its private interrupts */
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, OF(3) | GICD_ITARGETSR, &v));
	EXPECT_EQ(0x08080808, v);
	/* there are four vCPUs */
	EXPECT_EQ(0, set32(self->fd, DIST_REGS, GICD_ITARGETSR + 0x24, ~0u));
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, GICD_ITARGETSR + 0x24, &v));
	EXPECT_EQ(0x0f0f0f0f, v);
	EXPECT_EQ(-EINVAL, get32(self->fd, DIST_REGS, OF(4) | GICD_CTLR, &v));
}

/* Groups can be written once user space has shown, by GICD_IIDR, that it knows them. */
TEST_F(vgic, groups_follow_the_revision)
{
	u32 v = 0, iidr = 0;

	ASSERT_EQ(0, init(self->fd));
	EXPECT_EQ(0, set32(self->fd, DIST_REGS, GICD_IGROUPR + 4, 0x1234));
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, GICD_IGROUPR + 4, &v));
	EXPECT_EQ(0, v);
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, GICD_IIDR, &iidr));
	EXPECT_EQ(-EINVAL, set32(self->fd, DIST_REGS, GICD_IIDR, iidr ^ 1));
	EXPECT_EQ(-EINVAL, set32(self->fd, DIST_REGS, GICD_IIDR, iidr & ~0xf000));
	EXPECT_EQ(0, set32(self->fd, DIST_REGS, GICD_IIDR, iidr));
	EXPECT_EQ(0, set32(self->fd, DIST_REGS, GICD_IGROUPR + 4, 0x1234));
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, GICD_IGROUPR + 4, &v));
	EXPECT_EQ(0x1234, v);
}

TEST_F(vgic, cpu_interface_saves_and_restores)
{
	/* PMR is the five upper bits of the mask: KVM's ABI */
	static const struct { u32 offset, value, reads; } rows[] = {
		{ GICC_CTLR,		0x21f,		0x21f & 0x21f },
		{ GICC_PMR,		0x1e,		0x1e },
		{ GICC_PMR,		0xff,		0x1f },
		{ GICC_BPR,		3,		3 },
		{ GICC_ABPR,		5,		5 },
		{ GICC_APR0,		0x80000010,	0x80000010 },
		{ GICC_APR0 + 4,	0xffff,		0 },
	};
	unsigned int i;
	u32 v;

	ASSERT_EQ(0, init(self->fd));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(0, set32(self->fd, CPU_REGS, OF(2) | rows[i].offset, rows[i].value));
		v = ~0u;
		EXPECT_EQ(0, get32(self->fd, CPU_REGS, OF(2) | rows[i].offset, &v));
		EXPECT_EQ(rows[i].reads, v)
			TH_LOG("offset 0x%x", rows[i].offset);
	}
	EXPECT_EQ(0, get32(self->fd, CPU_REGS, OF(1) | GICC_CTLR, &v));
	EXPECT_EQ(0, v);
	EXPECT_EQ(0, get32(self->fd, CPU_REGS, GICC_IIDR, &v));
	EXPECT_EQ(0x2043b, v & 0xfffff);
	EXPECT_EQ(-EINVAL, get32(self->fd, CPU_REGS, OF(4) | GICC_CTLR, &v));
}

/* ---- life ------------------------------------------------------------------- */

static void guest_done(u64 arg)
{
	GUEST_ASSERT_EQ(0x43b, readl(GICD_BASE + GICD_IIDR) & 0xfff);
	writel(1, GICC_BASE + GICC_CTLR);
	GUEST_ASSERT_EQ(1, readl(GICC_BASE + GICC_CTLR));
	GUEST_DONE();
}

static int set_device_addr(struct vm *vm, u64 id, u64 addr)
{
	struct kvm_arm_device_addr dev = { .id = id, .addr = addr };

	return kioctlp(vm->fd, KVM_ARM_SET_DEVICE_ADDR, &dev);
}

TEST(a_gic_by_the_old_calls)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_done, 0);
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_V2 };

	EXPECT_EQ(1, check_cap(vm->fd, KVM_CAP_IRQCHIP));
	EXPECT_EQ(1, check_cap(vm->fd, KVM_CAP_ARM_SET_DEVICE_ADDR));
	EXPECT_EQ(-ENODEV, set_device_addr(vm, DIST, GICD_BASE));
	ASSERT_EQ(0, kioctl(vm->fd, KVM_CREATE_IRQCHIP, 0));
	EXPECT_EQ(-EEXIST, kioctl(vm->fd, KVM_CREATE_IRQCHIP, 0));
	EXPECT_EQ(-EEXIST, kioctlp(vm->fd, KVM_CREATE_DEVICE, &cd));
	EXPECT_EQ(-ENODEV, set_device_addr(vm, 1 << 16 | DIST, GICD_BASE));
	EXPECT_EQ(-ENODEV, set_device_addr(vm, KVM_VGIC_V3_ADDR_TYPE_DIST, GICD_BASE));
	EXPECT_EQ(-EINVAL, set_device_addr(vm, DIST, GICD_BASE + 4));
	EXPECT_EQ(-E2BIG, set_device_addr(vm, CPU, 1ULL << 48));
	EXPECT_EQ(0, set_device_addr(vm, DIST, GICD_BASE));
	EXPECT_EQ(-EEXIST, set_device_addr(vm, DIST, GICD_BASE));
	EXPECT_EQ(0, set_device_addr(vm, CPU, GICC_BASE));
	/* a line before anybody initialised it */
	EXPECT_EQ(0, irq_line(vm, KVM_ARM_IRQ_TYPE_SPI, 0, 40, 1));
	vcpu_run_done(vcpu);
	EXPECT_EQ(-EBUSY, kioctl(vm->fd, KVM_CREATE_VCPU, 1));
	vm_free(vm);
}

static int run_with(u64 dist, u64 cpu)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_done, 0);
	int ret;

	if (kioctl(vm->fd, KVM_CREATE_IRQCHIP, 0))
		die("CREATE_IRQCHIP");
	if (dist != ~0ULL && set_device_addr(vm, DIST, dist))
		die("DIST");
	if (cpu != ~0ULL && set_device_addr(vm, CPU, cpu))
		die("CPU");
	ret = vcpu_run_once(vcpu);
	vm_free(vm);
	return ret;
}

TEST(not_run_without_addresses_or_when_they_overlap)
{
	EXPECT_EQ(-ENXIO, run_with(~0ULL, ~0ULL));
	EXPECT_EQ(-ENXIO, run_with(GICD_BASE, ~0ULL));
	EXPECT_EQ(-ENXIO, run_with(~0ULL, GICC_BASE));
	EXPECT_EQ(-EINVAL, run_with(GICD_BASE, GICD_BASE));
	EXPECT_EQ(-EINVAL, run_with(GICC_BASE + SZ_4K, GICC_BASE));
}

TEST(eight_vcpus)
{
	struct vm *vm = vm_create();
	int i;

	EXPECT_EQ(8, check_cap(vm->fd, KVM_CAP_MAX_VCPUS));
	EXPECT_EQ(8, check_cap(vm->dev, KVM_CAP_MAX_VCPUS));
	for (i = 0; i < 8; i++)
		vcpu_create(vm, i);
	EXPECT_EQ(-EINVAL, kioctl(vm->fd, KVM_CREATE_VCPU, 8));
	gic_create(vm, 64);
	EXPECT_EQ(8, check_cap(vm->fd, KVM_CAP_MAX_VCPUS));
	vm_free(vm);
}

TEST(no_gicv3)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
	struct vm *vm = vm_create();

	EXPECT_EQ(-ENODEV, kioctlp(vm->fd, KVM_CREATE_DEVICE, &cd));
	cd.flags = KVM_CREATE_DEVICE_TEST;
	EXPECT_EQ(-ENODEV, kioctlp(vm->fd, KVM_CREATE_DEVICE, &cd));
	cd.type = KVM_DEV_TYPE_ARM_VGIC_V2;
	EXPECT_EQ(0, kioctlp(vm->fd, KVM_CREATE_DEVICE, &cd));
	vm_free(vm);
}

SELFTEST_MAIN_IF(gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V2), "the host has no GICv2 for guests")
