// SPDX-License-Identifier: GPL-2.0
/*
 * MSI-X (PCI Local Bus 3.0, 6.8.2): the table that says which message each vector is, and what the kernel is told of
 * it.
 *
 * A vector's eventfd is bound to its GSI for good. Vectors that a driver has set up and not masked have a route; a
 * signal to one without is lost. So one that is unmasked sends its message once more, needed or not: a driver finds
 * nothing to do then.
 *
 * Owns: the tables. Locks: the bus's, held by the caller, but for msix_signal().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "pci.h"

#define GSI(pci, vector) ((pci)->dev->index * PCI_VECTORS + (vector))
#define DEVICE_ID(pci)	((pci)->dev->index << 3)	/* bus 0, slot, function 0: what the ITS knows it by */

static unsigned int capability_of(const struct pci_dev *pci)
{
	return pci_get(pci, PCI_CAPABILITY_LIST, 1);
}

bool msix_is_enabled(const struct pci_dev *pci)
{
	__u32 flags = pci_get(pci, capability_of(pci) + PCI_MSIX_FLAGS, 2);

	return (flags & (PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL)) == PCI_MSIX_FLAGS_ENABLE;
}

static bool is_routed(const struct pci_dev *pci, unsigned int vector)
{
	return msix_is_enabled(pci) && !(pci->vectors[vector].control & PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

void msix_reset(struct pci_dev *pci)
{
	unsigned int i, flags = capability_of(pci) + PCI_MSIX_FLAGS;

	pci_put(pci, flags, 2, pci->nr_vectors - 1, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	for (i = 0; i < PCI_VECTORS; i++)
		pci->vectors[i] = (struct msix_entry) { .control = PCI_MSIX_ENTRY_CTRL_MASKBIT };
}

/* All of the VM's routes at once: that is how the kernel takes them. */
static void set_routes(struct vm *vm)
{
	static union {
		struct kvm_irq_routing	head;
		__u8			room[sizeof(struct kvm_irq_routing) +
					     VIRTIO_MAX * PCI_VECTORS * sizeof(struct kvm_irq_routing_entry)];
	} table;
	const struct msix_entry *entry;
	struct pci_dev *pci;
	unsigned int i, v;

	table.head.nr = 0;
	for (i = 0; (pci = pci_device(i)); i++) {
		for (v = 0; v < pci->nr_vectors; v++) {
			if (!is_routed(pci, v))
				continue;
			entry = &pci->vectors[v];
			table.head.entries[table.head.nr++] = (struct kvm_irq_routing_entry) {
				.gsi = GSI(pci, v),
				.type = KVM_IRQ_ROUTING_MSI,
				.flags = KVM_MSI_VALID_DEVID,
				.u.msi.address_lo = entry->address,
				.u.msi.address_hi = entry->address_high,
				.u.msi.data = entry->data,
				.u.msi.devid = DEVICE_ID(pci),
			};
		}
	}
	if (ioctl(vm->fd, KVM_SET_GSI_ROUTING, &table)) {
		warn("KVM_SET_GSI_ROUTING of %u routes: %s", table.head.nr, errno_text(errno));
		vm_stop(vm, STOP_EXIT, EXIT_CRASH);
	}
}

/* The last capability that is added, so that it is the list's first. */
void msix_create(struct vm *vm, struct pci_dev *pci)
{
	unsigned int at = pci_add_capability(pci, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF), i;
	struct kvm_irqfd irq = { 0 };

	pci_put(pci, at + PCI_MSIX_FLAGS, 2, pci->nr_vectors - 1, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	pci_put(pci, at + PCI_MSIX_TABLE, 4, BAR_MSIX_TABLE, 0);
	pci_put(pci, at + PCI_MSIX_PBA, 4, BAR_MSIX_PENDING, 0);
	for (i = 0; i < pci->nr_vectors; i++) {
		pci->vector_fd[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (pci->vector_fd[i] < 0)
			die_errno("eventfd");
		irq.fd = pci->vector_fd[i];
		irq.gsi = GSI(pci, i);
		must_ioctl(vm->fd, KVM_IRQFD, &irq);
	}
	msix_reset(pci);
	/* Without a table of ours a GSI would be an SPI. */
	set_routes(vm);
}

/* A message without an eventfd. Nobody need take it: a driver may unmask what it has not told the ITS of. */
static void send_message(struct vm *vm, struct pci_dev *pci, unsigned int vector)
{
	const struct msix_entry *entry = &pci->vectors[vector];
	struct kvm_msi msi = {
		.address_lo = entry->address,
		.address_hi = entry->address_high,
		.data = entry->data,
		.flags = KVM_MSI_VALID_DEVID,
		.devid = DEVICE_ID(pci),
	};

	if (ioctl(vm->fd, KVM_SIGNAL_MSI, &msi) < 0)
		verbose("PCI device %u: message %u is not taken: %s", pci->dev->index, vector, errno_text(errno));
}

/* The configuration space was written to. */
void msix_changed(struct vm *vm, struct pci_dev *pci, bool was_enabled)
{
	unsigned int v;

	if (msix_is_enabled(pci) == was_enabled)
		return;
	set_routes(vm);
	for (v = 0; v < pci->nr_vectors; v++)
		if (is_routed(pci, v))
			send_message(vm, pci, v);
}

/* What a driver had written, PCI_VECTORS of them; the configuration space is as it was already. */
void msix_restore(struct vm *vm, struct pci_dev *pci, const struct msix_entry *vectors)
{
	memcpy(pci->vectors, vectors, pci->nr_vectors * sizeof(pci->vectors[0]));
	set_routes(vm);
}

/* The pending bits are zeroes: nothing is kept, see above. */
__u64 msix_read(const struct pci_dev *pci, __u64 offset, unsigned int len)
{
	__u64 value = 0;

	offset -= BAR_MSIX_TABLE;
	if (offset + len <= sizeof(pci->vectors))
		memcpy(&value, (const __u8 *)pci->vectors + offset, len);
	return value;
}

/* Words of 32 or 64 bits, which lie in one entry. */
void msix_write(struct vm *vm, struct pci_dev *pci, __u64 offset, unsigned int len, __u64 value)
{
	unsigned int vector;
	bool was_routed;

	offset -= BAR_MSIX_TABLE;
	vector = offset / sizeof(struct msix_entry);
	if (len < 4 || offset % len || vector >= pci->nr_vectors)
		return;
	was_routed = is_routed(pci, vector);
	memcpy((__u8 *)pci->vectors + offset, &value, len);
	pci->vectors[vector].control &= PCI_MSIX_ENTRY_CTRL_MASKBIT;
	if (!was_routed && !is_routed(pci, vector))
		return;
	set_routes(vm);
	if (!was_routed)
		send_message(vm, pci, vector);
}

/* Any thread, without a lock. */
void msix_signal(struct pci_dev *pci, unsigned int vector)
{
	__u64 one = 1;

	if (vector < pci->nr_vectors && write(pci->vector_fd[vector], &one, sizeof(one)) < 0)
		return;		/* full: whoever waits is awake */
}
