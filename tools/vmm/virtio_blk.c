// SPDX-License-Identifier: GPL-2.0
/*
 * Disks: virtio block devices (virtio 1.2, section 5.2), from --disk.
 *
 * What a request is says blk_request.c, where the bytes are disk.h. The data goes between the file and the guest's
 * memory in one system call, without a copy here: it means nothing to this program.
 *
 * Owns: struct blk. Locks: the device's, held by the caller.
 */
#define _GNU_SOURCE
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blk_request.h"
#include "disk.h"
#include "virtio.h"

struct blk {
	struct virtio_dev	dev;
	struct disk		disk;
	struct blk_request	request;
	char			id[BLK_ID_LEN];
};

_Static_assert(sizeof(struct virtio_blk_config) <= VIRTIO_CONFIG_MAX, "config space");

static struct virtio_blk_config *config_of(struct virtio_dev *dev)
{
	return (struct virtio_blk_config *)dev->config;
}

static bool agreed(const struct virtio_dev *dev, unsigned int feature)
{
	return dev->driver_features & 1ULL << feature;
}

/* A driver that can't flush, or that turned the cache off, is told of a write when it is on the disk (5.2.6.2). */
static bool writes_through(struct virtio_dev *dev)
{
	return !agreed(dev, VIRTIO_BLK_F_FLUSH) || (agreed(dev, VIRTIO_BLK_F_CONFIG_WCE) && !config_of(dev)->wce);
}

static int do_write(struct blk *blk, const struct blk_request *req)
{
	int err = blk->disk.ops->write(&blk->disk, req->iov, req->nr, req->offset);

	if (!err && writes_through(&blk->dev))
		err = blk->disk.ops->flush(&blk->disk);
	return err;
}

static int do_ranges(struct blk *blk, const struct blk_request *req)
{
	const struct disk_ops *ops = blk->disk.ops;
	const struct blk_range *r;
	unsigned int i;
	int err = 0;

	for (i = 0; i < req->nr_ranges && !err; i++) {
		r = &req->range[i];
		if (r->len == 0)
			continue;
		if (req->type == VIRTIO_BLK_T_DISCARD)
			err = ops->discard(&blk->disk, r->offset, r->len);
		else
			err = ops->write_zeroes(&blk->disk, r->offset, r->len, r->unmap);
	}
	if (!err && req->type == VIRTIO_BLK_T_WRITE_ZEROES && writes_through(&blk->dev))
		err = ops->flush(&blk->disk);
	return err;
}

/* Returns 0 or -errno. */
static int carry_out(struct blk *blk, const struct blk_request *req)
{
	switch (req->type) {
	case VIRTIO_BLK_T_IN:
		return blk->disk.ops->read(&blk->disk, req->iov, req->nr, req->offset);
	case VIRTIO_BLK_T_OUT:
		return do_write(blk, req);
	case VIRTIO_BLK_T_FLUSH:
		return blk->disk.read_only ? 0 : blk->disk.ops->flush(&blk->disk);
	case VIRTIO_BLK_T_GET_ID:
		iov_put(req->iov, req->nr, 0, blk->id, req->len);
		return 0;
	default:
		return do_ranges(blk, req);
	}
}

static bool blk_serve(struct virtio_dev *dev, unsigned int queue)
{
	struct blk *blk = dev->own;
	const struct blk_limits limits = {
		.size = blk->disk.size,
		/* UEFI does not ask for the limit, and reads a file in one segment. */
		.max_seg = agreed(dev, VIRTIO_BLK_F_SIZE_MAX) ? BLK_MAX_SEG : ~0ULL,
		.read_only = blk->disk.read_only,
		.can_discard = blk->disk.can_discard,
	};
	struct blk_request *req = &blk->request;
	__u32 written = 1;
	int status, err;

	if (!virtio_pop(dev, queue))
		return false;
	status = blk_parse(&dev->chain, &limits, req);
	if (status == BLK_BROKEN) {
		virtio_broken(dev, "no block request");
		return false;
	}
	if (status == VIRTIO_BLK_S_OK) {
		err = carry_out(blk, req);
		if (err) {
			verbose("--disk %s: request %u at %llu: %s", blk->disk.name, req->type, req->offset,
				errno_text(-err));
			status = VIRTIO_BLK_S_IOERR;
		} else if (req->type == VIRTIO_BLK_T_IN || req->type == VIRTIO_BLK_T_GET_ID) {
			written += dev->chain.in_len - 1;
		}
	}
	*req->status = status;
	virtio_push(dev, queue, written);
	return true;
}

/* The only byte that a driver may write says whether there is a cache that has to be flushed. */
static void blk_config_write(struct virtio_dev *dev, unsigned int offset, unsigned int len, __u64 value)
{
	if (offset == offsetof(struct virtio_blk_config, wce) && len == 1 && agreed(dev, VIRTIO_BLK_F_CONFIG_WCE))
		config_of(dev)->wce = value & 1;
}

static void blk_reset(struct virtio_dev *dev)
{
	config_of(dev)->wce = 1;
}

/* The disk must be the one that it was, as far as that can be seen; the cache is as the driver set it. */
static const char *blk_restore_config(struct virtio_dev *dev, const __u8 *config)
{
	struct virtio_blk_config here = *config_of(dev), saved;

	memcpy(&saved, config, sizeof(saved));
	if (saved.capacity != here.capacity)
		return "the disk had another size";
	here.wce = saved.wce;
	if (memcmp(&here, &saved, sizeof(here)))
		return "the disk was of another kind";
	config_of(dev)->wce = saved.wce & 1;
	return NULL;
}

static int blk_flush(struct virtio_dev *dev)
{
	struct blk *blk = dev->own;

	return blk->disk.read_only ? 0 : blk->disk.ops->flush(&blk->disk);
}

static const struct virtio_ops blk_ops = {
	.name		= "disk",
	.id		= VIRTIO_ID_BLOCK,
	.nr_queues	= 1,
	.queue_max	= VIRTQ_MAX,
	.config_len	= sizeof(struct virtio_blk_config),
	.serve		= blk_serve,
	.reset		= blk_reset,
	.config_write	= blk_config_write,
	.restore_config	= blk_restore_config,
	.flush		= blk_flush,
};

static void describe(struct blk *blk)
{
	struct virtio_blk_config *config = config_of(&blk->dev);
	__u64 features = 1ULL << VIRTIO_BLK_F_SIZE_MAX | 1ULL << VIRTIO_BLK_F_SEG_MAX | 1ULL << VIRTIO_BLK_F_FLUSH;

	config->capacity = blk->disk.size / BLK_SECTOR;
	config->size_max = BLK_MAX_SEG;
	config->seg_max = BLK_MAX_SEGS;
	if (blk->disk.read_only)
		features |= 1ULL << VIRTIO_BLK_F_RO;
	else
		features |= 1ULL << VIRTIO_BLK_F_CONFIG_WCE;
	if (blk->disk.can_discard) {
		features |= 1ULL << VIRTIO_BLK_F_DISCARD | 1ULL << VIRTIO_BLK_F_WRITE_ZEROES;
		config->max_discard_sectors = BLK_MAX_RANGE;
		config->max_discard_seg = BLK_MAX_RANGES;
		config->discard_sector_alignment = 1;
		config->max_write_zeroes_sectors = BLK_MAX_RANGE;
		config->max_write_zeroes_seg = BLK_MAX_RANGES;
		config->write_zeroes_may_unmap = 1;
	}
	blk->dev.features = features;
}

/* --disk FILE[,ro][,format=raw|qcow2]. What kind of file it is, is not guessed: its first bytes are the guest's. */
void disk_add(char *arg)
{
	char *name = suboption_next(&arg), *word;
	struct blk *blk = calloc(1, sizeof(*blk));
	const char *format;
	bool qcow2 = false;

	if (!blk)
		die_errno("memory for --disk");
	if (!*name)
		die("--disk: no file named; see --help");
	blk->disk.name = name;
	while ((word = suboption_next(&arg))) {
		format = suboption_value(word, "format");
		if (!strcmp(word, "ro"))
			blk->disk.read_only = true;
		else if (format && (!strcmp(format, "raw") || !strcmp(format, "qcow2")))
			qcow2 = *format == 'q';
		else
			die("--disk %s: \"%s\" is neither ro nor format=raw or format=qcow2", name, word);
	}
	if (qcow2)
		disk_open_qcow2(&blk->disk);
	else
		disk_open_raw(&blk->disk);
	if (blk->disk.size < BLK_SECTOR)
		die("--disk %s: less than a sector of 512 bytes", name);
	if (blk->disk.size % BLK_SECTOR)
		warn("--disk %s: no multiple of 512 bytes; the guest does not see the rest", name);

	blk->dev.ops = &blk_ops;
	blk->dev.own = blk;
	virtio_add(&blk->dev);
	snprintf(blk->id, sizeof(blk->id), "armvcpu-disk%u", blk->dev.index);
	describe(blk);
}
