// SPDX-License-Identifier: GPL-2.0
/* Statistics descriptors, and armvcpu's switch of the fast path. Runs in user space. */
#include <dirent.h>

#include "stats.h"

static void read_at(int fd, void *to, size_t size, u64 offset)
{
	ssize_t ret = pread(fd, to, size, offset);

	if (ret != size)
		die("stats: pread of %zu bytes at %lu: %zd", size, offset, ret);
}

struct stats *stats_open(int fd)
{
	struct stats *s = calloc(1, sizeof(*s));
	u32 i;

	s->fd = kioctl(fd, KVM_GET_STATS_FD, 0);
	if (s->fd < 0)
		die("KVM_GET_STATS_FD: %s", strerror(-s->fd));
	read_at(s->fd, &s->header, sizeof(s->header), 0);
	if (s->header.name_size != STAT_NAME_SIZE)
		die("stats: names of %u bytes", s->header.name_size);
	read_at(s->fd, s->id, sizeof(s->id), s->header.id_offset);
	s->desc = calloc(s->header.num_desc, sizeof(*s->desc));
	read_at(s->fd, s->desc, s->header.num_desc * sizeof(*s->desc), s->header.desc_offset);
	for (i = 0; i < s->header.num_desc; i++)
		s->data_size += s->desc[i].size * sizeof(u64);
	return s;
}

void stats_close(struct stats *s)
{
	close(s->fd);
	free(s->desc);
	free(s);
}

int stats_find(const struct stats *s, const char *name)
{
	u32 i;

	for (i = 0; i < s->header.num_desc; i++)
		if (!strcmp(s->desc[i].name, name))
			return i;
	return -1;
}

u64 stats_value(const struct stats *s, const char *name)
{
	int i = stats_find(s, name);
	u64 value;

	if (i < 0)
		die("stats: no %s", name);
	read_at(s->fd, &value, sizeof(value), s->header.data_offset + s->desc[i].offset);
	return value;
}

/* The directory of this process's newest VM: PID-N with the largest N. */
static bool find_vm(char *path, size_t size)
{
	unsigned int pid, n, last = 0;
	struct dirent *entry;
	DIR *dir = opendir(ARMVCPU_DEBUGFS);

	while (dir && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "%u-%u", &pid, &n) == 2 && pid == getpid() && n > last)
			last = n;
	if (dir)
		closedir(dir);
	snprintf(path, size, ARMVCPU_DEBUGFS "/%d-%u", getpid(), last);
	return last;
}

int fast_path_open(const char *file, int flags)
{
	char vm[64], path[128];
	int fd;

	if (!find_vm(vm, sizeof(vm)))
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/%s", vm, file);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int fast_path_get(void)
{
	int fd = fast_path_open("fast", O_RDONLY);
	char c;

	if (fd < 0)
		return -1;
	if (read(fd, &c, 1) != 1)
		die("fast: %s", strerror(errno));
	close(fd);
	return c - '0';
}

int fast_path_set(int on)
{
	int fd = fast_path_open("fast", O_WRONLY), ret = 0;

	if (fd < 0)
		return fd;
	if (write(fd, on ? "1\n" : "0\n", 2) != 2)
		ret = -errno;
	close(fd);
	return ret;
}
