// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A guest whose EL1 is AArch32 (KVM_ARM_VCPU_EL1_32BIT) starts as on KVM, has its registers under the names
 *            that the Arm ARM gives them in AArch64, and what traps of it is answered: coprocessors 14 and 15, VMRS,
 *            HVC and SMC. What does not exist is undefined, aborts have their status in the format that TTBCR asks
 *            for, and user space steps through it.
 * Reference: DDI 0487, D1.20.1 (mapping of registers), G1.12 (exceptions), G8 (registers); KVM (api.rst, 4.82;
 *            arch/arm64/kvm/sys_regs.c: cp14, cp15); DEN0022, 6.4 (CPU_ON).
 * A failure: shows the two values, or an exit that was not expected and the registers. Implementation: answer/coproc.c,
 *            include/coproc.def, guest/inject_a32.c, el2/a32.c.
 */
#include "harness.h"
#include "a32.h"
#include "debug.h"
#include "pmu.h"
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

/* mrs r1, SPSR_<n>; the values come from user space and go back to it. */
TEST_F(a32, banked_registers)
{
	static const u32 mode[] = { MODE_ABT, MODE_UND, MODE_IRQ, MODE_FIQ };
	static const u8 lr[] = { LR_ABT, LR_UND, LR_IRQ, LR_FIQ };
	unsigned int i, n;

	for (n = 0; n < 31; n++)
		reg_set(V, X_REG(n), 0x11110000 + n);
	for (i = 0; i < 4; i++)
		reg_set(V, SPSR_REG(i), 0x60000010 + i * 0x80000);
	for (i = 0; i < 4; i++) {
		/* mov r2, lr; mrs r1, spsr; msr spsr_cxsf, r3; mov lr, r4 */
		a32_code(self->vm, CODE, 0xe1a0200e, 0xe14f1000, 0xe16ff003, 0xe1a0e004, REPORT(DONE));
		a32_enter(V, CODE, PSR_AIF | mode[i]);
		reg_set(V, X_REG(3), 0x90000013 + i * 0x10000);
		reg_set(V, X_REG(4), 0x44440000 + i);
		EXPECT_EQ(DONE, a32_run(V));
		EXPECT_EQ(0x11110000 + lr[i], R(2));
		EXPECT_EQ(0x60000010 + i * 0x80000, R(1));
		EXPECT_EQ(0x44440000 + i, R(lr[i]));
		EXPECT_EQ(0x90000013 + i * 0x10000, reg_get(V, SPSR_REG(i)));
	}
}

TEST_F(a32, undefined_instructions)
{
	/* PMCR: no PMU in this VM; LDC p14, c5: no debug channel; a read of a write-only register */
	static const u32 insns[] = { MRC(15, 0, 0, 9, 12, 0), MRC(14, 0, 0, 1, 0, 4), MRC(15, 0, 0, 7, 6, 2),
				     MRC(15, 0, 0, 12, 12, 5), MCRR(15, 0, 12), MCR(15, 0, 0, 0, 1, 0) };
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
		EXPECT_EQ(CODE + 8 + 4, R(LR_ABT) & ~4);

		a32_enter(V, CODE + 8, (PSR_AIF & ~0x100) | MODE_SYS);
		EXPECT_EQ(0, kioctlp(V->fd, KVM_SET_VCPU_EVENTS, &events));
		EXPECT_EQ(V_DABT, a32_run(V));
		EXPECT_FALSE(serror_pending(V));
		EXPECT_EQ(CODE + 8 + 8, R(LR_ABT));
		EXPECT_EQ((PSR_AIF & ~0x100) | MODE_SYS, reg_get(V, SPSR_REG(0)));
	}
}

/*
 * A guest that wants to be in Hyp or Monitor mode, in AArch64, or in none at all stays what it is: the CPU sets
 * PSTATE.IL, and what comes next is undefined.
 */
TEST_F(a32, modes_that_the_guest_may_not_have)
{
	u32 mode;

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
		EXPECT_EQ(PSR_IL32 | PSR_AIF | MODE_SVC, reg_get(V, SPSR_REG(1)));
		/* msr cpsr_c, r3 */
		a32_code(self->vm, CODE, 0xe121f003, NOP_A32, REPORT(DONE));
		a32_enter(V, CODE, PSR_AIF | MODE_SVC);
		EXPECT_EQ(V_UNDEF, a32_run(V))
			TH_LOG("to mode %x", mode);
		EXPECT_EQ(PSR_IL32 | PSR_AIF | MODE_SVC, reg_get(V, SPSR_REG(1)));
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

/* What the guest is told is what user space is. */
TEST_F(a32, identification)
{
	u32 crm, op2;
	u64 value;

	for (crm = 1; crm < 4; crm++) {
		for (op2 = 0; op2 < 8; op2++) {
			/* MVFRn are VMRS's; CRm 3 is reserved here, but must not be undefined where it traps */
			if (crm == 3)
				continue;
			ASSERT_EQ(0, reg_try_get(V, ARM64_SYS_REG(3, 0, 0, crm, op2), &value));
			ASSERT_EQ(DONE, a32_one(V, MRC(15, 0, 0, 0, crm, op2)));
			EXPECT_EQ(value, R(0))
				TH_LOG("CRm %u, opc2 %u", crm, op2);
		}
	}
	EXPECT_EQ(DONE, a32_one(V, MRC(15, 0, 0, 0, 0, 0)));
	EXPECT_EQ((u32)reg_get(V, SR_MIDR_EL1), R(0));
	EXPECT_EQ(DONE, a32_one(V, MRC(15, 0, 0, 0, 0, 5)));
	EXPECT_EQ((u32)reg_get(V, SR_MPIDR_EL1), R(0));
	EXPECT_EQ(DONE, a32_one(V, MRC(15, 0, 0, 0, 0, 1)));
	EXPECT_EQ((u32)reg_get(V, ARM64_SYS_REG(3, 3, 0, 0, 1)), R(0));
	EXPECT_EQ(DONE, a32_one(V, MRC(15, 0, 0, 0, 0, 6)));
	EXPECT_EQ((u32)reg_get(V, ARM64_SYS_REG(3, 0, 0, 0, 6)), R(0));
	EXPECT_EQ(DONE, a32_one(V, MRC(15, 1, 0, 0, 0, 1)));
	EXPECT_EQ((u32)reg_get(V, ARM64_SYS_REG(3, 1, 0, 0, 1)), R(0));
	/* TCMTR, TLBTR */
	EXPECT_EQ(DONE, a32_one(V, MRC(15, 0, 0, 0, 0, 2)));
	EXPECT_EQ(0, R(0));
	EXPECT_EQ(DONE, a32_one(V, MRC(15, 0, 0, 0, 0, 3)));
	EXPECT_EQ(0, R(0));
	/* vmrs r0, MVFR0: FP is open by CPACR, and needs no FPEXC.EN */
	reg_set(V, ARM64_SYS_REG(3, 0, 1, 0, 2), 0xf << 20);
	EXPECT_EQ(DONE, a32_one(V, 0xeef70a10));
	EXPECT_EQ(reg_get(V, ARM64_SYS_REG(3, 0, 0, 3, 0)), R(0));
	EXPECT_EQ(DONE, a32_one(V, 0xeef60a10));
	EXPECT_EQ(reg_get(V, ARM64_SYS_REG(3, 0, 0, 3, 1)), R(0));
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

struct name {
	u8 crn, crm, opc2;
	u64 id;
	u8 shift;
};

/* The MMU's registers: writes trap as long as the caches are off. Each has its half, and leaves the other alone. */
static const struct name names[] = {
	{ 2, 0, 2, ARM64_SYS_REG(3, 0, 2, 0, 2), 0 },	/* TTBCR */
	{ 2, 0, 3, ARM64_SYS_REG(3, 0, 2, 0, 2), 32 },	/* TTBCR2 */
	{ 6, 0, 0, ARM64_SYS_REG(3, 0, 6, 0, 0), 0 },	/* DFAR */
	{ 6, 0, 2, ARM64_SYS_REG(3, 0, 6, 0, 0), 32 },	/* IFAR */
	{ 10, 2, 0, ARM64_SYS_REG(3, 0, 10, 2, 0), 0 },	/* MAIR0 */
	{ 10, 2, 1, ARM64_SYS_REG(3, 0, 10, 2, 0), 32 },	/* MAIR1 */
	{ 2, 0, 0, ARM64_SYS_REG(3, 0, 2, 0, 0), 0 },	/* TTBR0 */
	{ 2, 0, 1, ARM64_SYS_REG(3, 0, 2, 0, 1), 0 },	/* TTBR1 */
	{ 3, 0, 0, SR_DACR32, 0 },
	{ 5, 0, 1, SR_IFSR32, 0 },
	{ 5, 0, 0, SR_ESR_EL1, 0 },			/* DFSR */
	{ 13, 0, 1, ARM64_SYS_REG(3, 0, 13, 0, 1), 0 },	/* CONTEXTIDR */
};

TEST_F(a32, memory_registers)
{
	/* Bits that each of them has */
	const u32 bits = 0x00000801;
	unsigned int i;

	/* TTBR0 and TTBR1 have an upper half that the short form leaves alone: the ASID */
	reg_set(V, ARM64_SYS_REG(3, 0, 2, 0, 0), 0x0055000000000000);
	reg_set(V, ARM64_SYS_REG(3, 0, 2, 0, 1), 0x0066000000000000);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const struct name *n = &names[i];
		u64 other = n->shift ? 0x00000000ffffffff : 0xffffffff00000000;
		u64 before = reg_get(V, n->id);
		/* TTBCR2 has other bits than these, on a CPU that has it at all */
		u32 value = n->crn == 2 && n->opc2 == 3 ? 0 : bits;

		reg_set(V, X_REG(0), value);
		EXPECT_EQ(DONE, a32_one(V, MCR(15, 0, 0, n->crn, n->crm, n->opc2)))
			TH_LOG("row %u", i);
		EXPECT_EQ(value, (u32)(reg_get(V, n->id) >> n->shift))
			TH_LOG("row %u", i);
		EXPECT_EQ(before & other, reg_get(V, n->id) & other)
			TH_LOG("row %u", i);
		EXPECT_EQ(DONE, a32_one(V, MRC(15, 0, 1, n->crn, n->crm, n->opc2)));
		EXPECT_EQ(value, R(1));
	}
	/* the long form */
	reg_set(V, X_REG(0), 0x89abc000);
	reg_set(V, X_REG(1), 0x00550012);
	EXPECT_EQ(DONE, a32_one(V, MCRR(15, 1, 2)));
	EXPECT_EQ(0x0055001289abc000, reg_get(V, ARM64_SYS_REG(3, 0, 2, 0, 1)));
	reg_set(V, X_REG(0), 0);
	reg_set(V, X_REG(1), 0);
	EXPECT_EQ(DONE, a32_one(V, MRRC(15, 1, 2)));
	EXPECT_EQ(0x89abc000, R(0));
	EXPECT_EQ(0x00550012, R(1));
	/* set and way */
	EXPECT_EQ(DONE, a32_one(V, MCR(15, 0, 0, 7, 14, 2)));
}

TEST_F(a32, debug_and_timer_registers)
{
	/* DBGBVR0, DBGBXVR0, DBGWCR1, DBGDSCRext, DBGVCR */
	reg_set(V, X_REG(0), 0x12345678);
	EXPECT_EQ(DONE, a32_one(V, MCR(14, 0, 0, 0, 0, 4)));
	reg_set(V, X_REG(0), 0x9abc);
	EXPECT_EQ(DONE, a32_one(V, MCR(14, 0, 0, 1, 0, 1)));
	EXPECT_EQ(0x00009abc12345678, reg_get(V, ARM64_SYS_REG(2, 0, 0, 0, 4)));
	reg_set(V, X_REG(0), 0x1e0);
	EXPECT_EQ(DONE, a32_one(V, MCR(14, 0, 0, 0, 1, 7)));
	EXPECT_EQ(0x1e0, reg_get(V, ARM64_SYS_REG(2, 0, 0, 1, 7)));
	reg_set(V, X_REG(0), 0x4);
	EXPECT_EQ(DONE, a32_one(V, MCR(14, 0, 0, 0, 7, 0)));
	EXPECT_EQ(4, reg_get(V, SR_DBGVCR32));
	/* behind the last */
	EXPECT_EQ(V_UNDEF, a32_one(V, MRC(14, 0, 0, 0, 15, 4)));
	/* the physical timer: CVAL */
	reg_set(V, X_REG(0), 0x89abcdef);
	reg_set(V, X_REG(1), 0x01234567);
	EXPECT_EQ(DONE, a32_one(V, MCRR(15, 2, 14)));
	EXPECT_EQ(0x0123456789abcdef, reg_get(V, ARM64_SYS_REG(3, 3, 14, 2, 2)));
	/* a register of Supervisor mode as the other end: lr, which is x18 */
	EXPECT_EQ(DONE, a32_one(V, MRC(15, 0, 14, 14, 2, 1)));
	EXPECT_EQ(0, R(LR_SVC) & 3);
	reg_set(V, X_REG(LR_SVC), 2);
	EXPECT_EQ(DONE, a32_one(V, MCR(15, 0, 14, 14, 2, 1)));
	EXPECT_EQ(2, reg_get(V, ARM64_SYS_REG(3, 3, 14, 2, 1)));
}

/* The PMU's registers: sets, a counter by PMSELR, the cycle counter in both widths, the upper halves of PMCEID. */
TEST_F(a32, pmu_registers)
{
	struct vm *vm;
	struct vcpu *vcpu;
	u32 events[4];
	unsigned int i;

	if (!pmu_offered())
		SKIP(return, "the host's perf has no PMU");
	vm = a32_vm_with(PMU_FEATURE);
	vcpu = vm->vcpus[0];
	if (pmu_init(vcpu))
		die("initialise the PMU");
	/* PMSELR, PMXEVTYPER, PMXEVCNTR */
	reg_set(vcpu, X_REG(0), 1);
	EXPECT_EQ(DONE, a32_one(vcpu, MCR(15, 0, 0, 9, 12, 5)));
	reg_set(vcpu, X_REG(0), EV_SW_INCR);
	EXPECT_EQ(DONE, a32_one(vcpu, MCR(15, 0, 0, 9, 13, 1)));
	reg_set(vcpu, X_REG(0), 0xfffffff0);
	EXPECT_EQ(DONE, a32_one(vcpu, MCR(15, 0, 0, 9, 13, 2)));
	/* PMEVTYPER1, PMEVCNTR1 */
	EXPECT_EQ(DONE, a32_one(vcpu, MRC(15, 0, 1, 14, 12, 1)));
	EXPECT_EQ(EV_SW_INCR, reg_get(vcpu, X_REG(1)));
	EXPECT_EQ(DONE, a32_one(vcpu, MRC(15, 0, 1, 14, 8, 1)));
	EXPECT_EQ(0xfffffff0, reg_get(vcpu, X_REG(1)));
	/* PMINTENSET and PMINTENCLR, whose names have another op1 in AArch64 */
	reg_set(vcpu, X_REG(0), 2);
	EXPECT_EQ(DONE, a32_one(vcpu, MCR(15, 0, 0, 9, 14, 1)));
	EXPECT_EQ(DONE, a32_one(vcpu, MRC(15, 0, 1, 9, 14, 2)));
	EXPECT_EQ(2, reg_get(vcpu, X_REG(1)));
	/* PMCCNTR: 64 bits, and the lower half of it alone */
	reg_set(vcpu, X_REG(0), 0x89abcdef);
	reg_set(vcpu, X_REG(1), 0x01234567);
	EXPECT_EQ(DONE, a32_one(vcpu, MCRR(15, 0, 9)));
	EXPECT_EQ(0x0123456789abcdef, reg_get(vcpu, R_PMCCNTR));
	reg_set(vcpu, X_REG(0), 0x11);
	EXPECT_EQ(DONE, a32_one(vcpu, MCR(15, 0, 0, 9, 13, 0)));
	EXPECT_EQ(0x0123456700000011, reg_get(vcpu, R_PMCCNTR));
	/* PMCEID0 to 3 */
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(DONE, a32_one(vcpu, MRC(15, 0, 0, 9, i < 2 ? 12 : 14, i < 2 ? 6 + i : 2 + i)));
		events[i] = reg_get(vcpu, X_REG(0));
	}
	EXPECT_TRUE(events[0] & 1u << EV_SW_INCR);
	EXPECT_TRUE(events[0] & 1u << EV_CPU_CYCLES);
	/* from User mode with PMUSERENR 0: undefined, and nothing else */
	a32_code(vm, CODE, MRC(15, 0, 0, 9, 13, 0), REPORT(DONE));
	a32_enter(vcpu, CODE, PSR_AIF | MODE_USR);
	EXPECT_EQ(V_UNDEF, a32_run(vcpu));
	EXPECT_EQ(PSR_AIF | MODE_USR, reg_get(vcpu, SPSR_REG(1)));
	EXPECT_EQ(PSR_AIF | MODE_UND, reg_get(vcpu, PSTATE_REG));
	vm_free(vm);
}

/* There are no error records, where the CPU has RAS: each register reads as zero. Else it is undefined. */
TEST_F(a32, error_records)
{
	/* ERRIDR, ERRSELR, ERXFR, ERXCTLR, ERXSTATUS, ERXADDR, ERXFR2, ERXCTLR2, ERXADDR2, ERXMISC0 to 3 */
	static const u8 names[][2] = { { 3, 0 }, { 3, 1 }, { 4, 0 }, { 4, 1 }, { 4, 2 }, { 4, 3 }, { 4, 4 }, { 4, 5 },
				       { 4, 7 }, { 5, 0 }, { 5, 1 }, { 5, 4 }, { 5, 5 } };
	bool ras = reg_get(V, ARM64_SYS_REG(3, 0, 0, 4, 0)) >> 28 & 0xf;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		reg_set(V, X_REG(0), 0x77);
		EXPECT_EQ(ras ? DONE : V_UNDEF, a32_one(V, MRC(15, 0, 0, 5, names[i][0], names[i][1])))
			TH_LOG("CRm %u, opc2 %u", names[i][0], names[i][1]);
		EXPECT_EQ(ras ? 0 : 0x77, R(0));
	}
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

/*
 * Each MRC, MCR, MRRC and MCRR of coprocessors 14 and 15, from Supervisor and from User mode: carried out or undefined,
 * and the guest goes on. Writes write 0; VBAR and what would wait or reset are left out.
 */
static bool is_left_out(u32 insn)
{
	u32 crn = insn >> 16 & 15, crm = insn & 15;
	bool write = !(insn & 1 << 20), wide = !(insn & 1 << 25);

	if (!write || wide || (insn >> 8 & 15) != 15)
		return false;
	return (crn == 12 && crm == 0) || (crn == 7 && crm == 0);
}

static u64 fill_with_accesses(struct vm *vm)
{
	u32 *code = vm_hva(vm, CODE);
	u32 i, cp, load, insn, n = 0;

	for (cp = 14; cp < 16; cp++) {
		for (load = 0; load < 2; load++) {
			/* MRC into r1, MCR of r0 */
			for (i = 0; i < 1 << 14; i++) {
				insn = MRC(cp, i >> 11, load, i >> 7 & 15, i >> 3 & 15, i & 7) &
				       ~(load ? 0 : 1 << 20);
				if (!is_left_out(insn))
					code[n++] = insn;
			}
			/* likewise r1 and r2, r0 and r0 */
			for (i = 0; i < 1 << 8; i++)
				code[n++] = load ? (MRRC(cp, i >> 4, i & 15) & 0xfff00fff) | 1 << 12 | 2 << 16 :
						   MCRR(cp, i >> 4, i & 15) & 0xfff00fff;
		}
	}
	code[n] = REPORT(DONE);
	return n;
}

TEST_F_TIMEOUT(a32, every_coprocessor_access, 80)
{
	static const u32 modes[] = { MODE_SVC, MODE_USR };
	u64 n = fill_with_accesses(self->vm), undefined;
	unsigned int i;

	ASSERT_LT(n * 4, SCRATCH - CODE);
	/* add r6, r6, #1; movs pc, lr: in r6 the number of those that were not there */
	a32_code(self->vm, VECTORS + 4, 0xea000006);
	a32_code(self->vm, VECTORS + 0x24, 0xe2866001, 0xe1b0f00e);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		reg_set(V, X_REG(0), 0);
		reg_set(V, X_REG(6), 0);
		a32_enter(V, CODE, PSR_AIF | modes[i]);
		EXPECT_EQ(DONE, a32_run(V));
		undefined = R(6);
		EXPECT_EQ(CODE + n * 4, reg_get(V, PC_REG));
		EXPECT_GT(undefined, n * 9 / 10);
		EXPECT_LT(undefined, n);
		TH_LOG("mode %x: %llu of %llu undefined", modes[i], undefined, n);
	}
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
