// SPDX-License-Identifier: GPL-2.0
/*
 * What EL2 answers by itself: fill the VM's page for it (include/vm_fast.h), switch it on and off.
 *
 * Runs at: host kernel. Owns: vm->fast, ctx->fast.
 * Locks: vm->lock while the page is filled; after that it is only read.
 */
#include <linux/gfp.h>
#include <linux/module.h>

#include "../mm/el2_map.h"
#include "vcpu.h"

static bool fast = true;
module_param(fast, bool, 0644);
MODULE_PARM_DESC(fast, "VMs made from now on have simple traps finished at EL2 (default: on)");

/**
 * av_fast_vm_init() - the page that EL2 will look into
 * @vm: the VM
 *
 * Return: 0, also when the fast path is off; -ENOMEM.
 */
int av_fast_vm_init(struct av_vm *vm)
{
	int ret;

	if (!READ_ONCE(fast))
		return 0;
	vm->fast = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!vm->fast)
		return -ENOMEM;
	ret = av_el2_lend(vm->fast, PAGE_SIZE);
	if (!ret)
		return 0;
	free_page((unsigned long)vm->fast);
	vm->fast = NULL;
	return ret;
}

void av_fast_vm_destroy(struct av_vm *vm)
{
	if (!vm->fast)
		return;
	av_el2_reclaim(vm->fast, PAGE_SIZE);
	free_page((unsigned long)vm->fast);
}

/**
 * av_fast_fill() - EL2's copy of the VM's constants
 * @vm: the VM
 *
 * Context: vm->lock held, once, before any vCPU runs. Only the PSCI version may change later (vcpu/one_reg.c).
 */
void av_fast_fill(struct av_vm *vm)
{
	struct av_vm_fast *f = vm->fast;

	BUILD_BUG_ON(sizeof(*f) > PAGE_SIZE || sizeof(f->idregs) != sizeof(vm->idregs));
	if (!f)
		return;
	WRITE_ONCE(f->psci_version, vm->psci_version);
	f->vendor_features = vm->smccc_feat[2];
	memcpy(f->idregs, vm->idregs, sizeof(f->idregs));
	if (vm->vgic.ready) {
		f->gicd_base = vm->vgic.dist_base;
		f->spis = av_el2_addr(vm->vgic.spis);
	}
}

/* After av_fast_fill(): this vCPU may use it. */
void av_fast_enable(struct av_vcpu *vcpu)
{
	vcpu->ctx->fast = vcpu->vm->fast ? av_el2_addr(vcpu->vm->fast) : 0;
}
