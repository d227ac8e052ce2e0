// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The GICv3's device attributes take what part 5 of the ABI document
 *            allows and refuse everything else with its errno.
 * Reference: kvm-abi.md part 5; Linux Documentation/virt/kvm/devices/arm-vgic-v3.
 * A failure: shows the attribute's line and the errno; see vgic/ (attributes).
 */
#include "harness.h"
#include "dev_attr.h"

#define ADDR	KVM_DEV_ARM_VGIC_GRP_ADDR
#define DIST	KVM_VGIC_V3_ADDR_TYPE_DIST
#define REDIST	KVM_VGIC_V3_ADDR_TYPE_REDIST
#define REGION	KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION
#define NR_IRQS	KVM_DEV_ARM_VGIC_GRP_NR_IRQS
#define GIC_CTRL KVM_DEV_ARM_VGIC_GRP_CTRL
#define INIT	KVM_DEV_ARM_VGIC_CTRL_INIT
#define DIST_REGS	KVM_DEV_ARM_VGIC_GRP_DIST_REGS
#define REDIST_REGS	KVM_DEV_ARM_VGIC_GRP_REDIST_REGS
#define SYSREGS		KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS
#define LEVEL_INFO	KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO

#define REGION_VALUE(base, count, index) \
	((u64)(count) << 52 | (base) | (index))

FIXTURE(vgic) {
	struct vm *vm;
	int fd;
};

FIXTURE_SETUP(vgic)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_V3 };
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
	EXPECT_EQ(0, has(self->fd, ADDR, REDIST));
	EXPECT_EQ(0, has(self->fd, ADDR, REGION));
	EXPECT_EQ(-ENXIO, has(self->fd, ADDR, KVM_VGIC_V2_ADDR_TYPE_DIST));
	EXPECT_EQ(-ENXIO, has(self->fd, ADDR, KVM_VGIC_V2_ADDR_TYPE_CPU));
	EXPECT_EQ(-ENXIO, has(self->fd, ADDR, 6));
	EXPECT_EQ(-ENXIO, has(self->fd, ADDR, ~0ULL));
	EXPECT_EQ(0, has(self->fd, NR_IRQS, 0));
	EXPECT_EQ(0, has(self->fd, GIC_CTRL, INIT));
	EXPECT_EQ(-ENXIO, has(self->fd, GIC_CTRL, 99));
	EXPECT_EQ(0, has(self->fd, DIST_REGS, GICD_CTLR));
	EXPECT_EQ(0, has(self->fd, REDIST_REGS, GICR_CTLR));
	EXPECT_EQ(-ENXIO, has(self->fd, 99, 0));
	EXPECT_EQ(-ENXIO, has(self->fd, ~0u, ~0ULL));
}

TEST_F(vgic, unknown_attributes_are_enxio)
{
	u64 v = 0;

	EXPECT_EQ(-ENXIO, set64(self->fd, 99, 0, 0));
	EXPECT_EQ(-ENXIO, get64(self->fd, 99, 0, &v));
	EXPECT_EQ(-ENXIO, set64(self->fd, GIC_CTRL, 99, 0));
	EXPECT_EQ(-ENXIO, get64(self->fd, GIC_CTRL, INIT, &v));
}

TEST_F(vgic, dist_address)
{
	u64 v = 0;

	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, DIST, GICD_BASE + SZ_4K));
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, DIST, GICD_BASE + 1));
	EXPECT_EQ(-E2BIG, set64(self->fd, ADDR, DIST, 1ULL << 40));
	EXPECT_EQ(-E2BIG, set64(self->fd, ADDR, DIST, 1ULL << 62));
	EXPECT_EQ(-EFAULT, dev_attr(self->fd, KVM_SET_DEVICE_ATTR, ADDR, DIST, NULL));
	EXPECT_EQ(0, set64(self->fd, ADDR, DIST, GICD_BASE));
	EXPECT_EQ(0, get64(self->fd, ADDR, DIST, &v));
	EXPECT_EQ(GICD_BASE, v);
	EXPECT_EQ(-EEXIST, set64(self->fd, ADDR, DIST, GICD_BASE));
	EXPECT_EQ(-EEXIST, set64(self->fd, ADDR, DIST, GICD_BASE + SZ_64K));
}

TEST_F(vgic, v2_addresses_are_no_attribute)
{
	EXPECT_NE(0, set64(self->fd, ADDR, KVM_VGIC_V2_ADDR_TYPE_DIST, GICD_BASE));
	EXPECT_NE(0, set64(self->fd, ADDR, KVM_VGIC_V2_ADDR_TYPE_CPU, GICD_BASE));
}

TEST_F(vgic, legacy_redist_address)
{
	u64 v = 0;

	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, REDIST, GICR_BASE + SZ_4K));
	EXPECT_EQ(-E2BIG, set64(self->fd, ADDR, REDIST, 1ULL << 40));
	/* four vCPUs need 512K */
	EXPECT_EQ(-E2BIG, set64(self->fd, ADDR, REDIST, (1ULL << 40) - 3 * GICR_STRIDE));
	EXPECT_EQ(0, set64(self->fd, ADDR, REDIST, GICR_BASE));
	EXPECT_EQ(0, get64(self->fd, ADDR, REDIST, &v));
	EXPECT_EQ(GICR_BASE, v);
	EXPECT_EQ(-EEXIST, set64(self->fd, ADDR, REDIST, GICR_BASE + 0x1000000));
	/* no mixing with the newer way */
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, REGION,
				 REGION_VALUE(GICR_BASE + 0x1000000, 1, 0)));
}

TEST_F(vgic, redist_over_dist_is_einval)
{
	ASSERT_EQ(0, set64(self->fd, ADDR, DIST, GICD_BASE));
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, REDIST, GICD_BASE));
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, REDIST, GICD_BASE - GICR_STRIDE));
	EXPECT_EQ(0, set64(self->fd, ADDR, REDIST, GICD_BASE + SZ_64K));
}

TEST_F(vgic, redist_regions)
{
	u64 v = 0;

	ASSERT_EQ(0, set64(self->fd, ADDR, DIST, GICD_BASE));
	EXPECT_EQ(-EFAULT, dev_attr(self->fd, KVM_SET_DEVICE_ATTR, ADDR, REGION, NULL));
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, REGION, REGION_VALUE(GICR_BASE, 0, 0)));
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, REGION, REGION_VALUE(GICR_BASE, 2, 1)));
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, REGION,
				 REGION_VALUE(GICR_BASE, 2, 0) | 1 << 12));
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, REGION, REGION_VALUE(GICD_BASE, 2, 0)));
	EXPECT_EQ(-E2BIG, set64(self->fd, ADDR, REGION, REGION_VALUE(1ULL << 40, 2, 0)));
	EXPECT_EQ(-E2BIG, set64(self->fd, ADDR, REGION,
				REGION_VALUE((1ULL << 40) - GICR_STRIDE, 2, 0)));
	EXPECT_EQ(0, set64(self->fd, ADDR, REGION, REGION_VALUE(GICR_BASE, 2, 0)));
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, REGION, REGION_VALUE(GICR_BASE, 2, 1)));
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, REGION,
				 REGION_VALUE(GICR_BASE + GICR_STRIDE, 2, 1)));
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, REGION,
				 REGION_VALUE(GICR_BASE + 0x100000, 2, 0)));
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, REGION,
				 REGION_VALUE(GICR_BASE + 0x100000, 2, 2)));
	EXPECT_EQ(0, set64(self->fd, ADDR, REGION,
			   REGION_VALUE(GICR_BASE + 0x100000, 2, 1)));
	EXPECT_EQ(-EINVAL, set64(self->fd, ADDR, REDIST, GICR_BASE + 0x200000));
	v = 1;
	EXPECT_EQ(0, get64(self->fd, ADDR, REGION, &v));
	EXPECT_EQ(REGION_VALUE(GICR_BASE + 0x100000, 2, 1), v);
	v = 2;
	EXPECT_EQ(-ENOENT, get64(self->fd, ADDR, REGION, &v));
}

TEST_F(vgic, number_of_interrupts)
{
	static const u32 bad[] = { 0, 1, 31, 32, 63, 65, 100, 1023, 1025, 1056, ~0u };
	unsigned int i;
	u32 v = 0;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, set32(self->fd, NR_IRQS, 0, bad[i]))
			TH_LOG("nr_irqs %u", bad[i]);
	}
	EXPECT_EQ(-EFAULT, dev_attr(self->fd, KVM_SET_DEVICE_ATTR, NR_IRQS, 0, NULL));
	EXPECT_EQ(0, set32(self->fd, NR_IRQS, 0, 96));
	EXPECT_EQ(0, get32(self->fd, NR_IRQS, 0, &v));
	EXPECT_EQ(96, v);
	EXPECT_EQ(-EBUSY, set32(self->fd, NR_IRQS, 0, 96));
	EXPECT_EQ(-EBUSY, set32(self->fd, NR_IRQS, 0, 128));
}

TEST_F(vgic, number_of_interrupts_is_fixed_by_init)
{
	u32 v = 0;

	ASSERT_EQ(0, init(self->fd));
	EXPECT_EQ(-EBUSY, set32(self->fd, NR_IRQS, 0, 96));
	EXPECT_EQ(0, get32(self->fd, NR_IRQS, 0, &v));
	EXPECT_EQ(256, v);
}

TEST_F(vgic, init_may_be_repeated_and_comes_before_or_after_addresses)
{
	EXPECT_EQ(0, init(self->fd));
	EXPECT_EQ(0, init(self->fd));
	EXPECT_EQ(0, set64(self->fd, ADDR, DIST, GICD_BASE));
	EXPECT_EQ(0, set64(self->fd, ADDR, REDIST, GICR_BASE));
	EXPECT_EQ(0, init(self->fd));
	EXPECT_EQ(-EEXIST, set64(self->fd, ADDR, DIST, GICD_BASE));
}

TEST_F(vgic, two_registers_do_not_wait_for_init)
{
	u32 v = 1, iidr;

	if (access(ARMVCPU_DEBUGFS, F_OK))
		SKIP(return, "KVM so since 6.16");
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, GICD_TYPER2, &v));
	EXPECT_EQ(0, v);
	EXPECT_EQ(0, set32(self->fd, DIST_REGS, GICD_TYPER2, 0));
	EXPECT_EQ(-EINVAL, set32(self->fd, DIST_REGS, GICD_TYPER2, 0x100));
	ASSERT_EQ(0, get32(self->fd, DIST_REGS, GICD_IIDR, &iidr));
	EXPECT_EQ(0x4b00343b, iidr);
	EXPECT_EQ(-EINVAL, set32(self->fd, DIST_REGS, GICD_IIDR, iidr ^ 1));
	EXPECT_EQ(-EINVAL, set32(self->fd, DIST_REGS, GICD_IIDR, 0x4b00f43b));
	EXPECT_EQ(0, set32(self->fd, DIST_REGS, GICD_IIDR, 0x4b00243b));
	ASSERT_EQ(0, init(self->fd));
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, GICD_IIDR, &v));
	EXPECT_EQ(0x4b00243b, v);
	EXPECT_EQ(-EBUSY, set32(self->fd, DIST_REGS, GICD_TYPER2, 0x100));
	EXPECT_EQ(0, set32(self->fd, DIST_REGS, GICD_TYPER2, 0));
}

TEST_F(vgic, registers_wait_for_init)
{
	u64 v64 = 0;
	u32 v = 0;

	EXPECT_EQ(-EBUSY, get32(self->fd, DIST_REGS, GICD_CTLR, &v));
	EXPECT_EQ(-EBUSY, set32(self->fd, DIST_REGS, GICD_CTLR, 0));
	EXPECT_EQ(-EBUSY, get32(self->fd, REDIST_REGS, GICR_CTLR, &v));
	EXPECT_EQ(-EBUSY, get64(self->fd, SYSREGS, 0xc230, &v64));
	EXPECT_EQ(-EBUSY, get32(self->fd, LEVEL_INFO, 0, &v));
	ASSERT_EQ(0, set32(self->fd, NR_IRQS, 0, 96));
	ASSERT_EQ(0, init(self->fd));
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, GICD_CTLR, &v));
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, GICD_TYPER, &v));
	EXPECT_EQ(96 / 32 - 1, v & 0x1f);
	EXPECT_EQ(0, get32(self->fd, DIST_REGS, GICD_IIDR, &v));
	EXPECT_EQ(0x4b00043b, v & 0xff000fff);
	EXPECT_EQ(0, get32(self->fd, REDIST_REGS, GICR_CTLR, &v));
	EXPECT_EQ(0, get64(self->fd, SYSREGS, 0xc230, &v64));
	EXPECT_EQ(0, get32(self->fd, LEVEL_INFO, 0, &v));
	/* no register: HAS says so; a read gives 0 or the same error */
	EXPECT_EQ(-ENXIO, has(self->fd, DIST_REGS, 0xc000));
	EXPECT_EQ(-ENXIO, has(self->fd, DIST_REGS, GICD_CTLR + 2));
	EXPECT_EQ(-ENXIO, has(self->fd, REDIST_REGS, 0x20000));
	v = 0;
	if (get32(self->fd, DIST_REGS, 0xc000, &v) != -ENXIO) {
		EXPECT_EQ(0, v);
	}
}

/* A write through the attributes reads back, as in saving and restoring. */
TEST_F(vgic, registers_save_and_restore)
{
	static const struct { u32 group, offset, value; } rows[] = {
		{ DIST_REGS,	GICD_IGROUPR + 4,		0x12345678 },
		{ DIST_REGS,	GICD_ISENABLER + 4,		0x0f0f00ff },
		{ DIST_REGS,	GICD_ISPENDR + 8,		0x00010003 },
		{ DIST_REGS,	GICD_ISACTIVER + 8,		0x80000001 },
		{ DIST_REGS,	GICD_IPRIORITYR + 0x24,		0x10b8f008 },
		{ DIST_REGS,	GICD_ICFGR + 8,			0xaaaa0000 },
		{ DIST_REGS,	GICD_IROUTER + 8 * 40,		2 },
		{ REDIST_REGS,	GICR_SGI_BASE + GICD_IGROUPR,	0xffff0000 },
		{ REDIST_REGS,	GICR_SGI_BASE + GICD_ISENABLER,	0x0800ffff },
		{ REDIST_REGS,	GICR_SGI_BASE + GICD_ISPENDR,	0x00000005 },
		{ REDIST_REGS,	GICR_SGI_BASE + GICD_ISACTIVER,	0x00000002 },
		{ REDIST_REGS,	GICR_SGI_BASE + GICD_IPRIORITYR + 4, 0xa0a0a0a0 },
	};
	unsigned int i;
	u32 v;

	ASSERT_EQ(0, set32(self->fd, NR_IRQS, 0, 96));
	ASSERT_EQ(0, init(self->fd));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		/* the redistributor of vCPU 1 */
		u64 attr = rows[i].offset | (rows[i].group == REDIST_REGS ? 1ULL << 32 : 0);

		EXPECT_EQ(0, set32(self->fd, rows[i].group, attr, rows[i].value));
		v = 0;
		EXPECT_EQ(0, get32(self->fd, rows[i].group, attr, &v));
		EXPECT_EQ(rows[i].value, v)
			TH_LOG("group %u offset 0x%x", rows[i].group, rows[i].offset);
	}
	/* the other vCPUs' banks stay as they were */
	EXPECT_EQ(0, get32(self->fd, REDIST_REGS, GICR_SGI_BASE + GICD_ISACTIVER, &v));
	EXPECT_EQ(0, v);
	EXPECT_EQ(0, get32(self->fd, REDIST_REGS,
			   2ULL << 32 | (GICR_SGI_BASE + GICD_ISPENDR), &v));
	EXPECT_EQ(0, v & 5);
}

TEST_F(vgic, a_user_access_is_32_bits)
{
	u64 v = 0xdeadbeefcafef00dULL;

	ASSERT_EQ(0, init(self->fd));
	EXPECT_EQ(0, dev_attr(self->fd, KVM_GET_DEVICE_ATTR, DIST_REGS, GICD_CTLR, &v));
	EXPECT_EQ(0xdeadbeef, v >> 32);
}

TEST_F(vgic, vcpus_are_named_by_affinity)
{
	u64 v64 = 0;
	u32 v = 0;

	ASSERT_EQ(0, init(self->fd));
	EXPECT_EQ(0, get32(self->fd, REDIST_REGS, 3ULL << 32 | GICR_TYPER, &v));
	EXPECT_EQ(3 << 8, v & 0xffff00);
	EXPECT_EQ(0, get32(self->fd, REDIST_REGS, 3ULL << 32 | (GICR_TYPER + 4), &v));
	EXPECT_EQ(3, v);
	EXPECT_EQ(-EINVAL, get32(self->fd, REDIST_REGS, 4ULL << 32 | GICR_TYPER, &v));
	EXPECT_EQ(-EINVAL, get32(self->fd, REDIST_REGS, 0x100ULL << 32 | GICR_TYPER, &v));
	EXPECT_EQ(-EINVAL, get64(self->fd, SYSREGS, 5ULL << 32 | 0xc230, &v64));
	EXPECT_EQ(-EINVAL, get32(self->fd, LEVEL_INFO, 5ULL << 32, &v));
}

/* Last: of the redistributors of a contiguous region, as the guest scans them. */
TEST_F(vgic, the_last_redistributor_says_so)
{
	unsigned int i;
	u32 v = 0;

	ASSERT_EQ(0, set64(self->fd, ADDR, DIST, GICD_BASE));
	ASSERT_EQ(0, set64(self->fd, ADDR, REDIST, GICR_BASE));
	ASSERT_EQ(0, init(self->fd));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, get32(self->fd, REDIST_REGS, (u64)i << 32 | GICR_TYPER, &v));
		EXPECT_EQ(i == 3, v >> 4 & 1);
	}
}

TEST_F(vgic, cpu_interface_registers)
{
	/* op0 3, op1 0, CRn, CRm, op2 as in the attribute */
	static const struct { const char *name; u16 enc; u64 value; } rows[] = {
		{ "ICC_PMR_EL1",	0xc230, 0xf0 },
		{ "ICC_BPR0_EL1",	0xc643, 5 },
		{ "ICC_AP0R0_EL1",	0xc644, 0 },
		{ "ICC_AP1R0_EL1",	0xc648, 4 },
		{ "ICC_BPR1_EL1",	0xc663, 6 },
		{ "ICC_IGRPEN0_EL1",	0xc666, 0 },
		{ "ICC_IGRPEN1_EL1",	0xc667, 1 },
	};
	unsigned int i;
	u64 v;

	ASSERT_EQ(0, init(self->fd));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(0, set64(self->fd, SYSREGS, 2ULL << 32 | rows[i].enc, rows[i].value))
			TH_LOG("%s", rows[i].name);
		v = ~0ULL;
		EXPECT_EQ(0, get64(self->fd, SYSREGS, 2ULL << 32 | rows[i].enc, &v));
		EXPECT_EQ(rows[i].value, v)
			TH_LOG("%s", rows[i].name);
	}
	/* ICC_SRE: SRE, DFB, DIB always on; ICC_CTLR: only the host's PRIbits, IDbits */
	EXPECT_EQ(0, get64(self->fd, SYSREGS, 0xc665, &v));
	EXPECT_EQ(7, v & 7);
	EXPECT_EQ(0, get64(self->fd, SYSREGS, 0xc664, &v));
	EXPECT_EQ(0, set64(self->fd, SYSREGS, 0xc664, v));
	EXPECT_EQ(-EINVAL, set64(self->fd, SYSREGS, 0xc664, v | 7 << 8));
	EXPECT_EQ(-EINVAL, set64(self->fd, SYSREGS, 0xc664, v | 7 << 11));
	EXPECT_EQ(-EINVAL, set64(self->fd, SYSREGS, 0xc664, v ^ 1 << 15));
	/* ICC_IAR1 is no state */
	EXPECT_NE(0, get64(self->fd, SYSREGS, 0xc660, &v));
}

TEST_F(vgic, line_levels)
{
	u32 v = 0;

	ASSERT_EQ(0, set32(self->fd, NR_IRQS, 0, 96));
	ASSERT_EQ(0, init(self->fd));
	/* 35 and 37 level, the others of the word edge */
	ASSERT_EQ(0, set32(self->fd, DIST_REGS, GICD_ICFGR + 8, 0xaaaaaaaa & ~(2 << 6 | 2 << 10)));
	ASSERT_EQ(0, irq_line(self->vm, KVM_ARM_IRQ_TYPE_SPI, 0, 35, 1));
	ASSERT_EQ(0, irq_line(self->vm, KVM_ARM_IRQ_TYPE_SPI, 0, 36, 1));
	EXPECT_EQ(0, get32(self->fd, LEVEL_INFO, 32, &v));
	EXPECT_EQ(1 << 3, v);
	EXPECT_EQ(0, set32(self->fd, LEVEL_INFO, 32, 1 << 5));
	EXPECT_EQ(0, get32(self->fd, LEVEL_INFO, 32, &v));
	EXPECT_EQ(1 << 5, v);
	EXPECT_EQ(-EINVAL, get32(self->fd, LEVEL_INFO, 33, &v));
	EXPECT_EQ(-EINVAL, get32(self->fd, LEVEL_INFO, 1 << 10, &v));
}

SELFTEST_MAIN_IF(gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V3), "the host has no GICv3")
