/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events for what KVM has none: exits that EL2 finished, in batches; kicks; faults; VMIDs that begin anew; what
 * the vGIC chooses.
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

#include "include/arm_regs.h"
#include "include/vcpu_ctx.h"

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

/*
 * Before an entry: what the vGIC chose for the list registers, as ICH_LR<n>_EL2, the most urgent first. It left out so
 * many, of the kinds AV_OUT_*, and perhaps more where there are too many LPIs to be looked at. intid and prio are the
 * first one's. Interrupts are off, and the dist lock may be held. What is printed has numbers, for trace-cmd and perf
 * know no sizeof.
 */
TRACE_EVENT(armvcpu_vgic_load,
	TP_PROTO(unsigned int vcpu, const struct av_gic_ctx *gic, unsigned int left, unsigned int kinds),
	TP_ARGS(vcpu, gic, left, kinds),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu)
		__field(unsigned int, nr)
		__field(unsigned int, intid)
		__field(unsigned int, prio)
		__field(unsigned int, left)
		__field(unsigned int, kinds)
		__dynamic_array(u64, lrs, gic->used_lrs)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->nr = gic->used_lrs;
		__entry->intid = gic->used_lrs ? ICH_LR_VINTID(gic->lr[0]) : 0;
		__entry->prio = gic->used_lrs ? AV_GET(gic->lr[0], 55, 48) : 0;
		__entry->left = left;
		__entry->kinds = kinds;
		memcpy(__get_dynamic_array(lrs), gic->lr, gic->used_lrs * sizeof(gic->lr[0]));
	),
	TP_printk("vcpu %u nr %u intid %u prio %u left %u kinds %s lrs %s", __entry->vcpu, __entry->nr, __entry->intid,
		  __entry->prio, __entry->left,
		  __print_flags(__entry->kinds, "|",
				{ 1, "pending" }, { 2, "active" }, { 4, "group0" }, { 8, "group1" }),
		  __print_array(__get_dynamic_array(lrs), __entry->nr, 8))
);

/*
 * Behind an exit: what is in the list registers, which the vGIC or EL2 loaded; and how many that had none the guest
 * ended (EOIcount).
 */
TRACE_EVENT(armvcpu_vgic_fold,
	TP_PROTO(unsigned int vcpu, const struct av_gic_ctx *gic),
	TP_ARGS(vcpu, gic),
	TP_STRUCT__entry(
		__field(unsigned int, vcpu)
		__field(unsigned int, nr)
		__field(unsigned int, eois)
		__dynamic_array(u64, lrs, gic->used_lrs)
	),
	TP_fast_assign(
		__entry->vcpu = vcpu;
		__entry->nr = gic->used_lrs;
		__entry->eois = gic->vmcr & ICH_VMCR_VEOIM ? 0 : ICH_HCR_EOICOUNT(gic->hcr_exit);
		memcpy(__get_dynamic_array(lrs), gic->lr, gic->used_lrs * sizeof(gic->lr[0]));
	),
	TP_printk("vcpu %u nr %u eois %u lrs %s", __entry->vcpu, __entry->nr, __entry->eois,
		  __print_array(__get_dynamic_array(lrs), __entry->nr, 8))
);

/* An SPI's new place, by vCPUs' ids; -1 is nobody. What is in a list register, or active, stays until it ends. */
TRACE_EVENT(armvcpu_vgic_route,
	TP_PROTO(unsigned int intid, int from, int to),
	TP_ARGS(intid, from, to),
	TP_STRUCT__entry(
		__field(unsigned int, intid)
		__field(int, from)
		__field(int, to)
	),
	TP_fast_assign(
		__entry->intid = intid;
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("intid %u from %d to %d", __entry->intid, __entry->from, __entry->to)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH guest
#include <trace/define_trace.h>
