/* SPDX-License-Identifier: GPL-2.0 */
/* Move all FP/SIMD registers; for the guest at EL1 and for the host's threads. See fp.h. */
#include <asm/unistd.h>

	.arch	armv8-a+fp+simd

	.macro	v_regs insn, base
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	v_pair	\insn, \base, \n
	.endr
	.endm

	.macro	v_pair insn, base, n
	.altmacro
	v_pair_of \insn, \base, %(2 * \n), %(2 * \n + 1), %(32 * \n)
	.noaltmacro
	.endm

	.macro	v_pair_of insn, base, a, b, at
	\insn	q\a, q\b, [\base, #\at]
	.endm

	.text
	.globl	fp_store
	.type	fp_store, %function
fp_store:
	v_regs	stp, x0
	mrs	x1, fpsr
	mrs	x2, fpcr
	str	x1, [x0, #512]
	str	x2, [x0, #520]
	ret
	.size	fp_store, . - fp_store

	.globl	fp_load
	.type	fp_load, %function
fp_load:
	v_regs	ldp, x0
	ldr	x1, [x0, #512]
	ldr	x2, [x0, #520]
	msr	fpsr, x1
	msr	fpcr, x2
	ret
	.size	fp_load, . - fp_load

	.globl	fp_ioctl
	.type	fp_ioctl, %function
fp_ioctl:
	mov	x9, x3
	v_regs	ldp, x2
	mov	x2, xzr
	mov	x8, #__NR_ioctl
	svc	#0
	v_regs	stp, x9
	ret
	.size	fp_ioctl, . - fp_ioctl

	.section .note.GNU-stack, "", %progbits
