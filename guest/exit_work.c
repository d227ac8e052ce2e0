// SPDX-License-Identifier: GPL-2.0
/*
 * Work of the kernel's exit path that comes up for a thread in KVM_RUN.
 *
 * Runs at: host kernel, the vCPU's thread with vcpu->mutex held; the timer in hard interrupt context. Owns:
 * vcpu->exit_work, and the thread's TIF_NOTIFY_RESUME while it is in RUN.
 *
 * The kernel asks for it by TIF_NOTIFY_RESUME, and does it on the way to user space (resume_user_mode_work(),
 * tracehook_notify_resume() before 5.18). Nothing that a module can call does it: task_work_run() is not exported, and
 * xfer_to_guest_mode_handle_work(), where a kernel has it, writes into a struct kvm_vcpu. So RUN has to leave for it,
 * by a restart of the system call. A restart is seen by a tracer, by seccomp and by audit, though, and it lets others
 * have the vCPU's mutex, so it is kept for what needs it:
 *
 *   rseq		set by each change of thread, also by the one at a tracer's stop in front of RUN. What it writes
 *			is for user space to read, in sequences that have no system call in them, so it can wait
 *			for RUN's end. (KVM handles it in RUN because it clears the flag there, and since 6.19 leaves
 *			it to the end too.)
 *   task work		of other subsystems: files to close, CPU timers, NUMA's scan, keyrings. Somebody waits for it.
 *   memory.high,	the thread is to be slowed down before it takes more.
 *   I/O throttling
 *
 * The flag is taken down when RUN sees it, so that the next one who wants something sets it anew and sends an
 * interrupt (set_notify_resume() sends none if it is up), and set again when RUN ends, however it ends: the kernel then
 * does all of it, rseq's as well.
 *
 * RUN leaves for work only after an entry into the guest. Were it otherwise, a system call at whose beginning there
 * always is some would never get on. What is there before the first entry is waited for with a timer, for a guest that
 * has a CPU without tick (nohz_full) to itself need not come out for anything else. A vCPU that sleeps before its first
 * entry lets the work wait.
 *
 * TIF_UPROBE is not looked at: it is set by a breakpoint or a step of user space, and gone before it can call RUN.
 */
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/thread_info.h>

#include "compat.h"
#include "exit_work.h"

#define BOUND_NS	(1 * NSEC_PER_MSEC)

/* The flag brings the guest out (must_leave() in vcpu/run.c), kick_process() from wherever it runs by now. */
static enum hrtimer_restart expired(struct hrtimer *timer)
{
	struct av_exit_work *work = container_of(timer, struct av_exit_work, timer);

	set_tsk_thread_flag(work->task, TIF_NOTIFY_RESUME);
	kick_process(work->task);
	return HRTIMER_NORESTART;
}

/* With the vCPU. */
void av_exit_work_init(struct av_exit_work *work)
{
	av_hrtimer_setup(&work->timer, expired, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
}

/**
 * av_exit_work_take() - take the flag down, and see what it stands for
 * @work: the vCPU's
 *
 * Context: the vCPU's thread, in RUN, interrupts on.
 */
void av_exit_work_take(struct av_exit_work *work)
{
	/* A full barrier if it was set: flag down, then the work is looked for; pairs with task_work_add(). */
	if (!test_and_clear_thread_flag(TIF_NOTIFY_RESUME))
		return;
	work->owed = true;
	work->due |= av_user_work_pending();
}

/**
 * av_exit_work_bound() - see to it that a guest about to be entered comes out soon
 * @work: the vCPU's, with work that is due
 *
 * Context: the vCPU's thread, in RUN.
 */
void av_exit_work_bound(struct av_exit_work *work)
{
	if (work->bounded && hrtimer_active(&work->timer))
		return;
	work->bounded = true;
	work->task = current;
	hrtimer_start(&work->timer, ns_to_ktime(BOUND_NS), HRTIMER_MODE_REL_HARD);
}

/**
 * av_exit_work_return() - RUN ends: the flag goes up again, and there may be work that is due
 * @work: the vCPU's, with a flag that is owed
 * @ret: what RUN is to return
 *
 * After the thread's own signal mask is back in force, for that clears a TIF_SIGPENDING without a signal behind it; it
 * is what makes the kernel look for a restart at all. Nothing between here and user space clears it.
 *
 * Context: the vCPU's thread. Return: @ret.
 */
int av_exit_work_return(struct av_exit_work *work, int ret)
{
	if (unlikely(work->bounded))
		hrtimer_cancel(&work->timer);
	set_thread_flag(TIF_NOTIFY_RESUME);
	work->owed = false;
	work->due = false;
	work->bounded = false;
	if (ret == AV_LEAVE_FOR_WORK)
		set_thread_flag(TIF_SIGPENDING);
	return ret;
}
