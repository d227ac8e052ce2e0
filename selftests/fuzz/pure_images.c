// SPDX-License-Identifier: GPL-2.0
/*
 * The files that armvcpu-run is given as kernels: whatever is in them, what is said of them holds. The unpacked is no
 * bigger than the bound, and ELF's parts lie within the file and apart in memory.
 */
#include "pure.h"

#include "tools/vmm/elf.c"
#include "tools/vmm/image.c"
#include "tools/vmm/unpack.c"

#define MAX	(64U << 10)

static void look_at_elf(const uint8_t *file, size_t size)
{
	struct elf elf;
	unsigned char *flat;
	size_t flat_size;
	unsigned int i, j;

	if (elf_parse(file, size, &elf))
		return;
	REQUIRE(elf.nr && elf.nr <= ELF_SEGMENTS);
	for (i = 0; i < elf.nr; i++) {
		const struct elf_segment *s = &elf.segments[i];

		REQUIRE(s->file_size <= s->mem_size && s->mem_size && s->ipa + s->mem_size > s->ipa);
		REQUIRE(s->offset <= size && s->file_size <= size - s->offset);
		for (j = 0; j < i; j++)
			REQUIRE(!overlap(s, &elf.segments[j]));
	}
	if (!elf_flatten(file, &elf, MAX, &flat, &flat_size)) {
		REQUIRE(flat_size && flat_size <= MAX);
		free(flat);
	}
}

static void look(const uint8_t *file, size_t size)
{
	struct image image;

	look_at_elf(file, size);
	if (!image_parse(file, size < IMAGE_PEEK ? size : IMAGE_PEEK, size, &image))
		REQUIRE(image.size >= size &&
			(image.aarch32 ? !memcmp(file + 0x24, "\x18\x28\x6f\x01", 4) : image_is_linux(file, size)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unpacked out;
	enum packing packing;
	size_t offset, len;

	if (image_packing(data, size, &packing, &offset, &len))
		return 0;
	REQUIRE(offset <= size && len <= size - offset);
	if (packing == PACKED_NOT) {
		look(data, size);
	} else if (!unpack(packing, data + offset, len, MAX, &out, NULL)) {
		REQUIRE(out.size <= MAX);
		look(out.data, out.size);
		free(out.data);
	}
	return 0;
}
