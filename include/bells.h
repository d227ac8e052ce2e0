/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Doorbells: ioeventfds of which EL2 takes a guest's store without leaving the guest (el2/fast_bell.c). It counts the
 * store here and makes an interrupt pending on another CPU, whose host signals the eventfd (dev/bells.c).
 *
 * Runs at: host kernel and EL2; av_bell_place() anywhere. Owns: the layout.
 *
 * One per VM that has ioeventfds, lent to EL2. A bell stands in one of the AV_BELL_PROBES places that begin with
 * av_bell_place(). The host fills a free place under the VM's box lock, the address last; it takes a bell away by its
 * address, waits until no vCPU is in a walk (av_vcpu_ctx.bell_walk) that began before, and only then uses the place
 * again. So EL2 takes no lock, and what it finds is whole.
 *
 * A CPU's box (el2_cpu.box) says of which VMs it has bells to signal. Of the three steps at EL2, count, rung, box, each
 * comes before the next; the host takes them the other way round. So who finds a bit already set may go: somebody will
 * come, and finds what it counted.
 */
#ifndef AV_BELLS_H
#define AV_BELLS_H

#include "av_types.h"

#define AV_BELLS		64	/* per VM; what doesn't fit costs an exit, as without */
#define AV_BELL_PROBES		4
#define AV_BELL_FREE		(~AV_UL(0))	/* an address where no store can begin */
/* So many stores wait at a bell, or a few more: what comes then is the host's, which slows down who rings too fast. */
#define AV_BELL_FULL		64
#define AV_BOX_VMS		64

struct av_bell {
	u64 addr;		/* IPA, or AV_BELL_FREE */
	u64 gen;		/* av_vm_fast.slots_gen at which it was no memory's */
	u64 data;		/* with match: stores of this value only, else 0 */
	u32 len;		/* bytes; 0: any */
	u32 match;
	u32 count;		/* any: stores that nobody has told the eventfd of */
	u32 pad;
};

struct av_bells {
	u32 rung[AV_BELLS / 32];	/* any: bells whose count is not 0 */
	u32 vm;				/* number of the VM in the boxes */
	u32 pad;
	struct av_bell bell[AV_BELLS];
};

/* Where to look first for a bell of this address, of the value @data or (0) of any. */
static inline u32 av_bell_place(u64 addr, u64 data)
{
	/* Doorbells lie 2, 4, 4096 or so apart, values count from 0. */
	u64 x = (addr >> 1) + (addr >> 6) + (addr >> 12) + data;

	return x % AV_BELLS;
}

static inline u32 av_bell_next(u32 place)
{
	return (place + 1) % AV_BELLS;
}

#endif
