// SPDX-License-Identifier: GPL-2.0
/*
 * WFI and WFE, and what ends a WFI.
 *
 * Runs at: host kernel, vcpu->mutex held, in the burst; av_vcpu_has_wakeup() in any context. Owns: nothing.
 */
#include <linux/sched.h>

#include "answer.h"
#include "dev/dev.h"
#include "vgic/vgic.h"

/* Is there an event that ends a WFI? Any context. */
bool av_vcpu_has_event(struct av_vcpu *vcpu)
{
	if (READ_ONCE(vcpu->irq_lines) || vcpu->ctx->hcr & HCR_VSE)
		return true;
	return av_timer_pending(vcpu) || av_vgic_has_pending(vcpu);
}

/* Is there a reason for the thread not to sleep? Likewise. */
bool av_vcpu_has_wakeup(struct av_vcpu *vcpu)
{
	return READ_ONCE(vcpu->requests) || av_vcpu_has_event(vcpu);
}

/*
 * WFI sleeps at the loop's next turn; WFE lets others run (ESR.TI: bit 0 set for WFE, bit 1 for WFIT and WFET, DDI
 * 0487, D24.2.40). The latter's timeout would end no sleep of ours: FEAT_WFxT is hidden, and they are as undefined as
 * on a CPU that has none.
 */
enum av_verdict av_trap_wfx(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	if (unlikely(av_mode_is_a32(vcpu)) && !av_a32_condition(trap->esr, vcpu->ctx->pstate))
		return AV_DONE;
	if (trap->esr & 2) {
		av_inject_undef(vcpu);
		return AV_INJECTED;
	}
	if (trap->esr & 1) {
		vcpu->stats.wfe++;
		set_bit(AV_REQ_KICK, &vcpu->requests);
		set_tsk_need_resched(current);
	} else {
		if (!av_vcpu_has_wakeup(vcpu))
			set_bit(AV_REQ_HALT, &vcpu->requests);
	}
	return AV_DONE;
}
