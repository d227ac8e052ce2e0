// SPDX-License-Identifier: GPL-2.0
/*
 * The flash memory of armvcpu-run takes Intel's commands as its chips do: what drivers of UEFI and Linux send programs,
 * erases and asks; bits go from 1 to 0 only; each step of a wrong sequence is an error that shows, and none reaches
 * beyond the bank, whatever a guest writes; bytes never change while they are shown.
 *
 * A failure means that UEFI loses or damages its variables, or that a guest writes to armvcpu-run's memory. References:
 * JEDEC JESD68 (CFI), Intel StrataFlash P30's datasheet.
 *
 * Runs at: build host. Owns: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tools/vmm/flash.c"
#include "expect.h"

static struct {
	uint64_t	offset, len;
	unsigned int	calls;
	bool		fails;
} kept;

static bool keep(struct flash *flash, uint64_t offset, uint64_t len)
{
	EXPECT(offset + len <= FLASH_BANK && !flash_is_memory(flash));
	kept.offset = offset;
	kept.len = len;
	kept.calls++;
	return !kept.fails;
}

static struct flash flash;

static void command_at(uint64_t offset, uint8_t what)
{
	flash_write(&flash, offset, 4, what | what << 16);
}

static uint32_t status(void)
{
	command_at(0, READ_STATUS);
	return flash_read(&flash, 0, 4);
}

#define BOTH(x) ((x) | (x) << 16)

static void starts_anew(void)
{
	flash.state = (struct flash_state) { 0 };
	memset(&kept, 0, sizeof(kept));
	memset(flash.memory, 0xff, 2 * FLASH_SECTOR);
}

static void reads(void)
{
	starts_anew();
	memcpy(flash.memory + 0x1000, "\1\2\3\4\5\6\7\10", 8);
	EXPECT(flash_is_memory(&flash));
	EXPECT(flash_read(&flash, 0x1000, 8) == 0x0807060504030201);
	EXPECT(flash_read(&flash, 0x1003, 1) == 4);
	command_at(0x40000, READ_ID);
	EXPECT(!flash_is_memory(&flash));
	EXPECT(flash_read(&flash, 0x40000, 4) == 0x00890089 && flash_read(&flash, 0x40004, 4) == 0x00180018);
	EXPECT(flash_read(&flash, 0x40008, 4) == 0 && flash_read(&flash, 0x1000, 4) == 0);
	command_at(0, READ_MEMORY);
	EXPECT(flash_is_memory(&flash) && flash_read(&flash, 0x1000, 1) == 1);
	command_at(0x55 * 4, READ_QUERY);
	EXPECT(flash_read(&flash, 0x40, 4) == BOTH('Q'));
	EXPECT(flash_read(&flash, 0x44, 8) == (BOTH('Y') * 1ULL << 32 | BOTH('R')));
	EXPECT(flash_read(&flash, 0x40, 1) == 'Q' && flash_read(&flash, 0x41, 1) == 0);
	EXPECT(flash_read(&flash, 0x42, 2) == 'Q');
	EXPECT(flash_read(&flash, 0x31 * 4, 4) == BOTH('P') && flash_read(&flash, 0, 4) == 0);
	EXPECT(flash_read(&flash, FLASH_BANK - 8, 8) == 0);
	/* What is no command does nothing. */
	command_at(0, READ_MEMORY);
	command_at(0, 0x00);
	command_at(0, CONFIRM);
	EXPECT(flash_is_memory(&flash) && flash_read(&flash, 0x1000, 1) == 1 && !kept.calls);
}

static void programs(void)
{
	starts_anew();
	command_at(0x2000, PROGRAM_WORD);
	flash_write(&flash, 0x2000, 4, 0x12345678);
	EXPECT(!flash_is_memory(&flash) && flash_read(&flash, 0x2000, 4) == BOTH(READY));
	EXPECT(kept.calls == 1 && kept.offset == 0x2000 && kept.len == 4);
	command_at(0x2000, PROGRAM_WORD2);
	flash_write(&flash, 0x2000, 4, 0xffff00ff);
	command_at(0, READ_MEMORY);
	EXPECT(flash_read(&flash, 0x2000, 4) == 0x12340078);
	EXPECT(flash_read(&flash, 0x1ffc, 4) == 0xffffffff && flash_read(&flash, 0x2004, 4) == 0xffffffff);

	command_at(0x40000, ERASE_SECTOR);
	EXPECT(status() == BOTH(READY | WRONG_SEQUENCE));
	command_at(0, CLEAR_STATUS);
	EXPECT(status() == BOTH(READY) && kept.calls == 2);
	command_at(0x2abc, ERASE_SECTOR);
	command_at(0x2abc, CONFIRM);
	EXPECT(status() == BOTH(READY) && kept.offset == 0 && kept.len == FLASH_SECTOR);
	command_at(0, READ_MEMORY);
	EXPECT(flash_read(&flash, 0x2000, 4) == 0xffffffff);
	/* A driver that unlocks each sector */
	command_at(0, LOCK);
	command_at(0, CONFIRM);
	EXPECT(status() == BOTH(READY));
}

static void fill(uint64_t offset, unsigned int words)
{
	unsigned int i;

	command_at(offset, PROGRAM_BUFFER);
	EXPECT(flash_read(&flash, offset, 4) == BOTH(READY));
	command_at(offset, words - 1);
	for (i = 0; i < words; i++)
		flash_write(&flash, offset + 4 * i, 4, 0x01010101 * i);
}

static void buffers(void)
{
	unsigned int i;

	starts_anew();
	fill(0x3000, 32);
	EXPECT(!kept.calls && flash.memory[0x3000] == 0xff);
	command_at(0x3000, CONFIRM);
	EXPECT(status() == BOTH(READY) && kept.calls == 1 && kept.offset == 0x3000 && kept.len == FLASH_BUFFER);
	for (i = 0; i < 32; i++)
		EXPECT(flash.memory[0x3000 + 4 * i] == i && flash.memory[0x3003 + 4 * i] == i);
	/* From its middle on; the rest stays. */
	fill(0x3140, 3);
	command_at(0x3140, CONFIRM);
	command_at(0, READ_MEMORY);
	EXPECT(flash_read(&flash, 0x313c, 4) == 0xffffffff && flash_read(&flash, 0x3148, 8) == 0xffffffff02020202);
	/* Too many, across its end, not confirmed */
	command_at(0x3000, PROGRAM_BUFFER);
	command_at(0x3000, 32);
	EXPECT(status() == BOTH(READY | WRONG_SEQUENCE));
	command_at(0, CLEAR_STATUS);
	fill(0x3240, 17);
	EXPECT(status() == BOTH(READY | WRONG_SEQUENCE));
	command_at(0, CLEAR_STATUS);
	fill(0x3300, 2);
	command_at(0, READ_MEMORY);
	EXPECT(status() == BOTH(READY | WRONG_SEQUENCE));
	command_at(0, CLEAR_STATUS);
	EXPECT(kept.calls == 2 && flash.memory[0x3240] == 0xff && flash.memory[0x3300] == 0xff);
}

static void refuses(void)
{
	starts_anew();
	kept.fails = true;
	command_at(0x2000, PROGRAM_WORD);
	flash_write(&flash, 0x2000, 4, 0);
	EXPECT(status() == BOTH(READY | PROGRAM_FAILED));
	command_at(0, CLEAR_STATUS);
	command_at(0x2000, ERASE_SECTOR);
	command_at(0x2000, CONFIRM);
	EXPECT(status() == BOTH(READY | ERASE_FAILED));

	starts_anew();
	flash.read_only = true;
	command_at(0x2000, PROGRAM_WORD);
	flash_write(&flash, 0x2000, 4, 0);
	EXPECT(status() == BOTH(READY | PROGRAM_FAILED | LOCKED));
	command_at(0, CLEAR_STATUS);
	memset(flash.memory, 0, 4);
	command_at(0, ERASE_SECTOR);
	command_at(0, CONFIRM);
	EXPECT(status() == BOTH(READY | ERASE_FAILED | LOCKED) && flash.memory[0] == 0 && !kept.calls);
	flash.read_only = false;
}

/* Behind the bank is a page that nobody may touch; before each step bytes may differ only if they are not shown. */
static void anything(void)
{
	static const unsigned int lens[] = { 1, 2, 4, 8 };
	uint64_t offset, value;
	unsigned int i, len;
	bool shown;

	starts_anew();
	srand(7);
	for (i = 0; i < 3000000; i++) {
		len = lens[rand() % 4];
		offset = rand() % 2 ? FLASH_BANK - 8 * (1 + rand() % 40) : rand() % 512U;
		value = rand() % 4 ? commands[rand() % 9].command : rand() % 3 ? rand() % 34 : CONFIRM;
		kept.calls = 0;
		shown = flash_is_memory(&flash);
		flash_write(&flash, offset, len, value | value << 16);
		EXPECT(!kept.calls || !(shown || flash_is_memory(&flash)));
		EXPECT(flash_state_is_valid(&flash.state));
		flash_read(&flash, offset, len);
		if (failed)
			return;
	}
}

static void states(void)
{
	struct flash_state state = { 0 };

	EXPECT(flash_state_is_valid(&state));
	state.shows = 4;
	EXPECT(!flash_state_is_valid(&state));
	state = (struct flash_state) {
		.shows = FLASH_STATUS, .takes = FLASH_DATA, .left = 32, .start = FLASH_BANK - 128,
	};
	EXPECT(flash_state_is_valid(&state));
	state.left = 33;
	EXPECT(!flash_state_is_valid(&state));
	state.left = 1;
	state.start = FLASH_BANK;
	EXPECT(!flash_state_is_valid(&state));
	state.start = 4;
	EXPECT(!flash_state_is_valid(&state));
	state.start = 0;
	state.takes = 7;
	EXPECT(!flash_state_is_valid(&state));
	state.takes = FLASH_WORD;
	state.shows = FLASH_MEMORY;
	EXPECT(!flash_state_is_valid(&state));
}

int main(void)
{
	flash.memory = mmap(NULL, FLASH_BANK + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (flash.memory == MAP_FAILED || mprotect(flash.memory + FLASH_BANK, 4096, PROT_NONE))
		return 1;
	flash.keep = keep;
	reads();
	programs();
	buffers();
	refuses();
	anything();
	states();
	return failed;
}
