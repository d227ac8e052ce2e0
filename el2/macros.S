/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Macros that the assembly sources of EL2 share: register blocks, vector table entries. Included by them.
 *
 * Runs at: EL2. Owns: nothing.
 */
#include "../include/el2_abi.h"
#include "../include/vcpu_ctx.h"
#include "mode.h"

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

/* A fault at EL2 itself. No stack may be trusted, so the first register is kept in a system register. */
	.macro	fault_vector table, index, kind
	.org	\table + \index * 0x80
	msr	FAULT_X0, x0
	mov	x0, #\kind
	b	el2_fault_entry
	.endm

/* The first four entries of a table: EL2 runs with SP_EL2 alone. */
	.macro	fault_vectors table
	fault_vector \table, 0, 0	// EL2 with SP_EL0: synchronous
	fault_vector \table, 1, 1	//		IRQ
	fault_vector \table, 2, 2	//		FIQ
	fault_vector \table, 3, 3	//		SError
	.endm
