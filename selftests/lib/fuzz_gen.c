// SPDX-License-Identifier: GPL-2.0
/* Random guest code, see fuzz_gen.h. Runs in user space; what it writes runs at EL1 and EL0 of a guest. */
#include "fuzz_gen.h"
#include "gic.h"
#include "insn.h"
#include "psci.h"

#define CASE_WORDS	16
#define INSN_BRK(n)	(0xd4200000u | (u32)(n) << 5)
#define A32_UDF		0xe7f000f0u

#define MSR(r, t)	(0xd5000000u | (u32)(r) << 5 | (t))
#define MRS(r, t)	(0xd5200000u | (u32)(r) << 5 | (t))

static void emit(struct fuzz_gen *g, u32 insn)
{
	if (g->at < g->end)
		*g->at++ = insn;
}

static u32 reg(struct fuzz_gen *g)
{
	return fuzz_below(&g->r, 32);
}

/* x<t> = value, in as many words as it takes */
static void emit_mov(struct fuzz_gen *g, u32 t, u64 value)
{
	int i;

	emit(g, 0xd2800000u | (u32)(value & 0xffff) << 5 | t);
	for (i = 1; i < 4; i++)
		if (value >> (16 * i) & 0xffff)
			emit(g, 0xf2800000u | (u32)i << 21 | (u32)(value >> (16 * i) & 0xffff) << 5 | t);
}

/*
 * QEMU 7.2 hangs when a timer's compare value wraps around (C49): CNTP_*, CNTV_* are written by timer() only, with
 * values that are near.
 */
static u32 without_timers(u32 insn)
{
	return (insn & 0xfffff000) == 0xd51be000 ? INSN_NOP : insn;
}

static u64 gic_address(struct fuzz_gen *g)
{
	u64 off = fuzz_below(&g->r, 0x10000);

	/* near the registers that there are, more often than in the holes */
	if (!fuzz_one_in(&g->r, 4))
		off = fuzz_below(&g->r, 0x1000);
	if (!fuzz_one_in(&g->r, 8))
		off &= ~3UL;
	switch (fuzz_below(&g->r, 8)) {
	case 0 ... 2:
		return GICD_BASE + off;
	case 3:
		return GICD_BASE + GICD_IROUTER + fuzz_below(&g->r, 0x2000);
	case 4 ... 5:
		return GICR_BASE + fuzz_below(&g->r, 2 * g->nr_vcpus + 1) * 0x10000 + off;
	case 6:
		return GICC_BASE + fuzz_below(&g->r, 0x2010);
	}
	/* the edges of frames */
	return (fuzz_one_in(&g->r, 2) ? GICD_BASE : GICR_BASE) + (fuzz_below(&g->r, 6) << 16) - 4 +
		fuzz_below(&g->r, 8);
}

/* What registers hold when a case starts: addresses of all kinds, small numbers, masks, anything. */
u64 fuzz_value(struct fuzz_gen *g)
{
	u64 v = fuzz_rand(&g->r);

	switch (fuzz_below(&g->r, 16)) {
	case 0 ... 2:
		return g->rw + v % FUZZ_AREA;
	case 3:
		return g->ro + v % FUZZ_AREA;
	case 4:
		return FUZZ_RW_BASE + v % (8 * FUZZ_AREA);
	case 5 ... 6:
		return gic_address(g);
	case 7:
		return MMIO_IPA + v % SZ_64K;
	case 8:
		return v & 0xff;
	case 9:
		return 1UL << v % 64;
	case 10:
		return ~(1UL << v % 64);
	case 11:	/* the edge of 40 bits of IPA, and beyond */
		return (1UL << (36 + v % 13)) - 8 + (v >> 32 & 15);
	case 12:
		return v % (1UL << 34);
	case 13:	/* the edges of slots */
		return (fuzz_one_in(&g->r, 2) ? FUZZ_RO_BASE : FUZZ_RW_BASE) + (v & 1 ? 8 * FUZZ_AREA : 0) - 8 +
			(v >> 32 & 15);
	case 14:
		return 0;
	}
	return v;
}

/* ---- kinds of cases ------------------------------------------------------------------------ */

static void sysreg_any(struct fuzz_gen *g)
{
	int i;

	for (i = 0; i < 3; i++) {
		u32 r = 0x8000 + fuzz_below(&g->r, 0x8000);

		/* op1 0 and 3, and what has a CRn that is in use, more often */
		if (fuzz_one_in(&g->r, 2))
			r = (r & ~SYSREG(0, 7, 0, 0, 0)) | (fuzz_one_in(&g->r, 3) ? SYSREG(0, 3, 0, 0, 0) : 0);
		emit(g, without_timers(fuzz_one_in(&g->r, 2) ? MRS(r, reg(g)) : MSR(r, reg(g))));
	}
}

/* Registers with state or traps of their own at EL2. */
static const u16 known[] = {
	SYSREG(3, 0, 1, 0, 1), SYSREG(3, 0, 1, 0, 2), SYSREG(3, 0, 2, 0, 0), SYSREG(3, 0, 2, 0, 1),
	SYSREG(3, 0, 5, 1, 0), SYSREG(3, 0, 5, 1, 1), SYSREG(3, 0, 5, 2, 0), SYSREG(3, 0, 6, 0, 0),
	SYSREG(3, 0, 7, 4, 0), SYSREG(3, 0, 10, 2, 0), SYSREG(3, 0, 10, 3, 0), SYSREG(3, 0, 13, 0, 1),
	SYSREG(3, 0, 13, 0, 4), SYSREG(3, 3, 13, 0, 2), SYSREG(3, 3, 13, 0, 3), SYSREG(3, 0, 14, 1, 0),
	SYSREG(3, 2, 0, 0, 0), SYSREG(3, 1, 0, 0, 0), SYSREG(3, 1, 0, 0, 1), SYSREG(3, 3, 0, 0, 1),
	SYSREG(2, 0, 0, 2, 2), SYSREG(2, 0, 1, 0, 4), SYSREG(2, 0, 1, 1, 4), SYSREG(2, 0, 1, 3, 4),
	SYSREG(2, 0, 7, 8, 6), SYSREG(2, 0, 7, 9, 6), SYSREG(2, 3, 0, 1, 0), SYSREG(2, 3, 0, 5, 0),
	SYSREG(3, 3, 9, 12, 0), SYSREG(3, 3, 9, 13, 0), SYSREG(3, 3, 9, 14, 0), SYSREG(3, 0, 9, 14, 1),
	SYSREG(3, 0, 4, 6, 0), SYSREG(3, 0, 12, 8, 0), SYSREG(3, 0, 12, 8, 1), SYSREG(3, 0, 12, 8, 2),
	SYSREG(3, 0, 12, 8, 3), SYSREG(3, 0, 12, 8, 4), SYSREG(3, 0, 12, 9, 0), SYSREG(3, 0, 12, 9, 1),
	SYSREG(3, 0, 12, 11, 1), SYSREG(3, 0, 12, 11, 3), SYSREG(3, 0, 12, 11, 5), SYSREG(3, 0, 12, 11, 6),
	SYSREG(3, 0, 12, 11, 7), SYSREG(3, 0, 12, 12, 0), SYSREG(3, 0, 12, 12, 1), SYSREG(3, 0, 12, 12, 2),
	SYSREG(3, 0, 12, 12, 3), SYSREG(3, 0, 12, 12, 4), SYSREG(3, 0, 12, 12, 5), SYSREG(3, 0, 12, 12, 6),
	SYSREG(3, 0, 12, 12, 7), SYSREG(3, 0, 12, 1, 0), SYSREG(3, 0, 12, 1, 1), SYSREG(3, 0, 5, 3, 0),
	SYSREG(3, 0, 4, 1, 0), SYSREG(3, 3, 4, 4, 0), SYSREG(3, 3, 4, 4, 1), SYSREG(3, 3, 14, 0, 0),
	SYSREG(3, 3, 14, 0, 1), SYSREG(3, 3, 14, 0, 2), SYSREG(3, 5, 1, 0, 0), SYSREG(3, 4, 1, 1, 0),
};

static void sysreg_known(struct fuzz_gen *g)
{
	int i;

	for (i = 0; i < 4; i++) {
		u32 r = known[fuzz_below(&g->r, ARRAY_SIZE(known))];

		emit(g, fuzz_one_in(&g->r, 3) ? MRS(r, reg(g)) : MSR(r, reg(g)));
	}
}

/* An SGI, an interrupt's life by the CPU interface, with values that mean something. */
static void gic_cpu(struct fuzz_gen *g)
{
	u64 sgi = fuzz_below(&g->r, 16) << 24 | fuzz_below(&g->r, 16) | fuzz_below(&g->r, 2) << 40;

	emit_mov(g, 2, fuzz_one_in(&g->r, 4) ? fuzz_rand(&g->r) : sgi);
	emit(g, MSR(SYSREG(3, 0, 12, 11, 5 + fuzz_below(&g->r, 3)), 2));
	emit_mov(g, 3, fuzz_below(&g->r, 256));
	emit(g, MSR(SYSREG(3, 0, 4, 6, 0), 3));
	emit_mov(g, 3, fuzz_below(&g->r, 2));
	emit(g, MSR(SYSREG(3, 0, 12, 12, 6 + fuzz_below(&g->r, 2)), 3));
	if (fuzz_one_in(&g->r, 2))
		emit(g, 0xd50342ffu);	/* MSR DAIFClr, #2 */
	emit(g, MRS(SYSREG(3, 0, 12, 12, 0), 4));
	emit(g, MSR(SYSREG(3, 0, 12, 12, 1), fuzz_one_in(&g->r, 4) ? 2 : 4));
	emit(g, MSR(SYSREG(3, 0, 12, 11, 1), fuzz_one_in(&g->r, 2) ? 3 : 4));
}

/* ldr/str of 1, 2, 4, 8 bytes, without and with sign, x<t>, [x<n>] */
static u32 plain_access(struct fuzz_gen *g, u32 t, u32 n)
{
	static const u32 insns[] = {
		0x39000000, 0x39400000, 0x79000000, 0x79400000, 0xb9000000, 0xb9400000, 0xf9000000, 0xf9400000,
		0x39800000, 0x79800000, 0xb9800000, 0x39c00000, 0x79c00000,
	};

	return insns[fuzz_below(&g->r, ARRAY_SIZE(insns))] | n << 5 | t;
}

static void gic_mmio(struct fuzz_gen *g)
{
	int i;

	for (i = 0; i < 3; i++) {
		emit_mov(g, 1, gic_address(g));
		emit(g, plain_access(g, reg(g), 1));
	}
}

/* An interrupt enabled, made pending and set up in one of the frames. */
static void gic_interrupt(struct fuzz_gen *g)
{
	static const u32 banks[] = {
		GICD_IGROUPR, GICD_ISENABLER, GICD_ICENABLER, GICD_ISPENDR, GICD_ICPENDR, GICD_ISACTIVER,
		GICD_ICACTIVER,
	};
	u64 frame = g->gic == 3 && fuzz_one_in(&g->r, 2) ?
		    GICR_BASE + fuzz_below(&g->r, g->nr_vcpus) * GICR_STRIDE + GICR_SGI_BASE : GICD_BASE;
	int i;

	emit_mov(g, 1, frame);
	for (i = 0; i < 4; i++)
		emit(g, 0xb9000000u | (banks[fuzz_below(&g->r, ARRAY_SIZE(banks))] / 4 + fuzz_below(&g->r, 4)) << 10 |
			1 << 5 | reg(g));
	emit_mov(g, 3, 0x13);
	emit_mov(g, 1, GICD_BASE);
	emit(g, 0xb9000023u);		/* str w3, [x1]: GICD_CTLR */
}

static void cache_and_tlb(struct fuzz_gen *g)
{
	int i;

	for (i = 0; i < 4; i++) {
		u32 r = SYSREG(1, 0, 0, 0, 0) | fuzz_below(&g->r, 0x4000);

		if (!fuzz_one_in(&g->r, 4))
			r = SYSREG(1, fuzz_one_in(&g->r, 2) ? 0 : fuzz_below(&g->r, 8), 7 + fuzz_below(&g->r, 2),
				   fuzz_below(&g->r, 16), fuzz_below(&g->r, 8));
		emit(g, fuzz_one_in(&g->r, 8) ? MRS(r, reg(g)) : MSR(r, reg(g)));
	}
}

static void firmware_call(struct fuzz_gen *g)
{
	static const u32 owners[] = { 0x84000000, 0xc4000000, 0x80000000, 0xc6000000, 0x86000000, 0x85000000 };
	static const u32 others[] = {
		0x80008000, 0x80007fff, 0x80003fff, 0x80000001, 0x84000050, 0xc4000053, 0xc5000020, 0x8600ff01,
	};
	u64 fn = owners[fuzz_below(&g->r, ARRAY_SIZE(owners))] + fuzz_below(&g->r, 0x24);

	switch (fuzz_below(&g->r, 8)) {
	case 0:
		fn = fuzz_rand(&g->r);
		break;
	case 1:		/* workarounds, features, TRNG, stolen time, vendor */
		fn = others[fuzz_below(&g->r, ARRAY_SIZE(others))];
		break;
	case 2:
		fn |= 1UL << 32;
		break;
	}
	emit_mov(g, 0, fn);
	if (fuzz_one_in(&g->r, 2))
		emit_mov(g, 1, fuzz_below(&g->r, g->nr_vcpus + 1));
	if (fuzz_one_in(&g->r, 2))
		emit_mov(g, 2, g->ro);		/* an entry that comes back into the vectors */
	emit(g, (fuzz_one_in(&g->r, 2) ? 0xd4000002u : 0xd4000003u) |
		(u32)(fuzz_one_in(&g->r, 4) ? fuzz_below(&g->r, 0x10000) : 0) << 5);
}

static void exception(struct fuzz_gen *g)
{
	static const u32 insns[] = {
		0xd4000001, 0xd4000002, 0xd4000003, 0xd4200000, 0xd4400000, 0xd4a00001, 0xd4a00002, 0xd4a00003,
		0x00000000, 0xd69f03e0, 0xd6bf03e0,
	};

	emit(g, insns[fuzz_below(&g->r, ARRAY_SIZE(insns))] | (u32)fuzz_below(&g->r, 0x10000) << 5);
}

/* ERET with an ELR and an SPSR of any kind. */
static void return_anywhere(struct fuzz_gen *g)
{
	emit_mov(g, 1, fuzz_one_in(&g->r, 2) ? fuzz_value(g) : g->ro + FUZZ_CODE + fuzz_below(&g->r, FUZZ_CASES) * 64);
	emit(g, MSR(SYSREG(3, 0, 4, 0, 1), 1));
	emit_mov(g, 2, fuzz_below(&g->r, 1UL << 32));
	emit(g, MSR(SYSREG(3, 0, 4, 0, 0), 2));
	emit(g, 0xd69f03e0u);
}

static void words(struct fuzz_gen *g)
{
	while (g->at < g->end)
		emit(g, without_timers(fuzz_rand(&g->r)));
}

static void likely_words(struct fuzz_gen *g)
{
	while (g->at < g->end) {
		u64 v = fuzz_rand(&g->r);
		u32 insn = v;

		switch (v >> 60) {
		case 0 ... 2:
			insn = 0xd5000000 | (insn & 0x003fffff);
			break;
		case 3:
			insn = 0xd4000000 | (insn & 0x00ffffff);
			break;
		case 4 ... 9:	/* loads and stores */
			insn = (insn & ~0x0a000000u) | 0x08000000;
			break;
		case 10 ... 11:	/* FP and SIMD */
			insn = (insn & ~0x0e000000u) | 0x0e000000;
			break;
		}
		emit(g, without_timers(insn));
	}
}

/* All forms of loads and stores: pairs, exclusives, atomics, unscaled, write back, SIMD. */
static void accesses(struct fuzz_gen *g)
{
	int i;

	for (i = 0; i < 6; i++) {
		u32 insn = fuzz_rand(&g->r);

		insn = (insn & ~0x0a000000u) | 0x08000000;
		/* mostly no registers' offsets, so that the base decides */
		if (!fuzz_one_in(&g->r, 4))
			insn &= ~0x003ff000u;
		emit(g, insn);
	}
}

static void sleeps(struct fuzz_gen *g)
{
	emit(g, fuzz_one_in(&g->r, 2) ? 0xd503205fu : 0xd503207fu);	/* WFE, WFI */
	if (fuzz_one_in(&g->r, 2))
		emit(g, 0xd503209fu);					/* SEV */
	emit(g, 0xd503205fu);
}

static void timer(struct fuzz_gen *g)
{
	u32 crm = 2 + fuzz_below(&g->r, 2);		/* CNTP, CNTV */

	emit(g, MRS(SYSREG(3, 3, 14, 0, crm - 1), 1));	/* its count */
	emit_mov(g, 2, fuzz_below(&g->r, 0x20000));
	emit(g, 0x8b020021u | (u32)fuzz_below(&g->r, 2) << 30);	/* add or sub x1, x1, x2 */
	if (fuzz_one_in(&g->r, 2))
		emit(g, MSR(SYSREG(3, 3, 14, crm, 2), 1));
	else
		emit(g, MSR(SYSREG(3, 3, 14, crm, 0), 2));
	emit_mov(g, 3, fuzz_below(&g->r, 4));
	emit(g, MSR(SYSREG(3, 3, 14, crm, 1), 3));
	emit(g, MRS(SYSREG(3, 3, 14, crm, fuzz_below(&g->r, 3)), 4));
	if (fuzz_one_in(&g->r, 4))
		sleeps(g);
}

/* Translation by tables that may be anything; often the end of this guest until it is reset. */
static void translation(struct fuzz_gen *g)
{
	static const u16 regs[] = {
		SYSREG(3, 0, 2, 0, 0), SYSREG(3, 0, 2, 0, 1), SYSREG(3, 0, 2, 0, 2), SYSREG(3, 0, 10, 2, 0),
		SYSREG(3, 0, 1, 0, 0),
	};
	int i;

	for (i = 0; i < 3; i++)
		emit(g, MSR(regs[fuzz_below(&g->r, 4)], reg(g)));
	emit_mov(g, 1, 0x30d00800 | fuzz_below(&g->r, 0x2000) | 1);
	emit(g, MSR(regs[4], 1));
	emit(g, 0xd5033fdfu);		/* ISB */
	emit(g, plain_access(g, reg(g), reg(g)));
}

static void debug(struct fuzz_gen *g)
{
	u32 n = fuzz_below(&g->r, 16), op2 = 4 + fuzz_below(&g->r, 4);

	emit_mov(g, 1, g->ro + FUZZ_CODE + (fuzz_below(&g->r, FUZZ_CASES * 64) & ~3UL));
	emit(g, MSR(SYSREG(2, 0, 0, n, op2 & 6), 1));
	emit_mov(g, 2, fuzz_one_in(&g->r, 2) ? 0x1e5 | fuzz_below(&g->r, 32) << 3 : fuzz_below(&g->r, 1UL << 32));
	emit(g, MSR(SYSREG(2, 0, 0, n, op2 | 1), 2));
	emit_mov(g, 3, fuzz_one_in(&g->r, 3) ? 0 : 0x8000 | 1 << 13 | fuzz_below(&g->r, 2));
	emit(g, MSR(SYSREG(2, 0, 0, 2, 2), 3));
	emit(g, MSR(SYSREG(2, 0, 1, 0, 4), 31));	/* OS lock */
	emit(g, 0xd50348ffu);				/* MSR DAIFClr, #8 */
}

static void pstate(struct fuzz_gen *g)
{
	int i;

	for (i = 0; i < 4; i++)
		emit(g, 0xd500401fu | (u32)fuzz_below(&g->r, 8) << 16 | (u32)fuzz_below(&g->r, 16) << 8 |
			(u32)fuzz_below(&g->r, 8) << 5);
	exception(g);
}

static void fp(struct fuzz_gen *g)
{
	emit_mov(g, 1, (u64)fuzz_below(&g->r, 4) << 20);
	emit(g, MSR(SYSREG(3, 0, 1, 0, 2), 1));
	emit(g, 0xd5033fdfu);
	while (g->at < g->end)
		emit(g, ((u32)fuzz_rand(&g->r) & ~0x0e000000u) | (fuzz_one_in(&g->r, 2) ? 0x0e000000u : 0x0c000000u));
}

/* AArch32 at EL0: coprocessor accesses, calls, anything. */
static void aarch32(struct fuzz_gen *g)
{
	static const u32 coprocessors[] = { 0xa, 0xb, 0xe, 0xf };

	while (g->at < g->end) {
		u32 v = fuzz_rand(&g->r);

		switch (fuzz_below(&g->r, 4)) {
		case 0:		/* MCR, MRC, MCRR, MRRC, LDC, STC of CP10, 11, 14, 15 */
			v = 0xec000000 | (v & 0x02fff0ff) | coprocessors[v >> 30] << 8;
			break;
		case 1:
			v = (v & 0x0fffffff) | 0xe0000000;
			break;
		case 2:		/* SVC */
			v = 0xef000000 | (v & 0xffffff);
			break;
		}
		emit(g, v);
	}
	g->end[-1] = A32_UDF;
}

static const struct {
	unsigned int weight;
	void (*write)(struct fuzz_gen *g);
} kinds[] = {
	{ 20, sysreg_any },	{ 12, sysreg_known },	{ 10, gic_cpu },	{ 14, gic_mmio },
	{ 8, gic_interrupt },	{ 10, cache_and_tlb },	{ 8, firmware_call },	{ 6, exception },
	{ 3, return_anywhere },	{ 8, words },		{ 10, likely_words },	{ 12, accesses },
	{ 1, sleeps },		{ 6, timer },		{ 1, translation },	{ 4, debug },
	{ 4, pstate },		{ 4, fp },
};

static u32 random_spsr(struct fuzz_gen *g)
{
	switch (fuzz_below(&g->r, 32)) {
	case 0 ... 9:
		return 0x3c5;		/* EL1h, all masked */
	case 10 ... 15:
		return 0x5;
	case 16 ... 19:
		return 0x345;		/* interrupts not */
	case 20 ... 26:
		return 0;		/* EL0 */
	case 27:
		return 4;
	case 28:
		return 0x200005;	/* a single step, where MDSCR_EL1 says so */
	case 29:
		return 0x100000 | (u32)fuzz_below(&g->r, 2) * 5;	/* illegal state */
	case 30:
		return fuzz_rand(&g->r);
	}
	return g->aarch32 ? 0x10 | (u32)fuzz_below(&g->r, 2) << 5 | ((u32)fuzz_rand(&g->r) & 0xf0000000) : 0;
}

static void write_case(struct fuzz_gen *g, u32 *code, u32 spsr)
{
	u32 total = 0, pick, i;

	for (i = 0; i < CASE_WORDS; i++)
		code[i] = INSN_BRK(i);
	g->at = code;
	g->end = code + CASE_WORDS - 1;
	if (spsr & 0x10) {
		g->end++;
		aarch32(g);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		total += kinds[i].weight;
	pick = fuzz_below(&g->r, total);
	for (i = 0; pick >= kinds[i].weight; i++)
		pick -= kinds[i].weight;
	kinds[i].write(g);
}

/* 1 GiB blocks, VA = PA: devices, what can't be written (EL0 and EL1 execute it), what can; the others by chance. */
static void write_pgd(struct fuzz_gen *g, u64 *pgd, bool random)
{
	u64 i;

	for (i = 0; i < 512; i++)
		pgd[i] = random ? (fuzz_value(g) & ~3UL) | fuzz_below(&g->r, 4) : i << 30 | 0x441;
	pgd[0] = 0x60000000000441;		/* AF, EL0 too, no execution */
	pgd[2] = FUZZ_RO_BASE | 0x7c5;		/* read only */
	pgd[3] = FUZZ_RW_BASE | 0x745 | 3UL << 53;
}

void fuzz_generate(struct fuzz_gen *g, char *area)
{
	u64 *params = (u64 *)(area + FUZZ_PARAMS), *values = (u64 *)(area + FUZZ_VALUES);
	u32 *spsr = (u32 *)(area + FUZZ_SPSR);
	unsigned int translate = fuzz_below(&g->r, 4), i;

	params[FUZZ_P_DATA / 8] = g->rw;
	/* RES1; translation and caches; what EL0 may do: UCI, nTWE, nTWI, UCT, DZE, UMA */
	params[FUZZ_P_SCTLR / 8] = 0x30d00800 | (translate & 1 ? 0x1005 : fuzz_below(&g->r, 2) << 12) |
				   (fuzz_rand(&g->r) & 0x0405c200);
	params[FUZZ_P_GIC / 8] = g->gic;
	params[FUZZ_P_GICC / 8] = GICC_BASE;
	params[FUZZ_P_UCALL / 8] = UCALL_IPA;
	write_pgd(g, (u64 *)(area + FUZZ_PGD), translate == 3);
	for (i = 0; i < FUZZ_CASES + 33; i++)
		values[i] = fuzz_value(g);
	for (i = 0; i < FUZZ_CASES; i++) {
		spsr[i] = random_spsr(g);
		write_case(g, (u32 *)(area + FUZZ_CODE) + i * CASE_WORDS, spsr[i]);
	}
}
