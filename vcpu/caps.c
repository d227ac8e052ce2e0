// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_CHECK_EXTENSION and KVM_ENABLE_CAP: what is offered, as a table.
 *
 * Runs at: host kernel. Owns: nothing. What is not listed is answered 0: not there, never pretended.
 */
#include <linux/cpumask.h>
#include <asm/cpufeature.h>
#include <asm/cputype.h>
#include <asm/sysreg.h>

#include "answer/answer.h"
#include "compat.h"
#include "dev/dev.h"
#include "host/pmu.h"
#include "host/sve.h"
#include "mm/mm.h"
#include "vcpu.h"
#include "vgic/vgic.h"

static int nr_vcpus(struct av_vm *vm)
{
	return min_t(int, num_online_cpus(), av_vgic_default_max_vcpus());
}

static int max_vcpus(struct av_vm *vm)
{
	return vm ? vm->max_vcpus : av_vgic_default_max_vcpus();
}

static int ipa_limit(struct av_vm *vm)
{
	return av_mm_ipa_limit();
}

static int msi_devid(struct av_vm *vm)
{
	return vm ? av_vgic_its_created(vm) : -EINVAL;
}

static int sve(struct av_vm *vm)
{
	return av_sve_lengths() != 0;
}

static int keys(struct av_vm *vm)
{
	return av_host_has_keys();
}

static int tags(struct av_vm *vm)
{
	return av_host_has_tags();
}

static int pmu(struct av_vm *vm)
{
	return av_host_has_pmu();
}

static int split_chunk(struct av_vm *vm)
{
	return vm ? READ_ONCE(vm->mmu.split_chunk) : 0;
}

static int block_sizes(struct av_vm *vm)
{
	return av_mm_block_sizes();
}

static int el1_aarch32(struct av_vm *vm)
{
	return av_host_has_el1_aarch32();
}

static int steal_time(struct av_vm *vm)
{
	return av_pvtime_supported();
}

static int breakpoints(struct av_vm *vm)
{
	return AV_GET(read_sanitised_ftr_reg(SYS_ID_AA64DFR0_EL1), 15, 12) + 1;
}

static int watchpoints(struct av_vm *vm)
{
	return AV_GET(read_sanitised_ftr_reg(SYS_ID_AA64DFR0_EL1), 23, 20) + 1;
}

static int ras(struct av_vm *vm)
{
	return av_host_has_ras();
}

static const struct {
	u32 cap;
	int value;
	int (*compute)(struct av_vm *vm);	/* NULL: value as it is */
} caps[] = {
	{ KVM_CAP_IRQCHIP,			1 },
	{ KVM_CAP_USER_MEMORY,			1 },
	{ KVM_CAP_NR_VCPUS,			0, nr_vcpus },
	{ KVM_CAP_NR_MEMSLOTS,			32767 },
	{ KVM_CAP_MP_STATE,			1 },
	{ KVM_CAP_COALESCED_MMIO,		KVM_COALESCED_MMIO_PAGE_OFFSET },
	{ KVM_CAP_SYNC_MMU,			IS_ENABLED(CONFIG_MMU_NOTIFIER) },
	{ KVM_CAP_DESTROY_MEMORY_REGION_WORKS,	1 },
	{ KVM_CAP_SET_GUEST_DEBUG,		1 },
	{ KVM_CAP_IRQ_ROUTING,			4096 },
	{ KVM_CAP_JOIN_MEMORY_REGIONS_WORKS,	1 },
	{ KVM_CAP_IRQFD,			1 },
	{ KVM_CAP_IOEVENTFD,			1 },
	{ KVM_CAP_INTERNAL_ERROR_DATA,		1 },
	{ KVM_CAP_VCPU_EVENTS,			1 },
	{ KVM_CAP_MAX_VCPUS,			0, max_vcpus },
	{ KVM_CAP_ONE_REG,			1 },
	{ KVM_CAP_READONLY_MEM,			1 },
	{ KVM_CAP_IRQFD_RESAMPLE,		1 },
	{ KVM_CAP_ARM_PSCI,			1 },
	{ KVM_CAP_ARM_SET_DEVICE_ADDR,		1 },
	{ KVM_CAP_DEVICE_CTRL,			1 },
	{ KVM_CAP_ENABLE_CAP_VM,		1 },
	{ KVM_CAP_ARM_PSCI_0_2,			1 },
	{ KVM_CAP_CHECK_EXTENSION_VM,		1 },
	{ KVM_CAP_IOEVENTFD_ANY_LENGTH,		1 },
	{ KVM_CAP_VCPU_ATTRIBUTES,		1 },
	{ KVM_CAP_SIGNAL_MSI,			1 },
	{ KVM_CAP_ARM_PMU_V3,			0, pmu },
	{ KVM_CAP_GUEST_DEBUG_HW_BPS,		0, breakpoints },
	{ KVM_CAP_GUEST_DEBUG_HW_WPS,		0, watchpoints },
	{ KVM_CAP_ARM_EL1_32BIT,		0, el1_aarch32 },
	{ KVM_CAP_MSI_DEVID,			0, msi_devid },
	{ KVM_CAP_MAX_VCPU_ID,			0, max_vcpus },
	{ KVM_CAP_IMMEDIATE_EXIT,		1 },
	{ KVM_CAP_ARM_USER_IRQ,			1 },
	{ KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,	AV_MANUAL_DIRTY },
	{ KVM_CAP_ARM_VM_IPA_SIZE,		0, ipa_limit },
	{ KVM_CAP_ARM_IRQ_LINE_LAYOUT_2,	1 },
	{ KVM_CAP_ARM_SVE,			0, sve },
	{ KVM_CAP_ARM_PTRAUTH_ADDRESS,		0, keys },
	{ KVM_CAP_ARM_PTRAUTH_GENERIC,		0, keys },
	{ KVM_CAP_ARM_INJECT_SERROR_ESR,	0, ras },
	{ KVM_CAP_ARM_NISV_TO_USER,		1 },
	{ KVM_CAP_ARM_INJECT_EXT_DABT,		1 },
	{ KVM_CAP_SYSTEM_EVENT_DATA,		1 },
	{ KVM_CAP_DIRTY_LOG_RING_ACQ_REL,	AV_RING_BYTES },
	{ KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP,	1 },
	{ KVM_CAP_STEAL_TIME,			0, steal_time },
	{ KVM_CAP_SET_GUEST_DEBUG2,		KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP |
						KVM_GUESTDBG_USE_SW_BP | KVM_GUESTDBG_USE_HW },
	{ KVM_CAP_ARM_MTE,			0, tags },
	{ KVM_CAP_PTP_KVM,			AV_HAS_WALL_CLOCK },
	{ KVM_CAP_BINARY_STATS_FD,		1 },
	{ KVM_CAP_ARM_SYSTEM_SUSPEND,		1 },
	{ KVM_CAP_COALESCED_PIO,		1 },
	{ KVM_CAP_COUNTER_OFFSET,		1 },
	{ KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE,	0, split_chunk },
	{ KVM_CAP_ARM_SUPPORTED_BLOCK_SIZES,	0, block_sizes },
	{ KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES, BIT(KVM_ARM_FEATURE_ID_RANGE) },
	{ KVM_CAP_USER_MEMORY2,			1 },
	{ KVM_CAP_ARM_WRITABLE_IMP_ID_REGS,	1 },
	{ KVM_CAP_ARM_SEA_TO_USER,		1 },
	{ ARMVCPU_CAP_USER_EXITS,		0, av_user_exits_known },
};

/**
 * av_check_extension() - KVM_CHECK_EXTENSION
 * @vm: the VM, NULL on the system fd
 * @cap: KVM_CAP_*
 *
 * Return: 0 for what is not there, else as Documentation/virt/kvm/api.rst says. MSI_DEVID asked of the system fd
 * is -EINVAL, as KVM has it.
 */
long av_check_extension(struct av_vm *vm, unsigned long cap)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(caps); i++) {
		if (caps[i].cap == cap)
			return caps[i].compute ? caps[i].compute(vm) : caps[i].value;
	}
	return 0;
}

/**
 * av_enable_cap() - KVM_ENABLE_CAP on a VM
 * @vm: the VM
 * @cap: what to enable
 *
 * Return: 0, -EINVAL for flags, or a capability that can't be enabled; -E2BIG for a dirty ring that is too large.
 */
int av_enable_cap(struct av_vm *vm, const struct kvm_enable_cap *cap)
{
	int ret = 0;

	if (cap->flags)
		return -EINVAL;
	if (cap->cap == KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2)
		return av_mm_set_manual_dirty(vm, cap->args[0]);
	if (cap->cap == KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP)
		return av_ring_add_bitmap(vm);
	if (cap->cap == KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE)
		return av_mm_set_split_chunk(vm, cap->args[0]);
	mutex_lock(&vm->lock);
	switch (cap->cap) {
	case KVM_CAP_DIRTY_LOG_RING_ACQ_REL:
		ret = av_ring_set_size(vm, cap->args[0]);
		break;
	case KVM_CAP_ARM_NISV_TO_USER:
		vm->nisv_to_user = true;
		break;
	case KVM_CAP_ARM_SEA_TO_USER:
		vm->sea_to_user = true;
		break;
	case KVM_CAP_ARM_WRITABLE_IMP_ID_REGS:
		/* What a vCPU begins with is settled by then. */
		if (vm->created_vcpus)
			ret = -EINVAL;
		else
			vm->imp_id_regs = true;
		break;
	case KVM_CAP_ARM_MTE:
		ret = av_tags_enable(vm);
		break;
	case KVM_CAP_ARM_SYSTEM_SUSPEND:
		vm->system_suspend = true;
		break;
	case ARMVCPU_CAP_USER_EXITS:
		ret = av_user_exits_enable(vm, cap);
		/* What EL2 would answer has to come out. */
		if (!ret)
			av_fast_set(vm, av_fast_is_on(vm));
		break;
	default:
		ret = -EINVAL;
		break;
	}
	mutex_unlock(&vm->lock);
	return ret;
}
