// SPDX-License-Identifier: GPL-2.0
/*
 * Stage-2 aborts: classify (what did the guest do?), resolve (which host page?), install (map
 * it). Where no memory is, the caller is told so (answer/mmio.c).
 *
 * Runs at: host kernel, a vCPU's thread outside the burst; may sleep. Within the burst what the host has at hand.
 * Owns: the vCPU's cache of tables. Locks: takes slots_srcu around resolve and install, mmu_lock to install.
 *
 * Faults share mmu_lock: several vCPUs install at once, and the one that loses a race for an entry comes back by
 * another fault, if it still has to. Alone is only a block that takes the place of a table.
 *
 * The order that keeps a fault and the host's changes apart (mm.h): read invalidate_seq, find the
 * slot, find the page; then under mmu_lock compare the sequence and map. When it has changed the
 * guest simply runs the instruction again, and comes back if need be.
 *
 * What the burst and av_mm_abort() share is in both: the frames of so many functions would be 2 % of a fault.
 */
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/pgtable.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>

#include "around.h"
#include "mm.h"
#include "guest/trace.h"
#include "compat.h"
#include "rules.h"

struct fault {
	struct av_vcpu *vcpu;
	struct av_vm *vm;
	const struct av_trap *trap;
	/* classify */
	u32 type;		/* FSC_FAULT, FSC_PERM, FSC_ACCESS */
	bool exec;		/* the page itself is to be executed */
	bool write;
	u64 ipa;		/* of the page */
	unsigned long seq;
	unsigned long gen;	/* of the memslots */
	struct av_memslot *slot;
	unsigned long hva;
	/* resolve */
	struct page *page;	/* with a reference, NULL for memory that has none */
	unsigned long pfn;
	u64 size;
	bool writable;
	bool device;
	bool at_hand;		/* the host had it, writable */
	bool in_burst;		/* nothing may sleep: only what is at hand */
	struct av_around *around;
};

/* So many faults in a row that a try within the burst would have served, and the next one is tried there. */
#define AT_HAND_SURE	2

static enum av_verdict leave_with(struct av_vcpu *vcpu, int err)
{
	vcpu->run->exit_reason = KVM_EXIT_UNKNOWN;
	vcpu->user_ret = err;
	return AV_TO_USER;
}

static u64 guest_far(const struct av_trap *trap)
{
	return trap->flags & AV_TRAP_FAR ? trap->far : 0;
}

enum av_verdict av_mm_inject(struct av_vcpu *vcpu, const struct av_trap *trap, u32 fsc)
{
	if (av_abort_is_fetch(trap->esr))
		av_inject_iabt(vcpu, guest_far(trap), fsc);
	else
		av_inject_dabt(vcpu, guest_far(trap), fsc);
	return AV_INJECTED;
}

/* The hardware has no access flag of its own here (VTCR_EL2.HA = 0): say that the page was used. */
static enum av_verdict set_access_flag(struct fault *f)
{
	int level;

	read_lock(&f->vm->mmu.mmu_lock);
	av_pgt_update(&f->vm->mmu.s2, f->ipa, AV_S2_AF, 0, &level);
	read_unlock(&f->vm->mmu.mmu_lock);
	/* Not cached while it was clear (DDI 0487, D8.4.6), so nothing to invalidate. */
	return AV_RETRY;
}

/* ---- resolve ---- */

static enum av_verdict hwpoison(struct fault *f)
{
	struct vm_area_struct *vma;
	short lsb = PAGE_SHIFT;

	mmap_read_lock(current->mm);
	vma = find_vma_intersection(current->mm, f->hva, f->hva + 1);
	if (vma)
		lsb = __ffs(vma_kernel_pagesize(vma));
	mmap_read_unlock(current->mm);
	send_sig_mceerr(BUS_MCEERR_AR, (void __user *)f->hva, lsb, current);
	return AV_RETRY;
}

/* What the host has, writable: no sleep, nothing is faulted in. */
static bool get_at_hand(struct fault *f)
{
	bool alone = f->type != FSC_FAULT || f->slot->flags & KVM_MEM_LOG_DIRTY_PAGES;

	if (f->slot->flags & KVM_MEM_READONLY || f->vcpu->fault_looked ||
	    !av_around_get(f->around, f->vcpu, f->slot, f->ipa, alone))
		return false;
	f->page = f->around->pages[0];
	f->writable = true;
	f->at_hand = true;
	return true;
}

/*
 * The page by the mm's own means, faulting it in. A read may get a page that isn't writable yet
 * (not written to, shared, to be copied); if it happens to be writable the guest's first write is
 * spared.
 */
static int get_page_of(struct fault *f)
{
	/* A page that the host took away to see who uses it is used: the host has to hear of that. */
	unsigned int flags = FOLL_HWPOISON | AV_FOLL_HONOR_NUMA_FAULT | (f->write ? FOLL_WRITE : 0);
	bool read_only = f->slot->flags & KVM_MEM_READONLY;
	struct page *page;
	long ret;

	if (!IS_ENABLED(CONFIG_MMU_NOTIFIER)) {
		ret = av_mm_pin(f->vm, f->ipa >> PAGE_SHIFT, f->hva, f->write, &f->page, &f->writable);
		/* Pinned for writing if that was possible, which says nothing about the slot. */
		f->writable &= !read_only;
		return ret;
	}
	if (get_at_hand(f))
		return 0;
	ret = get_user_pages_unlocked(f->hva, 1, &page, flags);
	if (ret != 1)
		return ret < 0 ? ret : -EFAULT;
	f->page = page;
	f->writable = f->write;
	if (!f->write && !read_only &&
	    get_user_pages_fast_only(f->hva, 1, FOLL_WRITE, &page) == 1) {
		put_page(f->page);
		f->page = page;
		f->writable = true;
	}
	return 0;
}

/* VM_PFNMAP and VM_IO: there is only the host's page table; make sure that it has an entry. */
static int get_pfn_of(struct fault *f)
{
	unsigned int flags = f->write ? FAULT_FLAG_WRITE : 0;
	struct av_host_map map;
	struct vm_area_struct *vma;
	bool unlocked;
	int ret = -EFAULT, tries;

	mmap_read_lock(current->mm);
	for (tries = 0; tries < 3; tries++) {
		vma = find_vma_intersection(current->mm, f->hva, f->hva + 1);
		if (!vma || !(vma->vm_flags & (VM_IO | VM_PFNMAP))) {
			ret = -EFAULT;
			break;
		}
		if (av_mm_host_map(current->mm, f->hva, &map) && (map.writable || !f->write)) {
			f->pfn = map.pfn;
			f->size = map.size;
			f->writable = map.writable && !(f->slot->flags & KVM_MEM_READONLY);
			ret = 0;
			break;
		}
		unlocked = false;
		ret = fixup_user_fault(current->mm, f->hva, flags, &unlocked);
		if (ret)
			break;
		ret = -EAGAIN;
	}
	mmap_read_unlock(current->mm);
	return ret;
}

static bool block_fits(const struct fault *f, u64 size)
{
	return av_block_fits(f->ipa, f->hva, size, f->slot->base_gfn << PAGE_SHIFT,
			     (u64)f->slot->nr_pages << PAGE_SHIFT);
}

static bool size_is_block(const struct fault *f, u64 size)
{
	int level = av_pgt_block_level(&f->vm->mmu.s2);

	for (; level < 3; level++)
		if (size == BIT_ULL(av_pgt_shift(&f->vm->mmu.s2, level)))
			return true;
	return false;
}

/*
 * The largest block that the host has itself and that fits into the slot. A slot whose writes are
 * logged is mapped page by page; so are pinned pages.
 */
static void choose_size(struct fault *f)
{
	struct av_host_map map;
	u64 size = f->size;

	if (f->page) {
		size = PAGE_SIZE;
		/*
		 * As long as we hold one page of a compound page none of the others goes away; and without others
		 * there is no block.
		 */
		if (IS_ENABLED(CONFIG_MMU_NOTIFIER) && PageCompound(f->page) && !f->device &&
		    av_mm_host_map(current->mm, f->hva, &map) && map.pfn == f->pfn)
			size = min_t(u64, map.size, page_size(compound_head(f->page)));
	}
	/* Memory without a reference is cleaned with mmu_lock held, so no more than a page of it. */
	if (f->slot->flags & KVM_MEM_LOG_DIRTY_PAGES || (!f->page && !f->device))
		size = PAGE_SIZE;
	while (size > PAGE_SIZE && !(size_is_block(f, size) && block_fits(f, size)))
		size = size > PMD_SIZE ? PMD_SIZE : PAGE_SIZE;
	f->size = size;
	f->ipa &= ~(size - 1);
	f->pfn &= ~((size >> PAGE_SHIFT) - 1);
}

/* What there is to be mapped, of the page that was found. */
static __always_inline void describe(struct fault *f)
{
	if (f->page)
		f->pfn = page_to_pfn(f->page);
	f->device = !av_pfn_is_map_memory(f->pfn);
	choose_size(f);
	if (!f->at_hand)
		return;
	if (f->size == PAGE_SIZE && !f->device)
		av_around_keep(f->around, f->vcpu, f->ipa);
	else
		av_around_release(f->around);
}

static int resolve(struct fault *f)
{
	int ret = get_page_of(f);

	if (ret == -EFAULT && IS_ENABLED(CONFIG_MMU_NOTIFIER))
		ret = get_pfn_of(f);
	if (!ret)
		describe(f);
	return ret;
}

/* A VM with tags is given memory that can have some, and has its own. What came along and can't is left behind. */
static int prepare_tags(struct fault *f)
{
	int ret;

	if (!f->vm->tags || f->device)
		return 0;
	/* Of memory without a reference nobody keeps tags. */
	ret = f->page ? av_tags_prepare(f->hva & ~(f->size - 1), f->pfn, f->size) : -EFAULT;
	if (!ret)
		av_around_tags(f->around, f->hva);
	return ret;
}

/* ---- install ---- */

static u64 wanted_attr(const struct fault *f)
{
	u64 attr = AV_S2_R | AV_S2_AF | AV_S2_SH_INNER;
	bool logging = f->slot->flags & KVM_MEM_LOG_DIRTY_PAGES;

	if (f->writable && (f->write || !logging))
		attr |= AV_S2_W;
	if (f->device)
		return attr | AV_S2_DEVICE | AV_S2_XN;
	if (!f->exec && !av_cache_has_dic())
		attr |= AV_S2_XN;
	return attr | AV_S2_NORMAL;
}

/*
 * Make what the guest will see the same through all its caches. A page that is new to stage 2 may
 * be read by the guest with its caches off; one that is going to be executed must be seen by the
 * fetch. (A permission fault on a page finds it mapped, and so cleaned before: is_gone().)
 */
static void maintain_caches(struct fault *f)
{
	void *kva = phys_to_virt(PFN_PHYS(f->pfn));
	bool is_new = f->type != FSC_PERM || f->size > PAGE_SIZE;
	u64 done, step = min_t(u64, f->size, PMD_SIZE);

	if (f->device || !(is_new || f->exec))
		return;
	for (done = 0; done < f->size; done += step) {
		av_cache_clean_inval_poc(kva + done, step);
		if (f->size > PAGE_SIZE)
			cond_resched();
	}
	if (f->exec)
		av_cache_sync_icache(kva, f->size);
}

/*
 * There is a mapping already. If it is of this very page another vCPU was faster, or only permissions are missing.
 */
static u64 merge(const struct av_pgt *s2, u64 old, int level, u64 ipa, u64 want)
{
	u64 offset = ipa & (BIT_ULL(av_pgt_shift(s2, level)) - 1);
	u64 new = old | (want & (AV_S2_W | AV_S2_AF));

	if ((old & AV_PGT_ADDR) + offset != (want & AV_PGT_ADDR) || (old ^ want) & AV_S2_MEMATTR)
		return 0;
	return want & AV_S2_XN ? new : new & ~AV_S2_XN;
}

/* Under mmu_lock, in whatever way. */
static bool is_in_flight(const struct av_mm_vm *mmu, unsigned long hva, unsigned long size)
{
	return mmu->invalidate_count && hva < mmu->invalidate_end && hva + size > mmu->invalidate_start;
}

/* Likewise. */
static bool is_stale(const struct fault *f)
{
	const struct av_mm_vm *mmu = &f->vm->mmu;

	return mmu->invalidate_seq != f->seq || is_in_flight(mmu, f->hva & ~(f->size - 1), f->size);
}

/*
 * Likewise: the page on which the access was not allowed is not mapped any more. The trap is older than the
 * sequence, so that is not staleness; but the page that is there now was never cleaned for the guest
 * (maintain_caches()), which finds it missing when it tries again. A block is cleaned each time, and begins with a
 * page that need not have been mapped.
 */
static bool is_gone(const struct fault *f)
{
	int level;

	return f->type == FSC_PERM && f->size == PAGE_SIZE && !av_pgt_lookup(&f->vm->mmu.s2, f->ipa, &level);
}

static void mark_if_written(struct fault *f, u64 attr)
{
	if (attr & AV_S2_W && f->write)
		av_mm_mark_dirty(f->vcpu, f->slot, f->ipa >> PAGE_SHIFT);
}

/* Under mmu_lock, shared. */
static __always_inline int install_shared(struct fault *f)
{
	struct av_mm_vm *mmu = &f->vm->mmu;
	u64 attr;
	int ret;

	if (is_stale(f) || is_gone(f))
		return -EAGAIN;
	attr = wanted_attr(f);
	/* Without a reference only the sequence says that the memory is still there. */
	if (!f->page)
		maintain_caches(f);
	ret = av_pgt_map_shared(&mmu->s2, &f->vcpu->s2_cache, f->ipa, PFN_PHYS(f->pfn), f->size, attr, merge);
	if (!ret)
		mark_if_written(f, attr);
	/* Found after the sequence was read, as the page itself, and with the same slot and flags. */
	if (!ret && f->around->nr && !is_in_flight(mmu, f->hva + PAGE_SIZE, f->around->nr * PAGE_SIZE))
		av_around_map(f->around, f->vcpu, f->ipa, attr);
	return ret;
}

/* A block that takes the place of a table, in which nobody may be while it goes. */
static int install_alone(struct fault *f)
{
	struct av_mm_vm *mmu = &f->vm->mmu;
	int ret = -EAGAIN;
	u64 attr;

	atomic64_inc(&f->vm->stats.faults_alone);
	write_lock(&mmu->mmu_lock);
	if (is_stale(f))
		goto out;
	attr = wanted_attr(f);
	ret = av_s2_map_locked(f->vm, &f->vcpu->s2_cache, f->ipa, PFN_PHYS(f->pfn), f->size, attr);
	if (!ret)
		mark_if_written(f, attr);
out:
	write_unlock(&mmu->mmu_lock);
	return ret;
}

/*
 * Before they can be written to, and not when the host has cleaned them since (writeback takes them from the guest, and
 * a file system that is told of a dirty page behind that knows nothing of it): the host that cleans one from here on
 * makes the fault stale, or has it come again. False: that may sleep, and nothing in the burst may.
 */
static __always_inline bool mark_pages_written(const struct fault *f)
{
	if (!f->page || !f->writable || READ_ONCE(f->vm->mmu.invalidate_seq) != f->seq)
		return true;
	if (!av_mm_page_written(f->vm, f->page, f->seq, !f->in_burst))
		return false;
	if (f->around->nr)
		av_around_written(f->around, f->vm, f->seq, !f->in_burst);
	return true;
}

static void clean_pages(struct fault *f)
{
	maintain_caches(f);
	av_around_clean(f->around, f->exec);
}

static int install(struct fault *f)
{
	int ret = av_s2_topup(&f->vcpu->s2_cache);

	if (ret)
		return ret;
	if (f->page)
		clean_pages(f);
	mark_pages_written(f);
	read_lock(&f->vm->mmu.mmu_lock);
	ret = install_shared(f);
	read_unlock(&f->vm->mmu.mmu_lock);
	if (ret == -EBUSY)
		ret = install_alone(f);
	/* Something changed meanwhile, or another vCPU was faster: the guest tries again, after a look at signals. */
	return ret == -EAGAIN ? 0 : ret;
}

static void release_page(struct fault *f)
{
	if (!f->page)
		return;
	mark_page_accessed(f->page);
	put_page(f->page);
	av_around_release(f->around);
}

/* Blocks take too long to be cleaned in the burst. */
static bool is_for_burst(const struct fault *f)
{
	return f->at_hand && f->size == PAGE_SIZE && !f->device;
}

/* Pages new to the host mostly come in a row, as do those that it has: the next one is taken to be like the last. */
static void learn(const struct fault *f)
{
	struct av_vcpu *vcpu = f->vcpu;

	if (f->type != FSC_FAULT)
		return;
	if (!is_for_burst(f))
		vcpu->faults_at_hand = 0;
	else if (vcpu->faults_at_hand < AT_HAND_SURE)
		vcpu->faults_at_hand++;
}

static enum av_verdict map_page(struct fault *f)
{
	struct av_around around av_uninitialized;
	int ret;

	around.nr = 0;
	f->around = &around;
	ret = resolve(f);
	f->vcpu->fault_looked = false;
	if (ret == -EHWPOISON)
		return hwpoison(f);
	if (ret == -EAGAIN)
		return AV_RETRY;
	if (ret)
		return leave_with(f->vcpu, -EFAULT);
	learn(f);
	if (f->exec && f->device) {
		release_page(f);
		return av_mm_inject(f->vcpu, f->trap, FSC_EXTABT);
	}
	ret = prepare_tags(f);
	if (!ret)
		ret = install(f);
	release_page(f);
	return ret && ret != -EAGAIN ? leave_with(f->vcpu, ret) : AV_RETRY;
}

/* ---- in the burst ---- */

/* What may fail first. A writer who has the lock, or waits for it, is not waited for. */
static bool install_in_burst(struct fault *f)
{
	struct av_mm_vm *mmu = &f->vm->mmu;
	int ret;

	if (!mark_pages_written(f))
		return false;
	clean_pages(f);
	if (!read_trylock(&mmu->mmu_lock))
		return false;
	ret = install_shared(f);
	read_unlock(&mmu->mmu_lock);
	return !ret;
}

static enum av_verdict map_in_burst(struct fault *f)
{
	struct av_around around av_uninitialized;
	bool done = false;

	f->around = &around;
	if (get_at_hand(f)) {
		describe(f);
		done = is_for_burst(f) && install_in_burst(f);
		release_page(f);
	} else {
		f->vcpu->fault_looked = true;
	}
	/* Whatever it was, it will be again. */
	if (!done)
		f->vcpu->faults_at_hand = 0;
	return done ? AV_RETRY : AV_LATER;
}

static __always_inline enum av_verdict answer(struct fault *f)
{
	if (f->in_burst)
		return map_in_burst(f);
	return f->type == FSC_ACCESS ? set_access_flag(f) : map_page(f);
}

/* ---- classify ---- */

/* Always of the page size. */
enum av_verdict av_mm_map_device(struct av_vcpu *vcpu, u64 ipa, u64 pa)
{
	const u64 attr = AV_S2_R | AV_S2_W | AV_S2_AF | AV_S2_SH_INNER | AV_S2_DEVICE | AV_S2_XN;
	struct av_mm_vm *mmu = &vcpu->vm->mmu;
	int ret = av_s2_topup(&vcpu->s2_cache);

	if (ret)
		return leave_with(vcpu, ret);
	write_lock(&mmu->mmu_lock);
	ret = av_s2_map_locked(vcpu->vm, &vcpu->s2_cache, ipa, pa, PAGE_SIZE, attr);
	write_unlock(&mmu->mmu_lock);
	return ret ? leave_with(vcpu, ret) : AV_RETRY;
}

/* False: there is no memory. */
static __always_inline bool in_slots(struct fault *f, enum av_verdict *verdict)
{
	u64 gfn = f->trap->ipa >> PAGE_SHIFT;
	int idx = srcu_read_lock(&f->vm->mmu.slots_srcu);
	bool mappable;

	f->seq = READ_ONCE(f->vm->mmu.invalidate_seq);
	f->gen = READ_ONCE(f->vm->mmu.slots_gen);
	/*
	 * Before: the reads of sequence and generation. Not after: any read of slots, flags or the host's
	 * page table, which would be older than what the sequence vouches for. Writers change
	 * both under mmu_lock.
	 */
	smp_rmb();
	f->slot = av_mm_find_slot(f->vm, gfn);
	mappable = f->slot && !(f->write && f->slot->flags & KVM_MEM_READONLY);
	if (mappable) {
		f->ipa = gfn << PAGE_SHIFT;
		f->hva = f->slot->hva + ((gfn - f->slot->base_gfn) << PAGE_SHIFT);
		*verdict = answer(f);
	}
	srcu_read_unlock(&f->vm->mmu.slots_srcu, idx);
	/* Devices and user space may need the slots themselves: the caller's, outside of them. */
	return mappable;
}

static void describe_hole(const struct fault *f, struct av_mm_hole *hole)
{
	hole->what = av_abort_no_memory(f->trap->esr, f->slot);
	hole->unmapped = !f->slot && f->type == FSC_FAULT && !f->exec;
	/* The syndrome register gives the page, always of 4K; the address has the rest. */
	hole->ipa = (f->trap->ipa & AV_MASK(51, 12)) | (guest_far(f->trap) & AV_MASK(11, 0));
	hole->gen = f->slot ? 0 : f->gen;
}

/* What stage 2 can say of the abort by itself, without a look at the slots. */
static enum av_verdict not_mapped(struct fault *f, enum av_abort class)
{
	u64 esr = f->trap->esr;

	switch (class) {
	case AV_ABORT_RETRY:
		/* The guest changed its tables before the address could be translated. */
		return AV_RETRY;
	case AV_ABORT_SEA:
		return av_mm_take_sea(f->vcpu, f->trap);
	case AV_ABORT_SIZE:
		return av_mm_inject(f->vcpu, f->trap, FSC_ADDRSZ);
	case AV_ABORT_BEYOND:
		return av_mm_inject_sea(f->vcpu, f->trap);
	case AV_ABORT_TYPE:
		return av_mm_inject(f->vcpu, f->trap, ESR_ABT_FSC(esr));
	default:
		pr_warn_ratelimited("armvcpu: abort with ESR_EL2 %#llx, IPA %#llx not handled\n",
				    esr, f->trap->ipa);
		return leave_with(f->vcpu, -EFAULT);
	}
}

static __always_inline enum av_abort class_of(const struct av_vm *vm, const struct av_trap *trap)
{
	return av_abort_class(trap->esr, trap->flags & AV_TRAP_IPA, trap->ipa, vm->mmu.ipa_bits, vm->mmu.ipa_limit);
}

static __always_inline void trace_fault(const struct av_vcpu *vcpu, const struct av_trap *trap)
{
	trace_armvcpu_fault(vcpu->id, trap->flags & AV_TRAP_IPA ? trap->ipa : ~0ULL, trap->esr, vcpu->ctx->pc);
}

/* EL2 had a permission fault, and AT S1E1R did not say where: el2/abort.c. */
static bool find_ipa(struct av_vcpu *vcpu, const struct av_trap *trap, struct av_trap *found)
{
	*found = *trap;
	if (!(trap->flags & AV_TRAP_FAR) || !av_mm_find_ipa(vcpu, trap->far, &found->ipa))
		return false;
	found->flags |= AV_TRAP_IPA;
	return true;
}

/**
 * av_mm_abort() - a stage-2 abort: EC_IABT_LOWER and EC_DABT_LOWER
 * @vcpu: the vCPU
 * @trap: the snapshot
 * @verdict: takes the answer, if the abort was memory's
 * @hole: takes what it was, if not
 *
 * Context: vcpu->mutex held, may sleep. Return: true if @verdict is filled: mapped, try again, an exception for the
 * guest, or an error for RUN; false if @hole is.
 */
bool av_mm_abort(struct av_vcpu *vcpu, const struct av_trap *trap, enum av_verdict *verdict,
		 struct av_mm_hole *hole)
{
	struct fault f = {
		.vcpu = vcpu,
		.vm = vcpu->vm,
		.trap = trap,
		.type = FSC_TYPE(ESR_ABT_FSC(trap->esr)),
		.exec = av_abort_is_exec(trap->esr),
		.write = av_abort_is_write(trap->esr),
	};
	enum av_abort class = class_of(f.vm, trap);
	struct av_trap found;

	if (unlikely(class == AV_ABORT_RETRY && find_ipa(vcpu, trap, &found))) {
		f.trap = &found;
		class = class_of(f.vm, &found);
	}
	trace_fault(vcpu, f.trap);
	if (class != AV_ABORT_MAP) {
		*verdict = not_mapped(&f, class);
		return true;
	}
	if (in_slots(&f, verdict))
		return true;
	describe_hole(&f, hole);
	return false;
}

static bool may_be_at_hand(const struct av_vcpu *vcpu, const struct av_trap *trap)
{
	return !IS_ENABLED(CONFIG_PREEMPT_RT) && IS_ENABLED(CONFIG_MMU_NOTIFIER) &&
	       vcpu->faults_at_hand == AT_HAND_SURE && vcpu->s2_cache.nr >= AV_S2_CACHE_MIN && !vcpu->vm->tags &&
	       FSC_TYPE(ESR_ABT_FSC(trap->esr)) == FSC_FAULT && class_of(vcpu->vm, trap) == AV_ABORT_MAP;
}

static enum av_verdict try_in_burst(struct av_vcpu *vcpu, const struct av_trap *trap)
{
	struct fault f = {
		.vcpu = vcpu,
		.vm = vcpu->vm,
		.trap = trap,
		.type = FSC_FAULT,
		.exec = av_abort_is_exec(trap->esr),
		.write = av_abort_is_write(trap->esr),
		.in_burst = true,
	};
	enum av_verdict verdict;

	if (!in_slots(&f, &verdict) || verdict == AV_LATER)
		return AV_LATER;
	vcpu->stats.faults_in_burst++;
	trace_fault(vcpu, trap);
	return verdict;
}

/**
 * av_mm_abort_in_burst() - av_mm_abort() for a page, new to stage 2, that the host has at hand
 * @vcpu: the vCPU, with an abort in ctx->trap
 *
 * The guest's state stays in the CPU meanwhile. Whatever might sleep is left to av_mm_abort(): pages to be faulted in
 * or cleaned as a block, tags, tables to be allocated, file systems to be told, locks that are taken. (On PREEMPT_RT
 * mmu_lock is one that sleeps.) It is tried only behind faults that it served, or could have: one in vain costs as much
 * as it saves.
 *
 * Context: the burst: vcpu->mutex held, preemption off, interrupts on, softirqs perhaps held off (FP).
 * Return: AV_RETRY: it is mapped; AV_LATER: nothing was done.
 */
enum av_verdict av_mm_abort_in_burst(struct av_vcpu *vcpu)
{
	const struct av_trap *trap = &vcpu->ctx->trap;

	return may_be_at_hand(vcpu, trap) ? try_in_burst(vcpu, trap) : AV_LATER;
}
