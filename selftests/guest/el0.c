// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A guest's own EL0 works: SVC and faults arrive at its EL1 with the
 *            right class, EL1 registers are UNDEF there, traps that EL1 asked for
 *            (counter, FP, WFI) go to EL1, interrupts come in, hypercalls don't
 *            leave, and the MMIO exits are the same as from EL1.
 * Reference: Arm ARM D1.10 (exceptions), D17.2.37 (ESR_EL1).
 * A failure: shows vector, class or ESR of the exception that came instead.
 */
#include "harness.h"
#include "el0.h"
#include "gic.h"
#include "timer.h"
#include "insn.h"

#define EC_WFX		0x01
#define EC_FP		0x07
#define EC_IABT_LOW	0x20
#define EC_DABT_LOW	0x24
#define EC_BRK		0x3c

static void expect(u64 vector, u32 ec)
{
	struct guest_cpu *cpu = this_cpu();

	GUEST_ASSERT_EQ(vector, cpu->vector);
	if (ESR_EC(cpu->esr) != ec)
		guest_abort(__FILE__, __LINE__, "exception class", ec, cpu->esr);
	/* taken from EL0t */
	GUEST_ASSERT_EQ(0, cpu->spsr & 0x1f);
}

static void guest_el0(u64 arg)
{
	struct guest_cpu *cpu = this_cpu();

	el0_map();
	/* nothing but the SVC */
	el0_run(INSN_NOP, 0, 0x3c0);
	expect(VEC_EL0_SYNC, EC_SVC);
	GUEST_ASSERT_EQ(1, cpu->esr & 0xffff);
	GUEST_ASSERT_EQ(EL0_VA + 8, cpu->elr);
	/* SVC itself */
	el0_run(0xd40abcc1, 0, 0x3c0);				/* svc #0x55e6 */
	expect(VEC_EL0_SYNC, EC_SVC);
	GUEST_ASSERT_EQ(0x55e6, cpu->esr & 0xffff);
	GUEST_ASSERT_EQ(EL0_VA + 4, cpu->elr);
	/* undefined, and EL1's business */
	el0_run(0, 0, 0x3c0);
	expect(VEC_EL0_SYNC, EC_UNKNOWN);
	GUEST_ASSERT_EQ(EL0_VA, cpu->elr);
	el0_run(INSN_MRS_X0(SYSREG(3, 0, 1, 0, 0)), 0, 0x3c0);	/* SCTLR_EL1 */
	expect(VEC_EL0_SYNC, EC_UNKNOWN);
	el0_run(INSN_MSR_X0(SYSREG(3, 0, 12, 0, 0)), 0, 0x3c0);	/* VBAR_EL1 */
	expect(VEC_EL0_SYNC, EC_UNKNOWN);
	el0_run(0xd4000002, 0x84000000, 0x3c0);			/* hvc #0 */
	expect(VEC_EL0_SYNC, EC_UNKNOWN);
	el0_run(0xd4000003, 0x84000000, 0x3c0);			/* smc #0 */
	expect(VEC_EL0_SYNC, EC_UNKNOWN);
	el0_run(0xd4200560, 0, 0x3c0);				/* brk #0x2b */
	expect(VEC_EL0_SYNC, EC_BRK);
	GUEST_ASSERT_EQ(0x2b, cpu->esr & 0xffff);
	/* EL0 registers are EL0's */
	write_sysreg(0x1234, tpidr_el0);
	GUEST_ASSERT_EQ(0x1234, el0_run(INSN_MRS_X0(SYSREG(3, 3, 13, 0, 2)), 0, 0x3c0));
	expect(VEC_EL0_SYNC, EC_SVC);
	el0_run(INSN_MRS_X0(SYSREG(3, 3, 0, 0, 1)), 0, 0x3c0);	/* CTR_EL0 */
	expect(VEC_EL0_SYNC, EC_SYSREG);
	write_sysreg(read_sysreg(sctlr_el1) | 1 << 15, sctlr_el1);	/* UCT */
	isb();
	GUEST_ASSERT_EQ(read_sysreg(ctr_el0),
			el0_run(INSN_MRS_X0(SYSREG(3, 3, 0, 0, 1)), 0, 0x3c0));
	GUEST_DONE();
}

static void guest_el0_traps(u64 arg)
{
	el0_map();
	/* CNTKCTL: the counter, allowed and not */
	write_sysreg(2, cntkctl_el1);
	isb();
	GUEST_ASSERT(el0_run(INSN_MRS_X0(SYSREG(3, 3, 14, 0, 2)), 0, 0x3c0) != 0);
	expect(VEC_EL0_SYNC, EC_SVC);
	write_sysreg(0, cntkctl_el1);
	isb();
	el0_run(INSN_MRS_X0(SYSREG(3, 3, 14, 0, 2)), 0, 0x3c0);
	expect(VEC_EL0_SYNC, EC_SYSREG);
	el0_run(INSN_MSR_X0(SYSREG(3, 3, 14, 3, 1)), 0, 0x3c0);	/* CNTV_CTL */
	expect(VEC_EL0_SYNC, EC_SYSREG);
	/* CPACR: FP at EL1 only */
	write_sysreg(1 << 20, cpacr_el1);
	isb();
	el0_run(0x9e660000, 0, 0x3c0);				/* fmov x0, d0 */
	expect(VEC_EL0_SYNC, EC_FP);
	write_sysreg(3 << 20, cpacr_el1);
	isb();
	el0_run(0x9e660000, 0, 0x3c0);
	expect(VEC_EL0_SYNC, EC_SVC);
	/* SCTLR.nTWI, nTWE: off (the reset value) traps to EL1, not beyond */
	write_sysreg(read_sysreg(sctlr_el1) & ~(1UL << 16 | 1UL << 18), sctlr_el1);
	isb();
	el0_run(0xd503207f, 0, 0x3c0);				/* wfi */
	expect(VEC_EL0_SYNC, EC_WFX);
	GUEST_DONE();
}

static void guest_el0_memory(u64 arg)
{
	struct guest_cpu *cpu = this_cpu();

	el0_map();
	writeq(0x5566, EL0_DATA + 8);
	GUEST_ASSERT_EQ(0x5566, el0_run(0xf9400400, EL0_VA + SZ_4K, 0x3c0)); /* ldr x0, [x0, #8] */
	expect(VEC_EL0_SYNC, EC_SVC);
	/* EL1's page, nobody's page, executing data */
	el0_run(0xf9400400, EL0_VA + 3 * SZ_4K, 0x3c0);
	expect(VEC_EL0_SYNC, EC_DABT_LOW);
	GUEST_ASSERT_EQ(0x0f, cpu->esr & 0x3f);
	GUEST_ASSERT_EQ(EL0_VA + 3 * SZ_4K + 8, cpu->far);
	el0_run(0xf9400400, EL0_VA + 9 * SZ_4K, 0x3c0);
	expect(VEC_EL0_SYNC, EC_DABT_LOW);
	GUEST_ASSERT_EQ(0x07, cpu->esr & 0x3f);
	el0_run(0xd61f0000, EL0_VA + SZ_4K, 0x3c0);			/* br x0 */
	expect(VEC_EL0_SYNC, EC_IABT_LOW);
	GUEST_ASSERT_EQ(EL0_VA + SZ_4K, cpu->elr);
	/* jumping into nowhere: the external abort goes to EL1 as well */
	el0_map_code(4, RAM_BASE + RAM_SIZE);
	el0_run(0xd61f0000, EL0_VA + 4 * SZ_4K, 0x3c0);
	expect(VEC_EL0_SYNC, EC_IABT_LOW);
	GUEST_ASSERT_EQ(FSC_EXTERNAL, cpu->esr & 0x3f);
	/* a device in EL0's hands: user space answers 0x42 */
	GUEST_ASSERT_EQ(0x42, el0_run(0xf9400400, EL0_VA + 2 * SZ_4K, 0x3c0));
	expect(VEC_EL0_SYNC, EC_SVC);
	GUEST_DONE();
}

/* The timer interrupts a loop at EL0. */
static void guest_el0_irq(u64 arg)
{
	el0_map();
	gic_dist_init();
	gic_cpu_init();
	gic_set_prio(INTID_VTIMER, 0x80);
	gic_enable(INTID_VTIMER);
	write_sysreg(vcount() + ms_to_ticks(20), cntv_cval_el0);
	write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
	el0_run(0x14000000, 0, 0);				/* b . */
	GUEST_ASSERT_EQ(VEC_EL0_IRQ, this_cpu()->vector);
	GUEST_ASSERT_EQ(EL0_VA, this_cpu()->elr);
	GUEST_ASSERT_EQ(INTID_VTIMER, gic_ack());
	GUEST_DONE();
}

static struct vm *el0_vm(void (*fn)(u64))
{
	struct vm *vm = vm_create_guest();

	el0_add_memory(vm);
	guest_vcpu(vm, 0, fn, 0);
	return vm;
}

TEST(exceptions_arrive_at_el1)
{
	struct vm *vm = el0_vm(guest_el0);

	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

TEST(traps_that_el1_asked_for_arrive_at_el1)
{
	struct vm *vm = el0_vm(guest_el0_traps);

	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

TEST(memory_of_el0)
{
	struct vm *vm = el0_vm(guest_el0_memory);
	struct ucall uc;
	u64 v = 0x42;

	ASSERT_EQ(UCALL_NONE, vcpu_run(vm->vcpus[0], &uc));
	ASSERT_EQ(KVM_EXIT_MMIO, vm->vcpus[0]->run->exit_reason);
	EXPECT_EQ(MMIO_IPA + 8, vm->vcpus[0]->run->mmio.phys_addr);
	EXPECT_EQ(8, vm->vcpus[0]->run->mmio.len);
	memcpy(vm->vcpus[0]->run->mmio.data, &v, 8);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

TEST(interrupts_of_el0)
{
	struct vm *vm = el0_vm(guest_el0_irq);

	gic_create(vm, 64);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

SELFTEST_MAIN
