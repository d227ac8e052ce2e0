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

#endif
