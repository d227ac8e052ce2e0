// SPDX-License-Identifier: GPL-2.0
/*
 * Talk over AF_VSOCK, for virtio.sh, in the host and in its guest; busybox can't.
 *
 * vsock_talk listen PORT: takes one connection, sends back all that comes with each bit turned round.
 * vsock_talk PORT CID BYTES: connects (tries for 4 minutes), sends so many and looks whether that is what comes back.
 *
 * Runs at: host and guest. Owns: nothing.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>	/* wants sys/socket.h before it */

static size_t total;

static unsigned char nth(size_t i)
{
	return i * 7 + (i >> 8);
}

static int listens(struct sockaddr_vm *addr)
{
	int s = socket(AF_VSOCK, SOCK_STREAM, 0), c;
	static unsigned char data[8192];
	ssize_t n, i;

	addr->svm_cid = VMADDR_CID_ANY;
	if (s < 0 || bind(s, (struct sockaddr *)addr, sizeof(*addr)) || listen(s, 1))
		return 1;
	c = accept(s, NULL, NULL);
	while ((n = read(c, data, sizeof(data))) > 0) {
		for (i = 0; i < n; i++)
			data[i] = ~data[i];
		if (write(c, data, n) != n)
			return 1;
	}
	return n != 0;
}

static void *sends(void *arg)
{
	static unsigned char data[5000];
	size_t done, i, n;
	int s = *(int *)arg;

	for (done = 0; done < total; done += n) {
		n = total - done < sizeof(data) ? total - done : sizeof(data);
		for (i = 0; i < n; i++)
			data[i] = nth(done + i);
		if (write(s, data, n) != (ssize_t)n)
			break;
	}
	shutdown(s, SHUT_WR);
	return NULL;
}

static int connects(struct sockaddr_vm *addr)
{
	static unsigned char data[4096];
	size_t got = 0;
	pthread_t t;
	ssize_t n, i;
	int s, tries;

	for (tries = 0; ; tries++) {
		s = socket(AF_VSOCK, SOCK_STREAM, 0);
		if (s < 0 || tries == 6000)
			return 1;
		if (!connect(s, (struct sockaddr *)addr, sizeof(*addr)))
			break;
		close(s);
		usleep(100000);
	}
	if (pthread_create(&t, NULL, sends, &s))
		return 1;
	while ((n = read(s, data, sizeof(data))) > 0)
		for (i = 0; i < n; i++)
			if (data[i] != (unsigned char)~nth(got++))
				return 1;
	pthread_join(t, NULL);
	return got != total;
}

int main(int argc, char **argv)
{
	struct sockaddr_vm addr = { .svm_family = AF_VSOCK };

	if (argc == 3) {
		addr.svm_port = atoi(argv[2]);
		return listens(&addr);
	}
	if (argc != 4)
		return 2;
	addr.svm_port = atoi(argv[1]);
	addr.svm_cid = atoi(argv[2]);
	total = atoi(argv[3]);
	return connects(&addr);
}
