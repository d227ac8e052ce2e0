// SPDX-License-Identifier: GPL-2.0
/*
 * pty_run - start a program on a terminal, end it, and see how it leaves the terminal.
 *
 * Usage: pty_run SIGNAL TEXT PROGRAM [ARGUMENT]...
 * When TEXT has come out the program gets SIGNAL, a number; a letter: the keys Ctrl-A and that; none: nothing; pending:
 * SIGTERM waits, blocked, when it starts.
 * Prints what the program said. Exit status: the program's (128 + N when a signal killed it); 100 the terminal is not
 * as it was; 101 TEXT never came, or no end; 102 the terminal was never changed, so that nothing was seen.
 *
 * Runs at: host EL0. Owns: nothing.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE	60

static char said[1 << 16];
static size_t len;

/* Reads what has come; false when there is nobody any more. */
static int listen_to(int fd, int ms)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (poll(&in, 1, ms) <= 0)
		return 1;
	n = read(fd, said + len, sizeof(said) - 1 - len);
	if (n <= 0)
		return 0;
	len += n;
	return 1;
}

static void leave_pending(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(sig);
}

static int ends_by_itself(const char *how)
{
	return !strcmp(how, "none") || !strcmp(how, "pending");
}

static pid_t start(const char *how, char **argv, int slave)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (!strcmp(how, "pending"))
		leave_pending(SIGTERM);
	dup2(slave, 0);
	dup2(slave, 1);
	dup2(slave, 2);
	execv(argv[0], argv);
	_exit(127);
}

/* By what they say: the structure has holes, and what is in them nobody promises. */
static int differ(const struct termios *a, const struct termios *b)
{
	return a->c_iflag != b->c_iflag || a->c_oflag != b->c_oflag || a->c_cflag != b->c_cflag ||
	       a->c_lflag != b->c_lflag || memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

static void end(const char *how, pid_t pid, int master)
{
	char keys[2] = { 1, *how };

	if (ends_by_itself(how))
		return;
	if (atoi(how))
		kill(pid, atoi(how));
	else if (write(master, keys, sizeof(keys)) != sizeof(keys))
		exit(101);
}

int main(int argc, char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, status = 0, ended = 0, changed = 0;
	struct termios before, now;
	time_t limit = time(NULL) + PATIENCE;
	pid_t pid;

	if (argc < 4 || master < 0 || grantpt(master) || unlockpt(master))
		return 101;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || tcgetattr(slave, &before))
		return 101;
	/* The session's leader stays: when it ends the terminal is reset, and nothing could be seen. */
	if (setsid() < 0 || ioctl(slave, TIOCSCTTY, 0))
		return 101;
	pid = start(argv[1], argv + 3, slave);
	while (waitpid(pid, &status, WNOHANG) != pid && time(NULL) < limit) {
		if (len == sizeof(said) - 1 || !listen_to(master, 100))
			break;
		tcgetattr(slave, &now);
		changed |= differ(&before, &now);
		if (!ended && strstr(said, argv[2])) {
			end(argv[1], pid, master);
			ended = 1;
		}
	}
	listen_to(master, 100);
	fputs(said, stdout);
	if (!ended || time(NULL) >= limit) {
		kill(pid, SIGKILL);
		return 101;
	}
	tcgetattr(slave, &now);
	if (differ(&before, &now))
		return 100;
	/* One that ends by itself may have done so before it was looked at. */
	if (!changed && !ends_by_itself(argv[1]))
		return 102;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
