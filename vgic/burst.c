// SPDX-License-Identifier: GPL-2.0
/*
 * The burst's part of the vGIC: state words into list registers before the guest runs, and back
 * after.
 *
 * Runs at: host kernel, in the vCPU's thread with interrupts off (has_pending: any context).
 * Owns: ctx->gic.lr, used_lrs and hcr; in_lr, lr_pend and sync_seq of the vCPU's interrupts.
 * Locks: takes the dist lock when SPIs are concerned (ladder in vgic.c).
 */
#include "internal.h"
#include "pick.h"
#ifdef __KERNEL__	/* unit tests have no events */
#include "guest/trace.h"
#endif

#define MAX_EOIS	31		/* ICH_HCR_EL2.EOIcount */

/* What one sync found that others may want to know. */
struct ended {
	u32 nr;
	u16 spi[AV_VGIC_MAX_LRS + MAX_EOIS];	/* levels that ended: irqfds resample */
	u32 nr_outside;
	u16 outside[MAX_EOIS];			/* ended without a list register */
};

/* Of a summary: the blocks of SPIs. */
#define SPI_BLOCKS		((u32)AV_MASK(AV_VGIC_LPI_BLOCK - 1, 1))

static u32 dist_ctlr(const struct av_vm *vm)
{
	return av_word_read(&vm->vgic.spis->ctlr);
}

static u32 gather_private(struct av_vcpu *vcpu, struct av_vgic_choice *c)
{
	const struct av_vgic_block *b = &vcpu->vgic.priv->block;

	return av_vgic_pick_block(c, b, 0, av_block_deliverable(b, dist_ctlr(vcpu->vm)),
				  av_word_read(&b->active));
}

/*
 * An active SPI stays with the vCPU that acknowledged it, whatever its route says by now: only
 * that one can end it. One that user space or the guest made active goes to the vCPU of its
 * route.
 */
static u32 gather_spis(struct av_vcpu *vcpu, u32 n, struct av_vgic_choice *c)
{
	struct av_vgic_spis *spis = vcpu->vm->vgic.spis;
	struct av_vgic_priv *priv = vcpu->vgic.priv;
	struct av_vgic_block *b = &spis->block[n];
	u32 unbound, active;

	lockdep_assert_held(&vcpu->vm->vgic.lock);
	active = av_word_read(&b->active);
	unbound = priv->routed[n] & ~av_word_read(&b->held);
	if (unbound & active)
		av_vgic_hold_spis(vcpu, n, unbound & active);
	return av_vgic_pick_block(c, b, n * 32,
				  av_block_deliverable(b, spis->ctlr) & (unbound | priv->held[n]),
				  active & priv->held[n]);
}

static bool is_v2_sgi(const struct av_vcpu *vcpu, u32 intid)
{
	return intid < AV_VGIC_SGIS && unlikely(vcpu->vm->vgic.is_v2);
}

static bool take(u32 *late, u32 bit)
{
	return (av_word_read(late) & bit) && (av_word_andnot(late, bit) & bit);
}

/*
 * Carry out what others wrote while the interrupt was in the list register. Follows the clearing of
 * in_lr: a writer that sets its word later than this sees in_lr clear and does the write itself
 * (change_active() in irq_regs.c); the atomic takes the request for one of the two.
 *
 * An SPI's requests about active are made and taken under the dist lock, but EL2 reads without (el2/fast_gic.c): there
 * the request goes only when it has been carried out, so that who wrote never reads what was before. Private ones have
 * no lock here, and then it matters more that the last of two opposite writes counts.
 *
 * relatched: the latch is set since the fold found it pending in the list register. All else that the latch has is
 * newer than the clearing, whose writer took what was there.
 */
static __always_inline void fold_late(struct av_vgic_block *b, u32 bit, bool is_spi, bool relatched)
{
	if (is_spi && av_word_read(&b->late_inactive) & bit)
		av_word_andnot(&b->active, bit);
	if (take(&b->late_inactive, bit))
		av_word_andnot(&b->active, bit);
	if (is_spi && av_word_read(&b->late_active) & bit)
		av_word_or(&b->active, bit);
	if (take(&b->late_active, bit))
		av_word_or(&b->active, bit);
	if (take(&b->late_unpend, bit) && relatched)
		av_word_andnot(&b->latch, bit);
}

/* Not put into a list register after all; what others have left to the fold meanwhile is done. */
static noinline void take_back(struct av_vcpu *vcpu, struct av_vgic_block *b, u32 intid)
{
	u32 bit = BIT(intid % 32);

	av_word_andnot(&b->in_lr, bit);
	fold_late(b, bit, intid >= AV_VGIC_PRIVATE, false);
	if (intid >= AV_VGIC_PRIVATE)
		av_vgic_release_spis(vcpu->vm, intid / 32, bit);
}

/* Put one interrupt into list register i; false when its pending state was withdrawn meanwhile. */
static bool load_lr(struct av_vcpu *vcpu, struct av_vgic_pick *p, u32 i)
{
	struct av_vgic_cpu *cpu = &vcpu->vgic;
	u64 v2 = 0;
	struct av_vgic_block *b;
	u32 bit = BIT(p->intid % 32);

	if (unlikely(av_is_lpi(p->intid)))
		return av_lpi_load(vcpu, p, i);
	b = av_vgic_block(vcpu->vm, vcpu, p->intid);
	/* Bound before the latch is taken: whoever sets it from now on finds the vCPU to kick. */
	if (p->intid >= AV_VGIC_PRIVATE)
		av_vgic_hold_spis(vcpu, p->intid / 32, bit);
	av_word_or(&b->in_lr, bit);
	/* Switched off since it was chosen: who did that later than this finds in_lr, and kicks (ICENABLER). */
	if (!(av_word_read(&b->enabled) & bit))
		p->pending = false;
	if (p->pending && p->edge && !(av_word_andnot(&b->latch, bit) & bit))
		p->pending = false;
	if (is_v2_sgi(vcpu, p->intid))
		v2 = av_vgic_v2_load_sgi(vcpu, p);
	if (!p->pending && !p->active) {
		take_back(vcpu, b, p->intid);
		return false;
	}
	if (p->pending)
		av_word_or(&b->lr_pend, bit);
	/*
	 * Once more: who changes them from now on finds the vCPU to kick. The atomic above is the barrier. What is
	 * active keeps the priority that it was acknowledged with, which its EOI goes by.
	 */
	if (!p->active) {
		p->prio = av_prio_read(b, p->intid % 32);
		p->group1 = av_word_read(&b->group1) & bit;
	}
	WRITE_ONCE(b->run_prio[p->intid % 32], p->prio);
	vcpu->ctx->gic.lr_intid[i] = p->intid;
	vcpu->ctx->gic.lr[i] = v2 | av_vgic_pick_lr(p, p->hw ? cpu->priv->pintid[p->intid] : 0);
	return true;
}

static void load_lrs(struct av_vcpu *vcpu, struct av_vgic_choice *c)
{
	struct av_gic_ctx *gic = &vcpu->ctx->gic;
	u32 i, used = 0;

	for (i = 0; i < c->nr; i++)
		used += load_lr(vcpu, &c->best[i], used);
	gic->used_lrs = used;
	gic->hcr = av_vgic_pick_hcr(c);
	gic->hcr_exit = 0;
	trace_armvcpu_vgic_load(vcpu->id, gic, c->left, c->outside);
}

/* work: blocks to look at; dist lock if there are SPIs among them */
static void fill(struct av_vcpu *vcpu, u32 work)
{
	struct av_vgic_choice c av_uninitialized;
	u32 busy = 0, left;

	c.vmcr = vcpu->ctx->gic.vmcr;
	c.max = min_t(u32, ICH_VTR_LISTREGS(av_vgic_host_vtr()), AV_VGIC_MAX_LRS);
	c.always = vcpu->vgic.hcr;
	c.dir_trap = vcpu->vgic.dir_trap;
	c.nr = 0;
	c.outside = 0;
	c.left = 0;
	if ((work & 1) && gather_private(vcpu, &c))
		busy |= 1;
	for (left = work & SPI_BLOCKS; left; left &= left - 1)
		if (gather_spis(vcpu, __ffs(left), &c))
			busy |= left & -left;
	if (unlikely(work & BIT(AV_VGIC_LPI_BLOCK))) {
		av_lpi_gather(vcpu, &c);
		busy |= BIT(AV_VGIC_LPI_BLOCK);
	}
	load_lrs(vcpu, &c);
	/* Those in list registers are brought up again by sync; those outside here. */
	if (c.outside) {
		av_word_or(&vcpu->vgic.priv->summary, busy & ~BIT(AV_VGIC_LPI_BLOCK));
		if (unlikely(busy & BIT(AV_VGIC_LPI_BLOCK)))
			av_lpi_ask(vcpu);
	}
}

/*
 * With nothing in list registers: what was bound ahead (bind_ahead() in irq.c) and not loaded by EL2 belongs to its
 * route again. Dist lock. Returns the blocks in which a route leads elsewhere by now.
 */
static u32 unbind(struct av_vcpu *vcpu, u32 blocks)
{
	struct av_vgic_spis *spis = vcpu->vm->vgic.spis;
	struct av_vgic_priv *priv = vcpu->vgic.priv;
	u32 left, moved = 0;

	for (left = blocks & SPI_BLOCKS; left; left &= left - 1) {
		u32 n = __ffs(left), idle = priv->held[n] & ~av_word_read(&spis->block[n].active);

		if (!idle)
			continue;
		av_vgic_release_spis(vcpu->vm, n, idle);
		if (idle & ~priv->routed[n])
			moved |= BIT(n);
	}
	return moved;
}

static void tell_routes(struct av_vm *vm, u32 blocks)
{
	u32 left;

	for (left = blocks; left; left &= left - 1) {
		const struct av_vgic_block *b = &vm->vgic.spis->block[__ffs(left)];

		av_vgic_notify_spis(vm, __ffs(left), av_block_deliverable(b, dist_ctlr(vm)) & ~av_word_read(&b->held));
	}
}

/* Of the SPIs that came back tell the vCPUs that their routes lead to by now. */
static void pass_on(struct av_vcpu *vcpu, const u16 *intids, u32 nr)
{
	struct av_vm *vm = vcpu->vm;
	u32 i;

	for (i = 0; i < nr; i++) {
		u32 intid = intids[i], n = intid / 32;
		const struct av_vgic_block *b;

		if (unlikely(av_is_lpi(intid))) {
			av_lpi_pass_on(vcpu, intid);
			continue;
		}
		if (!n || READ_ONCE(vm->vgic.spis->target[intid]) == vcpu->idx)
			continue;
		/* Not those that stay: this vCPU would kick itself, at each exit. */
		b = &vm->vgic.spis->block[n];
		av_vgic_notify_spis(vm, n, BIT(intid % 32) & ~av_word_read(&b->held) &
				    av_block_deliverable(b, dist_ctlr(vm)));
	}
}

/*
 * The vCPU goes off, and may never come to another flush. All blocks: the injector that bound one may not have written
 * the summary yet.
 */
void av_vgic_unbind(struct av_vcpu *vcpu)
{
	struct av_vgic_dist *dist = &vcpu->vm->vgic;
	u16 lpis[AV_LPI_SLOTS];
	unsigned long flags;
	u32 moved, nr;

	if (!av_vgic_initialized(vcpu->vm))
		return;
	raw_spin_lock_irqsave(&dist->lock, flags);
	moved = unbind(vcpu, av_vgic_all_blocks(vcpu->vm));
	nr = av_lpi_unbind(vcpu, lpis);
	raw_spin_unlock_irqrestore(&dist->lock, flags);
	tell_routes(vcpu->vm, moved);
	pass_on(vcpu, lpis, nr);
}

/* Apart, for its array on the stack. */
static noinline void flush_with_lpis(struct av_vcpu *vcpu, u32 work)
{
	struct av_vgic_dist *dist = &vcpu->vm->vgic;
	u16 lpis[AV_LPI_SLOTS];
	u32 moved, nr;

	raw_spin_lock(&dist->lock);
	moved = unbind(vcpu, work);
	nr = av_lpi_unbind(vcpu, lpis);
	fill(vcpu, work);
	raw_spin_unlock(&dist->lock);
	tell_routes(vcpu->vm, moved);
	pass_on(vcpu, lpis, nr);
}

void av_vgic_flush(struct av_vcpu *vcpu)
{
	struct av_vgic_dist *dist = &vcpu->vm->vgic;
	u32 work, moved;

	lockdep_assert_irqs_disabled();
	/* An entry that was given up on the way: take back what it had staged. */
	if (unlikely(vcpu->ctx->gic.used_lrs))
		av_vgic_sync(vcpu);
	if (!av_word_read(&vcpu->vgic.priv->summary))
		return;
	/* Cleared before the state is read: what is set afterwards is for the next entry. */
	work = av_word_xchg(&vcpu->vgic.priv->summary, 0);
	if (unlikely(work & BIT(AV_VGIC_LPI_BLOCK))) {
		flush_with_lpis(vcpu, work);
	} else if (work & ~1U) {
		raw_spin_lock(&dist->lock);
		moved = unbind(vcpu, work);
		fill(vcpu, work);
		raw_spin_unlock(&dist->lock);
		if (unlikely(moved))
			tell_routes(vcpu->vm, moved);
	} else {
		fill(vcpu, work);
	}
}

static void note_ended(struct ended *ended, u32 intid)
{
	if (intid >= AV_VGIC_PRIVATE && ended->nr < ARRAY_SIZE(ended->spi))
		ended->spi[ended->nr++] = intid;
}

/* The active interrupt of highest priority that has no list register. */
static bool find_outside(struct av_vcpu *vcpu, u32 *intid)
{
	struct av_vgic_priv *priv = vcpu->vgic.priv;
	u32 n, left, best = ~0U;

	for (n = 0; n < vcpu->vm->vgic.spis->nr_irqs / 32; n++) {
		struct av_vgic_block *b = av_vgic_block(vcpu->vm, vcpu, n * 32);

		left = av_word_read(&b->active) & ~av_word_read(&b->in_lr);
		if (n)
			left &= priv->held[n];
		for (; left; left &= left - 1) {
			u8 prio = av_run_prio_read(b, __ffs(left));

			if (prio < best) {
				best = prio;
				*intid = n * 32 + __ffs(left);
			}
		}
	}
	return best != ~0U;
}

/*
 * EOIs of interrupts without a list register were only counted. With EOImode 0 the guest must end
 * them in the opposite order of their acknowledgment (IHI 0069, 4.1.2), so that the count stands
 * for the ones of highest priority.
 */
static void end_outside(struct av_vcpu *vcpu, u32 count, struct ended *ended)
{
	struct av_vm *vm = vcpu->vm;
	u32 intid = 0;

	count = min_t(u32, count, MAX_EOIS);
	for (; count && find_outside(vcpu, &intid); count--) {
		struct av_vgic_block *b = av_vgic_block(vm, vcpu, intid);
		u32 bit = BIT(intid % 32);

		av_word_andnot(&b->active, bit);
		if (intid >= AV_VGIC_PRIVATE)
			av_vgic_release_spis(vm, intid / 32, bit);
		if (!(av_word_read(&b->edge) & bit))
			note_ended(ended, intid);
		ended->outside[ended->nr_outside++] = intid;
		av_word_or(&vcpu->vgic.priv->summary, BIT(intid / 32));
	}
}

static void fold(struct av_vcpu *vcpu, u32 i, struct ended *ended)
{
	u32 intid = vcpu->ctx->gic.lr_intid[i], n = intid / 32, bit = BIT(intid % 32);
	struct av_vgic_block *b = av_vgic_block(vcpu->vm, vcpu, intid);
	bool edge = av_word_read(&b->edge) & bit, relatched = false;
	struct av_vgic_fold f = av_vgic_fold_lr(vcpu->ctx->gic.lr[i],
						av_word_read(&b->lr_pend) & bit, edge);

	if (is_v2_sgi(vcpu, intid))
		av_vgic_v2_fold_sgi(vcpu, intid, vcpu->ctx->gic.lr[i]);
	/* Nobody else changes active while the interrupt is in a list register. */
	if (f.active != !!(av_word_read(&b->active) & bit)) {
		if (f.active)
			av_word_or(&b->active, bit);
		else
			av_word_andnot(&b->active, bit);
	}
	/* Pending state that was cleared is what the list register has. What the latch has got since is new. */
	if (!take(&b->late_unpend, bit) && f.relatch)
		relatched = !(av_word_or(&b->latch, bit) & bit);
	/* A level that was made pending by ISPENDR stays so until it is acknowledged. */
	if (f.acked && !edge)
		av_word_andnot(&b->latch, bit);
	if (av_word_read(&b->lr_pend) & bit)
		av_word_andnot(&b->lr_pend, bit);
	av_word_andnot(&b->in_lr, bit);
	fold_late(b, bit, n, relatched);
	if (f.eoi)
		note_ended(ended, intid);
	if (n && !(av_word_read(&b->active) & bit))
		av_vgic_release_spis(vcpu->vm, n, bit);
	/* Look at it again before the next entry, if there is anything left of it. */
	if ((av_word_read(&b->active) | av_block_pending(b)) & bit)
		av_word_or(&vcpu->vgic.priv->summary, BIT(n));
}

/* dist lock if SPIs are among them, or EOIs were counted */
static void fold_all(struct av_vcpu *vcpu, u32 used, u32 eois, struct ended *ended)
{
	u32 i;

	/* First, while in_lr still tells which ones were outside. */
	if (eois)
		end_outside(vcpu, eois, ended);
	for (i = 0; i < used; i++) {
		if (unlikely(av_is_lpi(vcpu->ctx->gic.lr_intid[i])))
			av_lpi_fold(vcpu, i);
		else
			fold(vcpu, i, ended);
	}
}

void av_vgic_sync(struct av_vcpu *vcpu)
{
	struct av_vgic_dist *dist = &vcpu->vm->vgic;
	struct av_vgic_priv *priv = vcpu->vgic.priv;
	struct av_gic_ctx *gic = &vcpu->ctx->gic;
	u32 i, used = gic->used_lrs, eois = 0;
	struct ended ended av_uninitialized;
	bool spis;

	lockdep_assert_irqs_disabled();
	if (!used)
		return;
	if (!(gic->vmcr & ICH_VMCR_VEOIM))
		eois = ICH_HCR_EOICOUNT(gic->hcr_exit);
	for (i = 0, spis = eois; i < used; i++)
		spis |= vcpu->ctx->gic.lr_intid[i] >= AV_VGIC_PRIVATE;

	trace_armvcpu_vgic_fold(vcpu->id, gic);
	ended.nr = 0;
	ended.nr_outside = 0;
	if (spis) {
		raw_spin_lock(&dist->lock);
		fold_all(vcpu, used, eois, &ended);
		raw_spin_unlock(&dist->lock);
	} else {
		fold_all(vcpu, used, 0, &ended);
	}
	gic->used_lrs = 0;
	gic->hcr_exit = 0;
	/* Those who wait for this fold (settle() in irq_regs.c) read the state words after it. */
	smp_store_release(&priv->sync_seq, priv->sync_seq + 1);

	if (spis) {
		pass_on(vcpu, vcpu->ctx->gic.lr_intid, used);
		pass_on(vcpu, ended.outside, ended.nr_outside);
	}
	for (i = 0; i < ended.nr; i++)
		av_vgic_tell_ack(vcpu->vm, ended.spi[i]);
}

/*
 * Does the CPU interface let one of these through? Its own mask and group enables count, as for a
 * WFI.
 */
static bool signalled(const struct av_vgic_block *b, u32 bits, u32 vmcr)
{
	u32 left;

	for (left = bits; left; left &= left - 1) {
		u32 n = __ffs(left);
		bool group1 = av_word_read(&b->group1) & BIT(n);

		if (av_prio_read(b, n) < ICH_VMCR_VPMR((u64)vmcr) &&
		    (vmcr & (group1 ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0)))
			return true;
	}
	return false;
}

bool av_vgic_has_pending(struct av_vcpu *vcpu)
{
	struct av_vgic_priv *priv = vcpu->vgic.priv;
	struct av_vm *vm = vcpu->vm;
	u32 left, vmcr, ctlr;

	if (!av_vgic_initialized(vm))
		return false;
	vmcr = READ_ONCE(vcpu->ctx->gic.vmcr);
	ctlr = dist_ctlr(vm);
	left = av_word_read(&priv->summary);
	if (unlikely(left & BIT(AV_VGIC_LPI_BLOCK)) && av_lpi_signalled(vcpu, ctlr, vmcr))
		return true;
	for (left &= ~(u32)BIT(AV_VGIC_LPI_BLOCK); left; left &= left - 1) {
		u32 n = __ffs(left), bits;
		const struct av_vgic_block *b = av_vgic_block(vm, vcpu, n * 32);

		bits = av_block_deliverable(b, ctlr) & ~av_word_read(&b->active);
		if (n)
			bits &= READ_ONCE(priv->held[n]) |
				(READ_ONCE(priv->routed[n]) & ~av_word_read(&b->held));
		if (signalled(b, bits, vmcr))
			return true;
	}
	return false;
}

void av_vgic_set_line_local(struct av_vcpu *vcpu, u32 intid, bool level)
{
	struct av_vgic_priv *priv = vcpu->vgic.priv;

	if (WARN_ON_ONCE(intid >= AV_VGIC_PRIVATE))
		return;
	if (!level) {
		if (av_word_read(&priv->block.line) & BIT(intid))
			av_word_andnot(&priv->block.line, BIT(intid));
		return;
	}
	if (!(av_word_read(&priv->block.line) & BIT(intid)))
		av_word_or(&priv->block.line, BIT(intid));
	/* Even if it was up before: it may have been looked at and left out while disabled. */
	if (!(av_word_read(&priv->summary) & 1))
		av_word_or(&priv->summary, 1);
}

bool av_vgic_is_inflight(struct av_vcpu *vcpu, u32 intid)
{
	const struct av_vgic_block *b = &vcpu->vgic.priv->block;

	if (WARN_ON_ONCE(intid >= AV_VGIC_PRIVATE))
		return false;
	return (av_word_read(&b->active) | av_word_read(&b->in_lr)) & BIT(intid);
}

bool av_vgic_is_enabled(struct av_vcpu *vcpu, u32 intid)
{
	return !WARN_ON_ONCE(intid >= AV_VGIC_PRIVATE) &&
	       (av_word_read(&vcpu->vgic.priv->block.enabled) & BIT(intid));
}
