/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vCPU's and a VM's life, from CREATE to the last close. This is the folder's contents page; burst.h and burst_regs.h
 * are inline parts of run.c.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_VCPU_H
#define AV_VCPU_H

#include <linux/fs.h>
#include <linux/sched.h>

#include "guest/guest.h"

struct kvm_create_device;
struct kvm_one_reg;
struct kvm_reg_list;
struct kvm_vcpu_events;
struct kvm_vcpu_init;
struct kvm_mp_state;
struct kvm_enable_cap;
struct seq_file;

/* vcpu/fd.c: descriptors that exist before what they stand for */
int av_fd_reserve(const char *name, const struct file_operations *fops, struct file **file);
int av_fd_finish(int fd, struct file *file, void *what, int ret);
long av_fd_refuse_compat(struct file *file, unsigned int cmd, unsigned long raw);

/* vcpu/device.c */
int av_create_device(struct av_vm *vm, struct kvm_create_device *cd);

/* vcpu/vm.c */
struct av_vm *av_vm_create(unsigned long type);
void av_vm_release(struct av_vm *vm);		/* the VM fd was closed */
bool av_vm_get(struct av_vm *vm);		/* false when the last reference is gone */
void av_vm_put(struct av_vm *vm);
/* Another process than the creator's, or nothing of the VM can be trusted any more: every ioctl is -EIO. */
static inline bool av_vm_is_foreign_or_dead(struct av_vm *vm)
{
	return vm->mm != current->mm || READ_ONCE(vm->dead);
}

extern struct list_head av_vms;			/* under av_vms_lock */
extern struct mutex av_vms_lock;

/* vcpu/vcpu.c */
struct av_vcpu *av_vcpu_create(struct av_vm *vm, u32 id);
void av_vcpu_destroy(struct av_vcpu *vcpu);

/* vcpu/run.c: KVM_RUN, vcpu->mutex held */
int av_vcpu_run(struct av_vcpu *vcpu);

/* vcpu/events.c */
int av_vcpu_get_events(struct av_vcpu *vcpu, struct kvm_vcpu_events *events);
int av_vcpu_set_events(struct av_vcpu *vcpu, const struct kvm_vcpu_events *events);

/* vcpu/reset.c */
int av_vcpu_init(struct av_vcpu *vcpu, const struct kvm_vcpu_init *init);
void av_vcpu_preferred_target(struct kvm_vcpu_init *init);
void av_vcpu_apply_reset(struct av_vcpu *vcpu);	/* a CPU_ON that is owed; vcpu->mutex held */
int av_vcpu_get_mp_state(struct av_vcpu *vcpu, struct kvm_mp_state *state);
int av_vcpu_set_mp_state(struct av_vcpu *vcpu, const struct kvm_mp_state *state);

/* vcpu/fast.c */
int av_fast_vm_init(struct av_vm *vm);
void av_fast_vm_destroy(struct av_vm *vm);
void av_fast_fill(struct av_vm *vm);
void av_fast_enable(struct av_vcpu *vcpu);
void av_fast_set(struct av_vm *vm, bool on);
bool av_fast_is_on(const struct av_vm *vm);

/* vcpu/one_reg.c */
u64 av_fw_psci_default(void);
void av_fw_idregs(struct av_vm *vm);
void av_fw_vm_init(struct av_vm *vm);
int av_one_reg_get(struct av_vcpu *vcpu, const struct kvm_one_reg *reg);
int av_one_reg_set(struct av_vcpu *vcpu, const struct kvm_one_reg *reg);
int av_reg_list(struct av_vcpu *vcpu, struct kvm_reg_list __user *list);

/* vcpu/sve_reg.c: the class of SVE */
int av_sve_reg_get(struct av_vcpu *vcpu, u64 id, void __user *addr);
int av_sve_reg_set(struct av_vcpu *vcpu, u64 id, const void __user *addr);
/* The nth of the list; false behind the last. */
bool av_sve_reg_id(const struct av_vcpu *vcpu, unsigned int n, u64 *id);

/* vcpu/stats.c, stats.def */
int av_stats_fd(struct av_vm *vm, struct av_vcpu *vcpu);
int av_stats_show(struct seq_file *seq, struct av_vm *vm);
const char *av_stats_name(unsigned int nr);
int av_stats_value(struct av_vm *vm, unsigned int nr, u64 *value);
u64 av_stats_halt_begin(struct av_vcpu *vcpu);
void av_stats_halt_end(struct av_vcpu *vcpu, u64 since, bool woken);

/* vcpu/debugfs.c */
void av_debugfs_add_vm(struct av_vm *vm);
void av_debugfs_remove_vm(struct av_vm *vm);
void av_debugfs_init(void);
void av_debugfs_exit(void);

/* vcpu/debugfs_kvm.c */
void av_debugfs_kvm_add_vm(struct av_vm *vm, const char *name);
void av_debugfs_kvm_remove_vm(struct av_vm *vm);
void av_debugfs_kvm_init(void);
void av_debugfs_kvm_exit(void);

/* vcpu/uevent.c */
void av_uevent_device(struct kobject *kobj);
void av_uevent_created(struct av_vm *vm);
void av_uevent_destroyed(struct av_vm *vm);

/* vcpu/caps.c */
long av_check_extension(struct av_vm *vm, unsigned long cap);
int av_enable_cap(struct av_vm *vm, const struct kvm_enable_cap *cap);

#endif
