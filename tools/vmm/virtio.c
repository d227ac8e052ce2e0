// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio devices of the VM: their eventfds, and the thread of each.
 *
 * Owns: the list of devices. Locks: each device's own, taken inside where not said otherwise.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "pci.h"

static struct virtio_dev *devices[VIRTIO_MAX];
static unsigned int nr_devices;

/* While the options are read: one more device. */
void virtio_add(struct virtio_dev *dev)
{
	if (nr_devices == VIRTIO_MAX)
		die("more than %d virtio devices", VIRTIO_MAX);
	dev->index = nr_devices;
	dev->wait_fd = -1;
	pthread_mutex_init(&dev->lock, NULL);
	devices[nr_devices++] = dev;
}

unsigned int virtio_count(void)
{
	return nr_devices;
}

static int new_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		die_errno("eventfd");
	return fd;
}

static void signal_fd(int fd)
{
	__u64 one = 1;

	/* It fails when the counter is full; then whoever waits is awake anyway. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

/* Only a write of the queue's number, of 32 bits, rings; all else comes as an exit, see virtio_mmio_write(). */
static void create_doorbell(struct virtio_dev *dev, unsigned int queue)
{
	struct kvm_ioeventfd bell = {
		.datamatch = queue,
		.addr = VIRTIO_BASE + dev->index * VIRTIO_STRIDE + VIRTIO_MMIO_QUEUE_NOTIFY,
		.len = 4,
		.flags = KVM_IOEVENTFD_FLAG_DATAMATCH,
	};

	bell.fd = dev->doorbell[queue];
	must_ioctl(dev->vm->fd, KVM_IOEVENTFD, &bell);
}

/* Without a table of the program's own, GSI n is SPI n. */
static void create_mmio(struct vm *vm, struct virtio_dev *dev)
{
	struct kvm_irqfd irq = { .gsi = VIRTIO_SPI + dev->index };
	unsigned int queue;

	for (queue = 0; queue < dev->ops->nr_queues; queue++)
		create_doorbell(dev, queue);
	dev->irq_fd = new_eventfd();
	irq.fd = dev->irq_fd;
	must_ioctl(vm->fd, KVM_IRQFD, &irq);
	verbose("virtio device %u: %s at %#llx, SPI %u", dev->index, dev->ops->name,
		VIRTIO_BASE + dev->index * VIRTIO_STRIDE, irq.gsi);
}

/* Once the GIC is there. */
void virtio_create(struct vm *vm)
{
	struct virtio_dev *dev;
	unsigned int i, queue;

	for (i = 0; i < nr_devices; i++) {
		dev = devices[i];
		dev->vm = vm;
		dev->ram = (struct guest_ram) { .host = vm->ram, .base = RAM_BASE, .size = opt.mem_size };
		for (queue = 0; queue < dev->ops->nr_queues; queue++) {
			dev->queue[queue].ram = &dev->ram;
			dev->queue[queue].max = dev->ops->queue_max;
			dev->doorbell[queue] = new_eventfd();
		}
		if (opt.pci)
			pci_add(vm, dev);
		else
			create_mmio(vm, dev);
		virtio_mmio_reset(dev);
	}
}

/*
 * The interrupt is an edge, but behaves like a level that the driver acknowledges: as long as a reason is there that it
 * has not acknowledged, there is nothing new to say. With the lock.
 *
 * On PCI messages are not acknowledged.
 */
void virtio_interrupt(struct virtio_dev *dev, __u32 why)
{
	if (opt.pci)
		virtio_pci_interrupt(dev, why);
	else if (!__atomic_fetch_or(&dev->interrupt, why, __ATOMIC_SEQ_CST))
		signal_fd(dev->irq_fd);
}

/* What the driver has not acknowledged interrupts again, as a level would. */
static void acknowledge(struct virtio_dev *dev, __u32 what)
{
	__u32 before = __atomic_fetch_and(&dev->interrupt, ~what, __ATOMIC_SEQ_CST);

	if (before & ~what && before & what)
		signal_fd(dev->irq_fd);
}

/* The driver did what it must not do. Nothing goes on until it resets the device (virtio 1.2, 2.1.2). With the lock. */
void virtio_broken(struct virtio_dev *dev, const char *why)
{
	verbose("virtio device %u: %s: the guest's driver: %s", dev->index, dev->ops->name, why);
	dev->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	if (dev->status & VIRTIO_CONFIG_S_DRIVER_OK)
		virtio_interrupt(dev, VIRTIO_MMIO_INT_CONFIG);
}

/* As if the driver had rung. Any thread, without the lock. */
void virtio_ring(struct virtio_dev *dev, unsigned int queue)
{
	if (queue < dev->ops->nr_queues)
		signal_fd(dev->doorbell[queue]);
}

/* What the driver put into the queues before it was ready was rung for in vain: after each write of the status. */
void virtio_ring_all(struct virtio_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->ops->nr_queues && virtio_is_running(dev); i++)
		signal_fd(dev->doorbell[i]);
}

bool virtio_is_running(const struct virtio_dev *dev)
{
	return (dev->status & (VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET)) == VIRTIO_CONFIG_S_DRIVER_OK;
}

/* The next request of a queue to dev->chain. False: there is none, and the driver will ring. With the lock. */
bool virtio_pop(struct virtio_dev *dev, unsigned int queue)
{
	struct virtq *q = &dev->queue[queue];
	const char *why;

	if (!virtio_is_running(dev) || !q->ready)
		return false;
	for (;;) {
		switch (virtq_pop(q, &dev->chain, &why)) {
		case VIRTQ_CHAIN:
			return true;
		case VIRTQ_BROKEN:
			virtio_broken(dev, why);
			return false;
		default:
			if (!virtq_ask_for_doorbell(q))
				return false;
		}
	}
}

/* dev->chain is done. With the lock. */
void virtio_push(struct virtio_dev *dev, unsigned int queue, __u32 written)
{
	virtq_push(&dev->queue[queue], dev->chain.head, written);
	if (!virtq_wants_interrupt(&dev->queue[queue]))
		return;
	if (opt.pci)
		virtio_pci_interrupt_queue(dev, queue);
	else
		virtio_interrupt(dev, VIRTIO_MMIO_INT_VRING);
}

#define TURN	64	/* requests of one queue, before the others have theirs */

/* Let go of the lock between two requests, so that a register is not waited for longer than one of them takes. */
static void serve(struct virtio_dev *dev, unsigned int queue)
{
	unsigned int left = TURN;
	bool more;

	do {
		pthread_mutex_lock(&dev->lock);
		more = dev->ops->serve(dev, queue);
		pthread_mutex_unlock(&dev->lock);
	} while (more && --left);
	/* Also for what a network's other side has sent: it may have been read from wait_fd already. */
	if (more)
		signal_fd(dev->doorbell[queue]);
}

static void *device_thread(void *arg)
{
	struct virtio_dev *dev = arg;
	unsigned int nr = dev->ops->nr_queues, i;
	struct pollfd fds[VIRTIO_QUEUES + 1];
	__u64 rings;

	for (i = 0; i < nr; i++)
		fds[i] = (struct pollfd) { .fd = dev->kernel_serves[i] ? -1 : dev->doorbell[i], .events = POLLIN };
	for (;;) {
		fds[nr] = (struct pollfd) { .fd = dev->no_room ? -1 : dev->wait_fd, .events = POLLIN };
		if (poll(fds, nr + 1, -1) < 0)
			continue;
		for (i = 0; i < nr; i++) {
			if (!fds[i].revents || read(fds[i].fd, &rings, sizeof(rings)) < 0)
				continue;
			if (i == 0)
				dev->no_room = false;
			serve(dev, i);
		}
		if (fds[nr].revents & POLLIN)
			serve(dev, 0);
		else if (fds[nr].revents)
			dev->wait_fd = -1;	/* the other side is gone */
	}
	return NULL;
}

/* Once signals are blocked, so that threads and child processes do not get what the user sends to this program. */
void virtio_start(struct vm *vm)
{
	pthread_t thread;
	unsigned int i;
	char name[32];
	int err;

	(void)vm;
	for (i = 0; i < nr_devices; i++) {
		err = pthread_create(&thread, NULL, device_thread, devices[i]);
		if (err)
			die("thread of virtio device %u: %s", i, errno_text(err));
		snprintf(name, sizeof(name), "virtio%u", i);	/* the kernel takes 15 letters */
		pthread_setname_np(thread, name);
	}
}

/* Main thread, while no vCPU runs. Returns when no device touches guest memory any more. */
void virtio_reset(struct vm *vm)
{
	unsigned int i;

	(void)vm;
	for (i = 0; i < nr_devices; i++) {
		pthread_mutex_lock(&devices[i]->lock);
		virtio_mmio_reset(devices[i]);
		pthread_mutex_unlock(&devices[i]->lock);
	}
}

bool virtio_mmio_is_there(void)
{
	return !opt.pci;
}

/*
 * The two registers of an interrupt must not wait for the lock, which a slow disk may hold: the others are for setting
 * up.
 */
__u64 virtio_read(struct vm *vm, __u64 offset, unsigned int len)
{
	unsigned int index = offset / VIRTIO_STRIDE;
	struct virtio_dev *dev;
	__u64 value;

	(void)vm;
	offset %= VIRTIO_STRIDE;
	if (index >= nr_devices)
		return 0;
	dev = devices[index];
	if (offset == VIRTIO_MMIO_INTERRUPT_STATUS && len == 4)
		return __atomic_load_n(&dev->interrupt, __ATOMIC_SEQ_CST);
	pthread_mutex_lock(&dev->lock);
	value = virtio_mmio_read(dev, offset, len);
	pthread_mutex_unlock(&dev->lock);
	return value;
}

void virtio_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value)
{
	unsigned int index = offset / VIRTIO_STRIDE;
	struct virtio_dev *dev;

	(void)vm;
	offset %= VIRTIO_STRIDE;
	if (index >= nr_devices)
		return;
	dev = devices[index];
	if (offset == VIRTIO_MMIO_INTERRUPT_ACK && len == 4) {
		acknowledge(dev, value);
		return;
	}
	pthread_mutex_lock(&dev->lock);
	virtio_mmio_write(dev, offset, len, value);
	if (offset == VIRTIO_MMIO_STATUS)
		virtio_ring_all(dev);
	pthread_mutex_unlock(&dev->lock);
}

/* The name of one that can't be saved, or NULL. */
const char *virtio_unsavable(void)
{
	unsigned int i;

	for (i = 0; i < nr_devices; i++)
		if (devices[i]->ops->kernel_state)
			return devices[i]->ops->name;
	return NULL;
}

/*
 * From here on no device serves: what had begun is done, and on the disk. Main thread, while no vCPU runs. Returns a
 * disk's error.
 */
int virtio_freeze(void)
{
	int err = 0;
	unsigned int i;

	for (i = 0; i < nr_devices; i++) {
		pthread_mutex_lock(&devices[i]->lock);
		if (!err && devices[i]->ops->flush)
			err = -devices[i]->ops->flush(devices[i]);
	}
	return err;
}

void virtio_thaw(void)
{
	unsigned int i;

	for (i = 0; i < nr_devices; i++)
		pthread_mutex_unlock(&devices[i]->lock);
}

/* Between virtio_freeze() and virtio_thaw(), the next two, too. */
size_t virtio_save(unsigned int index, void *to)
{
	return virtio_dev_save(devices[index], to);
}

const char *virtio_restore(unsigned int index, const void *from, size_t size)
{
	return virtio_dev_restore(devices[index], from, size);
}

/*
 * All is there again. What the driver rang for may not have been served, and an interrupt that was on its way from an
 * eventfd to the GIC is in neither of them: both once more, which does no harm.
 */
void virtio_restart(void)
{
	struct virtio_dev *dev;
	unsigned int i, queue;
	__u32 why;

	for (i = 0; i < nr_devices; i++) {
		dev = devices[i];
		if (!virtio_is_running(dev))
			continue;
		if (dev->ops->start)
			dev->ops->start(dev);
		for (queue = 0; queue < dev->ops->nr_queues; queue++)
			signal_fd(dev->doorbell[queue]);
		why = __atomic_load_n(&dev->interrupt, __ATOMIC_SEQ_CST);
		if (opt.pci)
			virtio_pci_interrupt(dev, why);
		else if (why)
			signal_fd(dev->irq_fd);
	}
}
