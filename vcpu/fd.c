// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors of what a VM keeps, vCPUs and the GIC: made before the thing itself. What a VM was given can't be taken
 * away from it again, so all that can fail has to come first.
 *
 * Runs at: host kernel, in an ioctl. Owns: nothing.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>

#include "vcpu.h"

/**
 * av_fd_reserve() - a descriptor that user space does not have yet
 * @name: what /proc/PID/fd shows
 * @fops: its operations; release() has to bear a private_data of NULL
 * @file: where its file goes
 *
 * Context: may sleep. Return: the descriptor, to be passed to av_fd_finish(), or -ENOMEM, -EMFILE, -ENFILE.
 */
int av_fd_reserve(const char *name, const struct file_operations *fops, struct file **file)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);

	if (fd < 0)
		return fd;
	*file = anon_inode_getfile(name, fops, NULL, O_RDWR);
	if (!IS_ERR(*file))
		return fd;
	put_unused_fd(fd);
	return PTR_ERR(*file);
}

/**
 * av_fd_finish() - give a reserved descriptor to user space, or back
 * @fd: from av_fd_reserve()
 * @file: likewise
 * @what: private_data
 * @ret: what making @what gave: 0 or an errno
 *
 * Return: the descriptor; or @ret, and nothing is left of it.
 */
int av_fd_finish(int fd, struct file *file, void *what, int ret)
{
	if (ret) {
		put_unused_fd(fd);
		fput(file);
		return ret;
	}
	file->private_data = what;
	fd_install(fd, file);
	return fd;
}

/* compat_ioctl of all descriptors: the structures are those of a 64-bit user space. */
long av_fd_refuse_compat(struct file *file, unsigned int cmd, unsigned long raw)
{
	return -EINVAL;
}
