/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's side of each HVC, the probe that survives where there is no EL2, and the length of vectors.
 *
 * Runs at: host kernel (EL1 of an nVHE host). Owns: nothing.
 */
	.text

/*
 * u64 av_hvc(u64 id, u64 a, u64 b, u64 c)
 *
 * EL2 keeps x18 - x30 (switch.S, host_sync), so to C this is a function like any other.
 */
	.global	av_hvc
	.type	av_hvc, %function
	.balign	4
av_hvc:
	hint	#34			// BTI C: called through a pointer on some kernels
	hvc	#0
	ret
	.size	av_hvc, . - av_hvc

/*
 * u64 av_hvc_take(u64 entry, u64 params)
 *
 * In:		x0 = physical address of el2_take_idmap, x1 = of struct el2_params. The stub has EL2.
 * Out:		x0 = AV_ANSWER_DONE(0).
 * The stub branches with x2 in x0; el2_take_idmap clobbers x30 too.
 */
	.global	av_hvc_take
	.type	av_hvc_take, %function
	.balign	4
av_hvc_take:
	hint	#34
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	mov	x2, x1
	mov	x1, x0
	mov	x0, #1			// HVC_SOFT_RESTART
	hvc	#0
	ldp	x29, x30, [sp], #16
	ret
	.size	av_hvc_take, . - av_hvc_take

/*
 * u64 av_hvc_probe(u64 id)
 *
 * Ask who owns EL2. Without an EL2 that takes it, HVC is undefined: for that moment exceptions go to
 * vectors of our own that answer PROBE_UNDEF and step over it.
 *
 * Context: DAIF masked by the caller, no other exception can come.
 * Clobbers x1 - x7 as a function may.
 */
	.global	av_hvc_probe
	.type	av_hvc_probe, %function
	.balign	4
av_hvc_probe:
	hint	#34
	mrs	x4, vbar_el1
	mrs	x5, elr_el1
	mrs	x6, spsr_el1
	mrs	x7, esr_el1
	adr	x3, probe_vectors
	msr	vbar_el1, x3
	/* The HVC must meet these vectors, not the kernel's. */
	isb
	hvc	#0
	msr	vbar_el1, x4
	isb
	msr	elr_el1, x5
	msr	spsr_el1, x6
	msr	esr_el1, x7
	ret
	.size	av_hvc_probe, . - av_hvc_probe

	.balign	2048
probe_vectors:
	.org	probe_vectors + 0x200	// EL1 with SP_EL1: synchronous
	mrs	x0, elr_el1
	add	x0, x0, #4
	msr	elr_el1, x0
	mov	x0, #0x7777		// PROBE_UNDEF
	eret
	.org	probe_vectors + 2048

/*
 * u64 av_sve_vector_bytes(void) - the length of a vector as ZCR_ELx have it for this exception level
 *
 * Context: the host's kernel uses SVE.
 */
	.arch	armv8.2-a+sve
	.text
	.global	av_sve_vector_bytes
	.type	av_sve_vector_bytes, %function
	.balign	4
av_sve_vector_bytes:
	hint	#34
	rdvl	x0, #1
	ret
	.size	av_sve_vector_bytes, . - av_sve_vector_bytes
