/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events for what KVM has none: exits that EL2 finished, in batches; kicks; faults; VMIDs that begin anew.
 *
 * Runs at: host kernel. Owns: nothing. Included by guest/trace.h, and twice more by the kernel's define_trace.h.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM armvcpu
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace_armvcpu

#if !defined(AV_TRACE_ARMVCPU_H) || defined(TRACE_HEADER_MULTI_READ)
#define AV_TRACE_ARMVCPU_H

#include <linux/tracepoint.h>

/* At the end of a burst: so many since the last such event of the vCPU, by the names of vcpu/stats.def. */
TRACE_EVENT(armvcpu_fast_exits,
	TP_PROTO(unsigned int vcpu, const u64 *n),
	TP_ARGS(vcpu, n),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu)
		__field(u64, hvc)
		__field(u64, smc)
		__field(u64, sysreg)
		__field(u64, mmio)
		__field(u64, wfi)
		__field(u64, irq)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->hvc = n[0];
		__entry->smc = n[1];
		__entry->sysreg = n[2];
		__entry->mmio = n[3];
		__entry->wfi = n[4];
		__entry->irq = n[5];
	),
	TP_printk("vcpu %u hvc %llu smc %llu sysreg %llu mmio %llu wfi %llu irq %llu", __entry->vcpu, __entry->hvc,
		  __entry->smc, __entry->sysreg, __entry->mmio, __entry->wfi, __entry->irq)
);

/* Somebody wants a vCPU that is in its guest, on this CPU, to look. */
TRACE_EVENT(armvcpu_kick,
	TP_PROTO(unsigned int vcpu, int cpu),
	TP_ARGS(vcpu, cpu),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu)
		__field(int, cpu)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->cpu = cpu;
	),
	TP_printk("vcpu %u cpu %d", __entry->vcpu, __entry->cpu)
);

/* A stage-2 abort that EL2 did not answer, memory's or not. */
TRACE_EVENT(armvcpu_fault,
	TP_PROTO(unsigned int vcpu, u64 ipa, u64 esr, unsigned long vcpu_pc),
	TP_ARGS(vcpu, ipa, esr, vcpu_pc),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu)
		__field(u64, ipa)
		__field(u64, esr)
		__field(unsigned long, vcpu_pc)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->ipa = ipa;
		__entry->esr = esr;
		__entry->vcpu_pc = vcpu_pc;
	),
	TP_printk("vcpu %u ipa %llx esr %llx pc %lx", __entry->vcpu, __entry->ipa, __entry->esr, __entry->vcpu_pc)
);

/* All VMIDs were used up: every VM gets another one, all TLBs were emptied. */
TRACE_EVENT(armvcpu_vmids,
	TP_PROTO(u64 generation),
	TP_ARGS(generation),
	TP_STRUCT__entry(
		__field(u64, generation)
	),
	TP_fast_assign(
		__entry->generation = generation;
	),
	TP_printk("generation %llu", __entry->generation)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH guest
#include <trace/define_trace.h>
