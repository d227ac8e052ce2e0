// SPDX-License-Identifier: GPL-2.0
/*
 * Why did it come out? The host's half of trap dispatch: one table, one rule for the PC.
 *
 * Runs at: host kernel, vcpu->mutex held; for the classes that vcpu/run.c calls atomic with preemption off.
 * Owns: the guest's PC after a trap; handlers return a verdict and never touch it.
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/interrupt.h>
#include <linux/printk.h>
#include <linux/sched.h>

#include "dev/dev.h"
#include "handle_exit.h"
#include "mm/mm.h"
#include "smc.h"
#include "sysreg.h"
#include "vgic/vgic.h"

enum pc_rule { INSN, NEXT, NONE };

typedef enum av_verdict (*trap_fn)(struct av_vcpu *vcpu, const struct av_trap *trap);

/* An instruction that does not exist in this VM. */
static enum av_verdict av_trap_undef(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	av_inject_undef(vcpu);
	return AV_INJECTED;
}

/* A class that the architecture had not allocated when this was written. */
static enum av_verdict av_trap_unknown(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	pr_info_ratelimited("unknown trap: pc %llx ec %02llx iss %llx far %llx ipa %llx\n",
			    vcpu->ctx->pc, ESR_EC(trap->esr), ESR_ISS(trap->esr), trap->far,
			    trap->ipa);
	return av_trap_undef(vcpu, trap);
}

/* Our own trap controls exclude this class. */
static enum av_verdict av_trap_broken(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	pr_err_ratelimited("impossible trap: pc %llx ec %02llx iss %llx\n", vcpu->ctx->pc,
			   ESR_EC(trap->esr), ESR_ISS(trap->esr));
	return AV_BROKEN;
}

/* User space gave the vCPU a PSTATE that the CPU refused to return to; it must be initialised again. */
static enum av_verdict av_trap_illegal(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	memset(&vcpu->run->fail_entry, 0, sizeof(vcpu->run->fail_entry));
	vcpu->run->exit_reason = KVM_EXIT_FAIL_ENTRY;
	vcpu->initialized = false;
	vcpu->user_ret = -EINVAL;
	return AV_TO_USER;
}

static enum av_verdict av_trap_fp(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	return av_fp_load(vcpu);
}

static enum av_verdict av_trap_sve(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	return av_sve_has(vcpu) ? av_sve_first_use(vcpu) : av_trap_undef(vcpu, trap);
}

static enum av_verdict av_trap_keys(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	return av_keys_first_use(vcpu);
}

static const struct trap_row {
	trap_fn handler;
	enum pc_rule pc;
} traps[64] = {
#define TRAP(ec, name, el2, host, pc_rule, needs, why) \
	[ec] = { host, pc_rule },
#include "include/traps.def"
};

static __always_inline enum av_verdict settle_pc(struct av_vcpu *vcpu, const struct trap_row *row,
						 enum av_verdict verdict)
{
	if (row->pc == INSN &&
	    (verdict == AV_DONE || (verdict == AV_TO_USER && vcpu->advance)))
		av_skip_instruction(vcpu);
	vcpu->advance = false;
	return verdict;
}

static enum av_verdict handle_trap(struct av_vcpu *vcpu)
{
	const struct av_trap *trap = &vcpu->ctx->trap;
	const struct trap_row *row = &traps[ESR_EC(trap->esr)];

	vcpu->stats.exit[ESR_EC(trap->esr)]++;
	if (unlikely(vcpu->vm->user_exits) && av_user_exit(vcpu, trap))
		return settle_pc(vcpu, row, AV_TO_USER);
	return settle_pc(vcpu, row, row->handler(vcpu, trap));
}

/**
 * av_handle_answer() - user space has answered the trap that the last RUN ended with
 * @vcpu: the vCPU, with vcpu->user_exit; ctx->trap is still of that trap, since the guest has not run
 *
 * Context: vcpu->mutex held, the beginning of RUN. Return: the verdict; the PC is final.
 */
enum av_verdict av_handle_answer(struct av_vcpu *vcpu)
{
	const struct av_trap *trap = &vcpu->ctx->trap;
	const struct trap_row *row = &traps[ESR_EC(trap->esr)];
	enum av_verdict verdict = av_user_answer(vcpu, trap);

	if (verdict == AV_LATER)
		verdict = row->handler(vcpu, trap);
	return settle_pc(vcpu, row, verdict);
}

/* EL2 sent an SGI; these targets are not in their guests, or EL2 does not know them. */
static void wake_targets(struct av_vcpu *vcpu)
{
	const struct av_vcpu_ctx *ctx = vcpu->ctx;
	unsigned long all = ctx->kick_wake | ctx->kick_post;
	struct av_vcpu *to;
	unsigned int n;

	for_each_set_bit(n, &all, 16) {
		to = av_vcpu_by_id(vcpu->vm, ctx->kick_base + n);
		if (to && ctx->kick_post & BIT(n))
			av_vgic_post_sgi(to, ctx->kick_intid);
		else if (to)
			av_vcpu_kick(to);
	}
}

/**
 * av_handle_exit() - decide about one exit of the guest
 * @vcpu: the vCPU
 * @code: what EL2 answered
 *
 * Context: vcpu->mutex held, interrupts on. Return: the verdict; the PC is final.
 */
enum av_verdict av_handle_exit(struct av_vcpu *vcpu, enum av_exit code)
{
	switch (code) {
	case AV_EXIT_TRAP:
		return handle_trap(vcpu);
	case AV_EXIT_IRQ:
		vcpu->stats.irq++;
		return unlikely(vcpu->vm->user_exits) ? av_user_irq(vcpu) : AV_RETRY;
	case AV_EXIT_SERROR:
		/* av_take_serror() has done it. */
		return AV_RETRY;
	case AV_EXIT_KICK:
		vcpu->stats.sgi++;
		wake_targets(vcpu);
		/* Or it rang a bell, and the CPU that was to be told can't be. */
		if (av_bells_any(vcpu->vm))
			av_bells_empty(vcpu->vm);
		return AV_RETRY;
	default:
		/* AV_EXIT_BROKEN. (AV_EXIT_LOST does not come here: vcpu/run.c.) */
		av_bell_end_walk(vcpu);
		return AV_BROKEN;
	}
}

/* CRn 14: the timers' registers have a CRm below 8, the PMU's counters one from 8 on. */
static bool is_timer(u64 esr)
{
	return (esr & (AV_MASK(13, 10) | AV_BIT(4))) == AV_PUT(AV_UL(14), 13, 10);
}

/* Can this exit be handled with preemption off? */
static bool is_atomic(struct av_vcpu *vcpu, enum av_exit code)
{
	u64 esr = vcpu->ctx->trap.esr;

	if (code != AV_EXIT_TRAP)
		return true;
	switch (ESR_EC(esr)) {
	case EC_WFX:
		return !av_wfx_may_sleep(vcpu);
	case EC_FPSIMD:
	case EC_SVE:
		return true;
	case EC_HVC64:
	case EC_SMC64:
		return !av_smc_may_sleep(vcpu);
	case EC_SYS64:
		/* The GIC's and the timers'; cache maintenance, the MMU's registers and the PMU's may sleep. */
		return AV_GET(esr, 21, 20) == 3 &&
		       (AV_GET(esr, 13, 10) == 12 || is_timer(esr));
	default:
		return false;
	}
}

/* av_handle_in_burst(), for aborts that are not known to be MMIO's */
enum av_verdict av_handle_fault(struct av_vcpu *vcpu)
{
	enum av_verdict verdict = av_mm_abort_in_burst(vcpu);

	if (verdict == AV_LATER)
		return verdict;		/* counted where it is handled */
	vcpu->stats.exit[ESR_EC(vcpu->ctx->trap.esr)]++;
	/*
	 * Cleaning pages takes long enough for an interrupt to come, and kernel_neon_begin() holds softirqs off: else
	 * they would wait for the guest's next exit.
	 */
	if (vcpu->fp_live && local_softirq_pending())
		av_fp_put(vcpu);
	return verdict;
}

/* av_handle_in_burst(), for all but data aborts */
enum av_verdict av_handle_atomic(struct av_vcpu *vcpu, enum av_exit code)
{
	if (is_atomic(vcpu, code))
		return av_handle_exit(vcpu, code);
	return ESR_EC(vcpu->ctx->trap.esr) == EC_IABT_LOWER ? av_handle_fault(vcpu) : AV_LATER;
}
