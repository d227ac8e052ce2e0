/* SPDX-License-Identifier: GPL-2.0 */
/*
 * armvcpu-run's virtio devices in one program for the build machine, with what they need of the rest: a VM that is a
 * piece of memory, whose ioctls do nothing. For selftests/unit/vmm_virtio.c, vmm_pci.c and
 * selftests/fuzz/pure_virtio.c.
 */
#ifndef VMM_VIRTIO_TEST_H
#define VMM_VIRTIO_TEST_H

#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tools/vmm/virtq.c"
#include "tools/vmm/blk_request.c"
#include "tools/vmm/suboption.c"
#include "tools/vmm/virtio_mmio.c"
#include "tools/vmm/virtio.c"
#include "tools/vmm/virtio_save.c"
#include "tools/vmm/virtio_pci.c"
#include "tools/vmm/msix.c"
#include "tools/vmm/pci.c"
#include "tools/vmm/pci_save.c"
#include "tools/vmm/disk_raw.c"
#include "tools/vmm/disk_nbd.c"
#include "tools/vmm/virtio_blk.c"
#include "tools/vmm/virtio_rng.c"
#include "tools/vmm/net_tap.c"
#include "tools/vmm/net_stream.c"
#include "tools/vmm/net_user.c"
#include "tools/vmm/virtio_net.c"

#define TEST_RAM	(1U << 20)
#define TEST_DISK	(64U << 10)

struct options opt = { .mem_size = TEST_RAM };
static struct vm test_vm;

void warn(const char *fmt, ...) { (void)fmt; }
void verbose(const char *fmt, ...) { (void)fmt; }

void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	puts(": the program would end");
	abort();
}

void die_errno(const char *fmt, ...)
{
	die("%s", fmt);
}

void vm_stop(struct vm *vm, enum stop_reason reason, int exit_status)
{
	(void)vm;
	(void)reason;
	(void)exit_status;
}

const char *errno_text(int err)
{
	return strerror(err);
}

int ioctl_or_die(int fd, unsigned long request, const char *name, void *arg)
{
	(void)fd;
	(void)request;
	(void)name;
	(void)arg;
	return 0;
}

/* Memory that the sanitizer guards at both ends, and a file that is a disk. Returns the file. */
static inline int test_machine(struct guest_ram *ram, char *name, size_t len)
{
	int fd = memfd_create("disk", 0);

	test_vm.ram = aligned_alloc(4096, TEST_RAM);
	if (!test_vm.ram || fd < 0 || ftruncate(fd, TEST_DISK))
		abort();
	memset(test_vm.ram, 0, TEST_RAM);
	*ram = (struct guest_ram) { .host = test_vm.ram, .base = RAM_BASE, .size = TEST_RAM };
	snprintf(name, len, "/proc/self/fd/%d", fd);
	return fd;
}

#endif
