// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts come in: lines of devices and of the kernel, SGIs, and who is told of them.
 *
 * Runs at: host kernel, any context unless said otherwise.
 * Owns: latch and line of all interrupts, target[] and routed[] (the route of an SPI).
 * Locks: injection takes none; a change of route takes the dist lock (ladder in vgic.c).
 *
 * The order that makes this work without a lock: the state word first, then the question who has
 * to act (held, owner[], target[]), then that vCPU's summary, then the kick. The other side: a
 * route or a holder changes first, then the state words are read. A full barrier stands between
 * the two steps on both sides, so that at least one of them sees the other.
 */
#include "internal.h"
#include "include/el2_abi.h"
#include "pick.h"
#ifdef __KERNEL__	/* unit tests have no events */
#include "guest/trace.h"
#endif

void av_vgic_notify_private(struct av_vcpu *vcpu, u32 bits)
{
	if (!bits)
		return;
	av_word_or(&vcpu->vgic.priv->summary, 1);
	av_vcpu_kick_gic(vcpu);
}

/* The vCPU that an SPI has to be told to. held: as just read, so that the caller may ask for more of it. */
static __always_inline struct av_vcpu *spi_vcpu(struct av_vm *vm, struct av_vgic_spis *spis, unsigned long intid,
						bool held)
{
	unsigned long idx;

	if (held) {
		smp_rmb();	/* owner[] was written before held, hold_spis() */
		idx = READ_ONCE(spis->owner[intid]);
	} else {
		idx = READ_ONCE(spis->target[intid]);
	}
	/* AV_VGIC_NOBODY among them, which a guest brings about by its route. */
	return idx < AV_MAX_VCPUS ? vm->vcpus[array_index_nospec(idx, AV_MAX_VCPUS)] : NULL;
}

struct av_vcpu *av_vgic_spi_vcpu(struct av_vm *vm, u32 intid)
{
	struct av_vgic_spis *spis = vm->vgic.spis;

	return spi_vcpu(vm, spis, intid, av_word_read(&spis->block[intid / 32].held) & BIT(intid % 32));
}

void av_vgic_hold_spis(struct av_vcpu *vcpu, u32 block, u32 bits)
{
	struct av_vgic_spis *spis = vcpu->vm->vgic.spis;
	struct av_vgic_priv *priv = vcpu->vgic.priv;
	u32 left;

	lockdep_assert_held(&vcpu->vm->vgic.lock);
	for (left = bits; left; left &= left - 1)
		WRITE_ONCE(spis->owner[block * 32 + __ffs(left)], vcpu->idx);
	WRITE_ONCE(priv->held[block], priv->held[block] | bits);
	/* After owner[], which an injection that sees the bit will read. */
	av_word_or(&spis->block[block].held, bits);
}

/*
 * Bind an edge to the vCPU that it is for while that is in its guest, as its flush would: so EL2 there can put it into
 * a list register as soon as the kick arrives (el2/fast_irq.c). What EL2 leaves is the next flush's, or
 * av_vgic_unbind()'s.
 */
static noinline void bind_ahead(struct av_vcpu *vcpu, struct av_vgic_block *b, u32 intid)
{
	struct av_vgic_dist *dist = &vcpu->vm->vgic;
	u32 bit = BIT(intid % 32);
	unsigned long flags;

	raw_spin_lock_irqsave(&dist->lock, flags);
	/* The mode is read under the lock: what was bound before the vCPU goes off, av_vgic_unbind() sees. */
	if (dist->spis->target[intid] == vcpu->idx &&
	    !((av_word_read(&b->held) | av_word_read(&b->active)) & bit) &&
	    READ_ONCE(vcpu->mode) == AV_IN_GUEST)
		av_vgic_hold_spis(vcpu, intid / 32, bit);
	raw_spin_unlock_irqrestore(&dist->lock, flags);
}

void av_vgic_notify_spis(struct av_vm *vm, u32 block, u32 bits)
{
	struct av_vcpu *vcpu, *last = NULL;
	u32 left;

	for (left = bits; left; left &= left - 1) {
		vcpu = av_vgic_spi_vcpu(vm, block * 32 + __ffs(left));
		if (!vcpu || vcpu == last)
			continue;
		av_word_or(&vcpu->vgic.priv->summary, BIT(block));
		av_vcpu_kick_gic(vcpu);
		last = vcpu;
	}
}

static __always_inline void notify_spi(struct av_vm *vm, struct av_vgic_spis *spis, struct av_vgic_block *b,
				       unsigned long intid)
{
	u32 bit = BIT(intid % 32);
	bool held = av_word_read(&b->held) & bit;
	struct av_vcpu *vcpu = spi_vcpu(vm, spis, intid, held);

	if (!vcpu)
		return;
	if (!held && av_word_read(&b->edge) & bit && READ_ONCE(vcpu->ctx->running) & AV_RUNNING_REDIST)
		bind_ahead(vcpu, b, intid);
	av_word_or(&vcpu->vgic.priv->summary, BIT(intid / 32));
	av_vcpu_kick_gic(vcpu);
}

void av_vgic_notify_all(struct av_vm *vm)
{
	struct av_vcpu *vcpu;
	u32 blocks = av_vgic_all_blocks(vm);
	int i;

	av_for_each_vcpu(i, vcpu, vm) {
		av_word_or(&vcpu->vgic.priv->summary, blocks);
		if (av_vgic_has_its(vm))
			av_lpi_ask(vcpu);
		av_vcpu_kick(vcpu);
	}
}

void av_vgic_release_spis(struct av_vm *vm, u32 block, u32 bits)
{
	struct av_vgic_spis *spis = vm->vgic.spis;
	u32 left;

	lockdep_assert_held(&vm->vgic.lock);
	bits &= av_word_read(&spis->block[block].held);
	for (left = bits; left; left &= left - 1) {
		u32 *held = &vm->vcpus[spis->owner[block * 32 + __ffs(left)]]->vgic.priv->held[block];

		WRITE_ONCE(*held, *held & ~(left & -left));
	}
	/* Fully ordered: the caller reads the pending state next, see the top of this file. */
	av_word_andnot(&spis->block[block].held, bits);
}

static void move_route(struct av_vm *vm, u32 intid, struct av_vcpu *to)
{
	struct av_vgic_spis *spis = vm->vgic.spis;
	u16 old = spis->target[intid];
	u32 n = intid / 32, bit = BIT(intid % 32);
	u32 *routed;

	if (old != AV_VGIC_NOBODY) {
		routed = &vm->vcpus[old]->vgic.priv->routed[n];
		WRITE_ONCE(*routed, *routed & ~bit);
	}
	if (to) {
		routed = &to->vgic.priv->routed[n];
		WRITE_ONCE(*routed, *routed | bit);
	}
	WRITE_ONCE(spis->target[intid], to ? to->idx : AV_VGIC_NOBODY);
	trace_armvcpu_vgic_route(intid, old != AV_VGIC_NOBODY ? (int)vm->vcpus[old]->id : -1, to ? (int)to->id : -1);
}

/*
 * The new route counts for what is not bound to a vCPU; an interrupt in a list register, or active,
 * stays where it is until it has come back (IHI 0069, 12.9.22, GICD_IROUTER: "pending" ones move).
 */
void av_vgic_set_route(struct av_vm *vm, u32 intid, u32 aff)
{
	av_vgic_route_to(vm, intid, aff, av_vcpu_by_mpidr(vm, aff));
}

/* route: as it is to be read back; to: NULL for nobody */
void av_vgic_route_to(struct av_vm *vm, u32 intid, u32 route, struct av_vcpu *to)
{
	struct av_vgic_spis *spis = vm->vgic.spis;
	struct av_vgic_block *b = &spis->block[intid / 32];
	unsigned long flags;
	u32 bits;

	raw_spin_lock_irqsave(&vm->vgic.lock, flags);
	spis->route[intid] = route;
	move_route(vm, intid, to);
	raw_spin_unlock_irqrestore(&vm->vgic.lock, flags);
	av_word_fence();
	bits = av_block_deliverable(b, av_word_read(&spis->ctlr)) | av_word_read(&b->active);
	av_vgic_notify_spis(vm, intid / 32, bits & BIT(intid % 32));
}

/* A private line that the kernel drives is the kernel's alone; user space's writes to it go nowhere. */
static bool may_drive(const struct av_vcpu *vcpu, u32 intid, const void *owner)
{
	return READ_ONCE(vcpu->vgic.claimed[intid]) == owner;
}

/* True if something new is there to be seen. */
static __always_inline bool raise(struct av_vgic_block *b, u32 bit, bool level)
{
	if (av_word_read(&b->edge) & bit)
		return level && !(av_word_or(&b->latch, bit) & bit);
	if (level)
		return !(av_word_or(&b->line, bit) & bit);
	av_word_andnot(&b->line, bit);
	return false;
}

/* @intid is one of the VM's. */
static __always_inline void set_spi(struct av_vm *vm, struct av_vgic_spis *spis, unsigned long intid, bool level)
{
	struct av_vgic_block *b = &spis->block[intid / 32];
	u32 bit = BIT(intid % 32);

	if (!raise(b, bit, level))
		return;
	av_word_fence();
	if (av_block_deliverable(b, av_word_read(&spis->ctlr)) & bit)
		notify_spi(vm, spis, b, intid);
}

void av_vgic_inject_spi(struct av_vm *vm, u32 intid, bool level)
{
	struct av_vgic_spis *spis;
	unsigned long nr;

	if (unlikely(!av_vgic_initialized(vm)))
		return;
	spis = vm->vgic.spis;
	nr = spis->nr_irqs;
	if (intid < AV_VGIC_PRIVATE || intid >= nr)
		return;
	set_spi(vm, spis, array_index_nospec((unsigned long)intid, nr), level);
}

static int set_pending(struct av_vm *vm, struct av_vcpu *vcpu, u32 intid, bool level, void *owner)
{
	struct av_vgic_block *b;
	u32 bit;

	if (!av_vgic_initialized(vm))
		return -EBUSY;
	if (intid < AV_VGIC_SGIS || intid >= vm->vgic.spis->nr_irqs)
		return -EINVAL;
	intid = array_index_nospec(intid, vm->vgic.spis->nr_irqs);
	if (intid >= AV_VGIC_PRIVATE) {
		set_spi(vm, vm->vgic.spis, intid, level);
		return 0;
	}
	if (!vcpu)
		return -EINVAL;
	if (!may_drive(vcpu, intid, owner))
		return 0;
	b = &vcpu->vgic.priv->block;
	bit = BIT(intid);
	if (!raise(b, bit, level))
		return 0;
	av_word_fence();
	av_vgic_notify_private(vcpu, bit & av_block_deliverable(b, av_word_read(&vm->vgic.spis->ctlr)));
	return 0;
}

/*
 * Who finds the interrupt pending already tells nobody, for whoever made it so does: that one must not be preempted in
 * between, by a vCPU perhaps that waits for it.
 */
int av_vgic_inject(struct av_vm *vm, struct av_vcpu *vcpu, u32 intid, bool level, void *owner)
{
	int ret;

	preempt_disable();
	ret = set_pending(vm, vcpu, intid, level, owner);
	preempt_enable();
	return ret;
}

int av_vgic_claim_ppi(struct av_vcpu *vcpu, u32 intid, void *owner)
{
	void *was;

	if (intid < AV_VGIC_SGIS || intid >= AV_VGIC_PRIVATE)
		return -EINVAL;
	intid = array_index_nospec(intid, AV_VGIC_PRIVATE);
	was = cmpxchg(&vcpu->vgic.claimed[intid], NULL, owner);
	if (was)
		return was == owner ? 0 : -EEXIST;
	/* Who drives it tells of changes only. */
	av_word_andnot(&vcpu->vgic.priv->block.line, BIT(intid));
	return 0;
}

void av_vgic_map_hw(struct av_vcpu *vcpu, u32 intid, u32 phys_intid)
{
	struct av_vgic_priv *priv = vcpu->vgic.priv;

	if (WARN_ON_ONCE(intid < AV_VGIC_SGIS || intid >= AV_VGIC_PRIVATE))
		return;
	priv->pintid[intid] = phys_intid;
	/* 0 is an SGI of the host, never mapped: it takes the mapping away. */
	if (phys_intid)
		av_word_or(&priv->block.hw, BIT(intid));
	else
		av_word_andnot(&priv->block.hw, BIT(intid));
}

/*
 * An SGI of group 1 can only be made by ICC_SGI1R_EL1, one of group 0 by all three: without
 * security states the registers differ in nothing else (IHI 0069, 12.2.22; KVM does the same).
 */
static void send_sgi(struct av_vcpu *to, u32 intid, bool group1_too)
{
	struct av_vgic_block *b = &to->vgic.priv->block;
	u32 bit = BIT(intid);

	if (!group1_too && (av_word_read(&b->group1) & bit))
		return;
	if (av_word_or(&b->latch, bit) & bit)
		return;		/* was there already: so was the kick */
	bit &= av_block_deliverable(b, av_word_read(&to->vm->vgic.spis->ctlr));
	av_vgic_notify_private(to, bit);
}

/* An SGI of ICC_SGI1R_EL1's that EL2 left to us (el2/fast_sgi.c). */
void av_vgic_post_sgi(struct av_vcpu *to, u32 intid)
{
	send_sgi(to, intid & (AV_VGIC_SGIS - 1), true);
}

/* Affinities as handed out by default name the vCPU's id; others are looked for. */
static struct av_vcpu *sgi_target(struct av_vm *vm, u64 aff)
{
	u32 id = AV_GET(aff, 3, 0) | AV_GET(aff, 15, 8) << 4 | AV_GET(aff, 23, 16) << 12;
	struct av_vcpu *vcpu = NULL;

	if (id < AV_MAX_VCPUS)
		vcpu = av_vcpu_by_id(vm, array_index_nospec(id, AV_MAX_VCPUS));
	if (vcpu && av_vgic_affinity(vcpu) == aff)
		return vcpu;
	return av_vcpu_by_mpidr(vm, aff);
}

void av_vgic_sgi(struct av_vcpu *vcpu, u64 value, enum av_sgi_reg which)
{
	struct av_vgic_sgi_req req = av_vgic_sgi_decode(value);
	bool group1_too = which == AV_SGI1R;
	struct av_vm *vm = vcpu->vm;
	struct av_vcpu *to;
	u32 left;
	int i;

	if (!av_vgic_initialized(vm))
		return;
	if (req.others) {
		av_for_each_vcpu(i, to, vm)
			if (to != vcpu)
				send_sgi(to, req.intid, group1_too);
		return;
	}
	for (left = req.list; left; left &= left - 1) {
		to = sgi_target(vm, req.aff | __ffs(left));
		if (to)
			send_sgi(to, req.intid, group1_too);
	}
}

/* An SPI that another vCPU acknowledged, and that may be in its list register: as by ICACTIVER. */
static bool dir_elsewhere(struct av_vcpu *vcpu, struct av_vgic_block *b, u32 intid)
{
	struct av_vgic_access a = { .vm = vcpu->vm, .vcpu = vcpu, .intid = intid & ~31U };
	u32 bit = BIT(intid % 32);
	bool active = (av_word_read(&b->active) | av_word_read(&b->in_lr)) & bit;

	if (active)
		av_vgic_end_active(&a, bit);
	return active;
}

/* One that this vCPU acknowledged, or a private one. */
static bool dir_here(struct av_vcpu *vcpu, struct av_vgic_block *b, u32 intid)
{
	struct av_vm *vm = vcpu->vm;
	u32 bit = BIT(intid % 32);
	unsigned long flags;
	bool mine, active = false;

	raw_spin_lock_irqsave(&vm->vgic.lock, flags);
	mine = intid < AV_VGIC_PRIVATE || (vcpu->vgic.priv->held[intid / 32] & bit);
	if (mine) {
		active = av_word_andnot(&b->active, bit) & bit;
		/* One that is only bound ahead is unbind()'s, which tells its route. */
		if (active && intid >= AV_VGIC_PRIVATE)
			av_vgic_release_spis(vm, intid / 32, bit);
	}
	raw_spin_unlock_irqrestore(&vm->vgic.lock, flags);
	if (!mine)
		return dir_elsewhere(vcpu, b, intid);
	if (!active)
		return false;
	if (intid < AV_VGIC_PRIVATE)
		av_vgic_notify_private(vcpu, bit & av_block_pending(b));
	else
		av_vgic_notify_spis(vm, intid / 32, bit & av_block_pending(b));
	return true;
}

/*
 * ICC_DIR_EL1, when it is trapped (init_vcpu(), av_vgic_pick_hcr()). The trap folded the list registers, so that the
 * words hold the truth for this vCPU's interrupts. With EOImode 0 a write is
 * ignored (IHI 0069, ICC_DIR_EL1), but traps all the same.
 */
void av_vgic_dir(struct av_vcpu *vcpu, u64 value)
{
	u32 intid = AV_GET(value, 23, 0);
	struct av_vm *vm = vcpu->vm;
	struct av_vgic_block *b;

	if (!av_vgic_initialized(vm) || intid >= vm->vgic.spis->nr_irqs ||
	    !(vcpu->ctx->gic.vmcr & ICH_VMCR_VEOIM))
		return;
	intid = array_index_nospec(intid, vm->vgic.spis->nr_irqs);
	b = av_vgic_block(vm, vcpu, intid);
	if (dir_here(vcpu, b, intid) && intid >= AV_VGIC_PRIVATE &&
	    !(av_word_read(&b->edge) & BIT(intid % 32)))
		av_vgic_tell_ack(vm, intid);
}
