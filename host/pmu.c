// SPDX-License-Identifier: GPL-2.0
/*
 * The machine's PMUs, through the kernel's perf, which owns them: it chooses the counter of each event, sets it up and
 * takes its interrupt. Nothing else of the hardware is touched here than what belongs to an event of ours, and a
 * counter is the event's only as long as perf says so: it is asked before each entry.
 *
 * How an event counts what the guest does, and nothing else. It has exclude_host, exclude_hv, and is the vCPU
 * thread's, so that perf takes it out of the CPU with the thread. In the CPU
 *   on an nVHE host, whose kernel and whose guest both are EL1 and EL0, perf's driver sets the counter up and does not
 *	switch it on ("deferred"): EL2 does at each entry, and off at each exit (el2/counters.c);
 *   on a VHE host it is on, but perf has told it to count neither EL1, which is any guest's, nor EL0, which is the
 *	host's, too: they are opened with the entry and shut at the burst's end, before which nobody else's EL1 or EL0
 *	runs (av_host_pmu_open(), av_host_pmu_shut()).
 * What the kernel's own KVM does for this is in hooks that only KVM has; not needed, since KVM does not run
 * (docs/hosts.md).
 *
 * Runs at: host kernel. Owns: pmus. Locks: none; constant after load.
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/smp.h>
#include <linux/string.h>
#include <asm/sysreg.h>

#include "calls.h"
#include "include/arm_regs.h"
#include "pmu.h"

#if defined(CONFIG_PERF_EVENTS) && defined(CONFIG_ARM_PMU)
#include <linux/perf_event.h>
#include <linux/perf/arm_pmu.h>

#define CPU_CYCLES	0x11
#define MAX_PMUS	8
#define PMU_IMPDEF	15

static struct av_host_pmu pmus[MAX_PMUS];
static unsigned int nr_pmus;

/* ---- which there are --------------------------------------------------------------------------- */

static void read_pmcr(void *value)
{
	*(u64 *)value = read_sysreg(pmcr_el0);
}

/* Bits 31:0 are events 0 - 31 (32 - 63), bits 63:32 those from 0x4000 (0x4020) on. */
static u64 ceid(const struct arm_pmu *arm, unsigned int n)
{
	u64 value = 0;
	unsigned int i;

	for (i = 0; i < 32; i++) {
		if (test_bit(n * 32 + i, arm->pmceid_bitmap))
			value |= AV_BIT(i);
		if (test_bit(n * 32 + i, arm->pmceid_ext_bitmap))
			value |= AV_BIT(32 + i);
	}
	return value;
}

static void add(struct pmu *pmu, unsigned int cpu)
{
	struct av_host_pmu *new = &pmus[nr_pmus];
	struct arm_pmu *arm;
	u64 pmcr;

	/* Only what has such a name is a struct arm_pmu with the architecture's registers. */
	if (nr_pmus == MAX_PMUS || strncmp(pmu->name, "armv", 4))
		return;
	arm = to_arm_pmu(pmu);
	if (arm->pmuver <= 0 || arm->pmuver == PMU_IMPDEF ||
	    smp_call_function_single(cpu, read_pmcr, &pmcr, true))
		return;
	new->type = pmu->type;
	new->version = arm->pmuver;
	new->counters = min_t(u64, AV_GET(pmcr, PMCR_N_HI, PMCR_N_LO), PMU_CYCLES);
	new->ceid[0] = ceid(arm, 0);
	new->ceid[1] = ceid(arm, 1);
	/* A PMU of the CPUs stays until the machine goes down. */
	new->cpus = &arm->supported_cpus;
	nr_pmus++;
}

static const struct av_host_pmu *pmu_of(unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < nr_pmus; i++) {
		if (cpumask_test_cpu(cpu, pmus[i].cpus))
			return &pmus[i];
	}
	return NULL;
}

/* Perf tells of its PMUs only by events: one of this CPU's, which is never switched on. */
static void probe(unsigned int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_RAW,
		.size = sizeof(attr),
		.config = CPU_CYCLES,
		.disabled = 1,
		.exclude_hv = 1,
		.exclude_host = 1,
	};
	struct perf_event *event;

	event = perf_event_create_kernel_counter(&attr, cpu, NULL, NULL, NULL);
	if (IS_ERR(event))
		return;
	add(event->pmu, cpu);
	perf_event_release_kernel(event);
}

void av_host_pmu_init(void)
{
	unsigned int cpu;

	nr_pmus = 0;
	/* Without the lock of hotplug, which perf may take: an event of a CPU that goes meanwhile is refused. */
	for_each_online_cpu(cpu) {
		if (!pmu_of(cpu))
			probe(cpu);
	}
}

bool av_host_has_pmu(void)
{
	return nr_pmus;
}

const struct av_host_pmu *av_host_pmu_here(void)
{
	return pmu_of(raw_smp_processor_id());
}

const struct av_host_pmu *av_host_pmu_by_type(u32 type)
{
	unsigned int i;

	for (i = 0; i < nr_pmus; i++) {
		if (pmus[i].type == type)
			return &pmus[i];
	}
	return NULL;
}

/* ---- events ------------------------------------------------------------------------------------ */

static void perf_overflow(struct perf_event *perf, struct perf_sample_data *data, struct pt_regs *regs)
{
	struct av_pmu_event *event = perf->overflow_handler_context;

	/* The driver has brought it up to date just now. */
	event->overflow(event, local64_read(&perf->count));
}

/*
 * Pinned: it is in a counter whenever the thread runs, or never. No 64-bit event: that could take two of the hardware's
 * counters, and perf adds up the 32 bits well enough.
 */
int av_host_pmu_create(struct av_pmu_event *event, const struct av_host_pmu *pmu, const struct av_pmu_what *what)
{
	bool vhe = av_host_is_vhe();
	struct perf_event_attr attr = {
		.type = pmu->type,
		.size = sizeof(attr),
		.config = what->event,
		.sample_period = what->period,
		.pinned = 1,
		.disabled = 1,
		.exclude_kernel = vhe || !what->el1,
		.exclude_user = vhe || !what->el0,
		.exclude_hv = 1,
		.exclude_host = 1,
	};
	struct perf_event *perf;

	perf = perf_event_create_kernel_counter(&attr, -1, current, perf_overflow, event);
	if (IS_ERR(perf))
		return PTR_ERR(perf);
	event->perf = perf;
	event->opens = (what->el1 ? PMEVTYPER_P : 0) | (what->el0 ? PMEVTYPER_U : 0);
	return 0;
}

/* The first period is the rest of one; those behind it are whole, and perf takes from them what came too late. */
void av_host_pmu_start(struct av_pmu_event *event, u64 left)
{
	local64_set(&event->perf->hw.period_left, left);
	perf_event_enable(event->perf);
}

void av_host_pmu_stop(struct av_pmu_event *event)
{
	perf_event_disable(event->perf);
}

u64 av_host_pmu_count(struct av_pmu_event *event)
{
	u64 enabled, running;

	return perf_event_read_value(event->perf, &enabled, &running);
}

void av_host_pmu_release(struct av_pmu_event *event)
{
	perf_event_release_kernel(event->perf);
	event->perf = NULL;
}

/* ---- the counter of an event, in the burst ------------------------------------------------------- */

/* Interrupts off: does perf have it in a counter of this CPU, whose thread runs, and has not throttled it? */
static bool is_in(const struct perf_event *perf)
{
	return READ_ONCE(perf->state) == PERF_EVENT_STATE_ACTIVE && !(READ_ONCE(perf->hw.state) & PERF_HES_STOPPED);
}

/*
 * The hardware's number of its counter. Before 6.12, which made room for the instruction counter, perf counted from
 * 1, and the cycle counter was 0.
 */
static unsigned int number(const struct perf_event *perf)
{
	return ARMPMU_MAX_HWEVENTS > 32 ? perf->hw.idx : (perf->hw.idx - 1) & 31;
}

/* PMEVTYPER<n>_EL0, PMCCFILTR_EL0, PMICFILTR_EL0: one instruction each. */
#define EVENT_COUNTERS(X)								\
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)	\
	X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30)

static void write_type(unsigned int n, u64 type)
{
	switch (n) {
#define WRITE_CASE(n)					\
	case n:						\
		write_sysreg(type, pmevtyper##n##_el0);	\
		break;
	EVENT_COUNTERS(WRITE_CASE)
	case PMU_CYCLES:
		write_sysreg(type, pmccfiltr_el0);
		break;
	case PMU_INSTRUCTIONS:
		write_sysreg_s(type, sys_reg(3, 3, 9, 6, 0));
		break;
	}
}

/* nVHE: its bit in PMCNTENSET_EL0, for EL2 to switch on while the guest is in; 0: perf has it out. Interrupts off. */
u64 av_host_pmu_counter(const struct av_pmu_event *event)
{
	return is_in(event->perf) ? AV_BIT(number(event->perf)) : 0;
}

/*
 * VHE, before each entry, interrupts off: let it count what the guest's type says; perf's own idea of the counter is
 * nothing (hw.config_base), and it writes that whenever it starts the event. The guest's entry synchronises.
 * True: av_host_pmu_shut() is owed.
 */
bool av_host_pmu_open(const struct av_pmu_event *event)
{
	const struct perf_event *perf = event->perf;

	if (!is_in(perf))
		return false;
	write_type(number(perf), perf->hw.config_base & ~event->opens);
	return true;
}

/* Likewise at the burst's end: nothing any more. An event that perf has moved meanwhile was set up anew. */
void av_host_pmu_shut(const struct av_pmu_event *event)
{
	const struct perf_event *perf = event->perf;

	if (is_in(perf))
		write_type(number(perf), perf->hw.config_base);
}
#endif
