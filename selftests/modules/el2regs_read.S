/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Read EL2's registers at EL2, with none of armvcpu's code.
 *
 * Runs at: EL2 with the MMU off, entered by the stub's HVC_SOFT_RESTART with x0 = physical address of the array.
 * Out: one 64-bit word per register, in the order of el2regs_main.c's names. Clobbers x1.
 */
	.macro	one reg
	mrs	x1, \reg
	str	x1, [x0], #8
	.endm

	.text
	.balign	4096
	.global	el2regs_read
el2regs_read:
	one	sctlr_el2
	one	tcr_el2
	one	mair_el2
	one	amair_el2
	one	ttbr0_el2
	one	vbar_el2
	mov	x1, sp
	str	x1, [x0], #8
	one	tpidr_el2
	one	hcr_el2
	one	cptr_el2
	one	mdcr_el2
	one	hstr_el2
	one	hacr_el2
	one	actlr_el2
	one	cnthctl_el2
	one	cntvoff_el2
	one	cnthp_ctl_el2
	one	cnthp_cval_el2
	one	vttbr_el2
	one	vtcr_el2
	one	vpidr_el2
	one	vmpidr_el2
	one	far_el2
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
	one	cntv_ctl_el0
	one	cntv_cval_el0
	mov	x0, #0
	eret

/* u64 el2regs_call(u64 entry, u64 array): ask the stub. */
	.global	el2regs_call
el2regs_call:
	mov	x2, x1
	mov	x1, x0
	mov	x0, #1
	hvc	#0
	ret
