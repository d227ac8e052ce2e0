// SPDX-License-Identifier: GPL-2.0
/*
 * Trace events: the tracepoints themselves, and the calls of KVM's where KVM is built in.
 *
 * A kernel with KVM has events kvm:kvm_entry and kvm:kvm_exit, which perf kvm stat and kvm_stat ask for, and nobody to
 * call them while KVM does not run. A second event of the name gets no place in tracefs, and the kernel does not export
 * its tracepoints; but it lets modules walk them. So with the parameter kvm_events=1 those are called, through their
 * own iterator, as KVM would. It is a parameter, since a module is not told when somebody switches a kernel's event on,
 * and to ask at each entry would cost each.
 *
 * Runs at: host kernel. Owns: av_kvm_events, vcpu->traced_fast. Locks: none; the parameter has the kernel's.
 */
#include <linux/jump_label.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#define CREATE_TRACE_POINTS
#include "trace_armvcpu.h"
#if !IS_ENABLED(CONFIG_KVM)
#include "trace_kvm.h"
#endif
#undef CREATE_TRACE_POINTS
#include "trace.h"

DEFINE_STATIC_KEY_FALSE(av_kvm_events);

#if IS_ENABLED(CONFIG_KVM) && defined(CONFIG_TRACEPOINTS)

static struct tracepoint *kvms_entry, *kvms_exit;

static void look(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "kvm_entry"))
		kvms_entry = tp;
	else if (!strcmp(tp->name, "kvm_exit"))
		kvms_exit = tp;
}

/*
 * What unregistering waits for (tracepoint_synchronize_unregister()), as in the kernel's own calls: preemption off, or
 * later an SRCU of the tracepoints. Kbuild looks which.
 */
#ifdef AV_TRACEPOINTS_SRCU
static void *hold_probes(void)
{
	return (__force void *)srcu_read_lock_fast_notrace(&tracepoint_srcu);
}

static void release_probes(void *held)
{
	srcu_read_unlock_fast_notrace(&tracepoint_srcu, (__force struct srcu_ctr __percpu *)held);
}
#else
static void *hold_probes(void)
{
	preempt_disable_notrace();
	return NULL;
}

static void release_probes(void *held)
{
	preempt_enable_notrace();
}
#endif

void av_trace_kvms_entry(unsigned long pc)
{
	int (*iterator)(void *data, unsigned long pc) = kvms_entry->iterator;
	void *held = hold_probes();

	if (rcu_access_pointer(kvms_entry->funcs))
		iterator(NULL, pc);
	release_probes(held);
}

static void tell_exit(int ret, unsigned int ec, unsigned long pc)
{
	int (*iterator)(void *data, int ret, unsigned int ec, unsigned long pc) = kvms_exit->iterator;
	void *held = hold_probes();

	if (rcu_access_pointer(kvms_exit->funcs))
		iterator(NULL, ret, ec, pc);
	release_probes(held);
}

static bool find_kvms(void)
{
	for_each_kernel_tracepoint(look, NULL);
	return kvms_entry && kvms_exit;
}

#else

void av_trace_kvms_entry(unsigned long pc)
{
}

static bool find_kvms(void)
{
	return false;
}

static void tell_exit(int ret, unsigned int ec, unsigned long pc)
{
#if !IS_ENABLED(CONFIG_KVM)
	trace_kvm_exit(ret, ec, pc);
#endif
}

#endif

static int set_kvm_events(const char *text, const struct kernel_param *param)
{
	bool on;
	int ret = kstrtobool(text, &on);

	if (ret)
		return ret;
	/* Without KVM in the kernel the events are ours, and need no switch. */
	if (on && IS_ENABLED(CONFIG_KVM) && !find_kvms())
		return -EOPNOTSUPP;
	if (on)
		static_branch_enable(&av_kvm_events);
	else
		static_branch_disable(&av_kvm_events);
	return 0;
}

static int get_kvm_events(char *text, const struct kernel_param *param)
{
	return sysfs_emit(text, "%c\n", static_key_enabled(&av_kvm_events) ? 'Y' : 'N');
}

static const struct kernel_param_ops kvm_events_ops = {
	.set = set_kvm_events,
	.get = get_kvm_events,
};
module_param_cb(kvm_events, &kvm_events_ops, NULL, 0644);
MODULE_PARM_DESC(kvm_events, "Tell the kernel's own events kvm:kvm_entry and kvm:kvm_exit, for perf kvm stat (default: off)");

/* Interrupts off, behind an entry. */
void av_trace_exit_now(const struct av_vcpu_ctx *ctx, enum av_exit code)
{
	if (code == AV_EXIT_TRAP)
		tell_exit(AV_TRACE_TRAP, ESR_EC(ctx->trap.esr), ctx->pc);
	else
		tell_exit(code == AV_EXIT_SERROR ? AV_TRACE_SERROR : AV_TRACE_IRQ, 0, ctx->pc);
}

void av_trace_fast_now(struct av_vcpu *vcpu)
{
	static const u8 classes[AV_TRACE_FAST] = { EC_HVC64, EC_SMC64, EC_SYS64, EC_DABT_LOWER, EC_WFX, AV_FAST_IRQ };
	u64 n[AV_TRACE_FAST], now, any = 0;
	unsigned int i;

	for (i = 0; i < AV_TRACE_FAST; i++) {
		now = READ_ONCE(vcpu->ctx->fast_exits[classes[i]]);
		n[i] = now - vcpu->traced_fast[i];
		vcpu->traced_fast[i] = now;
		any |= n[i];
	}
	if (any)
		trace_armvcpu_fast_exits(vcpu->id, n);
}
