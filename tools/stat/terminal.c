// SPDX-License-Identifier: GPL-2.0
/*
 * The terminal while the page is shown: keys come at once and unseen, on the other screen. Who ends or stops us, finds
 * his own as it was.
 *
 * It is driven by the few sequences of ECMA-48 that every terminal knows, so that the static program needs no database
 * of terminals, which a board's root file system may not have.
 *
 * Owns: the terminal's modes, signals while it is ours. Locks: none, one thread. Signals are let in while we wait, so
 * that none falls between the look for it and the wait.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "stat.h"

#define CLEAR		"\033[H\033[J"
#define ALTERNATE_ON	"\033[?1049h\033[?25l"
#define ALTERNATE_OFF	"\033[?25h\033[?1049l"

static struct {
	struct termios	was;
	bool		ours;
	sigset_t	caught, outside;	/* blocked but in the wait; the mask there */
} terminal;

static volatile sig_atomic_t caught;	/* the last signal, or 0 */

static void on_signal(int nr)
{
	caught = nr;
}

/* What our parent made us ignore (nohup, a shell's &) stays ignored. */
static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
	struct sigaction action = { .sa_handler = on_signal }, was;
	unsigned int i;

	sigemptyset(&terminal.caught);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		if (sigaction(signals[i], NULL, &was) || was.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
		sigaddset(&terminal.caught, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &terminal.caught, &terminal.outside);
}

/* Have the signal's own effect: it ends us, or stops us until somebody lets us go on. */
static void suffer(int nr)
{
	sigset_t set;

	signal(nr, SIG_DFL);
	raise(nr);
	sigemptyset(&set);
	sigaddset(&set, nr);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void terminal_give_back(void)
{
	if (!terminal.ours)
		return;
	terminal.ours = false;
	fputs(ALTERNATE_OFF, stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal.was);
}

static void take(void)
{
	struct termios raw = terminal.was;

	raw.c_iflag &= ~IXON;		/* nobody shall wait for Ctrl-Q with signals blocked */
	raw.c_lflag &= ~(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	terminal.ours = true;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	fputs(ALTERNATE_ON, stdout);
	fflush(stdout);
}

/* False: there is none, and nothing has changed. */
bool terminal_take(void)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &terminal.was))
		return false;
	catch_signals();
	atexit(terminal_give_back);
	take();
	return true;
}

static void stop(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	terminal_give_back();
	suffer(SIGTSTP);
	sigprocmask(SIG_BLOCK, &terminal.caught, NULL);
	sigaction(SIGTSTP, &action, NULL);
	take();
}

/* Wait so long, or for a key, which is returned. 0: there was none; 'q' is also a terminal that is gone. */
char terminal_wait(double seconds)
{
	struct timespec t = { .tv_sec = seconds, .tv_nsec = (seconds - (time_t)seconds) * NSEC_PER_SEC };
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	int ready = ppoll(&in, 1, &t, &terminal.outside);
	char key;

	if (caught == SIGTSTP) {
		caught = 0;
		stop();
	} else if (caught) {
		terminal_give_back();
		suffer(caught);
	}
	if (ready <= 0)
		return 0;
	return read(STDIN_FILENO, &key, 1) == 1 ? key : 'q';
}

/* As much of the page as the window has lines and columns for. */
void terminal_page(const char *page)
{
	struct winsize w = {};
	unsigned int row;
	size_t len;

	/* A serial line does not know, and says 0. */
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_row || !w.ws_col) {
		w.ws_row = 24;
		w.ws_col = 80;
	}
	fputs(CLEAR, stdout);
	for (row = 0; *page && row + 1 < w.ws_row; row++) {
		len = strcspn(page, "\n");
		fwrite(page, 1, len < w.ws_col ? len : w.ws_col, stdout);
		fputs("\r\n", stdout);
		page += len + (page[len] == '\n');
	}
	fflush(stdout);
}
