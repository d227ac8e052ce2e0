/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's side of the virtual timer, for dev/timer.c alone.
 *
 * Runs at: host kernel. Owns: nothing. Locks: see each function.
 */
#ifndef AV_TIMER_HOST_H
#define AV_TIMER_HOST_H

#include <linux/types.h>

u32 av_timer_host_rate(void);		/* ticks per second */
u32 av_timer_host_intid(void);		/* physical INTID of the virtual timer */

/* Of this CPU's virtual timer interrupt; interrupts off. */
void av_timer_host_set_active(bool active);
/* The guest ran with list registers that may have deactivated it: don't trust the shadow. */
void av_timer_host_doubt_active(void);

#endif
