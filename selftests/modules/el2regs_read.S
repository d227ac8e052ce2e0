/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Read EL2's registers at EL2, with none of armvcpu's code.
 *
 * Out: one 64-bit word per register, in the order of el2regs_main.c's names. Clobbers x1.
 */
	.macro	one reg
	mrs	x1, \reg
	str	x1, [x0], #8
	.endm

/* Of a VHE host in use: another value at each look, shown as 0. */
	.macro	kernels reg, vhe
	.if	\vhe
	str	xzr, [x0], #8
	.else
	one	\reg
	.endif
	.endm

	.macro	all vhe
	one	sctlr_el2
	one	tcr_el2
	one	mair_el2
	one	amair_el2
	kernels	ttbr0_el2, \vhe
	one	vbar_el2
	.if	\vhe
	str	xzr, [x0], #8
	.else
	mov	x1, sp
	str	x1, [x0], #8
	.endif
	one	tpidr_el2
	one	hcr_el2
	one	cptr_el2
	one	mdcr_el2
	one	hstr_el2
	one	hacr_el2
	one	actlr_el2
	one	cnthctl_el2
	one	cntvoff_el2
	kernels	cnthp_ctl_el2, \vhe
	kernels	cnthp_cval_el2, \vhe
	one	vttbr_el2
	one	vtcr_el2
	one	vpidr_el2
	one	vmpidr_el2
	kernels	far_el2, \vhe
	one	hpfar_el2
	one	afsr0_el2
	one	afsr1_el2
	one	S3_4_C12_C9_5			// ICC_SRE_EL2
	one	S3_4_C12_C11_0			// ICH_HCR_EL2
	one	S3_4_C12_C11_7			// ICH_VMCR_EL2
	one	S3_4_C12_C8_0			// ICH_AP0R0_EL2
	one	S3_4_C12_C9_0			// ICH_AP1R0_EL2
	one	S3_4_C12_C12_0			// ICH_LR0_EL2
	one	S3_4_C12_C12_1			// ICH_LR1_EL2
	one	S3_4_C12_C12_2			// ICH_LR2_EL2
	one	S3_4_C12_C12_3			// ICH_LR3_EL2
	.if	\vhe
	one	S3_5_C14_C3_1			// CNTV_CTL_EL02
	one	S3_5_C14_C3_2			// CNTV_CVAL_EL02
	one	S3_5_C14_C2_1			// CNTP_CTL_EL02
	one	S3_5_C14_C2_2			// CNTP_CVAL_EL02
	.else
	one	cntv_ctl_el0
	one	cntv_cval_el0
	stp	xzr, xzr, [x0], #16		// the host ticks with it
	.endif
	.endm

	.text
	.balign	4096
/*
 * nVHE host. Runs at: EL2 with the MMU off, entered by the stub's HVC_SOFT_RESTART with x0 = physical address of the
 * array.
 */
	.global	el2regs_read
el2regs_read:
	all	0
	mov	x0, #0
	eret

/* void el2regs_read_vhe(u64 *array): a VHE host, which is at EL2. */
	.global	el2regs_read_vhe
el2regs_read_vhe:
	hint	#34
	all	1
	ret

/* u64 el2regs_call(u64 entry, u64 array): ask the stub. */
	.global	el2regs_call
el2regs_call:
	mov	x2, x1
	mov	x1, x0
	mov	x0, #1
	hvc	#0
	ret
