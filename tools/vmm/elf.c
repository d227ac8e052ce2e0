// SPDX-License-Identifier: GPL-2.0
/*
 * ELF files as guests: which bytes go where, and where the first instruction is.
 *
 * Owns: nothing. Locks: none; any thread may call.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "elf.h"

static const char *check_header(const Elf64_Ehdr *h, size_t size)
{
	if (size < EI_NIDENT || memcmp(h->e_ident, ELFMAG, SELFMAG))
		return "no ELF file";
	if (h->e_ident[EI_CLASS] != ELFCLASS64)
		return "an ELF file of 32 bits; this machine is arm64";
	if (h->e_ident[EI_DATA] != ELFDATA2LSB)
		return "a big-endian ELF file; take the Image, if it is a kernel";
	if (size < sizeof(*h))
		return "an ELF file of which the end is missing";
	if (h->e_machine != EM_AARCH64)
		return "an ELF file for another machine than arm64";
	if (h->e_type == ET_REL)
		return "an ELF file that is not linked yet (an object file, a module?)";
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		return "an ELF file that is no program (a core dump?)";
	if (!h->e_phnum)
		return "an ELF file without segments to load";
	/* Beyond 65534 the number would be elsewhere; nobody needs that many. */
	if (h->e_phentsize != sizeof(Elf64_Phdr))
		return "an ELF file with damaged program headers";
	return NULL;
}

static bool overlap(const struct elf_segment *a, const struct elf_segment *b)
{
	return a->ipa < b->ipa + b->mem_size && b->ipa < a->ipa + a->mem_size;
}

static const char *add_segment(const Elf64_Phdr *p, size_t size, struct elf *elf)
{
	struct elf_segment *s = &elf->segments[elf->nr];
	uint64_t end;
	unsigned int i;

	if (elf->nr == ELF_SEGMENTS)
		return "an ELF file with more than 64 segments to load";
	if (p->p_filesz > p->p_memsz || __builtin_add_overflow(p->p_paddr, p->p_memsz, &end) ||
	    __builtin_add_overflow(p->p_vaddr, p->p_memsz, &end))
		return "an ELF file with damaged program headers";
	if (p->p_offset > size || p->p_filesz > size - p->p_offset)
		return "an ELF file of which the end is missing";
	*s = (struct elf_segment) {
		.ipa = p->p_paddr, .mem_size = p->p_memsz, .offset = p->p_offset, .file_size = p->p_filesz,
	};
	for (i = 0; i < elf->nr; i++) {
		if (overlap(s, &elf->segments[i]))
			return "an ELF file of which segments overlap";
	}
	elf->nr++;
	return NULL;
}

const char *elf_parse(const void *file, size_t size, struct elf *elf)
{
	bool has_entry = false, interpreted = false;
	const char *wrong;
	Elf64_Ehdr h = { 0 };
	Elf64_Phdr p;
	unsigned int i;

	memcpy(&h, file, size < sizeof(h) ? size : sizeof(h));
	wrong = check_header(&h, size);
	if (wrong)
		return wrong;
	if (h.e_phoff > size || (uint64_t)h.e_phnum * sizeof(p) > size - h.e_phoff)
		return "an ELF file of which the end is missing";

	elf->nr = 0;
	for (i = 0; i < h.e_phnum; i++) {
		memcpy(&p, (const char *)file + h.e_phoff + i * sizeof(p), sizeof(p));
		interpreted |= p.p_type == PT_INTERP;
		if (p.p_type != PT_LOAD || !p.p_memsz)
			continue;
		wrong = add_segment(&p, size, elf);
		if (wrong)
			return wrong;
		/* The file says the entry's virtual address; the MMU will be off. */
		if (h.e_entry - p.p_vaddr < p.p_memsz) {
			elf->entry = h.e_entry - p.p_vaddr + p.p_paddr;
			has_entry = true;
		}
	}
	if (interpreted)
		return "a program for Linux, not one for a bare machine";
	if (!elf->nr)
		return "an ELF file without segments to load";
	return has_entry ? NULL : "an ELF file whose entry is in none of its segments";
}

const char *elf_flatten(const void *file, const struct elf *elf, uint64_t max, unsigned char **flat, size_t *flat_size)
{
	uint64_t from = UINT64_MAX, end = 0;
	const struct elf_segment *s;
	unsigned int i;

	for (i = 0; i < elf->nr; i++) {
		s = &elf->segments[i];
		if (!s->file_size)
			continue;
		if (s->ipa < from)
			from = s->ipa;
		if (s->ipa + s->file_size > end)
			end = s->ipa + s->file_size;
	}
	if (end <= from || end - from > max)
		return "an ELF file that is bigger in memory than any kernel is";
	*flat_size = end - from;
	*flat = calloc(1, *flat_size);
	if (!*flat)
		return "not enough memory to read it";
	for (i = 0; i < elf->nr; i++) {
		s = &elf->segments[i];
		if (s->file_size)
			memcpy(*flat + (s->ipa - from), (const char *)file + s->offset, s->file_size);
	}
	return NULL;
}
