// SPDX-License-Identifier: GPL-2.0
/*
 * Pointer authentication keys: there is one set of them for EL1, EL2 and EL0. A vCPU that has used its own has them in
 * the CPU while the guest runs, the host its own at all other times.
 *
 * Runs at: EL2; nothing here or around it signs or checks a pointer (Kbuild, -mbranch-protection). Owns: the keys
 * during RUN, for a vCPU with ctx->keys; el2_cpu.keys_moved.
 *
 * Which vCPUs: guest/keys.c. The host's keys are those of its thread, and of the kernel for that thread: they can't
 * change in a burst, and ctx->keys is only set outside of one.
 */
#include "el2.h"

#define KEY_NAME(op0, op1, crn, crm, op2)	S##op0##_##op1##_C##crn##_C##crm##_##op2

static void keys_save(u64 *sys)
{
#define SR_KEY(name, op0, op1, crn, crm, op2)	sys[AV_##name] = read_named(KEY_NAME(op0, op1, crn, crm, op2));
#include "../include/sysregs.def"
}

static void keys_load(const u64 *sys)
{
#define SR_KEY(name, op0, op1, crn, crm, op2)	write_named(KEY_NAME(op0, op1, crn, crm, op2), sys[AV_##name]);
#include "../include/sysregs.def"
}

/*
 * el2_keys_enter - the guest's keys into the CPU, at an entry of a vCPU with ctx->keys
 * @first: first entry of a burst
 */
void el2_keys_enter(struct el2_cpu *cpu, const struct av_vcpu_ctx *ctx, bool first)
{
	if (first)
		keys_save(cpu->host_sys);
	/* From here on the fault path has to give these back. */
	el2_store(&cpu->keys_moved, 1);
	keys_load(ctx->sys);
}

/* el2_keys_abandon - the host's keys back, whatever became of the guest's; the host's context synchronises */
void el2_keys_abandon(struct el2_cpu *cpu)
{
	if (!el2_load(&cpu->keys_moved))
		return;
	keys_load(cpu->host_sys);
	el2_store(&cpu->keys_moved, 0);
}

/* el2_keys_leave - the other way round: the guest changes its keys without a trap */
void el2_keys_leave(struct el2_cpu *cpu, struct av_vcpu_ctx *ctx)
{
	keys_save(ctx->sys);
	el2_keys_abandon(cpu);
}
