/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every entry and exit asks of the vGIC and the timer, and where the answer mostly is "nothing": the questions
 * are here, the work is in vgic/burst.c and dev/timer.c.
 *
 * Runs at: host kernel, the burst, interrupts off. Owns: nothing. vCPU, context and VM are handed down one by one:
 * behind each barrier the compiler would have to look up the others again.
 */
#ifndef AV_BURST_H
#define AV_BURST_H

#include "dev/dev.h"
#include "guest/guest.h"
#include "host/timer.h"
#include "vgic/vgic.h"

/* The lines of the timers as of now. */
static inline void av_burst_timer_lines(struct av_vcpu *vcpu, struct av_vcpu_ctx *ctx, const struct av_vm *vm)
{
	const struct av_timer_cpu *timer = &vcpu->timer;
	u64 on = (ctx->cntv.ctl | ctx->cntp.ctl) & CNT_CTL_ENABLE;

	/* Another vCPU's thread may have set the VM's count. */
	ctx->cntvoff = READ_ONCE(vm->timer_voff);
	if (on | timer->level[AV_TIMER_VIRT] | timer->level[AV_TIMER_PHYS] | timer->ptimer_at)
		av_timer_flush(vcpu);
}

/* State words into list registers: what is new, and what an entry that was given up has left. */
static inline void av_burst_fill(struct av_vcpu *vcpu, const struct av_vcpu_ctx *ctx)
{
	if (ctx->has_gic && (av_word_read(&vcpu->vgic.priv->summary) | ctx->gic.used_lrs))
		av_vgic_flush(vcpu);
}

/*
 * After av_burst_fill(): keep a timer's PPI from ending the guest's run as long as the guest has its interrupt to
 * handle, or can't take it. On every entry, for this CPU's PPI may still be active on behalf of the vCPU that ran here
 * before.
 */
static inline void av_burst_timer_active(struct av_vcpu *vcpu)
{
	const struct av_timer_cpu *timer = &vcpu->timer;
	u32 held = timer->hw_ppis;

	if (held) {
		const struct av_vgic_block *b = &vcpu->vgic.priv->block;

		held &= av_word_read(&b->active) | av_word_read(&b->in_lr);
	}
	if (held | timer->level[AV_TIMER_VIRT] | timer->level[AV_TIMER_PHYS] |
	    __this_cpu_read(av_timer_active.maybe))
		av_timer_keep_quiet(vcpu, held);
}

/* List registers into state words; the lines of the timers follow at the next entry, or before the vCPU sleeps. */
static inline void av_burst_fold(struct av_vcpu *vcpu, struct av_vcpu_ctx *ctx)
{
	if (!ctx->has_gic)
		return;		/* no list register: nobody but us deactivates */
	if (ctx->gic.used_lrs)
		av_vgic_sync(vcpu);
	/*
	 * A list register with HW=1 deactivates the physical interrupt along with the virtual one, and EL2 makes it
	 * active (el2/fast_irq.c): after the guest ran, what we wrote may be history, and nothing but the redistributor
	 * knows. A write too much is harmless; a missing one either masks the timer for good or lets the PPI end every
	 * entry before the guest's first instruction.
	 */
	if (ctx->timer_moved | __this_cpu_read(av_timer_active.maybe)) {
		__this_cpu_or(av_timer_active.maybe, ctx->timer_moved);
		__this_cpu_write(av_timer_active.sure, 0);
		ctx->timer_moved = 0;
	}
}

#endif
