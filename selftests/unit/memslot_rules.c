// SPDX-License-Identifier: GPL-2.0
/*
 * Unit test of mm/rules.h: classes of stage-2 aborts, valid regions, blocks, IPA sizes, VTCR_EL2.
 *
 * Runs at: build host, with sanitizers. Prints TAP; exit status 0 when all passed.
 */
#include <stdio.h>
#include "mm/rules.h"
#include "host/pgtable.h"
#include "tap.h"

#define DABT		((u64)EC_DABT_LOWER << ESR_EC_SHIFT)
#define IABT		((u64)EC_IABT_LOWER << ESR_EC_SHIFT)
#define READ		(DABT | ESR_DABT_ISV)
#define WRITE		(READ | ESR_DABT_WNR)
#define TRANS(esr)	((esr) | FSC_FAULT | 3)
#define PERM(esr)	((esr) | FSC_PERM | 3)
#define WALK(esr)	(((esr) & ~ESR_DABT_ISV) | ESR_ABT_S1PTW)

static enum av_abort class_of(u64 esr)
{
	return av_abort_class(esr, true, 0x40000000, 40, 48);
}

static void test_access_kind(void)
{
	check(!av_abort_is_write(TRANS(READ)) && av_abort_is_write(TRANS(WRITE)), "WnR is a write");
	check(av_abort_is_exec(TRANS(IABT)) && !av_abort_is_write(TRANS(IABT | ESR_DABT_WNR)),
	      "a fetch is no write");
	check(!av_abort_is_write(TRANS(WALK(WRITE))), "a walk for a write reads");
	check(av_abort_is_write(PERM(WALK(READ))), "a walk that lacks permission writes");
	check(av_abort_is_write(PERM(WALK(IABT))) && !av_abort_is_exec(PERM(WALK(IABT))),
	      "so does one for a fetch, and it executes nothing");
}

static void test_class(void)
{
	u32 fsc;
	bool ok = true;

	check(class_of(TRANS(READ)) == AV_ABORT_MAP && class_of(PERM(WRITE)) == AV_ABORT_MAP &&
	      class_of(PERM(IABT)) == AV_ABORT_MAP && class_of(READ | FSC_ACCESS) == AV_ABORT_MAP,
	      "translation, permission and access-flag faults are for the slots");
	check(class_of(PERM(READ)) == AV_ABORT_BAD, "a read can't lack permission");
	for (fsc = 0; fsc < 64; fsc++) {
		bool sea = fsc == 0x10 || (fsc >= 0x14 && fsc <= 0x18) ||
			   (fsc >= 0x1c && fsc <= 0x1f) || fsc == 0x13 || fsc == 0x1b;
		bool ours = fsc >= 4 && fsc < 0x10;
		bool memory_type = fsc == 0x21 || fsc == 0x35;
		enum av_abort c = class_of(WRITE | fsc);

		ok &= c == (sea ? AV_ABORT_SEA : ours ? AV_ABORT_MAP : memory_type ? AV_ABORT_TYPE : AV_ABORT_BAD);
	}
	check(ok, "each of the 64 fault status codes has its class");
	check(av_abort_class(DABT | 0x35, false, 0, 40, 48) == AV_ABORT_TYPE &&
	      av_abort_class(DABT | 0x21, false, 0, 40, 48) == AV_ABORT_TYPE,
	      "what device memory does not do is the guest's to know, without an address");
	check(class_of(WALK(READ) | 0x35) == AV_ABORT_BAD && class_of(WALK(READ) | 0x21) == AV_ABORT_BAD &&
	      class_of(IABT | 0x35) == AV_ABORT_BAD, "of an access, not of a walk for it, nor of a fetch");
	check(av_abort_class(TRANS(READ), false, 0, 40, 48) == AV_ABORT_RETRY,
	      "without an address it is tried again");
	check(av_abort_class(READ | FSC_EXTABT, false, 0, 40, 48) == AV_ABORT_SEA,
	      "an external abort needs no address");
	check(av_abort_class(TRANS(READ), true, AV_BIT(40) - 1, 40, 44) == AV_ABORT_MAP &&
	      av_abort_class(TRANS(READ), true, AV_BIT(40), 40, 44) == AV_ABORT_BEYOND &&
	      av_abort_class(TRANS(READ), true, AV_BIT(44) - 1, 40, 44) == AV_ABORT_BEYOND &&
	      av_abort_class(TRANS(READ), true, AV_BIT(44), 40, 44) == AV_ABORT_SIZE,
	      "the VM's and the host's address size bound what is looked up");
}

static void test_no_memory(void)
{
	check(av_abort_no_memory(TRANS(READ), false) == AV_ABORT_MMIO,
	      "a load with syndrome is MMIO");
	check(av_abort_no_memory(PERM(WRITE), true) == AV_ABORT_MMIO,
	      "so is a store to a read-only slot");
	check(av_abort_no_memory(TRANS(DABT), false) == AV_ABORT_NISV, "without syndrome NISV");
	check(av_abort_no_memory(TRANS(IABT), false) == AV_ABORT_INJECT &&
	      av_abort_no_memory(TRANS(WALK(READ)), false) == AV_ABORT_INJECT &&
	      av_abort_no_memory(PERM(WALK(READ)), true) == AV_ABORT_INJECT,
	      "fetches and walks get an external abort");
	check(av_abort_no_memory(TRANS(DABT | ESR_DABT_CM | ESR_DABT_WNR), false) == AV_ABORT_SKIP,
	      "cache maintenance outside of slots is skipped");
	check(av_abort_no_memory(PERM(DABT | ESR_DABT_CM | ESR_DABT_WNR), true) == AV_ABORT_NISV,
	      "but not on a read-only slot");
}

static void test_regions(void)
{
	check(av_region_is_valid(0, 0, 0x1000, 0x1000, 12), "one page");
	check(av_region_is_valid(32766, 0, 0x1000, 0, 12) &&
	      !av_region_is_valid(32767, 0, 0x1000, 0, 12) &&
	      !av_region_is_valid(0x10000, 0, 0x1000, 0, 12), "slot ids end at 32766");
	check(!av_region_is_valid(0, 0x800, 0x1000, 0, 12) &&
	      !av_region_is_valid(0, 0, 0x800, 0, 12) &&
	      !av_region_is_valid(0, 0, 0x1000, 0x800, 12), "everything is page aligned");
	check(!av_region_is_valid(0, 0x1000, 0x1000, 0, 16), "and it is the host's page size");
	check(!av_region_is_valid(0, ~0xfffULL, 0x2000, 0, 12), "no wrap");
	check(av_region_is_valid(0, 0, ((1ULL << 31) - 1) << 12, 0, 12) &&
	      !av_region_is_valid(0, 0, 1ULL << 43, 0, 12), "at most 2^31 - 1 pages");
}

static void test_blocks(void)
{
	const u64 m = 0x200000;

	check(av_block_fits(5 * m + 0x3000, 9 * m + 0x3000, m, 4 * m, 4 * m), "aligned alike");
	check(!av_block_fits(5 * m + 0x3000, 9 * m + 0x4000, m, 4 * m, 4 * m),
	      "aligned differently");
	check(!av_block_fits(4 * m + 0x3000, 9 * m + 0x3000, m, 4 * m + 0x1000, 4 * m),
	      "the slot begins inside of the block");
	check(!av_block_fits(8 * m - 0x1000, 9 * m - 0x1000, m, 4 * m, 4 * m - 0x1000),
	      "the slot ends inside of the block");
	check(av_block_fits(4 * m, 9 * m, m, 4 * m, m), "the slot is the block");
	check(!av_block_fits(4 * m, 4 * m, 512 * m, 4 * m, 4 * m), "the slot is less");
	check(!av_block_fits(-m, -m, m, 0, -m + 0x1000), "the slot ends in the last block that there is");
}

static void test_sizes(void)
{
	static const u8 limit[] = { 32, 36, 40, 42, 44, 48, 48, 48 };
	bool ok = true;
	u64 i;

	for (i = 0; i < 8; i++)
		ok &= av_ipa_limit(i, 12) == limit[i];
	check(ok, "PARange gives the limit, 48 at most");
	check(av_ipa_limit(5 | 0xf0000000, 12) == 0 && av_ipa_limit(5, 14) == 0 &&
	      av_ipa_limit(5 | 1 << 20, 14) == 48 && av_ipa_limit(5 | 0xf << 24, 16) == 0,
	      "no granule at stage 1, none at stage 2");
	check(av_ipa_limit(5 | 1ULL << 40, 12) == 0 &&
	      av_ipa_limit(5 | 0xf0000000 | 2ULL << 40, 12) == 48,
	      "unless stage 2 says otherwise");
	check(av_ipa_bits(0, 48) == 40 && av_ipa_bits(0, 39) == 0, "type 0 means 40 bits");
	check(av_ipa_bits(32, 40) == 32 && av_ipa_bits(40, 40) == 40 && !av_ipa_bits(31, 40) &&
	      !av_ipa_bits(41, 40), "32 to the limit");
	check(!av_ipa_bits(0x128, 48) && !av_ipa_bits(AV_BIT(63) | 40, 48) && !av_ipa_bits(256, 48),
	      "other bits are refused");
}

static void test_vtcr(void)
{
	u64 common = 0x80003500;	/* RES1, SH0, ORGN0, IRGN0 */

	check(av_vtcr(2, 0, 40, 12, 1) == (common | 2 << 16 | 0 << 14 | 1 << 6 | 24),
	      "4K, 40 bits, level 1");
	check(av_vtcr(5, 2 << 4, 48, 12, 0) == (common | 1 << 19 | 5 << 16 | 2 << 6 | 16),
	      "4K, 48 bits, level 0, 16-bit VMIDs");
	check(av_vtcr(5, 0, 36, 14, 2) == (common | 5 << 16 | 2 << 14 | 1 << 6 | 28),
	      "16K, 36 bits, level 2");
	check(av_vtcr(6, 0, 48, 14, 1) == (common | 5 << 16 | 2 << 14 | 2 << 6 | 16),
	      "16K, 48 bits of 52, level 1");
	check(av_vtcr(4, 0, 42, 16, 2) == (common | 4 << 16 | 1 << 14 | 1 << 6 | 22),
	      "64K, 42 bits, level 2");
}

static void test_tlbi(void)
{
	bool ok = true, tight = true;
	u64 pages, op;

	check(av_tlbi_ipa(0x123456789000, 3, 12, false) == 0x123456789, "TLBI by IPA without FEAT_TTL");
	check(av_tlbi_ipa(0x123456789000, 3, 12, true) == (7UL << 44 | 0x123456789) &&
	      av_tlbi_ipa(0x40000000, 2, 14, true) == (10UL << 44 | 0x40000) &&
	      av_tlbi_ipa(0x40000000, 2, 16, true) == (14UL << 44 | 0x40000), "the level's hint has the granule");
	check(av_tlbi_ipa(0x1000, 0, 12, true) == 1, "no level, no hint");
	check(av_tlbi_range(0x40000000, 0x2000, 3, 12, 40) == (1UL << 46 | 3UL << 37 | 0x40000), "two pages of 4K");
	check(av_tlbi_range(0x40000000, 0x2000000, 0, 12, 40) == (1UL << 46 | 2UL << 44 | 3UL << 39 | 0x40000),
	      "32 MB");
	check(av_tlbi_range(0x40000000, 0x20000, 2, 16, 40) == (3UL << 46 | 2UL << 37 | 0x4000), "pages of 64K");
	check(!av_tlbi_range(AV_BIT(40) - 0x3000, 0x3000, 0, 12, 40) &&
	      av_tlbi_range(AV_BIT(40) - 0x4000, 0x4000, 0, 12, 40), "no range beyond the address space");
	check(!av_tlbi_range(0, AV_BIT(33) + 0x1000, 0, 12, 48) && av_tlbi_range(0, AV_BIT(33), 0, 12, 48),
	      "what is too much for one");
	for (pages = 1; pages < 200000; pages++) {
		u64 got;

		op = av_tlbi_range(0, pages << 12, 0, 12, 48);
		got = (AV_GET(op, 43, 39) + 1) << (5 * AV_GET(op, 45, 44) + 1);
		ok &= got >= pages;
		tight &= got < 2 * pages + 2;
	}
	check(ok, "a range has all in it");
	check(tight, "and less than as much again");
}

int main(void)
{
	printf("TAP version 13\n");
	test_access_kind();
	test_tlbi();
	test_class();
	test_no_memory();
	test_regions();
	test_blocks();
	test_sizes();
	test_vtcr();
	return tap_end();
}
