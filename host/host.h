/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine, owned once: its description, EL2's address space, the GIC's and the timers' hardware. This is the
 * folder's contents page; percpu.c (percpu.h) stands on all of it. By file:
 *
 *   describe.c, describe_of.c, describe_acpi.c	what the firmware says of GIC and timer; describe.h
 *   refuse.c	why the module does not load; refuse.h
 *   pgtable.c	translation tables, EL2's own and later the guests'; pgtable.h
 *   el2_map.c	EL2's address space, and memory lent to EL2; el2_map.h
 *   boxes.c	what EL2 of one CPU leaves to the host of another: doorbells; boxes.h
 *   calls.c	calls to EL2, who answers, and those that reach all CPUs; calls.h
 *   cpu_controls.c	what keeps guests out of a CPU's features
 *   cpu_ids.c	features of the CPUs that the kernel does not know; cpu_ids.h
 *   gic.c, gic_v2.c	the GIC's virtual side and its maintenance interrupt
 *   gic_poll.c	a GIC without that interrupt; gic_poll.h
 *   parts.c	what the parts of the CPUs need; parts.h, parts_rules.h
 *   pmu.c	the CPUs' performance monitors, by the kernel's perf; pmu.h
 *   redist.c	the redistributors; redist.h, redist_rules.h
 *   sve.c	the lengths of vectors that the CPUs have; sve.h, sve_rules.h
 *   timer.c	the timers' interrupts; timer.h
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_HOST_H
#define AV_HOST_H

#include <linux/types.h>

#include "include/el2_abi.h"

struct av_gic_ctx;

/* cpu_controls.c: what keeps guests out of this CPU's features; interrupts off */
void av_controls_init_cpu(struct el2_cpu *el2);
bool av_controls_fit(void);		/* guests can be kept out of this CPU's features; any context, on the CPU */
u64 av_controls_buffers(void);		/* EL2_FEAT_BUFFERS of this CPU */

/*
 * gic.c, module life: finds the host's GIC, claims the maintenance interrupt, or does without. Errors with a message.
 */
int av_vgic_host_init(void);
void av_vgic_host_exit(void);
extern u32 av_maint_intid;		/* physical INTID of the maintenance interrupt, 0: none; fixed at load */
/* On each CPU that EL2 was taken on / before it is given back; interrupts off. */
void av_vgic_host_cpu_up(void);
void av_vgic_host_cpu_resumed(void);
void av_vgic_host_cpu_down(void);
/* What EL2 reported for this host: ICH_VTR_EL2. percpu.c calls it before av_vgic_host_init(). */
void av_vgic_host_set_vtr(u64 vtr);
u64 av_vgic_host_vtr(void);

/* gic_v2.c. The host has a GICv2: list registers are in GICH, and the CPU has no system registers of a GIC. */
bool av_vgic_host_is_v2(void);
/* There: the vCPU's CPU interface into this CPU's, after flush; and back, before sync. Interrupts off in between. */
void av_vgic_v2_enter(const struct av_gic_ctx *gic);
void av_vgic_v2_leave(struct av_gic_ctx *gic);
u64 av_vgic_v2_gicv(void);		/* physical address of GICV, once there are guests that have it */
bool av_vgic_v2_is_offered(void);	/* guests can have a GICv2 */
/* For gic.c; not called unless av_vgic_host_is_v2() where nothing else is said */
int av_vgic_v2_map(u64 gich_base, u64 gich_size, u64 gicv_base, u64 gicv_size, u64 *vtr);	/* makes it one */
bool av_vgic_v2_offer(u64 gicv_base, u64 gicv_size);	/* on a GICv3 host */
void av_vgic_v2_withdraw(void);
void av_vgic_v2_unmap(void);		/* any host */
void av_vgic_v2_provoke(bool on);	/* raise this CPU's maintenance interrupt, or as it was found */
void av_vgic_v2_cpu_up(void);
void av_vgic_v2_cpu_down(void);

#endif
