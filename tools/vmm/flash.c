// SPDX-License-Identifier: GPL-2.0
/*
 * Flash memory: two chips of 16 bits side by side, which take Intel's command set (Common Flash Memory Interface,
 * JEDEC JESD68; primary command set 0001h; Intel StrataFlash P30's datasheet), as in QEMU's machine "virt".
 *
 * A word of the bank is 32 bits, a half from each chip. Both are given the same commands, so that one state is enough:
 * a command is the low byte of what is written, and what a chip says is in both halves. A program finds its command
 * done when it asks for the first time.
 *
 * Owns: struct flash. Locks: the caller's.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <string.h>

#include "flash.h"

/* Commands */
#define READ_MEMORY	0xff
#define READ_STATUS	0x70
#define CLEAR_STATUS	0x50
#define READ_ID		0x90
#define READ_QUERY	0x98
#define PROGRAM_WORD	0x40
#define PROGRAM_WORD2	0x10		/* the same */
#define PROGRAM_BUFFER	0xe8
#define ERASE_SECTOR	0x20
#define LOCK		0x60
#define CONFIRM		0xd0

/* Status */
#define READY		0x80
#define ERASE_FAILED	0x20
#define PROGRAM_FAILED	0x10
#define WRONG_SEQUENCE	(ERASE_FAILED | PROGRAM_FAILED)
#define LOCKED		0x02

#define WORD		4		/* bytes of the bank's */

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Manufacturer Intel; a sector's third word says whether it is locked. */
static const uint16_t ids[] = { 0x89, 0x18, 0 };

/* From word 10h on; of one chip, which has half of a bank's bytes. Times are powers of 2. */
#define QUERY_FIRST	0x10
static const uint8_t query[] = {
	'Q', 'R', 'Y', 0x01, 0x00, 0x31, 0x00,	/* command set 1, which has a table at 31h */
	0x00, 0x00, 0x00, 0x00,			/* no second command set */
	0x45, 0x55, 0x00, 0x00,			/* volts */
	0x07, 0x07, 0x0a, 0x00,			/* us for a word, a buffer; ms for a sector; no chip erase */
	0x04, 0x04, 0x04, 0x00,			/* at most that many times this */
	25,					/* bytes: FLASH_BANK / 2 */
	0x01, 0x00,				/* 16 bits wide */
	6, 0x00,				/* bytes of the buffer: FLASH_BUFFER / 2 */
	0x01,					/* all sectors are alike: their number less 1, their size / 256 */
	0xff, 0x00, 0x00, 0x02,
	'P', 'R', 'I', '1', '0',		/* at 31h: nothing optional */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

_Static_assert(1ULL << 25 == FLASH_BANK / 2 && 1 << 6 == FLASH_BUFFER / 2, "the table's sizes");
_Static_assert(0x100 * FLASH_SECTOR == FLASH_BANK && 0x200 * 256 == FLASH_SECTOR / 2, "the table's sectors");

/* What a chip says where it is asked. */
static uint16_t chip_says(const struct flash *flash, uint64_t word)
{
	switch (flash->state.shows) {
	case FLASH_ID:
		word %= FLASH_SECTOR / WORD;
		return word < ARRAY_SIZE(ids) ? ids[word] : 0;
	case FLASH_QUERY:
		word -= QUERY_FIRST;
		return word < sizeof(query) ? query[word] : 0;
	default:
		return READY | flash->state.errors;
	}
}

bool flash_is_memory(const struct flash *flash)
{
	return flash->state.shows == FLASH_MEMORY;
}

uint64_t flash_read(const struct flash *flash, uint64_t offset, unsigned int len)
{
	uint64_t value = 0;
	unsigned int i;
	uint64_t at;

	if (flash_is_memory(flash)) {
		memcpy(&value, flash->memory + offset, len);
		return value;
	}
	for (i = 0; i < len; i++) {
		at = offset + i;
		value |= (uint64_t)(chip_says(flash, at / WORD) >> 8 * (at % 2) & 0xff) << 8 * i;
	}
	return value;
}

/* Programming takes bits from 1 to 0; only erasing brings them back. */
static void program(struct flash *flash, uint64_t offset, const uint8_t *bytes, unsigned int len)
{
	unsigned int i;

	if (flash->read_only) {
		flash->state.errors |= PROGRAM_FAILED | LOCKED;
		return;
	}
	for (i = 0; i < len; i++)
		flash->memory[offset + i] &= bytes[i];
	if (flash->keep && !flash->keep(flash, offset, len))
		flash->state.errors |= PROGRAM_FAILED;
}

static void erase(struct flash *flash, uint64_t offset)
{
	offset -= offset % FLASH_SECTOR;
	if (flash->read_only) {
		flash->state.errors |= ERASE_FAILED | LOCKED;
		return;
	}
	memset(flash->memory + offset, 0xff, FLASH_SECTOR);
	if (flash->keep && !flash->keep(flash, offset, FLASH_SECTOR))
		flash->state.errors |= ERASE_FAILED;
}

/* What each command turns the chips to. All others have no effect, but end what was shown. */
static const struct {
	uint8_t		command;
	uint8_t		shows, takes;
} commands[] = {
	{ READ_STATUS,		FLASH_STATUS,	FLASH_COMMAND },
	{ CLEAR_STATUS,		FLASH_MEMORY,	FLASH_COMMAND },
	{ READ_ID,		FLASH_ID,	FLASH_COMMAND },
	{ READ_QUERY,		FLASH_QUERY,	FLASH_COMMAND },
	{ PROGRAM_WORD,		FLASH_STATUS,	FLASH_WORD },
	{ PROGRAM_WORD2,	FLASH_STATUS,	FLASH_WORD },
	{ PROGRAM_BUFFER,	FLASH_STATUS,	FLASH_COUNT },
	{ ERASE_SECTOR,		FLASH_STATUS,	FLASH_ERASE_CONFIRM },
	{ LOCK,			FLASH_STATUS,	FLASH_LOCK_CONFIRM },
};

static void command(struct flash *flash, uint8_t what)
{
	struct flash_state *state = &flash->state;
	size_t i;

	state->shows = FLASH_MEMORY;
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (commands[i].command != what)
			continue;
		state->shows = commands[i].shows;
		state->takes = commands[i].takes;
	}
	if (what == CLEAR_STATUS)
		state->errors = 0;
}

static void begin_buffer(struct flash_state *state, uint64_t value)
{
	value &= 0xffff;
	if (value >= FLASH_BUFFER / WORD) {
		state->errors |= WRONG_SEQUENCE;
		return;
	}
	state->left = value + 1;
	state->has_start = 0;
	memset(state->buffer, 0xff, sizeof(state->buffer));
	state->takes = FLASH_DATA;
}

/* The first word says where the buffer is; all lie in it. */
static void fill_buffer(struct flash_state *state, uint64_t offset, unsigned int len, uint64_t value)
{
	unsigned int words = len < WORD ? 1 : len / WORD;

	if (!state->has_start) {
		state->has_start = 1;
		state->start = offset - offset % FLASH_BUFFER;
	}
	if (offset < state->start || offset + len > state->start + FLASH_BUFFER || words > state->left) {
		state->errors |= WRONG_SEQUENCE;
		state->takes = FLASH_COMMAND;
		return;
	}
	memcpy(state->buffer + (offset - state->start), &value, len);
	state->left -= words;
	if (!state->left)
		state->takes = FLASH_BUFFER_CONFIRM;
}

void flash_write(struct flash *flash, uint64_t offset, unsigned int len, uint64_t value)
{
	struct flash_state *state = &flash->state;
	const enum flash_takes takes = state->takes;
	const bool confirmed = (uint8_t)value == CONFIRM;

	/* All but the first and the buffer's are the last of their sequence. */
	state->takes = FLASH_COMMAND;
	switch (takes) {
	case FLASH_COMMAND:
		command(flash, value);
		break;
	case FLASH_WORD:
		program(flash, offset, (const uint8_t *)&value, len);
		break;
	case FLASH_COUNT:
		begin_buffer(state, value);
		break;
	case FLASH_DATA:
		state->takes = FLASH_DATA;
		fill_buffer(state, offset, len, value);
		break;
	case FLASH_ERASE_CONFIRM:
		if (confirmed)
			erase(flash, offset);
		else
			state->errors |= WRONG_SEQUENCE;
		break;
	case FLASH_BUFFER_CONFIRM:
		if (confirmed)
			program(flash, state->start, state->buffer, FLASH_BUFFER);
		else
			state->errors |= WRONG_SEQUENCE;
		break;
	case FLASH_LOCK_CONFIRM:
		/* Sectors can be locked and unlocked, and are never locked. */
		break;
	}
}

bool flash_state_is_valid(const struct flash_state *state)
{
	if (state->shows > FLASH_QUERY || state->takes > FLASH_BUFFER_CONFIRM)
		return false;
	/* Bytes change while status is shown. */
	if (state->takes != FLASH_COMMAND && state->shows != FLASH_STATUS)
		return false;
	return state->left <= FLASH_BUFFER / WORD && state->start % FLASH_BUFFER == 0 && state->start < FLASH_BANK;
}
