/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The words that hold the interrupt state, and the atomics that change them.
 *
 * Runs at: host kernel, later EL2, unit tests (inline functions, no host pointers).
 * Owns: the layout of struct av_vgic_block, av_vgic_priv, av_vgic_spis, av_vgic_lpis.
 * Locks: none; who may change which word is said at each word. "any" means: by anybody, in any
 * context, with the atomics below.
 *
 * 32 interrupts make a block, as 32 interrupts make a GICD_ISENABLER<n>. Block 0 (SGIs and PPIs)
 * is a vCPU's own, block 1 and up (SPIs) are the VM's. LPIs are the VM's, too, in blocks of their own.
 */
#ifndef AV_VGIC_WORDS_H
#define AV_VGIC_WORDS_H

#include "av_types.h"

#define AV_VGIC_PRIVATE		32	/* INTIDs 0-31, each vCPU has its own */
#define AV_VGIC_SGIS		16
#define AV_VGIC_MAX_LRS		16
#define AV_VGIC_BLOCKS		32	/* 1024 INTIDs; KVM offers up to 992 */
#define AV_VGIC_IRQS		(AV_VGIC_BLOCKS * 32)
#define AV_VGIC_LPI_FIRST	8192
#define AV_VGIC_LPI_END		65536	/* 16 bits of INTID, as KVM offers and list registers hold */
#define AV_LPI_PART		1024	/* LPIs that share an allocation: 32 blocks, a word of lpi_work[] */
#define AV_LPI_PARTS		((AV_VGIC_LPI_END - AV_VGIC_LPI_FIRST) / AV_LPI_PART)
#define AV_LPI_SLOTS		4	/* LPIs that wait for EL2: most CPUs have as many list registers */
/* Bit of the summary that stands for all LPIs; an INTID of block 31 is never offered (attr.c). */
#define AV_VGIC_LPI_BLOCK	31
#define AV_VGIC_NOBODY		0xffff	/* in target[]: the route leads to no vCPU */
#define AV_VGIC_PRIO_MASK	0xf8	/* 5 bits of priority, as KVM */
#define AV_VGIC_CTLR_ENABLE	AV_UL(2)	/* EnableGrp1; for both groups, as KVM */
#define AV_VGIC_IIDR		0x4b00043bU	/* product 'K' of Arm; the distributor's has the revision, too */
#define AV_VGIC_IIDR_REV(rev)	((rev) << 12)
#define AV_VGIC_NEWEST_REV	3U
#define AV_VGIC_PIDR2		0x3b		/* GICv3 */
#define AV_VGIC_REDIST_CTLR	0x6		/* CES, IR: from revision 3 on */
#define AV_GICR_CTLR_LPIS	1U		/* EnableLPIs */
#define AV_GICR_CTLR_RWP	8U
#define AV_VGIC_TYPER_LPIS	0x20000U
#define AV_VGIC_TYPER_IDBITS(n)	(((n) - 1) << 19)

struct av_vgic_block {
	u32 latch;		/* any: edge seen, or written to ISPENDR */
	u32 line;		/* any: level of the input */
	u32 enabled;		/* any */
	u32 active;		/* its vCPU's sync; MMIO while in no list register */
	u32 group1;		/* any */
	u32 edge;		/* any */
	u32 hw;			/* private interrupts only: backed by a physical one */
	u32 held;		/* dist lock: in a list register of owner[], or active there */
	u32 in_lr;		/* flush and sync of the vCPU that has it in a list register */
	u32 lr_pend;		/* likewise: that list register was loaded pending */
	/* Writes that met the interrupt in a list register: left to that vCPU's sync. */
	u32 late_active;	/* any */
	u32 late_inactive;	/* any */
	u32 late_unpend;	/* any */
	u32 mapped;		/* LPIs only, its_lock: events of some ITS lead to it */
	u32 pad[2];
	u8 prio[32];		/* any, plain bytes */
	u8 run_prio[32];	/* load_lr(), ISACTIVER: priority that it was, or is, active with */
};

static_assert(sizeof(struct av_vgic_block) == 128, "a block is two cache lines");

/* An LPI that EL2 may put into a list register by itself. */
struct av_lpi_slot {
	u64 block;		/* EL2 address of its struct av_vgic_block */
	u32 intid;
	u32 pad;
};

/* A vCPU's own, in a page of its own. */
struct av_vgic_priv {
	struct av_vgic_block block;
	/*
	 * any: bit n: block n may hold something for this vCPU's list registers. Set after the
	 * state word, cleared before the state words are read. 0 makes an entry with nothing new
	 * cheap.
	 */
	u32 summary;
	u32 sync_seq;			/* counts folds; the vCPU only */
	u32 routed[AV_VGIC_BLOCKS];	/* dist lock: SPIs whose route leads here */
	u32 held[AV_VGIC_BLOCKS];	/* dist lock: SPIs with owner[] == this vCPU */
	u16 pintid[AV_VGIC_PRIVATE];	/* physical INTID of those with hw */
	/* LPIs, vgic/lpi.c */
	u32 lpi_ctlr;			/* any: GICR_CTLR.EnableLPIs and RWP */
	u32 lpi_more;			/* any, before AV_VGIC_LPI_BLOCK: not only the slots are to be looked at */
	/*
	 * Which slots are in use. Set with the dist lock held, while the vCPU is in its guest; each stands for an LPI
	 * that is held by it. EL2 clears those that it has loaded; av_lpi_unbind() the rest, before the next entry.
	 */
	u32 lpi_slots;
	struct av_lpi_slot lpi_slot[AV_LPI_SLOTS];
	u32 lpi_top[2];			/* dist lock: parts of which lpi_work[] is not 0 */
	u32 lpi_work[AV_LPI_PARTS];	/* dist lock: blocks that may hold something for this vCPU, by part */
};

/*
 * The VM's SPIs, in pages of their own; index: INTID or block, the first 32 or the first one is
 * unused.
 */
struct av_vgic_spis {
	u32 ctlr;			/* any: GICD_CTLR.EnableGrp1 */
	u32 nr_irqs;			/* fixed at initialisation, with the private ones */
	u32 rev;			/* any: GICD_IIDR.Revision */
	u32 typer;			/* vm->lock, read by any: GICD_TYPER */
	u32 pad[28];			/* blocks start on cache lines */
	struct av_vgic_block block[AV_VGIC_BLOCKS];
	u32 route[AV_VGIC_IRQS];	/* dist lock: GICD_IROUTER, Aff2..Aff0 */
	u16 target[AV_VGIC_IRQS];	/* dist lock, read by any: route's vCPU index */
	u16 owner[AV_VGIC_IRQS];	/* dist lock, read by any: valid with held */
};

/*
 * LPIs, a part in pages of its own from the first that is mapped to the end of the VM; index: LPI or block of the part.
 * They are edges of group 1, and never active (IHI 0069, 1.2.1): of a block's words line, active, late_active and
 * late_inactive stay 0.
 */
struct av_vgic_lpis {
	struct av_vgic_block block[AV_LPI_PART / 32];
	u16 target[AV_LPI_PART];	/* dist lock, read by any: index of the vCPU that it goes to */
	u16 owner[AV_LPI_PART];		/* dist lock, read by any: valid with held */
	u32 maps[AV_LPI_PART];		/* its_lock: so many events lead to it */
	u64 el2;			/* constant: where EL2 sees this part */
};

#if defined(__KERNEL__) && !defined(AV_EL2)
#include <linux/atomic.h>

/* Fully ordered, as all value-returning atomics of the kernel. */
static inline u32 av_word_or(u32 *w, u32 bits)
{
	return (u32)atomic_fetch_or((int)bits, (atomic_t *)w);
}

static inline u32 av_word_andnot(u32 *w, u32 bits)
{
	return (u32)atomic_fetch_andnot((int)bits, (atomic_t *)w);
}

static inline u32 av_word_xchg(u32 *w, u32 val)
{
	return (u32)atomic_xchg((atomic_t *)w, (int)val);
}

static inline void av_word_sub(u32 *w, u32 val)
{
	atomic_fetch_sub((int)val, (atomic_t *)w);
}

static inline u32 av_word_read(const u32 *w)
{
	return READ_ONCE(*w);
}

static inline u8 av_prio_read(const struct av_vgic_block *b, u32 n)
{
	return READ_ONCE(b->prio[n]);
}

static inline u8 av_run_prio_read(const struct av_vgic_block *b, u32 n)
{
	return READ_ONCE(b->run_prio[n]);
}

static inline void av_word_fence(void)
{
	smp_mb();	/* what it pairs with is said at the top of irq.c */
}
#else
/* At EL2 as el2_load() has it; on the build host so that the compiler's checks of races know it. */
#ifdef AV_EL2
#define load_relaxed(p)	({ const volatile typeof(*(p)) *p_ = (p); *p_; })
#else
#define load_relaxed(p)	__atomic_load_n(p, __ATOMIC_RELAXED)
#endif

static inline u32 av_word_or(u32 *w, u32 bits)
{
	return __atomic_fetch_or(w, bits, __ATOMIC_SEQ_CST);
}

static inline u32 av_word_andnot(u32 *w, u32 bits)
{
	return __atomic_fetch_and(w, ~bits, __ATOMIC_SEQ_CST);
}

static inline u32 av_word_xchg(u32 *w, u32 val)
{
	return __atomic_exchange_n(w, val, __ATOMIC_SEQ_CST);
}

static inline u32 av_word_read(const u32 *w)
{
	return load_relaxed(w);
}

static inline u8 av_prio_read(const struct av_vgic_block *b, u32 n)
{
	return load_relaxed(&b->prio[n]);
}

static inline u8 av_run_prio_read(const struct av_vgic_block *b, u32 n)
{
	return load_relaxed(&b->run_prio[n]);
}

static inline void av_word_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
#endif

/* Pending as ISPENDR shows it, without what sits in list registers. */
static inline u32 av_block_pending(const struct av_vgic_block *b)
{
	return av_word_read(&b->latch) | (av_word_read(&b->line) & ~av_word_read(&b->edge));
}

/* Pending, and neither its own enable nor the distributor's is in the way. */
static inline u32 av_block_deliverable(const struct av_vgic_block *b, u32 ctlr)
{
	if (!(ctlr & AV_VGIC_CTLR_ENABLE))
		return 0;
	return av_block_pending(b) & av_word_read(&b->enabled);
}

#endif
