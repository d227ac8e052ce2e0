// SPDX-License-Identifier: GPL-2.0
/*
 * SMCCC: the guest's HVC and SMC calls, routed by function id (DEN0028).
 *
 * Runs at: host kernel, vcpu->mutex held; doesn't sleep but for what av_smc_may_sleep() names. Owns: nothing.
 *
 * Nothing is ever forwarded to the firmware: what no row answers is NOT_SUPPORTED.
 */
#include <linux/arm-smccc.h>
#include <linux/string.h>

#include "answer/answer.h"
#include "compat.h"
#include "dev/dev.h"
#include "host/parts.h"
#include "smc.h"

#define NOT_SUPPORTED		((u64)SMCCC_RET_NOT_SUPPORTED)
#define SMC64_CALL		0xc0000000U	/* a fast call, by the 64-bit convention */

static enum av_verdict not_supported(struct av_vcpu *vcpu)
{
	av_smccc_results(vcpu, NOT_SUPPORTED, 0, 0, 0);
	return AV_DONE;
}

static bool is_offered(const struct av_vcpu *vcpu, enum av_feat map, u64 bit)
{
	return vcpu->vm->smccc_feat[map] & bit;
}

static enum av_verdict smccc_version(struct av_vcpu *vcpu, u32 id)
{
	av_smccc_results(vcpu, ARM_SMCCC_VERSION_1_1, 0, 0, 0);
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
	case AV_SMCCC_PV_TIME_FEATURES:
		/* Whether this vCPU has it that call says. */
		if (is_offered(vcpu, AV_FEAT_STD_HYP, AV_FEAT_STD_HYP_PV_TIME))
			answer = SMCCC_RET_SUCCESS;
		break;
	default:
		break;
	}
	av_smccc_results(vcpu, answer, 0, 0, 0);
	return AV_DONE;
}

/* KVM's UUID: guests know the ABI by it, and it is KVM's ABI. */
static enum av_verdict vendor_uid(struct av_vcpu *vcpu, u32 id)
{
	av_smccc_results(vcpu, ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_0, ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_1,
			 ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_2, ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_3);
	return AV_DONE;
}

/* A bit for each function number: 0 to 31 in the first word, 64 and more in the third. */
static enum av_verdict vendor_features(struct av_vcpu *vcpu, u32 id)
{
	const u64 *feat = vcpu->vm->smccc_feat;

	av_smccc_results(vcpu, feat[AV_FEAT_VENDOR_HYP], 0, feat[AV_FEAT_VENDOR_HYP_2], 0);
	return AV_DONE;
}

/* Of PV_TIME_FEATURES and PV_TIME_ST, once user space has given the vCPU a place for its record (DEN0057, 3.2). */
static enum av_verdict pv_time_features(struct av_vcpu *vcpu, u32 id)
{
	u32 asked = vcpu->ctx->gpr[1];

	if ((asked != AV_SMCCC_PV_TIME_FEATURES && asked != AV_SMCCC_PV_TIME_ST) || !vcpu->pvtime.on)
		return not_supported(vcpu);
	av_smccc_results(vcpu, SMCCC_RET_SUCCESS, 0, 0, 0);
	return AV_DONE;
}

static enum av_verdict pv_time_st(struct av_vcpu *vcpu, u32 id)
{
	av_smccc_results(vcpu, av_pvtime_begin(vcpu), 0, 0, 0);
	return AV_DONE;
}

/* Anything that isn't listed, and isn't PSCI's, is NOT_SUPPORTED; so is what its bitmap does not have. */
static const struct function {
	u32 id;
	enum av_verdict (*call)(struct av_vcpu *vcpu, u32 id);
	enum av_feat map;
	u64 bit;		/* 0: always there */
} functions[] = {
	{ ARM_SMCCC_VERSION_FUNC_ID,			smccc_version },
	{ ARM_SMCCC_ARCH_FEATURES_FUNC_ID,		smccc_features },
	{ AV_TRNG_VERSION,				av_trng_call, AV_FEAT_STD, AV_FEAT_STD_TRNG },
	{ AV_TRNG_FEATURES,				av_trng_call, AV_FEAT_STD, AV_FEAT_STD_TRNG },
	{ AV_TRNG_GET_UUID,				av_trng_call, AV_FEAT_STD, AV_FEAT_STD_TRNG },
	{ AV_TRNG_RND32,				av_trng_call, AV_FEAT_STD, AV_FEAT_STD_TRNG },
	{ AV_TRNG_RND64,				av_trng_call, AV_FEAT_STD, AV_FEAT_STD_TRNG },
	{ AV_SMCCC_PV_TIME_FEATURES,			pv_time_features, AV_FEAT_STD_HYP, AV_FEAT_STD_HYP_PV_TIME },
	{ AV_SMCCC_PV_TIME_ST,				pv_time_st, AV_FEAT_STD_HYP, AV_FEAT_STD_HYP_PV_TIME },
	{ ARM_SMCCC_VENDOR_HYP_CALL_UID_FUNC_ID,	vendor_uid, AV_FEAT_VENDOR_HYP, AV_FEAT_VENDOR_FUNC },
	{ ARM_SMCCC_VENDOR_HYP_KVM_FEATURES_FUNC_ID,	vendor_features, AV_FEAT_VENDOR_HYP, AV_FEAT_VENDOR_FUNC },
	{ AV_SMCCC_VENDOR_PTP,				av_ptp_call, AV_FEAT_VENDOR_HYP, AV_FEAT_VENDOR_PTP },
};

/* User space has it; the PC is behind the instruction, whichever it was. */
static enum av_verdict to_user(struct av_vcpu *vcpu, const struct av_trap *trap, u32 id)
{
	struct armvcpu_hypercall *call = av_hypercall(vcpu->run);

	memset(call, 0, sizeof(*call));
	call->nr = id;
	if (ESR_EC(trap->esr) == EC_SMC64 || ESR_EC(trap->esr) == EC_SMC32)
		call->flags |= KVM_HYPERCALL_EXIT_SMC;
	if (!(trap->esr & ESR_IL))
		call->flags |= KVM_HYPERCALL_EXIT_16BIT;
	vcpu->run->exit_reason = KVM_EXIT_HYPERCALL;
	vcpu->user_ret = 0;
	vcpu->advance = true;
	return AV_TO_USER;
}

static enum av_verdict answer(struct av_vcpu *vcpu, u32 id)
{
	const struct function *f;

	if (!av_smccc_is_known(id))
		return not_supported(vcpu);
	/* The 64-bit convention is AArch64's (DEN0028, 2.5). */
	if (unlikely(av_mode_is_a32(vcpu)) && (id & SMC64_CALL) == SMC64_CALL)
		return not_supported(vcpu);
	if (av_psci_handles(id))
		return av_psci_call(vcpu, id);
	for (f = functions; f < functions + ARRAY_SIZE(functions); f++) {
		if (f->id == id && (!f->bit || is_offered(vcpu, f->map, f->bit)))
			return f->call(vcpu, id);
	}
	return not_supported(vcpu);
}

static enum av_verdict call(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	u32 id = vcpu->ctx->gpr[0];

	switch (av_smccc_action(vcpu->vm, id)) {
	case KVM_SMCCC_FILTER_DENY:
		return not_supported(vcpu);
	case KVM_SMCCC_FILTER_FWD_TO_USER:
		return to_user(vcpu, trap, id);
	default:
		return answer(vcpu, id);
	}
}

/**
 * av_trap_hvc() - the guest executed HVC, with any immediate
 * @vcpu: the vCPU
 * @trap: the snapshot
 *
 * Context: vcpu->mutex held. Return: AV_DONE, or AV_TO_USER for a system event or a call that user space wants.
 * Source: DEN0028, 2.6 and 6.
 */
enum av_verdict av_trap_hvc(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	return call(vcpu, trap);
}

/**
 * av_trap_smc() - the guest executed SMC; the PC is still at it
 * @vcpu: the vCPU
 * @trap: the snapshot
 *
 * As 6.12's KVM: SMC #0 is a call like HVC, any other immediate is unknown. Of AArch32's the syndrome has no immediate,
 * and may be one whose condition fails.
 *
 * Context: vcpu->mutex held. Return: as av_trap_hvc().
 */
enum av_verdict av_trap_smc(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	if (ESR_EC(trap->esr) == EC_SMC32 && !av_a32_condition(trap->esr, vcpu->ctx->pstate))
		return AV_DONE;
	if (trap->esr & 0xffff) {
		vcpu->ctx->gpr[0] = NOT_SUPPORTED;
		return AV_DONE;
	}
	return call(vcpu, trap);
}
