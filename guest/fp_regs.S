/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Move the 32 vector registers, FPSR and FPCR.
 *
 * Runs at: host kernel, between kernel_neon_begin() and kernel_neon_end(). Owns: nothing.
 *
 * In: x0 = 32 16-byte slots, x1 = FPSR, FPCR as two u64. Clobbers x2, x3 and (load) all of V0 - V31.
 */
	.arch	armv8-a

	.macro	vectors op
	\op	q0, q1, [x0, #(16 * 0)]
	\op	q2, q3, [x0, #(16 * 2)]
	\op	q4, q5, [x0, #(16 * 4)]
	\op	q6, q7, [x0, #(16 * 6)]
	\op	q8, q9, [x0, #(16 * 8)]
	\op	q10, q11, [x0, #(16 * 10)]
	\op	q12, q13, [x0, #(16 * 12)]
	\op	q14, q15, [x0, #(16 * 14)]
	\op	q16, q17, [x0, #(16 * 16)]
	\op	q18, q19, [x0, #(16 * 18)]
	\op	q20, q21, [x0, #(16 * 20)]
	\op	q22, q23, [x0, #(16 * 22)]
	\op	q24, q25, [x0, #(16 * 24)]
	\op	q26, q27, [x0, #(16 * 26)]
	\op	q28, q29, [x0, #(16 * 28)]
	\op	q30, q31, [x0, #(16 * 30)]
	.endm

	.text
	.balign	4
	.global	av_fp_regs_load
	.type	av_fp_regs_load, %function
av_fp_regs_load:
	hint	#34
	vectors	ldp
	ldp	x2, x3, [x1]
	msr	fpsr, x2
	msr	fpcr, x3
	ret
	.size	av_fp_regs_load, . - av_fp_regs_load

	.global	av_fp_regs_save
	.type	av_fp_regs_save, %function
av_fp_regs_save:
	hint	#34
	vectors	stp
	mrs	x2, fpsr
	mrs	x3, fpcr
	stp	x2, x3, [x1]
	ret
	.size	av_fp_regs_save, . - av_fp_regs_save
