// SPDX-License-Identifier: GPL-2.0
/*
 * open_storm - opens a node as often as it can, in as many processes as its second argument says, until it gets
 * SIGTERM. Prints how often that succeeded.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t over;

static void end(int sig)
{
	over = 1;
}

static void storm(const char *node, unsigned int *opened)
{
	while (!over) {
		int fd = open(node, O_RDONLY);

		if (fd < 0)
			continue;
		__atomic_fetch_add(opened, 1, __ATOMIC_RELAXED);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	unsigned int *opened = mmap(NULL, sizeof(*opened), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int i, processes;

	if (argc != 3 || opened == MAP_FAILED)
		return 1;
	processes = atoi(argv[2]);
	signal(SIGTERM, end);
	for (i = 1; i < processes; i++) {
		if (!fork()) {
			storm(argv[1], opened);
			return 0;
		}
	}
	storm(argv[1], opened);
	kill(0, SIGTERM);
	while (wait(NULL) > 0)
		;
	printf("%u\n", *opened);
	return 0;
}
