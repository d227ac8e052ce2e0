// SPDX-License-Identifier: GPL-2.0
/*
 * A fault taken at EL2 from EL2: write it down, bring the host back, give up one VM.
 *
 * Runs at: EL2, on the emergency stack. Owns: el2_cpu.fault.
 */
#include "el2.h"

EL2_ENTRY void el2_fault(struct el2_cpu *cpu, u64 vector);

/*
 * el2_fault - second half of the fault vectors
 * @cpu: this CPU's page; switch.S has filled fault.gpr, fault.sp
 * @vector: 0 synchronous, 1 IRQ, 2 FIQ, 3 SError
 *
 * Afterwards switch.S returns to the host with AV_ANSWER_FAULT as the call's answer. Only what the host
 * owns is touched: whatever made EL2 stumble is not trusted again.
 */
void el2_fault(struct el2_cpu *cpu, u64 vector)
{
	struct el2_fault *f = &cpu->fault;

	f->vector = vector;
	f->esr = read_reg(esr_el2);
	f->elr = read_reg(elr_el2);
	f->far = read_reg(far_el2);
	f->hpfar = read_reg(hpfar_el2);
	f->spsr = read_reg(spsr_el2);
	f->phase = cpu->phase;
	f->count++;
	el2_tlb_abandon(cpu);
	el2_run_abandon(cpu);
	el2_phase(cpu, 'h');
}
