/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The interrupt controller model: what the rest of the host may ask of it.
 *
 * Runs at: host kernel. Owns: struct av_vgic_dist, struct av_vgic_cpu.
 */
#ifndef AV_VGIC_H
#define AV_VGIC_H

#include <linux/types.h>

struct av_vm;
struct av_vcpu;
struct av_gic_ctx;
struct kvm_device_attr;
struct av_fast_region;
struct seq_file;

/* to be filled by vgic/: flat words, see guest/vgic_state.h */
#include "guest/vgic_state.h"

/*
 * Module life; host/gic.c: finds the host GIC, claims the maintenance interrupt, or does
 * without. Errors with a message.
 */
int av_vgic_host_init(void);
void av_vgic_host_exit(void);
u32 av_vgic_host_maint_intid(void);	/* physical INTID of the maintenance interrupt, 0: none */
/* On each CPU that EL2 was taken on / before it is given back; interrupts off. */
void av_vgic_host_cpu_up(void);
void av_vgic_host_cpu_resumed(void);
void av_vgic_host_cpu_down(void);
/* What EL2 reported for this host: ICH_VTR_EL2. percpu.c calls it before av_vgic_host_init(). */
void av_vgic_host_set_vtr(u64 vtr);

/* The host has a GICv2: list registers are in GICH, and the CPU has no system registers of a GIC. */
bool av_vgic_host_is_v2(void);
/* There: the vCPU's CPU interface into this CPU's, after flush; and back, before sync. Interrupts off in between. */
void av_vgic_v2_enter(const struct av_gic_ctx *gic);
void av_vgic_v2_leave(struct av_gic_ctx *gic);

/* VM and vCPU life */
void av_vgic_vm_init(struct av_vm *vm);
void av_vgic_vm_destroy(struct av_vm *vm);
int av_vgic_vcpu_init(struct av_vcpu *vcpu);	/* at CREATE_VCPU, vm->lock held */
void av_vgic_vcpu_destroy(struct av_vcpu *vcpu);
void av_vgic_vcpu_reset(struct av_vcpu *vcpu);	/* at VCPU_INIT / CPU_ON: the CPU interface only */
int av_vgic_map_resources(struct av_vcpu *vcpu);	/* first RUN; vm->lock held */
bool av_vgic_present(const struct av_vm *vm);	/* an in-kernel GIC was created */
bool av_vgic_is_v3(const struct av_vm *vm);	/* ... with system registers */
int av_vgic_default_max_vcpus(void);		/* of a VM before its GIC is chosen */
/* Before an injection by user space; takes vm->lock. */
int av_vgic_lazy_init(struct av_vm *vm);
bool av_vgic_initialized(const struct av_vm *vm);

/*
 * KVM_CREATE_DEVICE and its attributes. Types: VGIC_V3, or VGIC_V2 on a host that has a GICv2; the
 * other one is -ENODEV. They take vm->lock themselves. The device fd has a VM reference.
 */
int av_vgic_create(struct av_vm *vm, u32 type, bool test);
int av_vgic_set_attr(struct av_vm *vm, const struct kvm_device_attr *attr);
int av_vgic_get_attr(struct av_vm *vm, const struct kvm_device_attr *attr);
int av_vgic_has_attr(struct av_vm *vm, const struct kvm_device_attr *attr);
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
/* -EEXIST when owned by another */
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
 * Guest MMIO: true if the address belongs to the GIC; data is read or written in guest's byte
 * order (LE).
 */
bool av_vgic_mmio(struct av_vcpu *vcpu, u64 ipa, unsigned int len, bool is_write, u64 *data);
/* A page that no memslot covers: the guest's CPU interface, a page of the host's? */
bool av_vgic_cpuif_page(struct av_vm *vm, u64 ipa, u64 *pa);
/* Guest writes ICC_SGI1R_EL1 (group 1), ICC_SGI0R_EL1 or ICC_ASGI1R_EL1. */
enum av_sgi_reg { AV_SGI1R, AV_SGI0R, AV_ASGI1R };
void av_vgic_post_sgi(struct av_vcpu *to, u32 intid);
void av_vgic_sgi(struct av_vcpu *vcpu, u64 value, enum av_sgi_reg which);
/*
 * Guest writes ICC_DIR_EL1; trapped (ICH_HCR_EL2.TDIR) in VMs of several vCPUs, else only when an active interrupt
 * found no list register.
 */
void av_vgic_dir(struct av_vcpu *vcpu, u64 value);

/* For EL2 (vcpu/fast.c), when the vGIC is ready: used frames of the first @max regions; how many those are. */
u32 av_vgic_fast_regions(struct av_vm *vm, struct av_fast_region *to, u32 max);
u64 av_vgic_typer(struct av_vcpu *vcpu);	/* GICR_TYPER without the affinity */

/* debugfs: the state in words of the GIC architecture */
void av_vgic_show(struct seq_file *seq, struct av_vm *vm);

#endif
