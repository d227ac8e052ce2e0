// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Each EL1 and EL0 system register of a vCPU keeps its value across
 *            exits, is not seen by another vCPU on the same CPU, is what ONE_REG
 *            shows, and takes what ONE_REG writes.
 * Reference: kvm-abi.md part 4.4 (EL1 state); Arm ARM D17.
 * A failure: shows the register's name and the values; see switch.S, el2/,
 *            include/sysregs.def.
 */
#include "harness.h"
#include "insn.h"

/*
 * MMU off, so that translation registers may hold anything. Bits that are RES0
 * or fixed are found by reading back what was written.
 */
static const struct reg_row {
	const char *name;
	u32 reg;
	u64 id;			/* other than the system register's */
} rows[] = {
#define R(name, op0, op1, crn, crm, op2) { #name, SYSREG(op0, op1, crn, crm, op2) }
	R(CPACR_EL1,		3, 0, 1, 0, 2),
	R(TTBR0_EL1,		3, 0, 2, 0, 0),
	R(TTBR1_EL1,		3, 0, 2, 0, 1),
	R(TCR_EL1,		3, 0, 2, 0, 2),
	R(AFSR0_EL1,		3, 0, 5, 1, 0),
	R(AFSR1_EL1,		3, 0, 5, 1, 1),
	R(ESR_EL1,		3, 0, 5, 2, 0),
	R(FAR_EL1,		3, 0, 6, 0, 0),
	R(PAR_EL1,		3, 0, 7, 4, 0),
	R(MAIR_EL1,		3, 0, 10, 2, 0),
	R(AMAIR_EL1,		3, 0, 10, 3, 0),
	R(CONTEXTIDR_EL1,	3, 0, 13, 0, 1),
	R(CNTKCTL_EL1,		3, 0, 14, 1, 0),
	R(CSSELR_EL1,		3, 2, 0, 0, 0),
	R(TPIDR_EL0,		3, 3, 13, 0, 2),
	R(TPIDRRO_EL0,		3, 3, 13, 0, 3),
	R(DBGBVR0_EL1,		2, 0, 0, 0, 4),
	R(DBGWVR1_EL1,		2, 0, 0, 1, 6),
	{ "CNTV_CVAL_EL0",	SYSREG(3, 3, 14, 3, 2), KVM_REG_ARM_TIMER_CVAL },
	{ "SP_EL0",		SYSREG(3, 0, 4, 1, 0), CORE_REG(regs.sp) },
	{ "ELR_EL1",		SYSREG(3, 0, 4, 0, 1), ELR_EL1_REG },
	{ "SPSR_EL1",		SYSREG(3, 0, 4, 0, 0), CORE_REG(spsr[0]) },
};

#define NR	ARRAY_SIZE(rows)
#define PHASES	4

/* per vCPU: what the registers read as after the write, and after the exit */
static u64 written[2][NR];
static u64 seen[2][NR];

static u64 mrs(u32 i)
{
	return ((u64 (*)(void))(EXTRA_BASE + i * 8))();
}

static void msr(u32 i, u64 v)
{
	((void (*)(u64))(EXTRA_BASE + SZ_4K + i * 8))(v);
}

static u64 pattern(u64 cpu, u64 i, u64 phase)
{
	u64 v = (i + 1) * 0x9e3779b97f4a7c15ULL + phase * 0x5555aaaa3333ccccULL +
		cpu * 0x1234567890abcdefULL;

	switch (rows[i].reg) {
	case SYSREG(3, 0, 1, 0, 2):	/* CPACR: FPEN */
		return (cpu + phase) % 2 ? 3 << 20 : 1 << 20;
	case SYSREG(3, 2, 0, 0, 0):	/* CSSELR: a level that exists */
		return (cpu + phase) % 3;
	case SYSREG(3, 3, 14, 3, 2):	/* see the emulator's limit in sysreg_sweep.c */
		return v >> 8;
	case SYSREG(3, 0, 4, 0, 0):	/* SPSR: NZCV, DAIF, mode */
		return (v & 0xf0000000) | 0x3c5;
	case SYSREG(3, 0, 2, 0, 2):	/* TCR: granules that exist everywhere */
		return (v & 0x3f) | (v & 0x3f) << 16 | 2ULL << 30;
	}
	return v & ~7ULL;
}

static void guest_keeps(u64 cpu)
{
	u64 i, phase;

	for (phase = 0; phase < PHASES; phase++) {
		for (i = 0; i < NR; i++) {
			msr(i, pattern(cpu, i, phase));
			isb();
			written[cpu][i] = mrs(i);
		}
		GUEST_SYNC(phase);
		isb();
		for (i = 0; i < NR; i++)
			seen[cpu][i] = mrs(i);
		GUEST_SYNC(100 + phase);
	}
	GUEST_DONE();
}

static struct vm *context_vm(int nr_vcpus)
{
	struct vm *vm = vm_create_guest();
	u32 *code = mem_add(vm, 1, 0, EXTRA_BASE, SZ_64K), i;

	for (i = 0; i < NR; i++) {
		code[i * 2] = INSN_MRS_X0(rows[i].reg);
		code[i * 2 + 1] = INSN_RET;
		code[1024 + i * 2] = INSN_MSR_X0(rows[i].reg);
		code[1024 + i * 2 + 1] = INSN_RET;
	}
	vm->mmu_off = true;
	for (i = 0; i < nr_vcpus; i++)
		guest_vcpu(vm, i, guest_keeps, i);
	return vm;
}

static u64 one_reg_id(u32 i)
{
	return rows[i].id ? rows[i].id :
	       KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG | rows[i].reg;
}

TEST(two_vcpus_keep_their_registers)
{
	struct vm *vm = context_vm(2);
	int phase, cpu, i;

	for (phase = 0; phase < PHASES; phase++) {
		for (cpu = 0; cpu < 2; cpu++)
			vcpu_run_sync(vm->vcpus[cpu], phase);
		for (cpu = 0; cpu < 2; cpu++)
			vcpu_run_sync(vm->vcpus[cpu], 100 + phase);
		for (cpu = 0; cpu < 2; cpu++)
			for (i = 0; i < NR; i++) {
				EXPECT_EQ(gv(vm, written[cpu][i]), gv(vm, seen[cpu][i]))
					TH_LOG("vCPU %d phase %d %s", cpu, phase,
					       rows[i].name);
			}
	}
	vcpu_run_done(vm->vcpus[0]);
	vcpu_run_done(vm->vcpus[1]);
	vm_free(vm);
}

/* The registers hold something: not all reads may be zero. */
TEST(the_patterns_arrive)
{
	struct vm *vm = context_vm(2);
	int i;

	vcpu_run_sync(vm->vcpus[0], 0);
	vcpu_run_sync(vm->vcpus[1], 0);
	for (i = 0; i < NR; i++) {
		if (rows[i].reg == SYSREG(3, 0, 5, 1, 0) ||	/* may be RES0 */
		    rows[i].reg == SYSREG(3, 0, 5, 1, 1) ||
		    rows[i].reg == SYSREG(3, 0, 10, 3, 0))
			continue;
		EXPECT_NE(gv(vm, written[0][i]), gv(vm, written[1][i]))
			TH_LOG("%s", rows[i].name);
	}
	vm_free(vm);
}

TEST(user_space_sees_the_guests_values)
{
	struct vm *vm = context_vm(1);
	int i;

	vcpu_run_sync(vm->vcpus[0], 0);
	for (i = 0; i < NR; i++) {
		EXPECT_EQ(gv(vm, written[0][i]), reg_get(vm->vcpus[0], one_reg_id(i)))
			TH_LOG("%s", rows[i].name);
	}
	vm_free(vm);
}

TEST(the_guest_sees_user_spaces_values)
{
	struct vm *vm = context_vm(1);
	struct vcpu *vcpu = vm->vcpus[0];
	u64 other[NR];
	int i;

	vcpu_run_sync(vcpu, 0);
	vcpu_run_sync(vcpu, 100);
	/* values that are known to stick: those of phase 1 */
	vcpu_run_sync(vcpu, 1);
	for (i = 0; i < NR; i++)
		other[i] = gv(vm, written[0][i]);
	vcpu_run_sync(vcpu, 101);
	vcpu_run_sync(vcpu, 2);
	for (i = 0; i < NR; i++)
		reg_set(vcpu, one_reg_id(i), other[i]);
	vcpu_run_sync(vcpu, 102);
	for (i = 0; i < NR; i++) {
		EXPECT_EQ(other[i], gv(vm, seen[0][i]))
			TH_LOG("%s", rows[i].name);
	}
	vm_free(vm);
}

SELFTEST_MAIN
