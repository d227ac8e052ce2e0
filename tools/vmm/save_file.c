// SPDX-License-Identifier: GPL-2.0
/*
 * The file that --save writes and --restore reads: its frame.
 *
 * Who restores may have the file from anybody: sizes are bounded before they are believed, and a sum of all says that
 * it is whole. That is no signature: whoever can change a file can make its sum.
 *
 * Owns: nothing. Locks: none.
 */
#include <string.h>
#include <zlib.h>

#include "save_file.h"

#define ALIGN_8(n)	(((n) + 7) & ~(size_t)7)

static const char cut[] = "its end is missing";

static bool move(struct save_stream *stream, void *bytes, size_t len)
{
	if (!stream->transfer(stream, bytes, len))
		return false;
	stream->crc = crc32(stream->crc, bytes, len);
	return true;
}

bool save_begin(struct save_stream *stream)
{
	struct save_header header = { .version = SAVE_VERSION };

	memcpy(header.magic, SAVE_MAGIC, sizeof(header.magic));
	stream->crc = crc32(0, NULL, 0);
	return move(stream, &header, sizeof(header));
}

bool save_put(struct save_stream *stream, enum save_kind kind, uint32_t index, const void *bytes, size_t len)
{
	struct save_record record = { .kind = kind, .index = index, .size = len };
	uint8_t fill[8] = { 0 };

	return len <= SAVE_RECORD_MAX && move(stream, &record, sizeof(record)) && move(stream, (void *)bytes, len) &&
	       move(stream, fill, ALIGN_8(len) - len);
}

bool save_finish(struct save_stream *stream)
{
	uint32_t sum = stream->crc;

	return save_put(stream, SAVE_END, 0, &sum, sizeof(sum));
}

const char *save_open(struct save_stream *stream)
{
	struct save_header header;

	stream->crc = crc32(0, NULL, 0);
	if (!move(stream, &header, sizeof(header)) || memcmp(header.magic, SAVE_MAGIC, sizeof(header.magic)))
		return "not a file that --save has written";
	if (header.version != SAVE_VERSION)
		return "saved by another version of the program";
	if (header.reserved)
		return "damaged";
	return NULL;
}

const char *save_get(struct save_stream *stream, struct save_record *record, void *bytes)
{
	uint32_t sum = stream->crc, saved;
	uint8_t fill[8];

	if (!move(stream, record, sizeof(*record)))
		return cut;
	if (record->kind < SAVE_MACHINE || record->kind > SAVE_PCI || record->size > SAVE_RECORD_MAX)
		return "damaged";
	if (!move(stream, bytes, record->size) || !move(stream, fill, ALIGN_8(record->size) - record->size))
		return cut;
	if (record->kind != SAVE_END)
		return NULL;
	if (record->size != sizeof(saved))
		return "damaged";
	memcpy(&saved, bytes, sizeof(saved));
	return saved == sum ? NULL : "damaged: its sum is wrong";
}

/* Bits 55:52 of an id (Documentation/virt/kvm/api.rst, 4.68) */
size_t save_reg_size(uint64_t id)
{
	unsigned int log2 = id >> 52 & 15;

	return log2 <= 8 ? (size_t)1 << log2 : 0;
}

const void *save_next_reg(const uint8_t **bytes, const uint8_t *end, uint64_t *id, size_t *size)
{
	const uint8_t *value;

	if ((size_t)(end - *bytes) < sizeof(*id))
		return NULL;
	memcpy(id, *bytes, sizeof(*id));
	value = *bytes + sizeof(*id);
	*size = save_reg_size(*id);
	if (!*size || *size > (size_t)(end - value))
		return NULL;
	*bytes = value + *size;
	return value;
}
