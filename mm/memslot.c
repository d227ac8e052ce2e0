// SPDX-License-Identifier: GPL-2.0
/*
 * Memslots: which guest frames are backed by which host addresses; creation and end of a VM's
 * memory.
 *
 * Runs at: host kernel, ioctl context.
 * Owns: the three indexes of the slots in struct av_mm_vm (by gfn, by host address, by id).
 * Locks: slots_lock, and mmu_lock around each change of the trees; readers: slots_srcu or
 * mmu_lock.
 *
 * A slot never changes but for its flags and its dirty bitmap: a move makes a new one. By gfn
 * they are looked up without a lock, with a sequence count that tells when the tree changed
 * meanwhile; the other indexes have one kind of reader each. All of them cost O(log n) per
 * change, so that 32767 slots are no burden.
 */
#include <linux/err.h>
#include <linux/interval_tree_generic.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched/mm.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "mm.h"
#include "rules.h"

static inline unsigned long hva_start(const struct av_memslot *slot)
{
	return slot->hva;
}

static inline unsigned long hva_last(const struct av_memslot *slot)
{
	return slot->hva + (slot->nr_pages << PAGE_SHIFT) - 1;
}

INTERVAL_TREE_DEFINE(struct av_memslot, by_hva, unsigned long, hva_subtree_last,
		     hva_start, hva_last, static __maybe_unused, hva_tree)

struct gfn_range {
	u64 first;
	u64 last;
};

/* 0 when the slot has at least one frame of the range. */
static int compare(const struct gfn_range *range, const struct av_memslot *slot)
{
	if (range->last < slot->base_gfn)
		return -1;
	return range->first >= slot->base_gfn + slot->nr_pages;
}

/*
 * A descent without a lock. While the tree is rebalanced it may miss a node, but it ends, and it
 * meets only nodes that are or were in the tree (lib/rbtree.c); what it missed the sequence count
 * tells.
 */
static struct av_memslot *descend(struct av_vm *vm, const struct gfn_range *range)
{
	struct rb_node *node = READ_ONCE(vm->mmu.slots_by_gfn.rb_node);

	while (node) {
		struct av_memslot *slot = rb_entry(node, struct av_memslot, by_gfn);
		int where = compare(range, slot);

		if (!where)
			return slot;
		node = where < 0 ? READ_ONCE(node->rb_left) : READ_ONCE(node->rb_right);
	}
	return NULL;
}

static struct av_memslot *find_in_range(struct av_vm *vm, u64 first, u64 last)
{
	struct gfn_range range = { first, last };
	struct av_memslot *slot;
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&vm->mmu.slots_seq);
		slot = descend(vm, &range);
	} while (read_seqcount_retry(&vm->mmu.slots_seq, seq));
	return slot;
}

/* The slot overlaps no other one. */
static void insert_by_gfn(struct rb_root *root, struct av_memslot *slot)
{
	struct rb_node **link = &root->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (slot->base_gfn < rb_entry(parent, struct av_memslot, by_gfn)->base_gfn)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&slot->by_gfn, parent, link);
	rb_insert_color(&slot->by_gfn, root);
}

struct av_memslot *av_mm_find_slot(struct av_vm *vm, u64 gfn)
{
	return find_in_range(vm, gfn, gfn);
}

struct av_memslot *av_mm_slot_by_hva(struct av_vm *vm, struct av_memslot *prev,
				     unsigned long hva, unsigned long last)
{
	lockdep_assert_held(&vm->mmu.mmu_lock);
	if (prev)
		return hva_tree_iter_next(prev, hva, last);
	return hva_tree_iter_first(&vm->mmu.slots_by_hva, hva, last);
}

/* What was a hole may be none any more: vCPUs and EL2 (bells) have remembered some. Under mmu_lock. */
static void forget_holes(struct av_vm *vm)
{
	WRITE_ONCE(vm->mmu.slots_gen, vm->mmu.slots_gen + 1);
	WRITE_ONCE(vm->fast->slots_gen, vm->mmu.slots_gen);
}

/* A device has got its address: what was a hole there is its frame. */
void av_mm_forget_holes(struct av_vm *vm)
{
	write_lock(&vm->mmu.mmu_lock);
	forget_holes(vm);
	write_unlock(&vm->mmu.mmu_lock);
}

static void link_slot(struct av_vm *vm, struct av_memslot *slot)
{
	write_lock(&vm->mmu.mmu_lock);
	write_seqcount_begin(&vm->mmu.slots_seq);
	insert_by_gfn(&vm->mmu.slots_by_gfn, slot);
	write_seqcount_end(&vm->mmu.slots_seq);
	forget_holes(vm);
	hva_tree_insert(slot, &vm->mmu.slots_by_hva);
	write_unlock(&vm->mmu.mmu_lock);
}

/*
 * Afterwards no fault finds the slot, none that found it installs anything (the sequence),
 * nothing of it is mapped, and nobody in the kernel accesses its memory any more (SRCU).
 * Unmapping lets go of the lock now and then. As long as something is mapped the host's changes must find it, by the
 * host's address: a page that goes meanwhile goes from the guest, too (mm/notifier.c).
 */
static void unlink_slot(struct av_vm *vm, struct av_memslot *slot)
{
	write_lock(&vm->mmu.mmu_lock);
	write_seqcount_begin(&vm->mmu.slots_seq);
	rb_erase(&slot->by_gfn, &vm->mmu.slots_by_gfn);
	write_seqcount_end(&vm->mmu.slots_seq);
	vm->mmu.invalidate_seq++;
	av_s2_unmap_range_locked(vm, slot->base_gfn << PAGE_SHIFT, (u64)slot->nr_pages << PAGE_SHIFT, true);
	hva_tree_remove(slot, &vm->mmu.slots_by_hva);
	write_unlock(&vm->mmu.mmu_lock);
	synchronize_srcu(&vm->mmu.slots_srcu);
	av_mm_unpin_range(vm, slot->base_gfn, slot->nr_pages);
}

static void free_slot(struct av_memslot *slot)
{
	kvfree(slot->dirty);
	kfree(slot);
}

static int check_region(const struct kvm_userspace_memory_region *region)
{
	unsigned long hva = region->userspace_addr;

	if (region->flags & ~(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY))
		return -EINVAL;
	if (!av_region_is_valid(region->slot, region->guest_phys_addr, region->memory_size, hva,
				PAGE_SHIFT))
		return -EINVAL;
	if (hva != untagged_addr(hva) || !access_ok((void __user *)hva, region->memory_size))
		return -EINVAL;
	return 0;
}

static bool overlaps(struct av_vm *vm, u64 first, u64 last)
{
	return first <= last && find_in_range(vm, first, last);
}

/* Does [base, base + nr) touch a slot other than self? What self itself covers touches no other. */
static bool overlaps_other(struct av_vm *vm, const struct av_memslot *self, u64 base, u64 nr)
{
	u64 last = base + nr - 1;

	if (!self || last < self->base_gfn || base >= self->base_gfn + self->nr_pages)
		return overlaps(vm, base, last);
	if (base < self->base_gfn && overlaps(vm, base, self->base_gfn - 1))
		return true;
	return overlaps(vm, self->base_gfn + self->nr_pages, last);
}

/* Device memory has no pages whose dirtiness could be logged; not all memory can have tags. */
static bool vma_fits(const struct av_vm *vm, const struct av_memslot *slot, const struct vm_area_struct *vma)
{
	if (slot->flags & KVM_MEM_LOG_DIRTY_PAGES && vma->vm_flags & VM_PFNMAP)
		return false;
	return !vm->tags || av_tags_vma_fits(vma);
}

static int check_vmas(struct av_vm *vm, const struct av_memslot *slot)
{
	unsigned long end = slot->hva + (slot->nr_pages << PAGE_SHIFT);
	unsigned long hva = slot->hva;
	struct vm_area_struct *vma;
	int ret = 0;

	if (!(slot->flags & KVM_MEM_LOG_DIRTY_PAGES) && !vm->tags)
		return 0;
	mmap_read_lock(vm->mm);
	for (; hva < end; hva = vma->vm_end) {
		vma = find_vma_intersection(vm->mm, hva, end);
		if (!vma)
			break;
		if (!vma_fits(vm, slot, vma)) {
			ret = -EINVAL;
			break;
		}
	}
	mmap_read_unlock(vm->mm);
	return ret;
}

static struct av_memslot *new_slot(struct av_vm *vm,
				   const struct kvm_userspace_memory_region *region)
{
	struct av_memslot *slot = kzalloc(sizeof(*slot), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!slot)
		return ERR_PTR(-ENOMEM);
	slot->base_gfn = region->guest_phys_addr >> PAGE_SHIFT;
	slot->nr_pages = region->memory_size >> PAGE_SHIFT;
	slot->hva = region->userspace_addr;
	slot->flags = region->flags;
	slot->id = region->slot;
	if (slot->base_gfn + slot->nr_pages > BIT_ULL(vm->mmu.ipa_bits) >> PAGE_SHIFT)
		ret = -EFAULT;
	else
		ret = check_vmas(vm, slot);
	if (!ret && slot->flags & KVM_MEM_LOG_DIRTY_PAGES && av_mm_has_bitmaps(vm)) {
		slot->dirty = av_mm_dirty_alloc(vm, slot->nr_pages);
		ret = slot->dirty ? 0 : -ENOMEM;
	}
	if (!ret)
		return slot;
	free_slot(slot);
	return ERR_PTR(ret);
}

static int create_slot(struct av_vm *vm, const struct kvm_userspace_memory_region *region)
{
	struct av_memslot *slot = new_slot(vm, region);
	int ret;

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	ret = xa_err(xa_store(&vm->mmu.slots, slot->id, slot, GFP_KERNEL_ACCOUNT));
	if (ret) {
		free_slot(slot);
		return ret;
	}
	link_slot(vm, slot);
	return 0;
}

static void delete_slot(struct av_vm *vm, struct av_memslot *slot)
{
	xa_erase(&vm->mmu.slots, slot->id);
	unlink_slot(vm, slot);
	free_slot(slot);
}

static int move_slot(struct av_vm *vm, struct av_memslot *old,
		     const struct kvm_userspace_memory_region *region)
{
	struct av_memslot *slot = new_slot(vm, region);

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	/* Which pages were dirty stays known when logging goes on. */
	if (slot->dirty && old->dirty) {
		kvfree(slot->dirty);
		slot->dirty = NULL;
	}
	/* Replaces an entry that is there, and so needs no memory. */
	xa_store(&vm->mmu.slots, slot->id, slot, GFP_KERNEL_ACCOUNT);
	unlink_slot(vm, old);
	if (slot->flags & KVM_MEM_LOG_DIRTY_PAGES && !slot->dirty) {
		slot->dirty = old->dirty;
		old->dirty = NULL;
	}
	link_slot(vm, slot);
	free_slot(old);
	return 0;
}

static int change_flags(struct av_vm *vm, struct av_memslot *slot, u32 flags)
{
	struct av_memslot want = *slot;
	int ret;

	/* READONLY can't change, so this is about LOG_DIRTY_PAGES. */
	if (!(flags & KVM_MEM_LOG_DIRTY_PAGES)) {
		av_mm_dirty_stop(vm, slot);
		return 0;
	}
	want.flags = flags;
	ret = check_vmas(vm, &want);
	return ret ? ret : av_mm_dirty_start(vm, slot);
}

static int change_slot(struct av_vm *vm, struct av_memslot *slot,
		       const struct kvm_userspace_memory_region *region)
{
	u64 base = region->guest_phys_addr >> PAGE_SHIFT;

	if (region->userspace_addr != slot->hva ||
	    region->memory_size >> PAGE_SHIFT != slot->nr_pages ||
	    (region->flags ^ slot->flags) & KVM_MEM_READONLY)
		return -EINVAL;
	if (base != slot->base_gfn) {
		if (overlaps_other(vm, slot, base, slot->nr_pages))
			return -EEXIST;
		return move_slot(vm, slot, region);
	}
	if (region->flags != slot->flags)
		return change_flags(vm, slot, region->flags);
	return 0;
}

/* KVM_SET_USER_MEMORY_REGION: create, change, move or (size 0) delete a slot. */
int av_mm_set_region(struct av_vm *vm, const struct kvm_userspace_memory_region *region)
{
	struct av_memslot *slot;
	int ret;

	ret = check_region(region);
	if (ret)
		return ret;
	mutex_lock(&vm->mmu.slots_lock);
	slot = xa_load(&vm->mmu.slots, region->slot);
	if (!region->memory_size) {
		ret = slot ? 0 : -EINVAL;
		if (slot)
			delete_slot(vm, slot);
	} else if (slot) {
		ret = change_slot(vm, slot, region);
	} else if (overlaps_other(vm, NULL, region->guest_phys_addr >> PAGE_SHIFT,
				  region->memory_size >> PAGE_SHIFT)) {
		ret = -EEXIST;
	} else {
		ret = create_slot(vm, region);
	}
	mutex_unlock(&vm->mmu.slots_lock);
	return ret;
}

/* vm->mm is set and is the caller's. What is set up here is undone by av_mm_destroy_vm(). */
int av_mm_init_vm(struct av_vm *vm, unsigned long type)
{
	struct av_mm_vm *mmu = &vm->mmu;
	int ret;

	av_cache_init();
	mmu->ipa_limit = av_mm_ipa_limit();
	mmu->ipa_bits = av_ipa_bits(type, mmu->ipa_limit);
	if (!mmu->ipa_bits)
		return -EINVAL;
	rwlock_init(&mmu->mmu_lock);
	mutex_init(&mmu->slots_lock);
	xa_init(&mmu->slots);
	seqcount_rwlock_init(&mmu->slots_seq, &mmu->mmu_lock);
	mmu->slots_gen = 1;
	vm->fast->slots_gen = mmu->slots_gen;
	mmu->slots_by_gfn = RB_ROOT;
	mmu->slots_by_hva = RB_ROOT_CACHED;
	mmu->last_vcpu = alloc_percpu_gfp(u32, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!mmu->last_vcpu)
		return -ENOMEM;
	ret = init_srcu_struct(&mmu->slots_srcu);
	if (ret)
		goto no_srcu;
	ret = av_s2_init(vm);
	if (ret)
		goto no_tables;
	mmu->vtcr = av_mm_vtcr(&mmu->s2);
	ret = av_mm_notifier_init(vm);
	if (ret)
		goto no_notifier;
	return 0;
no_notifier:
	av_s2_destroy(vm);
no_tables:
	cleanup_srcu_struct(&mmu->slots_srcu);
no_srcu:
	free_percpu(mmu->last_vcpu);
	return ret;
}

/* The last user of the VM is gone; may sleep. */
void av_mm_destroy_vm(struct av_vm *vm)
{
	struct av_mm_vm *mmu = &vm->mmu;
	struct av_memslot *slot;
	unsigned long id;

	/* No vCPU can run, so nothing is invalidated for those that end with the VM. */
	av_mm_notifier_exit(vm);
	av_s2_destroy(vm);
	xa_for_each(&mmu->slots, id, slot) {
		av_mm_unpin_range(vm, slot->base_gfn, slot->nr_pages);
		free_slot(slot);
	}
	xa_destroy(&mmu->slots);
	cleanup_srcu_struct(&mmu->slots_srcu);
	free_percpu(mmu->last_vcpu);
}
