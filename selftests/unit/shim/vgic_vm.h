/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vgic_vm.h - a small world for vgic/ on the build machine: what the kernel gives it, a VM of four vCPUs, and a model
 * of the hardware's virtual CPU interface, for guests that acknowledge and end interrupts. The sources under test are
 * included here.
 *
 * Where: in unit tests and libFuzzer's programs. Owns: the VM. Locks: the model's dist lock.
 */
#ifndef AV_UNIT_VGIC_VM_H
#define AV_UNIT_VGIC_VM_H

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/av_types.h"
#include "include/vcpu_ctx.h"

/* What the kernel gives vgic/, as far as these files use it. */
#define __force
#define BIT(n)			(1UL << (n))
#define GENMASK(hi, lo)		AV_MASK(hi, lo)
#define NSEC_PER_MSEC		1000000ULL
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), v, __ATOMIC_RELAXED)
/* The code under test says what each is for. */
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
/* Likewise. */
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
/* Likewise. */
#define smp_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define cpu_relax()		((void)(waiting ? waiting() : (void)0))
#define preempt_disable()	((void)0)
#define preempt_enable()	((void)0)
#define likely(x)		(x)
#define unlikely(x)		(x)
#define noinline		__attribute__((noinline))
#define min_t(t, a, b)		((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define round_down(x, n)	((x) & ~((n) - 1))
#define array_index_nospec(i, n)	(i)
#define WARN_ON_ONCE(x)		(x)
#define lockdep_assert_irqs_disabled()	((void)0)
/* What another vCPU does meanwhile, as far as the lock lets it. */
static void (*meanwhile)(void);
static void (*locked)(void);		/* likewise, with the lock of somebody else's */
#define lockdep_assert_held(l)	((void)(l), meanwhile ? meanwhile() : (void)0)
#define hweight32(x)		((u32)__builtin_popcount(x))
#define __ffs(x)		((u32)__builtin_ctzl(x))
#define cmpxchg(p, o, n)	__sync_val_compare_and_swap(p, o, n)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#define trace_armvcpu_vgic_load(...)	((void)0)
#define trace_armvcpu_vgic_fold(...)	((void)0)
#define trace_armvcpu_vgic_route(...)	((void)0)
#define local_irq_save(flags)	((flags) = 0)
#define local_irq_restore(flags)	((void)(flags))
#define raw_spinlock_t		pthread_mutex_t
#define raw_spin_lock(l)		pthread_mutex_lock(l)
#define raw_spin_unlock(l)		pthread_mutex_unlock(l)
#define raw_spin_lock_irqsave(l, f)	((f) = 0, pthread_mutex_lock(l), locked ? locked() : (void)0)
#define raw_spin_unlock_irqrestore(l, f) ((void)(f), pthread_mutex_unlock(l))

#define AV_MAX_VCPUS	512
#define NR_VCPUS	4
#define NR_IRQS		128

#include "vgic/vgic.h"

enum av_mode { AV_OUTSIDE_GUEST, AV_IN_GUEST };

struct av_vcpu {
	struct av_vm *vm;
	u32 id, idx;
	struct av_vcpu_ctx *ctx;
	struct av_vgic_cpu vgic;
	enum av_mode mode;
	/* the model's */
	struct av_vcpu_ctx the_ctx;
	struct av_vgic_priv the_priv;
	int kicked, holders;
	int woken;			/* when it was held no more, and the lock was free */
	bool in_guest;
	u32 eoi_count;
	u32 depth, stack[64];
	int phys_active;		/* of the hardware-mapped PPI */
};

struct av_vm {
	struct av_vgic_dist vgic;
	struct av_vcpu *vcpus[NR_VCPUS];
	int online_vcpus;
	struct { bool held; } lock;	/* of fuzz/pure_its.c */
};

#define av_for_each_vcpu(i, vcpu, vm) \
	for ((i) = 0; (i) < (vm)->online_vcpus && ((vcpu) = (vm)->vcpus[i]); (i)++)

static struct av_vm vm;
static struct av_vcpu cpus[NR_VCPUS];
static struct av_vgic_spis spis;
static struct av_vgic_lpis lpis;
static bool kick_exits;			/* a kick brings the vCPU out at once */
static u32 acked_spi;			/* what the resampling irqfd was told last */
static u64 fake_time, time_step = NSEC_PER_MSEC;
static u32 list_regs = 4;

static void exit_guest(struct av_vcpu *vcpu);
static void (*waiting)(void);		/* what goes on while somebody waits for a vCPU */

static void av_vcpu_hold(struct av_vcpu *vcpu)
{
	__atomic_fetch_add(&vcpu->holders, 1, __ATOMIC_SEQ_CST);
}

static void av_vcpu_let_go(struct av_vcpu *vcpu)
{
	__atomic_fetch_sub(&vcpu->holders, 1, __ATOMIC_SEQ_CST);
}

static void av_vcpu_wake_held(struct av_vcpu *vcpu)
{
	bool is_free = !pthread_mutex_trylock(&vm.vgic.lock);

	if (is_free)
		pthread_mutex_unlock(&vm.vgic.lock);
	vcpu->woken += is_free && !__atomic_load_n(&vcpu->holders, __ATOMIC_SEQ_CST);
}

static void av_vcpu_kick(struct av_vcpu *vcpu)
{
	__atomic_store_n(&vcpu->kicked, 1, __ATOMIC_SEQ_CST);
	if (kick_exits && vcpu->in_guest)
		exit_guest(vcpu);
}

/* EL2 of the model leaves everything to the host. */
static void av_vcpu_kick_gic(struct av_vcpu *vcpu)
{
	av_vcpu_kick(vcpu);
}

static struct av_vcpu *av_vcpu_by_id(struct av_vm *v, u32 id)
{
	return id < NR_VCPUS ? v->vcpus[id] : NULL;
}

static struct av_vcpu *av_vcpu_by_mpidr(struct av_vm *v, u64 mpidr)
{
	return mpidr < NR_VCPUS ? v->vcpus[mpidr] : NULL;
}

static void note_ack(struct av_vm *v, u32 intid)
{
	(void)v;
	acked_spi = intid;
}

static const struct av_vgic_listener listener = { .ack = note_ack };

static u64 ktime_get_mono_fast_ns(void)
{
	return fake_time += time_step;
}

u64 av_vgic_host_vtr(void);
u64 av_vgic_host_vtr(void)
{
	return list_regs - 1;
}

static bool av_vgic_initialized(const struct av_vm *v)
{
	return v->vgic.initialized;
}

u64 av_vgic_v2_gicv(void);
u64 av_vgic_v2_gicv(void)
{
	return 0x1000;
}

#define KVM_VGIC_V2_CPU_SIZE	0x2000
#define GIC_CPU_DEACTIVATE	0x1000

#include "vgic/pick.c"
#include "vgic/irq.c"
#include "vgic/lpi.c"
#include "vgic/burst.c"
#include "vgic/irq_regs.c"
#include "vgic/v2.c"

/* --- the virtual CPU interface, EOImode 0 or 1 (IHI 0069, 4.8 and 12.4) --- */

static u32 *apr(struct av_vcpu *vcpu, u64 lr)
{
	return lr & ICH_LR_GROUP1 ? &vcpu->ctx->gic.ap1r[0] : &vcpu->ctx->gic.ap0r[0];
}

static u32 running(struct av_vcpu *vcpu)
{
	u32 all = vcpu->ctx->gic.ap0r[0] | vcpu->ctx->gic.ap1r[0];

	return all ? __builtin_ctz(all) * 8 : 0x100;
}

static inline u32 hw_ack(struct av_vcpu *vcpu)
{
	struct av_gic_ctx *gic = &vcpu->ctx->gic;
	u32 i, best = 0, prio = running(vcpu);
	bool found = false;

	if (prio > ICH_VMCR_VPMR((u64)gic->vmcr))
		prio = ICH_VMCR_VPMR((u64)gic->vmcr);
	for (i = 0; i < gic->used_lrs; i++) {
		u64 lr = gic->lr[i];
		u32 p = AV_GET(lr, 55, 48);
		bool on = gic->vmcr & (lr & ICH_LR_GROUP1 ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0);

		if ((lr & ICH_LR_STATE) != ICH_LR_PENDING || !on || p >= prio)
			continue;
		found = true;
		best = i;
		prio = p;
	}
	if (!found)
		return 1023;
	gic->lr[best] ^= ICH_LR_STATE;
	*apr(vcpu, gic->lr[best]) |= BIT(prio / 8);
	return ICH_LR_VINTID(gic->lr[best]);
}

static inline void hw_eoi(struct av_vcpu *vcpu, u32 intid)
{
	struct av_gic_ctx *gic = &vcpu->ctx->gic;
	u32 *ap = gic->ap0r, i, drop;

	if (!gic->ap0r[0] || (gic->ap1r[0] && __builtin_ctz(gic->ap1r[0]) < __builtin_ctz(gic->ap0r[0])))
		ap = gic->ap1r;
	drop = __builtin_ctz(*ap);
	*ap &= *ap - 1;
	if (gic->vmcr & ICH_VMCR_VEOIM)
		return;
	for (i = 0; i < gic->used_lrs; i++) {
		if (ICH_LR_VINTID(gic->lr[i]) != intid || !(gic->lr[i] & ICH_LR_ACTIVE))
			continue;
		/* QEMU and some hardware: an EOI that doesn't match the priority is no EOI. */
		if (AV_GET(gic->lr[i], 55, 48) / 8 != drop)
			return;
		gic->lr[i] &= ~ICH_LR_ACTIVE;
		if (gic->lr[i] & ICH_LR_HW)
			vcpu->phys_active = 0;
		return;
	}
	if (intid < AV_VGIC_LPI_FIRST)
		vcpu->eoi_count++;
}

static inline bool hw_maintenance(struct av_vcpu *vcpu)
{
	struct av_gic_ctx *gic = &vcpu->ctx->gic;
	bool pending = false, eoi = false;
	u32 i;

	for (i = 0; i < gic->used_lrs; i++) {
		pending |= !!(gic->lr[i] & ICH_LR_PENDING);
		eoi |= !(gic->lr[i] & (ICH_LR_STATE | ICH_LR_HW)) && (gic->lr[i] & ICH_LR_EOI);
	}
	return eoi || (!pending && (gic->hcr & ICH_HCR_NPIE)) ||
	       (vcpu->eoi_count && (gic->hcr & ICH_HCR_LRENPIE)) ||
	       ((gic->hcr & ICH_HCR_VGRP0EIE) && (gic->vmcr & ICH_VMCR_VENG0)) ||
	       ((gic->hcr & ICH_HCR_VGRP1EIE) && (gic->vmcr & ICH_VMCR_VENG1));
}

/* False: it is held. The order is burst_loop()'s (vcpu/run.c). */
static inline bool try_enter_guest(struct av_vcpu *vcpu)
{
	__atomic_store_n(&vcpu->kicked, 0, __ATOMIC_SEQ_CST);
	/* SPIs are bound ahead from here on. */
	__atomic_store_n(&vcpu->mode, AV_IN_GUEST, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&vcpu->holders, __ATOMIC_SEQ_CST)) {
		__atomic_store_n(&vcpu->mode, AV_OUTSIDE_GUEST, __ATOMIC_SEQ_CST);
		return false;
	}
	WRITE_ONCE(vcpu->ctx->running, AV_RUNNING_REDIST);
	av_vgic_flush(vcpu);
	vcpu->in_guest = true;
	vcpu->eoi_count = 0;
	return true;
}

static inline void enter_guest(struct av_vcpu *vcpu)
{
	while (!try_enter_guest(vcpu))
		;
}

static void exit_guest(struct av_vcpu *vcpu)
{
	vcpu->ctx->gic.hcr_exit = vcpu->ctx->gic.hcr | vcpu->eoi_count << 27;
	vcpu->in_guest = false;
	__atomic_store_n(&vcpu->mode, AV_OUTSIDE_GUEST, __ATOMIC_RELEASE);
	WRITE_ONCE(vcpu->ctx->running, 0);
	av_vgic_sync(vcpu);
}

/* What load_lpis() in el2/fast_irq.c does with the slots; true: the vCPU stays in its guest. */
static inline bool el2_takes_lpis(struct av_vcpu *vcpu)
{
	struct av_vgic_priv *priv = &vcpu->the_priv;
	struct av_gic_ctx *gic = &vcpu->ctx->gic;
	u32 left;

	priv->summary &= ~BIT(AV_VGIC_LPI_BLOCK);
	for (left = priv->lpi_more ? 0 : priv->lpi_slots; left; left &= left - 1) {
		const struct av_lpi_slot *slot = &priv->lpi_slot[__ffs(left)];
		struct av_vgic_block *b = (struct av_vgic_block *)slot->block;
		u32 bit = BIT(slot->intid % 32);

		if (!(b->enabled & b->latch & bit) || (b->in_lr & bit) || gic->used_lrs == list_regs)
			break;
		b->in_lr |= bit;
		b->latch &= ~bit;
		b->lr_pend |= bit;
		gic->lr_intid[gic->used_lrs] = slot->intid;
		gic->lr[gic->used_lrs++] = slot->intid | ICH_LR_PRIORITY(b->prio[slot->intid % 32]) | ICH_LR_PENDING |
					   ICH_LR_GROUP1;
		priv->lpi_slots &= ~(left & -left);
	}
	if (!left && !priv->lpi_more)
		return true;
	priv->summary |= BIT(AV_VGIC_LPI_BLOCK);
	return false;
}

/* --- a VM --- */

static inline void new_vm(u32 lrs)
{
	u32 i;

	memset(&vm, 0, sizeof(vm));
	memset(cpus, 0, sizeof(cpus));
	memset(&spis, 0, sizeof(spis));
	memset(&lpis, 0, sizeof(lpis));
	memset(lpis.target, 0xff, sizeof(lpis.target));
	lpis.el2 = (u64)&lpis;
	pthread_mutex_init(&vm.vgic.lock, NULL);
	list_regs = lrs;
	kick_exits = false;
	acked_spi = 0;
	vm.vgic.spis = &spis;
	vm.vgic.initialized = true;
	vm.vgic.listener = &listener;
	vm.vgic.lpis[0] = &lpis;
	for (i = 0; i < AV_LPI_PART / 32; i++) {
		lpis.block[i].edge = ~0U;
		lpis.block[i].group1 = ~0U;
	}
	vm.vgic.ack_wanted[40 / 32] = BIT(40 % 32);
	vm.online_vcpus = NR_VCPUS;
	spis.nr_irqs = NR_IRQS;
	spis.ctlr = AV_VGIC_CTLR_ENABLE;
	for (i = 0; i < NR_VCPUS; i++) {
		struct av_vcpu *vcpu = vm.vcpus[i] = &cpus[i];

		vcpu->vm = &vm;
		vcpu->id = i;
		vcpu->idx = i;
		vcpu->ctx = &vcpu->the_ctx;
		vcpu->vgic.priv = &vcpu->the_priv;
		vcpu->ctx->sys[AV_MPIDR_EL1] = i;
		vcpu->ctx->has_gic = true;
		vcpu->ctx->gic.hcr = ICH_HCR_EN;
		vcpu->vgic.dir_trap = ICH_HCR_TDIR;
		vcpu->ctx->gic.vmcr = 0xf8000000 | ICH_VMCR_VENG0 | ICH_VMCR_VENG1;
		vcpu->the_priv.block.edge = 0xffff;
		vcpu->the_priv.block.enabled = ~0U;
		vcpu->the_priv.block.group1 = ~0U;
	}
	for (i = 1; i < NR_IRQS / 32; i++) {
		spis.block[i].group1 = ~0U;
		spis.block[i].enabled = ~0U;
		spis.block[i].edge = 0xffff0000;
		cpus[0].the_priv.routed[i] = ~0U;
	}
}

static inline struct av_vgic_access at(struct av_vcpu *vcpu, u32 intid)
{
	return (struct av_vgic_access) { .vm = &vm, .vcpu = vcpu, .intid = intid, .len = 4 };
}

static inline void inject(u32 cpu, u32 intid, bool level)
{
	av_vgic_inject(&vm, &cpus[cpu], intid, level, NULL);
}

#endif
