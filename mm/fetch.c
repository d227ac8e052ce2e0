// SPDX-License-Identifier: GPL-2.0
/*
 * The instruction at a vCPU's PC, read once; and where a vCPU's address leads, if the CPU can't say.
 *
 * Runs at: host kernel, the vCPU's thread outside of the burst; may sleep. Owns: nothing. Locks: takes slots_srcu.
 *
 * By a walk of the guest's tables in software: other vCPUs may change tables and code meanwhile, and nothing waits for
 * them. What comes back is some word that was there, perhaps not the one that the CPU executed. Whoever uses it has to
 * see to it that this does not matter.
 */
#include <asm/byteorder.h>

#include "mm.h"
#include "stage1.h"

static bool read_table(const struct av_stage1 *s1, u64 ipa, u64 *value)
{
	__le64 v;

	if (av_mm_read_guest(s1->cookie, ipa, &v, sizeof(v)))
		return false;
	*value = le64_to_cpu(v);
	return true;
}

static struct av_stage1 stage1_of(const struct av_vcpu *vcpu)
{
	const struct av_vcpu_ctx *ctx = vcpu->ctx;
	bool indirect = ctx->late & AV_LATE_TCR2;

	return (struct av_stage1) {
		.sctlr = ctx->sys[AV_SCTLR_EL1],
		.tcr = ctx->sys[AV_TCR_EL1],
		.ttbr = { ctx->sys[AV_TTBR0_EL1], ctx->sys[AV_TTBR1_EL1] },
		.tcr2 = indirect ? ctx->sys[AV_TCR2_EL1] : 0,
		.pir = ctx->sys[AV_PIR_EL1],
		.pire0 = ctx->sys[AV_PIRE0_EL1],
		.el0 = (ctx->pstate & PSR_MODE_FIELD) == PSR_MODE_EL0T,
		.read = read_table,
		.cookie = vcpu->vm,
	};
}

/**
 * av_mm_fetch() - the instruction at the PC
 * @vcpu: the vCPU, in A64
 * @word: takes it
 *
 * Context: vcpu->mutex held, outside of the burst, may sleep. Return: false if the guest's tables have no executable
 * memory there, or what they have is none of the VM's.
 */
bool av_mm_fetch(struct av_vcpu *vcpu, u32 *word)
{
	const struct av_vcpu_ctx *ctx = vcpu->ctx;
	const struct av_stage1 s1 = stage1_of(vcpu);
	__le32 insn;
	u64 ipa;

	if (ctx->pc & 3 || !av_stage1_fetch(&s1, ctx->pc, &ipa) ||
	    av_mm_read_guest(vcpu->vm, ipa, &insn, sizeof(insn)))
		return false;
	*word = le32_to_cpu(insn);
	return true;
}

/**
 * av_mm_find_ipa() - where the guest's own tables have an address
 * @vcpu: the vCPU, whose EL1 is AArch64
 * @va: the address, perhaps with a tag
 * @ipa: takes it
 *
 * For a fault of stage 2 behind which the CPU had no IPA to tell: that stage 1 lets the guest do what it did the CPU
 * has seen to.
 *
 * Context: as av_mm_fetch(). Return: false if the guest's tables have nothing there.
 */
bool av_mm_find_ipa(struct av_vcpu *vcpu, u64 va, u64 *ipa)
{
	const struct av_stage1 s1 = stage1_of(vcpu);

	return !av_vcpu_is_a32(vcpu) && av_stage1_find(&s1, va, ipa);
}
