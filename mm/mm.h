/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest memory: memslots, stage-2 tables, faults, VMIDs. This is the folder's contents page; what is decided by numbers
 * alone is in rules.h, the layout of a VM's part in guest/mm_state.h.
 *
 * Runs at: host kernel. Owns: nothing.
 * Locks: slots_lock > slots_srcu > mmu_lock. The slot trees change only under slots_lock and
 * mmu_lock.
 */
#ifndef AV_MM_H
#define AV_MM_H

#include <linux/rbtree.h>

#include "guest/guest.h"
#include "guest/sysreg_row.h"
#include "rules.h"

struct kvm_arm_copy_mte_tags;
struct kvm_clear_dirty_log;
struct kvm_dirty_log;
struct kvm_userspace_memory_region;
struct page;
struct vm_area_struct;

/*
 * One memslot. Found without a lock by gfn under slots_srcu, by host address under mmu_lock, by
 * id under slots_lock. A reader that keeps no SRCU section may use it only as long as it holds
 * mmu_lock and has seen invalidate_seq unchanged since it found the slot.
 */
struct av_memslot {
	struct rb_node by_gfn;
	struct rb_node by_hva;
	unsigned long hva_subtree_last;	/* of the interval tree by_hva */
	u64 base_gfn;
	unsigned long nr_pages;
	unsigned long hva;
	unsigned long *dirty;		/* a bit per page while LOG_DIRTY_PAGES is set */
	u32 flags;			/* KVM_MEM_*; written under mmu_lock */
	u32 id;
};

/*
 * The stage-2 attributes are made for HCR_EL2.FWB = 0: the guest's own attributes combine with
 * ours, and the host cleans what it maps. Whoever sets FWB has to change AV_S2_NORMAL (DDI 0487,
 * D8.6).
 */

/* mm/memslot.c */
int av_mm_init_vm(struct av_vm *vm, unsigned long type);	/* CREATE_VM's argument */
void av_mm_destroy_vm(struct av_vm *vm);
int av_mm_set_region(struct av_vm *vm, const struct kvm_userspace_memory_region *region);
void av_mm_forget_holes(struct av_vm *vm);	/* behind the change that makes one none */
/* The slot of a guest frame, NULL if there is none; caller is in a slots_srcu section. */
struct av_memslot *av_mm_find_slot(struct av_vm *vm, u64 gfn);
/* First slot that touches [hva, last] after prev (NULL: the first at all); under mmu_lock. */
struct av_memslot *av_mm_slot_by_hva(struct av_vm *vm, struct av_memslot *prev,
				     unsigned long hva, unsigned long last);

/* mm/guest.c */
/* Guest memory as the kernel sees it; may sleep; -EFAULT outside the slots. */
int av_mm_read_guest(struct av_vm *vm, u64 ipa, void *data, unsigned int len);
int av_mm_write_guest(struct av_vm *vm, u64 ipa, const void *data, unsigned int len);
int av_mm_vcpu_write(struct av_vcpu *vcpu, u64 ipa, const void *data, unsigned int len);	/* by its own thread */
bool av_mm_is_writable(struct av_vm *vm, u64 ipa);	/* in a slot that is not read-only */
/* In bits, KVM_CAP_ARM_VM_IPA_SIZE; 0: the CPUs have no stage 2 of this page size. */
unsigned int av_mm_ipa_limit(void);
u64 av_mm_vtcr(const struct av_pgt *s2);	/* VTCR_EL2 that goes with these tables */

/* mm/dirty.c */
int av_mm_get_dirty_log(struct av_vm *vm, const struct kvm_dirty_log *log);
int av_mm_clear_dirty_log(struct av_vm *vm, const struct kvm_clear_dirty_log *log);
#define AV_MANUAL_DIRTY		(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET)
int av_mm_set_manual_dirty(struct av_vm *vm, u64 flags);
/* Under slots_lock */
bool av_mm_has_bitmaps(const struct av_vm *vm);
int av_mm_dirty_start(struct av_vm *vm, struct av_memslot *slot);
u64 av_mm_block_sizes(void);
int av_mm_set_split_chunk(struct av_vm *vm, u64 size);
void av_mm_dirty_stop(struct av_vm *vm, struct av_memslot *slot);
unsigned long *av_mm_dirty_alloc(struct av_vm *vm, unsigned long nr_pages);
/*
 * Under mmu_lock, or slots_srcu, behind the write, or the permission to write. vcpu: whose write it is, in its own
 * thread; NULL if it is no vCPU's.
 */
void av_mm_mark_dirty(struct av_vcpu *vcpu, struct av_memslot *slot, u64 gfn);
/* May the module write to a page of the slot, and say so? */
bool av_mm_can_mark(struct av_vcpu *vcpu, const struct av_memslot *slot);

/* mm/ring.c */
#define AV_RING_BYTES		0x100000	/* at most, for each vCPU */
int av_ring_set_size(struct av_vm *vm, u32 size);
int av_ring_add_bitmap(struct av_vm *vm);
int av_ring_create(struct av_vcpu *vcpu);
void av_ring_destroy(struct av_vcpu *vcpu);
struct page *av_ring_page(struct av_vcpu *vcpu, unsigned long n);
bool av_ring_push(struct av_vcpu *vcpu, u32 slot, u64 offset);
bool av_ring_has_room(struct av_vcpu *vcpu);
bool av_ring_is_full(struct av_vcpu *vcpu);
int av_ring_reset_all(struct av_vm *vm);

/* mm/fault.c, with around.c: stage-2 aborts; caller holds vcpu->mutex, may sleep */

/* An access to what is no memory: left to who asked. */
struct av_mm_hole {
	enum av_abort what;	/* AV_ABORT_MMIO, AV_ABORT_NISV, AV_ABORT_SKIP, AV_ABORT_INJECT */
	bool unmapped;		/* data, by a translation fault, and in no slot: a page may be mapped there */
	u64 ipa;		/* complete, as far as it is known */
	unsigned long gen;	/* slots_gen from before the slots were searched in vain; 0: a read-only slot */
};

/* true: *verdict has the answer; false: *hole says what it was. */
bool av_mm_abort(struct av_vcpu *vcpu, const struct av_trap *trap, enum av_verdict *verdict,
		 struct av_mm_hole *hole);
enum av_verdict av_mm_abort_in_burst(struct av_vcpu *vcpu);	/* what of it needs no sleep */
/* The guest gets the abort that it took, as a stage-1 one with this status. */
enum av_verdict av_mm_inject(struct av_vcpu *vcpu, const struct av_trap *trap, u32 fsc);
/* mm/external.c: likewise */
enum av_verdict av_mm_inject_sea(struct av_vcpu *vcpu, const struct av_trap *trap);
enum av_verdict av_mm_take_sea(struct av_vcpu *vcpu, const struct av_trap *trap);
void av_mm_inject_external(struct av_vcpu *vcpu);
/* mm/fault.c again: a page of a device of the host, for the guest to read and write. */
enum av_verdict av_mm_map_device(struct av_vcpu *vcpu, u64 ipa, u64 pa);

/* mm/tags.c: memory of VMs with tags; may sleep */
bool av_tags_vma_fits(const struct vm_area_struct *vma);	/* mmap_lock held: memory there can have tags */
int av_tags_prepare(unsigned long hva, unsigned long pfn, u64 size);
/* mm/tags_copy.c; likewise */
long av_mm_copy_tags(struct av_vm *vm, const struct kvm_arm_copy_mte_tags *copy);
/* mm/tag_words.S: of a page by its linear address; a tag a byte, of 16 bytes each */
void av_tags_clear(void *page, unsigned long size);
void av_tags_read(const void *page, u8 *tags, unsigned long size);
void av_tags_write(void *page, const u8 *tags, unsigned long size);

/* mm/fetch.c; the walk of the guest's tables is stage1.c's (stage1.h) */
bool av_mm_fetch(struct av_vcpu *vcpu, u32 *word);
bool av_mm_find_ipa(struct av_vcpu *vcpu, u64 va, u64 *ipa);

/* mm/cache_traps.c: rows of sysregs.def */
av_reg_access_fn av_access_vm, av_access_vm_late, av_access_set_way, av_access_set_way_tags;

/* mm/stage2.c */
#define AV_S2_NORMAL		AV_PUT(0xfUL, 5, 2)	/* MemAttr: Normal, inner and outer WB */
#define AV_S2_DEVICE		AV_PUT(0x1UL, 5, 2)	/* MemAttr: Device-nGnRE */
#define AV_S2_MEMATTR		AV_MASK(5, 2)
#define AV_S2_R			AV_BIT(6)		/* S2AP */
#define AV_S2_W			AV_BIT(7)
#define AV_S2_SH_INNER		AV_PUT(3UL, 9, 8)
#define AV_S2_AF		AV_BIT(10)
#define AV_S2_XN		AV_BIT(54)		/* with bit 53 clear: at EL1 and EL0 */

int av_s2_init(struct av_vm *vm);
void av_s2_destroy(struct av_vm *vm);
/* Before mmu_lock is taken to map something with tables of this cache; may sleep. */
int av_s2_topup(struct av_s2_cache *cache);
void av_s2_drain(struct av_s2_cache *cache);
/* Caller holds mmu_lock for writing. */
int av_s2_map_locked(struct av_vm *vm, struct av_s2_cache *cache, u64 ipa, u64 pa, u64 size, u64 attr);
void av_s2_unmap_range(struct av_vm *vm, u64 ipa, u64 size);
/* As many blocks of the range as there is memory for become pages; may sleep. */
void av_s2_split(struct av_vm *vm, u64 ipa, u64 size);
/* Caller holds mmu_lock for writing; true if it was dropped in between, only if may_yield. */
bool av_s2_unmap_range_locked(struct av_vm *vm, u64 ipa, u64 size, bool may_yield);
void av_s2_unmap_slots(struct av_vm *vm);
/* Caller holds mmu_lock for writing and flushes the TLB afterwards. */
void av_s2_write_protect(struct av_vm *vm, u64 ipa, u64 size);
/* After permissions were changed in place: what the TLBs hold of the VM. */
void av_s2_flush_tlb(struct av_vm *vm);
/* Clean all mapped guest memory to the point of coherency; may sleep. */
void av_s2_flush_vm(struct av_vm *vm);

/* mm/cache.c: the kernel's linear alias of memory, any context */
void av_cache_init(void);		/* with each VM */
void av_cache_clean_inval_poc(const void *kva, size_t size);
void av_cache_sync_icache(const void *kva, size_t size);
bool av_cache_has_dic(void);		/* instruction fetch needs no invalidation */

/* mm/host_map.c: how the host's page table of the caller's process maps an address right now */
struct av_host_map {
	unsigned long pfn;	/* of the page at the address, not of the block */
	u64 size;		/* PAGE_SIZE, PMD_SIZE, PUD_SIZE */
	bool writable;
};

bool av_mm_host_map(struct mm_struct *mm, unsigned long hva, struct av_host_map *map);

/* mm/notifier.c, or mm/pin.c where the kernel has no MMU notifiers */
int av_mm_notifier_init(struct av_vm *vm);
void av_mm_notifier_exit(struct av_vm *vm);
/*
 * A page that stays pinned as long as it is in the slot: 0 and a reference of its own. Only used
 * when there are no MMU notifiers.
 */
int av_mm_pin(struct av_vm *vm, u64 gfn, unsigned long hva, bool write, struct page **page,
	      bool *writable);
void av_mm_unpin_range(struct av_vm *vm, u64 gfn, unsigned long nr_pages);

/*
 * mm/vmid.c: current generation? if not, av_vmid_update() before the burst (interrupts on). Asked
 * with interrupts off, yes holds until they are on again.
 */
#define AV_VMID_SHIFT		16	/* where the generation begins, also with 8-bit VMIDs */
extern u64 av_vmid_generation;
static inline bool av_vmid_is_current(u64 vmid)
{
	return vmid >> AV_VMID_SHIFT == READ_ONCE(av_vmid_generation);
}

void av_vmid_update(struct av_vm *vm);		/* may sleep */
/*
 * VTTBR_EL2 of the VM with its present VMID; after av_vmid_is_current(), before interrupts are
 * on.
 */
u64 av_vmid_vttbr(struct av_vm *vm);
int av_vmid_init(void);

/*
 * mm/tlb.c: TLB maintenance for the guest's regime, done at EL2. Any context that can't migrate
 * in between (they disable preemption themselves); all CPUs, inner shareable; complete on return.
 */
void av_tlb_init(void);		/* once, before the first VM */
bool av_tlb_has_range(void);
/* level: that of the leaves, if there is nothing else; 0: no hint. A range, with FEAT_TLBIRANGE. */
void av_tlb_flush_ipa(struct av_vm *vm, u64 ipa, int level);
void av_tlb_flush_range(struct av_vm *vm, u64 ipa, u64 size, int level);
void av_tlb_flush_vm(struct av_vm *vm);
/* Interrupts off, before the vCPU enters on this CPU: another one of its VM may have been here. */
bool av_tlb_switch_vcpu(struct av_vcpu *vcpu);
void av_tlb_flush_all(void);		/* every VMID, on all CPUs */

#endif
