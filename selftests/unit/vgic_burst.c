// SPDX-License-Identifier: GPL-2.0
/*
 * The vGIC's state machine, whole: injection, routes, register writes, flush and sync, against a
 * model of the hardware's virtual CPU interface and of guests that acknowledge and end
 * interrupts. First case by case, then at random in one thread, then at random in many.
 *
 * A failure means that a guest loses an interrupt, gets one twice at once, or hangs.
 * Implementation: vgic/burst.c, irq.c, irq_regs.c, v2.c. Rules: IHI 0069, 4 and 12.4.
 *
 * Runs at: build host. Owns: nothing. Locks: the model's dist lock.
 */
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
#define cpu_relax()		((void)0)
#define unlikely(x)		(x)
#define noinline		__attribute__((noinline))
#define min_t(t, a, b)		((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define round_down(x, n)	((x) & ~((n) - 1))
#define array_index_nospec(i, n)	(i)
#define WARN_ON_ONCE(x)		(x)
#define lockdep_assert_irqs_disabled()	((void)0)
/* What another vCPU does meanwhile, as far as the lock lets it. */
static void (*meanwhile)(void);
#define lockdep_assert_held(l)	((void)(l), meanwhile ? meanwhile() : (void)0)
#define hweight32(x)		((u32)__builtin_popcount(x))
#define __ffs(x)		((u32)__builtin_ctzl(x))
#define cmpxchg(p, o, n)	__sync_val_compare_and_swap(p, o, n)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#define local_irq_save(flags)	((flags) = 0)
#define local_irq_restore(flags)	((void)(flags))
#define raw_spinlock_t		pthread_mutex_t
#define raw_spin_lock(l)		pthread_mutex_lock(l)
#define raw_spin_unlock(l)		pthread_mutex_unlock(l)
#define raw_spin_lock_irqsave(l, f)	((f) = 0, pthread_mutex_lock(l))
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
	int kicked;
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
static u64 fake_time;
static u32 list_regs = 4;

static void exit_guest(struct av_vcpu *vcpu);

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
	return fake_time += NSEC_PER_MSEC;
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
#include "tap.h"

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

static u32 hw_ack(struct av_vcpu *vcpu)
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

static void hw_eoi(struct av_vcpu *vcpu, u32 intid)
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

static bool hw_maintenance(struct av_vcpu *vcpu)
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

static void enter_guest(struct av_vcpu *vcpu)
{
	__atomic_store_n(&vcpu->kicked, 0, __ATOMIC_SEQ_CST);
	/* SPIs are bound ahead from here on. */
	vcpu->mode = AV_IN_GUEST;
	vcpu->ctx->running = AV_RUNNING_REDIST;
	av_vgic_flush(vcpu);
	vcpu->in_guest = true;
	vcpu->eoi_count = 0;
}

static void exit_guest(struct av_vcpu *vcpu)
{
	vcpu->ctx->gic.hcr_exit = vcpu->ctx->gic.hcr | vcpu->eoi_count << 27;
	vcpu->in_guest = false;
	vcpu->mode = AV_OUTSIDE_GUEST;
	vcpu->ctx->running = 0;
	av_vgic_sync(vcpu);
}

/* --- a VM --- */

static void new_vm(u32 lrs)
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

static struct av_vgic_access at(struct av_vcpu *vcpu, u32 intid)
{
	return (struct av_vgic_access) { .vm = &vm, .vcpu = vcpu, .intid = intid, .len = 4 };
}

static void inject(u32 cpu, u32 intid, bool level)
{
	av_vgic_inject(&vm, &cpus[cpu], intid, level, NULL);
}

#define LEVEL_SPI	40
#define EDGE_SPI	50

static void edges(void)
{
	struct av_vcpu *v = &cpus[0];

	new_vm(4);
	inject(0, EDGE_SPI, 1);
	check(v->kicked && av_vgic_has_pending(v), "an SPI kicks the vCPU of its route and wakes a WFI");
	enter_guest(v);
	check(hw_ack(v) == EDGE_SPI && hw_ack(v) == 1023, "edge: delivered once");
	inject(0, EDGE_SPI, 1);
	check(v->kicked, "a second edge while active kicks");
	exit_guest(v);
	check(!av_vgic_has_pending(v), "but doesn't wake a WFI while active");
	enter_guest(v);
	check(hw_ack(v) == 1023, "and waits");
	hw_eoi(v, EDGE_SPI);
	check(hw_ack(v) == EDGE_SPI && !hw_maintenance(v), "comes after the EOI without an exit");
	hw_eoi(v, EDGE_SPI);
	exit_guest(v);
	enter_guest(v);
	check(!v->ctx->gic.used_lrs && !v->the_priv.summary, "and then there is nothing left to do");
	exit_guest(v);
	inject(0, EDGE_SPI, 0);
	check(!av_vgic_has_pending(v), "a falling edge is nothing");
}

static void levels(void)
{
	struct av_vcpu *v = &cpus[0];

	new_vm(4);
	inject(0, LEVEL_SPI, 1);
	enter_guest(v);
	check(hw_ack(v) == LEVEL_SPI, "level: delivered");
	hw_eoi(v, LEVEL_SPI);
	check(hw_maintenance(v), "its EOI leaves the guest");
	exit_guest(v);
	check(acked_spi == LEVEL_SPI, "the resampling irqfd is told");
	check(av_vgic_has_pending(v), "still high: pending again");
	inject(0, LEVEL_SPI, 0);
	check(!av_vgic_has_pending(v), "low: gone");

	/* ISPENDR on a level interrupt lasts until it is acknowledged, no longer */
	struct av_vgic_access a = at(v, 32);

	av_vgic_write_spend(&a, BIT(LEVEL_SPI % 32));
	enter_guest(v);
	check(hw_ack(v) == LEVEL_SPI, "level made pending by ISPENDR");
	exit_guest(v);
	av_vgic_write_spend(&a, BIT(LEVEL_SPI % 32));
	enter_guest(v);
	hw_eoi(v, LEVEL_SPI);
	exit_guest(v);
	enter_guest(v);
	check(hw_ack(v) == LEVEL_SPI, "made pending again while active: comes again");
	hw_eoi(v, LEVEL_SPI);
	exit_guest(v);
	check(!av_vgic_has_pending(v), "and only once");
}

static void hardware_mapped(void)
{
	struct av_vcpu *v = &cpus[1];
	int owner;

	new_vm(4);
	inject(1, 27, 1);
	check(!av_vgic_claim_ppi(v, 27, &owner) && !av_vgic_claim_ppi(v, 27, &owner) &&
	      av_vgic_claim_ppi(v, 27, &vm) == -EEXIST, "a PPI has one owner");
	check(!(v->the_priv.block.line & BIT(27)), "for whom its line begins low");
	inject(1, 27, 1);
	check(!(v->the_priv.block.line & BIT(27)), "user space can't move a claimed line");
	av_vgic_map_hw(v, 27, 26);
	av_vgic_set_line_local(v, 27, true);
	enter_guest(v);
	check(av_vgic_is_inflight(v, 27) && (v->ctx->gic.lr[0] & ICH_LR_HW) &&
	      AV_GET(v->ctx->gic.lr[0], 44, 32) == 26, "loaded with its physical INTID");
	v->phys_active = 1;
	hw_ack(v);
	hw_eoi(v, 27);
	check(!v->phys_active && !hw_maintenance(v), "its EOI reaches the physical GIC without an exit");
	av_vgic_set_line_local(v, 27, false);
	exit_guest(v);
	check(!av_vgic_is_inflight(v, 27), "not in flight any more");
}

static void sgi(void)
{
	u32 i;

	new_vm(4);
	av_vgic_sgi(&cpus[0], 3ULL << 24 | 0x6, AV_SGI1R);
	check(!cpus[0].kicked && cpus[1].kicked && cpus[2].kicked && !cpus[3].kicked,
	      "SGI: those on the list and no others");
	enter_guest(&cpus[2]);
	check(hw_ack(&cpus[2]) == 3, "SGI: delivered");
	exit_guest(&cpus[2]);
	new_vm(4);
	av_vgic_sgi(&cpus[2], 1ULL << 40, AV_SGI1R);
	for (i = 0; i < NR_VCPUS; i++)
		if (i == 2 ? cpus[i].kicked : !cpus[i].kicked)
			break;
	check(i == NR_VCPUS, "SGI: all but the sender");
	new_vm(4);
	av_vgic_sgi(&cpus[0], 2, AV_SGI0R);
	check(!cpus[1].kicked, "ICC_SGI0R makes no SGI of group 1");
	cpus[1].the_priv.block.group1 = 0;
	av_vgic_sgi(&cpus[0], 2, AV_SGI0R);
	check(cpus[1].kicked, "but one of group 0");
	av_vgic_sgi(&cpus[0], 0xf000ffULL << 32 | 0xffff, AV_SGI1R);
	check(true, "SGIs to nobody harm nobody");
}

/* GICv2: one instance for each sender, one after the other. */
static void sgi_by_source(void)
{
	struct av_vcpu *to = &cpus[2];
	u64 dir = 5;

	new_vm(4);
	vm.vgic.is_v2 = true;
	vm.vgic.ready = true;
	vm.vgic.cpu_base = 0x8000;
	av_vgic_v2_sgir(&cpus[0], 1 << 24 | 5);
	check(!cpus[0].kicked && cpus[1].kicked && to->kicked && cpus[3].kicked,
	      "GICD_SGIR: all but the sender");
	av_vgic_v2_sgir(&cpus[3], 1 << 18 | 5);
	av_vgic_v2_sgir(to, 2 << 24 | 5);
	av_vgic_v2_sgir(to, 3 << 24 | 6);
	check(to->vgic.sgi_sources[5] == 0xd && !to->vgic.sgi_sources[6],
	      "each sender is remembered; a reserved filter is nothing");
	enter_guest(to);
	check(to->ctx->gic.used_lrs == 1 && hw_ack(to) == 5 && hw_ack(to) == 1023,
	      "the first sender's, alone");
	av_vgic_v2_sgir(&cpus[0], 1 << 18 | 5);
	exit_guest(to);
	enter_guest(to);
	check(hw_ack(to) == 1023, "once more from it while active: waits");
	hw_eoi(to, 5);
	check(hw_maintenance(to), "its end leaves the guest");
	exit_guest(to);
	enter_guest(to);
	check(hw_ack(to) == 5, "comes again");
	hw_eoi(to, 5);
	exit_guest(to);
	enter_guest(to);
	check(hw_ack(to) == (2 << 10 | 5), "then the next sender's");
	exit_guest(to);
	check(to->vgic.sgi_active_source[5] == 2, "active: its sender is kept");
	enter_guest(to);
	hw_eoi(to, 2 << 10 | 5);
	exit_guest(to);
	enter_guest(to);
	exit_guest(to);
	check(to->vgic.sgi_sources[5] == 8 && av_vgic_has_pending(to), "not taken: goes back with its sender");
	enter_guest(to);
	check(hw_ack(to) == (3 << 10 | 5), "and comes");
	to->ctx->gic.vmcr |= ICH_VMCR_VEOIM;
	hw_eoi(to, 3 << 10 | 5);
	exit_guest(to);
	check(av_vgic_v2_mmio(to, 0x9000, 4, true, &dir) && !(to->the_priv.block.active & 32) &&
	      !av_vgic_v2_mmio(to, 0xa000, 4, true, &dir), "GICV_DIR ends it");
	check(!av_vgic_has_pending(to) && !to->vgic.sgi_sources[5], "nothing is left");
}

static void targets(void)
{
	u64 pa = 0;

	new_vm(4);
	vm.vgic.is_v2 = true;
	av_vgic_v2_set_targets(&vm, EDGE_SPI, 0xf4);
	inject(0, EDGE_SPI, 1);
	check(spis.route[EDGE_SPI] == 4 && cpus[2].kicked && !cpus[0].kicked,
	      "GICD_ITARGETSR: bits of vCPUs that are there, the first of them gets it");
	av_vgic_v2_set_targets(&vm, EDGE_SPI, 0);
	check(!spis.route[EDGE_SPI] && cpus[0].kicked, "without a target: the first vCPU");
	vm.vgic.cpu_base = 0x8000;
	check(!av_vgic_cpuif_page(&vm, 0x8000, &pa), "no CPU interface before the first run");
	vm.vgic.ready = true;
	check(av_vgic_cpuif_page(&vm, 0x8000, &pa) && pa == 0x1000 &&
	      !av_vgic_cpuif_page(&vm, 0x9000, &pa), "its first page is mapped, no other");
}

static void routes(void)
{
	struct av_vcpu *a = &cpus[0], *b = &cpus[1];
	struct av_vgic_access acc = at(b, EDGE_SPI);

	new_vm(4);
	inject(0, EDGE_SPI, 1);
	enter_guest(a);
	hw_ack(a);
	av_vgic_set_route(&vm, EDGE_SPI, 1);
	inject(0, EDGE_SPI, 1);
	check(a->kicked && !b->kicked, "active: stays with the vCPU that has it");
	exit_guest(a);
	enter_guest(b);
	check(!b->ctx->gic.used_lrs, "the new route's vCPU doesn't get it meanwhile");
	exit_guest(b);
	enter_guest(a);
	hw_eoi(a, EDGE_SPI);
	b->kicked = 0;
	exit_guest(a);
	check(b->kicked && av_vgic_has_pending(b) && !av_vgic_has_pending(a),
	      "after its end the pending one goes to the new route");
	av_vgic_set_route(&vm, EDGE_SPI, 0x777);
	check(!av_vgic_has_pending(b) && !spis.block[1].held, "a route to nowhere keeps it in the distributor");
	av_vgic_set_route(&vm, EDGE_SPI, 3);
	check(cpus[3].kicked && av_vgic_has_pending(&cpus[3]), "until there is a way again");

	acc.offset = 4;
	check(!av_vgic_read_route(&acc), "upper half of IROUTER reads zero");
	acc.offset = 0;
	check(av_vgic_read_route(&acc) == 3, "lower half holds the affinity");
}

/* The injector binds, then writes the summary; the vCPU goes off between the two. */
static void goes_off(void)
{
	struct av_vcpu *a = &cpus[0], *b = &cpus[1];

	new_vm(4);
	enter_guest(a);
	inject(0, EDGE_SPI, 1);
	check(spis.block[1].held & BIT(EDGE_SPI % 32), "an edge is bound to the vCPU that is in its guest");
	exit_guest(a);
	av_vgic_set_route(&vm, EDGE_SPI, 1);
	__atomic_store_n(&a->the_priv.summary, 0, __ATOMIC_SEQ_CST);
	av_vgic_unbind(a);
	check(!spis.block[1].held && b->kicked && av_vgic_has_pending(b),
	      "one that goes off leaves it to its route, told of it or not");
}

/* The SPI has been chosen, and is bound next: av_vgic_hold_spis() in load_lr(). */
static void disable_when_held(void)
{
	static u32 calls;
	struct av_vgic_access spi = at(&cpus[1], 32);

	/* The first one asks whether the choice may be made. */
	if (++calls < 2)
		return;
	meanwhile = NULL;
	av_vgic_write_cenable(&spi, BIT(EDGE_SPI % 32));
}

/* Of a level there is nothing left when the latch that brought it into a list register is cleared. */
static void level_withdrawn(struct av_vcpu *a, const struct av_vgic_access *spi)
{
	av_vgic_write_spend(spi, BIT(LEVEL_SPI % 32));
	enter_guest(a);
	av_vgic_write_cpend(spi, BIT(LEVEL_SPI % 32));
	check(a->kicked, "ICPENDR of a level: kicks");
	exit_guest(a);
	enter_guest(a);
	check(hw_ack(a) == 1023, "and it is gone");
	exit_guest(a);
}

/* DIR of one that is not active: what the host has bound ahead is told to the vCPU that it moved to meanwhile. */
static void dir_bound_ahead(void)
{
	struct av_vcpu *a = &cpus[0], *b = &cpus[1];

	a->ctx->gic.vmcr |= ICH_VMCR_VEOIM;
	enter_guest(a);
	inject(0, EDGE_SPI, 1);
	check(spis.block[1].held & BIT(EDGE_SPI % 32), "bound ahead");
	av_vgic_set_route(&vm, EDGE_SPI, 1);
	b->kicked = 0;
	exit_guest(a);
	av_vgic_dir(a, EDGE_SPI);
	enter_guest(a);
	exit_guest(a);
	check(b->kicked && av_vgic_has_pending(b), "a DIR for nothing: its route hears of it");
}

static void writes_to_running(void)
{
	struct av_vcpu *a = &cpus[0], *b = &cpus[1];
	struct av_vgic_access spi = at(b, 32);
	u32 bit = BIT(EDGE_SPI % 32);

	new_vm(4);
	dir_bound_ahead();
	new_vm(4);
	kick_exits = true;
	inject(0, EDGE_SPI, 1);
	enter_guest(a);
	hw_ack(a);
	check(av_vgic_read_active(&spi) & bit, "ISACTIVER: read from the list register of another vCPU");
	enter_guest(a);
	kick_exits = false;
	av_vgic_write_cactive(&spi, bit);
	check(a->kicked && (spis.block[1].active & bit), "ICACTIVER: left to the vCPU that has it");
	exit_guest(a);
	check(!(spis.block[1].active & bit) && !(spis.block[1].held & bit), "which does it");

	inject(0, EDGE_SPI, 1);
	enter_guest(a);
	check(av_vgic_read_pending(&spi) & bit, "ISPENDR: pending in a list register");
	av_vgic_write_cpend(&spi, bit);
	check(a->kicked, "ICPENDR: kicks");
	exit_guest(a);
	check(!av_vgic_has_pending(a) && !(spis.block[1].latch & bit), "and withdraws it");

	inject(0, EDGE_SPI, 1);
	enter_guest(a);
	a->kicked = 0;
	av_vgic_write_cenable(&spi, bit);
	check(a->kicked, "ICENABLER: kicks");
	exit_guest(a);
	check(!av_vgic_has_pending(a) && (spis.block[1].latch & bit), "disabled: stays pending outside");
	a->kicked = 0;
	av_vgic_write_senable(&spi, bit);
	check(a->kicked && av_vgic_has_pending(a), "enabled: comes");

	enter_guest(a);
	exit_guest(a);
	a->kicked = 0;
	meanwhile = disable_when_held;
	av_vgic_flush(a);
	check(!meanwhile, "disabled between choice and list register");
	check(a->kicked || !a->ctx->gic.used_lrs, "and not loaded");
	check((spis.block[1].latch & bit) && !(spis.block[1].held & bit), "but pending outside");
	meanwhile = NULL;
	av_vgic_sync(a);

	level_withdrawn(a, &spi);

	av_vgic_write_sactive(&spi, BIT(3));
	enter_guest(a);
	check(spis.block[1].held & BIT(3), "ISACTIVER: the route's vCPU gets it");
	exit_guest(a);
	av_vgic_write_cactive(&spi, BIT(3));
	check(!(spis.block[1].held & BIT(3)) && !a->the_priv.held[1], "ICACTIVER: and lets it go");
}

/* What comes behind the clearing of what was in a list register is new: the fold must not take it along. */
static void edge_behind_cpend(bool acked)
{
	struct av_vcpu *a = &cpus[0], *b = &cpus[1];
	struct av_vgic_access spi = at(b, 32);
	u32 bit = BIT(EDGE_SPI % 32);

	new_vm(4);
	inject(0, EDGE_SPI, 1);
	enter_guest(a);
	if (acked)
		hw_ack(a);
	av_vgic_write_cpend(&spi, bit);
	inject(0, EDGE_SPI, 1);
	exit_guest(a);
	check(spis.block[1].latch & bit, acked ? "an edge behind ICPENDR, the former one active: pending" :
	      "an edge behind ICPENDR, the former one not taken: pending");
	check(acked || av_vgic_has_pending(a), "and the vCPU is told");
	check(!(spis.block[1].late_unpend & bit), "the clearing is done");
	/* Without one it goes. */
	enter_guest(a);
	av_vgic_write_cpend(&spi, bit);
	exit_guest(a);
	check(!(spis.block[1].latch & bit), "cleared once more: gone");
}

/* More interrupts than list registers, nested as deep as priorities go. */
static void overflow(bool eoi_mode)
{
	struct av_vcpu *v = &cpus[0];
	u32 i, n = 0, got[16];
	bool ok = true;

	new_vm(2);
	if (eoi_mode)
		v->ctx->gic.vmcr |= ICH_VMCR_VEOIM;
	/* Each of higher priority than the one before: all get active at once. */
	for (i = 0; i < 16; i++) {
		spis.block[1].prio[i + 16] = 0xf0 - i * 8;
		inject(0, EDGE_SPI - 2 + i, 1);
		enter_guest(v);
		got[n] = hw_ack(v);
		ok &= got[n++] == EDGE_SPI - 2 + i;
		exit_guest(v);
	}
	check(ok, "sixteen active with two list registers");
	enter_guest(v);
	while (n--) {
		hw_eoi(v, got[n]);
		if (eoi_mode) {
			/* deactivated in the wrong order, by the trapped ICC_DIR_EL1 */
			ok &= !!(v->ctx->gic.hcr & ICH_HCR_TDIR) || n < 2;
			exit_guest(v);
			av_vgic_dir(v, got[15 - n]);
			enter_guest(v);
			ok &= __builtin_popcount(spis.block[1].active) == (int)n;
		} else if (hw_maintenance(v)) {
			exit_guest(v);
			ok &= __builtin_popcount(spis.block[1].active) == (int)n;
			enter_guest(v);
		}
	}
	exit_guest(v);
	check(ok && !spis.block[1].active && !spis.block[1].held,
	      eoi_mode ? "ended in any order by DIR" : "ended by counted EOIs");
}

static void starved_groups(void)
{
	struct av_vcpu *v = &cpus[0];

	new_vm(1);
	v->ctx->gic.vmcr &= ~ICH_VMCR_VENG0;
	spis.block[1].group1 = ~(u32)BIT(20);
	spis.block[1].prio[18] = 0x80;
	inject(0, 52, 1);
	inject(0, 50, 1);
	enter_guest(v);
	check(hw_ack(v) == 50, "an interrupt of a group that is off doesn't block others");
	hw_eoi(v, 50);
	v->ctx->gic.vmcr |= ICH_VMCR_VENG0;
	if (hw_maintenance(v)) {
		exit_guest(v);
		enter_guest(v);
	}
	check(hw_ack(v) == 52, "and comes when the group is switched on");
	exit_guest(v);
}

/* --- at random --- */

static int owed[NR_VCPUS][NR_IRQS];	/* edges injected and not yet seen; [0] for SPIs */
static int lines[NR_VCPUS][NR_IRQS];
static int active_at[NR_IRQS];		/* SPIs: 1 + the vCPU */
static int doubled;
static u32 drain_steps = 100000;

static bool is_edge(u32 intid)
{
	return intid < 16 || (intid >= 32 && (intid & 16));
}

static int slot(u32 cpu, u32 intid)
{
	return intid < 32 ? (int)cpu : 0;
}

static bool guest_step(struct av_vcpu *vcpu)
{
	u32 intid = hw_ack(vcpu);

	if (intid != 1023) {
		u32 s = slot(vcpu->idx, intid);

		if (intid >= 32 && __atomic_exchange_n(&active_at[intid], vcpu->idx + 1, __ATOMIC_SEQ_CST))
			__atomic_store_n(&doubled, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&owed[s][intid], 0, __ATOMIC_SEQ_CST);
		if (!is_edge(intid)) {
			__atomic_store_n(&lines[s][intid], 0, __ATOMIC_SEQ_CST);
			inject(vcpu->idx, intid, 0);
		}
		vcpu->stack[vcpu->depth++] = intid;
		return true;
	}
	if (!vcpu->depth)
		return false;
	intid = vcpu->stack[--vcpu->depth];
	if (intid >= 32)
		__atomic_store_n(&active_at[intid], 0, __ATOMIC_SEQ_CST);
	hw_eoi(vcpu, intid);
	return true;
}

static void device_step(unsigned int *seed)
{
	u32 cpu = rand_r(seed) % NR_VCPUS, intid = rand_r(seed) % NR_IRQS;
	struct av_vgic_access a = at(&cpus[cpu], intid & ~31U);
	u32 bits = rand_r(seed) & rand_r(seed) & rand_r(seed), s = slot(cpu, intid);

	switch (rand_r(seed) % 16) {
	case 0:
		av_vgic_write_cenable(&a, bits);
		break;
	case 1:
	case 2:
		av_vgic_write_senable(&a, ~0U);
		break;
	case 3:
	case 4:
		if (intid >= 32)
			av_vgic_set_route(&vm, intid, rand_r(seed) % (NR_VCPUS + 1));
		break;
	case 5:
		a.intid = intid & ~3U;
		av_vgic_write_prio(&a, rand_r(seed) & 0xf0f0f0f0);	/* below PMR */
		break;
	case 6:
	case 7:
		intid = rand_r(seed) % 16;
		owed[cpu][intid] = 1;
		av_vgic_sgi(&cpus[0], (u64)intid << 24 | BIT(cpu), AV_SGI1R);
		break;
	case 8:
		if (!(rand_r(seed) % 16)) {
			__atomic_store_n(&spis.ctlr, rand_r(seed) % 2 * 2, __ATOMIC_SEQ_CST);
			av_vgic_notify_all(&vm);
		}
		break;
	default:
		if (intid < 16)
			break;
		if (is_edge(intid))
			__atomic_store_n(&owed[s][intid], 1, __ATOMIC_SEQ_CST);
		else
			__atomic_store_n(&lines[s][intid], 1, __ATOMIC_SEQ_CST);
		inject(cpu, intid, 1);
	}
}

static void vcpu_step(struct av_vcpu *vcpu, bool exits, unsigned int *seed)
{
	if (!vcpu->in_guest) {
		if (exits || __atomic_load_n(&vcpu->kicked, __ATOMIC_SEQ_CST) ||
		    vcpu->depth || av_vgic_has_pending(vcpu))
			enter_guest(vcpu);
	} else if (__atomic_load_n(&vcpu->kicked, __ATOMIC_SEQ_CST) || hw_maintenance(vcpu) ||
		   (exits && rand_r(seed) % 8 == 0)) {
		exit_guest(vcpu);
	} else if (exits && rand_r(seed) % 16 == 0) {
		/* What the guest may change without a trap */
		vcpu->ctx->gic.vmcr = (rand_r(seed) & 0xf8000003) | 0x80000000;
	} else if (exits ? rand_r(seed) % 2 && !guest_step(vcpu) : !guest_step(vcpu)) {
		exit_guest(vcpu);	/* WFI */
	}
}

static void start_random(u32 lrs)
{
	u32 i, n;

	new_vm(lrs);
	for (i = 0; i < NR_VCPUS; i++)
		for (n = 0; n < 32; n++)
			cpus[i].the_priv.block.prio[n] = rand() & 0xf0;
	for (i = 0; i < NR_IRQS; i++)
		spis.block[i / 32].prio[i % 32] = rand() & 0xf0;
	for (i = 1; i < NR_IRQS / 32; i++)
		spis.block[i].group1 = rand();
	memset(owed, 0, sizeof(owed));
	memset(lines, 0, sizeof(lines));
	memset(active_at, 0, sizeof(active_at));
	doubled = 0;
}

/*
 * Nothing new comes, all is enabled and routed: everything owed must arrive by kicks and wake-ups
 * alone.
 */
static void drain(void)
{
	unsigned int seed = 1;
	u32 i, n;

	for (i = 0; i < NR_VCPUS; i++) {
		/* PMR and group enables: the guest opens up, then looks. */
		if (!cpus[i].in_guest)
			enter_guest(&cpus[i]);
		cpus[i].ctx->gic.vmcr = 0xf8000003;
		for (n = 0; n < NR_IRQS; n += 32) {
			struct av_vgic_access a = at(&cpus[i], n);

			av_vgic_write_senable(&a, ~0U);
		}
	}
	for (i = 32; i < NR_IRQS; i++)
		av_vgic_set_route(&vm, i, i % NR_VCPUS);
	spis.ctlr = AV_VGIC_CTLR_ENABLE;
	av_vgic_notify_all(&vm);
	for (n = 0; n < drain_steps; n++)
		vcpu_step(&cpus[n % NR_VCPUS], false, &seed);
	for (i = 0; i < NR_VCPUS; i++)
		if (cpus[i].in_guest)
			exit_guest(&cpus[i]);
}

static bool clean(void)
{
	bool ok = !doubled;
	u32 i, n;

	for (i = 0; i < NR_VCPUS; i++) {
		const struct av_vgic_priv *p = &cpus[i].the_priv;

		for (n = 0; n < NR_IRQS; n++)
			ok &= !owed[i][n] && !lines[i][n];
		ok &= !cpus[i].depth && !cpus[i].ctx->gic.used_lrs && !p->block.in_lr &&
		      !p->block.active && !p->block.latch && !p->block.line;
		for (n = 1; n < NR_IRQS / 32; n++)
			ok &= !p->held[n];
	}
	for (n = 1; n < NR_IRQS / 32; n++) {
		const struct av_vgic_block *b = &spis.block[n];

		ok &= !b->latch && !b->line && !b->active && !b->held && !b->in_lr && !b->lr_pend &&
		      !b->late_active && !b->late_inactive && !b->late_unpend;
	}
	return ok;
}

static void random_single(void)
{
	unsigned int round, step, seed = 42;
	bool ok = true;

	for (round = 0; round < 60; round++) {
		start_random(1 + round % 5);
		for (step = 0; step < 4000; step++) {
			if (rand_r(&seed) % 4 == 0)
				device_step(&seed);
			else
				vcpu_step(&cpus[rand_r(&seed) % NR_VCPUS], true, &seed);
		}
		drain();
		ok &= clean();
	}
	check(ok, "one thread: nothing lost, nothing doubled, nothing left behind");
}

static int stop;

static void *vcpu_thread(void *arg)
{
	struct av_vcpu *vcpu = arg;
	unsigned int seed = vcpu->idx + 7;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		vcpu_step(vcpu, true, &seed);
	return NULL;
}

static void *device_thread(void *arg)
{
	unsigned int seed = (unsigned long)arg, n;

	for (n = 0; n < 20000; n++)
		device_step(&seed);
	return NULL;
}

static void random_threads(void)
{
	pthread_t threads[NR_VCPUS], devices[2];
	bool ok = true;
	u32 round, i;

	for (round = 0; round < 4; round++) {
		start_random(1 + round);
		stop = 0;
		for (i = 0; i < NR_VCPUS; i++)
			pthread_create(&threads[i], NULL, vcpu_thread, &cpus[i]);
		for (i = 0; i < 2; i++)
			pthread_create(&devices[i], NULL, device_thread, (void *)(100UL + i + round));
		for (i = 0; i < 2; i++)
			pthread_join(devices[i], NULL);
		__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
		for (i = 0; i < NR_VCPUS; i++)
			pthread_join(threads[i], NULL);
		drain();
		ok &= clean();
	}
	check(ok, "many threads: nothing lost, nothing doubled, nothing left behind");
}

/* Some that lpi_tables.c has mapped, to this vCPU. */
static void map_lpis(u32 nr, struct av_vcpu *vcpu, u8 prop)
{
	u8 props[32];
	u32 n;

	memset(props, prop, sizeof(props));
	for (n = 0; n < nr; n++) {
		lpis.block[n / 32].mapped |= BIT(n % 32);
		av_lpi_set_target(&vm, AV_VGIC_LPI_FIRST + n, vcpu);
		av_lpi_configure(&vm, AV_VGIC_LPI_FIRST + n / 32 * 32, BIT(n % 32), props, NULL);
	}
	for (n = 0; n < NR_VCPUS; n++)
		cpus[n].the_priv.lpi_ctlr = AV_GICR_CTLR_LPIS;
}

/* The guest takes all that it is shown; how many. */
static u32 take_all(struct av_vcpu *vcpu)
{
	u32 id, n = 0;

	do {
		enter_guest(vcpu);
		for (id = hw_ack(vcpu); id != 1023; id = hw_ack(vcpu), n++)
			hw_eoi(vcpu, id);
		exit_guest(vcpu);
	} while (vcpu->the_priv.summary);
	return n;
}

static void lpi_to_and_fro(void)
{
	const u32 lpi = AV_VGIC_LPI_FIRST;
	const u8 on[32] = { 0x81 };

	new_vm(4);
	map_lpis(2, &cpus[0], 0x80);
	av_lpi_inject(&vm, lpi);
	check(!cpus[0].kicked && !av_vgic_has_pending(&cpus[0]), "LPI: disabled, it waits");
	av_lpi_configure(&vm, lpi, 1, on, NULL);
	check(cpus[0].kicked && av_vgic_has_pending(&cpus[0]), "LPI: enabled, it is signalled");
	enter_guest(&cpus[0]);
	check(hw_ack(&cpus[0]) == lpi, "LPI: acknowledged");
	av_lpi_inject(&vm, lpi);
	exit_guest(&cpus[0]);
	enter_guest(&cpus[0]);
	check(hw_ack(&cpus[0]) == 1023, "LPI: a second one waits for the priority to drop");
	hw_eoi(&cpus[0], lpi);
	exit_guest(&cpus[0]);
	check(take_all(&cpus[0]) == 1, "LPI: and comes then");

	/* in a list register, not yet taken, when it moves */
	av_lpi_inject(&vm, lpi);
	enter_guest(&cpus[0]);
	av_lpi_set_target(&vm, lpi, &cpus[1]);
	exit_guest(&cpus[0]);
	check(!av_vgic_has_pending(&cpus[0]) && av_vgic_has_pending(&cpus[1]) && cpus[1].kicked,
	      "LPI: its pending state moves with it");
	check(!take_all(&cpus[0]) && take_all(&cpus[1]) == 1, "LPI: it comes where it was moved, once");

	/* likewise when its priority changes */
	av_lpi_inject(&vm, lpi);
	enter_guest(&cpus[1]);
	av_lpi_configure(&vm, lpi, 1, (u8 []){ 0x21 }, NULL);
	check(cpus[1].kicked, "LPI: its priority changes, which the vCPU hears of");
	exit_guest(&cpus[1]);
	enter_guest(&cpus[1]);
	check(cpus[1].ctx->gic.used_lrs == 1 && AV_GET(cpus[1].ctx->gic.lr[0], 55, 48) == 0x20,
	      "LPI: the new priority counts at once");
	check(hw_ack(&cpus[1]) == lpi, "LPI: and it comes");
	hw_eoi(&cpus[1], lpi);
	exit_guest(&cpus[1]);

	/* likewise when it is cleared, and when its LPIs are switched off */
	av_lpi_inject(&vm, lpi);
	enter_guest(&cpus[1]);
	av_lpi_clear(&vm, lpi);
	exit_guest(&cpus[1]);
	check(!take_all(&cpus[1]), "LPI: cleared in a list register, it is not pending any more");
	av_lpi_inject(&vm, lpi);
	enter_guest(&cpus[1]);
	av_lpi_clear(&vm, lpi);
	av_lpi_inject(&vm, lpi);
	exit_guest(&cpus[1]);
	check(take_all(&cpus[1]) == 1, "LPI: what comes after it was cleared is not lost");
	av_lpi_inject(&vm, lpi);
	enter_guest(&cpus[1]);
	cpus[1].the_priv.lpi_ctlr = AV_GICR_CTLR_RWP;
	av_lpi_forget_pending(&cpus[1]);
	exit_guest(&cpus[1]);
	cpus[1].the_priv.lpi_ctlr = AV_GICR_CTLR_LPIS;
	av_lpi_look(&cpus[1]);
	check(!take_all(&cpus[1]), "LPI: none is left when the redistributor's were off");
}

static void lpi_many(void)
{
	u32 n, i, got = 0;

	new_vm(4);
	map_lpis(AV_LPI_PART, &cpus[2], 0xa1);
	for (n = 0; n < AV_LPI_PART; n++)
		av_lpi_inject(&vm, AV_VGIC_LPI_FIRST + n);
	check(take_all(&cpus[2]) == AV_LPI_PART, "LPI: as many as there are, all come");
	for (n = 0; n < AV_LPI_PART / 32; n++)
		got |= lpis.block[n].latch | lpis.block[n].held | lpis.block[n].in_lr | lpis.block[n].lr_pend;
	check(!got, "LPI: nothing is left behind");

	/* all of one vCPU's to another, some of them in list registers */
	for (n = 0; n < 100; n++)
		av_lpi_inject(&vm, AV_VGIC_LPI_FIRST + n);
	enter_guest(&cpus[2]);
	av_lpi_move_all(&vm, &cpus[2], &cpus[3]);
	exit_guest(&cpus[2]);
	check(!take_all(&cpus[2]) && take_all(&cpus[3]) == 100, "LPI: all move");
	check(av_lpi_of_vcpu(&vm, AV_VGIC_LPI_FIRST, &cpus[3]) == ~0U &&
	      !av_lpi_of_vcpu(&vm, AV_VGIC_LPI_FIRST, &cpus[2]), "LPI: and are the other's");

	/* group off: no entry ends at once, whatever is left outside */
	cpus[3].ctx->gic.vmcr &= ~ICH_VMCR_VENG1;
	for (n = 0; n < AV_LPI_PART; n++)
		av_lpi_inject(&vm, AV_VGIC_LPI_FIRST + n);
	for (i = 0; i < 4; i++) {
		enter_guest(&cpus[3]);
		check(!hw_maintenance(&cpus[3]), "LPI: an entry with the group off gets somewhere");
		exit_guest(&cpus[3]);
	}
}

/* What load_lpis() in el2/fast_irq.c does with the slots; true: the vCPU stays in its guest. */
static bool el2_takes_lpis(struct av_vcpu *vcpu)
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

static void lpi_bound_ahead(void)
{
	struct av_vcpu *a = &cpus[0], *b = &cpus[1];
	const u32 lpi = AV_VGIC_LPI_FIRST;
	const u8 off[32] = { 0 };
	u32 n;

	new_vm(4);
	map_lpis(AV_LPI_SLOTS + 1, a, 0x81);
	enter_guest(a);
	av_lpi_inject(&vm, lpi);
	check(a->kicked && el2_takes_lpis(a) && hw_ack(a) == lpi, "LPI: EL2 loads one for a vCPU in its guest");
	hw_eoi(a, lpi);
	exit_guest(a);
	check(!lpis.block[0].held && !take_all(a), "LPI: it comes once, and is held by nobody then");

	/* bound, and away from it again before EL2 looks */
	enter_guest(a);
	av_lpi_inject(&vm, lpi);
	av_lpi_set_target(&vm, lpi, b);
	check(a->kicked && !el2_takes_lpis(a), "LPI: one that moved after it was bound is not EL2's");
	exit_guest(a);
	b->kicked = 0;
	check(!take_all(a) && b->kicked && take_all(b) == 1, "LPI: it goes to its new target, which is told");
	av_lpi_set_target(&vm, lpi, a);
	enter_guest(a);
	av_lpi_inject(&vm, lpi);
	av_lpi_configure(&vm, lpi, 1, off, NULL);
	check(!el2_takes_lpis(a), "LPI: nor is one that was switched off");
	exit_guest(a);
	av_lpi_clear(&vm, lpi);
	map_lpis(1, a, 0x81);
	check(!take_all(a) && !lpis.block[0].held, "LPI: cleared meanwhile, none comes");
	enter_guest(a);
	av_lpi_inject(&vm, lpi);
	av_lpi_clear(&vm, lpi);
	check(!el2_takes_lpis(a), "LPI: nor is one that was cleared");
	exit_guest(a);
	check(!take_all(a) && !lpis.block[0].held, "LPI: its slot is given back");

	/* more than there are slots; and a vCPU that goes off with all of them */
	enter_guest(a);
	for (n = 0; n <= AV_LPI_SLOTS; n++)
		av_lpi_inject(&vm, lpi + n);
	check(!el2_takes_lpis(a), "LPI: one without a slot is the host's");
	exit_guest(a);
	av_vgic_unbind(a);
	check(!a->the_priv.lpi_slots && !lpis.block[0].held, "LPI: who goes off holds none");
	check(take_all(a) == AV_LPI_SLOTS + 1, "LPI: all of them come later");

	/* in a list register when it comes again, moves, and is the other's when the slot is given back */
	enter_guest(a);
	av_lpi_inject(&vm, lpi);
	check(el2_takes_lpis(a) && hw_ack(a) == lpi, "LPI: loaded once more");
	av_lpi_inject(&vm, lpi);
	av_lpi_set_target(&vm, lpi, b);
	hw_eoi(a, lpi);
	exit_guest(a);
	enter_guest(b);
	check(lpis.block[0].held && lpis.owner[0] == b->idx, "LPI: held by the vCPU that it moved to");
	av_vgic_unbind(a);
	check(lpis.block[0].held && hw_ack(b) == lpi, "LPI: a slot left over takes nothing away from another");
	hw_eoi(b, lpi);
	exit_guest(b);
	check(!take_all(a) && !take_all(b) && !lpis.block[0].held, "LPI: nothing is left behind");
}

int main(void)
{
	lpi_to_and_fro();
	lpi_bound_ahead();
	lpi_many();
	edges();
	levels();
	hardware_mapped();
	sgi();
	sgi_by_source();
	targets();
	routes();
	goes_off();
	writes_to_running();
	edge_behind_cpend(false);
	edge_behind_cpend(true);
	overflow(false);
	overflow(true);
	starved_groups();
	random_single();
	random_threads();
	return tap_end();
}
