/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ELF files as guests. Knows nothing of VMs, so that a unit test can use it as it is.
 */
#ifndef VMM_ELF_H
#define VMM_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_SEGMENTS	64

struct elf_segment {
	uint64_t	ipa;		/* where the file wants it */
	uint64_t	mem_size;	/* not 0, and no less than file_size; the rest is zeroes */
	uint64_t	offset;		/* in the file, with file_size bytes behind it */
	uint64_t	file_size;
};

struct elf {
	uint64_t		entry;	/* guest physical */
	unsigned int		nr;
	struct elf_segment	segments[ELF_SEGMENTS];	/* no two overlap; ipa + mem_size does not wrap */
};

/**
 * elf_parse() - an ELF file for arm64, that can be loaded?
 * @file: all of it
 * @size: its size
 * @elf: filled when it is
 *
 * Return: NULL, or what is wrong with it, for people. Tool Interface Standard ELF 1.2; ELF for the Arm 64-bit
 * Architecture (IHI 0056).
 */
const char *elf_parse(const void *file, size_t size, struct elf *elf);

/**
 * elf_flatten() - as objcopy -O binary would: what a vmlinux must become
 * @file: the file that elf_parse() has read
 * @elf: what it said of it
 * @max: of how many bytes the result may be
 * @flat: where to put its address, from malloc()
 * @flat_size: its size, without the zeroes of the end
 *
 * Return: NULL, or what is wrong.
 */
const char *elf_flatten(const void *file, const struct elf *elf, uint64_t max, unsigned char **flat, size_t *flat_size);

#endif
