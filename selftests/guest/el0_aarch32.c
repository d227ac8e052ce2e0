// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     AArch32 EL0 reaches by MCR, MRC, MCRR and MRRC the registers that its EL1 lets it have, with the values
 *            of their AArch64 names: the physical timer with CNTKCTL_EL1.EL0PTEN, the debug registers. The rest is
 *            undefined, or EL1's to trap. A32 and T32, in an IT block too. User space debugs it as AArch64 code.
 * Reference: Arm ARM G8 (AArch32 registers), G1.21 (traps to AArch64); KVM (arch/arm64/kvm/sys_regs.c: cp14, cp15).
 * A failure: shows instruction and syndrome, or the two values.
 */
#include "harness.h"
#include "debug.h"
#include "timer.h"
#include "insn.h"

#define VEC_EL0_32_SYNC	12
#define EC_CP15_32	0x03
#define EC_CP15_64	0x04
#define EC_SVC32	0x11

#define PSTATE_A32	0x1d0			/* User mode, interrupts masked */
#define PSTATE_T32	(PSTATE_A32 | 0x20)
#define PSTATE_Z	(1 << 30)

#define MRC(cp, opc1, rt, crn, crm, opc2)						\
	(0xee100010u | (opc1) << 21 | (crn) << 16 | (rt) << 12 | (cp) << 8 | (opc2) << 5 | (crm))
#define MCR(cp, opc1, rt, crn, crm, opc2)						\
	(MRC(cp, opc1, rt, crn, crm, opc2) & ~(1u << 20))
/* r0 low, r1 high */
#define MRRC(cp, opc1, crm)	(0xec510000u | (cp) << 8 | (opc1) << 4 | (crm))
#define MCRR(cp, opc1, crm)	(0xec410000u | (cp) << 8 | (opc1) << 4 | (crm))
#define NE(insn)		(((insn) & 0x0fffffff) | 0x10000000)
#define SVC_A32			0xef000001u
#define SVC_T32			0xdf01
#define NOP_T32			0xbf00

/* Code of EL0: one page, mapped for it by a level-3 table. 32 bits reach nothing that is not mapped for EL1 already. */
#define CODE		EXTRA_BASE
#define EL0_VA		0xc0000000u
#define PTE_EL0_CODE	(0x707 | 0xc0 | 1ULL << 53)	/* RO at both, PXN */

static u64 level2[512] __attribute__((aligned(4096)));
static u64 level3[512] __attribute__((aligned(4096)));

static void map_el0(void)
{
	guest_pgd[EL0_VA >> 30] = 0;
	asm volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	guest_pgd[EL0_VA >> 30] = (u64)level2 | 3;
	level2[0] = (u64)level3 | 3;
	level3[0] = CODE | PTE_EL0_CODE;
	asm volatile("dsb ishst\n\tisb" ::: "memory");
}

struct regs {
	u64 r0, r1;
};

/* What CODE holds, with r0 and r1; comes back by the exception, which it leaves in this_cpu(). */
static struct regs run_el0(u64 r0, u64 r1, u64 pstate)
{
	struct guest_cpu *cpu = this_cpu();
	struct regs r;

	asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
		     :: "r"(CODE) : "memory");
	fault_expect();
	WRITE_ONCE(cpu->expect_fault, 2);
	/* the handler returns to 1:, at EL1 */
	asm volatile(
	"	adr	x9, 1f\n"
	"	str	x9, [%3]\n"
	"	msr	elr_el1, %2\n"
	"	msr	spsr_el1, %6\n"
	"	mov	x0, %4\n"
	"	mov	x1, %5\n"
	"	eret\n"
	"1:	mov	%0, x0\n"
	"	mov	%1, x1\n"
	: "=&r"(r.r0), "=&r"(r.r1)
	: "r"((u64)EL0_VA), "r"(&cpu->resume_pc), "r"(r0), "r"(r1), "r"(pstate)
	: "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
	  "x14", "memory");
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(VEC_EL0_32_SYNC, cpu->vector);
	return r;
}

static void expect(u32 insn, u32 ec)
{
	if (ESR_EC(this_cpu()->esr) != ec)
		guest_abort(__FILE__, __LINE__, "exception class", insn, this_cpu()->esr);
}

static struct regs a32(u32 insn, u64 r0, u64 r1, u32 ec)
{
	struct regs r;

	writel(insn, CODE);
	writel(SVC_A32, CODE + 4);
	r = run_el0(r0, r1, PSTATE_A32);
	expect(insn, ec);
	if (ec == EC_SVC32)
		GUEST_ASSERT_EQ(EL0_VA + 8, this_cpu()->elr);
	else
		GUEST_ASSERT_EQ(EL0_VA, this_cpu()->elr);
	return r;
}

static u64 read32(u32 insn)
{
	return a32(insn, 0x5a5a5a5a, 0, EC_SVC32).r0;
}

static u64 read64(u32 insn)
{
	struct regs r = a32(insn, 0x5a5a5a5a, 0x5a5a5a5a, EC_SVC32);

	GUEST_ASSERT_EQ(0, (r.r0 | r.r1) >> 32);
	return r.r1 << 32 | r.r0;
}

#define CNTKCTL_EL0PTEN	(1 << 9)

static void guest_timer(u64 arg)
{
	u64 cval = vcount() + ms_to_ticks(3600 * 1000), now;

	map_el0();
	write_sysreg(0, cntkctl_el1);
	isb();
	/* EL1's trap comes first */
	a32(MRC(15, 0, 0, 14, 2, 1), 0, 0, EC_CP15_32);
	a32(MCR(15, 0, 0, 14, 2, 0), 0, 0, EC_CP15_32);
	a32(MRRC(15, 2, 14), 0, 0, EC_CP15_64);
	write_sysreg(CNTKCTL_EL0PTEN, cntkctl_el1);
	isb();
	/* CVAL */
	a32(MCRR(15, 2, 14), (u32)cval, cval >> 32, EC_SVC32);
	GUEST_ASSERT_EQ(cval, read_sysreg(cntp_cval_el0));
	write_sysreg(cval + 0x1234567890ULL, cntp_cval_el0);
	GUEST_ASSERT_EQ(cval + 0x1234567890ULL, read64(MRRC(15, 2, 14)));
	/* CTL */
	a32(MCR(15, 0, 0, 14, 2, 1), TIMER_ENABLE | TIMER_IMASK, 0, EC_SVC32);
	GUEST_ASSERT_EQ(TIMER_ENABLE | TIMER_IMASK, read_sysreg(cntp_ctl_el0));
	GUEST_ASSERT_EQ(TIMER_ENABLE | TIMER_IMASK, read32(MRC(15, 0, 0, 14, 2, 1)));
	/* TVAL: signed; what is below zero has passed */
	a32(MCR(15, 0, 0, 14, 2, 0), 0xffffff00, 0, EC_SVC32);
	now = read_sysreg(cntpct_el0);
	GUEST_ASSERT(read_sysreg(cntp_cval_el0) <= now - 0x100);
	GUEST_ASSERT_EQ(TIMER_ENABLE | TIMER_IMASK | TIMER_ISTATUS, read32(MRC(15, 0, 0, 14, 2, 1)));
	a32(MCR(15, 0, 0, 14, 2, 0), 0x70000000, 0, EC_SVC32);
	now = read32(MRC(15, 0, 0, 14, 2, 0));
	GUEST_ASSERT(now <= 0x70000000 && now > 0x60000000);
	GUEST_ASSERT_EQ(TIMER_ENABLE | TIMER_IMASK, read_sysreg(cntp_ctl_el0));
	write_sysreg(0, cntp_ctl_el0);
	GUEST_DONE();
}

#define PART_A57	0xd07

static void check_didr(u64 dfr0)
{
	u64 didr = read32(MRC(14, 0, 0, 0, 0, 0));

	GUEST_ASSERT_EQ(dfr0 >> 20 & 15, didr >> 28 & 15);
	GUEST_ASSERT_EQ(dfr0 >> 12 & 15, didr >> 24 & 15);
	GUEST_ASSERT_EQ(dfr0 >> 28 & 15, didr >> 20 & 15);
	GUEST_ASSERT_EQ(dfr0 & 15, didr >> 16 & 15);
	GUEST_ASSERT_EQ(1, didr >> 15 & 1);
	GUEST_ASSERT_EQ(0, didr >> 32);
}

static void guest_debug(u64 arg)
{
	map_el0();
	/* QEMU 7.2 lacks it on CPUs without AArch32 at EL1. */
	if ((read_sysreg(midr_el1) >> 4 & 0xfff) == PART_A57)
		check_didr(read_sysreg(id_aa64dfr0_el1));
	GUEST_ASSERT_EQ(read_sysreg(mdrar_el1), read32(MRC(14, 0, 0, 1, 0, 0)));
	GUEST_ASSERT_EQ(read_sysreg(mdrar_el1), read64(MRRC(14, 0, 1)));
	GUEST_ASSERT_EQ(0, read32(MRC(14, 0, 0, 2, 0, 0)));
	GUEST_ASSERT_EQ(0, read64(MRRC(14, 0, 2)));
	/* DBGDSCRint is not asked for: QEMU 7.2 keeps it, and MDSCR_EL1.TDCC's traps, from EL0. */
	GUEST_DONE();
}

static void guest_undefined(u64 arg)
{
	static const u32 insns[] = {
		MRC(15, 0, 0, 1, 0, 0),		/* SCTLR */
		MCR(15, 0, 0, 2, 0, 0),		/* TTBR0 */
		MRC(15, 0, 0, 0, 0, 0),		/* MIDR */
		MRC(15, 0, 0, 14, 1, 0),	/* CNTKCTL */
		MCR(15, 0, 0, 8, 7, 0),		/* TLBIALL */
		MCR(15, 0, 0, 7, 6, 2),		/* DCISW */
		MRC(15, 0, 0, 12, 12, 0),	/* ICC_IAR1 */
		MCRR(15, 0, 12),		/* ICC_SGI1R */
		MRC(14, 0, 0, 0, 2, 2),		/* DBGDSCRext */
		MCR(14, 0, 0, 1, 0, 4),		/* DBGOSLAR */
		MRC(14, 0, 0, 0, 0, 4),		/* DBGBVR0 */
		0xeef70a10,			/* vmrs r0, MVFR0 */
	};
	unsigned int i;

	map_el0();
	write_sysreg(3 << 20, cpacr_el1);
	isb();
	for (i = 0; i < ARRAY_SIZE(insns); i++)
		a32(insns[i], 0, 0, EC_UNKNOWN);
	GUEST_DONE();
}

static void t32(const u16 *code, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i += 2)
		writel(code[i] | (u32)code[i + 1] << 16, CODE + i * 2);
}

static void guest_conditions(u64 arg)
{
	u32 mrc = MRC(14, 0, 0, 1, 0, 0);	/* DBGDRAR */
	u64 rar = read_sysreg(mdrar_el1);
	struct regs r;

	map_el0();
	/* A32, the condition fails: nothing happens */
	writel(NE(mrc), CODE);
	writel(SVC_A32, CODE + 4);
	GUEST_ASSERT_EQ(0x77, run_el0(0x77, 0, PSTATE_A32 | PSTATE_Z).r0);
	expect(NE(mrc), EC_SVC32);
	GUEST_ASSERT_EQ(rar, run_el0(0x77, 0, PSTATE_A32).r0);
	/* T32 has the same halves in the other order */
	{
		const u16 plain[] = { mrc >> 16, mrc & 0xffff, SVC_T32, NOP_T32 };
		/* ite eq; mrceq; movne r1, #1 */
		const u16 it[] = { 0xbf0c, mrc >> 16, mrc & 0xffff, 0x2101, SVC_T32, NOP_T32 };

		t32(plain, ARRAY_SIZE(plain));
		GUEST_ASSERT_EQ(rar, run_el0(0x77, 0, PSTATE_T32).r0);
		expect(mrc, EC_SVC32);
		GUEST_ASSERT_EQ(EL0_VA + 6, this_cpu()->elr);
		t32(it, ARRAY_SIZE(it));
		r = run_el0(0x77, 0x88, PSTATE_T32 | PSTATE_Z);
		expect(mrc, EC_SVC32);
		GUEST_ASSERT_EQ(rar, r.r0);
		GUEST_ASSERT_EQ(0x88, r.r1);
		r = run_el0(0x77, 0x88, PSTATE_T32);
		GUEST_ASSERT_EQ(0x77, r.r0);
		GUEST_ASSERT_EQ(1, r.r1);
	}
	GUEST_DONE();
}

/*
 * mrc p14, 0, r0, DBGDRAR; movs r1, #1; nop; bkpt #7; svc #1; no IT block: QEMU 7.2 loses its state where a step ends.
 */
static void guest_is_debugged(u64 arg)
{
	u32 mrc = MRC(14, 0, 0, 1, 0, 0);
	const u16 code[] = { mrc >> 16, mrc & 0xffff, 0x2101, NOP_T32, 0xbe07, SVC_T32 };
	struct regs r;

	map_el0();
	t32(code, ARRAY_SIZE(code));
	r = run_el0(0x77, 0x88, PSTATE_T32);
	expect(mrc, EC_SVC32);
	GUEST_ASSERT_EQ(EL0_VA + 12, this_cpu()->elr);
	GUEST_ASSERT_EQ(read_sysreg(mdrar_el1), r.r0);
	GUEST_ASSERT_EQ(1, r.r1);
	GUEST_DONE();
}

extern char guest_vectors[];

static void run(void (*fn)(u64))
{
	struct vm *vm = vm_create_guest();

	mem_add(vm, 1, 0, EXTRA_BASE, SZ_4K);
	guest_vcpu(vm, 0, fn, 0);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

TEST(physical_timer)
{
	run(guest_timer);
}

TEST(debug_registers)
{
	run(guest_debug);
}

TEST(the_rest_is_undefined)
{
	run(guest_undefined);
}

TEST(conditions_and_it_blocks)
{
	run(guest_conditions);
}

TEST(debugged_from_outside)
{
	struct kvm_guest_debug_arch arch = { .dbg_bvr[0] = EL0_VA, .dbg_bcr[0] = BCR };
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu;

	mem_add(vm, 1, 0, EXTRA_BASE, SZ_4K);
	vcpu = guest_vcpu(vm, 0, guest_is_debugged, 0);
	debug_set(vcpu, DEBUG_HW, &arch);
	ASSERT_EQ(EL0_VA, debug_run(vcpu, EC_BREAKPOINT_LOW));
	debug_set(vcpu, DEBUG_STEP, NULL);
	/* The module finishes the first. */
	ASSERT_EQ(EL0_VA + 4, debug_run(vcpu, EC_STEP_LOW));
	ASSERT_EQ(EL0_VA + 6, debug_run(vcpu, EC_STEP_LOW));
	ASSERT_EQ(EL0_VA + 8, debug_run(vcpu, EC_STEP_LOW));
	ASSERT_EQ(EL0_VA + 8, debug_run(vcpu, EC_BKPT32));
	ASSERT_EQ(7, vcpu->run->debug.arch.hsr & 0xffff);
	reg_set(vcpu, PC_REG, EL0_VA + 10);
	ASSERT_EQ((u64)guest_vectors + VEC_EL0_32_SYNC * 0x80, debug_run(vcpu, EC_STEP_LOW));
	debug_set(vcpu, 0, NULL);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

static bool has_aarch32(void)
{
	struct vm *vm;
	u64 pfr0;

	if (dev_try_open() < 0)
		return true;
	vm = vm_create_guest();
	pfr0 = reg_get(guest_vcpu(vm, 0, NULL, 0), SR_AA64PFR0);
	vm_free(vm);
	return (pfr0 & 15) == 2;
}

SELFTEST_MAIN_IF(has_aarch32(), "this CPU has no AArch32 at EL0")
