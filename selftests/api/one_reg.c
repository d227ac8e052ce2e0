// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     GET/SET_ONE_REG take exactly the ids that exist, with exactly their
 *            size; REG_LIST lists what exists, each id once; each listed register
 *            can be read and written with the value just read.
 * Reference: kvm-abi.md parts 1.3, 4.2.
 * A failure: names the id and the errno; see vcpu/ (ONE_REG) and sysreg.c.
 */
#include "harness.h"

FIXTURE(reg) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_SETUP(reg)
{
	self->vm = vm_create();
	self->vcpu = vcpu_create(self->vm, 0);
	ASSERT_EQ(0, vcpu_init(self->vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2));
}

FIXTURE_TEARDOWN(reg)
{
	vm_free(self->vm);
}

static char buf[4096] __attribute__((aligned(16)));

/* Both directions give this error. */
#define EXPECT_BOTH(err, id) do {						\
	u64 id__ = (id);							\
										\
	memset(buf, 0, sizeof(buf));						\
	EXPECT_EQ(err, reg_try_get(self->vcpu, id__, buf))			\
		TH_LOG("get of 0x%lx", id__);					\
	EXPECT_EQ(err, reg_try_set(self->vcpu, id__, buf))			\
		TH_LOG("set of 0x%lx", id__);					\
} while (0)

static u64 with_size(u64 id, u64 size)
{
	return (id & ~KVM_REG_SIZE_MASK) | size;
}

TEST_F(reg, core_registers_have_one_size)
{
	static const u64 sizes[] = {
		KVM_REG_SIZE_U8, KVM_REG_SIZE_U16, KVM_REG_SIZE_U32, KVM_REG_SIZE_U64,
		KVM_REG_SIZE_U128, KVM_REG_SIZE_U256, KVM_REG_SIZE_U512,
		KVM_REG_SIZE_U1024, KVM_REG_SIZE_U2048,
	};
	static const struct { u64 reg, size; } rows[] = {
		{ KVM_REG_ARM_CORE_REG(regs.regs[0]), KVM_REG_SIZE_U64 },
		{ KVM_REG_ARM_CORE_REG(regs.pc), KVM_REG_SIZE_U64 },
		{ KVM_REG_ARM_CORE_REG(regs.pstate), KVM_REG_SIZE_U64 },
		{ KVM_REG_ARM_CORE_REG(spsr[0]), KVM_REG_SIZE_U64 },
		{ KVM_REG_ARM_CORE_REG(fp_regs.vregs[0]), KVM_REG_SIZE_U128 },
		{ KVM_REG_ARM_CORE_REG(fp_regs.vregs[31]), KVM_REG_SIZE_U128 },
		{ KVM_REG_ARM_CORE_REG(fp_regs.fpsr), KVM_REG_SIZE_U32 },
		{ KVM_REG_ARM_CORE_REG(fp_regs.fpcr), KVM_REG_SIZE_U32 },
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 id = KVM_REG_ARM64 | KVM_REG_ARM_CORE | rows[i].reg;

		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			u64 words = (1 << (sizes[j] >> KVM_REG_SIZE_SHIFT)) / 4;
			/* what reaches beyond the end doesn't exist */
			int err = rows[i].reg + words >= sizeof(struct kvm_regs) / 4 ?
				  -ENOENT : -EINVAL;

			if (sizes[j] != rows[i].size) {
				EXPECT_BOTH(err, id | sizes[j]);
			}
		}
		EXPECT_EQ(0, reg_try_get(self->vcpu, id | rows[i].size, buf));
	}
}

TEST_F(reg, core_indexes_are_aligned_and_bounded)
{
	u64 id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE;
	unsigned int words = sizeof(struct kvm_regs) / 4, i;

	for (i = 1; i < KVM_REG_ARM_CORE_REG(fp_regs.vregs[0]); i += 2) {
		EXPECT_BOTH(-EINVAL, id | i);
	}
	id = with_size(id, KVM_REG_SIZE_U128);
	for (i = 1; i < 4; i++) {
		EXPECT_BOTH(-EINVAL, id | (KVM_REG_ARM_CORE_REG(fp_regs.vregs[3]) + i));
	}
	for (i = 0; i < 64; i++) {
		EXPECT_BOTH(-ENOENT, with_size(id, KVM_REG_SIZE_U64) | (words + i * 2));
	}
	EXPECT_BOTH(-ENOENT, with_size(id, KVM_REG_SIZE_U64) | 0xfffe);
	EXPECT_BOTH(-ENOENT, with_size(id, KVM_REG_SIZE_U32) | 0xffff);
}

TEST_F(reg, another_architecture_is_einval)
{
	static const u64 arch[] = {
		0, KVM_REG_PPC, KVM_REG_X86, KVM_REG_IA64, KVM_REG_ARM, KVM_REG_S390,
		KVM_REG_MIPS, 0xf000000000000000ULL,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(arch); i++) {
		EXPECT_BOTH(-EINVAL, (PC_REG & ~KVM_REG_ARCH_MASK) | arch[i]);
		EXPECT_BOTH(-EINVAL, (SR_MPIDR_EL1 & ~KVM_REG_ARCH_MASK) | arch[i]);
	}
	/* bits between the class and the size must be zero */
	EXPECT_BOTH(-EINVAL, PC_REG | 1ULL << 32);
	EXPECT_BOTH(-EINVAL, PC_REG | 1ULL << 51);
}

TEST_F(reg, unknown_registers_are_enoent)
{
	unsigned int i;

	/* classes that don't exist */
	for (i = 0x17; i < 0x100; i += 7) {
		EXPECT_BOTH(-ENOENT, KVM_REG_ARM64 | KVM_REG_SIZE_U64 |
			    (u64)i << KVM_REG_ARM_COPROC_SHIFT);
	}
	/* system registers of EL2, and ones that nobody allocated */
	EXPECT_BOTH(-ENOENT, ARM64_SYS_REG(3, 4, 1, 1, 0));
	EXPECT_BOTH(-ENOENT, ARM64_SYS_REG(3, 6, 1, 0, 0));
	EXPECT_BOTH(-ENOENT, ARM64_SYS_REG(3, 7, 15, 15, 7));
	EXPECT_BOTH(-ENOENT, ARM64_SYS_REG(0, 0, 0, 0, 0));
	EXPECT_BOTH(-ENOENT, ARM64_SYS_REG(1, 0, 7, 1, 0));
	/* firmware registers */
	EXPECT_BOTH(-ENOENT, KVM_REG_ARM_FW_REG(4));
	EXPECT_BOTH(-ENOENT, KVM_REG_ARM_FW_REG(0xffff));
	EXPECT_BOTH(-ENOENT, KVM_REG_ARM_FW_FEAT_BMAP_REG(4));
	/* SVE without the feature */
	EXPECT_BOTH(-ENOENT, KVM_REG_ARM64_SVE_ZREG(0, 0));
	EXPECT_BOTH(-ENOENT, KVM_REG_ARM64_SVE_VLS);
	EXPECT_BOTH(-ENOENT, ARM64_SYS_REG(3, 0, 1, 2, 0));
	/* pointer authentication keys without the feature */
	EXPECT_BOTH(-ENOENT, ARM64_SYS_REG(3, 0, 2, 1, 0));
	/* PMU without the feature */
	EXPECT_BOTH(-ENOENT, ARM64_SYS_REG(3, 3, 9, 12, 0));
	/* CCSIDR of a cache that can't exist */
	EXPECT_BOTH(-ENOENT, KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | 0x1f);
	EXPECT_BOTH(-ENOENT, KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | 0x100);
}

/* Whatever a random id does, it is an errno of the ABI and not a crash. */
TEST_F(reg, random_ids)
{
	u64 seed = 88172645463325252ULL;
	unsigned int i;
	int ret;

	for (i = 0; i < 20000; i++) {
		u64 id;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		id = seed;
		if (i & 3)	/* mostly near the real ones */
			id = KVM_REG_ARM64 | (seed & 0x00f00000001fffffULL);
		ret = reg_try_get(self->vcpu, id, buf);
		EXPECT_TRUE(ret == 0 || ret == -ENOENT || ret == -EINVAL)
			TH_LOG("get of 0x%lx: %d", id, ret);
	}
}

TEST_F(reg, system_registers_are_64_bits)
{
	int ret;

	ret = reg_try_get(self->vcpu, with_size(SR_MPIDR_EL1, KVM_REG_SIZE_U32), buf);
	EXPECT_TRUE(ret == -ENOENT || ret == -EINVAL);
	ret = reg_try_get(self->vcpu, with_size(SR_SCTLR_EL1, KVM_REG_SIZE_U128), buf);
	EXPECT_TRUE(ret == -ENOENT || ret == -EINVAL);
	ret = reg_try_set(self->vcpu, with_size(SR_SCTLR_EL1, KVM_REG_SIZE_U32), buf);
	EXPECT_TRUE(ret == -ENOENT || ret == -EINVAL);
}

TEST_F(reg, pstate_must_be_a_mode_of_the_vcpu)
{
	/* the last but one with all that a guest may have: TCO, DIT, UAO, PAN, SSBS, BTYPE */
	static const u64 good[] = { 0x0, 0x4, 0x5, 0x3c5, 0x03c01fc5, 0xf00003c4 };
	static const u64 bad[] = {
		0x1, 0x2, 0x3, 0x6, 0x7, 0x8, 0x9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf,
		0x3c9, 0x3cd, 0x11, 0x12, 0x13, 0x16, 0x17, 0x1a, 0x1b, 0x1f,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(0, reg_try_set(self->vcpu, PSTATE_REG, &good[i]));
		EXPECT_EQ(good[i], reg_get(self->vcpu, PSTATE_REG));
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, reg_try_set(self->vcpu, PSTATE_REG, &bad[i]))
			TH_LOG("pstate 0x%lx", bad[i]);
		EXPECT_EQ(good[ARRAY_SIZE(good) - 1], reg_get(self->vcpu, PSTATE_REG));
	}
}

TEST_F(reg, values_stay_apart)
{
	unsigned int i;
	u64 v[2], w[2];
	u32 fp;

	for (i = 0; i < 31; i++)
		reg_set(self->vcpu, X_REG(i), 0x0101010101010101ULL * i + 1);
	reg_set(self->vcpu, PC_REG, 0x1111);
	reg_set(self->vcpu, CORE_REG(regs.sp), 0x2222);
	reg_set(self->vcpu, SP_EL1_REG, 0x3333);
	reg_set(self->vcpu, ELR_EL1_REG, 0x4444);
	for (i = 0; i < 5; i++)
		reg_set(self->vcpu, CORE_REG(spsr[i]), 0x10000 + i);
	for (i = 0; i < 32; i++) {
		v[0] = ~0ULL - i;
		v[1] = 0x5555000000000000ULL + i;
		EXPECT_EQ(0, reg_try_set(self->vcpu,
					 CORE_REG_SIZED(fp_regs.vregs[i], KVM_REG_SIZE_U128), v));
	}
	fp = 0x08000001;
	EXPECT_EQ(0, reg_try_set(self->vcpu,
				 CORE_REG_SIZED(fp_regs.fpsr, KVM_REG_SIZE_U32), &fp));
	fp = 0x00400000;
	EXPECT_EQ(0, reg_try_set(self->vcpu,
				 CORE_REG_SIZED(fp_regs.fpcr, KVM_REG_SIZE_U32), &fp));

	for (i = 0; i < 31; i++) {
		EXPECT_EQ(0x0101010101010101ULL * i + 1, reg_get(self->vcpu, X_REG(i)));
	}
	EXPECT_EQ(0x1111, reg_get(self->vcpu, PC_REG));
	EXPECT_EQ(0x2222, reg_get(self->vcpu, CORE_REG(regs.sp)));
	EXPECT_EQ(0x3333, reg_get(self->vcpu, SP_EL1_REG));
	EXPECT_EQ(0x4444, reg_get(self->vcpu, ELR_EL1_REG));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(0x10000 + i, reg_get(self->vcpu, CORE_REG(spsr[i])));
	}
	for (i = 0; i < 32; i++) {
		EXPECT_EQ(0, reg_try_get(self->vcpu,
					 CORE_REG_SIZED(fp_regs.vregs[i], KVM_REG_SIZE_U128), w));
		EXPECT_EQ(~0ULL - i, w[0]);
		EXPECT_EQ(0x5555000000000000ULL + i, w[1]);
	}
	EXPECT_EQ(0, reg_try_get(self->vcpu,
				 CORE_REG_SIZED(fp_regs.fpsr, KVM_REG_SIZE_U32), &fp));
	EXPECT_EQ(0x08000001, fp);
	EXPECT_EQ(0, reg_try_get(self->vcpu,
				 CORE_REG_SIZED(fp_regs.fpcr, KVM_REG_SIZE_U32), &fp));
	EXPECT_EQ(0x00400000, fp);
}

TEST_F(reg, the_list_tells_its_length)
{
	struct kvm_reg_list *list = reg_list(self->vcpu);
	struct kvm_reg_list *again;
	u64 n = list->n;

	ASSERT_LT(100, n);
	again = calloc(1, sizeof(*again) + n * sizeof(u64));
	again->n = n - 1;
	EXPECT_EQ(-E2BIG, kioctlp(self->vcpu->fd, KVM_GET_REG_LIST, again));
	EXPECT_EQ(n, again->n);
	/* more room than needed is fine */
	again = calloc(1, sizeof(*again) + (n + 10) * sizeof(u64));
	again->n = n + 10;
	EXPECT_EQ(0, kioctlp(self->vcpu->fd, KVM_GET_REG_LIST, again));
	EXPECT_EQ(n, again->n);
	EXPECT_EQ(0, memcmp(again->reg, list->reg, n * sizeof(u64)));
	EXPECT_EQ(0, again->reg[n]);
}

TEST_F(reg, the_list_has_no_doubles)
{
	struct kvm_reg_list *list = reg_list(self->vcpu);
	unsigned int i, j;

	for (i = 0; i < list->n; i++)
		for (j = i + 1; j < list->n; j++) {
			EXPECT_NE(list->reg[i], list->reg[j]);
		}
}

static bool is_count(u64 id)
{
	return id == KVM_REG_ARM_TIMER_CNT || id == KVM_REG_ARM_PTIMER_CNT;
}

TEST_F(reg, each_listed_register_reads_and_takes_its_value)
{
	struct kvm_reg_list *list = reg_list(self->vcpu);
	unsigned int i;
	u64 size;

	for (i = 0; i < list->n; i++) {
		u64 id = list->reg[i];
		char was[256] = {}, is[256] = {};

		size = 1ULL << ((id & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT);
		ASSERT_GE(sizeof(was), size);
		EXPECT_EQ(0, reg_try_get(self->vcpu, id, was))
			TH_LOG("get of 0x%lx", id);
		EXPECT_EQ(0, reg_try_set(self->vcpu, id, was))
			TH_LOG("set of 0x%lx", id);
		EXPECT_EQ(0, reg_try_get(self->vcpu, id, is));
		if (!is_count(id)) {
			EXPECT_EQ(0, memcmp(was, is, size))
				TH_LOG("0x%lx read 0x%lx, then 0x%lx", id,
				       *(u64 *)was, *(u64 *)is);
		}
	}
}

/* A VMM that migrates: everything out of one vCPU, into another, and compare. */
TEST_F(reg, a_vcpu_can_be_copied)
{
	struct vm *other = vm_create();
	struct vcpu *copy = vcpu_create(other, 0);
	struct kvm_reg_list *list;
	unsigned int i;
	u64 seed = 12345;

	ASSERT_EQ(0, vcpu_init(copy, 1 << KVM_ARM_VCPU_PSCI_0_2));
	for (i = 0; i < 31; i++, seed *= 6364136223846793005ULL)
		reg_set(self->vcpu, X_REG(i), seed);
	reg_set(self->vcpu, SR_VBAR_EL1, 0x40000800);
	reg_set(self->vcpu, SR_TPIDR_EL1, 0x1234567890);
	list = reg_list(self->vcpu);
	for (i = 0; i < list->n; i++) {
		char v[256] = {};

		ASSERT_EQ(0, reg_try_get(self->vcpu, list->reg[i], v));
		EXPECT_EQ(0, reg_try_set(copy, list->reg[i], v))
			TH_LOG("set of 0x%llx", list->reg[i]);
	}
	for (i = 0; i < list->n; i++) {
		char v[256] = {}, w[256] = {};

		ASSERT_EQ(0, reg_try_get(self->vcpu, list->reg[i], v));
		ASSERT_EQ(0, reg_try_get(copy, list->reg[i], w));
		if (!is_count(list->reg[i])) {
			EXPECT_EQ(0, memcmp(v, w, sizeof(v)))
				TH_LOG("0x%llx differs", list->reg[i]);
		}
	}
	vm_free(other);
}

SELFTEST_MAIN
