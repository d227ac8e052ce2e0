/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interrupt controller of a guest: what the rest of the host may ask of it. This is the folder's contents page; of
 * the machine's own GIC it knows host/host.h. By file:
 *
 *   vgic.c	life of a VM's controller; the ladder of locks
 *   irq.c	interrupts come in, and who is told
 *   burst.c	words into list registers, and back; pick.c decides which (pick.h)
 *   v2.c	what a GICv2 has that a GICv3 has not
 *   regs.c, regs_v2.c, irq_regs.c	registers in memory (rows.h)
 *   icc.c	the CPU interface for user space (icc.h); icc_traps.c: for a guest whose access trapped
 *   lpi.c	LPIs come in, go to list registers and back (lpi.h); lpi_tables.c: the guest's tables of them
 *   its.c	ITS: life, attributes, MSIs (its.h); its_map.c: what is mapped; its_cmd.c: commands;
 *		its_regs.c: registers; its_tables.c: save and restore
 *   addr.c	where the registers are
 *   attr.c	attributes of the device
 *   show.c	debugfs
 *
 * internal.h is between them, guest/vgic_state.h has the structures that a VM and a vCPU keep.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_VGIC_H
#define AV_VGIC_H

#include <linux/types.h>

struct av_vm;
struct av_vcpu;
struct av_its;
struct av_gic_ctx;
struct kvm_device_attr;
struct av_fast_region;
struct seq_file;

#include "guest/sysreg_row.h"
#include "guest/vgic_state.h"
#include "msi.h"

/* Be told of the VM's interrupts, and of the end of which SPIs: AV_VGIC_BLOCKS words, a bit for each. */
void av_vgic_listen(struct av_vm *vm, const struct av_vgic_listener *listener);
void av_vgic_want_acks(struct av_vm *vm, const u32 *words);

/* VM and vCPU life */
void av_vgic_vm_init(struct av_vm *vm);
void av_vgic_vm_destroy(struct av_vm *vm);
int av_vgic_vcpu_init(struct av_vcpu *vcpu);	/* at CREATE_VCPU, vm->lock held */
void av_vgic_vcpu_destroy(struct av_vcpu *vcpu);
void av_vgic_vcpu_reset(struct av_vcpu *vcpu);	/* at VCPU_INIT / CPU_ON: the CPU interface only */
int av_vgic_map_resources(struct av_vcpu *vcpu);	/* first RUN; vm->lock held */
int av_vgic_default_max_vcpus(void);		/* of a VM before its GIC is chosen */
/* Before an injection by user space; takes vm->lock. */
int av_vgic_lazy_init(struct av_vm *vm);

/*
 * KVM_CREATE_DEVICE and its attributes. Types: VGIC_V3, or VGIC_V2 on a host that has a GICv2; the
 * other one is -ENODEV. They take vm->lock themselves. The device fd has a VM reference.
 */
int av_vgic_create(struct av_vm *vm, u32 type, bool test);
int av_vgic_set_attr(struct av_vm *vm, const struct kvm_device_attr *attr);
int av_vgic_get_attr(struct av_vm *vm, const struct kvm_device_attr *attr);
int av_vgic_has_attr(struct av_vm *vm, const struct kvm_device_attr *attr);
/* The same of an ITS, of which a VM may have several. They live as long as the VM does. */
int av_vgic_create_its(struct av_vm *vm, bool test, struct av_its **its);
int av_vgic_its_set_attr(struct av_its *its, const struct kvm_device_attr *attr);
int av_vgic_its_get_attr(struct av_its *its, const struct kvm_device_attr *attr);
int av_vgic_its_has_attr(struct av_its *its, const struct kvm_device_attr *attr);
void av_vgic_its_destroy(struct av_vm *vm);	/* before av_vgic_vm_destroy() */
bool av_vgic_its_created(const struct av_vm *vm);
/* KVM_ARM_SET_DEVICE_ADDR: KVM_VGIC_V2_ADDR_TYPE_*; takes vm->lock */
int av_vgic_set_v2_addr(struct av_vm *vm, u64 type, u64 addr);

/*
 * The burst: interrupts off, this CPU runs the vCPU next / ran it just now. Each flush is
 * followed by a sync in the same section with interrupts off, also when the entry is given up in
 * between; a guest's accesses to the GIC are handled after sync.
 */
void av_vgic_flush(struct av_vcpu *vcpu);	/* words -> list registers in ctx->gic */
void av_vgic_sync(struct av_vcpu *vcpu);	/* list registers -> state words */
/* The vCPU goes off: its thread, outside of the burst. */
void av_vgic_unbind(struct av_vcpu *vcpu);
/* Would an interrupt be signalled? (WFI); any context */
bool av_vgic_has_pending(struct av_vcpu *vcpu);

/*
 * Raise or lower an interrupt; any context. vcpu is needed for intid < 32, else ignored (may be
 * NULL). owner: a line that the kernel owns (timer) passes the owner it was claimed with; user
 * space passes NULL and is ignored for claimed lines. Returns 0, -EINVAL for an INTID that isn't
 * there, -EBUSY before initialisation.
 */
int av_vgic_inject(struct av_vm *vm, struct av_vcpu *vcpu, u32 intid, bool level, void *owner);
/* The same for SPIs alone, by way of a route: what isn't there is ignored. */
void av_vgic_inject_spi(struct av_vm *vm, u32 intid, bool level);
/*
 * A message arrives; any context. 1: an interrupt is pending; 0: it leads nowhere; -ENODEV: there is no ITS; -EINVAL:
 * none at this address, or no DeviceID; -EBUSY: the guest has it, or LPIs, switched off.
 */
int av_vgic_msi(struct av_vm *vm, const struct av_vgic_msi *msi);
/* The line is low then, and @owner's alone, whatever user space has restored. -EEXIST when owned by another */
int av_vgic_claim_ppi(struct av_vcpu *vcpu, u32 intid, void *owner);
/*
 * Mark a PPI of the vCPU as backed by a physical interrupt: list registers get HW=1 and this
 * physical INTID. 0 takes the mapping away.
 */
void av_vgic_map_hw(struct av_vcpu *vcpu, u32 intid, u32 phys_intid);
/*
 * For a hardware-mapped level PPI, interrupts off, in the burst: line level now; in a list
 * register or active?
 */
void av_vgic_set_line_local(struct av_vcpu *vcpu, u32 intid, bool level);
bool av_vgic_is_inflight(struct av_vcpu *vcpu, u32 intid);
bool av_vgic_is_enabled(struct av_vcpu *vcpu, u32 intid);

/*
 * Guest MMIO: does the address belong to the GIC? data is read or written in guest's byte order (LE). May sleep.
 */
enum av_gic_mmio {
	AV_GIC_ELSEWHERE,
	AV_GIC_DONE,
	AV_GIC_AGAIN,		/* a signal interrupted it: the instruction is to be carried out again */
};

enum av_gic_mmio av_vgic_mmio(struct av_vcpu *vcpu, u64 ipa, unsigned int len, bool is_write, u64 *data);
/* A page that no memslot covers: the guest's CPU interface, a page of the host's? */
bool av_vgic_cpuif_page(struct av_vm *vm, u64 ipa, u64 *pa);
/* Guest writes ICC_SGI1R_EL1 (group 1), ICC_SGI0R_EL1 or ICC_ASGI1R_EL1. */
enum av_sgi_reg { AV_SGI1R, AV_SGI0R, AV_ASGI1R };
void av_vgic_post_sgi(struct av_vcpu *to, u32 intid);
void av_vgic_sgi(struct av_vcpu *vcpu, u64 value, enum av_sgi_reg which);
/*
 * Guest writes ICC_DIR_EL1; trapped (av_vgic_dir_trap()) in VMs of several vCPUs, else only when an active interrupt
 * found no list register.
 */
void av_vgic_dir(struct av_vcpu *vcpu, u64 value);

/* Rows of sysregs.def, icc_traps.c */
av_reg_access_fn av_access_sgi1r, av_access_asgi1r, av_access_sgi0r, av_access_dir, av_access_sre, av_access_pmr,
	av_access_rpr, av_access_icc_ctlr;

/* For EL2 (vcpu/fast.c), when the vGIC is ready: used frames of the first @max regions; how many those are. */
u32 av_vgic_fast_regions(struct av_vm *vm, struct av_fast_region *to, u32 max);
u64 av_vgic_typer(struct av_vcpu *vcpu);	/* GICR_TYPER without the affinity */

/* debugfs: the state in words of the GIC architecture */
void av_vgic_show(struct seq_file *seq, struct av_vm *vm);

#endif
