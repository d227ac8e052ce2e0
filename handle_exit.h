/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which answer (handle_exit.c).
 *
 * Runs at: host kernel. Owns: nothing. Locks: callers hold vcpu->mutex.
 */
#ifndef AV_HANDLE_EXIT_H
#define AV_HANDLE_EXIT_H

#include "guest/guest.h"

enum av_verdict av_handle_exit(struct av_vcpu *vcpu, enum av_exit code);
enum av_verdict av_handle_in_burst(struct av_vcpu *vcpu, enum av_exit code);

#endif
