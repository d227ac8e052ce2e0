/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hosts without a maintenance interrupt: for vcpu/run.c and host/gic.c.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_VGIC_POLL_H
#define AV_VGIC_POLL_H

#include <linux/jump_label.h>

struct av_gic_ctx;

DECLARE_STATIC_KEY_FALSE(av_vgic_polls);
void av_vgic_poll_arm(const struct av_gic_ctx *gic);

/**
 * av_vgic_poll() - see to it that the guest leaves in time, if something of its interrupts may need a look
 * @gic: the list registers as they are about to be loaded
 *
 * Context: between av_vgic_flush() and the entry, interrupts off. With a maintenance interrupt: one nop.
 */
static inline void av_vgic_poll(const struct av_gic_ctx *gic)
{
	if (static_branch_unlikely(&av_vgic_polls))
		av_vgic_poll_arm(gic);
}

/* Module load: from now on without a maintenance interrupt. Unload, no VM is left: the end of that; may sleep. */
void av_vgic_poll_init(void);
void av_vgic_poll_exit(void);

#endif
