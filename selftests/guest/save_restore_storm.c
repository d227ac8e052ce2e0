// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A VM that is saved in the middle of an interrupt storm and restored into a new VM loses no interrupt
 *            and takes none twice: edges of SPIs, with a GICv3 LPIs of an ITS, and the timers of all vCPUs, whatever of
 *            them was pending, active, in a list register, or raised while the vCPUs stood still.
 * Reference: issue 13 (acceptance); Documentation/virt/kvm/devices/arm-vgic-v3.rst, arm-vgic.rst, arm-vgic-its.rst.
 * A failure: the source that was lost or doubled, with the round.
 *
 * A source is raised again only when its last interrupt was taken, so that none can merge with another.
 * SAVE_ROUNDS: how often (40; the full claim is made with 1000).
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "dev_attr.h"
#include "harness.h"
#include "its.h"
#include "timer.h"

#define CPUS		2
#define NR_IRQS		64
#define SPI_BASE	40
#define SPIS		6
#define LPIS		6
#define DEV		1
#define SOURCES		(SPIS + LPIS)
#define TICK_US		700
#define TIMEOUT_MS	30000

/* ---- guest ------------------------------------------------------------------------------------------ */

static u64 ready[CPUS], quit;
static u64 taken[SOURCES], ticks[CPUS], strange;

static void next_tick(void)
{
	write_sysreg(read_sysreg(cntvct_el0) + ms_to_ticks(TICK_US) / 1000, cntv_cval_el0);
	isb();
}

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack(), n = SOURCES;

	if (id == INTID_SPURIOUS)
		return;
	if (id >= SPI_BASE && id < SPI_BASE + SPIS)
		n = id - SPI_BASE;
	else if (id >= LPI && id < LPI + LPIS)
		n = SPIS + id - LPI;
	if (n < SOURCES) {
		__atomic_fetch_add(&taken[n], 1, __ATOMIC_SEQ_CST);
	} else if (id == INTID_VTIMER) {
		u64 me = this_cpu()->index;

		WRITE_ONCE(ticks[me], ticks[me] + 1);
		next_tick();
	} else {
		WRITE_ONCE(strange, id);
	}
	gic_eoi(id);
}

static void set_up_sources(void)
{
	u32 i;

	for (i = 0; i < SPIS; i++) {
		gic_set_edge(SPI_BASE + i, true);
		gic_set_route(SPI_BASE + i, i % CPUS);
		gic_set_prio(SPI_BASE + i, 0x40 + i * 0x10);
		gic_enable(SPI_BASE + i);
	}
	if (gic_version == 2)
		return;
	for (i = 0; i < CPUS; i++)
		its_mapc(i, i, true);
	its_mapd(DEV, 4, ITS_ITT(0));
	for (i = 0; i < LPIS; i++)
		its_mapti(DEV, i, LPI + i, i % CPUS);
}

static void guest_takes_all(u64 me)
{
	if (!me) {
		gic_dist_init();
		if (gic_version != 2)
			its_init(1, false);
	}
	while (me && !READ_ONCE(ready[0]))
		cpu_relax();
	gic_cpu_init();
	guest_irq_handler = on_irq;
	if (gic_version != 2)
		its_cpu_init(true);
	WRITE_ONCE(ready[me], 1);
	if (!me) {
		while (!READ_ONCE(ready[1]))
			cpu_relax();
		set_up_sources();
	}
	gic_set_prio(INTID_VTIMER, 0x80);
	gic_enable(INTID_VTIMER);
	next_tick();
	write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
	irq_enable();
	WRITE_ONCE(ready[me], 2);
	/* One sleeps, the other is busy. */
	while (!READ_ONCE(quit))
		if (me)
			wfi();
	irq_disable();
	GUEST_DONE();
}

/* ---- what a VM consists of -------------------------------------------------------------------------- */

/* Registers of the GIC's device: words from an offset on, the VM's or each vCPU's; in the order of a restore. */
struct range {
	u32 group, offset, words;
	bool per_vcpu;
};

#define DIST(offset, words)	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, offset, words, false }
#define REDIST(offset, words)	{ KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, offset, words, true }
#define BANKED(offset, words)	{ KVM_DEV_ARM_VGIC_GRP_DIST_REGS, offset, words, true }
#define CPUIF(offset, words)	{ KVM_DEV_ARM_VGIC_GRP_CPU_REGS, offset, words, true }
#define SGIS(offset, words)	REDIST(GICR_SGI_BASE + (offset), words)
#define PRIVATE_LINES		{ KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 0, 1, true }
#define SHARED_LINES		{ KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO, 32, 1, false }

static const struct range v3_ranges[] = {
	DIST(GICD_IIDR, 1), DIST(GICD_CTLR, 1),
	DIST(GICD_IGROUPR + 4, 1), DIST(GICD_ICFGR + 8, 2), DIST(GICD_IPRIORITYR + 32, 8),
	DIST(GICD_IROUTER + 32 * 8, 64), DIST(GICD_ISENABLER + 4, 1), SHARED_LINES,
	DIST(GICD_ISPENDR + 4, 1), DIST(GICD_ISACTIVER + 4, 1),
	REDIST(GICR_PROPBASER, 2), REDIST(GICR_PENDBASER, 2), REDIST(GICR_CTLR, 1),
	SGIS(GICD_IGROUPR, 1), SGIS(GICD_ICFGR, 2), SGIS(GICD_IPRIORITYR, 8), SGIS(GICD_ISENABLER, 1), PRIVATE_LINES,
	SGIS(GICD_ISPENDR, 1), SGIS(GICD_ISACTIVER, 1),
};

static const struct range v2_ranges[] = {
	DIST(GICD_IIDR, 1), DIST(GICD_CTLR, 1),
	BANKED(GICD_IGROUPR, 1), DIST(GICD_IGROUPR + 4, 1), DIST(GICD_ICFGR + 8, 2),
	BANKED(GICD_IPRIORITYR, 8), DIST(GICD_IPRIORITYR + 32, 8), DIST(GICD_ITARGETSR + 32, 8),
	BANKED(GICD_ISENABLER, 1), DIST(GICD_ISENABLER + 4, 1),
	BANKED(GICD_ISPENDR, 1), DIST(GICD_ISPENDR + 4, 1), BANKED(GICD_SPENDSGIR, 4),
	BANKED(GICD_ISACTIVER, 1), DIST(GICD_ISACTIVER + 4, 1),
	CPUIF(GICC_CTLR, 1), CPUIF(GICC_PMR, 1), CPUIF(GICC_BPR, 1), CPUIF(GICC_ABPR, 1), CPUIF(GICC_APR0, 4),
};

/* ICC_*, by their encoding: op0 3, op1 0, CRn, CRm, op2 */
#define ICC(crn, crm, op2)	(3u << 14 | (crn) << 7 | (crm) << 3 | (op2))
static const u32 icc_regs[] = {
	ICC(12, 12, 5) /* SRE */, ICC(12, 12, 4) /* CTLR */, ICC(12, 12, 6), ICC(12, 12, 7) /* IGRPEN0, 1 */,
	ICC(4, 6, 0) /* PMR */, ICC(12, 8, 3), ICC(12, 12, 3) /* BPR0, 1 */,
	ICC(12, 8, 4), ICC(12, 9, 0) /* AP0R0, AP1R0 */,
};

/* All but GITS_CTLR, which is last, in the order of a restore. */
static const u32 its_regs[] = {
	GITS_IIDR, GITS_CBASER, GITS_CREADR, GITS_CWRITER, GITS_BASER(0), GITS_BASER(1),
};

struct state {
	struct kvm_reg_list *list;
	unsigned char (*reg[CPUS])[256];
	struct kvm_mp_state mp[CPUS];
	u32 gic[ARRAY_SIZE(v3_ranges) + ARRAY_SIZE(v2_ranges)][CPUS][64];
	u64 icc[CPUS][ARRAY_SIZE(icc_regs)];
	u64 its[ARRAY_SIZE(its_regs)], its_ctlr;
};

static struct {
	struct vm *vm;
	int its;			/* -1: none */
	void *ram, *its_ram;
	struct state state;
	u64 sent[SOURCES];
	volatile bool stop;
	u64 round;
} m;

static void must(int ret, const char *what, u64 number)
{
	if (ret)
		die("round %lu: %s %#lx: %s", m.round, what, number, strerror(-ret));
}

static const struct range *ranges(size_t *nr)
{
	*nr = m.vm->gic_is_v2 ? ARRAY_SIZE(v2_ranges) : ARRAY_SIZE(v3_ranges);
	return m.vm->gic_is_v2 ? v2_ranges : v3_ranges;
}

static u64 attr_of(const struct range *r, unsigned int cpu, unsigned int word)
{
	u64 attr = r->group == KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO ? r->offset : r->offset + 4 * word;

	if (r->per_vcpu)
		attr |= (u64)cpu << 32;		/* the affinity, or a GICv2's number of the CPU */
	return attr;
}

static void gic_regs(bool save)
{
	unsigned long cmd = save ? KVM_GET_DEVICE_ATTR : KVM_SET_DEVICE_ATTR;
	unsigned int cpu, word, cpus;
	const struct range *r;
	size_t i, nr;

	r = ranges(&nr);
	for (i = 0; i < nr; i++, r++) {
		cpus = r->per_vcpu ? CPUS : 1;
		for (cpu = 0; cpu < cpus; cpu++)
			for (word = 0; word < r->words; word++)
				must(dev_attr(m.vm->gic, cmd, r->group, attr_of(r, cpu, word),
					      &m.state.gic[i][cpu][word]), "GIC register", attr_of(r, cpu, word));
	}
	for (cpu = 0; cpu < CPUS && !m.vm->gic_is_v2; cpu++)
		for (i = 0; i < ARRAY_SIZE(icc_regs); i++)
			must(dev_attr(m.vm->gic, cmd, KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, (u64)cpu << 32 | icc_regs[i],
				      &m.state.icc[cpu][i]), "ICC register", icc_regs[i]);
}

static void its_ctrl(int fd, u64 attr)
{
	must(dev_attr(fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL, attr, NULL), "control", attr);
}

static void its_reg(bool save, u32 offset, u64 *val)
{
	must(dev_attr(m.its, save ? KVM_GET_DEVICE_ATTR : KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ITS_REGS, offset,
		      val), "ITS register", offset);
}

static void save_its(void)
{
	size_t i;

	its_ctrl(m.vm->gic, KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES);
	its_ctrl(m.its, KVM_DEV_ARM_ITS_SAVE_TABLES);
	for (i = 0; i < ARRAY_SIZE(its_regs); i++)
		its_reg(true, its_regs[i], &m.state.its[i]);
	its_reg(true, GITS_CTLR, &m.state.its_ctlr);
}

static void restore_its(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(its_regs); i++)
		its_reg(false, its_regs[i], &m.state.its[i]);
	its_ctrl(m.its, KVM_DEV_ARM_ITS_RESTORE_TABLES);
	its_reg(false, GITS_CTLR, &m.state.its_ctlr);
}

static void vcpu_regs(bool save)
{
	struct state *s = &m.state;
	unsigned int cpu, i;
	int ret;

	for (cpu = 0; cpu < CPUS; cpu++) {
		struct vcpu *vcpu = m.vm->vcpus[cpu];

		for (i = 0; i < s->list->n; i++) {
			u64 id = s->list->reg[i];

			ret = save ? reg_try_get(vcpu, id, s->reg[cpu][i]) : reg_try_set(vcpu, id, s->reg[cpu][i]);
			must(ret, save ? "get of register" : "set of register", id);
		}
		ret = kioctlp(vcpu->fd, save ? KVM_GET_MP_STATE : KVM_SET_MP_STATE, &s->mp[cpu]);
		must(ret, "MP_STATE of vCPU", cpu);
	}
}

/* A VM around the memory that is there; its vCPUs are new. */
static void make_vm(void)
{
	unsigned int i;

	m.vm = vm_create();
	mem_add_at(m.vm, 0, 0, RAM_BASE, RAM_SIZE, m.ram);
	mem_add_at(m.vm, ITS_SLOT, 0, ITS_RAM, ITS_RAM_SIZE, m.its_ram);
	if (!m.round)
		vm_load_image(m.vm);
	for (i = 0; i < CPUS; i++) {
		if (!m.round)
			guest_vcpu(m.vm, i, guest_takes_all, i);
		else
			must(vcpu_init(vcpu_create(m.vm, i), 1 << KVM_ARM_VCPU_PSCI_0_2), "VCPU_INIT", i);
	}
	gic_create(m.vm, NR_IRQS);
	m.its = m.vm->gic_is_v2 ? -1 : its_create_device(m.vm);
}

static void drop_vm(void)
{
	if (m.its >= 0)
		close(m.its);
	/* The memory stays. */
	m.vm->slots[0].hva = NULL;
	m.vm->slots[ITS_SLOT].hva = NULL;
	vm_free(m.vm);
}

static void save(void)
{
	gic_regs(true);
	if (m.its >= 0)
		save_its();
	vcpu_regs(true);
}

static void restore(void)
{
	vcpu_regs(false);
	gic_regs(false);
	if (m.its >= 0)
		restore_its();
}

/* ---- the storm -------------------------------------------------------------------------------------- */

static void raise_irq(u32 n)
{
	m.sent[n]++;
	if (n >= SPIS) {
		if (its_msi(m.vm, DEV, n - SPIS) != 1)
			die("round %lu: MSI %u", m.round, n - SPIS);
		return;
	}
	irq_line(m.vm, KVM_ARM_IRQ_TYPE_SPI, 0, SPI_BASE + n, 1);
	irq_line(m.vm, KVM_ARM_IRQ_TYPE_SPI, 0, SPI_BASE + n, 0);
}

static u32 sources(void)
{
	return m.its >= 0 ? SOURCES : SPIS;
}

/* Raise those whose last interrupt was taken, and that chance picks. */
static void raise_some(u32 chance)
{
	u32 n;

	for (n = 0; n < sources(); n++) {
		u64 taken_n = gv(m.vm, taken[n]);

		if (taken_n > m.sent[n])
			die("round %lu: source %u was taken %lu times, sent %lu", m.round, n, taken_n, m.sent[n]);
		if (taken_n == m.sent[n] && rand() % 4 < (int)chance)
			raise_irq(n);
	}
}

static void until_all_taken(void)
{
	u64 deadline = now_ns() + TIMEOUT_MS * 1000000UL, tick[CPUS];
	u32 n;

	for (n = 0; n < CPUS; n++)
		tick[n] = gv(m.vm, ticks[n]);
	for (n = 0; n < sources(); n++)
		while (gv(m.vm, taken[n]) != m.sent[n])
			if (now_ns() > deadline)
				die("round %lu: source %u was taken %lu times, sent %lu", m.round, n,
				    gv(m.vm, taken[n]), m.sent[n]);
	for (n = 0; n < CPUS; n++)
		while (gv(m.vm, ticks[n]) == tick[n])
			if (now_ns() > deadline)
				die("round %lu: the timer of vCPU %u stands at %lu ticks", m.round, n, tick[n]);
	if (gv(m.vm, strange))
		die("round %lu: interrupt %lu", m.round, gv(m.vm, strange));
}

static void nothing(int sig)
{
}

static void *run_vcpu(void *arg)
{
	struct vcpu *vcpu = arg;
	int ret;

	while (!m.stop) {
		ret = vcpu_run_once(vcpu);
		if (ret == -EINTR)
			continue;
		if (ret || vcpu->run->exit_reason != KVM_EXIT_MMIO || vcpu->run->mmio.phys_addr != UCALL_IPA)
			die("round %lu: RUN: %d, reason %u", m.round, ret, vcpu->run->exit_reason);
		vcpu_dump(vcpu);
		die("round %lu: the guest of vCPU %u has something to say", m.round, vcpu->id);
	}
	return NULL;
}

static void start(pthread_t *threads)
{
	int i;

	m.stop = false;
	for (i = 0; i < CPUS; i++)
		if (pthread_create(&threads[i], NULL, run_vcpu, m.vm->vcpus[i]))
			die("pthread_create");
}

static void stop(pthread_t *threads)
{
	int i;

	m.stop = true;
	for (i = 0; i < CPUS; i++) {
		m.vm->vcpus[i]->run->immediate_exit = 1;
		pthread_kill(threads[i], SIGUSR1);
	}
	for (i = 0; i < CPUS; i++)
		pthread_join(threads[i], NULL);
}

static void one_round(void)
{
	pthread_t threads[CPUS];
	int turns = rand() % 300;

	start(threads);
	while (gv(m.vm, ready[0]) != 2 || gv(m.vm, ready[1]) != 2)
		sched_yield();
	while (turns--) {
		raise_some(2);
		if (rand() % 2)
			sched_yield();
	}
	raise_some(3);
	stop(threads);
	if (rand() % 2)
		raise_some(2);
	save();
	drop_vm();
	m.round++;
	make_vm();
	restore();
}

TEST(nothing_is_lost_and_nothing_doubled)
{
	const char *rounds = getenv("SAVE_ROUNDS");
	u64 n, nr = rounds ? strtoul(rounds, NULL, 0) : 40, sum = 0;
	struct sigaction sa = { .sa_handler = nothing };
	pthread_t threads[CPUS];

	sigaction(SIGUSR1, &sa, NULL);
	srand(1);
	m.ram = mem_anon(RAM_SIZE);
	m.its_ram = mem_anon(ITS_RAM_SIZE);
	make_vm();
	m.state.list = reg_list(m.vm->vcpus[0]);
	for (n = 0; n < CPUS; n++)
		m.state.reg[n] = calloc(m.state.list->n, 256);
	for (n = 0; n < nr; n++) {
		one_round();
		/* Now and then all of them are waited for, so that an interrupt that was lost is seen where it was. */
		if (n % 4 == 3 || n == nr - 1) {
			start(threads);
			until_all_taken();
			stop(threads);
		}
	}
	for (n = 0; n < sources(); n++) {
		EXPECT_LT(0, m.sent[n]);
		sum += m.sent[n];
	}
	TH_LOG("%lu rounds, %lu interrupts, %lu and %lu ticks", nr, sum, gv(m.vm, ticks[0]), gv(m.vm, ticks[1]));
	drop_vm();
}

SELFTEST_MAIN
