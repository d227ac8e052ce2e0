// SPDX-License-Identifier: GPL-2.0
/*
 * uevents - prints what the kernel tells of uevents of devices called kvm or armvcpu, a line each: its words between
 * spaces. Ends when nothing has come for as many seconds as its argument says.
 */
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int ms = 1000 * (argc > 1 ? atoi(argv[1]) : 10);
	char text[8192];

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		perror("uevents");
		return 1;
	}
	puts("listening");
	fflush(stdout);
	while (poll(&poll_fd, 1, ms) > 0) {
		ssize_t len = recv(fd, text, sizeof(text) - 1, 0);
		ssize_t i;

		for (i = 0; i < len; i++) {
			if (!text[i])
				text[i] = ' ';
		}
		text[len < 0 ? 0 : len] = '\0';
		if (!strstr(text, "DEVNAME=kvm ") && !strstr(text, "DEVNAME=armvcpu "))
			continue;
		puts(text);
		fflush(stdout);
	}
	return 0;
}
