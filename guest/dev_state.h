/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a VM and a vCPU keep of their devices: dev/'s part of struct av_vm and struct av_vcpu.
 *
 * Runs at: host kernel. Owns: the layout; dev/ owns what is in it.
 */
#ifndef AV_DEV_STATE_H
#define AV_DEV_STATE_H

#include <linux/bitmap.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rbtree.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "include/vcpu_ctx.h"

#define AV_NR_INTIDS		1024	/* INTIDs that are not LPIs */

/* dev/timer.c */
struct av_timer_cpu {
	struct hrtimer wake;		/* while the vCPU sleeps: next deadline of both timers */
	struct hrtimer ptimer;		/* while it runs: the physical timer's deadline, if that is emulated */
	u64 ptimer_at;			/* host count that ptimer was armed for */
	u64 wait_until;			/* WFIT: the virtual count that ends it, AV_TIMER_NEVER: none does */
	bool level[AV_NR_TIMERS];	/* lines at the last look; also the PPIs' owners */
	u32 hw_ppis;			/* bits of the guest's PPIs that stand for the host's */
	bool has_gic;			/* the lines go to an in-kernel GIC; valid once enabled */
	bool enabled;			/* PPIs claimed at first RUN */
};

#define AV_PVTIME_ALIGN		64	/* and size of the record */

/* dev/pvtime.c */
struct av_pvtime_cpu {
	bool on;			/* user space gave ipa */
	u64 ipa;			/* of the record in guest memory */
	u64 seen;			/* what the thread had waited at the last look */
	const void *task;		/* which thread; compared, never followed */
};

/* dev/pmu.h; NULL without the feature */
struct av_pmu;
struct av_host_pmu;

/* dev/pmu_attr.c: the PMU that the VM's vCPUs have; under vm->lock, fixed at the first run */
struct av_pmu_vm {
	const struct av_host_pmu *host;	/* NULL: none yet */
	bool is_chosen;			/* by user space: vCPUs run on its CPUs only */
	unsigned int nr;		/* event counters */
	unsigned long *filter;		/* events that may be counted, NULL: all */
};

struct av_bell_set;
struct kvm_coalesced_mmio_ring;
struct av_doorbell;

/* dev/ioeventfd.c: a vCPU's walk among the VM's ioeventfds, and what the last one found */
struct av_bell_cpu {
	u32 walk;			/* odd: it is in a walk. Its own thread writes, who removes one reads */
	struct av_doorbell *last;
	u64 last_gen;			/* ioeventfds_gen at that time; at another one last means nothing */
	unsigned long tried;		/* dev/bells.c: the jiffy of the last try to find a CPU to be told */
	unsigned int cpu;		/* ... and which one that was */
};

/* dev/irqfd.c, dev/ioeventfd.c, dev/routing.c */
struct av_eventfd_vm {
	struct mutex lock;		/* writers of everything here but irqfds */
	struct xarray irqfds;		/* by eventfd; its lock is taken under an eventfd's wait queue lock */
	struct list_head dying;		/* irqfds that are being shut down; under the same lock */
	struct work_struct shutdown;
	struct xarray resamplers;	/* by GSI; read under srcu */
	struct rb_root ioeventfds;	/* read in a vCPU's walk, under ioeventfds_seq */
	spinlock_t ioeventfds_lock;	/* around each change */
	seqcount_spinlock_t ioeventfds_seq;
	u64 ioeventfds_gen;		/* changes so far; never 0 */
	int nr_zones;			/* dev/coalesced.c: under zones_lock, read by any */
	spinlock_t zones_lock;		/* zones, and the kernel's side of the ring */
	struct list_head zones;
	struct kvm_coalesced_mmio_ring *ring;	/* a page; the VMM writes it, too */
	struct av_bell_set *bells;	/* dev/bells.c; NULL: none yet, read by any */
	struct srcu_struct srcu;
	struct av_routes __rcu *routes;	/* NULL before the first table; read in a CPU's walk */
	u32 __percpu *route_walks;	/* dev/walk.h; interrupts off */
	/* by INTID; atomic bit operations, any context */
	DECLARE_BITMAP(acked, AV_NR_INTIDS);	/* guest deactivated it, line still to be lowered */
	DECLARE_BITMAP(resample, AV_NR_INTIDS);	/* line lowered, resamplefds to be signalled */
	struct irq_work ack_irq_work;
	struct work_struct resample_work;
};

#endif
