/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vCPU's PMU, between the files of it: pmu.c counts, pmu_regs.c has the registers, pmu_attr.c what user space
 * chooses.
 *
 * Runs at: host kernel. Owns: nothing; the structures are pmu.c's.
 */
#ifndef AV_PMU_H
#define AV_PMU_H

#include <linux/bits.h>
#include <linux/irq_work.h>
#include <linux/spinlock.h>

#include "dev.h"
#include "host/pmu.h"
#include "pmu_rules.h"

/* One counter. Its value is what is below and, while it is live, what the event has counted since seen. */
struct av_pmc {
	struct av_pmu_event event;	/* made for its type and length */
	u64 value;
	u64 seen;
	u64 last;			/* the value up to which overflows are accounted for, while it is live */
	u8 n;
	bool is_long;			/* the event was made for 64 bits */
	u64 type;			/* PMEVTYPER<n>_EL0, PMCCFILTR_EL0 */
};

struct av_pmu {
	struct av_vcpu *vcpu;
	u64 pmcr;			/* PMCR_EL0 without N; lock, for writing */
	u64 select;			/* PMSELR_EL0 */
	u64 userenr;			/* PMUSERENR_EL0 */
	u64 enabled;			/* PMCNTENSET_EL0 */
	u64 interrupts;			/* PMINTENSET_EL1; lock, for writing */
	u64 overflows;			/* PMOVSSET_EL0; lock */
	u32 made;			/* counters that have an event */
	u32 live;			/* ... which is switched on */
	bool stale;			/* they are not yet, or not all: av_pmu_begin() */
	const void *task;		/* whose the events are; compared, never followed */
	raw_spinlock_t lock;		/* interrupts off. Values of counters without event, too; and the line */
	unsigned long noticed;		/* overflows that an NMI saw; atomic bits */
	struct irq_work work;
	bool level;			/* of the line */
	bool has_gic;			/* it goes to an in-kernel GIC; from the first RUN on */
	bool created;			/* the attribute INIT */
	u32 intid;			/* the attribute IRQ, 0: none */
	u64 host_userenr;		/* in the guest: the host's PMUSERENR_EL0 */
	struct av_pmc pmc[AV_PMU_COUNTERS];
};

static inline unsigned int av_pmu_version(const struct av_vcpu *vcpu)
{
	return AV_GET(READ_ONCE(vcpu->vm->idregs[AV_IDREG(5, 0)]), 11, 8);
}

static inline u64 av_pmu_counters(const struct av_vcpu *vcpu)
{
	return av_pmu_mask(READ_ONCE(vcpu->vm->pmu.nr));
}

/* pmu.c: the guest not in; may sleep. n: a counter's number. */
u64 av_pmu_read(struct av_pmu *pmu, unsigned int n);
void av_pmu_write(struct av_pmu *pmu, unsigned int n, u64 value);
void av_pmu_set_type(struct av_pmu *pmu, unsigned int n, u64 type);
void av_pmu_set_pmcr(struct av_pmu *pmu, u64 pmcr);
void av_pmu_enable_counters(struct av_pmu *pmu, u64 enabled);
void av_pmu_set_interrupts(struct av_pmu *pmu, u64 interrupts);
void av_pmu_change_overflows(struct av_pmu *pmu, u64 clear, u64 set);
void av_pmu_software(struct av_pmu *pmu, u64 counters, bool el0);
void av_pmu_note_around(struct av_pmu *pmu);	/* after a change of select or userenr */
void av_pmu_connect(struct av_pmu *pmu, bool gic);

/* pmu_attr.c */
bool av_pmu_may_count(const struct av_vm *vm, u64 event);

#endif
