// SPDX-License-Identifier: GPL-2.0
/*
 * Uevents: who listens to the devices hears of each VM that comes and goes, in KVM's words.
 *
 * Runs at: host kernel, may sleep. Owns: the counts of VMs, the list of devices that tell.
 * Locks: none; the list is written at load only.
 *
 * Source: KVM sends KOBJ_CHANGE from /dev/kvm's kobject with CREATED, COUNT, EVENT, PID and, where the VM is
 * in debugfs, STATS_PATH.
 */
#include <linux/atomic.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/kobject.h>
#include <linux/slab.h>

#include "vcpu.h"

/* /dev/armvcpu and /dev/kvm */
static struct kobject *devices[2];
static atomic64_t created, alive;

static int add_path(struct kobj_uevent_env *env, struct dentry *dir)
{
	char *buffer, *path;
	int ret = 0;

	/* Without debugfs, or when it had no memory, there is none. */
	if (IS_ERR_OR_NULL(dir))
		return 0;
	buffer = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buffer)
		return 0;
	path = dentry_path_raw(dir, buffer, PATH_MAX);
	if (!IS_ERR(path))
		ret = add_uevent_var(env, "STATS_PATH=%s", path);
	kfree(buffer);
	return ret;
}

static void tell(struct av_vm *vm, const char *event, u64 nr_created, u64 nr_alive)
{
	struct dentry *dir = IS_ERR_OR_NULL(vm->kvm_dir) ? vm->debugfs : vm->kvm_dir;
	struct kobj_uevent_env *env;
	unsigned int i;

	env = kzalloc(sizeof(*env), GFP_KERNEL);
	if (!env)
		return;
	if (!add_uevent_var(env, "CREATED=%llu", nr_created) && !add_uevent_var(env, "COUNT=%llu", nr_alive) &&
	    !add_uevent_var(env, "EVENT=%s", event) && !add_uevent_var(env, "PID=%d", vm->pid) &&
	    !add_path(env, dir)) {
		for (i = 0; i < ARRAY_SIZE(devices); i++) {
			struct kobject *device = READ_ONCE(devices[i]);

			if (device)
				kobject_uevent_env(device, KOBJ_CHANGE, env->envp);
		}
	}
	kfree(env);
}

/**
 * av_uevent_device() - VMs are told of from that device, too
 * @kobj: its kobject, which is there until the module goes
 *
 * Context: load. Two at most.
 */
void av_uevent_device(struct kobject *kobj)
{
	WRITE_ONCE(devices[devices[0] ? 1 : 0], kobj);
}

/* The VM is there, with its files. */
void av_uevent_created(struct av_vm *vm)
{
	u64 nr_created = atomic64_inc_return(&created);

	tell(vm, "create", nr_created, atomic64_inc_return(&alive));
}

/* It goes; its files are there still. */
void av_uevent_destroyed(struct av_vm *vm)
{
	tell(vm, "destroy", atomic64_read(&created), atomic64_dec_return(&alive));
}
