/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What irqfd.c, ioeventfd.c and routing.c share among themselves.
 *
 * Runs at: host kernel. Owns: nothing. Locks: see each function.
 */
#ifndef AV_EVENTFD_H
#define AV_EVENTFD_H

#include <linux/types.h>

struct av_vm;

/* routing.c; any context */
u32 av_route_spi(struct av_vm *vm, u32 gsi);	/* INTID, or 0 if the GSI does not lead to one */
void av_route_set(struct av_vm *vm, u32 gsi, bool level);
void av_route_set_irqoff(struct av_vm *vm, u32 gsi, bool level);

/* irqfd.c: the vGIC's listener, any context */
void av_irqfd_ack(struct av_vm *vm, u32 intid);
/* routes or resamplers have changed; caller holds eventfds.lock */
void av_irqfd_update_acks(struct av_vm *vm);
void av_irqfd_vm_init(struct av_vm *vm);
void av_irqfd_vm_destroy(struct av_vm *vm);

/* ioeventfd.c */
void av_ioeventfd_vm_init(struct av_vm *vm);
void av_ioeventfd_vm_destroy(struct av_vm *vm);

#endif
