// SPDX-License-Identifier: GPL-2.0
/*
 * A VM's life: from CREATE_VM until the last of its file descriptors is closed.
 *
 * Runs at: host kernel. Owns: the list of VMs, struct av_vm's references.
 * Locks: av_vms_lock for the list.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "answer/answer.h"
#include "dev/dev.h"
#include "mm/mm.h"
#include "vcpu.h"
#include "vgic/vgic.h"

LIST_HEAD(av_vms);
DEFINE_MUTEX(av_vms_lock);	/* av_vms */

/**
 * av_vm_create() - KVM_CREATE_VM
 * @type: the IPA size in bits, 0 for 40
 *
 * Context: the VMM's thread, may sleep. Return: the VM with one reference, or an error pointer: -EINVAL for an IPA
 * size that the machine doesn't have, -ENOMEM.
 */
struct av_vm *av_vm_create(unsigned long type)
{
	struct av_vm *vm;
	int ret;

	vm = kvzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return ERR_PTR(-ENOMEM);
	refcount_set(&vm->users, 1);
	mutex_init(&vm->lock);
	vm->max_vcpus = av_vgic_default_max_vcpus();
	vm->pid = task_tgid_nr(current);
	av_fw_vm_init(vm);
	vm->mm = current->mm;
	mmgrab(vm->mm);
	/* Who registers with the vGIC comes after it. */
	av_vgic_vm_init(vm);
	ret = av_eventfd_vm_init(vm);
	if (ret)
		goto free;
	ret = av_fast_vm_init(vm);
	if (ret)
		goto eventfd;
	ret = av_mm_init_vm(vm, type);
	if (ret)
		goto fast;
	av_timer_vm_init(vm);
	av_fw_idregs(vm);
	mutex_lock(&av_vms_lock);
	list_add_tail(&vm->link, &av_vms);
	mutex_unlock(&av_vms_lock);
	av_debugfs_add_vm(vm);
	av_uevent_created(vm);
	return vm;
fast:
	av_fast_vm_destroy(vm);
eventfd:
	av_eventfd_vm_destroy(vm);
free:
	mmdrop(vm->mm);
	kvfree(vm);
	return ERR_PTR(ret);
}

static void destroy(struct av_vm *vm)
{
	int i;

	av_uevent_destroyed(vm);
	av_debugfs_remove_vm(vm);
	mutex_lock(&av_vms_lock);
	list_del(&vm->link);
	mutex_unlock(&av_vms_lock);
	av_eventfd_vm_destroy(vm);
	/* A last overflow may be an SPI, and any vCPU's: all of them before the first vCPU goes. */
	for (i = 0; i < vm->online_vcpus; i++)
		av_pmu_vcpu_destroy(vm->vcpus[i]);
	for (i = 0; i < vm->online_vcpus; i++)
		av_vcpu_destroy(vm->vcpus[i]);
	av_vgic_its_destroy(vm);
	av_vgic_vm_destroy(vm);
	av_fast_vm_destroy(vm);
	av_mm_destroy_vm(vm);
	av_smccc_filter_destroy(vm);
	av_pmu_vm_destroy(vm);
	mmdrop(vm->mm);
	mutex_destroy(&vm->lock);
	kvfree(vm);
}

bool av_vm_get(struct av_vm *vm)
{
	return refcount_inc_not_zero(&vm->users);
}

void av_vm_put(struct av_vm *vm)
{
	if (refcount_dec_and_test(&vm->users))
		destroy(vm);
}

/* The VM fd was closed; vCPU and device fds may live on. */
void av_vm_release(struct av_vm *vm)
{
	av_eventfd_vm_release(vm);
	av_vm_put(vm);
}
