// SPDX-License-Identifier: GPL-2.0
/*
 * Load a kernel for kexec by the kexec_load system call: what a kernel without CONFIG_KEXEC_FILE needs, and nothing
 * else. For selftests/host/kexec.sh and crash.sh.
 *
 * Usage: kexec_load [-p] IMAGE INITRD COMMAND-LINE    -p: for the day of a panic, into the memory that crashkernel=
 *                                                     has reserved
 *        kexec_load -e                                go there
 * Exit status: 0 loaded, 1 not, with a line that says why.
 *
 * The new kernel is entered as Documentation/arm64/booting.rst wants it: x0 = device tree. The running kernel jumps to
 * the entry with nothing in its registers, so between both there are six instructions (stepping_stone()).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <libfdt.h>

#include "types.h"

#define PAGE		65536ULL	/* the largest: a multiple of all others */
#define ROUND(x, to)	(((x) + (to) - 1) / (to) * (to))

/* Documentation/arm64/booting.rst, 4. */
struct image_header {
	u32 code[2];
	u64 text_offset, image_size, flags, res[3];
	u32 magic, res5;
};

#define IMAGE_MAGIC	0x644d5241	/* "ARM\x64" */

struct blob {
	void *data;
	size_t size;
};

struct range {
	u64 start, size;
};

static void __attribute__((noreturn)) fail(const char *what, const char *why)
{
	fprintf(stderr, "kexec_load: %s: %s\n", what, why);
	exit(1);
}

/* A file of /sys tells no size: read to its end. room: so much space behind the contents. */
static struct blob read_file(const char *path, size_t room)
{
	int fd = open(path, O_RDONLY);
	size_t space = 1 << 20;
	struct blob b = { malloc(space) };
	ssize_t n;

	if (fd < 0)
		fail(path, strerror(errno));
	for (;;) {
		if (space - b.size < (1 << 16) + room) {
			space *= 2;
			b.data = realloc(b.data, space);
		}
		if (!b.data)
			fail(path, "no memory");
		n = read(fd, (char *)b.data + b.size, 1 << 16);
		if (n < 0)
			fail(path, strerror(errno));
		if (!n)
			break;
		b.size += n;
	}
	close(fd);
	return b;
}

/* The first line of /proc/iomem with this name. */
static struct range find_memory(const char *name)
{
	FILE *f = fopen("/proc/iomem", "r");
	unsigned long long start, end;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, name) || sscanf(line, " %llx-%llx", &start, &end) != 2)
			continue;
		fclose(f);
		return (struct range){ start, end + 1 - start };
	}
	fail("/proc/iomem", name);
}

/* The running kernel's device tree, told of the new command line and initrd; crash: the memory it may use. */
static struct blob make_dtb(const char *cmdline, struct range initrd, const struct range *crash)
{
	struct blob b = read_file("/sys/firmware/fdt", 8192);
	int chosen, ret;

	b.size += 8192;
	ret = fdt_open_into(b.data, b.data, b.size);
	if (ret)
		fail("device tree", fdt_strerror(ret));
	chosen = fdt_path_offset(b.data, "/chosen");
	if (chosen < 0)
		fail("/chosen", fdt_strerror(chosen));
	ret = fdt_setprop_string(b.data, chosen, "bootargs", cmdline);
	if (!ret)
		ret = fdt_setprop_u64(b.data, chosen, "linux,initrd-start", initrd.start);
	if (!ret)
		ret = fdt_setprop_u64(b.data, chosen, "linux,initrd-end", initrd.start + initrd.size);
	fdt_delprop(b.data, chosen, "linux,usable-memory-range");
	if (!ret && crash) {
		ret = fdt_setprop_u64(b.data, chosen, "linux,usable-memory-range", crash->start);
		if (!ret)
			ret = fdt_appendprop_u64(b.data, chosen, "linux,usable-memory-range", crash->size);
	}
	if (ret)
		fail("device tree", fdt_strerror(ret));
	return b;
}

static struct blob stepping_stone(u64 kernel, u64 dtb)
{
	static struct {
		u32 code[8];
		u64 kernel, dtb;
	} stone = {
		.code = {
			0x58000104,	/* ldr x4, kernel */
			0x58000120,	/* ldr x0, dtb */
			0xaa1f03e1,	/* mov x1, xzr */
			0xaa1f03e2,	/* mov x2, xzr */
			0xaa1f03e3,	/* mov x3, xzr */
			0xd61f0080,	/* br x4 */
		},
	};

	stone.kernel = kernel;
	stone.dtb = dtb;
	return (struct blob){ &stone, sizeof(stone) };
}

static struct kexec_segment segments[4];
static unsigned int nr_segments;

/* Returns the address behind. */
static u64 add_segment(u64 at, struct blob b, u64 size)
{
	segments[nr_segments++] = (struct kexec_segment){
		.buf = b.data, .bufsz = b.size, .mem = (void *)at, .memsz = ROUND(size, PAGE),
	};
	return ROUND(at + size, SZ_2M);
}

static void load(const char *image_path, const char *initrd_path, const char *cmdline, bool crash)
{
	struct blob image = read_file(image_path, 0), initrd = read_file(initrd_path, 0);
	struct range memory = find_memory(crash ? "Crash kernel" : "System RAM");
	const struct image_header *head = image.data;
	struct blob dtb;
	u64 base, kernel, at, stone, initrd_at;

	if (image.size < sizeof(*head) || head->magic != IMAGE_MAGIC)
		fail(image_path, "not an arm64 Image");
	/* Where the running kernel is, or is not: kexec copies at the very end. */
	base = ROUND(memory.start, SZ_2M) + (crash ? 0 : 64 * SZ_2M);
	kernel = base + head->text_offset;
	at = add_segment(kernel, image, head->image_size);
	initrd_at = at;
	at = add_segment(at, initrd, initrd.size);
	dtb = make_dtb(cmdline, (struct range){ initrd_at, initrd.size }, crash ? &memory : NULL);
	stone = add_segment(at, dtb, dtb.size);
	at = add_segment(stone, stepping_stone(kernel, at), PAGE);
	if (at > memory.start + memory.size)
		fail("memory", "not enough for kernel and initrd");
	if (syscall(SYS_kexec_load, stone, nr_segments, segments,
		    KEXEC_ARCH_AARCH64 | (crash ? KEXEC_ON_CRASH : 0)))
		fail("kexec_load", strerror(errno));
}

int main(int argc, char **argv)
{
	bool crash = argc > 1 && !strcmp(argv[1], "-p");

	if (argc == 2 && !strcmp(argv[1], "-e")) {
		syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
		fail("reboot", strerror(errno));
	}
	if (argc != 4 + crash)
		fail("usage", "kexec_load [-p] IMAGE INITRD COMMAND-LINE | -e");
	load(argv[1 + crash], argv[2 + crash], argv[3 + crash], crash);
	return 0;
}
