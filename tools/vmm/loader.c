// SPDX-License-Identifier: GPL-2.0
/*
 * Guest binaries: into guest memory with them. What kind of file it is says image.c.
 *
 * An arm64 Linux Image goes where the kernel's boot protocol wants it (Linux:
 * Documentation/arm64/booting.rst), a flat binary (--flat) to a fixed place.
 *
 * Owns: the open files. Locks: none; main thread, while no vCPU runs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "vmm.h"

struct file {
	const char	*name;
	int		fd;
	__u64		size;
};

static struct {
	struct file	kernel;
	struct file	initrd;		/* size 0: there is none */
	struct image	image;
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

/* Find out early what is wrong with the files, before there is a VM. */
void loader_open(void)
{
	char start[IMAGE_PEEK];
	const char *wrong;
	__u64 size;

	file_open(&loader.kernel, opt.kernel);
	if (opt.initrd)
		file_open(&loader.initrd, opt.initrd);

	size = loader.kernel.size;
	loader.image = (struct image) { .offset = FLAT_OFFSET, .size = size };
	if (opt.flat)
		return;

	if (size > sizeof(start))
		size = sizeof(start);
	file_read(&loader.kernel, start, size);
	wrong = image_parse(start, size, loader.kernel.size, &loader.image);
	if (wrong)
		die("%s: %s", opt.kernel, wrong);
	verbose("%s: arm64 Linux Image, %llu KiB in memory",
		opt.kernel, (__u64)loader.image.size >> 10);
}

/* A kernel that the CPU can't run ends without a word; so this is asked before. */
void loader_check_cpu(struct vcpu *vcpu)
{
	const char *wrong;
	__u64 mmfr0;

	if (opt.flat || vcpu_get_reg(vcpu, REG_ID_AA64MMFR0_EL1, &mmfr0))
		return;
	wrong = image_fits_cpu(&loader.image, mmfr0);
	if (wrong)
		die("%s: %s", opt.kernel, wrong);
}

/* See layout.h for who lies where. */
void loader_load(struct vm *vm, struct boot_info *boot)
{
	__u64 low = opt.mem_size < SZ_512M ? opt.mem_size : SZ_512M;
	__u64 kernel_end, limit;
	void *to;

	boot->entry = RAM_BASE + loader.image.offset;
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

	if (__builtin_add_overflow(boot->entry, loader.image.size, &kernel_end) ||
	    loader.image.offset >= low || kernel_end > limit)
		die("--mem %lluM is too small for kernel (%lluK) and initrd (%lluK)",
		    opt.mem_size >> 20, (__u64)(loader.image.offset + loader.image.size) >> 10,
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
