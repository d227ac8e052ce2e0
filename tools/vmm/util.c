// SPDX-License-Identifier: GPL-2.0
/*
 * Messages, and ioctls whose failure ends the program.
 *
 * Owns: nothing. Locks: none; any thread may call.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm.h"

/* One write per message, so that those of several threads do not mix. */
static void message(const char *fmt, va_list ap, const char *suffix)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	fprintf(stderr, "armvcpu-run: %s%s\n", text, suffix);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	message(fmt, ap, "");
	va_end(ap);
}

void verbose(const char *fmt, ...)
{
	va_list ap;

	if (!opt.verbose)
		return;
	va_start(ap, fmt);
	message(fmt, ap, "");
	va_end(ap);
}

void die(const char *fmt, ...)
{
	va_list ap;

	progress_end();
	va_start(ap, fmt);
	message(fmt, ap, "");
	va_end(ap);
	exit(EXIT_SETUP);
}

/* "Invalid argument (EINVAL)"; the text stays valid in this thread only. */
const char *errno_text(int err)
{
	static __thread char text[128];
	const char *name = strerrorname_np(err);

	snprintf(text, sizeof(text), "%s (%s)", strerror(err),
		 name ? name : "?");
	return text;
}

void die_errno(const char *fmt, ...)
{
	char suffix[160];
	va_list ap;

	snprintf(suffix, sizeof(suffix), ": %s", errno_text(errno));
	progress_end();
	va_start(ap, fmt);
	message(fmt, ap, suffix);
	va_end(ap);
	exit(EXIT_SETUP);
}

int ioctl_or_die(int fd, unsigned long request, const char *name, void *arg)
{
	int ret = ioctl(fd, request, arg);

	if (ret < 0)
		die_errno("%s", name);
	return ret;
}
