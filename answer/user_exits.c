// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's trapped instructions as exits that user space answers: armvcpu's own, for VMs that ask for it
 * (uapi/armvcpu.h, docs/arm_vcpu.md). "The module shall" is always an answer, so that a VMM takes over only what it
 * cares for, or only watches.
 *
 * Runs at: host kernel, vcpu->mutex held; av_user_exit() and av_user_irq() in the burst, too. Owns: vm->user_exits,
 * vcpu->user_exit. Locks: vm->lock while the VM has no vCPU; nobody changes it after that.
 */
#include <linux/string.h>

#include "answer.h"
#include "compat.h"
#include "guest/sysreg_row.h"
#include "sysreg.h"

#define ALL_KINDS	(ARMVCPU_USER_SYSREG | ARMVCPU_USER_CALL | ARMVCPU_USER_HALT | ARMVCPU_USER_IRQ)

static struct armvcpu_exit *exit_of(struct av_vcpu *vcpu)
{
	BUILD_BUG_ON(sizeof(vcpu->run->padding) < sizeof(struct armvcpu_exit));
	return (struct armvcpu_exit *)&vcpu->run->padding;
}

static struct armvcpu_exit *tell(struct av_vcpu *vcpu, u32 kind)
{
	struct armvcpu_exit *exit = exit_of(vcpu);

	memset(exit, 0, sizeof(*exit));
	exit->kind = kind;
	vcpu->run->exit_reason = ARMVCPU_EXIT;
	vcpu->user_ret = 0;
	return exit;
}

/* The next RUN begins with the answer. */
static struct armvcpu_exit *ask(struct av_vcpu *vcpu, u32 kind)
{
	vcpu->user_exit = kind;
	vcpu->run_plain = false;
	return tell(vcpu, kind);
}

static void ask_sysreg(struct av_vcpu *vcpu, u64 esr)
{
	struct armvcpu_exit *exit = ask(vcpu, ARMVCPU_USER_SYSREG);

	exit->sysreg.reg = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG | ISS_SYS_ENC(esr);
	exit->sysreg.is_write = !(esr & ISS_SYS_READ);
	if (exit->sysreg.is_write)
		exit->sysreg.value = av_gpr(vcpu, ISS_SYS_RT(esr));
}

static void ask_call(struct av_vcpu *vcpu, u64 esr)
{
	struct armvcpu_exit *exit = ask(vcpu, ARMVCPU_USER_CALL);
	const u64 *x = vcpu->ctx->gpr;

	exit->call.nr = x[0];
	BUILD_BUG_ON(sizeof(exit->call.args) != 6 * sizeof(*x) || sizeof(exit->call.ret) != 4 * sizeof(*x));
	memcpy(exit->call.args, x + 1, sizeof(exit->call.args));
	memcpy(exit->call.ret, x, sizeof(exit->call.ret));
	exit->call.imm = esr & 0xffff;
	exit->call.is_smc = ESR_EC(esr) == EC_SMC64 || ESR_EC(esr) == EC_SMC32;
}

/**
 * av_user_exit() - does user space want to answer this trap?
 * @vcpu: the vCPU, of a VM with vm->user_exits
 * @trap: the snapshot
 *
 * Context: as a trap's handler. Return: true: RUN leaves, vcpu->run is filled; vcpu->advance says whether the PC goes
 * on already.
 */
bool av_user_exit(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	u32 kinds = vcpu->vm->user_exits;
	u64 esr = trap->esr;

	switch (ESR_EC(esr)) {
	case EC_SYS64:
		if (kinds & ARMVCPU_USER_SYSREG)
			ask_sysreg(vcpu, esr);
		return kinds & ARMVCPU_USER_SYSREG;
	case EC_SMC32:
		/* One whose condition fails is no call: the module steps over it. */
		if (!av_a32_condition(esr, vcpu->ctx->pstate))
			return false;
		fallthrough;
	case EC_HVC32:
	case EC_HVC64:
	case EC_SMC64:
		if (kinds & ARMVCPU_USER_CALL)
			ask_call(vcpu, esr);
		return kinds & ARMVCPU_USER_CALL;
	case EC_WFX:
		if (!(kinds & ARMVCPU_USER_HALT) || esr & (ESR_WFX_EVENT | ESR_WFX_TIMEOUT))
			return false;
		/* Likewise. */
		if (unlikely(av_mode_is_a32(vcpu)) && !av_a32_condition(esr, vcpu->ctx->pstate))
			return false;
		tell(vcpu, ARMVCPU_USER_HALT);
		vcpu->advance = true;
		return true;
	default:
		return false;
	}
}

/**
 * av_user_irq() - the host had an interrupt; does user space want to know?
 * @vcpu: the vCPU
 *
 * Context: the burst. Return: AV_TO_USER or AV_RETRY.
 */
enum av_verdict av_user_irq(struct av_vcpu *vcpu)
{
	if (!(vcpu->vm->user_exits & ARMVCPU_USER_IRQ))
		return AV_RETRY;
	tell(vcpu, ARMVCPU_USER_IRQ);
	return AV_TO_USER;
}

static void take_result(struct av_vcpu *vcpu, const struct armvcpu_exit *exit, u64 esr)
{
	unsigned int i;

	if (ESR_EC(esr) == EC_SYS64) {
		if (esr & ISS_SYS_READ)
			av_set_gpr(vcpu, ISS_SYS_RT(esr), READ_ONCE(exit->sysreg.value));
		return;
	}
	for (i = 0; i < ARRAY_SIZE(exit->call.ret); i++)
		vcpu->ctx->gpr[i] = READ_ONCE(exit->call.ret[i]);
}

/**
 * av_user_answer() - what user space made of the trap that the last RUN ended with
 * @vcpu: the vCPU, with vcpu->user_exit
 * @trap: the snapshot of then
 *
 * Nothing may be believed of vcpu->run but the answer and its values: what was asked the trap says.
 *
 * Context: the beginning of RUN. Return: AV_DONE, AV_INJECTED; AV_LATER: the module shall answer; AV_TO_USER with
 * -EINVAL: that was no answer, and another one is taken.
 */
enum av_verdict av_user_answer(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	const struct armvcpu_exit *exit = exit_of(vcpu);

	switch (READ_ONCE(exit->answer)) {
	case ARMVCPU_ANSWER_MODULE:
		vcpu->user_exit = 0;
		return AV_LATER;
	case ARMVCPU_ANSWER_DONE:
		vcpu->user_exit = 0;
		take_result(vcpu, exit, trap->esr);
		return AV_DONE;
	case ARMVCPU_ANSWER_UNDEF:
		vcpu->user_exit = 0;
		/* An HVC has been done with already; the exception is of the instruction itself. */
		if (ESR_EC(trap->esr) == EC_HVC64 || ESR_EC(trap->esr) == EC_HVC32)
			vcpu->ctx->pc -= 4;
		av_inject_undef(vcpu);
		return AV_INJECTED;
	default:
		vcpu->user_ret = -EINVAL;
		return AV_TO_USER;
	}
}

/* KVM_CHECK_EXTENSION: all that can be asked for. */
int av_user_exits_known(struct av_vm *vm)
{
	return ALL_KINDS;
}

/**
 * av_user_exits_enable() - KVM_ENABLE_CAP of ARMVCPU_CAP_USER_EXITS
 * @vm: the VM
 * @cap: args[0]: ARMVCPU_USER_*, a set; the others 0
 *
 * What EL2 would answer by itself comes to the host then (av_fast_set()). Context: vm->lock. Return: 0; -EINVAL for
 * others, and in a VM that has a vCPU.
 */
int av_user_exits_enable(struct av_vm *vm, const struct kvm_enable_cap *cap)
{
	if (cap->args[0] & ~(u64)ALL_KINDS || memchr_inv(cap->args + 1, 0, sizeof(cap->args) - sizeof(cap->args[0])) ||
	    vm->created_vcpus)
		return -EINVAL;
	vm->user_exits = cap->args[0];
	return 0;
}
