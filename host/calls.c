// SPDX-License-Identifier: GPL-2.0
/*
 * Calls to EL2: who answers, on which CPUs it is ours, and what it says when it has stumbled.
 *
 * Runs at: host kernel. Owns: av_cpus' taken, stranded, lost and answer, and the mask of the taken ones.
 * Locks: none; each CPU's own are written there, with interrupts off.
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "calls.h"
#include "el2/el2_functions.h"

DEFINE_PER_CPU(struct av_cpu, av_cpus);
static struct cpumask taken_cpus;	/* those with taken, for other CPUs */

/* On the CPU itself, interrupts off. */
void av_el2_set_taken(struct av_cpu *c, bool taken)
{
	c->taken = taken;
	if (taken)
		cpumask_set_cpu(smp_processor_id(), &taken_cpus);
	else
		cpumask_clear_cpu(smp_processor_id(), &taken_cpus);
}

/* ---- faults ------------------------------------------------------------------------------------- */

/* Name of the EL2 function at an address, from the image's symbols. */
static const char *function_at(u64 addr, u64 *offset)
{
	static const struct {
		u64 addr;
		const char *name;
	} functions[] = {
#define EL2_FUNCTION(addr, name) { addr, #name },
		EL2_FUNCTIONS
	};
	const char *name = "?";
	unsigned int i;

	*offset = addr;
	for (i = 0; i < ARRAY_SIZE(functions) && functions[i].addr <= addr; i++) {
		name = functions[i].name;
		*offset = addr - functions[i].addr;
	}
	return name;
}

/* The fault that this CPU's EL2 recorded. Preemption off. */
static void report_fault(const struct el2_cpu *el2)
{
	const struct el2_fault *f = &el2->fault;
	const char *name;
	u64 offset;

	if (av_host_is_vhe()) {
		pr_err("EL2 fault on CPU %u contained: %pS, pc %llx esr %llx far %llx sp %llx phase %c\n",
		       smp_processor_id(), (void *)f->elr, f->elr, f->esr, f->far, f->sp, (char)f->phase);
		return;
	}
	name = function_at(f->elr, &offset);
	pr_err("EL2 fault on CPU %u contained: %s+0x%llx, pc %llx esr %llx far %llx sp %llx phase %c (addr2line -e el2/el2.elf)\n",
	       smp_processor_id(), name, offset, f->elr, f->esr, f->far, f->sp, (char)f->phase);
}

/* ---- a call, and who answers it ----------------------------------------------------------------- */

/*
 * This CPU's EL2 went to somebody else and nobody told, or can't be trusted any more. No guest runs here until the CPU
 * has been offline; its TLB entries are reached by other CPUs' broadcasts, and by the next take().
 *
 * Any context but NMI, on the CPU itself.
 */
noinline void av_el2_lose(struct av_cpu *c, u64 answer)
{
	unsigned long flags;

	local_irq_save(flags);
	c->stranded = answer == AV_ANSWER_FAULT;
	if (c->taken) {
		av_el2_set_taken(c, false);
		c->lost = true;
		c->answer = answer;
		/* In a burst, an interrupt's handler finds it out: no other entry before av_el2_place() is asked. */
		set_tsk_need_resched(current);
		pr_err("CPU %u: EL2 was lost (answer %llx): no guest runs there before it goes offline and comes back\n",
		       smp_processor_id(), answer);
	}
	local_irq_restore(flags);
}

/* The answer is none of ours: whose it is, and what it makes of this CPU. -errno. */
noinline int av_el2_not_done(u64 id, u64 answer)
{
	struct av_cpu *c = this_cpu_ptr(&av_cpus);

	if (answer != AV_ANSWER_FAULT) {
		av_el2_lose(c, answer);
		return -ENXIO;
	}
	report_fault(c->el2);
	/* What the vCPU made of it. Of the others nothing but the CPU's own state can be the cause. */
	if (id != AV_CALL(RUN))
		av_el2_lose(c, answer);
	return -EFAULT;
}

/* ---- a call that reaches all CPUs --------------------------------------------------------------- */

struct broadcast {
	u64 id, a, b, c;
	bool done;
};

static void broadcast_here(void *data)
{
	struct broadcast *call = data;

	if (this_cpu_ptr(&av_cpus)->taken)
		call->done = av_el2_call_id(call->id, call->a, call->b, call->c) >= 0;
}

/**
 * av_el2_broadcast_id() - a call whose effect reaches all CPUs, so that any CPU's EL2 can serve it
 * @id: AV_CALL(name); TLB maintenance
 * @a: first argument
 * @b: second argument
 * @c: third argument
 *
 * Nearly always this CPU's. But a CPU that goes or comes has tasks of its own (work queues) that run there while its
 * EL2 is the stub's again, or still; or it has lost EL2, which shows by this call's answer: what the stub does not know
 * it ignores, and a translation would outlive its page. Each CPU that is asked does it or leaves taken_cpus.
 * When no CPU has EL2, none runs a guest, and each take begins with empty TLBs (el2/found.c, el2/init.S).
 *
 * Context: interrupts on; may hold spinlocks that no interrupt handler takes.
 */
void av_el2_broadcast_id(u64 id, u64 a, u64 b, u64 c)
{
	struct broadcast call = { .id = id, .a = a, .b = b, .c = c };

	preempt_disable();
	broadcast_here(&call);
	if (unlikely(!call.done)) {
		/* Before: the change that this is about. Not after: the mask. Pairs with the DSB in take(). */
		smp_mb();
		/* The one that is asked may give EL2 back, or lose it, before the question arrives. */
		while (!call.done && !smp_call_function_any(&taken_cpus, broadcast_here, &call, true))
			;
	}
	preempt_enable();
}
