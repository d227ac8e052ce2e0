/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's side of the virtual timer, for the burst.
 *
 * Runs at: host kernel. Owns: nothing. Locks: see each function.
 */
#ifndef AV_TIMER_HOST_H
#define AV_TIMER_HOST_H

#include <linux/percpu.h>
#include <linux/types.h>

u32 av_timer_host_rate(void);		/* ticks per second */
u32 av_timer_host_intid(void);		/* physical INTID of the virtual timer */
u32 av_host_intid(unsigned int irq);	/* physical INTID behind a Linux interrupt */

/* What the redistributor of this CPU holds as active state of the PPI, as far as is known. */
enum av_timer_active {
	AV_ACTIVE_NO,
	AV_ACTIVE_YES,
	AV_ACTIVE_UNKNOWN,
};

DECLARE_PER_CPU(u8, av_timer_active);	/* enum av_timer_active; interrupts off */

/* Of this CPU's virtual timer interrupt; interrupts off. */
void av_timer_host_set_active(bool active);

#endif
