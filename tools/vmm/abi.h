/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one place where this program takes its kernel ABI from.
 *
 * /dev/armvcpu speaks KVM's arm64 ABI number for number, so the kernel's own
 * header describes both devices, and the program runs on either.
 */
#ifndef VMM_ABI_H
#define VMM_ABI_H

#include <linux/kvm.h>
#include <linux/types.h>

/*
 * Names of the registers that the program touches through KVM_GET_ONE_REG and
 * KVM_SET_ONE_REG. A core register's id is its offset in struct kvm_regs,
 * counted in 32-bit units.
 */
#define CORE_REG(member)						\
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |		\
	 KVM_REG_ARM_CORE_REG(member))

#define REG_X(n)	(CORE_REG(regs.regs[0]) + 2 * (n))
#define REG_SP_EL0	CORE_REG(regs.sp)
#define REG_PC		CORE_REG(regs.pc)
#define REG_PSTATE	CORE_REG(regs.pstate)
#define REG_SP_EL1	CORE_REG(sp_el1)
#define REG_ELR_EL1	CORE_REG(elr_el1)
#define REG_SPSR_EL1	CORE_REG(spsr[KVM_SPSR_EL1])

/* 128 bits and 32 bits; a vCPU with SVE has the former as the low bits of its Z registers instead. */
#define FP_REG(size, member)						\
	(KVM_REG_ARM64 | (size) | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(member))

#define REG_V(n)	(FP_REG(KVM_REG_SIZE_U128, fp_regs.vregs[0]) + 4 * (n))
#define REG_FPSR	FP_REG(KVM_REG_SIZE_U32, fp_regs.fpsr)
#define REG_FPCR	FP_REG(KVM_REG_SIZE_U32, fp_regs.fpcr)

#define REG_MPIDR_EL1	ARM64_SYS_REG(3, 0, 0, 0, 5)
#define REG_ID_AA64MMFR0_EL1 ARM64_SYS_REG(3, 0, 0, 7, 0)
#define REG_SCTLR_EL1	ARM64_SYS_REG(3, 0, 1, 0, 0)
#define REG_TTBR0_EL1	ARM64_SYS_REG(3, 0, 2, 0, 0)
#define REG_TTBR1_EL1	ARM64_SYS_REG(3, 0, 2, 0, 1)
#define REG_TCR_EL1	ARM64_SYS_REG(3, 0, 2, 0, 2)
#define REG_ESR_EL1	ARM64_SYS_REG(3, 0, 5, 2, 0)
#define REG_FAR_EL1	ARM64_SYS_REG(3, 0, 6, 0, 0)
#define REG_VBAR_EL1	ARM64_SYS_REG(3, 0, 12, 0, 0)

/* MPIDR_EL1's affinity fields, the way a cpu node's reg wants them */
#define MPIDR_AFFINITY	0xff00ffffffULL

#endif
