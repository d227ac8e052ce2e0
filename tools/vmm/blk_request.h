/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a driver asks of a virtio block device (virtio 1.2, section 5.2.6), made out of a chain and checked.
 *
 * Touches no disk, so that the build machine can test it: selftests/unit/vmm_blk.c, selftests/fuzz/pure_blk.c.
 */
#ifndef VMM_BLK_REQUEST_H
#define VMM_BLK_REQUEST_H

#include <linux/virtio_blk.h>

#include "virtq.h"

#define BLK_SECTOR	512ULL
#define BLK_ID_LEN	20
/* What the device tells of itself; a request that is bigger fails. */
#define BLK_MAX_SEGS	126
#define BLK_MAX_SEG	(1U << 20)
#define BLK_MAX_RANGES	16
#define BLK_MAX_RANGE	(1U << 22)	/* sectors to discard or to zero: 2 GiB */

/* A piece of the disk to discard or to fill with zeroes; in bytes. */
struct blk_range {
	__u64	offset, len;
	bool	unmap;
};

struct blk_request {
	__u32		type;		/* VIRTIO_BLK_T_* */
	__u8		*status;	/* where the verdict goes, one byte of guest memory */
	__u64		offset, len;	/* IN and OUT: bytes of the disk */
	unsigned int	nr;		/* the data, in the guest's memory */
	struct iovec	iov[VIRTQ_MAX];
	unsigned int	nr_ranges;	/* DISCARD and WRITE_ZEROES */
	struct blk_range range[BLK_MAX_RANGES];
};

struct blk_limits {
	__u64	size;			/* of the disk, bytes */
	__u64	max_seg;		/* bytes of a segment: see blk_serve() */
	bool	read_only;
	bool	can_discard;
};

/* Not a status: the chain is none of a block device. */
#define BLK_BROKEN	(-1)

int blk_parse(const struct virtq_chain *chain, const struct blk_limits *limits, struct blk_request *req);

#endif
