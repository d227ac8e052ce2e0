/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trap controls as newer kernels leave them: buffers of profiling and trace given to EL1, features opened; and one trap
 * that no host meets, for its own ends. None of armvcpu's code.
 *
 * In: x0 = where four words of what was found go: MDCR, HCRX, HFGITR, HDFGRTR of EL2. Clobbers x1 to x3.
 */
	.macro	open_host vhe
	mrs	x1, mdcr_el2
	str	x1, [x0], #8
	.if	!\vhe
	/* E2PB, E2TB = 3: the EL1&0 regime's */
	orr	x1, x1, #(3 << 12)
	orr	x1, x1, #(3 << 24)
	msr	mdcr_el2, x1
	.endif
	mrs	x2, id_aa64mmfr1_el1
	ubfx	x2, x2, #40, #4			// HCX
	cbz	x2, 1f
	mrs	x1, S3_4_C1_C2_2		// HCRX_EL2
	str	x1, [x0]
	mov	x3, #0xc800			// MSCEn, TCR2En, SCTLR2En
	orr	x1, x1, x3
	msr	S3_4_C1_C2_2, x1
1:	mrs	x2, id_aa64mmfr0_el1
	ubfx	x2, x2, #56, #4			// FGT
	cbz	x2, 2f
	mrs	x1, S3_4_C1_C1_6		// HFGITR_EL2
	str	x1, [x0, #8]
	orr	x1, x1, #(1 << 17)		// ATS1E1WP
	msr	S3_4_C1_C1_6, x1
	mrs	x1, S3_4_C3_C1_4		// HDFGRTR_EL2
	str	x1, [x0, #16]
	orr	x1, x1, #(0xf << 59)		// nBRBIDR, nBRBCTL, nBRBDATA, nPMSNEVFR_EL1
	msr	S3_4_C3_C1_4, x1
2:	isb
	.endm

	.text
	.balign	4096
/* nVHE host. Runs at: EL2 with the MMU off, entered by the stub's HVC_SOFT_RESTART with x0 = a physical address. */
	.global	openhost_set
openhost_set:
	open_host 0
	mov	x0, #0
	eret

/* void openhost_set_vhe(u64 *found): a VHE host, which is at EL2. */
	.global	openhost_set_vhe
openhost_set_vhe:
	hint	#34
	open_host 1
	ret

/* u64 openhost_call(u64 entry, u64 found): ask the stub. */
	.global	openhost_call
openhost_call:
	mov	x2, x1
	mov	x1, x0
	mov	x0, #1
	hvc	#0
	ret
