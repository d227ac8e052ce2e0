// SPDX-License-Identifier: GPL-2.0
/*
 * What a driver asks of a virtio block device (virtio 1.2, section 5.2.6), made out of a chain and checked.
 *
 * A request is a header, data, and a byte for the verdict. Where the segments are cut is the driver's choice: the
 * header is the first 16 bytes that the device reads, the verdict the last byte that it writes.
 *
 * Owns: nothing. Locks: none.
 */
#define _GNU_SOURCE
#include <string.h>

#include "blk_request.h"

/* Is [offset, offset + len) on the disk? */
static bool on_disk(const struct blk_limits *limits, __u64 sector, __u64 len, __u64 *offset)
{
	__u64 sectors = limits->size / BLK_SECTOR;

	if (sector > sectors || len > (sectors - sector) * BLK_SECTOR)
		return false;
	*offset = sector * BLK_SECTOR;
	return true;
}

/* Data of the disk, in either direction; iov holds it. */
static int parse_transfer(const struct blk_limits *limits, struct blk_request *req, __u64 sector, __u64 len)
{
	unsigned int i;

	if (len == 0 || len % BLK_SECTOR || req->nr > BLK_MAX_SEGS || !on_disk(limits, sector, len, &req->offset))
		return VIRTIO_BLK_S_IOERR;
	for (i = 0; i < req->nr; i++)
		if (req->iov[i].iov_len > limits->max_seg)
			return VIRTIO_BLK_S_IOERR;
	req->len = len;
	return VIRTIO_BLK_S_OK;
}

/* A list of pieces of the disk; which flags are errors: 5.2.6.2. */
static int parse_ranges(const struct blk_limits *limits, struct blk_request *req, __u64 len)
{
	struct virtio_blk_discard_write_zeroes from[BLK_MAX_RANGES];
	const __u32 allowed = req->type == VIRTIO_BLK_T_WRITE_ZEROES ? VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0;
	unsigned int i;

	if (len == 0 || len % sizeof(from[0]) || len > sizeof(from))
		return VIRTIO_BLK_S_IOERR;
	iov_get(req->iov, req->nr, 0, from, len);
	req->nr_ranges = len / sizeof(from[0]);
	for (i = 0; i < req->nr_ranges; i++) {
		if (from[i].flags & ~allowed)
			return VIRTIO_BLK_S_UNSUPP;
		req->range[i].len = from[i].num_sectors * BLK_SECTOR;
		req->range[i].unmap = from[i].flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
		if (from[i].num_sectors > BLK_MAX_RANGE ||
		    !on_disk(limits, from[i].sector, req->range[i].len, &req->range[i].offset))
			return VIRTIO_BLK_S_IOERR;
	}
	return VIRTIO_BLK_S_OK;
}

/*
 * Returns VIRTIO_BLK_S_OK if the request can be carried out, or the status that it ends with. When there is no place
 * for a status, or no header, BLK_BROKEN.
 */
int blk_parse(const struct virtq_chain *chain, const struct blk_limits *limits, struct blk_request *req)
{
	const struct iovec *in = chain->iov + chain->nr_out;
	struct virtio_blk_outhdr header;
	__u64 out_len, in_len;

	if (chain->out_len < sizeof(header) || chain->in_len < 1)
		return BLK_BROKEN;
	iov_get(chain->iov, chain->nr_out, 0, &header, sizeof(header));
	out_len = chain->out_len - sizeof(header);
	in_len = chain->in_len - 1;
	iov_slice(&req->iov[0], in, chain->nr_in, in_len, 1);
	req->status = req->iov[0].iov_base;
	req->type = header.type;
	req->nr = 0;
	req->nr_ranges = 0;
	req->len = 0;

	switch (header.type) {
	case VIRTIO_BLK_T_IN:
		req->nr = iov_slice(req->iov, in, chain->nr_in, 0, in_len);
		return parse_transfer(limits, req, header.sector, in_len);
	case VIRTIO_BLK_T_GET_ID:
		req->nr = iov_slice(req->iov, in, chain->nr_in, 0, in_len);
		req->len = in_len < BLK_ID_LEN ? in_len : BLK_ID_LEN;
		return VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_FLUSH:
		return VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_OUT:
		if (limits->read_only)
			return VIRTIO_BLK_S_IOERR;
		req->nr = iov_slice(req->iov, chain->iov, chain->nr_out, sizeof(header), out_len);
		return parse_transfer(limits, req, header.sector, out_len);
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		if (!limits->can_discard)
			return VIRTIO_BLK_S_UNSUPP;
		req->nr = iov_slice(req->iov, chain->iov, chain->nr_out, sizeof(header), out_len);
		return parse_ranges(limits, req, out_len);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}
