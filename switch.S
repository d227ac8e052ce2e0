/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In and out of the guest: the vector tables of which one is installed while it runs, and the code that must see every
 * register.
 *
 * Runs at: EL2, with the MMU on; DAIF is masked throughout. Owns: the guest's general-purpose registers in struct
 * av_vcpu_ctx, and what el2_guest_run() keeps on the stack.
 *
 * SP_EL2 points at the frame of el2_guest_run() while the guest runs: on an nVHE host on the CPU's own stack, on a
 * VHE host on the kernel stack of the thread that is in KVM_RUN. The host's doors are el2/nvhe_door.S and
 * el2/vhe_door.S.
 */
#include "el2/macros.S"

#define EC_DABT_CUR	0x25
#define EC_SERROR	0x2f
#define PAR_ABORTED	0x21			// PAR_F, FSC_EXTABT
#define PSR_A		0x100
#define PSR_MODE_EL2H	9

/*
 * An SError at EL2: expected in el2_serror_window(), which has x16 and x17 to lose; else a fault. It goes on behind the
 * window, masked, with the syndrome in x0.
 */
	.macro	serror_vector table
	vector	\table, 7
	mrs	x16, elr_el2
	adr	x17, serror_open
	sub	x16, x16, x17
	cmp	x16, #4
	b.hi	78f
	mrs	x0, esr_el2
	adr	x17, serror_closed
	msr	elr_el2, x17
	mrs	x17, spsr_el2
	orr	x17, x17, #PSR_A
	msr	spsr_el2, x17
	exception_return
78:	msr	FAULT_X0, x0
	mov	x0, #3
	b	el2_fault_entry
	.endm

/*
 * A synchronous exception at EL2: expected of the walk in el2_walk(), as an external abort, where x16 and x17 are to
 * lose; else a fault, whose record has not these two.
 */
	.macro	sync_vector table
	vector	\table, 4
	mrs	x16, elr_el2
	adr	x17, at_open
	sub	x16, x16, x17
	cmp	x16, #(at_closed - at_open)
	b.hs	76f
	mrs	x16, esr_el2
	lsr	x16, x16, #26
	cmp	x16, #EC_DABT_CUR
	b.ne	76f
	adr	x17, at_failed
	msr	elr_el2, x17
	exception_return
76:	msr	FAULT_X0, x0
	mov	x0, #0
	b	el2_fault_entry
	.endm

/*
 * What a way out of the guest begins with, on parts where the guest could otherwise have taught the branch predictors
 * what our branches do (docs/silicon.md, speculation). x0 and x1 are on the stack; no indirect branch comes before.
 */
	.macro	harden_none index
	.endm

/* As many taken branches as the part's history is long. Nothing behind is executed speculatively (no SB in v8.0). */
	.macro	harden_loop index
	cpu_page x0, x1
	ldr	x0, [x0, #CPU_HARDEN_ARG]
77:	b	. + 4
	subs	x0, x0, #1
	b.ne	77b
	dsb	nsh
	isb
	.endm

	.macro	harden_clrbhb index
	hint	#22			// CLRBHB
	isb
	.endm

/* SMCCC_ARCH_WORKAROUND_1 or _3: x0 - x3 are all that the firmware may change (DEN0028, 7.5, 7.8). */
	.macro	harden_fw index
	stp	x2, x3, [sp, #-16]!
	cpu_page x0, x1
	ldr	w0, [x0, #CPU_HARDEN_ARG]
	smc	#0
	ldp	x2, x3, [sp], #16
	.endm

	.macro	harden_count index
	cpu_page x0, x1
	ldr	x1, [x0, #(CPU_HARDEN_HITS + 8 * (\index - 8))]
	add	x1, x1, #1
	str	x1, [x0, #(CPU_HARDEN_HITS + 8 * (\index - 8))]
	.endm

	.macro	guest_vector table, index, kind, harden
	vector	\table, \index
	stp	x0, x1, [sp, #-16]!
	harden_\harden \index
	mov	x0, #\kind
	b	guest_exit
	.endm

	.macro	guest_vectors table, harden
	.balign	EL2_VECTORS_SIZE
\table:
	fault_vectors \table
	sync_vector \table
	fault_vector \table, 5, 1		// EL2 with SP_EL2: IRQ
	fault_vector \table, 6, 2		//		FIQ
	serror_vector \table
	guest_vector \table, 8, 0, \harden	// guest, AArch64: synchronous, AV_EXIT_TRAP
	guest_vector \table, 9, 1, \harden	//		IRQ, AV_EXIT_IRQ
	guest_vector \table, 10, 1, \harden	//		FIQ
	guest_vector \table, 11, 2, \harden	//		SError, AV_EXIT_SERROR
	guest_vector \table, 12, 0, \harden	// guest, AArch32 EL1: synchronous
	guest_vector \table, 13, 1, \harden	//		IRQ
	guest_vector \table, 14, 1, \harden	//		FIQ
	guest_vector \table, 15, 2, \harden	//		SError
	.org	\table + EL2_VECTORS_SIZE
	.endm

	.section .vectors, "ax"

/* One table for each EL2_HARDEN_*; which one is in VBAR_EL2 is the part's choice, so that no exit has to ask. */
	.global	el2_guest_vectors
	guest_vectors el2_guest_vectors, none
	guest_vectors el2_guest_vectors_loop, loop
	guest_vectors el2_guest_vectors_clrbhb, clrbhb
	guest_vectors el2_guest_vectors_fw, fw
	guest_vectors el2_guest_vectors_count, count
	.org	el2_guest_vectors + EL2_NR_HARDEN * EL2_VECTORS_SIZE

	.text

/*
 * el2_guest_run - enter the guest, return at its next exit that is for the host
 *
 * In:		x0 = struct av_vcpu_ctx, the guest's world in the CPU.
 * Out:		x0 = enum av_exit; the guest's GPRs, PC and PSTATE in memory.
 * Clobbers:	as a function. x18 survives: the shadow call stack of a VHE host.
 * Stack:	RUN_FRAME bytes while the guest runs; that is where guest_exit finds the context, since TPIDR_EL2 is
 *		the kernel's on a VHE host.
 */
#define RUN_FRAME	112
#define FRAME_CTX	96

	.macro	run_frame
	stp	x29, x30, [sp, #-RUN_FRAME]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	stp	x0, x18, [sp, #FRAME_CTX]
	ldr	x2, [x0, #CTX_PC]
	ldr	x3, [x0, #CTX_PSTATE]
	msr	elr_el2, x2
	msr	spsr_el2, x3
	.endm

	.global	el2_guest_run
el2_guest_run:
	run_frame

/* x0 = ctx; ELR_EL2 and SPSR_EL2 are the guest's */
guest_enter:
	high_gprs ldp, ldr, x0, CTX_GPR
	ldp	x0, x1, [x0, #CTX_GPR]
	/* Do not touch any register from here to the eret. */
	exception_return

/* x0 = enum av_exit, the guest's x0 and x1 on the stack */
guest_exit:
	ldr	x1, [sp, #(16 + FRAME_CTX)]
	high_gprs stp, str, x1, CTX_GPR
	ldp	x2, x3, [sp], #16
	stp	x2, x3, [x1, #CTX_GPR]
	mov	x19, x1
	bl	el2_guest_exit			// x0 = enum av_exit, x1 = ctx
	cbnz	x0, 1f
	mov	x0, x19
	b	guest_enter
1:	sub	x0, x0, #1
	ldr	x18, [sp, #(FRAME_CTX + 8)]
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #RUN_FRAME
	ret

/*
 * el2_guest_run_serror - as if an SError came before the guest's first instruction: for tests, by the counting vectors
 */
	.global	el2_guest_run_serror
el2_guest_run_serror:
	run_frame
	mov	x2, #(EC_SERROR << 26)
	movk	x2, #0xc11			// with RAS: recoverable
	msr	esr_el2, x2
	high_gprs ldp, ldr, x0, CTX_GPR
	ldp	x0, x1, [x0, #CTX_GPR]
	b	el2_guest_vectors_count + 11 * 0x80

/*
 * u64 el2_serror_window(void) - let a pending SError come in while it can be nobody else's
 *
 * Out:		x0 = its ESR_EL2, 0: there was none.
 * Clobbers:	x16, x17; ELR, SPSR and ESR of EL2: what the guest had there is in memory.
 */
	.global	el2_serror_window
el2_serror_window:
	mov	x0, xzr
	msr	daifclr, #4
serror_open:
	/* It comes here at the latest (DDI 0487, D1.3.1, asynchronous exceptions and context synchronisation). */
	isb
	msr	daifset, #4
serror_closed:
	ret

/* u64 el2_serror_pretend(u64 esr) - as if that SError came in the window: for tests; arguments and result likewise */
	.global	el2_serror_pretend
el2_serror_pretend:
	msr	esr_el2, x0
	adr	x16, serror_open
	msr	elr_el2, x16
	mrs	x16, daif
	bic	x16, x16, #PSR_A
	mov	x17, #PSR_MODE_EL2H
	orr	x16, x16, x17
	msr	spsr_el2, x16
	b	el2_guest_vectors + 7 * 0x80

/*
 * u64 el2_walk(u64 va, u64 how) - have the CPU walk the guest's stage 1 for an access of EL1
 *
 * In:		x1 = AV_WALK_*; 0: a read (AT S1E1R).
 * Out:		x0 = what PAR_EL1 had of it, which has the guest's value again. A walk that itself ended in an external
 *		abort, or in one for an update of a descriptor that its memory does not do, comes to us (DDI 0487,
 *		D8.1.9, address translation instructions): PAR_ABORTED.
 * Clobbers:	x2 - x4, x16, x17, and FAR, HPFAR and ESR of EL2 then. What the guest is entered with (ELR, SPSR) stays.
 */
	.global	el2_walk
at_open:
1:	tbnz	x1, #AV_WALK_FAILS_SHIFT, el2_walk_pretend
	sys	#0, c7, c9, #2, x0		// AT S1E1A, which no assembler of ours knows
	b	2f
el2_walk:
	mrs	x4, par_el1
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	cbnz	x1, 1b
	at	s1e1r, x0
	/* The result is only visible behind a context synchronisation event. */
2:	isb
at_closed:
	mrs	x0, par_el1
3:	msr	par_el1, x4
	ret
at_failed:
	msr	elr_el2, x2
	msr	spsr_el2, x3
	mov	x0, #PAR_ABORTED
	b	3b

/* As if the walk had failed, once: for tests. */
el2_walk_pretend:
	and	x1, x1, #~AV_WALK_FAILS
	cpu_page x16, x17
	str	x1, [x16, #CPU_WALK]
	mov	x16, #(EC_DABT_CUR << 26)
	msr	esr_el2, x16
	adr	x16, at_open
	msr	elr_el2, x16
	mrs	x16, daif
	mov	x17, #PSR_MODE_EL2H
	orr	x16, x16, x17
	msr	spsr_el2, x16
	b	el2_guest_vectors + 4 * 0x80

/*
 * el2_fault_entry - record, restore the host, answer its call with AV_ANSWER_FAULT
 *
 * In:		FAULT_X0 = x0 at the fault, x0 = kind.
 * A fault while one is being recorded can't be contained: the CPU stays here, its page tells why.
 */
	.global	el2_fault_entry
el2_fault_entry:
	msr	FAULT_X1, x1
	msr	FAULT_X2, x2
	cpu_page x1, x2
	add	x1, x1, #CPU_FAULT
	str	x0, [x1, #(CPU_FAULT_BUSY - CPU_FAULT + 8)]
	ldr	x0, [x1, #(CPU_FAULT_BUSY - CPU_FAULT)]
	cbnz	x0, .
	mov	x0, #1
	str	x0, [x1, #(CPU_FAULT_BUSY - CPU_FAULT)]
	mrs	x2, FAULT_X2
	high_gprs stp, str, x1, (CPU_FAULT_GPR - CPU_FAULT)
	mov	x2, x1
	mrs	x0, FAULT_X0
	mrs	x1, FAULT_X1
	stp	x0, x1, [x2, #(CPU_FAULT_GPR - CPU_FAULT)]
	mov	x3, sp
	str	x3, [x2, #(CPU_FAULT_SP - CPU_FAULT)]
	cpu_page x19, x20
	add	x3, x19, #CPU_EMERGENCY_TOP
	mov	sp, x3
	ldr	x1, [x2, #(CPU_FAULT_BUSY - CPU_FAULT + 8)]
	mov	x0, x19
	bl	el2_fault			// x0 = cpu, x1 = kind
	str	xzr, [x19, #CPU_FAULT_BUSY]
	mov	x0, #(AV_ANSWER_FAULT & (0xffff << 32))
	movk	x0, #(AV_ANSWER_FAULT >> 48), lsl #48
	b	el2_abandon
