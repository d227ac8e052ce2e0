/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only place where the two ways to run the EL2 sources differ by preprocessor; elsewhere EL2_VHE
 * is a constant of C, and what only one of them needs is a file of its own (Kbuild).
 *
 * Runs at: EL2. Owns: the names by which the guest's EL1 registers are reached, and the way to the CPU's page.
 *
 * nVHE (the image): the host lives at EL1 too, so the guest's registers are the plain ones and change hands
 * at every world switch. TPIDR_EL2 is the CPU's page.
 * VHE (the twin in the module): the host lives at EL2. There a plain EL1 name means the host's EL2 register, and
 * the guest's is reached by op1 = 5, the _EL12 and _EL02 names (DDI 0487, D8.1.5 and table D23-2); they stay in
 * place for a whole burst. TPIDR_EL2 is the kernel's per-CPU offset.
 */
#ifndef EL2_MODE_H
#define EL2_MODE_H

#ifdef AV_VHE

#define EL2_VHE			1

/*
 * A row for each SR_CORE, SR_SWITCH, SR_TAG and SR_LATE of sysregs.def; a row too few does not assemble. The plain name
 * of the first part is the host's register. tools/check_vhe.sh refuses it in the twin.
 */
#define VHE_SCTLR_EL1		S3_5_C1_C0_0
#define VHE_CPACR_EL1		S3_5_C1_C0_2
#define VHE_TTBR0_EL1		S3_5_C2_C0_0
#define VHE_TTBR1_EL1		S3_5_C2_C0_1
#define VHE_TCR_EL1		S3_5_C2_C0_2
#define VHE_SPSR_EL1		S3_5_C4_C0_0
#define VHE_ELR_EL1		S3_5_C4_C0_1
#define VHE_AFSR0_EL1		S3_5_C5_C1_0
#define VHE_AFSR1_EL1		S3_5_C5_C1_1
#define VHE_ESR_EL1		S3_5_C5_C2_0
#define VHE_FAR_EL1		S3_5_C6_C0_0
#define VHE_MAIR_EL1		S3_5_C10_C2_0
#define VHE_AMAIR_EL1		S3_5_C10_C3_0
#define VHE_VBAR_EL1		S3_5_C12_C0_0
#define VHE_CONTEXTIDR_EL1	S3_5_C13_C0_1
#define VHE_CNTKCTL_EL1		S3_5_C14_C1_0
#define VHE_CNTP_CTL_EL0	S3_5_C14_C2_1
#define VHE_CNTP_CVAL_EL0	S3_5_C14_C2_2
#define VHE_CNTV_CTL_EL0	S3_5_C14_C3_1
#define VHE_CNTV_CVAL_EL0	S3_5_C14_C3_2
/* There is only one of these, but it means nothing to a kernel at EL2. */
#define VHE_SP_EL1		S3_4_C4_C1_0
#define VHE_TPIDR_EL1		tpidr_el1
/* There is only one of these, and the host has a use for it: EL2_HOST_REGS. */
#define VHE_SP_EL0		sp_el0
#define VHE_PAR_EL1		par_el1
#define VHE_TPIDR_EL0		tpidr_el0
#define VHE_TPIDRRO_EL0		tpidrro_el0
#define VHE_CSSELR_EL1		csselr_el1
/* Of memory tagging (SR_TAG): EL2 has a TFSR of its own, and uses the others. */
#define VHE_TFSR_EL1		S3_5_C5_C6_0
#define VHE_RGSR_EL1		S3_0_C1_C0_5
#define VHE_GCR_EL1		S3_0_C1_C0_6
#define VHE_TFSRE0_EL1		S3_0_C5_C6_1
/* Late ones (SR_LATE). */
#define VHE_TCR2_EL1		S3_5_C2_C0_3
#define VHE_PIRE0_EL1		S3_5_C10_C2_2
#define VHE_PIR_EL1		S3_5_C10_C2_3
#define VHE_SCTLR2_EL1		S3_5_C1_C0_3
#define VHE_FPMR		S3_3_C4_C4_2

/* The guest's register by its architectural name, for read_named() and write_named(). */
#define GUEST(name)		VHE_##name
#define GUEST_ROW(name, row)	VHE_##name

/* el2_fault_entry's first registers: the guest's, whose VM will not run again. The host has no use for them. */
#define FAULT_X0		tpidr_el1
#define FAULT_X1		S3_5_C4_C0_1	/* ELR_EL12 */
#define FAULT_X2		S3_5_C6_C0_0	/* FAR_EL12 */

#else

#define EL2_VHE			0

#define GUEST(name)		name
#define GUEST_ROW(name, row)	row

/*
 * CNTHP_CVAL_EL2: the EL2 physical timer is nobody's on an nVHE host (it is off), and the register is put back at
 * release. The others: the host is in the middle of its HVC, and needs them only at its next exception.
 */
#define FAULT_X0		cnthp_cval_el2
#define FAULT_X1		elr_el1
#define FAULT_X2		far_el1

#endif

#ifdef __ASSEMBLY__

/* \to = struct el2_cpu of this CPU */
	.macro	cpu_page to, scratch
#ifdef AV_VHE
	ldr	\to, el2_vhe_cpu_at
	mrs	\scratch, tpidr_el2
	ldr	\to, [\to, \scratch]
#else
	mrs	\to, tpidr_el2
#endif
	.endm

#else

static inline struct el2_cpu *el2_this_cpu(void)
{
#ifdef AV_VHE
	/* vhe_cpu.c; a variable of each CPU lies at its address plus that CPU's offset */
	extern struct el2_cpu *av_vhe_cpu;

	return *(struct el2_cpu **)((u64)&av_vhe_cpu + read_reg(tpidr_el2));
#else
	return (struct el2_cpu *)read_reg(tpidr_el2);
#endif
}

#endif
#endif
