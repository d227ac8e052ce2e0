/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owning EL2: what the rest of the host half may ask percpu.c for.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_PERCPU_H
#define AV_PERCPU_H

#include <linux/percpu.h>
#include <linux/types.h>
#include <asm/virt.h>
#include "include/el2_abi.h"

struct seq_file;

/* host_asm.S */
u64 av_hvc(u64 id, u64 a, u64 b, u64 c);
u64 av_hvc_take(u64 entry, u64 params);
u64 av_hvc_probe(u64 id);

/* el2/vhe_door.S: the same calls where the host kernel is at EL2 itself; preemption off */
u64 el2_vhe_call(u64 id, u64 a, u64 b, u64 c);
DECLARE_PER_CPU(struct el2_cpu *, av_vhe_cpu);

/* Does this host run at EL2? Then nothing is taken from it, and EL2's addresses are the kernel's. */
static inline bool av_host_is_vhe(void)
{
	return is_kernel_in_hyp_mode();
}

static inline u64 av_el2_call_id(u64 id, u64 a, u64 b, u64 c)
{
	return av_host_is_vhe() ? el2_vhe_call(id, a, b, c) : av_hvc(id, a, b, c);
}

/*
 * One spelling for each call to EL2 (include/el2_calls.def). Preemption is off where it matters which CPU
 * answers.
 */
#define av_el2_call(name, a, b, c)	av_el2_call_id(AV_CALL(name), (u64)(a), (u64)(b), (u64)(c))

void av_el2_broadcast_id(u64 id, u64 a, u64 b, u64 c);
#define av_el2_broadcast(name, a, b, c)						\
	av_el2_broadcast_id(AV_CALL(name), (u64)(a), (u64)(b), (u64)(c))

int av_el2_init(void);			/* module load: refuse or take EL2 on every CPU */
void av_el2_exit(void);
u64 av_el2_place(void);			/* ctx->running on this CPU, 0: EL2 is not ours; preemption off */
/* Log the fault that this CPU's EL2 recorded; preemption off. */
void av_el2_report_fault(void);
void av_el2_show(struct seq_file *seq);	/* debugfs: phase and last fault per CPU */

#endif
