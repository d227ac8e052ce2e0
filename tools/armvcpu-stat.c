// SPDX-License-Identifier: GPL-2.0
/*
 * armvcpu-stat - what the VMs on this machine do: exits per second by kind, time per exit, interrupts, time asleep.
 *
 * Where: any host with the module; root, since the statistics of other people's VMs are in debugfs.
 * Owns: the options. Locks: none, one thread. A signal ends it as it does any program; stat/terminal.c sees to the
 * terminal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "stat/stat.h"

static const char usage[] =
"Usage: armvcpu-stat [OPTION]...\n"
"Show what the VMs of armvcpu do, like top: exits per second by kind, and the time per exit:\n"
"guest-us in the guest, host-us in the host.\n"
"\n"
"  -1, --once            print one page, and end: rates over the interval\n"
"  -t, --totals          since a VM was made, not per second\n"
"  -v, --vcpus           a line for each vCPU, too\n"
"  -j, --json            an object a line, with every statistic; for ever, or once\n"
"  -l, --listen WHERE    serve a page for Prometheus at PORT, or HOST:PORT\n"
"  -i, --interval SECS   time between two pages (1)\n"
"  -d, --dir DIR         debugfs' directory (/sys/kernel/debug/armvcpu)\n"
"  -h, --help            this text\n"
"\n"
"Keys: v vCPUs or not, t totals or rates, arrows and PgUp, PgDn move the page, Ctrl-L draws anew,\n"
"q ends.\n"
"\n"
"Exit status: 0 all right; 1 there is nothing to read, no place to write to, or wrong usage;\n"
"128 + N, as a shell sees it, ended by signal N.\n";

static struct {
	const char	*dir;
	const char	*listen;
	double		interval;
	bool		once, totals, vcpus, json;
} opt = { .dir = "/sys/kernel/debug/armvcpu", .interval = 1 };

static bool on_terminal, ended;

static void __attribute__((noreturn)) fail(const char *text)
{
	terminal_give_back();
	fprintf(stderr, "armvcpu-stat: %s\n", text);
	exit(1);
}

static void take_sample(struct sample *s)
{
	char error[256];

	if (!sample_take(s, opt.dir, error, sizeof(error)))
		fail(error);
}

static void written(void)
{
	if (fflush(stdout) || ferror(stdout))
		fail(strerror(errno));
}

/* Until the next page, or for a key, which is served. */
static void wait_for_key(void)
{
	switch (on_terminal ? terminal_wait(opt.interval) : poll(NULL, 0, opt.interval * 1000)) {
	case 'q':
		ended = true;
		break;
	case 'v':
		opt.vcpus = !opt.vcpus;
		break;
	case 't':
		opt.totals = !opt.totals;
		break;
	}
}

static void show(const struct sample *before, const struct sample *now)
{
	char *page = NULL;
	size_t size = 0;
	FILE *out;

	if (!on_terminal) {
		text_page(stdout, before, now, opt.vcpus);
		written();
		return;
	}
	out = open_memstream(&page, &size);
	if (!out)
		fail("out of memory");
	text_page(out, before, now, opt.vcpus);
	fclose(out);
	terminal_page(page);
	free(page);
}

/* ---- modes ------------------------------------------------------------------------------------------ */

static void run_json(void)
{
	struct sample now;

	for (;;) {
		take_sample(&now);
		json_object(stdout, &now);
		sample_free(&now);
		written();
		if (opt.once)
			return;
		wait_for_key();
	}
}

static void run_text(void)
{
	struct sample before, now;

	take_sample(&before);
	on_terminal = !opt.once && terminal_take();
	do {
		if (!opt.once || !opt.totals)
			wait_for_key();
		if (ended)
			break;
		take_sample(&now);
		show(opt.totals ? NULL : &before, &now);
		sample_free(&before);
		before = now;
	} while (!opt.once);
	sample_free(&before);
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "once",	no_argument,		NULL, '1' },
		{ "totals",	no_argument,		NULL, 't' },
		{ "vcpus",	no_argument,		NULL, 'v' },
		{ "json",	no_argument,		NULL, 'j' },
		{ "listen",	required_argument,	NULL, 'l' },
		{ "interval",	required_argument,	NULL, 'i' },
		{ "dir",	required_argument,	NULL, 'd' },
		{ "help",	no_argument,		NULL, 'h' },
		{ }
	};
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "1tvjl:i:d:h", options, NULL)) != -1) {
		switch (c) {
		case '1':
			opt.once = true;
			break;
		case 't':
			opt.totals = true;
			break;
		case 'v':
			opt.vcpus = true;
			break;
		case 'j':
			opt.json = true;
			break;
		case 'l':
			opt.listen = optarg;
			break;
		case 'd':
			opt.dir = optarg;
			break;
		case 'i':
			opt.interval = strtod(optarg, &end);
			if (*end || !(opt.interval >= 0.1 && opt.interval <= 86400))
				fail("--interval: 0.1 to 86400 seconds");
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs("See armvcpu-stat --help\n", stderr);
			exit(1);
		}
	}
	if (optind < argc)
		fail("there are no arguments but options; see --help");
}

int main(int argc, char **argv)
{
	parse(argc, argv);
	if (opt.listen) {
		/* A client that reads no more ends his own answer only. */
		signal(SIGPIPE, SIG_IGN);
		serve(opt.listen, opt.dir);
		return 1;
	}
	if (opt.json)
		run_json();
	else
		run_text();
	return 0;
}
