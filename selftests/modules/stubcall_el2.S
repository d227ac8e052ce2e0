/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the callers of the hyp-stub leave at EL2, with none of armvcpu's code: nothing, or an owner of their own.
 */
	.text
	.balign	4096
/* Runs at: EL2 with the MMU off, entered by HVC_SOFT_RESTART. EL2 stays as it was found. */
	.global	stubcall_restarted
stubcall_restarted:
	mov	x0, #0
	eret

	.balign	2048
/*
 * Vectors for HVC_SET_VECTORS. Runs at: EL2 with the MMU off. An owner who answers 0, "done", to whatever is asked.
 */
	.global	stubcall_vectors
stubcall_vectors:
	.rept	16
	.balign	128
	mov	x0, #0
	eret
	.endr
	.balign	2048

/* u64 stubcall(u64 id, u64 arg): ask who has EL2. */
	.global	stubcall
stubcall:
	hvc	#0
	ret
