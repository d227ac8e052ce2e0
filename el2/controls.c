// SPDX-License-Identifier: GPL-2.0
/*
 * The trap controls and what else of EL2 decides whose world it is: the only writer of these
 * registers besides el2/found.c. Values for the guest are composed by the host: those of the vCPU in guest/controls.c,
 * those of the CPU by include/controls.h.
 *
 * Runs at: EL2. Owns: HCR, CPTR, MDCR, CNTHCTL, CNTVOFF, VTTBR, VTCR, VPIDR, VMPIDR, VBAR, VDISR, VSESR and (nVHE)
 * ZCR of EL2, and the registers of include/controls.def.
 */
#include "el2.h"

#define CONTROL_NAME(op0, op1, crn, crm, op2)	S##op0##_##op1##_C##crn##_C##crm##_##op2

static void read_list(u64 *list, u64 which)
{
#define CONTROL(name, op0, op1, crn, crm, op2, ...)					\
	if (which & AV_BIT(AV_CONTROL_##name))						\
		list[AV_CONTROL_##name] = read_named(CONTROL_NAME(op0, op1, crn, crm, op2));
#include "../include/controls.def"
}

static void write_list(const u64 *list, u64 which)
{
#define CONTROL(name, op0, op1, crn, crm, op2, ...)					\
	if (which & AV_BIT(AV_CONTROL_##name))						\
		write_named(CONTROL_NAME(op0, op1, crn, crm, op2), list[AV_CONTROL_##name]);
#include "../include/controls.def"
}

/*
 * HSTR_EL2 differs on each CPU with AArch32 at EL0, the others only on new ones: out of the way. ctx: the vCPU, which
 * has more in some of them; NULL: the host's.
 */
static __always_inline void write_differing(const struct el2_cpu *cpu, const u64 *list, const struct av_vcpu_ctx *ctx)
{
	const u64 apart = AV_BIT(AV_CONTROL_hstr) | AV_BIT(AV_CONTROL_hcrx) | AV_BIT(AV_CONTROL_hfgrtr) |
			  AV_BIT(AV_CONTROL_hfgwtr);

	if (cpu->differ & AV_BIT(AV_CONTROL_hstr))
		write_reg(hstr_el2, list[AV_CONTROL_hstr]);
	if (__builtin_expect(cpu->differ & ~AV_BIT(AV_CONTROL_hstr), 0)) {
		if (cpu->differ & AV_BIT(AV_CONTROL_hcrx))
			write_named(HCRX_EL2, list[AV_CONTROL_hcrx] | (ctx ? ctx->hcrx : 0));
		if (cpu->differ & AV_BIT(AV_CONTROL_hfgrtr))
			write_named(HFGRTR_EL2, list[AV_CONTROL_hfgrtr] | (ctx ? ctx->hfgrtr : 0));
		if (cpu->differ & AV_BIT(AV_CONTROL_hfgwtr))
			write_named(HFGWTR_EL2, list[AV_CONTROL_hfgwtr] | (ctx ? ctx->hfgwtr : 0));
		if (cpu->differ & ~apart)
			write_list(list, cpu->differ & ~apart);
	}
}

/* The guest's value of a list's register keeps the host's partition: its accesses are the host's doing. */
static void keep_partition(struct el2_cpu *cpu)
{
	cpu->controls.mpam2 = (cpu->found[AV_CONTROL_mpam2] & ~MPAM2_ENMPAMSM) | MPAM2_TRAPS | MPAM2_TIDR;
}

/* el2_controls_save_found - the list, as the host has it for good, and what of it changes hands */
void el2_controls_save_found(struct el2_cpu *cpu)
{
	unsigned int i;

	read_list(cpu->found, cpu->present);
	if (cpu->present & AV_BIT(AV_CONTROL_mpam2))
		keep_partition(cpu);
	cpu->differ = 0;
	for (i = 0; i < AV_NR_CONTROLS; i++) {
		if ((cpu->present & AV_BIT(i)) && cpu->found[i] != cpu->controls.list[i])
			cpu->differ |= AV_BIT(i);
	}
	/* Whatever the host has there, a VM may have more. */
	cpu->differ |= cpu->present & cpu->may_open;
	if (el2_has(cpu, EL2_FEAT_RAS)) {
		cpu->saved.vdisr = read_named(VDISR_EL2);
		cpu->saved.vsesr = read_named(VSESR_EL2);
	}
	if (!EL2_VHE && el2_has(cpu, EL2_FEAT_SVE))
		cpu->saved.zcr = read_named(ZCR_EL2);
}

/* el2_controls_restore_found - what is not back after each call: the list is */
void el2_controls_restore_found(const struct el2_cpu *cpu)
{
	if (el2_has(cpu, EL2_FEAT_RAS)) {
		write_named(VDISR_EL2, cpu->saved.vdisr);
		write_named(VSESR_EL2, cpu->saved.vsesr);
	}
	el2_controls_sve(cpu, AV_SVE_FOUND);
}

/*
 * el2_controls_sve - the longest vectors from now on, for all below EL2: an nVHE host loads a guest's (guest/sve.c)
 * @zcr: ZCR_EL2, or AV_SVE_FOUND
 *
 * The host's CPTR_EL2 is in force, and lets it at SVE. A VHE host has its own name for the register.
 */
void el2_controls_sve(const struct el2_cpu *cpu, u64 zcr)
{
	if (!EL2_VHE && el2_has(cpu, EL2_FEAT_SVE))
		write_named(ZCR_EL2, zcr == AV_SVE_FOUND ? cpu->saved.zcr : zcr);
}

/*
 * el2_controls_disr_enter - a burst begins: the guest's DISR_EL1, which is VDISR_EL2 as long as HCR_EL2.AMO is set
 *
 * Nothing of it traps: a guest writes it, and an ESB of its does when it defers a virtual SError.
 */
void el2_controls_disr_enter(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	if (el2_has(cpu, EL2_FEAT_RAS))
		write_named(VDISR_EL2, ctx->sys[AV_DISR_EL1]);
}

/*
 * el2_controls_disr_leave - the other way round: with VHE when the burst ends, else at each exit (any may be its last)
 */
void el2_controls_disr_leave(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	if (el2_has(cpu, EL2_FEAT_RAS))
		ctx->sys[AV_DISR_EL1] = read_named(VDISR_EL2);
}

/*
 * el2_controls_vserror - the syndrome that a virtual SError brings along, or leaves in VDISR_EL2
 *
 * At each entry with one that waits: another guest's may have been here. It means nothing while HCR_EL2.VSE is clear.
 */
void el2_controls_vserror(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	if (el2_has(cpu, EL2_FEAT_RAS))
		write_named(VSESR_EL2, ctx->vsesr);
}

/*
 * el2_controls_open_fp - FP's registers for EL2 itself, with the guest's world in the CPU: el2/a32.c
 *
 * What comes next is such a register; it must not be checked by the old value (DDI 0487, D24.1.2.2).
 */
void el2_controls_open_fp(const struct av_vcpu_ctx *ctx)
{
	write_reg(cptr_el2, EL2_VHE ? ctx->cptr | CPTR_E2H_FPEN : ctx->cptr & ~CPTR_TFP);
	isb();
}

/* el2_controls_fp - and as the guest is to have them */
void el2_controls_fp(const struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	write_reg(cptr_el2, ctx->cptr | cpu->controls.cptr);
}

/* el2_controls_look - for tests: what is in force, read back from the registers */
void el2_controls_look(const struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	read_list(ctx->seen, cpu->present);
	ctx->seen[AV_SEEN_HCR] = read_reg(hcr_el2);
	ctx->seen[AV_SEEN_CPTR] = read_reg(cptr_el2);
	ctx->seen[AV_SEEN_MDCR] = read_reg(mdcr_el2);
	ctx->seen[AV_SEEN_CNTHCTL] = read_reg(cnthctl_el2);
}

/* el2_controls_save_host - VHE: what the host has and may have changed since the last time */
void el2_controls_save_host(struct el2_cpu *cpu)
{
	cpu->saved.hcr = read_reg(hcr_el2);
	cpu->saved.cptr = read_reg(cptr_el2);
	cpu->saved.mdcr = read_reg(mdcr_el2);
	/* The kernel moves between partitions with its tasks (it calls the register MPAM1_EL1). */
	if (__builtin_expect(cpu->present & AV_BIT(AV_CONTROL_mpam2), 0)) {
		read_list(cpu->found, AV_BIT(AV_CONTROL_mpam2));
		keep_partition(cpu);
	}
}

/*
 * el2_controls_guest - stage 2 and the traps of the guest, at each entry
 *
 * No ISB but for the errata: the eret into the guest synchronises (DDI 0487, D1.4.1); what runs at EL2 until then
 * depends on none of these registers but VBAR_EL2, and an exception at EL2 has the same entry in all tables.
 */
void el2_controls_guest(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	write_reg(vtcr_el2, ctx->vtcr);
	write_reg(vttbr_el2, ctx->vttbr);
	/* Both stages are the guest's before TGE goes and its regime may be walked: el2/world_vhe.c. */
	if (EL2_VHE && el2_has(cpu, EL2_FEAT_SPEC_AT))
		isb();
	el2_write_hcr(cpu, ctx->hcr | cpu->controls.hcr | (EL2_VHE ? HCR_E2H : 0));
	write_reg(cptr_el2, ctx->cptr | cpu->controls.cptr);
	/* The host's counters go on; E2PB and E2TB are 0: el2/buffers.c has stopped what writes to memory. */
	write_reg(mdcr_el2, ctx->mdcr | cpu->controls.mdcr | (cpu->saved.mdcr & MDCR_HOSTS));
	write_reg(cntvoff_el2, ctx->cntvoff);
	write_differing(cpu, cpu->controls.list, ctx);
	/* A VHE host calls with our vectors in place: el2/vhe_door.S. */
	if (!EL2_VHE)
		write_reg(vbar_el2, cpu->guest_vectors);
}

/*
 * el2_controls_guest_identity - what a host at EL2 does not see through: with VHE once per burst
 *
 * A VHE host's accesses to CNTKCTL_EL1 reach CNTHCTL_EL2, so what it has there for itself stays; with TGE set the bits
 * of EL1 mean nothing, and those of ECV and RME belong to nobody on such a host.
 */
void el2_controls_guest_identity(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	write_reg(vpidr_el2, ctx->vpidr);
	write_reg(vmpidr_el2, ctx->vmpidr);
	if (EL2_VHE)
		write_reg(cnthctl_el2, (cpu->saved.cnthctl & CNTHCTL_E2H_HOSTS) | ctx->cnthctl);
	else
		write_reg(cnthctl_el2, ctx->cnthctl);
}

/* el2_controls_host - the other way round, at each exit. */
void el2_controls_host(struct el2_cpu *cpu)
{
	const struct el2_saved *s = &cpu->saved;

	el2_write_hcr(cpu, s->hcr);
	/* TGE is back before anything of the guest's regime changes: el2/world_vhe.c. */
	if (EL2_VHE && el2_has(cpu, EL2_FEAT_SPEC_AT))
		isb();
	write_reg(cptr_el2, s->cptr);
	write_reg(mdcr_el2, s->mdcr);
	if (el2_has(cpu, EL2_FEAT_GICV3)) {
		write_named(ICH_HCR_EL2, s->ich_hcr);
		write_named(ICC_SRE_EL2, s->icc_sre);
	}
	write_differing(cpu, cpu->found, 0);
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
