// SPDX-License-Identifier: GPL-2.0
/*
 * SMCCC: the guest's HVC and SMC calls, routed by function id (DEN0028).
 *
 * Runs at: host kernel, vcpu->mutex held, doesn't sleep. Owns: nothing.
 *
 * Nothing is ever forwarded to the firmware: what no row answers is NOT_SUPPORTED.
 */
#include <linux/arm-smccc.h>

#include "answer/answer.h"
#include "compat.h"
#include "host/parts.h"
#include "smc.h"

#define NOT_SUPPORTED		((u64)SMCCC_RET_NOT_SUPPORTED)

static void set_results(struct av_vcpu *vcpu, u64 x0, u64 x1, u64 x2, u64 x3)
{
	u64 *x = vcpu->ctx->gpr;

	x[0] = x0;
	x[1] = x1;
	x[2] = x2;
	x[3] = x3;
}

static enum av_verdict smccc_version(struct av_vcpu *vcpu, u32 id)
{
	set_results(vcpu, ARM_SMCCC_VERSION_1_1, 0, 0, 0);
	return AV_DONE;
}

static enum av_verdict smccc_features(struct av_vcpu *vcpu, u32 id)
{
	u32 asked = vcpu->ctx->gpr[1];
	u64 answer = NOT_SUPPORTED;

	switch (asked) {
	case ARM_SMCCC_VERSION_FUNC_ID:
	case ARM_SMCCC_ARCH_FEATURES_FUNC_ID:
		/* KVM answers these as unknown; a guest that got here knows the version. */
		break;
	case ARM_SMCCC_ARCH_WORKAROUND_1:
	case ARM_SMCCC_ARCH_WORKAROUND_2:
	case ARM_SMCCC_ARCH_WORKAROUND_3:
		/* The calls themselves end at EL2 (el2/fast.c). */
		answer = av_parts_answer(asked, av_guest_has_ssbs(vcpu->vm));
		break;
	default:
		break;
	}
	set_results(vcpu, answer, 0, 0, 0);
	return AV_DONE;
}

static bool vendor_services(struct av_vcpu *vcpu)
{
	return vcpu->vm->smccc_feat[2] & BIT(KVM_REG_ARM_VENDOR_HYP_BIT_FUNC_FEAT);
}

/* KVM's UUID: guests know the ABI by it, and it is KVM's ABI. */
static enum av_verdict vendor_uid(struct av_vcpu *vcpu, u32 id)
{
	if (vendor_services(vcpu))
		set_results(vcpu, ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_0,
			    ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_1,
			    ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_2,
			    ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_3);
	else
		set_results(vcpu, NOT_SUPPORTED, 0, 0, 0);
	return AV_DONE;
}

static enum av_verdict vendor_features(struct av_vcpu *vcpu, u32 id)
{
	set_results(vcpu, vendor_services(vcpu) ? vcpu->vm->smccc_feat[2] : NOT_SUPPORTED, 0, 0, 0);
	return AV_DONE;
}

/* Anything that isn't listed, and isn't PSCI's, is NOT_SUPPORTED. */
static const struct {
	u32 id;
	enum av_verdict (*call)(struct av_vcpu *vcpu, u32 id);
} functions[] = {
	{ ARM_SMCCC_VERSION_FUNC_ID,			smccc_version },
	{ ARM_SMCCC_ARCH_FEATURES_FUNC_ID,		smccc_features },
	{ ARM_SMCCC_VENDOR_HYP_CALL_UID_FUNC_ID,	vendor_uid },
	{ ARM_SMCCC_VENDOR_HYP_KVM_FEATURES_FUNC_ID,	vendor_features },
};

static enum av_verdict call(struct av_vcpu *vcpu)
{
	u32 id = vcpu->ctx->gpr[0];
	unsigned int i;

	if (!av_smccc_is_known(id)) {
		set_results(vcpu, NOT_SUPPORTED, 0, 0, 0);
		return AV_DONE;
	}
	if (av_psci_handles(id))
		return av_psci_call(vcpu, id);
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		if (functions[i].id == id)
			return functions[i].call(vcpu, id);
	}
	set_results(vcpu, NOT_SUPPORTED, 0, 0, 0);
	return AV_DONE;
}

/**
 * av_trap_hvc() - the guest executed HVC, with any immediate
 * @vcpu: the vCPU
 * @trap: the snapshot
 *
 * Context: vcpu->mutex held. Return: AV_DONE, or AV_TO_USER for a system event. Source: DEN0028, 2.6 and 6.
 */
enum av_verdict av_trap_hvc(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	return call(vcpu);
}

/**
 * av_trap_smc() - the guest executed SMC; the PC is still at it
 * @vcpu: the vCPU
 * @trap: the snapshot
 *
 * As 6.12's KVM: SMC #0 is a call like HVC, any other immediate is unknown.
 *
 * Context: vcpu->mutex held. Return: as av_trap_hvc().
 */
enum av_verdict av_trap_smc(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	if (trap->esr & 0xffff) {
		vcpu->ctx->gpr[0] = NOT_SUPPORTED;
		return AV_DONE;
	}
	return call(vcpu);
}
