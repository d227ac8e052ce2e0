// SPDX-License-Identifier: GPL-2.0
/*
 * record_ioctls - writes down what a program asks of /dev/kvm: strace shows no more than the addresses of most of KVM's
 * structures.
 *
 * Where: an arm64 Linux, as a library that is loaded before the program's own. Not part of any build:
 *   aarch64-linux-gnu-gcc -O1 -Wall -shared -fPIC -o record_ioctls.so tools/record_ioctls.c
 *   LD_PRELOAD=./record_ioctls.so RECORD=/tmp/calls qemu-system-aarch64 -accel kvm ...
 * A line for each call: file, ioctl, structure before, structure after, what it points at (registers, attributes),
 * argument if it is none, result, errno. selftests/api/startup_qemu.c is such a recording, condensed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/kvm.h>

#define MAX_BYTES	16384
#define NONE		"-"

struct text {
	char s[2 * MAX_BYTES + 1];
};

static int out = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void open_out(void)
{
	const char *path = getenv("RECORD");

	out = open(path ? path : "/tmp/calls", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static const char *hex(struct text *t, const void *from, size_t bytes)
{
	const unsigned char *b = from;
	size_t i;

	if (!from || !bytes)
		return NONE;
	if (bytes > MAX_BYTES)
		bytes = MAX_BYTES;
	for (i = 0; i < bytes; i++)
		sprintf(t->s + 2 * i, "%02x", b[i]);
	return t->s;
}

/* What the structure points at, or has behind it. */
static const char *pointed_at(struct text *t, unsigned int cmd, const void *arg)
{
	const struct kvm_one_reg *reg = arg;
	const struct kvm_device_attr *attr = arg;
	const struct kvm_reg_list *list = arg;
	const struct kvm_irq_routing *routes = arg;

	switch (cmd) {
	case KVM_GET_ONE_REG:
	case KVM_SET_ONE_REG:
		return hex(t, (void *)reg->addr, 1UL << ((reg->id & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT));
	case KVM_GET_DEVICE_ATTR:
	case KVM_SET_DEVICE_ATTR:
		return hex(t, (void *)attr->addr, sizeof(__u64));
	case KVM_GET_REG_LIST:
		return hex(t, list->reg, list->n * sizeof(list->reg[0]));
	case KVM_SET_GSI_ROUTING:
		return hex(t, routes->entries, routes->nr * sizeof(routes->entries[0]));
	}
	return NONE;
}

int ioctl(int fd, unsigned long request, ...)
{
	static __thread struct text before, after, there;
	unsigned int cmd = request, bytes = _IOC_SIZE(cmd);
	const char *was = NONE, *is = NONE, *at = NONE;
	int ret, err;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (_IOC_TYPE(cmd) != KVMIO)
		return syscall(SYS_ioctl, fd, cmd, arg);
	pthread_once(&once, open_out);
	if (bytes)
		was = hex(&before, arg, bytes);
	if (cmd == KVM_SET_ONE_REG || cmd == KVM_SET_DEVICE_ATTR || cmd == KVM_SET_GSI_ROUTING)
		at = pointed_at(&there, cmd, arg);
	ret = syscall(SYS_ioctl, fd, cmd, arg);
	err = errno;
	if (bytes && _IOC_DIR(cmd) & _IOC_READ)
		is = hex(&after, arg, bytes);
	if (!ret && (cmd == KVM_GET_ONE_REG || cmd == KVM_GET_DEVICE_ATTR || cmd == KVM_GET_REG_LIST))
		at = pointed_at(&there, cmd, arg);
	dprintf(out, "%d %x %s %s %s arg=%lx ret=%d errno=%d\n", fd, cmd, was, is, at,
		bytes ? 0 : (unsigned long)arg, ret, ret < 0 ? err : 0);
	errno = err;
	return ret;
}
