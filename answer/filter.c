// SPDX-License-Identifier: GPL-2.0
/*
 * The SMCCC filter: which of the guest's calls user space denies, or wants to answer itself
 * (Documentation/virt/kvm/devices/vm.rst, KVM_ARM_VM_SMCCC_CTRL).
 *
 * Runs at: host kernel. Owns: vm->smccc_filter.
 * Locks: vm->lock for changes, which end with the VM's first run; guests' calls look without a lock.
 */
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "answer.h"
#include "compat.h"

/* Functions first ... last; no two overlap. */
struct av_smccc_range {
	struct rb_node node;
	u32 first, last;
	u8 action;
};

/*
 * Calls of the architecture itself (DEN0028, 7): they say which calls there are, and the workarounds among them never
 * get as far as here (el2/fast.c).
 */
static const u32 reserved[][2] = {
	{ 0x80000000, 0x8000ffff },
	{ 0xc0000000, 0xc000ffff },
};

static bool overlap(u32 first, u32 last, u32 other_first, u32 other_last)
{
	return first <= other_last && other_first <= last;
}

static struct av_smccc_range *range_of(struct rb_node *node)
{
	return rb_entry(node, struct av_smccc_range, node);
}

/**
 * av_smccc_action() - what is to become of a call
 * @vm: the VM
 * @id: the function
 *
 * Context: any. Return: one of KVM_SMCCC_FILTER_*.
 */
u8 av_smccc_action(const struct av_vm *vm, u32 id)
{
	struct rb_node *node = vm->smccc_filter.rb_node;

	while (node) {
		const struct av_smccc_range *range = range_of(node);

		if (id < range->first)
			node = node->rb_left;
		else if (id > range->last)
			node = node->rb_right;
		else
			return range->action;
	}
	return KVM_SMCCC_FILTER_HANDLE;
}

static int insert(struct av_vm *vm, struct av_smccc_range *new)
{
	struct rb_node **link = &vm->smccc_filter.rb_node, *parent = NULL;

	while (*link) {
		const struct av_smccc_range *range = range_of(*link);

		if (overlap(new->first, new->last, range->first, range->last))
			return -EEXIST;
		parent = *link;
		link = new->first < range->first ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&new->node, parent, link);
	rb_insert_color(&new->node, &vm->smccc_filter);
	return 0;
}

static int add(struct av_vm *vm, const struct kvm_smccc_filter *filter)
{
	u32 first = filter->base, last = first + filter->nr_functions - 1;
	struct av_smccc_range *range;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(reserved); i++) {
		if (overlap(first, last, reserved[i][0], reserved[i][1]))
			return -EEXIST;
	}
	range = kmalloc(sizeof(*range), GFP_KERNEL_ACCOUNT);
	if (!range)
		return -ENOMEM;
	range->first = first;
	range->last = last;
	range->action = filter->action;
	ret = insert(vm, range);
	if (ret) {
		kfree(range);
		return ret;
	}
	/* From the first range on EL2 answers no call by itself, whatever it is. */
	set_bit(AV_CALLS_FILTERED, (unsigned long *)&vm->fast->calls_off);
	return 0;
}

/**
 * av_vm_set_attr() - KVM_SET_DEVICE_ATTR on the VM's descriptor
 * @vm: the VM
 * @attr: which, and where its value is
 *
 * Context: may sleep, takes vm->lock. Return: 0, -ENXIO no such attribute, -EFAULT, -EINVAL no or too many functions,
 * unknown action or bits, -EBUSY after a vCPU ran, -EEXIST one of the functions has a rule or may have none, -ENOMEM.
 */
int av_vm_set_attr(struct av_vm *vm, const struct kvm_device_attr *attr)
{
	struct kvm_smccc_filter filter;
	int ret = av_vm_has_attr(vm, attr);

	if (ret)
		return ret;
	if (copy_from_user(&filter, u64_to_user_ptr(attr->addr), sizeof(filter)))
		return -EFAULT;
	if (memchr_inv(filter.pad, 0, sizeof(filter.pad)) || filter.action > KVM_SMCCC_FILTER_FWD_TO_USER)
		return -EINVAL;
	/* nr_functions - 1 more than the first, as far as the numbers go. */
	if (!filter.nr_functions || filter.nr_functions - 1 > U32_MAX - filter.base)
		return -EINVAL;
	mutex_lock(&vm->lock);
	ret = vm->ran_once ? -EBUSY : add(vm, &filter);
	mutex_unlock(&vm->lock);
	return ret;
}

/* KVM_HAS_DEVICE_ATTR on the VM's descriptor: 0 or -ENXIO */
int av_vm_has_attr(struct av_vm *vm, const struct kvm_device_attr *attr)
{
	return attr->group == KVM_ARM_VM_SMCCC_CTRL && attr->attr == KVM_ARM_VM_SMCCC_FILTER ? 0 : -ENXIO;
}

/* With the VM: nobody looks any more. */
void av_smccc_filter_destroy(struct av_vm *vm)
{
	struct av_smccc_range *range, *next;

	rbtree_postorder_for_each_entry_safe(range, next, &vm->smccc_filter, node) {
		kfree(range);
		/* As many as the VMM could pay for. */
		cond_resched();
	}
	vm->smccc_filter = RB_ROOT;
}
