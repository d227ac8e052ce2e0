// SPDX-License-Identifier: GPL-2.0
/*
 * What EL2 answers by itself: fill the VM's page for it (include/vm_fast.h), switch it on and off.
 *
 * Runs at: host kernel. Owns: vm->fast, ctx->fast.
 * Locks: vm->lock for the page's contents.
 */
#include <linux/gfp.h>
#include <linux/module.h>

#include "../mm/el2_map.h"
#include "vcpu.h"

static bool fast = true;
module_param(fast, bool, 0644);
MODULE_PARM_DESC(fast, "VMs made from now on have simple traps finished at EL2 (default: on)");

/* GICD_IIDR as vgic/regs.c composes it: product 'K', revision, Arm. */
#define IIDR(rev)	(0x4b000000U | (rev) << 12 | 0x43b)

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
 * av_fast_update() - bring EL2's copy of the VM's constants up to date
 * @vm: the VM
 *
 * Context: vm->lock held; at the first run of each vCPU, and when user space changes one of them later.
 */
void av_fast_update(struct av_vm *vm)
{
	struct av_vm_fast *f = vm->fast;

	BUILD_BUG_ON(sizeof(*f) > PAGE_SIZE || sizeof(f->idregs) != sizeof(vm->idregs));
	if (!f)
		return;
	WRITE_ONCE(f->psci_version, vm->psci_version);
	f->vendor_features = vm->smccc_feat[2];
	memcpy(f->idregs, vm->idregs, sizeof(f->idregs));
	f->gicd_base = ~0ULL;
	if (vm->vgic.ready) {
		f->spis = av_el2_addr(vm->vgic.spis);
		f->gicd_iidr = IIDR(vm->vgic.rev);
		f->gicd_base = vm->vgic.dist_base;
	}
}

/* After av_fast_update(): this vCPU may use it. */
void av_fast_enable(struct av_vcpu *vcpu)
{
	vcpu->ctx->fast = vcpu->vm->fast ? av_el2_addr(vcpu->vm->fast) : 0;
}
