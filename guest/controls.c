// SPDX-License-Identifier: GPL-2.0
/*
 * What traps: the composition of the trap controls from the VM's features and the vCPU's state. EL2
 * (el2/controls.c) adds what the CPU needs on which it runs (include/features.def) and loads the result.
 *
 * Runs at: host kernel, vcpu->mutex held. Owns: ctx->hcr, cptr, mdcr, cnthctl, vpidr, vmpidr (others change single
 * bits: HCR.TVM mm/cache_traps.c, HCR.VSE ras.c, HCR.VI/VF vcpu/run.c, HCR.API/APK keys.c, MDCR.TDE debug.c,
 * CNTHCTL.EL1PTEN dev/timer.c); hcrx, hfgrtr, hfgwtr, with late_groups.c.
 */
#include <asm/sysreg.h>

#include "guest.h"
#include "host/calls.h"

/*
 * The physical count is untrapped, as long as it is the host's. Its timer traps until it is used, see
 * av_timer_hand_over_phys(); again from here on.
 */
void av_controls_counter(struct av_vcpu *vcpu)
{
	u64 untrapped = av_host_is_vhe() ? CNTHCTL_E2H_EL1PCTEN : CNTHCTL_EL1PCTEN;

	vcpu->ctx->cnthctl = READ_ONCE(vcpu->vm->timer_poff) ? 0 : untrapped;
}

/* FP and SVE trap until their registers are the guest's; in the layout of the host's kind. */
void av_controls_fp(struct av_vcpu *vcpu)
{
	bool fp = vcpu->fp_live, sve = vcpu->sve.live;

	if (av_host_is_vhe())
		vcpu->ctx->cptr = AV_CPTR_E2H_GUEST | (fp ? CPTR_E2H_FPEN : 0) | (sve ? CPTR_E2H_ZEN : 0);
	else
		vcpu->ctx->cptr = AV_CPTR_GUEST & ~((fp ? CPTR_TFP : 0) | (sve ? CPTR_TZ : 0));
}

/* What is told of the caches traps as soon as it is not what the CPU would say. */
void av_controls_cache_ids(struct av_vcpu *vcpu)
{
	bool own = vcpu->caches.differ ||
		   READ_ONCE(vcpu->vm->invariants[AV_HOST_CTR]) != av_host_invariant(AV_HOST_CTR);

	if (own || av_host_ctr_differs() || av_host_has_ccidx())
		vcpu->ctx->hcr |= HCR_TID2;
	else
		vcpu->ctx->hcr &= ~HCR_TID2;
}

/* After VCPU_INIT. */
void av_controls_init(struct av_vcpu *vcpu)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	/* Caches are off at reset: watch for the moment when the guest turns them on (mm/cache_traps.c). */
	ctx->hcr = (av_vcpu_is_a32(vcpu) ? AV_HCR_GUEST_A32 : AV_HCR_GUEST) | HCR_TVM;
	ctx->modes = av_vcpu_is_a32(vcpu) ? PSR_MODES_32 : PSR_MODES_64;
	ctx->a32 = av_vcpu_is_a32(vcpu);
	ctx->keys = 0;
	ctx->late = 0;
	ctx->tags = vcpu->vm->tags;
	if (ctx->tags)
		ctx->hcr |= HCR_ATA;
	ctx->vserror = 0;
	av_controls_fp(vcpu);
	ctx->mdcr = AV_MDCR_GUEST;
	av_controls_counter(vcpu);
	ctx->vtcr = vcpu->vm->mmu.vtcr;
	av_controls_update(vcpu);
}

/* MPIDR_EL1 as VCPU_INIT sets it: EL2 finds the target of an SGI by turning it into the vCPU's number. */
static bool mpidr_is_default(struct av_vcpu *vcpu)
{
	u64 affinity = vcpu->ctx->sys[AV_MPIDR_EL1] & (AV_MASK(39, 32) | AV_MASK(23, 0));

	return affinity == ((vcpu->id & 0xf) | (u64)(vcpu->id >> 4 & 0xff) << 8 |
			    (u64)(vcpu->id >> 12) << 16);
}

/* MPIDR_EL1 may have changed. */
static void check_mpidr(struct av_vcpu *vcpu)
{
	if (!mpidr_is_default(vcpu))
		WRITE_ONCE(vcpu->vm->fast->odd_mpidr, 1);
}

/* What a VM is shown that is shut else. Its ID registers from CRm 4 on are numbered as a CPU's. */
static void open_features(struct av_vcpu *vcpu)
{
	struct av_controls opened;

	av_controls_opened(vcpu->vm->idregs + AV_IDREG(4, 0), &opened);
	av_late_close(vcpu, &opened);
	vcpu->ctx->hcrx = opened.hcrx;
	vcpu->ctx->hfgrtr = opened.hfgrtr;
	vcpu->ctx->hfgwtr = opened.hfgwtr;
}

/* After a register that the controls depend on was written: MPIDR_EL1; before the first run, MIDR_EL1. */
void av_controls_update(struct av_vcpu *vcpu)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	ctx->vmpidr = ctx->sys[AV_MPIDR_EL1];
	ctx->vpidr = READ_ONCE(vcpu->vm->invariants[AV_HOST_MIDR]);
	av_controls_cache_ids(vcpu);
	open_features(vcpu);
	check_mpidr(vcpu);
	ctx->has_gic = av_vgic_present(vcpu->vm) ? AV_GIC_THERE | (vcpu->vm->vgic.by_memory ? AV_GIC_MEMORY : 0) : 0;
	av_debug_update(vcpu);
	if (!ctx->has_gic) {
		/* No GIC: its system registers trap, and are undefined to the guest. */
		memset(&ctx->gic, 0, sizeof(ctx->gic));
		ctx->gic.hcr = ICH_HCR_TC | ICH_HCR_TALL0 | ICH_HCR_TALL1;
	}
}
