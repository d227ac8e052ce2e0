// SPDX-License-Identifier: GPL-2.0
/*
 * Software generated interrupts, from the guest's ICC_SGI1R_EL1 to the target's list register, without
 * the host: the sender's own at once, others by a kick of the CPU that they run on.
 *
 * Runs at: EL2, with the guest's world in the CPU. Owns: nothing; of other vCPUs it only sets words that anybody may
 * set.
 *
 * The words are include/vgic_words.h's, and the rules vgic/irq.c's: state word, summary, barrier, then look
 * whether the target is in its guest. The host's runner writes ctx->running before it reads the summary
 * (vcpu/run.c), so one of the two sees the other.
 */
#include "el2.h"
#include "fast.h"
#include "../include/vgic_words.h"
#include "../include/vm_fast.h"

#define ICC_SGI1R_EL1		S3_0_C12_C11_5

/* Fields of the guest's value (IHI 0069, 12.2.22) */
#define SGI_LIST(v)		AV_GET(v, 15, 0)
#define SGI_AFF1(v)		AV_GET(v, 23, 16)
#define SGI_INTID(v)		AV_GET(v, 27, 24)
#define SGI_AFF2(v)		AV_GET(v, 39, 32)
#define SGI_IRM			AV_BIT(40)
#define SGI_RS_AFF3		(AV_MASK(47, 44) | AV_MASK(55, 48))

/* The host's reschedule IPI: it makes a CPU leave its guest and look, and does no harm otherwise. */
#define HOST_SGI		0UL

/* Make the SGI pending. True if that is news which the vCPU's list registers must hear of. */
static bool post(const struct av_vm_fast *fast, const struct av_vcpu_ctx *to, u32 intid)
{
	const struct av_vgic_spis *spis = (const struct av_vgic_spis *)fast->spis;
	struct av_vgic_block *b = &priv_of(to)->block;
	u32 bit = 1U << intid;

	if (av_word_or(&b->latch, bit) & bit)
		return false;
	/*
	 * The latch before the question: a store-exclusive does not keep a later load behind it. Who enables the
	 * interrupt meanwhile does it the other way round (is_news() in fast_gic.c), so one of both sees it.
	 */
	av_word_fence();
	return av_block_deliverable(b, av_word_read(&spis->ctlr)) & bit;
}

/*
 * Make another CPU leave its guest. By an interrupt that is nobody else's, so that EL2 there can take it
 * (el2/fast_irq.c), if its redistributor is known; else by an SGI, which its host takes.
 */
static void kick_cpu(const struct el2_cpu *cpu, u64 place)
{
	u64 mpidr = AV_RUNNING_MPIDR(place), aff0 = AV_GET(mpidr, 7, 0);

	/* The words are visible to who takes the interrupt (IHI 0069, 12.1.5: it is not ordered by itself). */
	dsb(ishst);
	if (place & AV_RUNNING_REDIST) {
		el2_store((u32 *)(AV_RUNNING_ADDR(place) + GICR_ISPENDR0_OFFSET),
			  1U << cpu->kick_intid);
		return;
	}
	write_named(ICC_SGI1R_EL1, AV_PUT(AV_GET(mpidr, 39, 32), 55, 48) |
		    AV_PUT(AV_GET(mpidr, 23, 16), 39, 32) | AV_PUT(AV_GET(mpidr, 15, 8), 23, 16) |
		    AV_PUT(aff0 >> 4, 47, 44) | HOST_SGI << 24 | AV_BIT(aff0 & 15));
	isb();
}

/* One target. True if the host has to wake or to look after it. */
static bool send(const struct el2_cpu *cpu, const struct av_vm_fast *fast,
		 struct av_vcpu_ctx *self, struct av_vcpu_ctx *to, u32 intid)
{
	u64 running;

	if (!post(fast, to, intid))
		return false;
	if (to == self && el2_load_lr(cpu, self, &priv_of(self)->block, intid, 0))
		return false;
	av_word_or(&priv_of(to)->summary, 1);
	if (to == self)
		return true;
	/* The summary is written before running is read; pairs with the barrier in vcpu/run.c's burst(). */
	av_word_fence();
	running = el2_load(&to->running);
	if (!running)
		return true;
	kick_cpu(cpu, running);
	return false;
}

/*
 * el2_sgi - the guest wrote ICC_SGI1R_EL1
 * @cpu: this CPU's page
 * @fast: the VM's page, as the trap found it: the host may switch the fast path off meanwhile
 * @ctx: the sender
 * @value: what it wrote
 *
 * At most 16 targets, one cluster; everything else is the host's, before anything was changed.
 */
enum el2_verdict el2_sgi(const struct el2_cpu *cpu, const struct av_vm_fast *fast,
			 struct av_vcpu_ctx *ctx, u64 value)
{
	u32 base = SGI_AFF2(value) << 12 | SGI_AFF1(value) << 4, left, n;
	u64 to;

	if (!fast->spis || !ctx->gic_priv || el2_load(&fast->odd_mpidr) ||
	    value & (SGI_IRM | SGI_RS_AFF3))
		return EL2_NOT_MINE;
	ctx->kick_base = base;
	ctx->kick_wake = 0;
	ctx->kick_post = 0;
	for (left = SGI_LIST(value); left; left &= left - 1) {
		n = __builtin_ctz(left);
		if (base + n >= AV_FAST_TARGETS)
			break;
		to = el2_load(&fast->target[el2_bounded(base + n, AV_FAST_TARGETS)]);
		/* 0: no such vCPU, or one that has not run yet: the host knows. */
		if (!to)
			ctx->kick_post |= 1U << n;
		else if (send(cpu, fast, ctx, (struct av_vcpu_ctx *)to, SGI_INTID(value)))
			ctx->kick_wake |= 1U << n;
	}
	ctx->kick_intid = SGI_INTID(value);
	return ctx->kick_wake | ctx->kick_post ? EL2_KICK : EL2_RESUME;
}
