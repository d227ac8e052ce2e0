/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owning EL2: what the rest of the host half may ask percpu.c for.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_PERCPU_H
#define AV_PERCPU_H

#include <linux/types.h>
#include "include/el2_abi.h"

struct seq_file;

/* host_asm.S */
u64 av_hvc(u64 id, u64 a, u64 b, u64 c);
u64 av_hvc_take(u64 entry, u64 params);
u64 av_hvc_probe(u64 id);

/*
 * One spelling for each call to EL2 (include/el2_calls.def). Preemption is off where it matters which CPU
 * answers.
 */
#define av_el2_call(name, a, b, c)	av_hvc(AV_CALL(name), (u64)(a), (u64)(b), (u64)(c))

int av_el2_init(void);			/* module load: refuse or take EL2 on every CPU */
void av_el2_exit(void);
bool av_el2_is_ours(void);		/* on this CPU, preemption off */
/* Log the fault that this CPU's EL2 recorded; preemption off. */
void av_el2_report_fault(void);
void av_el2_show(struct seq_file *seq);	/* debugfs: phase and last fault per CPU */

#endif
