// SPDX-License-Identifier: GPL-2.0
/*
 * One interrupt of the vCPU that runs here into a list register, as load_lr() in vgic/burst.c does it.
 *
 * Runs at: EL2, with the guest's world in the CPU. Owns: for the vCPU that runs here what av_vgic_flush() owns (list
 * registers, in_lr, lr_pend, run_prio); the host folds what is put here like its own.
 *
 * An SPI has to be bound to the vCPU already: that takes the dist lock, which is the host's. And only what needs no
 * choice: a list register is free, or the interrupt has one since an earlier turn.
 */
#include "el2.h"
#include "fast.h"
#include "../include/vgic_words.h"

/* Pending once more in its list register: always for an edge; a level only when the former one has ended. */
static bool load_again(struct av_vcpu_ctx *ctx, struct av_vgic_block *b, u32 intid)
{
	u32 n, bit = 1U << (intid & 31);
	u64 lr;

	for (n = 0; n < ctx->gic.used_lrs; n++) {
		if (ctx->gic.lr_intid[n] != intid)
			continue;
		lr = el2_gic_read_lr(n);
		if (lr & ICH_LR_STATE && !(av_word_read(&b->edge) & bit))
			return false;
		av_word_andnot(&b->latch, bit);
		/* It came behind a clearing that waits for the fold, which takes along what is in the list register. */
		if (av_word_read(&b->late_unpend) & bit) {
			av_word_or(&b->latch, bit);
			return false;
		}
		av_word_or(&b->lr_pend, bit);
		el2_gic_write_lr(n, lr | ICH_LR_PENDING);
		return true;
	}
	return false;
}

/*
 * el2_load_lr - make an interrupt pending in a list register
 * @cpu: this CPU's page
 * @ctx: the vCPU, with gic_priv; the interrupt is enabled and pending
 * @b: its block of words
 * @intid: the interrupt: private, or an SPI or LPI that is bound to the vCPU
 * @hw: ICH_LR_HW and the physical INTID of one that hardware backs, else 0
 *
 * Returns false when the host has to choose, and is to fold and fill anew: no list register is free, the interrupt is
 * active without one, or a level that is still in one, or an edge that was taken away or switched off in this moment.
 */
bool el2_load_lr(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx, struct av_vgic_block *b, u32 intid, u64 hw)
{
	struct av_gic_ctx *gic = &ctx->gic;
	u32 bit = 1U << (intid & 31), n = gic->used_lrs;
	bool withdrawn;
	u8 prio;

	if (!(gic->hcr & ICH_HCR_EN))
		return false;
	if (av_word_read(&b->in_lr) & bit)
		return load_again(ctx, b, intid);
	if (av_word_read(&b->active) & bit || n >= cpu->nr_lrs)
		return false;
	/* In this order: who takes the pending state away and finds none finds in_lr, and leaves it to the fold. */
	av_word_or(&b->in_lr, bit);
	withdrawn = !(av_word_andnot(&b->latch, bit) & bit) && av_word_read(&b->edge) & bit;
	if (withdrawn) {
		/* What others left to the fold meanwhile is done by it: there is an empty list register for that. */
		gic->lr_intid[n] = intid;
		gic->used_lrs = n + 1;
		el2_gic_write_lr(n, intid);
		return false;
	}
	av_word_or(&b->lr_pend, bit);
	/* Who changes priority or group from now on finds the vCPU to kick: load_anew() in vgic/irq_regs.c. */
	av_word_fence();
	prio = av_prio_read(b, intid & 31);
	el2_store(&b->run_prio[intid & 31], prio);
	gic->lr_intid[n] = intid;
	gic->used_lrs = n + 1;
	el2_gic_write_lr(n, intid | hw | ICH_LR_PRIORITY(prio) | ICH_LR_PENDING |
			 (av_word_read(&b->group1) & bit ? ICH_LR_GROUP1 : 0));
	/* Switched off since the caller looked, by one who did not find it loaded yet: the host takes it out again. */
	return av_word_read(&b->enabled) & bit;
}
