// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Loads and stores that the CPU does not describe (writeback, pairs, FP and SIMD, DC ZVA) do to a device
 *            what they do to memory: the same registers, the same bytes, in MMIO exits of at most 8 bytes each.
 *            Registers and PC change when all of it is done. What a guest changes meanwhile, code or tables, hurts
 *            nobody.
 * Reference: Arm ARM C6.2, C7.2 (the instructions); docs/abi.md (accesses without syndrome).
 * A failure: the instruction's text, what was expected and seen; see answer/undescribed.c, answer/insn.c, mm/stage1.c.
 */
#include <pthread.h>

#include "harness.h"
#include "gic.h"
#include "insn.h"

#define FP_ARCH		".arch armv8-a+fp+simd\n"

/* x8, x9: data; x12: base; x13 = 16; w10 = -16; v0-v3 */
#define ROWS(X)								\
	X("ldr x8, [x12], #8")		X("ldr x8, [x12, #-8]!")	\
	X("ldr w8, [x12], #4")		X("ldrb w8, [x12], #1")		\
	X("ldrh w8, [x12, #2]!")	X("ldrsb x8, [x12], #1")	\
	X("ldrsb w8, [x12, #3]!")	X("ldrsh x8, [x12], #-2")	\
	X("ldrsh w8, [x12, #6]!")	X("ldrsw x8, [x12], #4")	\
	X("ldrsw x8, [x12, #-4]!")	X("ldr xzr, [x12], #8")		\
	X("str x8, [x12], #8")		X("str x8, [x12, #-256]!")	\
	X("str w8, [x12, #4]!")		X("strb w8, [x12], #1")		\
	X("strb w8, [x12, #7]!")	X("strh w8, [x12], #-2")	\
	X("strh w8, [x12, #2]!")	X("str xzr, [x12], #8")		\
	X("ldp x8, x9, [x12]")		X("ldp w8, w9, [x12, #8]")	\
	X("ldp x8, x9, [x12], #16")	X("ldp x8, x9, [x12, #-16]!")	\
	X("ldp w8, w9, [x12], #-8")	X("ldnp x8, x9, [x12, #16]")	\
	X("ldp xzr, x9, [x12]")		X("ldpsw x8, x9, [x12]")	\
	X("ldpsw x8, x9, [x12], #8")	X("ldpsw x8, x9, [x12, #-8]!")	\
	X("stp x8, x9, [x12]")		X("stp w8, w9, [x12, #-8]!")	\
	X("stp x8, x9, [x12], #32")	X("stnp x8, x9, [x12, #16]")	\
	X("stp xzr, x9, [x12], #16")	X("stp x8, x8, [x12]")		\
	X("ldr b0, [x12]")		X("ldr h0, [x12, #2]")		\
	X("ldr s0, [x12, #4]")		X("ldr d0, [x12, #8]")		\
	X("ldr q0, [x12, #16]")		X("ldr q0, [x12], #16")		\
	X("ldr q0, [x12, #-16]!")	X("ldur q0, [x12, #-16]")	\
	X("ldr q0, [x12, x13]")		X("ldr q0, [x12, w10, sxtw]")	\
	X("ldr d0, [x12, w13, uxtw #3]") X("ldr s0, [x12, x13, lsl #2]") \
	X("ldr b0, [x12], #1")		X("ldr h0, [x12, #2]!")		\
	X("str b0, [x12]")		X("str h0, [x12, #2]!")		\
	X("str s0, [x12], #4")		X("str d0, [x12, #8]")		\
	X("str q0, [x12]")		X("str q0, [x12], #16")		\
	X("str q0, [x12, #-32]!")	X("stur d0, [x12, #-8]")	\
	X("str q0, [x12, x13, lsl #4]")	X("str d0, [x12, w10, sxtw]")	\
	X("ldp s0, s1, [x12]")		X("ldp d0, d1, [x12], #16")	\
	X("ldp q0, q1, [x12, #-32]!")	X("ldnp q0, q1, [x12]")		\
	X("stp s0, s1, [x12, #8]")	X("stp d0, d1, [x12, #-16]!")	\
	X("stp q0, q1, [x12]")		X("stnp d0, d1, [x12]")		\
	X("ld1 {v0.16b}, [x12]")	X("ld1 {v0.8b}, [x12], #8")	\
	X("ld1 {v0.8h, v1.8h}, [x12], #32") X("ld1 {v0.4s-v2.4s}, [x12]") \
	X("ld1 {v0.2d-v3.2d}, [x12], x13") X("ld1 {v0.1d}, [x12]")	\
	X("ld2 {v0.16b, v1.16b}, [x12]") X("ld2 {v0.4s, v1.4s}, [x12], #32") \
	X("ld3 {v0.8b-v2.8b}, [x12]")	X("ld3 {v0.8h-v2.8h}, [x12], x13") \
	X("ld4 {v0.4s-v3.4s}, [x12]")	X("ld4 {v0.2d-v3.2d}, [x12], #64") \
	X("st1 {v0.16b}, [x12]")	X("st1 {v0.4h, v1.4h}, [x12], #16") \
	X("st1 {v0.2d-v3.2d}, [x12]")	X("st2 {v0.8h, v1.8h}, [x12]")	\
	X("st3 {v0.4s-v2.4s}, [x12], #48") X("st4 {v0.8b-v3.8b}, [x12], x13") \
	X("ld1 {v0.b}[5], [x12]")	X("ld1 {v0.b}[15], [x12], #1")	\
	X("ld1 {v0.h}[3], [x12]")	X("ld1 {v0.s}[2], [x12], x13")	\
	X("ld1 {v0.d}[1], [x12]")	X("ld2 {v0.s, v1.s}[1], [x12]")	\
	X("ld3 {v0.b-v2.b}[9], [x12]")	X("ld4 {v0.d-v3.d}[1], [x12], #32") \
	X("st1 {v0.h}[7], [x12]")	X("st1 {v0.d}[0], [x12], #8")	\
	X("st2 {v0.b, v1.b}[14], [x12]") X("st4 {v0.s-v3.s}[3], [x12], x13") \
	X("ld1r {v0.16b}, [x12]")	X("ld1r {v0.2d}, [x12], #8")	\
	X("ld2r {v0.4h, v1.4h}, [x12]")	X("ld3r {v0.4s-v2.4s}, [x12], x13") \
	X("ld4r {v0.8b-v3.8b}, [x12]")	X("dc zva, x12")

#define TEXT(s)		s,
#define LINE(s)		s "\n"

static const char *const names[] = { ROWS(TEXT) };
extern const u32 rows[];
asm(".pushsection .rodata\n.balign 4\n" FP_ARCH "rows:\n" ROWS(LINE) ".popsection\n");
#define NR_ROWS		ARRAY_SIZE(names)
#define ROW_ZVA		(NR_ROWS - 1)

struct state {
	u64 x[4];
	u64 base, offset;
	u8 v[4][16];
	u64 sctlr, sctlr_back;
} __attribute__((aligned(16)));

/* Where the guest has what; the code page is reached by its physical address at EL1, by VA_CODE at EL0. */
#define VA		0x2000000000ULL
#define VA_CODE		VA
#define VA_DEVICE	(VA + SZ_4K)
#define VA_BUF		(VA + 3 * SZ_4K)
#define AT		0x200

#define PTE_NORMAL	0x707
#define PTE_EL0		0x40
#define PTE_RO		0x80
#define PTE_XN		(3ULL << 53)
#define PTE_PXN		(1ULL << 53)

#define SCTLR_EE	(1ULL << 25)
#define SCTLR_E0E	(1ULL << 24)
#define SCTLR_DZE	(1ULL << 14)

enum how { MMU_ON = 0, MMU_OFF = 1, MSB_FIRST = 2, AT_EL0 = 4, EXEC_ONLY = 8 };

static u64 level2[512] __attribute__((aligned(4096)));
static u64 level3[512] __attribute__((aligned(4096)));
static u32 code[1024] __attribute__((aligned(4096)));
static u8 buf[4096] __attribute__((aligned(4096)));
static u64 stop;

static void tlbi_all(void)
{
	asm volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}

static void map(u64 how)
{
	u64 el0 = how & AT_EL0 ? PTE_EL0 : 0;

	level3[0] = (u64)code | PTE_NORMAL | (el0 ? PTE_RO | PTE_PXN | (how & EXEC_ONLY ? 0 : el0) : PTE_RO);
	level3[1] = MMIO_IPA | PTE_NORMAL | PTE_XN | el0;
	level3[2] = (MMIO_IPA + SZ_4K) | PTE_NORMAL | PTE_XN | el0;
	level3[3] = (u64)buf | PTE_NORMAL | PTE_XN | el0;
	level2[0] = (u64)level3 | 3;
	guest_pgd[VA >> 30] = (u64)level2 | 3;
	tlbi_all();
}

static void sync_code(u32 *at)
{
	asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" :: "r"(at) : "memory");
}

#define LOAD_STATE							\
	FP_ARCH								\
	"	mov	x16, %[s]\n"					\
	"	ldp	x8, x9, [x16]\n"				\
	"	ldp	x10, x11, [x16, #16]\n"				\
	"	ldp	x12, x13, [x16, #32]\n"				\
	"	ldp	q0, q1, [x16, #48]\n"				\
	"	ldp	q2, q3, [x16, #80]\n"				\
	"	ldp	x14, x15, [x16, #112]\n"
#define SAVE_STATE							\
	"	stp	x8, x9, [x16]\n"				\
	"	stp	x10, x11, [x16, #16]\n"				\
	"	stp	x12, x13, [x16, #32]\n"				\
	"	stp	q0, q1, [x16, #48]\n"				\
	"	stp	q2, q3, [x16, #80]\n"
#define STATE_REGS "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x30", "memory"

static void run_el1(u32 word, struct state *s)
{
	const u32 words[] = { 0xd518100e /* msr sctlr_el1, x14 */, 0xd5033fdf /* isb */, word,
			      0xd518100f /* msr sctlr_el1, x15 */, 0xd5033fdf, INSN_RET };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		WRITE_ONCE(code[i], words[i]);
	sync_code(code);
	asm volatile(LOAD_STATE
		     "	blr	%[code]\n"
		     SAVE_STATE :: [s] "r"(s), [code] "r"(code) : STATE_REGS);
}

/* The instruction, and an SVC to come back. */
static void run_el0(u32 word, struct state *s)
{
	struct guest_cpu *cpu = this_cpu();

	WRITE_ONCE(code[0], word);
	WRITE_ONCE(code[1], 0xd4000021);
	sync_code(code);
	fault_expect();
	WRITE_ONCE(cpu->expect_fault, 2);
	asm volatile(LOAD_STATE
		     "	adr	x17, 1f\n"
		     "	str	x17, [%[resume]]\n"
		     "	msr	elr_el1, %[code]\n"
		     "	msr	spsr_el1, xzr\n"
		     "	eret\n"
		     "1:\n"
		     SAVE_STATE :: [s] "r"(s), [code] "r"(VA_CODE), [resume] "r"(&cpu->resume_pc) : STATE_REGS);
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(0x15, ESR_EC(cpu->esr));
}

static void init(struct state *s, u64 base, u64 how)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		s->x[i] = 0x8182838485868788ULL + i * 0x1111;
	s->x[2] = 0xfffffff0;
	s->base = base + AT;
	s->offset = 16;
	for (i = 0; i < sizeof(s->v); i++)
		s->v[i / 16][i % 16] = 0xff - i;
	s->sctlr_back = read_sysreg(sctlr_el1);
	s->sctlr = s->sctlr_back ^ (how & MSB_FIRST ? SCTLR_EE : 0);
}

static u8 pattern(u64 row, u64 i)
{
	return i * 37 + row * 11 + 0x80;
}

/* One row after the other, in memory and at the device. */
static void guest_all(u64 how)
{
	u64 device = how & MMU_OFF ? MMIO_IPA : VA_DEVICE, row, i;
	u64 at_buf = how & AT_EL0 ? VA_BUF : (u64)buf;
	struct state mem, dev;

	if (!(how & MMU_OFF))
		map(how);
	if (how & AT_EL0)
		write_sysreg(read_sysreg(sctlr_el1) | SCTLR_DZE | (how & MSB_FIRST ? SCTLR_E0E : 0), sctlr_el1);
	/* PSTATE.PAN, where there is one: EL1 uses nothing of EL0's here */
	else if (read_sysreg(id_aa64mmfr1_el1) >> 20 & 15)
		asm volatile(".inst 0xd500419f" ::: "memory");
	isb();
	for (row = 0; row < NR_ROWS; row++) {
		/* not on Device memory, which all is without MMU */
		if (row == ROW_ZVA && how & MMU_OFF)
			continue;
		GUEST_SYNC_ARGS(1, row, 0, 0);
		for (i = 0; i < sizeof(buf); i++)
			WRITE_ONCE(buf[i], pattern(row, i));
		init(&mem, at_buf, how & AT_EL0 ? 0 : how);
		init(&dev, device, how & AT_EL0 ? 0 : how);
		if (how & AT_EL0) {
			run_el0(rows[row], &mem);
			run_el0(rows[row], &dev);
		} else {
			run_el1(rows[row], &mem);
			run_el1(rows[row], &dev);
		}
		if (mem.base - at_buf != dev.base - device)
			guest_abort(__FILE__, __LINE__, names[row], mem.base - at_buf, dev.base - device);
		for (i = 0; i < 4; i++) {
			if (mem.x[i] != dev.x[i])
				guest_abort(__FILE__, __LINE__, names[row], mem.x[i], dev.x[i]);
		}
		for (i = 0; i < 64; i += 8) {
			if (readq((u64)mem.v + i) != readq((u64)dev.v + i))
				guest_abort(__FILE__, __LINE__, names[row], readq((u64)mem.v + i),
					    readq((u64)dev.v + i));
		}
		for (i = 0; i < 0x400; i += 8) {
			if (readq((u64)buf + i) != readq(device + i))
				guest_abort(__FILE__, __LINE__, names[row], readq((u64)buf + i), readq(device + i));
		}
	}
	GUEST_DONE();
}

static u8 device[4096];

/* A page of memory behind MMIO exits. */
static void serve(struct __test_metadata *_metadata, struct kvm_run *run)
{
	u64 at = run->mmio.phys_addr - MMIO_IPA;

	ASSERT_EQ(KVM_EXIT_MMIO, run->exit_reason);
	ASSERT_LE(run->mmio.len, 8);
	ASSERT_EQ(0, run->mmio.len & (run->mmio.len - 1));
	ASSERT_LE(at + run->mmio.len, sizeof(device));
	if (run->mmio.is_write)
		memcpy(device + at, run->mmio.data, run->mmio.len);
	else
		memcpy(run->mmio.data, device + at, run->mmio.len);
}

FIXTURE(decoded) { };

FIXTURE_VARIANT(decoded) {
	u64 how;
};

FIXTURE_VARIANT_ADD(decoded, el1) { .how = MMU_ON };
FIXTURE_VARIANT_ADD(decoded, mmu_off) { .how = MMU_OFF };
FIXTURE_VARIANT_ADD(decoded, big_endian) { .how = MMU_OFF | MSB_FIRST };
FIXTURE_VARIANT_ADD(decoded, el0) { .how = AT_EL0 };
FIXTURE_VARIANT_ADD(decoded, el0_big_endian) { .how = AT_EL0 | MSB_FIRST };
FIXTURE_VARIANT_ADD(decoded, el0_execute_only) { .how = AT_EL0 | EXEC_ONLY };

FIXTURE_SETUP(decoded)
{
}

FIXTURE_TEARDOWN(decoded)
{
}

TEST_F(decoded, a_device_is_accessed_like_memory)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu;
	struct ucall uc;
	u64 i;
	int ret;

	vm->mmu_off = variant->how & MMU_OFF;
	vcpu = guest_vcpu(vm, 0, guest_all, variant->how);
	for (;;) {
		ret = vcpu_run(vcpu, &uc);
		if (ret == UCALL_DONE)
			break;
		if (ret == UCALL_SYNC) {
			for (i = 0; i < sizeof(device); i++)
				device[i] = pattern(uc.a[1], i);
			continue;
		}
		ASSERT_EQ(UCALL_NONE, ret);
		serve(_metadata, vcpu->run);
	}
	vm_free(vm);
}

/* ---- between two parts ---------------------------------------------------------------------------- */

#define LDP_POST	0xa8c12588u	/* ldp x8, x9, [x12], #16 */
#define STP_PRE		0xa9bf2588u	/* stp x8, x9, [x12, #-16]! */

static u32 one_word;
static u64 one_base;

static void guest_one(u64 arg)
{
	struct state s;

	map(0);
	init(&s, VA_DEVICE, 0);
	s.base = VA_DEVICE + one_base;
	fault_expect();
	run_el1(one_word, &s);
	GUEST_SYNC_ARGS(2, s.x[0], s.x[1], s.base - VA_DEVICE);
	GUEST_SYNC_ARGS(3, fault_taken(), this_cpu()->esr, this_cpu()->far);
	GUEST_DONE();
}

static struct vcpu *start_one(struct vm *vm, u32 word, u64 base)
{
	gv(vm, one_word) = word;
	gv(vm, one_base) = base;
	return guest_vcpu(vm, 0, guest_one, 0);
}

TEST(registers_change_when_all_is_done)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = start_one(vm, LDP_POST, AT);
	struct ucall uc;
	u64 pc, v;

	ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
	pc = reg_get(vcpu, PC_REG);
	EXPECT_EQ(0x8182838485868788ULL, reg_get(vcpu, X_REG(8)));
	EXPECT_EQ(MMIO_IPA + AT, vcpu->run->mmio.phys_addr);
	EXPECT_EQ(8, vcpu->run->mmio.len);
	v = 0x1111;
	memcpy(vcpu->run->mmio.data, &v, 8);
	/* as a VMM does that wants the instruction over before it saves the vCPU */
	vcpu->run->immediate_exit = 1;
	ASSERT_EQ(0, vcpu_run_once(vcpu));
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
	EXPECT_EQ(MMIO_IPA + AT + 8, vcpu->run->mmio.phys_addr);
	EXPECT_EQ(0, vcpu->run->mmio.is_write);
	/* nothing yet: here it would begin anew */
	EXPECT_EQ(pc, reg_get(vcpu, PC_REG));
	EXPECT_EQ(0x8182838485868788ULL, reg_get(vcpu, X_REG(8)));
	EXPECT_EQ(VA_DEVICE + AT, reg_get(vcpu, X_REG(12)));
	v = 0x2222;
	memcpy(vcpu->run->mmio.data, &v, 8);
	ASSERT_EQ(-EINTR, vcpu_run_once(vcpu));
	EXPECT_EQ(pc + 4, reg_get(vcpu, PC_REG));
	EXPECT_EQ(0x1111, reg_get(vcpu, X_REG(8)));
	EXPECT_EQ(0x2222, reg_get(vcpu, X_REG(9)));
	EXPECT_EQ(VA_DEVICE + AT + 16, reg_get(vcpu, X_REG(12)));
	/* and once only */
	memset(vcpu->run->mmio.data, 0xee, 8);
	ASSERT_EQ(-EINTR, vcpu_run_once(vcpu));
	EXPECT_EQ(pc + 4, reg_get(vcpu, PC_REG));
	vcpu->run->immediate_exit = 0;
	uc = vcpu_run_sync(vcpu, 2);
	EXPECT_EQ(0x1111, uc.a[1]);
	EXPECT_EQ(0x2222, uc.a[2]);
	EXPECT_EQ(AT + 16, uc.a[3]);
	vm_free(vm);
}

/* The vCPU's state between the parts is that before the instruction, which so may be begun anew. */
TEST(it_can_be_begun_again)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = start_one(vm, STP_PRE, AT);
	struct ucall uc;
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
		EXPECT_EQ(MMIO_IPA + AT - 16, vcpu->run->mmio.phys_addr);
		EXPECT_EQ(1, vcpu->run->mmio.is_write);
		ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
		EXPECT_EQ(MMIO_IPA + AT - 8, vcpu->run->mmio.phys_addr);
		ASSERT_EQ(0, vcpu_init(vcpu, vm->features));
		guest_set_entry(vcpu, guest_one, 0);
		reg_set(vcpu, PC_REG, (u64)guest_entry);
		reg_set(vcpu, X_REG(0), guest_cpu_gpa(0));
	}
	ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
	EXPECT_EQ(MMIO_IPA + AT - 16, vcpu->run->mmio.phys_addr);
	vm_free(vm);
}

TEST(an_abort_by_user_space_ends_it)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = start_one(vm, LDP_POST, AT);
	struct kvm_vcpu_events events = { };
	struct ucall uc;

	ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
	ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
	events.exception.ext_dabt_pending = 1;
	ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_SET_VCPU_EVENTS, &events));
	uc = vcpu_run_sync(vcpu, 2);
	EXPECT_EQ(0x8182838485868788ULL, uc.a[1]);
	EXPECT_EQ(AT, uc.a[3]);
	uc = vcpu_run_sync(vcpu, 3);
	EXPECT_EQ(1, uc.a[1]);
	EXPECT_EQ(EC_DABT_CUR, ESR_EC(uc.a[2]));
	EXPECT_EQ(VA_DEVICE + AT, uc.a[3]);
	vm_free(vm);
}

/* ---- what is left as it was ------------------------------------------------------------------------ */

TEST(what_can_not_be_carried_out_is_enosys)
{
	static const struct { u32 word; u64 base; } bad[] = {
		{ 0xa9402588, 0xff8 },		/* ldp across the page's end */
		{ 0x4c402180, 0xfc8 },		/* ld1 of 64 bytes, likewise */
		{ 0xc85f7d88, AT },		/* ldxr */
		{ 0xc87f2588, AT },		/* ldxp */
		{ 0xa8c13188, AT },		/* ldp x8, x12, [x12], #16: unpredictable */
	};
	struct vcpu *vcpu;
	struct ucall uc;
	struct vm *vm;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		vm = vm_create_guest();
		vcpu = start_one(vm, bad[i].word, bad[i].base);
		/* the last may be undefined, too */
		EXPECT_TRUE(vcpu_run(vcpu, &uc) == -ENOSYS || i == ARRAY_SIZE(bad) - 1) TH_LOG("%#x", bad[i].word);
		vm_free(vm);
	}
}

/* The CPU has the code's page in its TLB, the tables do not have it any more. */
static void guest_unmaps(u64 arg)
{
	register u64 base asm("x12") = VA_DEVICE + AT;

	map(0);
	WRITE_ONCE(code[0], INSN_RET);
	WRITE_ONCE(code[1], 0xa9402588);	/* ldp x8, x9, [x12] */
	WRITE_ONCE(code[2], INSN_RET);
	sync_code(code);
	asm volatile("blr %0" :: "r"(VA_CODE) : "x30", "memory");
	WRITE_ONCE(level3[0], 0);
	dsb_sy();
	fault_expect();
	asm volatile("adr x9, 1f\n\tstr x9, [%2]\n\tblr %1\n1:"
		     : "+r"(base) : "r"(VA_CODE + 4), "r"(&this_cpu()->resume_pc) : "x8", "x9", "x30", "memory");
	fault_taken();
	GUEST_DONE();
}

TEST(code_that_is_not_mapped_any_more)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_unmaps, 0);
	struct ucall uc;
	int ret = vcpu_run(vcpu, &uc);

	/* the guest's own abort, or it is not carried out */
	EXPECT_TRUE(ret == UCALL_DONE || ret == -ENOSYS) TH_LOG("%d", ret);
	vm_free(vm);
}

static const u32 changing[] = {
	0xa9402588,	/* ldp x8, x9, [x12] */
	0xa9002588,	/* stp x8, x9, [x12] */
	0xa8c12588,	/* ldp x8, x9, [x12], #16 */
	0x3dc00180,	/* ldr q0, [x12] */
	0x3c810580,	/* str q0, [x12], #16 */
	0x4c402180,	/* ld1 {v0.16b-v3.16b}, [x12] */
	0xf8408588,	/* ldr x8, [x12], #8 */
	0xc85f7d88,	/* ldxr x8, [x12] */
	0xd503201f,	/* nop */
	0xa9442588,	/* ldp x8, x9, [x12, #64] */
};

static void guest_runs_changing(u64 arg)
{
	u64 i, seen;

	map(0);
	for (i = 0; !READ_ONCE(stop); i++) {
		register u64 base asm("x12") = VA_DEVICE + AT;
		register u64 witness asm("x11") = i;

		asm volatile("blr %2" : "+r"(base), "+r"(witness) : "r"(VA_CODE) : "x8", "x9", "x30", "memory");
		seen = base - VA_DEVICE - AT;
		GUEST_ASSERT(seen == 0 || seen == 8 || seen == 16);
		GUEST_ASSERT_EQ(i, witness);
	}
	GUEST_DONE();
}

static void guest_changes(u64 arg)
{
	u64 x = 1;

	while (!READ_ONCE(stop)) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		WRITE_ONCE(code[0], changing[(x >> 33) % ARRAY_SIZE(changing)]);
		sync_code(code);
	}
	GUEST_DONE();
}

static void *run_thread(void *arg)
{
	vcpu_run_done(arg);
	return NULL;
}

TEST(code_that_another_vcpu_changes)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_NISV_TO_USER };
	struct vm *vm = vm_create_guest();
	struct vcpu *a = guest_vcpu(vm, 0, guest_runs_changing, 0), *b = guest_vcpu(vm, 1, guest_changes, 0);
	u64 end = now_ns() + 1500000000ULL, mmio = 0, nisv = 0;
	pthread_t thread;
	struct ucall uc;
	int ret;

	ASSERT_EQ(0, kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	gv(vm, code)[0] = changing[0];
	gv(vm, code)[1] = INSN_RET;
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_thread, b));
	for (;;) {
		ret = vcpu_run(a, &uc);
		if (ret == UCALL_DONE)
			break;
		ASSERT_EQ(UCALL_NONE, ret);
		if (now_ns() > end)
			gv(vm, stop) = 1;
		if (a->run->exit_reason == KVM_EXIT_ARM_NISV) {
			EXPECT_EQ(MMIO_IPA + AT, a->run->arm_nisv.fault_ipa & ~0x40ULL);
			reg_set(a, PC_REG, reg_get(a, PC_REG) + 4);
			nisv++;
			continue;
		}
		serve(_metadata, a->run);
		ASSERT_LE(MMIO_IPA + AT, a->run->mmio.phys_addr);
		ASSERT_GT(MMIO_IPA + AT + 0x50, a->run->mmio.phys_addr);
		mmio++;
	}
	pthread_join(thread, NULL);
	TH_LOG("MMIO exits: %llu, undescribed: %llu", (unsigned long long)mmio, (unsigned long long)nisv);
	EXPECT_LT(100, mmio);
	vm_free(vm);
}

/* ---- the GIC's frames ------------------------------------------------------------------------------- */

static void guest_reads_gic(u64 arg)
{
	u64 typer = readl(GICD_BASE + 4), iidr = readl(GICD_BASE + 8), a, b;

	asm volatile("ldp %w0, %w1, [%2]" : "=&r"(a), "=&r"(b) : "r"(GICD_BASE + 4) : "memory");
	GUEST_ASSERT_EQ(typer, a);
	GUEST_ASSERT_EQ(iidr, b);
	/* GICD_IPRIORITYR of SPIs, two words at once, and with writeback */
	b = GICD_BASE + 0x420;
	asm volatile("stp %w1, %w2, [%0], #8" : "+r"(b) : "r"(0x80a0c0e0), "r"(0x10203040) : "memory");
	GUEST_ASSERT_EQ(GICD_BASE + 0x428, b);
	GUEST_ASSERT_EQ(readl(GICD_BASE + 0x424), 0x10203040);
	a = readl(GICD_BASE + 0x420);
	b = GICD_BASE + 0x428;
	asm volatile("ldr %w0, [%1, #-8]!" : "=&r"(typer), "+r"(b) :: "memory");
	GUEST_ASSERT_EQ(a, typer);
	GUEST_DONE();
}

TEST(the_gic_too)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_reads_gic, 0);

	gic_create(vm, 64);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

SELFTEST_MAIN
