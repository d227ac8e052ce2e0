// SPDX-License-Identifier: GPL-2.0
/*
 * PSCI 0.1, 0.2, 1.0, 1.1, 1.2 and 1.3 for the guest (DEN0022).
 *
 * Runs at: host kernel, the calling vCPU's thread with its mutex. Owns: nothing; other vCPUs are changed under
 * their mp_lock.
 */
#include <linux/string.h>
#include <uapi/linux/psci.h>

#include "answer.h"
#include "compat.h"

/* PSCI 0.1 had no fixed numbers; these are KVM's (arch/arm64/include/uapi/asm/kvm.h). */
#define PSCI_0_1_CPU_SUSPEND	KVM_PSCI_FN(0)
#define PSCI_0_1_CPU_OFF	KVM_PSCI_FN(1)
#define PSCI_0_1_CPU_ON		KVM_PSCI_FN(2)
#define PSCI_0_1_MIGRATE	KVM_PSCI_FN(3)

#define SMCCC_VERSION_ID	0x80000000U
#define FN64			0x40000000U
#define RESET2_VENDOR		0x80000000U
/* DEN0022, 5.12.2; 6.14 and later name them */
#define FN_SYSTEM_OFF2		0x84000015U
#define FN64_SYSTEM_OFF2	0xc4000015U
#define OFF2_HIBERNATE		1	/* the type, and bit 0 in the answer to PSCI_FEATURES */
/* MPIDR_EL1's affinity fields, and those that an affinity level leaves out (DEN0022, 5.7.2). */
#define MPIDR_AFF		(AV_MASK(39, 32) | AV_MASK(23, 0))
#define NO_TARGET		PSCI_RET_INVALID_PARAMS

/* One word; the other registers of an answer are 0, as KVM's are (DEN0028, 2.6: they need not be kept). */
static enum av_verdict answer(struct av_vcpu *vcpu, s64 value)
{
	av_smccc_results(vcpu, value, 0, 0, 0);
	return AV_DONE;
}

static bool is_0_1(u32 id)
{
	return id - PSCI_0_1_CPU_SUSPEND <= PSCI_0_1_MIGRATE - PSCI_0_1_CPU_SUSPEND;
}

/* The 32-bit calls carry 32-bit arguments. 0.1 has no such pairs: its words are as wide as the caller's registers. */
static u64 arg(struct av_vcpu *vcpu, unsigned int n)
{
	u64 value = vcpu->ctx->gpr[n];
	u32 id = vcpu->ctx->gpr[0];

	return (id & FN64 || is_0_1(id)) && !av_mode_is_a32(vcpu) ? value : (u32)value;
}

static enum av_verdict psci_version(struct av_vcpu *vcpu)
{
	return answer(vcpu, vcpu->vm->psci_version);
}

/* Like WFI: any wake-up event ends it, and the context is kept (DEN0022, 5.4.5). */
static enum av_verdict psci_cpu_suspend(struct av_vcpu *vcpu)
{
	answer(vcpu, PSCI_RET_SUCCESS);
	set_bit(AV_REQ_HALT, &vcpu->requests);
	return AV_DONE;
}

static enum av_verdict psci_cpu_off(struct av_vcpu *vcpu)
{
	av_vcpu_power_off(vcpu);
	return AV_DONE;
}

static enum av_verdict psci_cpu_on(struct av_vcpu *vcpu)
{
	u64 mpidr = arg(vcpu, 1), pc = arg(vcpu, 2), x0 = arg(vcpu, 3);
	bool old = vcpu->vm->psci_version == 0x1;
	struct av_vcpu *target;
	s64 ret = PSCI_RET_SUCCESS;

	if (mpidr & ~MPIDR_AFF)
		return answer(vcpu, PSCI_RET_INVALID_PARAMS);
	target = av_vcpu_by_mpidr(vcpu->vm, mpidr);
	if (!target)
		return answer(vcpu, NO_TARGET);
	av_vcpu_put_state(vcpu);
	raw_spin_lock(&target->mp_lock);
	if (target->mp_state != KVM_MP_STATE_STOPPED) {
		ret = old ? PSCI_RET_INVALID_PARAMS : PSCI_RET_ALREADY_ON;
	} else {
		target->psci_reset = (struct av_psci_reset) {
			.pc = pc,
			.x0 = x0,
			.big_endian = av_mode_is_a32(vcpu) ? !!(vcpu->ctx->pstate & PSR32_E) :
				      !!(vcpu->ctx->sys[AV_SCTLR_EL1] & SCTLR_EE),
			.pending = true,
		};
		set_bit(AV_REQ_RESET, &target->requests);
		/* The reset is owed before the target may run; pairs with the barrier of its rcuwait. */
		smp_wmb();
		WRITE_ONCE(target->mp_state, KVM_MP_STATE_RUNNABLE);
	}
	raw_spin_unlock(&target->mp_lock);
	if (ret == PSCI_RET_SUCCESS)
		av_vcpu_kick(target);
	return answer(vcpu, ret);
}

static enum av_verdict psci_affinity_info(struct av_vcpu *vcpu)
{
	u64 target = arg(vcpu, 1), level = arg(vcpu, 2), mask;
	bool found = false;
	struct av_vcpu *v;
	int i;

	if (level > 3 || target & ~MPIDR_AFF)
		return answer(vcpu, PSCI_RET_INVALID_PARAMS);
	/* Computed, not looked up: the level is the guest's, and a guess may come by here with any. */
	mask = MPIDR_AFF & ~((1ULL << (level & 3) * 8) - 1);
	av_for_each_vcpu(i, v, vcpu->vm) {
		if ((v->ctx->sys[AV_MPIDR_EL1] & mask) != (target & mask))
			continue;
		found = true;
		if (!av_vcpu_is_off(v))
			return answer(vcpu, PSCI_0_2_AFFINITY_LEVEL_ON);
	}
	return answer(vcpu, found ? PSCI_0_2_AFFINITY_LEVEL_OFF : NO_TARGET);
}

/* No trusted OS, nothing to migrate. */
static enum av_verdict psci_migrate_info_type(struct av_vcpu *vcpu)
{
	return answer(vcpu, PSCI_0_2_TOS_MP);
}

/*
 * The system ends or suspends: user space decides. All vCPUs stop first for what does not return, and x0 says
 * INTERNAL_FAILURE, so that a VMM that goes on all the same shows it to the guest; the arguments stay for who looks.
 */
static enum av_verdict system_event(struct av_vcpu *vcpu, u32 type, u64 flags)
{
	struct armvcpu_system_event *event = av_system_event(vcpu->run);
	struct av_vcpu *v;
	int i;

	if (type != KVM_SYSTEM_EVENT_SUSPEND) {
		vcpu->ctx->gpr[0] = PSCI_RET_INTERNAL_FAILURE;
		av_for_each_vcpu(i, v, vcpu->vm)
			av_vcpu_power_off(v);
	}
	memset(event, 0, sizeof(*event));
	event->type = type;
	event->ndata = type != KVM_SYSTEM_EVENT_SUSPEND;
	event->data[0] = flags;
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	vcpu->user_ret = 0;
	vcpu->advance = true;
	return AV_TO_USER;
}

static enum av_verdict psci_system_off(struct av_vcpu *vcpu)
{
	return system_event(vcpu, KVM_SYSTEM_EVENT_SHUTDOWN, 0);
}

static enum av_verdict psci_system_reset(struct av_vcpu *vcpu)
{
	return system_event(vcpu, KVM_SYSTEM_EVENT_RESET, 0);
}

static enum av_verdict psci_system_reset2(struct av_vcpu *vcpu)
{
	u32 type = vcpu->ctx->gpr[1];

	if (type && type < RESET2_VENDOR)
		return answer(vcpu, PSCI_RET_INVALID_PARAMS);
	return system_event(vcpu, KVM_SYSTEM_EVENT_RESET, KVM_SYSTEM_EVENT_RESET_FLAG_PSCI_RESET2);
}

/* Off, and all memory is to be there again: a type of 0 says so, too (DEN0022, 5.12.2). */
static enum av_verdict psci_system_off2(struct av_vcpu *vcpu)
{
	if (arg(vcpu, 1) > OFF2_HIBERNATE || arg(vcpu, 2))
		return answer(vcpu, PSCI_RET_INVALID_PARAMS);
	return system_event(vcpu, KVM_SYSTEM_EVENT_SHUTDOWN, KVM_SYSTEM_EVENT_SHUTDOWN_FLAG_PSCI_OFF2);
}

/* User space takes the entry and its argument out of x1 and x2: of a 32-bit call what is theirs. */
static enum av_verdict psci_system_suspend(struct av_vcpu *vcpu)
{
	unsigned int n;

	if (!vcpu->vm->system_suspend)
		return answer(vcpu, PSCI_RET_NOT_SUPPORTED);
	for (n = 1; n <= 3; n++)
		vcpu->ctx->gpr[n] = arg(vcpu, n);
	return system_event(vcpu, KVM_SYSTEM_EVENT_SUSPEND, 0);
}

static enum av_verdict psci_features(struct av_vcpu *vcpu);

/* What is not listed is NOT_SUPPORTED: MIGRATE, CPU_FREEZE, STAT_*, MEM_PROTECT among it. */
static const struct psci_function {
	u32 id;
	u32 since;			/* the version that knows it */
	enum av_verdict (*call)(struct av_vcpu *vcpu);
} functions[] = {
	{ PSCI_0_1_CPU_OFF,			0x1,	psci_cpu_off },
	{ PSCI_0_1_CPU_ON,			0x1,	psci_cpu_on },
	{ PSCI_0_2_FN_PSCI_VERSION,		0x2,	psci_version },
	{ PSCI_0_2_FN_CPU_SUSPEND,		0x2,	psci_cpu_suspend },
	{ PSCI_0_2_FN64_CPU_SUSPEND,		0x2,	psci_cpu_suspend },
	{ PSCI_0_2_FN_CPU_OFF,			0x2,	psci_cpu_off },
	{ PSCI_0_2_FN_CPU_ON,			0x2,	psci_cpu_on },
	{ PSCI_0_2_FN64_CPU_ON,			0x2,	psci_cpu_on },
	{ PSCI_0_2_FN_AFFINITY_INFO,		0x2,	psci_affinity_info },
	{ PSCI_0_2_FN64_AFFINITY_INFO,		0x2,	psci_affinity_info },
	{ PSCI_0_2_FN_MIGRATE_INFO_TYPE,	0x2,	psci_migrate_info_type },
	{ PSCI_0_2_FN_SYSTEM_OFF,		0x2,	psci_system_off },
	{ PSCI_0_2_FN_SYSTEM_RESET,		0x2,	psci_system_reset },
	{ PSCI_1_0_FN_PSCI_FEATURES,		0x10000, psci_features },
	{ PSCI_1_0_FN_SYSTEM_SUSPEND,		0x10000, psci_system_suspend },
	{ PSCI_1_0_FN64_SYSTEM_SUSPEND,		0x10000, psci_system_suspend },
	{ PSCI_1_1_FN_SYSTEM_RESET2,		0x10001, psci_system_reset2 },
	{ PSCI_1_1_FN64_SYSTEM_RESET2,		0x10001, psci_system_reset2 },
	{ FN_SYSTEM_OFF2,			0x10003, psci_system_off2 },
	{ FN64_SYSTEM_OFF2,			0x10003, psci_system_off2 },
};

static const struct psci_function *find(struct av_vcpu *vcpu, u32 id)
{
	u64 version = vcpu->vm->psci_version;
	const struct psci_function *f;

	for (f = functions; f < functions + ARRAY_SIZE(functions); f++) {
		if (f->id != id || f->since > version)
			continue;
		/* AArch32 has no calls with 64-bit arguments. */
		if (id & FN64 && av_mode_is_a32(vcpu))
			return NULL;
		/* 0.1's numbers are 0.1's alone. */
		return f->since == 0x1 && version != 0x1 ? NULL : f;
	}
	return NULL;
}

static enum av_verdict psci_features(struct av_vcpu *vcpu)
{
	const struct psci_function *f = find(vcpu, vcpu->ctx->gpr[1]);

	if ((u32)vcpu->ctx->gpr[1] == SMCCC_VERSION_ID)
		return answer(vcpu, 0);
	if (!f || (f->call == psci_system_suspend && !vcpu->vm->system_suspend))
		return answer(vcpu, PSCI_RET_NOT_SUPPORTED);
	return answer(vcpu, f->call == psci_system_off2 ? OFF2_HIBERNATE : 0);
}

/* PSCI's ranges of function ids: 0.1's numbers, and 0x00-0x1f of the standard service (DEN0022, 5.1). */
bool av_psci_handles(u32 id)
{
	return is_0_1(id) || (id & ~(FN64 | 0x1fU)) == PSCI_0_2_FN_BASE;
}

/**
 * av_psci_call() - a PSCI call of the guest
 * @vcpu: the caller; arguments in x1 - x3, answer in x0, with 0 in x1 - x3
 * @id: function id
 *
 * Context: vcpu->mutex held, doesn't sleep. Return: AV_DONE, or AV_TO_USER for a system event.
 */
enum av_verdict av_psci_call(struct av_vcpu *vcpu, u32 id)
{
	const struct psci_function *f = find(vcpu, id);

	return f ? f->call(vcpu) : answer(vcpu, PSCI_RET_NOT_SUPPORTED);
}
