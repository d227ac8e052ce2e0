/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kind of file somebody gave as a kernel. Knows nothing of VMs, so that a unit test can use it as it is.
 */
#ifndef VMM_IMAGE_H
#define VMM_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unpack.h"

/* So much of the file's beginning has to be read, or all of it. */
#define IMAGE_PEEK	4096

/* Bigger than any kernel is, packed or not. */
#define IMAGE_MAX	(1ULL << 30)

struct image {
	uint64_t	offset;		/* from the RAM's base, a 2 MiB boundary, to the first byte */
	uint64_t	size;		/* in memory, with what is not in the file */
	unsigned int	page_size;	/* in KiB; 0: it does not say */
	bool		big_endian;
	bool		aarch32;	/* a zImage: 32-bit Arm */
};

/**
 * image_packing() - is a file packed, and where in it does that begin?
 * @file: all of it
 * @size: its size
 * @packing: PACKED_NOT for one that is to be taken as it is
 * @offset: of what is packed, in the file
 * @len: its size
 *
 * An EFI zboot image is a program that unpacks a kernel which it carries (Linux:
 * drivers/firmware/efi/libstub/zboot-header.S).
 *
 * Return: NULL, or why it can't be unpacked, for people.
 */
const char *image_packing(const void *file, size_t size, enum packing *packing, size_t *offset, size_t *len);

/**
 * image_is_linux() - does it begin as an arm64 Linux Image does? A vmlinux's first segment does, too.
 * @start: the first bytes
 * @len: how many
 */
bool image_is_linux(const void *start, size_t len);

/**
 * image_parse() - an arm64 Linux Image or a zImage of 32-bit Arm, whole?
 * @start: the file's first bytes
 * @len: how many, IMAGE_PEEK or all of the file
 * @file_size: of the file
 * @image: filled when it is one
 *
 * Return: NULL, or what it is instead and what to do, for people. Linux: Documentation/arm64/booting.rst,
 * Documentation/arm/booting.rst; the formats' own documents for the rest.
 */
const char *image_parse(const void *start, size_t len, uint64_t file_size, struct image *image);

/**
 * image_fits_cpu() - can a CPU run it?
 * @image: the image
 * @mmfr0: ID_AA64MMFR0_EL1 as the guest sees it (DDI 0487, D19.2.64)
 *
 * Return: NULL, or why not.
 */
const char *image_fits_cpu(const struct image *image, uint64_t mmfr0);

#endif
