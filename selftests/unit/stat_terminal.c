// SPDX-License-Identifier: GPL-2.0
/*
 * armvcpu-stat and who watches: nothing that a process calls itself reaches his terminal but printable ASCII; Ctrl-Z, a
 * signal and the key q give it back as it was; the page fits the window, also one that changes, and can be moved; all
 * that also on a terminal that no database knows. What ended it is its exit status, and a page that can't be written is
 * an error.
 *
 * A failure means that a VMM's owner writes sequences to root's terminal, that one is left without a cursor or an echo,
 * that a board's console shows nothing, or that a script takes half a page for a whole one.
 *
 * Runs at: build host, on a terminal of its own. Owns: a directory that stands for debugfs'.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define main	stat_main
#include "tools/armvcpu-stat.c"
#undef main
#include "tools/stat/listen.c"
#include "tools/stat/machine.c"
#include "tools/stat/read.c"
#include "tools/stat/text.c"
/* The last: what it includes makes macros of names such as columns. */
#include "tools/stat/terminal.c"
#include "tap.h"

#define PATIENCE_MS	10000
#define PAUSE_MS	500		/* a few intervals of run_stat() */

#define ALTERNATE_ON	"\033[?1049h"
#define ALTERNATE_OFF	"\033[?1049l"

/* Terminals as TERM names them, and what their arrows send when they are asked for keys. */
static const struct kind {
	const char *term, *down, *right;
} known = { "xterm", "\033OB", "\033OC" }, unknown = { "no-such-terminal", "\033[B", "\033[C" };

static char root[32];

/* A VM of this process, with a vCPU. */
static void make_root(void)
{
	char path[128];
	FILE *file;

	strcpy(root, "/tmp/stat_terminal.XXXXXX");
	if (!mkdtemp(root))
		exit(1);
	snprintf(path, sizeof(path), "%s/%d-1", root, getpid());
	mkdir(path, 0700);
	strcat(path, "/stats");
	file = fopen(path, "w");
	fputs("vm\n  irqs_injected 5\nvcpu 0\n  exits 7\n  halt_wait_hist 1 2 3\n", file);
	fclose(file);
}

static void remove_root(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", root);
	check(!system(command), "the directory goes");
}

static void commands(void)
{
	static const struct {
		const char *is, *shown;
	} names[] = {
		{ "qemu-system-aar", "qemu-system-aar" },
		{ "\033[2J\033]0;x\007", "?[2J?]0;x?" },
		{ "a\nb\n\t\r\177", "a?b????" },
		{ "\233\303\251 ~\"\\", "??? ~\"\\" },
		{ "", "" },
	};
	char error[64], was[16];
	struct sample s;
	unsigned int i;

	prctl(PR_GET_NAME, was);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		prctl(PR_SET_NAME, names[i].is);
		check(sample_take(&s, root, error, sizeof(error)) && s.nr_vms == 1 &&
		      !strcmp(s.vms[0].command, names[i].shown), names[i].shown);
		sample_free(&s);
	}
	prctl(PR_SET_NAME, was);
}

static int run_stat(const char *option)
{
	char *argv[6] = { "armvcpu-stat", "-i0.1", (char *)option, "-d", root, NULL };

	optind = 1;
	return stat_main(5, argv);
}

/*
 * The shell: runs it in the foreground in a process group of its own, says on the terminal when it stops and lets it go
 * on, says how it ended.
 */
static void __attribute__((noreturn)) be_shell(int ignored)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		setpgid(0, 0);
		signal(SIGTTOU, SIG_IGN);
		tcsetpgrp(STDIN_FILENO, getpid());
		signal(SIGTTOU, SIG_DFL);
		if (ignored)
			signal(ignored, SIG_IGN);
		exit(run_stat("-v"));
	}
	printf("<pid %d>", pid);
	fflush(stdout);
	while (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status)) {
		printf("<stopped by %d>", WSTOPSIG(status));
		fflush(stdout);
		kill(pid, SIGCONT);
	}
	printf("<%s %d>", WIFSIGNALED(status) ? "signal" : "exit",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	fflush(stdout);
	_exit(0);
}

static struct {
	int	fd;
	pid_t	shell;
	char	seen[1 << 16];
	size_t	len, from;		/* from: what is behind has not been waited for */
} tty;

/* term may be NULL: nobody says */
static void open_tty(const char *term, int ignored)
{
	struct winsize w = { .ws_row = 24, .ws_col = 80 };

	fflush(stdout);
	tty.len = 0;
	tty.from = 0;
	tty.shell = forkpty(&tty.fd, NULL, NULL, &w);
	if (tty.shell)
		return;
	if (term)
		setenv("TERM", term, 1);
	else
		unsetenv("TERM");
	be_shell(ignored);
}

static bool reads(int patience_ms)
{
	struct pollfd in = { .fd = tty.fd, .events = POLLIN };
	ssize_t n;

	if (tty.len + 1 >= sizeof(tty.seen) || poll(&in, 1, patience_ms) <= 0)
		return false;
	n = read(tty.fd, tty.seen + tty.len, sizeof(tty.seen) - 1 - tty.len);
	if (n > 0)
		tty.len += n;
	tty.seen[tty.len] = '\0';
	return n > 0;
}

/* It comes, behind what was seen last. */
static bool sees(const char *text)
{
	const char *at;

	for (;;) {
		tty.seen[tty.len] = '\0';
		at = strstr(tty.seen + tty.from, text);
		if (at) {
			tty.from = at - tty.seen + strlen(text);
			return true;
		}
		if (!reads(PATIENCE_MS))
			return false;
	}
}

/* What comes in the next pause. */
static const char *next(void)
{
	uint64_t end = now() + PAUSE_MS * 1000000ULL;
	size_t from = tty.from = tty.len;

	while (now() < end && (reads(PAUSE_MS / 10) || tty.len + 1 < sizeof(tty.seen)))
		;
	return tty.seen + from;
}

static bool echoes(void)
{
	struct termios t;

	return !tcgetattr(tty.fd, &t) && t.c_lflag & ECHO && t.c_lflag & ICANON && t.c_iflag & IXON;
}

static bool type(const char *keys)
{
	return write(tty.fd, keys, strlen(keys)) == (ssize_t)strlen(keys);
}

/* The window's new size, and what is drawn then. */
static const char *resized(int rows, int width)
{
	struct winsize w = { .ws_row = rows, .ws_col = width };

	next();
	ioctl(tty.fd, TIOCSWINSZ, &w);
	return next();
}

static void close_tty(void)
{
	close(tty.fd);
	waitpid(tty.shell, NULL, 0);
}

static void a_page(const char *claim)
{
	check(sees(ALTERNATE_ON) && sees("vcpu 0") && !echoes(), claim);
}

static void watches(const struct kind *kind)
{
	int i;

	printf("# TERM=%s\n", kind->term ?: "");
	open_tty(kind->term, 0);
	a_page("a page on the other screen, keys unseen");
	check(type("\032") && sees(ALTERNATE_OFF) && sees("<stopped by 20>"), "Ctrl-Z gives the screen back");
	a_page("and going on takes it again");
	check(type("\032") && sees(ALTERNATE_OFF) && sees("<stopped by 20>"), "so the second time");
	a_page("and again");
	check(!strstr(resized(24, 30), "CPUs"), "a window that gets narrow cuts the lines");
	for (i = 0; i < 6; i++)
		type(kind->right);
	check(sees("exits"), "and the arrow shows what is behind");
	check(!strstr(resized(3, 80), "vcpu 0"), "one of three lines has the VM alone");
	check(type(kind->down) && sees("vcpu 0"), "and the arrow shows what is below");
	check(type("t") && sees("totals"), "t shows totals");
	check(type("q") && sees(ALTERNATE_OFF) && sees("<exit 0>") && echoes(), "q ends it, the terminal is as it was");
	close_tty();
}

/* No cursor to be moved: pages one below the other, as into a file. */
static void prints(void)
{
	open_tty("dumb", 0);
	check(sees("vcpu 0") && sees("vcpu 0") && echoes(), "pages on a terminal that is dumb");
	check(type("\003") && sees("<signal 2>") && !strchr(tty.seen, '\033'), "without a sequence");
	close_tty();
}

static void is_ended(int nr, const char *claim)
{
	char end[32];
	int pid = 0;

	open_tty(known.term, 0);
	check(sees("vcpu 0") && sscanf(strstr(tty.seen, "<pid "), "<pid %d>", &pid) == 1, "a page");
	snprintf(end, sizeof(end), "<signal %d>", nr);
	check(pid > 0 && !kill(pid, nr) && sees(ALTERNATE_OFF) && sees(end) && echoes(), claim);
	close_tty();
}

static void is_not_ended(void)
{
	int pid = 0;

	open_tty(unknown.term, SIGHUP);
	check(sees("vcpu 0") && sscanf(strstr(tty.seen, "<pid "), "<pid %d>", &pid) == 1, "a page");
	check(pid > 0 && !kill(pid, SIGHUP) && type("t") && sees("totals") && type("q") && sees("<exit 0>"),
	      "a signal that is ignored (nohup) stays so");
	close_tty();
}

/* What it exits with, stdout being a file; its words are not for the log. */
static int status_of(const char *option, const char *out)
{
	int status, fd;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		fd = open("/dev/null", O_RDWR);
		dup2(fd, STDERR_FILENO);
		dup2(open(out, O_WRONLY), STDOUT_FILENO);
		exit(run_stat(option));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void writes(void)
{
	check(status_of("-1j", "/dev/null") == 0 && status_of("-1t", "/dev/null") == 0, "0: all right");
	check(status_of("-1j", "/dev/full") == 1, "1: the object could not be written");
	check(status_of("-1t", "/dev/full") == 1, "1: the page could not be written");
	check(status_of("-j", "/dev/full") == 1, "1: nor one of many objects");
	check(status_of("-v", "/dev/full") == 1, "1: nor pages");
}

int main(void)
{
	make_root();
	commands();
	watches(&known);
	watches(&unknown);
	watches(&(struct kind) { NULL, unknown.down, unknown.right });
	prints();
	is_ended(SIGTERM, "SIGTERM ends it, by its name");
	is_ended(SIGINT, "so does SIGINT");
	is_ended(SIGHUP, "so does SIGHUP");
	is_not_ended();
	writes();
	remove_root();
	return tap_end();
}
