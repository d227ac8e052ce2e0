// SPDX-License-Identifier: GPL-2.0
/*
 * ITS: its life, the device's attributes, and MSIs.
 *
 * Runs at: host kernel; MSIs in any context, the rest in a thread of the VM's process.
 * Owns: struct av_its_vm, base and enabled of an ITS.
 * Locks: vm->lock for the life and the attributes, inside it all vCPUs' mutexes, inside them its_lock; MSIs take the
 * lock of events. its.h has the rule.
 */
#include <linux/bitfield.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "internal.h"
#include "its.h"
#include "mm/mm.h"

/* ---- MSIs ---------------------------------------------------------------------------------------------- */

/* The LPI of an event; 0: it leads nowhere; -EBUSY. The lock of events is held. */
static int translate(struct av_its *its, u32 device, u32 event)
{
	struct av_vcpu *vcpu;
	u64 ite;

	if (!its->enabled)
		return -EBUSY;
	if (device >= AV_ITS_IDS || event >= AV_ITS_IDS)
		return 0;
	ite = av_its_event(its, AV_ITS_EVENT(device, event));
	if (!ite)
		return 0;
	vcpu = av_its_collection_vcpu(its, ite & ITE_ICID);
	if (!vcpu)
		return 0;
	return av_lpi_enabled(vcpu) ? av_ite_lpi(ite) : -EBUSY;
}

int av_its_trigger(struct av_its *its, u32 device, u32 event)
{
	unsigned long flags;
	int lpi;

	xa_lock_irqsave(&its->events, flags);
	lpi = translate(its, device, event);
	/* Where it sleeps the lock of events leaves interrupts on. */
	if (lpi > 0 && IS_ENABLED(CONFIG_PREEMPT_RT))
		av_lpi_inject(its->vm, lpi);
	else if (lpi > 0)
		av_lpi_inject_irqoff(its->vm, lpi);
	xa_unlock_irqrestore(&its->events, flags);
	return lpi > 0 ? 1 : lpi;
}

/* The ITS with this address among its registers, and the offset there; NULL: none. Any context. */
static __always_inline struct av_its *its_at(const struct av_its_vm *all, u64 addr, u32 *offset)
{
	u32 i, nr;

	/* Pairs with make_its(). */
	nr = smp_load_acquire(&all->nr);
	for (i = 0; i < nr; i++) {
		u64 base = READ_ONCE(all->its[i]->base);

		if (base != AV_VGIC_NO_ADDR && addr >= base && addr - base < AV_ITS_SIZE) {
			*offset = addr - base;
			return all->its[i];
		}
	}
	return NULL;
}

int av_vgic_msi(struct av_vm *vm, const struct av_vgic_msi *msi)
{
	const struct av_its_vm *all = av_its_of(vm);
	struct av_its *its;
	u32 offset;

	if (!all || vm->vgic.is_v2)
		return -ENODEV;
	if (!msi->has_devid)
		return -EINVAL;
	its = its_at(all, msi->addr, &offset);
	return its ? av_its_trigger(its, msi->devid, msi->data) : -EINVAL;
}

enum av_gic_mmio av_vgic_its_mmio(struct av_vcpu *vcpu, u64 ipa, unsigned int len, bool is_write, u64 *data)
{
	const struct av_its_vm *all = av_its_of(vcpu->vm);
	struct av_its *its;
	u32 offset;

	its = all ? its_at(all, ipa, &offset) : NULL;
	return its ? av_its_mmio(its, offset, len, is_write, data) : AV_GIC_ELSEWHERE;
}

void av_its_set_enabled(struct av_its *its, bool enabled)
{
	/* An MSI that found it on is over. */
	xa_lock_irq(&its->events);
	its->enabled = enabled;
	xa_unlock_irq(&its->events);
}

/* ---- life ---------------------------------------------------------------------------------------------- */

bool av_vgic_its_created(const struct av_vm *vm)
{
	return av_its_of(vm);
}

static struct av_its_vm *get_all(struct av_vm *vm)
{
	struct av_its_vm *all = vm->vgic.its;

	lockdep_assert_held(&vm->lock);
	if (all)
		return all;
	all = kzalloc(sizeof(*all), GFP_KERNEL_ACCOUNT);
	if (all)
		mutex_init(&all->lock);
	return all;
}

static void init_array(struct xarray *xa)
{
	xa_init_flags(xa, XA_FLAGS_LOCK_IRQ | XA_FLAGS_ACCOUNT);
}

static int make_its(struct av_vm *vm, struct av_its **to)
{
	struct av_its_vm *all = get_all(vm);
	struct av_its *its;

	if (!all)
		return -ENOMEM;
	if (all->nr == AV_ITS_MAX)
		return -E2BIG;
	its = kzalloc(sizeof(*its), GFP_KERNEL_ACCOUNT);
	if (its)
		its->collections = kvcalloc(AV_ITS_IDS, sizeof(*its->collections), GFP_KERNEL_ACCOUNT);
	if (!its || !its->collections) {
		kfree(its);
		/* Nobody knows of one without ITS. */
		if (!all->nr)
			kfree(all);
		return -ENOMEM;
	}
	its->vm = vm;
	its->base = AV_VGIC_NO_ADDR;
	init_array(&its->devices);
	init_array(&its->events);
	av_its_reset_regs(its);
	all->its[all->nr] = its;
	/* The entry before the number, and both before the pointer: MSIs look without a lock. */
	smp_store_release(&all->nr, all->nr + 1);
	/* Likewise. */
	smp_store_release(&vm->vgic.its, all);
	*to = its;
	return 0;
}

/* A VM that has been made before its first ITS shows from now on that there are LPIs. */
static void announce_lpis(struct av_vm *vm)
{
	struct av_vcpu *vcpu;
	int i;

	/* As at the reset of an ITS: inner shareable, inner cacheable, read-allocate. */
	WRITE_ONCE(vm->vgic.propbaser, AV_PUT(1UL, 11, 10) | AV_PUT(3UL, 9, 7));
	if (vm->vgic.spis)
		WRITE_ONCE(vm->vgic.spis->typer, av_vgic_dist_typer(vm, vm->vgic.spis->nr_irqs));
	/* EL2's copies, which av_fast_fill() makes at the first run. */
	av_for_each_vcpu(i, vcpu, vm)
		WRITE_ONCE(vcpu->ctx->gicr_typer, vcpu->ctx->gicr_typer | GICR_TYPER_PLPIS);
}

int av_vgic_create_its(struct av_vm *vm, bool test, struct av_its **its)
{
	int ret;

	if (av_vgic_host_is_v2())
		return -ENODEV;
	if (test)
		return 0;
	mutex_lock(&vm->lock);
	ret = make_its(vm, its);
	if (!ret)
		announce_lpis(vm);
	mutex_unlock(&vm->lock);
	return ret;
}

void av_vgic_its_destroy(struct av_vm *vm)
{
	struct av_its_vm *all = vm->vgic.its;
	u32 i;

	for (i = 0; all && i < all->nr; i++) {
		xa_destroy(&all->its[i]->devices);
		kvfree(all->its[i]->collections);
		xa_destroy(&all->its[i]->events);
		kfree(all->its[i]);
	}
	vm->vgic.its = NULL;
	kfree(all);
	av_lpi_free(vm);
}

/* ---- attributes ---------------------------------------------------------------------------------------- */

static int set_addr(struct av_its *its, const struct kvm_device_attr *attr)
{
	struct av_vm *vm = its->vm;
	u64 addr;
	int ret;

	if (attr->attr != KVM_VGIC_ITS_ADDR_TYPE)
		return -ENODEV;
	if (get_user(addr, (u64 __user *)u64_to_user_ptr(attr->addr)))
		return -EFAULT;
	mutex_lock(&vm->lock);
	ret = av_vgic_set_addr_once(vm, &its->base, addr, AV_ITS_SIZE);
	mutex_unlock(&vm->lock);
	if (!ret)
		av_mm_forget_holes(vm);
	return ret;
}

/* vm->lock and its_lock are held, no vCPU runs. */
typedef int locked_fn(struct av_its *its, u64 what, u64 *val);

static int stand_still(struct av_its *its, locked_fn *fn, u64 what, u64 *val)
{
	struct av_its_vm *all = av_its_of(its->vm);
	struct av_vm *vm = its->vm;
	int ret = -EBUSY;

	mutex_lock(&vm->lock);
	if (!av_vcpus_trylock_all(vm)) {
		mutex_lock(&all->lock);
		ret = fn(its, what, val);
		mutex_unlock(&all->lock);
		av_vcpus_unlock_all(vm);
	}
	mutex_unlock(&vm->lock);
	return ret;
}

static int read_reg(struct av_its *its, u64 offset, u64 *val)
{
	return its->base == AV_VGIC_NO_ADDR ? -ENXIO : av_its_reg_user(its, offset, false, val);
}

static int write_reg(struct av_its *its, u64 offset, u64 *val)
{
	return its->base == AV_VGIC_NO_ADDR ? -ENXIO : av_its_reg_user(its, offset, true, val);
}

static int control(struct av_its *its, u64 what, u64 *val)
{
	switch (what) {
	case KVM_DEV_ARM_ITS_CTRL_RESET:
		av_its_set_enabled(its, false);
		av_its_unmap_devices(its);
		av_its_unmap_collections(its);
		av_its_reset_regs(its);
		return 0;
	case KVM_DEV_ARM_ITS_SAVE_TABLES:
		return av_its_save_tables(its);
	case KVM_DEV_ARM_ITS_RESTORE_TABLES:
		return av_its_restore_tables(its);
	default:
		return -ENXIO;
	}
}

/* 64 bits wide but for GITS_CTLR, GITS_IIDR and the ID registers; user space's value has 64 bits always. */
static int check_reg(u64 offset)
{
	u64 align = offset < GITS_TYPER || offset >= GITS_PIDR4 ? 4 : 8;

	return IS_ALIGNED(offset, align) ? 0 : -EINVAL;
}

int av_vgic_its_set_attr(struct av_its *its, const struct kvm_device_attr *attr)
{
	u64 val;
	int ret;

	switch (attr->group) {
	case KVM_DEV_ARM_VGIC_GRP_ADDR:
		return set_addr(its, attr);
	case KVM_DEV_ARM_VGIC_GRP_CTRL:
		/* There is nothing to initialise. */
		if (attr->attr == KVM_DEV_ARM_VGIC_CTRL_INIT)
			return 0;
		return stand_still(its, control, attr->attr, NULL);
	case KVM_DEV_ARM_VGIC_GRP_ITS_REGS:
		if (get_user(val, (u64 __user *)u64_to_user_ptr(attr->addr)))
			return -EFAULT;
		ret = check_reg(attr->attr);
		return ret ?: stand_still(its, write_reg, attr->attr, &val);
	}
	return -ENXIO;
}

int av_vgic_its_get_attr(struct av_its *its, const struct kvm_device_attr *attr)
{
	u64 val;
	int ret;

	switch (attr->group) {
	case KVM_DEV_ARM_VGIC_GRP_ADDR:
		if (attr->attr != KVM_VGIC_ITS_ADDR_TYPE)
			return -ENODEV;
		val = READ_ONCE(its->base);
		break;
	case KVM_DEV_ARM_VGIC_GRP_ITS_REGS:
		ret = check_reg(attr->attr);
		ret = ret ?: stand_still(its, read_reg, attr->attr, &val);
		if (ret)
			return ret;
		break;
	default:
		return -ENXIO;
	}
	return put_user(val, (u64 __user *)u64_to_user_ptr(attr->addr));
}

int av_vgic_its_has_attr(struct av_its *its, const struct kvm_device_attr *attr)
{
	switch (attr->group) {
	case KVM_DEV_ARM_VGIC_GRP_ADDR:
		return attr->attr == KVM_VGIC_ITS_ADDR_TYPE ? 0 : -ENXIO;
	case KVM_DEV_ARM_VGIC_GRP_CTRL:
		switch (attr->attr) {
		case KVM_DEV_ARM_VGIC_CTRL_INIT:
		case KVM_DEV_ARM_ITS_CTRL_RESET:
		case KVM_DEV_ARM_ITS_SAVE_TABLES:
		case KVM_DEV_ARM_ITS_RESTORE_TABLES:
			return 0;
		}
		return -ENXIO;
	case KVM_DEV_ARM_VGIC_GRP_ITS_REGS:
		return check_reg(attr->attr) ?: av_its_has_reg(attr->attr) ? 0 : -ENXIO;
	}
	return -ENXIO;
}
