/* SPDX-License-Identifier: GPL-2.0 */
/*
 * First instructions of a guest vCPU, its exception vectors and its page table.
 * Runs at EL1 of the guest.
 */
#include "layout.h"

/* 31 registers, ELR, SPSR, one word of padding: struct guest_frame */
#define FRAME_SIZE	(34 * 8)

	.text

/*
 * In: x0 = struct guest_cpu *, MMU off, EL1h, exceptions masked. The state that
 * VCPU_INIT and PSCI CPU_ON both leave; used for every vCPU.
 */
	.globl	guest_entry
	.type	guest_entry, %function
guest_entry:
	msr	tpidr_el1, x0
	ldr	x1, [x0, #GC_STACK]
	mov	sp, x1
	adrp	x1, guest_vectors
	add	x1, x1, :lo12:guest_vectors
	msr	vbar_el1, x1
	mov	x1, #(3 << 20)
	msr	cpacr_el1, x1
	isb
	ldr	x2, [x0, #GC_FLAGS]
	tbz	x2, #GC_FLAG_MMU_BIT, 1f
	bl	guest_mmu_on
	mrs	x0, tpidr_el1
1:	ldr	x1, [x0, #GC_FN]
	ldr	x0, [x0, #GC_ARG]
	mov	x29, xzr
	blr	x1
	bl	guest_returned
	b	.
	.size	guest_entry, . - guest_entry

/* Identity map of 512 GiB by 1 GiB blocks: RAM is normal memory, rest device. */
	.globl	guest_mmu_on
	.type	guest_mmu_on, %function
guest_mmu_on:
	ldr	x1, =0x44ff04			// Device-nGnRE, Normal WB, Normal NC
	msr	mair_el1, x1
	ldr	x1, =((25 << 0) | (1 << 8) | (1 << 10) | (3 << 12) | (1 << 23))
	mrs	x2, id_aa64mmfr0_el1
	and	x2, x2, #0xf
	cmp	x2, #5
	mov	x3, #5
	csel	x2, x2, x3, ls
	orr	x1, x1, x2, lsl #32
	msr	tcr_el1, x1
	adrp	x1, guest_pgd
	msr	ttbr0_el1, x1
	isb
	tlbi	vmalle1
	dsb	nsh
	ic	iallu
	dsb	nsh
	isb
	mrs	x1, sctlr_el1
	mov	x2, #0x1005			// M, C, I
	orr	x1, x1, x2
	msr	sctlr_el1, x1
	isb
	ret
	.size	guest_mmu_on, . - guest_mmu_on

	.macro	vector n
	.balign	128
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp]
	mov	x1, #\n
	b	guest_exception_entry
	.endm

	.balign	2048
	.globl	guest_vectors
guest_vectors:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vector	\n
	.endr
	.balign	128

guest_exception_entry:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x2, elr_el1
	mrs	x3, spsr_el1
	stp	x30, x2, [sp, #240]
	str	x3, [sp, #256]
	mov	x0, sp
	bl	guest_exception
	ldp	x30, x2, [sp, #240]
	ldr	x3, [sp, #256]
	msr	elr_el1, x2
	msr	spsr_el1, x3
	ldp	x28, x29, [sp, #224]
	ldp	x26, x27, [sp, #208]
	ldp	x24, x25, [sp, #192]
	ldp	x22, x23, [sp, #176]
	ldp	x20, x21, [sp, #160]
	ldp	x18, x19, [sp, #144]
	ldp	x16, x17, [sp, #128]
	ldp	x14, x15, [sp, #112]
	ldp	x12, x13, [sp, #96]
	ldp	x10, x11, [sp, #80]
	ldp	x8, x9, [sp, #64]
	ldp	x6, x7, [sp, #48]
	ldp	x4, x5, [sp, #32]
	ldp	x2, x3, [sp, #16]
	ldp	x0, x1, [sp]
	add	sp, sp, #FRAME_SIZE
	eret

/* x0 = fn .. x3, x4 = struct smccc_res * */
	.macro	conduit name, insn
	.globl	\name
	.type	\name, %function
\name:
	stp	x29, x30, [sp, #-32]!
	str	x4, [sp, #16]
	\insn	#0
	ldr	x4, [sp, #16]
	stp	x0, x1, [x4]
	stp	x2, x3, [x4, #16]
	ldp	x29, x30, [sp], #32
	ret
	.size	\name, . - \name
	.endm

	conduit	guest_hvc, hvc
	conduit	guest_smc, smc

/*
 * Level-1 table, 1 GiB blocks: valid block, AF, attribute index; RAM inner
 * shareable. [0, 1 GiB) device, [1 GiB, 4 GiB) normal, above: device.
 */
	.data
	.balign	4096
	.globl	guest_pgd
guest_pgd:
	.quad	0x0000000000000401
	.quad	0x0000000040000705
	.quad	0x0000000080000705
	.quad	0x00000000c0000705
	.set	i, 4
	.rept	508
	.quad	(i << 30) | 0x401
	.set	i, i + 1
	.endr

	.section .note.GNU-stack, "", %progbits
