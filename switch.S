/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In and out of the guest: the vector table that is installed while it runs, and the code that must see every
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

	.macro	guest_vector table, index, kind
	vector	\table, \index
	stp	x0, x1, [sp, #-16]!
	mov	x0, #\kind
	b	guest_exit
	.endm

	.section .vectors, "ax"

	.balign	2048
	.global	el2_guest_vectors
el2_guest_vectors:
	fault_vectors el2_guest_vectors
	guest_vector el2_guest_vectors, 8, 0	// guest, AArch64: synchronous, AV_EXIT_TRAP
	guest_vector el2_guest_vectors, 9, 1	//		IRQ, AV_EXIT_IRQ
	guest_vector el2_guest_vectors, 10, 1	//		FIQ
	guest_vector el2_guest_vectors, 11, 2	//		SError, AV_EXIT_SERROR
	guest_vector el2_guest_vectors, 12, 0	// guest, AArch32 EL0: synchronous
	guest_vector el2_guest_vectors, 13, 1	//		IRQ
	guest_vector el2_guest_vectors, 14, 1	//		FIQ
	guest_vector el2_guest_vectors, 15, 2	//		SError
	.org	el2_guest_vectors + 2048

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

	.global	el2_guest_run
el2_guest_run:
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
