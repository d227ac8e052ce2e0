// SPDX-License-Identifier: GPL-2.0
/*
 * Life of a VM's interrupt controller: created, initialised, ready, gone.
 *
 * Runs at: host kernel, thread context.
 * Owns: created, initialized, ready, and the memory of the words.
 * Locks: vm->lock is held by the callers, but av_vgic_create() takes it; the questions at the end
 * need none.
 *
 *   created      KVM_CREATE_DEVICE
 *   initialized  KVM_DEV_ARM_VGIC_CTRL_INIT; the numbers of SPIs and of vCPUs are fixed
 *   ready        first KVM_RUN; the addresses stand, the guest may look
 *
 * Lock ladder of vgic/, outermost first:
 *   vm->lock                configuration, the attributes of the device
 *     vcpu->mutex (all)     user space's access to registers: nobody runs
 *       its_lock            mutex, struct av_its_vm: commands and registers of the ITSes, the tables of
 *                           LPIs. Also with only the vCPU's own mutex held.
 *         lock of events    spin, interrupts off, an ITS's: what its MSIs are translated to (its.h)
 *           dist lock       raw, interrupts off: where an SPI is: route[], target[], owner[], held,
 *                           and the active state of SPIs; all that is done to an LPI (lpi.c). Taken by
 *                           flush and sync for those only.
 *                           Nothing is taken inside it: kicks and irqfds come after it.
 * Everything else is words with atomics (words.h says whose), and the order of accesses at the
 * top of irq.c.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "host/el2_map.h"
#include "internal.h"
#include "pick.h"

static size_t spis_size(void)
{
	return PAGE_ALIGN(sizeof(struct av_vgic_spis));
}

void av_vgic_vm_init(struct av_vm *vm)
{
	struct av_vgic_dist *dist = &vm->vgic;

	memset(dist, 0, sizeof(*dist));
	raw_spin_lock_init(&dist->lock);
	dist->dist_base = AV_VGIC_NO_ADDR;
	dist->cpu_base = AV_VGIC_NO_ADDR;
}

/* At the VM's creation, after av_vgic_vm_init(). */
void av_vgic_listen(struct av_vm *vm, const struct av_vgic_listener *listener)
{
	vm->vgic.listener = listener;
}

void av_vgic_want_acks(struct av_vm *vm, const u32 *words)
{
	u32 n;

	for (n = 0; n < AV_VGIC_BLOCKS; n++)
		WRITE_ONCE(vm->vgic.ack_wanted[n], words[n]);
}

void *av_vgic_alloc_words(size_t size)
{
	void *words = alloc_pages_exact(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);

	if (!words || !av_el2_lend(words, size))
		return words;
	free_pages_exact(words, size);
	return NULL;
}

void av_vgic_free_words(void *words, size_t size)
{
	av_el2_reclaim(words, size);
	free_pages_exact(words, size);
}

void av_vgic_vm_destroy(struct av_vm *vm)
{
	struct av_vgic_dist *dist = &vm->vgic;

	dist->ready = false;
	dist->initialized = false;
	if (dist->spis)
		av_vgic_free_words(dist->spis, spis_size());
	dist->spis = NULL;
	kfree(dist->regions);
	dist->regions = NULL;
	dist->nr_regions = 0;
}

/* All that is here of a vCPU before there is a GIC: it may be created before or after. */
int av_vgic_vcpu_init(struct av_vcpu *vcpu)
{
	struct av_vgic_cpu *cpu = &vcpu->vgic;
	int ret;

	BUILD_BUG_ON(sizeof(struct av_vgic_priv) > PAGE_SIZE);

	ret = av_vgic_check_slot(vcpu->vm, vcpu->idx);
	if (ret)
		return ret;
	memset(cpu, 0, sizeof(*cpu));
	cpu->priv = av_vgic_alloc_words(PAGE_SIZE);
	if (!cpu->priv)
		return -ENOMEM;
	/* SGIs are edge and enabled, PPIs level and not, as KVM. */
	cpu->priv->block.edge = GENMASK(AV_VGIC_SGIS - 1, 0);
	cpu->priv->block.enabled = GENMASK(AV_VGIC_SGIS - 1, 0);
	return 0;
}

void av_vgic_vcpu_destroy(struct av_vcpu *vcpu)
{
	if (vcpu->vgic.priv)
		av_vgic_free_words(vcpu->vgic.priv, PAGE_SIZE);
	vcpu->vgic.priv = NULL;
}

/*
 * The CPU interface of a CPU that starts; the redistributor keeps its state (IHI 0069, 4.1: they
 * are reset apart). APRs that a CPU left behind when it went off would mask its interrupts for
 * ever.
 */
void av_vgic_vcpu_reset(struct av_vcpu *vcpu)
{
	struct av_gic_ctx *gic = &vcpu->ctx->gic;

	if (!vcpu->ctx->has_gic)
		return;
	gic->vmcr = 0;
	gic->hcr = ICH_HCR_EN | vcpu->vgic.hcr;
	memset(gic->ap0r, 0, sizeof(gic->ap0r));
	memset(gic->ap1r, 0, sizeof(gic->ap1r));
}

/* No vCPU is in an ioctl, let alone runs. */
static int create_locked(struct av_vm *vm, bool is_v2)
{
	struct av_vgic_dist *dist = &vm->vgic;
	struct av_vcpu *vcpu;
	int i;

	if (dist->created)
		return -EEXIST;
	av_for_each_vcpu(i, vcpu, vm)
		if (vcpu->run_once)
			return -EBUSY;
	if (is_v2) {
		/* Targets and sources are bits by the vCPU's id, and few vCPUs may have large ones. */
		av_for_each_vcpu(i, vcpu, vm)
			if (vcpu->id >= AV_VGIC_V2_MAX_VCPUS)
				return -E2BIG;
		vm->max_vcpus = AV_VGIC_V2_MAX_VCPUS;
		dist->is_v2 = true;
		dist->by_memory = !av_vgic_host_is_v2();
		WRITE_ONCE(dist->created, true);
		av_idregs_gic(vm);
		return 0;
	}
	dist->regions = kcalloc(AV_VGIC_MAX_REGIONS, sizeof(*dist->regions), GFP_KERNEL_ACCOUNT);
	if (!dist->regions)
		return -ENOMEM;
	WRITE_ONCE(dist->created, true);
	av_idregs_gic(vm);
	return 0;
}

int av_vgic_create(struct av_vm *vm, u32 type, bool test)
{
	int ret = -EBUSY;

	/* A guest's CPU interface is the host's: one of the same kind, or a GICv3 that can be a GICv2, too. */
	if (type == KVM_DEV_TYPE_ARM_VGIC_V2 ? !av_vgic_v2_is_offered() : av_vgic_host_is_v2())
		return -ENODEV;
	if (test)
		return 0;
	mutex_lock(&vm->lock);
	if (!av_vcpus_trylock_all(vm)) {
		ret = create_locked(vm, type == KVM_DEV_TYPE_ARM_VGIC_V2);
		av_vcpus_unlock_all(vm);
	}
	mutex_unlock(&vm->lock);
	return ret;
}

static void init_vcpu(struct av_vcpu *vcpu)
{
	u64 vtr = av_vgic_host_vtr();

	vcpu->vgic.priv->block.group1 = vcpu->vm->vgic.is_v2 ? 0 : ~0U;
	vcpu->vgic.pri_bits = ICH_VTR_PRIBITS(vtr);
	vcpu->vgic.id_bits = ICH_VTR_IDBITS(vtr);
	/* Inner shareable, inner cacheable, read-allocate: KVM's value at reset. */
	vcpu->vgic.pendbaser = AV_PUT(1UL, 11, 10) | AV_PUT(3UL, 9, 7);
	/*
	 * With EOImode 1 any vCPU may deactivate an SPI that is in another's list register, where its own CPU interface
	 * does not find it. So the guest's DIR is always trapped, but for VMs of one vCPU, where only active interrupts
	 * without a list register need it. With EOImode 0 there is no DIR, and nothing to pay. No vCPU comes any more.
	 */
	vcpu->vgic.dir_trap = vcpu->vm->vgic.is_v2 ? 0 : av_vgic_dir_trap(vtr);
	vcpu->vgic.hcr = vcpu->vm->online_vcpus > 1 ? vcpu->vgic.dir_trap : 0;
	vcpu->ctx->gic.used_lrs = 0;
	vcpu->ctx->has_gic = AV_GIC_THERE | (vcpu->vm->vgic.by_memory ? AV_GIC_MEMORY : 0);
	av_vgic_vcpu_reset(vcpu);
}

int av_vgic_init(struct av_vm *vm)
{
	struct av_vgic_dist *dist = &vm->vgic;
	struct av_vgic_spis *spis;
	struct av_vcpu *vcpu, *first;
	u32 n, intid;
	int i;

	lockdep_assert_held(&vm->lock);
	if (dist->initialized)
		return 0;
	if (vm->created_vcpus != vm->online_vcpus)
		return -EBUSY;
	spis = av_vgic_alloc_words(spis_size());
	if (!spis)
		return -ENOMEM;
	dist->listener->init(vm);

	if (!dist->nr_spis)
		dist->nr_spis = 256 - AV_VGIC_PRIVATE;
	spis->nr_irqs = dist->nr_spis + AV_VGIC_PRIVATE;
	spis->rev = dist->rev ?: AV_VGIC_NEWEST_REV;
	spis->typer = av_vgic_dist_typer(vm, spis->nr_irqs);
	/*
	 * All lead to the first vCPU, though GICD_IROUTER or GICD_ITARGETSR reads 0 whatever its
	 * affinity is, as KVM.
	 */
	first = vm->online_vcpus ? vm->vcpus[0] : NULL;
	for (n = 1; n < spis->nr_irqs / 32; n++) {
		spis->block[n].group1 = dist->is_v2 ? 0 : ~0U;
		if (first)
			first->vgic.priv->routed[n] = ~0U;
	}
	for (intid = 0; intid < AV_VGIC_IRQS; intid++)
		spis->target[intid] = first && intid >= AV_VGIC_PRIVATE ? 0 : AV_VGIC_NOBODY;
	dist->spis = spis;
	av_for_each_vcpu(i, vcpu, vm)
		init_vcpu(vcpu);
	/* Whoever sees it sees the words: injection asks without a lock. */
	smp_store_release(&dist->initialized, true);
	return 0;
}

/*
 * An error leaves the VM alive, other than in KVM: its own selftest (vgic_init of 6.12) cleans up
 * after the failed run and asserts that this works.
 */
int av_vgic_map_resources(struct av_vcpu *vcpu)
{
	struct av_vm *vm = vcpu->vm;
	struct av_vgic_dist *dist = &vm->vgic;
	int ret;

	lockdep_assert_held(&vm->lock);
	if (!dist->created || dist->ready)
		return 0;
	ret = av_vgic_check_addrs(vm);
	if (ret)
		return ret;
	if (!dist->initialized)
		ret = dist->is_v2 ? av_vgic_init(vm) : -EBUSY;
	if (ret)
		return ret;
	/* Guest accesses look at the addresses without a lock. */
	smp_store_release(&dist->ready, true);
	return 0;
}

/* A GICv2 of older clients initialises itself; they have no KVM_DEV_ARM_VGIC_CTRL_INIT. A GICv3 is -EBUSY without. */
int av_vgic_lazy_init(struct av_vm *vm)
{
	int ret;

	if (av_vgic_initialized(vm))
		return 0;
	if (!READ_ONCE(vm->vgic.is_v2))
		return -EBUSY;
	mutex_lock(&vm->lock);
	ret = av_vgic_init(vm);
	mutex_unlock(&vm->lock);
	return ret;
}

int av_vgic_default_max_vcpus(void)
{
	return av_vgic_host_is_v2() ? AV_VGIC_V2_MAX_VCPUS : AV_MAX_VCPUS;
}
