// SPDX-License-Identifier: GPL-2.0
/*
 * A virtio device's state, to a file and back. The queues themselves are in the guest's memory.
 *
 * Who restores may have the file from anybody: what a driver could not have done to the device is refused, and the
 * queues' addresses are looked up in RAM as if a driver had just written them.
 *
 * Owns: nothing. Locks: the device's, held by the caller.
 */
#define _GNU_SOURCE
#include <linux/virtio_config.h>
#include <string.h>

#include "virtio.h"

struct saved_queue {
	__u64	desc_addr, avail_addr, used_addr;
	__u16	num, next_avail, next_used, signalled;
	__u32	ready;
	__u32	reserved;
};

struct saved_dev {
	__u32	id, nr_queues;
	__u32	status, features_sel, driver_features_sel, queue_sel;
	__u32	interrupt, reserved;
	__u64	driver_features;
	__u8	config[VIRTIO_CONFIG_MAX];
	struct saved_queue queue[VIRTIO_QUEUES];
};

_Static_assert(sizeof(struct saved_dev) <= DEVICE_STATE_MAX, "the file's record");

static const char damaged[] = "damaged: no state of a device";

size_t virtio_dev_save(struct virtio_dev *dev, void *to)
{
	struct saved_dev *saved = to;
	const struct virtq *q;
	unsigned int i;

	*saved = (struct saved_dev) {
		.id = dev->ops->id,
		.nr_queues = dev->ops->nr_queues,
		.status = dev->status,
		.features_sel = dev->features_sel,
		.driver_features_sel = dev->driver_features_sel,
		.queue_sel = dev->queue_sel,
		.interrupt = __atomic_load_n(&dev->interrupt, __ATOMIC_SEQ_CST),
		.driver_features = dev->driver_features,
	};
	memcpy(saved->config, dev->config, sizeof(saved->config));
	for (i = 0; i < dev->ops->nr_queues; i++) {
		q = &dev->queue[i];
		saved->queue[i] = (struct saved_queue) {
			.desc_addr = q->desc_addr, .avail_addr = q->avail_addr, .used_addr = q->used_addr,
			.num = q->num, .next_avail = q->next_avail, .next_used = q->next_used,
			.signalled = q->signalled, .ready = q->ready,
		};
	}
	return sizeof(*saved);
}

static const char *restore_queue(struct virtio_dev *dev, struct virtq *q, const struct saved_queue *saved)
{
	if (saved->ready > 1 || saved->reserved || saved->num > q->max)
		return damaged;
	q->num = saved->num;
	q->desc_addr = saved->desc_addr;
	q->avail_addr = saved->avail_addr;
	q->used_addr = saved->used_addr;
	if (!saved->ready)
		return NULL;
	q->event_idx = dev->driver_features & 1ULL << VIRTIO_RING_F_EVENT_IDX;
	q->indirect = dev->driver_features & 1ULL << VIRTIO_RING_F_INDIRECT_DESC;
	if (virtq_enable(q))
		return damaged;
	q->next_avail = saved->next_avail;
	q->next_used = saved->next_used;
	q->signalled = saved->signalled;
	return NULL;
}

static const char *restore_config(struct virtio_dev *dev, const __u8 *config)
{
	if (dev->ops->restore_config)
		return dev->ops->restore_config(dev, config);
	return memcmp(dev->config, config, sizeof(dev->config)) ? "the device was another" : NULL;
}

const char *virtio_dev_restore(struct virtio_dev *dev, const void *from, size_t size)
{
	const char *wrong;
	struct saved_dev saved;
	bool agreed;
	unsigned int i;

	if (size != sizeof(saved))
		return damaged;
	memcpy(&saved, from, sizeof(saved));
	if (saved.id != dev->ops->id || saved.nr_queues != dev->ops->nr_queues)
		return "the device was of another kind";
	if (saved.status > 0xff || saved.reserved)
		return damaged;
	agreed = saved.status & VIRTIO_CONFIG_S_FEATURES_OK;
	if (!agreed && saved.status & VIRTIO_CONFIG_S_DRIVER_OK && !(saved.status & VIRTIO_CONFIG_S_NEEDS_RESET))
		return damaged;
	dev->driver_features = saved.driver_features;
	if (agreed && !virtio_features_fit(dev))
		return "the guest uses features that the device has not, here";
	wrong = restore_config(dev, saved.config);
	for (i = 0; i < dev->ops->nr_queues && !wrong; i++)
		wrong = restore_queue(dev, &dev->queue[i], &saved.queue[i]);
	dev->features_sel = saved.features_sel;
	dev->driver_features_sel = saved.driver_features_sel;
	dev->queue_sel = saved.queue_sel;
	__atomic_store_n(&dev->interrupt, saved.interrupt, __ATOMIC_SEQ_CST);
	dev->status = wrong ? 0 : saved.status;
	return wrong;
}
