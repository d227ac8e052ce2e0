/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interrupt controller's state in the VM and in the vCPU: what only the host sees, and
 * pointers to the words.
 *
 * Runs at: host kernel. Owns: the layout.
 */
#ifndef AV_VGIC_STATE_H
#define AV_VGIC_STATE_H

#include "include/vgic_words.h"

#define AV_VGIC_NO_ADDR		(~0ULL)
#define AV_VGIC_MAX_REGIONS	256	/* KVM keeps a region's index in 8 bits */
#define AV_VGIC_V2_MAX_VCPUS	8	/* GICD_ITARGETSR has so many bits */

struct av_vm;
struct av_its_vm;

/* Who hears of a VM's interrupts: what is built on the vGIC, and so lies above it (dev/). */
struct av_vgic_listener {
	/* The vGIC is being initialised; vm->lock held, may sleep */
	void (*init)(struct av_vm *vm);
	/* The guest deactivated an SPI of ack_wanted; any context, also with the dist lock held */
	void (*ack)(struct av_vm *vm, u32 intid);
};

/* Redistributor frames, 128 KiB each, for vCPUs first, first + 1, ... in order of creation. */
struct av_vgic_region {
	u64 base;
	u32 count;		/* 0: one region of the legacy kind, as long as there are vCPUs */
	u32 first;
};

/*
 * Under vm->lock, and constant once ready is set (the addresses) or initialized is set (the
 * rest), so that the guest's accesses read it without a lock; what differs says so.
 */
struct av_vgic_dist {
	raw_spinlock_t lock;		/* "dist lock": where an SPI is, see vgic.c */
	struct av_vgic_spis *spis;	/* from initialisation on */
	bool created;
	bool is_v2;			/* a GICv2, with created */
	bool by_memory;			/* likewise, on a GICv3 host */
	bool initialized;		/* read with acquire */
	bool ready;			/* addresses are complete; read with acquire */
	u32 nr_spis;			/* 0: not chosen yet */
	u32 rev;			/* GICD_IIDR.Revision until the words stand; 0: not chosen yet */
	u64 dist_base;
	u32 nr_regions;
	struct av_vgic_region *regions;	/* AV_VGIC_MAX_REGIONS of them */
	u64 propbaser;			/* any */
	const struct av_vgic_listener *listener;	/* before the first vCPU; not under vm->lock */
	u32 ack_wanted[AV_VGIC_BLOCKS];	/* any: the SPIs whose end it wants to hear of */
	/* GICv2, vgic/v2.c */
	u64 cpu_base;			/* the guest's GICC */
	bool groups_writable;		/* user space wrote GICD_IIDR, and so knows of groups */
	/* LPIs */
	struct av_its_vm *its;		/* vgic/its.h; from the first ITS on, read with acquire */
	struct av_vgic_lpis *lpis[AV_LPI_PARTS];	/* its_lock, read with acquire: NULL until one is mapped */
};

struct av_vgic_cpu {
	struct av_vgic_priv *priv;
	void *claimed[AV_VGIC_PRIVATE];	/* owner of a PPI that the kernel drives */
	u8 pri_bits;			/* ICC_CTLR_EL1.PRIbits + 1 and IDbits as announced */
	u8 id_bits;
	u64 pendbaser;			/* any */
	u32 hcr;			/* ICH_HCR_EL2 at all times, beside what av_vgic_pick_hcr() says */
	u32 dir_trap;			/* its bit that traps ICC_DIR_EL1; 0 of a GICv2 */
	/* GICv2: an SGI is pending once for each vCPU that sent it, vgic/v2.c */
	u32 sgi_sources[AV_VGIC_SGIS];	/* any: bit n: of vCPU n, and not in a list register */
	u8 sgi_active_source[AV_VGIC_SGIS];	/* sync */
};

#endif
