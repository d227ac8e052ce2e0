// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU's registers from outside: KVM_GET_ONE_REG, KVM_SET_ONE_REG, a dump.
 *
 * Owns: nothing. Locks: none; call for a vCPU that is not running, since these
 * ioctls wait until KVM_RUN has returned.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "vmm.h"

int vcpu_get_reg(struct vcpu *vcpu, __u64 id, __u64 *value)
{
	struct kvm_one_reg reg = {
		.id = id,
		.addr = (unsigned long)value,
	};

	return ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg);
}

void vcpu_set_reg(struct vcpu *vcpu, __u64 id, __u64 value)
{
	struct kvm_one_reg reg = {
		.id = id,
		.addr = (unsigned long)&value,
	};

	if (ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg) < 0)
		die_errno("KVM_SET_ONE_REG of %#llx", id);
}

/* One register of the dump; an unreadable one must not hide the others. */
static void print_reg(struct vcpu *vcpu, const char *name, __u64 id, char end)
{
	__u64 value;

	if (vcpu_get_reg(vcpu, id, &value))
		fprintf(stderr, "  %9s %-16s%c", name, "unreadable", end);
	else
		fprintf(stderr, "  %9s %016llx%c", name, value, end);
}

void vcpu_dump(struct vcpu *vcpu)
{
	static const struct {
		const char	*name;
		__u64		id;
	} special[] = {
		{ "pc",		REG_PC },
		{ "pstate",	REG_PSTATE },
		{ "sp_el0",	REG_SP_EL0 },
		{ "sp_el1",	REG_SP_EL1 },
		{ "elr_el1",	REG_ELR_EL1 },
		{ "spsr_el1",	REG_SPSR_EL1 },
		{ "esr_el1",	REG_ESR_EL1 },
		{ "far_el1",	REG_FAR_EL1 },
		{ "sctlr_el1",	REG_SCTLR_EL1 },
		{ "tcr_el1",	REG_TCR_EL1 },
		{ "ttbr0_el1",	REG_TTBR0_EL1 },
		{ "ttbr1_el1",	REG_TTBR1_EL1 },
		{ "vbar_el1",	REG_VBAR_EL1 },
	};
	char name[8];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(special); i++)
		print_reg(vcpu, special[i].name, special[i].id,
			  i % 2 ? '\n' : ' ');
	fputc('\n', stderr);
	for (i = 0; i < 31; i++) {
		snprintf(name, sizeof(name), "x%zu", i);
		print_reg(vcpu, name, REG_X(i), i % 2 ? '\n' : ' ');
	}
	fputc('\n', stderr);
}
