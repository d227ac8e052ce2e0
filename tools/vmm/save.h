/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files that save and restore a VM share. Each part of the VM has two functions: one writes its records, the
 * other is given them one by one.
 *
 *   save_file.c    the file's frame: records, and their sum
 *   save.c         when, in which order, and what both sides must have in common
 *   save_vcpu.c    registers, power state, pending SErrors, the counters
 *   save_gic.c     the interrupt controller
 *   save_its.c     and its ITS
 *   save_memory.c  memory
 *   uart.c, testdev.c, rtc.c, firmware.c, virtio_save.c, pci_save.c  the program's own devices
 *
 * All of it: main thread, while no vCPU runs and no device serves.
 */
#ifndef VMM_SAVE_H
#define VMM_SAVE_H

#include "save_file.h"
#include "vmm.h"

/* Each returns NULL, or what went wrong, for people; errno then says more if it is not 0. */
const char *save_vcpu(struct vcpu *vcpu, struct save_stream *to);
const char *save_clock(struct vm *vm, struct save_stream *to);
const char *save_gic(struct vm *vm, struct save_stream *to);
const char *save_its_tables(struct vm *vm);
const char *save_its(struct vm *vm, struct save_stream *to);
const char *save_memory(struct vm *vm, struct save_stream *to);
const char *save_tags(struct vm *vm, struct save_stream *to);

/* Likewise, for a record that has been read; index and size are what it says. */
const char *restore_regs(struct vcpu *vcpu, const void *bytes, size_t size);
const char *restore_vcpu(struct vcpu *vcpu, const void *bytes, size_t size);
const char *restore_clock(struct vm *vm, const void *bytes, size_t size);
const char *restore_gic(struct vm *vm, unsigned int index, const void *bytes, size_t size);
const char *restore_its(struct vm *vm, const void *bytes, size_t size);
const char *restore_memory(struct vm *vm, const void *bytes, size_t size);
const char *restore_tags(struct vm *vm, void *bytes, size_t size);

#define SAVE_CANT_WRITE	"it can't be written"
#define SAVE_DAMAGED	"damaged"
#define SAVE_ENDED	"the user ends it"

#endif
