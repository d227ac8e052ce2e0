// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of VMs with memory tagging: its tags are the guest's, so they are cleared before a page is the guest's for the
 * first time, and the page is marked as one that has tags: the kernel keeps them when it copies it or swaps it out.
 *
 * Runs at: host kernel, may sleep. Owns: tags of pages between av_tags_begin() and av_tags_end().
 * Locks: mmap_lock; before 6.2 tags_lock inside of it.
 *
 * A page is marked once: what it holds from then on belongs to who may write to it, through whichever mapping. Two
 * faults, two VMs and a mapping of the VMM's with PROT_MTE may come at once. Since 6.2 av_tags_begin() says who is
 * first. Before, tags_lock does that among ourselves; and a mapping of the VMM's becomes one with tags under its
 * mmap_lock, held for writing (mprotect), or with the page being new to it. Another process can't have a page that is
 * written to, since shared mappings are refused there.
 */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/sched.h>

#include "compat.h"
#include "mm.h"

#if AV_HAS_TAGS

static DEFINE_MUTEX(tags_lock);

/* Who comes second waits with preemption off perhaps, and this long: so no pause in between. */
static void begin_tags(struct page *page)
{
	unsigned long pfn = page_to_pfn(av_tags_first(page)), i;

	preempt_disable();
	if (av_tags_begin(page)) {
		for (i = 0; i < av_tags_pages(page); i++)
			av_tags_clear(page_address(pfn_to_page(pfn + i)), PAGE_SIZE);
		av_tags_end(page);
	}
	preempt_enable();
}

/* The page of zeroes has none, and is nobody's to write to: newer kernels have it read-only, and not marked. */
static void make_tagged(struct page *page)
{
	if (is_zero_pfn(page_to_pfn(page)) || av_tags_there(page))
		return;
	if (AV_TAGS_SHARED)
		mutex_lock(&tags_lock);
	begin_tags(page);
	if (AV_TAGS_SHARED)
		mutex_unlock(&tags_lock);
}

bool av_tags_vma_fits(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_MTE_ALLOWED && !(vma->vm_flags & AV_TAGS_SHARED);
}

/**
 * av_tags_prepare() - before a VM with tags is given memory: it has some, and nobody else's
 * @hva: where the VMM has it
 * @pfn: its first page's, with a reference
 * @size: in bytes; all in one mapping of the host's
 *
 * Context: the VM's mm is the caller's; sleeps. The sequence of faults was read before (mm/fault.c), so a mapping that
 * is another one by now comes to nothing.
 * Return: 0; -EFAULT if what is mapped there can't have tags, as with KVM; -EAGAIN if the mappings just changed.
 */
int av_tags_prepare(unsigned long hva, unsigned long pfn, u64 size)
{
	struct vm_area_struct *vma;
	u64 done;
	int ret = 0;

	mmap_read_lock(current->mm);
	vma = find_vma_intersection(current->mm, hva, hva + 1);
	if (!vma || !av_tags_vma_fits(vma))
		ret = -EFAULT;
	else if (hva + size > vma->vm_end)
		ret = -EAGAIN;
	for (done = 0; !ret && done < size; done += PAGE_SIZE) {
		make_tagged(pfn_to_page(pfn + (done >> PAGE_SHIFT)));
		cond_resched();
	}
	mmap_read_unlock(current->mm);
	return ret;
}

#else

/* No VM has tags. */
bool av_tags_vma_fits(const struct vm_area_struct *vma)
{
	return false;
}

int av_tags_prepare(unsigned long hva, unsigned long pfn, u64 size)
{
	return -EFAULT;
}

#endif
