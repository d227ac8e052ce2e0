// SPDX-License-Identifier: GPL-2.0
/*
 * Guest binaries: into guest memory with them. What kind of file it is say image.c and elf.c, unpack.c unpacks it.
 *
 * An arm64 Linux Image goes where the kernel's boot protocol wants it (Linux:
 * Documentation/arm64/booting.rst), an ELF file where it says itself, a flat binary (--flat) to a fixed place.
 *
 * Owns: the open files, the kernel. Locks: none; main thread, while no vCPU runs.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "elf.h"
#include "image.h"
#include "vmm.h"

static struct {
	struct file	kernel;
	struct file	initrd;		/* size 0: there is none */
	unsigned char	*data;		/* the kernel, unpacked */
	size_t		size;
	struct elf	parts;		/* of it; also of what is no ELF file */
	bool		is_linux;
	struct image	image;		/* if it is */
} loader;

/* What there is more of than this can't be loaded, so nothing is unpacked beyond it. */
static __u64 size_limit(void)
{
	return opt.mem_size < IMAGE_MAX ? opt.mem_size : IMAGE_MAX;
}

static void check(const char *wrong)
{
	if (wrong)
		die("%s: %s", opt.kernel, wrong);
}

static void read_kernel(void)
{
	struct file *file = &loader.kernel;

	/* An ELF file may have much that is not loaded: symbols. */
	if (file->size > IMAGE_MAX && !opt.flat)
		die("%s: %llu MiB are more than any kernel has", file->name, file->size >> 20);
	loader.size = file->size;
	loader.data = malloc(file->size);
	if (!loader.data)
		die_errno("memory for %s", file->name);
	file_read(file, loader.data, file->size);
}

static void unpack_kernel(void)
{
	struct unpacked unpacked;
	enum packing packing;
	size_t offset, len;
	const char *wrong;

	check(image_packing(loader.data, loader.size, &packing, &offset, &len));
	if (packing == PACKED_NOT)
		return;
	progress_begin("unpacking the kernel");
	wrong = unpack(packing, loader.data + offset, len, size_limit(), &unpacked, progress);
	progress_end();
	check(wrong);
	verbose("%s: %s, %zu KiB, unpacked %zu KiB", opt.kernel, packing == PACKED_GZIP ? "gzip" : "zstd",
		len >> 10, unpacked.size >> 10);
	free(loader.data);
	loader.data = unpacked.data;
	loader.size = unpacked.size;
}

/*
 * A vmlinux is linked to virtual addresses, and says nothing of physical ones. Its first segment begins with the
 * header of an Image, and all of them in a row are one.
 */
static void parse_elf(void)
{
	const struct elf_segment *first = &loader.parts.segments[0];
	unsigned char *flat;

	check(elf_parse(loader.data, loader.size, &loader.parts));
	if (!image_is_linux(loader.data + first->offset, first->file_size)) {
		verbose("%s: ELF, %u segments", opt.kernel, loader.parts.nr);
		return;
	}
	check(elf_flatten(loader.data, &loader.parts, size_limit(), &flat, &loader.size));
	free(loader.data);
	loader.data = flat;
	loader.is_linux = true;
	verbose("%s: ELF, a vmlinux", opt.kernel);
}

/* What is no ELF file has one part. */
static void one_part(__u64 offset, __u64 mem_size)
{
	loader.parts.nr = 1;
	loader.parts.entry = RAM_BASE + offset;
	loader.parts.segments[0] = (struct elf_segment) {
		.ipa = RAM_BASE + offset, .mem_size = mem_size, .file_size = loader.size,
	};
	if (RAM_BASE + offset + mem_size < mem_size || RAM_BASE + offset < offset)
		die("%s: an arm64 Linux Image that can't be loaded anywhere", opt.kernel);
}

/* Find out early what is wrong with the files, before there is a VM. */
void loader_open(void)
{
	if (opt.restore || opt.firmware)
		return;
	file_open(&loader.kernel, opt.kernel);
	if (opt.initrd)
		file_open(&loader.initrd, opt.initrd);
	read_kernel();
	if (opt.flat) {
		one_part(FLAT_OFFSET, loader.size);
		return;
	}
	unpack_kernel();
	if (loader.size >= 4 && !memcmp(loader.data, "\177ELF", 4))
		parse_elf();
	else
		loader.is_linux = true;
	if (!loader.is_linux)
		return;
	check(image_parse(loader.data, loader.size < IMAGE_PEEK ? loader.size : IMAGE_PEEK, loader.size,
			  &loader.image));
	one_part(loader.image.offset, loader.image.size);
	opt.aarch32 = loader.image.aarch32;
	if (opt.aarch32 && opt.gdb_port)
		die("--gdb shows AArch64's registers only, and %s is a 32-bit kernel", opt.kernel);
	verbose("%s: %s, %llu KiB in memory", opt.kernel,
		opt.aarch32 ? "32-bit Arm zImage" : "arm64 Linux Image", (__u64)loader.image.size >> 10);
}

/* A kernel that the CPU can't run ends without a word; so this is asked before. */
void loader_check_cpu(struct vcpu *vcpu)
{
	__u64 mmfr0;

	if (loader.is_linux && !vcpu_get_reg(vcpu, REG_ID_AA64MMFR0_EL1, &mmfr0))
		check(image_fits_cpu(&loader.image, mmfr0));
}

/* Neither outside of RAM nor where initrd and device tree go, from limit to end. */
static void check_place(struct vm *vm, const struct elf_segment *part, __u64 limit, __u64 end)
{
	__u64 part_end = part->ipa + part->mem_size;

	if (part->ipa < RAM_BASE)
		die("%s: its part at %#llx is below RAM, which begins at %#llx", opt.kernel, (__u64)part->ipa,
		    RAM_BASE);
	if (!vm_ram(vm, part->ipa, part->mem_size) || (part->ipa < end && part_end > limit))
		die("--mem %lluM is too small for kernel (%lluK) and initrd (%lluK)", opt.mem_size >> 20,
		    (part_end - RAM_BASE) >> 10, loader.initrd.size >> 10);
}

static void load_kernel(struct vm *vm, __u64 limit, __u64 end)
{
	const struct elf_segment *part;
	unsigned char *to;
	unsigned int i;

	for (i = 0; i < loader.parts.nr; i++) {
		part = &loader.parts.segments[i];
		check_place(vm, part, limit, end);
		/* The rest of RAM is zeroes: so is what a part has in memory only. */
		to = vm_ram(vm, part->ipa, part->mem_size);
		memcpy(to, loader.data + part->offset, part->file_size);
	}
}

/* See layout.h for who lies where. */
void loader_load(struct vm *vm, struct boot_info *boot)
{
	__u64 low = opt.mem_size < SZ_512M ? opt.mem_size : SZ_512M;
	__u64 limit;

	boot->entry = loader.parts.entry;
	boot->dtb = RAM_BASE + low - DTB_MAX_SIZE;
	boot->dtb_room = DTB_MAX_SIZE;
	boot->initrd_size = loader.initrd.size;
	boot->initrd = 0;
	limit = boot->dtb;
	if (boot->initrd_size) {
		if (boot->initrd_size > limit - RAM_BASE)
			die("%s does not fit into --mem %lluM", opt.initrd, opt.mem_size >> 20);
		boot->initrd = (limit - boot->initrd_size) & ~(SZ_64K - 1);
		limit = boot->initrd;
		file_read(&loader.initrd, vm_ram(vm, boot->initrd, boot->initrd_size), boot->initrd_size);
	}
	load_kernel(vm, limit, RAM_BASE + low);
	if (!opt.reboot) {
		free(loader.data);
		loader.data = NULL;
	}
	verbose("kernel at %#llx, initrd at %#llx (%llu KiB), device tree at %#llx",
		boot->entry, boot->initrd, boot->initrd_size >> 10, boot->dtb);
}
