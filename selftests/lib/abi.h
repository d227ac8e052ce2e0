/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ABI under test: KVM's arm64 user ABI, from the C library's headers plus
 * the numbers that 6.12 added after them. Tests include only this header.
 */
#ifndef SELFTESTS_ABI_H
#define SELFTESTS_ABI_H

#include <linux/kvm.h>
#include <asm/kvm.h>

#ifndef KVM_CAP_DIRTY_LOG_RING_ACQ_REL
#define KVM_CAP_DIRTY_LOG_RING_ACQ_REL		223
#endif
#ifndef KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP
#define KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP	225
#endif
#ifndef KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE
#define KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE	228
#define KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES	229
#endif
#ifndef KVM_CAP_USER_MEMORY2
#define KVM_CAP_USER_MEMORY2			231
#endif

#ifndef KVM_ARM_SET_COUNTER_OFFSET
struct kvm_arm_counter_offset {
	__u64 counter_offset;
	__u64 reserved;
};

#define KVM_ARM_SET_COUNTER_OFFSET	_IOW(KVMIO, 0xb5, struct kvm_arm_counter_offset)
#define KVM_CAP_COUNTER_OFFSET		227
#endif

#ifndef KVM_ARM_GET_REG_WRITABLE_MASKS
struct reg_mask_range {
	__u64 addr;
	__u32 range;
	__u32 reserved[13];
};

#define KVM_ARM_GET_REG_WRITABLE_MASKS	_IOR(KVMIO, 0xb6, struct reg_mask_range)
#define KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES	230
#endif
#ifndef KVM_CAP_ARM_SEA_TO_USER
#define KVM_CAP_ARM_SEA_TO_USER			245
#endif

#ifndef KVM_CAP_ARM_WRITABLE_IMP_ID_REGS
#define KVM_CAP_ARM_WRITABLE_IMP_ID_REGS	239
#endif

#ifndef KVM_ARM_VM_SMCCC_FILTER
#define KVM_ARM_VM_SMCCC_CTRL		0
#define KVM_ARM_VM_SMCCC_FILTER		0
#define KVM_SMCCC_FILTER_HANDLE		0
#define KVM_SMCCC_FILTER_DENY		1
#define KVM_SMCCC_FILTER_FWD_TO_USER	2

struct kvm_smccc_filter {
	__u32 base;
	__u32 nr_functions;
	__u8 action;
	__u8 pad[15];
};

#define KVM_HYPERCALL_EXIT_SMC		1
#define KVM_HYPERCALL_EXIT_16BIT	2
#endif

/* kvm_run.hypercall.flags, by 6.4's layout */
#define HYPERCALL_FLAGS(run)	(*(__u64 *)((char *)&(run)->hypercall + 64))

#define KVM_REG_ARM_VENDOR_HYP_BMAP_2_REG	KVM_REG_ARM_FW_FEAT_BMAP_REG(3)	/* 6.15 */

#define CORE_REG(name) \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | \
	 KVM_REG_ARM_CORE_REG(name))
#define CORE_REG_SIZED(name, size) \
	(KVM_REG_ARM64 | (size) | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(name))

#define X_REG(n)	CORE_REG(regs.regs[n])
#define PC_REG		CORE_REG(regs.pc)
#define PSTATE_REG	CORE_REG(regs.pstate)
#define SP_EL1_REG	CORE_REG(sp_el1)
#define ELR_EL1_REG	CORE_REG(elr_el1)

#define SR_SCTLR_EL1	ARM64_SYS_REG(3, 0, 1, 0, 0)
#define SR_ESR_EL1	ARM64_SYS_REG(3, 0, 5, 2, 0)
#define SR_FAR_EL1	ARM64_SYS_REG(3, 0, 6, 0, 0)
#define SR_VBAR_EL1	ARM64_SYS_REG(3, 0, 12, 0, 0)
#define SR_TPIDR_EL1	ARM64_SYS_REG(3, 0, 13, 0, 4)
#define SR_MIDR_EL1	ARM64_SYS_REG(3, 0, 0, 0, 0)
#define SR_MPIDR_EL1	ARM64_SYS_REG(3, 0, 0, 0, 5)
#define SR_AA64PFR0	ARM64_SYS_REG(3, 0, 0, 4, 0)
#define SR_AA64DFR0	ARM64_SYS_REG(3, 0, 0, 5, 0)
#define SR_AA64ISAR0	ARM64_SYS_REG(3, 0, 0, 6, 0)
#define SR_AA64MMFR0	ARM64_SYS_REG(3, 0, 0, 7, 0)

#define KVM_RUN_SIZE_MIN	4096

#endif
