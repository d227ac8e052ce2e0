// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     GET_REG_LIST holds every register that a plain arm64 vCPU has had in
 *            KVM since 6.1, and nothing of features that were not asked for.
 * Reference: kvm-abi.md part 4.2; the list itself is blessed/sysregs.def.
 * A failure: names the id that is missing, or too many; see include/sysregs.def.
 */
#include "harness.h"
#include "insn.h"

static const u16 blessed[] = {
#define BLESSED(op0, op1, crn, crm, op2)	SYSREG(op0, op1, crn, crm, op2),
#include "blessed/sysregs.def"
#undef BLESSED
};

static struct kvm_reg_list *list;

static bool listed(u64 id)
{
	unsigned int i;

	for (i = 0; i < list->n; i++)
		if (list->reg[i] == id)
			return true;
	return false;
}

#define EXPECT_LISTED(id) do {						\
	u64 id__ = (id);						\
									\
	EXPECT_TRUE(listed(id__))					\
		TH_LOG("0x%lx is not listed", id__);			\
} while (0)

FIXTURE(list) {
	struct vm *vm;
};

FIXTURE_SETUP(list)
{
	struct vcpu *vcpu;

	self->vm = vm_create();
	vcpu = vcpu_create(self->vm, 0);
	ASSERT_EQ(0, vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2));
	list = reg_list(vcpu);
}

FIXTURE_TEARDOWN(list)
{
	vm_free(self->vm);
}

TEST_F(list, holds_the_core_registers)
{
	unsigned int i;

	for (i = 0; i < 31; i++)
		EXPECT_LISTED(X_REG(i));
	EXPECT_LISTED(CORE_REG(regs.sp));
	EXPECT_LISTED(PC_REG);
	EXPECT_LISTED(PSTATE_REG);
	EXPECT_LISTED(SP_EL1_REG);
	EXPECT_LISTED(ELR_EL1_REG);
	for (i = 0; i < 5; i++)
		EXPECT_LISTED(CORE_REG(spsr[i]));
	for (i = 0; i < 32; i++)
		EXPECT_LISTED(CORE_REG_SIZED(fp_regs.vregs[i], KVM_REG_SIZE_U128));
	EXPECT_LISTED(CORE_REG_SIZED(fp_regs.fpsr, KVM_REG_SIZE_U32));
	EXPECT_LISTED(CORE_REG_SIZED(fp_regs.fpcr, KVM_REG_SIZE_U32));
}

TEST_F(list, holds_the_system_registers)
{
	u64 base = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG;
	unsigned int i, op2;

	for (i = 0; i < ARRAY_SIZE(blessed); i++)
		EXPECT_LISTED(base | blessed[i]);
	for (i = 0; i < 16; i++)
		for (op2 = 4; op2 < 8; op2++)
			EXPECT_LISTED(base | SYSREG(2, 0, 0, i, op2));
}

TEST_F(list, holds_the_firmware_registers)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		EXPECT_LISTED(KVM_REG_ARM_FW_REG(i));
	/* The last one since 6.15. */
	for (i = 0; i < 4; i++)
		EXPECT_LISTED(KVM_REG_ARM_FW_FEAT_BMAP_REG(i));
}

static void show_older(char on)
{
	int fd = open("/sys/module/armvcpu/parameters/older_kvm", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, &on, 1) != 1)
		die("older_kvm: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* It is there all the same. */
TEST_F(list, may_be_that_of_an_older_kvm)
{
	u64 id = KVM_REG_ARM_FW_FEAT_BMAP_REG(3), value, n = list->n;
	struct vcpu *vcpu;
	struct vm *vm;

	if (access("/sys/module/armvcpu/parameters/older_kvm", F_OK))
		SKIP(return, "armvcpu's alone");
	show_older('1');
	free(list);
	list = reg_list(self->vm->vcpus[0]);
	vm = vm_create();
	vcpu = vcpu_create(vm, 0);
	EXPECT_EQ(0, vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2));
	show_older('0');
	EXPECT_EQ(0x10001, reg_get(vcpu, KVM_REG_ARM_PSCI_VERSION));
	EXPECT_EQ(n - 1, list->n);
	EXPECT_FALSE(listed(id));
	free(list);
	list = reg_list(vcpu);
	EXPECT_FALSE(listed(ARM64_SYS_REG(3, 0, 1, 0, 3)));	/* SCTLR2_EL1 */
	vm_free(vm);
	EXPECT_EQ(0, reg_try_get(self->vm->vcpus[0], id, &value));
}

TEST_F(list, holds_nothing_of_features_that_were_not_asked_for)
{
	unsigned int i;

	for (i = 0; i < list->n; i++) {
		u64 id = list->reg[i];
		u32 r = id & 0xffff;

		EXPECT_NE(KVM_REG_ARM64_SVE, id & KVM_REG_ARM_COPROC_MASK);
		if ((id & KVM_REG_ARM_COPROC_MASK) != KVM_REG_ARM64_SYSREG)
			continue;
		/* PMU; ZCR_EL1; pointer authentication keys */
		EXPECT_FALSE(SYSREG_OP0(r) == 3 && SYSREG_CRN(r) == 9)
			TH_LOG("0x%lx", id);
		EXPECT_NE(SYSREG(3, 0, 1, 2, 0), r);
		EXPECT_FALSE(SYSREG_OP0(r) == 3 && SYSREG_OP1(r) == 0 &&
			     SYSREG_CRN(r) == 2 && SYSREG_CRM(r) >= 1 && SYSREG_CRM(r) <= 3 &&
			     SYSREG_OP2(r) <= 3 && r != SYSREG(3, 0, 2, 0, 3))
			TH_LOG("0x%lx", id);
	}
}

SELFTEST_MAIN
