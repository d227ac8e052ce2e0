// SPDX-License-Identifier: GPL-2.0
/*
 * Files that are read or written whole.
 *
 * Owns: nothing. Locks: none; main thread.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm.h"

void file_open(struct file *file, const char *name)
{
	struct stat st;

	file->name = name;
	file->fd = open(name, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0 || fstat(file->fd, &st))
		die_errno("%s", name);
	if (!S_ISREG(st.st_mode))
		die("%s: not a regular file", name);
	if (st.st_size == 0)
		die("%s: empty file", name);
	file->size = st.st_size;
}

void file_read(const struct file *file, void *to, __u64 size)
{
	file_read_at(file, to, size, 0);
}

void file_read_at(const struct file *file, void *to, __u64 size, __u64 offset)
{
	__u64 done = 0;
	ssize_t n;

	while (done < size) {
		n = pread(file->fd, (char *)to + done, size - done, offset + done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die_errno("%s", file->name);
		if (n == 0)
			die("%s: became shorter", file->name);
		done += n;
	}
}

/* A new file, or in place of one. */
void file_write(const char *name, const void *from, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	size_t done = 0;
	ssize_t n;

	if (fd < 0)
		die_errno("%s", name);
	while (done < size) {
		n = write(fd, (const char *)from + done, size - done);
		if (n < 0 && errno != EINTR)
			die_errno("%s", name);
		if (n > 0)
			done += n;
	}
	if (close(fd))
		die_errno("%s", name);
}
