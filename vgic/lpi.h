/* SPDX-License-Identifier: GPL-2.0 */
/*
 * LPIs: what the files of vgic/ ask of lpi.c and lpi_tables.c. An INTID is an LPI from AV_VGIC_LPI_FIRST on.
 *
 * Runs at: host kernel; lpi.c's also in unit tests. Owns: nothing. Locks: see each function.
 */
#ifndef AV_VGIC_LPI_H
#define AV_VGIC_LPI_H

#include "include/vgic_words.h"

struct av_vm;
struct av_vcpu;
struct av_vgic_choice;
struct av_vgic_pick;

static inline bool av_is_lpi(u32 intid)
{
	return intid >= AV_VGIC_LPI_FIRST;
}

/* ---- lpi.c: the words. They take the dist lock but where it is said ------------------------------- */

/* The part that holds this LPI; NULL: no LPI, or no event leads to any of its part. Any context, no lock. */
struct av_vgic_lpis *av_lpi_part(const struct av_vm *vm, u32 intid);
bool av_lpi_is_mapped(const struct av_vm *vm, u32 intid);

void av_lpi_inject(struct av_vm *vm, u32 intid);			/* any context */
void av_lpi_inject_irqoff(struct av_vm *vm, u32 intid);		/* the same, with interrupts off */
void av_lpi_clear(struct av_vm *vm, u32 intid);				/* not pending any more; any context */
void av_lpi_set_target(struct av_vm *vm, u32 intid, struct av_vcpu *to);	/* NULL: nobody */
void av_lpi_move_all(struct av_vm *vm, struct av_vcpu *from, struct av_vcpu *to);
/* The pending states of a vCPU's LPIs are dropped: EnableLPIs goes off, and av_lpi_enabled() is false already. */
void av_lpi_forget_pending(struct av_vcpu *vcpu);
/* Of the LPIs n of a block, by their bytes in the configuration table: those that the vCPU has, NULL: all. */
void av_lpi_configure(struct av_vm *vm, u32 base, u32 bits, const u8 *prop, const struct av_vcpu *vcpu);
/* These of a block become pending. */
void av_lpi_set_pending(struct av_vm *vm, u32 base, u32 bits);
/* Which of a block are mapped and this vCPU's; no lock: its_lock keeps them still, but for what others read of them */
u32 av_lpi_of_vcpu(const struct av_vm *vm, u32 base, const struct av_vcpu *vcpu);
/* All of a vCPU's pending ones are to be looked at by its flush; the kick is the caller's. Any context, no lock */
void av_lpi_ask(struct av_vcpu *vcpu);
/* The same with the kick: EnableLPIs went on */
void av_lpi_look(struct av_vcpu *vcpu);

/* For burst.c. The dist lock is held, interrupts are off. */
void av_lpi_gather(struct av_vcpu *vcpu, struct av_vgic_choice *c);
/* Nothing is in list registers. Returns how many of back[AV_LPI_SLOTS] are another vCPU's, for av_lpi_pass_on() */
u32 av_lpi_unbind(struct av_vcpu *vcpu, u16 *back);
bool av_lpi_load(struct av_vcpu *vcpu, const struct av_vgic_pick *p, u32 lr);
void av_lpi_fold(struct av_vcpu *vcpu, u32 lr);
/* After it was given up: one that came back from a list register and belongs to another vCPU by now. */
void av_lpi_pass_on(struct av_vcpu *vcpu, u32 intid);
/* Would one be signalled? Any context, no lock; with AV_VGIC_LPI_BLOCK in the summary. */
bool av_lpi_signalled(struct av_vcpu *vcpu, u32 ctlr, u32 vmcr);

/* ---- lpi_tables.c: the guest's tables. its_lock is held, may sleep --------------------------------- */

/*
 * One more event leads to this LPI; the first one decides which vCPU it goes to (NULL: none yet), and reads its
 * configuration and pending state from the guest's tables. Errors are -errno, and nothing was mapped.
 */
int av_lpi_map(struct av_vm *vm, u32 intid, struct av_vcpu *vcpu);
/* One less; with the last goes its state. Also with interrupts off. */
void av_lpi_unmap(struct av_vm *vm, u32 intid);
u32 av_lpi_end(const struct av_vm *vm);		/* behind the last one that GICR_PROPBASER has room for */
/* The cached configuration is read anew: of one LPI, of all of a vCPU's */
int av_lpi_inv(struct av_vm *vm, u32 intid);
void av_lpi_inv_all(struct av_vcpu *vcpu);
/* Writes of GICR_CTLR.EnableLPIs, of GICR_INVLPIR and INVALLR; these take its_lock, and ignore a VM without ITS */
void av_lpi_write_ctlr(struct av_vcpu *vcpu, bool enable);
void av_lpi_write_inv(struct av_vcpu *vcpu, u32 intid);
void av_lpi_write_inv_all(struct av_vcpu *vcpu);
/* KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES; no vCPU runs */
int av_lpi_save_pending(struct av_vm *vm);
void av_lpi_free(struct av_vm *vm);		/* the end of the VM */

#endif
