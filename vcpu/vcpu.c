// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU's memory: created by CREATE_VCPU, gone with its VM.
 *
 * Runs at: host kernel. Owns: the allocation and the loan to EL2 of struct av_vcpu_ctx.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include "compat.h"
#include "host/el2_map.h"
#include "dev/dev.h"
#include "mm/mm.h"
#include "vcpu.h"
#include "vgic/vgic.h"

static size_t ctx_size(void)
{
	return PAGE_ALIGN(sizeof(struct av_vcpu_ctx));
}

/* The pages that EL2 sees hold this vCPU's context and nothing else. */
static int alloc_ctx(struct av_vcpu *vcpu)
{
	int ret;

	vcpu->ctx = alloc_pages_exact(ctx_size(), GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!vcpu->ctx)
		return -ENOMEM;
	ret = av_el2_lend(vcpu->ctx, ctx_size());
	if (!ret) {
		vcpu->ctx_el2 = av_el2_addr(vcpu->ctx);
		return 0;
	}
	free_pages_exact(vcpu->ctx, ctx_size());
	vcpu->ctx = NULL;
	return ret;
}

static void free_memory(struct av_vcpu *vcpu)
{
	if (vcpu->ctx) {
		av_el2_reclaim(vcpu->ctx, ctx_size());
		free_pages_exact(vcpu->ctx, ctx_size());
	}
	av_sve_free(vcpu);
	av_s2_drain(&vcpu->s2_cache);
	av_ring_destroy(vcpu);
	free_page((unsigned long)vcpu->run);
	kfree(vcpu);
}

static int alloc_memory(struct av_vcpu *vcpu)
{
	BUILD_BUG_ON(sizeof(struct kvm_run) > PAGE_SIZE);
	vcpu->run = (void *)get_zeroed_page(AV_GFP_MAPPED);
	if (!vcpu->run)
		return -ENOMEM;
	return alloc_ctx(vcpu);
}

static int check_id(struct av_vm *vm, u32 id)
{
	if (vm->created_vcpus >= vm->max_vcpus || id >= vm->max_vcpus)
		return -EINVAL;
	if (av_vgic_initialized(vm))
		return -EBUSY;
	return vm->vcpus_by_id[array_index_nospec(id, AV_MAX_VCPUS)] ? -EEXIST : 0;
}

/**
 * av_vcpu_create() - KVM_CREATE_VCPU
 * @vm: the VM
 * @id: the number that user space and MPIDR_EL1 use
 *
 * Context: the VMM's thread, may sleep, takes vm->lock. Return: the vCPU, not yet initialised; or -EINVAL for a
 * number out of range, -EEXIST for one in use, -EBUSY when the GIC was initialised, -ENOMEM.
 */
struct av_vcpu *av_vcpu_create(struct av_vm *vm, u32 id)
{
	struct av_vcpu *vcpu;
	int ret;

	if (id >= AV_MAX_VCPUS)
		return ERR_PTR(-EINVAL);
	vcpu = kzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);
	if (!vcpu)
		return ERR_PTR(-ENOMEM);
	vcpu->vm = vm;
	vcpu->id = id;
	vcpu->cpu = -1;
	av_caches_init(vcpu);
	mutex_init(&vcpu->mutex);
	rcuwait_init(&vcpu->wait);
	raw_spin_lock_init(&vcpu->mp_lock);
	av_exit_work_init(&vcpu->exit_work);
	ret = alloc_memory(vcpu);
	if (ret)
		goto free;

	mutex_lock(&vm->lock);
	ret = check_id(vm, id);
	if (ret)
		goto unlock;
	ret = av_ring_create(vcpu);
	if (ret)
		goto unlock;
	vcpu->idx = vm->created_vcpus;
	av_timer_vcpu_init(vcpu);
	ret = av_vgic_vcpu_init(vcpu);
	if (ret)
		goto timer;
	vm->created_vcpus++;
	vm->vcpus[vcpu->idx] = vcpu;
	/* Complete before anybody finds it, by number or by counting. */
	smp_store_release(&vm->vcpus_by_id[id], vcpu);
	/* Likewise: vcpus[] before the count that covers it. */
	smp_store_release(&vm->online_vcpus, vm->created_vcpus);
	mutex_unlock(&vm->lock);
	return vcpu;
timer:
	av_timer_vcpu_destroy(vcpu);
unlock:
	mutex_unlock(&vm->lock);
free:
	free_memory(vcpu);
	return ERR_PTR(ret);
}

/* With the VM's last reference, behind av_pmu_vcpu_destroy(): nobody else knows the vCPU any more. */
void av_vcpu_destroy(struct av_vcpu *vcpu)
{
	av_timer_vcpu_destroy(vcpu);
	av_vgic_vcpu_destroy(vcpu);
	mutex_destroy(&vcpu->mutex);
	free_memory(vcpu);
}
