// SPDX-License-Identifier: GPL-2.0
/*
 * Decoding of loads and stores from their words, and what they do to registers and memory.
 *
 * A failure means that a guest's access to a device without syndrome goes wrong, or that one is carried out that must
 * not be. Implementation: answer/insn.c. Words: as an assembler made them; rules: DDI 0487, C4.1.94, C6.2, C7.2.
 *
 * Runs at: build host. Owns: nothing. Locks: none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/insn.c"
#include "tap.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum { LD, ST };
enum { NO, WB };

static const struct {
	u32 word;
	const char *text;
	u8 kind, size, count, store, writeback, post;
	s64 offset;
	u8 rt, rn;
} good[] = {
	{ 0xf8408588, "ldr x8, [x12], #8",	  AV_INSN_GPR, 3, 1, LD, WB, 1, 8, 8, 12 },
	{ 0xf81f8d88, "str x8, [x12, #-8]!", AV_INSN_GPR, 3, 1, ST, WB, 0, -8, 8, 12 },
	{ 0xa9402588, "ldp x8, x9, [x12]",	  AV_INSN_GPR, 3, 2, LD, NO, 0, 0, 8, 12 },
	{ 0xa8c12588, "ldp x8, x9, [x12], #16",	  AV_INSN_GPR, 3, 2, LD, WB, 1, 16, 8, 12 },
	{ 0xa9bf2588, "stp x8, x9, [x12, #-16]!", AV_INSN_GPR, 3, 2, ST, WB, 0, -16, 8, 12 },
	{ 0xa9bf7bfd, "stp x29, x30, [sp, #-16]!", AV_INSN_GPR, 3, 2, ST, WB, 0, -16, 29, 31 },
	{ 0x3dc00180, "ldr q0, [x12]",		  AV_INSN_FP, 4, 1, LD, NO, 0, 0, 0, 12 },
	{ 0x3c810580, "str q0, [x12], #16",	  AV_INSN_FP, 4, 1, ST, WB, 1, 16, 0, 12 },
	{ 0x4c402180, "ld1 {v0.16b-v3.16b}, [x12]", AV_INSN_STRUCT, 0, 64, LD, NO, 1, 0, 0, 12 },
	{ 0xd50b742c, "dc zva, x12",		  AV_INSN_ZERO, 0, 0, ST, NO, 0, 0, 0, 12 },
};

static const struct {
	u32 word;
	const char *text;
} bad[] = {
	{ 0xc85f7d88, "ldxr x8, [x12]" },
	{ 0xc87f2588, "ldxp x8, x9, [x12]" },
	{ 0xf8208188, "swp x0, x8, [x12]" },
	{ 0xa8c13188, "ldp x8, x12, [x12], #16" },
	{ 0xa8c1218c, "ldp x12, x8, [x12], #16" },
	{ 0xa9402188, "ldp x8, x8, [x12]" },
	{ 0xf840858c, "ldr x12, [x12], #8" },
	{ 0xf9800180, "prfm pldl1keep, [x12]" },
	{ 0xf8200588, "ldraa x8, [x12]" },
	{ 0x68802588, "stgp" },
	{ 0xd50b7e2c, "dc civac, x12" },
	{ 0xd503201f, "nop" },
	{ 0, "udf" },
	{ 0x58000008, "ldr x8, literal" },
	{ 0x0c408d80, "ld2 {v0.1d, v1.1d}" },
	{ 0x3cc00980, "unallocated, of unprivileged FP" },
};

static void decoding(void)
{
	struct av_insn insn;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		bool ok = av_insn_decode(good[i].word, &insn);

		check(ok && insn.kind == good[i].kind && insn.size == good[i].size && insn.count == good[i].count &&
		      insn.is_store == good[i].store && insn.writeback == good[i].writeback &&
		      insn.rn == good[i].rn && (!ok || insn.kind == AV_INSN_ZERO || insn.rt[0] == good[i].rt) &&
		      insn.offset == good[i].offset && (!insn.writeback || insn.post == good[i].post), good[i].text);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		check(!av_insn_decode(bad[i].word, &insn), bad[i].text);
}

/* Every word that there is, in steps: nothing beyond the arrays, whatever it is. */
static void all_words(void)
{
	struct av_insn_regs regs;
	struct av_insn insn;
	u8 bytes[AV_INSN_MAX_BYTES];
	u64 word, decoded = 0;
	bool ok = true;

	for (word = 0; word < 1ULL << 32; word += 4099) {
		if (!av_insn_decode(word, &insn))
			continue;
		decoded++;
		ok &= av_insn_bytes(&insn) <= sizeof(bytes) && insn.nr_regs <= AV_INSN_MAX_REGS && insn.rn < 32 &&
		      insn.rm < 32 && insn.size <= 4 && (insn.kind != AV_INSN_GPR || insn.size <= 3);
		if (!ok)
			break;
		memset(&regs, 0x5a, sizeof(regs));
		av_insn_store(&insn, &regs, word & 4, bytes);
		av_insn_load(&insn, &regs, word & 4, bytes);
	}
	check(ok, "no word decodes to more than there is place for");
	check(decoded > 10000, "and many do");
}

static void data(void)
{
	struct av_insn_regs regs = { .x = { 0x1122334455667788, 0x99aabbccddeeff00 } };
	struct av_insn insn;
	u8 bytes[AV_INSN_MAX_BYTES], i;

	av_insn_decode(0xa9002588, &insn);
	av_insn_store(&insn, &regs, false, bytes);
	check(bytes[0] == 0x88 && bytes[7] == 0x11 && bytes[8] == 0 && bytes[15] == 0x99, "stp, little end first");
	av_insn_store(&insn, &regs, true, bytes);
	check(bytes[0] == 0x11 && bytes[7] == 0x88 && bytes[8] == 0x99 && bytes[15] == 0, "stp, big end first");
	/* ldpsw x8, x9, [x12] */
	av_insn_decode(0x69402588, &insn);
	memcpy(bytes, "\xff\xff\xff\x7f\x00\x00\x00\x80", 8);
	av_insn_load(&insn, &regs, false, bytes);
	check(regs.x[0] == 0x7fffffff && regs.x[1] == 0xffffffff80000000, "ldpsw extends the sign");
	/* ldrsb w8, [x12], #1 */
	av_insn_decode(0x38c01588, &insn);
	bytes[0] = 0x80;
	av_insn_load(&insn, &regs, false, bytes);
	check(regs.x[0] == 0xffffff80, "ldrsb w clears the upper half");
	/* ld2 {v0.16b, v1.16b}, [x12] */
	av_insn_decode(0x4c408180, &insn);
	for (i = 0; i < 32; i++)
		bytes[i] = i;
	av_insn_load(&insn, &regs, false, bytes);
	check(regs.v[0][3] == 6 && regs.v[1][15] == 31, "ld2 gives elements in turns");
	/* ld1 {v0.b}[5], [x12] */
	av_insn_decode(0x0d401580, &insn);
	bytes[0] = 0xaa;
	av_insn_load(&insn, &regs, false, bytes);
	check(regs.v[0][5] == 0xaa && regs.v[0][4] == 8 && regs.v[0][15] == 30, "a lane leaves the others");
	/* ldr d0, [x12] */
	av_insn_decode(0xfd400180, &insn);
	av_insn_load(&insn, &regs, false, bytes);
	check(regs.v[0][0] == 0xaa && !regs.v[0][8] && !regs.v[0][15], "a short load clears the rest");
}

static void offsets(void)
{
	struct av_insn insn;

	/* ldr q0, [x12, w10, sxtw] */
	check(av_insn_decode(0x3ceac980, &insn) && av_insn_offset(&insn, 0xfffffff0) == -16, "sxtw");
	/* ldr q0, [x12, w10, uxtw #4] */
	check(av_insn_decode(0x3cea5980, &insn) && av_insn_offset(&insn, 0xffffffff00000002) == 32, "uxtw #4");
	/* str q0, [x12, x13, lsl #4] */
	check(av_insn_decode(0x3cad7980, &insn) && insn.is_store && av_insn_offset(&insn, 3) == 48, "lsl #4");
}

int main(void)
{
	decoding();
	all_words();
	data();
	offsets();
	return tap_end();
}
