// SPDX-License-Identifier: GPL-2.0
/*
 * RAS as a guest has it: SErrors with a syndrome, virtual ones and those that the hardware brings, and error records,
 * of which there are none.
 *
 * Runs at: host kernel, vcpu->mutex held, the guest not running. Owns: HCR_EL2.VSE in ctx->hcr, ctx->vserror, vsesr.
 *
 * What the guest defers by an ESB is in its DISR_EL1, which EL2 moves (el2/controls.c).
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "guest.h"
#include "serror_rules.h"
#include "sysreg_row.h"

/* On all CPUs: only then an SError has a syndrome that software says. */
bool av_host_has_ras(void)
{
	return AV_GET(read_sanitised_ftr_reg(SYS_ID_AA64PFR0_EL1), 31, 28);
}

/**
 * av_inject_serror() - a virtual SError, which the guest takes when it has PSTATE.A clear
 * @vcpu: the vCPU
 * @iss: its syndrome, on CPUs with RAS; AV_SERROR_UNSAID: there is none
 */
void av_inject_serror(struct av_vcpu *vcpu, u64 iss)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;

	vcpu->stats.injected++;
	ctx->hcr |= HCR_VSE;
	ctx->vserror = 1;
	ctx->vsesr = iss;
}

/**
 * av_serror_pending() - is there a virtual SError that the guest has not taken yet?
 * @vcpu: the vCPU
 * @iss: takes its syndrome, 0 if there is none
 */
bool av_serror_pending(const struct av_vcpu *vcpu, u64 *iss)
{
	*iss = vcpu->ctx->vserror ? vcpu->ctx->vsesr : 0;
	return vcpu->ctx->vserror;
}

/**
 * av_take_serror() - an SError came while the guest ran, or the guest left one: ctx->serror
 * @vcpu: the vCPU
 * @code: what EL2 answered besides
 *
 * Context: interrupts off, on the CPU that it came on. Return: @code, or AV_EXIT_BROKEN for one that nobody can say the
 * extent of.
 */
enum av_exit av_take_serror(struct av_vcpu *vcpu, enum av_exit code)
{
	u64 esr = vcpu->ctx->serror;

	vcpu->ctx->serror = 0;
	vcpu->stats.serror++;
	switch (av_serror_kind(esr, AV_GET(read_sysreg(id_aa64pfr0_el1), 31, 28))) {
	case AV_SERROR_OVER:
		return code;
	case AV_SERROR_GUEST:
		/* What the host's hardware said of its own records means nothing to the guest. */
		av_inject_serror(vcpu, AV_SERROR_UNSAID);
		return code;
	default:
		/* The kernel would give up itself. It is told, and the machine is marked; what ran here ends. */
		pr_err_ratelimited("CPU %u: an SError that is not contained came with a guest: its VM ends, memory may be damaged (syndrome %llx)\n",
				   smp_processor_id(), esr);
		add_taint(TAINT_MACHINE_CHECK, LOCKDEP_STILL_OK);
		return AV_EXIT_BROKEN;
	}
}

/* ---- rows of sysregs.def --------------------------------------------------------------------- */

/* Likewise by ID_AA64PFR1_EL1.RAS_frac. */
static bool has_ras_v1p1(const struct av_vm *vm)
{
	u64 level = AV_GET(READ_ONCE(vm->idregs[AV_IDREG(4, 0)]), 31, 28);

	return level > 1 || (level == 1 && AV_GET(READ_ONCE(vm->idregs[AV_IDREG(4, 1)]), 15, 12));
}

/* ERRIDR_EL1.NUM = 0: what selects and describes records may be read as zero then (DDI 0487, ERXFR_EL1). */
enum av_verdict av_access_ras(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	return av_guest_has_ras(vcpu->vm) ? av_access_raz_wi(vcpu, op, row) : av_reg_undef(vcpu);
}

enum av_verdict av_access_ras_v1p1(struct av_vcpu *vcpu, struct av_reg_op *op, const struct av_sysreg *row)
{
	return has_ras_v1p1(vcpu->vm) ? av_access_raz_wi(vcpu, op, row) : av_reg_undef(vcpu);
}
