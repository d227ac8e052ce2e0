// SPDX-License-Identifier: GPL-2.0
/*
 * Unpacking what a kernel's file is packed with: gzip by zlib, zstd by libzstd.
 *
 * The file may be anybody's: it says nothing that is believed before it is done. The room grows as it fills.
 *
 * Owns: nothing. Locks: none; any thread may call.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "unpack.h"

#define ROOM_AT_FIRST	(4UL << 20)
#define STEP		(1UL << 20)	/* bytes of input between two reports */

/* Both libraries' loops see it so: what is left of the input, how much room there is. */
struct work {
	const unsigned char	*in;
	size_t			left;
	struct unpacked		*out;
	size_t			room, max;
};

static const char no_memory[] = "not enough memory to unpack it";
static const char too_big[] = "unpacked it is bigger than the guest's memory, or than any kernel is";
static const char damaged[] = "packed, and damaged";
static const char cut[] = "packed, and its end is missing";

/* More room, until there is as much as may be. One byte beyond that is asked for, to tell full from too much. */
static const char *grow(struct work *w)
{
	size_t room = w->room ? w->room * 2 : ROOM_AT_FIRST;
	unsigned char *data;

	if (w->out->size < w->room)
		return NULL;
	if (w->room > w->max)
		return too_big;
	if (room > w->max + 1)
		room = w->max + 1;
	data = realloc(w->out->data, room);
	if (!data)
		return no_memory;
	w->out->data = data;
	w->room = room;
	return NULL;
}

static size_t next_step(const struct work *w)
{
	return w->left < STEP ? w->left : STEP;
}

static void took(struct work *w, size_t in, size_t out)
{
	w->in += in;
	w->left -= in;
	w->out->size += out;
}

/* Is what follows a part of the same file? */
static bool goes_on(const struct work *w, const char *magic, size_t len)
{
	return w->left >= len && !memcmp(w->in, magic, len);
}

static const char *gzip_step(struct work *w, void *state, bool *at_end)
{
	z_stream *z = state;
	size_t in = next_step(w), room = w->room - w->out->size;
	int ret;

	z->next_in = (unsigned char *)w->in;
	z->avail_in = in;
	z->next_out = w->out->data + w->out->size;
	z->avail_out = room < 1U << 30 ? room : 1U << 30;
	room = z->avail_out;
	ret = inflate(z, Z_NO_FLUSH);
	took(w, in - z->avail_in, room - z->avail_out);
	if (ret == Z_MEM_ERROR)
		return no_memory;
	if (ret == Z_BUF_ERROR && !w->left)
		return cut;
	if (ret != Z_OK && ret != Z_STREAM_END)
		return damaged;
	if (ret == Z_STREAM_END) {
		*at_end = !goes_on(w, "\x1f\x8b", 2);
		inflateReset(z);
	}
	return NULL;
}

static const char *zstd_step(struct work *w, void *state, bool *at_end)
{
	ZSTD_inBuffer in = { w->in, next_step(w), 0 };
	ZSTD_outBuffer out = { w->out->data + w->out->size, w->room - w->out->size, 0 };
	size_t ret = ZSTD_decompressStream(state, &out, &in);

	if (ZSTD_isError(ret))
		return damaged;
	took(w, in.pos, out.pos);
	if (!ret)
		*at_end = !goes_on(w, "\x28\xb5\x2f\xfd", 4);
	else if (!w->left && !in.pos && !out.pos)
		return cut;
	return NULL;
}

static const char *run(struct work *w, const char *(*step)(struct work *, void *, bool *), void *state,
		       void (*progress)(uint64_t, uint64_t))
{
	const size_t total = w->left;
	const char *wrong = NULL;
	bool at_end = false;

	while (!wrong && !at_end) {
		wrong = grow(w);
		if (!wrong)
			wrong = step(w, state, &at_end);
		if (progress)
			progress(total - w->left, total);
	}
	if (!wrong && w->out->size > w->max)
		wrong = too_big;
	return wrong;
}

static const char *gunzip(struct work *w, void (*progress)(uint64_t, uint64_t))
{
	z_stream z = { 0 };
	const char *wrong;

	/* 16: a gzip header, and nothing else (zlib.h, inflateInit2) */
	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return no_memory;
	wrong = run(w, gzip_step, &z, progress);
	inflateEnd(&z);
	return wrong;
}

static const char *unzstd(struct work *w, void (*progress)(uint64_t, uint64_t))
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	const char *wrong;

	if (!stream)
		return no_memory;
	wrong = run(w, zstd_step, stream, progress);
	ZSTD_freeDStream(stream);
	return wrong;
}

const char *unpack(enum packing packing, const void *from, size_t len, size_t max, struct unpacked *out,
		   void (*progress)(uint64_t done, uint64_t total))
{
	struct work w = { .in = from, .left = len, .out = out, .max = max };
	const char *wrong;

	*out = (struct unpacked) { 0 };
	wrong = packing == PACKED_GZIP ? gunzip(&w, progress) : unzstd(&w, progress);
	if (wrong) {
		free(out->data);
		*out = (struct unpacked) { 0 };
	}
	return wrong;
}
