// SPDX-License-Identifier: GPL-2.0
/* ITS: device set-up (user space) and guest driver (EL1 of the guest). */
#include "its.h"

int its_create_device(struct vm *vm)
{
	struct kvm_create_device cd = { .type = KVM_DEV_TYPE_ARM_VGIC_ITS };
	u64 base = ITS_BASE;
	int ret = kioctlp(vm->fd, KVM_CREATE_DEVICE, &cd);

	if (ret)
		die("CREATE_DEVICE of an ITS: %s", strerror(-ret));
	ret = dev_attr(cd.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_ITS_ADDR_TYPE, &base);
	if (!ret)
		ret = dev_attr(cd.fd, KVM_SET_DEVICE_ATTR, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
	if (ret)
		die("attributes of the ITS: %s", strerror(-ret));
	return cd.fd;
}

int its_create(struct vm *vm)
{
	int fd = its_create_device(vm);

	mem_add(vm, ITS_SLOT, 0, ITS_RAM, ITS_RAM_SIZE);
	return fd;
}

int its_msi(struct vm *vm, u32 device, u32 event)
{
	struct kvm_msi msi = {
		.address_lo = ITS_BASE + GITS_TRANSLATER,
		.data = event,
		.devid = device,
		.flags = KVM_MSI_VALID_DEVID,
	};

	return kioctlp(vm->fd, KVM_SIGNAL_MSI, &msi);
}

/* ---- guest half ---------------------------------------------------------- */

static u64 queue_size, queue_at;

void its_init(u32 queue_pages, bool indirect)
{
	u64 devices = ITS_DEVICES | GITS_VALID;
	u32 i;

	for (i = 0; i < 57344; i += 8)
		*(volatile u64 *)(ITS_PROP + i) = 0x0101010101010101ULL * (LPI_PRIO | LPI_ON);
	if (indirect) {
		/* DeviceIDs 8192 to 16383 only */
		*(volatile u64 *)(ITS_DEVICES + 8) = ITS_LEVEL2 | GITS_VALID;
		devices |= GITS_INDIRECT;
	}
	dsb_sy();
	queue_size = queue_pages * 4096;
	queue_at = 0;
	writeq(devices, ITS_BASE + GITS_BASER(0));
	writeq(ITS_COLLECTIONS | GITS_VALID, ITS_BASE + GITS_BASER(1));
	writeq(ITS_QUEUE | (queue_pages - 1) | GITS_VALID, ITS_BASE + GITS_CBASER);
	writel(GITS_CTLR_ENABLE, ITS_BASE + GITS_CTLR);
	GUEST_ASSERT_EQ(GITS_CTLR_ENABLE | GITS_CTLR_QUIESCENT, readl(ITS_BASE + GITS_CTLR));
}

void its_cpu_init(bool pending_is_zero)
{
	u64 rd = gic_redist();

	writeq(ITS_PROP | 15, rd + GICR_PROPBASER);
	writeq(ITS_PEND(this_cpu()->index) | (pending_is_zero ? GICR_PTZ : 0), rd + GICR_PENDBASER);
	dsb_sy();
	writel(readl(rd + GICR_CTLR) | 1, rd + GICR_CTLR);
	GUEST_ASSERT(readl(rd + GICR_CTLR) & 1);
}

void its_queue_cmd(u64 w0, u64 w1, u64 w2, u64 w3)
{
	volatile u64 *slot = (u64 *)(ITS_QUEUE + queue_at);

	slot[0] = w0;
	slot[1] = w1;
	slot[2] = w2;
	slot[3] = w3;
	queue_at = (queue_at + 32) % queue_size;
}

void its_kick(void)
{
	dsb_sy();
	writeq(queue_at, ITS_BASE + GITS_CWRITER);
	while (readq(ITS_BASE + GITS_CREADR) != queue_at)
		cpu_relax();
}

void its_cmd(u64 w0, u64 w1, u64 w2, u64 w3)
{
	its_queue_cmd(w0, w1, w2, w3);
	its_kick();
}

void its_mapd(u32 device, u32 bits, u64 itt)
{
	its_cmd(ITS_MAPD | (u64)device << 32, bits ? bits - 1 : 0, bits ? itt | GITS_VALID : 0, 0);
}

void its_mapc(u32 icid, u32 cpu, bool valid)
{
	its_cmd(ITS_MAPC, 0, (valid ? GITS_VALID : 0) | (u64)cpu << 16 | icid, 0);
}

void its_mapti(u32 device, u32 event, u32 lpi, u32 icid)
{
	its_cmd(ITS_MAPTI | (u64)device << 32, (u64)lpi << 32 | event, icid, 0);
}

void its_event_cmd(enum its_code code, u32 device, u32 event)
{
	its_cmd(code | (u64)device << 32, event, 0, 0);
}

void its_movi(u32 device, u32 event, u32 icid)
{
	its_cmd(ITS_MOVI | (u64)device << 32, event, icid, 0);
}

void lpi_set_prop(u32 lpi, u8 prop)
{
	*(volatile u8 *)(ITS_PROP + lpi - LPI) = prop;
	dsb_sy();
}
