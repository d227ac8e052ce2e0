/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The big kinds of answer to a trap that are no source at the top, as sysreg.c and smc.c are. This is the folder's
 * contents page.
 *
 * Runs at: host kernel. Owns: nothing. Locks: callers hold vcpu->mutex unless said otherwise.
 */
#ifndef AV_ANSWER_H
#define AV_ANSWER_H

#include "guest/guest.h"

struct av_mm_hole;
struct kvm_device_attr;

/* What the four registers of an answer say. */
static inline void av_smccc_results(struct av_vcpu *vcpu, u64 x0, u64 x1, u64 x2, u64 x3)
{
	u64 *x = vcpu->ctx->gpr;

	x[0] = x0;
	x[1] = x1;
	x[2] = x2;
	x[3] = x3;
}

/* coproc.c: AArch32's names of system registers */
int av_coproc_init(void);		/* module load */
enum av_verdict av_trap_mcr(struct av_vcpu *vcpu, const struct av_trap *trap);
enum av_verdict av_trap_mcrr(struct av_vcpu *vcpu, const struct av_trap *trap);
enum av_verdict av_trap_ldc(struct av_vcpu *vcpu, const struct av_trap *trap);
enum av_verdict av_trap_vmrs(struct av_vcpu *vcpu, const struct av_trap *trap);

/* mmio.c */
enum av_verdict av_trap_abort(struct av_vcpu *vcpu, const struct av_trap *trap);
/* In the burst: an abort where the same vCPU met MMIO before? Else AV_LATER */
enum av_verdict av_mmio_hole(struct av_vcpu *vcpu);
/* Take over what user space answered; at the start of RUN */
void av_mmio_complete(struct av_vcpu *vcpu);

/*
 * undescribed.c: ... of an instruction that has to be read first (insn.c says what it is, in insn.h), in parts.
 * AV_LATER: not one of those.
 */
enum av_verdict av_undescribed(struct av_vcpu *vcpu, const struct av_trap *trap, const struct av_mm_hole *hole);
enum av_verdict av_undescribed_go_on(struct av_vcpu *vcpu);	/* vcpu->access.pending, at the start of RUN */

/* psci.c: answers in x0-x3 */
bool av_psci_handles(u32 id);
enum av_verdict av_psci_call(struct av_vcpu *vcpu, u32 id);

/* user_exits.c: traps that user space answers */
bool av_user_exit(struct av_vcpu *vcpu, const struct av_trap *trap);
enum av_verdict av_user_irq(struct av_vcpu *vcpu);
enum av_verdict av_user_answer(struct av_vcpu *vcpu, const struct av_trap *trap);
int av_user_exits_known(struct av_vm *vm);
int av_user_exits_enable(struct av_vm *vm, const struct kvm_enable_cap *cap);	/* vm->lock */

/* filter.c: which calls are user space's */
u8 av_smccc_action(const struct av_vm *vm, u32 id);
void av_smccc_filter_destroy(struct av_vm *vm);
int av_vm_set_attr(struct av_vm *vm, const struct kvm_device_attr *attr);
int av_vm_has_attr(struct av_vm *vm, const struct kvm_device_attr *attr);

/* trng.c, ptp.c: answers in x0-x3 */
enum av_verdict av_trng_call(struct av_vcpu *vcpu, u32 id);
enum av_verdict av_ptp_call(struct av_vcpu *vcpu, u32 id);

/* mops.c */
enum av_verdict av_trap_mops(struct av_vcpu *vcpu, const struct av_trap *trap);

/* wfx.c */
enum av_verdict av_trap_wfx(struct av_vcpu *vcpu, const struct av_trap *trap);
bool av_wfx_may_sleep(struct av_vcpu *vcpu);	/* av_trap_wfx() may, this time */
bool av_vcpu_has_event(struct av_vcpu *vcpu);	/* is there one that ends a WFI? Any context */
bool av_vcpu_has_wakeup(struct av_vcpu *vcpu);	/* that, or somebody who wants something of the thread */

#endif
