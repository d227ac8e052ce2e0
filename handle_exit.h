/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which answer (handle_exit.c).
 *
 * Runs at: host kernel. Owns: nothing. Locks: callers hold vcpu->mutex.
 */
#ifndef AV_HANDLE_EXIT_H
#define AV_HANDLE_EXIT_H

#include "answer/answer.h"
#include "guest/guest.h"

enum av_verdict av_handle_exit(struct av_vcpu *vcpu, enum av_exit code);
enum av_verdict av_handle_answer(struct av_vcpu *vcpu);
enum av_verdict av_handle_atomic(struct av_vcpu *vcpu, enum av_exit code);
enum av_verdict av_handle_fault(struct av_vcpu *vcpu);

/**
 * av_handle_in_burst() - av_handle_exit() for what needs no sleep
 * @vcpu: the vCPU
 * @code: what EL2 answered
 *
 * Context: the burst: preemption off, interrupts on. Return: the verdict, the PC is final; AV_LATER: it has to be done
 * outside of the burst, nothing was done.
 */
static inline enum av_verdict av_handle_in_burst(struct av_vcpu *vcpu, enum av_exit code)
{
	enum av_verdict verdict;

	if (code != AV_EXIT_TRAP || ESR_EC(vcpu->ctx->trap.esr) != EC_DABT_LOWER)
		return av_handle_atomic(vcpu, code);
	verdict = av_mmio_hole(vcpu);
	if (verdict == AV_LATER)
		return av_handle_fault(vcpu);
	vcpu->stats.exit[EC_DABT_LOWER]++;
	if (verdict == AV_DONE)
		av_skip_instruction(vcpu);
	return verdict;
}

#endif
