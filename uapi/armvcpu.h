/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The user ABI of /dev/armvcpu: KVM's arm64 ABI, number for number.
 *
 * The structures and numbers are <linux/kvm.h>'s. What that header lacks on an older kernel stands
 * here under its later name, since the ABI belongs to the module, not to the host kernel. What
 * differs from KVM's ABI is listed in docs/abi.md.
 */
#ifndef AV_UAPI_ARMVCPU_H
#define AV_UAPI_ARMVCPU_H

#include <linux/kvm.h>

/* The device node. The module also serves /dev/kvm when it was loaded with kvm_alias=1. */
#define ARMVCPU_DEVICE		"/dev/armvcpu"

/* kvm_run.system_event. Count and data came with 5.19; before, flags stood where data[0] is. */
struct armvcpu_system_event {
	__u32 type;
	__u32 ndata;
	__u64 data[16];
};

/* kvm_run.hypercall. Flags came with 6.4, where an unused word was. */
struct armvcpu_hypercall {
	__u64 nr;
	__u64 args[6];
	__u64 ret;
	__u64 flags;
};

/* kvm_run.debug. The syndrome's upper half came with 5.19, where a gap was; kvm_run.flags says that it is valid. */
struct armvcpu_debug_exit {
	__u32 hsr;
	__u32 hsr_high;
	__u64 far;
};

/* kvm_run.arm_sea, since 6.18 */
struct armvcpu_sea {
	__u64 flags;
	__u64 esr;
	__u64 gva;
	__u64 gpa;
};

#ifndef KVM_EXIT_ARM_SEA
#define KVM_EXIT_ARM_SEA		41
#define KVM_EXIT_ARM_SEA_FLAG_GPA_VALID	0x1ULL
#endif

#ifndef KVM_DEBUG_ARCH_HSR_HIGH_VALID
#define KVM_DEBUG_ARCH_HSR_HIGH_VALID	1U
#endif

#ifndef KVM_HYPERCALL_EXIT_SMC
#define KVM_HYPERCALL_EXIT_SMC		1U
#define KVM_HYPERCALL_EXIT_16BIT	2U
#endif

/*
 * armvcpu's own: trapped instructions of a guest as exits that user space answers (docs/arm_vcpu.md).
 * KVM_CHECK_EXTENSION gives the set that there is; KVM_ENABLE_CAP on a VM that has no vCPU, args[0] the set that is
 * wanted.
 */
#define ARMVCPU_CAP_USER_EXITS	0x41565501

#define ARMVCPU_USER_SYSREG	0x1	/* MSR, MRS, system instructions that trap */
#define ARMVCPU_USER_CALL	0x2	/* HVC and SMC, any immediate */
#define ARMVCPU_USER_HALT	0x4	/* WFI; it is over */
#define ARMVCPU_USER_IRQ	0x8	/* the host had an interrupt; it has been served */

/* kvm_run.exit_reason; struct armvcpu_exit stands where the union of KVM's exits does. */
#define ARMVCPU_EXIT		0x41565502

/* What user space writes before the next KVM_RUN, to SYSREG and CALL */
#define ARMVCPU_ANSWER_MODULE	0	/* the module shall do it, as it does without the exit */
#define ARMVCPU_ANSWER_DONE	1	/* done: sysreg.value, if it was a read; call.ret into x0 to x3 */
#define ARMVCPU_ANSWER_UNDEF	2	/* an Undefined Instruction exception */

struct armvcpu_exit {
	__u32 kind;			/* one of ARMVCPU_USER_* */
	__u32 answer;			/* ARMVCPU_ANSWER_* */
	union {
		struct {
			__u64 reg;	/* as ONE_REG numbers system registers */
			__u64 value;
			__u8 is_write;
			__u8 pad[7];
		} sysreg;
		struct {
			__u64 nr;	/* x0 */
			__u64 args[6];	/* x1 to x6 */
			__u64 ret[4];	/* x0 to x3, as they are */
			__u16 imm;	/* the instruction's */
			__u8 is_smc;
			__u8 pad[5];
		} call;
	};
};

/* Numbers of later kernels */
#ifndef KVM_CAP_SYSTEM_EVENT_DATA
#define KVM_CAP_SYSTEM_EVENT_DATA	215
#endif
#ifndef KVM_CAP_ARM_SYSTEM_SUSPEND
#define KVM_CAP_ARM_SYSTEM_SUSPEND	216
#define KVM_SYSTEM_EVENT_WAKEUP		4
#define KVM_SYSTEM_EVENT_SUSPEND	5
#define KVM_MP_STATE_SUSPENDED		10
#endif
#ifndef KVM_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2
#define KVM_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2	0x1ULL
#endif
#ifndef KVM_SYSTEM_EVENT_SHUTDOWN_FLAG_PSCI_OFF2
#define KVM_SYSTEM_EVENT_SHUTDOWN_FLAG_PSCI_OFF2 0x1ULL
#endif
#ifndef KVM_EXIT_FAIL_ENTRY_CPU_UNSUPPORTED
#define KVM_EXIT_FAIL_ENTRY_CPU_UNSUPPORTED	0x1ULL
#endif
#ifndef KVM_REG_ARM_FW_FEAT_BMAP
#define KVM_REG_ARM_FW_FEAT_BMAP	(0x0016 << KVM_REG_ARM_COPROC_SHIFT)
#define KVM_REG_ARM_FW_FEAT_BMAP_REG(r)	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | \
					 KVM_REG_ARM_FW_FEAT_BMAP | ((r) & 0xffff))
#endif
#ifndef KVM_CAP_STEAL_TIME
#define KVM_CAP_STEAL_TIME		187
#endif
#ifndef KVM_CAP_SET_GUEST_DEBUG2
#define KVM_CAP_SET_GUEST_DEBUG2	195
#endif
#ifndef KVM_CAP_ARM_MTE			/* 5.13 */
#define KVM_CAP_ARM_MTE			205

struct kvm_arm_copy_mte_tags {
	__u64 guest_ipa;
	__u64 length;
	void __user *addr;
	__u64 flags;
	__u64 reserved[2];
};

#define KVM_ARM_TAGS_TO_GUEST		0
#define KVM_ARM_TAGS_FROM_GUEST		1
#define KVM_ARM_MTE_COPY_TAGS		_IOR(KVMIO, 0xb4, struct kvm_arm_copy_mte_tags)
#endif
#ifndef KVM_CAP_PTP_KVM
#define KVM_CAP_PTP_KVM			198
#endif
#ifndef KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3
#define KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3	KVM_REG_ARM_FW_REG(3)
#endif

/* Attributes of later kernels */
#ifndef KVM_ARM_VM_SMCCC_FILTER
#define KVM_ARM_VM_SMCCC_CTRL		0
#define KVM_ARM_VM_SMCCC_FILTER		0

enum kvm_smccc_filter_action {
	KVM_SMCCC_FILTER_HANDLE = 0,
	KVM_SMCCC_FILTER_DENY,
	KVM_SMCCC_FILTER_FWD_TO_USER,
};

struct kvm_smccc_filter {
	__u32 base;
	__u32 nr_functions;
	__u8 action;
	__u8 pad[15];
};
#endif

#ifndef KVM_ARM_VCPU_PMU_V3_SET_PMU		/* 5.17 */
#define KVM_ARM_VCPU_PMU_V3_SET_PMU		3
#endif
#ifndef KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS	/* 6.16 */
#define KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS	4
#endif

/* ioctls of later kernels */
#ifndef KVM_SET_USER_MEMORY_REGION2
struct kvm_userspace_memory_region2 {
	__u32 slot;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size;
	__u64 userspace_addr;
	__u64 guest_memfd_offset;
	__u32 guest_memfd;
	__u32 pad1;
	__u64 pad2[14];
};

#define KVM_SET_USER_MEMORY_REGION2 \
	_IOW(KVMIO, 0x49, struct kvm_userspace_memory_region2)
#define KVM_CAP_USER_MEMORY2	231
#endif

/* Dirty rings came with 5.11, to arm64 with 6.2 */
#ifndef KVM_RESET_DIRTY_RINGS
#define KVM_RESET_DIRTY_RINGS		_IO(KVMIO, 0xc7)
#define KVM_EXIT_DIRTY_RING_FULL	31
#define KVM_DIRTY_GFN_F_DIRTY		0x1U
#define KVM_DIRTY_GFN_F_RESET		0x2U

struct kvm_dirty_gfn {
	__u32 flags;
	__u32 slot;
	__u64 offset;
};
#endif
#ifndef KVM_CAP_DIRTY_LOG_RING_ACQ_REL
#define KVM_CAP_DIRTY_LOG_RING_ACQ_REL	223
#endif
#ifndef KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP
#define KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP	225
#endif
#ifndef KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE	/* 6.6 */
#define KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE	228
#define KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES	229
#endif
/* In pages: where the ring is in a vCPU's mapping. Zero in headers from before. */
#define ARMVCPU_DIRTY_RING_OFFSET	64

#ifndef KVM_ARM_SET_COUNTER_OFFSET
struct kvm_arm_counter_offset {
	__u64 counter_offset;
	__u64 reserved;
};

#define KVM_ARM_SET_COUNTER_OFFSET	_IOW(KVMIO, 0xb5, struct kvm_arm_counter_offset)
#define KVM_CAP_COUNTER_OFFSET		227
#endif

#ifndef KVM_ARM_GET_REG_WRITABLE_MASKS
#define KVM_ARM_FEATURE_ID_RANGE	0
struct reg_mask_range {
	__u64 addr;
	__u32 range;
	__u32 reserved[13];
};

#define KVM_ARM_GET_REG_WRITABLE_MASKS	_IOR(KVMIO, 0xb6, struct reg_mask_range)
#define KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES	230
#endif
#ifndef KVM_CAP_ARM_WRITABLE_IMP_ID_REGS
#define KVM_CAP_ARM_WRITABLE_IMP_ID_REGS	239
#endif

#ifndef KVM_CAP_ARM_SEA_TO_USER
#define KVM_CAP_ARM_SEA_TO_USER		245
#endif

#ifndef KVM_GET_STATS_FD
struct kvm_stats_header {
	__u32 flags;
	__u32 name_size;
	__u32 num_desc;
	__u32 id_offset;
	__u32 desc_offset;
	__u32 data_offset;
};

struct kvm_stats_desc {
	__u32 flags;
	__s16 exponent;
	__u16 size;
	__u32 offset;
	__u32 bucket_size;
	char name[];
};

#define KVM_GET_STATS_FD		_IO(KVMIO, 0xce)
#define KVM_CAP_BINARY_STATS_FD		203
#define KVM_STATS_TYPE_CUMULATIVE	0x0
#define KVM_STATS_TYPE_INSTANT		0x1
#define KVM_STATS_TYPE_LOG_HIST		0x4
#define KVM_STATS_UNIT_NONE		0x00
#define KVM_STATS_UNIT_SECONDS		0x20
#endif
#ifndef KVM_STATS_UNIT_BOOLEAN		/* 5.19 */
#define KVM_STATS_UNIT_BOOLEAN		0x40
#endif

#endif
