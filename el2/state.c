// SPDX-License-Identifier: GPL-2.0
/*
 * Move the EL1 and EL0 system registers between CPU and memory: the lists are sysregs.def's
 * SR_CORE and SR_SWITCH rows, the same for host and guest.
 *
 * Runs at: EL2. Owns: nothing; the caller owns the memory.
 */
#include "el2.h"

#define NAME(op0, op1, crn, crm, op2)	S##op0##_##op1##_C##crn##_C##crm##_##op2
#define GATED(gate)			((EL2_FEAT_##gate) == 0 || (features & (EL2_FEAT_##gate)))

/*
 * el2_state_save - registers to memory
 * @sys: by enum av_sys_slot
 * @features: el2_cpu.features
 */
void el2_state_save(u64 *sys, u64 features)
{
#define SR_CORE(name, op0, op1, crn, crm, op2)					\
	sys[AV_##name] = read_named(NAME(op0, op1, crn, crm, op2));
#define SR_SWITCH(name, op0, op1, crn, crm, op2, gate, ...)			\
	if (GATED(gate))							\
		sys[AV_##name] = read_named(NAME(op0, op1, crn, crm, op2));
#include "../include/sysregs.def"
}

/*
 * el2_state_load - memory to registers
 * @sys: by enum av_sys_slot
 * @features: el2_cpu.features
 * @spec_at: the CPU may walk with half changed registers: TCR_EL1 has the walks off now and
 *	     opens them last, with everything else in place
 */
void el2_state_load(const u64 *sys, u64 features, bool spec_at)
{
#define SR_CORE(name, op0, op1, crn, crm, op2)					\
	write_named(NAME(op0, op1, crn, crm, op2), sys[AV_##name]);
#define SR_SWITCH(name, op0, op1, crn, crm, op2, gate, ...)			\
	if (GATED(gate) && !(spec_at && AV_##name == AV_TCR_EL1))		\
		write_named(NAME(op0, op1, crn, crm, op2), sys[AV_##name]);
#include "../include/sysregs.def"
	if (spec_at) {
		isb();
		write_reg(tcr_el1, sys[AV_TCR_EL1]);
	}
}
