// SPDX-License-Identifier: GPL-2.0
/*
 * The offsets that assembly spells as numbers, checked against the structs.
 *
 * Runs at: nowhere; the build fails here when a struct moves.
 */
#include "el2.h"

#define CHECK(number, type, member)						\
	static_assert((number) == offsetof(type, member), #number " is not " #member)

CHECK(CTX_GPR, struct av_vcpu_ctx, gpr);
CHECK(CTX_PC, struct av_vcpu_ctx, pc);
CHECK(CTX_PSTATE, struct av_vcpu_ctx, pstate);
CHECK(CPU_GPR, struct el2_cpu, host_gpr);
CHECK(CPU_HOST_ELR, struct el2_cpu, host_elr);
CHECK(CPU_HOST_SPSR, struct el2_cpu, host_spsr);
CHECK(CPU_HOST_SP, struct el2_cpu, host_elr);
CHECK(CPU_HOST_DAIF, struct el2_cpu, host_spsr);
CHECK(CPU_VCPU, struct el2_cpu, vcpu);
CHECK(CPU_PHASE, struct el2_cpu, phase);
CHECK(CPU_STACK_TOP, struct el2_cpu, stack_top);
CHECK(CPU_EMERGENCY, struct el2_cpu, emergency);
CHECK(CPU_EMERGENCY_TOP, struct el2_cpu, saved);
CHECK(CPU_SAVED, struct el2_cpu, saved);
CHECK(CPU_FAULT, struct el2_cpu, fault);
CHECK(CPU_FAULT_BUSY, struct el2_cpu, fault.busy);
CHECK(CPU_FAULT_SP, struct el2_cpu, fault.sp);
CHECK(CPU_FAULT_GPR, struct el2_cpu, fault.gpr);
CHECK(CPU_GUEST_VECTORS, struct el2_cpu, guest_vectors);
CHECK(CPU_HARDEN_ARG, struct el2_cpu, harden_arg);
CHECK(CPU_HARDEN_HITS, struct el2_cpu, harden_hits);
CHECK(CPU_WALK, struct el2_cpu, walk);
CHECK(SAVED_SCTLR, struct el2_saved, sctlr);
CHECK(SAVED_MAIR, struct el2_saved, mair);
CHECK(SAVED_VBAR, struct el2_saved, vbar);
CHECK(SAVED_TPIDR, struct el2_saved, tpidr);
CHECK(PARAMS_TTBR0, struct el2_params, ttbr0);
CHECK(PARAMS_MAIR, struct el2_params, mair);
CHECK(PARAMS_STACK, struct el2_params, stack);
CHECK(PARAMS_CPU, struct el2_params, cpu);
static_assert(sizeof(struct el2_cpu) <= 4096, "struct el2_cpu outgrew its page");
static_assert(AV_NR_SYS <= 64, "el2_cpu.host_sys and the sets of el2/state.h are too small");
