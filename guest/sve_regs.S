/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Move SVE's registers, FPSR and FPCR: the counterpart of fp_regs.S for vectors of any length.
 *
 * Runs at: host kernel, between kernel_neon_begin() and kernel_neon_end(). Owns: nothing.
 *
 * In: x0 = Z0 - Z31, P0 - P15, FFR, each of the length that ZCR_ELx have in force; x1 = FPSR, FPCR as two u64.
 * Clobbers x2, x3, P0 and (load) all of the registers.
 */
	.arch	armv8.2-a+sve

	.macro	vectors op
	.irp	n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\op	z\n, [x0, #\n, mul vl]
	.endr
	.endm

	/* x2 = behind the vectors; a predicate is an eighth of one */
	.macro	to_predicates
	addvl	x2, x0, #31
	addvl	x2, x2, #1
	.endm

	.macro	predicates op
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	\op	p\n, [x2, #\n, mul vl]
	.endr
	.endm

	.text
	.balign	4
	.global	av_sve_regs_load
	.type	av_sve_regs_load, %function
av_sve_regs_load:
	hint	#34
	vectors	ldr
	to_predicates
	ldr	p0, [x2, #16, mul vl]
	wrffr	p0.b
	predicates ldr
	ldp	x2, x3, [x1]
	msr	fpsr, x2
	msr	fpcr, x3
	ret
	.size	av_sve_regs_load, . - av_sve_regs_load

	.global	av_sve_regs_save
	.type	av_sve_regs_save, %function
av_sve_regs_save:
	hint	#34
	vectors	str
	to_predicates
	predicates str
	rdffr	p0.b
	str	p0, [x2, #16, mul vl]
	mrs	x2, fpsr
	mrs	x3, fpcr
	stp	x2, x3, [x1]
	ret
	.size	av_sve_regs_save, . - av_sve_regs_save
