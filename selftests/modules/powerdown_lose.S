/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nonsense for the registers of EL2 that a kernel does not set up again when a CPU comes back from a power-down
 * (they are UNKNOWN then: DDI 0487, D1.6), with none of armvcpu's code.
 */
	.macro	lose_guests_registers
	msr	vtcr_el2, x1
	msr	hpfar_el2, x1
	msr	far_el2, x1
	msr	afsr0_el2, x1
	msr	afsr1_el2, x1
	mrs	x2, id_aa64pfr0_el1
	ubfx	x2, x2, #24, #4			// GIC: with system registers
	cbz	x2, 1f
	msr	S3_4_C12_C12_0, x1		// ICH_LR0_EL2
	msr	S3_4_C12_C12_1, x1		// ICH_LR1_EL2
	msr	S3_4_C12_C11_7, x1		// ICH_VMCR_EL2
1:
	.endm

	.text
	.balign	4096
/* nVHE host. Runs at: EL2 with the MMU off, entered by the stub's HVC_SOFT_RESTART. Clobbers x1, x2. */
	.global	powerdown_lose
powerdown_lose:
	ldr	x1, =0x5a5a5a5a5a5a5a5a
	lose_guests_registers
	msr	ttbr0_el2, x1
	msr	tcr_el2, x1
	msr	mair_el2, x1
	msr	tpidr_el2, x1
	mov	sp, x1
	tlbi	alle2
	tlbi	alle1
	dsb	nsh
	isb
	mov	x0, #0
	eret
	.ltorg

/*
 * void powerdown_lose_vhe(void): a VHE host, whose own registers a kernel does set up. So it does with these, whoever
 * had them before (arch/arm64/include/asm/el2_setup.h).
 */
	.global	powerdown_lose_vhe
powerdown_lose_vhe:
	hint	#34
	ldr	x1, =0x5a5a5a5a5a5a5a5a
	lose_guests_registers
	msr	S3_5_C2_C0_0, x1		// TTBR0_EL12
	msr	S3_5_C2_C0_1, x1		// TTBR1_EL12
	msr	S3_5_C10_C2_0, x1		// MAIR_EL12
	msr	S3_5_C12_C0_0, x1		// VBAR_EL12
	msr	S3_5_C14_C3_2, x1		// CNTV_CVAL_EL02
	msr	S3_5_C14_C2_2, x1		// CNTP_CVAL_EL02
	msr	vttbr_el2, xzr
	msr	cntvoff_el2, xzr
	mrs	x2, midr_el1
	msr	vpidr_el2, x2
	mrs	x2, mpidr_el1
	msr	vmpidr_el2, x2
	tlbi	alle1
	dsb	nsh
	isb
	ret
	.ltorg

/* u64 powerdown_call(u64 entry): ask the stub. */
	.global	powerdown_call
powerdown_call:
	mov	x1, x0
	mov	x0, #1
	hvc	#0
	ret
