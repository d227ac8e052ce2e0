// SPDX-License-Identifier: GPL-2.0
/*
 * Ioeventfds that EL2 rings by itself (include/bells.h): which ones, and the signals that it owes.
 *
 * An ioeventfd becomes a bell when the host has met a store for it, so has found that no memslot is there, and finds a
 * CPU that is free to be told (host/boxes.c). That is tried once in a jiffy at most, for a host that has none.
 *
 * What EL2 has counted is signalled by the CPU that was told; and by whoever's RUN ends, so that a VMM that looks at
 * the eventfd after that finds what its guests have done before, as if each store had been an exit. With interrupts off
 * that goes on for a turn (host/boxes.c); what the CPU that was told has not got to, a work item does.
 *
 * Runs at: host kernel. Owns: struct av_bells, vm->eventfds.bells.
 * Locks: eventfds.lock to make them; the VM's box lock for the bells; a vCPU's walk at EL2 to see that one is gone.
 */
#include <linux/eventfd.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "dev.h"
#include "eventfd.h"
#include "host/boxes.h"
#include "host/el2_map.h"
#include "include/vgic_words.h"
#include "walk.h"

struct av_bell_set {
	struct av_box_owner owner;
	struct work_struct rest;
	u32 next;				/* box lock: whose turn it is, so that no bell keeps another's back */
	bool emptying;				/* box lock, read by any: of what was taken out not all is signalled */
	struct av_bells *words;			/* lent to EL2 */
	u64 *counted;				/* in the VM's statistics: all that EL2 has counted */
	struct eventfd_ctx *eventfd[AV_BELLS];	/* NULL: the place is free */
};

static size_t words_size(void)
{
	return PAGE_ALIGN(sizeof(struct av_bells));
}

/* Stores that EL2 has counted and told nobody of: one at least, then until the turn is over. Return: all of them. */
static bool settle(struct av_bell_set *set, u32 n, u64 until)
{
	u32 *count = &set->words->bell[n].count, owed, told;

	while ((owed = av_word_read(count))) {
		told = set->eventfd[n] ? av_eventfd_signal_some(set->eventfd[n], owed) : owed;
		WRITE_ONCE(*set->counted, *set->counted + told);
		/* Told before it is counted off: a count of 0 is signalled whoever was at it. */
		av_word_sub(count, told);
		if (av_box_is_over(until))
			return !av_word_read(count);
	}
	return true;
}

static u64 take_rung(struct av_bell_set *set)
{
	u32 *rung = set->words->rung;

	return av_word_xchg(&rung[0], 0) | (u64)av_word_xchg(&rung[1], 0) << 32;
}

static void put_back(struct av_bell_set *set, u64 rung)
{
	av_word_or(&set->words->rung[0], (u32)rung);
	av_word_or(&set->words->rung[1], rung >> 32);
}

/* What was rung, until the turn is over. Return: all of it. Box lock held. */
static bool empty_some(struct av_bell_set *set, u64 until)
{
	u64 rung, behind;
	u32 n;

	static_assert(AV_BELLS == 64);
	lockdep_assert_held(av_box_lock(&set->owner));
	WRITE_ONCE(set->emptying, true);
	/* Who finds nothing rung below, and nobody at it, finds all of it signalled: av_bells_settle(). */
	smp_mb();
	/* Taken out before the counts are looked at, which EL2 wrote before. */
	for (rung = take_rung(set); rung && !av_box_is_over(until); set->next = (n + 1) % AV_BELLS) {
		behind = rung & ~0ULL << set->next;
		n = __ffs64(behind ?: rung);
		if (settle(set, n, until))
			rung &= ~BIT_ULL(n);
	}
	if (rung)
		put_back(set, rung);
	/*
	 * Release: the signals were sent before. What was put back was not: who has looked for it in between, in vain,
	 * must not find that nobody is at it.
	 */
	smp_store_release(&set->emptying, rung != 0);
	return !rung;
}

static void empty(struct av_box_owner *owner, u64 until)
{
	struct av_bell_set *set = container_of(owner, struct av_bell_set, owner);

	if (!empty_some(set, until))
		queue_work(av_eventfd_wq, &set->rest);
}

/* A turn. Return: nothing is left. */
static bool take_turn(struct av_bell_set *set)
{
	unsigned long flags;
	bool all;

	spin_lock_irqsave(av_box_lock(&set->owner), flags);
	all = empty_some(set, av_box_turn());
	spin_unlock_irqrestore(av_box_lock(&set->owner), flags);
	return all;
}

/* Likewise, but for one bell, rung or not. */
static bool take_turn_for(struct av_bell_set *set, u32 n)
{
	bool all;

	spin_lock_irq(av_box_lock(&set->owner));
	all = settle(set, n, av_box_turn());
	spin_unlock_irq(av_box_lock(&set->owner));
	return all;
}

/* A turn at a time: guests may go on ringing faster than that is signalled, and others' work is done in between. */
static void do_rest(struct work_struct *work)
{
	if (!take_turn(container_of(work, struct av_bell_set, rest)))
		queue_work(av_eventfd_wq, work);
}

/* ---- life --------------------------------------------------------------------------------------------- */

static struct av_bell_set *make(struct av_vm *vm)
{
	struct av_bell_set *set = kzalloc(sizeof(*set), GFP_KERNEL_ACCOUNT);
	u32 n;

	if (!set)
		return NULL;
	set->words = alloc_pages_exact(words_size(), GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!set->words)
		goto no_words;
	for (n = 0; n < AV_BELLS; n++)
		set->words->bell[n].addr = AV_BELL_FREE;
	set->owner.empty = empty;
	INIT_WORK(&set->rest, do_rest);
	if (av_el2_lend(set->words, words_size()))
		goto not_lent;
	if (av_box_join(&set->owner))
		goto no_number;
	set->words->vm = set->owner.nr;
	set->counted = &vm->stats.bells;
	return set;
no_number:
	av_el2_reclaim(set->words, words_size());
not_lent:
	free_pages_exact(set->words, words_size());
no_words:
	kfree(set);
	return NULL;
}

/**
 * av_bells_prepare() - the VM gets an ioeventfd
 * @vm: the VM
 *
 * Context: eventfds.lock held. What can't be had is done without.
 */
void av_bells_prepare(struct av_vm *vm)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	struct av_bell_set *set;

	lockdep_assert_held(&ev->lock);
	if (ev->bells || IS_ENABLED(CONFIG_PREEMPT_RT))
		return;
	set = make(vm);
	if (!set)
		return;
	WRITE_ONCE(vm->fast->bells, av_el2_addr(set->words));
	/* Who finds the set finds it complete, and EL2's address of it. */
	smp_store_release(&ev->bells, set);
}

/* Nobody runs in the VM any more; before its ioeventfds let go of their eventfds. */
void av_bells_destroy(struct av_vm *vm)
{
	struct av_bell_set *set = vm->eventfds.bells;

	if (!set)
		return;
	while (!take_turn(set))
		cond_resched();
	av_box_leave(&set->owner);
	/* Nobody asks for it any more. */
	cancel_work_sync(&set->rest);
	av_el2_reclaim(set->words, words_size());
	free_pages_exact(set->words, words_size());
	kfree(set);
}

/* ---- bells come and go -------------------------------------------------------------------------------- */

static int free_place(const struct av_bell_set *set, const struct av_pattern *pattern)
{
	u32 n, place = av_bell_place(pattern->addr, pattern->datamatch);

	for (n = 0; n < AV_BELL_PROBES; n++, place = av_bell_next(place))
		if (!set->eventfd[place])
			return place;
	return AV_NO_BELL;
}

/* The place may have been another's, whose generation is no word about this address: so that comes first, too. */
static void fill(struct av_bell *bell, const struct av_pattern *pattern, u64 gen)
{
	WRITE_ONCE(bell->gen, gen);
	bell->len = pattern->len;
	bell->match = pattern->len && !pattern->is_wildcard;
	bell->data = pattern->datamatch;
	/* EL2 reads the address first. */
	smp_store_release(&bell->addr, pattern->addr);
}

static void add(struct av_bell_set *set, struct av_doorbell *io, u64 gen)
{
	unsigned long flags;

	spin_lock_irqsave(av_box_lock(&set->owner), flags);
	if (io->bell != AV_NO_BELL) {
		WRITE_ONCE(set->words->bell[io->bell].gen, gen);
		goto out;
	}
	io->bell = free_place(set, &io->pattern);
	if (io->bell != AV_NO_BELL) {
		set->eventfd[io->bell] = io->eventfd;
		fill(&set->words->bell[io->bell], &io->pattern, gen);
	}
out:
	spin_unlock_irqrestore(av_box_lock(&set->owner), flags);
}

/**
 * av_bell_offer() - the host has served a store that EL2 might: next time
 * @vcpu: the vCPU that stored, its thread, preemption off, in a walk
 * @io: what the store was for
 *
 * vcpu->mmio.gen is that at which the address was found to be no memory's; 0: it is some after all, read-only.
 */
void av_bell_offer(struct av_vcpu *vcpu, struct av_doorbell *io)
{
	/* Acquire: pairs with av_bells_prepare(). */
	struct av_bell_set *set = smp_load_acquire(&vcpu->vm->eventfds.bells);
	unsigned long now = jiffies;

	if (!set || vcpu->bells.tried == now)
		return;
	vcpu->bells.tried = now;
	vcpu->ctx->bell_cpu = av_boxes_choose(&vcpu->bells.cpu);
	if (vcpu->ctx->bell_cpu && vcpu->mmio.gen)
		add(set, io, vcpu->mmio.gen);
}

/**
 * av_bell_remove() - EL2 rings it no more
 * @vm: the VM
 * @io: taken off the tree, and no vCPU is in a walk that has found it
 *
 * Context: may sleep. On return all that was rung is signalled.
 */
void av_bell_remove(struct av_vm *vm, struct av_doorbell *io)
{
	struct av_bell_set *set = READ_ONCE(vm->eventfds.bells);
	struct av_vcpu *vcpu;
	int i;

	if (io->bell == AV_NO_BELL)
		return;
	WRITE_ONCE(set->words->bell[io->bell].addr, AV_BELL_FREE);
	/* The address goes before the words are read; pairs with el2_bell(). */
	smp_mb();
	av_for_each_vcpu(i, vcpu, vm)
		av_walk_await(&vcpu->ctx->bell_walk);
	while (!take_turn_for(set, io->bell))
		cond_resched();
	spin_lock_irq(av_box_lock(&set->owner));
	set->eventfd[io->bell] = NULL;
	spin_unlock_irq(av_box_lock(&set->owner));
}

/* ---- signals that are owed ---------------------------------------------------------------------------- */

/* Is there anything to signal, or somebody at it? */
static bool owes_any(const struct av_bell_set *set)
{
	u32 rung = READ_ONCE(set->words->rung[0]) | READ_ONCE(set->words->rung[1]);

	smp_rmb();	/* nothing rung, then: nobody at it; pairs with empty_some() */
	return rung || smp_load_acquire(&set->emptying);
}

/**
 * av_bells_empty() - signal what EL2 has rung, now or a little later
 * @vm: the VM, which has bells
 *
 * Context: any; who is at it on another CPU is waited for.
 */
void av_bells_empty(struct av_vm *vm)
{
	struct av_bell_set *set = READ_ONCE(vm->eventfds.bells);

	if (owes_any(set) && !take_turn(set))
		queue_work(av_eventfd_wq, &set->rest);
}

/**
 * av_bells_settle() - signal what EL2 has rung until now
 * @vm: the VM, which has bells
 *
 * Context: may sleep. On return all that was rung before is signalled, or a fatal signal has come.
 */
void av_bells_settle(struct av_vm *vm)
{
	struct av_bell_set *set = READ_ONCE(vm->eventfds.bells);
	u32 n, owed;

	if (likely(!owes_any(set)) || take_turn(set))
		return;
	/* Slow signals, or others that go on ringing: each turn is one signal of a bell's at least. */
	for (n = 0; n < AV_BELLS; n++) {
		for (owed = av_word_read(&set->words->bell[n].count); owed && !take_turn_for(set, n); owed--) {
			if (fatal_signal_pending(current))
				break;
			cond_resched();
		}
	}
	queue_work(av_eventfd_wq, &set->rest);
}

/* EL2 has stumbled with the vCPU: if that was in a walk, nobody ends it there. */
void av_bell_end_walk(struct av_vcpu *vcpu)
{
	u32 *word = &vcpu->ctx->bell_walk;

	if (*word & 1)
		smp_store_release(word, *word + 1);	/* what it counted stands */
}
