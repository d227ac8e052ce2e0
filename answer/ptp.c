// SPDX-License-Identifier: GPL-2.0
/*
 * KVM's vendor call PTP: the host's wall clock and the guest's counter, taken at one moment
 * (Documentation/virt/kvm/arm/ptp_kvm.rst).
 *
 * Runs at: host kernel, vcpu->mutex held, also in the burst. Owns: nothing.
 */
#include "answer.h"
#include "compat.h"

#define NOT_SUPPORTED		(~0ULL)

enum { VIRTUAL_COUNTER, PHYSICAL_COUNTER };	/* the guest's argument */

/**
 * av_ptp_call() - what time is it, and what does that counter say?
 * @vcpu: the vCPU
 * @id: the function
 *
 * The guest can do nothing with a clock that the host keeps by another counter than the architected one: then, and for
 * any other counter of its own, NOT_SUPPORTED.
 *
 * Context: vcpu->mutex held, doesn't sleep. Return: AV_DONE.
 */
enum av_verdict av_ptp_call(struct av_vcpu *vcpu, u32 id)
{
	struct av_vm *vm = vcpu->vm;
	u32 which = vcpu->ctx->gpr[1];
	u64 ns, count;

	if (which > PHYSICAL_COUNTER || !av_wall_clock(&ns, &count)) {
		av_smccc_results(vcpu, NOT_SUPPORTED, 0, 0, 0);
		return AV_DONE;
	}
	count -= which == VIRTUAL_COUNTER ? READ_ONCE(vm->timer_voff) : READ_ONCE(vm->timer_poff);
	av_smccc_results(vcpu, upper_32_bits(ns), lower_32_bits(ns), upper_32_bits(count), lower_32_bits(count));
	return AV_DONE;
}
