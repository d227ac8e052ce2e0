// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's SVE registers: Z, P, FFR and ZCR_EL1. Loaded at the first use in a burst, saved at its end, as FP's are
 * (fp.c), and instead of those.
 *
 * Runs at: host kernel; what loads and saves with preemption off, interrupts on. Owns: vcpu->sve, ctx->sys[AV_ZCR_EL1].
 *
 * While the registers are the guest's, vectors are as long as its longest, for EL1 of the host too: shorter, the CPU
 * might clear what they hide; longer, the guest would see what others left there (DDI 0487, ZCR_EL1.LEN). On an nVHE
 * host ZCR_EL2 holds that limit, written by EL2 at load and at save only, and ZCR_EL1 is the guest's: the host at
 * EL1 hides no more by it than the guest itself does. On a VHE host ZCR_EL2 is the kernel's own ZCR, and ZCR_EL1
 * nobody's but the guest's.
 *
 * Of a guest that never used SVE all bits beyond V0 - V31 are 0, and stay so whatever it does with V: writing those
 * clears the rest of Z. So until the first SVE instruction, or until user space sets such a bit, fp.c does.
 */
#include <linux/bottom_half.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/neon.h>
#include <asm/sysreg.h>

#include "compat.h"
#include "guest.h"
#include "host/calls.h"
#include "host/sve.h"
#include "sve_regs.h"
#include "sysreg_row.h"

#define ZCR_EL12	sys_reg(3, 5, 1, 2, 0)
#define ZCR_LEN		AV_MASK(3, 0)

static unsigned int vector_bytes(const struct av_vcpu *vcpu)
{
	return vcpu->sve.max_vq * 16;
}

static size_t regs_size(const struct av_vcpu *vcpu)
{
	return 32 * vector_bytes(vcpu) + 17 * vector_bytes(vcpu) / 8;
}

/* ---- into the CPU and out of it ------------------------------------------------------------------ */

/*
 * Since 6.8 softirqs may come between kernel_neon_begin() and _end(), and use FP there: the kernel then keeps V0 -
 * V31 for us, and no more. On PREEMPT_RT they are threads, which wait for the burst's end.
 */
static void begin(void)
{
	av_kernel_neon_begin();
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		local_bh_disable();
}

static void end(void)
{
	av_kernel_neon_end();
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		local_bh_enable();
}

/* The guest's longest vectors are the longest of the host's EL1 as well. False: this CPU has no such. */
static bool lengths_of_guest(struct av_vcpu *vcpu)
{
	u64 zcr = vcpu->sve.max_vq - 1;

	vcpu->sve.host_zcr = av_sve_zcr_get();
	if (!av_host_is_vhe() && av_el2_call(SVE, zcr, 0, 0) < 0)
		return false;
	av_sve_zcr_set(zcr);
	return av_sve_vector_bytes() == vector_bytes(vcpu);
}

static void lengths_of_host(struct av_vcpu *vcpu)
{
	s64 answer __maybe_unused;

	/* Without an answer EL2 is not ours any more, and gave all back when it went. */
	if (!av_host_is_vhe())
		answer = av_el2_call(SVE, AV_SVE_FOUND, 0, 0);
	av_sve_zcr_set(vcpu->sve.host_zcr);
}

/**
 * av_sve_load() - the guest's vectors into the CPU
 * @vcpu: the vCPU, which has used SVE; its FP registers are not in the CPU
 *
 * Context: the burst. Return: AV_RETRY, or AV_TO_USER when the lengths that this CPU has are not the vCPU's.
 */
enum av_verdict av_sve_load(struct av_vcpu *vcpu)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	if (unlikely(!av_sve_fits(av_sve_lengths_here(), vcpu->sve.lengths)))
		return av_vcpu_refuse_cpu(vcpu);
	begin();
	if (unlikely(!lengths_of_guest(vcpu))) {
		lengths_of_host(vcpu);
		end();
		return av_vcpu_refuse_cpu(vcpu);
	}
	av_sve_regs_load(vcpu->sve.regs, &ctx->fpsr);
	/* In force at the guest's entry. */
	if (av_host_is_vhe())
		write_sysreg_s(ctx->sys[AV_ZCR_EL1] & ZCR_LEN, ZCR_EL12);
	else
		av_sve_zcr_set(ctx->sys[AV_ZCR_EL1] & ZCR_LEN);
	vcpu->sve.live = true;
	vcpu->fp_live = true;
	av_controls_fp(vcpu);
	return AV_RETRY;
}

/* The other way round; av_fp_put() calls it. */
void av_sve_put(struct av_vcpu *vcpu)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	if (av_host_is_vhe()) {
		ctx->sys[AV_ZCR_EL1] = read_sysreg_s(ZCR_EL12);
	} else {
		ctx->sys[AV_ZCR_EL1] = av_sve_zcr_get();
		av_sve_zcr_set(vcpu->sve.max_vq - 1);
	}
	av_sve_regs_save(vcpu->sve.regs, &ctx->fpsr);
	lengths_of_host(vcpu);
	vcpu->sve.live = false;
	vcpu->fp_live = false;
	av_controls_fp(vcpu);
	end();
}

/* From now on regs is where V0 - V31 are, too. They are in memory. */
static void widen(struct av_vcpu *vcpu)
{
	unsigned int n, bytes = vector_bytes(vcpu);

	memset(vcpu->sve.regs, 0, regs_size(vcpu));
	for (n = 0; n < 32; n++)
		memcpy(vcpu->sve.regs + n * bytes, &vcpu->ctx->v[n], sizeof(vcpu->ctx->v[n]));
	vcpu->sve.used = true;
}

/**
 * av_sve_first_use() - an SVE instruction, or an access to ZCR_EL1, trapped
 * @vcpu: the vCPU, with SVE
 *
 * Context, return: as av_sve_load().
 */
enum av_verdict av_sve_first_use(struct av_vcpu *vcpu)
{
	if (vcpu->sve.live)
		return AV_RETRY;
	av_fp_put(vcpu);
	if (!vcpu->sve.used)
		widen(vcpu);
	return av_sve_load(vcpu);
}

/* ---- life ---------------------------------------------------------------------------------------- */

/* VCPU_INIT: all that the machine offers, unless the lengths are final. */
void av_sve_init(struct av_vcpu *vcpu)
{
	if (vcpu->features & BIT(KVM_ARM_VCPU_SVE) && !vcpu->sve.regs)
		av_sve_limit(vcpu, av_sve_lengths());
}

/* Before FINALIZE: false if a vCPU can't have these lengths. */
bool av_sve_limit(struct av_vcpu *vcpu, u32 lengths)
{
	unsigned int vq = av_sve_take(av_sve_lengths(), lengths);

	if (!vq)
		return false;
	vcpu->sve.lengths = lengths;
	vcpu->sve.max_vq = vq;
	return true;
}

/**
 * av_sve_finalise() - KVM_ARM_VCPU_FINALIZE of SVE
 * @vcpu: the vCPU, initialised
 *
 * Context: vcpu->mutex held. Return: 0, -EINVAL without SVE, -EPERM when it was done before, -ENOMEM.
 */
int av_sve_finalise(struct av_vcpu *vcpu)
{
	if (!av_sve_has(vcpu))
		return -EINVAL;
	if (vcpu->sve.regs)
		return -EPERM;
	vcpu->sve.regs = kzalloc(regs_size(vcpu), GFP_KERNEL_ACCOUNT);
	return vcpu->sve.regs ? 0 : -ENOMEM;
}

void av_sve_free(struct av_vcpu *vcpu)
{
	kfree(vcpu->sve.regs);
}

/* ---- user space ---------------------------------------------------------------------------------- */

unsigned int av_sve_reg_size(const struct av_vcpu *vcpu, unsigned int n)
{
	return n < AV_SVE_P ? vector_bytes(vcpu) : vector_bytes(vcpu) / 8;
}

static void *home(const struct av_vcpu *vcpu, unsigned int n)
{
	unsigned int bytes = vector_bytes(vcpu);

	return vcpu->sve.regs + (n < AV_SVE_P ? n * bytes : 32 * bytes + (n - AV_SVE_P) * bytes / 8);
}

void av_sve_get(const struct av_vcpu *vcpu, unsigned int n, void *value)
{
	if (vcpu->sve.used) {
		memcpy(value, home(vcpu, n), av_sve_reg_size(vcpu, n));
		return;
	}
	memset(value, 0, av_sve_reg_size(vcpu, n));
	if (n < AV_SVE_P)
		memcpy(value, &vcpu->ctx->v[n], sizeof(vcpu->ctx->v[n]));
}

/* A VMM that restores a guest sets them all: of one that has not used SVE that must not make one that has. */
void av_sve_set(struct av_vcpu *vcpu, unsigned int n, const void *value)
{
	unsigned int bytes = av_sve_reg_size(vcpu, n), narrow = n < AV_SVE_P ? sizeof(vcpu->ctx->v[n]) : 0;

	if (!vcpu->sve.used && memchr_inv(value + narrow, 0, bytes - narrow))
		widen(vcpu);
	if (vcpu->sve.used)
		memcpy(home(vcpu, n), value, bytes);
	else if (narrow)
		memcpy(&vcpu->ctx->v[n], value, narrow);
}

/* ZCR_EL1: a trapped access has a class of its own, so that no handler is ever asked. */
static bool has_zcr(const struct av_vcpu *vcpu)
{
	return av_sve_has(vcpu);
}

AV_REG_USER(ZCR, av_reg_get_home, av_reg_set_home, .visible = has_zcr);
