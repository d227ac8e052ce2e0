/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the threads of vmm_ioctls.c do to a VM's memory: slots, dirty logs and rings, and the pages behind the slots.
 */
#ifndef SELFTESTS_FUZZ_VMM_MEMORY_H
#define SELFTESTS_FUZZ_VMM_MEMORY_H

#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "vmm_fuzz.h"

/* A piece of it that is not the code. */
static char *piece(struct thread *t, u64 *size)
{
	u64 pages = (MEM_SIZE - CODE_SIZE) / SZ_4K, first = rnd(t, pages);

	*size = (1 + rnd(t, one_in(t, 4) ? pages - first : 1)) * SZ_4K;
	if (first * SZ_4K + *size > MEM_SIZE - CODE_SIZE)
		*size = SZ_4K;
	return mem + CODE_SIZE + first * SZ_4K;
}

static int do_slot_set(struct thread *t)
{
	u64 size, gpa = one_in(t, 2) ? EXTRA_BASE + rnd(t, 1024) * SZ_4K : (fuzz_rand(&t->rng) & 0x7ffffff) << 12;
	u64 hva = (u64)piece(t, &size);
	u32 slot = one_in(t, 16) ? fuzz_rand(&t->rng) : 1 + rnd(t, 7);

	if (one_in(t, 16))
		hva = fuzz_rand(&t->rng);
	return region(fd_of(&some_vm(t)->vm), slot, one_in(t, 16) ? fuzz_rand(&t->rng) : rnd(t, 4), gpa, size, hva);
}

static int do_slot_delete(struct thread *t)
{
	return region(fd_of(&some_vm(t)->vm), 1 + rnd(t, 7), 0, 0, 0, 0);
}

/* What the builder made: logged, moved, or both. */
static int do_slot_change(struct thread *t)
{
	return region(fd_of(&some_vm(t)->vm), 1, rnd(t, 2), EXTRA_BASE + (one_in(t, 4) ? rnd(t, 64) * SZ_64K : 0),
		      MEM_SIZE - CODE_SIZE, (u64)mem + CODE_SIZE);
}

static int do_dirty_log(struct thread *t)
{
	struct kvm_dirty_log log = { .slot = one_in(t, 8) ? fuzz_rand(&t->rng) : 1 + rnd(t, 7) };

	log.dirty_bitmap = one_in(t, 16) ? (void *)fuzz_rand(&t->rng) : t->buf;
	return kioctlp(fd_of(&some_vm(t)->vm), KVM_GET_DIRTY_LOG, &log);
}

static int do_clear_log(struct thread *t)
{
	struct kvm_clear_dirty_log log = {
		.slot = one_in(t, 16) ? fuzz_rand(&t->rng) : 1 + rnd(t, 7),
		.first_page = one_in(t, 8) ? rnd(t, 1024) : rnd(t, 4) * 64,
		.num_pages = one_in(t, 8) ? rnd(t, 1024) : rnd(t, 16) * 64,
		.dirty_bitmap = one_in(t, 16) ? (void *)fuzz_rand(&t->rng) : t->buf,
	};

	return kioctlp(fd_of(&some_vm(t)->vm), KVM_CLEAR_DIRTY_LOG, &log);
}

/* ---- dirty rings ------------------------------------------------------------------------------------ */

/* Before vCPUs and slots, or it is refused. */
static int enable_ring(struct thread *t, int vm)
{
	struct kvm_enable_cap ring = {
		.cap = KVM_CAP_DIRTY_LOG_RING_ACQ_REL,
		.args = { one_in(t, 8) ? fuzz_rand(&t->rng) : (u64)getpagesize() << rnd(t, 3) },
	};
	struct kvm_enable_cap bitmap = { .cap = KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP };
	struct kvm_enable_cap split = {
		.cap = KVM_CAP_ARM_EAGER_SPLIT_CHUNK_SIZE, .args = { one_in(t, 4) ? fuzz_rand(&t->rng) : SZ_2M },
	};

	kioctlp(vm, KVM_ENABLE_CAP, &split);
	if (one_in(t, 2))
		kioctlp(vm, KVM_ENABLE_CAP, &bitmap);
	return kioctlp(vm, KVM_ENABLE_CAP, &ring);
}

/*
 * Entries handed back, in order or not, written or not, and now and then something else in their place. A VM without
 * rings has nothing there but a SIGBUS, which by these calls is an error.
 */
static int do_ring(struct thread *t)
{
	size_t size = getpagesize(), i, nr = size / sizeof(struct kvm_dirty_gfn), first = one_in(t, 4) ? rnd(t, nr) : 0;
	struct kvm_dirty_gfn *ring = (void *)t->buf;
	struct iovec here = { ring, size }, there = {
		map_in_window(t, size, MAP_SHARED, some_vcpu(t), ARMVCPU_DIRTY_RING_OFFSET * size), size,
	};
	int ret;

	if (there.iov_base == MAP_FAILED)
		return -errno;
	ret = result(process_vm_readv(getpid(), &here, 1, &there, 1, 0));
	for (i = first; ret > 0 && i < nr; i++) {
		if (one_in(t, 64))
			ring[i] = (struct kvm_dirty_gfn){ rnd(t, 5), fuzz_rand(&t->rng), fuzz_rand(&t->rng) };
		else if (ring[i].flags & KVM_DIRTY_GFN_F_DIRTY || one_in(t, 64))
			ring[i].flags = KVM_DIRTY_GFN_F_RESET;
	}
	if (ret > 0)
		ret = result(process_vm_writev(getpid(), &here, 1, &there, 1, 0));
	clear_window(t);
	return ret;
}

static int do_ring_reset(struct thread *t)
{
	return kioctl(fd_of(&some_vm(t)->vm), KVM_RESET_DIRTY_RINGS, 0);
}

/* ---- memory tags ------------------------------------------------------------------------------------ */

/* Before vCPUs; where there are none it is refused, and so is each copy. */
static int enable_tags(int vm)
{
	struct kvm_enable_cap tags = { .cap = KVM_CAP_ARM_MTE };

	return kioctlp(vm, KVM_ENABLE_CAP, &tags);
}

/* Copies, most of them of something, to where there is room for them. */
static int do_tags(struct thread *t)
{
	struct kvm_arm_copy_mte_tags copy = {
		.guest_ipa = one_in(t, 8) ? fuzz_rand(&t->rng) : EXTRA_BASE + rnd(t, 1024) * SZ_4K,
		.length = one_in(t, 8) ? fuzz_rand(&t->rng) : rnd(t, 8) * SZ_4K,
		.addr = one_in(t, 16) ? (void *)fuzz_rand(&t->rng) : t->buf,
		.flags = one_in(t, 16) ? fuzz_rand(&t->rng) : rnd(t, 2),
		.reserved = { one_in(t, 32) },
	};

	/* No more than the buffer has room for. */
	if (copy.addr == t->buf && copy.length > sizeof(t->buf))
		copy.length = SZ_4K;
	return kioctlp(fd_of(&some_vm(t)->vm), KVM_ARM_MTE_COPY_TAGS, &copy);
}

/* ---- the pages behind the slots --------------------------------------------------------------------- */

static int do_madvise(struct thread *t)
{
	static const int advice[] = {
		MADV_DONTNEED, MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_MERGEABLE,
		MADV_UNMERGEABLE, MADV_WILLNEED, MADV_COLD, MADV_PAGEOUT,
	};
	u64 size;
	char *p = piece(t, &size);

	return result(madvise(p, size, advice[rnd(t, ARRAY_SIZE(advice))]));
}

static int do_mprotect(struct thread *t)
{
	static const int prot[] = { PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE };
	u64 size;
	char *p = piece(t, &size);

	return result(mprotect(p, size, prot[rnd(t, ARRAY_SIZE(prot))]));
}

/* Other pages there, or for a moment none. */
static int do_remap(struct thread *t)
{
	u64 size;
	char *p = piece(t, &size);

	if (one_in(t, 4))
		munmap(p, size);
	p = mmap(p, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return p == MAP_FAILED ? -errno : 0;
}

/* The child has the descriptors, but another memory; while it lives, all pages are read-only. */
static int do_fork(struct thread *t)
{
	int fd = some_vcpu(t), vm = fd_of(&some_vm(t)->vm), status;
	pid_t pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (!pid) {
		kioctl(fd, KVM_RUN, 0);
		region(vm, 1 + rnd(t, 7), 0, EXTRA_BASE, SZ_4K, (u64)mem);
		syscall(SYS_exit_group, 0);
	}
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return 0;
}

#endif
