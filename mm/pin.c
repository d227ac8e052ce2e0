// SPDX-License-Identifier: GPL-2.0
/*
 * In place of notifier.c on kernels without MMU notifiers: guest pages are pinned while mapped.
 *
 * Runs at: host kernel, vCPU threads and ioctl context; may sleep.
 * Owns: av_mm_vm.pins, a page reference per guest frame.
 * Locks: the xarray's own; faults pin within their slots_srcu section, so that none pins a page
 * of a slot that was unlinked and waited for.
 *
 * Nobody tells when the VMM's mapping of a page changes, so a page that was given to the guest
 * stays the guest's until its slot goes: no swap, no KSM, and holes punched into the mapping
 * don't reach the guest. The pages count against RLIMIT_MEMLOCK as with VFIO. Pages of 4K only,
 * since blocks could not be told apart later.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/xarray.h>

#include "mm.h"

/* Tag of an xarray entry: pinned for writing. */
#define PIN_WRITE		1

int av_mm_notifier_init(struct av_vm *vm)
{
	xa_init(&vm->mmu.pins);
	return 0;
}

void av_mm_notifier_exit(struct av_vm *vm)
{
}

static int pin_new(struct av_vm *vm, unsigned long hva, bool write, void **entry)
{
	struct page *page;
	int ret;

	ret = account_locked_vm(vm->mm, 1, true);
	if (ret)
		return ret;
	/* For writing if that is possible: a private page that is copied later would get lost. */
	ret = pin_user_pages_fast(hva, 1, FOLL_WRITE | FOLL_LONGTERM, &page);
	if (ret == 1) {
		*entry = xa_tag_pointer(page, PIN_WRITE);
		return 0;
	}
	if (!write)
		ret = pin_user_pages_fast(hva, 1, FOLL_LONGTERM, &page);
	if (ret == 1) {
		*entry = page;
		return 0;
	}
	account_locked_vm(vm->mm, 1, false);
	return ret < 0 ? ret : -EFAULT;
}

static void unpin(struct av_vm *vm, void *entry)
{
	bool write = xa_pointer_tag(entry) == PIN_WRITE;
	struct page *page = xa_untag_pointer(entry);

	unpin_user_pages_dirty_lock(&page, 1, write);
	account_locked_vm(vm->mm, 1, false);
}

/* The caller's own reference comes on top of the pin. */
int av_mm_pin(struct av_vm *vm, u64 gfn, unsigned long hva, bool write, struct page **page,
	      bool *writable)
{
	void *entry = xa_load(&vm->mmu.pins, gfn), *old;
	int ret;

	if (!entry) {
		ret = pin_new(vm, hva, write, &entry);
		if (ret)
			return ret;
		old = xa_cmpxchg(&vm->mmu.pins, gfn, NULL, entry, GFP_KERNEL_ACCOUNT);
		if (old) {
			/* Another vCPU was first, or no memory. */
			unpin(vm, entry);
			if (xa_is_err(old))
				return xa_err(old);
			entry = old;
		}
	}
	*writable = xa_pointer_tag(entry) == PIN_WRITE;
	if (write && !*writable)
		return -EFAULT;
	*page = xa_untag_pointer(entry);
	get_page(*page);
	return 0;
}

/* The frames are unmapped from stage 2 and no fault that knows the slot is on its way. */
void av_mm_unpin_range(struct av_vm *vm, u64 gfn, unsigned long nr_pages)
{
	unsigned long i;
	void *entry;

	xa_for_each_range(&vm->mmu.pins, i, entry, gfn, gfn + nr_pages - 1) {
		xa_erase(&vm->mmu.pins, i);
		unpin(vm, entry);
		cond_resched();
	}
}
