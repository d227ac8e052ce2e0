/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls to EL2 (calls.c), and what is known of each CPU (percpu.c).
 *
 * Runs at: host kernel. Owns: the layout.
 */
#ifndef AV_CALLS_H
#define AV_CALLS_H

#include <linux/percpu.h>
#include <linux/types.h>
#include <asm/virt.h>

#include "el2/door.h"
#include "host_asm.h"
#include "include/el2_abi.h"

struct av_cpu {
	struct el2_cpu *el2;		/* EL2's page, also mapped there */
	void *stack;			/* nVHE */
	struct el2_params *params;	/* nVHE */
	bool taken;			/* EL2 of this CPU is ours */
	bool resume;			/* given back for a power-down, to be taken again */
	bool irqs_up;			/* between irqs_up_callback() and irqs_down_callback() */
	bool stranded;			/* lost by a fault: EL2 is still on our memory, and was not given back */
	u32 sve_lengths;		/* host/sve.c: bit n - 1: vectors of n * 128 bits */
	bool lost;			/* EL2 was lost; the answer that showed it: */
	u64 answer;
};

DECLARE_PER_CPU(struct av_cpu, av_cpus);

/* Does this host run at EL2? Then nothing is taken from it, and EL2's addresses are the kernel's. */
static inline bool av_host_is_vhe(void)
{
	return is_kernel_in_hyp_mode();
}

int av_el2_not_done(u64 id, u64 answer);

/* Only for who can't have av_el2_answer() right behind it. */
static inline u64 av_el2_ask(u64 id, u64 a, u64 b, u64 c)
{
	return av_host_is_vhe() ? el2_vhe_call(id, a, b, c) : av_hvc(id, a, b, c);
}

/* Whose answer is it? It may be a line in the log, so RCU has to watch. */
static inline s64 __must_check av_el2_answer(u64 id, u64 answer)
{
	if (likely(answer >> 32 == AV_ANSWER))
		return (u32)answer;
	return av_el2_not_done(id, answer);
}

/**
 * av_el2_call_id() - the only way to ask EL2 of this CPU for something
 * @id: AV_CALL(name)
 * @a: first argument
 * @b: second argument
 * @c: third argument
 *
 * Whoever answers may be the stub again, after a power-down that nobody told, or another owner of EL2 whom the stub's
 * calls let in. Both have changed nothing. The CPU is then marked as lost, with a line in the log.
 *
 * Inline, so that RUN, which outnumbers all the others, has no frame in between.
 *
 * Context: preemption off. Return: the call's value, -ENXIO if EL2 is not ours any more, -EFAULT if it stumbled.
 */
static inline s64 __must_check av_el2_call_id(u64 id, u64 a, u64 b, u64 c)
{
	return av_el2_answer(id, av_el2_ask(id, a, b, c));
}

/* One spelling for each call to EL2 (include/el2_calls.def): by name. */
#define av_el2_call(name, a, b, c)	av_el2_call_id(AV_CALL(name), (u64)(a), (u64)(b), (u64)(c))

void av_el2_broadcast_id(u64 id, u64 a, u64 b, u64 c);
#define av_el2_broadcast(name, a, b, c)						\
	av_el2_broadcast_id(AV_CALL(name), (u64)(a), (u64)(b), (u64)(c))

/* For percpu.c: EL2 of this CPU is ours, is not; interrupts off. It went to somebody else. */
void av_el2_set_taken(struct av_cpu *c, bool taken);
void av_el2_lose(struct av_cpu *c, u64 answer);

#endif
