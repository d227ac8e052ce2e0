// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The distributor's and redistributors' registers read and write as the
 *            GICv3 architecture asks, in each width they allow; reserved ones are
 *            RAZ/WI; wrong widths and offsets hurt nobody; the CPU interface's
 *            registers hold their fields.
 * Reference: GICv3 (IHI0069) 12.9-12.11; kvm-abi.md part 5 (vgic details).
 * A failure: the register's line, or its offset; see vgic/ (register rows).
 */
#include "harness.h"
#include "gic.h"

#define NR_IRQS		96
#define RD(cpu)		(GICR_BASE + (cpu) * GICR_STRIDE)
#define SGI(cpu)	(RD(cpu) + GICR_SGI_BASE)

static void guest_identification(u64 nr_cpus)
{
	u32 v, i;
	u64 typer;

	v = readl(GICD_BASE + GICD_TYPER);
	GUEST_ASSERT_EQ(NR_IRQS / 32 - 1, v & 0x1f);
	GUEST_ASSERT_EQ(0, v >> 17 & 1);		/* LPIS: there is no ITS */
	GUEST_ASSERT(v >> 19 >= 9);			/* IDbits: at least 10 */
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_TYPER2));
	v = readl(GICD_BASE + GICD_IIDR);
	GUEST_ASSERT_EQ(0x43b, v & 0xfff);
	GUEST_ASSERT_EQ(0x4b, v >> 24);
	GUEST_ASSERT_EQ(0x30, readl(GICD_BASE + GICD_PIDR2) & 0xf0);
	for (i = 0; i < nr_cpus; i++) {
		GUEST_ASSERT_EQ(0x30, readl(RD(i) + GICR_PIDR2) & 0xf0);
		GUEST_ASSERT_EQ(0x43b, readl(RD(i) + GICR_IIDR) & 0xfff);
		typer = readq(RD(i) + GICR_TYPER);
		GUEST_ASSERT_EQ(typer & 0xffffffff, readl(RD(i) + GICR_TYPER));
		GUEST_ASSERT_EQ(typer >> 32, readl(RD(i) + GICR_TYPER + 4));
		GUEST_ASSERT_EQ(i, typer >> 32);		/* affinity */
		GUEST_ASSERT_EQ(i, typer >> 8 & 0xffff);	/* processor number */
		GUEST_ASSERT_EQ(i == nr_cpus - 1, typer >> 4 & 1);	/* Last */
	}
	GUEST_DONE();
}

static void guest_control(u64 arg)
{
	u32 v;

	/* single security state, affinity routing always on */
	v = readl(GICD_BASE + GICD_CTLR);
	GUEST_ASSERT_EQ(GICD_CTLR_DS | GICD_CTLR_ARE, v & (GICD_CTLR_DS | GICD_CTLR_ARE));
	GUEST_ASSERT_EQ(0, v & GICD_CTLR_GRP1);
	writel(GICD_CTLR_GRP1, GICD_BASE + GICD_CTLR);
	v = readl(GICD_BASE + GICD_CTLR);
	GUEST_ASSERT_EQ(GICD_CTLR_DS | GICD_CTLR_ARE | GICD_CTLR_GRP1,
			v & (GICD_CTLR_DS | GICD_CTLR_ARE | GICD_CTLR_GRP1));
	writel(0, GICD_BASE + GICD_CTLR);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_CTLR) & GICD_CTLR_GRP1);
	/* the redistributor needn't be woken, but may be */
	writel(0, RD(0) + GICR_WAKER);
	GUEST_ASSERT_EQ(0, readl(RD(0) + GICR_WAKER) & 4);
	/* no LPIs without an ITS to send them... the bit may not stick */
	GUEST_ASSERT_EQ(0, readl(RD(0) + GICR_CTLR) & 1);
	GUEST_DONE();
}

static void set_clear(u64 base, u32 set, u32 clear, u32 off, u32 writable)
{
	writel(~0u, base + clear + off);
	GUEST_ASSERT_EQ(0, readl(base + set + off) & writable);
	writel(0x00ff00ff, base + set + off);
	GUEST_ASSERT_EQ(0x00ff00ff & writable, readl(base + set + off) & writable);
	GUEST_ASSERT_EQ(readl(base + set + off), readl(base + clear + off));
	/* zeros do nothing */
	writel(0, base + set + off);
	writel(0, base + clear + off);
	GUEST_ASSERT_EQ(0x00ff00ff & writable, readl(base + set + off) & writable);
	writel(0x0f00000f, base + set + off);
	writel(0x000f000f, base + clear + off);
	GUEST_ASSERT_EQ(0x0ff000f0 & writable, readl(base + set + off) & writable);
	writel(~0u, base + clear + off);
	GUEST_ASSERT_EQ(0, readl(base + set + off) & writable);
}

static void guest_bit_banks(u64 arg)
{
	u32 i;

	for (i = 4; i < NR_IRQS / 8; i += 4) {
		set_clear(GICD_BASE, GICD_ISENABLER, GICD_ICENABLER, i, ~0u);
		/* edge, so that pending is the latch alone */
		writel(0xaaaaaaaa, GICD_BASE + GICD_ICFGR + i * 2);
		writel(0xaaaaaaaa, GICD_BASE + GICD_ICFGR + i * 2 + 4);
		set_clear(GICD_BASE, GICD_ISPENDR, GICD_ICPENDR, i, ~0u);
		set_clear(GICD_BASE, GICD_ISACTIVER, GICD_ICACTIVER, i, ~0u);
		writel(0x12345678, GICD_BASE + GICD_IGROUPR + i);
		GUEST_ASSERT_EQ(0x12345678, readl(GICD_BASE + GICD_IGROUPR + i));
	}
	/* 0..31 are the redistributor's: here RAZ/WI */
	writel(~0u, GICD_BASE + GICD_ISENABLER);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ISENABLER));
	writel(~0u, GICD_BASE + GICD_ISPENDR);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ISPENDR));
	writel(~0u, GICD_BASE + GICD_IGROUPR);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_IGROUPR));
	writel(~0u, GICD_BASE + GICD_IPRIORITYR);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_IPRIORITYR));
	/* beyond the last interrupt: RAZ/WI */
	writel(~0u, GICD_BASE + GICD_ISENABLER + NR_IRQS / 8);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ISENABLER + NR_IRQS / 8));
	writel(~0u, GICD_BASE + GICD_ISPENDR + 124);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ISPENDR + 124));
	/* the redistributors: timers' PPIs have lives of their own */
	set_clear(SGI(0), GICD_ISENABLER, GICD_ICENABLER, 0, ~0u);
	set_clear(SGI(0), GICD_ISACTIVER, GICD_ICACTIVER, 0, 0x00ffffff);
	set_clear(SGI(0), GICD_ISPENDR, GICD_ICPENDR, 0, 0x00ffffff);
	/* each CPU has its own */
	writel(0x00000f00, SGI(1) + GICD_ISENABLER);
	GUEST_ASSERT_EQ(0, readl(SGI(0) + GICD_ISENABLER) & 0xf00);
	GUEST_ASSERT_EQ(0xf00, readl(SGI(1) + GICD_ISENABLER) & 0xf00);
	GUEST_DONE();
}

static void guest_priorities(u64 arg)
{
	u64 at = GICD_BASE + GICD_IPRIORITYR + 40;

	/* five bits; the others read as zero */
	writel(0xffffffff, at);
	GUEST_ASSERT_EQ(0xf8f8f8f8, readl(at));
	writel(0x40302010, at);
	GUEST_ASSERT_EQ(0x40302010, readl(at));
	/* by bytes */
	writeb(0x88, at + 2);
	GUEST_ASSERT_EQ(0x40882010, readl(at));
	GUEST_ASSERT_EQ(0x40, readb(at + 3));
	GUEST_ASSERT_EQ(0x10, readb(at));
	writel(0x08080808, SGI(0) + GICD_IPRIORITYR + 12);
	writeb(0xf0, SGI(0) + GICD_IPRIORITYR + 13);
	GUEST_ASSERT_EQ(0x0808f008, readl(SGI(0) + GICD_IPRIORITYR + 12));
	/* beyond the last interrupt */
	writel(~0u, GICD_BASE + GICD_IPRIORITYR + NR_IRQS);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_IPRIORITYR + NR_IRQS));
	GUEST_DONE();
}

static void guest_config(u64 arg)
{
	u64 at = GICD_BASE + GICD_ICFGR + 8;

	/* only the upper bit of each pair is writable */
	writel(0xffffffff, at);
	GUEST_ASSERT_EQ(0xaaaaaaaa, readl(at));
	writel(0x0a0a5555, at);
	GUEST_ASSERT_EQ(0x0a0a0000, readl(at));
	/* SGIs are edges, always */
	GUEST_ASSERT_EQ(0xaaaaaaaa, readl(SGI(0) + GICD_ICFGR));
	writel(0, SGI(0) + GICD_ICFGR);
	GUEST_ASSERT_EQ(0xaaaaaaaa, readl(SGI(0) + GICD_ICFGR));
	/* and the distributor doesn't know them */
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ICFGR));
	GUEST_DONE();
}

static void guest_routing(u64 arg)
{
	u64 at = GICD_BASE + GICD_IROUTER + 40 * 8;

	writeq(1, at);
	GUEST_ASSERT_EQ(1, readq(at));
	GUEST_ASSERT_EQ(1, readl(at));
	GUEST_ASSERT_EQ(0, readl(at + 4));
	writel(0, at);
	GUEST_ASSERT_EQ(0, readq(at));
	/* the mode bit (any CPU) isn't implemented */
	writeq(1ULL << 31 | 1, at);
	GUEST_ASSERT_EQ(1, readq(at));
	/* a CPU that doesn't exist: kept, leads nowhere */
	writeq(0x55, at);
	GUEST_ASSERT_EQ(0x55, readq(at));
	gic_set_bit(GICD_ISPENDR, 40);
	gic_enable(40);
	gic_set_bit(GICD_ICPENDR, 40);
	/* the first 32 have no route */
	writeq(1, GICD_BASE + GICD_IROUTER + 8 * 8);
	GUEST_ASSERT_EQ(0, readq(GICD_BASE + GICD_IROUTER + 8 * 8));
	GUEST_DONE();
}

/* Every byte of both frames in every width: an answer, or an abort of the guest. */
static void guest_every_offset(u64 arg)
{
	u64 frame, o, faults = 0;

	fault_expect();
	for (frame = 0; frame < 3; frame++) {
		u64 base = frame == 0 ? GICD_BASE : frame == 1 ? RD(0) : SGI(0);

		for (o = 0; o < SZ_64K; o += 4) {
			/* the dense part fully, the rest by samples */
			if (o >= 0x1000 && o % 0x244)
				continue;
			readl(base + o);
			writel(0xa5a5a5a5, base + o);
			if (o % 8 == 0) {
				readq(base + o);
				writeq(0x5a5a5a5a5a5a5a5aULL, base + o);
			}
			readb(base + o + 1);
			writeb(0xff, base + o + 3);
			readh(base + o + 2);
			writeh(0xffff, base + o);
		}
	}
	faults = fault_taken();
	/* the last registers of a frame, and unaligned within device memory */
	readl(GICD_BASE + GICD_PIDR2);
	GUEST_ASSERT_EQ(0x30, readl(GICD_BASE + GICD_PIDR2) & 0xf0);
	GUEST_SYNC_ARGS(0, faults, 0, 0);
	GUEST_DONE();
}

static void guest_cpu_interface(u64 arg)
{
	u64 v;

	GUEST_ASSERT_EQ(7, read_gicreg(icc_sre) & 7);
	write_gicreg(0, icc_sre);
	GUEST_ASSERT_EQ(1, read_gicreg(icc_sre) & 1);	/* SRE can't be turned off */
	write_gicreg(0xff, icc_pmr);
	GUEST_ASSERT_EQ(0xf8, read_gicreg(icc_pmr));
	write_gicreg(0x50, icc_pmr);
	GUEST_ASSERT_EQ(0x50, read_gicreg(icc_pmr));
	write_gicreg(1, icc_igrpen1);
	GUEST_ASSERT_EQ(1, read_gicreg(icc_igrpen1));
	write_gicreg(0, icc_igrpen1);
	GUEST_ASSERT_EQ(0, read_gicreg(icc_igrpen1));
	write_gicreg(5, icc_bpr1);
	GUEST_ASSERT_EQ(5, read_gicreg(icc_bpr1));
	write_gicreg(0, icc_bpr1);
	v = read_gicreg(icc_bpr1);
	GUEST_ASSERT(v >= 1 && v <= 4);			/* the minimum */
	v = read_gicreg(icc_ctlr);
	GUEST_ASSERT((v >> 8 & 7) >= 4);		/* PRIbits - 1 */
	write_gicreg(2, icc_ctlr);
	GUEST_ASSERT_EQ(2, read_gicreg(icc_ctlr) & 3);
	write_gicreg(0, icc_ctlr);
	GUEST_ASSERT_EQ(0xff, read_gicreg(icc_rpr) & 0xff);
	GUEST_ASSERT_EQ(INTID_SPURIOUS, gic_ack());
	GUEST_ASSERT_EQ(INTID_SPURIOUS, read_gicreg(icc_hppir1) & 0xffffff);
	/* an EOI of nothing, and of ids that don't exist */
	gic_eoi(INTID_SPURIOUS);
	gic_eoi(40);
	gic_eoi(5000);
	write_gicreg(40, icc_dir);
	write_gicreg(0xffffff, icc_dir);
	/* active priorities hold state */
	write_gicreg(0, icc_ap1r0);
	GUEST_ASSERT_EQ(0, read_gicreg(icc_ap1r0));
	GUEST_DONE();
}

static struct vm *gic_vm(void (*fn)(u64), u64 nr_cpus)
{
	struct vm *vm = vm_create_guest();
	int i;

	for (i = 0; i < nr_cpus; i++)
		guest_vcpu(vm, i, fn, nr_cpus);
	gic_create(vm, NR_IRQS);
	return vm;
}

#define GIC_TEST(name, fn)				\
TEST(name)						\
{							\
	struct vm *vm = gic_vm(fn, 3);			\
							\
	vcpu_run_done(vm->vcpus[0]);			\
	vm_free(vm);					\
}

GIC_TEST(identification, guest_identification)
GIC_TEST(control, guest_control)
GIC_TEST(enable_pending_active_group, guest_bit_banks)
GIC_TEST(priorities, guest_priorities)
GIC_TEST(configuration, guest_config)
GIC_TEST(routes, guest_routing)
GIC_TEST(cpu_interface, guest_cpu_interface)

TEST(every_offset_and_width)
{
	struct vm *vm = gic_vm(guest_every_offset, 1);

	vcpu_run_sync(vm->vcpus[0], 0);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

/* What the guest writes, user space reads through the device's attributes. */
static void guest_state(u64 arg)
{
	writel(0x00c0ffee, GICD_BASE + GICD_ISENABLER + 4);
	writel(0x10203040, GICD_BASE + GICD_IPRIORITYR + 36);
	writeq(2, GICD_BASE + GICD_IROUTER + 8 * 50);
	writel(0x00aa0000, SGI(2) + GICD_ISENABLER);
	write_gicreg(0x70, icc_pmr);
	GUEST_SYNC(0);
	/* and the other way round */
	GUEST_ASSERT_EQ(0x11223344 & 0xf8f8f8f8, readl(GICD_BASE + GICD_IPRIORITYR + 60));
	GUEST_ASSERT_EQ(0x30, read_gicreg(icc_pmr));
	GUEST_DONE();
}

TEST(user_space_and_guest_see_the_same)
{
	struct vm *vm = gic_vm(guest_state, 3);
	u32 v = 0;
	u64 w = 0;

	vcpu_run_sync(vm->vcpus[0], 0);
	EXPECT_EQ(0, dev_attr(vm->gic, KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
			      GICD_ISENABLER + 4, &v));
	EXPECT_EQ(0x00c0ffee, v);
	EXPECT_EQ(0, dev_attr(vm->gic, KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
			      GICD_IPRIORITYR + 36, &v));
	EXPECT_EQ(0x10203040, v);
	EXPECT_EQ(0, dev_attr(vm->gic, KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
			      GICD_IROUTER + 8 * 50, &v));
	EXPECT_EQ(2, v);
	EXPECT_EQ(0, dev_attr(vm->gic, KVM_GET_DEVICE_ATTR,
			      KVM_DEV_ARM_VGIC_GRP_REDIST_REGS,
			      2ULL << 32 | (GICR_SGI_BASE + GICD_ISENABLER), &v));
	EXPECT_EQ(0x00aa0000, v & 0x00ff0000);
	EXPECT_EQ(0, dev_attr(vm->gic, KVM_GET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS,
			      0xc230, &w));
	EXPECT_EQ(0x70, w);
	v = 0x11223344;
	EXPECT_EQ(0, dev_attr(vm->gic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_DIST_REGS,
			      GICD_IPRIORITYR + 60, &v));
	w = 0x30;
	EXPECT_EQ(0, dev_attr(vm->gic, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS,
			      0xc230, &w));
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

SELFTEST_MAIN_IF(gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V3), "the host has no GICv3")
