/* SPDX-License-Identifier: GPL-2.0 */
/* Move all of SVE's registers; for the guest at EL1 and for the host's threads. See sve.h. */
	.arch	armv8.2-a+sve

	.macro	z_regs insn
	.irp	n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\insn	z\n, [x0, #\n, mul vl]
	.endr
	addvl	x0, x0, #31
	addvl	x0, x0, #1
	.endm

	.macro	p_regs insn
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\insn	p\n, [x0, #\n, mul vl]
	.endr
	.endm

	.text
	.globl	sve_load
sve_load:
	z_regs	ldr
	ldr	p0, [x0, #16, mul vl]
	wrffr	p0.b
	p_regs	ldr
	ret

	.globl	sve_store
sve_store:
	z_regs	str
	p_regs	str
	rdffr	p0.b
	str	p0, [x0, #16, mul vl]
	ldr	p0, [x0]
	ret

	.globl	sve_bytes
sve_bytes:
	rdvl	x0, #1
	ret

/* x2 times around between load of x0 and store to x1, without a call */
	.globl	sve_hold
sve_hold:
	mov	x9, x30
	mov	x10, x1
	bl	sve_load
1:	subs	x2, x2, #1
	b.ne	1b
	mov	x0, x10
	mov	x30, x9
	b	sve_store
