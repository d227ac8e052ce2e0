// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/kvm, with kvm_alias=1: the statistics as KVM has them there, a file each, for kvm_stat and scripts.
 *
 * Runs at: host kernel. Owns: the files.
 *   NAME		the sum over all VMs
 *   PID-N/NAME		of one VM, over its vCPUs; N is what /sys/kernel/debug/armvcpu calls it
 * Names and what they count: vcpu/stats.def. They can't be cleared: who wants differences takes them, as kvm_stat does.
 * Locks: av_vms_lock for the sums. The kernel keeps a VM's files apart from their removal.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "vcpu.h"

/* What a file's inode points at. */
struct av_kvm_file {
	struct av_vm *vm;		/* NULL: all */
	unsigned int nr;		/* of av_stats_name() */
};

static struct dentry *root;
static struct av_kvm_file *sums;

static int value_get(void *data, u64 *value)
{
	const struct av_kvm_file *file = data;
	struct av_vm *vm;

	if (file->vm)
		return av_stats_value(file->vm, file->nr, value);
	*value = 0;
	mutex_lock(&av_vms_lock);
	list_for_each_entry(vm, &av_vms, link) {
		u64 one = 0;

		if (!av_stats_value(vm, file->nr, &one))
			*value += one;
	}
	mutex_unlock(&av_vms_lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(value_fops, value_get, NULL, "%llu\n");

static struct av_kvm_file *add_files(struct dentry *dir, struct av_vm *vm)
{
	struct av_kvm_file *files;
	unsigned int i, n = 0;

	while (av_stats_name(n))
		n++;
	files = kcalloc(n, sizeof(*files), GFP_KERNEL_ACCOUNT);
	if (!files)
		return NULL;
	for (i = 0; i < n; i++) {
		files[i].vm = vm;
		files[i].nr = i;
		debugfs_create_file(av_stats_name(i), 0444, dir, &files[i], &value_fops);
	}
	return files;
}

/* The VM is in the list. */
void av_debugfs_kvm_add_vm(struct av_vm *vm, const char *name)
{
	if (IS_ERR_OR_NULL(root))
		return;
	vm->kvm_dir = debugfs_create_dir(name, root);
	if (!IS_ERR(vm->kvm_dir))
		vm->kvm_files = add_files(vm->kvm_dir, vm);
}

/* Waits for those who read them. */
void av_debugfs_kvm_remove_vm(struct av_vm *vm)
{
	debugfs_remove_recursive(vm->kvm_dir);
	kfree(vm->kvm_files);
}

/**
 * av_debugfs_kvm_init() - make the directory
 *
 * Where KVM has one itself there is none of ours. Context: load.
 */
void av_debugfs_kvm_init(void)
{
	root = debugfs_create_dir("kvm", NULL);
	if (!IS_ERR(root))
		sums = add_files(root, NULL);
}

void av_debugfs_kvm_exit(void)
{
	debugfs_remove_recursive(root);
	kfree(sums);
}
