/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Unpacking what a kernel's file is packed with. Knows nothing of VMs, so that a unit test can use it as it is.
 */
#ifndef VMM_UNPACK_H
#define VMM_UNPACK_H

#include <stddef.h>
#include <stdint.h>

enum packing {
	PACKED_NOT,
	PACKED_GZIP,
	PACKED_ZSTD,
};

struct unpacked {
	unsigned char	*data;		/* from malloc() */
	size_t		size;
};

/**
 * unpack() - all of it
 * @packing: by what
 * @from: packed bytes; what follows behind their end is ignored, as gzip(1) does
 * @len: how many
 * @max: of how many bytes the result may be
 * @out: filled in when it is whole
 * @progress: told now and then how many of @len are done; or NULL
 *
 * Formats: RFC 1952, RFC 8878. No more memory is taken than twice @max, and the 128 MiB that RFC 8878 lets a decoder
 * limit its window to.
 *
 * Return: NULL, or what is wrong, for people.
 */
const char *unpack(enum packing packing, const void *from, size_t len, size_t max, struct unpacked *out,
		   void (*progress)(uint64_t done, uint64_t total));

#endif
