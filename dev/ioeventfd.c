// SPDX-License-Identifier: GPL-2.0
/*
 * ioeventfd: a guest's store signals an eventfd instead of ending RUN (KVM_IOEVENTFD).
 *
 * A guest's store looks one up with preemption off, so what it costs must not be the VMM's choice: a tree in the order
 * of dev/ioeventfd_rules.h, however many there are, and however many at one address. There is no limit to their number
 * but the memory that the VMM may have, as with KVM (NR_IOBUS_DEVS does not count ioeventfds).
 *
 * A store that looks one up is a walk: its vCPU says so in a word of its own, and who removes an ioeventfd waits until
 * each vCPU that was in a walk then has ended it. So nobody waits for a grace period: a VMM that resets a device
 * removes hundreds, and each wait is as long as a store. A vCPU remembers what its last walk found, for the next store
 * is mostly for the same; that holds as long as the tree has not changed.
 *
 * Runs at: host kernel. Owns: vm->eventfds.ioeventfds, vcpu->bells.
 * Locks: eventfds.lock, and ioeventfds_lock around each change of the tree; to look up the walk and the sequence
 * count, also from inside the burst.
 */
#include <linux/eventfd.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/seqlock.h>
#include <linux/slab.h>

#include "compat.h"
#include "dev.h"
#include "eventfd.h"
#include "ioeventfd_rules.h"
#include "walk.h"

#define VALID_FLAGS	(KVM_IOEVENTFD_FLAG_DATAMATCH | KVM_IOEVENTFD_FLAG_PIO |		\
			 KVM_IOEVENTFD_FLAG_DEASSIGN | KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY)

/*
 * A descent without a lock. While the tree is rebalanced it may miss a node, but it ends, and it meets only nodes that
 * are or were in the tree (lib/rbtree.c); what it missed the sequence count tells.
 */
static struct av_doorbell *descend(struct av_eventfd_vm *ev, const struct av_pattern *pattern)
{
	struct rb_node *node = READ_ONCE(ev->ioeventfds.rb_node);

	while (node) {
		struct av_doorbell *entry = rb_entry(node, struct av_doorbell, node);
		int where = av_pattern_compare(pattern, &entry->pattern);

		if (!where)
			return entry;
		node = where < 0 ? READ_ONCE(node->rb_left) : READ_ONCE(node->rb_right);
	}
	return NULL;
}

static void link_locked(struct av_eventfd_vm *ev, struct av_doorbell *new)
{
	struct rb_node **link = &ev->ioeventfds.rb_node, *parent = NULL;

	lockdep_assert_held(&ev->lock);
	while (*link) {
		parent = *link;
		if (av_pattern_compare(&new->pattern, &rb_entry(parent, struct av_doorbell, node)->pattern) < 0)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	spin_lock(&ev->ioeventfds_lock);
	write_seqcount_begin(&ev->ioeventfds_seq);
	WRITE_ONCE(ev->ioeventfds_gen, ev->ioeventfds_gen + 1);
	/* A reader that meets it finds it complete. */
	rb_link_node_rcu(&new->node, parent, link);
	rb_insert_color(&new->node, &ev->ioeventfds);
	write_seqcount_end(&ev->ioeventfds_seq);
	spin_unlock(&ev->ioeventfds_lock);
}

static void unlink_locked(struct av_eventfd_vm *ev, struct av_doorbell *old)
{
	lockdep_assert_held(&ev->lock);
	spin_lock(&ev->ioeventfds_lock);
	write_seqcount_begin(&ev->ioeventfds_seq);
	WRITE_ONCE(ev->ioeventfds_gen, ev->ioeventfds_gen + 1);
	rb_erase(&old->node, &ev->ioeventfds);
	write_seqcount_end(&ev->ioeventfds_seq);
	spin_unlock(&ev->ioeventfds_lock);
}

/*
 * What was taken off the tree is nobody's any more. A vCPU that has not been published yet has not walked before
 * the barrier either.
 */
static void wait_for_walks(struct av_vm *vm)
{
	struct av_vcpu *vcpu;
	int i;

	/* The tree and its generation are written before the words are read; pairs with av_walk_begin(). */
	smp_mb();
	av_for_each_vcpu(i, vcpu, vm)
		av_walk_await(&vcpu->bells.walk);
}

static int assign(struct av_vm *vm, const struct kvm_ioeventfd *args, struct eventfd_ctx *eventfd)
{
	struct av_doorbell *new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	struct av_eventfd_vm *ev = &vm->eventfds;
	bool collides;

	if (!new)
		return -ENOMEM;
	new->pattern = av_pattern_of(args);
	new->eventfd = eventfd;
	new->bell = AV_NO_BELL;
	mutex_lock(&ev->lock);
	av_bells_prepare(vm);
	collides = descend(ev, &new->pattern);
	if (!collides)
		link_locked(ev, new);
	mutex_unlock(&ev->lock);
	if (!collides)
		return 0;
	kfree(new);
	return -EEXIST;
}

static struct av_doorbell *take(struct av_vm *vm, const struct av_pattern *pattern, const struct eventfd_ctx *eventfd)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	struct av_doorbell *old;

	mutex_lock(&ev->lock);
	old = descend(ev, pattern);
	if (old && (old->eventfd != eventfd || !av_pattern_is_same(&old->pattern, pattern)))
		old = NULL;
	if (old)
		unlink_locked(ev, old);
	mutex_unlock(&ev->lock);
	return old;
}

/*
 * On return no store signals the eventfd any more: a VMM then looks for the last signal, and would miss a later one. So
 * the caller waits, for walks of this VM alone and at its own cost.
 */
static int deassign(struct av_vm *vm, const struct kvm_ioeventfd *args,
		    const struct eventfd_ctx *eventfd)
{
	struct av_pattern pattern = av_pattern_of(args);
	struct av_doorbell *old = take(vm, &pattern, eventfd);

	if (!old)
		return -ENOENT;
	wait_for_walks(vm);
	av_bell_remove(vm, old);
	eventfd_ctx_put(old->eventfd);
	kfree(old);
	return 0;
}

static bool args_are_valid(const struct kvm_ioeventfd *args)
{
	switch (args->len) {
	case 0:
		if (args->flags & KVM_IOEVENTFD_FLAG_DATAMATCH)
			return false;
		break;
	case 1:
	case 2:
	case 4:
	case 8:
		break;
	default:
		return false;
	}
	return args->addr + args->len >= args->addr && !(args->flags & ~VALID_FLAGS);
}

/* KVM_IOEVENTFD. Like KVM, look at length and flags only when assigning. May sleep. */
int av_ioeventfd(struct av_vm *vm, const struct kvm_ioeventfd *args)
{
	bool is_deassign = args->flags & KVM_IOEVENTFD_FLAG_DEASSIGN;
	struct eventfd_ctx *eventfd;
	int ret;

	if (!is_deassign && !args_are_valid(args))
		return -EINVAL;
	eventfd = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	ret = is_deassign ? deassign(vm, args, eventfd) : assign(vm, args, eventfd);
	/* The table keeps the reference of what was assigned. */
	if (is_deassign || ret)
		eventfd_ctx_put(eventfd);
	return ret;
}

/* On PREEMPT_RT to signal an eventfd may sleep. */
static __always_inline void begin_walk(struct av_vcpu *vcpu)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_disable();
	av_walk_begin(&vcpu->bells.walk);
}

static __always_inline void end_walk(struct av_vcpu *vcpu)
{
	av_walk_end(&vcpu->bells.walk);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_enable();
}

/* In a walk: by the tree; the vCPU remembers. */
static noinline struct av_doorbell *look_up(struct av_vcpu *vcpu, u64 ipa, u32 len, u64 data)
{
	struct av_pattern store = { .bus = AV_BUS_MMIO, .addr = ipa, .len = len, .datamatch = data };
	struct av_eventfd_vm *ev = &vcpu->vm->eventfds;
	struct av_doorbell *entry;
	unsigned int seq;
	u64 gen;

	do {
		seq = read_seqcount_begin(&ev->ioeventfds_seq);
		gen = READ_ONCE(ev->ioeventfds_gen);
		entry = descend(ev, &store);
	} while (read_seqcount_retry(&ev->ioeventfds_seq, seq));
	if (entry) {
		vcpu->bells.last = entry;
		vcpu->bells.last_gen = gen;
	}
	return entry;
}

/* In a walk: what the last one found is alive as long as the generation, read in this walk, is the same. */
static __always_inline struct av_doorbell *look_up_last(struct av_vcpu *vcpu, u64 ipa, u32 len, u64 data)
{
	struct av_doorbell *last = vcpu->bells.last;

	if (likely(vcpu->bells.last_gen == READ_ONCE(vcpu->vm->eventfds.ioeventfds_gen)) &&
	    likely(av_pattern_takes(&last->pattern, ipa, len, data)))
		return last;
	return look_up(vcpu, ipa, len, data);
}

/* A guest's store of len (1, 2, 4, 8) bytes that no memslot took: is it a doorbell? */
bool av_ioeventfd_write(struct av_vcpu *vcpu, u64 ipa, unsigned int len, u64 data)
{
	struct av_doorbell *entry;

	/* None: most VMs whose stores come here. */
	if (!av_ioeventfd_any(vcpu->vm))
		return false;
	begin_walk(vcpu);
	entry = look_up_last(vcpu, ipa, len, data);
	if (entry) {
		av_eventfd_signal(entry->eventfd);
		vcpu->stats.doorbells++;
		av_bell_offer(vcpu, entry);
	}
	end_walk(vcpu);
	return entry;
}

void av_ioeventfd_vm_init(struct av_vm *vm)
{
	struct av_eventfd_vm *ev = &vm->eventfds;

	spin_lock_init(&ev->ioeventfds_lock);
	seqcount_spinlock_init(&ev->ioeventfds_seq, &ev->ioeventfds_lock);
	ev->ioeventfds = RB_ROOT;
	/* A vCPU's last_gen begins with 0. */
	ev->ioeventfds_gen = 1;
}

void av_ioeventfd_vm_destroy(struct av_vm *vm)
{
	struct av_doorbell *entry, *next;

	av_bells_destroy(vm);
	rbtree_postorder_for_each_entry_safe(entry, next, &vm->eventfds.ioeventfds, node) {
		eventfd_ctx_put(entry->eventfd);
		kfree(entry);
		cond_resched();
	}
}
