// SPDX-License-Identifier: GPL-2.0
/*
 * What a device has for being on PCI, to a file and back: its configuration space, its vectors, which of them its
 * queues have. What it is as a virtio device is virtio_save.c's.
 *
 * Who restores may have the file from anybody: a driver's bits alone are taken.
 *
 * Owns: nothing. Locks: none; main thread, while no vCPU runs (so that the bus's is nobody's) and no device serves.
 */
#define _GNU_SOURCE
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>
#include <string.h>

#include "pci.h"

struct saved_pci {
	__u8		config[PCI_CONFIG_SIZE];
	struct msix_entry vectors[PCI_VECTORS];
	__u16		queue_vector[VIRTIO_QUEUES], config_vector;
};

_Static_assert(sizeof(struct saved_pci) <= DEVICE_STATE_MAX, "the file's record");

static const char no_state[] = "damaged: no state of a device";

size_t pci_save(unsigned int index, void *to)
{
	const struct pci_dev *pci = pci_device(index);
	struct saved_pci *saved = to;

	memset(saved, 0, sizeof(*saved));
	memcpy(saved->config, pci->config, sizeof(saved->config));
	memcpy(saved->vectors, pci->vectors, sizeof(saved->vectors));
	memcpy(saved->queue_vector, pci->dev->vector, sizeof(saved->queue_vector));
	saved->config_vector = pci->dev->config_vector;
	return sizeof(*saved);
}

/* As a driver reads it back. */
static bool is_vector(const struct pci_dev *pci, __u16 vector)
{
	return vector < pci->nr_vectors || vector == VIRTIO_MSI_NO_VECTOR;
}

static const char *wrong_with(const struct pci_dev *pci, const struct saved_pci *saved)
{
	unsigned int i;

	for (i = 0; i < PCI_CONFIG_SIZE; i++)
		if ((saved->config[i] ^ pci->config[i]) & ~pci->writable[i])
			return "the device was another";
	for (i = 0; i < PCI_VECTORS; i++)
		if (saved->vectors[i].control & ~PCI_MSIX_ENTRY_CTRL_MASKBIT)
			return no_state;
	for (i = 0; i < VIRTIO_QUEUES; i++)
		if (!is_vector(pci, saved->queue_vector[i]))
			return no_state;
	return is_vector(pci, saved->config_vector) ? NULL : no_state;
}

/* Behind the ITS. No message is sent: the devices signal all that they have, see virtio_restart(). */
const char *pci_restore(struct vm *vm, unsigned int index, const void *from, size_t size)
{
	struct pci_dev *pci = pci_device(index);
	struct saved_pci saved;
	const char *wrong;

	if (size != sizeof(saved))
		return no_state;
	memcpy(&saved, from, sizeof(saved));
	wrong = wrong_with(pci, &saved);
	if (wrong)
		return wrong;
	memcpy(pci->config, saved.config, sizeof(pci->config));
	memcpy(pci->dev->vector, saved.queue_vector, sizeof(pci->dev->vector));
	pci->dev->config_vector = saved.config_vector;
	pci_look_at_bar(vm, pci);
	msix_restore(vm, pci, saved.vectors);
	return NULL;
}
