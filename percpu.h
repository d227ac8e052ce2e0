/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owning EL2: what the rest of the host half may ask percpu.c for. How to call it: host/calls.h.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_PERCPU_H
#define AV_PERCPU_H

#include "host/calls.h"

struct seq_file;

int av_el2_init(void);			/* module load: refuse or take EL2 on every CPU */
void av_el2_exit(void);
u64 av_el2_place(void);			/* ctx->running on this CPU, 0: EL2 is not ours; preemption off */
int av_el2_provoke_tlb(u64 cpu);	/* debugfs, for tests: the CPU's next TLB maintenance stumbles */
void av_el2_show(struct seq_file *seq);	/* debugfs: phase and last fault per CPU */

#endif
