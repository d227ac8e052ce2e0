// SPDX-License-Identifier: GPL-2.0
/*
 * External aborts: those that a guest is given, with the level of a table walk, and those that the hardware reports.
 *
 * Runs at: host kernel, a vCPU's thread outside of the burst; may sleep. Owns: nothing.
 */
#include <linux/string.h>
#include <asm/byteorder.h>

#include "compat.h"
#include "mm.h"
#include "rules.h"
#include "walk_rules.h"

static bool is_short_format(const struct av_vcpu *vcpu)
{
	return av_vcpu_is_a32(vcpu) && !(vcpu->ctx->sys[AV_TCR_EL1] & TTBCR_EAE);
}

static bool begin_walk(const struct av_vcpu *vcpu, u64 va, struct av_walk *walk)
{
	const u64 *sys = vcpu->ctx->sys;

	return (av_vcpu_is_a32(vcpu) ? av_walk_begin_a32 : av_walk_begin)
	       (walk, va, sys[AV_SCTLR_EL1], sys[AV_TCR_EL1], sys[AV_TTBR0_EL1], sys[AV_TTBR1_EL1]);
}

/*
 * The level of the guest's walk at which its table was not to be had: the syndrome has stage 2's. False: the guest's
 * tables do not lead there any more.
 */
static bool find_level(struct av_vcpu *vcpu, const struct av_trap *trap, int *level)
{
	const u64 *sys = vcpu->ctx->sys;
	struct av_walk walk;
	u64 entry, desc;

	if (!(trap->flags & AV_TRAP_IPA) || !(trap->flags & AV_TRAP_FAR))
		return false;
	if (is_short_format(vcpu)) {
		*level = av_walk_short_level(trap->far, sys[AV_TCR_EL1], sys[AV_TTBR0_EL1], sys[AV_TTBR1_EL1],
					     trap->ipa);
		return true;
	}
	/* TnSZ is not what the architecture allows; how the CPU took it is its own affair. No reason to try again. */
	if (!begin_walk(vcpu, trap->far, &walk)) {
		*level = 0;
		return true;
	}
	for (;;) {
		*level = walk.level;
		entry = av_walk_entry(&walk);
		/* The syndrome register gives the page, always of 4K. */
		if ((entry ^ trap->ipa) < 4096)
			return true;
		if (av_mm_read_guest(vcpu->vm, entry, &desc, sizeof(desc)))
			return false;
		desc = sys[AV_SCTLR_EL1] & SCTLR_EE ? be64_to_cpu((__force __be64)desc) : desc;
		if (!av_walk_down(&walk, desc))
			return false;
	}
}

static bool is_abort(u64 esr)
{
	return ESR_EC(esr) == EC_DABT_LOWER || ESR_EC(esr) == EC_IABT_LOWER;
}

/**
 * av_mm_inject_sea() - the guest's access gets a synchronous external abort
 * @vcpu: the vCPU
 * @trap: the stage-2 abort
 *
 * Return: AV_INJECTED; AV_RETRY if it was of a table walk that has become another one meanwhile.
 */
enum av_verdict av_mm_inject_sea(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	int level;

	if (!(trap->esr & ESR_ABT_S1PTW))
		return av_mm_inject(vcpu, trap, FSC_EXTABT);
	if (!find_level(vcpu, trap, &level))
		return AV_RETRY;
	return av_mm_inject(vcpu, trap, FSC_EXTABT_TTW(level));
}

/**
 * av_mm_inject_external() - user space wants a data abort for what the vCPU did last
 * @vcpu: the vCPU
 *
 * That was the access of the last abort, if its last exit was one; else no address is known, and the guest is told so.
 */
void av_mm_inject_external(struct av_vcpu *vcpu)
{
	const struct av_trap *trap = &vcpu->ctx->trap;
	u64 esr = is_abort(trap->esr) ? trap->esr : 0;
	int level;

	if (esr & ESR_ABT_S1PTW && find_level(vcpu, trap, &level))
		av_inject_dabt(vcpu, trap->far, FSC_EXTABT_TTW(level));
	else if (trap->flags & AV_TRAP_FAR && !(av_abort_is_sea(esr) && esr & ESR_ABT_FNV))
		av_inject_dabt(vcpu, trap->far, FSC_EXTABT);
	else
		av_inject_dabt(vcpu, 0, FSC_EXTABT | ESR_ABT_FNV);
}

/* What of the syndrome user space is told. */
#define SEA_ESR		(AV_MASK(31, 26) | ESR_IL | ESR_ABT_FNV | ESR_ABT_EA | ESR_DABT_CM |	\
			 ESR_DABT_WNR | AV_MASK(5, 0))

static enum av_verdict tell_user(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	struct armvcpu_sea *sea = av_sea_exit(vcpu->run);
	u64 mask = SEA_ESR;

	/* Of synchronous errors, with RAS */
	if (av_guest_has_ras(vcpu->vm))
		mask |= ESR_ABT_SET;
	memset(sea, 0, sizeof(*sea));
	vcpu->run->exit_reason = KVM_EXIT_ARM_SEA;
	vcpu->user_ret = 0;
	sea->esr = trap->esr & mask;
	if (!(trap->esr & ESR_ABT_FNV))
		sea->gva = trap->far;
	if (trap->flags & AV_TRAP_IPA) {
		sea->flags = KVM_EXIT_ARM_SEA_FLAG_GPA_VALID;
		sea->gpa = trap->ipa;
	}
	return AV_TO_USER;
}

/**
 * av_mm_take_sea() - an access of the guest's, or a walk for it, ended in an external abort of the hardware's
 * @vcpu: the vCPU
 * @trap: the snapshot
 *
 * User space decides if it wants to (KVM_CAP_ARM_SEA_TO_USER) and if the memory was the guest's: without RAS only
 * what EL2 asked for itself comes here (HCR_EL2.TEA), and a walk with S1PTW is stage 2's. Else the guest has an SError.
 *
 * Return: AV_TO_USER with KVM_EXIT_ARM_SEA, or AV_RETRY.
 */
enum av_verdict av_mm_take_sea(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	bool of_stage2 = av_abort_is_sea_walk(trap->esr) && trap->esr & ESR_ABT_S1PTW;

	if (READ_ONCE(vcpu->vm->sea_to_user) && av_host_has_ras() && !of_stage2)
		return tell_user(vcpu, trap);
	av_inject_serror(vcpu, AV_SERROR_UNSAID);
	return AV_RETRY;
}
