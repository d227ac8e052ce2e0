// SPDX-License-Identifier: GPL-2.0
/*
 * The terminal while the page is shown, by ncurses: keys come at once and unseen, on the other screen where there is
 * one. Who ends or stops us, finds his own as it was.
 *
 * The program is static and has to run where nobody installed a database of terminals. So what ncurses does not find
 * there is taken for a terminal that knows ECMA-48, whose description is compiled in (fallback.ti).
 *
 * Owns: the terminal's modes, signals while it is ours; the page that is shown. Locks: none, one thread. Signals are
 * let in while we wait, so that none falls between the look for it and the wait.
 */
#define _GNU_SOURCE
#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "fallback.h"
#include "stat.h"

#define FALLBACK_TYPE	"armvcpu-fallback"

#define HEAD_LINES	2		/* of the page; they stay when it is scrolled */
#define NAME_COLUMNS	13		/* which VM or vCPU: so do these */
#define COLUMN		9

static struct {
	SCREEN		*screen;	/* NULL: never taken */
	sigset_t	caught, outside;	/* blocked but in the wait; the mask there */
	char		*page;
	int		down, right;	/* how far it is scrolled */
} terminal;

static volatile sig_atomic_t caught;	/* the last signal, or 0 */

static void on_signal(int nr)
{
	caught = nr;
}

/*
 * What our parent made us ignore (nohup, a shell's &) stays ignored. SIGWINCH is ncurses', which takes over no other
 * than those that have their own effect by then.
 */
static void catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
	struct sigaction action = { .sa_handler = on_signal }, was;
	unsigned int i;

	sigemptyset(&terminal.caught);
	sigaddset(&terminal.caught, SIGWINCH);
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
	if (terminal.screen && !isendwin())
		endwin();
}

/* What the terminal is called, for newterm(). False: the cursor can't be put anywhere (a printer, TERM=dumb). */
static bool describe(const char **type)
{
	int error;
	bool good;

	*type = getenv("TERM");
	if (setupterm(*type, STDOUT_FILENO, &error) == ERR) {
		*type = FALLBACK_TYPE;
		setenv("TERMINFO", FALLBACK, 1);
		if (setupterm(*type, STDOUT_FILENO, &error) == ERR)
			return false;
	}
	good = tigetstr("cup");
	del_curterm(cur_term);
	return good;
}

/* Nobody shall wait for Ctrl-Q with signals blocked. */
static void ignore_flow_control(void)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &t))
		return;
	t.c_iflag &= ~IXON;
	tcsetattr(STDIN_FILENO, TCSANOW, &t);
	def_prog_mode();
}

/* False: there is none, or none that can be drawn on, and nothing has changed. */
bool terminal_take(void)
{
	const char *type;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !describe(&type))
		return false;
	catch_signals();
	terminal.screen = newterm(type, stdout, stdin);
	if (!terminal.screen) {
		fputs("armvcpu-stat: the terminal can't be taken\n", stderr);
		exit(1);
	}
	atexit(terminal_give_back);
	set_escdelay(50);
	cbreak();
	noecho();
	ignore_flow_control();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	curs_set(0);
	return true;
}

static void stop(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	terminal_give_back();
	suffer(SIGTSTP);
	sigprocmask(SIG_BLOCK, &terminal.caught, NULL);
	sigaction(SIGTSTP, &action, NULL);
	refresh();
}

/* ---- the page ----------------------------------------------------------------------------------------- */

/* The page's size without what stays. */
static void measure(int *height, int *width)
{
	const char *line;
	int len, nr = 0;

	*width = 0;
	for (line = terminal.page; *line; line += len + (line[len] == '\n'), nr++) {
		len = strcspn(line, "\n");
		if (nr && len - NAME_COLUMNS > *width)
			*width = len - NAME_COLUMNS;
	}
	*height = nr - HEAD_LINES;
}

static int within(int value, int most)
{
	if (value > most)
		value = most;
	return value < 0 ? 0 : value;
}

static void draw_line(int row, const char *line, int len, int right)
{
	mvaddnstr(row, 0, line, within(right ? NAME_COLUMNS : len, len < COLS ? len : COLS));
	if (right && len > NAME_COLUMNS + right && COLS > NAME_COLUMNS)
		mvaddnstr(row, NAME_COLUMNS, line + NAME_COLUMNS + right,
			  within(len - NAME_COLUMNS - right, COLS - NAME_COLUMNS));
}

/* As much of the page as the window has lines and columns for. */
static void draw(void)
{
	int height, width, len, nr = 0, row = 0;
	const char *line;

	measure(&height, &width);
	terminal.down = within(terminal.down, height - (LINES - HEAD_LINES));
	terminal.right = within(terminal.right, width - (COLS - NAME_COLUMNS));
	erase();
	for (line = terminal.page; *line && row < LINES; line += len + (line[len] == '\n'), nr++) {
		len = strcspn(line, "\n");
		if (nr >= HEAD_LINES && nr < HEAD_LINES + terminal.down)
			continue;
		/* The columns' heads, and what is a VM's own. */
		attrset(nr == 1 ? A_REVERSE : *line != ' ' ? A_BOLD : A_NORMAL);
		draw_line(row++, line, len, nr ? terminal.right : 0);
	}
	attrset(A_NORMAL);
	refresh();
}

void terminal_page(const char *page)
{
	free(terminal.page);
	terminal.page = strdup(page);
	if (terminal.page)
		draw();
}

/* ---- keys --------------------------------------------------------------------------------------------- */

/* Is it a key that moves the page, or the window's new size? */
static bool moves(int key)
{
	int page = LINES - HEAD_LINES > 1 ? LINES - HEAD_LINES - 1 : 1;

	switch (key) {
	case KEY_UP:
		terminal.down--;
		break;
	case KEY_DOWN:
		terminal.down++;
		break;
	case KEY_PPAGE:
		terminal.down -= page;
		break;
	case KEY_NPAGE:
		terminal.down += page;
		break;
	case KEY_LEFT:
		terminal.right -= COLUMN;
		break;
	case KEY_RIGHT:
		terminal.right += COLUMN;
		break;
	case CTRL('l'):
		clearok(curscr, TRUE);
		break;
	case KEY_RESIZE:
		break;
	default:
		return false;
	}
	if (terminal.page)
		draw();
	return true;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

/* For input: positive; a signal: negative; or until then: 0. Signals have been served. */
static int wait_until(uint64_t end)
{
	uint64_t ns = now(), left = end > ns ? end - ns : 0;
	struct timespec t = { .tv_sec = left / NSEC_PER_SEC, .tv_nsec = left % NSEC_PER_SEC };
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	int ready = ppoll(&in, 1, &t, &terminal.outside);

	if (caught == SIGTSTP) {
		caught = 0;
		stop();
	} else if (caught) {
		terminal_give_back();
		suffer(caught);
	}
	return ready;
}

/*
 * Wait so long, or for a key, which is returned if it does not move the page. 0: there was none; 'q' is also a terminal
 * that is gone.
 */
int terminal_wait(double seconds)
{
	uint64_t end = now() + seconds * NSEC_PER_SEC;
	int key, ready;

	for (;;) {
		/* ncurses may have one already; and it tells of a new size so, behind the signal. */
		key = getch();
		if (key == ERR) {
			ready = wait_until(end);
			if (!ready)
				return 0;
			key = getch();
			if (key == ERR && ready > 0)
				return 'q';
		}
		if (key != ERR && !moves(key))
			return key;
	}
}
