// SPDX-License-Identifier: GPL-2.0
/*
 * Getting a vCPU's attention: requests, and the kick that makes it look.
 *
 * Runs at: host kernel, any context. Owns: vcpu->requests; reads vcpu->mode, vcpu->task.
 *
 * The order that makes it work: the requester sets the bit, then reads mode; the runner sets mode to
 * AV_IN_GUEST, then reads the bits (vcpu/run.c). With a full barrier between on both sides one of the two
 * sees the other.
 */
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "guest.h"
#include "trace.h"
#include "host/host.h"
#include "host/redist.h"

/*
 * Make the CPU's maintenance interrupt pending: a store, instead of the scheduler and an IPI. Too late, the interrupt
 * finds no guest there, and nothing to do. False: not possible on this host.
 */
static __always_inline bool kick_by_redist(struct av_vcpu *vcpu)
{
	u32 intid = av_maint_intid;
	int cpu = READ_ONCE(vcpu->cpu);
	void __iomem *sgi;

	if (!intid)
		return false;
	/* In the guest's mode the number is valid; it was before, or it is another burst's by now. */
	if (cpu < 0)
		return true;
	sgi = per_cpu(av_redist, cpu);
	if (!sgi)
		return false;
	/* This CPU isn't in the guest, nor is its thread past the point where it looks again. */
	if (cpu != smp_processor_id())
		av_redist_set_pending(sgi, intid);
	return true;
}

/* By the scheduler and an IPI. */
static noinline void kick_by_task(struct av_vcpu *vcpu)
{
	struct task_struct *task;

	/* A thread that is gone by now stays in memory until here: tasks are freed behind a grace period. */
	rcu_read_lock();
	task = rcu_dereference(vcpu->task);
	if (task)
		kick_process(task);
	rcu_read_unlock();
}

/**
 * av_vcpu_kick_gic() - wake from WFI or make the CPU look, for what stands in the vGIC's words
 * @vcpu: the vCPU
 *
 * The guest is left only if EL2 can't do by itself what the words ask for (el2/fast_irq.c).
 *
 * In one piece: av_vcpu_kick() would have a part of it inline, and who injects interrupts pay for a call more.
 *
 * Context: any, also with interrupts off.
 */
noinline void av_vcpu_kick_gic(struct av_vcpu *vcpu)
{
	bool kicked;

	/*
	 * Orders the caller's write (a pending interrupt, a request) before the reads of the sleeper, which looks at
	 * its condition after it has said that it sleeps, and of mode.
	 */
	smp_mb();
	if (unlikely(rcuwait_active(&vcpu->wait)))
		rcuwait_wake_up(&vcpu->wait);
	if (READ_ONCE(vcpu->mode) != AV_IN_GUEST)
		return;
	atomic64_inc(&vcpu->stats.kicks);
	trace_armvcpu_kick(vcpu->id, READ_ONCE(vcpu->cpu));
	/* Preemption off: the CPU can't be unplugged between the question and the store. */
	preempt_disable();
	/* Acquire: the number of the CPU is the one that goes with the mode, see set_mode(). */
	kicked = smp_load_acquire(&vcpu->mode) == AV_IN_GUEST && kick_by_redist(vcpu);
	preempt_enable();
	if (!kicked)
		kick_by_task(vcpu);
}

/**
 * av_vcpu_kick() - leave the guest, or wake from WFI, and look again
 * @vcpu: the vCPU
 *
 * Context: any, also with interrupts off.
 */
void av_vcpu_kick(struct av_vcpu *vcpu)
{
	/* EL2 reads it when the kick has arrived; av_vcpu_kick_gic() has the barrier. */
	WRITE_ONCE(vcpu->ctx->host_wants, 1);
	av_vcpu_kick_gic(vcpu);
}

/**
 * av_vcpu_request() - ask the vCPU's thread for something
 * @vcpu: the vCPU
 * @req: what; stays set until the thread takes it
 *
 * Context: any, also with interrupts off.
 */
void av_vcpu_request(struct av_vcpu *vcpu, enum av_request req)
{
	/* What the request is about is written before the bit; pairs with av_vcpu_take_request(). */
	smp_mb__before_atomic();
	set_bit(req, &vcpu->requests);
	av_vcpu_kick(vcpu);
}

/* The vCPU's own thread: was it asked? The bit is cleared. */
bool av_vcpu_take_request(struct av_vcpu *vcpu, enum av_request req)
{
	if (!test_bit(req, &vcpu->requests))
		return false;
	clear_bit(req, &vcpu->requests);
	/* Pairs with av_vcpu_request(): the bit is read before what it is about. */
	smp_mb__after_atomic();
	return true;
}

/**
 * av_vcpu_hold() - keep a vCPU from entering its guest
 * @vcpu: the vCPU; the caller's own may be among those that are held, since its thread is not in the guest
 *
 * One that is in its guest stays there until it is kicked. av_vcpu_let_go() has to follow soon, for its thread waits
 * for that.
 *
 * Context: any, vgic dist lock held, which makes holders and the bit one.
 */
void av_vcpu_hold(struct av_vcpu *vcpu)
{
	lockdep_assert_held(&vcpu->vm->vgic.lock);
	if (!vcpu->holders++)
		set_bit(AV_REQ_HOLD, &vcpu->requests);
	/* The bit, whoever has set it, before the mode is read; see the top of this file. */
	smp_mb();
}

/**
 * av_vcpu_let_go() - it may enter its guest again, unless others hold it too
 * @vcpu: the vCPU
 *
 * av_vcpu_wake_held() follows, when the lock is free again.
 *
 * Context: as av_vcpu_hold()
 */
void av_vcpu_let_go(struct av_vcpu *vcpu)
{
	lockdep_assert_held(&vcpu->vm->vgic.lock);
	if (--vcpu->holders)
		return;
	/* What was done meanwhile is seen by who finds the bit clear. */
	smp_mb__before_atomic();
	clear_bit(AV_REQ_HOLD, &vcpu->requests);
}

/**
 * av_vcpu_wake_held() - wake the thread that waits until its vCPU is held no more
 * @vcpu: the vCPU, let go by the caller
 *
 * If others hold it, waking it is theirs.
 *
 * Context: any.
 */
void av_vcpu_wake_held(struct av_vcpu *vcpu)
{
	/* Behind a barrier of its own: the bit is clear before it is asked who sleeps. */
	if (!test_bit(AV_REQ_HOLD, &vcpu->requests))
		rcuwait_wake_up(&vcpu->wait);
}

/* Every ioctl answers -EIO from now on, and whoever is in RUN leaves it. */
void av_vm_kill(struct av_vm *vm)
{
	struct av_vcpu *vcpu;
	int i;

	WRITE_ONCE(vm->dead, true);
	av_for_each_vcpu(i, vcpu, vm)
		av_vcpu_request(vcpu, AV_REQ_VM_DEAD);
}
