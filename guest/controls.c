// SPDX-License-Identifier: GPL-2.0
/*
 * What traps: the composition of the trap controls from the VM's features and the vCPU's state. EL2
 * (el2/controls.c) adds what the CPU needs on which it runs (include/features.def) and loads the result.
 *
 * Runs at: host kernel, vcpu->mutex held unless said otherwise. Owns: el2_cpu.controls and present; ctx->hcr, cptr,
 * mdcr, cnthctl, vpidr, vmpidr, debug_live (others change single bits: HCR.TVM sysreg.c, HCR.VSE inject.c, HCR.VI/VF
 * run.c, CPTR.TFP fp.c, CNTHCTL.EL1PTEN dev/timer.c).
 */
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "percpu.h"
#include "sysreg.h"
#include "vcpu/vcpu.h"

/*
 * Buffers that the host may be using on this CPU. Their ID registers say whether a higher exception level keeps them;
 * branch records have no such bit, so that only a kernel that has a driver for them says that firmware lets it.
 * EL2_FEAT_BUFFERS of this CPU.
 */
u64 av_controls_buffers(void)
{
	u64 dfr0 = read_sysreg(id_aa64dfr0_el1);
	u64 features = 0;

	if (AV_GET(dfr0, 35, 32) && !(read_sysreg_s(sys_reg(3, 0, 9, 10, 7)) & PMBIDR_P))
		features |= EL2_FEAT_SPE;
	if (AV_GET(dfr0, 47, 44) && !(read_sysreg_s(sys_reg(3, 0, 9, 11, 7)) & TRBIDR_P))
		features |= EL2_FEAT_TRBE;
	if (AV_GET(dfr0, 55, 52) && IS_ENABLED(CONFIG_ARM64_BRBE))
		features |= EL2_FEAT_BRBE;
	return features;
}

/* Registers of EL2 that the host's kernel uses itself (include/controls.def). */
static u64 kernel_knows(void)
{
	u64 knows = 0;

#ifdef SYS_HDFGRTR2_EL2
	knows |= AV_KNOWS_FGT2;
#endif
#ifdef SYS_MPAM2_EL2
	/* Told not to (arm64.nompam), because firmware keeps it, the kernel shows none. */
	if (AV_GET(read_sanitised_ftr_reg(SYS_ID_AA64PFR0_EL1), 43, 40))
		knows |= AV_KNOWS_MPAM;
#endif
	return knows;
}

/*
 * This CPU's trap controls, by its own ID registers: it need not be like the others. Before its EL2 is taken,
 * interrupts off.
 */
void av_controls_init_cpu(struct el2_cpu *el2)
{
	u64 ids[AV_NR_CPU_IDS] = {}, knows = kernel_knows();

#define SR_ID(name, crm, op2)						\
	if ((crm) >= 4)							\
		ids[AV_CPU_##name] = read_sysreg_s(sys_reg(3, 0, 0, crm, op2));
#include "include/sysregs.def"
	if (knows & AV_KNOWS_MPAM)
		ids[AV_CPU_MPAMIDR_EL1] = read_sysreg_s(sys_reg(3, 0, 10, 4, 4));
	av_controls_compose(ids, &el2->controls);
	el2->present = av_controls_present(ids, knows);
}

/* After VCPU_INIT. */
void av_controls_init(struct av_vcpu *vcpu)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	/* Caches are off at reset: watch for the moment when the guest turns them on (sysreg.c). */
	ctx->hcr = AV_HCR_GUEST | HCR_TVM;
	/* CPUs that differ in CTR_EL0 show the guest one value, by a trap. */
	if (av_host_ctr_differs())
		ctx->hcr |= HCR_TID2;
	ctx->cptr = AV_CPTR_GUEST;
	ctx->mdcr = AV_MDCR_GUEST;
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
