// SPDX-License-Identifier: GPL-2.0
/*
 * SVE's registers for user space: the lengths of vectors, and Z, P and FFR by slices of 2048 bits
 * (Documentation/virt/kvm/api.rst, 4.68). Vectors of today have one slice.
 *
 * Runs at: host kernel, vcpu->mutex held. Owns: nothing; guest/sve.c has the registers.
 */
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "vcpu.h"

#define SLICES		BIT(5)		/* of a register, by the ids */
#define ID_NUMBER(id)	AV_GET(id, 9, 5)
#define LENGTH_WORDS	8		/* 512 lengths, by the ABI */

static int get_lengths(const struct av_vcpu *vcpu, void __user *addr)
{
	u64 words[LENGTH_WORDS] = { vcpu->sve.lengths };

	return copy_to_user(addr, words, sizeof(words)) ? -EFAULT : 0;
}

static int set_lengths(struct av_vcpu *vcpu, const void __user *addr)
{
	u64 words[LENGTH_WORDS];

	if (vcpu->sve.regs)
		return -EPERM;
	if (copy_from_user(words, addr, sizeof(words)))
		return -EFAULT;
	if (upper_32_bits(words[0]) || memchr_inv(&words[1], 0, sizeof(words) - sizeof(words[0])))
		return -EINVAL;
	return av_sve_limit(vcpu, words[0]) ? 0 : -EINVAL;
}

static bool is_in(u64 id, u64 first, u64 last_register)
{
	return id >= first && id < last_register + SLICES;
}

/* Which register, as guest/sve.c counts; or -errno. */
static int find(const struct av_vcpu *vcpu, u64 id)
{
	unsigned int n;

	/* FFR's id follows P15's. */
	BUILD_BUG_ON(KVM_REG_ARM64_SVE_FFR(0) != KVM_REG_ARM64_SVE_PREG(15, 0) + SLICES);
	if (is_in(id, KVM_REG_ARM64_SVE_ZREG(0, 0), KVM_REG_ARM64_SVE_ZREG(31, 0)))
		n = ID_NUMBER(id);
	else if (is_in(id, KVM_REG_ARM64_SVE_PREG(0, 0), KVM_REG_ARM64_SVE_FFR(0)))
		n = AV_SVE_P + ID_NUMBER(id);
	else
		return -EINVAL;
	if (!av_sve_has(vcpu) || id % SLICES)
		return -ENOENT;
	return vcpu->sve.regs ? array_index_nospec(n, AV_SVE_NR) : -EPERM;
}

/* What is left of a slice behind the register reads as zero and may be written with anything. */
int av_sve_reg_get(struct av_vcpu *vcpu, u64 id, void __user *addr)
{
	u8 value[256] = {};
	int n;

	if (id == KVM_REG_ARM64_SVE_VLS)
		return av_sve_has(vcpu) ? get_lengths(vcpu, addr) : -ENOENT;
	n = find(vcpu, id);
	if (n < 0)
		return n;
	av_sve_get(vcpu, n, value);
	return copy_to_user(addr, value, n < AV_SVE_P ? 256 : 32) ? -EFAULT : 0;
}

int av_sve_reg_set(struct av_vcpu *vcpu, u64 id, const void __user *addr)
{
	u8 value[256];
	int n;

	if (id == KVM_REG_ARM64_SVE_VLS)
		return av_sve_has(vcpu) ? set_lengths(vcpu, addr) : -ENOENT;
	n = find(vcpu, id);
	if (n < 0)
		return n;
	if (copy_from_user(value, addr, av_sve_reg_size(vcpu, n)))
		return -EFAULT;
	av_sve_set(vcpu, n, value);
	return 0;
}

bool av_sve_reg_id(const struct av_vcpu *vcpu, unsigned int n, u64 *id)
{
	if (!av_sve_has(vcpu) || n > AV_SVE_NR)
		return false;
	if (!n--)
		*id = KVM_REG_ARM64_SVE_VLS;
	else if (n < AV_SVE_P)
		*id = KVM_REG_ARM64_SVE_ZREG(n, 0);
	else if (n < AV_SVE_FFR)
		*id = KVM_REG_ARM64_SVE_PREG(n - AV_SVE_P, 0);
	else
		*id = KVM_REG_ARM64_SVE_FFR(0);
	return true;
}
