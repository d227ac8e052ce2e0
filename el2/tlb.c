// SPDX-License-Identifier: GPL-2.0
/*
 * TLB maintenance that only EL2 can do: by VMID, for the guest's regime, and for EL2's own.
 *
 * Runs at: EL2, called by the host with its world in the CPU. Owns: nothing; VTTBR_EL2 and VTCR_EL2 are put back.
 */
#include "el2.h"

/*
 * One broadcast invalidation, complete: the accesses that used what it dropped have been observed. On some parts they
 * have not, until another TLBI and DSB (docs/silicon.md, errata). Any CPU may be the one that still has such an access
 * under way, so the bit is the machine's.
 *
 * Those that stay on this CPU (vmalle1, alle1, alle2) are as the errata want them: its own DSB waits for its accesses.
 */
#define broadcast(cpu, invalidation) do {					\
	invalidation;								\
	dsb(ish);								\
	if (!(el2_load(&(cpu)->machine) & EL2_FEAT_REPEAT_TLBI))		\
		break;								\
	invalidation;								\
	dsb(ish);								\
} while (0)

/*
 * Name the VMID whose entries are meant. On an nVHE host stage 2 stays off (the host's HCR_EL2.VM is 0), and at EL2
 * no walk of the EL1&0 regime may start (DDI 0487, D8.14.3), but for CPUs with the speculative AT errata. On
 * a VHE host the TLBI instructions of EL1 mean the host's own regime as long as HCR_EL2.TGE is set, and the VMID's
 * when it is clear (DDI 0487, D8.14.5).
 */
static void vmid_enter(struct el2_cpu *cpu, u64 vttbr, u64 vtcr)
{
	/* What to put back, also by the fault path. */
	cpu->tlb_tcr = read_guest(TCR_EL1);
	cpu->tlb_sctlr = read_guest(SCTLR_EL1);
	if (EL2_VHE)
		cpu->tlb_hcr = read_reg(hcr_el2);
	el2_store(&cpu->tlb_busy, 1);
	/* Walks that were begun end before the VMID changes under them (R_LFHQG). */
	dsb(nsh);
	if (el2_has(cpu, EL2_FEAT_SPEC_AT)) {
		/*
		 * Nor may it take addresses for what they are: with VHE these registers are of whoever was here last,
		 * perhaps with its MMU off, and the entry would be the VMID's. (An nVHE host's MMU is on.)
		 */
		write_guest(TCR_EL1, cpu->tlb_tcr | TCR_EPD0 | TCR_EPD1);
		isb();
		write_guest(SCTLR_EL1, cpu->tlb_sctlr | SCTLR_M);
		isb();
	}
	write_reg(vtcr_el2, vtcr);
	write_reg(vttbr_el2, vttbr);
	if (EL2_VHE) {
		/* Stage 2 is complete before the regime that uses it (1165522, 1530923). */
		if (el2_has(cpu, EL2_FEAT_SPEC_AT))
			isb();
		el2_write_hcr(cpu, cpu->tlb_hcr & ~HCR_TGE);
	}
	/* The TLBI behind this must see the VMID, and the regime. */
	isb();
	/* What a test asked for (module parameter debug_faults). */
	if (el2_load(&cpu->provoke_tlb)) {
		el2_store(&cpu->provoke_tlb, 0);
		el2_load((u64 *)(EL2_IMAGE_BASE - 4096));
	}
}

static void vmid_leave(struct el2_cpu *cpu)
{
	if (EL2_VHE) {
		el2_write_hcr(cpu, cpu->tlb_hcr);
		/* The host's regime again before anything of the guest's changes. */
		isb();
	}
	write_reg(vttbr_el2, cpu->saved.vttbr);
	write_reg(vtcr_el2, cpu->saved.vtcr);
	isb();
	if (el2_has(cpu, EL2_FEAT_SPEC_AT)) {
		write_guest(SCTLR_EL1, cpu->tlb_sctlr);
		isb();
		write_guest(TCR_EL1, cpu->tlb_tcr);
	}
	isb();
	el2_store(&cpu->tlb_busy, 0);
}

/* The fault path: end an operation that stumbled. */
void el2_tlb_abandon(struct el2_cpu *cpu)
{
	if (cpu->tlb_busy)
		vmid_leave(cpu);
}

/*
 * el2_tlb_ipa - forget the translations of one IPA
 *
 * Stage-2 entries go first and completely, then all of stage 1 of the VMID: a combined entry may have been
 * made from the old stage 2 in between (DDI 0487, D8.14.5). All CPUs of the inner shareable domain.
 */
void el2_tlb_ipa(struct el2_cpu *cpu, u64 vttbr, u64 vtcr, u64 operand)
{
	/* The host's writes to the tables are seen by every walk before an entry is dropped. */
	dsb(ishst);
	vmid_enter(cpu, vttbr, vtcr);

	broadcast(cpu, tlbi_arg(ipas2e1is, operand));
	broadcast(cpu, tlbi(vmalle1is));
	isb();
	vmid_leave(cpu);
}

/* el2_tlb_range - forget the translations of many IPAs; as el2_tlb_ipa(), on CPUs with FEAT_TLBIRANGE */
void el2_tlb_range(struct el2_cpu *cpu, u64 vttbr, u64 vtcr, u64 operand)
{
	dsb(ishst);
	vmid_enter(cpu, vttbr, vtcr);

	broadcast(cpu, tlbi_range(ripas2e1is, operand));
	broadcast(cpu, tlbi(vmalle1is));
	isb();
	vmid_leave(cpu);
}

/* el2_tlb_vmid - forget everything of the VMID, both stages, all CPUs. */
void el2_tlb_vmid(struct el2_cpu *cpu, u64 vttbr, u64 vtcr)
{
	dsb(ishst);
	vmid_enter(cpu, vttbr, vtcr);

	broadcast(cpu, tlbi(vmalls12e1is));
	isb();
	vmid_leave(cpu);
}

/*
 * el2_tlb_local - forget the VMID's stage 1 on this CPU
 *
 * The vCPUs of a VM share its VMID, but each may use an ASID for tables of its own, as physical CPUs may
 * (DDI 0487, D8.14.1): what one left in this CPU's TLB is not the next one's.
 */
void el2_tlb_local(struct el2_cpu *cpu, u64 vttbr, u64 vtcr)
{
	vmid_enter(cpu, vttbr, vtcr);

	tlbi(vmalle1);
	ic(iallu);
	dsb(nsh);
	isb();
	vmid_leave(cpu);
}

/*
 * el2_tlb_all - forget every VMID on all CPUs; at the roll-over of the VMID generation
 *
 * A VMID tags VIPT and VPIPT instruction caches too, so these go along.
 */
void el2_tlb_all(struct el2_cpu *cpu)
{
	dsb(ishst);
	broadcast(cpu, tlbi(alle1is); ic(ialluis));
	isb();
}

/* el2_tlb_el2 - forget a page of EL2's own translation, on all CPUs. */
void el2_tlb_el2(struct el2_cpu *cpu, u64 va)
{
	dsb(ishst);
	broadcast(cpu, tlbi_arg(vae2is, (va >> 12) & AV_MASK(43, 0)));
	isb();
}
