// SPDX-License-Identifier: GPL-2.0
/*
 * Random numbers for the guest by call: the True Random Number Generator Firmware Interface 1.0 (DEN0098), from the
 * host's pool.
 *
 * Runs at: host kernel, vcpu->mutex held, not in the burst: on PREEMPT_RT the pool has a lock that sleeps.
 * Owns: nothing.
 */
#include <linux/random.h>
#include <linux/string.h>

#include "answer.h"
#include "include/vm_fast.h"

#define TRNG_VERSION_1_0	0x10000
#define TRNG_SUCCESS		0
#define NOT_SUPPORTED		(~0ULL)
#define INVALID_PARAMETERS	((u64)-2)

/* Who gives the numbers: KVM's identity, 0d21e000-4384-11eb-8070-5244554e5a4c, as the four words of DEN0098, 2.4. */
static enum av_verdict uuid(struct av_vcpu *vcpu)
{
	av_smccc_results(vcpu, 0x00e0210d, 0xeb118443, 0x44527080, 0x4c5a4e55);
	return AV_DONE;
}

static enum av_verdict features(struct av_vcpu *vcpu)
{
	u32 asked = vcpu->ctx->gpr[1];
	bool there = (asked >= AV_TRNG_VERSION && asked <= AV_TRNG_RND32) || asked == AV_TRNG_RND64;

	av_smccc_results(vcpu, there ? TRNG_SUCCESS : NOT_SUPPORTED, 0, 0, 0);
	return AV_DONE;
}

/*
 * So many bits, 1 to three registers full, right-aligned over x1 (the highest), x2, x3; what is not asked for is zero
 * (DEN0098, 2.5).
 */
static enum av_verdict random(struct av_vcpu *vcpu, unsigned int width)
{
	u64 wanted = (u32)vcpu->ctx->gpr[1], word[3] = {};
	unsigned int i, left;

	if (!wanted || wanted > 3 * width) {
		av_smccc_results(vcpu, INVALID_PARAMETERS, 0, 0, 0);
		return AV_DONE;
	}
	for (i = 0, left = wanted; left; i++) {
		unsigned int bits = min(left, width);

		get_random_bytes(&word[i], width / 8);
		word[i] &= AV_MASK(bits - 1, 0);
		left -= bits;
	}
	av_smccc_results(vcpu, TRNG_SUCCESS, word[2], word[1], word[0]);
	/* They are the guest's alone. */
	memzero_explicit(word, sizeof(word));
	return AV_DONE;
}

/**
 * av_trng_call() - one of the five calls
 * @vcpu: the vCPU
 * @id: the function
 *
 * Context: vcpu->mutex held, may sleep. Return: AV_DONE.
 */
enum av_verdict av_trng_call(struct av_vcpu *vcpu, u32 id)
{
	switch (id) {
	case AV_TRNG_FEATURES:
		return features(vcpu);
	case AV_TRNG_GET_UUID:
		return uuid(vcpu);
	case AV_TRNG_RND32:
		return random(vcpu, 32);
	case AV_TRNG_RND64:
		return random(vcpu, 64);
	default:
		av_smccc_results(vcpu, TRNG_VERSION_1_0, 0, 0, 0);
		return AV_DONE;
	}
}
