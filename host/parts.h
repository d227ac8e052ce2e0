/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of this machine's CPUs need.
 *
 * Runs at: host kernel. Owns: nothing. Locks: none.
 */
#ifndef AV_PARTS_H
#define AV_PARTS_H

#include "../include/el2_abi.h"

struct seq_file;

/* Module load: look at the parameter "harden". 0, or -EINVAL with one line in the log. */
int av_parts_init(void);

/**
 * av_parts_cpu() - this CPU comes online: what its part needs, for itself and for the machine from now on
 * @el2: its page; guest_vectors and harden_arg are filled
 *
 * Context: on the CPU itself, before EL2 is taken there; CPU hotplug serialises.
 */
void av_parts_cpu(struct el2_cpu *el2);

/**
 * av_parts_loaded() - the module stays: say what its user should know of the CPUs found so far
 *
 * Not before, since an insmod that is refused says one thing only. CPUs that come later speak for themselves.
 * Context: module load, all CPUs that are online have been seen and no other can come (cpus_read_lock()).
 */
void av_parts_loaded(void);

/* EL2_FEAT_OF_MACHINE as far as CPUs that were online need it, for el2_cpu.machine. */
u64 av_parts_machine(void);

/**
 * av_parts_answer() - what ARCH_FEATURES tells a guest of a workaround: the machine's state, whichever CPU asks
 * @id: SMCCC_ARCH_WORKAROUND_1, _2 or _3
 * @guest_has_ssbs: the guest is shown PSTATE.SSBS
 *
 * Return: as DEN0028, 7.4: 0 call, 1 or -2 not needed, -1 not known.
 */
s64 av_parts_answer(u32 id, bool guest_has_ssbs);

/**
 * av_parts_csv() - ID_AA64PFR0_EL1.CSV2 and CSV3 of 1, each if all CPUs that are online have at least that, by the
 * register or because it is known of their part
 *
 * Context: module load, may sleep.
 */
u64 av_parts_csv(void);

/* For debugfs: what a CPU does at each way out, and the machine's state. */
void av_parts_show_cpu(struct seq_file *seq, const struct el2_cpu *el2);
void av_parts_show_machine(struct seq_file *seq);

#endif
