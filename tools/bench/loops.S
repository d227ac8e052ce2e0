/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The measured loops, in assembly so that what is counted is known to the instruction, and the labels at
 * which trace.py cuts: at_NAME where a round trip begins, at_NAME_end where it ends if that is not
 * where the next begins.
 *
 * Each loop: x0 = how often. The guest's loops run at EL1 of the guest; at the end, user-space stubs.
 */
#include "layout.h"

#define GC_IRQS		104		/* struct guest_cpu.irqs, checked in bench.c */
#define ICC_IAR1	s3_0_c12_c12_0
#define ICC_EOIR1	s3_0_c12_c12_1
#define ICC_SGI1R	s3_0_c12_c11_5
#define VTIMER		27
#define PTIMER		30

	.text

	.macro	loop name
	.globl	loop_\name, at_\name
	.type	loop_\name, %function
loop_\name:
	mov	x9, x0
	.endm

	.macro	again name
	subs	x9, x9, #1
	b.ne	1b
	ret
	.size	loop_\name, . - loop_\name
	.endm

/* Until this CPU's or the peer's count of interrupts at [x1] is no longer x3. */
	.macro	await hint
2:	\hint
	ldr	x4, [x1]
	cmp	x4, x3
	b.eq	2b
	.endm

	loop	hypercall
	ldr	w10, =0xc6003fff	// hypervisor's range, no such function
1:	mov	w0, w10
at_hypercall:
	hvc	#0
	again	hypercall

	loop	psci
	ldr	w10, =0x84000000	// PSCI_VERSION
1:	mov	w0, w10
at_psci:
	hvc	#0
	again	psci

	loop	idreg
1:
at_idreg:
	mrs	x2, id_aa64pfr0_el1
	again	idreg

/* x1 = address; three times the same, for a label each */
	.macro	loop_load name
	loop	\name
1:
at_\name:
	ldr	w2, [x1]
	again	\name
	.endm
	loop_load gicd
	loop_load gicr
	loop_load mmio_read

	.macro	loop_store name
	loop	\name
1:
at_\name:
	str	w9, [x1]
	again	\name
	.endm
	loop_store mmio_write
	loop_store ioeventfd
	loop_store switch

/* x1 = own count of interrupts, x2 = word for ICC_SGI1R_EL1 */
	loop	sgi_self
1:	ldr	x3, [x1]
at_sgi_self:
	msr	ICC_SGI1R, x2
	isb
	await
	again	sgi_self

/* x1 = the peer's count. "yield" hands the emulator's only thread to the other CPU. */
	loop	ipi
1:	ldr	x3, [x1]
at_ipi:
	msr	ICC_SGI1R, x2
	isb
	await	yield
	again	ipi

/* x1 = own count; a deadline that is over, so that no waiting is counted */
	loop	timer
	mov	x2, #1
1:	ldr	x3, [x1]
at_timer:
	msr	cntv_cval_el0, xzr
	msr	cntv_ctl_el0, x2
	isb
	await
	again	timer

	loop	ptimer
	mov	x2, #1
1:	ldr	x3, [x1]
at_ptimer:
	msr	cntp_cval_el0, xzr
	msr	cntp_ctl_el0, x2
	isb
	await
	again	ptimer

/* x1 = own count, x2 = ticks until the deadline; interrupts are masked but for a moment after the wfi */
	loop	timer_wfi
	.globl	at_timer_wfi_end
	mov	x6, #1
1:	ldr	x3, [x1]
	isb
	mrs	x5, cntvct_el0
	add	x5, x5, x2
	msr	cntv_cval_el0, x5
at_timer_wfi:
	msr	cntv_ctl_el0, x6
	isb
2:	wfi
	msr	daifclr, #2
	isb
	msr	daifset, #2
	ldr	x4, [x1]
	cmp	x4, x3
	b.eq	2b
at_timer_wfi_end:
	again	timer_wfi

/* x1 = SGI to self, x2 = its number; interrupts are masked */
	loop	eoi
	.globl	at_eoi_end
1:	msr	ICC_SGI1R, x1
	isb
at_eoi:
	mrs	x3, ICC_IAR1
	msr	ICC_EOIR1, x3
	isb
at_eoi_end:
	cmp	x3, x2
	b.eq	2f
	brk	#1
2:	again	eoi

/* An interrupt is pending, PSTATE masks it. */
	loop	wfi
1:
at_wfi:
	wfi
	again	wfi

/* x1 = address before the first, x2 = stride */
	.macro	loop_fault name
	loop	\name
1:
at_\name:
	add	x1, x1, x2
	str	xzr, [x1]
	again	\name
	.endm
	loop_fault fault_4k
	loop_fault fault_64k
	loop_fault fault_fresh
	loop_fault fault_2m

/* The peer: x0 = address of the word that ends it. */
	.globl	loop_spin, loop_sleep
loop_spin:
	yield
	ldr	x1, [x0]
	cbz	x1, loop_spin
	ret

loop_sleep:
	wfi
	ldr	x1, [x0]
	cbz	x1, loop_sleep
	ret

/* The first instruction of a VM that is only created: tell user space, with the MMU off. */
	.globl	at_create_end
at_create_end:
	mov	x1, #UCALL_IPA
	str	xzr, [x1]
	b	.

/* Vectors of the guest while it measures: the shortest interrupt handler that counts. */
	.balign	2048
	.globl	bench_vectors
bench_vectors:
	.irp	n, 0, 1, 2, 3, 4
	.balign	128
	b	guest_vectors + \n * 128
	.endr
	.balign	128
	stp	x0, x1, [sp, #-16]!
	mrs	x0, ICC_IAR1
	cmp	x0, #VTIMER
	b.eq	2f
	cmp	x0, #PTIMER
	b.eq	3f
1:	msr	ICC_EOIR1, x0
	mrs	x1, tpidr_el1
	ldr	x0, [x1, #GC_IRQS]
	add	x0, x0, #1
	str	x0, [x1, #GC_IRQS]
	ldp	x0, x1, [sp], #16
	eret
2:	msr	cntv_ctl_el0, xzr
	isb
	b	1b
	.irp	n, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.balign	128
	b	guest_vectors + \n * 128
	.endr
	.balign	128

3:	msr	cntp_ctl_el0, xzr
	isb
	b	1b

/* ---- user space -------------------------------------------------------------- */

/* Labels only. */
	.globl	at_user, at_user_end, at_its_cmd
at_its_cmd:
	ret
at_user:
	ret
at_user_end:
	ret

/* x0 - x2 = arguments; result or -errno */
	.globl	raw_ioctl
	.type	raw_ioctl, %function
raw_ioctl:
	mov	x8, #29
	svc	#0
	ret

	.globl	raw_write
	.type	raw_write, %function
raw_write:
	mov	x8, #64
	svc	#0
	ret

	.section .note.GNU-stack, "", %progbits
