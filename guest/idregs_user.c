// SPDX-License-Identifier: GPL-2.0
/*
 * What user space may say of the CPU beyond the fields of include/idregs.def: which registers it may change at all, and
 * who made the CPU.
 *
 * Runs at: host kernel. Owns: vm->invariants. Locks: vm->lock.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/sysreg.h>

#include "guest.h"
#include "sysreg_row.h"

/* CTR_EL0 (DDI 0487, D24.2.36) */
#define CTR_L1IP_HI		15
#define CTR_L1IP_LO		14
#define L1IP_VIPT		2

#define CLIDR_BITS		AV_MASK(46, 0)	/* guest/caches.c */

/*
 * The bits that KVM lets be written, as 7.2 has them. Not every field is there to be written on every host, nor here:
 * one that reads as zero takes nothing else.
 */
static const struct {
	u8 op1, crm, op2;
	u64 mask;
} writable[] = {
	{ 0, 0, 0, AV_MASK(31, 0) },					/* MIDR_EL1 */
	{ 0, 0, 6, ~0ULL },						/* REVIDR_EL1 */
	{ 0, 4, 0, ~(AV_MASK(47, 40) | AV_MASK(35, 32) | AV_MASK(23, 16)) }, /* ID_AA64PFR0_EL1 */
	{ 0, 4, 1, AV_MASK(7, 0) | AV_MASK(15, 12) | AV_MASK(35, 32) | AV_MASK(59, 56) }, /* ID_AA64PFR1_EL1 */
	{ 0, 4, 2, AV_MASK(15, 4) | AV_MASK(35, 32) },			/* ID_AA64PFR2_EL1 */
	{ 0, 4, 4, AV_MASK(7, 0) | AV_MASK(27, 12) | AV_MASK(35, 32) | AV_MASK(59, 40) }, /* ID_AA64ZFR0_EL1 */
	{ 0, 4, 7, AV_MASK(31, 26) | AV_MASK(1, 0) },			/* ID_AA64FPFR0_EL1 */
	{ 0, 5, 0, AV_MASK(3, 0) | AV_MASK(11, 8) | AV_MASK(23, 20) | AV_MASK(39, 36) }, /* ID_AA64DFR0_EL1 */
	{ 0, 6, 0, ~AV_MASK(3, 0) },					/* ID_AA64ISAR0_EL1 */
	{ 0, 6, 1, ~(AV_MASK(31, 24) | AV_MASK(11, 4)) },		/* ID_AA64ISAR1_EL1 */
	{ 0, 6, 2, ~(AV_MASK(47, 44) | AV_MASK(15, 8)) },		/* ID_AA64ISAR2_EL1 */
	{ 0, 6, 3, AV_MASK(31, 24) | AV_MASK(19, 16) | AV_MASK(7, 4) },	/* ID_AA64ISAR3_EL1 */
	{ 0, 7, 0, ~AV_MASK(55, 48) },	/* ID_AA64MMFR0_EL1; ASIDBits as 6.12's test of it asks, not 6.12 */
	{ 0, 7, 1, ~(AV_MASK(31, 28) | AV_MASK(11, 4)) },		/* ID_AA64MMFR1_EL1 */
	{ 0, 7, 2, ~(AV_MASK(59, 56) | AV_MASK(47, 36) | AV_MASK(27, 20)) }, /* ID_AA64MMFR2_EL1 */
	{ 0, 7, 3, AV_MASK(19, 0) & ~AV_MASK(15, 12) },			/* ID_AA64MMFR3_EL1 */
	{ 0, 7, 4, AV_MASK(23, 20) },					/* ID_AA64MMFR4_EL1 */
	{ 1, 0, 1, CLIDR_BITS },					/* CLIDR_EL1 */
	{ 1, 0, 7, ~0ULL },						/* AIDR_EL1 */
	{ 3, 0, 1, AV_MASK(29, 28) | AV_MASK(19, 14) | AV_MASK(3, 0) },	/* CTR_EL0 */
};

/* Of AArch32's registers those that KVM knows: not ID_AFR0, ID_DFR1, nor what has no name. */
static bool is_aarch32_named(unsigned int crm, unsigned int op2)
{
	return crm < 3 ? crm != 1 || op2 != 3 : op2 != 3 && op2 != 5 && op2 != 7;
}

#define NR_MASKS	(3 * 8 * 8)	/* op1 0, 1, 3; CRm; op2 */

/**
 * av_idregs_masks() - KVM_ARM_GET_REG_WRITABLE_MASKS
 * @range: which registers, and where the masks go
 *
 * Context: may sleep. Return: 0, -EINVAL for other registers than the feature ID registers or reserved bits, -EFAULT.
 */
int av_idregs_masks(const struct reg_mask_range *range)
{
	u64 __user *user = u64_to_user_ptr(range->addr);
	unsigned int i, crm, op2;

	if (range->range != KVM_ARM_FEATURE_ID_RANGE || memchr_inv(range->reserved, 0, sizeof(range->reserved)))
		return -EINVAL;
	if (clear_user(user, NR_MASKS * sizeof(*user)))
		return -EFAULT;
	for (i = 0; i < ARRAY_SIZE(writable); i++) {
		unsigned int op1 = min_t(unsigned int, writable[i].op1, 2);

		if (put_user(writable[i].mask, &user[op1 * 64 + writable[i].crm * 8 + writable[i].op2]))
			return -EFAULT;
	}
	for (crm = 1; av_host_has_aarch32() && crm < 4; crm++) {
		for (op2 = 0; op2 < 8; op2++) {
			if (is_aarch32_named(crm, op2) && put_user((u64)U32_MAX, &user[crm * 8 + op2]))
				return -EFAULT;
		}
	}
	return 0;
}

/* ---- rows of sysregs.def --------------------------------------------------------------------- */

static int get_invariant(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 *value)
{
	*value = READ_ONCE(vcpu->vm->invariants[row->user->arg]);
	return 0;
}

/* A change, of what the first run fixes; 0 or what it is refused with. The value that is there can always be set. */
static int change(struct av_vm *vm, unsigned int which, u64 value, bool fits)
{
	int ret = 0;

	mutex_lock(&vm->lock);
	if (value != vm->invariants[which])
		ret = vm->ran_once ? -EBUSY : fits ? 0 : -EINVAL;
	if (!ret)
		WRITE_ONCE(vm->invariants[which], value);
	mutex_unlock(&vm->lock);
	return ret;
}

/* Who made it: KVM_CAP_ARM_WRITABLE_IMP_ID_REGS. A value without the capability is wrong, whenever it comes. */
static int set_imp(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	struct av_vm *vm = vcpu->vm;

	if (!vm->imp_id_regs && value != READ_ONCE(vm->invariants[row->user->arg]))
		return -EINVAL;
	return change(vm, row->user->arg, value, row->user->arg != AV_HOST_MIDR || value <= U32_MAX);
}

/* Lines may be told shorter, and coherent caches not so; an index by physical address also serves who expects less. */
static bool ctr_takes(u64 limit, u64 value)
{
	static const u8 lower[][2] = { { 29, 29 }, { 28, 28 }, { 19, 16 }, { 3, 0 } };
	u64 mask = AV_MASK(CTR_L1IP_HI, CTR_L1IP_LO);
	u64 l1ip = AV_GET(value, CTR_L1IP_HI, CTR_L1IP_LO), limit_l1ip = AV_GET(limit, CTR_L1IP_HI, CTR_L1IP_LO);
	unsigned int i;

	if (l1ip != limit_l1ip && (l1ip < L1IP_VIPT || l1ip > limit_l1ip))
		return false;
	for (i = 0; i < ARRAY_SIZE(lower); i++) {
		if (AV_GET(value, lower[i][0], lower[i][1]) > AV_GET(limit, lower[i][0], lower[i][1]))
			return false;
		mask |= AV_MASK(lower[i][0], lower[i][1]);
	}
	return !((value ^ limit) & ~mask);
}

static int set_ctr(struct av_vcpu *vcpu, const struct av_sysreg *row, u64 value)
{
	return change(vcpu->vm, AV_HOST_CTR, value, ctr_takes(av_host_invariant(AV_HOST_CTR), value));
}

AV_REG_USER(MIDR, get_invariant, set_imp, AV_HOST_MIDR);
AV_REG_USER(REVIDR, get_invariant, set_imp, AV_HOST_REVIDR);
AV_REG_USER(AIDR, get_invariant, set_imp, AV_HOST_AIDR);
AV_REG_USER(CTR, get_invariant, set_ctr, AV_HOST_CTR);
