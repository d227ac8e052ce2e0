// SPDX-License-Identifier: GPL-2.0
/*
 * The registers of a virtio device on PCI (virtio 1.2, section 4.1). They are another order of those over MMIO: each is
 * carried out there, so that a device's life is in one place (virtio_mmio.c). What PCI has alone is which vector a
 * queue interrupts by.
 *
 * Owns: the vectors in struct virtio_dev. Locks: the device's, taken inside, but for the description.
 */
#define _GNU_SOURCE
#include <linux/pci_regs.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>
#include <string.h>

#include "pci.h"

#define VIRTIO_VENDOR	0x1af4
#define FIRST_ID	0x1040		/* of a device that has no older kind */
#define SUBSYSTEM	0x1100

/* Registers of the common part that are ones of MMIO; all have that many bytes. */
static const struct {
	unsigned int	at, len;
	unsigned int	read, write;	/* 0: none */
} same[] = {
	{ VIRTIO_PCI_COMMON_DFSELECT,	4, 0,				VIRTIO_MMIO_DEVICE_FEATURES_SEL },
	{ VIRTIO_PCI_COMMON_DF,		4, VIRTIO_MMIO_DEVICE_FEATURES,	0 },
	{ VIRTIO_PCI_COMMON_GFSELECT,	4, 0,				VIRTIO_MMIO_DRIVER_FEATURES_SEL },
	{ VIRTIO_PCI_COMMON_GF,		4, 0,				VIRTIO_MMIO_DRIVER_FEATURES },
	{ VIRTIO_PCI_COMMON_STATUS,	1, VIRTIO_MMIO_STATUS,		VIRTIO_MMIO_STATUS },
	{ VIRTIO_PCI_COMMON_Q_SELECT,	2, 0,				VIRTIO_MMIO_QUEUE_SEL },
	{ VIRTIO_PCI_COMMON_Q_SIZE,	2, 0,				VIRTIO_MMIO_QUEUE_NUM },
	{ VIRTIO_PCI_COMMON_Q_ENABLE,	2, VIRTIO_MMIO_QUEUE_READY,	VIRTIO_MMIO_QUEUE_READY },
	{ VIRTIO_PCI_COMMON_Q_DESCLO,	4, 0,				VIRTIO_MMIO_QUEUE_DESC_LOW },
	{ VIRTIO_PCI_COMMON_Q_DESCHI,	4, 0,				VIRTIO_MMIO_QUEUE_DESC_HIGH },
	{ VIRTIO_PCI_COMMON_Q_AVAILLO,	4, 0,				VIRTIO_MMIO_QUEUE_AVAIL_LOW },
	{ VIRTIO_PCI_COMMON_Q_AVAILHI,	4, 0,				VIRTIO_MMIO_QUEUE_AVAIL_HIGH },
	{ VIRTIO_PCI_COMMON_Q_USEDLO,	4, 0,				VIRTIO_MMIO_QUEUE_USED_LOW },
	{ VIRTIO_PCI_COMMON_Q_USEDHI,	4, 0,				VIRTIO_MMIO_QUEUE_USED_HIGH },
};

/* What a driver gets back from the selectors, and the registers that MMIO has not. */
static __u32 read_other(struct virtio_dev *dev, __u64 offset)
{
	unsigned int queue = dev->queue_sel;
	bool is_queue = queue < dev->ops->nr_queues;

	switch (offset) {
	case VIRTIO_PCI_COMMON_DFSELECT:
		return dev->features_sel;
	case VIRTIO_PCI_COMMON_GFSELECT:
		return dev->driver_features_sel;
	case VIRTIO_PCI_COMMON_GF:
		return dev->driver_features_sel > 1 ? 0 : dev->driver_features >> 32 * dev->driver_features_sel;
	case VIRTIO_PCI_COMMON_MSIX:
		return dev->config_vector;
	case VIRTIO_PCI_COMMON_NUMQ:
		return dev->ops->nr_queues;
	case VIRTIO_PCI_COMMON_Q_SELECT:
		return queue;
	case VIRTIO_PCI_COMMON_Q_SIZE:
		return is_queue ? dev->queue[queue].num : 0;
	case VIRTIO_PCI_COMMON_Q_MSIX:
		return is_queue ? dev->vector[queue] : VIRTIO_MSI_NO_VECTOR;
	case VIRTIO_PCI_COMMON_Q_NOFF:
		return queue;
	}
	return 0;
}

static __u64 read_common(struct virtio_dev *dev, __u64 offset, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(same); i++)
		if (same[i].at == offset && same[i].len == len && same[i].read)
			return virtio_mmio_read(dev, same[i].read, 4);
	return read_other(dev, offset);
}

/* A driver reads it back: a vector that the device has not is none. */
static __u16 vector_or_none(const struct virtio_dev *dev, __u64 value)
{
	return value <= dev->ops->nr_queues ? value : VIRTIO_MSI_NO_VECTOR;
}

static void write_common(struct virtio_dev *dev, __u64 offset, unsigned int len, __u64 value)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(same); i++)
		if (same[i].at == offset && same[i].len == len && same[i].write)
			virtio_mmio_write(dev, same[i].write, 4, value);
	if (offset == VIRTIO_PCI_COMMON_MSIX && len == 2)
		dev->config_vector = vector_or_none(dev, value);
	else if (offset == VIRTIO_PCI_COMMON_Q_MSIX && len == 2 && dev->queue_sel < dev->ops->nr_queues)
		dev->vector[dev->queue_sel] = vector_or_none(dev, value);
	else if (offset == VIRTIO_PCI_COMMON_STATUS)
		virtio_ring_all(dev);
}

/* Halves one after the other: a 64-bit address may be written at once. */
static void write_halves(struct virtio_dev *dev, __u64 offset, unsigned int len, __u64 value)
{
	if (len == 8) {
		write_common(dev, offset, 4, (__u32)value);
		write_common(dev, offset + 4, 4, value >> 32);
	} else {
		write_common(dev, offset, len, value);
	}
}

/* The register that says why an interrupt came is for those without messages, and cleared by the read. */
__u64 virtio_pci_read(struct virtio_dev *dev, __u64 offset, unsigned int len)
{
	__u64 value = 0;

	pthread_mutex_lock(&dev->lock);
	switch (offset & ~(SZ_4K - 1)) {
	case BAR_COMMON:
		value = read_common(dev, offset, len);
		break;
	case BAR_ISR:
		if (offset == BAR_ISR)
			value = __atomic_exchange_n(&dev->interrupt, 0, __ATOMIC_SEQ_CST);
		break;
	case BAR_DEVICE:
		value = virtio_mmio_read(dev, VIRTIO_MMIO_CONFIG + offset - BAR_DEVICE, len);
		break;
	}
	pthread_mutex_unlock(&dev->lock);
	return value;
}

void virtio_pci_write(struct virtio_dev *dev, __u64 offset, unsigned int len, __u64 value)
{
	if (offset >= BAR_NOTIFY) {
		/* Not as the kernel waits for it: of another width, or it could not be told to wait. */
		virtio_ring(dev, (offset - BAR_NOTIFY) / 4);
		return;
	}
	pthread_mutex_lock(&dev->lock);
	if (offset < BAR_ISR)
		write_halves(dev, offset, len, value);
	else if (offset >= BAR_DEVICE)
		virtio_mmio_write(dev, VIRTIO_MMIO_CONFIG + offset - BAR_DEVICE, len, value);
	pthread_mutex_unlock(&dev->lock);
}

/* With the lock, or while nobody else is there. */
void virtio_pci_reset(struct virtio_dev *dev)
{
	unsigned int i;

	dev->config_vector = VIRTIO_MSI_NO_VECTOR;
	for (i = 0; i < VIRTIO_QUEUES; i++)
		dev->vector[i] = VIRTIO_MSI_NO_VECTOR;
}

/* A queue has something for the driver. With the lock. */
void virtio_pci_interrupt_queue(struct virtio_dev *dev, unsigned int queue)
{
	__atomic_fetch_or(&dev->interrupt, VIRTIO_MMIO_INT_VRING, __ATOMIC_SEQ_CST);
	msix_signal(pci_device(dev->index), dev->vector[queue]);
}

/* All queues, or the config. With the lock. */
void virtio_pci_interrupt(struct virtio_dev *dev, __u32 why)
{
	unsigned int i;

	__atomic_fetch_or(&dev->interrupt, why, __ATOMIC_SEQ_CST);
	if (why & VIRTIO_MMIO_INT_CONFIG)
		msix_signal(pci_device(dev->index), dev->config_vector);
	for (i = 0; why & VIRTIO_MMIO_INT_VRING && i < dev->ops->nr_queues; i++)
		msix_signal(pci_device(dev->index), dev->vector[i]);
}

static unsigned int add_part(struct pci_dev *pci, __u8 type, __u32 offset, __u32 len, unsigned int size)
{
	unsigned int at = pci_add_capability(pci, PCI_CAP_ID_VNDR, size);

	pci_put(pci, at + VIRTIO_PCI_CAP_LEN, 1, size, 0);
	pci_put(pci, at + VIRTIO_PCI_CAP_CFG_TYPE, 1, type, 0);
	pci_put(pci, at + VIRTIO_PCI_CAP_OFFSET, 4, offset, 0);
	pci_put(pci, at + VIRTIO_PCI_CAP_LENGTH, 4, len, 0);
	if (type == VIRTIO_PCI_CAP_NOTIFY_CFG)
		pci_put(pci, at + VIRTIO_PCI_NOTIFY_CAP_MULT, 4, 4, 0);
	return at;
}

static __u32 class_of(__u32 id)
{
	switch (id) {
	case VIRTIO_ID_BLOCK:
		return 0x010000;	/* mass storage, SCSI: as virtio's first were */
	case VIRTIO_ID_NET:
		return 0x020000;
	default:
		return 0xff0000;
	}
}

/* Which device it is, and where its registers are. */
void virtio_pci_describe(struct pci_dev *pci)
{
	__u32 id = pci->dev->ops->id;

	pci_put(pci, PCI_VENDOR_ID, 2, VIRTIO_VENDOR, 0);
	pci_put(pci, PCI_DEVICE_ID, 2, FIRST_ID + id, 0);
	pci_put(pci, PCI_CLASS_REVISION, 4, class_of(id) << 8 | 1, 0);
	pci_put(pci, PCI_SUBSYSTEM_VENDOR_ID, 2, VIRTIO_VENDOR, 0);
	pci_put(pci, PCI_SUBSYSTEM_ID, 2, SUBSYSTEM, 0);
	add_part(pci, VIRTIO_PCI_CAP_DEVICE_CFG, BAR_DEVICE, SZ_4K, sizeof(struct virtio_pci_cap));
	add_part(pci, VIRTIO_PCI_CAP_ISR_CFG, BAR_ISR, SZ_4K, sizeof(struct virtio_pci_cap));
	add_part(pci, VIRTIO_PCI_CAP_NOTIFY_CFG, BAR_NOTIFY, SZ_4K, sizeof(struct virtio_pci_notify_cap));
	add_part(pci, VIRTIO_PCI_CAP_COMMON_CFG, BAR_COMMON, SZ_4K, sizeof(struct virtio_pci_cap));
	pci->window = add_part(pci, VIRTIO_PCI_CAP_PCI_CFG, 0, 0, sizeof(struct virtio_pci_cfg_cap));
	pci_put(pci, pci->window + VIRTIO_PCI_CAP_BAR, 1, 0, 0xff);
	pci_put(pci, pci->window + VIRTIO_PCI_CAP_OFFSET, 4, 0, ~0U);
	pci_put(pci, pci->window + VIRTIO_PCI_CAP_LENGTH, 4, 0, ~0U);
}
