// SPDX-License-Identifier: GPL-2.0
/*
 * LPIs come in, go to a vCPU's list registers, and back.
 *
 * Runs at: host kernel, any context unless said otherwise; unit tests on the build host.
 * Owns: all of struct av_vgic_lpis but mapped and maps[]; lpi_top and lpi_work of the vCPUs.
 * Locks: the dist lock (ladder in vgic.c). Whatever is done to an LPI is done under it, injection included.
 *
 * The rule: a block of which any LPI is pending and enabled has its bit in lpi_work[] of the vCPU that has it (the
 * holder, else the target), also while GICD_CTLR or GICR_CTLR hold it back. AV_VGIC_LPI_BLOCK in that vCPU's summary
 * says that there is something new to be seen; without lpi_more it is in the slots. The kicks come after the lock.
 *
 * EL2, which takes no lock, does one thing to an LPI: it takes it out of its slot into a list register of the vCPU that
 * holds it and is in its guest (load_lpis() in el2/fast_irq.c). in_lr is set before the latch is taken, so that who
 * clears the latch and then finds in_lr clear has won. Whatever else EL2's copy in a list register needs to be told
 * of, the holder is kicked for: held says who it is, from the slot to the fold.
 *
 * An LPI is a cache of the guest's configuration table, and a pending bit: there is no object behind it, nothing to
 * count references of and nothing to be freed before the VM is.
 */
#include "internal.h"
#include "pick.h"

/*
 * So many are looked at in one flush, in order of INTID. A guest may have some 57,000 pending at once, and interrupts
 * are off here: the choice by priority is then among the first ones.
 */
#define LOOK_AT		512

/* One LPI, and where its words are. */
struct lpi {
	struct av_vgic_lpis *part;
	struct av_vgic_block *b;
	u32 nr_part, n;			/* LPI n of part nr_part */
	u32 bit;			/* in the words of b */
};

static u32 part_of(u32 intid)
{
	return (intid - AV_VGIC_LPI_FIRST) / AV_LPI_PART;
}

struct av_vgic_lpis *av_lpi_part(const struct av_vm *vm, u32 intid)
{
	u32 n = part_of(intid);

	/* What is below the first LPI is far beyond the last part. */
	if (n >= AV_LPI_PARTS)
		return NULL;
	/* Pairs with av_lpi_map(): the words are initialised. */
	return smp_load_acquire(&vm->vgic.lpis[array_index_nospec(n, AV_LPI_PARTS)]);
}

static bool find(const struct av_vm *vm, u32 intid, struct lpi *l)
{
	l->part = av_lpi_part(vm, intid);
	if (!l->part)
		return false;
	l->nr_part = part_of(intid);
	l->n = intid % AV_LPI_PART;
	l->b = &l->part->block[l->n / 32];
	l->bit = BIT(intid % 32);
	return true;
}

bool av_lpi_is_mapped(const struct av_vm *vm, u32 intid)
{
	struct lpi l;

	return find(vm, intid, &l) && (av_word_read(&l.b->mapped) & l.bit);
}

/* User space may restore an ITS before the GIC is initialised. */
static bool dist_is_on(const struct av_vm *vm)
{
	return av_vgic_initialized(vm) && (av_word_read(&vm->vgic.spis->ctlr) & AV_VGIC_CTLR_ENABLE);
}

/* The vCPU that has it in a list register or soon will, else the one that it goes to; as an index. */
static u32 place(const struct av_vgic_lpis *part, u32 n)
{
	if (!(av_word_read(&part->block[n / 32].held) & BIT(n % 32)))
		return READ_ONCE(part->target[n]);
	smp_rmb();	/* owner[] was written before held, hold() */
	return READ_ONCE(part->owner[n]);
}

static struct av_vcpu *vcpu_of(struct av_vm *vm, u32 idx)
{
	return idx < AV_MAX_VCPUS ? vm->vcpus[array_index_nospec(idx, AV_MAX_VCPUS)] : NULL;
}

static u32 pending_enabled(const struct av_vgic_block *b)
{
	return av_word_read(&b->latch) & av_word_read(&b->enabled);
}

static void mark(struct av_vcpu *vcpu, const struct lpi *l)
{
	struct av_vgic_priv *priv = vcpu->vgic.priv;

	lockdep_assert_held(&vcpu->vm->vgic.lock);
	if (priv->lpi_work[l->nr_part] & BIT(l->n / 32))
		return;
	av_word_or(&priv->lpi_work[l->nr_part], BIT(l->n / 32));
	av_word_or(&priv->lpi_top[l->nr_part / 32], BIT(l->nr_part % 32));
}

void av_lpi_ask(struct av_vcpu *vcpu)
{
	av_word_or(&vcpu->vgic.priv->lpi_more, 1);
	av_word_or(&vcpu->vgic.priv->summary, BIT(AV_VGIC_LPI_BLOCK));
}

/*
 * Something about it changed: keep the first half of the rule at the top of this file. Returns the vCPU that has to
 * hear of it, for which it might be delivered now; else NULL.
 */
static struct av_vcpu *note_work(struct av_vm *vm, const struct lpi *l)
{
	struct av_vcpu *vcpu = vcpu_of(vm, place(l->part, l->n));

	if (!vcpu || !(pending_enabled(l->b) & l->bit))
		return NULL;
	mark(vcpu, l);
	return av_lpi_enabled(vcpu) && dist_is_on(vm) ? vcpu : NULL;
}

/* The whole of it. */
static struct av_vcpu *note(struct av_vm *vm, const struct lpi *l)
{
	struct av_vcpu *vcpu = note_work(vm, l);

	if (vcpu)
		av_lpi_ask(vcpu);
	return vcpu;
}

static void kick(struct av_vcpu *vcpu)
{
	if (vcpu)
		av_vcpu_kick(vcpu);
}

/*
 * While it is in a list register, or EL2 may put it there, only that vCPU can do anything about it: it looks, the kick
 * is the caller's. NULL: nobody holds it.
 */
static struct av_vcpu *call_back(struct av_vm *vm, const struct lpi *l)
{
	struct av_vcpu *vcpu;

	lockdep_assert_held(&vm->vgic.lock);
	if (!(av_word_read(&l->b->held) & l->bit))
		return NULL;
	vcpu = vcpu_of(vm, l->part->owner[l->n]);
	if (vcpu)
		av_lpi_ask(vcpu);
	return vcpu;
}

static void hold(struct av_vcpu *vcpu, const struct lpi *l)
{
	lockdep_assert_held(&vcpu->vm->vgic.lock);
	WRITE_ONCE(l->part->owner[l->n], vcpu->idx);
	/* After owner[], which place() reads when it sees the bit. */
	av_word_or(&l->b->held, l->bit);
}

static bool has_slot(const struct av_vgic_priv *priv, u32 intid)
{
	u32 left;

	for (left = av_word_read(&priv->lpi_slots); left; left &= left - 1)
		if (priv->lpi_slot[__ffs(left)].intid == intid)
			return true;
	return false;
}

/*
 * Let EL2 on the CPU where the vCPU is in its guest put it into a list register, as soon as the kick arrives: bind it,
 * as the flush would. What EL2 leaves is av_lpi_unbind()'s.
 */
static bool take_slot(struct av_vcpu *vcpu, const struct lpi *l, u32 intid)
{
	struct av_vgic_priv *priv = vcpu->vgic.priv;
	u32 n;

	/* The mode is read under the lock: what was bound before the vCPU goes off, av_vgic_unbind() sees. */
	if (READ_ONCE(vcpu->mode) != AV_IN_GUEST || !(READ_ONCE(vcpu->ctx->running) & AV_RUNNING_REDIST))
		return false;
	if (has_slot(priv, intid))
		return true;
	n = __ffs(~av_word_read(&priv->lpi_slots));
	if (n >= AV_LPI_SLOTS)
		return false;
	hold(vcpu, l);
	WRITE_ONCE(priv->lpi_slot[n].block, l->part->el2 + ((void *)l->b - (void *)l->part));
	WRITE_ONCE(priv->lpi_slot[n].intid, intid);
	/* Behind them: EL2 reads the bit first. */
	av_word_or(&priv->lpi_slots, BIT(n));
	return true;
}

void av_lpi_inject_irqoff(struct av_vm *vm, u32 intid)
{
	struct av_vcpu *vcpu = NULL;
	struct lpi l;

	lockdep_assert_irqs_disabled();
	if (!find(vm, intid, &l))
		return;
	raw_spin_lock(&vm->vgic.lock);
	if (!(av_word_or(&l.b->latch, l.bit) & l.bit))
		vcpu = note_work(vm, &l);
	if (vcpu && take_slot(vcpu, &l, intid))
		av_word_or(&vcpu->vgic.priv->summary, BIT(AV_VGIC_LPI_BLOCK));
	else if (vcpu)
		av_lpi_ask(vcpu);
	raw_spin_unlock(&vm->vgic.lock);
	if (vcpu)
		av_vcpu_kick_gic(vcpu);
}

void av_lpi_inject(struct av_vm *vm, u32 intid)
{
	unsigned long flags;

	local_irq_save(flags);
	av_lpi_inject_irqoff(vm, intid);
	local_irq_restore(flags);
}

/* Not pending, wherever it is. Returns the vCPU whose list register has it. */
static struct av_vcpu *clear(struct av_vm *vm, const struct lpi *l)
{
	/* In this order, since EL2 has the opposite one. */
	av_word_andnot(&l->b->latch, l->bit);
	if (!(av_word_read(&l->b->in_lr) & l->bit))
		return NULL;
	av_word_or(&l->b->late_unpend, l->bit);
	return call_back(vm, l);
}

void av_lpi_clear(struct av_vm *vm, u32 intid)
{
	struct av_vcpu *vcpu;
	unsigned long flags;
	struct lpi l;

	if (!find(vm, intid, &l))
		return;
	raw_spin_lock_irqsave(&vm->vgic.lock, flags);
	vcpu = clear(vm, &l);
	raw_spin_unlock_irqrestore(&vm->vgic.lock, flags);
	kick(vcpu);
}

/* What is in a list register comes back, and goes to its new target then: av_lpi_fold(). */
void av_lpi_set_target(struct av_vm *vm, u32 intid, struct av_vcpu *to)
{
	struct av_vcpu *from, *vcpu;
	unsigned long flags;
	struct lpi l;

	if (!find(vm, intid, &l))
		return;
	raw_spin_lock_irqsave(&vm->vgic.lock, flags);
	WRITE_ONCE(l.part->target[l.n], to ? to->idx : AV_VGIC_NOBODY);
	from = call_back(vm, &l);
	vcpu = note(vm, &l);
	raw_spin_unlock_irqrestore(&vm->vgic.lock, flags);
	kick(from);
	if (vcpu != from)
		kick(vcpu);
}

/* Every block that there is: l.part and l.b, and n is the block's first LPI in its part. */
#define for_each_block(vm, l)									\
	for ((l).nr_part = 0; (l).nr_part < AV_LPI_PARTS; (l).nr_part++)			\
		if (find(vm, AV_VGIC_LPI_FIRST + (l).nr_part * AV_LPI_PART, &(l)))		\
			for (; (l).n < AV_LPI_PART; (l).n += 32, (l).b++)

/* The same for one LPI of the block. */
static struct lpi nth(const struct lpi *block, u32 n)
{
	struct lpi l = *block;

	l.n += n;
	l.bit = BIT(n);
	return l;
}

void av_lpi_move_all(struct av_vm *vm, struct av_vcpu *from, struct av_vcpu *to)
{
	unsigned long flags;
	struct lpi l, one;
	bool any = false;
	u32 left;

	for_each_block(vm, l) {
		if (!av_word_read(&l.b->mapped))
			continue;
		raw_spin_lock_irqsave(&vm->vgic.lock, flags);
		for (left = av_word_read(&l.b->mapped); left; left &= left - 1) {
			one = nth(&l, __ffs(left));
			if (READ_ONCE(l.part->target[one.n]) != from->idx)
				continue;
			WRITE_ONCE(l.part->target[one.n], to->idx);
			any |= call_back(vm, &one) || note(vm, &one);
		}
		raw_spin_unlock_irqrestore(&vm->vgic.lock, flags);
	}
	if (any) {
		kick(from);
		kick(to);
	}
}

void av_lpi_forget_pending(struct av_vcpu *vcpu)
{
	struct av_vm *vm = vcpu->vm;
	unsigned long flags;
	struct lpi l, one;
	u32 left;

	for_each_block(vm, l) {
		if (!(av_word_read(&l.b->latch) | av_word_read(&l.b->in_lr)))
			continue;
		raw_spin_lock_irqsave(&vm->vgic.lock, flags);
		left = av_word_read(&l.b->latch) | av_word_read(&l.b->in_lr);
		for (; left; left &= left - 1) {
			one = nth(&l, __ffs(left));
			if (READ_ONCE(l.part->target[one.n]) == vcpu->idx)
				clear(vm, &one);
		}
		raw_spin_unlock_irqrestore(&vm->vgic.lock, flags);
	}
	kick(vcpu);
}

/* A byte of the configuration table: priority, bit 0 enables (IHI 0069, 5.1.1). */
static struct av_vcpu *configure(struct av_vm *vm, const struct lpi *l, u8 prop)
{
	u8 prio = prop & AV_VGIC_PRIO_MASK;
	bool moved = av_prio_read(l->b, l->n % 32) != prio;

	WRITE_ONCE(l->b->prio[l->n % 32], prio);
	if (prop & 1) {
		av_word_or(&l->b->enabled, l->bit);
		/* One that is in a list register comes out with the next fold, and in again with the new priority. */
		return note(vm, l) ?: moved ? call_back(vm, l) : NULL;
	}
	/* One that is in a list register comes out with the next fold and stays outside. */
	av_word_andnot(&l->b->enabled, l->bit);
	return call_back(vm, l);
}

void av_lpi_configure(struct av_vm *vm, u32 base, u32 bits, const u8 *prop, const struct av_vcpu *vcpu)
{
	struct av_vcpu *hears, *last = NULL;
	unsigned long flags;
	struct lpi l, one;
	u32 left;

	if (!find(vm, base, &l))
		return;
	raw_spin_lock_irqsave(&vm->vgic.lock, flags);
	for (left = bits & av_word_read(&l.b->mapped); left; left &= left - 1) {
		one = nth(&l, __ffs(left));
		if (vcpu && READ_ONCE(l.part->target[one.n]) != vcpu->idx)
			continue;
		hears = configure(vm, &one, prop[__ffs(left)]);
		if (!hears || hears == last)
			continue;
		/* Mostly there is one for all. */
		if (last) {
			raw_spin_unlock_irqrestore(&vm->vgic.lock, flags);
			kick(last);
			raw_spin_lock_irqsave(&vm->vgic.lock, flags);
		}
		last = hears;
	}
	raw_spin_unlock_irqrestore(&vm->vgic.lock, flags);
	kick(last);
}

void av_lpi_set_pending(struct av_vm *vm, u32 base, u32 bits)
{
	u32 left;

	for (left = bits; left; left &= left - 1)
		av_lpi_inject(vm, base + __ffs(left));
}

u32 av_lpi_of_vcpu(const struct av_vm *vm, u32 base, const struct av_vcpu *vcpu)
{
	u32 left, mine = 0;
	struct lpi l;

	if (!find(vm, base, &l))
		return 0;
	for (left = av_word_read(&l.b->mapped); left; left &= left - 1)
		if (READ_ONCE(l.part->target[l.n + __ffs(left)]) == vcpu->idx)
			mine |= left & -left;
	return mine;
}

void av_lpi_look(struct av_vcpu *vcpu)
{
	av_lpi_ask(vcpu);
	kick(vcpu);
}

/* ---- the burst --------------------------------------------------------------------------------------- */

/* Of these bits of block n those that are placed here. */
static u32 placed_here(const struct av_vcpu *vcpu, const struct av_vgic_lpis *part, u32 n, u32 bits)
{
	u32 left, mine = 0;

	for (left = bits; left; left &= left - 1)
		if (place(part, n * 32 + __ffs(left)) == vcpu->idx)
			mine |= left & -left;
	return mine;
}

/* Returns how many of the part were looked at. */
static u32 gather_part(struct av_vcpu *vcpu, struct av_vgic_choice *c, u32 nr_part, u32 budget)
{
	const struct av_vgic_lpis *part = vcpu->vm->vgic.lpis[nr_part];
	struct av_vgic_priv *priv = vcpu->vgic.priv;
	u32 seen = 0, left;

	for (left = priv->lpi_work[nr_part]; left && seen < budget; left &= left - 1) {
		u32 n = __ffs(left);
		const struct av_vgic_block *b = &part->block[n];
		u32 mine = placed_here(vcpu, part, n, pending_enabled(b));

		seen++;
		if (!mine) {
			av_word_andnot(&priv->lpi_work[nr_part], left & -left);
			continue;
		}
		seen += hweight32(mine);
		av_vgic_pick_block(c, b, AV_VGIC_LPI_FIRST + nr_part * AV_LPI_PART + n * 32, mine, 0);
	}
	if (!priv->lpi_work[nr_part])
		av_word_andnot(&priv->lpi_top[nr_part / 32], BIT(nr_part % 32));
	return seen;
}

/*
 * Enter what may be delivered into the choice. With so many that some are not even looked at, every list register has a
 * pending one, or would have if the guest had its group on: what is waited for is then as for those that were left out
 * (av_vgic_pick_hcr()).
 */
void av_lpi_gather(struct av_vcpu *vcpu, struct av_vgic_choice *c)
{
	struct av_vgic_priv *priv = vcpu->vgic.priv;
	u32 word, left, seen = 0;

	lockdep_assert_held(&vcpu->vm->vgic.lock);
	if (!av_lpi_enabled(vcpu) || !dist_is_on(vcpu->vm))
		return;
	for (word = 0; word < 2; word++)
		for (left = av_word_read(&priv->lpi_top[word]); left && seen < LOOK_AT; left &= left - 1)
			seen += gather_part(vcpu, c, word * 32 + __ffs(left), LOOK_AT - seen);
	if (seen >= LOOK_AT)
		c->outside |= c->vmcr & ICH_VMCR_VENG1 ? AV_OUT_PENDING : AV_OUT_GROUP1;
}

bool av_lpi_load(struct av_vcpu *vcpu, const struct av_vgic_pick *p, u32 lr)
{
	struct lpi l;

	if (!find(vcpu->vm, p->intid, &l))
		return false;
	hold(vcpu, &l);
	av_word_or(&l.b->in_lr, l.bit);
	av_word_andnot(&l.b->latch, l.bit);
	av_word_or(&l.b->lr_pend, l.bit);
	WRITE_ONCE(l.b->run_prio[l.n % 32], p->prio);
	vcpu->ctx->gic.lr_intid[lr] = p->intid;
	vcpu->ctx->gic.lr[lr] = av_vgic_pick_lr(p, 0);
	return true;
}

/*
 * An LPI has no active state: the hardware may show one in the list register until the EOI, which needs none of it (IHI
 * 0069, 4.8.5: an EOI of an LPI only drops the priority).
 */
void av_lpi_fold(struct av_vcpu *vcpu, u32 lr)
{
	bool pending = vcpu->ctx->gic.lr[lr] & ICH_LR_PENDING;
	struct lpi l;

	lockdep_assert_held(&vcpu->vm->vgic.lock);
	if (!find(vcpu->vm, vcpu->ctx->gic.lr_intid[lr], &l))
		return;
	av_word_andnot(&l.b->lr_pend, l.bit);
	av_word_andnot(&l.b->in_lr, l.bit);
	if (pending && !(av_word_read(&l.b->late_unpend) & l.bit))
		av_word_or(&l.b->latch, l.bit);
	av_word_andnot(&l.b->late_unpend, l.bit);
	av_word_andnot(&l.b->held, l.bit);
	note(vcpu->vm, &l);
}

/*
 * With nothing in list registers: what was bound ahead and not loaded by EL2 belongs to its target again. lpi_more goes
 * before any word is read: who sets it anew sets the summary's bit after it, too.
 */
u32 av_lpi_unbind(struct av_vcpu *vcpu, u16 *back)
{
	struct av_vgic_priv *priv = vcpu->vgic.priv;
	struct av_vcpu *to;
	u32 left, nr = 0;
	struct lpi l;

	lockdep_assert_held(&vcpu->vm->vgic.lock);
	av_word_xchg(&priv->lpi_more, 0);
	for (left = av_word_read(&priv->lpi_slots) ? av_word_xchg(&priv->lpi_slots, 0) : 0; left; left &= left - 1) {
		u32 intid = priv->lpi_slot[__ffs(left)].intid;

		/* Those that EL2 loaded before they came once more have been folded, and may be another's by now. */
		if (!find(vcpu->vm, intid, &l) || place(l.part, l.n) != vcpu->idx)
			continue;
		av_word_andnot(&l.b->held, l.bit);
		to = note_work(vcpu->vm, &l);
		if (!to || to == vcpu)
			continue;
		av_lpi_ask(to);
		back[nr++] = intid;
	}
	return nr;
}

void av_lpi_pass_on(struct av_vcpu *vcpu, u32 intid)
{
	struct av_vcpu *to;
	struct lpi l;

	if (!find(vcpu->vm, intid, &l) || !(pending_enabled(l.b) & l.bit))
		return;
	to = vcpu_of(vcpu->vm, place(l.part, l.n));
	if (to != vcpu)
		kick(to);
}

static bool block_signalled(const struct av_vcpu *vcpu, u32 nr_part, u32 n, u32 ctlr, u32 vmcr)
{
	const struct av_vgic_lpis *part = av_lpi_part(vcpu->vm, AV_VGIC_LPI_FIRST + nr_part * AV_LPI_PART);
	u32 left;

	if (!part)
		return false;
	for (left = av_block_deliverable(&part->block[n], ctlr); left; left &= left - 1)
		if (av_prio_read(&part->block[n], __ffs(left)) < ICH_VMCR_VPMR((u64)vmcr) &&
		    place(part, n * 32 + __ffs(left)) == vcpu->idx)
			return true;
	return false;
}

bool av_lpi_signalled(struct av_vcpu *vcpu, u32 ctlr, u32 vmcr)
{
	const struct av_vgic_priv *priv = vcpu->vgic.priv;
	u32 word, left, work;

	if (!(vmcr & ICH_VMCR_VENG1) || !av_lpi_enabled(vcpu))
		return false;
	for (word = 0; word < 2; word++) {
		for (left = av_word_read(&priv->lpi_top[word]); left; left &= left - 1) {
			u32 nr = word * 32 + __ffs(left);

			for (work = av_word_read(&priv->lpi_work[nr]); work; work &= work - 1)
				if (block_signalled(vcpu, nr, __ffs(work), ctlr, vmcr))
					return true;
		}
	}
	return false;
}
