// SPDX-License-Identifier: GPL-2.0
/*
 * armvcpu-stat - what the VMs on this machine do: exits per second by kind, interrupts, time asleep.
 *
 * Where: any host with the module; root, since the statistics of other people's VMs are in debugfs.
 * Owns: the options, the terminal while the page is shown. Locks: none, one thread.
 *
 * The terminal is ECMA-48's, by the few sequences that every one knows, so that the static program needs no database of
 * terminals, which a board's root file system may not have.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "stat/stat.h"

#define CLEAR		"\033[H\033[J"
#define ALTERNATE_ON	"\033[?1049h\033[?25l"
#define ALTERNATE_OFF	"\033[?25h\033[?1049l"

static const char usage[] =
"Usage: armvcpu-stat [OPTION]...\n"
"Show what the VMs of armvcpu do, like top: exits per second by kind.\n"
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
"Keys: v vCPUs or not, t totals or rates, q ends.\n"
"\n"
"Exit status: 0 all right; 1 there is nothing to read, or wrong usage.\n";

static struct {
	const char	*dir;
	const char	*listen;
	double		interval;
	bool		once, totals, vcpus, json;
} opt = { .dir = "/sys/kernel/debug/armvcpu", .interval = 1 };

static volatile sig_atomic_t ended;
static struct termios terminal_was;
static bool terminal_ours;

static void __attribute__((noreturn)) fail(const char *text)
{
	fprintf(stderr, "armvcpu-stat: %s\n", text);
	exit(1);
}

static void take(struct sample *s)
{
	char error[256];

	if (!sample_take(s, opt.dir, error, sizeof(error)))
		fail(error);
}

/* ---- the terminal ----------------------------------------------------------------------------------- */

static void on_signal(int nr)
{
	ended = nr;
}

static void give_terminal_back(void)
{
	if (!terminal_ours)
		return;
	terminal_ours = false;
	fputs(ALTERNATE_OFF, stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal_was);
}

static void take_terminal(void)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &terminal_was))
		return;
	raw = terminal_was;
	raw.c_lflag &= ~(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	terminal_ours = true;
	atexit(give_terminal_back);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	fputs(ALTERNATE_ON, stdout);
}

/* Wait so long, or for a key, which is served. */
static void wait_for_key(double seconds)
{
	struct pollfd in = { .fd = terminal_ours ? STDIN_FILENO : -1, .events = POLLIN };
	char key;

	if (poll(&in, 1, seconds * 1000) <= 0 || read(STDIN_FILENO, &key, 1) != 1)
		return;
	if (key == 'q')
		ended = -1;
	else if (key == 'v')
		opt.vcpus = !opt.vcpus;
	else if (key == 't')
		opt.totals = !opt.totals;
}

/* As much of the page as the window has lines and columns for. */
static void put_page(const char *page)
{
	struct winsize w = { .ws_row = 24, .ws_col = 80 };
	unsigned int row;
	size_t len;

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
	fputs(CLEAR, stdout);
	for (row = 0; *page && row + 1 < w.ws_row; row++) {
		len = strcspn(page, "\n");
		fwrite(page, 1, len < w.ws_col ? len : w.ws_col, stdout);
		fputs("\r\n", stdout);
		page += len + (page[len] == '\n');
	}
	fflush(stdout);
}

static void show(const struct sample *before, const struct sample *now)
{
	char *page = NULL;
	size_t size = 0;
	FILE *out;

	if (!terminal_ours) {
		text_page(stdout, before, now, opt.vcpus);
		fflush(stdout);
		return;
	}
	out = open_memstream(&page, &size);
	if (!out)
		fail("out of memory");
	text_page(out, before, now, opt.vcpus);
	fclose(out);
	put_page(page);
	free(page);
}

/* ---- modes ------------------------------------------------------------------------------------------ */

static void run_json(void)
{
	struct sample now;

	while (!ended) {
		take(&now);
		json_object(stdout, &now);
		sample_free(&now);
		if (fflush(stdout) || opt.once)
			return;
		wait_for_key(opt.interval);
	}
}

static void run_text(void)
{
	struct sample before, now;

	take(&before);
	if (!opt.once)
		take_terminal();
	while (!ended) {
		if (!opt.once || !opt.totals)
			wait_for_key(opt.interval);
		if (ended)
			break;
		take(&now);
		show(opt.totals ? NULL : &before, &now);
		sample_free(&before);
		before = now;
		if (opt.once)
			break;
	}
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
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = on_signal };
	unsigned int i;

	parse(argc, argv);
	/* Who reads no more ends it, by the write's error. */
	signal(SIGPIPE, SIG_IGN);
	if (opt.listen) {
		serve(opt.listen, opt.dir);
		return 1;
	}
	for (i = 0; i < ARRAY_SIZE(ends); i++)
		sigaction(ends[i], &action, NULL);
	if (opt.json)
		run_json();
	else
		run_text();
	give_terminal_back();
	return ended > 0 ? 128 + ended : 0;
}
