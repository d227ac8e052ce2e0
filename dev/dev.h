/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices besides the GIC: the timers, the PMU, stolen time, eventfds (irqfd, ioeventfd), coalesced MMIO and GSI
 * routes. This is the folder's contents page; routing_rules.h, ioeventfd_rules.h, pmu_rules.h and timer_math.h are
 * what numbers alone decide, eventfd.h is between the eventfds' files, pmu.h between the PMU's, the layout of a VM's
 * and a vCPU's part is guest/dev_state.h.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_DEV_H
#define AV_DEV_H

#include "guest/guest.h"
#include "guest/sysreg_row.h"

struct kvm_arm_counter_offset;
struct kvm_coalesced_mmio_zone;
struct kvm_device_attr;
struct kvm_irqfd;
struct kvm_ioeventfd;
struct kvm_irq_routing;
struct kvm_irq_routing_entry;

/* dev/timer.c */
void av_timer_vm_init(struct av_vm *vm);	/* virtual count starts at 0 */
void av_timer_vcpu_init(struct av_vcpu *vcpu);
void av_timer_vcpu_destroy(struct av_vcpu *vcpu);	/* before vcpu->ctx is freed; may sleep */
void av_timer_vcpu_reset(struct av_vcpu *vcpu);	/* VCPU_INIT: CTLs 0, lines low */
int av_timer_enable(struct av_vcpu *vcpu);	/* first RUN; after av_vgic_map_resources() */
/* In the burst, interrupts off, before av_vgic_flush(); by vcpu/burst.h. */
void av_timer_flush(struct av_vcpu *vcpu);
void av_timer_keep_quiet(struct av_vcpu *vcpu, u32 held);	/* likewise, after it */
bool av_timer_pending(struct av_vcpu *vcpu);	/* an unmasked timer has expired (wake from WFI) */
void av_timer_refresh(struct av_vcpu *vcpu);	/* the lines as of now; its own thread, after an exit */
void av_timer_block(struct av_vcpu *vcpu);	/* arm the wake-up before sleeping */
void av_timer_unblock(struct av_vcpu *vcpu);
void av_timer_wait_until(struct av_vcpu *vcpu, u64 count);	/* WFIT: that sleep, at the latest */
bool av_timer_waited(struct av_vcpu *vcpu);	/* is it over? */
/* Trapped guest access to the physical timer, and ONE_REG; named by register, not by ONE_REG id */
enum av_timer_reg {
	AV_CNTP_CTL, AV_CNTP_CVAL, AV_CNTP_TVAL, AV_CNTPCT,
	AV_CNTV_CTL, AV_CNTV_CVAL, AV_CNTVCT,
};

void av_timer_hand_over_phys(struct av_vcpu *vcpu);	/* at a trapped access, in the burst or not */
void av_timer_counter_moved(struct av_vcpu *vcpu);	/* AV_REQ_COUNTER */
int av_timer_set_counter_offset(struct av_vm *vm, const struct kvm_arm_counter_offset *offset);
u64 av_timer_read(struct av_vcpu *vcpu, enum av_timer_reg reg);
void av_timer_write(struct av_vcpu *vcpu, enum av_timer_reg reg, u64 value);
/* device_irq_level bits without an in-kernel GIC: KVM_ARM_DEV_EL1_{V,P}TIMER, KVM_ARM_DEV_PMU; 0 with one */
u64 av_user_lines(struct av_vcpu *vcpu);
/* They differ from run->s.regs.device_irq_level: RUN returns -EINTR with KVM_EXIT_INTR */
bool av_user_lines_changed(struct av_vcpu *vcpu);
/* dev/timer_regs.c: rows of sysregs.def */
av_reg_access_fn av_access_cntp_tval, av_access_cntp_ctl, av_access_cntp_cval, av_access_cntpct, av_access_cntpctss;
extern const struct av_reg_user av_user_CNTP_CTL, av_user_CNTP_CVAL, av_user_CNTPCT, av_user_CNTV_CTL,
	av_user_CNTV_CVAL, av_user_CNTVCT;
/* KVM_ARM_VCPU_TIMER_CTRL attributes on the vCPU fd */
int av_timer_set_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);
int av_timer_get_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);
int av_timer_has_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);

/* dev/pmu.c: a vCPU with vcpu->pmu, vcpu->mutex held, but for av_pmu_is_here() and av_pmu_line() */
int av_pmu_vcpu_init(struct av_vcpu *vcpu);	/* VCPU_INIT; -ENOMEM */
void av_pmu_vcpu_reset(struct av_vcpu *vcpu);
void av_pmu_vcpu_destroy(struct av_vcpu *vcpu);	/* may sleep, also without a PMU */
bool av_pmu_begin(struct av_vcpu *vcpu);	/* a RUN, its thread, may sleep. True: the next one has to ask, too */
void av_pmu_burst(void);		/* a burst begins, of a vCPU with a PMU; preemption off */
void av_pmu_enter(struct av_vcpu *vcpu);	/* in the burst with AV_AROUND_PMU, interrupts off */
void av_pmu_leave(struct av_vcpu *vcpu);
void av_pmu_put(struct av_vcpu *vcpu);		/* the burst's end, with vcpu->pmu_open; interrupts on */
bool av_pmu_line(const struct av_vcpu *vcpu);	/* the overflow interrupt's; any vCPU */
/* dev/pmu_attr.c */
int av_pmu_vm_choose(struct av_vm *vm);		/* VCPU_INIT with the feature, vm->lock held; -ENODEV */
void av_pmu_vm_destroy(struct av_vm *vm);
bool av_pmu_is_here(const struct av_vm *vm);	/* preemption off; also of a VM without */
int av_pmu_enable(struct av_vcpu *vcpu);	/* first RUN, vm->lock held; after av_timer_enable() */
/* KVM_ARM_VCPU_PMU_V3_CTRL attributes on the vCPU fd */
int av_pmu_set_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);
int av_pmu_get_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);
int av_pmu_has_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);
/* dev/pmu_regs.c: rows of sysregs.def */
av_reg_access_fn av_access_pmu;
extern const struct av_reg_user av_user_PMU;

/* dev/pvtime.c: vcpu->mutex held, may sleep */
bool av_pvtime_supported(void);
void av_pvtime_update(struct av_vcpu *vcpu);	/* with vcpu->pvtime.on; its own thread */
u64 av_pvtime_begin(struct av_vcpu *vcpu);
int av_pvtime_set_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);
int av_pvtime_get_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);
int av_pvtime_has_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);

/* dev/irqfd.c, dev/ioeventfd.c, dev/bells.c, dev/routing.c */
int av_eventfd_host_init(void);	/* module load: the workqueue, the routes of VMs without any */
void av_eventfd_host_exit(void);
int av_eventfd_vm_init(struct av_vm *vm);
void av_eventfd_vm_release(struct av_vm *vm);	/* VM fd closed: irqfds let go; may sleep */
void av_eventfd_vm_destroy(struct av_vm *vm);	/* no vCPU is left, the vGIC still is; may sleep */
int av_irqfd(struct av_vm *vm, const struct kvm_irqfd *args);
int av_ioeventfd(struct av_vm *vm, const struct kvm_ioeventfd *args);
/* Does the VM have one? Who asks may come too early for one that is being registered, as any store may. */
static inline bool av_ioeventfd_any(const struct av_vm *vm)
{
	return READ_ONCE(vm->eventfds.ioeventfds.rb_node);
}

/* true: the guest's store of len bytes, which is all there is in data, was consumed; interrupts on */
bool av_ioeventfd_write(struct av_vcpu *vcpu, u64 ipa, unsigned int len, u64 data);
/* EL2 may have rung some by itself: RUN ends, or EL2 says that nobody else comes */
void av_bells_empty(struct av_vm *vm);
void av_bells_settle(struct av_vm *vm);
static inline bool av_bells_any(const struct av_vm *vm)
{
	return READ_ONCE(vm->eventfds.bells);
}

void av_bell_end_walk(struct av_vcpu *vcpu);
/* dev/coalesced.c */
int av_coalesced_register(struct av_vm *vm, const struct kvm_coalesced_mmio_zone *args);
int av_coalesced_unregister(struct av_vm *vm, const struct kvm_coalesced_mmio_zone *args);
/* true: the store waits in the ring */
bool av_coalesced_write(struct av_vcpu *vcpu, u64 ipa, unsigned int len, u64 data);
/* Stores that no memslot takes may be somebody's in the kernel. */
static inline bool av_stores_any(const struct av_vm *vm)
{
	return av_ioeventfd_any(vm) || READ_ONCE(vm->eventfds.nr_zones);
}

int av_routing_set(struct av_vm *vm, const struct kvm_irq_routing_entry *entries, u32 nr,
		   u32 flags);
#endif
