/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In and out of the guest, and the host's door: EL2's two vector tables and the code that must see every
 * register.
 *
 * Runs at: EL2, with the MMU on; DAIF is masked throughout. Owns: the general-purpose registers of who is
 * not running: the guest's in struct av_vcpu_ctx, the host's x18 - x30 in struct el2_cpu.
 *
 * SP_EL2 points at the top of the CPU's stack whenever host or guest runs, but for the frame of
 * el2_guest_run() in the latter case. TPIDR_EL2 is struct el2_cpu.
 */
#include "include/el2_abi.h"
#include "include/vcpu_ctx.h"

#define EC_HVC	0x16

/* One of 16 entries of a vector table; the assembler refuses one that outgrows its 128 bytes. */
	.macro	vector table, index
	.org	\table + \index * 0x80
	.endm

/* x18 - x30 between CPU and [\base + CPU_GPR]; \op is stp or ldp, \one str or ldr. */
	.macro	host_gprs op, one, base
	\op	x18, x19, [\base, #(CPU_GPR + 0)]
	\op	x20, x21, [\base, #(CPU_GPR + 16)]
	\op	x22, x23, [\base, #(CPU_GPR + 32)]
	\op	x24, x25, [\base, #(CPU_GPR + 48)]
	\op	x26, x27, [\base, #(CPU_GPR + 64)]
	\op	x28, x29, [\base, #(CPU_GPR + 80)]
	\one	x30, [\base, #(CPU_GPR + 96)]
	.endm

/* x2 - x30 between CPU and [\base + \at], the same way. */
	.macro	high_gprs op, one, base, at
	\op	x2, x3, [\base, #(\at + 16)]
	\op	x4, x5, [\base, #(\at + 32)]
	\op	x6, x7, [\base, #(\at + 48)]
	\op	x8, x9, [\base, #(\at + 64)]
	\op	x10, x11, [\base, #(\at + 80)]
	\op	x12, x13, [\base, #(\at + 96)]
	\op	x14, x15, [\base, #(\at + 112)]
	\op	x16, x17, [\base, #(\at + 128)]
	\op	x18, x19, [\base, #(\at + 144)]
	\op	x20, x21, [\base, #(\at + 160)]
	\op	x22, x23, [\base, #(\at + 176)]
	\op	x24, x25, [\base, #(\at + 192)]
	\op	x26, x27, [\base, #(\at + 208)]
	\op	x28, x29, [\base, #(\at + 224)]
	\one	x30, [\base, #(\at + 240)]
	.endm

/* Nothing may be executed speculatively behind an eret. */
	.macro	exception_return
	eret
	dsb	nsh
	isb
	.endm

/*
 * A fault at EL2 itself. No stack may be trusted, so the first register is kept in CNTHP_CVAL_EL2: the EL2 physical
 * timer is nobody's on an nVHE host (it is off), and the register is put back at release.
 */
	.macro	fault_vector table, index, kind
	vector	\table, \index
	msr	cnthp_cval_el2, x0
	mov	x0, #\kind
	b	el2_fault_entry
	.endm

	.macro	guest_vector table, index, kind
	vector	\table, \index
	stp	x0, x1, [sp, #-16]!
	mov	x0, #\kind
	b	guest_exit
	.endm

/* What an nVHE host cannot take to EL2: IRQ and the like are not routed here while it runs. */
	.macro	never_vector table, index
	vector	\table, \index
	b	.
	.endm

	.section .vectors, "ax"

	.balign	2048
	.global	el2_host_vectors
el2_host_vectors:
	fault_vector el2_host_vectors, 0, 0	// EL2 with SP_EL0: synchronous
	fault_vector el2_host_vectors, 1, 1	//		IRQ
	fault_vector el2_host_vectors, 2, 2	//		FIQ
	fault_vector el2_host_vectors, 3, 3	//		SError
	fault_vector el2_host_vectors, 4, 0	// EL2 with SP_EL2: synchronous
	fault_vector el2_host_vectors, 5, 1	//		IRQ
	fault_vector el2_host_vectors, 6, 2	//		FIQ
	fault_vector el2_host_vectors, 7, 3	//		SError
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

	.balign	2048
	.global	el2_guest_vectors
el2_guest_vectors:
	fault_vector el2_guest_vectors, 0, 0	// EL2 with SP_EL0: synchronous
	fault_vector el2_guest_vectors, 1, 1	//		IRQ
	fault_vector el2_guest_vectors, 2, 2	//		FIQ
	fault_vector el2_guest_vectors, 3, 3	//		SError
	fault_vector el2_guest_vectors, 4, 0	// EL2 with SP_EL2: synchronous
	fault_vector el2_guest_vectors, 5, 1	//		IRQ
	fault_vector el2_guest_vectors, 6, 2	//		FIQ
	fault_vector el2_guest_vectors, 7, 3	//		SError
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
 * el2_guest_run - enter the guest, return at its next exit that is for the host
 *
 * In:		x0 = struct av_vcpu_ctx, the guest's world in the CPU.
 * Out:		x0 = enum av_exit; the guest's GPRs, PC and PSTATE in memory.
 * Clobbers:	as a function, and x18 (this image is compiled with -ffixed-x18).
 * Stack:	96 bytes, while the guest runs.
 */
	.global	el2_guest_run
el2_guest_run:
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
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
	mrs	x1, tpidr_el2
	ldr	x1, [x1, #CPU_VCPU]
	high_gprs stp, str, x1, CTX_GPR
	ldp	x2, x3, [sp], #16
	stp	x2, x3, [x1, #CTX_GPR]
	mov	x19, x1
	mov	x1, x0
	mov	x0, x19
	bl	el2_guest_exit			// x0 = ctx, x1 = enum av_exit
	cbnz	x0, 1f
	mov	x0, x19
	b	guest_enter
1:	sub	x0, x0, #1
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret

/*
 * el2_fault_entry - record, restore the host, answer its call with AV_EXIT_BROKEN
 *
 * In:		CNTHP_CVAL_EL2 = x0 at the fault, x0 = kind.
 * A fault while one is being recorded can't be contained: the CPU stays here, its page tells why.
 */
el2_fault_entry:
	msr	elr_el1, x1			// scratch: reloaded with the host's world
	mrs	x1, tpidr_el2
	add	x1, x1, #CPU_FAULT
	str	x0, [x1, #(CPU_FAULT_BUSY - CPU_FAULT + 8)]
	ldr	x0, [x1, #(CPU_FAULT_BUSY - CPU_FAULT)]
	cbnz	x0, .
	mov	x0, #1
	str	x0, [x1, #(CPU_FAULT_BUSY - CPU_FAULT)]
	high_gprs stp, str, x1, (CPU_FAULT_GPR - CPU_FAULT)
	mov	x2, x1
	mrs	x0, cnthp_cval_el2
	mrs	x1, elr_el1
	stp	x0, x1, [x2, #(CPU_FAULT_GPR - CPU_FAULT)]
	mov	x3, sp
	str	x3, [x2, #(CPU_FAULT_SP - CPU_FAULT)]
	mrs	x19, tpidr_el2
	add	x3, x19, #CPU_EMERGENCY_TOP
	mov	sp, x3
	ldr	x1, [x2, #(CPU_FAULT_BUSY - CPU_FAULT + 8)]
	mov	x0, x19
	bl	el2_fault			// x0 = cpu, x1 = kind
	str	xzr, [x19, #CPU_FAULT_BUSY]
	/* The stack is empty again. */
	ldr	x3, [x19, #CPU_STACK_TOP]
	mov	sp, x3
	mov	x0, #3				// AV_EXIT_BROKEN
	b	host_return
