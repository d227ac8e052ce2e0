// SPDX-License-Identifier: GPL-2.0
/*
 * VCPU_INIT, reset, power state.
 *
 * Runs at: host kernel, vcpu->mutex held. Owns: vcpu->initialized, features, mp_state, psci_reset.
 * Locks: vcpu->mp_lock for mp_state and psci_reset, which PSCI calls of other vCPUs change.
 */
#include <linux/bitops.h>
#include <linux/string.h>
#include <asm/cputype.h>

#include "compat.h"
#include "dev/dev.h"
#include "host/pmu.h"
#include "host/sve.h"
#include "mm/mm.h"
#include "sysreg.h"
#include "vcpu.h"
#include "vgic/vgic.h"

#define KNOWN_FEATURES		(BIT(KVM_ARM_VCPU_PTRAUTH_GENERIC + 1) - 1)
/* POWER_OFF says how to start, it isn't something that the vCPU has. */
#define LASTING_FEATURES	(KNOWN_FEATURES & ~BIT(KVM_ARM_VCPU_POWER_OFF))

static u64 offered_features(void)
{
	u64 sve = av_sve_lengths() ? BIT(KVM_ARM_VCPU_SVE) : 0;
	u64 keys = av_host_has_keys() ? AV_KEYS_FEATURES : 0;
	u64 pmu = av_host_has_pmu() ? BIT(KVM_ARM_VCPU_PMU_V3) : 0;
	u64 a32 = av_host_has_el1_aarch32() ? BIT(KVM_ARM_VCPU_EL1_32BIT) : 0;

	return BIT(KVM_ARM_VCPU_POWER_OFF) | BIT(KVM_ARM_VCPU_PSCI_0_2) | a32 | sve | keys | pmu;
}

static void reset_core(struct av_vcpu *vcpu)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	memset(ctx->gpr, 0, sizeof(ctx->gpr));
	ctx->pc = 0;
	ctx->pstate = av_vcpu_is_a32(vcpu) ? PSR32_SVC | PSR_A | PSR_I | PSR_F : PSR_MODE_EL1H | PSR_DAIF;
	av_debug_reset(vcpu);
	memset(ctx->v, 0, sizeof(ctx->v));
	ctx->fpsr = 0;
	ctx->fpcr = 0;
	vcpu->sve.used = false;
	memset(&vcpu->mmio, 0, sizeof(vcpu->mmio));
	vcpu->access.pending = false;
	vcpu->user_exit = 0;
	clear_bit(AV_REQ_HALT, &vcpu->requests);
}

static void reset(struct av_vcpu *vcpu)
{
	reset_core(vcpu);
	av_sysreg_reset(vcpu);
	av_timer_vcpu_reset(vcpu);
	if (vcpu->pmu)
		av_pmu_vcpu_reset(vcpu);
	av_vgic_vcpu_reset(vcpu);
	av_controls_init(vcpu);
}

/* Bit 0 of an entry point says T32 (DEN0022, 6.4.3). */
static void enter_by_address(struct av_vcpu_ctx *ctx)
{
	if (ctx->pc & 1)
		ctx->pstate |= PSR_T32;
	ctx->pc = (u32)ctx->pc & ~1U;
	ctx->gpr[0] = (u32)ctx->gpr[0];
}

/**
 * av_vcpu_apply_reset() - carry out a CPU_ON that another vCPU asked for
 * @vcpu: the vCPU that was switched on
 *
 * Context: vcpu->mutex held. Before RUN and before ONE_REG, so that who reads the registers sees them reset.
 */
void av_vcpu_apply_reset(struct av_vcpu *vcpu)
{
	struct av_psci_reset how;

	if (!READ_ONCE(vcpu->psci_reset.pending))
		return;
	raw_spin_lock(&vcpu->mp_lock);
	how = vcpu->psci_reset;
	vcpu->psci_reset.pending = false;
	raw_spin_unlock(&vcpu->mp_lock);
	if (!how.pending)
		return;

	reset(vcpu);
	/* The caller's byte order is the new CPU's (DEN0022, 6.4.1). */
	if (how.big_endian && av_vcpu_is_a32(vcpu))
		vcpu->ctx->pstate |= PSR32_E;
	else if (how.big_endian)
		vcpu->ctx->sys[AV_SCTLR_EL1] |= SCTLR_EE | SCTLR_E0E;
	vcpu->ctx->pc = how.pc;
	vcpu->ctx->gpr[0] = how.x0;
	if (av_vcpu_is_a32(vcpu))
		enter_by_address(vcpu->ctx);
}

/*
 * Before there was a generic target each part of which the first KVM knew had its own number, and a VMM may still name
 * the host's. It means no more than the generic one: the vCPU is the host's CPU either way.
 */
static bool is_host_target(u32 target)
{
	static const struct {
		u32 implementor, part, target;
	} legacy[] = {
		{ ARM_CPU_IMP_ARM, ARM_CPU_PART_AEM_V8,	   KVM_ARM_TARGET_AEM_V8 },
		{ ARM_CPU_IMP_ARM, ARM_CPU_PART_FOUNDATION, KVM_ARM_TARGET_FOUNDATION_V8 },
		{ ARM_CPU_IMP_ARM, ARM_CPU_PART_CORTEX_A57, KVM_ARM_TARGET_CORTEX_A57 },
		{ ARM_CPU_IMP_ARM, ARM_CPU_PART_CORTEX_A53, KVM_ARM_TARGET_CORTEX_A53 },
		{ ARM_CPU_IMP_APM, APM_CPU_PART_XGENE,	   KVM_ARM_TARGET_XGENE_POTENZA },
	};
	u32 midr = read_cpuid_id();
	unsigned int i;

	if (target == KVM_ARM_TARGET_GENERIC_V8)
		return true;
	for (i = 0; i < ARRAY_SIZE(legacy); i++) {
		if (target == legacy[i].target)
			return MIDR_IMPLEMENTOR(midr) == legacy[i].implementor &&
			       MIDR_PARTNUM(midr) == legacy[i].part;
	}
	return false;
}

static int check_init(struct av_vcpu *vcpu, const struct kvm_vcpu_init *init)
{
	u64 features = init->features[0];
	unsigned int i;

	for (i = 1; i < ARRAY_SIZE(init->features); i++) {
		if (init->features[i])
			return -ENOENT;
	}
	if (features & ~KNOWN_FEATURES)
		return -ENOENT;
	if (features & ~offered_features())
		return -EINVAL;
	/* Of addresses and of data: both or neither, as with KVM. */
	if (features & AV_KEYS_FEATURES && (features & AV_KEYS_FEATURES) != AV_KEYS_FEATURES)
		return -EINVAL;
	/* Tags are in AArch64's addresses. */
	if (features & BIT(KVM_ARM_VCPU_EL1_32BIT) && vcpu->vm->tags)
		return -EINVAL;
	if (!is_host_target(init->target))
		return -EINVAL;
	if (vcpu->initialized && vcpu->features != (features & LASTING_FEATURES))
		return -EINVAL;
	return 0;
}

/* One feature set for all vCPUs of a VM; the first says which. */
static int set_features(struct av_vcpu *vcpu, u64 features)
{
	struct av_vm *vm = vcpu->vm;
	int ret = 0;

	mutex_lock(&vm->lock);
	if (features & BIT(KVM_ARM_VCPU_PMU_V3) && !vm->features_set)
		ret = av_pmu_vm_choose(vm);
	if (ret) {
		mutex_unlock(&vm->lock);
		return ret;
	}
	if (!vm->features_set) {
		vm->vcpu_features = features;
		vm->psci_version = features & BIT(KVM_ARM_VCPU_PSCI_0_2) ? av_fw_psci_default() : 0x1;
		if (features & BIT(KVM_ARM_VCPU_SVE))
			av_idregs_with_sve(vm);
		if (features & AV_KEYS_FEATURES)
			av_idregs_with_keys(vm);
		if (features & BIT(KVM_ARM_VCPU_PMU_V3))
			av_idregs_with_pmu(vm);
		vm->features_set = true;
	} else if (vm->vcpu_features != features) {
		ret = -EINVAL;
	}
	mutex_unlock(&vm->lock);
	return ret;
}

/**
 * av_vcpu_init() - KVM_ARM_VCPU_INIT
 * @vcpu: the vCPU
 * @init: target and features
 *
 * Context: vcpu->mutex held. Return: 0, -ENOENT for a feature bit that nobody knows, -EINVAL for one that is not
 * offered, a target that isn't the host's, or other features than the first time; with a PMU -ENODEV where this CPU
 * has none, -ENOMEM.
 * Source: Documentation/virt/kvm/api.rst, 4.82.
 */
int av_vcpu_init(struct av_vcpu *vcpu, const struct kvm_vcpu_init *init)
{
	u64 features = init->features[0] & LASTING_FEATURES;
	bool again = vcpu->initialized;
	int ret;

	ret = check_init(vcpu, init);
	if (!ret && !again)
		ret = set_features(vcpu, features);
	if (!ret && features & BIT(KVM_ARM_VCPU_PMU_V3))
		ret = av_pmu_vcpu_init(vcpu);
	if (ret)
		return ret;
	vcpu->features = features;
	av_sve_init(vcpu);
	/* What the caches hold of the former run must not be seen by a guest that starts with them off. */
	if (again && vcpu->run_once)
		av_s2_unmap_slots(vcpu->vm);
	raw_spin_lock(&vcpu->mp_lock);
	vcpu->psci_reset.pending = false;
	raw_spin_unlock(&vcpu->mp_lock);
	/* As KVM, which makes HCR_EL2 anew: a GIC in user space that is reset, too, need not say that they are low. */
	WRITE_ONCE(vcpu->irq_lines, 0);
	reset(vcpu);
	vcpu->initialized = true;
	av_vcpu_set_power(vcpu, init->features[0] & BIT(KVM_ARM_VCPU_POWER_OFF) ?
			  KVM_MP_STATE_STOPPED : KVM_MP_STATE_RUNNABLE);
	return 0;
}

/* KVM_ARM_PREFERRED_TARGET: as 6.12's KVM, the generic one on every part. */
void av_vcpu_preferred_target(struct kvm_vcpu_init *init)
{
	memset(init, 0, sizeof(*init));
	init->target = KVM_ARM_TARGET_GENERIC_V8;
}

/**
 * av_vcpu_get_mp_state() - KVM_GET_MP_STATE
 * @vcpu: the vCPU
 * @state: answer
 *
 * Context: vcpu->mutex held. Return: 0.
 */
int av_vcpu_get_mp_state(struct av_vcpu *vcpu, struct kvm_mp_state *state)
{
	state->mp_state = READ_ONCE(vcpu->mp_state);
	return 0;
}

/**
 * av_vcpu_set_mp_state() - KVM_SET_MP_STATE
 * @vcpu: the vCPU
 * @state: RUNNABLE, STOPPED or SUSPENDED
 *
 * Context: vcpu->mutex held. Return: 0, -EINVAL for any other state.
 */
int av_vcpu_set_mp_state(struct av_vcpu *vcpu, const struct kvm_mp_state *state)
{
	switch (state->mp_state) {
	case KVM_MP_STATE_RUNNABLE:
	case KVM_MP_STATE_STOPPED:
	case KVM_MP_STATE_SUSPENDED:
		av_vcpu_set_power(vcpu, state->mp_state);
		return 0;
	default:
		return -EINVAL;
	}
}
