/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of vmm_ioctls.c share: the VMs that all threads take apart, a thread with its random numbers and its
 * window of addresses, descriptors that may be gone or somebody else's by now.
 */
#ifndef SELFTESTS_FUZZ_VMM_FUZZ_H
#define SELFTESTS_FUZZ_VMM_FUZZ_H

#include <pthread.h>
#include <sys/mman.h>

#include "fuzz.h"
#include "uapi/armvcpu.h"

#define NR_THREADS	4
#define NR_VMS		3
#define NR_VCPUS	4
#define NR_EVENTS	32
#define MEM_SIZE	(4UL << 20)
#define CODE_SIZE	SZ_64K
#define MAX_ERRNO	135

/* Descriptors; -1: none. Whoever takes one out closes it, all others just use the number, whatever that is by then. */
struct fuzz_vm {
	int vm, gic, stats;
	int vcpu[NR_VCPUS];
};

static struct fuzz_vm vms[NR_VMS];
static int events[NR_EVENTS];
static int dev;
static u32 gic_kind;
static char *mem;		/* what all slots are in; the guests' code is at its beginning and stays */
static bool fail_allocs;

struct thread {
	pthread_t thread;
	unsigned int nr;
	struct fuzz_rng rng;
	const char *doing;
	char *window;			/* WINDOW_SIZE bytes of addresses; nothing is mapped anywhere else */
	unsigned char buf[4096 * 32];
};

static struct thread threads[NR_THREADS];

/*
 * Where a thread maps what it maps. At an address of the kernel's choice it could come to lie in a hole that do_remap()
 * just made, where the next do_mprotect() takes it from under our feet.
 */
#define WINDOW_SIZE	(4 * SZ_64K)

/* Reserved again, not unmapped. */
static int clear_window(struct thread *t)
{
	void *p = mmap(t->window, WINDOW_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
		       0);

	return p == MAP_FAILED ? -errno : 0;
}

/* A failure may have unmapped what was there. */
static void *map_in_window(struct thread *t, size_t size, int flags, int fd, off_t offset)
{
	void *p = MAP_FAILED;
	int error;

	if (size <= WINDOW_SIZE)
		p = mmap(t->window, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, offset);
	if (p == MAP_FAILED) {
		error = errno;
		clear_window(t);
		errno = error;
	}
	return p;
}

/* ---- descriptors ------------------------------------------------------------------------------------ */

static u64 rnd(struct thread *t, u64 n)
{
	return fuzz_below(&t->rng, n);
}

static bool one_in(struct thread *t, u64 n)
{
	return fuzz_one_in(&t->rng, n);
}

static struct fuzz_vm *some_vm(struct thread *t)
{
	return &vms[rnd(t, NR_VMS)];
}

static int fd_of(int *place)
{
	return __atomic_load_n(place, __ATOMIC_RELAXED);
}

static int some_vcpu(struct thread *t)
{
	return fd_of(&some_vm(t)->vcpu[rnd(t, NR_VCPUS)]);
}

static int some_event(struct thread *t)
{
	return fd_of(&events[rnd(t, NR_EVENTS)]);
}

/* Into this place, and out of it what was there. */
static void put(int *place, int fd)
{
	int old = __atomic_exchange_n(place, fd, __ATOMIC_RELAXED);

	if (old >= 0)
		close(old);
}

static int result(int ret)
{
	return ret < 0 ? -errno : ret;
}
static int region(int fd, u32 slot, u32 flags, u64 gpa, u64 size, u64 hva)
{
	struct kvm_userspace_memory_region r = { slot, flags, gpa, size, hva };

	return kioctlp(fd, KVM_SET_USER_MEMORY_REGION, &r);
}

#endif
