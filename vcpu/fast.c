// SPDX-License-Identifier: GPL-2.0
/*
 * What EL2 answers by itself: fill the VM's page for it (include/vm_fast.h), switch it on and off.
 *
 * Runs at: host kernel. Owns: vm->fast, ctx->fast.
 * Locks: vm->lock while the page is filled; after that it is only read.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "host/el2_map.h"
#include "vcpu.h"
#include "vgic/vgic.h"

static bool fast = true;
module_param(fast, bool, 0644);
MODULE_PARM_DESC(fast, "VMs made from now on begin with simple traps finished at EL2 (default: on)");

static size_t fast_size(void)
{
	return PAGE_ALIGN(sizeof(struct av_vm_fast));
}

/**
 * av_fast_vm_init() - the page that EL2 will look into
 * @vm: the VM
 *
 * Return: 0 or -ENOMEM.
 */
int av_fast_vm_init(struct av_vm *vm)
{
	int ret;

	vm->fast = alloc_pages_exact(fast_size(), GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!vm->fast)
		return -ENOMEM;
	ret = av_el2_lend(vm->fast, fast_size());
	if (ret) {
		free_pages_exact(vm->fast, fast_size());
		return ret;
	}
	av_fast_set(vm, READ_ONCE(fast));
	return 0;
}

void av_fast_vm_destroy(struct av_vm *vm)
{
	av_el2_reclaim(vm->fast, fast_size());
	free_pages_exact(vm->fast, fast_size());
}

/*
 * Where the GIC's registers are. All of it is fixed by now: no vCPU can be created any more, and each has its
 * redistributor, so that a region which is added later is nobody's.
 */
static void fill_gic(struct av_vm *vm, struct av_vm_fast *f)
{
	struct av_vcpu *vcpu;
	u32 n;
	int i;

	BUILD_BUG_ON(ARRAY_SIZE(f->redist) < AV_MAX_VCPUS);
	f->gicd_base = vm->vgic.dist_base;
	f->spis = av_el2_addr(vm->vgic.spis);
	f->nr_regions = av_vgic_fast_regions(vm, f->region, ARRAY_SIZE(f->region));
	f->gic_first = f->gicd_base;
	f->gic_last = f->gicd_base + SZ_64K - 1;
	for (n = 0; n < f->nr_regions; n++) {
		const struct av_fast_region *r = &f->region[n];

		f->gic_first = min(f->gic_first, r->base);
		f->gic_last = max(f->gic_last, r->base + (u64)r->count * SZ_128K - 1);
	}
	av_for_each_vcpu(i, vcpu, vm) {
		vcpu->ctx->gic_priv = av_el2_addr(vcpu->vgic.priv);
		vcpu->ctx->gicr_typer = av_vgic_typer(vcpu);
		f->redist[i] = av_el2_addr(vcpu->ctx);
	}
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

	BUILD_BUG_ON(sizeof(f->idregs) != sizeof(vm->idregs));
	WRITE_ONCE(f->psci_version, vm->psci_version);
	f->vendor_features[0] = vm->smccc_feat[AV_FEAT_VENDOR_HYP];
	f->vendor_features[1] = vm->smccc_feat[AV_FEAT_VENDOR_HYP_2];
	f->ctr = vm->invariants[AV_HOST_CTR];
	memcpy(f->idregs, vm->idregs, sizeof(f->idregs));
	/* What EL2 knows of the GIC is GICv3's. */
	if (vm->vgic.ready && av_vgic_is_v3(vm))
		fill_gic(vm, f);
}

/**
 * av_fast_set() - let EL2 answer traps of this VM, or have all of them come to the host
 * @vm: the VM
 * @on: which
 *
 * For debugging and tracing; the answers are the same. Context: any; counts for each trap from now on. Traps that user
 * space is to answer always come to the host.
 */
void av_fast_set(struct av_vm *vm, bool on)
{
	unsigned long *calls_off = (unsigned long *)&vm->fast->calls_off;
	u32 users = READ_ONCE(vm->user_exits);

	if (users & (ARMVCPU_USER_SYSREG | ARMVCPU_USER_HALT))
		on = false;
	if (users & ARMVCPU_USER_CALL)
		set_bit(AV_CALLS_FILTERED, calls_off);
	WRITE_ONCE(vm->fast->on, on);
	if (on)
		clear_bit(AV_CALLS_SWITCHED_OFF, calls_off);
	else
		set_bit(AV_CALLS_SWITCHED_OFF, calls_off);
}

bool av_fast_is_on(const struct av_vm *vm)
{
	return READ_ONCE(vm->fast->on);
}

/* After av_fast_fill(), at the vCPU's first run, vm->lock held: this vCPU may use it. */
void av_fast_enable(struct av_vcpu *vcpu)
{
	struct av_vm_fast *f = vcpu->vm->fast;

	vcpu->ctx->fast = av_el2_addr(f);
	if (!f->spis)
		return;
	/* Who finds it at EL2 finds the rest. */
	smp_store_release(&f->target[vcpu->id], av_el2_addr(vcpu->ctx));
}
