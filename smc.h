/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's calls (smc.c).
 *
 * Runs at: host kernel. Owns: nothing. Locks: callers hold vcpu->mutex.
 */
#ifndef AV_SMC_H
#define AV_SMC_H

#include "guest/guest.h"

enum av_verdict av_trap_hvc(struct av_vcpu *vcpu, const struct av_trap *trap);
enum av_verdict av_trap_smc(struct av_vcpu *vcpu, const struct av_trap *trap);

#endif
