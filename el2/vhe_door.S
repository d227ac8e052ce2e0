/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The door of a VHE host: a function call, and our vectors for as long as it lasts.
 *
 * Runs at: EL2, as part of the host kernel; the caller's stack. Owns: VBAR_EL2 during a call; the host's x18 - x30
 * and SP in struct el2_cpu, from where el2_abandon takes them after a fault.
 */
#include "macros.S"

	.text

/*
 * u64 el2_vhe_call(u64 id, u64 a, u64 b, u64 c) - what an nVHE host asks for by HVC
 *
 * In:		x0 = AV_CALL(name), x1 - x3 = arguments. Preemption off.
 * Out:		x0 = answer.
 * Clobbers:	as a function.
 * State:	DAIF is masked between, NMIs and debug exceptions included: our vectors have no place for them, and
 *		SP_EL0, the kernel's "current", is the guest's for a while.
 */
	.global	el2_vhe_call
	.type	el2_vhe_call, %function
	.balign	4
el2_vhe_call:
	hint	#34			// BTI C
	cpu_page x4, x5
	mrs	x6, daif
	msr	daifset, #0xf
	host_gprs stp, str, x4
	mov	x5, sp
	stp	x5, x6, [x4, #CPU_HOST_SP]
	mrs	x5, vbar_el2
	str	x5, [x4, #(CPU_SAVED + SAVED_VBAR)]
	ldr	x5, [x4, #CPU_GUEST_VECTORS]
	msr	vbar_el2, x5
	/* Before the first instruction that may fault: it must meet our vectors (DDI 0487, B2.6.1). */
	isb
	bl	el2_host_call

/*
 * el2_abandon - leave the call in progress, wherever it stands (el2_fault_entry)
 *
 * In:		x0 = answer. Nothing of the host's but what el2_vhe_call kept is needed: a longjmp.
 */
	.global	el2_abandon
el2_abandon:
	cpu_page x4, x5
	ldr	x5, [x4, #(CPU_SAVED + SAVED_VBAR)]
	msr	vbar_el2, x5
	/*
	 * All that el2_controls_host() and the others wrote, and the vectors, are in force before the kernel goes on,
	 * where an exception may come and FP may be used (DDI 0487, B2.6.1).
	 */
	isb
	ldp	x5, x6, [x4, #CPU_HOST_SP]
	mov	sp, x5
	host_gprs ldp, ldr, x4
	msr	daif, x6
	ret
	.size	el2_vhe_call, . - el2_vhe_call

/* Where the variable lies that cpu_page (el2/mode.h) reads */
	.global	el2_vhe_cpu_at
	.balign	8
el2_vhe_cpu_at:
	.quad	av_vhe_cpu
