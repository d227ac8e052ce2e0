// SPDX-License-Identifier: GPL-2.0
/*
 * A disk that is a file, byte for byte, or a block device.
 *
 * The file is locked as long as the program lives, against a second guest that would write to it: two that only read
 * get along.
 *
 * Owns: the file. Locks: none; one thread per disk.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "virtq.h"
#include "vmm.h"

/* Linux's UIO_MAXIOV is more than a chain has. */
static int transfer(struct disk *disk, const struct iovec *iov, unsigned int nr, __u64 offset, bool write)
{
	struct iovec rest[VIRTQ_MAX];
	ssize_t n;

	nr = iov_slice(rest, iov, nr, 0, SIZE_MAX);
	while (nr > 0) {
		n = write ? pwritev(disk->fd, rest, nr, offset) : preadv(disk->fd, rest, nr, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;	/* somebody made the file shorter */
		offset += n;
		nr = iov_slice(rest, rest, nr, n, SIZE_MAX);
	}
	return 0;
}

static int raw_read(struct disk *disk, const struct iovec *iov, unsigned int nr, __u64 offset)
{
	return transfer(disk, iov, nr, offset, false);
}

static int raw_write(struct disk *disk, const struct iovec *iov, unsigned int nr, __u64 offset)
{
	return transfer(disk, iov, nr, offset, true);
}

static int raw_flush(struct disk *disk)
{
	return fdatasync(disk->fd) ? -errno : 0;
}

/* A hole keeps the file's size; a block device discards, or writes zeroes if it must. */
static int punch(struct disk *disk, int mode, __u64 offset, __u64 len)
{
	while (fallocate(disk->fd, mode | FALLOC_FL_KEEP_SIZE, offset, len))
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int raw_discard(struct disk *disk, __u64 offset, __u64 len)
{
	int err = punch(disk, FALLOC_FL_PUNCH_HOLE, offset, len);

	/* It is a hint: a file system without holes keeps the bytes. */
	return err == -EOPNOTSUPP ? 0 : err;
}

static int raw_write_zeroes(struct disk *disk, __u64 offset, __u64 len, bool unmap)
{
	static const __u8 zeroes[65536];
	struct iovec piece;
	int err;

	err = punch(disk, unmap ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE, offset, len);
	if (err != -EOPNOTSUPP)
		return err;
	for (; len > 0; offset += piece.iov_len, len -= piece.iov_len) {
		piece.iov_base = (void *)zeroes;
		piece.iov_len = len < sizeof(zeroes) ? len : sizeof(zeroes);
		err = transfer(disk, &piece, 1, offset, true);
		if (err)
			return err;
	}
	return 0;
}

static const struct disk_ops raw_ops = {
	.read		= raw_read,
	.write		= raw_write,
	.flush		= raw_flush,
	.discard	= raw_discard,
	.write_zeroes	= raw_write_zeroes,
};

void disk_open_raw(struct disk *disk)
{
	struct stat st;

	disk->ops = &raw_ops;
	disk->fd = open(disk->name, (disk->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (disk->fd < 0 || fstat(disk->fd, &st))
		die_errno("--disk %s", disk->name);
	if (S_ISBLK(st.st_mode)) {
		if (ioctl(disk->fd, BLKGETSIZE64, &disk->size))
			die_errno("--disk %s: BLKGETSIZE64", disk->name);
	} else if (S_ISREG(st.st_mode)) {
		disk->size = st.st_size;
	} else {
		die("--disk %s: neither a file nor a block device", disk->name);
	}
	if (flock(disk->fd, (disk->read_only ? LOCK_SH : LOCK_EX) | LOCK_NB))
		die("--disk %s: in use by another program%s", disk->name,
		    disk->read_only ? ", which writes to it" : "; with \",ro\" several can read it");
	disk->can_discard = !disk->read_only;
}
