/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guests of guest_gic.c: one that makes random accesses to its GIC and its ITS, round by round, and one that
 * behaves.
 *
 * A round: all vCPUs go wild until vCPU 0 has had enough; then it tidies up while the others wait, each does its own
 * part, and what comes then is counted.
 */
#ifndef SELFTESTS_FUZZ_GIC_GUEST_H
#define SELFTESTS_FUZZ_GIC_GUEST_H

#include "its_wild.h"

#define CPUS		WILD_CPUS
#define STEPS		4000		/* of vCPU 0 in a round */
#define PATIENCE	120		/* seconds until an interrupt counts as lost */
#define FIRST_SPI	40
#define NR_SPIS		8
#define NR_LPIS		8
#define CALM_LPI	(LPI + WILD_LPIS)
#define CALM_DEVICE	(WILD_DEVICES + 1)
#define EVENTFDS	4
#define GICD_FRAME	0x10000UL
#define ITS_FRAME	0x10000UL
/* The same addresses as normal memory, where accesses need not be aligned: user space makes that entry. */
#define NORMAL_ALIAS	(4UL << 30)
#define NORMAL_ENTRY	0x705UL
#define icc_ap0r0	s3_0_c12_c8_4
#define icc_bpr0	s3_0_c12_c8_3

enum stage { CALM, SEND, WILD, LOST };
enum phase { IS_WILD, IS_CALM, IS_SET_UP, IS_CHECKED, IS_OVER };

/* ---- guest half: accesses -------------------------------------------------------------------------- */

static u64 quit, base_seed, phase, pausing, arrived;
static u64 nr_accesses[CPUS], nr_commands[CPUS], nr_cpuif[CPUS], nr_irqs[CPUS], nr_faults[CPUS];
static u32 seen_spi[NR_SPIS], seen_lpi[NR_LPIS];

/* What has a meaning in each frame: offset, and how many bytes. */
struct range {
	u32 at, bytes;
};

static const struct range dist_regs[] = {
	{ 0, 0x20 }, { GICD_IGROUPR, 0x80 }, { GICD_ISENABLER, 0x80 }, { GICD_ICENABLER, 0x80 }, { GICD_ISPENDR, 0x80 },
	{ GICD_ICPENDR, 0x80 }, { GICD_ISACTIVER, 0x80 }, { GICD_ICACTIVER, 0x80 }, { GICD_IPRIORITYR, 0x400 },
	{ GICD_ICFGR, 0x100 }, { GICD_IROUTER, 0x2000 }, { 0xffd0, 0x30 },
}, redist_regs[] = {
	{ 0, 0x20 }, { GICR_PROPBASER, 16 }, { GICR_INVLPIR, 8 }, { GICR_INVALLR, 8 }, { GICR_SYNCR, 4 },
	{ 0xffd0, 0x30 },
}, sgi_regs[] = {
	{ 0x10080, 4 }, { 0x10100, 4 }, { 0x10180, 4 }, { 0x10200, 4 }, { 0x10280, 4 }, { 0x10300, 4 }, { 0x10380, 4 },
	{ 0x10400, 32 }, { 0x10c00, 8 }, { 0x10d00, 4 }, { 0x10e00, 4 },
}, its_regs[] = {
	{ 0, 16 }, { GITS_CBASER, 24 }, { GITS_BASER(0), 64 }, { 0xffd0, 0x30 }, { GITS_TRANSLATER, 4 },
};

struct frame {
	u64 base, size;
	const struct range *ranges;
	u32 nr;
	bool per_cpu, tables;		/* registers with addresses of memory that is written */
};

static const struct frame frames[] = {
	{ GICD_BASE, GICD_FRAME, dist_regs, ARRAY_SIZE(dist_regs) },
	{ GICR_BASE, GICR_STRIDE, redist_regs, ARRAY_SIZE(redist_regs), true, true },
	{ GICR_BASE, GICR_STRIDE, sgi_regs, ARRAY_SIZE(sgi_regs), true },
	{ ITS_BASE, 2 * ITS_FRAME, its_regs, ARRAY_SIZE(its_regs), false, true },
};

/* An offset in a frame: mostly of a register, and mostly at its beginning; 1 of 16 is any, also beyond its end. */
static u64 some_offset(u64 *seed, const struct frame *f)
{
	const struct range *r = &f->ranges[rand_next(seed) % f->nr];
	u64 v = rand_next(seed);

	if (v % 16 == 0)
		return (v >> 8) % (f->size + 8);
	return r->at + (v >> 8) % r->bytes;
}

static u64 some_value(u64 *seed)
{
	u64 v = rand_next(seed);

	switch (v % 8) {
	case 0:
		return 0;
	case 1:
		return ~0UL;
	case 2:
		return 1UL << (v >> 8) % 64;
	case 3:
		return (v >> 8) % 256;
	case 4:
		return v >> 8 & v >> 16;
	default:
		return v >> 3;
	}
}

/* No table is where this program is: bits 31:24 of an address in such a register are never RAM's. */
static u64 harmless(const struct frame *f, u64 v)
{
	if (f->tables && (v >> 24 & 0xff) == RAM_BASE >> 24)
		v ^= 1UL << 31;
	return v;
}

static void store(u64 addr, u32 width, u64 v)
{
	switch (width) {
	case 0:
		writeb(v, addr);
		break;
	case 1:
		writeh(v, addr);
		break;
	case 2:
		writel(v, addr);
		break;
	default:
		writeq(v, addr);
	}
}

static void load(u64 addr, u32 width)
{
	u32 v;

	switch (width) {
	case 0:
		asm volatile("ldrb %w0, [%1]" : "=r"(v) : "r"(addr) : "memory");
		break;
	case 1:
		asm volatile("ldrsh %w0, [%1]" : "=r"(v) : "r"(addr) : "memory");
		break;
	case 2:
		readl(addr);
		break;
	default:
		readq(addr);
	}
}

static void wild_access(u64 me, u64 *seed)
{
	static const u8 widths[] = { 2, 2, 2, 2, 2, 3, 3, 0, 0, 1 };
	const struct frame *f = &frames[rand_next(seed) % ARRAY_SIZE(frames)];
	u64 r = rand_next(seed), addr = f->base + some_offset(seed, f);
	u32 width = widths[r % ARRAY_SIZE(widths)];

	if (f->per_cpu)
		addr += (r >> 8) % CPUS * GICR_STRIDE;
	if ((r >> 16) % 16)
		addr &= ~((1UL << width) - 1);
	else
		addr += NORMAL_ALIAS;
	if (r >> 32 & 1)
		load(addr, width);
	else
		store(addr, width, harmless(f, some_value(seed)));
	WRITE_ONCE(nr_accesses[me], nr_accesses[me] + 1);
}

/* What makes the whole work, at least for a while. */
static void sensible_access(u64 me, u64 *seed)
{
	u64 r = rand_next(seed), rd = GICR_BASE + (r >> 8) % CPUS * GICR_STRIDE;
	bool rare = r >> 32 & 7;

	switch (r % 12) {
	case 0:
		writel(rare, ITS_BASE + GITS_CTLR);
		break;
	case 1:
		writel(rare, rd + GICR_CTLR);
		break;
	case 2:
		writeq(ITS_DEVICES | GITS_VALID | (r >> 40 & 1) | (rare ? 0 : GITS_INDIRECT), ITS_BASE + GITS_BASER(0));
		break;
	case 3:
		writeq(ITS_COLLECTIONS | GITS_VALID | (r >> 40 & 1), ITS_BASE + GITS_BASER(1));
		break;
	case 4:
		writeq(ITS_QUEUE | GITS_VALID | (r >> 40 & 3), ITS_BASE + GITS_CBASER);
		break;
	case 5:
		writeq(LPI + (r >> 40) % WILD_LPIS, rd + GICR_INVLPIR);
		break;
	case 6:
		writeq(0, rd + GICR_INVALLR);
		break;
	case 7:
		writeq(ITS_PROP | 15, rd + GICR_PROPBASER);
		break;
	case 8:
		writeq(ITS_PEND((r >> 40) % CPUS) | (rare ? 0 : GICR_PTZ), rd + GICR_PENDBASER);
		break;
	case 9:
		writel(GICD_CTLR_ARE | (rare ? GICD_CTLR_GRP1 : 0), GICD_BASE + GICD_CTLR);
		break;
	case 10:
		writeq((r >> 40) % (CPUS + 1), GICD_BASE + GICD_IROUTER + (32 + (r >> 20) % 64) * 8);
		break;
	default:
		writel(~0u, GICD_BASE + GICD_ISENABLER + 4 + (r >> 20) % 3 * 4);
	}
	WRITE_ONCE(nr_accesses[me], nr_accesses[me] + 1);
}

static void wild_cpuif(u64 me, u64 *seed)
{
	u64 r = rand_next(seed), v = some_value(seed);

	switch (r % 12) {
	case 0:
		write_gicreg(r >> 32 & 3 ? 0xf0 : v & 0xff, icc_pmr);
		break;
	case 1:
		write_gicreg(v & 7, icc_bpr1);
		break;
	case 2:
		write_gicreg(v & 2, icc_ctlr);
		break;
	case 3:
		write_gicreg(!!(r >> 32 & 7), icc_igrpen1);
		break;
	case 4:
		write_gicreg(r >> 32 & 1, icc_igrpen0);
		break;
	case 5:
	case 6:
		write_gicreg((r >> 32 & 15) << 24 | (r >> 40 & 15), icc_sgi1r);
		break;
	case 7:
		write_gicreg(v & 0xffff, icc_dir);
		break;
	case 8:
		write_gicreg(v & 0xffff, icc_eoir1);
		break;
	case 9:
		write_gicreg(r >> 32 & 3 ? 0 : v & 0xffffffff, icc_ap1r0);
		break;
	case 10:
		read_gicreg(icc_hppir1);
		break;
	default:
		read_gicreg(icc_rpr);
	}
	WRITE_ONCE(nr_cpuif[me], nr_cpuif[me] + 1);
}

/* An entry of some table, of a form that it could have. */
static void wild_entry(u64 *seed)
{
	u64 r = rand_next(seed), v, next = (r >> 48) % 20;
	volatile u64 *at;

	switch (r % 6) {
	case 0:		/* device */
		at = (u64 *)(r >> 8 & 1 ? ITS_DEVICES : ITS_LEVEL2) + (r >> 9) % (2 * WILD_DEVICES);
		v = GITS_VALID | next << 49 | ITS_ITT((r >> 16) % 8) >> 8 << 5 | (r >> 24) % 8;
		break;
	case 1:		/* first level */
		at = (u64 *)ITS_DEVICES + (r >> 9) % 8;
		v = GITS_VALID | (r >> 24 & 3 ? ITS_LEVEL2 : some(seed, 0, 8) << 16);
		break;
	case 2:		/* collection */
		at = (u64 *)ITS_COLLECTIONS + (r >> 9) % 8;
		v = GITS_VALID | (some(seed, 0, CPUS) & 0xffffffff) << 16 | (r >> 40) % 8;
		break;
	case 3:		/* configuration */
		at = (u64 *)ITS_PROP + (r >> 9) % 16;
		v = r >> 24 & 7 ? 0x0101010101010101UL * (LPI_PRIO | LPI_ON) : rand_next(seed);
		break;
	case 4:		/* pending */
		at = (u64 *)(ITS_PEND((r >> 9) % CPUS) + LPI / 8) + (r >> 16) % 2;
		v = rand_next(seed);
		break;
	default:	/* event */
		at = (u64 *)ITS_ITT((r >> 9) % 8) + (r >> 16) % WILD_EVENTS;
		v = next << 48 | (some(seed, LPI, WILD_LPIS) & 0xffffffff) << 16 | (r >> 40) % 8;
		break;
	}
	*at = r >> 44 & 7 ? v : v ^ 1UL << (r >> 56 & 31);
}

static void wild_commands(u64 me, u64 *seed)
{
	u64 n, nr = 1 + rand_next(seed) % 16;

	for (n = 0; n < nr; n++)
		wild_command(seed);
	wild_entry(seed);
	wild_kick(seed);
	WRITE_ONCE(nr_commands[me], nr_commands[me] + nr);
}

/* ---- guest half: rounds ------------------------------------------------------------------------------ */

static void on_irq(struct guest_frame *frame)
{
	u64 me = this_cpu()->index;
	u32 id = gic_ack();

	if (READ_ONCE(phase) == IS_WILD)
		frame->spsr |= 0x80;	/* or nothing else might come after one that stays pending */
	if (id == INTID_SPURIOUS)
		return;
	if (id >= FIRST_SPI && id < FIRST_SPI + NR_SPIS)
		__atomic_fetch_add(&seen_spi[id - FIRST_SPI], 1, __ATOMIC_SEQ_CST);
	if (id >= CALM_LPI && id < CALM_LPI + NR_LPIS)
		__atomic_fetch_add(&seen_lpi[id - CALM_LPI], 1, __ATOMIC_SEQ_CST);
	WRITE_ONCE(nr_irqs[me], nr_irqs[me] + 1);
	gic_eoi(id);
}

/* Wait, with exits: the host may want us outside. */
static void wait_a_bit(void)
{
	u32 i;

	for (i = 0; i < 200; i++)
		cpu_relax();
	readl(MMIO_IPA);
}

static void one_irq(void)
{
	irq_enable();
	isb();
	irq_disable();
}

static void go_wild(u64 me, u64 *seed)
{
	u64 n, r;

	for (n = 0; !READ_ONCE(pausing); n++) {
		r = rand_next(seed) % 64;
		if (r < 4)
			wild_commands(me, seed);
		else if (r < 8)
			sensible_access(me, seed);
		else if (r < 12)
			wild_cpuif(me, seed);
		else
			wild_access(me, seed);
		if (n % 16 == 0)
			one_irq();
		if (n % 64 == 0)
			readl(MMIO_IPA);
		if (me == 0 && (n == STEPS || READ_ONCE(quit)))
			WRITE_ONCE(pausing, 1);
		WRITE_ONCE(nr_faults[me], this_cpu()->faults);
	}
}

/* The CPU's own part, as after a reset; interrupts stay masked. */
static void calm_cpu(void)
{
	u64 rd = gic_redist();

	write_gicreg(0, icc_igrpen0);
	gic_cpu_init();
	write_gicreg(0, icc_bpr0);
	writel(~0u, rd + GICR_SGI_BASE + GICD_ICPENDR);
	writel(0, rd + GICR_CTLR);
}

static void enable_lpis(void)
{
	write_gicreg(0, icc_ap0r0);
	write_gicreg(0, icc_ap1r0);
	isb();
	its_cpu_init(true);
}

/* What goes for all. The tables hold what the storm left. */
static void calm_gic(void)
{
	u32 i, cpu;

	writel(0, ITS_BASE + GITS_CTLR);
	writeq(0, ITS_BASE + GITS_BASER(0));
	writeq(0, ITS_BASE + GITS_BASER(1));
	gic_dist_init();
	for (i = 32; i < 128; i += 32)
		writel(~0u, GICD_BASE + GICD_ICPENDR + i / 8);
	for (i = 0; i < NR_SPIS; i++) {
		gic_set_edge(FIRST_SPI + i, true);
		writel(1u << (FIRST_SPI + i) % 32, GICD_BASE + GICD_ICPENDR + (FIRST_SPI + i) / 32 * 4);
		gic_set_prio(FIRST_SPI + i, 0x80 + i * 8);
		gic_set_route(FIRST_SPI + i, i % CPUS);
		gic_enable(FIRST_SPI + i);
	}
	for (cpu = 0; cpu < CPUS; cpu++)
		for (i = 0; i < 4; i++)
			*((volatile u64 *)(ITS_PEND(cpu) + LPI / 8) + i) = 0;
	its_init(1, false);
}

static void map_calm(u32 nr_cpus)
{
	u32 i;

	for (i = 0; i < nr_cpus; i++)
		its_mapc(i, i, true);
	its_mapd(CALM_DEVICE, 4, ITS_ITT(0));
	for (i = 0; i < NR_LPIS; i++)
		its_mapti(CALM_DEVICE, i, CALM_LPI + i, i % nr_cpus);
}

static void wait_for(const u32 *seen, u32 nr, u32 want, u64 kind)
{
	u64 end = read_sysreg(cntvct_el0) + PATIENCE * read_sysreg(cntfrq_el0);
	u32 i;

	for (i = 0; i < nr; i++)
		while (READ_ONCE(seen[i]) != want) {
			if (read_sysreg(cntvct_el0) > end || READ_ONCE(seen[i]) > want)
				GUEST_SYNC_ARGS(LOST, kind + i, want, READ_ONCE(seen[i]));
			wait_a_bit();
		}
}

static void check(void)
{
	u32 i, n;

	for (i = 0; i < NR_SPIS; i++)
		WRITE_ONCE(seen_spi[i], 0);
	for (i = 0; i < NR_LPIS; i++)
		WRITE_ONCE(seen_lpi[i], 0);
	WRITE_ONCE(phase, IS_CHECKED);
	irq_enable();
	for (n = 1; n <= 4; n++) {
		if (n % 2) {
			for (i = 0; i < NR_SPIS; i++)
				gic_set_bit(GICD_ISPENDR, FIRST_SPI + i);
			for (i = 0; i < NR_LPIS; i++)
				its_event_cmd(ITS_INT, CALM_DEVICE, i);
		} else {
			GUEST_SYNC(SEND);
		}
		wait_for(seen_spi, NR_SPIS, n, FIRST_SPI);
		wait_for(seen_lpi, NR_LPIS, n, CALM_LPI);
	}
	irq_disable();
}

static void wait_phase(enum phase p)
{
	while (READ_ONCE(phase) != p)
		wait_a_bit();
}

static void all_arrived(u64 nr)
{
	while (READ_ONCE(arrived) != nr)
		wait_a_bit();
	WRITE_ONCE(arrived, 0);
}

/* Everybody else has stopped when the first one begins to tidy up; false: the end. */
static bool calm_down(u64 me)
{
	if (me) {
		__atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
		wait_phase(IS_CALM);
		calm_cpu();
		__atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
		wait_phase(IS_SET_UP);
		enable_lpis();
		__atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
		wait_phase(IS_CHECKED);
		irq_enable();
		while (READ_ONCE(phase) == IS_CHECKED)
			wait_a_bit();
		irq_disable();
		return READ_ONCE(phase) != IS_OVER;
	}
	all_arrived(CPUS - 1);
	GUEST_SYNC(CALM);
	WRITE_ONCE(phase, IS_CALM);
	all_arrived(CPUS - 1);
	calm_cpu();
	calm_gic();
	enable_lpis();
	WRITE_ONCE(phase, IS_SET_UP);
	all_arrived(CPUS - 1);
	map_calm(CPUS);
	check();
	WRITE_ONCE(pausing, 0);
	GUEST_SYNC(WILD);
	WRITE_ONCE(phase, READ_ONCE(quit) ? IS_OVER : IS_WILD);
	return !READ_ONCE(quit);
}

static void guest_wild(u64 me)
{
	u64 seed = base_seed + 0x9e3779b97f4a7c15UL * (me + 1);

	guest_irq_handler = on_irq;
	gic_cpu_init();
	fault_expect();
	do
		go_wild(me, &seed);
	while (calm_down(me));
	GUEST_DONE();
}

/* The one that behaves: SPIs and LPIs are counted by on_irq(), until the host has had enough. */
static void guest_behaves(u64 me)
{
	if (!me) {
		WRITE_ONCE(phase, IS_CALM);
		gic_dist_init();
		gic_cpu_init();
		calm_gic();
	} else {
		gic_cpu_init();
	}
	guest_irq_handler = on_irq;
	its_cpu_init(true);
	/* An event is mapped to where there are tables of pending LPIs. */
	GUEST_SYNC(CALM);
	if (!me)
		map_calm(2);
	GUEST_SYNC(SEND);
	irq_enable();
	SLEEP_UNTIL(READ_ONCE(quit));
	GUEST_DONE();
}

#endif
