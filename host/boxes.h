/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What EL2 leaves to the host of another CPU: boxes.c.
 *
 * Runs at: host kernel. Owns: the layout.
 */
#ifndef AV_BOXES_H
#define AV_BOXES_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include "include/bells.h"

/* Who gets what is in a box: a VM. */
struct av_box_owner {
	/*
	 * Signal what was rung, until av_box_is_over(@until), and see to it that the rest is: interrupts off,
	 * av_box_lock() held, any CPU.
	 */
	void (*empty)(struct av_box_owner *owner, u64 until);
	u32 nr;				/* in the boxes */
};

int av_box_join(struct av_box_owner *owner);
void av_box_leave(struct av_box_owner *owner);	/* nobody rings any more; on return nobody is in empty() */
spinlock_t *av_box_lock(const struct av_box_owner *owner);
u64 av_box_turn(void);			/* when a turn that begins now is over; a count */
bool av_box_is_over(u64 until);

/* A CPU's own; interrupts off. */
void av_boxes_cpu_init(unsigned int cpu);	/* it can't be told yet */
void av_boxes_cpu_up(void);
void av_boxes_cpu_down(void);
bool av_boxes_cpu_sleeps(void);		/* false: not now, its interrupt is on the way */
void av_boxes_irq(void);		/* the maintenance interrupt */

u64 av_boxes_choose(unsigned int *last);

#endif
