/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What brings a random guest back (selftests/fuzz/guest_insns.c): vectors that count the exception, make the
 * translation controls sane again, and go on with the next case. Runs at EL1 of the guest, in a copy per vCPU, so that
 * all is found relative to the PC; nothing that a case leaves behind is used. Layout: fuzz_gen.h.
 */
#include "fuzz_gen.h"

	.text
	.macro	vec n
	.balign	128
	mov	x1, #\n
	b	recover
	.endm

	.balign	2048
	.globl	fuzz_vectors
fuzz_vectors:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vec	\n
	.endr
	.balign	128

recover:
	adr	x9, fuzz_vectors + FUZZ_PARAMS
	ldr	x2, [x9, #FUZZ_P_SCTLR]
	msr	sctlr_el1, x2
	isb
	ldr	x0, [x9, #FUZZ_P_DATA]
	mrs	x3, esr_el1
	ubfx	x3, x3, #26, #6
	and	x6, x1, #3
	cmp	x6, #1
	mov	x4, #FUZZ_IRQ_CLASS
	csel	x3, x4, x3, eq
	add	x4, x0, x3, lsl #3
	ldr	x5, [x4, #FUZZ_D_CLASS]
	add	x5, x5, #1
	str	x5, [x4, #FUZZ_D_CLASS]
	cmp	x6, #1
	b.ne	2f
	// An interrupt that is not ended would come before each case.
	ldr	x7, [x9, #FUZZ_P_GIC]
	cbz	x7, 2f
	cmp	x7, #2
	b.eq	1f
	mrs	x8, s3_0_c12_c12_0		// ICC_IAR1_EL1
	msr	s3_0_c12_c12_1, x8		// ICC_EOIR1_EL1
	b	2f
1:	ldr	x10, [x9, #FUZZ_P_GICC]
	ldr	w8, [x10, #0xc]			// GICC_IAR
	str	w8, [x10, #0x10]		// GICC_EOIR
2:	ldr	x2, [x0]
	add	x2, x2, #1
	str	x2, [x0]
	ands	x2, x2, #(FUZZ_CASES - 1)
	b.ne	3f
	// All cases are through: the host half writes new ones.
	ldr	x10, [x9, #FUZZ_P_UCALL]
	str	x2, [x10]
	ic	iallu
	dsb	nsh
	isb
3:	adr	x10, fuzz_vectors + FUZZ_CODE
	add	x10, x10, x2, lsl #6
	msr	elr_el1, x10
	adr	x11, fuzz_vectors + FUZZ_SPSR
	ldr	w12, [x11, x2, lsl #2]
	msr	spsr_el1, x12
	adr	x11, fuzz_vectors + FUZZ_VALUES
	add	x30, x11, x2, lsl #3
	ldp	x12, x13, [x30, #248]
	msr	sp_el0, x12
	mov	sp, x13
	ldp	x0, x1, [x30]
	ldp	x2, x3, [x30, #16]
	ldp	x4, x5, [x30, #32]
	ldp	x6, x7, [x30, #48]
	ldp	x8, x9, [x30, #64]
	ldp	x10, x11, [x30, #80]
	ldp	x12, x13, [x30, #96]
	ldp	x14, x15, [x30, #112]
	ldp	x16, x17, [x30, #128]
	ldp	x18, x19, [x30, #144]
	ldp	x20, x21, [x30, #160]
	ldp	x22, x23, [x30, #176]
	ldp	x24, x25, [x30, #192]
	ldp	x26, x27, [x30, #208]
	ldp	x28, x29, [x30, #224]
	ldr	x30, [x30, #240]
	eret
	.globl	fuzz_vectors_end
fuzz_vectors_end:

	.section .note.GNU-stack, "", %progbits
