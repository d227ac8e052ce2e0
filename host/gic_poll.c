// SPDX-License-Identifier: GPL-2.0
/*
 * Hosts without a maintenance interrupt: look at the list registers often enough instead.
 *
 * Runs at: host kernel; arm() on the CPU that enters the guest, with interrupts off. Owns: one hrtimer per CPU.
 * Locks: none; a timer is armed on its own CPU only.
 *
 * The maintenance interrupt only ever says "leave the guest", for one of these reasons (IHI 0069, 12.4.14
 * ICH_MISR_EL2), all of them known at the entry:
 *   EOI			a level interrupt was ended: its line may still be high, an irqfd wants to be told
 *   NPIE		nothing pending is left in the list registers, while more waits outside
 *   VGrp0E, VGrp1E	the guest switched a group on, of which something waits outside
 *   LRENP		the guest ended an interrupt that has no list register
 * So while one of them can come, a timer makes the guest leave after POLL_NS; with none of them there is no timer. Most
 * ends of a level interrupt are seen before that: its handler has read or written the device, which is an exit, and
 * the next rise of the line kicks the vCPU.
 *
 * Why not by traps: ICH_HCR_EL2.TALL0 and TALL1 would catch the end of an interrupt, but its acknowledgment and all
 * else of the CPU interface too, so that all of that would have to be emulated, at one exit each; and a GICv2 has no
 * such traps. ICC_DIR_EL1 is trapped with and without a maintenance interrupt (av_vgic_pick_hcr()).
 *
 * EOIcount can't overflow (31) between two looks: it counts ends of interrupts that were active at different
 * priorities, and of those 31 can be acknowledged with five bits of priority, for the lowest is always masked
 * (IHI 0069, 4.8.6).
 */
#include <linux/hrtimer.h>
#include <linux/percpu.h>

#include "compat.h"
#include "gic_poll.h"
#include "include/arm_regs.h"
#include "include/vcpu_ctx.h"

#define POLL_NS		(250 * NSEC_PER_USEC)

/* Reasons that are in ICH_HCR_EL2; the EOI's are in the list registers. */
#define HCR_REASONS	(ICH_HCR_LRENPIE | ICH_HCR_NPIE | ICH_HCR_VGRP0EIE | ICH_HCR_VGRP1EIE)

DEFINE_STATIC_KEY_FALSE(av_vgic_polls);
static DEFINE_PER_CPU(struct hrtimer, poll_timer);

/* In hard interrupt context. Being interrupted is all that was wanted of the guest. */
static enum hrtimer_restart expired(struct hrtimer *timer)
{
	return HRTIMER_NORESTART;
}

static bool wants_maintenance(const struct av_gic_ctx *gic)
{
	u32 i;

	if (gic->hcr & HCR_REASONS)
		return true;
	for (i = 0; i < gic->used_lrs; i++) {
		/* With HW=1 the EOI bit is part of the physical INTID. */
		if ((gic->lr[i] & (ICH_LR_EOI | ICH_LR_HW)) == ICH_LR_EOI)
			return true;
	}
	return false;
}

/* One that is on its way comes early rather than late, and the next entry arms it again. */
void av_vgic_poll_arm(const struct av_gic_ctx *gic)
{
	struct hrtimer *timer = this_cpu_ptr(&poll_timer);

	lockdep_assert_irqs_disabled();
	if (wants_maintenance(gic) && !hrtimer_is_queued(timer))
		hrtimer_start(timer, ns_to_ktime(POLL_NS), HRTIMER_MODE_REL_PINNED_HARD);
}

void av_vgic_poll_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		av_hrtimer_setup(per_cpu_ptr(&poll_timer, cpu), expired, CLOCK_MONOTONIC,
				 HRTIMER_MODE_REL_PINNED_HARD);
	static_branch_enable(&av_vgic_polls);
}

void av_vgic_poll_exit(void)
{
	unsigned int cpu;

	if (!static_key_enabled(&av_vgic_polls))
		return;
	static_branch_disable(&av_vgic_polls);
	for_each_possible_cpu(cpu)
		hrtimer_cancel(per_cpu_ptr(&poll_timer, cpu));
}
