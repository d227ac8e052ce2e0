// SPDX-License-Identifier: GPL-2.0
/* SVE in host and guest, see sve.h. */
#include "sve.h"

void sve_fill(struct sve_regs *regs, u64 bytes, u64 seed)
{
	u64 i, ones;

	for (i = 0; i < SVE_FFR_AT(bytes); i++)
		regs->b[i] = (seed * 131 + 7 * i + (i >> 8) + 1) ^ (seed >> 3);
	/* Values of FFR other than a run of ones from bit 0 are not architected. */
	ones = seed % (bytes + 1);
	for (i = 0; i < bytes / 8; i++, ones -= ones < 8 ? ones : 8)
		regs->b[SVE_FFR_AT(bytes) + i] = ones < 8 ? (1 << ones) - 1 : 0xff;
}

int sve_differs(const struct sve_regs *a, const struct sve_regs *b, u64 bytes)
{
	u64 i;

	for (i = 0; i < SVE_ALL(bytes); i++)
		if (a->b[i] != b->b[i])
			return i;
	return -1;
}

u64 guest_sve_on(void)
{
	write_sysreg(cpacr_fp_sve(3), cpacr_el1);
	isb();
	write_sysreg(0xf, S3_0_C1_C2_0);
	isb();
	return sve_bytes();
}

bool sve_offered(void)
{
	int fd = dev_open(), ret = check_cap(fd, KVM_CAP_ARM_SVE);

	close(fd);
	return ret > 0;
}

int vcpu_finalize(struct vcpu *vcpu, int feature)
{
	return kioctlp(vcpu->fd, KVM_ARM_VCPU_FINALIZE, &feature);
}

int sve_try_lengths(struct vcpu *vcpu, u64 *words, bool set)
{
	return set ? reg_try_set(vcpu, KVM_REG_ARM64_SVE_VLS, words) : reg_try_get(vcpu, KVM_REG_ARM64_SVE_VLS, words);
}

u64 sve_lengths(void)
{
	struct vm *vm = vm_create();
	struct vcpu *vcpu = vcpu_create(vm, 0);
	u64 words[SVE_VLS_WORDS];

	if (vcpu_init(vcpu, 1 << KVM_ARM_VCPU_SVE) || sve_try_lengths(vcpu, words, false))
		die("no lengths of vectors");
	vm_free(vm);
	return words[0];
}

struct vcpu *guest_sve_vcpu(struct vm *vm, unsigned int id, u64 lengths, void (*fn)(u64), u64 arg)
{
	u64 words[SVE_VLS_WORDS] = { lengths };
	struct vcpu *vcpu = vcpu_create(vm, id);

	if (vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2 | 1 << KVM_ARM_VCPU_SVE))
		die("VCPU_INIT with SVE of vCPU %u", id);
	if (lengths && sve_try_lengths(vcpu, words, true))
		die("vectors up to %u * 128 bits for vCPU %u", sve_longest(lengths), id);
	if (vcpu_finalize(vcpu, KVM_ARM_VCPU_SVE))
		die("FINALIZE of vCPU %u", id);
	guest_set_entry(vcpu, fn, arg);
	reg_set(vcpu, PC_REG, (u64)guest_entry);
	reg_set(vcpu, X_REG(0), guest_cpu_gpa(id));
	return vcpu;
}
