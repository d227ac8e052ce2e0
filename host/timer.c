// SPDX-License-Identifier: GPL-2.0
/*
 * The physical interrupts of the timers that guests have, and the host itself leaves alone.
 *
 * An nVHE host ticks with the EL1 physical timer, a VHE host with the EL2 one (DDI 0487, D11.2): the virtual timer's
 * PPI is free for guests, and on a VHE host the physical timer's. Here they are claimed, and their active state kept;
 * host/describe.c finds them.
 *
 * Runs at: host kernel. Owns: the PPI of CNTV, with VHE that of CNTP, on every CPU that EL2 was taken on.
 * Locks: none; per-CPU state is touched with interrupts off on its own CPU.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/percpu.h>
#include <asm/sysreg.h>

#include "describe.h"
#include "include/vcpu_ctx.h"
#include "calls.h"
#include "redist.h"
#include "refuse.h"
#include "timer.h"

DEFINE_PER_CPU(struct av_timer_active, av_timer_active);
static DEFINE_PER_CPU(bool, is_up);
static u32 host_rate;

static struct host_timer {
	const char *name;
	unsigned int irq;		/* 0: not claimed */
	unsigned int trigger;
	u32 intid;
} timers[AV_NR_TIMERS] = {
	[AV_TIMER_VIRT] = { .name = "armvcpu vtimer" },
	[AV_TIMER_PHYS] = { .name = "armvcpu ptimer" },
};

#define for_each_claimed(t)					\
	for ((t) = timers; (t) < timers + AV_NR_TIMERS; (t)++)	\
		if ((t)->irq)

static u8 bit_of(const struct host_timer *t)
{
	return BIT(t - timers);
}

u32 av_timer_host_rate(void)
{
	return host_rate;
}

u32 av_timer_host_intid(unsigned int timer)
{
	return timers[timer].intid;
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

static void write_active(const struct host_timer *t, bool active)
{
	struct av_timer_active *known = this_cpu_ptr(&av_timer_active);
	void __iomem *redist = this_cpu_read(av_redist);
	u8 bit = bit_of(t);

	known->maybe |= bit;
	known->sure &= ~bit;
	if (redist)
		av_redist_set_active(redist, t->intid, active);
	/* Can only fail when the controller has no such operation, which claim() tried. */
	else if (WARN_ON_ONCE(irq_set_irqchip_state(t->irq, IRQCHIP_STATE_ACTIVE, active)))
		return;
	if (active)
		known->sure |= bit;
	else
		known->maybe &= ~bit;
}

/*
 * An active PPI does not signal again, however high its line is: that is how the guest gets to
 * run its handler although the timer's line stays up until the handler has moved the deadline.
 */
void av_timer_host_set_active(u32 active)
{
	const struct av_timer_active *known = this_cpu_ptr(&av_timer_active);
	const struct host_timer *t;

	for_each_claimed(t) {
		u8 bit = bit_of(t);

		if (active & bit ? !(known->sure & bit) : known->maybe & bit)
			write_active(t, active & bit);
	}
}

/*
 * Firmware may have left it running, and after a power-down its control register is UNKNOWN: nobody would take its
 * interrupt back. In the host it is always off.
 */
static void stop(const struct host_timer *t)
{
	if (!av_host_is_vhe())
		write_sysreg(0, cntv_ctl_el0);
	else if (t == &timers[AV_TIMER_VIRT])
		write_sysreg_s(0, SYS_CNTV_CTL_EL02);
	else
		write_sysreg_s(0, SYS_CNTP_CTL_EL02);
	isb();
}

/* Stopped, and nothing known: what a power-down makes of the redistributor is the firmware's business. */
void av_timer_host_cpu_reset(void)
{
	struct av_timer_active *known = this_cpu_ptr(&av_timer_active);
	const struct host_timer *t;

	known->sure = 0;
	for_each_claimed(t) {
		stop(t);
		known->maybe |= bit_of(t);
	}
}

/*
 * By the time that the host has its interrupts on, EL2 has stopped the timer, the line is down and
 * there is seldom anything left to acknowledge. What did happen, av_timer_flush() sees by itself.
 * On a CPU that lost power and nobody said so the timer may run, and its interrupt would come for ever.
 */
static irqreturn_t handle_timer(int irq, void *dev_id)
{
	const struct host_timer *t;

	for_each_claimed(t) {
		if (t->irq == irq)
			stop(t);
	}
	return IRQ_HANDLED;
}

void av_timer_host_cpu_up(void)
{
	const struct host_timer *t;

	if (this_cpu_read(is_up))
		return;
	for_each_claimed(t) {
		stop(t);
		/* Whoever had EL2 before may have left it active. */
		write_active(t, false);
		enable_percpu_irq(t->irq, t->trigger);
	}
	this_cpu_write(is_up, true);
}

void av_timer_host_cpu_down(void)
{
	const struct host_timer *t;

	if (!this_cpu_read(is_up))
		return;
	for_each_claimed(t) {
		write_active(t, false);
		disable_percpu_irq(t->irq);
	}
	this_cpu_write(is_up, false);
}

/* A free PPI whose active state can be set: t is complete. -errno and *why otherwise, with nothing left behind. */
static int claim(struct host_timer *t, unsigned int irq, enum av_refusal *why)
{
	int ret;

	*why = AV_REFUSE_VTIMER_TAKEN;
	ret = request_percpu_irq(irq, handle_timer, t->name, &is_up);
	if (ret)
		return ret;
	*why = AV_REFUSE_NO_ACTIVE;
	preempt_disable();
	ret = irq_set_irqchip_state(irq, IRQCHIP_STATE_ACTIVE, false);
	preempt_enable();
	if (ret) {
		free_percpu_irq(irq, &is_up);
		return ret;
	}
	t->trigger = irq_get_trigger_type(irq);
	if (t->trigger != IRQ_TYPE_LEVEL_HIGH && t->trigger != IRQ_TYPE_LEVEL_LOW)
		t->trigger = IRQ_TYPE_LEVEL_LOW;
	t->intid = av_host_intid(irq);
	t->irq = irq;
	return 0;
}

/* An nVHE host ticks with it. On a VHE host that has no interrupt to spare for it, it is emulated as well. */
static void claim_phys(const struct av_host_desc *desc)
{
	enum av_refusal why;

	if (av_host_is_vhe() && (!desc->ptimer_irq || claim(&timers[AV_TIMER_PHYS], desc->ptimer_irq, &why)))
		av_refuse(AV_NOTE_NO_PTIMER);
}

/* Module load: find the interrupts and claim them. Sleeps. */
int av_timer_host_init(void)
{
	const struct av_host_desc *desc = av_host_desc();
	enum av_refusal why;
	int ret;

	if (!desc->vtimer_irq)
		return av_refuse(AV_REFUSE_NO_VTIMER);
	/* Firmware that leaves CNTFRQ_EL0 wrong says so in the tree; the kernel's own driver agrees. */
	host_rate = desc->timer_rate ?: read_sysreg(cntfrq_el0);
	if (!host_rate)
		return av_refuse(AV_REFUSE_NO_RATE);
	ret = claim(&timers[AV_TIMER_VIRT], desc->vtimer_irq, &why);
	if (ret)
		return av_refuse_detail(why, "interrupt %u: %d", desc->vtimer_irq, ret);
	claim_phys(desc);
	return 0;
}

/* Module unload, after av_timer_host_cpu_down() on each CPU. */
void av_timer_host_exit(void)
{
	const struct host_timer *t;

	for_each_claimed(t)
		free_percpu_irq(t->irq, &is_up);
}
