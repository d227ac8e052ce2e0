// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     ID registers tell what the vCPU has, never more than the host, and
 *            user space can't raise them; invariant registers can't be changed;
 *            unallocated ID encodings read as zero.
 * Reference: kvm-abi.md part 4.4; D19.2 of the Arm ARM for the fields.
 * A failure: names the register and the field; see sysreg.c (ID rows).
 */
#include "harness.h"

#define ID(op1, crm, op2)	ARM64_SYS_REG(3, op1, 0, crm, op2)
#define FIELD(v, shift)		((v) >> (shift) & 0xf)

FIXTURE(id) {
	struct vm *vm;
	struct vcpu *vcpu;
};

FIXTURE_SETUP(id)
{
	self->vm = vm_create();
	self->vcpu = vcpu_create(self->vm, 0);
	ASSERT_EQ(0, vcpu_init(self->vcpu, 0));
}

FIXTURE_TEARDOWN(id)
{
	vm_free(self->vm);
}

TEST_F(id, invariant_registers_only_take_their_value)
{
	static const u64 ids[] = { ID(0, 0, 0), ID(0, 0, 6), ID(1, 0, 7) };
	unsigned int i;
	u64 v;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		v = reg_get(self->vcpu, ids[i]);
		EXPECT_EQ(0, reg_try_set(self->vcpu, ids[i], &v));
		v ^= 1;
		EXPECT_EQ(-EINVAL, reg_try_set(self->vcpu, ids[i], &v))
			TH_LOG("id 0x%lx", ids[i]);
		v ^= 1ULL << 40 | 1;
		EXPECT_EQ(-EINVAL, reg_try_set(self->vcpu, ids[i], &v));
	}
	EXPECT_EQ(read_sysreg(midr_el1), reg_get(self->vcpu, SR_MIDR_EL1));
}

TEST_F(id, the_whole_id_space_is_there)
{
	unsigned int crm, op2;

	for (crm = 1; crm < 8; crm++) {
		for (op2 = 0; op2 < 8; op2++) {
			u64 v = 0;

			EXPECT_EQ(0, reg_try_get(self->vcpu, ID(0, crm, op2), &v))
				TH_LOG("crm %u op2 %u", crm, op2);
			EXPECT_EQ(0, reg_try_set(self->vcpu, ID(0, crm, op2), &v))
				TH_LOG("crm %u op2 %u", crm, op2);
		}
	}
}

TEST_F(id, unallocated_encodings_read_as_zero)
{
	static const u8 holes[][2] = {
		/* crm, op2: unallocated up to Armv9.5, or hidden by KVM */
		{ 3, 3 }, { 3, 7 }, { 4, 3 }, { 4, 6 }, { 5, 2 }, { 5, 3 }, { 5, 6 },
		{ 5, 7 }, { 6, 4 }, { 6, 5 }, { 6, 6 }, { 6, 7 }, { 7, 5 }, { 7, 6 },
		{ 7, 7 },
	};
	unsigned int i;
	u64 v;

	for (i = 0; i < ARRAY_SIZE(holes); i++) {
		u64 id = ID(0, holes[i][0], holes[i][1]);

		EXPECT_EQ(0, reg_get(self->vcpu, id));
		v = 1;
		EXPECT_EQ(-EINVAL, reg_try_set(self->vcpu, id, &v));
		v = ~0ULL;
		EXPECT_EQ(-EINVAL, reg_try_set(self->vcpu, id, &v));
	}
	/* auxiliary features and traces stay hidden */
	EXPECT_EQ(0, reg_get(self->vcpu, ID(0, 5, 4)));
	EXPECT_EQ(0, reg_get(self->vcpu, ID(0, 5, 5)));
}

/* A field above the host's value, in each register, is refused. */
TEST_F(id, nothing_can_be_raised)
{
	static const struct { u64 id; unsigned int shift; } rows[] = {
		{ ID(0, 4, 0), 32 },	/* PFR0.SVE */
		{ ID(0, 4, 0), 28 },	/* PFR0.RAS */
		{ ID(0, 4, 1), 8 },	/* PFR1.MTE */
		{ ID(0, 4, 1), 24 },	/* PFR1.SME */
		{ ID(0, 5, 0), 32 },	/* DFR0.PMSVer */
		{ ID(0, 6, 0), 0 },	/* ISAR0 RES0 */
		{ ID(0, 6, 0), 60 },	/* ISAR0.RNDR */
		{ ID(0, 6, 1), 4 },	/* ISAR1.APA */
		{ ID(0, 6, 1), 8 },	/* ISAR1.API */
		{ ID(0, 7, 0), 0 },	/* MMFR0.PARange */
		{ ID(0, 7, 1), 8 },	/* MMFR1.VH */
		{ ID(0, 7, 2), 24 },	/* MMFR2.NV */
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 was = reg_get(self->vcpu, rows[i].id);
		u64 v = was | 0xfULL << rows[i].shift;

		if (v == was)
			continue;
		EXPECT_EQ(-EINVAL, reg_try_set(self->vcpu, rows[i].id, &v))
			TH_LOG("id 0x%lx shift %u", rows[i].id, rows[i].shift);
		EXPECT_EQ(was, reg_get(self->vcpu, rows[i].id));
	}
}

/* EL2 is shown as the host has it, and may be lowered, as with KVM. */
TEST_F(id, what_kvm_shows_of_el2_is_shown)
{
	u64 was = reg_get(self->vcpu, SR_AA64PFR0), v, value;
	unsigned int taken = 0;

	for (value = 0; value < 16; value++) {
		v = (was & ~(0xfULL << 8)) | value << 8;
		if (reg_try_set(self->vcpu, SR_AA64PFR0, &v))
			continue;
		EXPECT_EQ(v, reg_get(self->vcpu, SR_AA64PFR0));
		taken++;
	}
	EXPECT_EQ(FIELD(was, 8) + 1, taken);
	EXPECT_EQ(0, reg_try_set(self->vcpu, SR_AA64PFR0, &was));
}

/* KVM shows it as the CPU has it, and takes no VM that says something else. A CPU of which the values are known. */
TEST_F(id, what_kvm_shows_of_newer_cpus_is_shown)
{
	u64 dfr0 = reg_get(self->vcpu, SR_AA64DFR0), mmfr1 = reg_get(self->vcpu, ID(0, 7, 1)), v;

	EXPECT_GE(10, FIELD(dfr0, 0));
	for (v = 0; v <= 15; v++) {
		u64 other = (dfr0 & ~15ULL) | v;

		EXPECT_EQ(v >= 6 && v <= FIELD(dfr0, 0) ? 0 : -EINVAL, reg_try_set(self->vcpu, SR_AA64DFR0, &other));
	}
	/* one layout of CCSIDR_EL1 for all */
	EXPECT_EQ(0, FIELD(reg_get(self->vcpu, ID(0, 7, 2)), 20));
	if ((read_sysreg(midr_el1) & 0xff0ffff0) != 0x410fd0c0)
		SKIP(return, "the rest is of Neoverse N1");
	EXPECT_EQ(8, FIELD(dfr0, 0));		/* DebugVer: v8.2 */
	EXPECT_EQ(2, FIELD(mmfr1, 4));		/* VMIDBits */
	EXPECT_EQ(1, FIELD(mmfr1, 8));		/* VH */
	EXPECT_EQ(1, FIELD(mmfr1, 16));		/* LO */
	EXPECT_EQ(1, FIELD(mmfr1, 28));		/* XNX */
}

#define CLIDR		ID(1, 0, 1)
#define CCSIDR(n)	(KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | (n))

TEST_F(id, user_space_says_what_caches_there_are)
{
	u64 clidr = reg_get(self->vcpu, CLIDR), v = clidr ^ 1 << 30;
	u32 was, other, now, n;

	EXPECT_EQ(0, reg_try_set(self->vcpu, CLIDR, &v));
	EXPECT_EQ(v, reg_get(self->vcpu, CLIDR));
	v |= 1ULL << 63;
	EXPECT_EQ(-EINVAL, reg_try_set(self->vcpu, CLIDR, &v));
	for (n = 0; n < 14; n++) {
		ASSERT_EQ(0, reg_try_get(self->vcpu, CCSIDR(n), &was));
		EXPECT_EQ(0, reg_try_set(self->vcpu, CCSIDR(n), &was));
		other = (was ^ 1 << 3) & 0xfffffff;
		EXPECT_EQ(0, reg_try_set(self->vcpu, CCSIDR(n), &other));
		EXPECT_EQ(0, reg_try_get(self->vcpu, CCSIDR(n), &now));
		EXPECT_EQ(other, now);
		/* no lines smaller than the CPU's, no bits that KVM has none of */
		other = was & 0xffffff8;
		EXPECT_EQ(was & 7 ? -EINVAL : 0, reg_try_set(self->vcpu, CCSIDR(n), &other));
		other = now ^ 1U << 28;
		EXPECT_EQ(-EINVAL, reg_try_set(self->vcpu, CCSIDR(n), &other));
	}
	EXPECT_EQ(-ENOENT, reg_try_get(self->vcpu, CCSIDR(14), &was));
	EXPECT_EQ(-ENOENT, reg_try_set(self->vcpu, CCSIDR(15), &was));
}

TEST_F(id, features_that_were_not_asked_for_are_hidden)
{
	u64 isar1 = reg_get(self->vcpu, ID(0, 6, 1));
	u64 isar2 = reg_get(self->vcpu, ID(0, 6, 2));
	u64 dfr0 = reg_get(self->vcpu, SR_AA64DFR0);
	u64 pfr0 = reg_get(self->vcpu, SR_AA64PFR0);
	u64 pfr1 = reg_get(self->vcpu, ID(0, 4, 1));

	EXPECT_EQ(0, FIELD(pfr0, 32));		/* SVE */
	EXPECT_EQ(0, FIELD(pfr0, 40));		/* MPAM */
	EXPECT_EQ(0, FIELD(pfr0, 44));		/* AMU */
	EXPECT_EQ(0, FIELD(pfr1, 8));		/* MTE */
	EXPECT_EQ(0, FIELD(pfr1, 24));		/* SME */
	EXPECT_EQ(0, FIELD(isar1, 4));		/* APA */
	EXPECT_EQ(0, FIELD(isar1, 8));		/* API */
	EXPECT_EQ(0, FIELD(isar1, 24));		/* GPA */
	EXPECT_EQ(0, FIELD(isar1, 28));		/* GPI */
	EXPECT_EQ(0, FIELD(isar2, 8));		/* GPA3 */
	EXPECT_EQ(0, FIELD(isar2, 12));		/* APA3 */
	EXPECT_EQ(0, FIELD(dfr0, 8));		/* PMUVer */
	EXPECT_EQ(0, FIELD(dfr0, 32));		/* PMSVer */
	EXPECT_LE(6, FIELD(dfr0, 0));		/* DebugVer: at least v8.0 */
}

TEST_F(id, what_every_vcpu_has_is_shown)
{
	u64 pfr0 = reg_get(self->vcpu, SR_AA64PFR0);
	u64 mmfr0 = reg_get(self->vcpu, SR_AA64MMFR0);
	u64 host_pfr0 = read_sysreg(id_aa64pfr0_el1);

	EXPECT_LE(1, FIELD(pfr0, 0));			/* EL0: AArch64 */
	EXPECT_LE(1, FIELD(pfr0, 4));			/* EL1 */
	EXPECT_EQ(FIELD(host_pfr0, 16), FIELD(pfr0, 16));	/* FP */
	EXPECT_EQ(FIELD(host_pfr0, 20), FIELD(pfr0, 20));	/* AdvSIMD */
	EXPECT_GE(6, FIELD(mmfr0, 0));			/* PARange */
	/* at least one granule */
	EXPECT_TRUE(FIELD(mmfr0, 28) != 0xf || FIELD(mmfr0, 24) != 0xf ||
		    FIELD(mmfr0, 20) != 0);
}

TEST_F(id, all_vcpus_of_a_vm_are_alike)
{
	struct vcpu *other = vcpu_create(self->vm, 1);
	unsigned int crm, op2;

	ASSERT_EQ(0, vcpu_init(other, 0));
	for (crm = 1; crm < 8; crm++)
		for (op2 = 0; op2 < 8; op2++) {
			EXPECT_EQ(reg_get(self->vcpu, ID(0, crm, op2)),
				  reg_get(other, ID(0, crm, op2)));
		}
	EXPECT_NE(reg_get(self->vcpu, SR_MPIDR_EL1), reg_get(other, SR_MPIDR_EL1));
}

TEST_F(id, aarch32_registers_do_not_stand_for_hardware_that_is_not_there)
{
	u64 pfr0 = reg_get(self->vcpu, SR_AA64PFR0);
	unsigned int crm, op2;

	if (FIELD(pfr0, 0) == 2)
		SKIP(return, "this CPU has AArch32 at EL0");
	for (crm = 1; crm < 4; crm++) {
		for (op2 = 0; op2 < 8; op2++) {
			EXPECT_EQ(0, reg_get(self->vcpu, ID(0, crm, op2)));
		}
	}
}

SELFTEST_MAIN
