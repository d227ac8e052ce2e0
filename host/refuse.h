/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Say why the module does not load, in the words of include/refusals.def.
 *
 * Runs at: host kernel, module load. Owns: nothing. Locks: none.
 */
#ifndef AV_REFUSE_H
#define AV_REFUSE_H

#include <linux/compiler_attributes.h>

enum av_refusal {
#define REFUSAL(name, err, status, what, todo)	AV_REFUSE_##name,
#define NOTE(name, what, todo)			AV_NOTE_##name,
#define CHECK(name, status, what, todo)
#include "include/refusals.def"
#undef REFUSAL
#undef NOTE
#undef CHECK
};

/**
 * av_refuse() - one line in the log: what is the case, and what to do
 * @why: the row
 *
 * Context: any. Return: the row's -errno; 0 for a note.
 */
int av_refuse(enum av_refusal why);

/**
 * av_refuse_detail() - likewise, with a detail in parentheses behind what is the case
 * @why: the row, not a note
 * @detail: format of the detail, e.g. "interrupt %u"
 */
__printf(2, 3) int av_refuse_detail(enum av_refusal why, const char *detail, ...);

#endif
