// SPDX-License-Identifier: GPL-2.0
/*
 * What kind of file somebody gave as a kernel.
 *
 * Owns: nothing. Locks: none; any thread may call.
 */
#include <string.h>

#include "image.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* All fields are little-endian, as this program is. */
struct image_header {
	uint32_t	code[2];
	uint64_t	text_offset;
	uint64_t	image_size;	/* with bss; 0 before Linux 3.17 */
	uint64_t	flags;
	uint64_t	reserved[3];
	char		magic[4];
	uint32_t	pe_offset;
};

#define IMAGE_MAGIC		"ARM\x64"
#define OLD_TEXT_OFFSET		0x80000		/* where image_size is 0 */
#define FLAG_BIG_ENDIAN		1
#define FLAG_PAGE(flags)	((flags) >> 1 & 3)

/* What people pass by mistake. */
static const struct {
	unsigned int	offset, len;
	const char	*magic, *advice;
} formats[] = {
	{ 0x00, 2, "\x1f\x8b", "compressed with gzip, and not only once; unpack it first (zcat)" },
	{ 0x00, 4, "\x28\xb5\x2f\xfd", "compressed with zstd, and not only once; unpack it first (zstdcat)" },
	{ 0x00, 6, "\3757zXZ", "compressed with xz; unpack it first (xzcat)" },
	{ 0x00, 4, "\x04\x22\x4d\x18", "compressed with lz4; unpack it first (lz4cat)" },
	{ 0x00, 4, "\x02\x21\x4c\x18", "compressed with lz4; unpack it first (lz4cat)" },
	{ 0x00, 3, "BZh", "compressed with bzip2; unpack it first (bzcat)" },
	{ 0x00, 3, "\x5d\0\0", "compressed with lzma; unpack it first (lzcat)" },
	{ 0x00, 4, "\x89LZO", "compressed with lzo; unpack it first (lzop -dc)" },
	{ 0x04, 4, "zimg", "an EFI zboot image in another file; take it out" },
	{ 0x00, 4, "\x27\x05\x19\x56", "a U-Boot uImage; take the plain Image (dumpimage gets it out)" },
	{ 0x00, 8, "ANDROID!", "an Android boot image; take the plain Image out of it (unpack_bootimg)" },
	{ 0x00, 4, "\xd0\x0d\xfe\xed", "a FIT image or a device tree; take the plain Image (dumpimage gets it out)" },
	{ 0x202, 4, "HdrS", "a bzImage for x86; this machine is arm64" },
	{ 0x30, 4, "RISCV", "an Image for RISC-V; this machine is arm64" },
	{ 0x00, 2, "MZ", "an EFI program; it takes a firmware to start it" },
	{ 0x00, 2, "#!", "a script" },
};

/* What follows "MZ" at the beginning of an EFI zboot image. */
struct zboot_header {
	uint8_t		mz[4];
	char		magic[4];	/* "zimg" */
	uint32_t	offset, size;	/* of the packed kernel, in the file */
	uint32_t	reserved[2];
	char		packing[32];	/* name of the program that packed it */
};

static const char *zboot_packing(const void *file, size_t size, enum packing *packing, size_t *offset, size_t *len)
{
	struct zboot_header h;

	if (size < sizeof(h))
		return "an EFI zboot image of which the end is missing";
	memcpy(&h, file, sizeof(h));
	if (h.offset > size || h.size > size - h.offset)
		return "an EFI zboot image of which the end is missing";
	*offset = h.offset;
	*len = h.size;
	if (!strncmp(h.packing, "gzip", sizeof(h.packing)))
		*packing = PACKED_GZIP;
	else if (!strncmp(h.packing, "zstd", 4))	/* "zstd22" has been there as well */
		*packing = PACKED_ZSTD;
	else
		return "an EFI zboot image that is packed neither with gzip nor with zstd; take the plain Image";
	return NULL;
}

static bool begins(const void *file, size_t size, size_t offset, const char *magic, size_t len)
{
	return offset + len <= size && !memcmp((const char *)file + offset, magic, len);
}

const char *image_packing(const void *file, size_t size, enum packing *packing, size_t *offset, size_t *len)
{
	*packing = PACKED_NOT;
	*offset = 0;
	*len = size;
	if (begins(file, size, 0, "MZ", 2) && begins(file, size, 4, "zimg", 4))
		return zboot_packing(file, size, packing, offset, len);
	if (begins(file, size, 0, "\x1f\x8b", 2))
		*packing = PACKED_GZIP;
	else if (begins(file, size, 0, "\x28\xb5\x2f\xfd", 4))
		*packing = PACKED_ZSTD;
	return NULL;
}

bool image_is_linux(const void *start, size_t len)
{
	return begins(start, len, offsetof(struct image_header, magic), IMAGE_MAGIC, 4);
}

static bool is_text(const unsigned char *byte, size_t len)
{
	for (; len; len--, byte++) {
		if ((*byte < ' ' && !strchr("\t\n\r\f", *byte)) || *byte == 0x7f || !*byte)
			return false;
	}
	return true;
}

static const char *what_else(const unsigned char *start, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		if (begins(start, len, formats[i].offset, formats[i].magic, formats[i].len))
			return formats[i].advice;
	}
	if (is_text(start, len))
		return "a text file";
	if (len < sizeof(struct image_header))
		return "too short for an arm64 Linux Image; --flat takes it for a flat binary";
	return "no arm64 Linux Image; --flat takes it for a flat binary";
}

/* Target of an unconditional branch at an offset in the file; 0 if it is none (DDI 0487, C6.2.26). */
static int64_t branch_target(uint32_t insn, int64_t at)
{
	if (insn >> 26 != 5)
		return 0;
	return at + ((int32_t)(insn << 6) >> 6) * 4LL;
}

/* The first two instructions lead to the kernel's beginning, which is far behind the header. */
static bool is_cut(const struct image_header *h, uint64_t file_size)
{
	int i;

	for (i = 0; i < 2; i++) {
		int64_t target = branch_target(h->code[i], 4 * i);

		if (target < 0 || (uint64_t)target >= file_size)
			return true;
	}
	return file_size <= sizeof(*h);
}

/* 32-bit Arm, compressed; it unpacks itself (Linux: arch/arm/boot/compressed/head.S). */
struct zimage_header {
	uint32_t	code[9];
	uint32_t	magic;
	uint32_t	start, end;	/* as linked */
	uint32_t	endianness;
};

#define ZIMAGE_MAGIC		0x016f2818
#define ZIMAGE_BIG_ENDIAN	0x01020304
/*
 * To the beginning of its 128 MiB goes the kernel, and what does not overlap need not be moved away first (Linux:
 * Documentation/arm/booting.rst). It has a stack and a heap behind it.
 */
#define ZIMAGE_OFFSET		(32 << 20)
#define ZIMAGE_BEHIND		(128 << 10)

static const char *zimage_parse(const struct zimage_header *h, uint64_t file_size, struct image *image)
{
	if (h->endianness == ZIMAGE_BIG_ENDIAN)
		return "a big-endian zImage; only little-endian ones are known here";
	if (h->end <= h->start || h->end - h->start > file_size)
		return "a zImage of which the end is missing";
	image->offset = ZIMAGE_OFFSET;
	image->size = file_size + ZIMAGE_BEHIND;
	image->aarch32 = true;
	return NULL;
}

const char *image_parse(const void *start, size_t len, uint64_t file_size, struct image *image)
{
	static const unsigned int page_sizes[] = { 0, 4, 16, 64 };
	struct zimage_header z;
	struct image_header h;

	if (len < sizeof(h))
		return what_else(start, len);
	memcpy(&z, start, sizeof(z));
	if (z.magic == ZIMAGE_MAGIC)
		return zimage_parse(&z, file_size, image);
	memcpy(&h, start, sizeof(h));
	if (!image_is_linux(start, len))
		return what_else(start, len);
	if (is_cut(&h, file_size))
		return "an arm64 Linux Image of which the end is missing";
	image->offset = h.image_size ? h.text_offset : OLD_TEXT_OFFSET;
	image->size = h.image_size > file_size ? h.image_size : file_size;
	image->page_size = page_sizes[FLAG_PAGE(h.flags)];
	image->big_endian = h.flags & FLAG_BIG_ENDIAN;
	return NULL;
}

const char *image_fits_cpu(const struct image *image, uint64_t mmfr0)
{
	if (image->big_endian && !(mmfr0 >> 8 & 0xf))
		return "a big-endian kernel, which this CPU can't run";
	if (image->page_size == 4 && (mmfr0 >> 28 & 0xf) == 0xf)
		return "a kernel with pages of 4K, which this CPU does not have";
	if (image->page_size == 16 && !(mmfr0 >> 20 & 0xf))
		return "a kernel with pages of 16K, which this CPU does not have";
	if (image->page_size == 64 && (mmfr0 >> 24 & 0xf) == 0xf)
		return "a kernel with pages of 64K, which this CPU does not have";
	return NULL;
}
