// SPDX-License-Identifier: GPL-2.0
/*
 * The trap controls and what else of EL2 decides whose world it is: the only writer of these
 * registers besides el2/found.c. Values for the guest are composed by the host (guest/controls.c).
 *
 * Runs at: EL2. Owns: HCR, CPTR, MDCR, CNTHCTL, CNTVOFF, VTTBR, VTCR, VPIDR, VMPIDR, VBAR, HCRX and HFG* of EL2.
 */
#include "el2.h"

/* CPTR_EL2 as a host with HCR_EL2.E2H reads it: the same traps in the layout of CPACR_EL1; SVE and SME trap always. */
static u64 cptr_of_mode(u64 cptr)
{
	if (!EL2_VHE)
		return cptr;
	return (cptr & (CPTR_TCPAC | CPTR_TAM)) | (cptr & CPTR_TFP ? 0 : CPTR_E2H_FPEN) |
	       (cptr & CPTR_TTA ? CPTR_E2H_TTA : 0);
}

/* el2_controls_save_host - VHE: what the host has and may have changed since the last time */
void el2_controls_save_host(struct el2_cpu *cpu)
{
	cpu->saved.hcr = read_reg(hcr_el2);
	cpu->saved.cptr = read_reg(cptr_el2);
	cpu->saved.mdcr = read_reg(mdcr_el2);
}

/*
 * el2_controls_guest - stage 2 and the traps of the guest, at each entry
 *
 * No ISB but for the errata: the eret into the guest synchronises (DDI 0487, D1.4.1); what runs at EL2 until then
 * depends on none of these registers but VBAR_EL2, and an exception at EL2 has the same entry in both tables.
 */
void el2_controls_guest(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	write_reg(vtcr_el2, ctx->vtcr);
	write_reg(vttbr_el2, ctx->vttbr);
	/* Both stages are the guest's before TGE goes and its regime may be walked: el2/world_vhe.c. */
	if (EL2_VHE && el2_has(cpu, EL2_FEAT_SPEC_AT))
		isb();
	write_reg(hcr_el2, ctx->hcr | (EL2_VHE ? HCR_E2H : 0));
	write_reg(cptr_el2, cptr_of_mode(ctx->cptr));
	/* The host's counters and its profiling and trace buffers stay the host's (HPMN, E2PB, E2TB). */
	write_reg(mdcr_el2, ctx->mdcr | (cpu->saved.mdcr & MDCR_HOSTS));
	write_reg(cntvoff_el2, ctx->cntvoff);
	if (el2_has(cpu, EL2_FEAT_HCX))
		write_named(HCRX_EL2, 0);
	if (el2_has(cpu, EL2_FEAT_FGT)) {
		/* The n* bits trap what the guest is not told of (TPIDR2_EL0, SMPRI, PIE, POE, ...). */
		write_named(HFGRTR_EL2, 0);
		write_named(HFGWTR_EL2, 0);
	}
	/* A VHE host calls with our vectors in place: el2/vhe_door.S. */
	if (!EL2_VHE)
		write_reg(vbar_el2, (u64)el2_guest_vectors);
}

/*
 * el2_controls_guest_identity - what a host at EL2 does not see through: with VHE once per burst
 *
 * A VHE host's accesses to CNTKCTL_EL1 reach CNTHCTL_EL2, so only the two bits of EL1 are changed there; with TGE
 * set they mean nothing.
 */
void el2_controls_guest_identity(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	write_reg(vpidr_el2, ctx->vpidr);
	write_reg(vmpidr_el2, ctx->vmpidr);
	if (EL2_VHE)
		write_reg(cnthctl_el2, (cpu->saved.cnthctl & ~(CNTHCTL_E2H_EL1PCTEN | CNTHCTL_E2H_EL1PTEN)) |
			  ctx->cnthctl);
	else
		write_reg(cnthctl_el2, ctx->cnthctl);
}

/* el2_controls_host - the other way round, at each exit. */
void el2_controls_host(struct el2_cpu *cpu)
{
	const struct el2_saved *s = &cpu->saved;

	write_reg(hcr_el2, s->hcr);
	/* TGE is back before anything of the guest's regime changes: el2/world_vhe.c. */
	if (EL2_VHE && el2_has(cpu, EL2_FEAT_SPEC_AT))
		isb();
	write_reg(cptr_el2, s->cptr);
	write_reg(mdcr_el2, s->mdcr);
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
	if (!EL2_VHE)
		write_reg(vbar_el2, (u64)el2_host_vectors);
}

/* el2_controls_host_identity - what an nVHE host sees through; with VHE at the end of a burst, for order's sake. */
void el2_controls_host_identity(struct el2_cpu *cpu)
{
	const struct el2_saved *s = &cpu->saved;

	/* TLB entries of the host bear this VMID also with stage 2 off; VTCR_EL2 then means nothing to anybody. */
	write_reg(vttbr_el2, s->vttbr);
	write_reg(vpidr_el2, EL2_VHE ? AV_VHE_MARK : s->vpidr);
	write_reg(vmpidr_el2, s->vmpidr);
	write_reg(cnthctl_el2, s->cnthctl);
	write_reg(cntvoff_el2, s->cntvoff);
}
