// SPDX-License-Identifier: GPL-2.0
/*
 * Loads and stores without syndrome: any word, and what its store wrote its load brings back. Walks of any tables end,
 * and give the place in the page.
 */
#include "pure.h"

#define main unit_insn
#include "unit/insn.c"
#undef main
#define main unit_stage1
#define good good_stage1
#define bits bits_stage1
#include "unit/stage1.c"
#undef main

/* A store's word and the load of the same registers: opc, or L. */
static uint32_t load_of(uint32_t word)
{
	return word | 1U << 22;
}

static void round_trip(struct input *in)
{
	uint32_t word = bytes(in, 4), i;
	bool big = bytes(in, 1) & 1;
	struct av_insn_regs regs, back;
	struct av_insn st, ld;
	u8 data[AV_INSN_MAX_BYTES + 1];
	unsigned int nr, width;

	/* most words are no load or store */
	if (bytes(in, 1) & 1)
		word = (word & ~0x3a000000U) | (word & 1 ? 0x38000000U : 0x28000000U);
	else if (word & 1)
		word = (word & ~0xbe000000U) | 0x0c000000U;
	if (!av_insn_decode(word, &st))
		return;
	nr = av_insn_bytes(&st);
	REQUIRE(nr <= AV_INSN_MAX_BYTES && st.nr_regs <= AV_INSN_MAX_REGS);
	REQUIRE(st.kind == AV_INSN_ZERO || (nr && st.nr_regs));
	REQUIRE(!st.writeback || st.kind != AV_INSN_GPR || st.rn == 31 || st.rn != st.rt[0]);
	if (!st.is_store || st.kind == AV_INSN_ZERO || !av_insn_decode(load_of(word), &ld))
		return;
	REQUIRE(!ld.is_store && ld.kind == st.kind && ld.size == st.size && ld.count == st.count);
	for (i = 0; i < sizeof(regs); i++)
		((u8 *)&regs)[i] = bytes(in, 1);
	memset(data, 0xee, sizeof(data));
	av_insn_store(&st, &regs, big, data);
	REQUIRE(data[nr] == 0xee);
	back = regs;
	for (i = 0; ld.kind != AV_INSN_LANE && i < sizeof(back); i++)
		((u8 *)&back)[i] ^= 0xff;
	av_insn_load(&ld, &back, big, data);
	for (i = 0; i < ld.nr_regs; i++) {
		if (ld.kind == AV_INSN_GPR) {
			width = 8U << ld.size;
			REQUIRE(!((back.x[i] ^ regs.x[i]) << (64 - width)));
			REQUIRE(ld.is_64 || back.x[i] >> 32 == 0);
			continue;
		}
		width = ld.kind == AV_INSN_FP ? 1U << ld.size : ld.is_q || ld.kind == AV_INSN_LANE ? 16 : 8;
		REQUIRE(!memcmp(back.v[i], regs.v[i], width));
		for (; width < 16; width++)
			REQUIRE(!back.v[i][width]);
	}
}

static void walks(struct input *in)
{
	static const unsigned int shifts[2][4] = { { 12, 16, 14, 0 }, { 0, 14, 12, 16 } };
	struct av_stage1 s1 = base;
	unsigned int i, upper, page;
	u64 ipa, again, va;

	memset(mem, 0, sizeof(mem));
	s1.tcr = take_number(in);
	if (bytes(in, 1) & 1)
		s1.tcr = (s1.tcr & 0xc000c000) | (16 + bytes(in, 1) % 24) | (16 + bytes(in, 1) % 24) << 16;
	s1.sctlr = bytes(in, 1) & 1 ? SCTLR_M : take_number(in);
	s1.el0 = bytes(in, 1) & 1;
	for (i = 0; i < 2; i++)
		s1.ttbr[i] = bytes(in, 1) & 1 ? TABLE(bytes(in, 1) % 16) : take_number(in);
	for (i = bytes(in, 1); i && more(in); i--)
		set(bytes(in, 1) % 16, bytes(in, 2) % 8192, bytes(in, 1) & 1 ? TABLE(bytes(in, 1) % 16) | 3 :
								    take_number(in));
	va = take_number(in);
	reads = 0;
	if (!av_stage1_fetch(&s1, va, &ipa))
		return;
	REQUIRE(reads <= 4);
	REQUIRE(av_stage1_fetch(&s1, va, &again) && again == ipa);
	if (!(s1.sctlr & 1)) {
		REQUIRE(ipa == va && !(reads & ~7U));
		return;
	}
	/* the place in the smallest page, and an address that can be */
	upper = va >> 63;
	page = shifts[upper][s1.tcr >> (upper ? 30 : 14) & 3];
	REQUIRE(page && !((ipa ^ va) & ((1ULL << page) - 1)) && ipa < 1ULL << 48 && reads);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };

	if (bytes(&in, 1) & 1)
		round_trip(&in);
	else
		walks(&in);
	return 0;
}
