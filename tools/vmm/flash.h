/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A bank of flash memory, as chips with Intel's command set. Knows nothing of VMs, so that a unit test can use it as
 * it is: firmware.c gives it to a guest.
 */
#ifndef VMM_FLASH_H
#define VMM_FLASH_H

#include <stdbool.h>
#include <stdint.h>

#define FLASH_BANK	0x4000000ULL	/* bytes of a bank: what its chips say of themselves fits this size */
#define FLASH_SECTOR	0x40000ULL	/* bytes that are erased at once */
#define FLASH_BUFFER	128		/* bytes that are programmed at once, at a multiple of that */

/* What a read gives. */
enum flash_shows {
	FLASH_MEMORY,			/* the bytes */
	FLASH_STATUS,
	FLASH_ID,
	FLASH_QUERY,			/* the table of the Common Flash Interface */
};

/* What the next write is. */
enum flash_takes {
	FLASH_COMMAND,
	FLASH_WORD,			/* a word to program */
	FLASH_ERASE_CONFIRM,
	FLASH_LOCK_CONFIRM,
	FLASH_COUNT,			/* how many words go into the buffer, less one */
	FLASH_DATA,			/* one of them */
	FLASH_BUFFER_CONFIRM,
};

/* All that the chips remember beside their bytes; 0 is how they come up. The file of --save has it as it is here. */
struct flash_state {
	uint32_t	shows;		/* enum flash_shows */
	uint32_t	takes;		/* enum flash_takes */
	uint32_t	errors;		/* bits of the status, kept until they are cleared */
	uint32_t	left;		/* words that the buffer still waits for */
	uint64_t	start;		/* offset of the buffer */
	uint32_t	has_start;
	uint32_t	reserved;	/* 0 */
	uint8_t		buffer[FLASH_BUFFER];
};

struct flash {
	uint8_t			*memory;	/* FLASH_BANK bytes */
	bool			read_only;	/* programming and erasing fail */
	/* Called for bytes that have changed, to keep them; false: an error for the guest to see. Or NULL. */
	bool			(*keep)(struct flash *flash, uint64_t offset, uint64_t len);
	struct flash_state	state;
};

/**
 * flash_read() - the guest reads from a bank
 * @flash: the bank
 * @offset: into it; with @len it ends within FLASH_BANK
 * @len: bytes, 1 to 8
 *
 * Return: what it reads.
 */
uint64_t flash_read(const struct flash *flash, uint64_t offset, unsigned int len);

/**
 * flash_write() - the guest writes to a bank: a command, or what one waits for
 * @flash: the bank
 * @offset: into it; with @len it ends within FLASH_BANK
 * @len: bytes, 1 to 8
 * @value: what it writes
 *
 * The bytes of the bank change only while flash_is_memory() says no, before and after.
 */
void flash_write(struct flash *flash, uint64_t offset, unsigned int len, uint64_t value);

/** flash_is_memory() - do reads give the bytes? Then they need not come here. */
bool flash_is_memory(const struct flash *flash);

/** flash_state_is_valid() - of a state that came from a file: is it one that chips can have? */
bool flash_state_is_valid(const struct flash_state *state);

#endif
