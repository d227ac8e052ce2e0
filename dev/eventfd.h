/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What irqfd.c, ioeventfd.c and routing.c share among themselves.
 *
 * Runs at: host kernel. Owns: nothing. Locks: see each function.
 */
#ifndef AV_EVENTFD_H
#define AV_EVENTFD_H

#include <linux/rbtree.h>
#include <linux/types.h>

#include "ioeventfd_rules.h"

struct av_vcpu;
struct av_vm;
struct eventfd_ctx;
struct workqueue_struct;

/* routing.c; any context */
u32 av_route_spi(struct av_vm *vm, u32 gsi);	/* INTID, or 0 if the GSI does not lead to one */
void av_route_set(struct av_vm *vm, u32 gsi, bool level);
void av_route_set_irqoff(struct av_vm *vm, u32 gsi, bool level);
int av_routing_host_init(void);
void av_routing_host_exit(void);

/* irqfd.c: of no CPU's own, so that what goes on and on there keeps nobody else's work back */
extern struct workqueue_struct *av_eventfd_wq;
/* the vGIC's listener, any context */
void av_irqfd_ack(struct av_vm *vm, u32 intid);
/* routes or resamplers have changed; caller holds eventfds.lock */
void av_irqfd_update_acks(struct av_vm *vm);
void av_irqfd_vm_init(struct av_vm *vm);
void av_irqfd_vm_destroy(struct av_vm *vm);

/* ioeventfd.c */
#define AV_NO_BELL	(-1)
struct av_doorbell {
	struct rb_node node;
	struct av_pattern pattern;
	struct eventfd_ctx *eventfd;
	int bell;		/* EL2 rings it: bells.c, under the VM's box lock; else AV_NO_BELL */
};

void av_ioeventfd_vm_init(struct av_vm *vm);
void av_ioeventfd_vm_destroy(struct av_vm *vm);

/* coalesced.c */
int av_coalesced_vm_init(struct av_vm *vm);
void av_coalesced_vm_destroy(struct av_vm *vm);

/* bells.c */
void av_bells_prepare(struct av_vm *vm);
void av_bells_destroy(struct av_vm *vm);
void av_bell_offer(struct av_vcpu *vcpu, struct av_doorbell *io);
void av_bell_remove(struct av_vm *vm, struct av_doorbell *io);

#endif
