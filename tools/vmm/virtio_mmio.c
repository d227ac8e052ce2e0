// SPDX-License-Identifier: GPL-2.0
/*
 * The registers of a virtio device over MMIO, version 2 (virtio 1.2, section 4.2.2), and its life: status, features,
 * queues, reset.
 *
 * Owns: the registers in struct virtio_dev. Locks: the device's, held by the caller.
 */
#define _GNU_SOURCE
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <string.h>

#include "virtio.h"

#define MAGIC		0x74726976U	/* "virt" */
#define VENDOR		0x554d5641U	/* "AVMU" */
#define CONFIG		VIRTIO_MMIO_CONFIG

#define OF_ALL_DEVICES	(1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_RING_F_EVENT_IDX | \
			 1ULL << VIRTIO_RING_F_INDIRECT_DESC)

/* Back to what the driver finds at first. What is on its way is done: the caller has the lock. */
void virtio_mmio_reset(struct virtio_dev *dev)
{
	unsigned int i;

	if (dev->ops->reset)
		dev->ops->reset(dev);
	dev->status = 0;
	dev->features_sel = 0;
	dev->driver_features_sel = 0;
	dev->queue_sel = 0;
	dev->driver_features = 0;
	for (i = 0; i < dev->ops->nr_queues; i++)
		virtq_reset(&dev->queue[i]);
	__atomic_store_n(&dev->interrupt, 0, __ATOMIC_SEQ_CST);
	virtio_pci_reset(dev);
}

/* The queue that QueueSel names, or NULL. */
static struct virtq *selected(struct virtio_dev *dev)
{
	return dev->queue_sel < dev->ops->nr_queues ? &dev->queue[dev->queue_sel] : NULL;
}

/* Half of a 64-bit value by its selector; all else is 0. */
static __u32 half(__u64 value, __u32 sel)
{
	return sel > 1 ? 0 : value >> (32 * sel);
}

static __u32 read_register(struct virtio_dev *dev, __u64 offset)
{
	const struct virtq *q = selected(dev);

	switch (offset) {
	case VIRTIO_MMIO_MAGIC_VALUE:
		return MAGIC;
	case VIRTIO_MMIO_VERSION:
		return 2;
	case VIRTIO_MMIO_DEVICE_ID:
		return dev->ops->id;
	case VIRTIO_MMIO_VENDOR_ID:
		return VENDOR;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		return half(dev->features | OF_ALL_DEVICES, dev->features_sel);
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		return q ? q->max : 0;
	case VIRTIO_MMIO_QUEUE_READY:
		return q && q->ready;
	case VIRTIO_MMIO_STATUS:
		return dev->status;
	case VIRTIO_MMIO_SHM_LEN_LOW:
	case VIRTIO_MMIO_SHM_LEN_HIGH:
	case VIRTIO_MMIO_SHM_BASE_LOW:
	case VIRTIO_MMIO_SHM_BASE_HIGH:
		return ~0U;	/* no such region */
	}
	return 0;		/* ConfigGeneration too: nothing there changes by itself */
}

__u64 virtio_mmio_read(struct virtio_dev *dev, __u64 offset, unsigned int len)
{
	__u64 value = 0;

	if (offset < CONFIG)	/* only 32 bits at a time, 4.2.2.2 */
		return len == 4 && offset % 4 == 0 ? read_register(dev, offset) : 0;
	if (offset - CONFIG + len <= dev->ops->config_len)
		memcpy(&value, dev->config + (offset - CONFIG), len);
	return value;
}

/* No features but those offered; and only the standard's, not its drafts': 6.1. */
bool virtio_features_fit(const struct virtio_dev *dev)
{
	return !(dev->driver_features & ~(dev->features | OF_ALL_DEVICES)) &&
	       dev->driver_features & 1ULL << VIRTIO_F_VERSION_1;
}

/*
 * Bits are added, and all go by a write of 0. FEATURES_OK stays off if the features do not fit, which the driver looks
 * at (3.1.1); DRIVER_OK without it is a driver that did not.
 */
static void write_status(struct virtio_dev *dev, __u8 value)
{
	__u8 added;

	if (value == 0) {
		virtio_mmio_reset(dev);
		return;
	}
	value &= ~VIRTIO_CONFIG_S_NEEDS_RESET;
	if (!(dev->status & VIRTIO_CONFIG_S_FEATURES_OK) && !virtio_features_fit(dev))
		value &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	added = value & ~dev->status;
	dev->status |= value;
	if (!(added & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	if (!(dev->status & VIRTIO_CONFIG_S_FEATURES_OK))
		virtio_broken(dev, "ready without features");
	else if (dev->ops->start && virtio_is_running(dev))
		dev->ops->start(dev);
}

static void write_queue_ready(struct virtio_dev *dev, struct virtq *q, bool ready)
{
	const char *wrong;

	if (!ready) {
		/* vhost would go on with it. A driver resets the whole device instead. */
		if (dev->kernel_serves[dev->queue_sel] && q->ready && virtio_is_running(dev))
			virtio_broken(dev, "queue taken away");
		q->ready = false;
		return;
	}
	if (q->ready || !(dev->status & VIRTIO_CONFIG_S_FEATURES_OK))
		return;
	q->event_idx = dev->driver_features & 1ULL << VIRTIO_RING_F_EVENT_IDX;
	q->indirect = dev->driver_features & 1ULL << VIRTIO_RING_F_INDIRECT_DESC;
	wrong = virtq_enable(q);
	if (wrong)
		virtio_broken(dev, wrong);
}

static void set_half(__u64 *value, __u32 half, bool high)
{
	if (high)
		*value = (__u32)*value | (__u64)half << 32;
	else
		*value = (*value & ~0xffffffffULL) | half;
}

/* A queue's registers; those of a queue that is in use stay as they are. */
static void write_queue(struct virtio_dev *dev, __u64 offset, __u32 value)
{
	struct virtq *q = selected(dev);

	if (!q)
		return;
	if (offset == VIRTIO_MMIO_QUEUE_READY) {
		write_queue_ready(dev, q, value & 1);
		return;
	}
	if (q->ready)
		return;
	switch (offset) {
	case VIRTIO_MMIO_QUEUE_NUM:
		q->num = value > q->max ? 0 : value;	/* 0 is refused by virtq_enable() */
		break;
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
		set_half(&q->desc_addr, value, offset == VIRTIO_MMIO_QUEUE_DESC_HIGH);
		break;
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
	case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
		set_half(&q->avail_addr, value, offset == VIRTIO_MMIO_QUEUE_AVAIL_HIGH);
		break;
	case VIRTIO_MMIO_QUEUE_USED_LOW:
	case VIRTIO_MMIO_QUEUE_USED_HIGH:
		set_half(&q->used_addr, value, offset == VIRTIO_MMIO_QUEUE_USED_HIGH);
		break;
	}
}

static void write_register(struct virtio_dev *dev, __u64 offset, __u32 value)
{
	switch (offset) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		dev->features_sel = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		dev->driver_features_sel = value;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		/* Agreed upon once FEATURES_OK is set. */
		if (dev->driver_features_sel <= 1 && !(dev->status & VIRTIO_CONFIG_S_FEATURES_OK))
			set_half(&dev->driver_features, value, dev->driver_features_sel);
		else if (dev->driver_features_sel > 1 && value)
			verbose("virtio device %u: features that nobody offered", dev->index);
		break;
	case VIRTIO_MMIO_QUEUE_SEL:
		dev->queue_sel = value;
		break;
	case VIRTIO_MMIO_STATUS:
		write_status(dev, value);
		break;
	default:
		write_queue(dev, offset, value);
		break;
	}
}

void virtio_mmio_write(struct virtio_dev *dev, __u64 offset, unsigned int len, __u64 value)
{
	if (offset >= CONFIG) {
		if (dev->ops->config_write && offset - CONFIG + len <= dev->ops->config_len)
			dev->ops->config_write(dev, offset - CONFIG, len, value);
	} else if (len == 4 && offset % 4 == 0) {
		write_register(dev, offset, value);
	}
}
