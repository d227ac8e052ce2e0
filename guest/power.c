// SPDX-License-Identifier: GPL-2.0
/*
 * Is a vCPU on? What it does about that is vcpu/run.c's.
 *
 * Runs at: host kernel, any thread, also in the burst. Owns: vcpu->mp_state.
 * Locks: vcpu->mp_lock.
 */
#include "guest.h"

void av_vcpu_set_power(struct av_vcpu *vcpu, u32 state)
{
	raw_spin_lock(&vcpu->mp_lock);
	WRITE_ONCE(vcpu->mp_state, state);
	raw_spin_unlock(&vcpu->mp_lock);
}

bool av_vcpu_is_off(struct av_vcpu *vcpu)
{
	return READ_ONCE(vcpu->mp_state) == KVM_MP_STATE_STOPPED;
}

/* Any vCPU's thread: stop this one; its own thread notices before its next entry. */
void av_vcpu_power_off(struct av_vcpu *vcpu)
{
	av_vcpu_set_power(vcpu, KVM_MP_STATE_STOPPED);
	av_vcpu_request(vcpu, AV_REQ_KICK);
}
