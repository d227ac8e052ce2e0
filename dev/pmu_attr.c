// SPDX-License-Identifier: GPL-2.0
/*
 * What user space chooses of a PMU: which of the machine's, how many counters, which events, the interrupt
 * (Documentation/virt/kvm/devices/vcpu.rst, 1).
 *
 * Runs at: host kernel, vcpu->mutex held. Owns: vm->pmu, pmu->created, intid.
 * Locks: vm->lock for what is the VM's, taken here; fixed with its first run.
 */
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pmu.h"
#include "vgic/vgic.h"

#define FIRST_PPI	16
#define FIRST_SPI	32
#define LAST_SPI	1019

/* ---- the VM's -------------------------------------------------------------------------------------- */

static void choose(struct av_vm *vm, const struct av_host_pmu *host)
{
	vm->pmu.host = host;
	WRITE_ONCE(vm->pmu.nr, host->counters);
}

/* The one of this CPU, until user space says otherwise. */
int av_pmu_vm_choose(struct av_vm *vm)
{
	const struct av_host_pmu *host = av_host_pmu_here();

	if (!host)
		return -ENODEV;
	choose(vm, host);
	return 0;
}

void av_pmu_vm_destroy(struct av_vm *vm)
{
	bitmap_free(vm->pmu.filter);
}

/*
 * A vCPU's events are those of its VM's PMU. On other CPUs it does not run if user space has chosen that PMU; else its
 * counters stand still there, since perf leaves such events out. (So does KVM: who never asked for a PMU by its
 * number, as QEMU, knows nothing of CPUs on which a vCPU could not run.)
 */
bool av_pmu_is_here(const struct av_vm *vm)
{
	return likely(!vm->pmu.is_chosen) || cpumask_test_cpu(smp_processor_id(), vm->pmu.host->cpus);
}

bool av_pmu_may_count(const struct av_vm *vm, u64 event)
{
	return !vm->pmu.filter || (event < AV_PMU_EVENTS && test_bit(event, vm->pmu.filter));
}

/* ---- the interrupt ----------------------------------------------------------------------------------- */

static bool is_ppi(int irq)
{
	return irq >= FIRST_PPI && irq < FIRST_SPI;
}

/* A PPI is the same on all vCPUs, an SPI another on each. */
static bool fits_others(struct av_vm *vm, int irq)
{
	struct av_vcpu *vcpu;
	int i;

	av_for_each_vcpu(i, vcpu, vm) {
		/* Its VCPU_INIT may come this moment. */
		const struct av_pmu *pmu = READ_ONCE(vcpu->pmu);
		u32 theirs = pmu ? pmu->intid : 0;
		bool differs = theirs != irq;

		if (theirs && differs == is_ppi(irq))
			return false;
	}
	return true;
}

static int set_irq(struct av_vcpu *vcpu, u64 addr)
{
	int irq;

	if (!av_vgic_present(vcpu->vm))
		return -EINVAL;
	if (get_user(irq, (int __user *)(unsigned long)addr))
		return -EFAULT;
	if (!is_ppi(irq) && (irq < FIRST_SPI || irq > LAST_SPI))
		return -EINVAL;
	if (!fits_others(vcpu->vm, irq))
		return -EINVAL;
	if (vcpu->pmu->intid)
		return -EBUSY;
	vcpu->pmu->intid = irq;
	return 0;
}

/* With a GIC: the PPI is ours then. An SPI has no owner: user space may drive it as well. */
static int claim(struct av_vcpu *vcpu)
{
	struct av_pmu *pmu = vcpu->pmu;

	if (!av_vgic_initialized(vcpu->vm))
		return -ENODEV;
	if (!pmu->intid)
		return -ENXIO;
	if (is_ppi(pmu->intid))
		return av_vgic_claim_ppi(vcpu, pmu->intid, pmu);
	return pmu->intid < FIRST_SPI + vcpu->vm->vgic.nr_spis ? 0 : -EINVAL;
}

static int init(struct av_vcpu *vcpu)
{
	int ret = av_vgic_present(vcpu->vm) ? claim(vcpu) : 0;

	if (!ret)
		vcpu->pmu->created = true;
	return ret;
}

/**
 * av_pmu_enable() - the first RUN: is the PMU complete?
 * @vcpu: the vCPU, with a PMU
 *
 * Context: vm->lock held. Return: 0, -EINVAL before INIT, without an interrupt though there is a GIC, with one though
 * there is none.
 */
int av_pmu_enable(struct av_vcpu *vcpu)
{
	struct av_pmu *pmu = vcpu->pmu;
	bool gic = av_vgic_present(vcpu->vm);

	if (!pmu->created || gic != !!pmu->intid)
		return -EINVAL;
	av_pmu_connect(pmu, gic);
	return 0;
}

/* ---- attributes -------------------------------------------------------------------------------------- */

/* The events that the machine's PMU could have, whatever the guest is told of its version. */
static unsigned int nr_events(const struct av_vm *vm)
{
	return av_pmu_event_mask(vm->pmu.host->version) + 1;
}

/* The first filter says what becomes of the events that it does not name: the contrary. */
static int make_filter(struct av_vm *vm, bool allow)
{
	unsigned long *filter = bitmap_zalloc(AV_PMU_EVENTS, GFP_KERNEL_ACCOUNT);

	if (!filter)
		return -ENOMEM;
	if (!allow)
		bitmap_fill(filter, AV_PMU_EVENTS);
	vm->pmu.filter = filter;
	return 0;
}

static int set_filter(struct av_vcpu *vcpu, u64 addr)
{
	struct av_vm *vm = vcpu->vm;
	struct kvm_pmu_event_filter f;
	int ret;

	if (copy_from_user(&f, u64_to_user_ptr(addr), sizeof(f)))
		return -EFAULT;
	if ((u32)f.base_event + f.nevents > nr_events(vm) ||
	    (f.action != KVM_PMU_EVENT_ALLOW && f.action != KVM_PMU_EVENT_DENY))
		return -EINVAL;
	if (vm->ran_once)
		return -EBUSY;
	if (!vm->pmu.filter) {
		ret = make_filter(vm, f.action == KVM_PMU_EVENT_ALLOW);
		if (ret)
			return ret;
	}
	if (f.action == KVM_PMU_EVENT_ALLOW)
		bitmap_set(vm->pmu.filter, f.base_event, f.nevents);
	else
		bitmap_clear(vm->pmu.filter, f.base_event, f.nevents);
	return 0;
}

static int set_pmu(struct av_vcpu *vcpu, u64 addr)
{
	const struct av_host_pmu *host;
	struct av_vm *vm = vcpu->vm;
	int type;

	if (get_user(type, (int __user *)(unsigned long)addr))
		return -EFAULT;
	host = av_host_pmu_by_type(type);
	if (!host)
		return -ENXIO;
	if (vm->ran_once || (vm->pmu.filter && vm->pmu.host != host))
		return -EBUSY;
	choose(vm, host);
	vm->pmu.is_chosen = true;
	return 0;
}

static int set_nr_counters(struct av_vcpu *vcpu, u64 addr)
{
	struct av_vm *vm = vcpu->vm;
	unsigned int nr;

	if (get_user(nr, (unsigned int __user *)(unsigned long)addr))
		return -EFAULT;
	if (nr > vm->pmu.host->counters)
		return -EINVAL;
	if (vm->ran_once)
		return -EBUSY;
	WRITE_ONCE(vm->pmu.nr, nr);
	return 0;
}

static int init_attr(struct av_vcpu *vcpu, u64 addr)
{
	return init(vcpu);
}

static int (* const setters[])(struct av_vcpu *vcpu, u64 addr) = {
	[KVM_ARM_VCPU_PMU_V3_IRQ] = set_irq,
	[KVM_ARM_VCPU_PMU_V3_INIT] = init_attr,
	[KVM_ARM_VCPU_PMU_V3_FILTER] = set_filter,
	[KVM_ARM_VCPU_PMU_V3_SET_PMU] = set_pmu,
	[KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS] = set_nr_counters,
};

/**
 * av_pmu_set_attr() - KVM_SET_DEVICE_ATTR of KVM_ARM_VCPU_PMU_V3_CTRL
 * @vcpu: the vCPU
 * @attr: the attribute
 *
 * Context: the VMM's thread, may sleep, takes vm->lock. Return: 0; -ENODEV without a PMU, -EBUSY after INIT, -ENXIO for
 * an attribute that there is not; and what each refuses: docs/abi.md.
 */
int av_pmu_set_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	int ret;

	if (!vcpu->pmu)
		return -ENODEV;
	mutex_lock(&vcpu->vm->lock);
	if (vcpu->pmu->created)
		ret = -EBUSY;
	else if (attr->attr >= ARRAY_SIZE(setters))
		ret = -ENXIO;
	else
		ret = setters[array_index_nospec(attr->attr, ARRAY_SIZE(setters))](vcpu, attr->addr);
	mutex_unlock(&vcpu->vm->lock);
	return ret;
}

int av_pmu_get_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	int irq;

	if (attr->attr != KVM_ARM_VCPU_PMU_V3_IRQ)
		return -ENXIO;
	if (!av_vgic_present(vcpu->vm))
		return -EINVAL;
	if (!vcpu->pmu)
		return -ENODEV;
	irq = vcpu->pmu->intid;
	if (!irq)
		return -ENXIO;
	return put_user(irq, (int __user *)(unsigned long)attr->addr);
}

int av_pmu_has_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	return vcpu->pmu && attr->attr < ARRAY_SIZE(setters) ? 0 : -ENXIO;
}
