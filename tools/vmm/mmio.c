// SPDX-License-Identifier: GPL-2.0
/*
 * MMIO exits: which device an address belongs to, and the way of the data.
 *
 * Owns: the table of devices. Locks: none; each device has its own.
 */
#define _GNU_SOURCE
#include <string.h>

#include "vmm.h"

static const struct mmio_device {
	const char	*name;
	__u64		base, size;
	__u64		(*read)(struct vm *vm, __u64 offset, unsigned int len);
	void		(*write)(struct vm *vm, __u64 offset, unsigned int len,
				 __u64 value);
	bool		(*is_there)(void);	/* NULL: always */
} devices[] = {
	{ "uart", UART_BASE, UART_SIZE, uart_read, uart_write, NULL },
	{ "rtc", RTC_BASE, RTC_SIZE, rtc_read, rtc_write, NULL },
	{ "testdev", TESTDEV_BASE, TESTDEV_SIZE, testdev_read, testdev_write, NULL },
	{ "virtio", VIRTIO_BASE, VIRTIO_MAX * VIRTIO_STRIDE, virtio_read, virtio_write,
		virtio_mmio_is_there },
	{ "pci", PCI_MMIO_BASE, PCI_MMIO_SIZE, pci_read, pci_write, pci_is_there },
	{ "pci config", PCI_CONFIG_BASE, PCI_CONFIG_SPACE, pci_config_read, pci_config_write, pci_is_there },
	{ "flash", FLASH_BASE, FLASH_SIZE, firmware_read, firmware_write, firmware_is_there },
};

static const struct mmio_device *find_device(__u64 addr, unsigned int len)
{
	const struct mmio_device *device;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		device = &devices[i];
		if (device->is_there && !device->is_there())
			continue;
		if (addr >= device->base &&
		    addr + len <= device->base + device->size)
			return device;
	}
	return NULL;
}

/*
 * The kernel has decoded the instruction. data[] holds the bytes in the order
 * in which they would lie in memory, so on this little-endian host a plain
 * copy gives the value. For a read, the kernel takes what we leave in data[]
 * to the register, and past the instruction, at the next KVM_RUN.
 */
void mmio_handle(struct vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	const struct mmio_device *device;
	__u64 addr = run->mmio.phys_addr;
	unsigned int len = run->mmio.len;
	__u64 value = 0;
	__u64 pc = 0;

	if (len > sizeof(value))
		len = sizeof(value);
	if (run->mmio.is_write)
		memcpy(&value, run->mmio.data, len);

	device = find_device(addr, len);
	if (device && run->mmio.is_write) {
		device->write(vcpu->vm, addr - device->base, len, value);
	} else if (device) {
		value = device->read(vcpu->vm, addr - device->base, len);
	} else if (opt.verbose) {
		vcpu_get_reg(vcpu, REG_PC, &pc);
		warn("vCPU %u: no device at %#llx: %s of %u bytes, value %#llx, pc %#llx",
		     vcpu->index, addr, run->mmio.is_write ? "write" : "read",
		     len, value, pc);
	}

	if (!run->mmio.is_write)
		memcpy(run->mmio.data, &value, len);
}
