// SPDX-License-Identifier: GPL-2.0
/*
 * Find a vCPU, or hold all of them still.
 *
 * Runs at: host kernel; to find one, any context. Owns: nothing.
 * Locks: takes every vcpu->mutex of a VM, by trylock, under vm->lock.
 */
#include <linux/lockdep.h>
#include <linux/nospec.h>

#include "guest.h"

struct av_vcpu *av_vcpu_by_id(struct av_vm *vm, u32 id)
{
	if (id >= AV_MAX_VCPUS)
		return NULL;
	/* Pairs with the release in av_vcpu_create(): who finds the vCPU finds it complete. */
	return smp_load_acquire(&vm->vcpus_by_id[array_index_nospec(id, AV_MAX_VCPUS)]);
}

struct av_vcpu *av_vcpu_by_mpidr(struct av_vm *vm, u64 mpidr)
{
	const u64 affinity = AV_MASK(39, 32) | AV_MASK(23, 0);
	struct av_vcpu *vcpu;
	int i;

	av_for_each_vcpu(i, vcpu, vm) {
		if ((vcpu->ctx->sys[AV_MPIDR_EL1] & affinity) == (mpidr & affinity))
			return vcpu;
	}
	return NULL;
}

/* lockdep knows 48 locks of a task at most (MAX_LOCK_DEPTH): the first vCPU's stands for all. */
static bool trylock_one(struct av_vm *vm, int i)
{
	bool locked;

	if (i)
		lockdep_off();
	locked = mutex_trylock(&vm->vcpus[i]->mutex);
	if (i)
		lockdep_on();
	return locked;
}

static void unlock_below(struct av_vm *vm, int i)
{
	while (i--) {
		if (i)
			lockdep_off();
		mutex_unlock(&vm->vcpus[i]->mutex);
		if (i)
			lockdep_on();
	}
}

/**
 * av_vcpus_trylock_all() - make sure that no vCPU runs
 * @vm: the VM
 *
 * Context: vm->lock held. Return: 0 with every vCPU's mutex held, or -EBUSY with none.
 */
int av_vcpus_trylock_all(struct av_vm *vm)
{
	int i;

	for (i = 0; i < vm->online_vcpus; i++) {
		if (!trylock_one(vm, i)) {
			unlock_below(vm, i);
			return -EBUSY;
		}
	}
	return 0;
}

void av_vcpus_unlock_all(struct av_vm *vm)
{
	unlock_below(vm, vm->online_vcpus);
}
