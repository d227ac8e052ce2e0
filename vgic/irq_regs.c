// SPDX-License-Identifier: GPL-2.0
/*
 * Registers with some bits per interrupt, of the distributor and of the redistributors alike.
 *
 * Runs at: host kernel, thread context, interrupts on; the vCPU of the accessing thread isn't in
 * the guest.
 * Owns: enabled, group1, edge and prio of all interrupts; writes active when in no list register.
 * Locks: takes the dist lock for the active state of SPIs, and to look for pending ones (ladder in vgic.c).
 *
 * The walker (regs.c) has checked that the access is aligned, of an allowed width and of
 * interrupts that exist: registers of one bit are accessed as whole words, one block each.
 */
#include "internal.h"

/*
 * How long an access waits for another vCPU's list registers to come back. Its exit takes
 * microseconds.
 */
#define SETTLE_NS	(20 * NSEC_PER_MSEC)

static struct av_vgic_block *block(const struct av_vgic_access *a)
{
	return av_vgic_block(a->vm, a->vcpu, a->intid);
}

static bool is_private(const struct av_vgic_access *a)
{
	return a->intid < AV_VGIC_PRIVATE;
}

static void notify(const struct av_vgic_access *a, u32 bits)
{
	if (is_private(a))
		av_vgic_notify_private(a->vcpu, bits);
	else
		av_vgic_notify_spis(a->vm, a->intid / 32, bits);
}

static void notify_deliverable(const struct av_vgic_access *a, u32 bits)
{
	av_word_fence();	/* the change before the question who has to act, see irq.c */
	notify(a, bits & av_block_deliverable(block(a), av_word_read(&a->vm->vgic.spis->ctlr)));
}

/* The vCPU in whose list registers the interrupt is. */
static struct av_vcpu *lr_vcpu(const struct av_vgic_access *a, u32 n)
{
	return is_private(a) ? a->vcpu : av_vgic_spi_vcpu(a->vm, round_down(a->intid, 32) + n);
}

static void kick_lrs(const struct av_vgic_access *a, u32 bits)
{
	u32 left;

	for (left = bits & av_word_read(&block(a)->in_lr); left; left &= left - 1) {
		struct av_vcpu *vcpu = lr_vcpu(a, __ffs(left));

		if (vcpu)
			av_vcpu_kick(vcpu);
	}
}

/*
 * While an interrupt is in the list register of a vCPU that runs, only that CPU knows whether it
 * is pending or active. Fetch it: make the vCPU leave the guest, and wait for its next fold.
 * Linux asks before it frees an interrupt (__synchronize_hardirq()); a stale "inactive" would let
 * it go on too soon. The vCPU can't sleep between flush and sync, so that the wait is short;
 * bounded all the same.
 */
static void settle(const struct av_vgic_access *a, u32 bits)
{
	const struct av_vgic_block *b = block(a);
	u64 deadline = 0;
	u32 left, seq;

	for (left = bits & av_word_read(&b->in_lr); left; left &= left - 1) {
		u32 bit = left & -left;
		struct av_vcpu *vcpu = lr_vcpu(a, __ffs(left));
		const u32 *seqp;

		if (!vcpu)
			continue;
		seqp = &vcpu->vgic.priv->sync_seq;
		/* Pairs with sync: the words of the fold that it counts. */
		seq = smp_load_acquire(seqp);
		if (!(av_word_read(&b->in_lr) & bit))
			continue;
		if (!deadline)
			deadline = ktime_get_mono_fast_ns() + SETTLE_NS;
		av_vcpu_kick(vcpu);
		/* Likewise. */
		while ((av_word_read(&b->in_lr) & bit) && smp_load_acquire(seqp) == seq &&
		       ktime_get_mono_fast_ns() < deadline)
			cpu_relax();
	}
}

/* Has it the interrupts in list registers, or may it get them there? Of SPIs any may. */
static bool is_concerned(const struct av_vgic_access *a, const struct av_vcpu *vcpu)
{
	return !is_private(a) || vcpu == a->vcpu;
}

/*
 * Keep the vCPUs concerned out of their guests: what is written then meets no acknowledgment under way, and no list
 * register that is being loaded. KVM halts them likewise. The accessing thread's own is not in its guest. The wait is
 * as short as settle()'s, and bounded; who is late is served as leave_to_fold() can. Returns let_go()'s argument.
 */
static int hold_vcpus(const struct av_vgic_access *a, u32 bits)
{
	struct av_vm *vm = a->vm;
	struct av_vcpu *vcpu;
	unsigned long flags;
	u64 deadline;
	int i, nr = 0;

	if (!bits)
		return 0;
	raw_spin_lock_irqsave(&vm->vgic.lock, flags);
	av_for_each_vcpu(i, vcpu, vm) {
		if (is_concerned(a, vcpu))
			av_vcpu_hold(vcpu);
		nr++;
	}
	raw_spin_unlock_irqrestore(&vm->vgic.lock, flags);

	for (i = 0; i < nr; i++)
		if (is_concerned(a, vm->vcpus[i]) && READ_ONCE(vm->vcpus[i]->mode) == AV_IN_GUEST)
			av_vcpu_kick(vm->vcpus[i]);
	deadline = ktime_get_mono_fast_ns() + SETTLE_NS;
	for (i = 0; i < nr; i++)
		while (is_concerned(a, vm->vcpus[i]) && READ_ONCE(vm->vcpus[i]->mode) == AV_IN_GUEST &&
		       ktime_get_mono_fast_ns() < deadline)
			cpu_relax();
	/* What went into a list register before the mode changed is in in_lr, which is asked behind it. */
	smp_rmb();
	/* The mode changes before the list registers are words again. */
	while ((av_word_read(&block(a)->in_lr) & bits) && ktime_get_mono_fast_ns() < deadline)
		cpu_relax();
	av_word_fence();
	return nr;
}

/* The threads are woken behind the lock: they are many, perhaps, and each takes its CPU's run queue. */
static void let_go(const struct av_vgic_access *a, int nr)
{
	struct av_vm *vm = a->vm;
	unsigned long flags;
	int i;

	if (!nr)
		return;
	raw_spin_lock_irqsave(&vm->vgic.lock, flags);
	for (i = 0; i < nr; i++)
		if (is_concerned(a, vm->vcpus[i]))
			av_vcpu_let_go(vm->vcpus[i]);
	raw_spin_unlock_irqrestore(&vm->vgic.lock, flags);
	for (i = 0; i < nr; i++)
		if (is_concerned(a, vm->vcpus[i]))
			av_vcpu_wake_held(vm->vcpus[i]);
}

/* GICD_IGROUPR, GICR_IGROUPR0 */

u64 av_vgic_read_group(const struct av_vgic_access *a)
{
	return av_word_read(&block(a)->group1);
}

/*
 * What is in a list register has its group and priority there: it is fetched, and put in anew. After a barrier behind
 * the change; who loads one sets in_lr, and behind a barrier of its own reads the two.
 */
static void load_anew(const struct av_vgic_access *a, u32 bits)
{
	notify_deliverable(a, bits);
	kick_lrs(a, bits);
}

void av_vgic_write_group(const struct av_vgic_access *a, u64 val)
{
	/* Also of those that were in this group before: EL2 leaves the telling to us (el2/fast_gic.c). */
	av_word_xchg(&block(a)->group1, val);
	load_anew(a, ~0U);
}

/* ISENABLER, ICENABLER; both read as what is enabled */

u64 av_vgic_read_enable(const struct av_vgic_access *a)
{
	return av_word_read(&block(a)->enabled);
}

void av_vgic_write_senable(const struct av_vgic_access *a, u64 val)
{
	/* Also of those that were enabled before: EL2 leaves the telling to us (el2/fast_gic.c). */
	av_word_or(&block(a)->enabled, val);
	notify_deliverable(a, val);
}

/* A pending one that is in a list register comes out with the next fold and stays outside. */
void av_vgic_write_cenable(const struct av_vgic_access *a, u64 val)
{
	av_word_andnot(&block(a)->enabled, val);
	kick_lrs(a, val);
}

/* ISPENDR, ICPENDR */

/*
 * What the words say of which is pending. An interrupt goes from its latch into a list register and comes back, and who
 * looks here and there in turn may miss it in both. So: in_lr is clear, the latch is read, in_lr is clear still. in_lr
 * is set before the latch is taken (load_lr(), el2_load_lr()), and the latch is set before in_lr is cleared (fold()),
 * behind barriers that pair with those here. It may have gone there and back in between, so the latch is read once
 * more; and it may have been taken anew by then, which is after that fold was counted. Of SPIs there is no fold while
 * we have its lock, of private ones sync_seq counts them.
 *
 * Returns those of which that tells nothing.
 */
static u32 look_for_pending(const struct av_vgic_access *a, u32 *pending)
{
	const u32 *seqp = &a->vcpu->vgic.priv->sync_seq;
	const struct av_vgic_block *b = block(a);
	unsigned long flags;
	u32 seq, unsure;

	raw_spin_lock_irqsave(&a->vm->vgic.lock, flags);
	/* Pairs with sync: the words of the fold that it counts. */
	seq = smp_load_acquire(seqp);
	unsure = av_word_read(&b->in_lr);
	smp_rmb();	/* as said above */
	*pending = av_block_pending(b);
	smp_rmb();	/* as said above */
	unsure |= av_word_read(&b->in_lr);
	smp_rmb();	/* as said above */
	*pending |= av_block_pending(b);
	smp_rmb();	/* who loads it anew has counted the fold before */
	if (is_private(a) && READ_ONCE(*seqp) != seq)
		unsure = ~0U;
	raw_spin_unlock_irqrestore(&a->vm->vgic.lock, flags);
	return unsure & ~*pending;
}

/*
 * A vCPU has not left in time: what was put into its list register counts. Without lr_pend it is active, or this moment
 * on its way there. The latch is asked behind in_lr, too, for a fold in between.
 */
static u32 guess_pending(const struct av_vgic_block *b)
{
	u32 pending = av_block_pending(b);

	smp_rmb();	/* as said above */
	pending |= av_word_read(&b->in_lr) & (av_word_read(&b->lr_pend) | ~av_word_read(&b->active));
	smp_rmb();	/* likewise */
	return pending | av_block_pending(b);
}

u64 av_vgic_read_pending(const struct av_vgic_access *a)
{
	u32 pending;
	int held;

	settle(a, ~0U);
	if (likely(!look_for_pending(a, &pending)))
		return pending;
	/* It is in a list register again already: now it stays out. */
	held = hold_vcpus(a, ~0U);
	if (look_for_pending(a, &pending))
		pending = guess_pending(block(a));
	let_go(a, held);
	return pending;
}

/* User space saves latch and line apart: the latter by KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO. */
u64 av_vgic_read_latch(const struct av_vgic_access *a)
{
	return av_word_read(&block(a)->latch);
}

/*
 * Not preempted in between, as av_vgic_inject(). The latch of a level goes when the fold sees it acknowledged: one that
 * is set meanwhile is newer than that.
 */
void av_vgic_write_spend(const struct av_vgic_access *a, u64 val)
{
	int held = hold_vcpus(a, val & ~av_word_read(&block(a)->edge));

	preempt_disable();
	av_word_or(&block(a)->latch, val);
	notify_deliverable(a, val);
	preempt_enable();
	let_go(a, held);
}

/*
 * Set the word late, and do the write here if the fold that would have seen it is over:
 * fold_late().
 */
static u32 leave_to_fold(struct av_vgic_block *b, u32 *late, u32 bits)
{
	u32 mine;

	bits &= av_word_read(&b->in_lr);
	if (!bits)
		return 0;
	av_word_or(late, bits);
	av_word_fence();
	mine = bits & ~av_word_read(&b->in_lr);
	if (mine)
		bits &= ~(av_word_andnot(late, mine) & mine);
	return bits;
}

/* Of what no vCPU that was held in time has in a list register. */
static void clear_pending(struct av_vgic_block *b, u32 bits)
{
	leave_to_fold(b, &b->late_unpend, bits & av_word_read(&b->edge));
	av_word_andnot(&b->latch, bits);
	av_word_fence();
}

void av_vgic_write_cpend(const struct av_vgic_access *a, u64 val)
{
	struct av_vgic_block *b = block(a);
	u32 bits = val;
	int held;

	/*
	 * Twice: before in_lr is looked at, since who loads a list register sets that and then takes the latch, so that
	 * one of us sees the other; and after, since the fold has put back what it found pending.
	 */
	av_word_andnot(&b->latch, bits);
	held = hold_vcpus(a, bits & av_word_read(&b->in_lr));
	clear_pending(b, bits);
	/* It came back and went there again, both between two of these looks: not while the vCPUs are held. */
	if (!held && (av_word_read(&b->in_lr) & bits)) {
		held = hold_vcpus(a, bits);
		clear_pending(b, bits);
	}
	/* A level too: what its list register has of the latch goes with the fold, what the line says comes again. */
	kick_lrs(a, bits);
	let_go(a, held);
}

/* User space restores the latch as a whole, whatever is edge and what is level by then. */
int av_vgic_user_write_latch(const struct av_vgic_access *a, u64 val)
{
	struct av_vgic_block *b = block(a);

	av_word_andnot(&b->latch, ~(u32)val);
	av_word_or(&b->latch, val);
	notify_deliverable(a, val);
	return 0;
}

/* ISACTIVER, ICACTIVER */

u64 av_vgic_user_read_active(const struct av_vgic_access *a)
{
	return av_word_read(&block(a)->active);
}

/* A write that waits for a fold (leave_to_fold()) counts already. The lock: an SPI's fold is done or not begun. */
u64 av_vgic_read_active(const struct av_vgic_access *a)
{
	const struct av_vgic_block *b = block(a);
	unsigned long flags;
	u32 active;

	settle(a, ~(av_word_read(&b->late_active) | av_word_read(&b->late_inactive)));
	raw_spin_lock_irqsave(&a->vm->vgic.lock, flags);
	active = (av_word_read(&b->active) | av_word_read(&b->late_active)) &
		 ~av_word_read(&b->late_inactive);
	raw_spin_unlock_irqrestore(&a->vm->vgic.lock, flags);
	return active;
}

/* Made active without an acknowledgment: with the priority that it has now. */
static void set_run_prio(struct av_vgic_block *b, u32 bits)
{
	u32 left;

	for (left = bits; left; left &= left - 1)
		WRITE_ONCE(b->run_prio[__ffs(left)], av_prio_read(b, __ffs(left)));
}

static void change_active(const struct av_vgic_access *a, u32 bits, bool on)
{
	struct av_vgic_block *b = block(a);
	unsigned long flags;
	u32 late, now;

	raw_spin_lock_irqsave(&a->vm->vgic.lock, flags);
	/* The last of two opposite writes counts. */
	av_word_andnot(on ? &b->late_inactive : &b->late_active, bits);
	late = leave_to_fold(b, on ? &b->late_active : &b->late_inactive, bits);
	now = bits & ~late;
	if (on)
		set_run_prio(b, now & ~av_word_read(&b->active));
	/*
	 * Given up before it is inactive: EL2, which looks in the opposite order (el2/fast_irq.c), must not load one
	 * that is about to go. One that is held and not active is EL2's to load.
	 */
	if (!on && !is_private(a))
		av_vgic_release_spis(a->vm, a->intid / 32, now & av_word_read(&b->active));
	if (on)
		av_word_or(&b->active, now);
	else
		av_word_andnot(&b->active, now);
	raw_spin_unlock_irqrestore(&a->vm->vgic.lock, flags);

	kick_lrs(a, late);
	if (on) {
		av_word_fence();
		notify(a, now);
	} else {
		notify_deliverable(a, now);
	}
}

/* ICC_DIR_EL1 of what another vCPU has active: until it ends it can't be acknowledged again, so nobody need be held. */
void av_vgic_end_active(const struct av_vgic_access *a, u32 bits)
{
	change_active(a, bits, false);
}

void av_vgic_write_sactive(const struct av_vgic_access *a, u64 val)
{
	int held = hold_vcpus(a, val);

	change_active(a, val, true);
	let_go(a, held);
}

void av_vgic_write_cactive(const struct av_vgic_access *a, u64 val)
{
	int held = hold_vcpus(a, val);

	change_active(a, val, false);
	let_go(a, held);
}

/*
 * IPRIORITYR: a byte per interrupt. What is active keeps the priority that it was acknowledged with.
 */

u64 av_vgic_read_prio(const struct av_vgic_access *a)
{
	const u8 *prio = &block(a)->prio[a->intid % 32];
	u64 val = 0;
	u32 i;

	for (i = 0; i < a->len; i++)
		val |= (u64)READ_ONCE(prio[i]) << (i * 8);
	return val;
}

void av_vgic_write_prio(const struct av_vgic_access *a, u64 val)
{
	u8 *prio = &block(a)->prio[a->intid % 32];
	u32 i;

	for (i = 0; i < a->len; i++)
		WRITE_ONCE(prio[i], (val >> (i * 8)) & AV_VGIC_PRIO_MASK);
	load_anew(a, GENMASK(a->len - 1, 0) << a->intid % 32);
}

/* A restore may bring the priority after the active state that belongs to it. */
int av_vgic_user_write_prio(const struct av_vgic_access *a, u64 val)
{
	u8 *prio = &block(a)->run_prio[a->intid % 32];
	u32 i;

	av_vgic_write_prio(a, val);
	for (i = 0; i < a->len; i++)
		WRITE_ONCE(prio[i], (val >> (i * 8)) & AV_VGIC_PRIO_MASK);
	return 0;
}

/* ICFGR: two bits per interrupt, the upper one says edge; 16 interrupts, half a block */

u64 av_vgic_read_config(const struct av_vgic_access *a)
{
	u32 edge = av_word_read(&block(a)->edge) >> (a->intid % 32), i;
	u64 val = 0;

	for (i = 0; i < 16; i++)
		if (edge & BIT(i))
			val |= AV_UL(2) << (i * 2);
	return val;
}

/*
 * SGIs are edge by definition, PPIs level since the timers need it: written for SPIs only, as
 * KVM.
 */
void av_vgic_write_config(const struct av_vgic_access *a, u64 val)
{
	u32 shift = a->intid % 32, edge = 0, i;
	struct av_vgic_block *b = block(a);

	if (is_private(a))
		return;
	for (i = 0; i < 16; i++)
		if (val & (AV_UL(2) << (i * 2)))
			edge |= BIT(i);
	av_word_andnot(&b->edge, (~edge & 0xffff) << shift);
	av_word_or(&b->edge, edge << shift);
	notify_deliverable(a, 0xffffU << shift);
}

/* GICD_IROUTER: Aff2..Aff0; no Aff3 and no 1-of-N here, so that the rest reads as zero */

u64 av_vgic_read_route(const struct av_vgic_access *a)
{
	return a->offset & 4 ? 0 : READ_ONCE(a->vm->vgic.spis->route[a->intid]);
}

void av_vgic_write_route(const struct av_vgic_access *a, u64 val)
{
	if (!(a->offset & 4))
		av_vgic_set_route(a->vm, a->intid, AV_GET(val, 23, 0));
}

/* KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO: intid is a multiple of 32. SGIs have no line. */

static u32 line_mask(struct av_vm *vm, u32 intid)
{
	if (intid >= vm->vgic.spis->nr_irqs)
		return 0;
	return intid ? ~0U : ~(u32)(BIT(AV_VGIC_SGIS) - 1);
}

/* Private lines that the kernel drives: it tells of changes only, so nobody else may move them. */
static u32 claimed_lines(const struct av_vcpu *vcpu)
{
	u32 n, claimed = 0;

	for (n = AV_VGIC_SGIS; n < AV_VGIC_PRIVATE; n++)
		if (READ_ONCE(vcpu->vgic.claimed[n]))
			claimed |= BIT(n);
	return claimed;
}

u32 av_vgic_read_levels(struct av_vcpu *vcpu, u32 intid)
{
	u32 mask = line_mask(vcpu->vm, intid);
	const struct av_vgic_block *b;

	if (!mask)
		return 0;
	b = av_vgic_block(vcpu->vm, vcpu, intid);
	return av_word_read(&b->line) & ~av_word_read(&b->edge) & mask;
}

void av_vgic_write_levels(struct av_vcpu *vcpu, u32 intid, u32 val)
{
	struct av_vgic_access a = { .vm = vcpu->vm, .vcpu = vcpu, .intid = intid };
	u32 mask = line_mask(vcpu->vm, intid);

	if (!mask)
		return;
	if (!intid)
		mask &= ~claimed_lines(vcpu);
	av_word_andnot(&block(&a)->line, ~val & mask);
	av_word_or(&block(&a)->line, val & mask);
	notify_deliverable(&a, val & mask);
}
