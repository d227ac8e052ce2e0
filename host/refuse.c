// SPDX-License-Identifier: GPL-2.0
/*
 * Say why the module does not load.
 *
 * Runs at: host kernel, module load. Owns: nothing; the words are include/refusals.def's. Locks: none.
 */
#define pr_fmt(fmt) "armvcpu: " fmt

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#include "refuse.h"

struct row {
	int err;
	const char *what, *todo;
};

static const struct row rows[] = {
#define REFUSAL(name, err, status, what, todo)	{ -(err), what, todo },
#define NOTE(name, what, todo)			{ 0, what, todo },
#define CHECK(name, status, what, todo)
#include "include/refusals.def"
#undef REFUSAL
#undef NOTE
#undef CHECK
};

static int say(const struct row *row, struct va_format *detail)
{
	if (!row->err)
		pr_notice("%s: %s\n", row->what, row->todo);
	else if (detail)
		pr_err("%s (%pV): %s\n", row->what, detail, row->todo);
	else
		pr_err("%s: %s\n", row->what, row->todo);
	return row->err;
}

int av_refuse(enum av_refusal why)
{
	return say(&rows[why], NULL);
}

int av_refuse_detail(enum av_refusal why, const char *detail, ...)
{
	struct va_format vaf = { .fmt = detail };
	va_list args;
	int ret;

	va_start(args, detail);
	vaf.va = &args;
	ret = say(&rows[why], &vaf);
	va_end(args);
	return ret;
}
