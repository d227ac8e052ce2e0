// SPDX-License-Identifier: GPL-2.0
/*
 * Pure decisions of the vGIC: which interrupts go into the list registers, what came back, whom
 * an SGI means.
 *
 * Runs at: host kernel, later EL2, unit tests on the build host.
 * Owns: nothing; works on what it is handed. Locks: none.
 */
#include "pick.h"
#include "include/arm_regs.h"

/*
 * Rank before priority. Pending comes before active, since a pending interrupt without a list
 * register is late while an active one only costs an exit at its EOI. Pending ones of a group
 * that the guest switched off come last: they may stay for ever.
 */
enum rank { RANK_PENDING, RANK_ACTIVE, RANK_GROUP_OFF };

#define KEY(rank, prio, soft)	(((u32)(rank) << 16) | ((u32)(prio) << 8) | (u32)(soft))
#define KEY_RANK(key)		((enum rank)((key) >> 16))

static void note_outside(struct av_vgic_choice *c, const struct av_vgic_pick *p)
{
	c->left++;
	if (p->active)
		c->outside |= AV_OUT_ACTIVE;
	if (!p->pending)
		return;
	if (KEY_RANK(p->key) == RANK_GROUP_OFF)
		c->outside |= p->group1 ? AV_OUT_GROUP1 : AV_OUT_GROUP0;
	else if (KEY_RANK(p->key) == RANK_PENDING)
		c->outside |= AV_OUT_PENDING;
}

static void insert(struct av_vgic_choice *c, const struct av_vgic_pick *p)
{
	u32 i;

	if (c->nr == c->max) {
		if (c->best[c->nr - 1].key <= p->key) {
			note_outside(c, p);
			return;
		}
		note_outside(c, &c->best[c->nr - 1]);
		c->nr--;
	}
	for (i = c->nr; i && c->best[i - 1].key > p->key; i--)
		c->best[i] = c->best[i - 1];
	c->best[i] = *p;
	c->nr++;
}

static u32 key_of(const struct av_vgic_pick *p, u32 vmcr)
{
	bool group_on = vmcr & (p->group1 ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0);
	enum rank rank;

	/* One that is active can't be signalled again before its EOI, pending or not. */
	if (p->active)
		rank = RANK_ACTIVE;
	else
		rank = group_on ? RANK_PENDING : RANK_GROUP_OFF;
	/* Among equals those whose EOI the hardware forwards: they need the list register. */
	return KEY(rank, p->prio, !p->hw);
}

u32 av_vgic_pick_block(struct av_vgic_choice *c, const struct av_vgic_block *b, u32 base,
		       u32 pending, u32 active)
{
	u32 todo = pending | active, left;
	u32 group1 = av_word_read(&b->group1), edge = av_word_read(&b->edge);
	u32 hw = av_word_read(&b->hw);

	for (left = todo; left; left &= left - 1) {
		u32 n = __builtin_ctz(left), bit = 1U << n;
		struct av_vgic_pick p = {
			.intid = base + n,
			.active = active & bit,
			.group1 = group1 & bit,
			.edge = edge & bit,
			.hw = hw & bit,
		};

		/* While active it keeps its priority: the EOI is matched with it (4.8.3). */
		p.prio = p.active ? av_run_prio_read(b, n) : av_prio_read(b, n);
		/*
		 * Pending and active at once only for software's edge interrupts: a level is
		 * sampled again at its EOI, and with HW=1 the pending state lives in the physical
		 * GIC (IHI 0069, 12.4.9, ICH_LR<n>_EL2.State and HW).
		 */
		p.pending = (pending & bit) && (!p.active || (p.edge && !p.hw));
		p.key = key_of(&p, c->vmcr);
		insert(c, &p);
	}
	return todo;
}

u64 av_vgic_pick_lr(const struct av_vgic_pick *p, u32 pintid)
{
	u64 lr = p->intid | ICH_LR_PRIORITY(p->prio);

	if (p->hw)
		lr |= ICH_LR_HW | ICH_LR_PINTID(pintid);
	else if (!p->edge)
		lr |= ICH_LR_EOI;	/* come back when it ends: the line may still be high */
	if (p->group1)
		lr |= ICH_LR_GROUP1;
	if (p->pending)
		lr |= ICH_LR_PENDING;
	if (p->active)
		lr |= ICH_LR_ACTIVE;
	return lr;
}

/*
 * Each condition asks for an exit when the guest makes one that was left out matter. None of them
 * holds at entry (that would be an exit without progress, for ever): pending ones are left out as
 * RANK_PENDING only while every list register is pending too, the groups' only while the group is
 * off.
 */
u32 av_vgic_pick_hcr(const struct av_vgic_choice *c)
{
	u32 hcr = ICH_HCR_EN | c->always;

	if (c->outside & AV_OUT_PENDING)
		hcr |= ICH_HCR_NPIE;
	if (c->outside & AV_OUT_GROUP0)
		hcr |= ICH_HCR_VGRP0EIE;
	if (c->outside & AV_OUT_GROUP1)
		hcr |= ICH_HCR_VGRP1EIE;
	/*
	 * The end of one that has no list register: with EOImode 0 it is counted (it was the one
	 * of highest priority); with EOImode 1 the order is free, so that the guest's DIR must be
	 * seen.
	 */
	if (c->outside & AV_OUT_ACTIVE)
		hcr |= c->vmcr & ICH_VMCR_VEOIM ? c->dir_trap : ICH_HCR_LRENPIE;
	return hcr;
}

struct av_vgic_fold av_vgic_fold_lr(u64 lr, bool was_pending, bool edge)
{
	bool pending = lr & ICH_LR_PENDING;
	struct av_vgic_fold f = {
		.active = lr & ICH_LR_ACTIVE,
		.relatch = edge && pending,
		.acked = was_pending && !pending,
		.eoi = !(lr & (ICH_LR_STATE | ICH_LR_HW)) && (lr & ICH_LR_EOI),
	};

	return f;
}

struct av_vgic_sgi_req av_vgic_sgi_decode(u64 value)
{
	struct av_vgic_sgi_req req = {
		.intid = AV_GET(value, 27, 24),
		.others = value & AV_BIT(40),
		.list = AV_GET(value, 15, 0),
		.aff = AV_GET(value, 55, 48) << 32 | AV_GET(value, 39, 32) << 16 |
		       AV_GET(value, 23, 16) << 8 | AV_GET(value, 47, 44) << 4,
	};

	return req;
}
