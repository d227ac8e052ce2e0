// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     SPIs, PPIs and SGIs reach the right vCPU, edge and level behave as
 *            such, priorities order and preempt, masks hold back, EOI and
 *            deactivation work in both modes, and nothing is lost when more is
 *            pending than the hardware has list registers.
 * Reference: GICv3 architecture (IHI0069) parts 4, 5; GICv2 (IHI0048) 3, 4; kvm-abi.md part 7.1.
 * A failure: the guest's line; see vgic/ (pick, list registers).
 */
#include <pthread.h>

#include "harness.h"
#include "gic.h"
#include "timer.h"

#define SPI_A	40
#define SPI_B	41
#define PPI_A	20

static u32 log_id[512];
static u64 log_n;
static u64 depth, max_depth;
static u64 dir_mode;
static u64 nest_limit;

static u64 logged(void)
{
	return READ_ONCE(log_n);
}

/* Write-only view of the test device: user space changes a line. */
static void line(u32 intid, u32 level)
{
	GUEST_SYNC_ARGS(1, intid, level, 0);
}

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS)
		return;
	log_id[log_n % 512] = id;
	WRITE_ONCE(log_n, log_n + 1);
	if (++depth > max_depth)
		max_depth = depth;
	if (depth < nest_limit) {
		/* let higher priorities in */
		u64 elr = read_sysreg(elr_el1), spsr = read_sysreg(spsr_el1);

		irq_enable();
		isb();
		if (id == SPI_A)
			gic_set_bit(GICD_ISPENDR, SPI_B);
		delay_ms(1);
		irq_disable();
		write_sysreg(elr, elr_el1);
		write_sysreg(spsr, spsr_el1);
	}
	depth--;
	gic_eoi(id);
	if (dir_mode)
		gic_dir(id);
}

static void start(void)
{
	guest_irq_handler = on_irq;
	if (this_cpu()->index == 0)
		gic_dist_init();
	gic_cpu_init();
}

static void spi_setup(u32 id, bool edge, u8 prio)
{
	gic_set_edge(id, edge);
	gic_set_prio(id, prio);
	gic_set_route(id, 0);
	gic_enable(id);
}

static void settle(void)
{
	isb();
	delay_ms(3);
}

/* ---- edge and level ---------------------------------------------------------- */

static void guest_spi_edge(u64 arg)
{
	start();
	spi_setup(SPI_A, true, 0x80);
	irq_enable();
	line(SPI_A, 1);
	settle();
	GUEST_ASSERT_EQ(1, logged());
	GUEST_ASSERT_EQ(SPI_A, log_id[0]);
	/* still high: no further edge */
	settle();
	line(SPI_A, 1);
	settle();
	GUEST_ASSERT(logged() == 1 || logged() == 2);	/* KVM: each 1 is an edge */
	log_n = 0;
	line(SPI_A, 0);
	settle();
	GUEST_ASSERT_EQ(0, logged());
	line(SPI_A, 1);
	settle();
	GUEST_ASSERT_EQ(1, logged());
	/* an edge while masked is kept, two are one */
	irq_disable();
	line(SPI_A, 0);
	line(SPI_A, 1);
	line(SPI_A, 0);
	line(SPI_A, 1);
	line(SPI_A, 0);
	GUEST_ASSERT(gic_bit(GICD_ISPENDR, SPI_A));
	irq_enable();
	settle();
	GUEST_ASSERT_EQ(2, logged());
	/* ICPENDR takes a kept edge away */
	irq_disable();
	line(SPI_A, 1);
	line(SPI_A, 0);
	gic_set_bit(GICD_ICPENDR, SPI_A);
	GUEST_ASSERT(!gic_bit(GICD_ISPENDR, SPI_A));
	irq_enable();
	settle();
	GUEST_ASSERT_EQ(2, logged());
	GUEST_DONE();
}

static void on_irq_level(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS)
		return;
	WRITE_ONCE(log_n, log_n + 1);
	if (log_n == 4)
		line(id, 0);
	gic_eoi(id);
}

static void guest_spi_level(u64 arg)
{
	start();
	guest_irq_handler = on_irq_level;
	spi_setup(SPI_A, false, 0x80);
	irq_enable();
	line(SPI_A, 1);
	settle();
	while (logged() < 4)
		cpu_relax();
	settle();
	/* high: again after each EOI; low: no more */
	GUEST_ASSERT_EQ(4, logged());
	GUEST_ASSERT(!gic_bit(GICD_ISPENDR, SPI_A));
	/* a level that falls before it is taken is gone */
	irq_disable();
	line(SPI_A, 1);
	GUEST_ASSERT(gic_bit(GICD_ISPENDR, SPI_A));
	line(SPI_A, 0);
	GUEST_ASSERT(!gic_bit(GICD_ISPENDR, SPI_A));
	irq_enable();
	settle();
	GUEST_ASSERT_EQ(4, logged());
	/* ISPENDR latches it in spite of a low line, for one interrupt */
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(5, logged());
	/* what ISPENDR latched ICPENDR takes away, wherever it is by then */
	irq_disable();
	gic_set_bit(GICD_ISPENDR, SPI_A);
	gic_set_bit(GICD_ICPENDR, SPI_A);
	GUEST_ASSERT_EQ(INTID_SPURIOUS, gic_hppir());
	irq_enable();
	settle();
	GUEST_ASSERT_EQ(5, logged());
	/* ICPENDR can't clear a level that is high */
	irq_disable();
	log_n = 3;			/* the handler lowers at 4 */
	line(SPI_A, 1);
	gic_set_bit(GICD_ICPENDR, SPI_A);
	GUEST_ASSERT(gic_bit(GICD_ISPENDR, SPI_A));
	irq_enable();
	settle();
	GUEST_ASSERT_EQ(4, logged());
	GUEST_DONE();
}

/* PPIs are level-sensitive; whether they may be made edges is the GIC's choice. */
static void guest_ppi(u64 arg)
{
	start();
	guest_irq_handler = on_irq_level;
	gic_set_prio(PPI_A, 0x80);
	gic_enable(PPI_A);
	irq_enable();
	line(PPI_A, 1);
	while (logged() < 4)
		cpu_relax();
	settle();
	GUEST_ASSERT_EQ(4, logged());
	GUEST_DONE();
}

/* ---- masking ------------------------------------------------------------------ */

static void guest_masks(u64 arg)
{
	start();
	spi_setup(SPI_A, true, 0x80);
	irq_enable();
	/* interrupt disabled */
	gic_disable(SPI_A);
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(0, logged());
	gic_enable(SPI_A);
	settle();
	GUEST_ASSERT_EQ(1, logged());
	/* priority mask: only what is higher (a lower number) gets through */
	gic_set_pmr(0x80);
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(1, logged());
	GUEST_ASSERT_EQ(INTID_SPURIOUS, gic_ack());
	gic_set_pmr(0x88);
	settle();
	GUEST_ASSERT_EQ(2, logged());
	gic_set_pmr(0xf0);
	/* group enable at the CPU interface */
	gic_signal(false);
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(2, logged());
	gic_signal(true);
	settle();
	GUEST_ASSERT_EQ(3, logged());
	/* group enable at the distributor */
	gic_dist_enable(false);
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(3, logged());
	gic_dist_enable(true);
	settle();
	/* KVM looks at what became pending meanwhile only at the next change */
	if (logged() == 3)
		gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(4, logged());
	/* the highest pending one can be seen without taking it */
	irq_disable();
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(SPI_A, gic_hppir());
	GUEST_ASSERT_EQ(0xff, gic_rpr());
	GUEST_ASSERT_EQ(SPI_A, gic_ack());
	GUEST_ASSERT_EQ(0x80, gic_rpr());
	GUEST_ASSERT(gic_bit(GICD_ISACTIVER, SPI_A));
	gic_eoi(SPI_A);
	GUEST_ASSERT_EQ(0xff, gic_rpr());
	GUEST_ASSERT(!gic_bit(GICD_ISACTIVER, SPI_A));
	GUEST_ASSERT_EQ(INTID_SPURIOUS, gic_ack());
	GUEST_DONE();
}

/* ---- priorities ----------------------------------------------------------------- */

static void guest_priorities(u64 arg)
{
	u32 i;

	start();
	/* made pending in one order, of priorities in another */
	for (i = 0; i < 8; i++)
		spi_setup(SPI_A + i, true, (i * 5 + 3) % 8 * 0x10 + 0x40);
	for (i = 0; i < 8; i++)
		gic_set_bit(GICD_ISPENDR, SPI_A + i);
	irq_enable();
	/* without a maintenance interrupt they come four by four */
	while (logged() < 8)
		cpu_relax();
	settle();
	irq_disable();
	GUEST_ASSERT_EQ(8, logged());
	for (i = 1; i < 8; i++) {
		u32 a = (log_id[i - 1] - SPI_A) * 5 + 3, b = (log_id[i] - SPI_A) * 5 + 3;

		GUEST_ASSERT(a % 8 < b % 8);
	}
	GUEST_DONE();
}

static void guest_preemption(u64 arg)
{
	start();
	nest_limit = 2;
	/* B preempts A: it becomes pending inside A's handler */
	spi_setup(SPI_A, true, 0xa0);
	spi_setup(SPI_B, true, 0x40);
	irq_enable();
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(2, logged());
	GUEST_ASSERT_EQ(SPI_A, log_id[0]);
	GUEST_ASSERT_EQ(SPI_B, log_id[1]);
	GUEST_ASSERT_EQ(2, max_depth);
	/* of the same priority it waits */
	log_n = 0;
	max_depth = 0;
	gic_set_prio(SPI_B, 0xa0);
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(2, logged());
	GUEST_ASSERT_EQ(1, max_depth);
	/* of the same group priority as well: binary point hides the difference */
	log_n = 0;
	max_depth = 0;
	gic_set_bpr(7);
	gic_set_prio(SPI_B, 0x90);
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(2, logged());
	GUEST_ASSERT_EQ(1, max_depth);
	GUEST_DONE();
}

/* ---- EOI mode 1 ------------------------------------------------------------------- */

static void guest_split_eoi(u64 arg)
{
	start();
	gic_set_eoi_mode(true);
	dir_mode = 1;
	spi_setup(SPI_A, true, 0x80);
	irq_enable();
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(2, logged());
	/* by hand: after the priority drop it is still active, and held back */
	irq_disable();
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(SPI_A, gic_ack());
	gic_eoi(SPI_A);
	GUEST_ASSERT_EQ(0xff, gic_rpr());
	GUEST_ASSERT(gic_bit(GICD_ISACTIVER, SPI_A));
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(INTID_SPURIOUS, gic_ack());
	/* another one gets through meanwhile */
	spi_setup(SPI_B, true, 0xa0);
	gic_set_bit(GICD_ISPENDR, SPI_B);
	settle();
	GUEST_ASSERT_EQ(SPI_B, gic_ack());
	gic_eoi(SPI_B);
	gic_dir(SPI_B);
	gic_dir(SPI_A);
	GUEST_ASSERT(!gic_bit(GICD_ISACTIVER, SPI_A));
	settle();
	GUEST_ASSERT_EQ(SPI_A, gic_ack());
	gic_eoi(SPI_A);
	gic_dir(SPI_A);
	GUEST_DONE();
}

/* ---- many at once ------------------------------------------------------------------- */

#define MANY	64

static void guest_many(u64 arg)
{
	/* Not cleared by the C library's memset(): on some CPUs that uses what the guest has not. */
	volatile u32 seen[MANY];
	u32 i, round;

	start();
	for (i = 0; i < MANY; i++)
		seen[i] = 0;
	for (i = 0; i < MANY; i++)
		spi_setup(32 + i, true, 0x80);
	for (round = 1; round <= 5; round++) {
		log_n = 0;
		irq_disable();
		for (i = 0; i < MANY; i++)
			gic_set_bit(GICD_ISPENDR, 32 + i);
		irq_enable();
		while (logged() < MANY)
			cpu_relax();
		settle();
		irq_disable();
		GUEST_ASSERT_EQ(MANY, logged());
		for (i = 0; i < MANY; i++)
			seen[log_id[i] - 32]++;
		for (i = 0; i < MANY; i++)
			GUEST_ASSERT_EQ(round, seen[i]);
	}
	/* nothing stays active or pending */
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ISACTIVER + 4));
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ISACTIVER + 8));
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ISPENDR + 4));
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ISPENDR + 8));
	GUEST_DONE();
}

/*
 * Active at the same time, as many as get through (KVM: as many as there are list
 * registers), then deactivated in another order: the DIRs must find them.
 */
static void guest_many_active(u64 arg)
{
	u32 i, n, id;

	start();
	gic_set_eoi_mode(true);
	for (i = 0; i < 32; i++)
		spi_setup(32 + i, true, 0x80);
	irq_disable();
	for (n = 0; n < 32; n++) {
		gic_set_bit(GICD_ISPENDR, 32 + n);
		settle();
		id = gic_ack();
		if (id == INTID_SPURIOUS)
			break;
		GUEST_ASSERT_EQ(32 + n, id);
		gic_eoi(id);		/* drops priority; active until DIR */
	}
	GUEST_ASSERT(n >= 2);
	GUEST_ASSERT_EQ(~0u >> (32 - n), readl(GICD_BASE + GICD_ISACTIVER + 4));
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ISPENDR + 4) & ~0u >> (32 - n));
	gic_set_bit(GICD_ICPENDR, 32 + n);
	for (i = 0; i < 32; i++)
		if ((i * 7) % 32 < n)
			gic_dir(32 + (i * 7) % 32);
	GUEST_ASSERT_EQ(0, readl(GICD_BASE + GICD_ISACTIVER + 4));
	/* and all of them work again */
	irq_enable();
	dir_mode = 1;
	for (i = 0; i < 32; i++)
		gic_set_bit(GICD_ISPENDR, 32 + i);
	while (logged() < 32)
		cpu_relax();
	GUEST_DONE();
}

/* ---- ISACTIVER ---------------------------------------------------------------------- */

static void guest_active_bits(u64 arg)
{
	start();
	spi_setup(SPI_A, true, 0x80);
	irq_enable();
	/* an interrupt that software made active isn't signalled */
	gic_set_bit(GICD_ISACTIVER, SPI_A);
	GUEST_ASSERT(gic_bit(GICD_ISACTIVER, SPI_A));
	GUEST_ASSERT(gic_bit(GICD_ICACTIVER, SPI_A));
	gic_set_bit(GICD_ISPENDR, SPI_A);
	settle();
	GUEST_ASSERT_EQ(0, logged());
	gic_set_bit(GICD_ICACTIVER, SPI_A);
	GUEST_ASSERT(!gic_bit(GICD_ISACTIVER, SPI_A));
	settle();
	GUEST_ASSERT_EQ(1, logged());
	GUEST_DONE();
}

/* ---- several vCPUs --------------------------------------------------------------------- */

#define CPUS	4

static u64 up[CPUS], got[CPUS], got_sgi[CPUS][16], quit;

static void on_irq_cpus(struct guest_frame *frame)
{
	u32 id = gic_ack();
	u64 me = this_cpu()->index;

	if (id == INTID_SPURIOUS)
		return;
	if (id < 16)
		WRITE_ONCE(got_sgi[me][id], got_sgi[me][id] + 1);
	else
		WRITE_ONCE(got[me], got[me] + 1);
	gic_eoi(id);
}

static void cpu_start(void)
{
	u64 me = this_cpu()->index, i;

	if (me == 0)
		gic_dist_init();
	gic_cpu_init();
	for (i = 0; i < 16; i++) {
		gic_set_prio(i, 0x80);
		gic_enable(i);
	}
	guest_irq_handler = on_irq_cpus;
	dsb_sy();
	WRITE_ONCE(up[me], 1);
	irq_enable();
	for (i = 0; i < CPUS; i++)
		while (!READ_ONCE(up[i]))
			cpu_relax();
}

static void wait_eq(u64 *p, u64 v)
{
	while (READ_ONCE(*p) != v)
		cpu_relax();
}

static void guest_waits(u64 use_wfi)
{
	cpu_start();
	if (use_wfi)
		SLEEP_UNTIL(READ_ONCE(quit));
	while (!READ_ONCE(quit))
		cpu_relax();
	GUEST_DONE();
}

static void guest_sends(u64 arg)
{
	u64 i, n, total;

	cpu_start();
	/* one by one, each id */
	for (n = 0; n < 16; n++) {
		for (i = 1; i < CPUS; i++) {
			gic_sgi(n, 1 << i);
			wait_eq(&got_sgi[i][n], 1);
		}
	}
	/* to a set, and to self */
	gic_sgi(3, 0xd);		/* 0, 2, 3 */
	wait_eq(&got_sgi[0][3], 1);
	wait_eq(&got_sgi[2][3], 2);
	wait_eq(&got_sgi[3][3], 2);
	GUEST_ASSERT_EQ(1, READ_ONCE(got_sgi[1][3]));
	/* to all but self */
	gic_sgi_others(5);
	for (i = 1; i < CPUS; i++)
		wait_eq(&got_sgi[i][5], 2);
	GUEST_ASSERT_EQ(0, READ_ONCE(got_sgi[0][5]));
	/* to CPUs and clusters that don't exist: nothing happens */
	gic_sgi(6, 0xfff0);
	if (gic_version == 3) {
		write_gicreg(6ULL << 24 | 1ULL << 16 | 0xffff, icc_sgi1r);
		write_gicreg(6ULL << 24 | 1ULL << 32 | 0xffff, icc_sgi1r);
		write_gicreg(6ULL << 24 | 1ULL << 48 | 0xffff, icc_sgi1r);
	}
	settle();
	for (i = 0; i < CPUS; i++)
		GUEST_ASSERT_EQ(i ? 1 : 0, READ_ONCE(got_sgi[i][6]));
	/* an SPI goes where it is routed */
	spi_setup(SPI_A, true, 0x80);
	for (n = 1; n <= 3; n++) {
		for (i = 0; i < CPUS; i++) {
			gic_set_route(SPI_A, i);
			gic_set_bit(GICD_ISPENDR, SPI_A);
			wait_eq(&got[i], n);
		}
	}
	for (total = 0, i = 0; i < CPUS; i++)
		total += got[i];
	GUEST_ASSERT_EQ(12, total);
	/* from user space */
	gic_set_route(SPI_B, 2);
	gic_set_edge(SPI_B, true);
	gic_set_prio(SPI_B, 0x80);
	gic_enable(SPI_B);
	line(SPI_B, 1);
	wait_eq(&got[2], 4);
	WRITE_ONCE(quit, 1);
	gic_sgi(1, 0xe);
	GUEST_DONE();
}

/* ---- host half ---------------------------------------------------------------------------- */

/* Serve line() until the guest is done. */
static void run_with_lines(struct vcpu *vcpu)
{
	struct ucall uc;
	int ret;

	while ((ret = vcpu_run(vcpu, &uc)) == UCALL_SYNC) {
		u32 type = uc.a[1] < 32 ? KVM_ARM_IRQ_TYPE_PPI : KVM_ARM_IRQ_TYPE_SPI;

		if (irq_line(vcpu->vm, type, 0, uc.a[1], uc.a[2]))
			die("IRQ_LINE %lu", uc.a[1]);
	}
	if (ret != UCALL_DONE) {
		vcpu_dump(vcpu);
		die("run gave %d", ret);
	}
}

static void run_gic(void (*fn)(u64))
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, fn, 0);

	gic_create(vm, 128);
	run_with_lines(vcpu);
	vm_free(vm);
}

#define GIC_TEST(name, fn)	TEST(name) { run_gic(fn); }

GIC_TEST(an_edge_spi_fires_per_edge, guest_spi_edge)
GIC_TEST(a_level_spi_fires_while_high, guest_spi_level)
GIC_TEST(a_ppi_fires, guest_ppi)
GIC_TEST(masks_hold_back, guest_masks)
GIC_TEST(priorities_order, guest_priorities)
GIC_TEST(priorities_preempt, guest_preemption)
GIC_TEST(split_eoi_deactivates_by_dir, guest_split_eoi)
GIC_TEST(more_pending_than_list_registers, guest_many)
GIC_TEST(active_bits_hold_back, guest_active_bits)

TEST(more_active_than_list_registers)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_many_active, 0);

	gic_create(vm, 128);
	/* GICV_DIR lies in the guest's page of the CPU interface then: docs/caveats.md, C50. */
	if (vm->gic_is_v2 && getpagesize() > 4096)
		SKIP(goto out, "GICv2 with large pages");
	run_with_lines(vcpu);
out:
	vm_free(vm);
}

static void *vcpu_thread(void *arg)
{
	run_with_lines(arg);
	return NULL;
}

static void run_smp(u64 use_wfi)
{
	struct vm *vm = vm_create_guest();
	pthread_t t[CPUS];
	int i;

	guest_vcpu(vm, 0, guest_sends, 0);
	for (i = 1; i < CPUS; i++)
		guest_vcpu(vm, i, guest_waits, use_wfi);
	gic_create(vm, 128);
	for (i = 0; i < CPUS; i++)
		if (pthread_create(&t[i], NULL, vcpu_thread, vm->vcpus[i]))
			die("pthread_create");
	for (i = 0; i < CPUS; i++)
		pthread_join(t[i], NULL);
	vm_free(vm);
}

TEST(interrupts_find_running_vcpus)
{
	run_smp(0);
}

TEST(interrupts_wake_sleeping_vcpus)
{
	run_smp(1);
}

SELFTEST_MAIN
