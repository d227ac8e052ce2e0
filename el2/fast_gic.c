// SPDX-License-Identifier: GPL-2.0
/*
 * The GIC's memory-mapped registers: reads of words that EL2 shares with the host, and writes that are an atomic on
 * such a word.
 *
 * Runs at: EL2, with the guest's world in the CPU. Owns: nothing; of the words it writes those that anybody may.
 *
 * The answers are those of vgic/regs.c and vgic/irq_regs.c, by the same words and in the same order. What those do
 * besides (wait for another vCPU's list registers, tell who has to act, take the dist lock) is theirs: "false" leaves
 * the instruction to the host, before anything was changed or after a change that the host can make once more without
 * making it another one. So ISPENDR is never written here: what it made pending may have been taken meanwhile.
 */
#include "el2.h"
#include "fast.h"
#include "../include/vgic_words.h"
#include "../include/vm_fast.h"

#define FRAME			0x10000UL
#define FRAMES_SHIFT		17	/* a redistributor is two frames */

/* What a frame's registers are called in both (IHI 0069, 12.8 and 12.10). */
#define CTLR			0x0000
#define IIDR			0x0008	/* of the distributor; 4 in the redistributor */
#define TYPER			0x0008	/* of the redistributor; 4 in the distributor */
#define WAKER			0x0014
#define IPRIORITYR		0x0400
#define IPRIORITYR_END		0x0800
#define ICFGR			0x0c00
#define ICFGR_END		0x0d00
#define IROUTER			0x6000
#define IROUTER_END		0x8000
#define PIDR2			0xffe8

/* Banks of one bit per interrupt, by offset / 128. */
enum bank { IGROUPR = 1, ISENABLER, ICENABLER, ISPENDR, ICPENDR, ISACTIVER, ICACTIVER, BIT_BANKS };

/* One access within a frame; aligned. */
struct access {
	u64 offset;
	u32 len;		/* bytes */
	bool is_write;
	bool is_own;		/* of the redistributor of the vCPU that runs here */
	u64 value;
};

/* ---- banks: the same for private and shared interrupts --------------------------------------------- */

static bool read_bits(const struct av_vgic_block *b, u64 bank, struct access *a)
{
	switch (bank) {
	case IGROUPR:
		a->value = av_word_read(&b->group1);
		return true;
	case ISENABLER:
	case ICENABLER:
		a->value = av_word_read(&b->enabled);
		return true;
	case ISPENDR:
	case ICPENDR:
		/*
		 * What is in a list register has to be fetched; what another vCPU may put into one, or take out of it,
		 * meanwhile the host knows how to look at (look_for_pending() in vgic/irq_regs.c). A timer's line is
		 * that of the last entry.
		 */
		if (!a->is_own || av_word_read(&b->in_lr) || (av_word_read(&b->hw) && av_word_read(&b->line)))
			return false;
		a->value = av_block_pending(b);
		return true;
	case ISACTIVER:
	case ICACTIVER:
		/* Nor is a write that waits for a fold. */
		if (av_word_read(&b->in_lr) || av_word_read(&b->late_inactive) ||
		    av_word_read(&b->late_active))
			return false;
		/* A fold changes active first, and then clears these: vgic/burst.c. */
		av_word_fence();
		a->value = av_word_read(&b->active);
		return true;
	default:
		return false;
	}
}

/* Must anybody hear of these, now that the change is made? */
static bool is_news(const struct av_vgic_spis *spis, const struct av_vgic_block *b, u32 bits)
{
	av_word_fence();
	return av_block_deliverable(b, av_word_read(&spis->ctlr)) & bits;
}

static bool write_bits(const struct av_vgic_spis *spis, struct av_vgic_block *b, u64 bank, u32 val)
{
	switch (bank) {
	case IGROUPR:
		av_word_xchg(&b->group1, val);
		return !is_news(spis, b, ~0U) && !av_word_read(&b->in_lr);
	case ISENABLER:
		av_word_or(&b->enabled, val);
		return !is_news(spis, b, val);
	case ICENABLER:
		av_word_andnot(&b->enabled, val);
		av_word_fence();
		return !(av_word_read(&b->in_lr) & val);
	case ICPENDR:
		av_word_andnot(&b->latch, val);
		/*
		 * In this order: who loads one sets in_lr, then takes the latch. The host does it again, and tells; and
		 * a level that the latch brought into a list register of this CPU's is out of it by then.
		 */
		av_word_fence();
		if (av_word_read(&b->in_lr) & val)
			return false;
		/*
		 * Once more: a fold that is over by now has put back what it found pending. Unless it is in a list
		 * register again, too.
		 */
		av_word_andnot(&b->latch, val);
		av_word_fence();
		return !(av_word_read(&b->in_lr) & val);
	default:
		return false;
	}
}

static bool access_bits(const struct av_vgic_spis *spis, struct av_vgic_block *b, struct access *a)
{
	u64 bank = a->offset / 128;

	if (a->len != 4)
		return false;
	return a->is_write ? write_bits(spis, b, bank, a->value) : read_bits(b, bank, a);
}

/* Is any of them in a list register, with the priority that it had then? Asked behind the change. */
static bool is_loaded(const struct av_vgic_block *b, u32 bits)
{
	av_word_fence();
	return av_word_read(&b->in_lr) & bits;
}

static bool access_prio(const struct av_vgic_spis *spis, struct av_vgic_block *b, u32 intid, struct access *a)
{
	u32 mask = AV_VGIC_PRIO_MASK * 0x01010101U, bits = ((1U << a->len) - 1) << intid % 32;
	u8 *prio = &b->prio[intid % 32];

	if (a->len == 4 && a->is_write)
		el2_store((u32 *)prio, (u32)a->value & mask);
	else if (a->len == 4)
		a->value = el2_load((u32 *)prio);
	else if (a->len == 1 && a->is_write)
		el2_store(prio, (u8)a->value & AV_VGIC_PRIO_MASK);
	else if (a->len == 1)
		a->value = el2_load(prio);
	if (a->len != 4 && a->len != 1)
		return false;
	return !a->is_write || !(is_loaded(b, bits) || is_news(spis, b, bits));
}

/* Sixteen bits to the upper ones of sixteen pairs. */
static u32 spread(u32 x)
{
	x = (x | x << 8) & 0x00ff00ff;
	x = (x | x << 4) & 0x0f0f0f0f;
	x = (x | x << 2) & 0x33333333;
	x = (x | x << 1) & 0x55555555;
	return x << 1;
}

static bool access_config(const struct av_vgic_block *b, u32 intid, struct access *a)
{
	if (a->len != 4)
		return false;
	if (a->is_write)
		return intid < AV_VGIC_PRIVATE;		/* where nothing can be changed */
	a->value = spread(av_word_read(&b->edge) >> intid % 32 & 0xffff);
	return true;
}

/* The first interrupt of a bank's register; none of ours: beyond all. */
static u32 first_intid(u64 offset)
{
	if (offset >= IGROUPR * 128 && offset < IPRIORITYR)
		return (offset & 0x7c) * 8;
	if (offset >= IPRIORITYR && offset < IPRIORITYR_END)
		return offset - IPRIORITYR;
	if (offset >= ICFGR && offset < ICFGR_END)
		return (offset - ICFGR) * 4;
	return AV_VGIC_IRQS;
}

static bool access_bank(const struct av_vgic_spis *spis, struct av_vgic_block *b, u32 intid, struct access *a)
{
	if (a->offset < IPRIORITYR)
		return access_bits(spis, b, a);
	if (a->offset < IPRIORITYR_END)
		return access_prio(spis, b, intid, a);
	return access_config(b, intid, a);
}

/* ---- the frames -------------------------------------------------------------------------------------- */

static bool access_route(const struct av_vgic_spis *spis, struct access *a)
{
	u64 intid = (a->offset - IROUTER) / 8;

	if (a->is_write || a->len < 4 || intid < AV_VGIC_PRIVATE || intid >= spis->nr_irqs)
		return false;
	a->value = a->offset & 4 ? 0 : av_word_read(&spis->route[el2_bounded(intid, AV_VGIC_IRQS)]);
	return true;
}

static bool access_dist(struct av_vgic_spis *spis, struct access *a)
{
	u32 intid = first_intid(a->offset);

	if (intid >= AV_VGIC_PRIVATE && intid < spis->nr_irqs) {
		intid = el2_bounded(intid, AV_VGIC_IRQS);
		return access_bank(spis, &spis->block[intid / 32], intid, a);
	}
	if (a->offset >= IROUTER && a->offset < IROUTER_END)
		return access_route(spis, a);
	if (a->len != 4)
		return false;
	/* Enabling is news for all, and the host's; writing what is there is nothing. */
	if (a->is_write)
		return a->offset == CTLR &&
		       ((u32)a->value & AV_VGIC_CTLR_ENABLE) == av_word_read(&spis->ctlr);
	switch (a->offset) {
	case CTLR:		/* affinity routing, one security state */
		a->value = av_word_read(&spis->ctlr) | AV_BIT(4) | AV_BIT(6);
		return true;
	case 0x0004:		/* GICD_TYPER */
		a->value = av_word_read(&spis->typer);
		return true;
	case IIDR:
		a->value = AV_VGIC_IIDR | AV_VGIC_IIDR_REV(av_word_read(&spis->rev));
		return true;
	case PIDR2:
		a->value = AV_VGIC_PIDR2;
		return true;
	default:
		return false;
	}
}

/* GICR_TYPER; MPIDR_EL1 is in the context and nowhere else. */
static u64 redist_typer(const struct av_vcpu_ctx *ctx)
{
	return (el2_load(&ctx->sys[AV_MPIDR_EL1]) & AV_MASK(23, 0)) << 32 | el2_load(&ctx->gicr_typer);
}

/* The redistributor's first frame. */
static bool access_redist(const struct av_vgic_spis *spis, const struct av_vcpu_ctx *of, struct access *a)
{
	u64 typer;

	if ((a->offset & ~4UL) == TYPER && a->len >= 4 && !a->is_write) {
		typer = redist_typer(of);
		a->value = a->offset & 4 ? typer >> 32 : typer;
		return true;
	}
	if (a->len != 4)
		return false;
	switch (a->offset) {
	case CTLR:		/* LPIs are switched by the host */
		a->value = (av_word_read(&spis->rev) >= 3 ? AV_VGIC_REDIST_CTLR : 0) |
			   av_word_read(&((struct av_vgic_priv *)of->gic_priv)->lpi_ctlr);
		return !a->is_write;
	case WAKER:		/* always awake */
		a->value = 0;
		return true;
	case 0x0004:		/* GICR_IIDR */
		a->value = AV_VGIC_IIDR;
		return !a->is_write;
	case PIDR2:
		a->value = AV_VGIC_PIDR2;
		return !a->is_write;
	default:
		return false;
	}
}

/* The context of the vCPU whose redistributor is at @ipa, and the offset there; NULL: nobody's that we know. */
static struct av_vcpu_ctx *redist_at(const struct av_vm_fast *fast, u64 ipa, u64 *offset)
{
	const struct av_fast_region *r = fast->region;
	u64 n, nr = fast->nr_regions;

	for (; nr; nr--, r++) {
		n = (ipa - r->base) >> FRAMES_SHIFT;
		if (n >= r->count)
			continue;
		*offset = (ipa - r->base) & (2 * FRAME - 1);
		return (struct av_vcpu_ctx *)fast->redist[el2_bounded(r->first + n, AV_FAST_TARGETS)];
	}
	return NULL;
}

/* Of the distributor, or, with @of, of that vCPU's redistributor. */
static bool access_gic(struct av_vgic_spis *spis, const struct av_vcpu_ctx *of, struct access *a)
{
	u32 intid;

	if (!of)
		return access_dist(spis, a);
	if (a->offset < FRAME)
		return access_redist(spis, of, a);
	a->offset -= FRAME;
	intid = first_intid(a->offset);
	if (intid >= AV_VGIC_PRIVATE)
		return false;
	return access_bank(spis, &((struct av_vgic_priv *)of->gic_priv)->block, intid, a);
}

/*
 * el2_gic_mmio - a stage-2 abort: is it an access to the GIC that needs no host?
 * @fast: the VM's page
 * @ctx: the vCPU, ctx->trap complete
 *
 * Returns: true if done; the PC is the caller's to move.
 */
bool el2_gic_mmio(const struct av_vm_fast *fast, struct av_vcpu_ctx *ctx)
{
	u64 esr = ctx->trap.esr, rt = ESR_DABT_SRT(esr);
	u64 ipa = ctx->trap.ipa | (ctx->trap.far & 0xfff);
	const struct av_vcpu_ctx *of = NULL;
	struct access a;

	if (!fast->spis || ipa < fast->gic_first || ipa > fast->gic_last)
		return false;
	a.offset = ipa - fast->gicd_base;
	if (a.offset >= FRAME) {
		of = redist_at(fast, ipa, &a.offset);
		if (!of)
			return false;
	}
	a.len = 1U << ESR_DABT_SAS(esr);
	a.is_write = esr & ESR_DABT_WNR;
	a.is_own = of == ctx;
	if (!el2_is_plain(esr) || ipa & (a.len - 1))
		return false;
	a.value = a.is_write && rt < 31 ? ctx->gpr[rt] : 0;
	if (!access_gic((struct av_vgic_spis *)fast->spis, of, &a))
		return false;
	if (!a.is_write && rt < 31)
		ctx->gpr[rt] = a.value;
	return true;
}
