// SPDX-License-Identifier: GPL-2.0
/*
 * armvcpu-run's debugger finds what a guest's virtual address is mapped to: every granule, both halves, blocks, tags.
 *
 * A failure means that GDB reads and writes the wrong memory. Reference: DDI 0487, D8.2.
 *
 * Runs at: build host. Owns: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "tools/vmm/translate.c"
#include "expect.h"

/* Some memory for tables. */
#define MEMORY	0x40000000ULL

static uint64_t memory[4 * 65536 / 8];

static bool read_memory(void *arg, uint64_t ipa, uint64_t *value)
{
	(void)arg;
	if (ipa < MEMORY || ipa - MEMORY > sizeof(memory) - 8)
		return false;
	*value = memory[(ipa - MEMORY) / 8];
	return true;
}

static void set(unsigned int table, unsigned int shift, uint64_t index, uint64_t desc)
{
	memory[(((uint64_t)table << shift) + index * 8) / 8] = desc;
}

static uint64_t table_at(unsigned int table, unsigned int shift)
{
	return MEMORY + ((uint64_t)table << shift);
}

static struct mmu mmu = { .sctlr = 1, .read = read_memory };

/* Mapped to that, or (0) not at all? */
static bool is_at(uint64_t va, uint64_t want)
{
	uint64_t ipa = 0;

	return translate(&mmu, va, &ipa) ? ipa == want : !want;
}

/* 48 bits: the tables that a walk goes through, one entry each, on the way to one page */
static void whole_walk(unsigned int shift, uint64_t tg0)
{
	const unsigned int stride = shift - 3;
	const int first = 4 - (48 - (int)shift + (int)stride - 1) / (int)stride;
	const uint64_t va = 0x123456789abcULL, page = 0x8000000000ULL;
	int level;

	memset(memory, 0, sizeof(memory));
	mmu.tcr = 16 | tg0 << 14;
	mmu.ttbr0 = MEMORY | 0xffULL << 48 | 1;		/* with an ASID and CnP */
	for (level = first; level < 4; level++)
		set(level - first, shift, va >> (shift + stride * (3 - level)) & ((1U << stride) - 1),
		    (level < 3 ? table_at(level - first + 1, shift) : page | 1ULL << 54 | 0x700) | 3);
	EXPECT(is_at(va, page | (va & ((1ULL << shift) - 1))));
	EXPECT(is_at(va + (1ULL << shift), 0));
	EXPECT(is_at(va | 1ULL << 48, 0));
	EXPECT(is_at(va | 0xffULL << 56, 0));
	mmu.tcr |= 1ULL << 37;				/* TBI0 */
	EXPECT(is_at(va | 0x5aULL << 56, page | (va & ((1ULL << shift) - 1))));
	mmu.tcr |= 1 << 7;				/* EPD0 */
	EXPECT(is_at(va, 0));
}

/* 39 bits of the upper half begin at level 1; blocks of 1 GiB and 2 MiB */
static void blocks(void)
{
	const uint64_t high = -1ULL << 39;

	memset(memory, 0, sizeof(memory));
	mmu.tcr = 25ULL << 16 | 2ULL << 30 | 25;
	mmu.ttbr1 = MEMORY;
	mmu.ttbr0 = 0;
	set(0, 12, 0, 0x80000000 | 1);
	set(0, 12, 1, table_at(1, 12) | 3);
	set(1, 12, 3, 0x48600000 | 1);
	set(1, 12, 4, table_at(2, 12) | 3);
	set(2, 12, 0, 0x50000000 | 1);			/* no page: reserved at level 3 */
	EXPECT(is_at(high + 0x12345678, 0x92345678));
	EXPECT(is_at(high + 0x40612345, 0x48612345));
	EXPECT(is_at(high + 0x40800000, 0));
	EXPECT(is_at(high - 1, 0));
	EXPECT(is_at(0x12345678, 0));			/* the lower half's table is nowhere */
	/* With 64K a block is not at level 1, and a table may be outside of memory. */
	memset(memory, 0, sizeof(memory));
	mmu.tcr = 16ULL << 16 | 3ULL << 30 | 16;
	set(0, 16, 0, 0x80000000 | 1);
	set(0, 16, 1, 0x7fff00000000 | 3);
	EXPECT(is_at(-1ULL << 48, 0));
	EXPECT(is_at((-1ULL << 48) + (1ULL << 42), 0));
}

int main(void)
{
	whole_walk(12, 0);
	whole_walk(16, 1);
	whole_walk(14, 2);
	blocks();
	mmu.tcr = 16 | 3 << 14;				/* reserved */
	EXPECT(is_at(0x1000, 0));
	mmu.tcr = 63;
	EXPECT(is_at(0x1000, 0));
	mmu.sctlr = 0;
	EXPECT(is_at(0x1000, 0x1000));
	return failed;
}
