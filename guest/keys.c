// SPDX-License-Identifier: GPL-2.0
/*
 * Pointer authentication for vCPUs that are given it: from the first use on the guest has its keys in the CPU at each
 * entry (el2/keys.c). A vCPU that has not used them yet is run as one without.
 *
 * Runs at: host kernel, vcpu->mutex held, outside of the burst. Owns: ctx->keys, HCR_EL2.API and APK in ctx->hcr.
 *
 * Until then all of it traps: the instructions that SCTLR_EL1 has switched on, and the keys. A guest that uses them
 * goes on doing so, in each of its functions, so there is no second "first use" before a reset.
 */
#include "guest.h"
#include "sysreg_row.h"

/**
 * av_keys_first_use() - an instruction or an access to a key trapped
 * @vcpu: the vCPU
 *
 * Return: AV_RETRY; AV_INJECTED in a VM without the feature, where both are undefined.
 */
enum av_verdict av_keys_first_use(struct av_vcpu *vcpu)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	if (!av_keys_has(vcpu) || ctx->keys)
		return av_reg_undef(vcpu);
	ctx->keys = 1;
	ctx->hcr |= HCR_API | HCR_APK;
	return AV_RETRY;
}

/* The access is made once more, by the guest itself. */
enum av_verdict av_access_key(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	return av_keys_first_use(vcpu);
}

static bool has_keys(const struct av_vcpu *vcpu)
{
	return av_keys_has(vcpu);
}

AV_REG_USER(KEY, av_reg_get_home, av_reg_set_home, .visible = has_keys);
