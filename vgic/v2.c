// SPDX-License-Identifier: GPL-2.0
/*
 * What a GICv2 has that a GICv3 has not: SGIs that are pending once per sender, targets of SPIs as a byte with a bit
 * per CPU, and a CPU interface that is a page of the guest's address space (IHI 0048).
 *
 * Runs at: host kernel; load and fold in the burst, the rest in any context unless said otherwise.
 * Owns: sgi_sources and sgi_active_source of the vCPU.
 * Locks: none here; a change of targets takes the dist lock (ladder in vgic.c).
 *
 * The number of a CPU, as senders and targets are named by, is the vCPU's id. Of an SGI the latch says that some
 * vCPU's instance is pending, sgi_sources which ones. A list register takes one of them: two may not hold the same
 * INTID (5.3.8, VirtualID). The others follow when that one has ended, which the EOI bit reports.
 */
#ifdef __KERNEL__
#include <linux/irqchip/arm-gic.h>
#endif

#include "internal.h"
#include "pick.h"

#define SGIR_INTID(v)		AV_GET(v, 3, 0)
#define SGIR_TARGETS(v)		AV_GET(v, 23, 16)
#define SGIR_FILTER(v)		AV_GET(v, 25, 24)

enum sgir_filter { SGIR_LIST, SGIR_OTHERS, SGIR_SELF };

#define LR_SOURCE(n)		AV_PUT((u64)(n), 12, 10)

/* Make an SGI pending on behalf of these vCPUs. */
void av_vgic_v2_post_sgi(struct av_vcpu *to, u32 intid, u32 sources)
{
	struct av_vgic_block *b = &to->vgic.priv->block;

	/* Sources before the latch: who takes the latch looks for them. */
	av_word_or(&to->vgic.sgi_sources[intid], sources);
	av_word_or(&b->latch, BIT(intid));
	av_vgic_notify_private(to, BIT(intid) &
			       av_block_deliverable(b, av_word_read(&to->vm->vgic.spis->ctlr)));
}

/* GICD_SGIR (4.3.15); there is one security state, so that NSATT means nothing. */
void av_vgic_v2_sgir(struct av_vcpu *from, u32 val)
{
	u32 intid = SGIR_INTID(val), targets = SGIR_TARGETS(val), self = BIT(from->id);
	struct av_vcpu *to;
	int i;

	switch (SGIR_FILTER(val)) {
	case SGIR_LIST:
		break;
	case SGIR_OTHERS:
		targets = ~self;
		break;
	case SGIR_SELF:
		targets = self;
		break;
	default:
		return;
	}
	av_for_each_vcpu(i, to, from->vm)
		if (targets & BIT(to->id))
			av_vgic_v2_post_sgi(to, intid, self);
}

/*
 * An SGI goes into a list register, its latch was taken already. Returns what its value has more than that of a
 * GICv3; p->pending is cleared when there is nothing pending that could go there.
 */
u64 av_vgic_v2_load_sgi(struct av_vcpu *vcpu, struct av_vgic_pick *p)
{
	u32 *sources = &vcpu->vgic.sgi_sources[p->intid], bit = BIT(p->intid);
	u32 *latch = &vcpu->vgic.priv->block.latch;
	u32 left, source;

	if (p->active) {
		source = vcpu->vgic.sgi_active_source[p->intid];
		if (!p->pending)
			return LR_SOURCE(source);
		/* The list register has room for one source: another one's waits for this one's end. */
		p->pending = false;
		av_word_or(latch, bit);
		return LR_SOURCE(source) | ICH_LR_EOI;
	}
	/* Cleared by this vCPU's thread alone, so what is seen is still there. */
	left = av_word_read(sources);
	if (!p->pending || !left) {
		p->pending = false;
		return 0;
	}
	source = __ffs(left);
	if (!(av_word_andnot(sources, BIT(source)) & ~BIT(source)))
		return LR_SOURCE(source);
	av_word_or(latch, bit);
	return LR_SOURCE(source) | ICH_LR_EOI;
}

/* It comes back; if it is still pending, fold() sets the latch next. */
void av_vgic_v2_fold_sgi(struct av_vcpu *vcpu, u32 intid, u64 lr)
{
	u32 source = AV_GET(lr, 12, 10);

	if (lr & ICH_LR_ACTIVE)
		vcpu->vgic.sgi_active_source[intid] = source;
	if (lr & ICH_LR_PENDING)
		av_word_or(&vcpu->vgic.sgi_sources[intid], BIT(source));
}

/*
 * GICD_ITARGETSR of one SPI: the first of its targets gets it; none means the first vCPU, as with KVM. (IHI 0048,
 * 3.2.3, lets an implementation choose among the targets.)
 */
void av_vgic_v2_set_targets(struct av_vm *vm, u32 intid, u8 targets)
{
	struct av_vcpu *to;
	u32 mask = 0;
	int i;

	av_for_each_vcpu(i, to, vm)
		mask |= BIT(to->id);
	mask &= targets;
	to = mask ? av_vcpu_by_id(vm, __ffs(mask)) : vm->vcpus[0];
	av_vgic_route_to(vm, intid, mask, to);
}

/*
 * The second page of the CPU interface is not mapped where pages are small enough for that: all there is in it is
 * GICC_DIR, whose effect on an interrupt that found no list register would be lost (GICH_HCR has no trap for it).
 * Without EOImode a write is UNPREDICTABLE (4.4.16); here it is ignored. False: not the CPU interface's.
 */
bool av_vgic_v2_mmio(struct av_vcpu *vcpu, u64 ipa, u32 len, bool is_write, u64 *data)
{
	const struct av_vgic_dist *dist = &vcpu->vm->vgic;

	if (!dist->is_v2 || ipa < dist->cpu_base || ipa - dist->cpu_base > KVM_VGIC_V2_CPU_SIZE - len)
		return false;
	if (!is_write)
		*data = 0;
	else if (ipa - dist->cpu_base == GIC_CPU_DEACTIVATE && len == 4 &&
		 vcpu->ctx->gic.vmcr & ICH_VMCR_VEOIM)
		av_vgic_dir(vcpu, AV_GET(*data, 9, 0));
	return true;
}

/**
 * av_vgic_cpuif_page() - is this the guest's CPU interface, to be mapped?
 * @vm: the VM
 * @ipa: of a page that no memslot covers
 * @pa: where to store the address of the page of the host's GICV that belongs there
 *
 * Context: any.
 */
bool av_vgic_cpuif_page(struct av_vm *vm, u64 ipa, u64 *pa)
{
	const struct av_vgic_dist *dist = &vm->vgic;

	/* Pairs with av_vgic_map_resources(): the addresses. */
	if (!smp_load_acquire(&dist->ready) || !dist->is_v2 || ipa != dist->cpu_base)
		return false;
	*pa = av_vgic_v2_gicv();
	return true;
}
