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
	/* Signal all that was rung; interrupts off, av_box_lock() held, any CPU. */
	void (*empty)(struct av_box_owner *owner);
	u32 nr;				/* in the boxes */
};

int av_box_join(struct av_box_owner *owner);
void av_box_leave(struct av_box_owner *owner);	/* nobody rings any more; on return nobody is in empty() */
spinlock_t *av_box_lock(const struct av_box_owner *owner);
void av_box_empty(struct av_box_owner *owner);	/* all that was rung until now is signalled on return */

/* A CPU's own; interrupts off. */
void av_boxes_cpu_init(unsigned int cpu);	/* it can't be told yet */
void av_boxes_cpu_up(void);
void av_boxes_cpu_down(void);
bool av_boxes_cpu_sleeps(void);		/* false: not now, its interrupt is on the way */
void av_boxes_irq(void);		/* the maintenance interrupt */

u64 av_boxes_choose(unsigned int *last);

#endif
