// SPDX-License-Identifier: GPL-2.0
/*
 * The terminal, signals, and the main thread's loop.
 *
 * Signals that a user sends arrive through a signalfd, so that they are handled
 * in order, outside of signal context, and the terminal is put right before
 * anything else happens. Only a crash of this program, and what nobody sends as
 * a rule and would end it, needs a real handler.
 *
 * Owns: the terminal's modes, stdin, stdout. Locks: output.lock, taken inside;
 * any thread may call console_put() and console_flush(), main the rest.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "vmm.h"

#define ESCAPE	0x01		/* Ctrl-A */
#define SAVE_SIGNAL	SIGUSR2

static struct {
	struct termios	saved;		/* how we found the terminal */
	bool		is_raw;		/* it is changed now */
	bool		is_tty;		/* stdin is a terminal */
	bool		is_open;	/* stdin may have more input */
	bool		escaped;	/* the last byte was Ctrl-A */
	bool		is_busy;	/* the guest is being saved or restored */
	bool		save_later;	/* somebody asked for it meanwhile */
	size_t		nr_kept;
	__u8		kept[UART_CHUNK]; /* what was typed meanwhile */
	int		signal_fd;
} console;

/*
 * Output is gathered to lines: one write() for each byte would cost more than
 * all else that the UART does. What stays without a newline, such as a prompt,
 * is sent by the main thread after OUTPUT_DELAY_MS.
 */
static struct {
	pthread_mutex_t	lock;
	size_t		len;
	char		data[512];	/* a pipe that polls as writable has room */
} output = { .lock = PTHREAD_MUTEX_INITIALIZER };

#define OUTPUT_DELAY_MS	20

/* Leave the user's terminal as it was. Safe to call at any time. */
static void restore_terminal(void)
{
	if (console.is_raw) {
		console.is_raw = false;
		tcsetattr(STDIN_FILENO, TCSANOW, &console.saved);
	}
}

/*
 * Every key goes to the guest, Ctrl-C too. Output processing stays on: our own
 * messages end with a bare newline.
 *
 * A background job must not touch the terminal; it gets its turn when SIGCONT
 * comes with the shell's fg.
 */
static void take_terminal(void)
{
	struct termios raw;

	if (!console.is_tty || console.is_raw ||
	    tcgetpgrp(STDIN_FILENO) != getpgrp())
		return;
	if (tcgetattr(STDIN_FILENO, &console.saved))
		return;
	raw = console.saved;
	raw.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR |
			 ICRNL | IXON);
	raw.c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
	raw.c_cflag = (raw.c_cflag & ~(CSIZE | PARENB)) | CS8;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	console.is_raw = true;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

/* This program itself has crashed, or is to end at once: put the terminal right, then die of it. */
static void crash_handler(int sig)
{
	restore_terminal();
	signal(sig, SIG_DFL);
	raise(sig);
}

static bool is_in(int sig, const int *signals, size_t nr)
{
	while (nr--)
		if (signals[nr] == sig)
			return true;
	return false;
}

static bool is_ignored(int sig)
{
	struct sigaction action;

	return !sigaction(sig, NULL, &action) && action.sa_handler == SIG_IGN;
}

/* Every signal that would end the program by itself: limits, timers, power, real-time ones, not only crashes. */
static void catch_ends(void)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS };
	static const int harmless[] = {
		SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGKILL, SIGPIPE
	};
	struct sigaction action = { .sa_handler = crash_handler, .sa_flags = SA_NODEFER };
	int sig;

	for (sig = 1; sig <= SIGRTMAX; sig++) {
		if (is_in(sig, harmless, ARRAY_SIZE(harmless)))
			continue;
		/* What our parent made us ignore stays ignored; a crash can't be. */
		if (!is_ignored(sig) || is_in(sig, crashes, ARRAY_SIZE(crashes)))
			sigaction(sig, &action, NULL);
	}
}

void console_setup(void)
{
	static const int user_signals[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SAVE_SIGNAL
	};
	sigset_t set, blocked;
	size_t i;

	catch_ends();

	/* What our parent made us ignore (nohup, a shell's &) stays ignored. */
	sigemptyset(&set);
	for (i = 0; i < ARRAY_SIZE(user_signals); i++)
		if (!is_ignored(user_signals[i]))
			sigaddset(&set, user_signals[i]);

	/* Blocked here, before any other thread exists, and so in all. */
	blocked = set;
	sigaddset(&blocked, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGPIPE, SIG_IGN);

	console.signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (console.signal_fd < 0)
		die_errno("signalfd");

	console.is_open = true;
	console.is_tty = isatty(STDIN_FILENO);
	atexit(restore_terminal);
	take_terminal();
}

/*
 * Send what was gathered; called with output.lock held. Without anyone to read
 * it the program ends, as others do that are cut off by "| head".
 */
static void output_send(struct vm *vm)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	size_t sent = 0;
	ssize_t n;

	while (sent < output.len) {
		n = write(STDOUT_FILENO, output.data + sent, output.len - sent);
		if (n >= 0) {
			sent += n;
		} else if (vm_is_stopping(vm)) {
			/* This is how vcpus_stop() gets a vCPU out of here. */
			break;
		} else if (errno == EAGAIN) {
			poll(&out, 1, -1);
		} else if (errno != EINTR) {
			warn("console output: %s", errno_text(errno));
			vm_stop(vm, STOP_EXIT, EXIT_SIGNAL + SIGPIPE);
			break;
		}
	}
	output.len = 0;
}

/* A byte from the guest. It may have to wait until the terminal takes more. */
void console_put(struct vm *vm, char byte)
{
	pthread_mutex_lock(&output.lock);
	output.data[output.len++] = byte;
	if (byte == '\n' || output.len == sizeof(output.data))
		output_send(vm);
	else if (output.len == 1)
		vm_wake_main(vm);	/* to flush it, if no more comes */
	pthread_mutex_unlock(&output.lock);
}

/* Is there the beginning of a line that nobody has seen yet? */
static bool output_is_waiting(void)
{
	bool waiting;

	/* A vCPU that has the lock may be stuck in write(): do not wait. */
	if (pthread_mutex_trylock(&output.lock))
		return true;
	waiting = output.len > 0;
	pthread_mutex_unlock(&output.lock);
	return waiting;
}

/*
 * Send the beginning of a line, unless that could block: then a vCPU does it
 * that can be stopped, and at the end of the program it is given up.
 */
void console_flush(struct vm *vm)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (pthread_mutex_trylock(&output.lock))
		return;
	if (output.len > 0 && poll(&out, 1, 0) == 1)
		output_send(vm);
	pthread_mutex_unlock(&output.lock);
}

/* Somebody asked for it: the signal, or the key. */
static void want_save(struct vm *vm)
{
	if (!opt.save)
		warn("without --save there is no file to save the guest to");
	else if (console.is_busy)
		console.save_later = true;
	else
		vm_save(vm);
}

static void handle_signals(struct vm *vm)
{
	struct signalfd_siginfo info;

	while (read(console.signal_fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGTSTP:
			restore_terminal();
			raise(SIGSTOP);
			break;
		case SIGCONT:
			take_terminal();
			break;
		case SAVE_SIGNAL:
			want_save(vm);
			break;
		default:
			vm_stop_by_user(vm, EXIT_SIGNAL + info.ssi_signo);
			break;
		}
	}
}

/* The byte after Ctrl-A. True when it is one for the guest. */
static bool handle_escape(struct vm *vm, __u8 byte)
{
	switch (byte) {
	case ESCAPE:
		return true;
	case 'x':
	case 'X':
		vm_stop_by_user(vm, EXIT_SIGNAL + SIGINT);
		return false;
	case 's':
	case 'S':
		want_save(vm);
		return false;
	case 'c':
	case 'h':
	case '?':
		fputs("\n"
		      "Ctrl-A x       end the VM\n"
		      "Ctrl-A s       save it to the file of --save, and end it\n"
		      "Ctrl-A Ctrl-A  send Ctrl-A to the guest\n"
		      "Ctrl-A h       this help\n", stderr);
		return false;
	default:
		return false;
	}
}

/* For the guest; while it stands what comes is kept for later, and lost if it is too much. */
static void input_to_guest(struct vm *vm, const __u8 *data, size_t len)
{
	if (!console.is_busy) {
		uart_input(vm, data, len);
		return;
	}
	while (len > 0 && console.nr_kept < sizeof(console.kept)) {
		console.kept[console.nr_kept++] = *data++;
		len--;
	}
}

static void handle_input(struct vm *vm)
{
	__u8 in[UART_CHUNK], out[UART_CHUNK];
	ssize_t len, i;
	size_t kept = 0;

	len = read(STDIN_FILENO, in, sizeof(in));
	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (len <= 0) {
		console.is_open = false;	/* the guest goes on without */
		return;
	}

	for (i = 0; i < len; i++) {
		if (console.escaped) {
			console.escaped = false;
			if (handle_escape(vm, in[i]))
				out[kept++] = in[i];
		} else if (in[i] == ESCAPE) {
			console.escaped = true;
		} else {
			out[kept++] = in[i];
		}
	}
	input_to_guest(vm, out, kept);
}

/*
 * A pipe waits until the guest has room. A terminal is always read, so that
 * Ctrl-A x works with a guest that reads nothing.
 */
static bool wants_input(void)
{
	if (!console.is_open)
		return false;
	if (console.is_tty)
		return console.is_raw;
	return !console.is_busy && uart_room() >= UART_CHUNK;
}

/* What takes long, while no vCPU runs and no device serves, says when it begins and ends. */
void console_busy(struct vm *vm, bool is_busy)
{
	console.is_busy = is_busy;
	if (is_busy || !console.nr_kept)
		return;
	if (!vm_is_stopping(vm))
		uart_input(vm, console.kept, console.nr_kept);
	console.nr_kept = 0;
}

/* And asks now and then: has the user had enough of it? Then the VM is stopping. */
bool console_is_to_end(struct vm *vm)
{
	struct pollfd fds[] = {
		{ .fd = console.signal_fd, .events = POLLIN },
		{ .fd = wants_input() ? STDIN_FILENO : -1, .events = POLLIN },
	};

	if (poll(fds, ARRAY_SIZE(fds), 0) > 0) {
		if (fds[0].revents)
			handle_signals(vm);
		if (fds[1].revents)
			handle_input(vm);
	}
	return vm_is_stopping(vm);
}

/* Serve the user until something calls vm_stop(). */
void console_loop(struct vm *vm)
{
	struct pollfd fds[] = {
		{ .fd = vm->event_fd, .events = POLLIN },
		{ .fd = console.signal_fd, .events = POLLIN },
		{ .fd = STDIN_FILENO },
		{ .fd = rtc_fd(), .events = POLLIN },
	};
	bool waiting;
	__u64 events;
	int n;

	while (!vm_is_stopping(vm)) {
		if (console.save_later) {
			console.save_later = false;
			want_save(vm);
			continue;
		}
		/* poll() reports errors even unasked; a negative fd is quiet. */
		fds[2].fd = wants_input() ? STDIN_FILENO : -1;
		fds[2].events = POLLIN;
		waiting = output_is_waiting();
		n = poll(fds, ARRAY_SIZE(fds), waiting ? OUTPUT_DELAY_MS : -1);
		if (n < 0 && errno != EINTR)
			die_errno("poll");
		if (n == 0)
			console_flush(vm);
		if (n <= 0)
			continue;
		/* Only there to end poll(); what happened is found in vm. */
		if (fds[0].revents && read(vm->event_fd, &events,
					   sizeof(events)) < 0)
			continue;
		if (fds[1].revents)
			handle_signals(vm);
		if (fds[2].revents)
			handle_input(vm);
		if (fds[3].revents)
			rtc_alarm(vm);
	}
}
