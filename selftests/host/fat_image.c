// SPDX-License-Identifier: GPL-2.0
/*
 * fat_image OUT PATH=FILE...: a disk image with a FAT file system of these files, for firmware to boot from. Names are
 * of 8 and 3 characters; directories are made as paths need them. No partitions: UEFI takes the file system of a whole
 * disk (UEFI 2.10, 13.3.1).
 *
 * FAT16 as in Microsoft's "FAT: General Overview of On-Disk Format".
 */
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR		512
#define CLUSTER		4096
#define CLUSTERS_MIN	4200		/* fewer than 4085 would be a FAT12, */
#define CLUSTERS_MAX	65000		/* more than 65524 a FAT32 */
#define ROOT_ENTRIES	512
#define DIR_ENTRIES	(CLUSTER / 32)	/* of all others: one cluster each */
#define DIRS_MAX	16

struct __attribute__((packed)) bpb {
	uint8_t		jump[3];
	char		oem[8];
	uint16_t	sector;
	uint8_t		cluster;	/* in sectors, as all that follows */
	uint16_t	reserved;
	uint8_t		fats;
	uint16_t	root_entries, total16;
	uint8_t		media;
	uint16_t	fat_size, track, heads;
	uint32_t	hidden, total;
	uint8_t		drive, zero, signature;
	uint32_t	serial;
	char		label[11], type[8];
};

struct __attribute__((packed)) entry {
	char		name[11];
	uint8_t		attr;
	uint8_t		nothing[14];
	uint16_t	cluster;
	uint32_t	size;
};

#define ATTR_DIR	0x10

static struct dir {
	char		path[64];
	uint16_t	cluster;	/* 0: the root */
	unsigned int	used, max;
	struct entry	*entries;
} dirs[DIRS_MAX];
static unsigned int nr_dirs;

static uint16_t fat[CLUSTERS_MAX + 2] = { 0xfff8, 0xffff };
static unsigned int next_cluster = 2;
static off_t data_start;		/* of cluster 2 */
static int out;

static void put(const void *bytes, size_t len, off_t at)
{
	if (pwrite(out, bytes, len, at) != (ssize_t)len)
		err(1, "write");
}

static off_t cluster_at(unsigned int cluster)
{
	return data_start + (off_t)(cluster - 2) * CLUSTER;
}

/* A chain for that many bytes; 0 for none. */
static uint16_t take(size_t bytes)
{
	unsigned int first = next_cluster, n = (bytes + CLUSTER - 1) / CLUSTER;

	if (!n)
		return 0;
	if (first + n > CLUSTERS_MAX)
		errx(1, "more than fits into a FAT16");
	for (; n > 1; n--, next_cluster++)
		fat[next_cluster] = next_cluster + 1;
	fat[next_cluster++] = 0xffff;
	return first;
}

static void set_name(char *to, const char *name, size_t len)
{
	const char *dot = memchr(name, '.', len);
	size_t base = dot ? dot - name : len, ext = dot ? len - base - 1 : 0, i;

	if (!base || base > 8 || ext > 3)
		errx(1, "%s: not a name of 8 and 3 characters", name);
	memset(to, ' ', 11);
	for (i = 0; i < base; i++)
		to[i] = toupper(name[i]);
	for (i = 0; i < ext; i++)
		to[8 + i] = toupper(dot[1 + i]);
}

static struct entry *add(struct dir *dir, const char *name, size_t len)
{
	struct entry *entry = &dir->entries[dir->used];

	if (dir->used++ == dir->max)
		errx(1, "too many files in %s", dir->path);
	set_name(entry->name, name, len);
	return entry;
}

static struct dir *new_dir(const char *path, size_t len, uint16_t cluster, unsigned int max)
{
	struct dir *dir = &dirs[nr_dirs++];

	if (nr_dirs > DIRS_MAX || len >= sizeof(dir->path))
		errx(1, "too many directories");
	memcpy(dir->path, path, len);
	dir->cluster = cluster;
	dir->max = max;
	dir->entries = calloc(max, sizeof(*dir->entries));
	if (!dir->entries)
		err(1, "memory");
	return dir;
}

/* The directory of the first len characters of a path. */
static struct dir *find_dir(const char *path, size_t len)
{
	size_t parent_len = len;
	struct dir *dir, *parent;
	struct entry *entry;
	unsigned int i;

	for (i = 0; i < nr_dirs; i++)
		if (strlen(dirs[i].path) == len && !memcmp(dirs[i].path, path, len))
			return &dirs[i];
	while (parent_len && path[parent_len - 1] != '/')
		parent_len--;
	parent = find_dir(path, parent_len ? parent_len - 1 : 0);
	dir = new_dir(path, len, take(1), DIR_ENTRIES);
	entry = add(parent, path + parent_len, len - parent_len);
	entry->attr = ATTR_DIR;
	entry->cluster = dir->cluster;
	dir->used = 2;
	dir->entries[0] = *entry;
	memcpy(dir->entries[0].name, ".          ", 11);
	dir->entries[1] = *entry;
	dir->entries[1].cluster = parent->cluster;
	memcpy(dir->entries[1].name, "..         ", 11);
	return dir;
}

static void copy_file(char *arg)
{
	static char part[65536];
	char *file = strchr(arg, '='), *slash;
	struct entry *entry;
	struct stat st;
	ssize_t n;
	off_t at;
	int fd;

	if (!file)
		errx(1, "%s: no PATH=FILE", arg);
	*file++ = 0;
	fd = open(file, O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		err(1, "%s", file);
	slash = strrchr(arg, '/');
	entry = add(find_dir(arg, slash ? slash - arg : 0), slash ? slash + 1 : arg,
		    strlen(slash ? slash + 1 : arg));
	entry->size = st.st_size;
	entry->cluster = take(st.st_size);
	at = cluster_at(entry->cluster);
	while ((n = read(fd, part, sizeof(part))) > 0) {
		put(part, n, at);
		at += n;
	}
	if (n < 0)
		err(1, "%s", file);
	close(fd);
}

int main(int argc, char **argv)
{
	const unsigned int fat_size = (sizeof(fat) + SECTOR - 1) / SECTOR;
	struct bpb bpb = {
		.jump = { 0xeb, 0x3c, 0x90 }, .oem = "armvcpu ", .sector = SECTOR, .cluster = CLUSTER / SECTOR,
		.reserved = 1, .fats = 2, .root_entries = ROOT_ENTRIES, .media = 0xf8, .fat_size = fat_size,
		.drive = 0x80, .signature = 0x29, .serial = 0x20261127, .label = "ARMVCPU    ", .type = "FAT16   ",
	};
	const off_t root_at = (1 + 2 * fat_size) * SECTOR;
	unsigned int clusters;
	int i;

	if (argc < 3)
		errx(1, "usage: fat_image OUT PATH=FILE...");
	out = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (out < 0)
		err(1, "%s", argv[1]);
	data_start = root_at + ROOT_ENTRIES * sizeof(struct entry);
	new_dir("", 0, 0, ROOT_ENTRIES);
	for (i = 2; i < argc; i++)
		copy_file(argv[i]);

	for (i = 0; i < (int)nr_dirs; i++)
		put(dirs[i].entries, dirs[i].max * sizeof(struct entry),
		    dirs[i].cluster ? cluster_at(dirs[i].cluster) : root_at);
	clusters = next_cluster < CLUSTERS_MIN ? CLUSTERS_MIN : next_cluster;
	bpb.total = (data_start + (off_t)clusters * CLUSTER) / SECTOR;
	put(&bpb, sizeof(bpb), 0);
	put("\x55\xaa", 2, SECTOR - 2);
	put(fat, sizeof(fat), SECTOR);
	put(fat, sizeof(fat), SECTOR + (off_t)fat_size * SECTOR);
	if (ftruncate(out, (off_t)bpb.total * SECTOR) || close(out))
		err(1, "%s", argv[1]);
	return 0;
}
