// SPDX-License-Identifier: GPL-2.0
/*
 * irqfd: an eventfd that raises an interrupt in the guest (KVM_IRQFD).
 *
 * An irqfd lives from its assignment until whichever comes first: deassignment, the last close of
 * its eventfd, the close of the VM fd. Whoever of them takes it off the list, under irqfds_lock,
 * hands it to the workqueue, where it is unhooked and freed.
 *
 * With a resamplefd, the line stays high until the guest has deactivated the interrupt; then it
 * is lowered and the resamplefd tells the device to raise it again if it still has reason to.
 *
 * Runs at: host kernel. Owns: vm->eventfds.irqfds, .resamplers and the bitmaps.
 * Locks: eventfd's wait queue lock > irqfds_lock; eventfds.lock > srcu for the resamplers.
 */
#include <linux/bitmap.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "guest/guest.h"
#include "compat.h"
#include "dev/eventfd.h"

#undef pr_fmt
#define pr_fmt(fmt)	"armvcpu: " fmt

struct av_irqfd {
	struct av_vm *vm;
	u32 gsi;
	struct eventfd_ctx *eventfd;
	struct eventfd_ctx *resamplefd;	/* NULL: edge */
	struct list_head link;		/* irqfds; empty: is being shut down. Under irqfds_lock */
	struct list_head resample_link;	/* resamplers */
	wait_queue_entry_t wait;	/* in the eventfd's wait queue */
	poll_table poll;
	struct work_struct shutdown;
};

static struct workqueue_struct *irqfd_wq;

/* --- resampling: guest -> device ----------------------------------------------------------- */

/* The INTIDs at whose deactivation a resampler wants to be told. */
void av_irqfd_update_acks(struct av_vm *vm)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	DECLARE_BITMAP(wanted, AV_NR_INTIDS);
	struct av_irqfd *irqfd;
	unsigned int i;
	u32 intid;

	lockdep_assert_held(&ev->lock);
	bitmap_zero(wanted, AV_NR_INTIDS);
	list_for_each_entry(irqfd, &ev->resamplers, resample_link) {
		intid = av_route_spi(vm, irqfd->gsi);
		if (intid)
			__set_bit(intid, wanted);
	}
	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		WRITE_ONCE(ev->ack_wanted[i], wanted[i]);
}

bool av_irqfd_wants_ack(struct av_vm *vm, u32 intid)
{
	return intid < AV_NR_INTIDS && test_bit(intid, vm->eventfds.ack_wanted);
}

/*
 * The guest deactivated this SPI. The vGIC calls with its locks held and interrupts off, so neither
 * can the line be changed here nor an eventfd be signalled. The irq_work comes as soon as this CPU
 * has its interrupts on, which is before the guest's next entry.
 */
void av_irqfd_ack(struct av_vm *vm, u32 intid)
{
	if (!av_irqfd_wants_ack(vm, intid))
		return;
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
	queue_work(irqfd_wq, &ev->resample_work);
}

/* The line is low: now devices may raise it anew. */
static void signal_resamplers(struct work_struct *work)
{
	struct av_eventfd_vm *ev = container_of(work, struct av_eventfd_vm, resample_work);
	struct av_vm *vm = container_of(ev, struct av_vm, eventfds);
	DECLARE_BITMAP(intids, AV_NR_INTIDS);
	struct av_irqfd *irqfd;
	unsigned int i;
	u32 intid;
	int idx;

	for (i = 0; i < ARRAY_SIZE(intids); i++)
		intids[i] = xchg(&ev->resample[i], 0);

	idx = srcu_read_lock(&ev->srcu);
	list_for_each_entry_srcu(irqfd, &ev->resamplers, resample_link,
				 srcu_read_lock_held(&ev->srcu)) {
		intid = av_route_spi(vm, irqfd->gsi);
		if (intid && test_bit(intid, intids))
			av_eventfd_signal(irqfd->resamplefd);
	}
	srcu_read_unlock(&ev->srcu, idx);
}

static void add_resampler(struct av_irqfd *irqfd)
{
	struct av_eventfd_vm *ev = &irqfd->vm->eventfds;

	mutex_lock(&ev->lock);
	list_add_rcu(&irqfd->resample_link, &ev->resamplers);
	av_irqfd_update_acks(irqfd->vm);
	mutex_unlock(&ev->lock);
}

/* The last one of a GSI takes the line along, which nobody would lower any more. */
static void remove_resampler(struct av_irqfd *irqfd)
{
	struct av_eventfd_vm *ev = &irqfd->vm->eventfds;
	struct av_irqfd *other;
	bool last = true;

	mutex_lock(&ev->lock);
	list_del_rcu(&irqfd->resample_link);
	list_for_each_entry(other, &ev->resamplers, resample_link)
		if (other->gsi == irqfd->gsi)
			last = false;
	av_irqfd_update_acks(irqfd->vm);
	if (last)
		av_route_set(irqfd->vm, irqfd->gsi, false);
	mutex_unlock(&ev->lock);
	synchronize_srcu(&ev->srcu);
}

/* --- events: device -> guest --------------------------------------------------------------- */

/* Workqueue: no list leads to the irqfd any more, only its eventfd's wait queue. */
static void shut_down(struct work_struct *work)
{
	struct av_irqfd *irqfd = container_of(work, struct av_irqfd, shutdown);
	u64 count;

	/* assign() holds srcu until the irqfd is in the wait queue. */
	synchronize_srcu(&irqfd->vm->eventfds.srcu);
	/* Takes the wait queue's lock: afterwards wake() is neither running nor called again. */
	eventfd_ctx_remove_wait_queue(irqfd->eventfd, &irqfd->wait, &count);
	if (irqfd->resamplefd) {
		remove_resampler(irqfd);
		eventfd_ctx_put(irqfd->resamplefd);
	}
	eventfd_ctx_put(irqfd->eventfd);
	kfree(irqfd);
}

static void deactivate_locked(struct av_irqfd *irqfd)
{
	lockdep_assert_held(&irqfd->vm->eventfds.irqfds_lock);
	list_del_init(&irqfd->link);
	queue_work(irqfd_wq, &irqfd->shutdown);
}

/*
 * The eventfd was signalled or closed; under its wait queue's lock, interrupts off.
 * Like KVM, only raise the line: an edge interrupt latches that, a level one stays up until the
 * guest's deactivation (resampler) or the VMM (KVM_IRQ_LINE) lowers it.
 */
static int wake(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct av_irqfd *irqfd = container_of(wait, struct av_irqfd, wait);
	struct av_eventfd_vm *ev = &irqfd->vm->eventfds;
	__poll_t events = key_to_poll(key);
	unsigned long flags;
	int woken = 0;

	if (events & EPOLLIN) {
		av_eventfd_drain(irqfd->eventfd);
		av_route_set(irqfd->vm, irqfd->gsi, true);
		woken = 1;
	}
	if (events & EPOLLHUP) {
		spin_lock_irqsave(&ev->irqfds_lock, flags);
		/* If not, somebody else has it shut down and waits for the lock that we hold. */
		if (!list_empty(&irqfd->link))
			deactivate_locked(irqfd);
		spin_unlock_irqrestore(&ev->irqfds_lock, flags);
	}
	return woken;
}

static void queue_on(struct file *file, wait_queue_head_t *head, poll_table *poll)
{
	struct av_irqfd *irqfd = container_of(poll, struct av_irqfd, poll);

	/* Before other waiters: an event that became an interrupt is consumed. */
	av_add_wait_queue_priority(head, &irqfd->wait);
}

/* Publish the irqfd; -EBUSY if the VM has one for this eventfd. */
static int publish(struct av_irqfd *irqfd)
{
	struct av_eventfd_vm *ev = &irqfd->vm->eventfds;
	struct av_irqfd *other;
	int ret = 0;

	spin_lock_irq(&ev->irqfds_lock);
	list_for_each_entry(other, &ev->irqfds, link)
		if (other->eventfd == irqfd->eventfd)
			ret = -EBUSY;
	if (!ret)
		list_add_tail(&irqfd->link, &ev->irqfds);
	spin_unlock_irq(&ev->irqfds_lock);
	return ret;
}

/* Publish and hook up; the caller's reference to the file keeps EPOLLHUP away until then. */
static int hook_up(struct av_irqfd *irqfd, struct file *file)
{
	struct av_vm *vm = irqfd->vm;
	u32 gsi = irqfd->gsi;
	bool is_level = irqfd->resamplefd;
	__poll_t events;
	int idx, ret;

	/* Until the unlock, a deassignment by another thread can't free it: see shut_down(). */
	idx = srcu_read_lock(&vm->eventfds.srcu);
	ret = publish(irqfd);
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
	return ret;
}

static struct av_irqfd *alloc_irqfd(struct av_vm *vm, u32 gsi)
{
	struct av_irqfd *irqfd = kzalloc(sizeof(*irqfd), GFP_KERNEL_ACCOUNT);

	if (!irqfd)
		return NULL;
	irqfd->vm = vm;
	irqfd->gsi = gsi;
	INIT_LIST_HEAD(&irqfd->link);
	INIT_LIST_HEAD(&irqfd->resample_link);
	INIT_WORK(&irqfd->shutdown, shut_down);
	init_waitqueue_func_entry(&irqfd->wait, wake);
	init_poll_funcptr(&irqfd->poll, queue_on);
	return irqfd;
}

static int assign(struct av_vm *vm, const struct kvm_irqfd *args, struct file *file)
{
	struct av_irqfd *irqfd = alloc_irqfd(vm, args->gsi);
	int ret;

	if (!irqfd)
		return -ENOMEM;
	irqfd->eventfd = eventfd_ctx_fileget(file);
	if (IS_ERR(irqfd->eventfd)) {
		ret = PTR_ERR(irqfd->eventfd);
		goto free;
	}
	if (args->flags & KVM_IRQFD_FLAG_RESAMPLE) {
		irqfd->resamplefd = eventfd_ctx_fdget(args->resamplefd);
		if (IS_ERR(irqfd->resamplefd)) {
			ret = PTR_ERR(irqfd->resamplefd);
			goto put_eventfd;
		}
		add_resampler(irqfd);
	}
	ret = hook_up(irqfd, file);
	if (!ret)
		return 0;

	if (irqfd->resamplefd) {
		remove_resampler(irqfd);
		eventfd_ctx_put(irqfd->resamplefd);
	}
put_eventfd:
	eventfd_ctx_put(irqfd->eventfd);
free:
	kfree(irqfd);
	return ret;
}

/* After it the eventfd raises the GSI no more. To name one that isn't there is no error. */
static int deassign(struct av_vm *vm, const struct kvm_irqfd *args)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	struct eventfd_ctx *eventfd = eventfd_ctx_fdget(args->fd);
	struct av_irqfd *irqfd, *next;

	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	spin_lock_irq(&ev->irqfds_lock);
	list_for_each_entry_safe(irqfd, next, &ev->irqfds, link)
		if (irqfd->eventfd == eventfd && irqfd->gsi == args->gsi)
			deactivate_locked(irqfd);
	spin_unlock_irq(&ev->irqfds_lock);
	eventfd_ctx_put(eventfd);
	flush_workqueue(irqfd_wq);
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

	spin_lock_init(&ev->irqfds_lock);
	INIT_LIST_HEAD(&ev->irqfds);
	INIT_LIST_HEAD(&ev->resamplers);
	av_irq_work_setup(&ev->ack_irq_work, lower_acked_lines);
	INIT_WORK(&ev->resample_work, signal_resamplers);
}

/* The VM fd is closed: its eventfds have no more business with this VM. */
void av_eventfd_vm_release(struct av_vm *vm)
{
	struct av_eventfd_vm *ev = &vm->eventfds;
	struct av_irqfd *irqfd, *next;

	spin_lock_irq(&ev->irqfds_lock);
	list_for_each_entry_safe(irqfd, next, &ev->irqfds, link)
		deactivate_locked(irqfd);
	spin_unlock_irq(&ev->irqfds_lock);
	/* irqfds hold no reference to the VM. */
	flush_workqueue(irqfd_wq);
}

void av_irqfd_vm_destroy(struct av_vm *vm)
{
	av_eventfd_vm_release(vm);
	irq_work_sync(&vm->eventfds.ack_irq_work);
	cancel_work_sync(&vm->eventfds.resample_work);
}

/* Module load and unload. A queue of our own, since a VM has to wait for what it has put there. */
int av_eventfd_host_init(void)
{
	irqfd_wq = alloc_workqueue("armvcpu-irqfd", WQ_UNBOUND, 0);
	return irqfd_wq ? 0 : -ENOMEM;
}

void av_eventfd_host_exit(void)
{
	destroy_workqueue(irqfd_wq);
}
