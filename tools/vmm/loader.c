// SPDX-License-Identifier: GPL-2.0
/*
 * Guest binaries: what kind of file it is, and into guest memory with it.
 *
 * An arm64 Linux Image goes where the kernel's boot protocol wants it (Linux:
 * Documentation/arm64/booting.rst), all else is a flat binary at a fixed place.
 *
 * Owns: the open files. Locks: none; main thread, while no vCPU runs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm.h"

/* All fields are little-endian, as this program is. */
struct image_header {
	__u32	code[2];
	__u64	text_offset;	/* from a 2 MiB boundary to the first byte */
	__u64	image_size;	/* with bss; 0 before Linux 3.17 */
	__u64	flags;
	__u64	reserved[3];
	__u32	magic;
	__u32	pe_offset;
};

#define IMAGE_MAGIC		0x644d5241	/* "ARM\x64" */
#define OLD_TEXT_OFFSET		0x80000		/* where image_size is 0 */

struct file {
	const char	*name;
	int		fd;
	__u64		size;
};

static struct {
	struct file	kernel;
	struct file	initrd;		/* size 0: there is none */
	__u64		offset;		/* of the kernel in RAM */
	__u64		size;		/* in memory, not in the file */
} loader;

static void file_open(struct file *file, const char *name)
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

static void file_read(const struct file *file, void *to, __u64 size)
{
	__u64 done = 0;
	ssize_t n;

	while (done < size) {
		n = pread(file->fd, (char *)to + done, size - done, done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die_errno("%s", file->name);
		if (n == 0)
			die("%s: became shorter", file->name);
		done += n;
	}
}

/* Files that people pass by mistake, and what to do about it. */
static void refuse_known_formats(const char *name, const void *start)
{
	static const struct {
		unsigned int	offset, len;
		const char	*magic, *advice;
	} formats[] = {
		{ 0, 2, "\x1f\x8b", "compressed with gzip; unpack it first" },
		{ 0, 4, "\x28\xb5\x2f\xfd",
		  "compressed with zstd; unpack it first" },
		{ 0, 6, "\3757zXZ", "compressed with xz; unpack it first" },
		{ 4, 4, "zimg", "an EFI zboot image; take the plain Image" },
		{ 0, 4, "\177ELF",
		  "an ELF file; make a flat one with objcopy -O binary" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (!memcmp((const char *)start + formats[i].offset,
			    formats[i].magic, formats[i].len))
			die("%s: %s", name, formats[i].advice);
}

/* Find out early what is wrong with the files, before there is a VM. */
void loader_open(void)
{
	struct image_header header = { 0 };
	__u64 size;

	file_open(&loader.kernel, opt.kernel);
	if (opt.initrd)
		file_open(&loader.initrd, opt.initrd);

	size = loader.kernel.size;
	loader.offset = FLAT_OFFSET;
	loader.size = size;
	if (opt.flat)
		return;

	if (size > sizeof(header))
		size = sizeof(header);
	file_read(&loader.kernel, &header, size);
	if (header.magic == IMAGE_MAGIC) {
		loader.offset = header.image_size ? header.text_offset :
						    OLD_TEXT_OFFSET;
		if (header.image_size > loader.size)
			loader.size = header.image_size;
		verbose("%s: arm64 Linux Image, %llu KiB in memory",
			opt.kernel, loader.size >> 10);
	} else {
		refuse_known_formats(opt.kernel, &header);
		verbose("%s: no arm64 Image header, taken as a flat binary",
			opt.kernel);
	}
}

/* See layout.h for who lies where. */
void loader_load(struct vm *vm, struct boot_info *boot)
{
	__u64 low = opt.mem_size < SZ_512M ? opt.mem_size : SZ_512M;
	__u64 kernel_end, limit;
	void *to;

	boot->entry = RAM_BASE + loader.offset;
	boot->dtb = RAM_BASE + low - DTB_MAX_SIZE;
	boot->initrd_size = loader.initrd.size;
	boot->initrd = 0;
	limit = boot->dtb;
	if (boot->initrd_size) {
		if (boot->initrd_size > limit - RAM_BASE)
			die("%s does not fit into --mem %lluM", opt.initrd,
			    opt.mem_size >> 20);
		boot->initrd = (limit - boot->initrd_size) & ~(SZ_64K - 1);
		limit = boot->initrd;
	}

	if (__builtin_add_overflow(boot->entry, loader.size, &kernel_end) ||
	    loader.offset >= low || kernel_end > limit)
		die("--mem %lluM is too small for kernel (%lluK) and initrd (%lluK)",
		    opt.mem_size >> 20, (loader.offset + loader.size) >> 10,
		    boot->initrd_size >> 10);

	to = vm_ram(vm, boot->entry, loader.kernel.size);
	file_read(&loader.kernel, to, loader.kernel.size);
	if (boot->initrd_size) {
		to = vm_ram(vm, boot->initrd, boot->initrd_size);
		file_read(&loader.initrd, to, boot->initrd_size);
	}
	verbose("kernel at %#llx, initrd at %#llx (%llu KiB), device tree at %#llx",
		boot->entry, boot->initrd, boot->initrd_size >> 10, boot->dtb);
}
