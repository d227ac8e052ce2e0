// SPDX-License-Identifier: GPL-2.0
/*
 * KVM_RUN: the loop around the burst.
 *
 * Runs at: host kernel, the vCPU's thread with vcpu->mutex held. Owns: vcpu->mode, vcpu->cpu.
 *
 * A burst can't be preempted: guest state is live on a CPU only inside of it. What has to sleep (a page fault, an
 * exit to user space, a signal, WFI) ends the burst first. So no preempt notifier is needed, and work that only the
 * kernel's exit path may run is let through by restarting the system call, if it can't wait for RUN's end: RUN is
 * idempotent between two bursts (guest/exit_work.c).
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <clocksource/arm_arch_timer.h>
#include <linux/interrupt.h>
#include <linux/rcuwait.h>
#include <linux/sched/stat.h>
#include <linux/sched/signal.h>
#include <asm/cputype.h>

#include "answer/answer.h"
#include "compat.h"
#include "dev/dev.h"
#include "dev/timer_math.h"
#include "guest/trace.h"
#include "handle_exit.h"
#include "host/gic_poll.h"
#include "host/host.h"
#include "mm/mm.h"
#include "percpu.h"
#include "burst.h"
#include "burst_regs.h"
#include "vcpu.h"
#include "vgic/vgic.h"

#ifndef _TIF_NOTIFY_SIGNAL
#define _TIF_NOTIFY_SIGNAL	0
#endif
#define LEAVE_BURST		(AV_TIF_RESCHED | _TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL | _TIF_NOTIFY_RESUME)

/* One burst, and what it ended with. Its address stays in this file, so that most of it lives in registers. */
struct burst {
	struct av_burst_regs host;
	u64 place;			/* ctx->running while in the guest */
	bool first;			/* no entry yet */
	bool entered;			/* in this RUN */
	bool vhe;			/* the host is */
	enum av_exit code;
	enum av_verdict verdict;	/* AV_LATER: code is still to be handled, in a context that may sleep */
};

/* ---- sleeping ----------------------------------------------------------------------------------- */

/* WFI: sleep until an interrupt, a request or a signal. */
static void halt(struct av_vcpu *vcpu)
{
	u64 since = av_stats_halt_begin(vcpu);
	int ret;

	av_timer_block(vcpu);
	ret = rcuwait_wait_event(&vcpu->wait, av_vcpu_has_wakeup(vcpu), TASK_INTERRUPTIBLE);
	av_timer_unblock(vcpu);
	av_stats_halt_end(vcpu, since, !ret);
}

static bool is_runnable(struct av_vcpu *vcpu)
{
	return READ_ONCE(vcpu->mp_state) == KVM_MP_STATE_RUNNABLE ||
	       test_bit(AV_REQ_VM_DEAD, &vcpu->requests);
}

/* SYSTEM_SUSPEND: sleep like WFI, then tell user space; the state stays until that changes it. */
static int suspended(struct av_vcpu *vcpu)
{
	struct armvcpu_system_event *event = av_system_event(vcpu->run);

	halt(vcpu);
	/* A request alone is no news for user space. */
	if (signal_pending(current) || !av_vcpu_has_event(vcpu))
		return 1;
	memset(event, 0, sizeof(*event));
	vcpu->run->exit_reason = KVM_EXIT_SYSTEM_EVENT;
	event->type = KVM_SYSTEM_EVENT_WAKEUP;
	return 0;
}

/*
 * Requests and states that keep the vCPU out of the guest. Returns 1 to go on, 0 or -errno to leave RUN.
 */
static int serve_requests(struct av_vcpu *vcpu)
{
	bool wants_sleep;

	if (READ_ONCE(vcpu->vm->dead))
		return -EIO;
	/* Who holds it lets go soon, as far as its thread gets a CPU: so a signal ends this. */
	if (unlikely(test_bit(AV_REQ_HOLD, &vcpu->requests))) {
		rcuwait_wait_event(&vcpu->wait, !test_bit(AV_REQ_HOLD, &vcpu->requests), TASK_INTERRUPTIBLE);
		return 1;
	}
	av_vcpu_take_request(vcpu, AV_REQ_KICK);
	if (av_vcpu_take_request(vcpu, AV_REQ_RESET))
		av_vcpu_apply_reset(vcpu);
	if (unlikely(!is_runnable(vcpu)) && READ_ONCE(vcpu->mp_state) != KVM_MP_STATE_SUSPENDED) {
		av_vgic_unbind(vcpu);
		rcuwait_wait_event(&vcpu->wait, is_runnable(vcpu), TASK_INTERRUPTIBLE);
		return 1;
	}
	if (unlikely(av_ring_is_full(vcpu))) {
		vcpu->run->exit_reason = KVM_EXIT_DIRTY_RING_FULL;
		return 0;
	}
	if (av_vcpu_take_request(vcpu, AV_REQ_COUNTER))
		av_timer_counter_moved(vcpu);
	wants_sleep = av_vcpu_take_request(vcpu, AV_REQ_HALT);
	/* All requests are taken by now: one that is left would wake it, and it would go round here for ever. */
	if (unlikely(READ_ONCE(vcpu->mp_state) == KVM_MP_STATE_SUSPENDED))
		return suspended(vcpu);
	if (wants_sleep)
		halt(vcpu);
	return 1;
}

/* ---- the burst ---------------------------------------------------------------------------------- */

/* For who wants to kick: the host by vcpu->mode, EL2 on another CPU by ctx->running (el2/fast_sgi.c). */
static void set_mode(struct av_vcpu *vcpu, struct av_vcpu_ctx *ctx, enum av_mode mode, u64 place)
{
	/* Who sees it in the guest sees on which CPU: kick_by_redist(). */
	smp_store_release(&vcpu->mode, mode);
	WRITE_ONCE(ctx->running, place);
}

/* Interrupts off: is there a reason not to enter the guest? */
static bool must_leave(struct av_vcpu *vcpu, struct av_vcpu_ctx *ctx, struct av_vm *vm)
{
	u64 vmid = READ_ONCE(vm->mmu.vmid);

	if (READ_ONCE(current_thread_info()->flags) & LEAVE_BURST ||
	    READ_ONCE(vcpu->requests) || !av_vmid_is_current(vmid))
		return true;
	/* Another vCPU's thread may have got a new one for the VM. */
	if (unlikely(vmid != vcpu->vmid)) {
		ctx->vttbr = av_vmid_vttbr(vm);
		vcpu->vmid = vmid;
	}
	return false;
}

static enum av_exit exit_code(s64 answer)
{
	if (likely(answer >= 0))
		return answer;
	return answer == -ENXIO ? AV_EXIT_LOST : AV_EXIT_BROKEN;
}

/*
 * Had the host an interrupt since the last entry? A WFI that went to the host has waited for one, too. Before the first
 * entry it does not matter: RCU has heard of user space or the scheduler just now; should it want more, it sets
 * need_resched.
 */
static bool had_interrupt(const struct av_vcpu_ctx *ctx, const struct burst *b)
{
	return !b->first && (b->code == AV_EXIT_IRQ ||
			     (b->code == AV_EXIT_TRAP && ESR_EC(ctx->trap.esr) == EC_WFX));
}

/* What few vCPUs need around an entry, interrupts off. */
static noinline void around_enter(struct av_vcpu *vcpu, struct av_vcpu_ctx *ctx)
{
	if (vcpu->around & AV_AROUND_GICV2)
		av_vgic_v2_enter(&ctx->gic);
	if (vcpu->around & AV_AROUND_PMU)
		av_pmu_enter(vcpu);
}

static noinline void around_leave(struct av_vcpu *vcpu, struct av_vcpu_ctx *ctx)
{
	if (vcpu->around & AV_AROUND_PMU)
		av_pmu_leave(vcpu);
	if (vcpu->around & AV_AROUND_GICV2)
		av_vgic_v2_leave(&ctx->gic);
}

/* Interrupts off: the world as the guest is to see it, one entry, and back. */
static void enter_guest(struct av_vcpu *vcpu, struct av_vcpu_ctx *ctx, struct av_vm *vm, struct burst *b)
{
	bool tell_rcu = had_interrupt(ctx, b);
	u64 answer;

	ctx->hcr = (ctx->hcr & ~(HCR_VI | HCR_VF)) | READ_ONCE(vcpu->irq_lines);
	av_burst_timer_lines(vcpu, ctx, vm);
	av_burst_fill(vcpu, ctx);
	if (ctx->has_gic)
		av_vgic_poll(&ctx->gic);
	av_burst_timer_active(vcpu);
	if (unlikely(vcpu->around))
		around_enter(vcpu, ctx);

	/* Who else wants the CPU comes by an interrupt, so asking after those is enough. */
	if (b->first | tell_rcu)
		ctx->may_wait = single_task_running();
	av_trace_entry(ctx);
	av_guest_enter(tell_rcu);
	answer = av_el2_ask(AV_CALL(RUN), vcpu->ctx_el2, b->first, 0);
	av_guest_exit();
	b->code = exit_code(av_el2_answer(AV_CALL(RUN), answer));
	av_trace_exit(ctx, b->code);

	set_mode(vcpu, ctx, AV_OUTSIDE_GUEST, 0);
	b->first = false;
	if (unlikely(ctx->serror))
		b->code = av_take_serror(vcpu, b->code);
	if (unlikely(vcpu->around))
		around_leave(vcpu, ctx);
	av_burst_fold(vcpu, ctx);
}

/*
 * The host's own timer is what ended the guest's time, and softirqs are held off, as kernel_neon_begin() does before
 * 6.8: a tick that comes now is nobody's guest time. So the timer waits, masked, until the guest's FP registers are put
 * away. Whoever sets it meanwhile unmasks it, who stops it disables it (drivers/clocksource/arm_arch_timer.c). Both
 * kinds of host call it by this name, be it CNTHP's; one that ticks by another books such time as the system's.
 * Interrupts off.
 */
static void put_fp_before_tick(struct av_vcpu *vcpu)
{
	u64 ctl = read_sysreg(cntp_ctl_el0);

	if (ctl & ARCH_TIMER_CTRL_IT_MASK || ~ctl & (ARCH_TIMER_CTRL_ENABLE | ARCH_TIMER_CTRL_IT_STAT))
		return;
	write_sysreg(ctl | ARCH_TIMER_CTRL_IT_MASK, cntp_ctl_el0);
	/* DDI 0487, Synchronization requirements for System registers. If the GIC has not seen it yet, no matter. */
	isb();
	local_irq_enable();
	av_fp_put(vcpu);
	local_irq_disable();
	ctl = read_sysreg(cntp_ctl_el0);
	if (ctl & ARCH_TIMER_CTRL_ENABLE)
		write_sysreg(ctl & ~ARCH_TIMER_CTRL_IT_MASK, cntp_ctl_el0);
	/* Likewise: it says again that it is due before interrupts are on. */
	isb();
}

/*
 * The interrupt that ended the guest's time comes in now. If it is the host's tick it books that time, and asks the
 * thread's flags whose it was. A CPU that books by the clock (nohz_full) does not ask (docs/caveats.md, C17).
 */
static noinline void take_interrupt(struct av_vcpu *vcpu)
{
	if (vcpu->fp_live && softirq_count())
		put_fp_before_tick(vcpu);
	current->flags |= PF_VCPU;
	local_irq_enable();
	/* What is pending is taken before the instruction behind a context synchronisation, else at some time. */
	isb();
	current->flags &= ~PF_VCPU;
}

/* Entries and exits until something has to be done that may sleep, or that is user space's. Preemption off. */
static void burst_loop(struct av_vcpu *vcpu, struct burst *b)
{
	struct av_vcpu_ctx *ctx = vcpu->ctx;
	struct av_vm *vm = vcpu->vm;

	for (;;) {
		local_irq_disable();
		/* Wishes from before are seen below. */
		WRITE_ONCE(ctx->host_wants, 0);
		set_mode(vcpu, ctx, AV_IN_GUEST, b->place);
		/* Mode before the requests are read; pairs with av_vcpu_kick(). */
		smp_mb();
		if (must_leave(vcpu, ctx, vm)) {
			set_mode(vcpu, ctx, AV_OUTSIDE_GUEST, 0);
			local_irq_enable();
			return;
		}
		enter_guest(vcpu, ctx, vm, b);
		if (unlikely(b->code != AV_EXIT_TRAP)) {
			take_interrupt(vcpu);
			if (b->code == AV_EXIT_LOST) {
				/* EL2 was lost. */
				b->verdict = av_vcpu_refuse_cpu(vcpu);
				return;
			}
		} else {
			local_irq_enable();
		}
		/* kernel_neon_begin() holds softirqs off: let those in that an interrupt just raised. */
		if (vcpu->fp_live && local_softirq_pending())
			av_fp_put(vcpu);
		b->verdict = av_handle_in_burst(vcpu, b->code);
		if (b->verdict > AV_INJECTED)
			return;
		/* A GIC in user space has to be told of the timers' and the PMU's lines: run_loop() leaves. */
		if (!ctx->has_gic && av_user_lines_changed(vcpu))
			return;
	}
}

/* Another vCPU of the VM ran here, or none. False: it may not run here, or EL2 was lost. */
static noinline bool come_here(struct av_vcpu *vcpu)
{
	return av_pmu_is_here(vcpu->vm) && av_tlb_switch_vcpu(vcpu);
}

/* Nothing of another vCPU of the VM is in this CPU's TLB. */
static bool has_own_tlb(struct av_vcpu *vcpu)
{
	return likely(__this_cpu_read(*vcpu->vm->mmu.last_vcpu) == vcpu->idx + 1) || come_here(vcpu);
}

/* What the burst has put into the CPU for this vCPU, and few do. */
static noinline void pay_debts(struct av_vcpu *vcpu)
{
	if (vcpu->fp_live)
		av_fp_put(vcpu);
	if (vcpu->pmu_open)
		av_pmu_put(vcpu);
}

static void burst(struct av_vcpu *vcpu, struct burst *b)
{
	b->first = true;
	b->verdict = AV_RETRY;
	preempt_disable();
	b->place = av_el2_place();
	if (unlikely(!b->place) || unlikely(!has_own_tlb(vcpu))) {
		/* EL2 is not ours on this CPU, or was lost; or user space has chosen the PMU of others. */
		b->verdict = av_vcpu_refuse_cpu(vcpu);
		preempt_enable();
		return;
	}
	WRITE_ONCE(vcpu->cpu, smp_processor_id());
	b->vhe = av_host_is_vhe();
	if (!b->vhe)
		av_burst_regs_load(vcpu->ctx, &b->host);
	av_fp_set_aside();
	if (vcpu->pmu)
		av_pmu_burst();
	burst_loop(vcpu, b);
	if (vcpu->burst_owes)
		pay_debts(vcpu);
	av_trace_fast(vcpu);
	if (b->vhe)
		av_vcpu_put_state(vcpu);
	else
		av_burst_regs_put(vcpu->ctx, &b->host);
	WRITE_ONCE(vcpu->cpu, -1);
	preempt_enable();
}

/* ---- KVM_RUN ------------------------------------------------------------------------------------ */

/* What waits for the first RUN, when user space has said all that it wants to. */
static int first_run(struct av_vcpu *vcpu)
{
	struct av_vm *vm = vcpu->vm;
	int ret = 0;

	if (av_sve_has(vcpu) && !vcpu->sve.regs)
		return -EPERM;
	mutex_lock(&vm->lock);
	if (av_vgic_present(vm)) {
		ret = av_vgic_map_resources(vcpu);
		if (ret)
			goto out;
	}
	ret = av_timer_enable(vcpu);
	if (!ret && vcpu->pmu)
		ret = av_pmu_enable(vcpu);
	if (ret)
		goto out;
	if (vm->vgic.is_v2)
		vcpu->around |= AV_AROUND_GICV2;
	if (!vm->ran_once) {
		av_idregs_gic(vm);
		av_fast_fill(vm);
		vm->ran_once = true;
	}
	av_controls_update(vcpu);
	av_fast_enable(vcpu);
	vcpu->run_once = true;
out:
	mutex_unlock(&vm->lock);
	return ret;
}

/* A WFI may end at any time, and does when RUN does: the next RUN may be another program's, or a debugger's step. */
static void forget_halt(struct av_vcpu *vcpu)
{
	if (av_vcpu_take_request(vcpu, AV_REQ_HALT))
		av_timer_wait_until(vcpu, AV_TIMER_NEVER);
}

/* Signals, the kernel's exit work, requests. 1 to enter the guest, else what RUN returns. */
static int before_burst(struct av_vcpu *vcpu, bool entered)
{
	struct av_exit_work *work = &vcpu->exit_work;

	if (signal_pending(current)) {
		vcpu->run->exit_reason = KVM_EXIT_INTR;
		vcpu->stats.signals++;
		return -EINTR;
	}
	av_exit_work_take(work);
	if (unlikely(work->due)) {
		if (entered) {
			/* Unless a handler runs nobody sees it. */
			vcpu->run->exit_reason = KVM_EXIT_INTR;
			return AV_LEAVE_FOR_WORK;
		}
		av_exit_work_bound(work);
	}
	av_cond_resched();
	if (READ_ONCE(vcpu->requests) || unlikely(!is_runnable(vcpu)))
		return serve_requests(vcpu);
	return 1;
}

/* In both places where a RUN ends: as a function of its own it would cost each a frame. */
static __always_inline int finish(struct av_vcpu *vcpu, enum av_verdict verdict)
{
	struct kvm_run *run = vcpu->run;

	if (verdict == AV_TO_USER)
		return vcpu->user_ret;
	/* AV_BROKEN: nothing that this VM says can be trusted any more. */
	memset(&run->internal, 0, sizeof(run->internal));
	run->exit_reason = KVM_EXIT_INTERNAL_ERROR;
	av_vm_kill(vcpu->vm);
	return 0;
}

/* What few RUNs have to do before anything else. 1 to go on, else what RUN returns. */
static int prepare_run(struct av_vcpu *vcpu)
{
	enum av_verdict verdict;
	int ret;

	if (!vcpu->run_once) {
		ret = first_run(vcpu);
		if (ret)
			return ret;
	}
	/* It ends what waits for an answer: that was of the vCPU's life before. */
	if (READ_ONCE(vcpu->psci_reset.pending))
		av_vcpu_apply_reset(vcpu);
	if (vcpu->user_exit) {
		verdict = av_handle_answer(vcpu);
		if (verdict > AV_INJECTED)
			return finish(vcpu, verdict);
	}
	if (vcpu->access.pending) {
		/* What that writes to guest memory is this vCPU's, as before the signal: its dirty ring has it. */
		rcu_assign_pointer(vcpu->task, current);
		verdict = av_undescribed_go_on(vcpu);
		RCU_INIT_POINTER(vcpu->task, NULL);
		if (verdict > AV_INJECTED)
			return finish(vcpu, verdict);
	}
	vcpu->run_plain = !vcpu->pvtime.on;
	if (vcpu->pvtime.on)
		av_pvtime_update(vcpu);
	if (vcpu->pmu && av_pmu_begin(vcpu))
		vcpu->run_plain = false;
	return 1;
}

/* Does anybody want something of the thread before it enters the guest? */
static bool is_wanted(struct av_vcpu *vcpu)
{
	return READ_ONCE(current_thread_info()->flags) & LEAVE_BURST ||
	       READ_ONCE(vcpu->requests) || !is_runnable(vcpu);
}

static int run_loop(struct av_vcpu *vcpu)
{
	struct burst b av_uninitialized;
	int ret;

	b.entered = false;
	for (;;) {
		if (unlikely(is_wanted(vcpu))) {
			ret = before_burst(vcpu, b.entered);
			if (ret <= 0) {
				/* One that the kernel makes again by itself has not ended. */
				if (ret != AV_LEAVE_FOR_WORK)
					forget_halt(vcpu);
				return ret;
			}
			/* It slept, or another thread had the CPU. */
			if (unlikely(vcpu->pvtime.on))
				av_pvtime_update(vcpu);
			continue;
		}
		/* Before the guest goes on: it may wait for nothing else. */
		if (!vcpu->vm->vgic.created && av_user_lines_changed(vcpu)) {
			vcpu->run->exit_reason = KVM_EXIT_INTR;
			return -EINTR;
		}
		if (!av_vmid_is_current(READ_ONCE(vcpu->vm->mmu.vmid)))
			av_vmid_update(vcpu->vm);
		burst(vcpu, &b);
		b.entered |= !b.first;
		if (b.verdict == AV_LATER)
			b.verdict = av_handle_exit(vcpu, b.code);
		if (b.verdict > AV_INJECTED)
			return finish(vcpu, b.verdict);
		/* Likewise. */
		if (unlikely(vcpu->pvtime.on))
			av_pvtime_update(vcpu);
	}
}

/*
 * A GIC in user space learns of the devices' lines by what the end of RUN leaves here. Of a RUN that the kernel makes
 * again by itself nobody sees the end: a line that it had left here would count as told, and its interrupt be lost.
 * (Where a signal handler makes an -EINTR of it, the next RUN tells.)
 */
static void tell_lines(struct av_vcpu *vcpu, int ret)
{
	if (!vcpu->vm->vgic.created && ret != AV_LEAVE_FOR_WORK)
		vcpu->run->s.regs.device_irq_level = av_user_lines(vcpu);
}

/*
 * KVM_SET_SIGNAL_MASK. The thread's own mask stays in force for what a signal does to the process: one that only RUN
 * lets through, and that nobody handles, ends RUN, and kills nobody (complete_signal() in kernel/signal.c).
 */
static void swap_signal_mask(struct av_vcpu *vcpu)
{
	sigprocmask(SIG_SETMASK, &vcpu->sigset, &current->real_blocked);
}

static void restore_signal_mask(void)
{
	sigprocmask(SIG_SETMASK, &current->real_blocked, NULL);
	sigemptyset(&current->real_blocked);
}

/**
 * av_vcpu_run() - KVM_RUN
 * @vcpu: the vCPU
 *
 * Context: the VMM's thread, vcpu->mutex held. Return: 0 with run->exit_reason set, -EINTR, -ENOEXEC before
 * VCPU_INIT, what the first run's set-up refuses (-EPERM, -EINVAL, -EBUSY, -ENXIO), -EIO for a dead VM, -EFAULT or
 * -ENOSYS for a guest access that can't be served (Documentation/virt/kvm/api.rst, 4.10).
 */
int av_vcpu_run(struct av_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	int ret;

	if (!vcpu->initialized)
		return -ENOEXEC;
	if (unlikely(!vcpu->run_plain)) {
		ret = prepare_run(vcpu);
		if (ret <= 0)
			return ret;
	}
	if (unlikely(READ_ONCE(vcpu->psci_reset.pending)))
		av_vcpu_apply_reset(vcpu);
	if (vcpu->mmio.needed)
		av_mmio_complete(vcpu);
	if (av_immediate_exit(run))
		return -EINTR;

	if (unlikely(vcpu->sigset_active))
		swap_signal_mask(vcpu);
	run->exit_reason = KVM_EXIT_UNKNOWN;
	run->flags = 0;
	rcu_assign_pointer(vcpu->task, current);
	ret = run_loop(vcpu);
	RCU_INIT_POINTER(vcpu->task, NULL);
	tell_lines(vcpu, ret);
	if (unlikely(av_bells_any(vcpu->vm)))
		av_bells_settle(vcpu->vm);
	if (unlikely(vcpu->sigset_active))
		restore_signal_mask();
	return av_exit_work_end(&vcpu->exit_work, ret);
}
