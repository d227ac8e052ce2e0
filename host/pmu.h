/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine's PMUs, through the kernel's perf (pmu.c): which there are, and events that count for a guest.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_HOST_PMU_H
#define AV_HOST_PMU_H

#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/types.h>

struct perf_event;

/* One kind of PMU: that of some of the machine's CPUs. Constant after the module's load. */
struct av_host_pmu {
	u32 type;			/* perf's number of it */
	u8 version;			/* PMUVer */
	u8 counters;			/* PMCR_EL0.N */
	u64 ceid[2];			/* PMCEID<n>_EL0: the events that perf's driver has found */
	const cpumask_t *cpus;		/* perf's own: CPUs may still come */
};

/* Part of who counts. The owner sets overflow. */
struct av_pmu_event {
	struct perf_event *perf;	/* NULL: none was made */
	u64 opens;			/* VHE: what of the counter's filter goes while the guest is in */
	/* In a hard interrupt, or an NMI, on the CPU that counts; count as av_host_pmu_count() */
	void (*overflow)(struct av_pmu_event *event, u64 count);
};

/* What is counted. */
struct av_pmu_what {
	u64 event;
	bool el1, el0;			/* of the guest */
	u64 period;			/* so many between two overflows */
};

#if defined(CONFIG_PERF_EVENTS) && defined(CONFIG_ARM_PMU)
void av_host_pmu_init(void);		/* module load */
bool av_host_has_pmu(void);
const struct av_host_pmu *av_host_pmu_here(void);	/* of this CPU, NULL: none */
const struct av_host_pmu *av_host_pmu_by_type(u32 type);	/* likewise */

/* All may sleep. An event is the thread's that made it, and counts in its guests alone. */
int av_host_pmu_create(struct av_pmu_event *event, const struct av_host_pmu *pmu, const struct av_pmu_what *what);
void av_host_pmu_start(struct av_pmu_event *event, u64 left);	/* left until the overflow */
void av_host_pmu_stop(struct av_pmu_event *event);
u64 av_host_pmu_count(struct av_pmu_event *event);	/* since it was made */
void av_host_pmu_release(struct av_pmu_event *event);
/* In the burst: see pmu.c */
u64 av_host_pmu_counter(const struct av_pmu_event *event);
bool av_host_pmu_open(const struct av_pmu_event *event);
void av_host_pmu_shut(const struct av_pmu_event *event);
#else
static inline void av_host_pmu_init(void)
{
}

static inline bool av_host_has_pmu(void)
{
	return false;
}

static inline const struct av_host_pmu *av_host_pmu_here(void)
{
	return NULL;
}

static inline const struct av_host_pmu *av_host_pmu_by_type(u32 type)
{
	return NULL;
}

/* No vCPU has a PMU, so nobody comes here. */
static inline int av_host_pmu_create(struct av_pmu_event *event, const struct av_host_pmu *pmu,
				     const struct av_pmu_what *what)
{
	return -ENODEV;
}

static inline void av_host_pmu_start(struct av_pmu_event *event, u64 left)
{
}

static inline void av_host_pmu_stop(struct av_pmu_event *event)
{
}

static inline u64 av_host_pmu_count(struct av_pmu_event *event)
{
	return 0;
}

static inline void av_host_pmu_release(struct av_pmu_event *event)
{
}

static inline u64 av_host_pmu_counter(const struct av_pmu_event *event)
{
	return 0;
}

static inline bool av_host_pmu_open(const struct av_pmu_event *event)
{
	return false;
}

static inline void av_host_pmu_shut(const struct av_pmu_event *event)
{
}
#endif

#endif
