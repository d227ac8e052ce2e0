// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     On a host with a GICv2 a guest's GICv2 has what a GICv3 has not: SGIs
 *            that are pending once per sender, targets of SPIs, banked registers in
 *            the distributor, a CPU interface in memory; and no system registers.
 * Reference: GICv2 architecture (IHI0048) 3.2, 4.3, 4.4.
 * A failure: the guest's line; see vgic/v2.c, regs_v2.c, host/gic_v2.c.
 */
#include <pthread.h>

#include "harness.h"
#include "gic.h"
#include "timer.h"

#define CPUS	4
#define SPI_A	40

/* ---- registers ---------------------------------------------------------------- */

static void guest_distributor(u64 arg)
{
	u32 v, i;

	/* Eight CPUs at most; this VM has four. */
	v = readl(GICD_BASE + GICD_TYPER);
	GUEST_ASSERT_EQ(96 / 32 - 1, v & 0x1f);
	GUEST_ASSERT_EQ(CPUS - 1, v >> 5 & 7);
	GUEST_ASSERT_EQ(0x4b00043b, readl(GICD_BASE + GICD_IIDR) & 0xff000fff);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_CTLR));
	writel(0xff, GICD_BASE + GICD_CTLR);
	GUEST_ASSERT_EQ(1, readl(GICD_BASE + GICD_CTLR));

	/* targets: read-only for private interrupts, a bit per vCPU that is there for the others */
	GUEST_ASSERT_EQ(0x01010101, readl(GICD_BASE + GICD_ITARGETSR));
	writel(0x02020202, GICD_BASE + GICD_ITARGETSR + 16);
	GUEST_ASSERT_EQ(0x01010101, readl(GICD_BASE + GICD_ITARGETSR + 16));
	GUEST_ASSERT_EQ(0x01, readb(GICD_BASE + GICD_ITARGETSR + 31));
	writel(0xff040201, GICD_BASE + GICD_ITARGETSR + 32);
	GUEST_ASSERT_EQ(0x0f040201, readl(GICD_BASE + GICD_ITARGETSR + 32));
	writeb(0x08, GICD_BASE + GICD_ITARGETSR + 33);
	GUEST_ASSERT_EQ(0x0f040801, readl(GICD_BASE + GICD_ITARGETSR + 32));
	writel(~0u, GICD_BASE + GICD_ITARGETSR + 96);	/* beyond the last */
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ITARGETSR + 96));

	/* groups, also of private interrupts */
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_IGROUPR));
	writel(0x12345678, GICD_BASE + GICD_IGROUPR);
	GUEST_ASSERT_EQ(0x12345678, readl(GICD_BASE + GICD_IGROUPR));
	writel(0, GICD_BASE + GICD_IGROUPR);

	/* the pending state of SGIs is written by sender only */
	writel(0xffff, GICD_BASE + GICD_ISPENDR);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ISPENDR) & 0xffff);
	writel(0x00800401, GICD_BASE + GICD_SPENDSGIR + 4);
	GUEST_ASSERT_EQ(0x00800401, readl(GICD_BASE + GICD_SPENDSGIR + 4));
	GUEST_ASSERT_EQ(0x00800401, readl(GICD_BASE + GICD_CPENDSGIR + 4));
	GUEST_ASSERT_EQ(0x0070, readl(GICD_BASE + GICD_ISPENDR) & 0xffff);
	writel(0xffff, GICD_BASE + GICD_ICPENDR);
	GUEST_ASSERT_EQ(0x0070, readl(GICD_BASE + GICD_ISPENDR) & 0xffff);
	writeb(0x07, GICD_BASE + GICD_SPENDSGIR + 15);
	writeb(0x05, GICD_BASE + GICD_CPENDSGIR + 15);
	GUEST_ASSERT_EQ(0x02, readb(GICD_BASE + GICD_SPENDSGIR + 15));
	for (i = 0; i < 16; i += 4)
		writel(~0u, GICD_BASE + GICD_CPENDSGIR + i);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ISPENDR) & 0xffff);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_SGIR));

	/* SGIs are edges and enabled */
	GUEST_ASSERT_EQ(0xaaaaaaaa, readl(GICD_BASE + GICD_ICFGR));
	writel(0, GICD_BASE + GICD_ICFGR);
	GUEST_ASSERT_EQ(0xaaaaaaaa, readl(GICD_BASE + GICD_ICFGR));
	GUEST_DONE();
}

/* Each CPU has its own bank. The second half runs on another vCPU. */
static void guest_banks(u64 arg)
{
	u64 me = this_cpu()->index;

	GUEST_ASSERT_EQ(0x01010101u << me, readl(GICD_BASE + GICD_ITARGETSR + 4));
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ISENABLER) >> 16);
	writel(0x00a00000 << me, GICD_BASE + GICD_ISENABLER);
	GUEST_ASSERT_EQ(0x00a0 << me, readl(GICD_BASE + GICD_ISENABLER) >> 16);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_IPRIORITYR + 20));
	writel(0x10101010 << me, GICD_BASE + GICD_IPRIORITYR + 20);
	GUEST_ASSERT_EQ(0x10101010 << me, readl(GICD_BASE + GICD_IPRIORITYR + 20));
	GUEST_DONE();
}

static void guest_cpu_interface(u64 arg)
{
	u32 o;

	GUEST_ASSERT_EQ(0x2043b & 0xf0000, readl(GICC_BASE + GICC_IIDR) & 0xf0000);
	GUEST_ASSERT_EQ(0, readl(GICC_BASE + GICC_CTLR));
	writel(0xff, GICC_BASE + GICC_PMR);
	GUEST_ASSERT_EQ(0xf8, readl(GICC_BASE + GICC_PMR));
	writel(0x50, GICC_BASE + GICC_PMR);
	GUEST_ASSERT_EQ(0x50, readl(GICC_BASE + GICC_PMR));
	writel(5, GICC_BASE + GICC_BPR);
	GUEST_ASSERT_EQ(5, readl(GICC_BASE + GICC_BPR));
	writel(GICC_CTLR_ENABLE | GICC_CTLR_EOIMODE, GICC_BASE + GICC_CTLR);
	GUEST_ASSERT_EQ(GICC_CTLR_ENABLE | GICC_CTLR_EOIMODE, readl(GICC_BASE + GICC_CTLR));
	/* kept over an exit to user space */
	GUEST_SYNC(0);
	GUEST_ASSERT_EQ(0x50, readl(GICC_BASE + GICC_PMR));
	GUEST_ASSERT_EQ(5, readl(GICC_BASE + GICC_BPR));
	GUEST_ASSERT_EQ(GICC_CTLR_ENABLE | GICC_CTLR_EOIMODE, readl(GICC_BASE + GICC_CTLR));
	GUEST_ASSERT_EQ(INTID_SPURIOUS, GICC_ID(readl(GICC_BASE + GICC_IAR)));
	GUEST_ASSERT_EQ(INTID_SPURIOUS, GICC_ID(readl(GICC_BASE + GICC_HPPIR)));
	/* an EOI and a DIR of nothing, and of ids that don't exist */
	writel(INTID_SPURIOUS, GICC_BASE + GICC_EOIR);
	writel(40, GICC_BASE + GICC_EOIR);
	writel(~0u, GICC_BASE + GICC_EOIR);
	writel(40, GICC_BASE + GICC_DIR);
	writel(~0u, GICC_BASE + GICC_DIR);
	/* the rest of the second page is not there, nor what another width would write */
	for (o = 0; o < SZ_4K; o += 252) {
		GUEST_ASSERT_EQ(0, readl(GICC_BASE + GICC_DIR + o));
		writeb(0xff, GICC_BASE + GICC_DIR + o + 1);
	}
	GUEST_DONE();
}

/* Every word of the distributor: an answer, or an abort of the guest. */
static void guest_every_offset(u64 arg)
{
	u64 o;

	fault_expect();
	for (o = 0; o < SZ_4K; o += 4) {
		readl(GICD_BASE + o);
		writel(0xa5a5a5a5, GICD_BASE + o);
		readb(GICD_BASE + o + 1);
		writeb(0xff, GICD_BASE + o + 3);
		readh(GICD_BASE + o + 2);
		writeh(0xffff, GICD_BASE + o);
		readq(GICD_BASE + (o & ~7UL));
		writeq(~0UL, GICD_BASE + (o & ~7UL));
	}
	fault_taken();
	GUEST_ASSERT_EQ(0x43b, readl(GICD_BASE + GICD_IIDR) & 0xfff);
	GUEST_DONE();
}

static void guest_came_back(void);

/* The CPU interface is data, never code. */
static void guest_no_code(u64 arg)
{
	fault_expect();
	WRITE_ONCE(this_cpu()->resume_pc, (u64)guest_came_back);
	((void (*)(void))GICC_BASE)();
	guest_abort(__FILE__, __LINE__, "code was fetched from the CPU interface", 0, 0);
}

static void guest_came_back(void)
{
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_IABT_CUR, ESR_EC(this_cpu()->esr));
	GUEST_ASSERT_EQ(FSC_EXTERNAL, this_cpu()->esr & 0x3f);
	GUEST_DONE();
}

static void guest_no_system_registers(u64 arg)
{
	GUEST_ASSERT_EQ(0, read_sysreg(id_aa64pfr0_el1) >> 24 & 0xf);
#define UNDEFINED(access) do {							\
	fault_expect();								\
	access;									\
	GUEST_ASSERT_EQ(1, fault_taken());					\
} while (0)
	UNDEFINED(read_gicreg(icc_sre));
	UNDEFINED(read_gicreg(icc_iar1));
	UNDEFINED(read_gicreg(icc_pmr));
	UNDEFINED(write_gicreg(1, icc_igrpen1));
	UNDEFINED(write_gicreg(0, icc_sgi1r));
	UNDEFINED(write_gicreg(40, icc_dir));
	GUEST_DONE();
}

/* ---- SGIs by sender --------------------------------------------------------------- */

static u64 sent, ready[CPUS], target_done;

/* vCPUs 1 and up: each sends SGI 5 twice to vCPU 0, which has its interrupts masked. */
static void guest_sender(u64 arg)
{
	u64 me = this_cpu()->index;

	gic_cpu_init();
	WRITE_ONCE(ready[me], 1);
	while (!READ_ONCE(ready[0]))
		cpu_relax();
	gic_sgi(5, 1);
	gic_sgi(5, 1);
	__atomic_fetch_add(&sent, 1, __ATOMIC_SEQ_CST);
	GUEST_DONE();
}

/* Acknowledge and end what is there, up to n of it; the senders as bits. */
static u32 take_sgis(u32 n)
{
	u32 iar, senders = 0, i;

	for (i = 0; i < n; i++) {
		/* the next one comes by way of the hypervisor */
		delay_ms(3);
		iar = readl(GICC_BASE + GICC_IAR);
		if (GICC_ID(iar) == INTID_SPURIOUS)
			break;
		GUEST_ASSERT_EQ(5, GICC_ID(iar));
		GUEST_ASSERT(!(senders >> GICC_SOURCE(iar) & 1));
		senders |= 1u << GICC_SOURCE(iar);
		GUEST_ASSERT_EQ(0x80, readl(GICC_BASE + GICC_RPR) & 0xff);
		writel(iar, GICC_BASE + GICC_EOIR);
	}
	return senders;
}

static void guest_target(u64 arg)
{
	u64 i;

	gic_dist_init();
	gic_cpu_init();
	gic_set_prio(5, 0x80);
	gic_enable(5);
	for (i = 1; i < CPUS; i++)
		while (!READ_ONCE(ready[i]))
			cpu_relax();
	WRITE_ONCE(ready[0], 1);
	while (READ_ONCE(sent) != CPUS - 1)
		cpu_relax();
	/* two of one sender are one */
	GUEST_ASSERT_EQ(0xe, take_sgis(16));
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_SPENDSGIR + 4));
	/* its own; and by SPENDSGIR from CPUs that never sent it, one of them withdrawn again */
	gic_sgi(5, 1);
	writeb(0xd4, GICD_BASE + GICD_SPENDSGIR + 5);
	writeb(0x40, GICD_BASE + GICD_CPENDSGIR + 5);
	GUEST_ASSERT_EQ(0x95, readb(GICD_BASE + GICD_SPENDSGIR + 5));
	GUEST_ASSERT_EQ(0x95, take_sgis(16));
	/* all but the others, nobody, self */
	writel(2 << 24 | 5, GICD_BASE + GICD_SGIR);
	GUEST_ASSERT_EQ(0x01, readb(GICD_BASE + GICD_SPENDSGIR + 5));
	writel(3 << 24 | 0xff0006, GICD_BASE + GICD_SGIR);
	writel(6, GICD_BASE + GICD_SGIR);
	GUEST_ASSERT_EQ(0, readb(GICD_BASE + GICD_SPENDSGIR + 6));
	GUEST_ASSERT_EQ(0x01, take_sgis(16));
	WRITE_ONCE(target_done, 1);
	GUEST_DONE();
}

/* Of one SGI, active from one sender, another's stays pending; split EOI ends the first by DIR. */
static void guest_active_and_pending(u64 arg)
{
	u32 iar;

	gic_dist_init();
	gic_cpu_init();
	gic_set_eoi_mode(true);
	gic_set_prio(5, 0x80);
	gic_enable(5);
	writeb(0x04, GICD_BASE + GICD_SPENDSGIR + 5);
	delay_ms(3);
	iar = readl(GICC_BASE + GICC_IAR);
	GUEST_ASSERT_EQ(2 << 10 | 5, iar & 0x1fff);
	writeb(0x0a, GICD_BASE + GICD_SPENDSGIR + 5);
	writel(iar, GICC_BASE + GICC_EOIR);
	delay_ms(3);
	GUEST_ASSERT_EQ(INTID_SPURIOUS, GICC_ID(readl(GICC_BASE + GICC_IAR)));
	GUEST_ASSERT(gic_bit(GICD_ISACTIVER, 5) && gic_bit(GICD_ISPENDR, 5));
	writel(iar, GICC_BASE + GICC_DIR);
	GUEST_ASSERT(!gic_bit(GICD_ISACTIVER, 5));
	delay_ms(3);
	iar = readl(GICC_BASE + GICC_IAR);
	GUEST_ASSERT_EQ(1 << 10 | 5, iar & 0x1fff);
	writel(iar, GICC_BASE + GICC_EOIR);
	writel(iar, GICC_BASE + GICC_DIR);
	delay_ms(3);
	iar = readl(GICC_BASE + GICC_IAR);
	GUEST_ASSERT_EQ(3 << 10 | 5, iar & 0x1fff);
	writel(iar, GICC_BASE + GICC_EOIR);
	writel(iar, GICC_BASE + GICC_DIR);
	GUEST_ASSERT(!gic_bit(GICD_ISACTIVER, 5) && !gic_bit(GICD_ISPENDR, 5));
	GUEST_DONE();
}

/* ---- groups --------------------------------------------------------------------------- */

static u64 irqs;

static void on_irq(struct guest_frame *frame)
{
	u32 iar = readl(GICC_BASE + GICC_IAR);

	if (GICC_ID(iar) == INTID_SPURIOUS)
		return;
	WRITE_ONCE(irqs, irqs + 1);
	writel(iar, GICC_BASE + GICC_EOIR);
}

static void guest_groups(u64 arg)
{
	guest_irq_handler = on_irq;
	gic_dist_init();
	gic_cpu_init();
	gic_set_edge(SPI_A, true);
	gic_set_prio(SPI_A, 0x80);
	gic_set_route(SPI_A, 0);
	gic_enable(SPI_A);
	irq_enable();
	gic_set_bit(GICD_ISPENDR, SPI_A);
	delay_ms(3);
	GUEST_ASSERT_EQ(1, READ_ONCE(irqs));
	/* in group 1 it waits for that group's enable, at the CPU interface */
	writel(1 << (SPI_A % 32), GICD_BASE + GICD_IGROUPR + 4);
	gic_set_bit(GICD_ISPENDR, SPI_A);
	delay_ms(3);
	GUEST_ASSERT_EQ(1, READ_ONCE(irqs));
	/* both groups, and GICC_IAR for both (AckCtl) */
	writel(7, GICC_BASE + GICC_CTLR);
	delay_ms(3);
	GUEST_ASSERT_EQ(2, READ_ONCE(irqs));
	GUEST_DONE();
}

/* ---- host half -------------------------------------------------------------------------- */

static struct vm *gic_vm(void (*fn)(u64))
{
	struct vm *vm = vm_create_guest();
	int i;

	for (i = 0; i < CPUS; i++)
		guest_vcpu(vm, i, fn, 0);
	gic_create(vm, 96);
	return vm;
}

#define GIC_TEST(name, fn)				\
TEST(name)						\
{							\
	struct vm *vm = gic_vm(fn);			\
							\
	vcpu_run_done(vm->vcpus[0]);			\
	vm_free(vm);					\
}

GIC_TEST(distributor, guest_distributor)
GIC_TEST(every_offset_and_width, guest_every_offset)
GIC_TEST(no_system_registers, guest_no_system_registers)
GIC_TEST(sgi_active_from_one_and_pending_from_others, guest_active_and_pending)
GIC_TEST(groups_signal_when_enabled, guest_groups)

/* With the MMU off nothing but stage 2 says what may be executed. */
TEST(no_code_in_the_cpu_interface)
{
	struct vm *vm = vm_create_guest();

	vm->mmu_off = true;
	guest_vcpu(vm, 0, guest_no_code, 0);
	gic_create(vm, 96);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

TEST(banked_registers)
{
	struct vm *vm = gic_vm(guest_banks);

	vcpu_run_done(vm->vcpus[0]);
	vcpu_run_done(vm->vcpus[2]);
	vm_free(vm);
}

TEST(cpu_interface)
{
	struct vm *vm = gic_vm(guest_cpu_interface);

	vcpu_run_sync(vm->vcpus[0], 0);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

TEST(sgis_are_pending_once_per_sender)
{
	struct vm *vm = vm_create_guest();
	int i;

	guest_vcpu(vm, 0, guest_target, 0);
	for (i = 1; i < CPUS; i++)
		guest_vcpu(vm, i, guest_sender, 0);
	gic_create(vm, 96);
	vcpus_run_done(vm);
	EXPECT_EQ(1, gv(vm, target_done));
	vm_free(vm);
}

/* A memslot that comes and goes where the CPU interface is leaves it as it was. (KVM 6.1 loses it.) */
TEST(the_cpu_interface_outlives_a_memslot)
{
	struct vm *vm = gic_vm(guest_cpu_interface);

	vcpu_run_sync(vm->vcpus[0], 0);
	mem_add(vm, 5, 0, GICC_BASE, SZ_4K);
	EXPECT_EQ(0, mem_set(vm, 5, 0, GICC_BASE, 0, NULL));
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

SELFTEST_MAIN_IF(gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V2), "the host has no GICv2 for guests")
