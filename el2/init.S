/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Into EL2's own translation and out of it again, on a page that is mapped at its physical address.
 *
 * Runs at: EL2; el2_take_idmap with the MMU off. Owns: SCTLR, TCR, MAIR, TTBR0, SP and TPIDR of EL2.
 */
#include "../include/el2_abi.h"

	.section .idmap.text, "ax"

/*
 * el2_take_idmap - entered by the stub's HVC_SOFT_RESTART
 *
 * In:		x0 = physical address of struct el2_params, clean to the point of coherency.
 *		ELR_EL2 and SPSR_EL2 still hold the return to the host's HVC.
 * Out:		x0 = AV_ANSWER_DONE(0) to the host.
 * Clobbers:	x0 - x17, x30. x18 - x29 are the host's and survive (AAPCS64 on the C part).
 * Stack:	SP_EL2 is the stub's junk before, the CPU's own afterwards.
 * State:	MMU off, stub's vectors -> MMU on, our vectors, DAIF masked throughout.
 */
	.global el2_take_idmap
el2_take_idmap:
	ldp	x1, x2, [x0, #PARAMS_TTBR0]	// TTBR0, TCR
	ldp	x3, x4, [x0, #PARAMS_MAIR]	// MAIR, SCTLR
	ldp	x5, x6, [x0, #PARAMS_STACK]	// stack, struct el2_cpu

	/* As found: kept in registers over the switch, since with the MMU off a store misses the caches. */
	mrs	x7, sctlr_el2
	mrs	x8, tcr_el2
	mrs	x9, mair_el2
	mrs	x10, ttbr0_el2
	mov	x11, sp
	mrs	x12, tpidr_el2

	msr	mair_el2, x3
	msr	tcr_el2, x2
	msr	ttbr0_el2, x1
	/* The TLBI below is for the new regime, and nothing of a former one may answer the first fetch. */
	isb
	tlbi	alle2
	dsb	nsh
	ic	iallu
	dsb	nsh
	isb
	msr	sctlr_el2, x4
	/* The next instruction is fetched through the new translation: this page is its own address there. */
	isb

	mov	sp, x5
	msr	tpidr_el2, x6
	stp	x7, x8, [sp, #-48]!
	stp	x9, x10, [sp, #16]
	stp	x11, x12, [sp, #32]
	mov	x0, x6
	mov	x1, sp
	ldr	x2, =el2_take_c
	blr	x2				// el2_take_c(cpu, found)
	add	sp, sp, #48
	ldr	x0, =AV_ANSWER_DONE(0)
	eret
	dsb	nsh
	isb

/* MMU off, with x5 = TCR, x6 = MAIR, x7 = TTBR0, x8 = SCTLR as they were found. */
	.macro	translation_as_found
	/* Falkor E1041: else the CPU may fetch from anywhere when the MMU goes off. */
	isb
	msr	sctlr_el2, x8
	/* From here on addresses are physical; this page's are the same. */
	isb
	msr	tcr_el2, x5
	msr	mair_el2, x6
	msr	ttbr0_el2, x7
	isb
	/* Nothing of our translation may survive for who comes next. */
	tlbi	alle2
	dsb	nsh
	isb
	.endm

/*
 * el2_release_idmap - leave EL2 as it was found (el2_release_fn)
 *
 * In:		x0 = struct el2_cpu, x1 = the host's x0 - x17, x2 = 1 to branch at EL2 as HVC_SOFT_RESTART does
 *		(host's x1 = address, x2 - x4 = arguments), 0 to return to the host.
 * Out:		the host's registers, but x5 - x8 are clobbered.
 * State:	MMU on -> MMU as found, stub's vectors. Everything else was put back by el2_restore_found().
 */
	.global el2_release_idmap
el2_release_idmap:
	add	x9, x0, #CPU_SAVED
	ldp	x8, x5, [x9, #SAVED_SCTLR]	// SCTLR, TCR
	ldp	x6, x7, [x9, #SAVED_MAIR]	// MAIR, TTBR0
	ldp	x3, x4, [x9, #SAVED_VBAR]	// VBAR, SP
	ldr	x9, [x9, #SAVED_TPIDR]
	ldp	x18, x19, [x0, #(CPU_GPR + 0)]
	ldp	x20, x21, [x0, #(CPU_GPR + 16)]
	ldp	x22, x23, [x0, #(CPU_GPR + 32)]
	ldp	x24, x25, [x0, #(CPU_GPR + 48)]
	ldp	x26, x27, [x0, #(CPU_GPR + 64)]
	ldp	x28, x29, [x0, #(CPU_GPR + 80)]
	ldr	x30, [x0, #(CPU_GPR + 96)]
	msr	vbar_el2, x3
	msr	tpidr_el2, x9
	ldr	x9, [x1, #72]
	ldp	x10, x11, [x1, #80]
	ldp	x12, x13, [x1, #96]
	ldp	x14, x15, [x1, #112]
	ldp	x16, x17, [x1, #128]
	mov	sp, x4
	cbnz	x2, 1f

	ldp	x3, x4, [x1, #24]
	ldr	x2, [x1, #16]
	ldp	x0, x1, [x1]
	translation_as_found
	eret
	dsb	nsh
	isb

1:	ldp	x3, x2, [x1, #24]		// x3 stays, x4 -> x2
	ldr	x0, [x1, #16]			// x2 -> x0
	ldr	x4, [x1, #8]			// x1 = where to go
	mov	x1, x3				// x3 -> x1
	translation_as_found
	br	x4

	.ltorg
