// SPDX-License-Identifier: GPL-2.0
/*
 * What armvcpu-run --save has written it reads again; a file that was cut, changed in any bit, or that lies about its
 * sizes is refused.
 *
 * A failure means that a guest goes on with a state that it never had, or that a file harms who restores it.
 *
 * Runs at: build host. Owns: nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/vmm/save_file.c"
#include "expect.h"

static struct memory {
	struct save_stream	stream;
	uint8_t			bytes[1024];
	size_t			at, size;
} file;

static uint8_t room[SAVE_RECORD_MAX];

static bool first_is_good;	/* the first record that was read */

static bool to_memory(struct save_stream *stream, void *bytes, size_t len)
{
	struct memory *to = (struct memory *)stream;

	if (len > sizeof(to->bytes) - to->at)
		return false;
	memcpy(to->bytes + to->at, bytes, len);
	to->at += len;
	to->size = to->at;
	return true;
}

static bool from_memory(struct save_stream *stream, void *bytes, size_t len)
{
	struct memory *from = (struct memory *)stream;

	if (len > from->size - from->at)
		return false;
	memcpy(bytes, from->bytes + from->at, len);
	from->at += len;
	return true;
}

static void write_file(void)
{
	file = (struct memory) { .stream.transfer = to_memory };
	EXPECT(save_begin(&file.stream));
	EXPECT(save_put(&file.stream, SAVE_DEVICE, 3, "abc", 3));
	EXPECT(save_put(&file.stream, SAVE_MEMORY, 0, "", 0));
	EXPECT(save_put(&file.stream, SAVE_GIC, 0, "12345678", 8));
	EXPECT(save_finish(&file.stream));
}

/* To its end */
static const char *read_file(unsigned int *nr)
{
	struct save_record record;
	const char *wrong;

	file.stream.transfer = from_memory;
	file.at = 0;
	*nr = 0;
	wrong = save_open(&file.stream);
	while (!wrong) {
		wrong = save_get(&file.stream, &record, room);
		if (wrong || record.kind == SAVE_END)
			return wrong;
		if (!(*nr)++)
			first_is_good = record.kind == SAVE_DEVICE && record.index == 3 && record.size == 3 &&
					!memcmp(room, "abc", 3);
	}
	return wrong;
}

static void frames(void)
{
	unsigned int nr;
	size_t i, size;

	write_file();
	EXPECT(!read_file(&nr) && nr == 3 && first_is_good);
	for (i = 0, size = file.size; i < size; i++) {
		file.size = i;
		EXPECT(read_file(&nr));
	}
	file.size = size;
	/* All but what means nothing: the last record's index, and what it is filled up with. */
	for (i = 0; i < (size - 4) * 8; i++) {
		if (i / 8 >= size - 20 && i / 8 < size - 16)
			continue;
		file.bytes[i / 8] ^= 1 << i % 8;
		EXPECT(read_file(&nr));
		file.bytes[i / 8] ^= 1 << i % 8;
	}
	EXPECT(!read_file(&nr) && nr == 3);
	file.bytes[8] = SAVE_VERSION + 1;
	EXPECT(strstr(read_file(&nr), "another version"));
	/* More than fits */
	file.stream.transfer = to_memory;
	EXPECT(!save_put(&file.stream, SAVE_MEMORY, 0, room, SAVE_RECORD_MAX + 1));
	EXPECT(!save_put(&file.stream, SAVE_MEMORY, 0, room, sizeof(file.bytes)));
}

static void registers(void)
{
	uint8_t list[64];
	const uint8_t *at = list;
	uint64_t id = 0x6030000000100000, got;
	size_t size;

	memcpy(list, &id, 8);
	memset(list + 8, 7, 8);
	EXPECT(save_next_reg(&at, list + 16, &got, &size) == list + 8 && size == 8 && got == id && at == list + 16);
	EXPECT(!save_next_reg(&at, list + 16, &got, &size) && at == list + 16);
	at = list;
	EXPECT(!save_next_reg(&at, list + 15, &got, &size) && at == list);
	EXPECT(!save_next_reg(&at, list + 7, &got, &size) && at == list);
	EXPECT(save_reg_size(0x6080000000000000) == 256 && !save_reg_size(0x6090000000000000));
}

int main(void)
{
	frames();
	registers();
	return failed;
}
