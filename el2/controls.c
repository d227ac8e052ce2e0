// SPDX-License-Identifier: GPL-2.0
/*
 * The trap controls and what else of EL2 decides whose world it is: the only writer of these
 * registers besides el2/found.c. Values for the guest are composed by the host (vcpu/controls.c).
 *
 * Runs at: EL2. Owns: HCR, CPTR, MDCR, CNTHCTL, CNTVOFF, VTTBR, VTCR, VPIDR, VMPIDR, VBAR, HCRX and HFG* of EL2.
 */
#include "el2.h"

/*
 * el2_controls_guest - everything that makes EL1 the guest's
 *
 * No ISB: the eret into the guest synchronises (DDI 0487, D1.4.1); what runs at EL2 until then depends on
 * none of these registers but VBAR_EL2, and an exception at EL2 has the same entry in both tables.
 */
void el2_controls_guest(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	write_reg(vtcr_el2, ctx->vtcr);
	write_reg(vttbr_el2, ctx->vttbr);
	write_reg(hcr_el2, ctx->hcr);
	write_reg(cptr_el2, ctx->cptr);
	/* The host's counters and its profiling and trace buffers stay the host's (HPMN, E2PB, E2TB). */
	write_reg(mdcr_el2, ctx->mdcr | (cpu->saved.mdcr & MDCR_HOSTS));
	write_reg(vpidr_el2, ctx->vpidr);
	write_reg(vmpidr_el2, ctx->vmpidr);
	write_reg(cnthctl_el2, CNTHCTL_EL1PCTEN);
	write_reg(cntvoff_el2, ctx->cntvoff);
	if (el2_has(cpu, EL2_FEAT_HCX))
		write_named(HCRX_EL2, 0);
	if (el2_has(cpu, EL2_FEAT_FGT)) {
		/* The n* bits trap what the guest is not told of (TPIDR2_EL0, SMPRI, PIE, POE, ...). */
		write_named(HFGRTR_EL2, 0);
		write_named(HFGWTR_EL2, 0);
	}
	write_reg(vbar_el2, (u64)el2_guest_vectors);
}

/* el2_controls_host - everything that makes EL1 the host's, as it was found. */
void el2_controls_host(struct el2_cpu *cpu)
{
	const struct el2_saved *s = &cpu->saved;

	write_reg(hcr_el2, s->hcr);
	write_reg(vttbr_el2, s->vttbr);
	write_reg(vtcr_el2, s->vtcr);
	write_reg(cptr_el2, s->cptr);
	write_reg(mdcr_el2, s->mdcr);
	write_reg(vpidr_el2, s->vpidr);
	write_reg(vmpidr_el2, s->vmpidr);
	write_reg(cntv_ctl_el0, 0);
	write_reg(cnthctl_el2, s->cnthctl);
	write_reg(cntvoff_el2, s->cntvoff);
	if (el2_has(cpu, EL2_FEAT_GICV3)) {
		write_named(ICH_HCR_EL2, s->ich_hcr);
		write_named(ICC_SRE_EL2, s->icc_sre);
	}
	if (el2_has(cpu, EL2_FEAT_HCX))
		write_named(HCRX_EL2, s->hcrx);
	if (el2_has(cpu, EL2_FEAT_FGT)) {
		write_named(HFGRTR_EL2, s->hfgrtr);
		write_named(HFGWTR_EL2, s->hfgwtr);
	}
	write_reg(vbar_el2, (u64)el2_host_vectors);
}
