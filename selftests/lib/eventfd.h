/* SPDX-License-Identifier: GPL-2.0 */
/* Eventfds and KVM_IOEVENTFD; host half only. */
#ifndef SELFTESTS_EVENTFD_H
#define SELFTESTS_EVENTFD_H

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include "vm.h"

static inline int new_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		die("eventfd: %s", strerror(errno));
	return fd;
}

/* Signals since the last look; of one that doesn't block. */
static inline u64 count_of(int fd)
{
	eventfd_t v = 0;

	return eventfd_read(fd, &v) ? 0 : v;
}

/* 0 or -errno */
static inline int ioeventfd(struct vm *vm, int fd, u64 addr, u32 len, u64 match, u32 flags)
{
	struct kvm_ioeventfd io = { .fd = fd, .addr = addr, .len = len, .datamatch = match, .flags = flags };

	return kioctlp(vm->fd, KVM_IOEVENTFD, &io);
}

#endif
