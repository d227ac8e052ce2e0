// SPDX-License-Identifier: GPL-2.0
/*
 * Ioeventfds that EL2 rings by itself (include/bells.h): which ones, and the signals that it owes.
 *
 * An ioeventfd becomes a bell when the host has met a store for it, so has found that no memslot is there, and finds a
 * CPU that is free to be told (host/boxes.c). That is tried once in a jiffy at most, for a host that has none.
 *
 * What EL2 has counted is signalled by the CPU that was told; and by whoever's RUN ends, so that a VMM that looks at
 * the eventfd after that finds what its guests have done before, as if each store had been an exit.
 *
 * Runs at: host kernel. Owns: struct av_bells, vm->eventfds.bells.
 * Locks: eventfds.lock to make them; the VM's box lock for the bells; a vCPU's walk at EL2 to see that one is gone.
 */
#include <linux/eventfd.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "dev.h"
#include "eventfd.h"
#include "host/boxes.h"
#include "host/el2_map.h"
#include "include/vgic_words.h"
#include "walk.h"

struct av_bell_set {
	struct av_box_owner owner;
	bool emptying;				/* under the box lock, read by any: signals are on their way */
	struct av_bells *words;			/* lent to EL2 */
	u64 *counted;				/* in the VM's statistics: all that EL2 has counted */
	struct eventfd_ctx *eventfd[AV_BELLS];	/* NULL: the place is free */
};

static size_t words_size(void)
{
	return PAGE_ALIGN(sizeof(struct av_bells));
}

/* The stores that EL2 has counted and told nobody of. */
static void settle(struct av_bell_set *set, u32 n)
{
	u32 count = av_word_xchg(&set->words->bell[n].count, 0);

	WRITE_ONCE(*set->counted, *set->counted + count);
	if (count && set->eventfd[n])
		av_eventfd_signal_times(set->eventfd[n], count);
}

static void empty(struct av_box_owner *owner)
{
	struct av_bell_set *set = container_of(owner, struct av_bell_set, owner);
	u32 word, left;

	lockdep_assert_held(av_box_lock(owner));
	WRITE_ONCE(set->emptying, true);
	/* Who finds nothing rung below, and nobody at it, finds all of it signalled: av_bells_settle(). */
	smp_mb();
	for (word = 0; word < ARRAY_SIZE(set->words->rung); word++)
		/* Taken out before the counts are, which EL2 wrote before. */
		for (left = av_word_xchg(&set->words->rung[word], 0); left; left &= left - 1)
			settle(set, word * 32 + __ffs(left));
	/* Release: the signals were sent before. */
	smp_store_release(&set->emptying, false);
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
	av_box_empty(&set->owner);
	av_box_leave(&set->owner);
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
	spin_lock_irq(av_box_lock(&set->owner));
	settle(set, io->bell);
	set->eventfd[io->bell] = NULL;
	spin_unlock_irq(av_box_lock(&set->owner));
}

/* ---- signals that are owed ---------------------------------------------------------------------------- */

/**
 * av_bells_settle() - signal what EL2 has rung until now
 * @vm: the VM, which has bells
 *
 * Context: any; who is at it on another CPU is waited for.
 */
void av_bells_settle(struct av_vm *vm)
{
	struct av_bell_set *set = READ_ONCE(vm->eventfds.bells);
	u32 rung = READ_ONCE(set->words->rung[0]) | READ_ONCE(set->words->rung[1]);

	smp_rmb();	/* nothing rung, then: nobody at it; pairs with empty() */
	if (rung || smp_load_acquire(&set->emptying))
		av_box_empty(&set->owner);
}

/* EL2 has stumbled with the vCPU: if that was in a walk, nobody ends it there. */
void av_bell_end_walk(struct av_vcpu *vcpu)
{
	u32 *word = &vcpu->ctx->bell_walk;

	if (*word & 1)
		smp_store_release(word, *word + 1);	/* what it counted stands */
}
