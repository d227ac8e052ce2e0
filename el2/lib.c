// SPDX-License-Identifier: GPL-2.0
/*
 * The two functions that a compiler may call on its own in freestanding code.
 *
 * Runs at: EL2. Owns: nothing.
 */
#include "el2.h"

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *f = from;

	while (n--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	char *t = to;

	while (n--)
		*t++ = (char)byte;
	return to;
}
