// SPDX-License-Identifier: GPL-2.0
/*
 * Registers of memory tagging (FEAT_MTE2): how tags are drawn at random, GCR_EL1 and RGSR_EL1, and faults that were
 * accumulated, TFSR_EL1 and TFSRE0_EL1. A vCPU of a VM with tags has its own in the CPU while the guest runs.
 *
 * Runs at: EL2. Owns: these registers during RUN, for a vCPU with ctx->tags; el2_cpu.tags_moved.
 *
 * The tags themselves go with the memory. There is no first use to wait for: without HCR_EL2.ATA the instructions do
 * not trap, they do nothing. A kernel that tags its own memory draws tags in interrupts too, so that its registers are
 * not those of the burst's begin: they are saved at each entry.
 */
#include "el2.h"

#define TAG_NAME(op0, op1, crn, crm, op2)	S##op0##_##op1##_C##crn##_C##crm##_##op2

static void tags_save(u64 *sys)
{
#define SR_TAG(name, op0, op1, crn, crm, op2)	\
	sys[AV_##name] = read_named(GUEST_ROW(name, TAG_NAME(op0, op1, crn, crm, op2)));
#include "../include/sysregs.def"
}

static void tags_load(const u64 *sys)
{
#define SR_TAG(name, op0, op1, crn, crm, op2)	\
	write_named(GUEST_ROW(name, TAG_NAME(op0, op1, crn, crm, op2)), sys[AV_##name]);
#include "../include/sysregs.def"
}

/*
 * What was accessed before has told of its faults, before the registers have another owner: they are written
 * indirectly, at any time up to a DSB, and read behind the ISB (DDI 0487, D10.7, asynchronous tag check faults).
 */
static void collect_faults(void)
{
	dsb(nsh);
	isb();
}

/* el2_tags_enter - the guest's into the CPU, at an entry of a vCPU with ctx->tags */
void el2_tags_enter(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx)
{
	collect_faults();
	tags_save(cpu->host_sys);
	/* From here on the fault path has to give these back. */
	el2_store(&cpu->tags_moved, 1);
	tags_load(ctx->sys);
}

/* el2_tags_abandon - the host's back, whatever became of the guest's; the host's context synchronises */
void el2_tags_abandon(struct el2_cpu *cpu)
{
	if (!el2_load(&cpu->tags_moved))
		return;
	tags_load(cpu->host_sys);
	el2_store(&cpu->tags_moved, 0);
}

/* el2_tags_leave - the other way round */
void el2_tags_leave(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	collect_faults();
	tags_save(ctx->sys);
	el2_tags_abandon(cpu);
}
