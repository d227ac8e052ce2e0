// SPDX-License-Identifier: GPL-2.0
/* Pointer authentication in the host, see pauth.h. */
#include "pauth.h"

_Static_assert(offsetof(struct pauth_codes, plain) == 40, "pauth_insns.S");

bool pauth_offered(void)
{
	int fd = dev_open();
	bool has = check_cap(fd, KVM_CAP_ARM_PTRAUTH_ADDRESS) > 0 && check_cap(fd, KVM_CAP_ARM_PTRAUTH_GENERIC) > 0;

	close(fd);
	return has;
}

struct vcpu *guest_pauth_vcpu(struct vm *vm, unsigned int id, void (*fn)(u64), u64 arg)
{
	struct vcpu *vcpu = vcpu_create(vm, id);

	if (vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2 | PAUTH_FEATURES))
		die("VCPU_INIT with pointer authentication of vCPU %u", id);
	guest_set_entry(vcpu, fn, arg);
	reg_set(vcpu, PC_REG, (u64)guest_entry);
	reg_set(vcpu, X_REG(0), guest_cpu_gpa(id));
	return vcpu;
}
