// SPDX-License-Identifier: GPL-2.0
/*
 * What opens the registers of late.c, and to whom.
 *
 * Runs at: host kernel, vcpu->mutex held. Owns: ctx->late; of ctx->hcrx, hfgrtr and hfgwtr what opens them.
 */
#include "guest.h"

/* Indirection is switched on in TCR2_EL1: who uses one needs the others in their places. */
#define TRANSLATION	(AV_LATE_TCR2 | AV_LATE_PIE)

/* What opens each group (include/features.def). */
static const struct {
	unsigned int group;
	u64 hcrx, fgt;
} groups[] = {
	{ AV_LATE_TCR2, HCRX_TCR2EN, 0 },
	{ AV_LATE_PIE, 0, FGT_PIR },
	{ AV_LATE_SCTLR2, HCRX_SCTLR2EN, 0 },
	{ AV_LATE_FPMR, HCRX_ENFPM, 0 },
};

/* The groups that a VM is shown; the bits that open others are taken away. */
static unsigned int filter(struct av_controls *opened, unsigned int wanted)
{
	unsigned int i, shown = 0;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		if ((opened->hcrx & groups[i].hcrx) || (opened->hfgrtr & groups[i].fgt))
			shown |= groups[i].group;
		if (wanted & groups[i].group)
			continue;
		opened->hcrx &= ~groups[i].hcrx;
		opened->hfgrtr &= ~groups[i].fgt;
		opened->hfgwtr &= ~groups[i].fgt;
	}
	return shown;
}

/* The groups that the vCPU's VM is shown: AV_LATE_*. */
unsigned int av_late_shown(const struct av_vcpu *vcpu)
{
	struct av_controls opened;

	av_controls_opened(vcpu->vm->idregs + AV_IDREG(4, 0), &opened);
	return filter(&opened, ~0U);
}

static unsigned int not_zero(const struct av_vcpu *vcpu)
{
	unsigned int used = 0;

#define SR_LATE(name, op0, op1, crn, crm, op2, group, ...)	\
	if (vcpu->ctx->sys[AV_##name])				\
		used |= AV_LATE_##group;
#include "include/sysregs.def"
	return used;
}

/**
 * av_late_close() - of what the VM is shown, shut what the vCPU does not use; ctx->late
 * @vcpu: the vCPU, its registers in memory
 * @opened: what the VM's ID registers open
 *
 * Context: vcpu->mutex held. For av_controls_update(): user space may have changed registers or the VM's ID registers.
 */
void av_late_close(struct av_vcpu *vcpu, struct av_controls *opened)
{
	unsigned int used = vcpu->ctx->late | not_zero(vcpu);

	if (used & TRANSLATION)
		used |= TRANSLATION;
	vcpu->ctx->late = used & filter(opened, used);
}
