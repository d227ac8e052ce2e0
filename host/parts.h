/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of this machine's CPUs need.
 *
 * Runs at: host kernel. Owns: nothing. Locks: none.
 */
#ifndef AV_PARTS_H
#define AV_PARTS_H

#include "../include/el2_abi.h"

/**
 * av_parts_cpu() - this CPU comes online: what its part needs counts for the machine from now on
 *
 * Context: on the CPU itself, before EL2 is taken there; CPU hotplug serialises.
 */
void av_parts_cpu(void);

/* EL2_FEAT_OF_MACHINE as far as CPUs that were online need it, for el2_cpu.machine. */
u64 av_parts_machine(void);

#endif
