// SPDX-License-Identifier: GPL-2.0
/*
 * Boxes: what EL2 of one CPU leaves to the host of another, so that a guest needn't be left for it. A bit per VM, and
 * the interrupt that kicks guests, too (the maintenance interrupt). The protocol is include/bells.h's.
 *
 * Which CPU is free nobody may ask (idle_cpu() is not exported). So one is tried; its interrupt looks what it has
 * interrupted, and if that was not the idle task, or somebody wants the CPU by now, it isn't told of anything for a
 * jiffy. A CPU that is on its way into a deep idle state isn't woken either. With no CPU free a store to a doorbell is
 * an exit, as ever.
 *
 * What a signal costs is the VMM's choice: an eventfd's wait queue is gone through with interrupts off, all that wait
 * there. So what is done in one go, with interrupts off, is a turn: it ends behind the signal in which its time is up,
 * and the rest is left to a work item of the VM's.
 *
 * Runs at: host kernel. Owns: box, box_away, box_busy of each CPU; the numbers of the VMs.
 * Locks: numbers_lock > a VM's lock, which is taken in interrupts, too, and is held while eventfds are signalled.
 */
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/isolation.h>
#include <asm/sysreg.h>
#include <clocksource/arm_arch_timer.h>

#include "boxes.h"
#include "calls.h"
#include "compat.h"
#include "el2_map.h"
#include "host.h"
#include "include/vgic_words.h"
#include "redist.h"
#include "timer.h"

/* So many CPUs are looked at for one that is free. */
#define TRIES		4
#define TURNS_PER_S	20000		/* 50 us */

/* ICC_HPPIR1_EL1: no interrupt is pending */
#define INTID_MASK	GENMASK(23, 0)
#define INTID_NONE	1023

static DEFINE_MUTEX(numbers_lock);
static DECLARE_BITMAP(numbers, AV_BOX_VMS);
static DEFINE_PER_CPU(unsigned long, busy_since);

static struct slot {
	spinlock_t lock;		/* the VM's "box lock": its bells, and that it is there */
	struct av_box_owner *owner;	/* NULL: none */
} slots[AV_BOX_VMS] = {
	[0 ... AV_BOX_VMS - 1] = { .lock = __SPIN_LOCK_UNLOCKED(slots.lock) },
};

/* ---- VMs ---------------------------------------------------------------------------------------------- */

/**
 * av_box_join() - a number for a VM
 * @owner: its empty() is set
 *
 * Context: may sleep. Return: 0, or -ENOSPC: with so many VMs this one does without.
 */
int av_box_join(struct av_box_owner *owner)
{
	unsigned long nr;

	mutex_lock(&numbers_lock);
	nr = find_first_zero_bit(numbers, AV_BOX_VMS);
	if (nr < AV_BOX_VMS)
		set_bit(nr, numbers);
	mutex_unlock(&numbers_lock);
	if (nr == AV_BOX_VMS)
		return -ENOSPC;
	owner->nr = nr;
	spin_lock_irq(&slots[nr].lock);
	slots[nr].owner = owner;
	spin_unlock_irq(&slots[nr].lock);
	return 0;
}

void av_box_leave(struct av_box_owner *owner)
{
	spin_lock_irq(&slots[owner->nr].lock);
	slots[owner->nr].owner = NULL;
	spin_unlock_irq(&slots[owner->nr].lock);
	mutex_lock(&numbers_lock);
	clear_bit(owner->nr, numbers);
	mutex_unlock(&numbers_lock);
}

spinlock_t *av_box_lock(const struct av_box_owner *owner)
{
	return &slots[owner->nr].lock;
}

u64 av_box_turn(void)
{
	return arch_timer_read_counter() + av_timer_host_rate() / TURNS_PER_S;
}

bool av_box_is_over(u64 until)
{
	return (s64)(arch_timer_read_counter() - until) >= 0;
}

/* ---- a CPU's box -------------------------------------------------------------------------------------- */

static bool holds_any(const struct el2_cpu *el2)
{
	return READ_ONCE(el2->box_any);
}

/* A bit may be a former VM's: then it means nothing to this one. Interrupts off. */
static void empty_of(unsigned int nr, u64 until)
{
	struct slot *slot = &slots[nr];

	spin_lock(&slot->lock);
	if (slot->owner)
		slot->owner->empty(slot->owner, until);
	spin_unlock(&slot->lock);
}

/* One turn for all VMs. */
static void empty_box(struct el2_cpu *el2)
{
	u64 until = av_box_turn();
	unsigned int word;
	u32 left;

	lockdep_assert_irqs_disabled();
	for (word = 0; word < ARRAY_SIZE(el2->box); word++)
		/* Taken out before the VM's words are read, which EL2 wrote before. */
		for (left = av_word_xchg(&el2->box[word], 0); left; left &= left - 1)
			empty_of(word * 32 + __ffs(left), until);
}

/* Nothing more for this CPU, for a while: EL2 of the others looks before each store. */
static void note_busy(struct el2_cpu *el2)
{
	this_cpu_write(busy_since, jiffies);
	WRITE_ONCE(el2->box_busy, 1);
}

/*
 * Does another interrupt of this CPU wait, or a task? Who stores as fast as it is signalled here has the box's
 * interrupt pending again each time that this one returns. Of interrupts of one priority the GIC may prefer it, and it
 * does if it goes by the number (IHI 0069, 4.8): the host's timer would never come, nor would the idle task go on. The
 * interrupt that is being handled is active, so not what ICC_HPPIR1_EL1 tells of.
 */
static bool is_wanted(void)
{
	return need_resched() || (read_sysreg_s(SYS_ICC_HPPIR1_EL1) & INTID_MASK) != INTID_NONE;
}

/* Also by a kick that came too late, or with nothing in the box: mostly. */
void av_boxes_irq(void)
{
	struct el2_cpu *el2 = this_cpu_ptr(&av_cpus)->el2;

	if (likely(!holds_any(el2)))
		return;
	if (!is_idle_task(current))
		note_busy(el2);
	empty_box(el2);
	/* What was left behind a turn is no reason: who rings on finds it rung, and tells nobody. */
	if (is_wanted())
		note_busy(el2);
}

void av_boxes_cpu_init(unsigned int cpu)
{
	WRITE_ONCE(per_cpu_ptr(&av_cpus, cpu)->el2->box_away, 1);
}

/* From now on others may leave something here. What came in between gets its interrupt once more. */
void av_boxes_cpu_up(void)
{
	struct el2_cpu *el2 = this_cpu_ptr(&av_cpus)->el2;
	void __iomem *sgi = this_cpu_read(av_redist);

	lockdep_assert_irqs_disabled();
	if (!av_maint_intid || !sgi)
		return;
	WRITE_ONCE(el2->box_away, 0);
	if (holds_any(el2))
		av_redist_set_pending(sgi, av_maint_intid);
}

/* EL2 of another CPU that has read box_away before finds out when it has written the box: ring_bell() there. */
static void shut(struct el2_cpu *el2)
{
	lockdep_assert_irqs_disabled();
	WRITE_ONCE(el2->box_away, 1);
	smp_mb();	/* written before the box is read; pairs with ring_bell() */
}

void av_boxes_cpu_down(void)
{
	struct el2_cpu *el2 = this_cpu_ptr(&av_cpus)->el2;

	shut(el2);
	empty_box(el2);
}

bool av_boxes_cpu_sleeps(void)
{
	struct el2_cpu *el2 = this_cpu_ptr(&av_cpus)->el2;

	shut(el2);
	if (likely(!holds_any(el2)))
		return true;
	/* Nothing can be signalled here, where RCU may not watch. */
	av_boxes_cpu_up();
	return false;
}

/* ---- for whom may EL2 leave something? ---------------------------------------------------------------- */

static u64 el2_address(unsigned int cpu)
{
	if (av_host_is_vhe())
		return (u64)(uintptr_t)per_cpu_ptr(&av_cpus, cpu)->el2;
	return av_el2_cpu_window(cpu) + EL2_CPU_PAGE_DATA * PAGE_SIZE;
}

static bool is_free(unsigned int cpu)
{
	struct el2_cpu *el2 = per_cpu_ptr(&av_cpus, cpu)->el2;
	unsigned long now = jiffies;

	if (READ_ONCE(el2->box_away) || !READ_ONCE(el2->redist) ||
	    !cpumask_test_cpu(cpu, housekeeping_cpumask(AV_HK_MISC)))
		return false;
	if (!READ_ONCE(el2->box_busy))
		return true;
	if (per_cpu(busy_since, cpu) == now)
		return false;
	/* Perhaps it isn't any more. */
	WRITE_ONCE(el2->box_busy, 0);
	return true;
}

/**
 * av_boxes_choose() - the CPU that EL2 of this one may leave something for
 * @last: the one that was found last, to begin with; any number
 *
 * Context: preemption off. Return: the EL2 address of its el2_cpu; 0: none is free, or the host is PREEMPT_RT, where
 * an interrupt can't signal an eventfd.
 */
u64 av_boxes_choose(unsigned int *last)
{
	unsigned int cpu = *last, tries;

	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		return 0;
	for (tries = 0; tries < TRIES; tries++) {
		if (cpu < nr_cpu_ids && cpu != smp_processor_id() && cpu_online(cpu) && is_free(cpu)) {
			*last = cpu;
			return el2_address(cpu);
		}
		cpu = cpu < nr_cpu_ids ? cpumask_next(cpu, cpu_online_mask) : nr_cpu_ids;
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
	}
	*last = cpu;
	return 0;
}
