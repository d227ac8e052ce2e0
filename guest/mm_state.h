/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a VM keeps of its memory: mm/'s part of struct av_vm.
 *
 * Runs at: host kernel. Owns: the layout; mm/ owns what is in it.
 */
#ifndef AV_MM_STATE_H
#define AV_MM_STATE_H

#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/xarray.h>

#include "host/pgtable.h"

/*
 * Tables for stage 2, allocated where it was possible to sleep: for one mapping at most one per level below the root,
 * and as many again. A vCPU has its own, under its mutex.
 */
#define AV_S2_CACHE_MIN		3
#define AV_S2_CACHE_MAX		(2 * AV_S2_CACHE_MIN)
struct av_s2_cache {
	unsigned int nr;
	void *table[AV_S2_CACHE_MAX];
};

/* The vCPU's last row of pages that came along with a fault, mm/around.c. */
struct av_around_row {
	u64 next;			/* IPA behind it */
	unsigned int pages;		/* its length */
};

struct kvm_dirty_gfn;

/* A vCPU's dirty ring, mm/ring.c. The counts wrap; an entry's place is the count's lower bits. */
struct av_dirty_ring {
	struct kvm_dirty_gfn *entries;	/* shared with user space; NULL: the VM has no rings */
	u32 nr;				/* a power of two */
	u32 pushed;			/* by the vCPU's thread */
	u32 taken;			/* back, under slots_lock */
};

struct av_mm_vm {
	struct av_pgt s2;		/* stage-2 tables: faults share mmu_lock, who unmaps has it for writing */
	rwlock_t mmu_lock;
	struct mutex slots_lock;	/* writers of the memslots */
	struct srcu_struct slots_srcu;	/* readers */
	struct rb_root slots_by_gfn;	/* written under mmu_lock and slots_seq */
	seqcount_rwlock_t slots_seq;
	unsigned long slots_gen;	/* counts slots that came, from 1; written under mmu_lock */
	struct rb_root_cached slots_by_hva;	/* under mmu_lock */
	struct xarray slots;		/* by id, written under slots_lock */
	/*
	 * A fault reads the sequence first, then slot, flags and host page, and installs the
	 * mapping under mmu_lock only if the sequence is the same and no range with it is in flight.
	 * Whoever takes something of these away raises one of the two under mmu_lock before he
	 * unmaps.
	 */
	unsigned long invalidate_seq;
	unsigned long invalidate_count;	/* ranges in flight, and host addresses that they all lie within: */
	unsigned long invalidate_start;
	unsigned long invalidate_end;
#ifdef CONFIG_MMU_NOTIFIER
	struct mmu_notifier notifier;
#else
	struct xarray pins;		/* gfn -> page, mm/pin.c */
#endif
	u32 manual_dirty;		/* KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2's flags; written under slots_lock */
	u32 ring_size;			/* KVM_CAP_DIRTY_LOG_RING_ACQ_REL, bytes; under slots_lock, before any vCPU */
	bool ring_with_bitmap;		/* KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP; under slots_lock */
	u64 split_chunk;		/* KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE, bytes, 0: by faults; under slots_lock */
	u8 ipa_bits;			/* the VM's */
	u8 ipa_limit;			/* the host's */
	u32 __percpu *last_vcpu;	/* idx + 1 of the vCPU that ran last on each CPU, mm/tlb.c */
	u64 vtcr;			/* VTCR_EL2 for this VM */
	u64 vmid;			/* generation in the upper bits, mm/vmid.c; READ_ONCE */
};

#endif
