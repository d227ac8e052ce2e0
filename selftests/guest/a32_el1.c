// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A guest whose EL1 is AArch32 (KVM_ARM_VCPU_EL1_32BIT) starts as on KVM, has its registers under the names
 *            that the Arm ARM gives them in AArch64, and its calls are answered. What does not exist is undefined,
 *            aborts have their status in the format that TTBCR asks for, it has no mode but AArch32's of EL1 and EL0,
 *            and user space steps through it. (Its system registers: a32_registers.c.)
 * Reference: DDI 0487, D1.20.1 (mapping of registers), G1.12 (exceptions); KVM (api.rst, 4.82); DEN0022, 6.4 (CPU_ON).
 * A failure: shows the two values, or an exit that was not expected and the registers. Implementation:
 *            guest/inject_a32.c, guest/a32_rules.h, el2/a32.c.
 */
#include "harness.h"
#include "a32.h"
#include "debug.h"
#include "psci.h"

FIXTURE(a32) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_SETUP(a32)
{
	self->vm = a32_vm();
	self->vcpu = self->vm->vcpus[0];
}

FIXTURE_TEARDOWN(a32)
{
	vm_free(self->vm);
}

#define V	(self->vcpu)
#define R(n)	reg_get(V, X_REG(n))

TEST_F(a32, reset_state)
{
	unsigned int i;

	/* a VM of its own: the fixture has set registers */
	struct vm *vm = vm_create();
	struct vcpu *vcpu = a32_vcpu(vm, 0, 0);

	EXPECT_EQ(PSR_AIF | MODE_SVC, reg_get(vcpu, PSTATE_REG));
	EXPECT_EQ(0, reg_get(vcpu, PC_REG));
	EXPECT_EQ(0x00c50078, reg_get(vcpu, SR_SCTLR_EL1));
	EXPECT_EQ(0x700, reg_get(vcpu, SR_FPEXC32));
	EXPECT_EQ(0, reg_get(vcpu, SR_DACR32));
	EXPECT_EQ(0, reg_get(vcpu, SR_IFSR32));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, reg_get(vcpu, SPSR_REG(i)));
	vm_free(vm);
}

static bool is_mode(u32 mode)
{
	static const u32 modes[] = { MODE_USR, MODE_FIQ, MODE_IRQ, MODE_SVC, MODE_ABT, MODE_UND, MODE_SYS };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes) && modes[i] != mode; i++)
		;
	return i < ARRAY_SIZE(modes);
}

TEST_F(a32, modes_that_user_space_may_set)
{
	u64 value;
	u32 mode;

	for (mode = 0; mode < 32; mode++) {
		value = PSR_AIF | mode;
		EXPECT_EQ(is_mode(mode) ? 0 : -EINVAL, reg_try_set(V, PSTATE_REG, &value))
			TH_LOG("mode %x", mode);
	}
	/* privileged modes have all of the registers, in 32 bits */
	reg_set(V, PSTATE_REG, PSR_AIF | MODE_SVC);
	reg_set(V, X_REG(30), 0x123456789abcdef0);
	EXPECT_EQ(0x9abcdef0, R(30));
	reg_set(V, PSTATE_REG, PSR_AIF | MODE_SYS);
	reg_set(V, X_REG(30), 0x123456789abcdef0);
	reg_set(V, X_REG(3), 0x123456789abcdef0);
	EXPECT_EQ(0x123456789abcdef0, R(30));
	EXPECT_EQ(0x9abcdef0, R(3));
}

TEST_F(a32, widths_do_not_mix)
{
	struct vcpu *other = vcpu_create(self->vm, 1);

	EXPECT_EQ(-EINVAL, vcpu_init(other, 1 << KVM_ARM_VCPU_PSCI_0_2));
	EXPECT_EQ(0, vcpu_init(other, 1 << KVM_ARM_VCPU_PSCI_0_2 | 1 << KVM_ARM_VCPU_EL1_32BIT));
	EXPECT_EQ(-EINVAL, vcpu_init(V, 1 << KVM_ARM_VCPU_PSCI_0_2));
}

/*
 * LR of each mode in that mode; its SPSR from Supervisor mode, for which there are instructions: QEMU as of 7.2 has in
 * the SPSR of the mode that it enters what was there before, not what EL2 wrote.
 */
TEST_F(a32, banked_registers)
{
	static const u32 mode[] = { MODE_ABT, MODE_UND, MODE_IRQ, MODE_FIQ };
	static const u8 lr[] = { LR_ABT, LR_UND, LR_IRQ, LR_FIQ }, sysm[] = { 0x14, 0x16, 0x10, 0x0e };
	unsigned int i, n;

	for (n = 0; n < 31; n++)
		reg_set(V, X_REG(n), 0x11110000 + n);
	for (i = 0; i < 4; i++)
		reg_set(V, SPSR_REG(i), 0x60000010 + i * 0x80000);
	for (i = 0; i < 4; i++) {
		/* mov r2, lr; mov lr, r4 */
		a32_code(self->vm, CODE, 0xe1a0200e, 0xe1a0e004, REPORT(DONE));
		a32_enter(V, CODE, PSR_AIF | mode[i]);
		reg_set(V, X_REG(4), 0x44440000 + i);
		EXPECT_EQ(DONE, a32_run(V));
		EXPECT_EQ(0x11110000 + lr[i], R(2));
		EXPECT_EQ(0x44440000 + i, R(lr[i]));
		/* mrs r1, SPSR_<mode>; msr SPSR_<mode>, r3: where no code has been, see the memcpy() of a32_code() */
		a32_code(self->vm, CODE + 64 * i, 0xe1401200 | BANKED(sysm[i]), 0xe160f203 | BANKED(sysm[i]),
			 REPORT(DONE));
		a32_enter(V, CODE + 64 * i, PSR_AIF | MODE_SVC);
		reg_set(V, X_REG(3), 0x90000013 + i * 0x10000);
		EXPECT_EQ(DONE, a32_run(V));
		EXPECT_EQ(0x60000010 + i * 0x80000, R(1));
		EXPECT_EQ(0x90000013 + i * 0x10000, reg_get(V, SPSR_REG(i)))
			TH_LOG("SPSR_abt, und, irq, fiq: %llx %llx %llx %llx", reg_get(V, SPSR_REG(0)),
			       reg_get(V, SPSR_REG(1)), reg_get(V, SPSR_REG(2)), reg_get(V, SPSR_REG(3)));
	}
}

TEST_F(a32, undefined_instructions)
{
	/* PMCR: no PMU in this VM; DBGBVR8; a read of a write-only register; SGIs without a GIC; a write to ID_PFR0 */
	static const u32 insns[] = { MRC(15, 0, 0, 9, 12, 0), MRC(14, 0, 0, 0, 8, 4), MRC(15, 0, 0, 7, 6, 2),
				     MCRR(15, 0, 12), MCR(15, 0, 0, 0, 1, 0) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(insns); i++) {
		EXPECT_EQ(V_UNDEF, a32_one(V, insns[i]))
			TH_LOG("%08x", insns[i]);
		EXPECT_EQ(PSR_AIF | MODE_UND, reg_get(V, PSTATE_REG));
		EXPECT_EQ(CODE + 4, R(LR_UND));
		EXPECT_EQ(PSR_AIF | MODE_SVC, reg_get(V, SPSR_REG(1)));
		EXPECT_EQ(VECTORS + 4, reg_get(V, PC_REG));
	}
	/* T32: its halves in the other order, and the link is 2 behind */
	a32_code(self->vm, CODE, MRC(15, 0, 0, 9, 12, 0) >> 16 | MRC(15, 0, 0, 9, 12, 0) << 16);
	a32_enter(V, CODE, PSR_AIF | PSR_T | MODE_SVC);
	EXPECT_EQ(V_UNDEF, a32_run(V));
	EXPECT_EQ(CODE + 2, R(LR_UND));
	EXPECT_EQ(PSR_AIF | PSR_T | MODE_SVC, reg_get(V, SPSR_REG(1)));
	EXPECT_EQ(PSR_AIF | MODE_UND, reg_get(V, PSTATE_REG));
}

/* SCTLR.V, TE and EE: where the handler is, in which instruction set and byte order. Seen by a step onto it. */
TEST_F(a32, vectors_by_sctlr)
{
	u64 sctlr = reg_get(V, SR_SCTLR_EL1);

	mem_add(self->vm, 1, 0, 0xffff0000, 0x1000);
	a32_code(self->vm, CODE, MRC(15, 0, 0, 9, 12, 0));
	reg_set(V, SR_SCTLR_EL1, sctlr | 1 << 13 | 1 << 25 | 1 << 30);
	a32_enter(V, CODE, PSR_AIF | MODE_SVC);
	debug_set(V, DEBUG_STEP, NULL);
	EXPECT_EQ(0xffff0004, debug_run(V, EC_STEP_LOW));
	EXPECT_EQ(PSR_AIF | PSR_T | PSR_E | MODE_UND, reg_get(V, PSTATE_REG));
}

static void pend_abort(struct vcpu *vcpu)
{
	struct kvm_vcpu_events events = { .exception.ext_dabt_pending = 1 };
	int ret = kioctlp(vcpu->fd, KVM_SET_VCPU_EVENTS, &events);

	if (ret)
		die("KVM_SET_VCPU_EVENTS: %s", strerror(-ret));
}

TEST_F(a32, aborts)
{
	static const struct { u64 ttbcr; u32 fsr; } rows[] = { { 0, 0x8 }, { 1u << 31, 0x210 } };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		reg_set(V, ARM64_SYS_REG(3, 0, 2, 0, 2), rows[i].ttbcr);
		reg_set(V, SR_FAR_EL1, 0x1111111122222222);
		/* a load that user space says is nobody's */
		a32_code(self->vm, CODE, 0xe5870008 /* str r0, [r7, #8] */);
		a32_enter(V, CODE, PSR_AIF | PSR_Z32 | MODE_SVC);
		EXPECT_EQ(2, a32_run(V));
		pend_abort(V);
		EXPECT_EQ(V_DABT, a32_run(V));
		EXPECT_EQ(0x1111111100000000 | (MMIO_IPA + 8), reg_get(V, SR_FAR_EL1));
		EXPECT_EQ(rows[i].fsr, reg_get(V, SR_ESR_EL1));
		EXPECT_EQ(CODE + 8, R(LR_ABT));
		EXPECT_EQ(PSR_AIF | PSR_Z32 | MODE_SVC, reg_get(V, SPSR_REG(0)));
		EXPECT_EQ(PSR_AIF | PSR_Z32 | MODE_ABT, reg_get(V, PSTATE_REG));
		/* a fetch from where there is no memory */
		a32_enter(V, MMIO_IPA, PSR_AIF | MODE_SVC);
		EXPECT_EQ(V_PABT, a32_run(V));
		EXPECT_EQ((u64)MMIO_IPA << 32 | (MMIO_IPA + 8), reg_get(V, SR_FAR_EL1));
		EXPECT_EQ(rows[i].fsr, reg_get(V, SR_IFSR32));
		EXPECT_EQ(MMIO_IPA + 4, R(LR_ABT));
	}
}

static bool serror_pending(struct vcpu *vcpu)
{
	struct kvm_vcpu_events events = {};
	int ret = kioctlp(vcpu->fd, KVM_GET_VCPU_EVENTS, &events);

	if (ret)
		die("KVM_GET_VCPU_EVENTS: %s", strerror(-ret));
	return events.exception.serror_pending;
}

/* An SError is an asynchronous data abort: at once, or when the guest lets it come. */
TEST_F(a32, serrors)
{
	struct kvm_vcpu_events events = { .exception.serror_pending = 1 };
	unsigned int i;

	/* b . + 0x30; there: mrs r1, spsr */
	a32_code(self->vm, VECTORS + 0x10, 0xea00000a);
	a32_code(self->vm, VECTORS + 0x40, 0xe14f1000, REPORT(V_DABT));
	for (i = 0; i < 2; i++) {
		reg_set(V, ARM64_SYS_REG(3, 0, 2, 0, 2), i ? 1u << 31 : 0);
		/* cpsie a; nop */
		a32_code(self->vm, CODE, REPORT(1), 0xf1080100, NOP_A32, REPORT(DONE));
		a32_enter(V, CODE, PSR_AIF | MODE_SVC);
		EXPECT_EQ(1, a32_run(V));
		EXPECT_EQ(0, kioctlp(V->fd, KVM_SET_VCPU_EVENTS, &events));
		EXPECT_TRUE(serror_pending(V));
		EXPECT_EQ(V_DABT, a32_run(V));
		EXPECT_FALSE(serror_pending(V));
		EXPECT_EQ(PSR_AIF | MODE_ABT, reg_get(V, PSTATE_REG));
		/* DFSR: an asynchronous external abort; ExT and AET are the CPU's */
		EXPECT_EQ(i ? 0x211 : 0x406, reg_get(V, SR_ESR_EL1) & ~0xd000);
		/* behind the one that unmasks it, or the next */
		EXPECT_EQ(CODE + 8 + 8, R(LR_ABT) & ~4);
		EXPECT_EQ((PSR_AIF & ~0x100) | MODE_SVC, R(1));

		a32_enter(V, CODE + 8, (PSR_AIF & ~0x100) | MODE_SYS);
		EXPECT_EQ(0, kioctlp(V->fd, KVM_SET_VCPU_EVENTS, &events));
		EXPECT_EQ(V_DABT, a32_run(V));
		EXPECT_FALSE(serror_pending(V));
		EXPECT_EQ(CODE + 8 + 8, R(LR_ABT));
		EXPECT_EQ((PSR_AIF & ~0x100) | MODE_SYS, R(1));
	}
}

/*
 * A guest that wants to be in Hyp or Monitor mode, in AArch64, or in none at all stays what it is: the CPU sets
 * PSTATE.IL, and what comes next is undefined.
 */
TEST_F(a32, modes_that_the_guest_may_not_have)
{
	u32 mode;

	/* b . + 0x20; there: mrs r1, spsr */
	a32_code(self->vm, VECTORS + 4, 0xea000006);
	a32_code(self->vm, VECTORS + 0x24, 0xe14f1000, REPORT(V_UNDEF));
	for (mode = 0; mode < 32; mode++) {
		if (is_mode(mode))
			continue;
		/* by an exception return: msr spsr_fsxc, r3; mov lr, r4; movs pc, lr */
		a32_code(self->vm, CODE, 0xe16ff003, 0xe1a0e004, 0xe1b0f00e, REPORT(2), REPORT(DONE));
		a32_enter(V, CODE, PSR_AIF | MODE_SVC);
		reg_set(V, X_REG(3), PSR_AIF | mode);
		reg_set(V, X_REG(4), CODE + 16);
		EXPECT_EQ(V_UNDEF, a32_run(V))
			TH_LOG("return to mode %x", mode);
		EXPECT_EQ(PSR_AIF | MODE_UND, reg_get(V, PSTATE_REG));
		EXPECT_EQ(PSR_IL32 | PSR_AIF | MODE_SVC, R(1));
		/* msr cpsr_c, r3 */
		a32_code(self->vm, CODE, 0xe121f003, NOP_A32, REPORT(DONE));
		a32_enter(V, CODE, PSR_AIF | MODE_SVC);
		EXPECT_EQ(V_UNDEF, a32_run(V))
			TH_LOG("to mode %x", mode);
		EXPECT_EQ(PSR_IL32 | PSR_AIF | MODE_SVC, R(1));
	}
}

/* A vCPU whose EL1 is AArch64 has of AArch32 User mode alone. */
TEST_F(a32, modes_of_the_other_width)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0);
	u64 value;
	u32 mode;

	ASSERT_EQ(0, vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2));
	EXPECT_EQ(-EINVAL, vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2 | 1 << KVM_ARM_VCPU_EL1_32BIT));
	for (mode = 0x10; mode < 32; mode++) {
		value = PSR_AIF | mode;
		EXPECT_EQ(mode == MODE_USR ? 0 : -EINVAL, reg_try_set(vcpu, PSTATE_REG, &value))
			TH_LOG("mode %x", mode);
	}
	vm_free(vm);
}

/* FPEXC is the guest's: with EN clear FP is undefined, with EN set it works, and user space sees the register. */
TEST_F(a32, fpexc)
{
	unsigned __int128 v = 0;

	reg_set(V, ARM64_SYS_REG(3, 0, 1, 0, 2), 0xf << 20);
	/* vmov s0, r0 */
	reg_set(V, X_REG(0), 0x3f800000);
	EXPECT_EQ(V_UNDEF, a32_one(V, 0xee000a10));
	/* vmsr fpexc, r0 */
	reg_set(V, X_REG(0), 1 << 30);
	EXPECT_EQ(DONE, a32_one(V, 0xeee80a10));
	EXPECT_EQ(1 << 30, reg_get(V, SR_FPEXC32) & 1 << 30);
	reg_set(V, X_REG(0), 0x3f800000);
	EXPECT_EQ(DONE, a32_one(V, 0xee000a10));
	EXPECT_EQ(0, reg_try_get(V, CORE_REG_SIZED(fp_regs.vregs[0], KVM_REG_SIZE_U128), &v));
	EXPECT_EQ(0x3f800000, (u32)v);
	/* and back, by user space: vmov r1, s0 */
	reg_set(V, SR_FPEXC32, 0x700);
	EXPECT_EQ(V_UNDEF, a32_one(V, 0xee101a10));
	reg_set(V, SR_FPEXC32, 1 << 30);
	EXPECT_EQ(DONE, a32_one(V, 0xee101a10));
	EXPECT_EQ(0x3f800000, R(1));
}

TEST_F(a32, conditions)
{
	u32 mrc = MRC(15, 0, 0, 0, 1, 0);	/* ID_PFR0 */
	u64 pfr0 = reg_get(V, ARM64_SYS_REG(3, 0, 0, 1, 0));
	/* ite eq; mrceq; movne r1, #1; then a branch onto A32: bx pc; nop */
	const u16 it[] = { 0xbf0c, mrc >> 16, mrc & 0xffff, 0x2101, 0x4778, 0xbf00 };
	unsigned int z;

	for (z = 0; z < 2; z++) {
		u32 pstate = PSR_AIF | MODE_SVC | (z ? PSR_Z32 : 0);

		a32_code(self->vm, CODE, NE(mrc), REPORT(DONE));
		reg_set(V, X_REG(0), 0x77);
		a32_enter(V, CODE, pstate);
		EXPECT_EQ(DONE, a32_run(V));
		EXPECT_EQ(z ? 0x77 : pfr0, R(0));

		memcpy(vm_hva(self->vm, CODE), it, sizeof(it));
		a32_sync(self->vm, CODE, sizeof(it));
		a32_code(self->vm, CODE + sizeof(it), REPORT(DONE));
		reg_set(V, X_REG(0), 0x77);
		reg_set(V, X_REG(1), 0x88);
		a32_enter(V, CODE, pstate | PSR_T);
		EXPECT_EQ(DONE, a32_run(V));
		EXPECT_EQ(z ? pfr0 : 0x77, R(0));
		EXPECT_EQ(z ? 0x88 : 1, R(1));
		/* a call that is none */
		a32_code(self->vm, CODE, NE(SMC_A32), REPORT(DONE));
		reg_set(V, X_REG(0), PSCI_GET_VERSION);
		a32_enter(V, CODE, pstate);
		EXPECT_EQ(DONE, a32_run(V));
		EXPECT_EQ(z ? PSCI_GET_VERSION : 0x10003, (u32)R(0));
	}
}

TEST_F(a32, calls)
{
	static const u32 insns[] = { HVC_A32, SMC_A32 };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		reg_set(V, X_REG(0), PSCI_GET_VERSION);
		EXPECT_EQ(DONE, a32_one(V, insns[i]));
		EXPECT_EQ(0x10003, R(0));
		/* PSCI_FEATURES of a 64-bit call, and the call itself */
		reg_set(V, X_REG(0), 0x8400000a);
		reg_set(V, X_REG(1), 0xc4000003);
		EXPECT_EQ(DONE, a32_one(V, insns[i]));
		EXPECT_EQ(0xffffffff, (u32)R(0));
		reg_set(V, X_REG(0), 0x8400000a);
		reg_set(V, X_REG(1), 0x84000003);
		EXPECT_EQ(DONE, a32_one(V, insns[i]));
		EXPECT_EQ(0, (u32)R(0));
		reg_set(V, X_REG(0), 0xc4000004);
		reg_set(V, X_REG(1), 0);
		EXPECT_EQ(DONE, a32_one(V, insns[i]));
		EXPECT_EQ(0xffffffff, (u32)R(0));
	}
}

/* CPU_ON with bit 0 of the entry point set: T32; and in the caller's byte order. */
TEST_F(a32, cpu_on)
{
	struct vcpu *other = a32_vcpu(self->vm, 1, 1 << KVM_ARM_VCPU_POWER_OFF);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		u64 entry = SCRATCH + i;

		reg_set(V, X_REG(0), 0x84000003);
		reg_set(V, X_REG(1), 1);
		reg_set(V, X_REG(2), entry);
		reg_set(V, X_REG(3), 0xcafe0000 + i);
		EXPECT_EQ(DONE, a32_one(V, HVC_A32));
		EXPECT_EQ(0, (u32)R(0));
		EXPECT_EQ(SCRATCH, reg_get(other, PC_REG));
		EXPECT_EQ(0xcafe0000 + i, reg_get(other, X_REG(0)));
		EXPECT_EQ(PSR_AIF | MODE_SVC | (i ? PSR_T : 0), reg_get(other, PSTATE_REG));
		/* off again */
		EXPECT_EQ(0, vcpu_init(other, 1 << KVM_ARM_VCPU_POWER_OFF | 1 << KVM_ARM_VCPU_EL1_32BIT |
				       1 << KVM_ARM_VCPU_PSCI_0_2));
	}
	/* setend be; hvc; setend le: only data are the other way round */
	a32_code(self->vm, CODE, 0xf1010200, HVC_A32, 0xf1010000, REPORT(DONE));
	reg_set(V, X_REG(0), 0x84000003);
	reg_set(V, X_REG(1), 1);
	reg_set(V, X_REG(2), SCRATCH);
	a32_enter(V, CODE, PSR_AIF | MODE_SVC);
	EXPECT_EQ(DONE, a32_run(V));
	EXPECT_EQ(PSR_AIF | PSR_E | MODE_SVC, reg_get(other, PSTATE_REG));
}

TEST_F(a32, stepped_from_outside)
{
	/* mrc p15, 0, r0, c0, c1, 0; nop; bkpt #7 */
	a32_code(self->vm, CODE, MRC(15, 0, 0, 0, 1, 0), NOP_A32, 0xe1200077, REPORT(DONE));
	a32_enter(V, CODE, PSR_AIF | MODE_SVC);
	debug_set(V, DEBUG_STEP, NULL);
	EXPECT_EQ(CODE + 4, debug_run(V, EC_STEP_LOW));
	EXPECT_EQ(reg_get(V, ARM64_SYS_REG(3, 0, 0, 1, 0)), R(0));
	EXPECT_EQ(CODE + 8, debug_run(V, EC_STEP_LOW));
	EXPECT_EQ(CODE + 8, debug_run(V, EC_BKPT32));
	EXPECT_EQ(7, V->run->debug.arch.hsr & 0xffff);
	reg_set(V, PC_REG, CODE + 12);
	debug_set(V, 0, NULL);
	EXPECT_EQ(DONE, a32_run(V));
}

static bool has_aarch32(void)
{
	int dev = dev_try_open();
	bool has;

	if (dev < 0)
		return true;
	has = check_cap(dev, KVM_CAP_ARM_EL1_32BIT);
	close(dev);
	return has;
}

SELFTEST_MAIN_IF(has_aarch32(), "this CPU has no AArch32 at EL1")
