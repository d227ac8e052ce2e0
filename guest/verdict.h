/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verdict of a trap handler.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_VERDICT_H
#define AV_VERDICT_H

/*
 * What a trap handler decides. The dispatcher alone (handle_exit.c) turns it into a PC change, an exit
 * to user space or another round; handlers never touch the PC. SMCCC results are data in x0-x3, never verdicts.
 */
enum av_verdict {
	AV_RETRY,		/* run the same instruction again */
	AV_DONE,		/* emulated: go on behind the instruction */
	AV_INJECTED,		/* an exception was set up in the guest; PC is final */
	AV_LATER,		/* not in the burst, nothing was done: av_handle_in_burst() alone says so */
	AV_TO_USER,		/* vcpu->run is filled; RUN returns vcpu->user_ret (0 or -errno) */
	AV_BROKEN,		/* the VM can't go on: KVM_EXIT_INTERNAL_ERROR, VM dead */
};

#endif
