/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events under KVM's names and with KVM's fields, so that perf kvm stat, kvm_stat and scripts for them read ours.
 * Only for kernels that have none themselves: a second event of a name gets no place in tracefs. Where KVM is built in,
 * its own are called (guest/trace.c).
 *
 * Runs at: host kernel. Owns: nothing. Included by guest/trace.h, and twice more by the kernel's define_trace.h.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kvm
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace_kvm

#if !defined(AV_TRACE_KVM_H) || defined(TRACE_HEADER_MULTI_READ)
#define AV_TRACE_KVM_H

#include <linux/tracepoint.h>

TRACE_EVENT(kvm_entry,
	TP_PROTO(unsigned long vcpu_pc),
	TP_ARGS(vcpu_pc),
	TP_STRUCT__entry(
		__field(unsigned long, vcpu_pc)
	),
	TP_fast_assign(
		__entry->vcpu_pc = vcpu_pc;
	),
	TP_printk("pc %lx", __entry->vcpu_pc)
);

/* ret: 0 an interrupt of the host's, 1 an SError, 2 a trap, of which esr_ec is the class. */
TRACE_EVENT(kvm_exit,
	TP_PROTO(int ret, unsigned int esr_ec, unsigned long vcpu_pc),
	TP_ARGS(ret, esr_ec, vcpu_pc),
	TP_STRUCT__entry(
		__field(int, ret)
		__field(unsigned int, esr_ec)
		__field(unsigned long, vcpu_pc)
	),
	TP_fast_assign(
		__entry->ret = ret;
		__entry->esr_ec = esr_ec;
		__entry->vcpu_pc = vcpu_pc;
	),
	TP_printk("ret %d ec %02x pc %lx", __entry->ret, __entry->esr_ec, __entry->vcpu_pc)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH guest
#include <trace/define_trace.h>
