// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's performance monitors (DDI 0487, D13): counters over events of the host's perf (host/pmu.c), which count
 * while the guest is in; their overflows, and the line.
 *
 * All of the guest's accesses trap (MDCR_EL2.TPM, TPMCR) and are handled outside of the burst, since perf may sleep. A
 * counter that is switched on and counts something of the hardware's has an event of the vCPU's thread; it is "live".
 * Its value is what was there before plus what the event has counted, and the event's period is the distance to the
 * overflow. Everything else (SW_INCR, CHAIN) is a number here.
 *
 * A vCPU whose guest does not use the PMU has no event, and nothing of this file is on its way in or out. What is
 * done around each entry of the others: av_pmu_enter().
 *
 * Runs at: host kernel. Owns: *vcpu->pmu, vcpu->pmu_open, ctx->counters. Locks: vcpu->mutex; pmu->lock for what
 * overflows change, which come in interrupts.
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/hardirq.h>
#include <linux/irqflags.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <asm/sysreg.h>

#include "host/calls.h"
#include "pmu.h"
#include "vgic/vgic.h"

static bool is_long(const struct av_pmu *pmu, unsigned int n)
{
	return av_pmu_is_long(n, pmu->pmcr, av_pmu_version(pmu->vcpu));
}

/* ---- overflows ----------------------------------------------------------------------------------- */

/* Under the lock. Any interrupt context, too. */
static void update_line(struct av_pmu *pmu)
{
	bool level = pmu->pmcr & PMCR_E && pmu->overflows & pmu->interrupts;

	if (level == pmu->level)
		return;
	WRITE_ONCE(pmu->level, level);
	if (pmu->has_gic)
		av_vgic_inject(pmu->vcpu->vm, pmu->vcpu, pmu->intid, level, pmu);
}

bool av_pmu_line(const struct av_vcpu *vcpu)
{
	/* Another vCPU's VCPU_INIT may come this moment. */
	const struct av_pmu *pmu = READ_ONCE(vcpu->pmu);

	return pmu && READ_ONCE(pmu->level);
}

static void increment(struct av_pmu *pmu, u64 counters, u64 event);

/* Under the lock: counter n has overflowed. */
static void overflow(struct av_pmu *pmu, unsigned int n)
{
	pmu->overflows |= BIT(n);
	if (av_pmu_can_chain(n, READ_ONCE(pmu->vcpu->vm->pmu.nr), is_long(pmu, n)))
		increment(pmu, BIT(n + 1), AV_PMU_CHAIN);
}

/*
 * Under the lock: those of the counters that count this event count one. Only an even counter's overflow is an event,
 * for an odd one, so that the two functions call each other no further.
 */
static void increment(struct av_pmu *pmu, u64 counters, u64 event)
{
	unsigned long which = counters & pmu->enabled & ~BIT(PMU_CYCLES);
	unsigned int version = av_pmu_version(pmu->vcpu), n;

	if (!(pmu->pmcr & PMCR_E))
		return;
	for_each_set_bit(n, &which, AV_PMU_COUNTERS) {
		struct av_pmc *c = &pmu->pmc[n];
		u64 was = c->value;

		if (av_pmu_event(n, c->type, version) != event)
			continue;
		WRITE_ONCE(c->value, (was + 1) & av_pmu_value_mask(n, version));
		if (av_pmu_overflowed(was, was + 1, is_long(pmu, n)))
			overflow(pmu, n);
	}
}

/* In a hard interrupt, or after an NMI in one: what was noticed. */
static void take_noticed(struct av_pmu *pmu)
{
	unsigned long noticed = xchg(&pmu->noticed, 0), flags;
	unsigned int n;

	raw_spin_lock_irqsave(&pmu->lock, flags);
	for_each_set_bit(n, &noticed, AV_PMU_COUNTERS)
		overflow(pmu, n);
	update_line(pmu);
	raw_spin_unlock_irqrestore(&pmu->lock, flags);
}

static void work(struct irq_work *work)
{
	take_noticed(container_of(work, struct av_pmu, work));
}

/*
 * A live counter's event has come to the end of its period, on the CPU of the vCPU's thread, whose values are not being
 * changed: the event would have been stopped.
 */
static void on_overflow(struct av_pmu_event *event, u64 count)
{
	struct av_pmc *c = container_of(event, struct av_pmc, event);
	struct av_pmu *pmu = container_of(c - c->n, struct av_pmu, pmc[0]);
	u64 now = c->value + count - c->seen;

	if (!av_pmu_overflowed(c->last, now, c->is_long))
		return;
	c->last = now;
	set_bit(c->n, &pmu->noticed);
	if (in_nmi())
		irq_work_queue(&pmu->work);
	else
		take_noticed(pmu);
}

/* ---- counting ------------------------------------------------------------------------------------ */

static bool is_live(const struct av_pmu *pmu, unsigned int n)
{
	return pmu->live & BIT(n);
}

/* Events of the thread are made in the thread, and in a RUN of it. */
static bool is_in_run(const struct av_pmu *pmu)
{
	return rcu_access_pointer(pmu->vcpu->task) == current;
}

static void make_event(struct av_pmu *pmu, unsigned int n)
{
	struct av_vcpu *vcpu = pmu->vcpu;
	struct av_pmc *c = &pmu->pmc[n];
	struct av_pmu_what what = {
		.event = av_pmu_event(n, c->type, av_pmu_version(vcpu)),
		.el1 = av_pmu_at_el1(c->type),
		.el0 = av_pmu_at_el0(c->type),
	};
	int ret;

	c->is_long = is_long(pmu, n);
	what.period = av_pmu_period(c->is_long);
	ret = av_host_pmu_create(&c->event, vcpu->vm->pmu.host, &what);
	if (!ret) {
		pmu->made |= BIT(n);
		pmu->task = current;
		/* The next RUN may be another thread's: then they have to be made anew. */
		vcpu->run_plain = false;
	} else {
		pr_info_ratelimited("perf does not count event 0x%llx for a guest: error %d\n", what.event, ret);
	}
}

static void start(struct av_pmu *pmu, unsigned int n)
{
	struct av_pmc *c = &pmu->pmc[n];

	if (!c->event.perf)
		make_event(pmu, n);
	if (!c->event.perf)
		return;		/* it does not count */
	c->value &= av_pmu_value_mask(n, av_pmu_version(pmu->vcpu));
	c->last = c->value;
	pmu->live |= BIT(n);
	av_host_pmu_start(&c->event, av_pmu_left(c->value, c->is_long));
}

/* The value is in memory then. An overflow whose interrupt did not come any more is not lost. */
static void stop(struct av_pmu *pmu, unsigned int n)
{
	struct av_pmc *c = &pmu->pmc[n];
	unsigned long flags;
	u64 count;

	av_host_pmu_stop(&c->event);
	pmu->live &= ~BIT(n);
	count = av_host_pmu_count(&c->event);
	c->value += count - c->seen;
	c->seen = count;
	if (!av_pmu_overflowed(c->last, c->value, c->is_long))
		return;
	raw_spin_lock_irqsave(&pmu->lock, flags);
	overflow(pmu, n);
	update_line(pmu);
	raw_spin_unlock_irqrestore(&pmu->lock, flags);
}

/* What it counts has changed, or how it overflows: the next event is another. */
static void drop_event(struct av_pmu *pmu, unsigned int n)
{
	struct av_pmc *c = &pmu->pmc[n];

	if (is_live(pmu, n))
		stop(pmu, n);
	if (c->event.perf)
		av_host_pmu_release(&c->event);
	pmu->made &= ~BIT(n);
	c->seen = 0;
}

static void drop_events(struct av_pmu *pmu)
{
	unsigned int n;

	for (n = 0; n < AV_PMU_COUNTERS; n++)
		drop_event(pmu, n);
}

/* Is there something for the hardware to count? */
static bool counts(const struct av_pmu *pmu, unsigned int n)
{
	const struct av_vcpu *vcpu = pmu->vcpu;
	u64 type = pmu->pmc[n].type;
	u64 event = av_pmu_event(n, type, av_pmu_version(vcpu));

	return pmu->pmcr & PMCR_E && pmu->enabled & av_pmu_counters(vcpu) & BIT(n) &&
	       event != AV_PMU_SW_INCR && event != AV_PMU_CHAIN && (av_pmu_at_el1(type) || av_pmu_at_el0(type)) &&
	       av_pmu_may_count(vcpu->vm, event);
}

void av_pmu_note_around(struct av_pmu *pmu)
{
	if (pmu->live || pmu->userenr)
		pmu->vcpu->around |= AV_AROUND_PMU;
	else
		pmu->vcpu->around &= ~AV_AROUND_PMU;
}

/* These counters may have to count now, or no more. here: in the thread, in a RUN. */
static void settle(struct av_pmu *pmu, unsigned long which, bool here)
{
	unsigned int n;

	for_each_set_bit(n, &which, AV_PMU_COUNTERS) {
		bool wanted = counts(pmu, n);

		if (wanted == is_live(pmu, n))
			continue;
		if (!wanted) {
			stop(pmu, n);
		} else if (here) {
			start(pmu, n);
		} else {
			pmu->stale = true;
			pmu->vcpu->run_plain = false;
		}
	}
	av_pmu_note_around(pmu);
}

/**
 * av_pmu_begin() - a RUN begins: what user space has changed meanwhile, or another thread than the last one's
 * @vcpu: the vCPU, with a PMU
 *
 * Context: the thread, may sleep. Return: the next RUN has to ask, too.
 */
bool av_pmu_begin(struct av_vcpu *vcpu)
{
	struct av_pmu *pmu = vcpu->pmu;

	if (pmu->made && pmu->task != current) {
		drop_events(pmu);
		pmu->stale = true;
	}
	if (pmu->stale) {
		pmu->stale = false;
		settle(pmu, ~0U, true);
	}
	return pmu->made;
}

/* ---- the burst ----------------------------------------------------------------------------------- */

/*
 * Accesses of PMXEV* only trap where PMSELR_EL0 names a counter that there is, else the guest may find them undefined
 * (DDI 0487, D24.5). The guest's own PMSELR_EL0 is in memory; this one is whose it was: of a reset, or of a program of
 * the host's that may read counters itself.
 */
void av_pmu_burst(void)
{
	write_sysreg(0, pmselr_el0);
}

/*
 * With AV_AROUND_PMU: counters count, or EL0 may access something. Accesses of EL0 trap to EL2 only where PMUSERENR_EL0
 * would allow them; that is the host's, which has threads that may read counters.
 */
void av_pmu_enter(struct av_vcpu *vcpu)
{
	struct av_pmu *pmu = vcpu->pmu;
	unsigned long live = pmu->live;
	u64 counters = 0;
	unsigned int n;

	pmu->host_userenr = read_sysreg(pmuserenr_el0);
	/* EN alone opens all; with the others set QEMU lets EL0 past EL2. */
	write_sysreg(PMUSERENR_EN, pmuserenr_el0);
	for_each_set_bit(n, &live, AV_PMU_COUNTERS) {
		if (!av_host_is_vhe())
			counters |= av_host_pmu_counter(&pmu->pmc[n].event);
		else if (av_host_pmu_open(&pmu->pmc[n].event))
			vcpu->pmu_open = true;
	}
	vcpu->ctx->counters = counters;
	vcpu->ctx->use_counters = counters != 0;
}

void av_pmu_leave(struct av_vcpu *vcpu)
{
	write_sysreg(vcpu->pmu->host_userenr, pmuserenr_el0);
	/* The next entry may come without av_pmu_enter(). */
	vcpu->ctx->use_counters = 0;
}

/* An interrupt may let perf move an event: not in between. */
void av_pmu_put(struct av_vcpu *vcpu)
{
	struct av_pmu *pmu = vcpu->pmu;
	unsigned long live = pmu->live, flags;
	unsigned int n;

	local_irq_save(flags);
	for_each_set_bit(n, &live, AV_PMU_COUNTERS)
		av_host_pmu_shut(&pmu->pmc[n].event);
	local_irq_restore(flags);
	vcpu->pmu_open = false;
}

/* ---- what the registers do ------------------------------------------------------------------------- */

u64 av_pmu_read(struct av_pmu *pmu, unsigned int n)
{
	struct av_pmc *c = &pmu->pmc[n];
	u64 value = READ_ONCE(c->value);

	if (is_live(pmu, n))
		value += av_host_pmu_count(&c->event) - c->seen;
	return value & av_pmu_value_mask(n, av_pmu_version(pmu->vcpu));
}

void av_pmu_write(struct av_pmu *pmu, unsigned int n, u64 value)
{
	unsigned long flags;

	if (is_live(pmu, n))
		stop(pmu, n);
	raw_spin_lock_irqsave(&pmu->lock, flags);
	pmu->pmc[n].value = value & av_pmu_value_mask(n, av_pmu_version(pmu->vcpu));
	raw_spin_unlock_irqrestore(&pmu->lock, flags);
	settle(pmu, BIT(n), is_in_run(pmu));
}

void av_pmu_set_type(struct av_pmu *pmu, unsigned int n, u64 type)
{
	unsigned long flags;

	if (type == pmu->pmc[n].type)
		return;
	drop_event(pmu, n);
	raw_spin_lock_irqsave(&pmu->lock, flags);
	pmu->pmc[n].type = type;
	raw_spin_unlock_irqrestore(&pmu->lock, flags);
	settle(pmu, BIT(n), is_in_run(pmu));
}

/* Without P, C and N. */
void av_pmu_set_pmcr(struct av_pmu *pmu, u64 pmcr)
{
	u64 changed = pmcr ^ pmu->pmcr;
	unsigned long flags;
	unsigned int n;

	for (n = 0; n < AV_PMU_COUNTERS; n++) {
		if (changed & (n == PMU_CYCLES ? PMCR_LC : PMCR_LP))
			drop_event(pmu, n);
	}
	raw_spin_lock_irqsave(&pmu->lock, flags);
	pmu->pmcr = pmcr;
	update_line(pmu);
	raw_spin_unlock_irqrestore(&pmu->lock, flags);
	settle(pmu, ~0U, is_in_run(pmu));
}

void av_pmu_enable_counters(struct av_pmu *pmu, u64 enabled)
{
	u64 changed = enabled ^ pmu->enabled;
	unsigned long flags;

	raw_spin_lock_irqsave(&pmu->lock, flags);
	pmu->enabled = enabled;
	raw_spin_unlock_irqrestore(&pmu->lock, flags);
	settle(pmu, changed, is_in_run(pmu));
}

void av_pmu_set_interrupts(struct av_pmu *pmu, u64 interrupts)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&pmu->lock, flags);
	pmu->interrupts = interrupts;
	update_line(pmu);
	raw_spin_unlock_irqrestore(&pmu->lock, flags);
}

void av_pmu_change_overflows(struct av_pmu *pmu, u64 clear, u64 set)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&pmu->lock, flags);
	pmu->overflows = (pmu->overflows & ~clear) | set;
	update_line(pmu);
	raw_spin_unlock_irqrestore(&pmu->lock, flags);
}

/* PMSWINC_EL0 at EL1 or EL0. */
void av_pmu_software(struct av_pmu *pmu, u64 counters, bool el0)
{
	unsigned long flags;
	unsigned int n;

	for (n = 0; n < PMU_CYCLES; n++) {
		u64 type = pmu->pmc[n].type;

		if (!(el0 ? av_pmu_at_el0(type) : av_pmu_at_el1(type)))
			counters &= ~BIT(n);
	}
	raw_spin_lock_irqsave(&pmu->lock, flags);
	increment(pmu, counters, AV_PMU_SW_INCR);
	update_line(pmu);
	raw_spin_unlock_irqrestore(&pmu->lock, flags);
}

/* ---- life ---------------------------------------------------------------------------------------- */

/* The first RUN: whose the line is. */
void av_pmu_connect(struct av_pmu *pmu, bool gic)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&pmu->lock, flags);
	pmu->has_gic = gic;
	/* What user space has set before is told now. */
	if (gic)
		WRITE_ONCE(pmu->level, false);
	update_line(pmu);
	raw_spin_unlock_irqrestore(&pmu->lock, flags);
}

int av_pmu_vcpu_init(struct av_vcpu *vcpu)
{
	struct av_pmu *pmu = vcpu->pmu;
	unsigned int n;

	if (pmu)
		return 0;
	pmu = kzalloc(sizeof(*pmu), GFP_KERNEL_ACCOUNT);
	if (!pmu)
		return -ENOMEM;
	pmu->vcpu = vcpu;
	raw_spin_lock_init(&pmu->lock);
	init_irq_work(&pmu->work, work);
	for (n = 0; n < AV_PMU_COUNTERS; n++) {
		pmu->pmc[n].n = n;
		pmu->pmc[n].event.overflow = on_overflow;
	}
	/* Complete before av_pmu_line() sees it. */
	smp_store_release(&vcpu->pmu, pmu);
	return 0;
}

/* VCPU_INIT and PSCI CPU_ON: all 0, where the architecture says UNKNOWN. N is the VM's, and stays. */
void av_pmu_vcpu_reset(struct av_vcpu *vcpu)
{
	struct av_pmu *pmu = vcpu->pmu;
	unsigned long flags;
	unsigned int n;

	drop_events(pmu);
	irq_work_sync(&pmu->work);
	raw_spin_lock_irqsave(&pmu->lock, flags);
	pmu->pmcr = av_pmu_pmcr(0, av_pmu_version(vcpu), av_guest_has_aarch32(vcpu->vm));
	pmu->enabled = 0;
	pmu->interrupts = 0;
	pmu->overflows = 0;
	for (n = 0; n < AV_PMU_COUNTERS; n++) {
		pmu->pmc[n].value = 0;
		pmu->pmc[n].type = 0;
	}
	update_line(pmu);
	raw_spin_unlock_irqrestore(&pmu->lock, flags);
	pmu->select = 0;
	pmu->userenr = 0;
	pmu->stale = false;
	av_pmu_note_around(pmu);
}

/* Before the vGIC's part of all vCPUs, one of which the line goes to. */
void av_pmu_vcpu_destroy(struct av_vcpu *vcpu)
{
	struct av_pmu *pmu = vcpu->pmu;

	if (!pmu)
		return;
	drop_events(pmu);
	irq_work_sync(&pmu->work);
	kfree(pmu);
	vcpu->pmu = NULL;
}
