// SPDX-License-Identifier: GPL-2.0
/*
 * Memory tagging (FEAT_MTE2) for VMs that are given it by KVM_CAP_ARM_MTE: all of its vCPUs have it, and use it without
 * a trap. Their registers move at each entry and exit (el2/tags.c); the tags are with the memory (mm/tags.c).
 *
 * Runs at: host kernel. Owns: vm->tags; ctx->tags and HCR_EL2.ATA are made of it by guest/controls.c.
 */
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "compat.h"
#include "guest.h"
#include "sysreg_row.h"

/* The kernel has to know of it, too: it opens it to EL1 and EL0, maps its own memory as tagged, and keeps the tags. */
bool av_host_has_tags(void)
{
#if AV_HAS_TAGS
	return system_supports_mte();
#else
	return false;
#endif
}

/**
 * av_tags_enable() - KVM_ENABLE_CAP of KVM_CAP_ARM_MTE
 * @vm: the VM
 *
 * Context: vm->lock held. Return: 0, -EINVAL where there is none, or a vCPU was created.
 */
int av_tags_enable(struct av_vm *vm)
{
	if (!av_host_has_tags() || vm->created_vcpus)
		return -EINVAL;
	WRITE_ONCE(vm->tags, true);
	av_idregs_with_tags(vm);
	return 0;
}

/* ---- rows of sysregs.def --------------------------------------------------------------------- */

/* HCR_EL2.TID5 is the CPU's, for all VMs (features.def). Of a machine whose CPUs differ in it the kernel complains. */
enum av_verdict av_access_gmid(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	if (op->is_write || !vcpu->vm->tags)
		return av_reg_undef(vcpu);
	op->value = read_sysreg_s(sys_reg(3, 1, 0, 0, 4));
	return AV_DONE;
}

static bool has_tags(const struct av_vcpu *vcpu)
{
	return vcpu->vm->tags;
}

AV_REG_USER(TAG, av_reg_get_home, av_reg_set_home, .visible = has_tags);
