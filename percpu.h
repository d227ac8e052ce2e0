/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owning EL2: what the rest of the host half may ask percpu.c for. How to call it: host/calls.h.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_PERCPU_H
#define AV_PERCPU_H

#include <asm/cputype.h>
#include <asm/sysreg.h>

#include "host/calls.h"

struct seq_file;

int av_el2_init(void);			/* module load: refuse or take EL2 on every CPU */
void av_el2_exit(void);
int av_el2_provoke_tlb(u64 cpu);	/* debugfs, for tests: the CPU's next TLB maintenance stumbles */
void av_el2_show(struct seq_file *seq);	/* debugfs: phase and last fault per CPU */

/* What others need to kick this CPU: ctx->running while a guest runs here; 0: EL2 is not ours. Preemption off. */
static inline u64 av_el2_place(void)
{
	struct av_cpu *c = this_cpu_ptr(&av_cpus);
	u64 redist;

	if (unlikely(!c->taken))
		return 0;
	/* EL2 is the kernel's and answers whatever happened; but nothing of ours would be left in it. */
	if (av_host_is_vhe() && unlikely(read_sysreg(vpidr_el2) != AV_VHE_MARK)) {
		av_el2_lose(c, read_sysreg(vpidr_el2));
		return 0;
	}
	redist = c->el2->redist;
	if (likely(redist))
		return redist | AV_RUNNING_REDIST | AV_RUNNING;
	return (read_cpuid_mpidr() & (AV_MASK(39, 32) | AV_MASK(23, 0))) << 8 | AV_RUNNING;
}

#endif
