/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a disk's bytes are: a file or a block device (disk_raw.c), or another program that knows the file's format
 * (disk_nbd.c).
 */
#ifndef VMM_DISK_H
#define VMM_DISK_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/uio.h>

struct disk;

/* All return 0 or -errno. Offsets and lengths have been checked, and a read-only disk is not written to. */
struct disk_ops {
	int	(*read)(struct disk *disk, const struct iovec *iov, unsigned int nr, __u64 offset);
	int	(*write)(struct disk *disk, const struct iovec *iov, unsigned int nr, __u64 offset);
	int	(*flush)(struct disk *disk);
	/* NULL: it can't. Discarded bytes may read as anything; zeroes may be a hole if the guest allows it. */
	int	(*discard)(struct disk *disk, __u64 offset, __u64 len);
	int	(*write_zeroes)(struct disk *disk, __u64 offset, __u64 len, bool unmap);
};

struct disk {
	const struct disk_ops *ops;
	const char	*name;
	__u64		size;		/* bytes */
	bool		read_only;
	bool		can_discard;	/* the last two of ops can be called */
	int		fd;
};

/* Each ends the program with a message if the disk can't be had. */
void disk_open_raw(struct disk *disk);
void disk_open_qcow2(struct disk *disk);

#endif
