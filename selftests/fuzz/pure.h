/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzers of pure logic share. Each includes a unit test (selftests/unit) with its main() out of the way, and
 * so has the source under test and the model of what it needs; libFuzzer makes the input. Runs on the build machine.
 */
#ifndef SELFTESTS_PURE_H
#define SELFTESTS_PURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at, *end;
};

/* The next n bytes as a number; zeroes where there are no more. */
static inline uint64_t bytes(struct input *in, unsigned int n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | (in->at < in->end ? *in->at++ : 0);
	return v;
}

static inline bool more(const struct input *in)
{
	return in->at < in->end;
}

/* 64 bits that are often near a power of two, or near all zeroes or ones. */
static inline uint64_t take_number(struct input *in)
{
	uint64_t kind = bytes(in, 1), v;

	if (kind < 64)
		return ((uint64_t)1 << kind) - 2 + bytes(in, 1) % 4;
	if (kind < 96)
		return bytes(in, 1);
	v = bytes(in, 8);
	return kind < 128 ? ~(v >> kind % 64) : v >> kind % 64;
}

#define REQUIRE(cond) do {								\
	if (!(cond)) {									\
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);	\
		abort();								\
	}										\
} while (0)

#endif
