/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtio devices on PCI (--pci), in place of MMIO.
 *
 *   pci.c          the bus: configuration space, where a device's registers are
 *   msix.c         interrupts as messages (MSI-X), which the kernel's ITS takes
 *   virtio_pci.c   the registers of a virtio device there
 *   pci_save.c     its state, to a file and back
 *
 * How KVM's ABI is used here: an eventfd is bound to a GSI (KVM_IRQFD) once; which message the GSI stands for is said
 * by a routing table (KVM_SET_GSI_ROUTING), a new one each time that a driver sets up a vector. So the device's thread
 * signals an eventfd, and the kernel's ITS makes it an LPI. A doorbell's ioeventfd moves along with the registers.
 */
#ifndef VMM_PCI_H
#define VMM_PCI_H

#include "virtio.h"

#define PCI_CONFIG_SIZE		256
#define PCI_VECTORS		(VIRTIO_QUEUES + 1)	/* at most: one per queue, one for changes of config */

/* In BAR 0, a page each. */
#define BAR_COMMON		0x0000
#define BAR_ISR			0x1000
#define BAR_DEVICE		0x2000
#define BAR_NOTIFY		0x3000	/* four bytes per queue */
#define BAR_MSIX_TABLE		0x4000
#define BAR_MSIX_PENDING	0x5000
#define BAR_SIZE		0x8000U

struct msix_entry {
	__u32	address, address_high, data;
	__u32	control;		/* bit 0: masked */
};

struct pci_dev {
	struct virtio_dev *dev;
	__u8		config[PCI_CONFIG_SIZE];
	__u8		writable[PCI_CONFIG_SIZE];	/* bits that the guest can change */
	__u64		bar;				/* where the registers are, 0: nowhere */
	__u64		bells;				/* likewise: of the ioeventfds */
	unsigned int	window;				/* where in config[] struct virtio_pci_cfg_cap is */
	unsigned int	nr_vectors;
	struct msix_entry vectors[PCI_VECTORS];
	int		vector_fd[PCI_VECTORS];
};

/* pci.c: all with its lock, but the last */
struct pci_dev *pci_device(unsigned int index);
unsigned int pci_add_capability(struct pci_dev *pci, __u8 id, unsigned int len);
void pci_put(struct pci_dev *pci, unsigned int at, unsigned int len, __u32 value, __u32 writable);
__u32 pci_get(const struct pci_dev *pci, unsigned int at, unsigned int len);
void pci_look_at_bar(struct vm *vm, struct pci_dev *pci);
void pci_add(struct vm *vm, struct virtio_dev *dev);

/* msix.c; with the bus's lock, but msix_signal() */
void msix_create(struct vm *vm, struct pci_dev *pci);
void msix_changed(struct vm *vm, struct pci_dev *pci, bool was_enabled);
bool msix_is_enabled(const struct pci_dev *pci);
__u64 msix_read(const struct pci_dev *pci, __u64 offset, unsigned int len);
void msix_write(struct vm *vm, struct pci_dev *pci, __u64 offset, unsigned int len, __u64 value);
void msix_reset(struct pci_dev *pci);
void msix_restore(struct vm *vm, struct pci_dev *pci, const struct msix_entry *vectors);
void msix_signal(struct pci_dev *pci, unsigned int vector);

/* virtio_pci.c; offsets into BAR 0, below BAR_MSIX_TABLE. Takes the device's lock. */
void virtio_pci_describe(struct pci_dev *pci);
__u64 virtio_pci_read(struct virtio_dev *dev, __u64 offset, unsigned int len);
void virtio_pci_write(struct virtio_dev *dev, __u64 offset, unsigned int len, __u64 value);

#endif
