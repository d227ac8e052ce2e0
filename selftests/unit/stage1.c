// SPDX-License-Identifier: GPL-2.0
/*
 * The walk of a guest's stage-1 tables for an instruction.
 *
 * A failure means that an instruction is looked for at another place than the CPU has it, or where it may not be
 * executed.
 * Implementation: mm/stage1.c. Rules: DDI 0487, D8.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/stage1.c"
#include "tap.h"

/* Guest memory: 16 tables of 64K from MEM on. */
#define MEM		0x40000000ULL
#define TABLE(n)	(MEM + (n) * 0x10000ULL)
#define PAGE_AF		(AV_BIT(10) | 3)
#define BLOCK_AF	(AV_BIT(10) | 1)

static u64 mem[16 * 8192];
static unsigned int reads;

static bool read_mem(const struct av_stage1 *s1, u64 ipa, u64 *value)
{
	(void)s1;
	reads++;
	if (ipa < MEM || ipa & 7 || ipa - MEM >= sizeof(mem))
		return false;
	*value = mem[(ipa - MEM) / 8];
	return true;
}

static void set(unsigned int table, unsigned int index, u64 desc)
{
	mem[table * 8192 + index] = desc;
}

static const struct av_stage1 base = {
	.sctlr = SCTLR_M,
	/* 48 bits in both halves, 4K in both */
	.tcr = 16 | 16 << 16 | 2UL << 30,
	.ttbr = { TABLE(0), TABLE(4) },
	.read = read_mem,
};

static bool fetch(const struct av_stage1 *s1, u64 va, u64 want)
{
	u64 ipa = 0;

	reads = 0;
	return av_stage1_fetch(s1, va, &ipa) && ipa == want;
}

static bool finds(const struct av_stage1 *s1, u64 va, u64 want)
{
	u64 ipa = 0;

	reads = 0;
	return av_stage1_find(s1, va, &ipa) && ipa == want;
}

static bool refused(const struct av_stage1 *s1, u64 va)
{
	u64 ipa;

	reads = 0;
	return !av_stage1_fetch(s1, va, &ipa);
}

static void granules(void)
{
	struct av_stage1 s1 = base;

	memset(mem, 0, sizeof(mem));
	check(refused(&s1, 0x1000) && reads == 1, "an empty table");
	set(0, 1, TABLE(1) | 3);
	set(1, 2, TABLE(2) | 3);
	set(2, 3, TABLE(3) | 3);
	set(3, 4, 0x123456000 | PAGE_AF);
	check(fetch(&s1, 1UL << 39 | 2UL << 30 | 3UL << 21 | 4UL << 12 | 0x238, 0x123456238) && reads == 4,
	      "a page of 4K");
	check(refused(&s1, 1UL << 39 | 2UL << 30 | 3UL << 21 | 5UL << 12), "the next one is not there");
	set(2, 5, 0x40200000 | BLOCK_AF);
	check(fetch(&s1, 1UL << 39 | 2UL << 30 | 5UL << 21 | 0x12344, 0x40212344), "a block of 2M");
	set(1, 6, 0x80000000 | BLOCK_AF);
	check(fetch(&s1, 1UL << 39 | 6UL << 30 | 0x2345678, 0x82345678), "a block of 1G");
	set(0, 7, 0x80000000 | BLOCK_AF);
	check(refused(&s1, 7UL << 39), "no block at level 0");
	set(3, 8, 0x5000 | BLOCK_AF);
	check(refused(&s1, 1UL << 39 | 2UL << 30 | 3UL << 21 | 8UL << 12), "a reserved descriptor at level 3");
	/* the upper half */
	set(4, 511, TABLE(1) | 3);
	check(refused(&s1, 0xffffff8000000000 | 9UL << 30), "an upper address that is not mapped");
	check(fetch(&s1, 0xffffff8000000000 | 6UL << 30 | 4, 0x80000004), "an upper address");
	check(refused(&s1, 0x00ffff8000000000 | 6UL << 30), "an address between the halves");
	check(refused(&s1, 0x5a00008180000000), "a tag");
	/* 39 bits start at level 1, 25 at level 3's neighbour */
	s1.tcr = 25;
	s1.ttbr[0] = TABLE(1) | 1;
	check(fetch(&s1, 6UL << 30 | 8, 0x80000008) && reads == 1, "39 bits: a level less; CnP is no address");
	check(refused(&s1, 1UL << 39), "beyond 39 bits");
	/* 4K, 52 bits of address: levels -1 to 3 */
	s1.tcr = 12 | AV_BIT(59);
	s1.ttbr[0] = TABLE(5);
	set(5, 3, TABLE(6) | 3);
	set(6, 1, TABLE(1) | 3);
	set(6, 9, 0x8000000000 | 3UL << 8 | BLOCK_AF);
	set(3, 4, 0x123456000 | 1UL << 8 | PAGE_AF);
	check(fetch(&s1, 3UL << 48 | 1UL << 39 | 2UL << 30 | 3UL << 21 | 4UL << 12 | 8, 1UL << 50 | 0x123456008) &&
	      reads == 5, "DS: a page");
	check(fetch(&s1, 3UL << 48 | 9UL << 39 | 0x3456789abc, 3UL << 50 | 0xb456789abc), "DS: a block at level 0");
	check(refused(&s1, 1UL << 52 | 3UL << 48), "beyond 52 bits");
	/* 64K, 42 bits: levels 2 and 3 */
	s1.tcr = 22 | 1 << 14;
	s1.ttbr[0] = TABLE(8);
	set(8, 5, TABLE(9) | 3);
	set(9, 17, 0x70000 | PAGE_AF);
	check(fetch(&s1, 5UL << 29 | 17UL << 16 | 0xabcc, 0x7abcc) && reads == 2, "a page of 64K");
	set(9, 18, 0x71000 | PAGE_AF);
	check(refused(&s1, 5UL << 29 | 18UL << 16), "52-bit addresses, that nobody named");
	s1.tcr |= 6UL << 32;
	check(fetch(&s1, 5UL << 29 | 18UL << 16 | 4, 1UL << 48 | 0x70004), "52-bit addresses, named by IPS: a page");
	set(8, 6, 0x60000000 | 2UL << 12 | BLOCK_AF);
	check(fetch(&s1, 6UL << 29 | 0x123458, 2UL << 48 | 0x60123458), "and a block");
	/* 16K, 47 bits: levels 1 to 3 */
	s1.tcr = 17 | 2 << 14;
	s1.ttbr[0] = TABLE(10);
	set(10, 1, TABLE(11) | 3);
	set(11, 2, TABLE(12) | 3);
	set(12, 3, 0x8000 | PAGE_AF);
	check(fetch(&s1, 1UL << 36 | 2UL << 25 | 3UL << 14 | 0x3ffc, 0xbffc) && reads == 3, "a page of 16K");
}

static void permissions(void)
{
	struct av_stage1 s1 = base;
	const u64 va = 1UL << 39 | 6UL << 30;

	memset(mem, 0, sizeof(mem));
	set(0, 1, TABLE(1) | 3);
	set(1, 6, 0x80000000 | BLOCK_AF | DESC_PXN);
	check(refused(&s1, va), "PXN");
	s1.el0 = true;
	check(fetch(&s1, va, 0x80000000), "is not EL0's; execute-only");
	set(1, 6, 0x80000000 | BLOCK_AF | DESC_UXN);
	check(refused(&s1, va), "UXN");
	set(1, 6, 0x80000000 | BLOCK_AF | DESC_AP_EL0);
	check(fetch(&s1, va, 0x80000000), "EL0 executes what it may write,");
	s1.el0 = false;
	check(refused(&s1, va), "EL1 does not");
	set(1, 6, 0x80000000 | BLOCK_AF);
	s1.sctlr |= SCTLR_WXN;
	check(refused(&s1, va), "WXN");
	set(1, 6, 0x80000000 | BLOCK_AF | DESC_AP_RO);
	check(fetch(&s1, va, 0x80000000), "WXN, read-only");
	set(0, 1, TABLE(1) | 3 | DESC_PXN_TABLE);
	check(refused(&s1, va), "PXNTable");
	s1.tcr |= AV_BIT(41);
	check(fetch(&s1, va, 0x80000000), "HPD0");
}

/* An index of four bits, 54, 53, 51 and 6, into permissions of four bits. */
static void permissions_by_index(void)
{
	static const u64 executable = 1 << 2 | 1 << 3 | 1 << 7 | 1 << 10 | 1 << 14;
	static const u64 writable = 1 << 5 | 1 << 6 | 1 << 7 | 1 << 12 | 1 << 14;
	const u64 va = 1UL << 39 | 6UL << 30;
	struct av_stage1 s1 = base;
	unsigned int i, el1, el0, bad = 0;

	memset(mem, 0, sizeof(mem));
	set(0, 1, TABLE(1) | 3 | DESC_PXN_TABLE | DESC_UXN_TABLE);
	s1.tcr2 = AV_TCR2_PIE;
	for (i = 0; i < 16; i++) {
		set(1, 6, 0x80000000 | BLOCK_AF | (u64)(i >> 2) << 53 | (u64)(i >> 1 & 1) << 51 | (i & 1) << 6);
		for (el1 = 0; el1 < 16; el1++) {
			for (el0 = 0; el0 < 16; el0++) {
				bool none = executable >> el1 & 1 && writable >> el0 & 1;

				s1.pir = (u64)el1 << (4 * i);
				s1.pire0 = (u64)el0 << (4 * i);
				s1.el0 = false;
				bad += fetch(&s1, va, 0x80000000) != (!none && executable >> el1 & 1);
				s1.el0 = true;
				bad += fetch(&s1, va, 0x80000000) != (!none && executable >> el0 & 1);
			}
		}
	}
	check(!bad, "each index, with each permission of EL1 and EL0; tables have no say");
	s1.pire0 = ~0ULL / 15 * 10;
	check(fetch(&s1, va, 0x80000000), "executable by all indices");
	s1.tcr2 |= AV_BIT(3);
	check(refused(&s1, va) && !reads, "overlays");
	s1.tcr2 = AV_TCR2_PIE | AV_BIT(5);
	check(refused(&s1, va) && !reads, "128-bit tables");
}

static void others(void)
{
	struct av_stage1 s1 = base;
	const u64 va = 1UL << 39 | 6UL << 30;

	memset(mem, 0, sizeof(mem));
	set(0, 1, swap64(TABLE(1) | 3));
	set(1, 6, swap64(0x80000000 | BLOCK_AF));
	check(refused(&s1, va), "tables of the other byte order");
	s1.sctlr |= SCTLR_EE;
	check(fetch(&s1, va, 0x80000000), "EE");
	check(finds(&s1, va | 0x5aUL << 56, 0x80000000), "an address with a tag");
	s1.tcr |= TCR_EPD0;
	check(refused(&s1, va) && !reads, "EPD0");
	s1 = base;
	s1.tcr = 12;
	check(refused(&s1, va) && !reads, "52 bits without DS");
	s1.tcr = 60;
	check(refused(&s1, va) && !reads, "4 bits");
	s1.tcr = 3 << 14;
	check(refused(&s1, va) && !reads, "a granule that is none");
	s1.sctlr = 0;
	check(fetch(&s1, 0x12345678, 0x12345678) && !reads, "the MMU off");
	/* a table that leads to itself ends, too */
	s1 = base;
	set(0, 0, TABLE(0) | 3);
	check(fetch(&s1, 0x123, TABLE(0) + 0x123) && reads == 4, "a circle ends with the levels");
}

int main(void)
{
	granules();
	permissions();
	permissions_by_index();
	others();
	return tap_end();
}
