// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of the GIC device: how user space sets it up, saves and restores it.
 *
 * Runs at: host kernel, thread context, in an ioctl on the device's fd.
 * Owns: nr_spis.
 * Locks: takes vm->lock, and all vCPUs' mutexes for the registers; none while user memory is
 * copied.
 */
#include <linux/uaccess.h>

#include "internal.h"

#define MIN_IRQS	(AV_VGIC_PRIVATE + 32)
#define MAX_IRQS	1023

/* KVM_DEV_ARM_VGIC_GRP_*_REGS: Aff3..Aff0 in one word */
static u64 attr_mpidr(u64 attr)
{
	u64 aff = attr >> KVM_DEV_ARM_VGIC_V3_MPIDR_SHIFT;

	return AV_GET(aff, 31, 24) << 32 | AV_GET(aff, 23, 0);
}

static struct av_vcpu *attr_vcpu(struct av_vm *vm, const struct kvm_device_attr *attr)
{
	if (vm->vgic.is_v2)
		return av_vcpu_by_id(vm, (attr->attr & KVM_DEV_ARM_VGIC_CPUID_MASK) >>
				     KVM_DEV_ARM_VGIC_CPUID_SHIFT);
	if (attr->group != KVM_DEV_ARM_VGIC_GRP_DIST_REGS)
		return av_vcpu_by_mpidr(vm, attr_mpidr(attr->attr));
	/* Acquire pairs with the creation of the first vCPU. */
	return smp_load_acquire(&vm->online_vcpus) ? vm->vcpus[0] : NULL;
}

static bool is_reg_group(const struct av_vm *vm, u32 group)
{
	if (vm->vgic.is_v2)
		return group == KVM_DEV_ARM_VGIC_GRP_DIST_REGS ||
		       group == KVM_DEV_ARM_VGIC_GRP_CPU_REGS;
	return group == KVM_DEV_ARM_VGIC_GRP_DIST_REGS ||
	       group == KVM_DEV_ARM_VGIC_GRP_REDIST_REGS ||
	       group == KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS ||
	       group == KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO;
}

static enum av_vgic_bank bank_of(const struct av_vm *vm, u32 group)
{
	if (vm->vgic.is_v2)
		return group == KVM_DEV_ARM_VGIC_GRP_DIST_REGS ? AV_BANK_V2_DIST : AV_BANK_V2_CPU;
	return group == KVM_DEV_ARM_VGIC_GRP_DIST_REGS ? AV_BANK_DIST : AV_BANK_REDIST;
}

static int level_info(struct av_vcpu *vcpu, u64 attr, bool is_write, u64 *val)
{
	u32 intid = attr & KVM_DEV_ARM_VGIC_LINE_LEVEL_INTID_MASK;

	if (AV_GET(attr, 31, 10) != VGIC_LEVEL_INFO_LINE_LEVEL || intid % 32)
		return -EINVAL;
	if (is_write)
		av_vgic_write_levels(vcpu, intid, *val);
	else
		*val = av_vgic_read_levels(vcpu, intid);
	return 0;
}

static int cpu_sysreg(struct av_vcpu *vcpu, u64 attr, bool is_write, u64 *val)
{
	const struct av_vgic_icc icc = av_vgic_icc_of(vcpu);
	u32 encoding = attr & KVM_DEV_ARM_VGIC_SYSREG_INSTR_MASK;
	bool ok;

	if (!av_vgic_icc_exists(encoding))
		return -ENOENT;
	if (is_write)
		ok = av_vgic_icc_set(&icc, encoding, *val);
	else
		ok = av_vgic_icc_get(&icc, encoding, val);
	return ok ? 0 : -EINVAL;
}

/* Nobody runs: what was in list registers is folded, and stays so. */
static int access_locked(struct av_vcpu *vcpu, const struct kvm_device_attr *attr, bool is_write,
			 u64 *val)
{
	u32 offset = attr->attr & KVM_DEV_ARM_VGIC_OFFSET_MASK, word = *val;
	struct av_vm *vm = vcpu->vm;
	bool stands = av_vgic_initialized(vm);
	int ret;

	if (!stands && vm->vgic.is_v2) {
		ret = av_vgic_init(vm);
		if (ret)
			return ret;
		stands = true;
	}
	if (!stands && attr->group != KVM_DEV_ARM_VGIC_GRP_DIST_REGS)
		return -EBUSY;
	switch (attr->group) {
	case KVM_DEV_ARM_VGIC_GRP_DIST_REGS:
	case KVM_DEV_ARM_VGIC_GRP_REDIST_REGS:
	case KVM_DEV_ARM_VGIC_GRP_CPU_REGS:
		ret = stands ? av_vgic_reg_user(vcpu, bank_of(vm, attr->group), offset, is_write, &word) :
			       av_vgic_reg_early(vm, offset, is_write, &word);
		break;
	case KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO:
		return level_info(vcpu, attr->attr, is_write, val);
	default:
		return cpu_sysreg(vcpu, attr->attr, is_write, val);
	}
	if (!is_write)
		*val = word;
	return ret;
}

/* ICC registers are 64 bits for user space, all others 32. */
static int copy_in(const struct kvm_device_attr *attr, u64 *val)
{
	u32 word;

	if (attr->group == KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS)
		return get_user(*val, (u64 __user *)u64_to_user_ptr(attr->addr));
	if (get_user(word, (u32 __user *)u64_to_user_ptr(attr->addr)))
		return -EFAULT;
	*val = word;
	return 0;
}

static int copy_out(const struct kvm_device_attr *attr, u64 val)
{
	if (attr->group == KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS)
		return put_user(val, (u64 __user *)u64_to_user_ptr(attr->addr));
	return put_user((u32)val, (u32 __user *)u64_to_user_ptr(attr->addr));
}

static int reg_access(struct av_vm *vm, const struct kvm_device_attr *attr, bool is_write)
{
	struct av_vcpu *vcpu = attr_vcpu(vm, attr);
	u64 val = 0;
	int ret;

	if (!vcpu)
		return -EINVAL;
	if (is_write) {
		ret = copy_in(attr, &val);
		if (ret)
			return ret;
	}
	mutex_lock(&vm->lock);
	ret = -EBUSY;
	if (!av_vcpus_trylock_all(vm)) {
		ret = access_locked(vcpu, attr, is_write, &val);
		av_vcpus_unlock_all(vm);
	}
	mutex_unlock(&vm->lock);
	if (!ret && !is_write)
		ret = copy_out(attr, val);
	return ret;
}

static int set_nr_irqs(struct av_vm *vm, u32 val)
{
	int ret = 0;

	if (val < MIN_IRQS || val > MAX_IRQS || val % 32)
		return -EINVAL;
	mutex_lock(&vm->lock);
	if (vm->vgic.initialized || vm->vgic.nr_spis)
		ret = -EBUSY;
	else
		vm->vgic.nr_spis = val - AV_VGIC_PRIVATE;
	mutex_unlock(&vm->lock);
	return ret;
}

static int save_pending_tables(struct av_vm *vm)
{
	int ret = av_vcpus_trylock_all(vm);

	if (ret)
		return -EBUSY;
	ret = vm->vgic.initialized ? av_lpi_save_pending(vm) : -ENXIO;
	av_vcpus_unlock_all(vm);
	return ret;
}

static int set_ctrl(struct av_vm *vm, u64 attr)
{
	int ret = -ENXIO;

	mutex_lock(&vm->lock);
	if (attr == KVM_DEV_ARM_VGIC_CTRL_INIT)
		ret = av_vgic_init(vm);
	else if (attr == KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES && !vm->vgic.is_v2)
		ret = save_pending_tables(vm);
	mutex_unlock(&vm->lock);
	return ret;
}

static int addr_access(struct av_vm *vm, const struct kvm_device_attr *attr, bool is_write)
{
	u64 __user *uaddr = u64_to_user_ptr(attr->addr);
	u64 addr = 0;
	int ret;

	/* To read a region is to name its index first. */
	if (is_write || attr->attr == KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION)
		if (get_user(addr, uaddr))
			return -EFAULT;
	mutex_lock(&vm->lock);
	if (is_write)
		ret = av_vgic_set_addr(vm, attr->attr, addr);
	else
		ret = av_vgic_get_addr(vm, attr->attr, &addr);
	mutex_unlock(&vm->lock);
	if (!ret && !is_write)
		ret = put_user(addr, uaddr);
	return ret;
}

int av_vgic_set_attr(struct av_vm *vm, const struct kvm_device_attr *attr)
{
	u32 nr;

	if (is_reg_group(vm, attr->group))
		return reg_access(vm, attr, true);
	switch (attr->group) {
	case KVM_DEV_ARM_VGIC_GRP_ADDR:
		return addr_access(vm, attr, true);
	case KVM_DEV_ARM_VGIC_GRP_NR_IRQS:
		if (get_user(nr, (u32 __user *)u64_to_user_ptr(attr->addr)))
			return -EFAULT;
		return set_nr_irqs(vm, nr);
	case KVM_DEV_ARM_VGIC_GRP_CTRL:
		return set_ctrl(vm, attr->attr);
	}
	return -ENXIO;
}

int av_vgic_get_attr(struct av_vm *vm, const struct kvm_device_attr *attr)
{
	if (is_reg_group(vm, attr->group))
		return reg_access(vm, attr, false);
	switch (attr->group) {
	case KVM_DEV_ARM_VGIC_GRP_ADDR:
		return addr_access(vm, attr, false);
	case KVM_DEV_ARM_VGIC_GRP_NR_IRQS:
		return put_user(READ_ONCE(vm->vgic.nr_spis) + AV_VGIC_PRIVATE,
				(u32 __user *)u64_to_user_ptr(attr->addr));
	}
	return -ENXIO;
}

static int has_reg_attr(struct av_vm *vm, const struct kvm_device_attr *attr)
{
	u32 offset = attr->attr & KVM_DEV_ARM_VGIC_OFFSET_MASK;
	bool has;

	if (attr->group == KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO)
		has = AV_GET(attr->attr, 31, 10) == VGIC_LEVEL_INFO_LINE_LEVEL;
	else if (!attr_vcpu(vm, attr))
		return -EINVAL;
	else if (attr->group == KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS)
		has = av_vgic_icc_exists(attr->attr & KVM_DEV_ARM_VGIC_SYSREG_INSTR_MASK);
	else
		has = av_vgic_has_reg(vm, bank_of(vm, attr->group), offset);
	return has ? 0 : -ENXIO;
}

static bool has_addr(const struct av_vm *vm, u64 type)
{
	if (vm->vgic.is_v2)
		return type == KVM_VGIC_V2_ADDR_TYPE_DIST || type == KVM_VGIC_V2_ADDR_TYPE_CPU;
	return type == KVM_VGIC_V3_ADDR_TYPE_DIST || type == KVM_VGIC_V3_ADDR_TYPE_REDIST ||
	       type == KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION;
}

static bool has_ctrl(const struct av_vm *vm, u64 ctrl)
{
	return ctrl == KVM_DEV_ARM_VGIC_CTRL_INIT ||
	       (ctrl == KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES && !vm->vgic.is_v2);
}

int av_vgic_has_attr(struct av_vm *vm, const struct kvm_device_attr *attr)
{
	bool has = false;

	if (is_reg_group(vm, attr->group))
		return has_reg_attr(vm, attr);
	switch (attr->group) {
	case KVM_DEV_ARM_VGIC_GRP_ADDR:
		has = has_addr(vm, attr->attr);
		break;
	case KVM_DEV_ARM_VGIC_GRP_NR_IRQS:
		has = true;
		break;
	case KVM_DEV_ARM_VGIC_GRP_CTRL:
		has = has_ctrl(vm, attr->attr);
		break;
	}
	return has ? 0 : -ENXIO;
}

int av_vgic_set_v2_addr(struct av_vm *vm, u64 type, u64 addr)
{
	int ret = -ENODEV;

	mutex_lock(&vm->lock);
	if (vm->vgic.is_v2)
		ret = av_vgic_set_addr(vm, type, addr);
	mutex_unlock(&vm->lock);
	return ret == -ENXIO ? -ENODEV : ret;
}
