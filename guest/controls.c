// SPDX-License-Identifier: GPL-2.0
/*
 * What traps: the composition of the trap controls from the VM's features and the vCPU's state. EL2
 * (el2/controls.c) only loads the result.
 *
 * Runs at: host kernel, vcpu->mutex held. Owns: ctx->hcr, cptr, mdcr, cnthctl, vpidr, vmpidr, debug_live (others change
 * single bits: HCR.TVM sysreg.c, HCR.VSE inject.c, HCR.VI/VF run.c, CPTR.TFP fp.c, CNTHCTL.EL1PTEN dev/timer.c).
 */
#include <asm/sysreg.h>

#include "percpu.h"
#include "sysreg.h"
#include "vcpu/vcpu.h"

/*
 * Traps for everything that belongs to the host, that is emulated, or that the guest was not told of.
 * BSU and FB: a vCPU that moves to another CPU in the middle of its barriers and invalidations still has them
 * complete there. PTW: a stage-1 walk through device memory faults instead of reading a device.
 */
#define HCR_GUEST	(HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB |	\
			 HCR_BSU_IS | HCR_TWI | HCR_TWE | HCR_TID1 | HCR_TID3 | HCR_TSC |	\
			 HCR_TIDCP | HCR_TACR | HCR_TSW | HCR_RW)

/* The PMU, the debug registers, self-hosted trace and statistical profiling are not the guest's. */
#define MDCR_GUEST	(MDCR_TPM | MDCR_TPMCR | MDCR_TDA | MDCR_TDOSA | MDCR_TDRA | MDCR_TPMS | MDCR_TTRF)

/* Errors are the host's: the ERR* registers trap where there are any. */
static bool has_ras(void)
{
	return AV_GET(read_sysreg(id_aa64pfr0_el1), 31, 28) != 0;
}

static bool has_amu(void)
{
	return AV_GET(read_sysreg(id_aa64pfr0_el1), 47, 44) != 0;
}

static bool has_lor(void)
{
	return AV_GET(read_sysreg(id_aa64mmfr1_el1), 19, 16) != 0;
}

/* After VCPU_INIT. */
void av_controls_init(struct av_vcpu *vcpu)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	/* Caches are off at reset: watch for the moment when the guest turns them on (sysreg.c). */
	ctx->hcr = HCR_GUEST | HCR_TVM;
	if (has_lor())
		ctx->hcr |= HCR_TLOR;
	if (has_ras())
		ctx->hcr |= HCR_TERR;
	/* CPUs that differ in CTR_EL0 show the guest one value, by a trap. */
	if (av_host_ctr_differs())
		ctx->hcr |= HCR_TID2;
	ctx->cptr = CPTR_RES1 | CPTR_TZ | CPTR_TFP | CPTR_TTA;
	if (has_amu())
		ctx->cptr |= CPTR_TAM;
	ctx->mdcr = MDCR_GUEST;
	/* The physical count is untrapped, its timer not before it is used: av_timer_hand_over_phys(). */
	ctx->cnthctl = av_host_is_vhe() ? CNTHCTL_E2H_EL1PCTEN : CNTHCTL_EL1PCTEN;
	ctx->vpidr = av_host_invariant(AV_HOST_MIDR);
	ctx->vtcr = vcpu->vm->mmu.vtcr;
	av_controls_update(vcpu);
}

/* After a register that the controls depend on was written: MPIDR_EL1, MDSCR_EL1. */
void av_controls_update(struct av_vcpu *vcpu)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	ctx->vmpidr = ctx->sys[AV_MPIDR_EL1];
	av_fast_check_mpidr(vcpu);
	ctx->has_gic = av_vgic_present(vcpu->vm);
	/* Under the OS lock no debug exception is taken (DDI 0487, H3.4.2). */
	ctx->debug_locked = !!(ctx->sys[AV_OSLSR_EL1] & OSLSR_OSLK);
	ctx->debug_live = !ctx->debug_locked &&
			  (ctx->sys[AV_MDSCR_EL1] & (MDSCR_KDE | MDSCR_MDE));
	if (!ctx->has_gic) {
		/* No GIC: its system registers trap, and are undefined to the guest. */
		memset(&ctx->gic, 0, sizeof(ctx->gic));
		ctx->gic.hcr = ICH_HCR_TC | ICH_HCR_TALL0 | ICH_HCR_TALL1;
	}
}
