// SPDX-License-Identifier: GPL-2.0
/*
 * A debugger's stub: GDB connects by TCP, from this machine only, and has the whole guest: who can connect may do all
 * that the guest may. The guest waits for the first connection; when GDB goes it runs on, and another may come.
 *
 * A thread of its own talks to GDB. A vCPU that comes out with KVM_EXIT_DEBUG reports here and stands; the thread then
 * stops the others and tells.
 *
 * Owns: the connection. Locks: gdb.lock for what a vCPU reports; the rest is the thread's.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "gdb.h"

static struct {
	pthread_t	thread;
	pthread_mutex_t	lock;
	bool		reported;	/* a vCPU stands for a reason; until the vCPUs go on the first counts */
	unsigned int	reporter;
	__u64		watched;	/* what it has accessed, or 0 */
	int		event_fd;	/* the thread shall look */
	int		listen_fd;
	bool		started, ended;
} gdb = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Too big for a thread's stack, and there is one. */
static struct gdb_line line;
static struct gdb_packet packet, reply;
static struct gdb_focus focus;

/* Early, as all that the user can have got wrong. */
void gdb_open(void)
{
	struct sockaddr_in here = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(opt.gdb_port),
	};
	int one = 1;

	if (!opt.gdb_port)
		return;
	gdb.listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (gdb.listen_fd < 0)
		die_errno("--gdb: socket");
	setsockopt(gdb.listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(gdb.listen_fd, (struct sockaddr *)&here, sizeof(here)) || listen(gdb.listen_fd, 1))
		die_errno("--gdb %u: 127.0.0.1", opt.gdb_port);
	gdb.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (gdb.event_fd < 0)
		die_errno("eventfd");
}

static void wake(void)
{
	__u64 one = 1;

	if (write(gdb.event_fd, &one, sizeof(one)) < 0)
		return;		/* it is full: awake anyway */
}

static bool has_ended(void)
{
	return __atomic_load_n(&gdb.ended, __ATOMIC_ACQUIRE);
}

static bool has_reported(void)
{
	bool reported;

	pthread_mutex_lock(&gdb.lock);
	reported = gdb.reported;
	pthread_mutex_unlock(&gdb.lock);
	return reported;
}

/* A vCPU has come out with KVM_EXIT_DEBUG. It stands at its next pause point. */
void gdb_report(struct vcpu *vcpu)
{
	__u64 watched;

	if (!gdb_is_ours(vcpu, &watched))
		return;
	pthread_mutex_lock(&gdb.lock);
	if (!gdb.reported) {
		gdb.reported = true;
		gdb.reporter = vcpu->index;
		gdb.watched = watched;
	}
	vm_want_pause();
	pthread_mutex_unlock(&gdb.lock);
	wake();
}

/* All stand: what shall GDB be told? signal is what it knows as a reason. */
static void say_stop(int signal)
{
	pthread_mutex_lock(&gdb.lock);
	if (gdb.reported)
		focus.stopped = gdb.reporter;
	focus.general = focus.stopped;
	if (gdb.reported && gdb.watched)
		snprintf(focus.stop, sizeof(focus.stop), "T05%s:%llx;thread:%x;", gdb_watch_name(gdb.watched),
			 gdb.watched, focus.stopped + 1);
	else
		snprintf(focus.stop, sizeof(focus.stop), "T%02xthread:%x;", gdb.reported ? 5 : signal,
			 focus.stopped + 1);
	pthread_mutex_unlock(&gdb.lock);
}

static bool stop_and_tell(struct vm *vm, int signal)
{
	if (!vm_pause(vm, 0))
		return false;
	say_stop(signal);
	reply.len = 0;
	gdb_say(&reply, focus.stop);
	return gdb_send(&line, &reply);
}

static void go_on(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < opt.nr_cpus; i++) {
		if (!gdb_points_apply(&vm->vcpus[i], focus.steps[i]))
			warn("gdb: KVM_SET_GUEST_DEBUG of vCPU %u: %s", i, errno_text(errno));
	}
	pthread_mutex_lock(&gdb.lock);
	gdb.reported = false;
	pthread_mutex_unlock(&gdb.lock);
	vm_resume();
}

/* Reads until there is a packet, an interrupt, or an end; with the vCPUs running, until one reports, too. */
static enum gdb_input wait_for(bool running, bool *report)
{
	struct pollfd fds[] = {
		{ .fd = line.fd, .events = POLLIN },
		{ .fd = gdb.event_fd, .events = POLLIN },
	};
	enum gdb_input got = gdb_next(&line, &packet);
	__u64 events;

	*report = false;
	while (got == GDB_NOTHING) {
		if (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno != EINTR)
			return GDB_CLOSED;
		if (fds[1].revents && read(gdb.event_fd, &events, sizeof(events)) < 0)
			continue;
		if (has_ended())
			return GDB_CLOSED;
		/* An event may be one of before, which has been told already. */
		*report = running && has_reported();
		if (*report)
			return GDB_NOTHING;
		if (fds[0].revents)
			got = gdb_receive(&line, &packet);
	}
	return got;
}

/* From a stop to the next; false when the connection is over. The vCPUs stand before, and after a true. */
static bool serve_stop(struct vm *vm)
{
	enum gdb_next next = GDB_STAY;
	enum gdb_input got;
	bool report;

	while (next == GDB_STAY) {
		got = wait_for(false, &report);
		if (got == GDB_CLOSED)
			return false;
		if (got != GDB_PACKET_IN)
			continue;
		next = gdb_command(&focus, &line, &packet, &reply);
		if (next != GDB_GO && !gdb_send(&line, &reply))
			return false;
	}
	if (next == GDB_KILL)
		vm_stop(vm, STOP_EXIT, EXIT_SIGNAL + SIGKILL);
	if (next != GDB_GO)
		return false;
	go_on(vm);
	do {
		got = wait_for(true, &report);
	} while (got == GDB_PACKET_IN || (got == GDB_NOTHING && !report));
	if (got == GDB_CLOSED)
		return false;
	return stop_and_tell(vm, SIGINT);
}

static void serve_connection(struct vm *vm)
{
	if (vm_pause(vm, 0)) {
		say_stop(SIGTRAP);
		while (serve_stop(vm))
			;
	}
	if (has_ended())
		return;
	/* GDB is gone. Nothing of it stays in the guest. */
	if (vm_pause(vm, 0)) {
		gdb_points_clear();
		memset(focus.steps, 0, sizeof(focus.steps));
		go_on(vm);
	}
}

static void *gdb_thread(void *arg)
{
	/* Who takes nothing is gone: nobody waits for him, least of all the program's end. */
	const struct timeval patience = { .tv_sec = 5 };
	struct vm *vm = arg;
	int one = 1, fd;

	for (;;) {
		fd = accept4(gdb.listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (has_ended())
			return NULL;
		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
		line.fd = fd;
		line.len = 0;
		line.no_ack = false;
		serve_connection(vm);
		if (has_ended())
			return NULL;
		close(fd);
		line.fd = -1;
	}
}

/* The vCPUs' threads are there, and stand. */
void gdb_start(struct vm *vm)
{
	int err;

	focus.vm = vm;
	line.fd = -1;
	err = pthread_create(&gdb.thread, NULL, gdb_thread, vm);
	if (err)
		die("gdb's thread: %s", errno_text(err));
	gdb.started = true;
	warn("waiting for gdb: target remote 127.0.0.1:%u", opt.gdb_port);
}

/* The VM ends. GDB is told how. */
void gdb_end(struct vm *vm)
{
	char said[16];

	if (!gdb.started)
		return;
	__atomic_store_n(&gdb.ended, true, __ATOMIC_RELEASE);
	wake();
	vm_wake_paused();
	shutdown(gdb.listen_fd, SHUT_RDWR);	/* ends accept() */
	pthread_join(gdb.thread, NULL);
	if (line.fd < 0)
		return;
	snprintf(said, sizeof(said), "W%02x", vm->exit_status & 0xff);
	reply.len = 0;
	gdb_say(&reply, said);
	gdb_send(&line, &reply);
	close(line.fd);
}
