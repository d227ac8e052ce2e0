// SPDX-License-Identifier: GPL-2.0
/*
 * A virtio disk, a network and a source of random numbers whose driver does anything: registers in any order, queues
 * and requests out of random words and of good ones that are a little wrong. The device's answer is watched: nothing
 * outside of the guest's memory is touched (the sanitizer looks), the disk's size stays, it comes to an end, and
 * after a reset a good request works.
 */
#define _GNU_SOURCE
#include "pure.h"

#define main unit_main
#include "unit/vmm_virtio.c"
#undef main

static const __u16 offsets[] = {
	VIRTIO_MMIO_DEVICE_FEATURES_SEL, VIRTIO_MMIO_DRIVER_FEATURES, VIRTIO_MMIO_DRIVER_FEATURES_SEL,
	VIRTIO_MMIO_QUEUE_SEL, VIRTIO_MMIO_QUEUE_NUM, VIRTIO_MMIO_QUEUE_READY, VIRTIO_MMIO_QUEUE_NOTIFY,
	VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_STATUS, VIRTIO_MMIO_QUEUE_DESC_LOW, VIRTIO_MMIO_QUEUE_DESC_HIGH,
	VIRTIO_MMIO_QUEUE_AVAIL_LOW, VIRTIO_MMIO_QUEUE_USED_LOW, VIRTIO_MMIO_CONFIG + 32,
};

static const __u64 places[] = { DESC, TABLE, DATA, DATA + 4096, RAM_BASE + TEST_RAM - 16, RAM_BASE, 0, AVAIL };

/* An address that is often in RAM, and often at an edge of it. */
static __u64 take_address(struct input *in)
{
	__u8 kind = bytes(in, 1);

	if (kind < 200)
		return places[kind % 8] + (kind < 100 ? 0 : bytes(in, 1));
	return kind < 230 ? RAM_BASE + bytes(in, 3) : take_number(in);
}

static void random_desc(struct input *in)
{
	__u64 table = bytes(in, 1) & 1 ? DESC : TABLE;
	unsigned int n = bytes(in, 1) % 8;
	__u64 addr = take_address(in);
	__u8 kind = bytes(in, 1);
	__u32 len = kind < 128 ? 16 * (kind % 65) : kind < 200 ? kind % 32 : take_number(in);

	set_desc(table, n, addr, len, bytes(in, 1) % 8, bytes(in, 1) % 10);
}

static void random_header(struct input *in)
{
	struct virtio_blk_outhdr header = { .type = bytes(in, 1) % 16 };

	header.sector = bytes(in, 1);
	if (header.sector > 200)
		header.sector = take_number(in);
	memcpy(ram_at(&ram, DATA, 16), &header, 16);
}

static void random_step(struct input *in)
{
	struct vring_avail *avail = ram_at(&ram, AVAIL, 64);
	__u16 offset;

	frame = bytes(in, 1) % 3 * VIRTIO_STRIDE;
	switch (bytes(in, 1) % 8) {
	case 0:
	case 1:
		random_desc(in);
		break;
	case 2:
		random_header(in);
		break;
	case 3:
		avail->ring[avail->idx % 8] = bytes(in, 1) % 9;
		avail->idx += bytes(in, 1) % 16 ? 1 : bytes(in, 2);
		break;
	case 4:
		offset = offsets[bytes(in, 1) % ARRAY_SIZE(offsets)];
		virtio_write(NULL, frame + offset, 4, bytes(in, 1) & 1 ? bytes(in, 1) % 16 : take_address(in));
		break;
	case 5:
		virtio_write(NULL, bytes(in, 2), 1 << bytes(in, 1) % 4, take_number(in));
		virtio_read(NULL, bytes(in, 2), 1 << bytes(in, 1) % 4);
		break;
	case 6:
		serve(devices[frame / VIRTIO_STRIDE], frame == 2 * VIRTIO_STRIDE && bytes(in, 1) & 1);
		break;
	case 7:
		set_up(1ULL << VIRTIO_F_VERSION_1 | (bytes(in, 1) & 3ULL) << 28 | bytes(in, 1) << 8 | 3 << 13);
		reg_write(VIRTIO_MMIO_STATUS, 15);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	static int fd = -1;
	struct stat st;
	char name[64];

	if (fd < 0) {
		fd = test_machine(&ram, name, sizeof(name));
		disk_add(name);
		disk = devices[0];
		rng_add();
		add_wire();
		virtio_create(&test_vm);
	}
	memset(ram.host, 0, 0x20000);
	set_up(1ULL << VIRTIO_F_VERSION_1 | 3ULL << 28 | 1 << 9 | 1 << 13 | 1 << 14);
	reg_write(VIRTIO_MMIO_STATUS, 15);
	while (more(&in))
		random_step(&in);
	serve(disk, 0);
	frame = 0;
	REQUIRE(!fstat(fd, &st) && st.st_size == TEST_DISK);

	memset(ram.host, 0, 0x20000);
	set_up(1ULL << VIRTIO_F_VERSION_1);
	reg_write(VIRTIO_MMIO_STATUS, 15);
	memset(ram_at(&ram, DATA + 4096, 512), 0xa5, 512);
	REQUIRE(ask(VIRTIO_BLK_T_OUT, 1, 512) == OK);
	memset(ram_at(&ram, DATA + 4096, 512), 0, 512);
	REQUIRE(ask(VIRTIO_BLK_T_IN, 1, 512) == OK && *(__u8 *)ram_at(&ram, DATA + 4096 + 511, 1) == 0xa5);
	return 0;
}
