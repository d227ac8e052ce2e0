// SPDX-License-Identifier: GPL-2.0
/*
 * What takes long says how far it is: on a terminal, one line that is written over, from the first second on.
 *
 * Owns: the line. Locks: none; main thread.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "vmm.h"

#define FIRST_NS	1000000000ULL
#define NEXT_NS		200000000ULL

static struct {
	const char	*what;
	__u64		next;		/* when the next line is due */
	bool		shown;
} line;

static __u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

void progress_begin(const char *what)
{
	line.what = what;
	line.next = now_ns() + FIRST_NS;
	line.shown = false;
}

void progress(uint64_t done, uint64_t total)
{
	__u64 now = now_ns();

	if (now < line.next || !total || !isatty(STDERR_FILENO))
		return;
	line.next = now + NEXT_NS;
	line.shown = true;
	fprintf(stderr, "\rarmvcpu-run: %s: %3u%%", line.what, (unsigned int)(100.0 * done / total));
	fflush(stderr);
}

/* The line goes: what comes next begins where it was. */
void progress_end(void)
{
	if (line.shown)
		fputs("\r\033[K", stderr);
	line.shown = false;
}
