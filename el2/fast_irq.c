// SPDX-License-Identifier: GPL-2.0
/*
 * Physical interrupts that are only about the guest: its timers', and the kick that tells it of an SGI. And
 * its WFI, which waits for either.
 *
 * Runs at: EL2, with the guest's world in the CPU. Owns: in this CPU's redistributor the pending state of the kick's
 * interrupt and the active state of the timers', as long as the guest runs.
 *
 * No interrupt is acknowledged here: another one might come out of ICC_IAR1_EL1 than the one that was looked at, and
 * nobody could give it back to the host. The kick's pending state is taken away, a timer's interrupt made active;
 * both then no longer signal. All else is the host's.
 */
#include "el2.h"
#include "fast.h"
#include "../include/vgic_words.h"
#include "../include/vm_fast.h"

#define ICC_HPPIR1_EL1		S3_0_C12_C12_2
#define ICH_MISR_EL2		S3_4_C12_C11_2

/* So many kicks EL2 takes, and the next one is the host's. A power of two. */
#define KICKS			256

/* Enabled, and not held back by the distributor; pending or not. */
static u32 enabled(const struct av_vm_fast *fast, const struct av_vgic_block *b)
{
	const struct av_vgic_spis *spis = (const struct av_vgic_spis *)fast->spis;

	return av_word_read(&spis->ctlr) & AV_VGIC_CTLR_ENABLE ? av_word_read(&b->enabled) : 0;
}

static void redist_write(const struct el2_cpu *cpu, u32 offset, u64 intid)
{
	el2_store((u32 *)(cpu->redist + offset), 1U << intid);
}

/* Reading back what was written: the redistributor has seen it. */
static void redist_settle(const struct el2_cpu *cpu, u32 offset)
{
	(void)el2_load_device((u32 *)(cpu->redist + offset));
}

/*
 * A timer's line is up: its interrupt goes to the guest in a list register that ends the physical one, too, which
 * until then is active and keeps quiet however high the line (as host/timer.c has it). One copy for each timer.
 */
static __always_inline bool timer(const struct el2_cpu *cpu, const struct av_vm_fast *fast,
				  struct av_vcpu_ctx *ctx, u32 which)
{
	const u64 mask = CNT_CTL_ENABLE | CNT_CTL_IMASK | CNT_CTL_ISTATUS;
	struct av_vgic_block *b = &priv_of(ctx)->block;
	u32 intid = ctx->timer_intid[which];
	u64 phys = cpu->timer_intid[which], ctl;

	if (EL2_VHE && which == AV_TIMER_PHYS)
		ctl = read_guest(CNTP_CTL_EL0);
	else
		ctl = read_guest(CNTV_CTL_EL0);
	if (!intid || (ctl & mask) != (CNT_CTL_ENABLE | CNT_CTL_ISTATUS))
		return false;
	if (!(enabled(fast, b) & ~av_word_read(&b->edge) & 1U << intid))
		return false;
	if (!el2_load_lr(cpu, ctx, b, intid, ICH_LR_HW | ICH_LR_PINTID(phys)))
		return false;
	redist_write(cpu, GICR_ISACTIVER0_OFFSET, phys);
	redist_settle(cpu, GICR_ISACTIVER0_OFFSET);
	ctx->timer_moved |= 1U << which;
	return true;
}

/* What others sent to this vCPU alone. False: the rest is the host's. */
static bool load_private(const struct el2_cpu *cpu, const struct av_vm_fast *fast, struct av_vcpu_ctx *ctx)
{
	const u32 sgis = (1U << AV_VGIC_SGIS) - 1;
	struct av_vgic_block *b = &priv_of(ctx)->block;
	u32 left = enabled(fast, b) & av_block_pending(b);
	u32 in_lr = av_word_read(&b->in_lr), active = av_word_read(&b->active);

	/* One that is active without a list register is the flush's, to find room for: av_burst_fill() looks again. */
	if (active & ~in_lr)
		return false;
	/* A level that the guest has already is still pending by its line. */
	left &= sgis | ~(in_lr | active);
	for (; left; left &= left - 1) {
		u32 intid = __builtin_ctz(left);

		/* Timers and the like: av_timer_flush() and the host's choice. */
		if (intid >= AV_VGIC_SGIS || !el2_load_lr(cpu, ctx, b, intid, 0))
			return false;
	}
	return true;
}

/*
 * The SPIs of block @n, as far as the host has bound them to this vCPU (bind_ahead() in vgic/irq.c). False: the rest is
 * the host's, which has the lock: to bind others, to give back one that may no longer be delivered. And levels, whose
 * end somebody waits for.
 */
static bool load_spis(const struct el2_cpu *cpu, const struct av_vm_fast *fast, struct av_vcpu_ctx *ctx, u32 n)
{
	struct av_vgic_block *b = &((struct av_vgic_spis *)fast->spis)->block[n];
	u32 active = av_word_read(&b->active), held, routed, left;

	/* Active is read before held: change_active() in vgic/irq_regs.c. */
	av_word_fence();
	held = av_word_read(&priv_of(ctx)->held[n]);
	routed = av_word_read(&priv_of(ctx)->routed[n]);
	/* As in load_private(). */
	if (held & active & ~av_word_read(&b->in_lr))
		return false;
	left = enabled(fast, b) & av_block_pending(b);
	left &= held | (routed & ~av_word_read(&b->held));
	/* Its list register may be all that still ties one to this vCPU: then it is its new route's. */
	if (left & ~(held & routed & av_word_read(&b->edge)) ||
	    held & ~(left | active | av_word_read(&b->in_lr)))
		return false;
	for (; left; left &= left - 1)
		if (!el2_load_lr(cpu, ctx, b, n * 32 + __builtin_ctz(left), 0))
			return false;
	return true;
}

/*
 * LPIs that the host has bound to this vCPU (take_slot() in vgic/lpi.c). False: the rest is the host's: to look at
 * those without a slot, to give back one that may no longer be delivered.
 */
static bool load_lpis(const struct el2_cpu *cpu, const struct av_vm_fast *fast, struct av_vcpu_ctx *ctx)
{
	struct av_vgic_priv *priv = priv_of(ctx);
	u32 left;

	if (av_word_read(&priv->lpi_more) || av_word_read(&priv->lpi_ctlr) != AV_GICR_CTLR_LPIS)
		return false;
	for (left = av_word_read(&priv->lpi_slots); left; left &= left - 1) {
		u32 n = __builtin_ctz(left), intid, bit;
		struct av_vgic_block *b;

		/* What the bit stands for: the address depends on it, so they are read behind. */
		b = (struct av_vgic_block *)el2_load(&priv->lpi_slot[n].block);
		intid = el2_load(&priv->lpi_slot[n].intid);
		bit = 1U << (intid & 31);
		if (!(enabled(fast, b) & av_word_read(&b->latch) & bit) || !el2_load_lr(cpu, ctx, b, intid, 0))
			return false;
		av_word_andnot(&priv->lpi_slots, 1U << n);
		/*
		 * Once more, and who made it pending found the slot still there. The slot is given up before the latch
		 * is read: an atomic alone does not keep a later load behind its store. Pairs with av_lpi_inject(),
		 * which has the latch's atomic, a full barrier, before it looks at the slots.
		 */
		av_word_fence();
		if (av_word_read(&b->latch) & bit) {
			av_word_or(&priv->lpi_more, 1);
			return false;
		}
	}
	return true;
}

/*
 * Somebody wants this CPU to look. What another vCPU or a device sent is put into list registers; if the host has a
 * wish, or there is more, it has to do it.
 */
static bool kick(const struct el2_cpu *cpu, const struct av_vm_fast *fast, struct av_vcpu_ctx *ctx)
{
	struct av_vgic_priv *priv = priv_of(ctx);
	u32 left;

	/* The same interrupt says that the list registers want maintenance. */
	if (read_named(ICH_MISR_EL2))
		return false;
	/*
	 * Others may send as fast as they are served here, so that it is pending again each time that the guest is
	 * entered. Of interrupts of one priority the GIC may prefer it, and does if it goes by the number (IHI 0069,
	 * 4.8): the host's, behind it, would never end the guest's run. In the host nobody kicks.
	 */
	if (!(++ctx->kicks % KICKS))
		return false;
	redist_write(cpu, GICR_ICPENDR0_OFFSET, cpu->kick_intid);
	redist_settle(cpu, GICR_ICPENDR0_OFFSET);
	/*
	 * Cleared before the words are read: who writes them later kicks again. The barrier is for the order of the
	 * device's read and the reads of memory.
	 */
	dsb(sy);
	/* Doorbells of other vCPUs are the host's, which learns of them by this interrupt (host/boxes.c). */
	if (el2_load(&cpu->box_any)) {
		redist_write(cpu, GICR_ISPENDR0_OFFSET, cpu->kick_intid);
		return false;
	}
	if (el2_load(&ctx->host_wants))
		return false;
	for (left = av_word_read(&priv->summary); left; left &= left - 1) {
		u32 n = __builtin_ctz(left);

		/* Likewise before. */
		av_word_andnot(&priv->summary, 1U << n);
		if (n == AV_VGIC_LPI_BLOCK ? load_lpis(cpu, fast, ctx) :
		    n ? load_spis(cpu, fast, ctx, n) : load_private(cpu, fast, ctx))
			continue;
		av_word_or(&priv->summary, 1U << n);
		return false;
	}
	return true;
}

static bool serve(const struct el2_cpu *cpu, const struct av_vm_fast *fast,
		  struct av_vcpu_ctx *ctx)
{
	u64 intid = read_named(ICC_HPPIR1_EL1) & AV_MASK(23, 0);

	if (intid == cpu->timer_intid[AV_TIMER_VIRT])
		return timer(cpu, fast, ctx, AV_TIMER_VIRT);
	/* Without a PPI of its own it is 0, and no SGI of the host gets past timer(). */
	if (EL2_VHE && intid == cpu->timer_intid[AV_TIMER_PHYS])
		return timer(cpu, fast, ctx, AV_TIMER_PHYS);
	return intid == cpu->kick_intid && kick(cpu, fast, ctx);
}

/* The VM's page, if this CPU and the vCPU have all that it takes. */
static const struct av_vm_fast *server(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	return ctx->gic_priv && cpu->redist ? fast_of(ctx) : NULL;
}

/* el2_irq - a physical interrupt ended the guest's run; true if it was for the guest alone */
bool el2_irq(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	const struct av_vm_fast *fast = server(cpu, ctx);

	return fast && serve(cpu, fast, ctx);
}

/* Is there anything that might end the wait already? The host knows exactly. */
static bool is_idle(const struct av_vcpu_ctx *ctx)
{
	u32 n;

	if (ctx->hcr & (HCR_VI | HCR_VF | HCR_VSE) || av_word_read(&priv_of(ctx)->summary) ||
	    el2_load(&ctx->host_wants))
		return false;
	for (n = 0; n < ctx->gic.used_lrs; n++)
		if (el2_gic_read_lr(n) & ICH_LR_PENDING)
			return false;
	return true;
}

/* May EL2 wait for this? Not for an event, and for a timeout only if that is there for this VM. */
static bool is_wait(const struct el2_cpu *cpu, const struct av_vm_fast *fast, u64 esr)
{
	if (esr & ESR_WFX_TIMEOUT)
		return !(esr & ESR_WFX_EVENT) && AV_GET(fast->idregs[AV_FAST_IDREG(6, 2)], 3, 0);
	/* A WFI that may be a WFIT only the host can tell from one. */
	return !(esr & ESR_WFX_EVENT) && !(cpu->machine & EL2_FEAT_WFIT_UNTOLD);
}

/* The guest's virtual count, whose CNTVOFF_EL2 an EL2 with E2H does not see. */
static u64 guest_count(const struct av_vcpu_ctx *ctx)
{
	isb();
	return read_reg(cntpct_el0) - ctx->cntvoff;
}

/* WFIT: until an interrupt, or until the register's value; that of XZR, or of one that is not told, is in the past. */
static bool wait_with_timeout(const struct av_vcpu_ctx *ctx, u64 esr)
{
	u64 n = ESR_WFX_RN(esr), end = esr & ESR_WFX_RV && n < 31 ? ctx->gpr[n] : 0, now = guest_count(ctx);
	/* What EL2 compares with; the guest's own count, without E2H. */
	u64 own = read_reg(cntvct_el0), own_end = own + (end - now);

	if (now >= end)
		return true;
	/* Beyond the highest count there is none. */
	el2_wait_until(own_end < own ? ~0ULL : own_end);
	return guest_count(ctx) >= end;
}

/*
 * el2_trap_wfx - the guest waits
 *
 * As long as no other thread wants this CPU (ctx->may_wait) it is the CPU that waits, right here and with the guest's
 * world in it, until its next interrupt, whosever it is: the host's is served without delay. Only once: when it was
 * not for the guest, and no timeout has ended the wait, the host lets the thread sleep.
 */
enum el2_verdict el2_trap_wfx(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	const struct av_vm_fast *fast = server(cpu, ctx);
	const u64 esr = ctx->trap.esr;
	bool over = false;

	if (!fast || !is_wait(cpu, fast, esr) || !ctx->may_wait || !is_idle(ctx) || read_reg(spsr_el2) & PSR_MODE_32)
		return EL2_NOT_MINE;
	el2_phase(cpu, 'w');
	/* What others wrote before their kick came is not missed: the kick is an interrupt, and ends the wait. */
	dsb(sy);
	if (esr & ESR_WFX_TIMEOUT)
		over = wait_with_timeout(ctx, esr);
	else
		el2_wait();
	el2_phase(cpu, 'g');
	if (!serve(cpu, fast, ctx) && !over)
		return EL2_NOT_MINE;
	el2_skip();
	return EL2_RESUME;
}
