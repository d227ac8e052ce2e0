/* SPDX-License-Identifier: GPL-2.0 */
/* Pointer authentication in host and guest, see pauth.h. */
	.arch	armv8.3-a
	.text

/* x0 = pointer, x1 = modifier, x2 = struct pauth_codes */
	.globl	pauth_codes
	.type	pauth_codes, %function
pauth_codes:
	mov	x3, x0
	pacia	x3, x1
	mov	x4, x0
	pacib	x4, x1
	stp	x3, x4, [x2]
	autia	x3, x1
	autib	x4, x1
	stp	x3, x4, [x2, #40]
	mov	x3, x0
	pacda	x3, x1
	mov	x4, x0
	pacdb	x4, x1
	stp	x3, x4, [x2, #16]
	autda	x3, x1
	autdb	x4, x1
	stp	x3, x4, [x2, #56]
	pacga	x3, x0, x1
	str	x3, [x2, #32]
	ret
	.size	pauth_codes, . - pauth_codes

	.globl	pauth_generic
	.type	pauth_generic, %function
pauth_generic:
	pacga	x0, x0, x1
	ret
	.size	pauth_generic, . - pauth_generic

	.macro	keys op
	\op	2, 1, 0, 0
	\op	2, 1, 1, 8
	\op	2, 1, 2, 16
	\op	2, 1, 3, 24
	\op	2, 2, 0, 32
	\op	2, 2, 1, 40
	\op	2, 2, 2, 48
	\op	2, 2, 3, 56
	\op	2, 3, 0, 64
	\op	2, 3, 1, 72
	.endm

	.macro	set crn, crm, op2, at
	ldr	x1, [x0, #\at]
	msr	s3_0_c\crn\()_c\crm\()_\op2, x1
	.endm

	.macro	get crn, crm, op2, at
	mrs	x1, s3_0_c\crn\()_c\crm\()_\op2
	str	x1, [x0, #\at]
	.endm

	.globl	pauth_set_keys
	.type	pauth_set_keys, %function
pauth_set_keys:
	keys	set
	isb
	ret
	.size	pauth_set_keys, . - pauth_set_keys

	.globl	pauth_get_keys
	.type	pauth_get_keys, %function
pauth_get_keys:
	keys	get
	ret
	.size	pauth_get_keys, . - pauth_get_keys

	.section .note.GNU-stack, "", %progbits
