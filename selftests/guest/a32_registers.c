// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The system registers of a guest whose EL1 is AArch32, by coprocessors 14 and 15 and by VMRS: each is that
 *            of AArch64, or the half of it, that the Arm ARM says; what does not exist is undefined, and no access does
 *            more.
 * Reference: DDI 0487, G8 ("architecturally mapped to"); KVM, arch/arm64/kvm/sys_regs.c: cp14, cp15.
 * A failure: shows the two values, or the register. Implementation: answer/coproc.c, include/coproc.def.
 */
#include "harness.h"
#include "a32.h"
#include "pmu.h"
#include "process.h"

FIXTURE(a32_regs) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_SETUP(a32_regs)
{
	/* A handler that goes on at another CPU returns by an older SPSR, in the emulator (docs/caveats.md, C22). */
	pin_to_cpu(0);
	self->vm = a32_vm();
	self->vcpu = self->vm->vcpus[0];
}

FIXTURE_TEARDOWN(a32_regs)
{
	vm_free(self->vm);
}

#define V	(self->vcpu)
#define R(n)	reg_get(V, X_REG(n))

/* What the guest is told is what user space is. */
TEST_F(a32_regs, identification)
{
	u32 crm, op2;
	u64 value;

	/* CRm 3 is MVFRn in AArch64, here VMRS's, below */
	for (crm = 1; crm < 3; crm++) {
		for (op2 = 0; op2 < 8; op2++) {
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

TEST_F(a32_regs, memory_registers)
{
	/* Bits that each of them has */
	const u32 bits = 0x00000801;
	unsigned int i;

	/* TTBR0 and TTBR1 have an upper half that the short form leaves alone: the ASID */
	reg_set(V, ARM64_SYS_REG(3, 0, 2, 0, 0), 0x0055000000000000);
	reg_set(V, ARM64_SYS_REG(3, 0, 2, 0, 1), 0x0066000000000000);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const struct name *n = &names[i];
		/* ID_MMFR4.HPDS: TTBCR2 is there */
		bool there = n->id != ARM64_SYS_REG(3, 0, 2, 0, 2) || !n->shift ||
			     reg_get(V, ARM64_SYS_REG(3, 0, 0, 2, 6)) >> 16 & 0xf;
		u64 other = n->shift ? 0x00000000ffffffff : 0xffffffff00000000;
		u64 before = reg_get(V, n->id);
		/* TTBCR2 has other bits than these */
		u32 value = n->crn == 2 && n->opc2 == 3 ? 0 : bits;

		if (!there)
			continue;
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

TEST_F(a32_regs, debug_and_timer_registers)
{
	/* DBGBVR0, which leaves its other half alone, DBGWCR1, DBGDSCRext, DBGVCR */
	reg_set(V, ARM64_SYS_REG(2, 0, 0, 0, 4), 0x00009abc00000000);
	reg_set(V, X_REG(0), 0x12345678);
	EXPECT_EQ(DONE, a32_one(V, MCR(14, 0, 0, 0, 0, 4)));
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

static unsigned int pmu_version(struct vcpu *vcpu)
{
	return reg_get(vcpu, ARM64_SYS_REG(3, 0, 0, 5, 0)) >> 8 & 15;	/* ID_AA64DFR0_EL1 */
}

/* The PMU's registers: sets, a counter by PMSELR, the cycle counter in both widths, the upper halves of PMCEID. */
TEST_F(a32_regs, pmu_registers)
{
	struct vm *vm;
	struct vcpu *vcpu;
	u32 events[2];
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
	/* PMCCNTR: the lower half of it alone; all of it, which QEMU 7.2 does not have */
	reg_set(vcpu, SYS_ID(R_PMCCNTR), 0x0123456700000000);
	reg_set(vcpu, X_REG(0), 0x11);
	EXPECT_EQ(DONE, a32_one(vcpu, MCR(15, 0, 0, 9, 13, 0)));
	EXPECT_EQ(0x0123456700000011, reg_get(vcpu, SYS_ID(R_PMCCNTR)));
	reg_set(vcpu, X_REG(0), 0x89abcdef);
	reg_set(vcpu, X_REG(1), 0x01234567);
	if (a32_one(vcpu, MCRR(15, 0, 9)) == DONE)
		EXPECT_EQ(0x0123456789abcdef, reg_get(vcpu, SYS_ID(R_PMCCNTR)));
	/* PMCEID0 and 1; 2 and 3 are PMUv3p1's, and undefined before without a trap (DDI 0487, PMCEID2) */
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(DONE, a32_one(vcpu, MRC(15, 0, 0, 9, 12, 6 + i)));
		events[i] = reg_get(vcpu, X_REG(0));
	}
	for (i = 0; i < 2 && pmu_version(vcpu) >= 4; i++)
		EXPECT_EQ(DONE, a32_one(vcpu, MRC(15, 0, 0, 9, 14, 4 + i)));
	EXPECT_TRUE(events[0] & 1u << EV_SW_INCR);
	EXPECT_TRUE(events[0] & 1u << EV_CPU_CYCLES);
	/* from User mode with PMUSERENR 0: undefined, and nothing else */
	/* b . + 0x20; there: mrs r1, spsr (see a32_el1.c) */
	a32_code(vm, VECTORS + 4, 0xea000006);
	a32_code(vm, VECTORS + 0x24, 0xe14f1000, REPORT(V_UNDEF));
	a32_code(vm, CODE, MRC(15, 0, 0, 9, 13, 0), REPORT(DONE));
	a32_enter(vcpu, CODE, PSR_AIF | MODE_USR);
	EXPECT_EQ(V_UNDEF, a32_run(vcpu));
	EXPECT_EQ(PSR_AIF | MODE_USR, reg_get(vcpu, X_REG(1)));
	EXPECT_EQ(PSR_AIF | MODE_UND, reg_get(vcpu, PSTATE_REG));
	vm_free(vm);
}

/*
 * There are no error records: where the CPU has RAS ERRIDR says so, and what selects and describes records reads as
 * zero or is undefined, as the CPU has it.
 */
TEST_F(a32_regs, error_records)
{
	/* ERRIDR, ERRSELR, ERXFR, ERXCTLR, ERXSTATUS, ERXADDR, ERXFR2, ERXCTLR2, ERXADDR2, ERXMISC0 to 3 */
	static const u8 names[][2] = { { 3, 0 }, { 3, 1 }, { 4, 0 }, { 4, 1 }, { 4, 2 }, { 4, 3 }, { 4, 4 }, { 4, 5 },
				       { 4, 7 }, { 5, 0 }, { 5, 1 }, { 5, 4 }, { 5, 5 } };
	bool ras = reg_get(V, ARM64_SYS_REG(3, 0, 0, 4, 0)) >> 28 & 0xf;
	unsigned int i, got;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		reg_set(V, X_REG(0), 0x77);
		got = a32_one(V, MRC(15, 0, 0, 5, names[i][0], names[i][1]));
		if (!i || !ras)
			EXPECT_EQ(ras ? DONE : V_UNDEF, got)
				TH_LOG("CRm %u, opc2 %u", names[i][0], names[i][1]);
		EXPECT_EQ(got == DONE ? 0 : 0x77, R(0));
	}
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
	a32_sync(vm, CODE, (n + 1) * sizeof(*code));
	return n;
}

TEST_F_TIMEOUT(a32_regs, every_coprocessor_access, 80)
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
