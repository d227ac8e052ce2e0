/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's side of the guests' timers, for the burst.
 *
 * Runs at: host kernel. Owns: nothing. Locks: see each function.
 */
#ifndef AV_TIMER_HOST_H
#define AV_TIMER_HOST_H

#include <linux/percpu.h>
#include <linux/types.h>

int av_timer_host_init(void);		/* finds and claims the timers' interrupts */
void av_timer_host_exit(void);
void av_timer_host_cpu_up(void);	/* EL2 of this CPU was taken / before it is given back; interrupts off */
void av_timer_host_cpu_down(void);
void av_timer_host_cpu_reset(void);	/* around a power-down of this CPU (CPU PM); interrupts off */

u32 av_timer_host_rate(void);		/* ticks per second */
/* Physical INTID of AV_TIMER_VIRT or AV_TIMER_PHYS; 0: guests can't have it, it is emulated (PHYS only) */
u32 av_timer_host_intid(unsigned int timer);
u32 av_host_intid(unsigned int irq);	/* physical INTID behind a Linux interrupt */

/*
 * What the redistributor of this CPU holds as active state of the PPIs, as far as is known: a bit for each timer.
 * Neither: inactive. maybe without sure: not known.
 */
struct av_timer_active {
	u8 maybe;			/* may be active */
	u8 sure;			/* is */
};

DECLARE_PER_CPU(struct av_timer_active, av_timer_active);	/* interrupts off */

/* Make those of this CPU's PPIs active whose bits are set, the others inactive; interrupts off. */
void av_timer_host_set_active(u32 timers);

#endif
