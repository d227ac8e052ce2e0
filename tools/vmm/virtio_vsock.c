// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets between guest and host: virtio socket devices (virtio 1.2, section 5.10), from --vsock.
 *
 * The host's kernel is the device: /dev/vhost-vsock is told where the guest's memory and the queues are, takes the
 * doorbells, and signals an eventfd when the guest is to be interrupted. That one comes here, and not to an irqfd,
 * since the driver asks a register why it was interrupted, which is ours. vhost checks the guest's addresses itself,
 * against the memory that it was told of.
 *
 * Owns: struct vsock. Locks: the device's, held by the caller.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "virtio.h"

#define KERNEL_QUEUES	2	/* receive, transmit; the third is for events, of which there are none */
#define CID_FIRST	3	/* those below are hypervisor, loopback, host */
#define F_SEQPACKET	1	/* VIRTIO_VSOCK_F_SEQPACKET, newer than some headers */

struct vsock {
	struct virtio_dev	dev;
	int			vhost;
};

/* The kernel's device wants the driver interrupted. */
static bool vsock_serve(struct virtio_dev *dev, unsigned int queue)
{
	__u64 calls;

	if (queue == 0 && read(dev->wait_fd, &calls, sizeof(calls)) > 0 && virtio_is_running(dev))
		virtio_interrupt(dev, VIRTIO_MMIO_INT_VRING);
	return false;
}

static bool give_queue(struct vsock *vsock, unsigned int index)
{
	const struct virtq *q = &vsock->dev.queue[index];
	struct vhost_vring_state num = { .index = index, .num = q->num };
	struct vhost_vring_state base = { .index = index };
	struct vhost_vring_file kick = { .index = index, .fd = vsock->dev.doorbell[index] };
	struct vhost_vring_file call = { .index = index, .fd = vsock->dev.wait_fd };
	struct vhost_vring_addr addr = {
		.index = index,
		.desc_user_addr = (unsigned long)q->desc,
		.avail_user_addr = (unsigned long)q->avail,
		.used_user_addr = (unsigned long)q->used,
	};

	return q->ready &&
	       !ioctl(vsock->vhost, VHOST_SET_VRING_NUM, &num) && !ioctl(vsock->vhost, VHOST_SET_VRING_BASE, &base) &&
	       !ioctl(vsock->vhost, VHOST_SET_VRING_ADDR, &addr) && !ioctl(vsock->vhost, VHOST_SET_VRING_KICK, &kick) &&
	       !ioctl(vsock->vhost, VHOST_SET_VRING_CALL, &call);
}

static bool give_memory(struct vsock *vsock)
{
	const struct guest_ram *ram = &vsock->dev.ram;
	struct {
		struct vhost_memory		head;
		struct vhost_memory_region	region;
	} table = {
		.head.nregions = 1,
		.region = {
			.guest_phys_addr = ram->base,
			.memory_size = ram->size,
			.userspace_addr = (unsigned long)ram->host,
		},
	};

	return !ioctl(vsock->vhost, VHOST_SET_MEM_TABLE, &table);
}

static void vsock_start(struct virtio_dev *dev)
{
	struct vsock *vsock = dev->own;
	int run = 1;

	if (ioctl(vsock->vhost, VHOST_SET_FEATURES, &dev->driver_features) || !give_memory(vsock) ||
	    !give_queue(vsock, 0) || !give_queue(vsock, 1) || ioctl(vsock->vhost, VHOST_VSOCK_SET_RUNNING, &run))
		virtio_broken(dev, errno_text(errno));
}

/* Returns when the kernel's device has let go of the queues. */
static void vsock_reset(struct virtio_dev *dev)
{
	struct vsock *vsock = dev->own;
	int run = 0;

	if (ioctl(vsock->vhost, VHOST_VSOCK_SET_RUNNING, &run))
		verbose("VHOST_VSOCK_SET_RUNNING: %s", errno_text(errno));
}

static const struct virtio_ops vsock_ops = {
	.name		= "sockets",
	.id		= VIRTIO_ID_VSOCK,
	.nr_queues	= 3,
	.queue_max	= VIRTQ_MAX,
	.config_len	= sizeof(__u64),
	.serve		= vsock_serve,
	.start		= vsock_start,
	.reset		= vsock_reset,
	.kernel_state	= true,
};

/* --vsock CID */
void vsock_add(const char *arg)
{
	struct vsock *vsock = calloc(1, sizeof(*vsock));
	__u64 cid, features;
	char *end;
	int i;

	if (!vsock)
		die_errno("memory for --vsock");
	cid = strtoull(arg, &end, 10);
	if (end == arg || *end || cid < CID_FIRST || cid >= ~0U)
		die("--vsock %s: a number from %d on", arg, CID_FIRST);
	vsock->vhost = open("/dev/vhost-vsock", O_RDWR | O_CLOEXEC);
	if (vsock->vhost < 0)
		die_errno("--vsock: /dev/vhost-vsock (is the module vhost_vsock loaded?)");
	if (ioctl(vsock->vhost, VHOST_SET_OWNER) || ioctl(vsock->vhost, VHOST_GET_FEATURES, &features))
		die_errno("--vsock: /dev/vhost-vsock");
	if (ioctl(vsock->vhost, VHOST_VSOCK_SET_GUEST_CID, &cid))
		die_errno("--vsock %s", arg);
	vsock->dev.ops = &vsock_ops;
	vsock->dev.own = vsock;
	vsock->dev.features = features & 1ULL << F_SEQPACKET;
	memcpy(vsock->dev.config, &cid, sizeof(cid));
	for (i = 0; i < KERNEL_QUEUES; i++)
		vsock->dev.kernel_serves[i] = true;
	virtio_add(&vsock->dev);
	vsock->dev.wait_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vsock->dev.wait_fd < 0)
		die_errno("eventfd");
}
