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

DECLARE_PER_CPU(struct el2_cpu *, av_vhe_cpu);

/* Does this host run at EL2? Then nothing is taken from it, and EL2's addresses are the kernel's. */
static inline bool av_host_is_vhe(void)
{
	return is_kernel_in_hyp_mode();
}

/*
 * One spelling for each call to EL2 (include/el2_calls.def), and no other way to make one. Preemption is off. Returns
 * the call's value, or -errno: nothing was done.
 */
s64 __must_check av_el2_call_id(u64 id, u64 a, u64 b, u64 c);
#define av_el2_call(name, a, b, c)	av_el2_call_id(AV_CALL(name), (u64)(a), (u64)(b), (u64)(c))

void av_el2_broadcast_id(u64 id, u64 a, u64 b, u64 c);
#define av_el2_broadcast(name, a, b, c)						\
	av_el2_broadcast_id(AV_CALL(name), (u64)(a), (u64)(b), (u64)(c))

/* guest/controls.c: what keeps guests out of this CPU's features; interrupts off */
void av_controls_init_cpu(struct el2_cpu *el2);
u64 av_controls_buffers(void);		/* EL2_FEAT_BUFFERS of this CPU */

int av_el2_init(void);			/* module load: refuse or take EL2 on every CPU */
void av_el2_exit(void);
u64 av_el2_place(void);			/* ctx->running on this CPU, 0: EL2 is not ours; preemption off */
int av_el2_provoke_tlb(u64 cpu);	/* debugfs, for tests: the CPU's next TLB maintenance stumbles */
void av_el2_show(struct seq_file *seq);	/* debugfs: phase and last fault per CPU */

#endif
