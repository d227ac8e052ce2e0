// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The guest reads the same ID registers that user space reads through
 *            ONE_REG, its own MPIDR, and the host's CTR, MIDR; it can't write them.
 * Reference: kvm-abi.md part 4.4.
 * A failure: shows the register and both values; see sysreg.c (ID rows), el2/.
 */
#include "harness.h"
#include "insn.h"

static const u32 regs[] = {
	SYSREG(3, 0, 0, 0, 0), SYSREG(3, 0, 0, 0, 5), SYSREG(3, 0, 0, 0, 6),
	SYSREG(3, 1, 0, 0, 1), SYSREG(3, 1, 0, 0, 7), SYSREG(3, 3, 0, 0, 1),
#define CRM(n)	SYSREG(3, 0, 0, n, 0), SYSREG(3, 0, 0, n, 1), SYSREG(3, 0, 0, n, 2), \
		SYSREG(3, 0, 0, n, 3), SYSREG(3, 0, 0, n, 4), SYSREG(3, 0, 0, n, 5), \
		SYSREG(3, 0, 0, n, 6), SYSREG(3, 0, 0, n, 7)
	CRM(1), CRM(2), CRM(3), CRM(4), CRM(5), CRM(6), CRM(7),
};

static u64 values[ARRAY_SIZE(regs)];

static void guest_reads_all(u64 arg)
{
	u64 (*mrs)(void);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		mrs = (void *)(EXTRA_BASE + i * 8);
		values[i] = mrs();
	}
	GUEST_SYNC(0);
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		fault_expect();
		((void (*)(u64))(EXTRA_BASE + SZ_4K + i * 8))(0x12345);
		if (fault_taken() != 1 || ESR_EC(this_cpu()->esr) != EC_UNKNOWN)
			guest_abort(__FILE__, __LINE__, "write is UNDEF", regs[i],
				    this_cpu()->esr);
		mrs = (void *)(EXTRA_BASE + i * 8);
		if (mrs() != values[i])
			guest_abort(__FILE__, __LINE__, "value stays", values[i], mrs());
	}
	GUEST_DONE();
}

static void check_vcpu(struct __test_metadata *_metadata, struct vm *vm, int id)
{
	struct vcpu *vcpu = vm->vcpus[id];
	unsigned int i;

	vcpu_run_sync(vcpu, 0);
	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		u64 user = reg_get(vcpu, KVM_REG_ARM64 | KVM_REG_SIZE_U64 |
				   KVM_REG_ARM64_SYSREG | regs[i]);

		EXPECT_EQ(user, gv(vm, values[i]))
			TH_LOG("S3_%u_C0_C%u_%u", SYSREG_OP1(regs[i]), SYSREG_CRM(regs[i]),
			       SYSREG_OP2(regs[i]));
	}
	EXPECT_EQ(1u << 31 | id, gv(vm, values[1]));
	vcpu_run_done(vcpu);
}

TEST(guest_and_user_space_agree)
{
	struct vm *vm = vm_create_guest();
	u32 *code = mem_add(vm, 1, 0, EXTRA_BASE, SZ_64K);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		code[i * 2] = INSN_MRS_X0(regs[i]);
		code[i * 2 + 1] = INSN_RET;
		code[1024 + i * 2] = INSN_MSR_X0(regs[i]);
		code[1024 + i * 2 + 1] = INSN_RET;
	}
	guest_vcpu(vm, 0, guest_reads_all, 0);
	guest_vcpu(vm, 1, guest_reads_all, 0);
	check_vcpu(_metadata, vm, 0);
	check_vcpu(_metadata, vm, 1);
	vm_free(vm);
}

static void guest_mpidr(u64 arg)
{
	GUEST_ASSERT_EQ(arg, read_sysreg(mpidr_el1));
	GUEST_DONE();
}

TEST(mpidr_is_what_user_space_wrote)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_mpidr, 0x1280000123ULL);

	reg_set(vcpu, SR_MPIDR_EL1, 0x1280000123ULL);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* True: undefined. Names that no assembler knows without an extension, by encoding. */
#define is_undef(access) ({ fault_expect(); access; fault_taken() && ESR_EC(this_cpu()->esr) == EC_UNKNOWN; })

/* Limited ordering regions: there are none, where the feature is shown; @arg: whether it is. */
static void guest_orders(u64 arg)
{
	GUEST_ASSERT_EQ(!arg, is_undef((void)read_sysreg(S3_0_C10_C4_3)));		/* LORC_EL1 */
	GUEST_ASSERT_EQ(!arg, is_undef(write_sysreg(1, S3_0_C10_C4_3)));
	GUEST_ASSERT_EQ(!arg, is_undef(write_sysreg(1, S3_0_C10_C4_0)));		/* LORSA_EL1 */
	GUEST_ASSERT_EQ(1, is_undef(write_sysreg(1, S3_0_C10_C4_7)));			/* LORID_EL1 */
	GUEST_ASSERT_EQ(!arg, is_undef((void)read_sysreg(S3_0_C10_C4_7)));
	if (arg) {
		GUEST_ASSERT_EQ(0, read_sysreg(S3_0_C10_C4_3));
		GUEST_ASSERT_EQ(0, read_sysreg(S3_0_C10_C4_7));
	}
	GUEST_DONE();
}

TEST(there_are_no_ordering_regions)
{
	const u64 id = ARM64_SYS_REG(3, 0, 0, 7, 1);
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_orders, 1);
	u64 mmfr1 = reg_get(vcpu, id);
	bool shown = mmfr1 >> 16 & 15;

	if (shown)
		vcpu_run_done(vcpu);
	vm_free(vm);
	/* Hidden, or not there. */
	vm = vm_create_guest();
	vcpu = guest_vcpu(vm, 0, guest_orders, 0);
	reg_set(vcpu, id, mmfr1 & ~(15UL << 16));
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* What user space says of caches, of which one need not be there. */
#define CLIDR_ID	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG | SYSREG(3, 1, 0, 0, 1))
#define CLIDR_OTHER	0x0a000003UL
#define CCSIDR_OTHER	(0x001e000UL | 0x5 << 3)

static u64 line;	/* what the CPU's lines are, at least */

static u64 ccsidr_of(u64 csselr)
{
	write_sysreg(csselr, csselr_el1);
	isb();
	return read_sysreg(ccsidr_el1);
}

/* One layout, whether it is the CPU that answers or the host, as it does when user space has another CLIDR_EL1. */
static void guest_looks_twice(u64 arg)
{
	u64 before = ccsidr_of(0);

	GUEST_SYNC(0);
	GUEST_ASSERT_EQ(before, ccsidr_of(0));
	GUEST_ASSERT_EQ(1, before >> 13 != 0);
	GUEST_DONE();
}

TEST(caches_look_the_same_trapped)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_looks_twice, 0);

	vcpu_run_sync(vcpu, 0);
	reg_set(vcpu, CLIDR_ID, reg_get(vcpu, CLIDR_ID) ^ 1UL << 30);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

static void guest_looks_at_caches(u64 arg)
{
	GUEST_ASSERT_EQ(CLIDR_OTHER, read_sysreg(clidr_el1));
	GUEST_ASSERT_EQ(CCSIDR_OTHER | line, ccsidr_of(0));
	GUEST_ASSERT_EQ(CCSIDR_OTHER | line, ccsidr_of(12));
	GUEST_SYNC(0);
	GUEST_ASSERT_EQ(12, read_sysreg(csselr_el1));
	GUEST_ASSERT_EQ(CCSIDR_OTHER | line, ccsidr_of(0));
	GUEST_DONE();
}

#define CCSIDR_ID(n)	(KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | (n))

TEST(caches_are_what_user_space_said)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpus[] = {
		guest_vcpu(vm, 0, guest_looks_at_caches, 0), guest_vcpu(vm, 1, guest_looks_at_caches, 0),
	};
	u64 clidr = CLIDR_OTHER;
	u32 was, ccsidr, i;

	ASSERT_EQ(0, reg_try_get(vcpus[0], CCSIDR_ID(0), &was));
	gv(vm, line) = was & 7;
	ccsidr = CCSIDR_OTHER | (was & 7);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, reg_try_set(vcpus[i], CLIDR_ID, &clidr));
		ASSERT_EQ(0, reg_try_set(vcpus[i], CCSIDR_ID(0), &ccsidr));
		ASSERT_EQ(0, reg_try_set(vcpus[i], CCSIDR_ID(12), &ccsidr));
	}
	for (i = 0; i < 2; i++) {
		vcpu_run_sync(vcpus[i], 0);
		vcpu_run_done(vcpus[i]);
	}
	vm_free(vm);
}

SELFTEST_MAIN
