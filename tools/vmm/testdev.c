// SPDX-License-Identifier: GPL-2.0
/*
 * A device for test guests, at TESTDEV_BASE:
 *
 *   offset  bits  access  what
 *   0x00    any   write   ends the program with the low 8 bits as exit status
 *   0x08    any   r/w     64 bits of storage, byte addressable (0x08 to 0x0f)
 *   0x10    32    r/w     bit 0 drives the device's interrupt, SPI 2
 *   0x18    64    read    how often the device was accessed, this time included
 *
 * All else reads as 0, and writes are ignored. Accesses of every width work.
 *
 * Owns: its registers. Locks: its own, taken inside.
 */
#define _GNU_SOURCE
#include <string.h>

#include "vmm.h"

#define TESTDEV_EXIT	0x00
#define TESTDEV_STORE	0x08
#define TESTDEV_IRQ	0x10
#define TESTDEV_COUNT	0x18

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Addressed by offset; the register at 0x00 cannot be read. */
static struct {
	__u64	exit;
	__u64	store;
	__u64	irq;
	__u64	count;
} regs;

void testdev_reset(struct vm *vm)
{
	pthread_mutex_lock(&lock);
	memset(&regs, 0, sizeof(regs));
	vm_set_spi(vm, TESTDEV_SPI, false);
	pthread_mutex_unlock(&lock);
}

__u64 testdev_read(struct vm *vm, __u64 offset, unsigned int len)
{
	__u64 value = 0;

	(void)vm;
	pthread_mutex_lock(&lock);
	regs.count++;
	if (offset + len <= sizeof(regs))
		memcpy(&value, (__u8 *)&regs + offset, len);
	pthread_mutex_unlock(&lock);
	return value;
}

void testdev_write(struct vm *vm, __u64 offset, unsigned int len, __u64 value)
{
	pthread_mutex_lock(&lock);
	regs.count++;
	if (offset == TESTDEV_EXIT) {
		verbose("test device: exit with status %llu", value & 0xff);
		vm_stop(vm, STOP_EXIT, value & 0xff);
	} else if (offset >= TESTDEV_STORE && offset + len <= TESTDEV_IRQ) {
		memcpy((__u8 *)&regs + offset, &value, len);
	} else if (offset == TESTDEV_IRQ) {
		regs.irq = value & 1;
		vm_set_spi(vm, TESTDEV_SPI, regs.irq);
	}
	pthread_mutex_unlock(&lock);
}

size_t testdev_save(void *to)
{
	pthread_mutex_lock(&lock);
	memcpy(to, &regs, sizeof(regs));
	pthread_mutex_unlock(&lock);
	return sizeof(regs);
}

bool testdev_restore(struct vm *vm, const void *from, size_t size)
{
	if (size != sizeof(regs))
		return false;
	pthread_mutex_lock(&lock);
	memcpy(&regs, from, size);
	regs.irq &= 1;
	vm_set_spi(vm, TESTDEV_SPI, regs.irq);
	pthread_mutex_unlock(&lock);
	return true;
}
