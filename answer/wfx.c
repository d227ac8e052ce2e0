// SPDX-License-Identifier: GPL-2.0
/*
 * WFI and WFE, with a timeout or without, and what ends a WFI.
 *
 * Runs at: host kernel, vcpu->mutex held, in the burst; av_vcpu_has_wakeup() in any context. Owns: nothing.
 */
#include <linux/sched.h>

#include "answer.h"
#include "dev/dev.h"
#include "dev/timer_math.h"
#include "host/parts.h"
#include "mm/mm.h"
#include "vgic/vgic.h"

/* WFIT without its register */
#define INSN_WFIT		0xd5031020U
#define INSN_WFIT_MASK		0xffffffe0U
#define INSN_WFIT_RN(word)	((word) & 31)

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
	return READ_ONCE(vcpu->requests) || av_timer_waited(vcpu) || av_vcpu_has_event(vcpu);
}

/**
 * av_wfx_may_sleep() - has this WFI to be read from the guest's memory?
 * @vcpu: the vCPU, in a trap of class WFX
 *
 * Some CPUs say of a WFIT that traps that it is a WFI (EL2_FEAT_WFIT_UNTOLD): a guest that waits for a time would wait
 * for an interrupt. A32 and T32 have no WFIT.
 *
 * Context: any. Return: av_trap_wfx() must not be called in the burst.
 */
bool av_wfx_may_sleep(struct av_vcpu *vcpu)
{
	return unlikely(av_parts_machine() & EL2_FEAT_WFIT_UNTOLD) &&
	       !(vcpu->ctx->trap.esr & (ESR_WFX_EVENT | ESR_WFX_TIMEOUT)) && !av_mode_is_a32(vcpu);
}

/* The syndrome as it should be. Another word there, since another vCPU changed it, harms the guest alone. */
static u64 ask_instruction(struct av_vcpu *vcpu, u64 esr)
{
	u32 word;

	if (!av_mm_fetch(vcpu, &word) || (word & INSN_WFIT_MASK) != INSN_WFIT)
		return esr;
	return esr | ESR_WFX_TIMEOUT | ESR_WFX_RV | ESR_WFX_PUT_RN(INSN_WFIT_RN(word));
}

/* WFIT: its end. A register that is not told can't be waited for. */
static u64 end_of_wait(struct av_vcpu *vcpu, u64 esr)
{
	return esr & ESR_WFX_RV ? av_gpr(vcpu, ESR_WFX_RN(esr)) : 0;
}

/*
 * WFI sleeps at the loop's next turn, WFIT no longer than to its time; WFE and WFET let others run. The latter two are
 * undefined in a VM that is not told of them (FEAT_WFxT), as on a CPU that has none.
 */
enum av_verdict av_trap_wfx(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	u64 esr = trap->esr;

	if (unlikely(av_mode_is_a32(vcpu)) && !av_a32_condition(esr, vcpu->ctx->pstate))
		return AV_DONE;
	if (av_wfx_may_sleep(vcpu))
		esr = ask_instruction(vcpu, esr);
	if (esr & ESR_WFX_TIMEOUT && !av_guest_has_wfxt(vcpu->vm)) {
		av_inject_undef(vcpu);
		return AV_INJECTED;
	}
	if (esr & ESR_WFX_EVENT) {
		vcpu->stats.wfe++;
		set_bit(AV_REQ_KICK, &vcpu->requests);
		set_tsk_need_resched(current);
		return AV_DONE;
	}
	if (esr & ESR_WFX_TIMEOUT)
		av_timer_wait_until(vcpu, end_of_wait(vcpu, esr));
	if (av_vcpu_has_wakeup(vcpu))
		av_timer_wait_until(vcpu, AV_TIMER_NEVER);
	else
		set_bit(AV_REQ_HALT, &vcpu->requests);
	return AV_DONE;
}
