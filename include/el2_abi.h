/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What host and EL2 image agree on besides the vCPU: the EL2 address space, the per-CPU page, the
 * call numbers, feature bits, and the record of a fault.
 *
 * Runs at: host kernel and EL2 (no code). Owns: nothing.
 *
 * On an nVHE host EL2's address space is 48 bits wide (docs/el2-memory-map.md); on a VHE host it is the kernel's:
 *   0x0000_0000_0000 + PA		the idmap page of el2/init.S (PA below 2^46, else refused at load)
 *   0x8000_0000_0000 + PA		memory lent by the host, page by page (PA below 2^46)
 *   0xc000_0000_0000			the EL2 image: text, rodata, data
 *   0xe000_0000_0000 + n * stride	CPU n: guard, stack, guard, struct el2_cpu
 */
#ifndef AV_EL2_ABI_H
#define AV_EL2_ABI_H

#include "av_types.h"

#define EL2_VA_BITS		48
#define EL2_LENT_BASE		AV_UL(0x800000000000)
#define EL2_LENT_PA_BITS	46
#define EL2_IMAGE_BASE		AV_UL(0xc00000000000)
#define EL2_CPU_BASE		AV_UL(0xe00000000000)

/* Pages per CPU: guard, stack, guard, struct el2_cpu. A multiple of the largest granule. */
#define EL2_CPU_PAGES		4
#define EL2_CPU_PAGE_STACK	1
#define EL2_CPU_PAGE_DATA	3

/* x0 of a host call: far from the stub's small numbers and from SMCCC ids. */
#define AV_CALL_BASE		AV_UL(0x41560000)
#define AV_CALL(name)		(AV_CALL_BASE + AV_CALL_##name)
#define AV_STUB_SET_VECTORS	0
#define AV_STUB_SOFT_RESTART	1
#define AV_STUB_RESET_VECTORS	2
#define AV_STUB_FINALISE	3
#define AV_STUB_GET_ICH_VTR	4
#define AV_STUB_MAX		4
#define AV_STUB_ERR		AV_UL(0x0badca11)

/*
 * The answer to a call of ours: this in the upper half says that it was done, the lower half is its value. Who has
 * taken EL2 from us does not answer so: the stub says AV_STUB_ERR, others 0, -1 or what they like, success by their own
 * rules.
 */
#define AV_ANSWER		AV_UL(0x4156646f)
#define AV_ANSWER_DONE(value)	(AV_ANSWER << 32 | (value))
/* EL2 is ours, but the call ended in a fault: el2_cpu.fault. */
#define AV_ANSWER_FAULT		(AV_UL(0x4156) << 48 | AV_UL(0xdead) << 32)

/*
 * VHE: in VPIDR_EL2 between bursts, where it means nothing to a host at EL2; a kernel that starts a CPU, or brings it
 * back, writes MIDR_EL1 there. Another value tells that the CPU lost power.
 */
#define AV_VHE_MARK		0x41566864

#define EL2_FEAT_ALWAYS		AV_UL(0)
/* el2_cpu.features: what the sources at EL2 may not find out by the kernel's alternatives. */
#define EL2_FEAT_GICV3		AV_BIT(0)	/* ICH_*_EL2 exist */
#define EL2_FEAT_RAS		AV_BIT(1)	/* DISR_EL1, ESB */
#define EL2_FEAT_STUB_ICH_VTR	AV_BIT(2)	/* the kernel's stub knows call 4 (7.2) */
#define EL2_FEAT_SPEC_AT	AV_BIT(3)	/* errata 1165522, 1319367, 1530923: speculative AT walks */
#define EL2_FEAT_VHE_CPU	AV_BIT(4)	/* ID_AA64MMFR1_EL1.VH: HCR_EL2.E2H exists (and stays 0 here) */
#define EL2_FEAT_HCR_APART	AV_BIT(5)	/* erratum AC04_CPU_23: barriers around HCR_EL2's write */
#define EL2_FEAT_VERIFY_IPA	AV_BIT(7)	/* erratum 834220: HPFAR_EL2 is only trusted for stage-1 walks */
#define EL2_FEAT_PAN		AV_BIT(10)	/* PSTATE.PAN exists */
#define EL2_FEAT_DIT		AV_BIT(11)	/* PSTATE.DIT exists */
#define EL2_FEAT_TCO		AV_BIT(12)	/* PSTATE.TCO exists */
#define EL2_FEAT_PMR		AV_BIT(13)	/* the host masks interrupts by ICC_PMR_EL1 (pseudo-NMI) */
#define EL2_FEAT_NMI		AV_BIT(32)	/* PSTATE.ALLINT exists */
#define EL2_FEAT_SPE		AV_BIT(33)	/* the profiling buffer is the host's to use */
#define EL2_FEAT_TRBE		AV_BIT(34)	/* the trace buffer likewise */
#define EL2_FEAT_BRBE		AV_BIT(35)	/* branch records, by a host that uses them */
#define EL2_FEAT_SVE		AV_BIT(36)	/* ZCR_EL2 exists, and the host's kernel uses SVE */
#define EL2_FEAT_S1PIE		AV_BIT(37)	/* PIR_EL1 and PIRE0_EL1 exist, and are EL2's to touch */
#define EL2_FEAT_BUFFERS	(EL2_FEAT_SPE | EL2_FEAT_TRBE | EL2_FEAT_BRBE)
/* Of the whole machine: el2_cpu.machine. */
#define EL2_FEAT_REPEAT_TLBI	AV_BIT(48)	/* some CPU needs TLBI and DSB twice: host/parts_rules.h */
#define EL2_FEAT_WFIT_UNTOLD	AV_BIT(49)	/* some CPU has WFIT, and says that it was a WFI when it traps */
#define EL2_FEAT_GUEST_HANGS	AV_BIT(50)	/* a guest without the workaround can stop some CPU */
#define EL2_FEAT_NO_CNTVOFF	AV_BIT(51)	/* CNTVOFF_EL2 had better be 0 */
#define EL2_FEAT_OF_MACHINE	(EL2_FEAT_REPEAT_TLBI | EL2_FEAT_WFIT_UNTOLD | EL2_FEAT_GUEST_HANGS |	\
				 EL2_FEAT_NO_CNTVOFF)
#define EL2_FEAT_BRPS(f)	(AV_GET(f, 59, 56) + 1)
#define EL2_FEAT_WRPS(f)	(AV_GET(f, 63, 60) + 1)

/* Offsets for switch.S and el2/init.S; el2/layout.c checks them. */
#define CPU_GPR			0
#define CPU_HOST_ELR		104
#define CPU_HOST_SPSR		112
#define CPU_HOST_SP		104	/* with VHE; CPU_HOST_ELR's place */
#define CPU_HOST_DAIF		112	/* with VHE; CPU_HOST_SPSR's place */
#define CPU_VCPU		120
#define CPU_PHASE		128
#define CPU_STACK_TOP		168
#define CPU_EMERGENCY		192
#define CPU_EMERGENCY_TOP	1728
#define CPU_SAVED		1728
#define CPU_FAULT		2048
#define CPU_FAULT_BUSY		(CPU_FAULT + 8)
#define CPU_FAULT_SP		(CPU_FAULT + 64)
#define CPU_FAULT_GPR		(CPU_FAULT + 72)
#define CPU_GUEST_VECTORS	2384
#define CPU_HARDEN_ARG		2392
#define CPU_HARDEN_HITS		2400
#define CPU_WALK		3992
#define SAVED_SCTLR		0	/* sctlr, tcr */
#define SAVED_MAIR		16	/* mair, ttbr0 */
#define SAVED_VBAR		32	/* vbar, sp */
#define SAVED_TPIDR		48

#define PARAMS_TTBR0		0
#define PARAMS_TCR		8
#define PARAMS_MAIR		16
#define PARAMS_SCTLR		24
#define PARAMS_STACK		32
#define PARAMS_CPU		40

/* Of a redistributor, from its SGI_base (IHI 0069, 12.11); bit n of each is INTID n's. */
#define GICR_ISPENDR0_OFFSET	0x0200
#define GICR_ICPENDR0_OFFSET	0x0280
#define GICR_ISACTIVER0_OFFSET	0x0300
#define GICR_ICACTIVER0_OFFSET	0x0380

/* x1 of SVE: ZCR_EL2 as it was found. */
#define AV_SVE_FOUND		(~AV_UL(0))

/* av_vcpu_ctx.running: 0 outside of the guest, else where it runs, so that others can kick that CPU. */
#define AV_RUNNING		AV_BIT(0)
#define AV_RUNNING_REDIST	AV_BIT(1)	/* the EL2 address of its redistributor's SGI_base, else its affinity */
#define AV_RUNNING_ADDR(v)	((v) & ~AV_MASK(1, 0))
#define AV_RUNNING_MPIDR(v)	((v) >> 8)

/*
 * What a way out of the guest begins with, so that no branch predictor of ours knows what the guest taught it: the
 * vector tables of switch.S in their order.
 */
#define EL2_HARDEN_NONE		0
#define EL2_HARDEN_LOOP		1	/* el2_cpu.harden_arg branches, which fill the history */
#define EL2_HARDEN_CLRBHB	2	/* the instruction */
#define EL2_HARDEN_FW		3	/* a call of the firmware; harden_arg is its id */
#define EL2_HARDEN_COUNT	4	/* for tests: count the ways out in harden_hits */
#define EL2_NR_HARDEN		5
#define EL2_VECTORS_SIZE	2048

/* How EL2 asks the CPU where a guest's address is: switch.S, el2_walk(); 0: as for a read. */
#define AV_WALK_ANY		AV_BIT(0)	/* whatever the permissions are: FEAT_ATS1A */
#define AV_WALK_FAILS_SHIFT	1
#define AV_WALK_FAILS		AV_BIT(AV_WALK_FAILS_SHIFT)	/* debug only: the next one ends in an external abort */

/* Faults that the debug hook can be asked to commit (module parameter debug_faults). */
#define AV_PROVOKE_READ		1	/* load from an address that nothing maps, world still the host's */
#define AV_PROVOKE_UNDEF	2	/* undefined instruction, likewise */
#define AV_PROVOKE_STACK	3	/* run off the stack */
#define AV_PROVOKE_WORLD	4	/* load from nowhere with the guest's world in the CPU */
#define AV_PROVOKE_CONTROLS	5	/* no fault: read the trap controls back at each entry, into ctx->seen */
#define AV_PROVOKE_WALK		6	/* a stand-in: an external abort of the CPU's next walk */
/* SErrors, by stand-ins (el2/serror.c): left by the guest at its next exit for the host */
#define AV_PROVOKE_SERROR	7	/* recoverable */
#define AV_PROVOKE_SERROR_CE	8	/* corrected */
#define AV_PROVOKE_SERROR_UC	9	/* uncontained */
#define AV_PROVOKE_SERROR_RUN	10	/* recoverable, and it comes while the guest runs */

#ifndef __ASSEMBLY__

#include "controls.h"

enum av_el2_call {
#define EL2_CALL(name, what)	AV_CALL_##name,
#include "el2_calls.def"
	AV_NR_CALLS
};

/* EL2 registers as they were found; put back one by one at RELEASE. */
#define EL2_SAVED_REGS(X)							\
	X(sctlr, SCTLR_EL2)	X(tcr, TCR_EL2)		X(mair, MAIR_EL2)	\
	X(ttbr0, TTBR0_EL2)	X(vbar, VBAR_EL2)	X(sp, SP_EL2)		\
	X(tpidr, TPIDR_EL2)	X(hcr, HCR_EL2)		X(cptr, CPTR_EL2)	\
	X(mdcr, MDCR_EL2)	X(cnthctl, CNTHCTL_EL2)				\
	X(cntvoff, CNTVOFF_EL2)	X(vttbr, VTTBR_EL2)	X(vtcr, VTCR_EL2)	\
	X(vpidr, VPIDR_EL2)	X(vmpidr, VMPIDR_EL2)	X(ich_hcr, ICH_HCR_EL2)	\
	X(ich_vmcr, ICH_VMCR_EL2) X(icc_sre, ICC_SRE_EL2) X(esr, ESR_EL2)	\
	X(far, FAR_EL2)		X(hpfar, HPFAR_EL2)	X(afsr0, AFSR0_EL2)	\
	X(cnthp_cval, CNTHP_CVAL_EL2)	X(cntv_ctl, CNTV_CTL_EL0)		\
	X(cntv_cval, CNTV_CVAL_EL0)	X(cntp_ctl, CNTP_CTL_EL0)		\
	X(cntp_cval, CNTP_CVAL_EL0)	X(vdisr, VDISR_EL2)	X(vsesr, VSESR_EL2)	\
	X(pmscr, PMSCR_EL12)	X(brbcr, BRBCR_EL12)				\
	X(zcr, ZCR_EL2)

struct el2_saved {
#define X(field, reg)	u64 field;
	EL2_SAVED_REGS(X)
#undef X
};

/* What el2/init.S needs with the MMU off; cleaned to the point of coherency by the host. */
struct el2_params {
	u64 ttbr0, tcr, mair, sctlr;
	u64 stack;		/* EL2 address of the stack's top */
	u64 cpu;		/* EL2 address of struct el2_cpu */
};

/* A fault taken at EL2 from EL2. */
struct el2_fault {
	u64 count;		/* so many since load */
	u64 busy;		/* recording: a second fault meanwhile can't be contained */
	u64 vector;		/* 0 sync, 1 IRQ, 2 FIQ, 3 SError */
	u64 esr, elr, far, hpfar, spsr, sp;
	u64 gpr[31];
	u64 phase;		/* the letter of el2_cpu.phase at that moment */
};

/*
 * One page per CPU, at the top of the CPU's window and in TPIDR_EL2 (VHE: in av_vhe_cpu). The host reads it through
 * its own mapping for debugfs and the fault message; it writes only features, controls, present, idmap_release,
 * stack_top and what says so, before EL2 is taken; and machine.
 */
struct el2_cpu {
	u64 host_gpr[13];	/* x18 - x30 of the host during RUN */
	u64 host_elr;		/* where the host's HVC returns to; with VHE its stack pointer */
	u64 host_spsr;		/* with VHE its DAIF */
	u64 vcpu;		/* EL2 address of the context in RUN, 0 outside */
	u64 phase;		/* a letter: how far the world switch has come, el2/run.c */
	u64 features;
	u64 world;		/* EL2_WORLD_*: whose state is in the CPU, for the fault path */
	u64 idmap_release;	/* physical address of el2_release_idmap(), written by the host */
	u64 moved;		/* EL2_MOVED_*: what seldom changes hands, and has */
	u64 stack_top;		/* written by the host */
	u64 tlb_busy;		/* el2/tlb.c is at work; tlb_tcr, tlb_sctlr and tlb_hcr are what it puts back */
	u64 tlb_tcr;
	u64 emergency[192];	/* stack of the fault path when the real one overflowed */
	struct el2_saved saved;
	u32 ich_apr[8];		/* ICH_AP0Rn_EL2, ICH_AP1Rn_EL2 as found */
	u64 pad2[36 - sizeof(struct el2_saved) / 8];
	struct el2_fault fault;
	u64 machine;		/* EL2_FEAT_OF_MACHINE: what any CPU of the machine needs; written by the host */
	/* Written by the host before EL2 is taken (host/parts.c). */
	u64 guest_vectors;	/* VBAR_EL2 while a guest runs; with VHE during each call */
	u64 harden_arg;
	u64 harden_hits[8];	/* EL2_HARDEN_COUNT: by vector, from the guest's first (8) on */
	u64 host_sys[64];	/* host's EL1 registers during RUN, by slot (enum av_sys_slot) */
	u64 host_debug[64];	/* host's breakpoints and watchpoints, while a guest uses them */
	u64 loaded;		/* VHE: the context whose EL1 state is in the CPU, 0: nobody's */
	u64 host_pan, host_dit, host_tco;	/* VHE: PSTATE of the host during RUN */
	u64 tlb_hcr;		/* VHE */
	u64 host_pmr;		/* ICC_PMR_EL1 of a host that masks interrupts by priority */
	u64 apr_words;		/* words of ICH_AP0Rn_EL2 that the GIC has: 1, 2 or 4 */
	u64 nr_lrs;		/* list registers that it has */
	/* Written by the host before the first RUN; 0: not known, the host does it (el2/fast_irq.c). */
	u64 redist;		/* EL2 address of this CPU's GICR_ISPENDR0 and its like (SGI_base) */
	u64 kick_intid;		/* the PPI with which others make this CPU look: the maintenance interrupt */
	u64 timer_intid[2];	/* the timers' PPIs: AV_TIMER_VIRT, AV_TIMER_PHYS */
	/* Written by the host before EL2 is taken, of this CPU's ID registers: include/controls.h. */
	struct av_controls controls;
	u64 present;		/* AV_BIT(AV_CONTROL_*): those of the list that are there and may be touched */
	u64 found[AV_NR_CONTROLS];	/* the host's values of the list */
	u64 differ;		/* AV_BIT(AV_CONTROL_*): those that change hands at each entry and exit */
	/* nVHE: of buffers that were stopped for the guest, el2/buffers.c; 0: not in use */
	u64 host_pmblimitr, host_pmscr, host_trblimitr, host_trfcr, host_brbcr;
	u64 host_allint;	/* VHE: PSTATE.ALLINT of the host during RUN */
	u64 provoke_tlb;		/* debug only: the next maintenance by VMID stumbles */
	/* Doorbells, include/bells.h; host/boxes.c */
	union {
		u32 box[2];		/* any: VMs of which bells were rung for this CPU's host */
		u64 box_any;		/* both at once */
	};
	u32 box_away;			/* its host: it can't be told, it is going down */
	u32 box_busy;			/* its host: it has other things to do; any host, after a while: try again */
	u64 icc_sre_el1;		/* ICC_SRE_EL1 as found */
	u64 keys_moved;			/* pointer authentication keys are the guest's, host_sys has the host's */
	u64 tags_moved;			/* likewise registers of memory tagging */
	u64 counters;			/* nVHE, EL2_MOVED_COUNTERS: those that were started for the guest */
	u64 may_open;			/* AV_BIT(AV_CONTROL_*): a VM that is shown a feature may have more there */
	u64 late_moved;			/* AV_LATE_*: they are the guest's, host_sys has the host's; nVHE */
	u64 tlb_sctlr;			/* with tlb_tcr */
	u64 walk;			/* AV_WALK_*: how el2_walk() asks; written by the host before EL2 is taken */
};

#define EL2_MOVED_DEBUG		AV_BIT(0)	/* host_debug holds the host's breakpoints */
#define EL2_MOVED_COUNTERS	AV_BIT(1)

#define EL2_WORLD_HOST		0	/* all of the host's state is in the CPU */
#define EL2_WORLD_GUEST		1	/* the host's is complete in el2_cpu, the CPU may hold anything */

#endif /* __ASSEMBLY__ */
#endif
