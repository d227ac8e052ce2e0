// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors of in-kernel devices: KVM_CREATE_DEVICE, and the attributes.
 *
 * Runs at: host kernel, thread context. Owns: the descriptors.
 * Locks: none; what an attribute needs is taken by its device.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "vcpu.h"
#include "vgic/vgic.h"

struct dev_fd;

/* What kinds of device there are. make() notes what it made in dev_fd.its, where there may be several of a kind. */
struct device_kind {
	u32 type;
	const char *name;
	int (*make)(struct dev_fd *d, bool test);
	int (*set)(struct dev_fd *d, const struct kvm_device_attr *attr);
	int (*get)(struct dev_fd *d, const struct kvm_device_attr *attr);
	int (*has)(struct dev_fd *d, const struct kvm_device_attr *attr);
};

/* Behind a descriptor, and gone with it; what it stands for lives as long as the VM. */
struct dev_fd {
	const struct device_kind *kind;
	struct av_vm *vm;
	struct av_its *its;
};

static int gic_make(struct dev_fd *d, bool test)
{
	return av_vgic_create(d->vm, d->kind->type, test);
}

static int gic_set(struct dev_fd *d, const struct kvm_device_attr *attr)
{
	return av_vgic_set_attr(d->vm, attr);
}

static int gic_get(struct dev_fd *d, const struct kvm_device_attr *attr)
{
	return av_vgic_get_attr(d->vm, attr);
}

static int gic_has(struct dev_fd *d, const struct kvm_device_attr *attr)
{
	return av_vgic_has_attr(d->vm, attr);
}

static int its_make(struct dev_fd *d, bool test)
{
	return av_vgic_create_its(d->vm, test, &d->its);
}

static int its_set(struct dev_fd *d, const struct kvm_device_attr *attr)
{
	return av_vgic_its_set_attr(d->its, attr);
}

static int its_get(struct dev_fd *d, const struct kvm_device_attr *attr)
{
	return av_vgic_its_get_attr(d->its, attr);
}

static int its_has(struct dev_fd *d, const struct kvm_device_attr *attr)
{
	return av_vgic_its_has_attr(d->its, attr);
}

static const struct device_kind device_kinds[] = {
	{ KVM_DEV_TYPE_ARM_VGIC_V2,  "kvm-arm-vgic-v2",  gic_make, gic_set, gic_get, gic_has },
	{ KVM_DEV_TYPE_ARM_VGIC_V3,  "kvm-arm-vgic-v3",  gic_make, gic_set, gic_get, gic_has },
	{ KVM_DEV_TYPE_ARM_VGIC_ITS, "kvm-arm-vgic-its", its_make, its_set, its_get, its_has },
};

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long raw)
{
	struct dev_fd *d = file->private_data;
	struct kvm_device_attr attr;

	if (av_vm_is_foreign_or_dead(d->vm))
		return -EIO;
	if (cmd != KVM_SET_DEVICE_ATTR && cmd != KVM_GET_DEVICE_ATTR && cmd != KVM_HAS_DEVICE_ATTR)
		return -ENOTTY;
	if (copy_from_user(&attr, (void __user *)raw, sizeof(attr)))
		return -EFAULT;
	switch (cmd) {
	case KVM_SET_DEVICE_ATTR:
		return d->kind->set(d, &attr);
	case KVM_GET_DEVICE_ATTR:
		return d->kind->get(d, &attr);
	default:
		return d->kind->has(d, &attr);
	}
}

static int device_release(struct inode *inode, struct file *file)
{
	struct dev_fd *d = file->private_data;

	if (d)
		av_vm_put(d->vm);
	kfree(d);
	return 0;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = av_fd_refuse_compat,
	.release = device_release,
	.llseek = noop_llseek,
};

static const struct device_kind *device_kind(u32 type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(device_kinds); i++)
		if (device_kinds[i].type == type)
			return &device_kinds[i];
	return NULL;
}

/* The device on the VM, with a reference to that. */
static struct dev_fd *make_device(struct av_vm *vm, const struct device_kind *kind)
{
	struct dev_fd *d = kzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!d)
		return ERR_PTR(-ENOMEM);
	d->kind = kind;
	d->vm = vm;
	ret = av_vm_get(vm) ? 0 : -EIO;
	if (!ret) {
		ret = kind->make(d, false);
		if (!ret)
			return d;
		av_vm_put(vm);
	}
	kfree(d);
	return ERR_PTR(ret);
}

/**
 * av_create_device() - KVM_CREATE_DEVICE
 * @vm: the VM
 * @cd: what kind; where the descriptor goes
 *
 * Context: may sleep. Return: 0 or -errno, and nothing was made.
 */
int av_create_device(struct av_vm *vm, struct kvm_create_device *cd)
{
	const struct device_kind *kind = device_kind(cd->type);
	struct dev_fd probe = { .kind = kind, .vm = vm }, *d;
	struct file *file;
	int fd;

	if (!kind)
		return -ENODEV;
	if (cd->flags & KVM_CREATE_DEVICE_TEST)
		return kind->make(&probe, true);
	fd = av_fd_reserve(kind->name, &device_fops, &file);
	if (fd < 0)
		return fd;
	d = make_device(vm, kind);
	fd = av_fd_finish(fd, file, d, PTR_ERR_OR_ZERO(d));
	if (fd < 0)
		return fd;
	cd->fd = fd;
	return 0;
}
