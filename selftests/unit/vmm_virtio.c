// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio devices of armvcpu-run against guests that break the rules: queues whose links, lengths, addresses and
 * indices are wrong, requests of a disk that are none, registers in the wrong order. What is right works.
 *
 * A failure means that a guest makes the VMM read or write outside of the guest's memory or of the disk, or run for
 * ever; or that a good driver is refused. Reference: virtio 1.2, sections 2.7, 4.2.2, 5.2.
 *
 * Runs at: build host. Owns: nothing.
 */
#include "vmm_virtio.h"
#include "expect.h"

/* --- the walker --- */

#define DESC	(RAM_BASE + 0x1000)
#define AVAIL	(RAM_BASE + 0x2000)
#define USED	(RAM_BASE + 0x3000)
#define TABLE	(RAM_BASE + 0x4000)	/* an indirect one */
#define DATA	(RAM_BASE + 0x10000)

#define NEXT	VRING_DESC_F_NEXT
#define WRITE	VRING_DESC_F_WRITE
#define INDIR	VRING_DESC_F_INDIRECT

static struct guest_ram ram;
static struct virtq q;
static struct virtq_chain chain;
static const char *why;

static void set_desc(__u64 table, unsigned int n, __u64 addr, __u32 len, __u16 flags, __u16 next)
{
	struct vring_desc *desc = ram_at(&ram, table + 16 * n, 16);

	*desc = (struct vring_desc) { .addr = addr, .len = len, .flags = flags, .next = next };
}

static void fresh(__u16 num)
{
	memset(ram.host, 0, ram.size);
	q = (struct virtq) { .ram = &ram, .max = 256 };
	virtq_reset(&q);
	q.num = num;
	q.desc_addr = DESC;
	q.avail_addr = AVAIL;
	q.used_addr = USED;
	q.indirect = true;
	q.event_idx = true;
	EXPECT(!virtq_enable(&q));
	q.avail->ring[0] = 0;
	q.avail->idx = 1;
}

static enum virtq_next pop(void)
{
	why = NULL;
	return virtq_pop(&q, &chain, &why);
}

#define BROKEN(text) EXPECT(pop() == VIRTQ_BROKEN && why && strstr(why, text))

static void queues_are_checked(void)
{
	static const struct { __u64 desc, avail, used; unsigned int num; } bad[] = {
		{ DESC, AVAIL, USED, 0 }, { DESC, AVAIL, USED, 3 }, { DESC, AVAIL, USED, 512 },
		{ DESC + 8, AVAIL, USED, 8 }, { DESC, AVAIL + 1, USED, 8 }, { DESC, AVAIL, USED + 2, 8 },
		{ RAM_BASE - 16, AVAIL, USED, 8 }, { 0, AVAIL, USED, 8 }, { DESC, 0, USED, 8 }, { DESC, AVAIL, 0, 8 },
		{ RAM_BASE + TEST_RAM - 16 * 7, AVAIL, USED, 8 }, { DESC, RAM_BASE + TEST_RAM - 20, USED, 8 },
		{ DESC, AVAIL, RAM_BASE + TEST_RAM - 68, 8 }, { -16ULL, AVAIL, USED, 8 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		q = (struct virtq) { .ram = &ram, .max = 256, .num = bad[i].num, .desc_addr = bad[i].desc,
				     .avail_addr = bad[i].avail, .used_addr = bad[i].used };
		EXPECT(virtq_enable(&q) && !q.ready);
	}
	q.num = 8;
	q.desc_addr = RAM_BASE + TEST_RAM - 16 * 8;
	EXPECT(!virtq_enable(&q) && q.ready);
	EXPECT(ram_at(&ram, RAM_BASE, TEST_RAM) == ram.host);
	EXPECT(!ram_at(&ram, RAM_BASE, TEST_RAM + 1) && !ram_at(&ram, RAM_BASE + 1, -1ULL) && !ram_at(&ram, 0, 0));
}

static void chains(void)
{
	fresh(8);
	set_desc(DESC, 0, DATA, 16, NEXT, 5);
	set_desc(DESC, 5, DATA + 16, 0, NEXT, 2);	/* of no length: no segment */
	set_desc(DESC, 2, DATA + 32, 100, NEXT | WRITE, 7);
	set_desc(DESC, 7, RAM_BASE + TEST_RAM - 1, 1, WRITE, 0);
	EXPECT(pop() == VIRTQ_CHAIN && chain.nr_out == 1 && chain.nr_in == 2);
	EXPECT(chain.out_len == 16 && chain.in_len == 101 && chain.head == 0);
	EXPECT(pop() == VIRTQ_NONE);

	fresh(8);
	q.avail->idx = 9;
	BROKEN("more requests");
	fresh(8);
	q.avail->ring[0] = 8;
	BROKEN("number");
	fresh(8);
	set_desc(DESC, 0, DATA, 1, NEXT, 8);
	BROKEN("number");
	fresh(8);
	set_desc(DESC, 0, DATA, 1, NEXT, 1);
	set_desc(DESC, 1, DATA, 0, NEXT, 0);
	BROKEN("without an end");
	fresh(8);
	set_desc(DESC, 0, DATA, 1, NEXT | WRITE, 1);
	set_desc(DESC, 1, DATA, 1, 0, 0);
	BROKEN("behind");
}

static void addresses(void)
{
	static const struct { __u64 addr; __u32 len; } bad[] = {
		{ 0, 1 }, { RAM_BASE - 1, 1 }, { RAM_BASE - 1, 2 }, { RAM_BASE + TEST_RAM, 1 },
		{ RAM_BASE + TEST_RAM - 1, 2 }, { RAM_BASE, TEST_RAM + 1 }, { -1ULL, 1 }, { -1ULL, 2 },
		{ RAM_BASE, -1U }, { -4096ULL, 8192 }, { 1ULL << 63 | RAM_BASE, 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		fresh(8);
		set_desc(DESC, 0, bad[i].addr, bad[i].len, i % 2 ? WRITE : 0, 0);
		BROKEN("outside");
		fresh(8);
		set_desc(DESC, 0, bad[i].addr, bad[i].len == -1U ? -16U : (bad[i].len + 15) & ~15U, INDIR, 0);
		BROKEN("outside");
	}
}

static void indirect(void)
{
	unsigned int i;

	fresh(8);
	set_desc(DESC, 0, DATA, 16, NEXT, 1);		/* plain ones, then the table with the rest */
	set_desc(DESC, 1, TABLE + 1, 48, INDIR, 0);	/* which may lie anywhere */
	set_desc(TABLE, 0, 0, 0, 0, 0);
	memcpy(ram_at(&ram, TABLE + 1, 32), (struct vring_desc[]) {
		{ .addr = DATA, .len = 8, .flags = NEXT, .next = 1 }, { .addr = DATA, .len = 4, .flags = WRITE } }, 32);
	EXPECT(pop() == VIRTQ_CHAIN && chain.nr_out == 2 && chain.nr_in == 1 && chain.out_len == 24);

	fresh(8);
	set_desc(DESC, 0, TABLE, 16, INDIR, 0);
	set_desc(TABLE, 0, DATA, 8, 0, 0);
	q.indirect = false;
	BROKEN("none is allowed");
	fresh(8);
	set_desc(DESC, 0, TABLE, 16, INDIR | NEXT, 1);
	BROKEN("none is allowed");
	fresh(8);
	set_desc(DESC, 0, TABLE, 16, INDIR, 0);
	set_desc(TABLE, 0, TABLE, 16, INDIR, 0);	/* itself */
	BROKEN("none is allowed");
	fresh(8);
	set_desc(DESC, 0, TABLE, 24, INDIR, 0);
	BROKEN("size");
	fresh(8);
	set_desc(DESC, 0, TABLE, 0, INDIR, 0);
	BROKEN("size");
	fresh(8);
	set_desc(DESC, 0, TABLE, 32, INDIR, 0);
	set_desc(TABLE, 0, DATA, 8, NEXT, 2);
	BROKEN("number");
	fresh(8);
	set_desc(DESC, 0, TABLE, 32, INDIR, 0);
	set_desc(TABLE, 0, DATA, 8, NEXT, 0);
	BROKEN("without an end");

	fresh(8);
	set_desc(DESC, 0, TABLE, 16 * 300, INDIR, 0);
	for (i = 0; i < 300; i++)
		set_desc(TABLE, i, DATA, 8, NEXT, i + 1);
	BROKEN("too many");
	set_desc(TABLE, 255, DATA, 8, 0, 0);
	EXPECT(pop() == VIRTQ_CHAIN && chain.nr_out == 256);
}

static void interrupts(void)
{
	unsigned int i;

	fresh(8);
	q.avail->ring[8] = 1;		/* used_event: when the second is done */
	virtq_push(&q, 3, 7);
	EXPECT(q.used->idx == 1 && q.used->ring[0].id == 3 && q.used->ring[0].len == 7);
	EXPECT(!virtq_wants_interrupt(&q));
	virtq_push(&q, 3, 7);
	EXPECT(virtq_wants_interrupt(&q) && !virtq_wants_interrupt(&q));
	q.avail->ring[8] = 0xfffe;	/* over the end of 16 bits */
	for (i = 0; i < 0xffff - 2; i++)
		virtq_push(&q, 0, 0);
	EXPECT(q.used->idx == 0xffff && virtq_wants_interrupt(&q));

	q.event_idx = false;
	EXPECT(virtq_wants_interrupt(&q));
	q.avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	EXPECT(!virtq_wants_interrupt(&q));

	fresh(8);
	set_desc(DESC, 0, DATA, 1, 0, 0);
	EXPECT(virtq_ask_for_doorbell(&q) && pop() == VIRTQ_CHAIN && !virtq_ask_for_doorbell(&q));
	EXPECT(*(__u16 *)&q.used->ring[8] == 1);
}

/* --- what is asked of a disk --- */

static struct blk_limits limits = { .size = 1 << 22, .max_seg = BLK_MAX_SEG, .can_discard = true };
static struct blk_request req;

/* A request whose parts are cut as the list says: lengths, ended by 0. */
static int parse(__u32 type, __u64 sector, const unsigned int *out, const unsigned int *in)
{
	struct virtio_blk_outhdr header = { .type = type, .sector = sector };
	__u8 *at = ram_at(&ram, DATA, 1);

	memcpy(at, &header, sizeof(header));
	memset(&chain, 0, sizeof(chain));
	for (; *out; at += *out++) {
		chain.iov[chain.nr_out++] = (struct iovec) { at, *out };
		chain.out_len += *out;
	}
	for (; *in; at += *in++) {
		chain.iov[chain.nr_out + chain.nr_in++] = (struct iovec) { at, *in };
		chain.in_len += *in;
	}
	return blk_parse(&chain, &limits, &req);
}

#define LIST(...)	((const unsigned int[8]) { __VA_ARGS__ })	/* ended by a 0 */
#define OK		VIRTIO_BLK_S_OK
#define IOERR		VIRTIO_BLK_S_IOERR
#define UNSUPP		VIRTIO_BLK_S_UNSUPP

static void transfers(void)
{
	__u8 *data = ram_at(&ram, DATA, 1);

	EXPECT(parse(VIRTIO_BLK_T_IN, 3, LIST(16), LIST(512, 1)) == OK);
	EXPECT(req.offset == 3 * 512 && req.len == 512 && req.nr == 1 && req.status == data + 528);
	/* Cut elsewhere: the verdict behind the data in one segment, the header in three. */
	EXPECT(parse(VIRTIO_BLK_T_IN, 0, LIST(1, 8, 7), LIST(100, 413)) == OK);
	EXPECT(req.nr == 2 && req.iov[1].iov_len == 412 && req.status == data + 528);
	EXPECT(parse(VIRTIO_BLK_T_OUT, 2047, LIST(20, 508), LIST(1)) == OK);
	EXPECT(req.nr == 2 && req.iov[0].iov_len == 4 && req.iov[0].iov_base == data + 16);

	EXPECT(parse(VIRTIO_BLK_T_IN, 0, LIST(16), LIST()) == BLK_BROKEN);
	EXPECT(parse(VIRTIO_BLK_T_IN, 0, LIST(15), LIST(513)) == BLK_BROKEN);
	EXPECT(parse(VIRTIO_BLK_T_OUT, 0, LIST(), LIST(1)) == BLK_BROKEN);

	EXPECT(parse(VIRTIO_BLK_T_IN, 0, LIST(16), LIST(1)) == IOERR);
	EXPECT(parse(VIRTIO_BLK_T_IN, 0, LIST(16), LIST(512)) == IOERR);
	EXPECT(parse(VIRTIO_BLK_T_IN, 8192, LIST(16), LIST(512, 1)) == IOERR);
	EXPECT(parse(VIRTIO_BLK_T_IN, 8191, LIST(16), LIST(1024, 1)) == IOERR);
	EXPECT(parse(VIRTIO_BLK_T_IN, -1ULL, LIST(16), LIST(512, 1)) == IOERR);
	EXPECT(parse(VIRTIO_BLK_T_OUT, 1ULL << 55, LIST(16, 512), LIST(1)) == IOERR);
	EXPECT(parse(VIRTIO_BLK_T_IN, 0, LIST(16), LIST(BLK_MAX_SEG + 512, 1)) == IOERR);
	limits.max_seg = ~0ULL;
	EXPECT(parse(VIRTIO_BLK_T_IN, 0, LIST(16), LIST(BLK_MAX_SEG + 512, 1)) == OK);
	limits.max_seg = BLK_MAX_SEG;
	EXPECT(parse(99, 0, LIST(16), LIST(512, 1)) == UNSUPP);
	EXPECT(parse(VIRTIO_BLK_T_FLUSH, -1ULL, LIST(16), LIST(1)) == OK);
	EXPECT(parse(VIRTIO_BLK_T_GET_ID, 0, LIST(16), LIST(20, 1)) == OK && req.len == 20);
	EXPECT(parse(VIRTIO_BLK_T_GET_ID, 0, LIST(16), LIST(5, 1)) == OK && req.len == 5);
	EXPECT(parse(VIRTIO_BLK_T_GET_ID, 0, LIST(16), LIST(4000, 1)) == OK && req.len == 20);

	limits.read_only = true;
	EXPECT(parse(VIRTIO_BLK_T_OUT, 0, LIST(16, 512), LIST(1)) == IOERR);
	EXPECT(parse(VIRTIO_BLK_T_IN, 0, LIST(16), LIST(512, 1)) == OK);
	limits.read_only = false;
}

static int parse_range(__u32 type, __u64 sector, __u32 nr, __u32 flags, unsigned int len)
{
	struct virtio_blk_discard_write_zeroes range = { .sector = sector, .num_sectors = nr, .flags = flags };

	memset(ram_at(&ram, DATA, 1), 0, 8192);
	memcpy(ram_at(&ram, DATA + 16, 16), &range, sizeof(range));
	return parse(type, 0, LIST(16, len), LIST(1));
}

static void ranges(void)
{
	__u32 type;

	for (type = VIRTIO_BLK_T_DISCARD; type <= VIRTIO_BLK_T_WRITE_ZEROES; type += 2) {
		EXPECT(parse_range(type, 8, 16, 0, 16) == OK);
		EXPECT(req.nr_ranges == 1 && req.range[0].offset == 4096 && req.range[0].len == 8192);
		EXPECT(parse_range(type, 8191, 2, 0, 16) == IOERR);
		EXPECT(parse_range(type, -1ULL, 1, 0, 16) == IOERR);
		EXPECT(parse_range(type, 0, -1U, 0, 16) == IOERR);
		EXPECT(parse_range(type, 0, 1, 2, 16) == UNSUPP);
		EXPECT(parse_range(type, 0, 1, 0, 15) == IOERR);
		EXPECT(parse_range(type, 0, 1, 0, 16 * 17) == IOERR);
		EXPECT(parse_range(type, 0, 1, 0, 16 * 16) == OK && req.nr_ranges == 16);
		EXPECT(parse(type, 0, LIST(16), LIST(1)) == IOERR);
		limits.can_discard = false;
		EXPECT(parse_range(type, 8, 16, 0, 16) == UNSUPP);
		limits.can_discard = true;
	}
	EXPECT(parse_range(VIRTIO_BLK_T_DISCARD, 0, 1, 1, 16) == UNSUPP);
	EXPECT(parse_range(VIRTIO_BLK_T_WRITE_ZEROES, 0, 1, 1, 16) == OK && req.range[0].unmap);
}

/* --- registers, and a whole device --- */

static struct virtio_dev *disk;
static __u64 frame;		/* of the device that is meant */

static void reg_write(__u64 offset, __u32 value)
{
	virtio_write(NULL, frame + offset, 4, value);
}

static __u32 reg_read(__u64 offset)
{
	return virtio_read(NULL, frame + offset, 4);
}

/* As a driver does it, with the features that it is given. */
static void set_up(__u64 features)
{
	reg_write(VIRTIO_MMIO_STATUS, 0);
	reg_write(VIRTIO_MMIO_STATUS, 3);
	reg_write(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	reg_write(VIRTIO_MMIO_DRIVER_FEATURES, features);
	reg_write(VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	reg_write(VIRTIO_MMIO_DRIVER_FEATURES, features >> 32);
	reg_write(VIRTIO_MMIO_STATUS, 11);
	reg_write(VIRTIO_MMIO_QUEUE_SEL, 0);
	reg_write(VIRTIO_MMIO_QUEUE_NUM, 8);
	reg_write(VIRTIO_MMIO_QUEUE_DESC_LOW, DESC);
	reg_write(VIRTIO_MMIO_QUEUE_AVAIL_LOW, AVAIL);
	reg_write(VIRTIO_MMIO_QUEUE_USED_LOW, USED);
	reg_write(VIRTIO_MMIO_QUEUE_READY, 1);
}

static void registers(void)
{
	EXPECT(reg_read(VIRTIO_MMIO_MAGIC_VALUE) == 0x74726976 && reg_read(VIRTIO_MMIO_VERSION) == 2);
	EXPECT(reg_read(VIRTIO_MMIO_DEVICE_ID) == 2 && reg_read(VIRTIO_MMIO_QUEUE_NUM_MAX) == 256);
	EXPECT(virtio_read(NULL, VIRTIO_MMIO_MAGIC_VALUE, 1) == 0 && virtio_read(NULL, 1, 4) == 0);
	EXPECT(virtio_read(NULL, 3 * VIRTIO_STRIDE, 4) == 0);	/* no fourth device */
	EXPECT(virtio_read(NULL, VIRTIO_MMIO_CONFIG, 8) == TEST_DISK / 512);
	EXPECT(virtio_read(NULL, VIRTIO_STRIDE - 1, 8) == 0 && virtio_read(NULL, VIRTIO_STRIDE - 4, 4) == 0);
	reg_write(VIRTIO_MMIO_QUEUE_SEL, 1);
	EXPECT(reg_read(VIRTIO_MMIO_QUEUE_NUM_MAX) == 0);
	reg_write(VIRTIO_MMIO_QUEUE_READY, 1);
	EXPECT(reg_read(VIRTIO_MMIO_QUEUE_READY) == 0);

	set_up(1ULL << VIRTIO_F_VERSION_1);
	EXPECT(reg_read(VIRTIO_MMIO_STATUS) == 11 && reg_read(VIRTIO_MMIO_QUEUE_READY) == 1);
	reg_write(VIRTIO_MMIO_QUEUE_DESC_LOW, 0);	/* too late */
	EXPECT(disk->queue[0].desc_addr == DESC);
	reg_write(VIRTIO_MMIO_STATUS, 0);
	EXPECT(reg_read(VIRTIO_MMIO_STATUS) == 0 && reg_read(VIRTIO_MMIO_QUEUE_READY) == 0);

	/* A draft's driver; features that nobody offered; ready without any. */
	set_up(0);
	EXPECT(reg_read(VIRTIO_MMIO_STATUS) == 3 && reg_read(VIRTIO_MMIO_QUEUE_READY) == 0);
	set_up(1ULL << VIRTIO_F_VERSION_1 | 1ULL << 40);
	EXPECT(reg_read(VIRTIO_MMIO_STATUS) == 3);
	reg_write(VIRTIO_MMIO_STATUS, 7);
	EXPECT(reg_read(VIRTIO_MMIO_STATUS) == (7 | 64) && !virtio_is_running(disk));
}

/* One request by plain descriptors: header, data, verdict. Returns the verdict. */
static int ask(__u32 type, __u64 sector, __u32 len)
{
	struct virtio_blk_outhdr *header = ram_at(&ram, DATA, sizeof(*header));
	struct vring_avail *avail = ram_at(&ram, AVAIL, 32);
	__u8 *verdict = ram_at(&ram, DATA + 16, 1);

	*header = (struct virtio_blk_outhdr) { .type = type, .sector = sector };
	*verdict = 0xff;
	set_desc(DESC, 0, DATA, 16, NEXT, len ? 1 : 2);
	set_desc(DESC, 1, DATA + 4096, len, type == VIRTIO_BLK_T_IN ? NEXT | WRITE : NEXT, 2);
	set_desc(DESC, 2, DATA + 16, 1, WRITE, 0);
	avail->ring[avail->idx % 8] = 0;
	avail->idx++;
	serve(disk, 0);
	return *verdict;
}

static void disk_works(int fd)
{
	__u8 *data = ram_at(&ram, DATA + 4096, 4096), zeroes[4096] = { 0 }, on_disk[4096];
	struct virtio_blk_discard_write_zeroes range = { .sector = 8, .num_sectors = 8 };

	memset(ram.host, 0, ram.size);
	set_up(1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_BLK_F_FLUSH);
	EXPECT(ask(VIRTIO_BLK_T_FLUSH, 0, 0) == 0xff);	/* not ready yet */
	memset(ram.host, 0, ram.size);
	reg_write(VIRTIO_MMIO_STATUS, 15);
	memset(data, 0x5a, 4096);
	EXPECT(ask(VIRTIO_BLK_T_OUT, 8, 4096) == OK);
	EXPECT(pread(fd, on_disk, 4096, 4096) == 4096 && !memcmp(on_disk, data, 4096));
	EXPECT(reg_read(VIRTIO_MMIO_INTERRUPT_STATUS) == 1);
	reg_write(VIRTIO_MMIO_INTERRUPT_ACK, 1);
	EXPECT(reg_read(VIRTIO_MMIO_INTERRUPT_STATUS) == 0);
	memset(data, 0, 4096);
	EXPECT(ask(VIRTIO_BLK_T_IN, 8, 4096) == OK && data[0] == 0x5a && data[4095] == 0x5a);
	EXPECT(((struct vring_used *)ram_at(&ram, USED, 64))->ring[1].len == 4097);
	EXPECT(ask(VIRTIO_BLK_T_FLUSH, 0, 0) == OK);
	memcpy(data, &range, sizeof(range));
	EXPECT(ask(VIRTIO_BLK_T_WRITE_ZEROES, 0, sizeof(range)) == OK);
	EXPECT(pread(fd, on_disk, 4096, 4096) == 4096 && !memcmp(on_disk, zeroes, 4096));
	EXPECT(ask(VIRTIO_BLK_T_IN, TEST_DISK / 512, 512) == IOERR);
	EXPECT(virtio_is_running(disk));

	/* A chain that is none stops it until the reset, and the driver is told. */
	reg_write(VIRTIO_MMIO_INTERRUPT_ACK, 3);
	set_desc(DESC, 0, DATA, 16, 0, 0);
	((struct vring_avail *)ram_at(&ram, AVAIL, 32))->idx++;
	serve(disk, 0);
	EXPECT(reg_read(VIRTIO_MMIO_STATUS) == (15 | 64) && reg_read(VIRTIO_MMIO_INTERRUPT_STATUS) & 2);
	EXPECT(ask(VIRTIO_BLK_T_FLUSH, 0, 0) == 0xff);
	memset(ram.host, 0, ram.size);
	set_up(1ULL << VIRTIO_F_VERSION_1);
	reg_write(VIRTIO_MMIO_STATUS, 15);
	EXPECT(ask(VIRTIO_BLK_T_FLUSH, 0, 0) == OK);
}

/* A wire: what is sent on it comes back. */
static __u8 wire[NET_FRAME_MAX];
static size_t on_wire;

static void wire_send(struct net *net, const struct iovec *iov, unsigned int nr)
{
	(void)net;
	on_wire = iov_get(iov, nr, 0, wire, sizeof(wire));
}

static size_t wire_receive(struct net *net, __u8 *to, size_t room)
{
	size_t len = on_wire;

	(void)net;
	memcpy(to, wire, len < room ? len : room);
	on_wire = 0;
	return len;
}

static struct virtio_dev *add_wire(void)
{
	static const struct net_ops wire_ops = { .send = wire_send, .receive = wire_receive };
	struct net_dev *net = calloc(1, sizeof(*net));

	net->net.ops = &wire_ops;
	net->dev.ops = &net_ops;
	net->dev.own = net;
	virtio_add(&net->dev);
	return &net->dev;
}

/* One buffer for one queue; both use the same rings, one after the other. */
static __u32 exchange(struct virtio_dev *dev, unsigned int queue, __u32 len, __u16 flags)
{
	struct vring_avail *avail = ram_at(&ram, AVAIL, 32);
	struct vring_used *used = ram_at(&ram, USED, 64);

	memset(avail, 0, 32);
	memset(used, 0, 64);
	set_up(1ULL << VIRTIO_F_VERSION_1);
	reg_write(VIRTIO_MMIO_QUEUE_READY, 0);
	reg_write(VIRTIO_MMIO_QUEUE_SEL, queue);
	reg_write(VIRTIO_MMIO_QUEUE_NUM, 8);
	reg_write(VIRTIO_MMIO_QUEUE_DESC_LOW, DESC);
	reg_write(VIRTIO_MMIO_QUEUE_AVAIL_LOW, AVAIL);
	reg_write(VIRTIO_MMIO_QUEUE_USED_LOW, USED);
	reg_write(VIRTIO_MMIO_QUEUE_READY, 1);
	reg_write(VIRTIO_MMIO_STATUS, 15);
	set_desc(DESC, 0, DATA, len, flags, 0);
	avail->idx = 1;
	serve(dev, queue);
	return used->idx == 1 ? used->ring[0].len : -1U;
}

static void other_devices(struct virtio_dev *net, struct virtio_dev *rng)
{
	__u8 *data = ram_at(&ram, DATA, 8192), zeroes[64] = { 0 };

	frame = net->index * VIRTIO_STRIDE;
	memset(data, 0x77, 100);
	EXPECT(exchange(net, 1, 100, 0) == 0 && on_wire == 100 && wire[99] == 0x77);
	memset(data, 0, 200);
	EXPECT(exchange(net, 0, 200, WRITE) == 100 && data[99] == 0x77 && data[100] == 0 && data[10] == 1);
	EXPECT(!on_wire);
	/* Waits for a buffer; is lost when the buffer is too small. */
	EXPECT(exchange(net, 1, 100, 0) == 0);
	EXPECT(exchange(net, 0, 99, WRITE) == 0 && !on_wire);
	EXPECT(exchange(net, 1, NET_HEADER - 1, 0) == -1U && !virtio_is_running(net));
	EXPECT(exchange(net, 1, 100, WRITE) == -1U && !virtio_is_running(net));
	on_wire = 50;
	EXPECT(exchange(net, 0, 100, 0) == -1U && !virtio_is_running(net));
	EXPECT(exchange(net, 1, 100000, 0) == 0 && !on_wire);	/* longer than any packet */

	frame = rng->index * VIRTIO_STRIDE;
	memset(data, 0, 8192);
	EXPECT(exchange(rng, 0, 64, WRITE) == 64 && memcmp(data, zeroes, 64) && !memcmp(data + 64, zeroes, 64));
	EXPECT(exchange(rng, 0, 8192, WRITE) == RNG_MAX);
	EXPECT(exchange(rng, 0, 64, 0) == -1U && !virtio_is_running(rng));
	frame = 0;
}

/* A disk in the middle of its work, as a file has it. */
static struct saved_dev state;

static const char *restored(void)
{
	virtio_mmio_reset(disk);
	return virtio_dev_restore(disk, &state, sizeof(state));
}

#define REFUSED(field, value) do {						\
	struct saved_dev good = state;						\
	state.field = value;							\
	EXPECT(restored() && !virtio_is_running(disk));				\
	state = good;								\
} while (0)

static void saved_and_restored(void)
{
	frame = 0;
	memset(ram.host, 0, ram.size);
	set_up(1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_BLK_F_FLUSH | 1ULL << VIRTIO_BLK_F_CONFIG_WCE);
	reg_write(VIRTIO_MMIO_STATUS, 15);
	EXPECT(ask(VIRTIO_BLK_T_FLUSH, 0, 0) == OK && ask(VIRTIO_BLK_T_FLUSH, 0, 0) == OK);
	virtio_write(NULL, VIRTIO_MMIO_CONFIG + offsetof(struct virtio_blk_config, wce), 1, 0);
	EXPECT(virtio_dev_save(disk, &state) == sizeof(state));
	EXPECT(!restored() && virtio_is_running(disk) && writes_through(disk));
	EXPECT(reg_read(VIRTIO_MMIO_INTERRUPT_STATUS) == 1);
	EXPECT(ask(VIRTIO_BLK_T_IN, 8, 4096) == OK);
	EXPECT(disk->queue[0].next_avail == 3 && disk->queue[0].next_used == 3);

	EXPECT(virtio_dev_restore(disk, &state, sizeof(state) - 1));
	REFUSED(id, 1);
	REFUSED(nr_queues, 2);
	REFUSED(reserved, 1);
	REFUSED(status, 0x10f);
	REFUSED(status, 7);		/* ready without features */
	REFUSED(driver_features, 1ULL << 40 | 1ULL << VIRTIO_F_VERSION_1);
	REFUSED(driver_features, 0);
	REFUSED(config[0], 1);		/* capacity */
	REFUSED(config[8], 1);		/* size_max */
	REFUSED(queue[0].num, 3);
	REFUSED(queue[0].num, 512);
	REFUSED(queue[0].ready, 2);
	REFUSED(queue[0].desc_addr, 0);
	REFUSED(queue[0].avail_addr, RAM_BASE + TEST_RAM - 4);
	REFUSED(queue[0].used_addr, -4ULL);
	/* Indices that no driver would have: the queue breaks when it is looked at. */
	state.queue[0].next_avail = 0x8000;
	EXPECT(!restored());
	serve(disk, 0);
	EXPECT(!virtio_is_running(disk));
	virtio_mmio_reset(disk);
}

static void words(void)
{
	char text[] = "a,,b,ro,,key=x,", *rest = text;

	EXPECT(!strcmp(suboption_next(&rest), "a,b"));
	EXPECT(!strcmp(suboption_next(&rest), "ro,key=x"));
	EXPECT(!strcmp(suboption_next(&rest), "") && !suboption_next(&rest));
	EXPECT(!strcmp(suboption_value("format=raw", "format"), "raw"));
	EXPECT(!suboption_value("format", "format") && !suboption_value("formatx=1", "format"));
}

static unsigned int served;

static bool serves_long(struct virtio_dev *dev, unsigned int queue)
{
	(void)dev;
	(void)queue;
	return ++served < 1000;
}

/* A queue that is never empty lets the other have its turn, and is come back to. */
static void queues_take_turns(void)
{
	static const struct virtio_ops ops = { .nr_queues = 2, .serve = serves_long };
	struct virtio_dev dev = { .ops = &ops, .lock = PTHREAD_MUTEX_INITIALIZER };
	__u64 rings = 0;

	dev.doorbell[0] = -1;
	dev.doorbell[1] = eventfd(0, EFD_NONBLOCK);
	serve(&dev, 1);
	EXPECT(served == 64);
	EXPECT(read(dev.doorbell[1], &rings, sizeof(rings)) == sizeof(rings) && rings == 1);
	served = 999;
	serve(&dev, 1);
	EXPECT(read(dev.doorbell[1], &rings, sizeof(rings)) < 0);
	close(dev.doorbell[1]);
}

int main(void)
{
	char name[64];
	int fd;

	fd = test_machine(&ram, name, sizeof(name));
	queues_are_checked();
	chains();
	addresses();
	indirect();
	interrupts();
	transfers();
	ranges();
	disk_add(name);
	disk = devices[0];
	rng_add();
	add_wire();
	virtio_create(&test_vm);
	registers();
	disk_works(fd);
	saved_and_restored();
	other_devices(devices[2], devices[1]);
	words();
	queues_take_turns();
	return failed;
}
