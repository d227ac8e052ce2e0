// SPDX-License-Identifier: GPL-2.0
/*
 * Saving a VM: the ITS of --pci (Linux: Documentation/virt/kvm/devices/arm-vgic-its.rst, arm-vgic-v3.rst).
 *
 * What the ITS has been told by commands (devices, their events, collections) and which LPIs are pending is the
 * kernel's to write, into tables in the guest's own memory, so before memory is saved. Registers say where the tables
 * are, so they are restored before them; and behind memory and the redistributors, which say where LPIs' configuration
 * is. The ITS is enabled last.
 *
 * Owns: nothing. Locks: none; main thread, while no vCPU runs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "save.h"

/*
 * In the order of a restore. IIDR has the revision, which is the tables' form; a write to CBASER makes CREADR 0.
 * CTLR is last, behind the tables.
 */
static const __u32 its_regs[] = {
	0x0004,					/* IIDR */
	0x0080, 0x0090, 0x0088,			/* CBASER, CREADR, CWRITER */
	0x0100, 0x0108, 0x0110, 0x0118, 0x0120, 0x0128, 0x0130, 0x0138,	/* BASER0 to 7 */
	0x0000,					/* CTLR */
};

#define NR_REGS	ARRAY_SIZE(its_regs)

static bool its_access(struct vm *vm, unsigned long request, unsigned int nr, __u64 *value)
{
	struct kvm_device_attr attr = {
		.group = KVM_DEV_ARM_VGIC_GRP_ITS_REGS,
		.attr = its_regs[nr],
		.addr = (unsigned long)value,
	};

	return !ioctl(vm->its_fd, request, &attr);
}

static bool do_control(int fd, __u64 what)
{
	struct kvm_device_attr attr = { .group = KVM_DEV_ARM_VGIC_GRP_CTRL, .attr = what };

	return !ioctl(fd, KVM_SET_DEVICE_ATTR, &attr);
}

static const char *failed(unsigned int nr, const char *how)
{
	static char text[64];

	snprintf(text, sizeof(text), "ITS: register %#x can't be %s", its_regs[nr], how);
	return text;
}

/* Before memory. */
const char *save_its_tables(struct vm *vm)
{
	if (!opt.pci)
		return NULL;
	if (!do_control(vm->its_fd, KVM_DEV_ARM_ITS_SAVE_TABLES))
		return "ITS: its tables can't be written to the guest's memory";
	if (!do_control(vm->gic_fd, KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES))
		return "GIC: pending messages can't be written to the guest's memory";
	return NULL;
}

const char *save_its(struct vm *vm, struct save_stream *to)
{
	__u64 values[NR_REGS];
	unsigned int i;

	if (!opt.pci)
		return NULL;
	for (i = 0; i < NR_REGS; i++)
		if (!its_access(vm, KVM_GET_DEVICE_ATTR, i, &values[i]))
			return failed(i, "read");
	return save_put(to, SAVE_ITS, 0, values, sizeof(values)) ? NULL : SAVE_CANT_WRITE;
}

/* Behind memory. */
const char *restore_its(struct vm *vm, const void *bytes, size_t size)
{
	__u64 values[NR_REGS];
	unsigned int i;

	errno = 0;
	if (size != sizeof(values))
		return SAVE_DAMAGED;
	memcpy(values, bytes, sizeof(values));
	for (i = 0; i < NR_REGS; i++) {
		if (i == NR_REGS - 1 && !do_control(vm->its_fd, KVM_DEV_ARM_ITS_RESTORE_TABLES))
			return "ITS: its tables in the guest's memory can't be read";
		if (!its_access(vm, KVM_SET_DEVICE_ATTR, i, &values[i]))
			return failed(i, "written");
	}
	return NULL;
}
