/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the guests of vmm_ioctls.c do: a little of everything that makes the host work, by random numbers.
 *
 * MMU off, no stack. x19: random. A jump by four bits of x19 to one of 16 deeds of up to eight instructions. Exceptions
 * are stepped over.
 */
#ifndef SELFTESTS_FUZZ_VMM_GUEST_H
#define SELFTESTS_FUZZ_VMM_GUEST_H

extern char fuzz_guest[], fuzz_guest_end[];
asm(".pushsection .text\n"
	".balign 4096\n"
	".global fuzz_guest, fuzz_guest_end\n"
	"fuzz_guest:\n"
	"	mov	x19, x0\n"
	"	adr	x1, 90f\n"
	"	msr	vbar_el1, x1\n"
	"1:	eor	x19, x19, x19, lsl #13\n"
	"	eor	x19, x19, x19, lsr #7\n"
	"	eor	x19, x19, x19, lsl #17\n"
	"	and	x1, x19, #15\n"
	"	ubfx	x3, x19, #8, #10\n"
	"	adr	x2, 2f\n"
	"	add	x2, x2, x1, lsl #5\n"
	"	br	x2\n"
	".balign 32\n"
	"2:	mov	x4, #0x80000000\n"		/* 0: stores and loads all over the slots */
	"	add	x4, x4, x3, lsl #12\n"
	"	str	x19, [x4]\n"
	"	ldr	x5, [x4, #8]\n"
	"	b	1b\n"
	".balign 32\n"
	"	mov	x4, #0x0a000000\n"		/* 1: doorbells, or user space's */
	"	and	w5, w3, #7\n"
	"	ubfx	x6, x19, #20, #2\n"
	"	str	w6, [x4, x5, lsl #2]\n"
	"	b	1b\n"
	".balign 32\n"
	"	mov	x4, #0x0a000000\n"		/* 2: a read of user space's */
	"	ldr	w5, [x4, x3, lsl #2]\n"
	"	b	1b\n"
	".balign 32\n"
	"	tst	x19, #0x700000\n"		/* 3: seldom, sleep */
	"	b.ne	1b\n"
	"	wfi\n"
	"	b	1b\n"
	".balign 32\n"
	"	mov	w0, #0x84000000\n"		/* 4: PSCI_VERSION and its neighbours */
	"	and	x1, x3, #31\n"
	"	add	x0, x0, x1\n"
	"	and	x1, x19, #3\n"
	"	hvc	#0\n"
	"	b	1b\n"
	".balign 32\n"
	"	ldr	x0, 80f\n"			/* 5: CPU_ON */
	"	and	x1, x3, #3\n"
	"	adr	x2, fuzz_guest\n"
	"	mov	x3, x19\n"
	"	hvc	#0\n"
	"	b	1b\n"
	".balign 32\n"
	"	and	x5, x3, #0xf\n"			/* 6: an SGI to some */
	"	ubfx	x6, x19, #20, #4\n"
	"	orr	x5, x5, x6, lsl #24\n"
	"	msr	S3_0_C12_C11_5, x5\n"
	"	b	1b\n"
	".balign 32\n"
	"	mov	x4, #0x08000000\n"		/* 7: the distributor */
	"	str	w19, [x4, x3, lsl #2]\n"
	"	ldr	w5, [x4, x3, lsl #2]\n"
	"	b	1b\n"
	".balign 32\n"
	"	movz	x4, #0x080b, lsl #16\n"		/* 8: a redistributor's second frame */
	"	str	w19, [x4, x3, lsl #2]\n"
	"	b	1b\n"
	".balign 32\n"
	"	mov	x4, #0x80000000\n"		/* 9: caches and TLBs */
	"	add	x4, x4, x3, lsl #12\n"
	"	dc	civac, x4\n"
	"	ic	iallu\n"
	"	tlbi	vmalle1\n"
	"	dsb	sy\n"
	"	b	1b\n"
	".balign 32\n"
	"	msr	cntv_tval_el0, x3\n"		/* 10: a timer that fires soon */
	"	mov	x5, #1\n"
	"	msr	cntv_ctl_el0, x5\n"
	"	b	1b\n"
	".balign 32\n"
	"	mov	x5, #0xff\n"			/* 11: interrupts are welcome */
	"	msr	S3_0_C4_C6_0, x5\n"
	"	msr	S3_0_C12_C12_7, x5\n"
	"	msr	daifclr, #0xf\n"
	"	b	1b\n"
	".balign 32\n"
	"	msr	daifset, #0xf\n"		/* 12: or not */
	"	b	1b\n"
	".balign 32\n"
	"	mrs	x5, id_aa64pfr0_el1\n"		/* 13 */
	"	mrs	x5, cntpct_el0\n"
	"	fmov	d0, x19\n"
	"	b	1b\n"
	".balign 32\n"
	"	movz	x4, #0x4000, lsl #16\n"		/* 14: a read-only slot, or nothing */
	"	add	x4, x4, #0x80, lsl #12\n"
	"	str	x19, [x4, x3, lsl #3]\n"
	"	b	1b\n"
	".balign 32\n"
	"	tst	x19, #0xff00000\n"		/* 15: seldom, an end */
	"	b.ne	1b\n"
	"	and	w1, w3, #1\n"
	"	mov	w0, #0x84000000\n"
	"	add	w0, w0, w1\n"
	"	add	w0, w0, #8\n"
	"	hvc	#0\n"
	"	b	1b\n"
	".balign 8\n"
	"80:	.quad	0xc4000003\n"
	".balign 2048\n"
	"90:	.rept	16\n"
	"	.balign	128\n"
	"	mrs	x7, S3_0_C12_C12_0\n"		/* IAR: undefined without a GIC, and back here then */
	"	msr	S3_0_C12_C12_1, x7\n"
	"	mrs	x7, elr_el1\n"
	"	add	x7, x7, #4\n"
	"	msr	elr_el1, x7\n"
	"	eret\n"
	"	.endr\n"
	".balign 4096\n"
	"fuzz_guest_end:\n"
	".popsection\n");

#endif
