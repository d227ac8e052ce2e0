// SPDX-License-Identifier: GPL-2.0
/* Classes of aborts, valid regions, blocks that fit, sizes and VTCR_EL2, each against the rule written another way. */
#include "pure.h"

#define main unit_main
#include "unit/memslot_rules.c"
#undef main

static void aborts(struct input *in)
{
	u64 esr = take_number(in), ipa = take_number(in);
	unsigned int limit = 32 + bytes(in, 1) % 17, bits = 32 + bytes(in, 1) % (limit - 31), fsc = esr & 63;
	bool valid = bytes(in, 1) & 1, walk = esr >> 7 & 1, fetch = (esr >> 26 & 63) == EC_IABT_LOWER, write;
	enum av_abort c = av_abort_class(esr, valid, ipa, bits, limit), want;

	write = walk ? fsc >= 12 && fsc < 16 : !fetch && (esr >> 6 & 1);
	if ((fsc >= 0x13 && fsc <= 0x18) || fsc == 0x10 || (fsc >= 0x1b && fsc <= 0x1f))
		want = AV_ABORT_SEA;
	else if ((fsc == 0x21 || fsc == 0x35) && (esr >> 26 & 63) == EC_DABT_LOWER && !walk)
		want = AV_ABORT_TYPE;
	else if (fsc < 4 || fsc > 15)
		want = AV_ABORT_BAD;
	else if (!valid)
		want = AV_ABORT_RETRY;
	else if (ipa >= (__uint128_t)1 << limit)
		want = AV_ABORT_SIZE;
	else if (ipa >= (__uint128_t)1 << bits)
		want = AV_ABORT_BEYOND;
	else if (fsc >= 12 && !write && (!fetch || walk))
		want = AV_ABORT_BAD;
	else
		want = AV_ABORT_MAP;
	REQUIRE(c == want);
	/* Whatever is left is completed by somebody or injected, never both. */
	c = av_abort_no_memory(esr, valid);
	REQUIRE((c == AV_ABORT_INJECT) == (fetch || walk));
	REQUIRE(c != AV_ABORT_MMIO || (esr >> 24 & 1));
}

static void regions(struct input *in)
{
	static const u8 shifts[] = { 12, 14, 16 };
	u64 slot = take_number(in), gpa = take_number(in), size = take_number(in), hva = take_number(in);
	unsigned int shift = shifts[bytes(in, 1) % 3];
	u64 page = AV_BIT(shift), flip = bytes(in, 1);
	bool ok;

	if (flip & 1) {
		gpa &= ~(page - 1);
		size &= ~(page - 1);
		hva &= ~(page - 1);
	}
	ok = (u32)slot <= 32766 && !(gpa % page) && !(size % page) && !(hva % page) &&
	     (__uint128_t)gpa + size < (__uint128_t)1 << 64 && size / page <= 0x7fffffff;
	REQUIRE(av_region_is_valid(slot, gpa, size, hva, shift) == ok);
}

static void blocks(struct input *in)
{
	u64 block = AV_BIT(12 + bytes(in, 1) % 28), ipa = take_number(in), start = take_number(in);
	u64 size = take_number(in), hva = take_number(in), first = ipa / block * block;
	bool ok;

	if (bytes(in, 1) & 1)
		hva = bytes(in, 1) * block + ipa % block;
	if ((__uint128_t)start + size >= (__uint128_t)1 << 64 || ipa < start || ipa - start >= size)
		return;
	ok = ipa % block == hva % block && start <= first && (__uint128_t)first + block <= (__uint128_t)start + size;
	REQUIRE(av_block_fits(ipa, hva, block, start, size) == ok);
}

/* Start level and concatenation that VTCR_EL2 says are those of a walk that covers all address bits. */
static void sizes(struct input *in)
{
	static const u8 shifts[] = { 12, 14, 16 };
	unsigned int shift = shifts[bytes(in, 1) % 3], limit, bits, t0sz, level, sl0, per_level = shift - 3;
	u64 mmfr0 = take_number(in), mmfr1 = take_number(in), type = take_number(in), vtcr;
	int span, root;

	limit = av_ipa_limit(mmfr0, shift);
	if (!limit)
		return;
	bits = av_ipa_bits(type, limit);
	REQUIRE(!bits || (bits >= 32 && bits <= limit && (bits == (type & 0xff) || !type)));
	if (!bits)
		return;
	/* the smallest level from which at most 16 tables side by side do */
	for (level = 3; level; level--) {
		span = shift + (3 - (int)level) * (int)per_level;
		root = (int)bits - span - (int)per_level;
		if (root <= 4)
			break;
	}
	vtcr = av_vtcr(mmfr0, mmfr1, bits, shift, level);
	t0sz = vtcr & 63;
	sl0 = vtcr >> 6 & 3;
	REQUIRE(t0sz == 64 - bits);
	REQUIRE(sl0 == (shift == 12 ? 2 - level : 3 - level));
	REQUIRE((vtcr >> 14 & 3) == (shift == 12 ? 0U : shift == 14 ? 2U : 1U));
	REQUIRE((vtcr >> 16 & 7) <= 5 && (vtcr >> 31 & 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };

	switch (bytes(&in, 1) % 4) {
	case 0:
		aborts(&in);
		break;
	case 1:
		regions(&in);
		break;
	case 2:
		blocks(&in);
		break;
	case 3:
		sizes(&in);
		break;
	}
	return 0;
}
