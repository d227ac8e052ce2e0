// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     SVE by KVM's rules: the feature needs the machine and makes V registers parts of Z; lengths of vectors
 *            may only be cut off from above, and only before FINALIZE; before that the vCPU has no registers to be
 *            seen, and can't run; ZCR_EL1 and the ID fields are there in VMs with SVE only.
 * Reference: Documentation/virt/kvm/api.rst, 4.68, 4.69, 4.82, 4.119; kvm-abi.md part 4.2.
 * A failure: shows the call and its errno; see vcpu/sve_reg.c, guest/sve.c. Most of it is skipped where the machine has
 * no SVE.
 */
#include "harness.h"
#include "insn.h"
#include "sve.h"

#define SVE_FEATURE	(1 << KVM_ARM_VCPU_SVE)
#define ZCR_EL1		ARM64_SYS_REG(3, 0, 1, 2, 0)
#define PFR0		ARM64_SYS_REG(3, 0, 0, 4, 0)
#define ZFR0		ARM64_SYS_REG(3, 0, 0, 4, 4)
#define Z(n)		KVM_REG_ARM64_SVE_ZREG(n, 0)
#define P(n)		KVM_REG_ARM64_SVE_PREG(n, 0)
#define FFR		KVM_REG_ARM64_SVE_FFR(0)
#define V(n)		CORE_REG_SIZED(fp_regs.vregs[n], KVM_REG_SIZE_U128)
#define VLS		KVM_REG_ARM64_SVE_VLS

static u8 value[256];

TEST(without_the_feature_there_is_nothing)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0);
	u64 words[SVE_VLS_WORDS] = { 1 };

	EXPECT_EQ(-ENOEXEC, vcpu_finalize(vcpu, KVM_ARM_VCPU_SVE));
	ASSERT_EQ(0, vcpu_init(vcpu, 0));
	EXPECT_EQ(-EINVAL, vcpu_finalize(vcpu, KVM_ARM_VCPU_SVE));
	EXPECT_EQ(-EINVAL, vcpu_finalize(vcpu, KVM_ARM_VCPU_PMU_V3));
	EXPECT_EQ(-EINVAL, vcpu_finalize(vcpu, -1));
	EXPECT_EQ(-EFAULT, kioctl(vcpu->fd, KVM_ARM_VCPU_FINALIZE, 8));
	EXPECT_EQ(-ENOENT, sve_try_lengths(vcpu, words, false));
	EXPECT_EQ(-ENOENT, sve_try_lengths(vcpu, words, true));
	EXPECT_EQ(-ENOENT, reg_try_get(vcpu, Z(0), value));
	EXPECT_EQ(-ENOENT, reg_try_get(vcpu, P(15), value));
	EXPECT_EQ(-ENOENT, reg_try_get(vcpu, FFR, value));
	EXPECT_EQ(-ENOENT, reg_try_set(vcpu, FFR, value));
	EXPECT_EQ(-ENOENT, reg_try_get(vcpu, ZCR_EL1, value));
	EXPECT_EQ(-ENOENT, reg_try_set(vcpu, ZCR_EL1, value));
	EXPECT_EQ(0, reg_get(vcpu, PFR0) >> 32 & 0xf);
	EXPECT_EQ(0, reg_get(vcpu, ZFR0));
	EXPECT_EQ(0, reg_try_get(vcpu, V(31), value));
	vm_free(vm);
}

TEST(a_machine_without_it_refuses_the_feature)
{
	struct vm *vm = vm_create();

	if (sve_offered())
		SKIP(return, "this one has SVE");
	EXPECT_EQ(0, check_cap(vm->fd, KVM_CAP_ARM_SVE));
	EXPECT_EQ(-EINVAL, vcpu_init(vcpu_create(vm, 0), SVE_FEATURE));
	vm_free(vm);
}

FIXTURE(sve) {
	struct vm *vm;
	struct vcpu *vcpu;
	u64 lengths;
};

FIXTURE_SETUP(sve)
{
	self->vm = NULL;
	if (!sve_offered())
		return;
	self->lengths = sve_lengths();
	self->vm = vm_create();
	self->vcpu = vcpu_create(self->vm, 0);
	ASSERT_EQ(0, vcpu_init(self->vcpu, SVE_FEATURE));
}

FIXTURE_TEARDOWN(sve)
{
	if (self->vm)
		vm_free(self->vm);
}

/* A SKIP in FIXTURE_SETUP() would not keep the test from running. The type is FIXTURE_DATA(sve). */
#define SVE_TEST(name)									\
	static void body_##name(struct __test_metadata *_metadata, struct _test_data_sve *self);	\
	TEST_F(sve, name)								\
	{										\
		if (!self->vm)								\
			SKIP(return, "no SVE");						\
		body_##name(_metadata, self);						\
	}										\
	static void body_##name(struct __test_metadata *_metadata, struct _test_data_sve *self)

#define FINALIZE()	vcpu_finalize(self->vcpu, KVM_ARM_VCPU_SVE)

SVE_TEST(the_capability_is_the_machines)
{
	EXPECT_EQ(1, check_cap(self->vm->fd, KVM_CAP_ARM_SVE));
	EXPECT_EQ(1, check_cap(self->vm->dev, KVM_CAP_ARM_SVE));
	/* 128 bits are never missing, and these are all that the architecture has */
	EXPECT_TRUE(self->lengths & 1);
	EXPECT_EQ(0, self->lengths >> 16);
}

SVE_TEST(before_finalize_nothing_can_be_seen)
{
	struct { u64 n, reg[1000]; } list = { .n = 1000 };
	u64 pc = 0;

	EXPECT_EQ(-EPERM, reg_try_get(self->vcpu, Z(0), value));
	EXPECT_EQ(-EPERM, reg_try_set(self->vcpu, Z(31), value));
	EXPECT_EQ(-EPERM, reg_try_get(self->vcpu, P(0), value));
	EXPECT_EQ(-EPERM, reg_try_set(self->vcpu, FFR, value));
	EXPECT_EQ(-EPERM, kioctlp(self->vcpu->fd, KVM_GET_REG_LIST, &list));
	EXPECT_EQ(-EPERM, kioctl(self->vcpu->fd, KVM_RUN, 0));
	/* others are there */
	EXPECT_EQ(0, reg_try_get(self->vcpu, PC_REG, &pc));
	EXPECT_EQ(0, reg_try_set(self->vcpu, PC_REG, &pc));
	EXPECT_EQ(0, reg_try_get(self->vcpu, ZCR_EL1, &pc));
	EXPECT_EQ(0, FINALIZE());
	EXPECT_EQ(0, kioctlp(self->vcpu->fd, KVM_GET_REG_LIST, &list));
	EXPECT_EQ(-EPERM, FINALIZE());
	EXPECT_EQ(-EINVAL, vcpu_finalize(self->vcpu, KVM_ARM_VCPU_PTRAUTH_ADDRESS));
	/* it is for good */
	EXPECT_EQ(0, vcpu_init(self->vcpu, SVE_FEATURE));
	EXPECT_EQ(-EPERM, FINALIZE());
	EXPECT_EQ(0, reg_try_get(self->vcpu, Z(0), value));
}

SVE_TEST(lengths_are_cut_off_from_above)
{
	unsigned int vq, longest = sve_longest(self->lengths);
	u64 words[SVE_VLS_WORDS], cut;

	for (vq = 1; vq <= 512; vq++) {
		memset(words, 0, sizeof(words));
		words[(vq - 1) / 64] = 1UL << (vq - 1) % 64;
		if (vq <= 64)
			words[0] |= self->lengths & (words[0] - 1);
		EXPECT_EQ(vq <= 64 && self->lengths >> (vq - 1) & 1 ? 0 : -EINVAL,
			  sve_try_lengths(self->vcpu, words, true))
			TH_LOG("up to %u", vq);
		/* what was refused has changed nothing */
		cut = vq <= longest ? self->lengths & ((2UL << (vq - 1)) - 1) : self->lengths;
		ASSERT_EQ(0, sve_try_lengths(self->vcpu, words, false));
		EXPECT_EQ(cut, words[0]);
		EXPECT_EQ(0, words[1] | words[2] | words[3] | words[4] | words[5] | words[6] | words[7]);
	}
	/* none at all, and all but the shortest */
	memset(words, 0, sizeof(words));
	EXPECT_EQ(-EINVAL, sve_try_lengths(self->vcpu, words, true));
	words[0] = self->lengths & ~1UL;
	EXPECT_EQ(-EINVAL, sve_try_lengths(self->vcpu, words, true));
	words[0] = 1;
	words[7] = 1UL << 63;
	EXPECT_EQ(-EINVAL, sve_try_lengths(self->vcpu, words, true));
	EXPECT_EQ(-EFAULT, sve_try_lengths(self->vcpu, (u64 *)8, true));
	EXPECT_EQ(-EFAULT, sve_try_lengths(self->vcpu, (u64 *)8, false));
	words[7] = 0;
	EXPECT_EQ(0, sve_try_lengths(self->vcpu, words, true));
	ASSERT_EQ(0, FINALIZE());
	EXPECT_EQ(-EPERM, sve_try_lengths(self->vcpu, words, true));
	words[0] = 0;
	EXPECT_EQ(0, sve_try_lengths(self->vcpu, words, false));
	EXPECT_EQ(1, words[0]);
	/* nor does another VCPU_INIT change it */
	EXPECT_EQ(0, vcpu_init(self->vcpu, SVE_FEATURE));
	EXPECT_EQ(0, sve_try_lengths(self->vcpu, words, false));
	EXPECT_EQ(1, words[0]);
}

SVE_TEST(each_vcpu_has_lengths_of_its_own)
{
	struct vcpu *other = vcpu_create(self->vm, 1);
	u64 words[SVE_VLS_WORDS] = { 1 };

	ASSERT_EQ(0, vcpu_init(other, SVE_FEATURE));
	ASSERT_EQ(0, sve_try_lengths(other, words, true));
	ASSERT_EQ(0, sve_try_lengths(self->vcpu, words, false));
	EXPECT_EQ(self->lengths, words[0]);
}

static void registers(struct __test_metadata *_metadata, struct vcpu *vcpu, unsigned int bytes)
{
	static const struct { u64 first; unsigned int count, slice; } kinds[] = {
		{ Z(0), 32, 256 }, { P(0), 16, 32 }, { FFR, 1, 32 },
	};
	unsigned int k, n, i, size;

	for (k = 0; k < 3; k++) {
		size = k ? bytes / 8 : bytes;
		for (n = 0; n < kinds[k].count; n++) {
			u64 id = kinds[k].first + n * 32;
			u8 was[256], set[256];

			memset(was, 0xee, sizeof(was));
			ASSERT_EQ(0, reg_try_get(vcpu, id, was));
			for (i = 0; i < kinds[k].slice; i++)
				EXPECT_EQ(0, was[i]);
			for (i = 0; i < sizeof(set); i++)
				set[i] = 1 + k * 3 + n * 5 + i * 7;
			ASSERT_EQ(0, reg_try_set(vcpu, id, set));
			memset(was, 0xee, sizeof(was));
			ASSERT_EQ(0, reg_try_get(vcpu, id, was));
			for (i = 0; i < sizeof(was); i++) {
				u8 want = i < size ? set[i] : i < kinds[k].slice ? 0 : 0xee;

				EXPECT_EQ(want, was[i])
					TH_LOG("0x%lx, byte %u of %u", id, i, size);
			}
			EXPECT_EQ(-EFAULT, reg_try_set(vcpu, id, (void *)8));
			EXPECT_EQ(-EFAULT, reg_try_get(vcpu, id, (void *)8));
		}
	}
	/* each by itself: none was changed by a later one */
	for (k = 0; k < 3; k++)
		for (n = 0; n < kinds[k].count; n++) {
			ASSERT_EQ(0, reg_try_get(vcpu, kinds[k].first + n * 32, value));
			size = k ? bytes / 8 : bytes;
			for (i = 0; i < size; i++)
				EXPECT_EQ((u8)(1 + k * 3 + n * 5 + i * 7), value[i]);
		}
}

SVE_TEST(registers_are_slices)
{
	u64 id;

	ASSERT_EQ(0, FINALIZE());
	registers(_metadata, self->vcpu, 16 * sve_longest(self->lengths));
	/* only the first slice of each is there */
	EXPECT_EQ(-ENOENT, reg_try_get(self->vcpu, KVM_REG_ARM64_SVE_ZREG(0, 1), value));
	EXPECT_EQ(-ENOENT, reg_try_get(self->vcpu, KVM_REG_ARM64_SVE_ZREG(31, 31), value));
	EXPECT_EQ(-ENOENT, reg_try_set(self->vcpu, KVM_REG_ARM64_SVE_PREG(3, 7), value));
	EXPECT_EQ(-ENOENT, reg_try_set(self->vcpu, KVM_REG_ARM64_SVE_FFR(31), value));
	/* and no others */
	EXPECT_EQ(-EINVAL, reg_try_get(self->vcpu, FFR + 32, value));
	EXPECT_EQ(-EINVAL, reg_try_get(self->vcpu, Z(0) | 0x8000, value));
	for (id = 0; id < 9; id++)
		if (id << KVM_REG_SIZE_SHIFT != KVM_REG_SIZE_U2048)
			EXPECT_EQ(-EINVAL, reg_try_get(self->vcpu, (Z(0) & ~KVM_REG_SIZE_MASK) |
						       id << KVM_REG_SIZE_SHIFT, value));
	/* a reset clears them */
	ASSERT_EQ(0, vcpu_init(self->vcpu, SVE_FEATURE));
	registers(_metadata, self->vcpu, 16 * sve_longest(self->lengths));
}

SVE_TEST(short_ones_have_short_registers)
{
	u64 words[SVE_VLS_WORDS] = { 1 };

	ASSERT_EQ(0, sve_try_lengths(self->vcpu, words, true));
	ASSERT_EQ(0, FINALIZE());
	registers(_metadata, self->vcpu, 16);
}

SVE_TEST(v_is_a_part_of_z_only)
{
	unsigned int i;
	u32 fpsr = 1;

	ASSERT_EQ(0, FINALIZE());
	for (i = 0; i < 32; i++) {
		EXPECT_EQ(-EINVAL, reg_try_get(self->vcpu, V(i), value));
		EXPECT_EQ(-EINVAL, reg_try_set(self->vcpu, V(i), value));
	}
	EXPECT_EQ(0, reg_try_set(self->vcpu, CORE_REG_SIZED(fp_regs.fpsr, KVM_REG_SIZE_U32), &fpsr));
}

SVE_TEST(the_list_has_what_there_is)
{
	unsigned int i, n, z = 0, p = 0, vls = 0, zcr = 0, v = 0;
	struct kvm_reg_list *list;

	ASSERT_EQ(0, FINALIZE());
	list = reg_list(self->vcpu);
	for (i = 0; i < list->n; i++) {
		u64 id = list->reg[i];

		z += id >= Z(0) && id <= Z(31);
		p += id >= P(0) && id <= FFR;
		vls += id == VLS;
		zcr += id == ZCR_EL1;
		for (n = 0; n < 32; n++)
			v += id == V(n);
		if (id != VLS && (id & KVM_REG_ARM_COPROC_MASK) == KVM_REG_ARM64_SVE) {
			EXPECT_EQ(0, reg_try_get(self->vcpu, id, value));
			EXPECT_EQ(0, reg_try_set(self->vcpu, id, value));
		}
	}
	EXPECT_EQ(32, z);
	EXPECT_EQ(17, p);
	EXPECT_EQ(1, vls);
	EXPECT_EQ(1, zcr);
	EXPECT_EQ(0, v);
}

SVE_TEST(the_vm_shows_it)
{
	u64 pfr0 = reg_get(self->vcpu, PFR0), zfr0 = reg_get(self->vcpu, ZFR0);
	struct vcpu *other = vcpu_create(self->vm, 1);

	EXPECT_EQ(1, pfr0 >> 32 & 0xf);
	/* as the kernel shows its user space */
	EXPECT_EQ(read_sysreg(S3_0_C0_C4_4) & 0xf, zfr0 & 0xf);
	/* it may be confirmed, not changed */
	EXPECT_EQ(0, reg_try_set(self->vcpu, PFR0, &pfr0));
	pfr0 &= ~(0xfUL << 32);
	EXPECT_EQ(-EINVAL, reg_try_set(self->vcpu, PFR0, &pfr0));
	/* the features are the VM's */
	EXPECT_EQ(-EINVAL, vcpu_init(other, 0));
	EXPECT_EQ(0, vcpu_init(other, SVE_FEATURE));
	EXPECT_EQ(-EINVAL, vcpu_init(self->vcpu, 0));
}

SVE_TEST(zcr_is_a_register)
{
	u64 zcr = 5;

	EXPECT_EQ(0, reg_get(self->vcpu, ZCR_EL1));
	EXPECT_EQ(0, reg_try_set(self->vcpu, ZCR_EL1, &zcr));
	EXPECT_EQ(5, reg_get(self->vcpu, ZCR_EL1));
	ASSERT_EQ(0, vcpu_init(self->vcpu, SVE_FEATURE));
	EXPECT_EQ(0, reg_get(self->vcpu, ZCR_EL1));
}

SELFTEST_MAIN
