// SPDX-License-Identifier: GPL-2.0
/*
 * irqfd: an eventfd that raises an interrupt in the guest (KVM_IRQFD).
 *
 * An irqfd lives from its assignment until whichever comes first: deassignment, the last close of
 * its eventfd, the close of the VM fd. Whoever of them takes it out of irqfds, under the lock of that
 * array, puts it on the VM's list of the dying, which a work item unhooks and frees: all that are there
 * in one go, for each wait for readers takes a while.
 *
 * With a resamplefd, the line stays high until the guest has deactivated the interrupt; then it
 * is lowered and the resamplefd tells the device to raise it again if it still has reason to.
 *
 * There are as many irqfds as the VMM has eventfds, so nothing here walks all of them but the end of the
 * VM: irqfds are found by their eventfd, resamplers by their GSI.
 *
 * Runs at: host kernel. Owns: all_eventfds; vm->eventfds.irqfds, .dying, .resamplers and the bitmaps;
 * vm->vgic.ack_wanted.
 * Locks: eventfd's wait queue lock > the lock of irqfds; eventfds.lock > srcu for the resamplers and for who assigns.
 */
#include <linux/bitmap.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "compat.h"
#include "dev.h"
#include "eventfd.h"
#include "routing_rules.h"
#include "vgic/vgic.h"

#undef pr_fmt
#define pr_fmt(fmt)	"armvcpu: " fmt

struct av_irqfd {
	struct av_vm *vm;
	u32 gsi;
	struct eventfd_ctx *eventfd;
	struct eventfd_ctx *resamplefd;	/* NULL: edge */
	struct resampler *resampler;	/* with resamplefd */
	struct list_head dying;		/* not empty: is being shut down. Under the lock of irqfds */
	struct list_head resample_link;	/* resampler->irqfds */
	wait_queue_entry_t wait;	/* in the eventfd's wait queue */
	u64 count;			/* taken out of the eventfd at the last event */
	poll_table poll;
};

/* Those who want to be told of one GSI's deactivation. Under eventfds.lock; read under srcu. */
struct resampler {
	u32 gsi;
	struct list_head irqfds;
	struct list_head freed;		/* the last irqfd has left: to be freed */
};

struct workqueue_struct *av_eventfd_wq;
/* Eventfds that are some irqfd's, of whatever VM: there can be but one that takes the count. As KVM since 6.17. */
static DEFINE_XARRAY(all_eventfds);

/* --- resampling: guest -> device ----------------------------------------------------------- */

/* Each resampler whose GSI can have a route. */
#define for_each_routable(ev, gsi, resampler)						\
	xa_for_each_range(&(ev)->resamplers, gsi, resampler, 0, AV_MAX_ROUTES - 1)

/* The INTIDs at whose deactivation a resampler wants to be told. */
void av_irqfd_update_acks(struct av_vm *vm)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	DECLARE_BITMAP(wanted, AV_NR_INTIDS);
	u32 words[AV_VGIC_BLOCKS];
	struct resampler *resampler;
	unsigned long gsi;
	u32 intid;

	BUILD_BUG_ON(AV_NR_INTIDS != AV_VGIC_IRQS);
	lockdep_assert_held(&ev->lock);
	bitmap_zero(wanted, AV_NR_INTIDS);
	for_each_routable(ev, gsi, resampler) {
		intid = av_route_spi(vm, gsi);
		if (intid)
			__set_bit(intid, wanted);
	}
	bitmap_to_arr32(words, wanted, AV_NR_INTIDS);
	av_vgic_want_acks(vm, words);
}

/*
 * The guest deactivated this SPI, for which a resampler waits. The vGIC calls with its locks held and interrupts
 * off, so neither can the line be changed here nor an eventfd be signalled. The irq_work comes as soon as this CPU
 * has its interrupts on, which is before the guest's next entry.
 */
void av_irqfd_ack(struct av_vm *vm, u32 intid)
{
	set_bit(intid, vm->eventfds.acked);
	irq_work_queue(&vm->eventfds.ack_irq_work);
}

/*
 * Hard interrupt context, no locks held: lower the lines, for the guest would take the interrupt
 * again otherwise. To signal an eventfd takes a lock that sleeps on PREEMPT_RT: that has to wait.
 */
static void lower_acked_lines(struct irq_work *work)
{
	struct av_eventfd_vm *ev = container_of(work, struct av_eventfd_vm, ack_irq_work);
	struct av_vm *vm = container_of(ev, struct av_vm, eventfds);
	unsigned int intid;

	for_each_set_bit(intid, ev->acked, AV_NR_INTIDS) {
		if (!test_and_clear_bit(intid, ev->acked))
			continue;
		av_vgic_inject(vm, NULL, intid, false, NULL);
		set_bit(intid, ev->resample);
	}
	queue_work(av_eventfd_wq, &ev->resample_work);
}

static void signal_all(struct av_eventfd_vm *ev, struct resampler *resampler)
{
	struct av_irqfd *irqfd;

	list_for_each_entry_srcu(irqfd, &resampler->irqfds, resample_link,
				 srcu_read_lock_held(&ev->srcu)) {
		av_eventfd_signal(irqfd->resamplefd);
		cond_resched();
	}
}

/* The line is low: now devices may raise it anew. */
static void signal_resamplers(struct work_struct *work)
{
	struct av_eventfd_vm *ev = container_of(work, struct av_eventfd_vm, resample_work);
	struct av_vm *vm = container_of(ev, struct av_vm, eventfds);
	DECLARE_BITMAP(intids, AV_NR_INTIDS);
	struct resampler *resampler;
	unsigned long gsi;
	unsigned int i;
	u32 intid;
	int idx;

	for (i = 0; i < ARRAY_SIZE(intids); i++)
		intids[i] = xchg(&ev->resample[i], 0);

	idx = srcu_read_lock(&ev->srcu);
	for_each_routable(ev, gsi, resampler) {
		intid = av_route_spi(vm, gsi);
		if (intid && test_bit(intid, intids))
			signal_all(ev, resampler);
	}
	srcu_read_unlock(&ev->srcu, idx);
}

static struct resampler *get_resampler(struct av_eventfd_vm *ev, u32 gsi)
{
	struct resampler *resampler = xa_load(&ev->resamplers, gsi);
	int ret;

	lockdep_assert_held(&ev->lock);
	if (resampler)
		return resampler;
	resampler = kzalloc(sizeof(*resampler), GFP_KERNEL_ACCOUNT);
	if (!resampler)
		return ERR_PTR(-ENOMEM);
	resampler->gsi = gsi;
	INIT_LIST_HEAD(&resampler->irqfds);
	ret = xa_insert_irq(&ev->resamplers, gsi, resampler, GFP_KERNEL_ACCOUNT);
	if (!ret)
		return resampler;
	kfree(resampler);
	return ERR_PTR(ret);
}

static int add_resampler(struct av_irqfd *irqfd)
{
	struct av_eventfd_vm *ev = &irqfd->vm->eventfds;
	struct resampler *resampler;

	mutex_lock(&ev->lock);
	resampler = get_resampler(ev, irqfd->gsi);
	if (!IS_ERR(resampler)) {
		irqfd->resampler = resampler;
		list_add_rcu(&irqfd->resample_link, &resampler->irqfds);
		av_irqfd_update_acks(irqfd->vm);
	}
	mutex_unlock(&ev->lock);
	return PTR_ERR_OR_ZERO(resampler);
}

/*
 * Readers may still be there. The last one of a GSI takes the line along, which nobody would lower any more, and what
 * is to be freed with it goes to @freed.
 */
static void remove_resampler(struct av_irqfd *irqfd, struct list_head *freed)
{
	struct av_eventfd_vm *ev = &irqfd->vm->eventfds;
	struct resampler *resampler = irqfd->resampler;

	mutex_lock(&ev->lock);
	list_del_rcu(&irqfd->resample_link);
	if (list_empty(&resampler->irqfds)) {
		xa_erase_irq(&ev->resamplers, resampler->gsi);
		list_add(&resampler->freed, freed);
		av_route_set(irqfd->vm, resampler->gsi, false);
	}
	mutex_unlock(&ev->lock);
}

/* No reader is left. That a deactivation was still looked out for meanwhile has harmed nobody. */
static void free_resamplers(struct av_vm *vm, struct list_head *freed)
{
	struct resampler *resampler, *next;

	if (list_empty(freed))
		return;
	mutex_lock(&vm->eventfds.lock);
	av_irqfd_update_acks(vm);
	mutex_unlock(&vm->eventfds.lock);
	list_for_each_entry_safe(resampler, next, freed, freed)
		kfree(resampler);
}

/* --- events: device -> guest --------------------------------------------------------------- */

static unsigned long index_of(const struct eventfd_ctx *eventfd)
{
	return (unsigned long)eventfd;
}

static void free_irqfd(struct av_irqfd *irqfd)
{
	if (irqfd->resamplefd)
		eventfd_ctx_put(irqfd->resamplefd);
	eventfd_ctx_put(irqfd->eventfd);
	kfree(irqfd);
}

/* Workqueue: of the dying, only their eventfds' wait queues know, and resamplers. */
static void shut_down(struct work_struct *work)
{
	struct av_eventfd_vm *ev = container_of(work, struct av_eventfd_vm, shutdown);
	struct av_vm *vm = container_of(ev, struct av_vm, eventfds);
	struct av_irqfd *irqfd, *next;
	bool had_resampler = false;
	LIST_HEAD(dying);
	LIST_HEAD(freed);
	u64 count;

	xa_lock_irq(&ev->irqfds);
	list_splice_init(&ev->dying, &dying);
	xa_unlock_irq(&ev->irqfds);
	/* assign() holds srcu until the irqfd is in the wait queue. */
	synchronize_srcu(&ev->srcu);
	list_for_each_entry(irqfd, &dying, dying) {
		/* Takes the wait queue's lock: afterwards wake() is neither running nor called again. */
		eventfd_ctx_remove_wait_queue(irqfd->eventfd, &irqfd->wait, &count);
		xa_erase(&all_eventfds, index_of(irqfd->eventfd));
		if (irqfd->resamplefd) {
			remove_resampler(irqfd, &freed);
			had_resampler = true;
		}
		cond_resched();
	}
	if (had_resampler)
		synchronize_srcu(&ev->srcu);
	free_resamplers(vm, &freed);
	list_for_each_entry_safe(irqfd, next, &dying, dying) {
		free_irqfd(irqfd);
		cond_resched();
	}
}

static void deactivate_locked(struct av_irqfd *irqfd)
{
	struct av_eventfd_vm *ev = &irqfd->vm->eventfds;

	lockdep_assert_held(&ev->irqfds.xa_lock);
	__xa_erase(&ev->irqfds, index_of(irqfd->eventfd));
	list_add_tail(&irqfd->dying, &ev->dying);
	queue_work(av_eventfd_wq, &ev->shutdown);
}

/* Under the wait queue's lock: the eventfd is closed. */
static noinline void closed(struct av_irqfd *irqfd)
{
	struct av_eventfd_vm *ev = &irqfd->vm->eventfds;
	unsigned long flags;

	xa_lock_irqsave(&ev->irqfds, flags);
	/* If not, somebody else has it shut down and waits for the lock that we hold. */
	if (list_empty(&irqfd->dying))
		deactivate_locked(irqfd);
	xa_unlock_irqrestore(&ev->irqfds, flags);
}

/* The wait queue's lock has interrupts off already, but on PREEMPT_RT. */
static __always_inline void raise(struct av_irqfd *irqfd)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		av_route_set(irqfd->vm, irqfd->gsi, true);
	else
		av_route_set_irqoff(irqfd->vm, irqfd->gsi, true);
}

/*
 * The eventfd was signalled or closed; under its wait queue's lock, interrupts off.
 * Like KVM, only raise the line: an edge interrupt latches that, a level one stays up until the
 * guest's deactivation (resampler) or the VMM (KVM_IRQ_LINE) lowers it.
 */
static int wake(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct av_irqfd *irqfd = container_of(wait, struct av_irqfd, wait);
	__poll_t events = key_to_poll(key);

	if (unlikely(events & EPOLLHUP))
		closed(irqfd);
	if (unlikely(!(events & EPOLLIN)))
		return 0;
	av_eventfd_drain(irqfd->eventfd, &irqfd->count);
	atomic64_inc(&irqfd->vm->stats.irqfds);
	raise(irqfd);
	return 1;
}

static void queue_on(struct file *file, wait_queue_head_t *head, poll_table *poll)
{
	struct av_irqfd *irqfd = container_of(poll, struct av_irqfd, poll);

	/* Before other waiters: an event that became an interrupt is consumed. */
	av_add_wait_queue_priority(head, &irqfd->wait);
}

/* Publish and hook up; the caller's reference to the file keeps EPOLLHUP away until then. */
static int hook_up(struct av_irqfd *irqfd, struct file *file)
{
	struct av_vm *vm = irqfd->vm;
	u32 gsi = irqfd->gsi;
	bool is_level = irqfd->resamplefd;
	__poll_t events;
	int idx, ret;

	/* -EBUSY if it is somebody's. */
	ret = xa_insert(&all_eventfds, index_of(irqfd->eventfd), irqfd, GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;
	/* Until the unlock, a deassignment by another thread can't free it: see shut_down(). */
	idx = srcu_read_lock(&vm->eventfds.srcu);
	ret = xa_insert_irq(&vm->eventfds.irqfds, index_of(irqfd->eventfd), irqfd, GFP_KERNEL_ACCOUNT);
	if (!ret) {
		events = vfs_poll(file, &irqfd->poll);
		/* Signalled before we listened: not to be missed. */
		if (events & EPOLLIN) {
			av_route_set(vm, gsi, true);
			if (!is_level)
				av_route_set(vm, gsi, false);
		}
	}
	srcu_read_unlock(&vm->eventfds.srcu, idx);
	if (ret)
		xa_erase(&all_eventfds, index_of(irqfd->eventfd));
	return ret;
}

static struct av_irqfd *alloc_irqfd(struct av_vm *vm, u32 gsi)
{
	struct av_irqfd *irqfd = kzalloc(sizeof(*irqfd), GFP_KERNEL_ACCOUNT);

	if (!irqfd)
		return NULL;
	irqfd->vm = vm;
	irqfd->gsi = gsi;
	INIT_LIST_HEAD(&irqfd->dying);
	INIT_LIST_HEAD(&irqfd->resample_link);
	init_waitqueue_func_entry(&irqfd->wait, wake);
	init_poll_funcptr(&irqfd->poll, queue_on);
	return irqfd;
}

/* The other half of KVM_IRQFD_FLAG_RESAMPLE. */
static int hook_up_resampler(struct av_irqfd *irqfd, int fd)
{
	struct eventfd_ctx *resamplefd = eventfd_ctx_fdget(fd);
	int ret;

	if (IS_ERR(resamplefd))
		return PTR_ERR(resamplefd);
	irqfd->resamplefd = resamplefd;
	ret = add_resampler(irqfd);
	if (!ret)
		return 0;
	irqfd->resamplefd = NULL;
	eventfd_ctx_put(resamplefd);
	return ret;
}

static int assign(struct av_vm *vm, const struct kvm_irqfd *args, struct file *file)
{
	struct av_irqfd *irqfd = alloc_irqfd(vm, args->gsi);
	LIST_HEAD(freed);
	int ret = 0;

	if (!irqfd)
		return -ENOMEM;
	irqfd->eventfd = eventfd_ctx_fileget(file);
	if (IS_ERR(irqfd->eventfd)) {
		ret = PTR_ERR(irqfd->eventfd);
		kfree(irqfd);
		return ret;
	}
	if (args->flags & KVM_IRQFD_FLAG_RESAMPLE)
		ret = hook_up_resampler(irqfd, args->resamplefd);
	if (!ret)
		ret = hook_up(irqfd, file);
	if (!ret)
		return 0;

	if (irqfd->resamplefd) {
		remove_resampler(irqfd, &freed);
		synchronize_srcu(&vm->eventfds.srcu);
		free_resamplers(vm, &freed);
	}
	free_irqfd(irqfd);
	return ret;
}

/* After it the eventfd raises the GSI no more. To name one that isn't there is no error. */
static int deassign(struct av_vm *vm, const struct kvm_irqfd *args)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	struct eventfd_ctx *eventfd = eventfd_ctx_fdget(args->fd);
	struct av_irqfd *irqfd;

	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	xa_lock_irq(&ev->irqfds);
	irqfd = xa_load(&ev->irqfds, index_of(eventfd));
	if (irqfd && irqfd->gsi == args->gsi)
		deactivate_locked(irqfd);
	xa_unlock_irq(&ev->irqfds);
	eventfd_ctx_put(eventfd);
	/* Also one that somebody else has begun to take off. */
	flush_work(&ev->shutdown);
	return 0;
}

/* KVM_IRQFD. Any GSI is taken: routes may come later, or never. May sleep. */
int av_irqfd(struct av_vm *vm, const struct kvm_irqfd *args)
{
	struct file *file;
	int ret;

	if (args->flags & ~(KVM_IRQFD_FLAG_DEASSIGN | KVM_IRQFD_FLAG_RESAMPLE))
		return -EINVAL;
	if (args->flags & KVM_IRQFD_FLAG_DEASSIGN)
		return deassign(vm, args);
	if (!av_vgic_initialized(vm))
		return -EAGAIN;
	file = fget(args->fd);
	if (!file)
		return -EBADF;
	ret = assign(vm, args, file);
	fput(file);
	return ret;
}

/* --- life ---------------------------------------------------------------------------------- */

void av_irqfd_vm_init(struct av_vm *vm)
{
	struct av_eventfd_vm *ev = &vm->eventfds;

	xa_init_flags(&ev->irqfds, XA_FLAGS_LOCK_IRQ);
	INIT_LIST_HEAD(&ev->dying);
	INIT_WORK(&ev->shutdown, shut_down);
	/* Like the other array: lockdep takes the locks of both for one. */
	xa_init_flags(&ev->resamplers, XA_FLAGS_LOCK_IRQ);
	av_irq_work_setup(&ev->ack_irq_work, lower_acked_lines);
	INIT_WORK(&ev->resample_work, signal_resamplers);
}

/* The VM fd is closed: its eventfds have no more business with this VM. */
void av_eventfd_vm_release(struct av_vm *vm)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	struct av_irqfd *irqfd;
	unsigned long index = 0;

	/* One at a time: interrupts are off meanwhile. */
	do {
		xa_lock_irq(&ev->irqfds);
		irqfd = xa_find(&ev->irqfds, &index, ULONG_MAX, XA_PRESENT);
		if (irqfd)
			deactivate_locked(irqfd);
		xa_unlock_irq(&ev->irqfds);
		cond_resched();
	} while (irqfd);
	/* irqfds hold no reference to the VM. */
	flush_work(&ev->shutdown);
}

void av_irqfd_vm_destroy(struct av_vm *vm)
{
	av_eventfd_vm_release(vm);
	irq_work_sync(&vm->eventfds.ack_irq_work);
	cancel_work_sync(&vm->eventfds.resample_work);
	xa_destroy(&vm->eventfds.irqfds);
	xa_destroy(&vm->eventfds.resamplers);
}

/* Module load and unload. */
int av_eventfd_host_init(void)
{
	int ret = av_routing_host_init();

	if (ret)
		return ret;
	av_eventfd_wq = alloc_workqueue("armvcpu-eventfd", WQ_UNBOUND, 0);
	if (!av_eventfd_wq) {
		av_routing_host_exit();
		return -ENOMEM;
	}
	return 0;
}

void av_eventfd_host_exit(void)
{
	destroy_workqueue(av_eventfd_wq);
	av_routing_host_exit();
}
