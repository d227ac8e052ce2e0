/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of vgic/ ask of each other.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_VGIC_INTERNAL_H
#define AV_VGIC_INTERNAL_H

/* Unit tests on the build host bring a small world of their own (selftests/unit/shim/vgic_vm.h). */
#ifdef __KERNEL__
#include <linux/ktime.h>
#include <linux/nospec.h>

#include "compat.h"
#include "guest/guest.h"
#include "host/host.h"
#include "vgic.h"
#else
#define av_uninitialized
#endif

#include "icc.h"
#include "lpi.h"

/* vgic.c: the words of an interrupt; vcpu counts for private ones only, intid < nr_irqs */
static inline struct av_vgic_block *
av_vgic_block(struct av_vm *vm, struct av_vcpu *vcpu, u32 intid)
{
	if (intid < AV_VGIC_PRIVATE)
		return &vcpu->vgic.priv->block;
	return &vm->vgic.spis->block[intid / 32];
}

/* There are LPIs: an ITS, and a GICv3. */
static inline bool av_vgic_has_its(const struct av_vm *vm)
{
	return READ_ONCE(vm->vgic.its) && !vm->vgic.is_v2;
}

/* GICR_CTLR.EnableLPIs of that vCPU, and no RWP */
static inline bool av_lpi_enabled(const struct av_vcpu *vcpu)
{
	return av_word_read(&vcpu->vgic.priv->lpi_ctlr) == AV_GICR_CTLR_LPIS;
}

/* GICD_TYPER; vm->lock is held */
static inline u32 av_vgic_dist_typer(const struct av_vm *vm, u32 nr_irqs)
{
	return (nr_irqs / 32 - 1) | (av_vgic_has_its(vm) ? AV_VGIC_TYPER_LPIS | AV_VGIC_TYPER_IDBITS(16) :
				     AV_VGIC_TYPER_IDBITS(10));
}

/* A bit for each block, as in the summary; bit 0 is the private ones'. */
static inline u32 av_vgic_all_blocks(const struct av_vm *vm)
{
	return GENMASK(vm->vgic.spis->nr_irqs / 32 - 1, 0);
}

/* A level SPI was deactivated by the guest; the listener may be called with the dist lock held, and interrupts off. */
static inline void av_vgic_tell_ack(struct av_vm *vm, u32 intid)
{
	if (intid < AV_VGIC_IRQS && av_word_read(&vm->vgic.ack_wanted[intid / 32]) & BIT(intid % 32))
		vm->vgic.listener->ack(vm, intid);
}

/* Affinity fields of a vCPU's MPIDR_EL1 */
static inline u64 av_vgic_affinity(const struct av_vcpu *vcpu)
{
	return vcpu->ctx->sys[AV_MPIDR_EL1] & (AV_MASK(39, 32) | AV_MASK(23, 0));
}

/* irq.c: tell whoever has to put them into list registers; lock-free, any context */
void av_vgic_notify_private(struct av_vcpu *vcpu, u32 bits);
void av_vgic_notify_spis(struct av_vm *vm, u32 block, u32 bits);
void av_vgic_notify_all(struct av_vm *vm);	/* GICD_CTLR changed */
/* An SPI's new place; caller holds nothing. */
void av_vgic_set_route(struct av_vm *vm, u32 intid, u32 aff);
void av_vgic_route_to(struct av_vm *vm, u32 intid, u32 route, struct av_vcpu *to);
/* The vCPU that holds an SPI, or that it is routed to; NULL */
struct av_vcpu *av_vgic_spi_vcpu(struct av_vm *vm, u32 intid);
/* dist lock: bind SPIs to this vCPU: in one of its list registers or soon to be, or active here */
void av_vgic_hold_spis(struct av_vcpu *vcpu, u32 block, u32 bits);
/* dist lock: an SPI that isn't active any more belongs to its route again */
void av_vgic_release_spis(struct av_vm *vm, u32 block, u32 bits);

/* For icc.c: the vCPU does not run. */
static inline struct av_vgic_icc av_vgic_icc_of(struct av_vcpu *vcpu)
{
	return (struct av_vgic_icc) {
		.gic = &vcpu->ctx->gic,
		.vtr = av_vgic_host_vtr(),
		.pri_bits = &vcpu->vgic.pri_bits,
		.id_bits = &vcpu->vgic.id_bits,
	};
}

/* A register of 64 bits as a write to it, at this offset, makes it: one of 32 bits changes its half. */
static inline u64 av_gic_merge(u64 reg, u32 offset, u32 len, u64 val)
{
	if (len == 8)
		return val;
	if (offset & 4)
		return (reg & AV_MASK(31, 0)) | val << 32;
	return (reg & AV_MASK(63, 32)) | (val & AV_MASK(31, 0));
}

/* vgic.c: KVM_DEV_ARM_VGIC_CTRL_INIT; vm->lock held, idempotent */
int av_vgic_init(struct av_vm *vm);
/* State words: whole pages, zeroed, which EL2 may look into. NULL when there is no memory. */
void *av_vgic_alloc_words(size_t size);
void av_vgic_free_words(void *words, size_t size);

/* v2.c: a GICv2; what is done to an SGI is said there */
struct av_vgic_pick;
void av_vgic_v2_post_sgi(struct av_vcpu *to, u32 intid, u32 sources);
void av_vgic_v2_sgir(struct av_vcpu *from, u32 val);
u64 av_vgic_v2_load_sgi(struct av_vcpu *vcpu, struct av_vgic_pick *p);
void av_vgic_v2_fold_sgi(struct av_vcpu *vcpu, u32 intid, u64 lr);
void av_vgic_v2_set_targets(struct av_vm *vm, u32 intid, u8 targets);
bool av_vgic_v2_mmio(struct av_vcpu *vcpu, u64 ipa, u32 len, bool is_write, u64 *data);

/* addr.c: the addresses, vm->lock held unless the vGIC is ready */
int av_vgic_set_addr(struct av_vm *vm, u64 attr, u64 addr);
int av_vgic_get_addr(struct av_vm *vm, u64 attr, u64 *addr);
int av_vgic_set_addr_once(struct av_vm *vm, u64 *base, u64 addr, u64 size);
int av_vgic_check_slot(struct av_vm *vm, u32 idx);	/* may vCPU idx have its frame there? */
int av_vgic_check_addrs(struct av_vm *vm);		/* all there, nothing overlaps */
bool av_vgic_is_last(struct av_vcpu *vcpu);		/* GICR_TYPER.Last */
struct av_vcpu *av_vgic_redist_at(struct av_vm *vm, u64 ipa, u32 *offset);

/* its.c: the guest's access, if there is an ITS */
enum av_gic_mmio av_vgic_its_mmio(struct av_vcpu *vcpu, u64 ipa, unsigned int len, bool is_write, u64 *data);

void av_vgic_its_show(struct seq_file *seq, struct av_vm *vm);	/* its_map.c */

/* regs.c: register banks */
enum av_vgic_bank { AV_BANK_DIST, AV_BANK_REDIST, AV_BANK_V2_DIST, AV_BANK_V2_CPU };
bool av_vgic_has_reg(struct av_vm *vm, enum av_vgic_bank bank, u32 offset);
/* User space's access, 32 bits; all vCPUs' mutexes are held. */
int av_vgic_reg_early(struct av_vm *vm, u32 offset, bool is_write, u32 *val);	/* GICv3; vm->lock held */
int av_vgic_reg_user(struct av_vcpu *vcpu, enum av_vgic_bank bank, u32 offset, bool is_write,
		     u32 *val);

/* One access to a register. */
struct av_vgic_access {
	struct av_vm *vm;
	struct av_vcpu *vcpu;		/* whose private interrupts, whose redistributor */
	u32 offset;			/* from the start of the register */
	u32 len;
	u32 intid;			/* first interrupt that it concerns */
};

/* irq_regs.c: handlers of registers with some bits per interrupt */
typedef u64 av_vgic_read_fn(const struct av_vgic_access *a);
typedef void av_vgic_write_fn(const struct av_vgic_access *a, u64 val);
typedef int av_vgic_user_write_fn(const struct av_vgic_access *a, u64 val);
av_vgic_read_fn av_vgic_read_group, av_vgic_read_enable, av_vgic_read_pending, av_vgic_read_latch,
	av_vgic_read_active, av_vgic_user_read_active, av_vgic_read_prio, av_vgic_read_config,
	av_vgic_read_route;
av_vgic_write_fn av_vgic_write_group, av_vgic_write_senable, av_vgic_write_cenable,
	av_vgic_write_spend, av_vgic_write_cpend, av_vgic_write_sactive, av_vgic_write_cactive,
	av_vgic_write_prio, av_vgic_write_config, av_vgic_write_route;
void av_vgic_end_active(const struct av_vgic_access *a, u32 bits);
av_vgic_user_write_fn av_vgic_user_write_latch, av_vgic_user_write_prio;
u32 av_vgic_read_levels(struct av_vcpu *vcpu, u32 intid);
void av_vgic_write_levels(struct av_vcpu *vcpu, u32 intid, u32 val);

#endif
