/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bits of the system registers that armvcpu reads or composes.
 *
 * The kernel's own headers name the same bits, but under names that moved between 5.10 and
 * today; the EL2 image must not include them at all. So they stand here once, by the names of
 * the Arm ARM (DDI 0487, part D24) with the register as the prefix.
 *
 * Runs at: everywhere (no code). Owns: nothing.
 */
#ifndef AV_ARM_REGS_H
#define AV_ARM_REGS_H

#include "av_types.h"

#if defined(__KERNEL__) && !defined(AV_EL2) && !defined(__ASSEMBLY__)
/*
 * Names that the kernel has too, with the same values. Its headers come first, so that none of them can
 * define the name once more behind our back.
 */
#include <asm/kvm_arm.h>
#include <asm/ptrace.h>
#include <asm/sysreg.h>
#include <clocksource/arm_arch_timer.h>
#undef CNTHCTL_EL1PCTEN
#undef CNTHCTL_EL1PCEN
#undef SCTLR_EL2_RES1
#undef ICH_HCR_EN
#undef ICH_HCR_UIE
#undef ICH_HCR_NPIE
#undef ICH_HCR_TC
#undef ICH_HCR_TALL0
#undef ICH_HCR_TALL1
#undef ICH_HCR_TDIR
#undef ICH_LR_EOI
#undef ICH_LR_HW
#undef ICH_LR_STATE
#undef FSC_ACCESS
#undef FSC_FAULT
#undef FSC_PERM
#undef HCR_AMO
#undef HCR_API
#undef HCR_APK
#undef HCR_ATA
#undef HCR_BSU_IS
#undef HCR_E2H
#undef HCR_FB
#undef HCR_FIEN
#undef HCR_FMO
#undef HCR_FWB
#undef HCR_HCD
#undef HCR_IMO
#undef HCR_PTW
#undef HCR_RW
#undef HCR_SWIO
#undef HCR_TACR
#undef HCR_TERR
#undef HCR_TEA
#undef HCR_TID5
#undef HCR_TME
#undef HCR_NV
#undef HCR_NV1
#undef HCR_NV2
#undef HCR_AT
#undef HCR_AMVOFFEN
#undef HCR_ENSCXT
#undef HCR_TWEDEN
#undef HCR_TGE
#undef OSLSR_OSLK
#undef HCR_TID1
#undef HCR_TID2
#undef HCR_TID3
#undef HCR_TIDCP
#undef HCR_TLOR
#undef HCR_TRVM
#undef HCR_TSC
#undef HCR_TSW
#undef HCR_TVM
#undef HCR_TWE
#undef HCR_TWI
#undef HCR_VF
#undef HCR_VI
#undef HCR_VM
#undef HCR_VSE
#endif

/* HCR_EL2, Hypervisor Configuration Register */
#define HCR_VM			AV_BIT(0)	/* stage 2 on */
#define HCR_SWIO		AV_BIT(1)	/* DC ISW acts as DC CISW */
#define HCR_PTW			AV_BIT(2)	/* walk of device memory faults */
#define HCR_FMO			AV_BIT(3)	/* physical FIQ to EL2, virtual FIQ on */
#define HCR_IMO			AV_BIT(4)	/* physical IRQ to EL2, virtual IRQ on */
#define HCR_AMO			AV_BIT(5)	/* physical SError to EL2, virtual on */
#define HCR_VF			AV_BIT(6)	/* virtual FIQ pending */
#define HCR_VI			AV_BIT(7)	/* virtual IRQ pending */
#define HCR_VSE			AV_BIT(8)	/* virtual SError pending */
#define HCR_FB			AV_BIT(9)	/* guest's TLBI and IC go inner shareable */
#define HCR_BSU_IS		AV_BIT(10)	/* guest's barriers at least inner shareable */
#define HCR_TWI			AV_BIT(13)
#define HCR_TWE			AV_BIT(14)
#define HCR_TID1		AV_BIT(16)
#define HCR_TID2		AV_BIT(17)
#define HCR_TID3		AV_BIT(18)
#define HCR_TSC			AV_BIT(19)
#define HCR_TIDCP		AV_BIT(20)
#define HCR_TACR		AV_BIT(21)
#define HCR_TSW			AV_BIT(22)
#define HCR_TVM			AV_BIT(26)
#define HCR_TGE			AV_BIT(27)
#define HCR_HCD			AV_BIT(29)
#define HCR_TRVM		AV_BIT(30)
#define HCR_RW			AV_BIT(31)
#define HCR_E2H			AV_BIT(34)
#define HCR_TLOR		AV_BIT(35)
#define HCR_TERR		AV_BIT(36)
#define HCR_TEA			AV_BIT(37)	/* synchronous external aborts to EL2 */
#define HCR_TME			AV_BIT(39)
#define HCR_APK			AV_BIT(40)
#define HCR_API			AV_BIT(41)
#define HCR_NV			AV_BIT(42)
#define HCR_NV1			AV_BIT(43)
#define HCR_AT			AV_BIT(44)
#define HCR_NV2			AV_BIT(45)
#define HCR_FWB			AV_BIT(46)
#define HCR_FIEN		AV_BIT(47)
#define HCR_AMVOFFEN		AV_BIT(51)
#define HCR_ENSCXT		AV_BIT(53)
#define HCR_ATA			AV_BIT(56)
#define HCR_TID5		AV_BIT(58)
#define HCR_TWEDEN		AV_BIT(59)

/* HSTR_EL2: AArch32's CP15 registers with CRn 15 */
#define HSTR_T15		AV_BIT(15)

/* HCRX_EL2 */
#define HCRX_LS64		AV_MASK(2, 0)	/* EnAS0, EnALS, EnASR */
#define HCRX_SMPME		AV_BIT(5)
#define HCRX_TALLINT		AV_BIT(6)
#define HCRX_VINMI		AV_BIT(7)
#define HCRX_VFNMI		AV_BIT(8)
#define HCRX_CMOW		AV_BIT(9)
#define HCRX_MCE2		AV_BIT(10)
#define HCRX_MSCEN		AV_BIT(11)
#define HCRX_TCR2EN		AV_BIT(14)
#define HCRX_SCTLR2EN		AV_BIT(15)
#define HCRX_D128EN		AV_BIT(17)
#define HCRX_ENSNERR		AV_BIT(18)
#define HCRX_TMEA		AV_BIT(19)
#define HCRX_ENSDERR		AV_BIT(20)
#define HCRX_ENIDCP128		AV_BIT(21)
#define HCRX_GCSEN		AV_BIT(22)
#define HCRX_ENFPM		AV_BIT(23)
#define HCRX_PACMEN		AV_BIT(24)
#define HCRX_SRMASKEN		AV_BIT(26)

/* Fine-grained traps. Bits whose name in the Arm ARM begins with n trap when they are 0. */
/* HFGRTR_EL2, HFGWTR_EL2 */
#define FGT_ACCDATA		AV_BIT(50)
#define FGT_GCS			AV_MASK(53, 52)
#define FGT_SME			AV_MASK(55, 54)	/* nSMPRI_EL1, nTPIDR2_EL0 */
#define FGT_RCWMASK		AV_BIT(56)
#define FGT_PIR			AV_MASK(58, 57)
#define FGT_POR			AV_MASK(60, 59)
#define FGT_S2POR		AV_BIT(61)
#define FGT_AIE			AV_MASK(63, 62)	/* nMAIR2_EL1, nAMAIR2_EL1 */
/* HFGITR_EL2 */
#define HFGITR_BRB		AV_MASK(56, 55)	/* nBRBINJ, nBRBIALL */
#define HFGITR_GCS		AV_MASK(59, 57)
/* HDFGRTR_EL2, HDFGWTR_EL2; the first two trap when they are 1 */
#define HDFG_TRBIDR		AV_BIT(51)
#define HDFG_PMBIDR		AV_BIT(63)
#define HDFG_BRBIDR		AV_BIT(59)
#define HDFG_BRB		AV_MASK(61, 60)	/* nBRBCTL, nBRBDATA */
#define HDFG_PMSNEVFR		AV_BIT(62)
/* HFGRTR2_EL2, HFGWTR2_EL2 */
#define FGT2_PFAR		AV_BIT(0)
#define FGT2_RCWSMASK		AV_BIT(2)
#define FGT2_MASKS		AV_MASK(14, 3)	/* masks and aliases of FEAT_SRMASK */
/* HFGITR2_EL2 */
#define HFGITR2_DCCIVAPS	AV_BIT(1)
/* HDFGRTR2_EL2, HDFGWTR2_EL2 */
#define HDFG2_PMU		(AV_BIT(0) | AV_BIT(1) | AV_BIT(4))	/* nPMECR, nPMIAR, nPMUACR */
#define HDFG2_PMICNTR		AV_MASK(3, 2)
#define HDFG2_MDSELR		AV_BIT(5)
#define HDFG2_PMSS		AV_MASK(7, 6)
#define HDFG2_PMSSCR		AV_BIT(7)
#define HDFG2_SPM		AV_MASK(18, 8)
#define HDFG2_SPM_W		AV_MASK(16, 8)
#define HDFG2_SPE		AV_BIT(19)	/* nPMSDSFR_EL1 */
#define HDFG2_TRCITECR		AV_BIT(20)
#define HDFG2_TRBMPAM		AV_BIT(22)
#define HDFG2_MDSTEPOP		AV_BIT(23)
#define HDFG2_PMBMAR		AV_BIT(24)

/* MPAM2_EL2, MPAMHCR_EL2: the numbers of partitions in MPAM2_EL2 stay the host's */
#define MPAM2_TRAPS		AV_MASK(49, 48)	/* TRAPMPAM1EL1, TRAPMPAM0EL1 */
#define MPAM2_ENMPAMSM		AV_BIT(50)
#define MPAM2_TIDR		AV_BIT(58)
#define MPAMHCR_TRAP_IDR	AV_BIT(31)

/* Buffers of profiling and trace, and branch records */
#define PMBLIMITR_E		AV_BIT(0)
#define PMBIDR_P		AV_BIT(4)
#define TRBLIMITR_E		AV_BIT(0)
#define TRBIDR_P		AV_BIT(4)
#define BRBCR_ON		AV_MASK(1, 0)	/* E0BRE, ExBRE */

/* CPTR_EL2 in its non-VHE form; bits 13, 12, 9, 7:0 are RES1, TZ (8) is too without SVE */
#define CPTR_RES1		AV_UL(0x32ff)
#define CPTR_TZ			AV_BIT(8)
#define CPTR_TFP		AV_BIT(10)
#define CPTR_TSM		AV_BIT(12)
#define CPTR_TTA		AV_BIT(20)
#define CPTR_TAM		AV_BIT(30)
#define CPTR_TCPAC		AV_BIT(31)
/* CPTR_EL2 with HCR_EL2.E2H = 1: the layout of CPACR_EL1. Fields of 0 trap, SMEN too */
#define CPTR_E2H_ZEN		AV_PUT(3UL, 17, 16)
#define CPTR_E2H_FPEN		AV_PUT(3UL, 21, 20)
#define CPTR_E2H_TTA		AV_BIT(28)

/* MDCR_EL2, Monitor Debug Configuration Register */
#define MDCR_HPMN		AV_MASK(4, 0)
#define MDCR_TPMCR		AV_BIT(5)
#define MDCR_TPM		AV_BIT(6)
#define MDCR_HPME		AV_BIT(7)
#define MDCR_TDE		AV_BIT(8)
#define MDCR_TDA		AV_BIT(9)
#define MDCR_TDOSA		AV_BIT(10)
#define MDCR_TDRA		AV_BIT(11)
#define MDCR_E2PB		AV_MASK(13, 12)
#define MDCR_TPMS		AV_BIT(14)
#define MDCR_ENSPM		AV_BIT(15)
#define MDCR_HPMD		AV_BIT(17)
#define MDCR_TTRF		AV_BIT(19)
#define MDCR_HCCD		AV_BIT(23)
#define MDCR_E2TB		AV_MASK(25, 24)
#define MDCR_HLP		AV_BIT(26)
#define MDCR_TDCC		AV_BIT(27)
#define MDCR_MTPME		AV_BIT(28)
#define MDCR_HPMFZO		AV_BIT(29)
#define MDCR_PMSSE		AV_MASK(31, 30)
#define MDCR_HPMFZS		AV_BIT(36)
#define MDCR_PMEE		AV_MASK(41, 40)
#define MDCR_EBWE		AV_BIT(43)
#define MDCR_ENSTEPOP		AV_BIT(50)
/* How the host's counters count stays as the host has it. */
#define MDCR_HOSTS		(MDCR_HPMN | MDCR_HPME | MDCR_HPMD | MDCR_HCCD | MDCR_HLP | MDCR_MTPME |	\
				 MDCR_HPMFZO | MDCR_PMSSE | MDCR_HPMFZS)

/* PMCR_EL0 (DDI 0487, D24.5) */
#define PMCR_E			AV_BIT(0)
#define PMCR_P			AV_BIT(1)	/* write: event counters to 0 */
#define PMCR_C			AV_BIT(2)	/* write: cycle counter to 0 */
#define PMCR_D			AV_BIT(3)
#define PMCR_X			AV_BIT(4)
#define PMCR_DP			AV_BIT(5)
#define PMCR_LC			AV_BIT(6)
#define PMCR_LP			AV_BIT(7)
#define PMCR_N_HI		15
#define PMCR_N_LO		11
/* PMUSERENR_EL0 */
#define PMUSERENR_EN		AV_BIT(0)
#define PMUSERENR_SW		AV_BIT(1)
#define PMUSERENR_CR		AV_BIT(2)
#define PMUSERENR_ER		AV_BIT(3)
#define PMUSERENR_ALL		AV_MASK(3, 0)
/* PMEVTYPER<n>_EL0, PMCCFILTR_EL0: what is not counted; NSK and NSU the other way round where P and U are set */
#define PMEVTYPER_P		AV_BIT(31)	/* EL1 */
#define PMEVTYPER_U		AV_BIT(30)	/* EL0 */
#define PMEVTYPER_NSK		AV_BIT(29)
#define PMEVTYPER_NSU		AV_BIT(28)
#define PMEVTYPER_M		AV_BIT(26)	/* EL3 */
/* Numbers of counters: the cycle counter's, behind the event counters; and the instruction counter's of Armv9.4 */
#define PMU_CYCLES		31
#define PMU_INSTRUCTIONS	32

/* CNTHCTL_EL2 in its non-VHE form */
#define CNTHCTL_EL1PCTEN	AV_BIT(0)
#define CNTHCTL_EL1PCEN		AV_BIT(1)
/* With HCR_EL2.E2H = 1; bits 9:0 are the host's CNTKCTL_EL1, with 17 the scale of its event stream */
#define CNTHCTL_E2H_HOSTS	(AV_MASK(9, 0) | AV_BIT(17))
#define CNTHCTL_E2H_EL1PCTEN	AV_BIT(10)
#define CNTHCTL_E2H_EL1PTEN	AV_BIT(11)

/* CNTx_CTL_EL0, timer control */
#define CNT_CTL_ENABLE		AV_BIT(0)
#define CNT_CTL_IMASK		AV_BIT(1)
#define CNT_CTL_ISTATUS		AV_BIT(2)

/* SCTLR of AArch32, where it differs from SCTLR_EL1, which it is a name of; TTBCR, a name of TCR_EL1 */
#define SCTLR32_V		AV_BIT(13)	/* vectors at 0xffff0000 */
#define SCTLR32_TE		AV_BIT(30)	/* exceptions are taken in T32 */
#define SCTLR32_DSSBS		AV_BIT(31)
#define TTBCR_EAE		AV_BIT(31)	/* the long format of tables and of fault status */
#define DFSR_LPAE		AV_BIT(9)
#define DFSR_FNV		AV_BIT(16)

/* SCTLR_EL1 and SCTLR_EL2 */
#define SCTLR_M			AV_BIT(0)
#define SCTLR_A			AV_BIT(1)
#define SCTLR_C			AV_BIT(2)
#define SCTLR_SA		AV_BIT(3)
#define SCTLR_I			AV_BIT(12)
#define SCTLR_DZE		AV_BIT(14)
#define SCTLR_WXN		AV_BIT(19)
#define SCTLR_SPAN		AV_BIT(23)
#define SCTLR_DSSBS		AV_BIT(44)
#define SCTLR_E0E		AV_BIT(24)
#define SCTLR_EE		AV_BIT(25)
#define SCTLR_EL1_RESET		AV_UL(0x00c50078)
#define SCTLR_EL2_RES1		AV_UL(0x30c50830)

/* TCR_EL1: walks of the two halves off */
#define TCR_EPD0		AV_BIT(7)
#define TCR_EPD1		AV_BIT(23)
/* TTBCR.PD0 and PD1 of AArch32's short descriptors, which have no EPDn; in AArch64 bits of T0SZ */
#define TTBCR_PD		AV_MASK(5, 4)

/* SPSR and PSTATE */
/* PSTATE.M[4:0]. The kernel's PSR_MODE_MASK has 4 bits and is part of its user_mode(): host code, use this. */
#define PSR_MODE_FIELD		AV_UL(0x1f)
#if defined(AV_EL2) || !defined(__KERNEL__)
#define PSR_MODE_MASK		PSR_MODE_FIELD
#endif
#define PSR_MODE_EL0T		AV_UL(0x0)
#define PSR_MODE_EL1T		AV_UL(0x4)
#define PSR_MODE_EL1H		AV_UL(0x5)
#define PSR_MODE_32		AV_BIT(4)
#define PSR_T32			AV_BIT(5)
/* ... of AArch32, as SPSR_EL2 has it (DDI 0487, C5.2.19) */
#define PSR32_USR		AV_UL(0x10)
#define PSR32_FIQ		AV_UL(0x11)
#define PSR32_IRQ		AV_UL(0x12)
#define PSR32_SVC		AV_UL(0x13)
#define PSR32_ABT		AV_UL(0x17)
#define PSR32_UND		AV_UL(0x1b)
#define PSR32_SYS		AV_UL(0x1f)
#define PSR32_E			AV_BIT(9)
#define PSR32_GE		AV_MASK(19, 16)
#define PSR32_SSBS		AV_BIT(23)
#define PSR32_Q			AV_BIT(27)
/* One bit for each mode that a vCPU may be in, by PSTATE.M[4:0]: its EL1 is AArch64, or AArch32 */
#define PSR_MODES_64		((1U << PSR_MODE_EL0T) | (1U << PSR_MODE_EL1T) | (1U << PSR_MODE_EL1H) |	\
				 (1U << PSR32_USR))
#define PSR_MODES_32		((1U << PSR32_USR) | (1U << PSR32_FIQ) | (1U << PSR32_IRQ) |		\
				 (1U << PSR32_SVC) | (1U << PSR32_ABT) | (1U << PSR32_UND) | (1U << PSR32_SYS))
#define PSR_F			AV_BIT(6)
#define PSR_I			AV_BIT(7)
#define PSR_A			AV_BIT(8)
#define PSR_D			AV_BIT(9)
#define PSR_DAIF		(PSR_D | PSR_A | PSR_I | PSR_F)
#define PSR_BTYPE		AV_MASK(11, 10)
#define PSR_SSBS		AV_BIT(12)
#define PSR_IL			AV_BIT(20)
#define PSR_SS			AV_BIT(21)
#define PSR_PAN			AV_BIT(22)
#define PSR_UAO			AV_BIT(23)
#define PSR_DIT			AV_BIT(24)
#define PSR_TCO			AV_BIT(25)
#define PSR_V			AV_BIT(28)
#define PSR_C			AV_BIT(29)
#define PSR_Z			AV_BIT(30)
#define PSR_N			AV_BIT(31)

/* ESR_ELx */
#define ESR_EC_SHIFT		26
#define ESR_EC(esr)		AV_GET(esr, 31, 26)
#define ESR_IL			AV_BIT(25)
#define ESR_ISS(esr)		((esr) & AV_MASK(24, 0))
#define ESR_CV			AV_BIT(24)	/* AArch32 condition field valid */
#define ESR_COND(esr)		AV_GET(esr, 23, 20)
#define ESR_CCKNOWNPASS		AV_BIT(19)	/* of SMC: the condition may have failed */
/* ISS of a data abort */
/* Of WFI and its like (DDI 0487, D24.2.40): WFE or WFET; WFIT or WFET, RN is valid, the register with the timeout */
#define ESR_WFX_EVENT		AV_BIT(0)
#define ESR_WFX_TIMEOUT		AV_BIT(1)
#define ESR_WFX_RV		AV_BIT(2)
#define ESR_WFX_RN(esr)		AV_GET(esr, 9, 5)
#define ESR_WFX_PUT_RN(n)	AV_PUT((u64)(n), 9, 5)

/* Of a memory copy or set (D24.2.40): what it was, how far it had come, and its registers */
#define ESR_MOPS_SET		AV_BIT(24)
#define ESR_MOPS_EPILOGUE	AV_BIT(18)
#define ESR_MOPS_WRONG_OPTION	AV_BIT(17)
#define ESR_MOPS_OPTION_A	AV_BIT(16)
#define ESR_MOPS_DST(esr)	AV_GET(esr, 14, 10)
#define ESR_MOPS_SRC(esr)	AV_GET(esr, 9, 5)
#define ESR_MOPS_SIZE(esr)	AV_GET(esr, 4, 0)

#define ESR_DABT_ISV		AV_BIT(24)
#define ESR_DABT_SAS(esr)	AV_GET(esr, 23, 22)
#define ESR_DABT_SSE		AV_BIT(21)
#define ESR_DABT_SRT(esr)	AV_GET(esr, 20, 16)
#define ESR_DABT_SF		AV_BIT(15)
#define ESR_ABT_SET		AV_MASK(12, 11)	/* of external aborts, with RAS */
#define ESR_ABT_FNV		AV_BIT(10)
#define ESR_ABT_EA		AV_BIT(9)
#define ESR_DABT_CM		AV_BIT(8)
#define ESR_ABT_S1PTW		AV_BIT(7)
#define ESR_DABT_WNR		AV_BIT(6)
#define ESR_ABT_FSC(esr)	AV_GET(esr, 5, 0)
/* Fault status codes; the first four carry the level in bits 1:0 */
#define FSC_TYPE(fsc)		((fsc) & 0x3c)
#define FSC_ADDRSZ		0x00
#define FSC_FAULT		0x04
#define FSC_ACCESS		0x08
#define FSC_PERM		0x0c
#define FSC_EXTABT		0x10
#define FSC_EXTABT_TTW(level)	(0x14 + (level))
#define FSC_ECC			0x18
#define FSC_ALIGN		0x21
#define FSC_EXCLUSIVE		0x35	/* an exclusive or atomic access that this memory can't have */
/* A load or store with a valid syndrome, no cache maintenance, no table walk, that found no translation */
#define ESR_DABT_IS_HOLE(esr)							\
	(((esr) & (ESR_DABT_ISV | ESR_DABT_CM | ESR_ABT_S1PTW | 0x3c)) == (ESR_DABT_ISV | FSC_FAULT))

/* HPFAR_EL2.FIPA is bits 43:4 and stands for IPA bits 51:12 */
#define HPFAR_TO_IPA(hpfar)	(AV_GET(hpfar, 43, 4) << 12)

/* PAR_EL1 after an address translation instruction */
#define PAR_FST(par)		AV_GET(par, 6, 1)	/* with PAR_F: a fault status code */
#define PAR_F			AV_BIT(0)
#define PAR_PA(par)		((par) & AV_MASK(51, 12))

/* ICH_HCR_EL2, ICH_VTR_EL2, list registers (GICv3, IHI 0069, part 12.4) */
#define ICH_HCR_EN		AV_BIT(0)
#define ICH_HCR_UIE		AV_BIT(1)
#define ICH_HCR_LRENPIE		AV_BIT(2)
#define ICH_HCR_NPIE		AV_BIT(3)
#define ICH_HCR_VGRP0EIE	AV_BIT(4)
#define ICH_HCR_VGRP0DIE	AV_BIT(5)
#define ICH_HCR_VGRP1EIE	AV_BIT(6)
#define ICH_HCR_TC		AV_BIT(10)
#define ICH_HCR_TALL0		AV_BIT(11)
#define ICH_HCR_TALL1		AV_BIT(12)
#define ICH_HCR_TDIR		AV_BIT(14)
#define ICH_HCR_EOICOUNT(v)	AV_GET(v, 31, 27)
#define ICH_VTR_LISTREGS(v)	(AV_GET(v, 4, 0) + 1)
#define ICH_VTR_IDBITS(v)	AV_GET(v, 25, 23)
#define ICH_VTR_PREBITS(v)	(AV_GET(v, 28, 26) + 1)
#define ICH_VTR_PRIBITS(v)	(AV_GET(v, 31, 29) + 1)
#define ICH_VTR_SEIS		AV_BIT(22)
#define ICH_VTR_A3V		AV_BIT(21)
#define ICH_VTR_TDS		AV_BIT(19)
#define ICH_LR_VINTID(v)	AV_GET(v, 31, 0)
#define ICH_LR_EOI		AV_BIT(41)
#define ICH_LR_PINTID(n)	AV_PUT((u64)(n), 44, 32)
#define ICH_LR_PRIORITY(n)	AV_PUT((u64)(n), 55, 48)
#define ICH_LR_GROUP1		AV_BIT(60)
#define ICH_LR_HW		AV_BIT(61)
#define ICH_LR_PENDING		AV_BIT(62)
#define ICH_LR_ACTIVE		AV_BIT(63)
#define ICH_LR_STATE		(ICH_LR_PENDING | ICH_LR_ACTIVE)
#define ICH_VMCR_VENG0		AV_BIT(0)
#define ICH_VMCR_VENG1		AV_BIT(1)
#define ICH_VMCR_VACKCTL	AV_BIT(2)
#define ICH_VMCR_VFIQEN		AV_BIT(3)
#define ICH_VMCR_VCBPR		AV_BIT(4)
#define ICH_VMCR_VEOIM		AV_BIT(9)
#define ICH_VMCR_VBPR1(v)	AV_GET(v, 20, 18)
#define ICH_VMCR_VBPR0(v)	AV_GET(v, 23, 21)
#define ICH_VMCR_VPMR(v)	AV_GET(v, 31, 24)

/* ICC_SRE_ELx */
#define ICC_SRE_SRE		AV_BIT(0)
#define ICC_SRE_DFB		AV_BIT(1)
#define ICC_SRE_DIB		AV_BIT(2)
#define ICC_SRE_ENABLE		AV_BIT(3)

/* MDSCR_EL1 */
#define OSLSR_OSLK		AV_BIT(1)
#define MDSCR_SS		AV_BIT(0)
#define MDSCR_KDE		AV_BIT(13)
#define MDSCR_MDE		AV_BIT(15)

/* Exception classes, ESR_ELx.EC; include/traps.def has a row for each of the 64 */
#define EC_UNKNOWN		0x00
#define EC_WFX			0x01
#define EC_CP15_32		0x03
#define EC_CP15_64		0x04
#define EC_CP14_MR		0x05
#define EC_CP14_LS		0x06
#define EC_FPSIMD		0x07
#define EC_CP10_ID		0x08
#define EC_CP14_64		0x0c
#define EC_ILLEGAL_STATE	0x0e
#define EC_HVC32		0x12
#define EC_SMC32		0x13
#define EC_SVC64		0x15
#define EC_HVC64		0x16
#define EC_SMC64		0x17
#define EC_SYS64		0x18
#define EC_SVE			0x19
#define EC_IABT_LOWER		0x20
#define EC_IABT_SAME		0x21
#define EC_DABT_LOWER		0x24
#define EC_DABT_SAME		0x25
#define EC_SERROR		0x2f
/* ESR_ELx.ISS of an SError, and DISR_EL1, on CPUs with RAS */
#define SERROR_IDS		AV_BIT(24)		/* the rest is the implementation's */
#define SERROR_AET(v)		AV_PUT((u64)(v), 12, 10)
#define SERROR_GET_AET(esr)	AV_GET(esr, 12, 10)
#define SERROR_AET_UC		0			/* uncontainable */
#define SERROR_AET_UEU		1			/* unrecoverable */
#define SERROR_AET_UEO		2			/* restartable */
#define SERROR_AET_UER		3			/* recoverable */
#define SERROR_AET_CE		6			/* corrected */
#define SERROR_GET_DFSC(esr)	AV_GET(esr, 5, 0)
#define SERROR_DFSC		0x11			/* an SError that AET tells more of */
#define EC_BREAKPT_LOW		0x30
#define EC_STEP_LOW		0x32
#define EC_WATCHPT_LOW		0x34
#define EC_BKPT32		0x38
#define EC_VECTOR32		0x3a
#define EC_BRK64		0x3c

#endif
