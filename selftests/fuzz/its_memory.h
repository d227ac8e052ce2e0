/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest memory of pure_its.c, of which there are two, the ITS's and its model's: pages are there from the first
 * access on, with what the input says of all of them.
 */
#ifndef SELFTESTS_FUZZ_ITS_MEMORY_H
#define SELFTESTS_FUZZ_ITS_MEMORY_H

#include "pure.h"

#define MEM_BASE	0x80000000UL
#define MEM_PAGES	256
#define MEM_SIZE	(MEM_PAGES * 4096UL)

struct memory {
	bool there[MEM_PAGES], written[MEM_PAGES];
	u8 bytes[MEM_SIZE];
};

/* The memory, by blocks of 64K: where the tables are when they are where they should be. */
enum { QUEUE, DEVICES, COLLECTIONS, PROP, PEND, LEVEL2 = PEND + NR_VCPUS, ITTS = LEVEL2 + 2, BLOCKS = 16 };
#define BLOCK(n)	(MEM_BASE + (n) * 0x10000UL)

static u64 content;

static u64 mix(u64 v)
{
	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9UL;
	v = (v ^ v >> 27) * 0x94d049bb133111ebUL;
	return v ^ v >> 31;
}

/* An entry as it could be in this block. */
static u64 shaped(u32 block, u64 h)
{
	u64 step = h >> 8 & 3 ? 1 + (h >> 10 & 7) : 0;

	if (block == DEVICES && content & 0x100)	/* the first level */
		return (h & 1) << 63 | BLOCK(h & 2 ? LEVEL2 + (h >> 2 & 1) : h >> 2 & 15);
	if (block == DEVICES || block == LEVEL2 || block == LEVEL2 + 1)
		return (h & 1) << 63 | step << 49 | (BLOCK(ITTS) + (h >> 16 & 0x1ff) * 256) >> 8 << 5 | (h >> 32 & 7);
	if (block == COLLECTIONS)
		return (u64)!!(h & 15) << 63 | (h >> 8 & 7 ? h >> 12 & 3 : U32_MAX) << 16 | (h >> 16 & 31);
	if (block == PROP)
		return 0x0101010101010101UL | h;
	return h & 1 ? 0 : step << 48 | (8192 + (h >> 16 & 63)) << 16 | (h >> 32 & 7);
}

static void fill_page(u8 *page, u32 nr)
{
	u64 *at = (u64 *)page, h;
	u32 i, block = nr / 16;

	for (i = 0; i < 512; i++) {
		h = mix(content ^ (u64)nr << 48 ^ i);
		switch (content % 4) {
		case 0:
			h = block == PROP ? 0xa1a1a1a1a1a1a1a1UL : 0;
			break;
		case 1:
			break;
		case 2:
			h = shaped(block, h);
			break;
		default:
			h = mix(h) & 7 ? 0 : shaped(block, h);
		}
		at[i] = h;
	}
}

static u8 *mem_at(struct memory *m, u64 addr, u64 len, bool write)
{
	u64 at = addr - MEM_BASE, page;

	if (addr < MEM_BASE || addr > MEM_BASE + MEM_SIZE - len)
		return NULL;
	for (page = at / 4096; page <= (at + len - 1) / 4096; page++) {
		if (!m->there[page])
			fill_page(m->bytes + page * 4096, page);
		m->there[page] = true;
		m->written[page] |= write;
	}
	return m->bytes + at;
}

#endif
