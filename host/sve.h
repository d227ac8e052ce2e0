/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lengths of SVE's vectors that the machine's CPUs have (sve.c).
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_HOST_SVE_H
#define AV_HOST_SVE_H

#include "sve_rules.h"

void av_sve_cpu_up(void);		/* on a CPU that comes, before guests run there; its hotplug thread */
u32 av_sve_lengths(void);		/* what a guest may have, as a set; 0: no SVE */
u32 av_sve_lengths_here(void);		/* of this CPU; preemption off */
int av_sve_pretend(u64 what);		/* debug only */

/*
 * Of this CPU, by the host's own name; with VHE that is ZCR_EL2 (DDI 0487, table D23-2). Between
 * av_kernel_neon_begin() and av_kernel_neon_end(), preemption off, and the host's value goes back.
 */
u64 av_sve_zcr_get(void);
void av_sve_zcr_set(u64 zcr);

#endif
