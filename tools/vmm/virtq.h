/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Split virtqueues (virtio 1.2, section 2.7) in the memory of a guest that is not trusted.
 *
 * Knows nothing of devices or of KVM, so that the build machine can test it: selftests/unit/vmm_virtq.c,
 * selftests/fuzz/pure_virtq.c.
 */
#ifndef VMM_VIRTQ_H
#define VMM_VIRTQ_H

#include <linux/types.h>
#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* Descriptors of a queue, and segments of a chain, at most. */
#define VIRTQ_MAX	256

/* The guest's RAM: in this process, and where the guest sees it. */
struct guest_ram {
	__u8	*host;
	__u64	base, size;
};

struct virtq {
	const struct guest_ram *ram;
	__u16		max;		/* what the device offers, a power of 2 */

	/* What the driver wrote to the device's registers. */
	__u16		num;
	__u64		desc_addr, avail_addr, used_addr;
	bool		event_idx;	/* VIRTIO_RING_F_EVENT_IDX is agreed upon */
	bool		indirect;	/* VIRTIO_RING_F_INDIRECT_DESC, too */

	/* From virtq_enable() on: the parts, all of them inside of RAM. */
	bool		ready;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	__u16		next_avail;	/* the next entry to take */
	__u16		next_used;	/* the next entry to fill */
	__u16		signalled;	/* next_used when an interrupt was last thought about */
};

/* A request: first the parts that the device reads, then those that it writes. */
struct virtq_chain {
	__u16		head;		/* its name, for virtq_push() */
	unsigned int	nr_out, nr_in;
	__u64		out_len, in_len; /* bytes */
	struct iovec	iov[VIRTQ_MAX];	/* nr_out + nr_in */
};

enum virtq_next {
	VIRTQ_NONE,
	VIRTQ_CHAIN,
	VIRTQ_BROKEN,		/* the driver did what it must not do; the queue can't be used until a reset */
};

void *ram_at(const struct guest_ram *ram, __u64 addr, __u64 size);

void virtq_reset(struct virtq *q);
const char *virtq_enable(struct virtq *q);
enum virtq_next virtq_pop(struct virtq *q, struct virtq_chain *chain, const char **why);
void virtq_push(struct virtq *q, __u16 head, __u32 written);
bool virtq_wants_interrupt(struct virtq *q);
bool virtq_ask_for_doorbell(struct virtq *q);

/* Bytes of a list of segments, which may be cut anywhere (virtio 1.2, 2.7.4). */
size_t iov_get(const struct iovec *iov, unsigned int nr, size_t offset, void *to, size_t len);
size_t iov_put(const struct iovec *iov, unsigned int nr, size_t offset, const void *from, size_t len);
unsigned int iov_slice(struct iovec *to, const struct iovec *iov, unsigned int nr, size_t offset, size_t len);

#endif
