/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The door of an nVHE host: the vector table that is installed while the host runs, and its HVCs.
 *
 * Runs at: EL2, with the MMU on; DAIF is masked throughout. Owns: the host's general-purpose registers during a
 * call: x18 - x30 in struct el2_cpu.
 *
 * SP_EL2 points at the top of the CPU's stack whenever the host runs. TPIDR_EL2 is struct el2_cpu.
 */
#include "macros.S"

#define EC_HVC	0x16

/* What an nVHE host cannot take to EL2: IRQ and the like are not routed here while it runs. */
	.macro	never_vector table, index
	vector	\table, \index
	b	.
	.endm

	.section .vectors, "ax"

	.balign	2048
	.global	el2_host_vectors
el2_host_vectors:
	fault_vectors el2_host_vectors
	fault_vector el2_host_vectors, 4, 0	// EL2 with SP_EL2: synchronous
	fault_vector el2_host_vectors, 5, 1	//		IRQ
	fault_vector el2_host_vectors, 6, 2	//		FIQ
	fault_vector el2_host_vectors, 7, 3	// SError
	vector	el2_host_vectors, 8		// host, AArch64: synchronous
	b	host_sync
	never_vector el2_host_vectors, 9	//		IRQ
	never_vector el2_host_vectors, 10	//		FIQ
	never_vector el2_host_vectors, 11	//		SError
	vector	el2_host_vectors, 12		// host, AArch32 EL0: synchronous
	b	host_sync
	never_vector el2_host_vectors, 13	//		IRQ
	never_vector el2_host_vectors, 14	//		FIQ
	never_vector el2_host_vectors, 15	//		SError
	.org	el2_host_vectors + 2048

	.text

/*
 * host_sync - the host executed HVC (or trapped, which is never meant to happen)
 *
 * In:		the host's registers; x0 = number of the call.
 * Out:		x0 = answer. Our own calls (AV_CALL) clobber x1 - x17 as a function call does; the stub's calls
 *		clobber x0 only.
 */
host_sync:
	stp	x0, x1, [sp, #-16]!
	mrs	x1, esr_el2
	ubfx	x1, x1, #26, #6
	cmp	x1, #EC_HVC
	b.ne	host_trap
	cmp	x0, #AV_STUB_MAX
	b.ls	host_stub
	mrs	x1, tpidr_el2
	host_gprs stp, str, x1
	mrs	x18, elr_el2
	mrs	x19, spsr_el2
	stp	x18, x19, [x1, #CPU_HOST_ELR]
	ldp	x0, x1, [sp], #16
	bl	el2_host_call			// x0 = id, x1 - x3 = arguments

/* host_return - x0 = answer; everything else of the host's from its page */
host_return:
	mrs	x1, tpidr_el2
	ldp	x18, x19, [x1, #CPU_HOST_ELR]
	msr	elr_el2, x18
	msr	spsr_el2, x19
	host_gprs ldp, ldr, x1
	exception_return

/* The frame of x0 - x17 that host_stub and host_trap make, above the pair that host_sync pushed. */
	.macro	push_frame
	ldp	x0, x1, [sp], #16
	sub	sp, sp, #144
	stp	x0, x1, [sp]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	mrs	x1, tpidr_el2
	host_gprs stp, str, x1
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	stp	x2, x3, [x1, #CPU_HOST_ELR]
	.endm

	.macro	pop_frame_and_return
	mrs	x1, tpidr_el2
	host_gprs ldp, ldr, x1
	ldp	x0, x1, [sp]
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	add	sp, sp, #144
	exception_return
	.endm

host_stub:
	push_frame
	mov	x0, sp
	bl	el2_stub_call
	pop_frame_and_return

host_trap:
	push_frame
	bl	el2_host_trap
	pop_frame_and_return

/*
 * el2_abandon - leave the host's call in progress, wherever it stands (el2_fault_entry)
 *
 * In:		x0 = answer. Nothing of the host's but x18 - x30 is still in the CPU.
 */
	.global	el2_abandon
el2_abandon:
	mrs	x1, tpidr_el2
	ldr	x2, [x1, #CPU_STACK_TOP]
	mov	sp, x2				// empty again
	b	host_return
