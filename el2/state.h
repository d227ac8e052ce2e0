/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Move the EL1 and EL0 system registers between CPU and memory: the lists are sysregs.def's
 * SR_CORE and SR_SWITCH rows, the same for host and guest.
 *
 * Runs at: EL2. Owns: nothing; the caller owns the memory.
 *
 * Inline, so that "which" is a constant and only the instructions of its registers remain.
 */
#ifndef EL2_STATE_H
#define EL2_STATE_H

#include "el2.h"

/* A set of registers: one bit for each slot of sys[]. */
#define REG(name)		AV_BIT(AV_##name)
#define ALL_REGS		(~(u64)0)

#define NAME(op0, op1, crn, crm, op2)	S##op0##_##op1##_C##crn##_C##crm##_##op2
#define GATED(gate)			((EL2_FEAT_##gate) == 0 || (features & (EL2_FEAT_##gate)))

/*
 * state_save - registers to memory
 * @sys: by enum av_sys_slot
 * @features: el2_cpu.features
 * @which: REG() of each
 */
static __always_inline void state_save(u64 *sys, u64 features, u64 which)
{
#define SR_CORE(name, op0, op1, crn, crm, op2)					\
	if (which & REG(name))							\
		sys[AV_##name] = read_named(GUEST_ROW(name, NAME(op0, op1, crn, crm, op2)));
#define SR_SWITCH(name, op0, op1, crn, crm, op2, gate, ...)			\
	if (GATED(gate) && (which & REG(name)))					\
		sys[AV_##name] = read_named(GUEST_ROW(name, NAME(op0, op1, crn, crm, op2)));
#include "../include/sysregs.def"
}

/* state_load - memory to registers; arguments as for state_save() */
static __always_inline void state_load(const u64 *sys, u64 features, u64 which)
{
#define SR_CORE(name, op0, op1, crn, crm, op2)					\
	if (which & REG(name))							\
		write_named(GUEST_ROW(name, NAME(op0, op1, crn, crm, op2)), sys[AV_##name]);
#define SR_SWITCH(name, op0, op1, crn, crm, op2, gate, ...)			\
	if (GATED(gate) && (which & REG(name)))					\
		write_named(GUEST_ROW(name, NAME(op0, op1, crn, crm, op2)), sys[AV_##name]);
#include "../include/sysregs.def"
}

#endif
