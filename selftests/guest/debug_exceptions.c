// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A guest can debug itself: BRK, breakpoints, watchpoints and single step
 *            reach its EL1; two vCPUs on one CPU don't see each other's debug
 *            registers, and the host's threads never meet the guest's breakpoints.
 * Reference: Arm ARM D2 (self-hosted debug); kvm-abi.md part 4.4 (debug).
 * A failure: shows class and address of the exception; see el2/debug.c.
 */
#include "harness.h"

#define EC_BREAKPOINT	0x31
#define EC_STEP		0x33
#define EC_WATCHPOINT	0x35
#define EC_BRK		0x3c

#define MDSCR_SS	1UL
#define MDSCR_KDE	(1UL << 13)
#define MDSCR_MDE	(1UL << 15)

/* Enabled, EL1 and EL0, all of the word: BCR; WCR with loads and stores as well. */
#define BCR		(1UL | 3 << 1 | 0xf << 5)
#define WCR(byte_mask)	(1UL | 3 << 1 | 3 << 3 | (byte_mask) << 5)

static u64 watched[4];

#define debug_unmask()	asm volatile("msr daifclr, #8" ::: "memory")
#define debug_mask()	asm volatile("msr daifset, #8" ::: "memory")

static void debug_on(u64 more)
{
	/* the OS lock holds debug exceptions back */
	write_sysreg(0, oslar_el1);
	write_sysreg(MDSCR_KDE | MDSCR_MDE | more, mdscr_el1);
	isb();
}

static void expect(u32 ec)
{
	struct guest_cpu *cpu = this_cpu();

	GUEST_ASSERT_EQ(1, fault_taken());
	if (ESR_EC(cpu->esr) != ec)
		guest_abort(__FILE__, __LINE__, "exception class", ec, ESR_EC(cpu->esr));
	GUEST_ASSERT_EQ(4, cpu->vector);
}

static void guest_brk(u64 arg)
{
	u64 n;

	for (n = 0; n < 10; n++) {
		fault_expect();
		asm volatile("brk #0x1234");
		expect(EC_BRK);
		GUEST_ASSERT_EQ(0x1234, this_cpu()->esr & 0xffff);
	}
	GUEST_DONE();
}

static u64 probe_target(void)
{
	u64 v;

	/* the labelled instruction is the one with the breakpoint */
	asm volatile(
	"	mov	%0, #1\n"
	"	.globl	probed_insn\n"
	"probed_insn:\n"
	"	mov	%0, #2\n"
	: "=r"(v));
	return v;
}

extern char probed_insn[];
static u64 (*volatile probe)(void) = probe_target;

static void guest_breakpoint(u64 arg)
{
	u64 round;

	debug_on(0);
	write_sysreg((u64)probed_insn, dbgbvr0_el1);
	write_sysreg(BCR, dbgbcr0_el1);
	isb();
	for (round = 0; round < 5; round++) {
		debug_unmask();
		fault_expect();
		/* the handler skips the instruction */
		GUEST_ASSERT_EQ(1, probe());
		expect(EC_BREAKPOINT);
		GUEST_ASSERT_EQ((u64)probed_insn, this_cpu()->elr);
		/* masked: nothing */
		debug_mask();
		fault_expect();
		GUEST_ASSERT_EQ(2, probe());
		GUEST_ASSERT_EQ(0, fault_taken());
		/* the registers survive an exit */
		GUEST_SYNC(round);
		GUEST_ASSERT_EQ((u64)probed_insn, read_sysreg(dbgbvr0_el1));
	}
	write_sysreg(0, dbgbcr0_el1);
	GUEST_DONE();
}

static void guest_watchpoint(u64 arg)
{
	debug_on(0);
	write_sysreg((u64)&watched[1], dbgwvr0_el1);
	write_sysreg(WCR(0xff), dbgwcr0_el1);
	isb();
	debug_unmask();
	writeq(1, (u64)&watched[0]);
	fault_expect();
	writeq(5, (u64)&watched[1]);
	expect(EC_WATCHPOINT);
	GUEST_ASSERT_EQ((u64)&watched[1], this_cpu()->far);
	fault_expect();
	readb((u64)&watched[1] + 3);
	expect(EC_WATCHPOINT);
	writeq(1, (u64)&watched[2]);
	/* the OS lock switches it off */
	write_sysreg(1, oslar_el1);
	isb();
	GUEST_ASSERT_EQ(2, read_sysreg(oslsr_el1) & 2);
	writeq(6, (u64)&watched[1]);
	GUEST_ASSERT_EQ(6, readq((u64)&watched[1]));
	write_sysreg(0, oslar_el1);
	write_sysreg(0, dbgwcr0_el1);
	isb();
	GUEST_DONE();
}

/* Step over one instruction by an ERET to the same level with SPSR.SS set. */
static void guest_step(u64 arg)
{
	struct guest_cpu *cpu = this_cpu();
	u64 v = 0;

	debug_on(MDSCR_SS);
	fault_expect();
	WRITE_ONCE(cpu->expect_fault, 2);
	asm volatile(
	"	adr	x9, 2f\n"
	"	str	x9, [%1]\n"
	"	adr	x9, 1f\n"
	"	msr	elr_el1, x9\n"
	"	mov	x9, #0x1c5\n"		/* EL1h, D clear, A, I, F masked */
	"	orr	x9, x9, #(1 << 21)\n"	/* SS */
	"	msr	spsr_el1, x9\n"
	"	eret\n"
	"1:	mov	%0, #7\n"
	"	.globl	stepped_to\n"
	"stepped_to:\n"
	"	mov	%0, #9\n"
	"2:\n"
	: "+r"(v) : "r"(&cpu->resume_pc) : "x9", "memory");
	write_sysreg(0, mdscr_el1);
	isb();
	expect(EC_STEP);
	GUEST_ASSERT_EQ(7, v);
	GUEST_DONE();
}

extern char stepped_to[];

static void guest_own_registers(u64 me)
{
	u64 i;

	for (i = 0; i < 10; i++) {
		write_sysreg(0x1000 * (me + 1) + i * 4, dbgbvr1_el1);
		write_sysreg(0x2000 * (me + 1) + i * 8, dbgwvr1_el1);
		isb();
		GUEST_SYNC(i);
		GUEST_ASSERT_EQ(0x1000 * (me + 1) + i * 4, read_sysreg(dbgbvr1_el1));
		GUEST_ASSERT_EQ(0x2000 * (me + 1) + i * 8, read_sysreg(dbgwvr1_el1));
	}
	GUEST_DONE();
}

static void run_guest(void (*fn)(u64), int syncs)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, fn, 0);
	int i;

	for (i = 0; i < syncs; i++)
		vcpu_run_sync(vcpu, i);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

TEST(brk_instruction)
{
	run_guest(guest_brk, 0);
}

TEST(breakpoints)
{
	run_guest(guest_breakpoint, 5);
}

TEST(watchpoints)
{
	run_guest(guest_watchpoint, 0);
}

TEST(single_step)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_step, 0);

	vcpu_run_done(vcpu);
	EXPECT_EQ((u64)stepped_to, guest_cpu_area(vm, 0)->elr);
	vm_free(vm);
}

TEST(two_vcpus_have_their_own_registers)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *a = guest_vcpu(vm, 0, guest_own_registers, 0);
	struct vcpu *b = guest_vcpu(vm, 1, guest_own_registers, 1);
	int i;

	for (i = 0; i < 10; i++) {
		vcpu_run_sync(a, i);
		vcpu_run_sync(b, i);
	}
	vcpu_run_done(a);
	vcpu_run_done(b);
	vm_free(vm);
}

/*
 * The guest has a breakpoint, for EL0 as well, on an address that this very process
 * executes: had it leaked, the process would die of SIGTRAP.
 */
static void guest_sets_trap(u64 arg)
{
	debug_on(0);
	write_sysreg(arg, dbgbvr0_el1);
	write_sysreg(BCR, dbgbcr0_el1);
	isb();
	GUEST_SYNC(0);
	GUEST_SYNC(1);
	GUEST_DONE();
}

TEST(breakpoints_stay_in_the_guest)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_sets_trap, (u64)probed_insn);
	int i;

	vcpu_run_sync(vcpu, 0);
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(2, probe());
	}
	vcpu_run_sync(vcpu, 1);
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(2, probe());
	}
	vcpu_run_done(vcpu);
	vm_free(vm);
}

SELFTEST_MAIN
