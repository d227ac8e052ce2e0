// SPDX-License-Identifier: GPL-2.0
/*
 * What EL2 looked like when we came: kept at the take-over, put back at release.
 *
 * Runs at: EL2. Owns: el2_cpu.saved.
 *
 * A VHE host's own registers among these (HCR, CPTR, MDCR, CNTHCTL) are back after every call, and it may change
 * them in between: only what is nobody's on such a host is left to do at release.
 */
#include "el2.h"

/*
 * Put back the EL2 registers that are not part of EL2's own translation, with the MMU still on;
 * el2/init.S does the rest. Nothing of a guest is in the CPU here: the world is always the host's
 * when the host calls.
 */
void el2_restore_found(struct el2_cpu *cpu)
{
	const struct el2_saved *s = &cpu->saved;

	if (!EL2_VHE) {
		el2_write_hcr(cpu, s->hcr);
		write_reg(cptr_el2, s->cptr);
		write_reg(mdcr_el2, s->mdcr);
		write_reg(cnthctl_el2, s->cnthctl);
		write_reg(cnthp_cval_el2, s->cnthp_cval);
	}
	write_reg(cntvoff_el2, s->cntvoff);
	write_reg(vttbr_el2, s->vttbr);
	write_reg(vtcr_el2, s->vtcr);
	write_reg(vpidr_el2, s->vpidr);
	write_reg(vmpidr_el2, s->vmpidr);
	write_guest(CNTV_CVAL_EL0, s->cntv_cval);
	write_guest(CNTV_CTL_EL0, s->cntv_ctl);
	/* Only if guests had it: else somebody may be using it. */
	if (EL2_VHE && cpu->timer_intid[AV_TIMER_PHYS]) {
		write_guest(CNTP_CVAL_EL0, s->cntp_cval);
		write_guest(CNTP_CTL_EL0, s->cntp_ctl);
	}
	if (el2_has(cpu, EL2_FEAT_GICV3))
		el2_gic_restore_found(cpu);
	el2_controls_restore_found(cpu);
	el2_buffers_restore_found(cpu);
	write_reg(afsr0_el2, s->afsr0);
	write_reg(hpfar_el2, s->hpfar);
	write_reg(far_el2, s->far);
	write_reg(esr_el2, s->esr);
	isb();
}

/* el2_save_found - before anything is changed that is ever changed */
void el2_save_found(struct el2_cpu *cpu)
{
	struct el2_saved *s = &cpu->saved;

	s->hcr = read_reg(hcr_el2);
	s->cptr = read_reg(cptr_el2);
	s->mdcr = read_reg(mdcr_el2);
	s->cnthctl = read_reg(cnthctl_el2);
	s->cntvoff = read_reg(cntvoff_el2);
	s->vttbr = read_reg(vttbr_el2);
	s->vtcr = read_reg(vtcr_el2);
	s->vpidr = read_reg(vpidr_el2);
	s->vmpidr = read_reg(vmpidr_el2);
	s->cnthp_cval = read_reg(cnthp_cval_el2);
	s->cntv_cval = read_guest(CNTV_CVAL_EL0);
	s->cntv_ctl = read_guest(CNTV_CTL_EL0);
	if (EL2_VHE) {
		s->cntp_cval = read_guest(CNTP_CVAL_EL0);
		s->cntp_ctl = read_guest(CNTP_CTL_EL0);
	}
	s->esr = read_reg(esr_el2);
	s->far = read_reg(far_el2);
	s->hpfar = read_reg(hpfar_el2);
	s->afsr0 = read_reg(afsr0_el2);
	if (el2_has(cpu, EL2_FEAT_GICV3))
		el2_gic_save_found(cpu);
	el2_controls_save_found(cpu);
	el2_buffers_save_found(cpu);
	/*
	 * A roll-over of the VMID generation (mm/vmid.c) does not reach a CPU that is offline: what its TLB held
	 * of former generations goes now, before the first guest here; and what broadcasts did not reach while the
	 * CPU was nobody's, or without power. Instruction caches may be tagged with VMIDs: el2_tlb_all().
	 */
	tlbi(alle1);
	asm volatile("ic iallu" : : : "memory");
	dsb(nsh);
	if (EL2_VHE)
		write_reg(vpidr_el2, AV_VHE_MARK);
	isb();
	cpu->world = EL2_WORLD_HOST;
	cpu->vcpu = 0;
	cpu->loaded = 0;
	el2_phase(cpu, 'h');
}
