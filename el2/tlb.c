// SPDX-License-Identifier: GPL-2.0
/*
 * TLB maintenance that only EL2 can do: by VMID, for the guest's regime, and for EL2's own.
 *
 * Runs at: EL2, called by the host with its world in the CPU. Owns: nothing; VTTBR_EL2 and VTCR_EL2 are put back.
 */
#include "el2.h"

/*
 * Name the VMID whose entries are meant. Stage 2 stays off (the host's HCR_EL2.VM is 0), and at EL2 no
 * walk of the EL1&0 regime may start (DDI 0487, D8.14.3), but for CPUs with the speculative AT errata.
 */
static u64 vmid_enter(struct el2_cpu *cpu, u64 vttbr, u64 vtcr)
{
	u64 tcr = read_reg(tcr_el1);

	/* For the fault path: what to put back. */
	cpu->tlb_tcr = tcr;
	el2_store(&cpu->tlb_busy, 1);
	/* Walks that the host had begun end before the VMID changes under them (R_LFHQG). */
	dsb(nsh);
	if (el2_has(cpu, EL2_FEAT_SPEC_AT)) {
		write_reg(tcr_el1, tcr | TCR_EPD0 | TCR_EPD1);
		isb();
	}
	write_reg(vtcr_el2, vtcr);
	write_reg(vttbr_el2, vttbr);
	/* The TLBI behind this must see the VMID. */
	isb();
	return tcr;
}

static void vmid_leave(struct el2_cpu *cpu, u64 tcr)
{
	write_reg(vttbr_el2, cpu->saved.vttbr);
	write_reg(vtcr_el2, cpu->saved.vtcr);
	isb();
	if (el2_has(cpu, EL2_FEAT_SPEC_AT))
		write_reg(tcr_el1, tcr);
	isb();
	el2_store(&cpu->tlb_busy, 0);
}

/* The fault path: end an operation that stumbled. */
void el2_tlb_abandon(struct el2_cpu *cpu)
{
	if (cpu->tlb_busy)
		vmid_leave(cpu, cpu->tlb_tcr);
}

/*
 * el2_tlb_ipa - forget the translations of one IPA
 *
 * Stage-2 entries go first and completely, then all of stage 1 of the VMID: a combined entry may have been
 * made from the old stage 2 in between (DDI 0487, D8.14.5). All CPUs of the inner shareable domain.
 */
void el2_tlb_ipa(struct el2_cpu *cpu, u64 vttbr, u64 vtcr, u64 ipa)
{
	/* The host's writes to the tables are seen by every walk before an entry is dropped. */
	dsb(ishst);
	u64 tcr = vmid_enter(cpu, vttbr, vtcr);

	tlbi_arg(ipas2e1is, (ipa >> 12) & AV_MASK(35, 0));
	dsb(ish);
	tlbi(vmalle1is);
	dsb(ish);
	isb();
	vmid_leave(cpu, tcr);
}

/* el2_tlb_vmid - forget everything of the VMID, both stages, all CPUs. */
void el2_tlb_vmid(struct el2_cpu *cpu, u64 vttbr, u64 vtcr)
{
	dsb(ishst);
	u64 tcr = vmid_enter(cpu, vttbr, vtcr);

	tlbi(vmalls12e1is);
	dsb(ish);
	isb();
	vmid_leave(cpu, tcr);
}

/*
 * el2_tlb_local - forget the VMID's stage 1 on this CPU
 *
 * The vCPUs of a VM share its VMID, but each may use an ASID for tables of its own, as physical CPUs may
 * (DDI 0487, D8.14.1): what one left in this CPU's TLB is not the next one's.
 */
void el2_tlb_local(struct el2_cpu *cpu, u64 vttbr, u64 vtcr)
{
	u64 tcr = vmid_enter(cpu, vttbr, vtcr);

	tlbi(vmalle1);
	asm volatile("ic iallu" : : : "memory");
	dsb(nsh);
	isb();
	vmid_leave(cpu, tcr);
}

/*
 * el2_tlb_all - forget every VMID on all CPUs; at the roll-over of the VMID generation
 *
 * A VMID tags VIPT and VPIPT instruction caches too, so these go along.
 */
void el2_tlb_all(void)
{
	dsb(ishst);
	tlbi(alle1is);
	asm volatile("ic ialluis" : : : "memory");
	dsb(ish);
	isb();
}

/* el2_tlb_el2 - forget a page of EL2's own translation, on all CPUs. */
void el2_tlb_el2(u64 va)
{
	dsb(ishst);
	tlbi_arg(vae2is, (va >> 12) & AV_MASK(43, 0));
	dsb(ish);
	isb();
}
