// SPDX-License-Identifier: GPL-2.0
/*
 * The host's own GIC: what it can do, and its maintenance interrupt.
 *
 * Runs at: host kernel; init and exit in thread context, cpu_up and cpu_down on their CPU with
 * interrupts off.
 * Owns: the maintenance interrupt of the host.
 * Locks: none; the module's load and unload, and CPU hotplug, are serialised by the caller.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/percpu.h>

#include "boxes.h"
#include "describe.h"
#include "gic_poll.h"
#include "host.h"
#include "calls.h"
#include "redist.h"
#include "refuse.h"
#include "timer.h"

/* The longest that an interrupt takes from its cause to the redistributor. */
#define PROVOKE_US	100

static u64 host_vtr;			/* ICH_VTR_EL2, the same on all CPUs */
static unsigned int maint_irq;		/* 0: none claimed */
static unsigned int maint_trigger;
u32 av_maint_intid;			/* its physical INTID */
static DEFINE_PER_CPU(unsigned long, maint_cookie);
static bool was_asked;			/* offer_v2(): the first CPU has said what it can */

u64 av_vgic_host_vtr(void)
{
	return host_vtr;
}

void av_vgic_host_set_vtr(u64 vtr)
{
	host_vtr = vtr;
}

/*
 * The interrupt only has to bring the CPU out of the guest, also when it is a kick (guest/requests.c); or to say that
 * there is something in the CPU's box. EL2 switches ICH_HCR_EL2 off on the way, which takes the line down; the list
 * registers are looked at by sync.
 */
static irqreturn_t maintenance(int irq, void *cookie)
{
	av_boxes_irq();
	return IRQ_HANDLED;
}

/* Without the system registers EL2 had nothing to report (host_vtr). */
static int map_v2(const struct av_host_desc *desc)
{
	if (desc->gich && desc->gicv)
		return av_vgic_v2_map(desc->gich, desc->gich_size, desc->gicv, desc->gicv_size,
				      &host_vtr);
	return av_refuse(desc->gic == 2 ? AV_REFUSE_V2_REGIONS : AV_REFUSE_NO_GIC);
}

static bool provoke(bool on)
{
	if (!av_vgic_host_is_v2())
		return av_el2_call(GIC_PROVOKE, on, 0, 0) >= 0;
	av_vgic_v2_provoke(on);
	return true;
}

/* True if the controller shows it pending, within the time that the wire may take; or if that can't be known. */
static bool is_pending(unsigned int irq)
{
	bool pending;
	int us;

	for (us = 0; us < PROVOKE_US; us++) {
		if (irq_get_irqchip_state(irq, IRQCHIP_STATE_PENDING, &pending) || pending)
			return true;
		udelay(1);
	}
	return false;
}

/*
 * Is this the maintenance interrupt? With another one in its place guests would wait for the host's next tick. It is
 * not enabled yet, so that nothing but its pending state shows.
 */
static bool comes(unsigned int irq)
{
	unsigned long flags;
	bool pending;

	local_irq_save(flags);
	/* With EL2 lost meanwhile it can't be known either. */
	pending = !provoke(true) || is_pending(irq);
	pending |= !provoke(false);
	local_irq_restore(flags);
	return pending;
}

static int poll(enum av_refusal why)
{
	av_vgic_poll_init();
	return av_refuse(why);
}

static int claim(const struct av_host_desc *desc)
{
	unsigned int irq = desc->maint_irq;
	int ret;

	if (!irq)
		return poll(AV_NOTE_POLLING);
	if (!comes(irq)) {
		if (desc->maint_given)
			return av_refuse_detail(AV_REFUSE_PARAMETER, "maint_irq: that interrupt does not come");
		return poll(AV_NOTE_WRONG_MAINT);
	}
	maint_trigger = irq_get_trigger_type(irq) ?: IRQ_TYPE_LEVEL_HIGH;
	ret = request_percpu_irq(irq, maintenance, "armvcpu vgic", &maint_cookie);
	if (ret)
		return av_refuse_detail(AV_REFUSE_MAINT_TAKEN, "interrupt %u: %d", irq, ret);
	maint_irq = irq;
	av_maint_intid = av_host_intid(irq);
	return 0;
}

/* Can guests have a GICv2 on this GICv3? Each CPU is asked, since they may differ; interrupts are off. */
static void offer_v2(void)
{
	const struct av_host_desc *desc = av_host_desc();

	if (desc->gic != 3 || !desc->gicv)
		return;
	if (av_el2_call(GIC_MEMORY, 0, 0, 0) != 1)
		av_vgic_v2_withdraw();
	else if (!was_asked && av_vgic_v2_offer(desc->gicv, desc->gicv_size))
		pr_info("guests can have a GICv2, too\n");
	was_asked = true;
}

int av_vgic_host_init(void)
{
	const struct av_host_desc *desc = av_host_desc();
	int ret = host_vtr ? 0 : map_v2(desc);

	if (ret)
		return ret;
	was_asked = false;
	ret = claim(desc);
	if (ret)
		av_vgic_v2_unmap();
	else if (host_vtr)
		av_redist_init();	/* without affinity routing they mean nothing (IHI 0069, 3.2) */
	return ret;
}

void av_vgic_host_exit(void)
{
	if (maint_irq)
		free_percpu_irq(maint_irq, &maint_cookie);
	maint_irq = 0;
	av_maint_intid = 0;
	av_vgic_poll_exit();
	av_vgic_v2_unmap();
	av_redist_exit();
}

void av_vgic_host_cpu_up(void)
{
	if (av_vgic_host_is_v2())
		av_vgic_v2_cpu_up();
	else
		offer_v2();
	if (maint_irq)
		enable_percpu_irq(maint_irq, maint_trigger);
}

/* This CPU has lost power and is back (CPU PM); with system registers el2/gic_v3.c does it. */
void av_vgic_host_cpu_resumed(void)
{
	if (av_vgic_host_is_v2())
		av_vgic_v2_cpu_up();
}

void av_vgic_host_cpu_down(void)
{
	void __iomem *sgi = this_cpu_read(av_redist);

	if (maint_irq)
		disable_percpu_irq(maint_irq);
	/* A kick that came too late. */
	if (maint_irq && sgi)
		av_redist_clear_pending(sgi, av_maint_intid);
	if (av_vgic_host_is_v2())
		av_vgic_v2_cpu_down();
}
