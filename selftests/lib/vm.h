/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host half of a test: device, VM, memory, vCPUs, running. Functions here do
 * the ordinary thing and end the test's process with a message when that fails;
 * a test of an error path calls kioctl() itself.
 */
#ifndef SELFTESTS_VM_H
#define SELFTESTS_VM_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "types.h"
#include "abi.h"
#include "fp.h"
#include "layout.h"
#include "guest.h"

#define MAX_TEST_VCPUS	16
#define MAX_TEST_SLOTS	16

struct memslot {
	u64 gpa, size;
	void *hva;
};

struct vm;

struct vcpu {
	struct vm *vm;
	int fd;
	unsigned int id;
	struct kvm_run *run;
	size_t run_size;
	/* What the V registers hold at each KVM_RUN, and where they go behind it; NULL: nobody cares */
	const struct fp_regs *fp_in;
	struct fp_regs *fp_out;
};

struct vm {
	int dev;
	int fd;
	int gic;			/* -1: none */
	bool gic_is_v2;			/* with gic */
	unsigned int nr_vcpus;
	struct vcpu *vcpus[MAX_TEST_VCPUS];
	struct memslot slots[MAX_TEST_SLOTS];
	u32 features;			/* what guest_vcpu() passes to VCPU_INIT; at first PSCI_0_2 alone */
	bool mmu_off;			/* guests start with MMU and caches off */
};

const char *dev_path(void);
int dev_try_open(void);			/* fd or -errno */
int dev_open(void);

/* ioctl() with the error as negative return value. */
int kioctl(int fd, unsigned long cmd, unsigned long arg);
#define kioctlp(fd, cmd, ptr)	kioctl(fd, cmd, (unsigned long)(ptr))
int check_cap(int fd, long cap);

void __attribute__((noreturn, format(printf, 1, 2))) die(const char *fmt, ...);

/* A VM without memory and vCPUs; type is CREATE_VM's argument. */
struct vm *vm_create_type(unsigned long type);
struct vm *vm_create(void);
/* A VM with RAM at RAM_BASE (slot 0) that holds a copy of this program. */
struct vm *vm_create_guest(void);
void vm_free(struct vm *vm);

int mem_set(struct vm *vm, u32 slot, u32 flags, u64 gpa, u64 size, void *hva);
void *mem_add(struct vm *vm, u32 slot, u32 flags, u64 gpa, u64 size);
void mem_add_at(struct vm *vm, u32 slot, u32 flags, u64 gpa, u64 size, void *hva);
void *mem_anon(size_t size);
void vm_load_image(struct vm *vm);
void *vm_hva(struct vm *vm, u64 gpa);

#define ARMVCPU_DEBUGFS	"/sys/kernel/debug/armvcpu"	/* not there on KVM */

/* The guest's copy of a global variable of this program. */
#define gv(vm, var)	(*(volatile typeof(var) *)vm_hva(vm, (u64)&(var)))

struct vcpu *vcpu_create(struct vm *vm, unsigned int id);
void vcpu_free(struct vcpu *vcpu);
int vcpu_init(struct vcpu *vcpu, u32 features);

/* Create, init, and enter fn(arg) with stack and vectors at the first run. */
struct vcpu *guest_vcpu(struct vm *vm, unsigned int id, void (*fn)(u64), u64 arg);
struct guest_cpu *guest_cpu_area(struct vm *vm, unsigned int id);
void guest_set_entry(struct vcpu *vcpu, void (*fn)(u64), u64 arg);

u64 reg_get(struct vcpu *vcpu, u64 id);
void reg_set(struct vcpu *vcpu, u64 id, u64 value);
int reg_try_get(struct vcpu *vcpu, u64 id, void *value);
int reg_try_set(struct vcpu *vcpu, u64 id, const void *value);
struct kvm_reg_list *reg_list(struct vcpu *vcpu);
bool reg_is_listed(struct vcpu *vcpu, u64 id);

/* One KVM_RUN: 0 or -errno. */
int vcpu_run_once(struct vcpu *vcpu);
/* What the last exit asked for is done, and nothing else: -EINTR, or 0 with an exit that is the same access's. */
int vcpu_complete(struct vcpu *vcpu);

/*
 * Run to the next exit that is not a signal. Returns a ucall_cmd (UCALL_NONE:
 * look at vcpu->run) or -errno. UCALL_ABORT and UCALL_FAULT are printed.
 * A guest that is still running after run_timeout() seconds in this thread
 * ends the test with its registers, and what the module says of all VMs, on
 * stderr. More than the harness's own limit, 90, would keep that from coming.
 */
int vcpu_run(struct vcpu *vcpu, struct ucall *uc);
void run_timeout(unsigned int seconds);
void vcpu_dump(struct vcpu *vcpu);

/* Run until UCALL_DONE; every other exit ends the test. */
void vcpu_run_done(struct vcpu *vcpu);
/* Run until UCALL_SYNC(stage); every other exit ends the test. */
struct ucall vcpu_run_sync(struct vcpu *vcpu, u64 stage);

/* vcpu_run_done() in a thread of its own for each. */
void vcpus_run_done(struct vm *vm);

u64 now_ns(void);
u64 cpu_ns(void);			/* CPU time of the calling thread */
long meminfo_kb(const char *key);

#endif
