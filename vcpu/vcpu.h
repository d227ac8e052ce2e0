/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vCPU's life, as the host's files know each other.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_VCPU_H
#define AV_VCPU_H

#include <linux/fs.h>
#include <linux/sched.h>

#include "guest/guest.h"

struct kvm_one_reg;
struct kvm_reg_list;
struct kvm_vcpu_init;
struct kvm_vcpu_events;
struct kvm_mp_state;

/* vcpu/fd.c: descriptors that exist before what they stand for */
int av_fd_reserve(const char *name, const struct file_operations *fops, struct file **file);
int av_fd_finish(int fd, struct file *file, void *what, int ret);

/* vcpu/vm.c */
struct av_vm *av_vm_create(unsigned long type);
void av_vm_release(struct av_vm *vm);		/* the VM fd was closed */
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
bool av_vcpu_has_wakeup(struct av_vcpu *vcpu);
void av_vcpu_put_state(struct av_vcpu *vcpu);	/* before ctx->sys[] is looked at inside a burst */

/* vcpu/reset.c */
int av_vcpu_init(struct av_vcpu *vcpu, const struct kvm_vcpu_init *init);
void av_vcpu_preferred_target(struct kvm_vcpu_init *init);
void av_vcpu_apply_reset(struct av_vcpu *vcpu);	/* a CPU_ON that is owed; vcpu->mutex held */
int av_vcpu_get_mp_state(struct av_vcpu *vcpu, struct kvm_mp_state *state);
int av_vcpu_set_mp_state(struct av_vcpu *vcpu, const struct kvm_mp_state *state);
bool av_vcpu_is_off(struct av_vcpu *vcpu);
void av_vcpu_power_off(struct av_vcpu *vcpu);

/* guest/controls.c: trap controls from features and state; vcpu->mutex held */
void av_controls_init(struct av_vcpu *vcpu);
void av_controls_update(struct av_vcpu *vcpu);

/* vcpu/fast.c */
int av_fast_vm_init(struct av_vm *vm);
void av_fast_vm_destroy(struct av_vm *vm);
void av_fast_fill(struct av_vm *vm);
void av_fast_enable(struct av_vcpu *vcpu);
void av_fast_set(struct av_vm *vm, bool on);
bool av_fast_is_on(const struct av_vm *vm);
void av_fast_check_mpidr(struct av_vcpu *vcpu);

/* vcpu/one_reg.c */
int av_one_reg_get(struct av_vcpu *vcpu, const struct kvm_one_reg *reg);
int av_one_reg_set(struct av_vcpu *vcpu, const struct kvm_one_reg *reg);
int av_reg_list(struct av_vcpu *vcpu, struct kvm_reg_list __user *list);

/* guest/idregs.c */
void av_idregs_init_vm(struct av_vm *vm);
void av_idregs_finalise(struct av_vm *vm);

/* guest/inject.c */
int av_vcpu_get_events(struct av_vcpu *vcpu, struct kvm_vcpu_events *events);
int av_vcpu_set_events(struct av_vcpu *vcpu, const struct kvm_vcpu_events *events);

/* answer/mmio.c: take over what user space answered; at the start of RUN */
void av_mmio_complete(struct av_vcpu *vcpu);
/* In the burst: an abort where the same vCPU met MMIO before? */
bool av_mmio_hole(struct av_vcpu *vcpu, enum av_verdict *verdict);

/* guest/fp.c: inside the burst, interrupts on */
void av_fp_set_aside(void);
void av_fp_load(struct av_vcpu *vcpu);
void av_fp_put(struct av_vcpu *vcpu);

/* answer/psci.c: answers in x0-x3 */
enum av_verdict av_psci_call(struct av_vcpu *vcpu, u32 id);
bool av_psci_handles(u32 id);

/* handle_exit.c */
enum av_verdict av_handle_exit(struct av_vcpu *vcpu, enum av_exit code);
bool av_handle_in_burst(struct av_vcpu *vcpu, enum av_exit code, enum av_verdict *verdict);
/* PC behind a trapped instruction: 2 or 4 bytes by ESR.IL; the only place where a trap moves the PC. */
void av_skip_instruction(struct av_vcpu *vcpu);

/* smc.c */
enum av_verdict av_trap_hvc(struct av_vcpu *vcpu, const struct av_trap *trap);
enum av_verdict av_trap_smc(struct av_vcpu *vcpu, const struct av_trap *trap);

/* sysreg.c */
enum av_verdict av_trap_mcr(struct av_vcpu *vcpu, const struct av_trap *trap);	/* answer/coproc.c */
enum av_verdict av_trap_mcrr(struct av_vcpu *vcpu, const struct av_trap *trap);
enum av_verdict av_trap_sysreg(struct av_vcpu *vcpu, const struct av_trap *trap);
void av_sysreg_reset(struct av_vcpu *vcpu);
int av_sysreg_init(void);

/* vcpu/stats.c */
int av_stats_fd(struct av_vm *vm, struct av_vcpu *vcpu);
int av_stats_show(struct seq_file *seq, struct av_vm *vm);
u64 av_stats_halt_begin(struct av_vcpu *vcpu);
void av_stats_halt_end(struct av_vcpu *vcpu, u64 since, bool woken);

/* vcpu/debugfs.c */
void av_debugfs_add_vm(struct av_vm *vm);
void av_debugfs_remove_vm(struct av_vm *vm);
void av_debugfs_init(void);
void av_debugfs_exit(void);

/* vcpu/caps.c */
int av_check_extension(struct av_vm *vm, unsigned long cap);
int av_enable_cap(struct av_vm *vm, const struct kvm_enable_cap *cap);

#endif
