// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS: the errors that user space sees, and gives to a guest.
 *
 * Runs at: host kernel, vcpu->mutex held, the guest not running. Owns: nothing.
 *
 * As the newest KVM has it: an exception that the guest takes at once is taken here, in its registers, and nothing of
 * it is pending afterwards; only an SError that the guest has masked is. Unlike there, an SError waits, too, for an
 * access that user space is answering: it comes behind that instruction, which would else be carried out twice.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "mm/mm.h"
#include "vcpu.h"

#define ISS_BITS	AV_MASK(24, 0)		/* of VSESR_EL2 and ESR_EL1 */

/**
 * av_vcpu_get_events() - KVM_GET_VCPU_EVENTS
 * @vcpu: the vCPU
 * @events: answer
 *
 * Context: vcpu->mutex held. Return: 0.
 */
int av_vcpu_get_events(struct av_vcpu *vcpu, struct kvm_vcpu_events *events)
{
	u64 iss;

	memset(events, 0, sizeof(*events));
	events->exception.serror_pending = av_serror_pending(vcpu, &iss);
	events->exception.serror_has_esr = av_host_has_ras();
	if (events->exception.serror_has_esr)
		events->exception.serror_esr = iss;
	return 0;
}

static bool is_valid(const struct kvm_vcpu_events *events)
{
	if (memchr_inv(events->reserved, 0, sizeof(events->reserved)) ||
	    memchr_inv(events->exception.pad, 0, sizeof(events->exception.pad)))
		return false;
	if (!events->exception.serror_pending || !events->exception.serror_has_esr)
		return true;
	return av_host_has_ras() && !(events->exception.serror_esr & ~ISS_BITS);
}

/* The next RUN begins with what the last one asked user space for. */
static bool is_answered_by_user(const struct av_vcpu *vcpu)
{
	return vcpu->mmio.needed || vcpu->access.pending || vcpu->user_exit;
}

/**
 * av_vcpu_set_events() - KVM_SET_VCPU_EVENTS
 * @vcpu: the vCPU
 * @events: reserved fields must be 0
 *
 * Context: vcpu->mutex held, may sleep. Return: 0, -EINVAL for what is not offered: a syndrome without
 * KVM_CAP_ARM_INJECT_SERROR_ESR, or beyond its bits. Nothing was done then.
 */
int av_vcpu_set_events(struct av_vcpu *vcpu, const struct kvm_vcpu_events *events)
{
	u64 iss = events->exception.serror_has_esr ? events->exception.serror_esr : AV_SERROR_UNSAID;

	if (!is_valid(events))
		return -EINVAL;
	if (events->exception.ext_dabt_pending) {
		/* The answer to an exit, perhaps: the access ends in the abort, not in data. */
		vcpu->mmio.needed = false;
		vcpu->access.pending = false;
		vcpu->user_exit = 0;
		av_mm_inject_external(vcpu);
	}
	if (events->exception.serror_pending &&
	    (is_answered_by_user(vcpu) || !av_inject_serror_unmasked(vcpu, iss)))
		av_inject_serror(vcpu, iss);
	return 0;
}
