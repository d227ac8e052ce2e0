// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A guest that is shown FEAT_MOPS copies and sets memory by it at EL1, and at EL0 if its SCTLR_EL1 says so;
 *            what was begun on a CPU of the other kind (option A, option B) is finished right all the same. In a VM
 *            that is not told of it each of the instructions is undefined, at both.
 * Reference: Arm ARM C6.2 (CPYP, SETP), rules CNTMJ and MWFQH; HCRX_EL2.MSCEn, MCE2; SCTLR_EL1.MSCEn.
 * A failure: the guest's line with what was read; see answer/mops.c, guest/controls.c.
 */
#include "harness.h"
#include "el0.h"

#define ID_AA64ISAR2	ARM64_SYS_REG(3, 0, 0, 6, 2)
#define MOPS(isar2)	((isar2) >> 16 & 15)
#define SCTLR_MSCEN	(1UL << 33)
#define NZCV_C		(1ULL << 29)
#define NZCV_N		(1ULL << 31)

#define SIZE		(4 * 4096)
#define MARGIN		64

static u8 from[SIZE + 2 * MARGIN], to[SIZE + 2 * MARGIN];

/* Registers of one operation, and the flags by which its instructions know each other. */
struct mops {
	u64 d, s, n, nzcv;
};

/* X10, X11, X12. stage: the first instruction of the three to be executed, 1 << n. */
#define OPERATION(name, p, m, e)								\
static void begin_##name(struct mops *op)							\
{												\
	asm volatile("ldp	x10, x11, [%0]\n\t"						\
		     "ldr	x12, [%0, #16]\n\t"						\
		     "msr	nzcv, xzr\n\t"							\
		     ".inst	" #p "\n\t"							\
		     "mrs	x13, nzcv\n\t"							\
		     "stp	x10, x11, [%0]\n\t"						\
		     "stp	x12, x13, [%0, #16]"						\
		     : : "r"(op) : "x10", "x11", "x12", "x13", "cc", "memory");			\
}												\
static void finish_##name(struct mops *op, u64 stage)						\
{												\
	asm volatile("ldp	x10, x11, [%0]\n\t"						\
		     "ldp	x12, x13, [%0, #16]\n\t"					\
		     "msr	nzcv, x13\n\t"							\
		     "tbnz	%1, #1, 2f\n\t"							\
		     "tbnz	%1, #2, 3f\n\t"							\
		     ".inst	" #p "\n"							\
		     "2:	.inst	" #m "\n"						\
		     "3:	.inst	" #e "\n\t"						\
		     "stp	x10, x11, [%0]\n\t"						\
		     "str	x12, [%0, #16]"							\
		     : : "r"(op), "r"(stage) : "x10", "x11", "x12", "x13", "cc", "memory");	\
}

OPERATION(cpy, 0x1d0b058a, 0x1d4b058a, 0x1d8b058a)
OPERATION(cpyf, 0x190b058a, 0x194b058a, 0x198b058a)
OPERATION(set, 0x19cb058a, 0x19cb458a, 0x19cb858a)

enum kind { CPY, CPYF, SET, NR_KINDS };

static void begin(enum kind kind, struct mops *op)
{
	(kind == SET ? begin_set : kind == CPY ? begin_cpy : begin_cpyf)(op);
}

static void finish(enum kind kind, struct mops *op, u64 stage)
{
	(kind == SET ? finish_set : kind == CPY ? finish_cpy : finish_cpyf)(op, stage);
}

/* What a CPU of the other kind would have left. */
static void turn(enum kind kind, struct mops *op)
{
	bool was_b = op->nzcv & NZCV_C;
	bool backwards = kind == CPY && (was_b ? op->nzcv & NZCV_N : !(op->n >> 63));
	u64 move = was_b && backwards ? -op->n : op->n;

	op->d += move;
	if (kind != SET)
		op->s += move;
	if (!backwards)
		op->n = -op->n;
	op->nzcv = was_b ? 0 : NZCV_C | (backwards ? NZCV_N : 0);
}

static u8 pattern(u64 i)
{
	return i * 7 + (i >> 8);
}

static void fill(u8 *p, u64 seed)
{
	u64 i;

	for (i = 0; i < SIZE + 2 * MARGIN; i++)
		p[i] = pattern(i + seed);
}

/* An operation at offset, from a source that is shift bytes before (or behind) it in the same array if it overlaps. */
static void once(enum kind kind, u64 offset, s64 shift, u64 size, bool other, u64 stage)
{
	bool overlaps = kind == CPY && shift;
	u8 *source = overlaps ? to : from;
	struct mops op = { .d = (u64)to + MARGIN + offset, .s = (u64)source + MARGIN + offset - shift, .n = size };
	u64 i, first = MARGIN + offset;

	fill(from, 3);
	fill(to, 100);
	if (kind == SET)
		op.s = 0xa5;
	begin(kind, &op);
	if (other)
		turn(kind, &op);
	finish(kind, &op, stage);
	GUEST_ASSERT_EQ(0, op.n);
	for (i = 0; i < SIZE + 2 * MARGIN; i++) {
		u8 expected = pattern(i + 100);

		if (i >= first && i < first + size)
			expected = kind == SET ? 0xa5 : pattern(i - shift + (overlaps ? 100 : 3));
		/* with its place */
		GUEST_ASSERT_EQ(i << 8 | expected, i << 8 | to[i]);
	}
}

static const u64 sizes[] = { 0, 1, 15, 64, 4095, 4097, SIZE - 200 };

static void guest_operates(u64 other)
{
	u64 i, offset, stage;
	enum kind kind;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (kind = 0; kind < NR_KINDS; kind++) {
			for (offset = 0; offset < 64; offset += 21) {
				for (stage = 2; stage <= (other ? 4 : 2); stage <<= 1) {
					once(kind, offset, 0, sizes[i], other, stage);
					if (kind != CPY)
						continue;
					once(kind, offset + 64, 33, sizes[i], other, stage);
					once(kind, offset, -33, sizes[i], other, stage);
				}
			}
		}
	}
	GUEST_DONE();
}

#define INSN_BR_X0	0xd61f0000
#define EL0_ROUTINE	0x100

/* At EL0: 256 bytes of its data page become 0xa5; X0 = the routine's address */
static const u32 el0_routine[] = {
	0x913c000a,		/* add x10, x0, #0xf00 */
	0xd28014ab,		/* mov x11, #0xa5 */
	0xd280200c,		/* mov x12, #256 */
	0x19cb058a, 0x19cb458a, 0x19cb858a,
	0xd4000021,		/* svc #1 */
};

/* Runs it; the class of the exception by which it came back. */
static u64 el0_sets(bool may)
{
	u64 i, sctlr = read_sysreg(sctlr_el1) & ~SCTLR_MSCEN;

	write_sysreg(may ? sctlr | SCTLR_MSCEN : sctlr, sctlr_el1);
	isb();
	for (i = 0; i < ARRAY_SIZE(el0_routine); i++)
		writel(el0_routine[i], EL0_CODE + EL0_ROUTINE + 4 * i);
	asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
		     : : "r"(EL0_CODE + EL0_ROUTINE) : "memory");
	for (i = 0; i < 512; i++)
		writeb(0x11, EL0_DATA + i);
	el0_run(INSN_BR_X0, EL0_VA + EL0_ROUTINE, 0x3c0);
	return ESR_EC(this_cpu()->esr);
}

static void guest_el0(u64 arg)
{
	u64 i;

	el0_map();
	GUEST_ASSERT_EQ(0, el0_sets(false));
	GUEST_ASSERT_EQ(0x11, readb(EL0_DATA));
	GUEST_ASSERT_EQ(EC_SVC, el0_sets(true));
	for (i = 0; i < 512; i++)
		GUEST_ASSERT_EQ(i < 256 ? 0xa5 : 0x11, readb(EL0_DATA + i));
	GUEST_DONE();
}

/* Each of the nine: how many were undefined. */
static void guest_has_none(u64 arg)
{
	static struct mops op;
	enum kind kind;
	u64 undef = 0;

	for (kind = 0; kind < NR_KINDS; kind++) {
		op = (struct mops){ .d = (u64)to, .s = (u64)from, .n = 0 };
		fault_expect();
		finish(kind, &op, 1);
		undef += fault_taken();
	}
	GUEST_ASSERT_EQ(9, undef);
	el0_map();
	GUEST_ASSERT_EQ(0, el0_sets(true));
	GUEST_ASSERT_EQ(0x11, readb(EL0_DATA));
	GUEST_DONE();
}

FIXTURE(mops) {
	struct vm *vm;
	struct vcpu *vcpu;
	u64 isar2;
};

FIXTURE_SETUP(mops)
{
	self->vm = vm_create_guest();
	el0_add_memory(self->vm);
	self->vcpu = guest_vcpu(self->vm, 0, guest_operates, 0);
	self->isar2 = reg_get(self->vcpu, ID_AA64ISAR2);
}

FIXTURE_TEARDOWN(mops)
{
	vm_free(self->vm);
}

static void run(struct __test_metadata *_metadata, struct vcpu *vcpu, u64 isar2, void (*fn)(u64), u64 arg)
{
	if (!MOPS(isar2))
		SKIP(return, "this CPU has no memory copy instructions");
	guest_set_entry(vcpu, fn, arg);
	vcpu_run_done(vcpu);
}

TEST_F(mops, copies_and_sets)
{
	run(_metadata, self->vcpu, self->isar2, guest_operates, 0);
}

TEST_F(mops, begun_on_another_cpu)
{
	run(_metadata, self->vcpu, self->isar2, guest_operates, 1);
}

TEST_F(mops, at_el0)
{
	run(_metadata, self->vcpu, self->isar2, guest_el0, 0);
}

/* There are none, or none is told of. */
TEST_F(mops, hidden)
{
	if (MOPS(self->isar2))
		reg_set(self->vcpu, ID_AA64ISAR2, self->isar2 & ~(15ULL << 16));
	guest_set_entry(self->vcpu, guest_has_none, 0);
	vcpu_run_done(self->vcpu);
}

SELFTEST_MAIN
