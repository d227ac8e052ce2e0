/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work of the kernel's exit path that comes up for a thread in KVM_RUN (guest/exit_work.c).
 *
 * Runs at: host kernel, the vCPU's thread. Owns: struct av_exit_work, of struct av_vcpu.
 */
#ifndef AV_EXIT_WORK_H
#define AV_EXIT_WORK_H

#include <linux/errno.h>
#include <linux/hrtimer.h>

struct task_struct;

struct av_exit_work {
	bool owed;			/* the thread's flag was taken down, and goes up again with RUN's end */
	bool due;			/* there is work that must not wait for that */
	bool bounded;			/* the timer was started */
	struct hrtimer timer;
	struct task_struct *task;	/* whose flag the timer sets */
};

/*
 * What RUN returns to leave for that work: the kernel calls it again, but for the case that a signal handler ran
 * meanwhile, when the VMM gets -EINTR (arch/arm64/kernel/signal.c, do_signal()).
 */
#define AV_LEAVE_FOR_WORK	(-ERESTARTNOHAND)

void av_exit_work_init(struct av_exit_work *work);
void av_exit_work_take(struct av_exit_work *work);
void av_exit_work_bound(struct av_exit_work *work);
int av_exit_work_return(struct av_exit_work *work, int ret);

/**
 * av_exit_work_end() - RUN ends: all work is the kernel's again
 * @work: the vCPU's
 * @ret: what RUN is to return
 *
 * Whatever there is began with a flag that was taken down: mostly it was not.
 *
 * Context: as av_exit_work_return(). Return: @ret.
 */
static inline int av_exit_work_end(struct av_exit_work *work, int ret)
{
	return likely(!work->owed) ? ret : av_exit_work_return(work, ret);
}

#endif
