// SPDX-License-Identifier: GPL-2.0
/*
 * The PCI bus of --pci (PCI Local Bus 3.0, 6; PCI Express 5.0, 7.2.2: configuration space in memory). One bus without
 * bridges, one function per slot, each a virtio device with its registers in one BAR.
 *
 * A device's configuration space is bytes, and a mask of bits that the guest can change: that alone makes a BAR tell
 * its size. After each change it is looked at what follows from it.
 *
 * Owns: the devices' configuration. Locks: bus.lock, taken inside what vmm.h has; before a device's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "pci.h"

#define SLOT_SHIFT	15		/* of an address in configuration space: slot, function, register */
#define FUNCTION_SHIFT	12

static struct {
	pthread_mutex_t	lock;
	struct pci_dev	devices[VIRTIO_MAX];
	unsigned int	nr;
	unsigned int	free_at[VIRTIO_MAX];	/* where the next capability goes */
} bus = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct pci_dev *pci_device(unsigned int index)
{
	return index < bus.nr ? &bus.devices[index] : NULL;
}

void pci_put(struct pci_dev *pci, unsigned int at, unsigned int len, __u32 value, __u32 writable)
{
	memcpy(pci->config + at, &value, len);
	memcpy(pci->writable + at, &writable, len);
}

__u32 pci_get(const struct pci_dev *pci, unsigned int at, unsigned int len)
{
	__u32 value = 0;

	memcpy(&value, pci->config + at, len);
	return value;
}

/* Returns where it is. The newest is the first of the list. */
unsigned int pci_add_capability(struct pci_dev *pci, __u8 id, unsigned int len)
{
	unsigned int *next = &bus.free_at[pci - bus.devices], at = *next;

	pci_put(pci, at + PCI_CAP_LIST_ID, 1, id, 0);
	pci_put(pci, at + PCI_CAP_LIST_NEXT, 1, pci_get(pci, PCI_CAPABILITY_LIST, 1), 0);
	pci_put(pci, PCI_CAPABILITY_LIST, 1, at, 0);
	pci_put(pci, PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0);
	*next = at + ((len + 3) & ~3U);
	return at;
}

/* One more device, in the slot of its number. */
void pci_add(struct vm *vm, struct virtio_dev *dev)
{
	struct pci_dev *pci = &bus.devices[bus.nr];

	bus.free_at[bus.nr++] = PCI_STD_HEADER_SIZEOF;
	pci->dev = dev;
	pci->nr_vectors = dev->ops->nr_queues + 1;
	pci_put(pci, PCI_COMMAND, 2, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	pci_put(pci, PCI_BASE_ADDRESS_0, 4, 0, ~(BAR_SIZE - 1));
	pci_put(pci, PCI_INTERRUPT_LINE, 1, 0, 0xff);
	virtio_pci_describe(pci);
	msix_create(vm, pci);
}

/* The kernel rings for the guest at the place of the registers. Where it can't, rings come here, see pci_write(). */
static void move_bells(struct vm *vm, struct pci_dev *pci)
{
	struct kvm_ioeventfd bell = { .len = 2 };
	unsigned int queue;

	for (queue = 0; queue < pci->dev->ops->nr_queues; queue++) {
		bell.fd = pci->dev->doorbell[queue];
		bell.addr = pci->bells + BAR_NOTIFY + 4 * queue;
		bell.flags = KVM_IOEVENTFD_FLAG_DEASSIGN;
		if (pci->bells && ioctl(vm->fd, KVM_IOEVENTFD, &bell))
			verbose("PCI device %u: no ioeventfd at %#llx", pci->dev->index, bell.addr);
		bell.addr = pci->bar + BAR_NOTIFY + 4 * queue;
		bell.flags = 0;
		if (pci->bar && ioctl(vm->fd, KVM_IOEVENTFD, &bell))
			verbose("PCI device %u: ioeventfd at %#llx: %s", pci->dev->index, bell.addr, errno_text(errno));
	}
	pci->bells = pci->bar;
}

/* Where are the registers now? The doorbells go there. */
void pci_look_at_bar(struct vm *vm, struct pci_dev *pci)
{
	__u64 bar = pci_get(pci, PCI_BASE_ADDRESS_0, 4) & PCI_BASE_ADDRESS_MEM_MASK;

	if (!(pci_get(pci, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) || bar < PCI_MMIO_BASE ||
	    bar + BAR_SIZE > PCI_MMIO_BASE + PCI_MMIO_SIZE)
		bar = 0;
	pci->bar = bar;
	if (pci->bells != bar)
		move_bells(vm, pci);
}

static struct pci_dev *device_at(__u64 *offset)
{
	struct pci_dev *pci = pci_device(*offset >> SLOT_SHIFT);

	if (*offset >> FUNCTION_SHIFT & 7)
		return NULL;
	*offset %= 1U << FUNCTION_SHIFT;
	return pci;
}

#define WINDOW_DATA	offsetof(struct virtio_pci_cfg_cap, pci_cfg_data)

/*
 * A driver that can't reach the registers otherwise names one in a capability, and reads or writes it there (virtio
 * 1.2, 4.1.4.9). Is it this access? Then where, and how wide.
 */
static bool is_window(const struct pci_dev *pci, __u64 offset, __u32 *at, unsigned int *len)
{
	*at = pci_get(pci, pci->window + VIRTIO_PCI_CAP_OFFSET, 4);
	*len = pci_get(pci, pci->window + VIRTIO_PCI_CAP_LENGTH, 4);
	return offset == pci->window + WINDOW_DATA && !pci_get(pci, pci->window + VIRTIO_PCI_CAP_BAR, 1) &&
	       (*len == 1 || *len == 2 || *len == 4) && *at < BAR_MSIX_TABLE && *at % *len == 0;
}

/* What is not there reads as ones; of what is there the extended configuration space, which is empty, as zeroes. */
__u64 pci_config_read(struct vm *vm, __u64 offset, unsigned int len)
{
	struct pci_dev *pci = device_at(&offset);
	unsigned int at_len;
	__u64 value;
	__u32 at;

	(void)vm;
	if (!pci)
		return ~0ULL;
	if (len > 4 || offset + len > PCI_CONFIG_SIZE)
		return 0;
	pthread_mutex_lock(&bus.lock);
	if (is_window(pci, offset, &at, &at_len))
		value = virtio_pci_read(pci->dev, at, at_len);
	else
		value = pci_get(pci, offset, len);
	pthread_mutex_unlock(&bus.lock);
	return value;
}

void pci_config_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value)
{
	struct pci_dev *pci = device_at(&offset);
	unsigned int at_len, i;
	bool was_enabled;
	__u32 at;

	if (!pci || len > 4 || offset + len > PCI_CONFIG_SIZE)
		return;
	pthread_mutex_lock(&bus.lock);
	was_enabled = msix_is_enabled(pci);
	for (i = 0; i < len; i++) {
		pci->config[offset + i] &= ~pci->writable[offset + i];
		pci->config[offset + i] |= value >> 8 * i & pci->writable[offset + i];
	}
	if (is_window(pci, offset, &at, &at_len))
		virtio_pci_write(pci->dev, at, at_len, value);
	pci_look_at_bar(vm, pci);
	msix_changed(vm, pci, was_enabled);
	pthread_mutex_unlock(&bus.lock);
}

/* Whose registers are at an offset of the window? The lowest number's, should several be there. */
static struct pci_dev *find_bar(__u64 *offset, unsigned int len)
{
	__u64 addr = PCI_MMIO_BASE + *offset;
	struct pci_dev *found = NULL;
	unsigned int i;

	pthread_mutex_lock(&bus.lock);
	for (i = 0; i < bus.nr && !found; i++)
		if (bus.devices[i].bar && addr >= bus.devices[i].bar && addr + len <= bus.devices[i].bar + BAR_SIZE)
			found = &bus.devices[i];
	if (found)
		*offset = addr - found->bar;
	pthread_mutex_unlock(&bus.lock);
	return found;
}

__u64 pci_read(struct vm *vm, __u64 offset, unsigned int len)
{
	struct pci_dev *pci = find_bar(&offset, len);
	__u64 value;

	(void)vm;
	if (!pci)
		return ~0ULL;
	if (offset < BAR_MSIX_TABLE)
		return virtio_pci_read(pci->dev, offset, len);
	pthread_mutex_lock(&bus.lock);
	value = msix_read(pci, offset, len);
	pthread_mutex_unlock(&bus.lock);
	return value;
}

void pci_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value)
{
	struct pci_dev *pci = find_bar(&offset, len);

	if (!pci)
		return;
	if (offset < BAR_MSIX_TABLE) {
		virtio_pci_write(pci->dev, offset, len, value);
		return;
	}
	pthread_mutex_lock(&bus.lock);
	msix_write(vm, pci, offset, len, value);
	pthread_mutex_unlock(&bus.lock);
}

bool pci_is_there(void)
{
	return opt.pci;
}

/* As after power-on: nothing mapped, no messages. Main thread, while no vCPU runs. */
void pci_reset(struct vm *vm)
{
	struct pci_dev *pci;
	bool was_enabled;

	pthread_mutex_lock(&bus.lock);
	for (pci = bus.devices; pci < bus.devices + bus.nr; pci++) {
		was_enabled = msix_is_enabled(pci);
		pci_put(pci, PCI_COMMAND, 2, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
		pci_look_at_bar(vm, pci);
		msix_reset(pci);
		msix_changed(vm, pci, was_enabled);
	}
	pthread_mutex_unlock(&bus.lock);
}
