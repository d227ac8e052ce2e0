// SPDX-License-Identifier: GPL-2.0
/*
 * A network without any right: the program passt (https://passt.top), which a user may run, makes sockets of the host of
 * what the guest sends, and gives it an address by DHCP. It is started here, and ends when its socket closes.
 *
 * Owns: nothing. Locks: none; main thread.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "vmm.h"

/* In the child. Signals from the terminal are not for it. What fails is told through the pipe, which exec closes. */
static void become_passt(int fd, int tell, const struct net_user *user)
{
	const char *argv[12] = { "passt", "--foreground", "--quiet", "--fd" };
	unsigned int n = 4;
	char number[16];

	setpgid(0, 0);
	snprintf(number, sizeof(number), "%d", fd);
	argv[n++] = number;
	/* It would offer 65520 by DHCP, and the guest's driver has buffers for this. */
	argv[n++] = "--mtu";
	argv[n++] = "1500";
	if (user->tcp) {
		argv[n++] = "--tcp-ports";
		argv[n++] = user->tcp;
	}
	if (user->udp) {
		argv[n++] = "--udp-ports";
		argv[n++] = user->udp;
	}
	fcntl(fd, F_SETFD, 0);
	execvp("passt", (char *const *)argv);
	if (write(tell, &errno, sizeof(errno)) < 0)
		_exit(126);
	_exit(127);
}

void net_open_user(struct net *net, const struct net_user *user)
{
	int sockets[2], tell[2], err;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) || pipe2(tell, O_CLOEXEC))
		die_errno("--net user");
	pid = fork();
	if (pid < 0)
		die_errno("fork");
	if (pid == 0)
		become_passt(sockets[1], tell[1], user);
	close(sockets[1]);
	close(tell[1]);
	if (read(tell[0], &err, sizeof(err)) == sizeof(err)) {
		if (err == ENOENT)
			die("--net user needs the program passt in the PATH (Debian: apt install passt)");
		die("--net user: passt: %s", errno_text(err));
	}
	close(tell[0]);
	net_use_stream(net, sockets[0], "--net user: passt");
}
