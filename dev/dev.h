/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices besides the GIC: the timers, eventfds (irqfd, ioeventfd) and GSI routes.
 *
 * Runs at: host kernel. Owns: struct av_timer_cpu, struct av_eventfd_vm.
 */
#ifndef AV_DEV_H
#define AV_DEV_H

#include <linux/bitmap.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#define AV_NR_INTIDS		1024	/* INTIDs that are not LPIs */

struct av_vm;
struct av_vcpu;
struct kvm_device_attr;
struct kvm_irqfd;
struct kvm_ioeventfd;
struct kvm_irq_routing;
struct kvm_irq_routing_entry;

/* dev/timer.c */
struct av_timer_cpu {
	struct hrtimer wake;		/* while the vCPU sleeps: next deadline of both timers */
	struct hrtimer ptimer;		/* while it runs: the physical timer's deadline, if that is emulated */
	u64 ptimer_at;			/* host count that ptimer was armed for */
	bool level[AV_NR_TIMERS];	/* lines at the last look; also the PPIs' owners */
	u32 hw_ppis;			/* bits of the guest's PPIs that stand for the host's */
	bool has_gic;			/* the lines go to an in-kernel GIC; valid once enabled */
	bool enabled;			/* PPIs claimed at first RUN */
};

int av_timer_host_init(void);		/* finds and claims the timers' interrupts */
void av_timer_host_exit(void);
void av_timer_host_cpu_up(void);	/* as av_vgic_host_cpu_up() */
void av_timer_host_cpu_down(void);
void av_timer_host_cpu_resumed(void);	/* after CPU PM, interrupts off */

void av_timer_vm_init(struct av_vm *vm);	/* virtual count starts at 0 */
void av_timer_vcpu_init(struct av_vcpu *vcpu);
void av_timer_vcpu_destroy(struct av_vcpu *vcpu);	/* before vcpu->ctx is freed; may sleep */
void av_timer_vcpu_reset(struct av_vcpu *vcpu);	/* VCPU_INIT: CTLs 0, lines low */
int av_timer_enable(struct av_vcpu *vcpu);	/* first RUN; after av_vgic_map_resources() */
/* In the burst, interrupts off, before av_vgic_flush(); by vcpu/burst.h. */
void av_timer_flush(struct av_vcpu *vcpu);
void av_timer_keep_quiet(struct av_vcpu *vcpu, u32 held);	/* likewise, after it */
bool av_timer_pending(struct av_vcpu *vcpu);	/* an unmasked timer has expired (wake from WFI) */
void av_timer_block(struct av_vcpu *vcpu);	/* arm the wake-up before sleeping */
void av_timer_unblock(struct av_vcpu *vcpu);
/* Trapped guest access to the physical timer, and ONE_REG; named by register, not by ONE_REG id */
enum av_timer_reg {
	AV_CNTP_CTL, AV_CNTP_CVAL, AV_CNTP_TVAL, AV_CNTPCT,
	AV_CNTV_CTL, AV_CNTV_CVAL, AV_CNTVCT,
};

void av_timer_hand_over_phys(struct av_vcpu *vcpu);	/* at a trapped access, in the burst or not */
u64 av_timer_read(struct av_vcpu *vcpu, enum av_timer_reg reg);
void av_timer_write(struct av_vcpu *vcpu, enum av_timer_reg reg, u64 value);
/* device_irq_level bits without an in-kernel GIC: KVM_ARM_DEV_EL1_{V,P}TIMER; 0 with one */
u64 av_timer_user_levels(struct av_vcpu *vcpu);
/* They differ from run->s.regs.device_irq_level: RUN returns -EINTR with KVM_EXIT_INTR */
bool av_timer_user_level_changed(struct av_vcpu *vcpu);
/* KVM_ARM_VCPU_TIMER_CTRL attributes on the vCPU fd */
int av_timer_set_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);
int av_timer_get_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);
int av_timer_has_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr);

/* dev/irqfd.c, dev/ioeventfd.c, dev/routing.c */
struct av_eventfd_vm {
	struct mutex lock;		/* writers of everything here but irqfds */
	struct xarray irqfds;		/* by eventfd; its lock is taken under an eventfd's wait queue lock */
	struct list_head dying;		/* irqfds that are being shut down; under the same lock */
	struct work_struct shutdown;
	struct xarray resamplers;	/* by GSI; read under srcu */
	struct rb_root ioeventfds;	/* read under srcu and ioeventfds_seq */
	spinlock_t ioeventfds_lock;	/* around each change */
	seqcount_spinlock_t ioeventfds_seq;
	struct srcu_struct srcu;
	struct av_routes __rcu *routes;	/* NULL before the first table; read under srcu */
	/* by INTID; atomic bit operations, any context */
	DECLARE_BITMAP(ack_wanted, AV_NR_INTIDS);	/* some resampler waits for it */
	DECLARE_BITMAP(acked, AV_NR_INTIDS);	/* guest deactivated it, line still to be lowered */
	DECLARE_BITMAP(resample, AV_NR_INTIDS);	/* line lowered, resamplefds to be signalled */
	struct irq_work ack_irq_work;
	struct work_struct resample_work;
};

int av_eventfd_host_init(void);	/* module load: the workqueue */
void av_eventfd_host_exit(void);
int av_eventfd_vm_init(struct av_vm *vm);
void av_eventfd_vm_release(struct av_vm *vm);	/* VM fd closed: irqfds let go; may sleep */
void av_eventfd_vm_destroy(struct av_vm *vm);	/* no vCPU is left, the vGIC still is; may sleep */
int av_irqfd(struct av_vm *vm, const struct kvm_irqfd *args);
int av_ioeventfd(struct av_vm *vm, const struct kvm_ioeventfd *args);
/* true: the guest's store was consumed; interrupts on */
bool av_ioeventfd_write(struct av_vm *vm, u64 ipa, unsigned int len, u64 data);
int av_routing_set(struct av_vm *vm, const struct kvm_irq_routing_entry *entries, u32 nr,
		   u32 flags);
/* GSI n -> SPI 32 + n; called by the vGIC at its initialisation; may sleep */
int av_routing_default(struct av_vm *vm);
/* the guest deactivated this SPI: resampling irqfds; called by vgic, any context */
void av_irqfd_ack(struct av_vm *vm, u32 intid);
bool av_irqfd_wants_ack(struct av_vm *vm, u32 intid);

#endif
