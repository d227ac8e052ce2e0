// SPDX-License-Identifier: GPL-2.0
/*
 * armvcpu-run unpacks gzip, zstd and EFI zboot images whole, within a bound, and refuses what is cut or damaged; an ELF
 * file's parts go where it says, and one that lies about itself is refused.
 *
 * A failure means that a damaged file is started as if it were code, or that a small file fills the host's memory.
 *
 * Runs at: build host. Owns: nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/vmm/elf.c"
#include "tools/vmm/image.c"
#include "tools/vmm/unpack.c"
#include "expect.h"

#define PLAIN	(3U << 20)

static unsigned char plain[PLAIN], packed[2 * PLAIN];

/* Half of it noise, so that it is some steps of input long. */
static void fill(void)
{
	unsigned int i, x = 1;

	for (i = 0; i < PLAIN; i++) {
		x = x * 1103515245 + 12345;
		plain[i] = i < PLAIN / 2 ? x >> 16 : i / 4096;
	}
}

static size_t gzip(size_t len)
{
	z_stream z = { .next_in = plain, .avail_in = len, .next_out = packed, .avail_out = sizeof(packed) };

	EXPECT(deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	EXPECT(deflate(&z, Z_FINISH) == Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static size_t pack(enum packing packing, size_t len)
{
	return packing == PACKED_GZIP ? gzip(len) : ZSTD_compress(packed, sizeof(packed), plain, len, 1);
}

static uint64_t seen_done, seen_total;

static void progress(uint64_t done, uint64_t total)
{
	EXPECT(done >= seen_done && done <= total);
	seen_done = done;
	seen_total = total;
}

static const char *try(enum packing packing, size_t len, size_t max)
{
	struct unpacked out;
	const char *wrong = unpack(packing, packed, len, max, &out, NULL);

	EXPECT(!wrong || (!out.data && !out.size));
	free(out.data);
	return wrong;
}

static void unpacks(enum packing packing)
{
	size_t len = pack(packing, PLAIN), cut_at;
	struct unpacked out;

	seen_done = 0;
	EXPECT(!unpack(packing, packed, len, PLAIN, &out, progress));
	EXPECT(out.size == PLAIN && !memcmp(out.data, plain, PLAIN));
	EXPECT(seen_done == len && seen_total == len);
	free(out.data);

	/* One byte too much, and much too much */
	EXPECT(try(packing, len, PLAIN - 1) == too_big);
	EXPECT(try(packing, len, 1000) == too_big);
	/* Cut anywhere */
	for (cut_at = 2; cut_at < len; cut_at += len / 7)
		EXPECT(try(packing, cut_at, PLAIN) == cut);
	/* Behind the end may be anything; another part is one. */
	memset(packed + len, 'x', 100);
	EXPECT(!try(packing, len + 100, PLAIN));
	memcpy(packed + len, packed, len);
	EXPECT(!try(packing, 2 * len, 2 * PLAIN));
	EXPECT(try(packing, 2 * len, 2 * PLAIN - 1) == too_big);
	packed[1] ^= 1;
	EXPECT(try(packing, len, PLAIN) == damaged);
	/* Nothing at all is a file, too. */
	len = pack(packing, 0);
	EXPECT(!try(packing, len, PLAIN));
	EXPECT(try(packing, 0, PLAIN) == cut);
}

static void zboot(void)
{
	struct zboot_header h = { .mz = "MZ", .magic = "zimg", .offset = 100, .size = 50, .packing = "gzip" };
	unsigned char file[200] = { 0 };
	enum packing packing;
	size_t offset, len;

	memcpy(file, &h, sizeof(h));
	EXPECT(!image_packing(file, sizeof(file), &packing, &offset, &len));
	EXPECT(packing == PACKED_GZIP && offset == 100 && len == 50);
	strcpy((char *)file + 24, "zstd22");
	EXPECT(!image_packing(file, sizeof(file), &packing, &offset, &len) && packing == PACKED_ZSTD);
	strcpy((char *)file + 24, "xzkern");
	EXPECT(image_packing(file, sizeof(file), &packing, &offset, &len));
	strcpy((char *)file + 24, "gzip");
	EXPECT(image_packing(file, 149, &packing, &offset, &len));
	EXPECT(image_packing(file, 20, &packing, &offset, &len));
	memset(file + 8, 0xff, 4);
	EXPECT(image_packing(file, sizeof(file), &packing, &offset, &len));
	EXPECT(!image_packing("\x1f\x8b", 2, &packing, &offset, &len) && packing == PACKED_GZIP && len == 2);
	EXPECT(!image_packing("\x1f", 1, &packing, &offset, &len) && packing == PACKED_NOT);
}

static struct {
	Elf64_Ehdr	h;
	Elf64_Phdr	p[70];
	unsigned char	bytes[64];
} file;

#define BYTES	offsetof(typeof(file), bytes)

static void good(void)
{
	memset(&file, 0, sizeof(file));
	memcpy(file.h.e_ident, ELFMAG, SELFMAG);
	file.h.e_ident[EI_CLASS] = ELFCLASS64;
	file.h.e_ident[EI_DATA] = ELFDATA2LSB;
	file.h.e_type = ET_EXEC;
	file.h.e_machine = EM_AARCH64;
	file.h.e_phoff = offsetof(typeof(file), p);
	file.h.e_phentsize = sizeof(Elf64_Phdr);
	file.h.e_phnum = 2;
	file.h.e_entry = 0xffff000000001004;
	file.p[0] = (Elf64_Phdr) { .p_type = PT_LOAD, .p_offset = BYTES, .p_filesz = 32, .p_memsz = 32,
		.p_vaddr = 0xffff000000001000, .p_paddr = 0x40001000 };
	file.p[1] = (Elf64_Phdr) { .p_type = PT_LOAD, .p_offset = BYTES + 32, .p_filesz = 16, .p_memsz = 4096,
		.p_vaddr = 0xffff000000001040, .p_paddr = 0x40001040 };
	memset(file.bytes, 'a', 32);
	memset(file.bytes + 32, 'b', 32);
}

static struct elf elf;

static bool refused(const char *words)
{
	const char *said = elf_parse(&file, sizeof(file), &elf);

	if (said && strstr(said, words)) {
		good();
		return true;
	}
	printf("\"%s\" was expected, said was: %s\n", words, said ? said : "(good)");
	return false;
}

static void elf_files(void)
{
	unsigned char *flat;
	size_t size, i;

	good();
	EXPECT(!elf_parse(&file, sizeof(file), &elf));
	EXPECT(elf.nr == 2 && elf.entry == 0x40001004);
	EXPECT(elf.segments[1].ipa == 0x40001040 && elf.segments[1].mem_size == 4096);
	EXPECT(!elf_flatten(&file, &elf, 0x1000, &flat, &size));
	EXPECT(size == 0x50 && flat[31] == 'a' && !flat[32] && flat[0x40] == 'b');
	free(flat);
	EXPECT(elf_flatten(&file, &elf, 0x4f, &flat, &size));
	for (i = 0; i < BYTES + 48; i++)
		EXPECT(elf_parse(&file, i, &elf));

	file.h.e_ident[EI_CLASS] = ELFCLASS32;
	EXPECT(refused("32 bits"));
	file.h.e_ident[EI_DATA] = ELFDATA2MSB;
	EXPECT(refused("big-endian"));
	file.h.e_machine = EM_X86_64;
	EXPECT(refused("another machine"));
	file.h.e_type = ET_REL;
	EXPECT(refused("not linked"));
	file.h.e_type = ET_CORE;
	EXPECT(refused("no program"));
	file.h.e_phnum = 0;
	EXPECT(refused("without segments"));
	file.h.e_phoff = UINT64_MAX - 8;
	EXPECT(refused("missing"));
	file.p[0].p_type = PT_INTERP;
	EXPECT(refused("for Linux"));
	file.p[1].p_offset = UINT64_MAX - 8;
	EXPECT(refused("missing"));
	file.p[1].p_filesz = 4097;
	EXPECT(refused("damaged"));
	file.p[1].p_paddr = UINT64_MAX - 8;
	EXPECT(refused("damaged"));
	file.p[1].p_paddr = 0x4000101f;
	EXPECT(refused("overlap"));
	file.h.e_entry = 0x1000;
	EXPECT(refused("entry"));
	file.h.e_phnum = 65;
	for (i = 0; i < 65; i++)
		file.p[i] = (Elf64_Phdr) { .p_type = PT_LOAD, .p_memsz = 1, .p_paddr = i };
	EXPECT(refused("64 segments"));
}

int main(void)
{
	fill();
	unpacks(PACKED_GZIP);
	unpacks(PACKED_ZSTD);
	zboot();
	elf_files();
	return failed;
}
