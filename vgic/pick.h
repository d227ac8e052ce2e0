/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pure decisions of the vGIC: which interrupts go into the list registers, what came back, whom
 * an SGI means.
 *
 * Runs at: host kernel, later EL2, unit tests on the build host. Owns: nothing. Locks: none.
 */
#ifndef AV_VGIC_PICK_H
#define AV_VGIC_PICK_H

#include "include/arm_regs.h"
#include "include/vgic_words.h"

/* What found no list register; flags of av_vgic_choice.outside. */
#define AV_OUT_PENDING		1	/* would be signalled */
#define AV_OUT_ACTIVE		2
#define AV_OUT_GROUP0		4	/* pending, but the guest has the group switched off */
#define AV_OUT_GROUP1		8

struct av_vgic_pick {
	u32 key;		/* lower goes first */
	u16 intid;
	u8 prio;
	bool pending, active, group1, edge, hw;
};

struct av_vgic_choice {
	u32 vmcr;		/* in: ICH_VMCR_EL2 */
	u32 max;		/* in: list registers there are, 1..16 */
	u32 always;		/* in: bits of ICH_HCR_EL2, whatever is left outside */
	u32 dir_trap;		/* in: av_vgic_dir_trap() */
	u32 nr;
	u16 outside;
	u16 left;		/* so many are outside */
	struct av_vgic_pick best[16];	/* in ascending order of key */
};

/*
 * Enter a block's interrupts into the choice: active ones, and pending ones (deliverable) that are
 * free. Returns those that were looked at.
 */
u32 av_vgic_pick_block(struct av_vgic_choice *c, const struct av_vgic_block *b, u32 base,
		       u32 pending, u32 active);
u64 av_vgic_pick_lr(const struct av_vgic_pick *p, u32 pintid);
/*
 * The bit of ICH_HCR_EL2 that traps the guest's ICC_DIR_EL1. Where there is none for that register alone
 * (ICH_VTR_EL2.TDS) it is the one of all that are common to both groups, ICC_PMR_EL1 among them (icc_traps.c).
 */
static inline u32 av_vgic_dir_trap(u64 vtr)
{
	return vtr & ICH_VTR_TDS ? ICH_HCR_TDIR : ICH_HCR_TC;
}

/* ICH_HCR_EL2 for what was left outside. */
u32 av_vgic_pick_hcr(const struct av_vgic_choice *c);

struct av_vgic_fold {
	bool active;
	bool relatch;		/* edge: still pending */
	bool acked;		/* was loaded pending, and isn't any more */
	bool eoi;		/* level, ended: sample its line again */
};

struct av_vgic_fold av_vgic_fold_lr(u64 lr, bool was_pending, bool edge);

/* ICC_SGI1R_EL1 and its like, taken apart (IHI 0069, 12.2.22). */
struct av_vgic_sgi_req {
	u32 intid;
	bool others;		/* IRM: everybody but the sender */
	u16 list;		/* bit n: Aff0 is aff's plus n */
	u64 aff;		/* MPIDR layout */
};

struct av_vgic_sgi_req av_vgic_sgi_decode(u64 value);

#endif
