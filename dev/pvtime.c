// SPDX-License-Identifier: GPL-2.0
/*
 * PV time: how long the vCPU's thread had to wait for a CPU, told to the guest in its memory (DEN0057, Documentation/
 * virt/kvm/arm/pvtime.rst).
 *
 * Runs at: host kernel, vcpu->mutex held, may sleep: never in the burst. Owns: vcpu->pvtime.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "dev.h"
#include "mm/mm.h"

#define NO_IPA			(~0ULL)

/* What the guest reads, little-endian (DEN0057, 3.2.2). */
struct record {
	__le32 revision, attributes;
	__le64 stolen_ns;
	u8 pad[48];
};

/* The scheduler's account of this thread's waiting, in ns. */
static u64 waited(void)
{
#ifdef CONFIG_SCHED_INFO
	return READ_ONCE(current->sched_info.run_delay);
#else
	return 0;
#endif
}

/* From here on counts what this thread waits. */
static void start(struct av_pvtime_cpu *pv)
{
	pv->task = current;
	pv->seen = waited();
}

/**
 * av_pvtime_update() - add what was stolen since the last look
 * @vcpu: the vCPU, in its thread
 *
 * A thread that was not here before begins with nothing: the other's count says nothing of it. Where the record's page
 * is gone the time is kept for later.
 *
 * Context: may sleep, accesses guest memory.
 */
void av_pvtime_update(struct av_vcpu *vcpu)
{
	struct av_pvtime_cpu *pv = &vcpu->pvtime;
	u64 at = pv->ipa + offsetof(struct record, stolen_ns), now = waited();
	__le64 stolen;

	/* A task that took the address of another that is gone has waited less, or else no more than it says. */
	if (pv->task != current || now < pv->seen)
		start(pv);
	if (now == pv->seen)
		return;
	if (av_mm_read_guest(vcpu->vm, at, &stolen, sizeof(stolen)))
		return;
	stolen = cpu_to_le64(le64_to_cpu(stolen) + now - pv->seen);
	if (!av_mm_vcpu_write(vcpu, at, &stolen, sizeof(stolen)))
		pv->seen = now;
}

/**
 * av_pvtime_begin() - the guest asks where the record is
 * @vcpu: the vCPU
 *
 * Context: as av_pvtime_update(). Return: its address, with nothing stolen so far; all ones if there is none.
 */
u64 av_pvtime_begin(struct av_vcpu *vcpu)
{
	static const struct record empty;
	struct av_pvtime_cpu *pv = &vcpu->pvtime;

	BUILD_BUG_ON(sizeof(struct record) != AV_PVTIME_ALIGN);
	if (!pv->on)
		return NO_IPA;
	start(pv);
	/* As KVM: the guest that finds no memory there can't read it either. */
	av_mm_vcpu_write(vcpu, pv->ipa, &empty, sizeof(empty));
	return pv->ipa;
}

/* Does the kernel keep the account? Since 5.13 that is no choice at boot any more. */
bool av_pvtime_supported(void)
{
#if KERNEL_VERSION(5, 13, 0) <= LINUX_VERSION_CODE
	return IS_ENABLED(CONFIG_SCHED_INFO);
#else
	return IS_ENABLED(CONFIG_SCHEDSTATS);
#endif
}

/* --- KVM_ARM_VCPU_PVTIME_CTRL ------------------------------------------------------------- */

int av_pvtime_has_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	return av_pvtime_supported() && attr->attr == KVM_ARM_VCPU_PVTIME_IPA ? 0 : -ENXIO;
}

int av_pvtime_get_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	u64 ipa = vcpu->pvtime.on ? vcpu->pvtime.ipa : NO_IPA;

	if (av_pvtime_has_attr(vcpu, attr))
		return -ENXIO;
	return put_user(ipa, (u64 __user *)u64_to_user_ptr(attr->addr));
}

/**
 * av_pvtime_set_attr() - where the vCPU's record is to be
 * @vcpu: the vCPU
 * @attr: the attribute, and where the address is
 *
 * Context: vcpu->mutex held. Return: 0, -ENXIO no such attribute here, -EFAULT, -EINVAL not aligned or no memory that
 * can be written, -EEXIST it has one.
 */
int av_pvtime_set_attr(struct av_vcpu *vcpu, const struct kvm_device_attr *attr)
{
	u64 ipa;

	if (av_pvtime_has_attr(vcpu, attr))
		return -ENXIO;
	if (get_user(ipa, (u64 __user *)u64_to_user_ptr(attr->addr)))
		return -EFAULT;
	if (!IS_ALIGNED(ipa, AV_PVTIME_ALIGN))
		return -EINVAL;
	if (vcpu->pvtime.on)
		return -EEXIST;
	if (!av_mm_is_writable(vcpu->vm, ipa))
		return -EINVAL;
	vcpu->pvtime.ipa = ipa;
	vcpu->pvtime.on = true;
	vcpu->run_plain = false;
	return 0;
}
