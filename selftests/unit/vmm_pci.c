// SPDX-License-Identifier: GPL-2.0
/*
 * A virtio disk on armvcpu-run's PCI bus, as a driver finds it: its configuration space, the size of its BAR, its
 * capabilities; its registers, which are those over MMIO in another order; vectors; the way by the configuration space.
 * Whatever a guest writes, nothing outside of a device is touched (address and undefined-behaviour sanitizers).
 *
 * A failure means that a driver does not find the device, or that a guest writes to armvcpu-run's memory. References:
 * PCI Local Bus 3.0, 6; virtio 1.2, 4.1.
 *
 * Runs at: build host. Owns: nothing.
 */
#include "vmm_virtio.h"
#include "expect.h"

static __u64 config(unsigned int at, unsigned int len)
{
	return pci_config_read(&test_vm, at, len) & (len == 4 ? ~0U : (1U << 8 * len) - 1);
}

static void set_config(unsigned int at, unsigned int len, __u64 value)
{
	pci_config_write(&test_vm, at, len, value);
}

/* Where a capability is, of virtio's those of a type. */
static unsigned int capability(unsigned int id, unsigned int type)
{
	unsigned int at = config(PCI_CAPABILITY_LIST, 1), links;

	for (links = 0; at && links < 48; links++, at = config(at + 1, 1))
		if (config(at, 1) == id && (id != PCI_CAP_ID_VNDR || config(at + VIRTIO_PCI_CAP_CFG_TYPE, 1) == type))
			return at;
	return 0;
}

static void finds_it(void)
{
	static const unsigned int types[] = {
		VIRTIO_PCI_CAP_COMMON_CFG, VIRTIO_PCI_CAP_NOTIFY_CFG, VIRTIO_PCI_CAP_ISR_CFG, VIRTIO_PCI_CAP_DEVICE_CFG,
		VIRTIO_PCI_CAP_PCI_CFG,
	};
	unsigned int i, at;

	EXPECT(config(PCI_VENDOR_ID, 4) == 0x10421af4 && config(PCI_CLASS_DEVICE, 2) == 0x0100);
	EXPECT(config(PCI_STATUS, 2) & PCI_STATUS_CAP_LIST && config(PCI_HEADER_TYPE, 1) == 0);
	EXPECT(config(1 << SLOT_SHIFT, 4) == 0xffffffff && config(1 << FUNCTION_SHIFT, 4) == 0xffffffff);
	EXPECT(config(0x100, 4) == 0);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		at = capability(PCI_CAP_ID_VNDR, types[i]);
		EXPECT(at && config(at + VIRTIO_PCI_CAP_BAR, 1) == 0);
		EXPECT(config(at + VIRTIO_PCI_CAP_OFFSET, 4) + config(at + VIRTIO_PCI_CAP_LENGTH, 4) <= BAR_MSIX_TABLE);
	}
	at = capability(PCI_CAP_ID_MSIX, 0);
	EXPECT(at && config(at + PCI_MSIX_FLAGS, 2) == 1);
	/* What is not to be changed is not. */
	set_config(PCI_VENDOR_ID, 4, 0);
	set_config(PCI_CAPABILITY_LIST, 1, 0);
	set_config(at, 4, ~0U);
	EXPECT(config(PCI_VENDOR_ID, 4) == 0x10421af4 && config(at, 1) == PCI_CAP_ID_MSIX);
	EXPECT(config(PCI_CAPABILITY_LIST, 1) == at && config(at + PCI_MSIX_FLAGS, 2) == 0xc001);
	set_config(at + PCI_MSIX_FLAGS, 2, 0);
}

static __u64 registers(unsigned int offset, unsigned int len)
{
	return pci_read(&test_vm, 0x100000 + offset, len);
}

static void set_registers(unsigned int offset, unsigned int len, __u64 value)
{
	pci_write(&test_vm, 0x100000 + offset, len, value);
}

static void has_registers(void)
{
	set_config(PCI_BASE_ADDRESS_0, 4, ~0U);
	EXPECT(config(PCI_BASE_ADDRESS_0, 4) == 0xffff8000);
	set_config(PCI_BASE_ADDRESS_0, 4, PCI_MMIO_BASE + 0x100000);
	EXPECT(registers(VIRTIO_PCI_COMMON_NUMQ, 2) == ~0ULL);
	set_config(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	EXPECT(registers(VIRTIO_PCI_COMMON_NUMQ, 2) == 1 && registers(BAR_SIZE, 4) == ~0ULL);
	EXPECT(registers(VIRTIO_PCI_COMMON_Q_SIZE, 2) == VIRTQ_MAX);
	set_registers(VIRTIO_PCI_COMMON_DFSELECT, 4, 1);
	EXPECT(registers(VIRTIO_PCI_COMMON_DF, 4) & 1 << (VIRTIO_F_VERSION_1 - 32));
	set_registers(VIRTIO_PCI_COMMON_GFSELECT, 4, 1);
	set_registers(VIRTIO_PCI_COMMON_GF, 4, 1 << (VIRTIO_F_VERSION_1 - 32));
	EXPECT(registers(VIRTIO_PCI_COMMON_GF, 4) == 1 << (VIRTIO_F_VERSION_1 - 32));
	set_registers(VIRTIO_PCI_COMMON_STATUS, 1, 0xb);
	EXPECT(registers(VIRTIO_PCI_COMMON_STATUS, 1) == 0xb);
	EXPECT(registers(BAR_DEVICE, 8) == TEST_DISK / BLK_SECTOR);

	set_registers(VIRTIO_PCI_COMMON_Q_DESCLO, 8, RAM_BASE + 0x1000);
	set_registers(VIRTIO_PCI_COMMON_Q_AVAILLO, 4, RAM_BASE + 0x2000);
	set_registers(VIRTIO_PCI_COMMON_Q_USEDLO, 4, RAM_BASE + 0x3000);
	set_registers(VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
	EXPECT(registers(VIRTIO_PCI_COMMON_Q_ENABLE, 2) == 1);

	EXPECT(registers(VIRTIO_PCI_COMMON_MSIX, 2) == VIRTIO_MSI_NO_VECTOR);
	set_registers(VIRTIO_PCI_COMMON_Q_MSIX, 2, 1);
	set_registers(VIRTIO_PCI_COMMON_MSIX, 2, 2);
	EXPECT(registers(VIRTIO_PCI_COMMON_Q_MSIX, 2) == 1);
	EXPECT(registers(VIRTIO_PCI_COMMON_MSIX, 2) == VIRTIO_MSI_NO_VECTOR);
	set_registers(VIRTIO_PCI_COMMON_STATUS, 1, 0);
	EXPECT(registers(VIRTIO_PCI_COMMON_STATUS, 1) == 0);
	EXPECT(registers(VIRTIO_PCI_COMMON_Q_MSIX, 2) == VIRTIO_MSI_NO_VECTOR);
}

/* Does the vector's eventfd say that it was signalled? */
static bool came(unsigned int vector)
{
	__u64 n;

	return read(bus.devices[0].vector_fd[vector], &n, sizeof(n)) == sizeof(n);
}

static void interrupts(void)
{
	struct virtio_dev *dev = bus.devices[0].dev;

	EXPECT(registers(BAR_MSIX_TABLE + 12, 4) == PCI_MSIX_ENTRY_CTRL_MASKBIT);
	set_registers(BAR_MSIX_TABLE + 16, 8, 0x0000000108090040);
	set_registers(BAR_MSIX_TABLE + 24, 4, 77);
	set_registers(BAR_MSIX_TABLE + 28, 4, 0);
	EXPECT(registers(BAR_MSIX_TABLE + 16, 4) == 0x08090040 && registers(BAR_MSIX_TABLE + 24, 8) == 77);
	set_registers(VIRTIO_PCI_COMMON_Q_MSIX, 2, 1);
	virtio_pci_interrupt_queue(dev, 0);
	EXPECT(!came(0) && came(1));
	EXPECT(registers(BAR_ISR, 1) == 1 && registers(BAR_ISR, 1) == 0);
	virtio_pci_interrupt(dev, VIRTIO_MMIO_INT_CONFIG);
	EXPECT(!came(0) && !came(1));
	EXPECT(!is_routed(&bus.devices[0], 1));
	set_config(capability(PCI_CAP_ID_MSIX, 0) + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	EXPECT(is_routed(&bus.devices[0], 1) && !is_routed(&bus.devices[0], 0));
}

/* Refused, and nothing of it taken: with a byte of the record changed. */
static bool refuses(const struct saved_pci *saved, unsigned int at, __u8 byte)
{
	struct saved_pci bad = *saved, now;
	struct saved_pci before;

	((__u8 *)&bad)[at] = byte;
	pci_save(0, &before);
	if (!pci_restore(&test_vm, 0, &bad, sizeof(bad)))
		return false;
	pci_save(0, &now);
	return !memcmp(&now, &before, sizeof(now));
}

static void is_saved(void)
{
	struct pci_dev *pci = &bus.devices[0];
	struct saved_pci saved;
	__u64 bar = pci->bar;

	EXPECT(bar && is_routed(pci, 1) && pci->dev->vector[0] == 1);
	EXPECT(pci_save(0, &saved) == sizeof(saved));
	pci_reset(&test_vm);
	virtio_pci_reset(pci->dev);
	EXPECT(!pci->bar && !is_routed(pci, 1));
	EXPECT(refuses(&saved, PCI_VENDOR_ID, 0) && refuses(&saved, PCI_CAPABILITY_LIST, 0xfc));
	EXPECT(refuses(&saved, offsetof(struct saved_pci, vectors[3].control) + 1, 1));
	EXPECT(refuses(&saved, offsetof(struct saved_pci, queue_vector[2]), 7));
	EXPECT(refuses(&saved, offsetof(struct saved_pci, config_vector), 2));
	EXPECT(pci_restore(&test_vm, 0, &saved, sizeof(saved) - 1));
	EXPECT(!pci_restore(&test_vm, 0, &saved, sizeof(saved)));
	EXPECT(pci->bar == bar && pci->bells == bar && is_routed(pci, 1) && !is_routed(pci, 0));
	EXPECT(pci->dev->vector[0] == 1 && pci->vectors[1].data == 77);
}

static void by_configuration_space(void)
{
	unsigned int at = capability(PCI_CAP_ID_VNDR, VIRTIO_PCI_CAP_PCI_CFG);

	set_config(at + VIRTIO_PCI_CAP_OFFSET, 4, VIRTIO_PCI_COMMON_STATUS);
	set_config(at + VIRTIO_PCI_CAP_LENGTH, 4, 1);
	set_config(at + WINDOW_DATA, 1, 3);
	EXPECT(registers(VIRTIO_PCI_COMMON_STATUS, 1) == 3 && config(at + WINDOW_DATA, 1) == 3);
	set_config(at + VIRTIO_PCI_CAP_OFFSET, 4, 0xfffffff0);
	EXPECT(config(at + WINDOW_DATA, 1) == 0);
}

static void anything(void)
{
	static const unsigned int lens[] = { 1, 2, 4, 8 };
	unsigned int i, len;
	__u64 value;

	srand(11);
	for (i = 0; i < 400000; i++) {
		len = lens[rand() % 4];
		value = rand() % 2 ? (__u64)rand() : (__u64)rand() << 32 | rand() % 64;
		if (i % 64 == 0) {
			set_config(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
			set_config(PCI_BASE_ADDRESS_0, 4, PCI_MMIO_BASE + 0x100000);
		}
		if (rand() % 2) {
			set_config(rand() % PCI_CONFIG_SPACE, len, value);
			set_config(rand() % 0x140, len, value);
			pci_config_read(&test_vm, rand() % 0x140, len);
		} else {
			set_registers(rand() % (BAR_SIZE + 16), len, value);
			set_registers(rand() % 0x40, len, value);
			registers(rand() % (BAR_SIZE + 16), len);
		}
	}
}

int main(void)
{
	static char name[64];
	struct guest_ram ram;
	int fd;

	opt.pci = true;
	fd = test_machine(&ram, name, sizeof(name));
	disk_add(name);
	virtio_create(&test_vm);
	finds_it();
	has_registers();
	interrupts();
	is_saved();
	by_configuration_space();
	anything();
	close(fd);
	return failed;
}
