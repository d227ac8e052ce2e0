// SPDX-License-Identifier: GPL-2.0
/*
 * The physical interrupt of the virtual timer, which the host itself leaves alone.
 *
 * An nVHE host ticks with the EL1 physical timer, a VHE host with the EL2 one (DDI 0487, D11.2):
 * the virtual timer's PPI is free for guests. Here it is claimed, and its active state kept;
 * dev/describe.c finds it.
 *
 * Runs at: host kernel. Owns: the PPI of CNTV on every CPU that EL2 was taken on.
 * Locks: none; per-CPU state is touched with interrupts off on its own CPU.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/percpu.h>
#include <asm/sysreg.h>

#include "armvcpu.h"
#include "dev/describe.h"
#include "dev/refuse.h"
#include "dev/timer_host.h"
#include "vgic/redist.h"

DEFINE_PER_CPU(u8, av_timer_active);
static DEFINE_PER_CPU(bool, is_up);
static unsigned int host_irq;
static unsigned int host_trigger;
static u32 host_intid;
static u32 host_rate;

u32 av_timer_host_rate(void)
{
	return host_rate;
}

u32 av_timer_host_intid(void)
{
	return host_intid;
}

/* INTID at the interrupt controller that the CPU is wired to, behind any stacked domains. */
u32 av_host_intid(unsigned int irq)
{
	struct irq_data *data = irq_get_irq_data(irq);

	if (!data)
		return 0;
#ifdef CONFIG_IRQ_DOMAIN_HIERARCHY
	while (data->parent_data)
		data = data->parent_data;
#endif
	return data->hwirq;
}

static void write_active(bool active)
{
	void __iomem *redist = this_cpu_read(av_redist);

	if (redist) {
		av_redist_set_active(redist, host_intid, active);
		this_cpu_write(av_timer_active, active ? AV_ACTIVE_YES : AV_ACTIVE_NO);
		return;
	}
	/* Can only fail when the controller has no such operation, which host_init() tried. */
	if (WARN_ON_ONCE(irq_set_irqchip_state(host_irq, IRQCHIP_STATE_ACTIVE, active)))
		this_cpu_write(av_timer_active, AV_ACTIVE_UNKNOWN);
	else
		this_cpu_write(av_timer_active, active ? AV_ACTIVE_YES : AV_ACTIVE_NO);
}

/*
 * An active PPI does not signal again, however high its line is: that is how the guest gets to
 * run its handler although the timer's line stays up until the handler has moved the deadline.
 */
void av_timer_host_set_active(bool active)
{
	write_active(active);
}

/* After a power-down of this CPU (CPU PM): what became of the redistributor is the firmware's business. */
void av_timer_host_forget_active(void)
{
	this_cpu_write(av_timer_active, AV_ACTIVE_UNKNOWN);
}

/*
 * By the time that the host has its interrupts on, EL2 has stopped the timer, the line is down and
 * there is seldom anything left to acknowledge. What did happen, av_timer_flush() sees by itself.
 */
static irqreturn_t handle_vtimer(int irq, void *dev_id)
{
	return IRQ_HANDLED;
}

void av_timer_host_cpu_up(void)
{
	if (this_cpu_read(is_up))
		return;
	/* Whoever had EL2 before may have left it active. */
	write_active(false);
	enable_percpu_irq(host_irq, host_trigger);
	this_cpu_write(is_up, true);
}

void av_timer_host_cpu_down(void)
{
	if (!this_cpu_read(is_up))
		return;
	write_active(false);
	disable_percpu_irq(host_irq);
	this_cpu_write(is_up, false);
}

/* Module load: find the interrupt and claim it. Sleeps. */
int av_timer_host_init(void)
{
	int ret;

	host_irq = av_host_desc()->vtimer_irq;
	if (!host_irq)
		return av_refuse(AV_REFUSE_NO_VTIMER);
	/* Firmware that leaves CNTFRQ_EL0 wrong says so in the tree; the kernel's own driver agrees. */
	host_rate = av_host_desc()->timer_rate ?: read_sysreg(cntfrq_el0);
	if (!host_rate)
		return av_refuse(AV_REFUSE_NO_RATE);
	host_intid = av_host_intid(host_irq);
	host_trigger = irq_get_trigger_type(host_irq);
	if (host_trigger != IRQ_TYPE_LEVEL_HIGH && host_trigger != IRQ_TYPE_LEVEL_LOW)
		host_trigger = IRQ_TYPE_LEVEL_LOW;

	ret = request_percpu_irq(host_irq, handle_vtimer, "armvcpu vtimer", &is_up);
	if (ret)
		return av_refuse_detail(AV_REFUSE_VTIMER_TAKEN, "interrupt %u: %d", host_irq, ret);
	preempt_disable();
	ret = irq_set_irqchip_state(host_irq, IRQCHIP_STATE_ACTIVE, false);
	preempt_enable();
	if (ret) {
		free_percpu_irq(host_irq, &is_up);
		return av_refuse_detail(AV_REFUSE_NO_ACTIVE, "%d", ret);
	}
	return 0;
}

/* Module unload, after av_timer_host_cpu_down() on each CPU. */
void av_timer_host_exit(void)
{
	free_percpu_irq(host_irq, &is_up);
}
