// SPDX-License-Identifier: GPL-2.0
/*
 * Dirty rings: each vCPU tells which pages it wrote, in memory that it shares with user space.
 *
 * Runs at: host kernel; pushing: the vCPU's own thread. Owns: struct av_dirty_ring.
 * Locks: an entry is pushed by one thread only. slots_lock for who takes entries back; mmu_lock, which the fault that
 * pushes holds, when their pages are protected.
 *
 * An entry's flags pass it on: 0, the module may fill it; DIRTY, user space may read it; RESET, user space is done with
 * it, and KVM_RESET_DIRTY_RINGS may take it back. What user space writes there is a claim, not a fact: where the ring
 * begins and ends is in struct av_dirty_ring, and only what was pushed is taken back.
 *
 * RUN does not enter the guest while no more than AV_RING_RESERVE entries are free; those are for what the module
 * itself writes for the guest: stolen time, an ITS's tables.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "mm.h"

#define AV_RING_RESERVE		64

/* Entries whose pages are protected in one go with the lock held. */
#define RESET_BATCH		64

/**
 * av_ring_set_size() - KVM_CAP_DIRTY_LOG_RING_ACQ_REL: how large each vCPU's ring is to be
 * @vm: the VM
 * @size: in bytes, of which the upper half of the argument does not count, as in KVM
 *
 * Context: vm->lock held. Return: 0; -E2BIG for more than KVM_CHECK_EXTENSION says; -EINVAL for another size that can't
 * be, the second time, or when there is a vCPU.
 */
int av_ring_set_size(struct av_vm *vm, u32 size)
{
	lockdep_assert_held(&vm->lock);
	if (!is_power_of_2(size) || size < PAGE_SIZE || size < AV_RING_RESERVE * sizeof(struct kvm_dirty_gfn))
		return -EINVAL;
	if (size > AV_RING_BYTES)
		return -E2BIG;
	if (vm->mmu.ring_size || vm->created_vcpus)
		return -EINVAL;
	/* The bitmaps' choice is made by slots_lock's holders. */
	mutex_lock(&vm->mmu.slots_lock);
	WRITE_ONCE(vm->mmu.ring_size, size);
	mutex_unlock(&vm->mmu.slots_lock);
	return 0;
}

/**
 * av_ring_add_bitmap() - KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP: bitmaps for what no vCPU writes, an ITS's tables saved
 * @vm: the VM
 *
 * Context: ioctl. Return: 0, -EINVAL without rings, or when there are memslots, which would have no bitmap.
 */
int av_ring_add_bitmap(struct av_vm *vm)
{
	int ret = -EINVAL;

	mutex_lock(&vm->mmu.slots_lock);
	if (vm->mmu.ring_size && xa_empty(&vm->mmu.slots)) {
		vm->mmu.ring_with_bitmap = true;
		ret = 0;
	}
	mutex_unlock(&vm->mmu.slots_lock);
	return ret;
}

/**
 * av_ring_create() - a new vCPU's ring, if its VM has rings
 * @vcpu: the vCPU
 *
 * Context: vm->lock held, may sleep. Return: 0, -ENOMEM.
 */
int av_ring_create(struct av_vcpu *vcpu)
{
	u32 size = vcpu->vm->mmu.ring_size;

	/* 64K entries, in KVM's words */
	BUILD_BUG_ON(sizeof(struct kvm_dirty_gfn) != AV_RING_BYTES / SZ_64K);
	if (!size)
		return 0;
	vcpu->ring.entries = __vmalloc(size, AV_GFP_MAPPED | __GFP_ZERO);
	if (!vcpu->ring.entries)
		return -ENOMEM;
	vcpu->ring.nr = size / sizeof(struct kvm_dirty_gfn);
	return 0;
}

void av_ring_destroy(struct av_vcpu *vcpu)
{
	vfree(vcpu->ring.entries);
}

/* The page of a vCPU's mapping, from KVM_DIRTY_LOG_PAGE_OFFSET on; NULL if the ring has none there. */
struct page *av_ring_page(struct av_vcpu *vcpu, unsigned long n)
{
	if (n >= vcpu->ring.nr * sizeof(struct kvm_dirty_gfn) / PAGE_SIZE)
		return NULL;
	return vmalloc_to_page((void *)vcpu->ring.entries + n * PAGE_SIZE);
}

static struct kvm_dirty_gfn *entry_at(struct av_dirty_ring *ring, u32 index)
{
	return &ring->entries[index & (ring->nr - 1)];
}

/* By the vCPU's thread. */
static u32 nr_used(struct av_dirty_ring *ring)
{
	/* Pairs with take_back(): it has read what the entry was. */
	return ring->pushed - smp_load_acquire(&ring->taken);
}

/* Does the last entry tell of that page, to somebody who has not looked yet? */
static bool is_told(struct av_dirty_ring *ring, u32 slot, u64 offset)
{
	struct kvm_dirty_gfn *last = entry_at(ring, ring->pushed - 1);

	if (!nr_used(ring))
		return false;
	/*
	 * Before: the write to the page. Not after: the flags' read. Who sets RESET after it, and copies the page
	 * afterwards, by way of an ioctl that is a barrier, too, has what was written.
	 */
	smp_mb();
	return READ_ONCE(last->flags) == KVM_DIRTY_GFN_F_DIRTY && READ_ONCE(last->slot) == slot &&
	       READ_ONCE(last->offset) == offset;
}

/**
 * av_ring_push() - tell that a page was written
 * @vcpu: the vCPU, in its own thread
 * @slot: the memslot's number
 * @offset: the page, from the slot's beginning
 *
 * Context: any, the page's write or the permission to write it was before. Return: false if there is no place.
 */
bool av_ring_push(struct av_vcpu *vcpu, u32 slot, u64 offset)
{
	struct av_dirty_ring *ring = &vcpu->ring;
	struct kvm_dirty_gfn *entry = entry_at(ring, ring->pushed);

	if (is_told(ring, slot, offset))
		return true;
	if (nr_used(ring) == ring->nr)
		return false;
	WRITE_ONCE(entry->slot, slot);
	WRITE_ONCE(entry->offset, offset);
	/* Release: slot and offset. Pairs with user space's acquire, KVM_CAP_DIRTY_LOG_RING_ACQ_REL. */
	smp_store_release(&entry->flags, KVM_DIRTY_GFN_F_DIRTY);
	/* Pairs with take_back(): the entry before the count. */
	smp_store_release(&ring->pushed, ring->pushed + 1);
	if (ring->nr - nr_used(ring) <= AV_RING_RESERVE)
		set_bit(AV_REQ_RING_FULL, &vcpu->requests);
	return true;
}

/* Is there a place for what the module is going to write? */
bool av_ring_has_room(struct av_vcpu *vcpu)
{
	return nr_used(&vcpu->ring) < vcpu->ring.nr;
}

/**
 * av_ring_is_full() - must user space take entries before the guest goes on?
 * @vcpu: the vCPU, in its own thread
 *
 * AV_REQ_RING_FULL stays until there are enough.
 */
bool av_ring_is_full(struct av_vcpu *vcpu)
{
	if (!av_vcpu_take_request(vcpu, AV_REQ_RING_FULL) ||
	    vcpu->ring.nr - nr_used(&vcpu->ring) > AV_RING_RESERVE)
		return false;
	set_bit(AV_REQ_RING_FULL, &vcpu->requests);
	return true;
}

/* ---- KVM_RESET_DIRTY_RINGS ------------------------------------------------------------------------------- */

struct batch {
	unsigned int nr;
	struct {
		u32 slot;
		u64 offset;
	} item[RESET_BATCH];
};

/* The entries that user space is done with, in order, as many as fit. */
static void take_back(struct av_dirty_ring *ring, struct batch *b)
{
	/* Pairs with av_ring_push(): the entries that the count covers. */
	u32 end = smp_load_acquire(&ring->pushed);
	u32 at = ring->taken;

	for (b->nr = 0; at != end && b->nr < RESET_BATCH; at++) {
		struct kvm_dirty_gfn *entry = entry_at(ring, at);

		/* Acquire: what user space read of the entry was before. */
		if (!(smp_load_acquire(&entry->flags) & KVM_DIRTY_GFN_F_RESET))
			break;
		b->item[b->nr].slot = READ_ONCE(entry->slot);
		b->item[b->nr++].offset = READ_ONCE(entry->offset);
		WRITE_ONCE(entry->flags, 0);
	}
	/* Release: all of that before the entries are filled anew. */
	smp_store_release(&ring->taken, at);
}

static void protect(struct av_vm *vm, const struct batch *b)
{
	unsigned int i;

	write_lock(&vm->mmu.mmu_lock);
	for (i = 0; i < b->nr; i++) {
		struct av_memslot *slot = xa_load(&vm->mmu.slots, b->item[i].slot);

		/* It may be gone by now, or what user space wrote there is no page at all. */
		if (slot && slot->flags & KVM_MEM_LOG_DIRTY_PAGES && b->item[i].offset < slot->nr_pages)
			av_s2_write_protect(vm, (slot->base_gfn + b->item[i].offset) << PAGE_SHIFT, PAGE_SIZE);
	}
	write_unlock(&vm->mmu.mmu_lock);
}

static unsigned int reset_ring(struct av_vcpu *vcpu)
{
	unsigned int budget = vcpu->ring.nr, nr = 0;
	struct batch b;

	/* Once round, however fast somebody fills and hands back. */
	while (nr < budget && !fatal_signal_pending(current)) {
		take_back(&vcpu->ring, &b);
		if (!b.nr)
			break;
		protect(vcpu->vm, &b);
		nr += b.nr;
		cond_resched();
	}
	return nr;
}

/**
 * av_ring_reset_all() - KVM_RESET_DIRTY_RINGS: what user space has read is to be told anew
 * @vm: the VM
 *
 * Context: ioctl, may sleep; takes slots_lock. Return: how many entries; -EINVAL if the VM has no rings.
 */
int av_ring_reset_all(struct av_vm *vm)
{
	struct av_vcpu *vcpu;
	int i, nr = 0;

	if (!READ_ONCE(vm->mmu.ring_size))
		return -EINVAL;
	mutex_lock(&vm->mmu.slots_lock);
	av_for_each_vcpu(i, vcpu, vm)
		nr += reset_ring(vcpu);
	/* Who copies a page after this has what was written to it, unless an entry tells of it again. */
	if (nr)
		av_s2_flush_tlb(vm);
	mutex_unlock(&vm->mmu.slots_lock);
	return nr;
}
