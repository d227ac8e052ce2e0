/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of a vCPU that EL2 reads and writes: one struct, in pages of its own, lent to EL2.
 *
 * Runs at: host kernel and EL2 (no code).
 * Owns: nothing; who may touch which group and when is docs/state-ownership.md.
 *
 * Between el2_call(RUN) and its return the struct belongs to EL2; at all other times it belongs
 * to the host thread that holds vcpu->mutex. Fields marked "any" are written with atomics by others too.
 */
#ifndef AV_VCPU_CTX_H
#define AV_VCPU_CTX_H

/* Offsets for switch.S; el2/layout.c checks each against the struct. */
#define CTX_GPR			0
#define CTX_PC			248
#define CTX_PSTATE		256

#ifndef __ASSEMBLY__
#include "arm_regs.h"
#include "controls.h"

/* Slots of ctx->sys[]: one per register that sysregs.def gives a home in the context. */
enum av_sys_slot {
#define SR_SWITCH(name, ...)	AV_##name,
#define SR_CORE(name, ...)	AV_##name,
#define SR_CTX(name, ...)	AV_##name,
#define SR_KEY(name, ...)	AV_##name,
#define SR_TAG(name, ...)	AV_##name,
#define SR_LATE(name, ...)	AV_##name,
#include "sysregs.def"
	AV_NR_SYS
};

/* Why RUN returned. */
enum av_exit {
	AV_EXIT_TRAP,		/* synchronous exception; ctx->trap tells which */
	AV_EXIT_IRQ,		/* a physical interrupt waits for the host */
	AV_EXIT_SERROR,		/* a physical SError arrived while the guest ran */
	AV_EXIT_BROKEN,		/* the host's: a fault in EL2 code; el2_cpu->fault tells where */
	AV_EXIT_KICK,		/* an SGI was sent, and targets wait to be woken: ctx->kick_* */
	AV_EXIT_LOST,		/* the host's: EL2 of this CPU is not ours any more, nothing was run */
};

/* One snapshot of a trap, taken at EL2; nobody reads the syndrome registers again. */
struct av_trap {
	u64 esr;		/* ESR_EL2 */
	u64 far;		/* FAR_EL2, valid with AV_TRAP_FAR */
	u64 ipa;		/* page of the fault from HPFAR_EL2 or a walk, valid with AV_TRAP_IPA */
	u64 flags;
};

#define AV_TRAP_FAR		AV_BIT(0)
#define AV_TRAP_IPA		AV_BIT(1)

/* Image of the GICv3 virtual CPU interface (IHI 0069, chapter 12.4 ICH_*_EL2). */
struct av_gic_ctx {
	u64 lr[16];		/* ICH_LRn_EL2 */
	u16 lr_intid[16];	/* what is in them */
	u32 used_lrs;		/* lr[0 .. used_lrs) are loaded before and saved after the guest */
	u32 hcr;		/* ICH_HCR_EL2 while the guest runs */
	u32 hcr_exit;		/* ICH_HCR_EL2 as read after the guest ran (EOIcount) */
	u32 vmcr;		/* ICH_VMCR_EL2 */
	u32 ap0r[4];		/* ICH_AP0Rn_EL2, as many as PREbits gives */
	u32 ap1r[4];		/* ICH_AP1Rn_EL2 */
};

/* A timer as software programs it. */
struct av_timer_regs {
	u64 ctl;		/* CNTx_CTL_EL0 */
	u64 cval;		/* CNTx_CVAL_EL0 */
};

/* The two timers of a guest, where there is an array of something for each or a bit. */
#define AV_TIMER_VIRT		0
#define AV_TIMER_PHYS		1
#define AV_NR_TIMERS		2

/* Debug registers that only a guest that debugs needs (DDI 0487, D24.3). */
struct av_debug_ctx {
	u64 bvr[16], bcr[16], wvr[16], wcr[16];
};

/* Of debug_live; 0: no more than MDSCR_EL1 is loaded */
#define AV_DEBUG_BANKS		AV_BIT(0)	/* ctx->debug_loaded */
#define AV_DEBUG_OUTSIDE	AV_BIT(1)	/* user space debugs: MDCR_EL2.TDE is set, and it may step */

/* ctx->seen: the list of controls.def, then these */
enum av_seen {
	AV_SEEN_HCR = AV_NR_CONTROLS,
	AV_SEEN_CPTR,
	AV_SEEN_MDCR,
	AV_SEEN_CNTHCTL,
	AV_NR_SEEN
};

/* Groups of sysregs.def's SR_LATE, in ctx->late */
#define AV_LATE_TCR2		AV_BIT(0)
#define AV_LATE_PIE		AV_BIT(1)
#define AV_LATE_SCTLR2		AV_BIT(2)
#define AV_LATE_FPMR		AV_BIT(3)
#define AV_LATE_OF_EL1		(AV_LATE_TCR2 | AV_LATE_PIE | AV_LATE_SCTLR2)

/* Beyond the 64 classes of ESR_EL2.EC: a physical interrupt. */
#define AV_FAST_IRQ		64
#define AV_FAST_CLASSES		65

/* Of has_gic; 0: ctx->gic is neither loaded nor saved, but for the traps */
#define AV_GIC_THERE		AV_BIT(0)
#define AV_GIC_MEMORY_BIT	1
#define AV_GIC_MEMORY		AV_BIT(AV_GIC_MEMORY_BIT)	/* the guest's CPU interface is GICV, on a GICv3 */

struct av_vcpu_ctx {
	u64 gpr[31];				/* X0 - X30 */
	u64 pc;					/* ELR_EL2 */
	u64 pstate;				/* SPSR_EL2 */
	struct av_trap trap;			/* written by EL2 at each exit */

	u64 sys[AV_NR_SYS];			/* EL1 and EL0 system registers */
	struct av_debug_ctx debug;

	/* Trap controls and identity; composed by the host (guest/controls.c), EL2 adds the CPU's and loads them. */
	u64 hcr;				/* HCR_EL2; EL2 writes VSE back, and vserror with it */
	u64 cptr;				/* CPTR_EL2, in the layout of the host's kind */
	u64 mdcr;				/* MDCR_EL2 without MDCR_HOSTS, which stay the host's */
	/* What this VM is shown, features.def's OPEN, and the vCPU has used; added to the CPU's */
	u64 hcrx, hfgrtr, hfgwtr;		/* HCRX_EL2, HFGRTR_EL2, HFGWTR_EL2 */
	u64 mdscr;				/* MDSCR_EL1, of the guest's and user space's wishes */
	u64 vttbr;				/* VTTBR_EL2 */
	u64 vtcr;				/* VTCR_EL2 */
	u64 vmpidr;				/* VMPIDR_EL2 */
	u64 vpidr;				/* VPIDR_EL2 */

	u64 fast;				/* EL2 address of struct av_vm_fast, 0: everything to the host */
	u64 fast_exits[AV_FAST_CLASSES];	/* so many exits were finished at EL2, by class */
	u64 gic_priv;				/* EL2 address of struct av_vgic_priv, 0: none */
	u64 gicr_typer;				/* GICR_TYPER without the affinity */
	u64 running;				/* AV_RUNNING*, while in the guest; any CPU reads it */
	/* AV_EXIT_KICK: of the vCPUs base + n those to wake, and those unknown to EL2 that still need the SGI */
	u32 kick_base, kick_wake, kick_post, kick_intid;

	/* Timers, live in the CPU only while the guest runs; the physical one only if cnthctl has it untrapped. */
	u64 cnthctl;				/* EL1PCTEN and EL1PTEN of CNTHCTL_EL2, as E2H has them */
	u64 cntvoff;				/* CNTVOFF_EL2 */
	struct av_timer_regs cntv, cntp;

	/* What few have, looked at together; EL2 does it with the guest's world in the CPU. */
	union {
		struct {
			u8 provoke;		/* debug only: the EL2 fault to commit, el2_abi.h */
			u8 late;		/* AV_LATE_*: registers that are moved, and open */
			u8 keys;		/* of pointer authentication are moved; HCR_EL2 has API and APK */
			u8 a32;			/* EL1 is AArch32: el2/a32.c */
			u16 use_counters;	/* counters is not 0 */
			u8 tags;		/* of memory: registers are moved; HCR_EL2 has ATA */
			u8 vserror;		/* a virtual SError waits: HCR_EL2 has VSE, VSESR_EL2 is loaded */
		};
		u64 rare;
	};

	struct av_gic_ctx gic;
	u32 has_gic;				/* AV_GIC_* */
	u32 debug_live;				/* AV_DEBUG_* */
	u64 counters;				/* nVHE: the host's, by number, that count what the guest does */
	u32 loaded;				/* VHE: sys[] is history, the CPU of the burst has the truth */
	/* EL2 takes the guest's own interrupts: el2/fast_irq.c. */
	u32 host_wants;				/* any: the kick is not (only) about SGIs */
	u32 may_wait;				/* in WFI at EL2: nobody else wants the CPU */
	u32 timer_intid[AV_NR_TIMERS];		/* the guest's, 0: the host does it */
	u32 timer_moved;			/* bits of timers whose physical interrupt EL2 made active */
	u32 bell_walk;				/* odd: EL2 looks at the VM's doorbells; any CPU reads it */
	u32 modes;				/* PSR_MODES_64 or _32 */
	u32 kicks;				/* that EL2 was to take: el2/fast_irq.c */
	u64 bell_cpu;				/* EL2 address of the el2_cpu that is told of doorbells, 0: none */

	struct av_debug_ctx debug_loaded;	/* what EL2 loads, with AV_DEBUG_BANKS: the guest's or user space's */

	u64 seen[AV_NR_SEEN];			/* debug only, AV_PROVOKE_CONTROLS: controls in force */
	u64 spsr32[4];				/* SPSR_abt, _und, _irq, _fiq; moved with ctx->a32 */
	u64 serror;				/* ESR_EL2 of an SError that came with or after the guest, 0: none */
	u64 vsesr;				/* VSESR_EL2: syndrome of the virtual SError */

	/* FP/SIMD; moved by the host (guest/fp.c), never by EL2. With SVE in use V is history: guest/sve.c */
	unsigned __int128 v[32];		/* V0 - V31; the type is 16-byte aligned */
	u64 fpsr;
	u64 fpcr;
};

#endif /* __ASSEMBLY__ */
#endif
