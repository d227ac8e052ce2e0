// SPDX-License-Identifier: GPL-2.0
/*
 * What armvcpu-run takes for a kernel: an arm64 Linux Image or a 32-bit zImage, whole, that the CPU can run. Every
 * other file is refused by its name.
 *
 * A failure means that a wrong file is started as if it were code, and the guest spins without a word, or that a good
 * one is refused. Reference: Linux, Documentation/arm64/booting.rst.
 *
 * Runs at: build host. Owns: nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/vmm/image.c"
#include "expect.h"

static unsigned char file[IMAGE_PEEK];

/* Refused, with these words? */
static void refused(size_t len, const char *words)
{
	struct image image;
	const char *said = image_parse(file, len, len, &image);

	if (!said || !strstr(said, words)) {
		printf("\"%s\" was expected, said was: %s\n", words, said ? said : "(an Image)");
		failed = 1;
	}
}

static void starts(unsigned int offset, const char *bytes, size_t len, const char *words)
{
	memset(file, 0, sizeof(file));
	memcpy(file + offset, bytes, len);
	refused(sizeof(file), words);
}

static struct image_header good(void)
{
	/* add x13, x18, #0x16 ("MZ"); b +0x1000 */
	return (struct image_header) {
		.code = { 0x91005a4d, 0x14000400 }, .image_size = 0x200000, .flags = 0xa,
		.magic = IMAGE_MAGIC,
	};
}

static const char *parse(const struct image_header *h, uint64_t file_size, struct image *image)
{
	memset(file, 0, sizeof(file));
	memcpy(file, h, sizeof(*h));
	return image_parse(file, file_size < sizeof(file) ? file_size : sizeof(file), file_size, image);
}

static void zimages(void)
{
	struct zimage_header h = { .magic = ZIMAGE_MAGIC, .end = 0x500000, .endianness = 0x04030201 };
	struct image image = { 0 };

	memset(file, 0, sizeof(file));
	memcpy(file, &h, sizeof(h));
	EXPECT(!image_parse(file, sizeof(file), 0x500000, &image));
	EXPECT(image.aarch32 && image.offset == 0x2000000 && image.size > 0x500000 && !image.page_size);
	/* Cut, or saying nonsense of itself; in the other byte order. */
	EXPECT(image_parse(file, sizeof(file), 0x4fffff, &image));
	h.start = 0x500000;
	memcpy(file, &h, sizeof(h));
	EXPECT(image_parse(file, sizeof(file), 0x500000, &image));
	h.endianness = 0x01020304;
	memcpy(file, &h, sizeof(h));
	refused(sizeof(file), "big-endian");
}

static void images(void)
{
	struct image_header h = good();
	struct image image = { 0 };

	EXPECT(!parse(&h, 0x100000, &image));
	EXPECT(image.offset == 0 && image.size == 0x200000 && image.page_size == 4 && !image.big_endian);
	/* The file may be longer than what it says of itself. */
	EXPECT(!parse(&h, 0x300000, &image) && image.size == 0x300000);
	h.image_size = 0;
	EXPECT(!parse(&h, 0x100000, &image) && image.offset == 0x80000);
	/* Cut to its header, behind it, before what it branches to. */
	EXPECT(parse(&h, 64, &image));
	EXPECT(parse(&h, 65, &image));
	EXPECT(parse(&h, 0x1000, &image));
	EXPECT(!parse(&h, 0x1008, &image));
	/* Kernels without an EFI stub branch at once; a branch backwards leads nowhere. */
	h.code[0] = 0x14000400;
	h.code[1] = 0;
	EXPECT(!parse(&h, 0x100000, &image));
	EXPECT(parse(&h, 0x1000, &image));
	h.code[0] = 0x17ffffff;
	EXPECT(parse(&h, 0x100000, &image));
}

static void cpus(void)
{
	struct image image = { .page_size = 4 };

	/* TGran4, TGran64: 0 is there, 0xf is not; TGran16: 0 is not */
	EXPECT(!image_fits_cpu(&image, 0));
	EXPECT(image_fits_cpu(&image, 0xfULL << 28));
	image.page_size = 64;
	EXPECT(!image_fits_cpu(&image, 0));
	EXPECT(image_fits_cpu(&image, 0xfULL << 24));
	image.page_size = 16;
	EXPECT(image_fits_cpu(&image, 0));
	EXPECT(!image_fits_cpu(&image, 1ULL << 20));
	image.page_size = 0;
	EXPECT(!image_fits_cpu(&image, 0xfULL << 28 | 0xfULL << 24));
	image.big_endian = true;
	EXPECT(image_fits_cpu(&image, 0));
	EXPECT(!image_fits_cpu(&image, 1ULL << 8));
}

/* A real one: the emulated host's kernel, if a name is given. */
static void real(const char *name)
{
	FILE *f = fopen(name, "r");
	struct image image;
	size_t len;

	if (!f)
		return;
	len = fread(file, 1, sizeof(file), f);
	fseek(f, 0, SEEK_END);
	EXPECT(!image_parse(file, len, ftell(f), &image));
	EXPECT(image.page_size == 4);
	EXPECT(image_parse(file, len, len, &image));
	fclose(f);
}

int main(void)
{
	char kernel[4096];

	starts(0, "\x1f\x8b\x08", 3, "not only once");
	starts(0, "\x28\xb5\x2f\xfd", 4, "not only once");
	starts(0, "\3757zXZ\0", 6, "xz");
	starts(0, "\x04\x22\x4d\x18", 4, "lz4");
	starts(0, "\x02\x21\x4c\x18", 4, "lz4");
	starts(0, "BZh9", 4, "bzip2");
	starts(0, "\x5d\0\0\x80", 4, "lzma");
	starts(0, "\x89LZO", 4, "lzo");
	starts(0, "MZ\0\0zimg", 8, "zboot");
	starts(0, "\x27\x05\x19\x56", 4, "uImage");
	starts(0, "ANDROID!", 8, "Android");
	starts(0, "\xd0\x0d\xfe\xed", 4, "FIT");
	zimages();
	starts(0x202, "HdrS", 4, "x86");
	starts(0x30, "RISCV\0\0\0", 8, "RISC-V");
	starts(0, "MZ", 2, "EFI program");
	starts(0, "\x00\x00\x80\xd2", 4, "--flat");
	memset(file, 'a', sizeof(file));
	refused(sizeof(file), "text");
	refused(1, "text");
	file[0] = 0;
	refused(1, "too short");
	images();
	cpus();
	if (getenv("CACHE")) {
		snprintf(kernel, sizeof(kernel), "%s/kernels/6.1/Image", getenv("CACHE"));
		real(kernel);
	}
	return failed;
}
