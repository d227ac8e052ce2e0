// SPDX-License-Identifier: GPL-2.0
/*
 * split: runs a program and says how many instructions CPU 0 executed meanwhile at EL1, at EL2 and at EL0, by the CPU's
 * own counters.
 *
 * Runs at: user space of an emulated VHE host, root, one CPU. bench.sh boots a guest with it: what the guest's kernel
 * executes, which is all that there is at EL1, is the same on any hypervisor, so it is what none can better. (perf's
 * words for it: a VHE host's kernel is at EL2, so exclude_host leaves EL1, exclude_guest leaves EL2 and EL0.)
 */
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int counter(int host, int guest, int kernel, int user)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.disabled = 1,
		.pinned = 1,
		.exclude_host = !host,
		.exclude_guest = !guest,
		.exclude_kernel = !kernel,
		.exclude_user = !user,
		.exclude_hv = !kernel,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);

	if (fd < 0)
		perror("split: perf_event_open");
	return fd;
}

static uint64_t value(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

int main(int argc, char **argv)
{
	int fd[3] = { counter(0, 1, 1, 1), counter(1, 0, 1, 0), counter(1, 0, 0, 1) };
	bool can = fd[0] >= 0 && fd[1] >= 0 && fd[2] >= 0;
	int i, status = 1;
	pid_t pid;

	if (argc < 2)
		return 1;
	for (i = 0; i < 3; i++)
		ioctl(fd[i], PERF_EVENT_IOC_ENABLE, 0);
	pid = fork();
	if (!pid) {
		execv(argv[1], argv + 1);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	for (i = 0; i < 3; i++)
		ioctl(fd[i], PERF_EVENT_IOC_DISABLE, 0);
	if (can)
		fprintf(stderr, "@@split|%llu|%llu|%llu\n", (unsigned long long)value(fd[0]),
			(unsigned long long)value(fd[1]), (unsigned long long)value(fd[2]));
	return status != 0;
}
