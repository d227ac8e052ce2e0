/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What changed its name or arguments between the kernels that armvcpu builds for (5.10 to 7.x).
 *
 * One wrapper per service, called av_*, next to a note since when the kernel differs.
 *
 * Runs at: host kernel. Owns: nothing. Locks: none.
 */
#ifndef AV_COMPAT_H
#define AV_COMPAT_H

#include <linux/arm-smccc.h>
#include <linux/context_tracking.h>
#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/version.h>
#include <linux/vtime.h>
#include <linux/wait.h>
#include <asm/cacheflush.h>
#include <asm/cpufeature.h>
#include <asm/cputype.h>

#include "uapi/armvcpu.h"

/*
 * This CPU goes on in a guest, where the kernel sees nothing: accounting and RCU must know. Interrupts off.
 * RCU waits for one quiescent state of this CPU, so it is enough to tell it after each interrupt of the
 * host's. With 5.13 guest_enter_irqoff() moved from context_tracking.h to kvm_host.h, which modules
 * can't use, and its parts got names; before, it tells RCU always.
 */
#if KERNEL_VERSION(5, 13, 0) <= LINUX_VERSION_CODE
static inline void av_guest_enter(bool tell_rcu)
{
	vtime_account_guest_enter();
	if (!context_tracking_guest_enter() && tell_rcu)
		rcu_note_context_switch(false); /* what rcu_virt_note_context_switch() is; that lost its argument */
}

static inline void av_guest_exit(void)
{
	context_tracking_guest_exit();
	vtime_account_guest_exit();
}
#else
static inline void av_guest_enter(bool tell_rcu)
{
	guest_enter_irqoff();
}

static inline void av_guest_exit(void)
{
	guest_exit_irqoff();
}
#endif

/* Data of these kernel addresses as instructions: to the point of unification. Renamed by 5.14. */
static inline void av_caches_clean_inval_pou(unsigned long start, unsigned long end)
{
#if KERNEL_VERSION(5, 14, 0) <= LINUX_VERSION_CODE
	caches_clean_inval_pou(start, end);
#else
	__flush_icache_range(start, end);
#endif
}

/*
 * Memory that user space maps. Before 5.11 a page that is charged to a memory cgroup says so where its mappings are
 * counted (PG_kmemcg), and must not have any: "BUG: Bad page map".
 */
#if KERNEL_VERSION(5, 11, 0) <= LINUX_VERSION_CODE
#define AV_GFP_MAPPED		GFP_KERNEL_ACCOUNT
#else
#define AV_GFP_MAPPED		GFP_KERNEL
#endif

/* Memory that the kernel has in its linear map. Before 5.14 arm64's pfn_valid() said so. */
static inline bool av_pfn_is_map_memory(unsigned long pfn)
{
#if KERNEL_VERSION(5, 14, 0) <= LINUX_VERSION_CODE
	return pfn_is_map_memory(pfn);
#else
	return pfn_valid(pfn);
#endif
}

/* Anonymous memory and shmem: nobody's but the mm's. Folios came by 5.16; 6.12 asks them alone. */
static inline bool av_page_is_swap_backed(struct page *page)
{
#if KERNEL_VERSION(5, 16, 0) <= LINUX_VERSION_CODE
	return folio_test_swapbacked(page_folio(page));
#else
	return PageSwapBacked(page);
#endif
}

/* What user space reads of an external abort. The union that all exits are in has room for it. */
static inline struct armvcpu_sea *av_sea_exit(struct kvm_run *run)
{
	BUILD_BUG_ON(sizeof(run->padding) < sizeof(struct armvcpu_sea));
	return (struct armvcpu_sea *)&run->padding;
}

/* What user space reads of a system event. The union that kvm_run.system_event is in has room for it. */
static inline struct armvcpu_system_event *av_system_event(struct kvm_run *run)
{
	BUILD_BUG_ON(sizeof(run->padding) < sizeof(struct armvcpu_system_event));
	return (struct armvcpu_system_event *)&run->system_event;
}

/* What user space reads of a debug exception. */
static inline struct armvcpu_debug_exit *av_debug_exit(struct kvm_run *run)
{
	BUILD_BUG_ON(sizeof(run->padding) < sizeof(struct armvcpu_debug_exit));
	return (struct armvcpu_debug_exit *)&run->debug;
}

/*
 * A large object on the stack that is filled before it is read: kernels that zero the stack (INIT_STACK_ALL_ZERO,
 * Debian's among them) would spend more on it than on the rest of the function.
 */
#if defined(__has_attribute) && __has_attribute(uninitialized)
#define av_uninitialized	__attribute__((uninitialized))
#else
#define av_uninitialized
#endif

#ifdef CONFIG_MMU_NOTIFIER
/* What the notifier's questions after the access flag give: int, later bool. */
#define AV_YOUNG	typeof(((const struct mmu_notifier_ops *)NULL)->test_young(NULL, NULL, 0))
#endif

/* What user space reads of a call that it has to answer. */
static inline struct armvcpu_hypercall *av_hypercall(struct kvm_run *run)
{
	BUILD_BUG_ON(sizeof(run->padding) < sizeof(struct armvcpu_hypercall));
	return (struct armvcpu_hypercall *)&run->hypercall;
}

/*
 * Memory tags of pages: a page that has some says so by a flag, for who copies it or swaps it out, and the tags are in
 * order before the flag is. Since 6.2 who puts them in order first is settled by another flag; before, mappings of one
 * page in several address spaces could do so twice, and none but private ones will do. Since 6.13 pages of hugetlbfs
 * have the flag for all of one together. Kernels before 6.1 don't keep tags well enough to trust them with a guest's.
 */
#if defined(CONFIG_ARM64_MTE) && KERNEL_VERSION(6, 1, 0) <= LINUX_VERSION_CODE
#define AV_HAS_TAGS		1
#include <asm/mte.h>

#if KERNEL_VERSION(6, 13, 0) <= LINUX_VERSION_CODE
static inline bool av_tags_are_folios(struct page *page)
{
	return folio_test_hugetlb(page_folio(page));
}

static inline struct page *av_tags_first(struct page *page)
{
	return av_tags_are_folios(page) ? folio_page(page_folio(page), 0) : page;
}

static inline unsigned long av_tags_pages(struct page *page)
{
	return av_tags_are_folios(page) ? folio_nr_pages(page_folio(page)) : 1;
}
#else
static inline bool av_tags_are_folios(struct page *page)
{
	return false;
}

static inline struct page *av_tags_first(struct page *page)
{
	return page;
}

static inline unsigned long av_tags_pages(struct page *page)
{
	return 1;
}

#define folio_try_hugetlb_mte_tagging(folio)	false
#define folio_set_hugetlb_mte_tagged(folio)	do { } while (0)
#define folio_test_hugetlb_mte_tagged(folio)	false
#endif

#if KERNEL_VERSION(6, 2, 0) <= LINUX_VERSION_CODE
#define AV_TAGS_SHARED		0		/* of vm_flags, which tags may not have */
/* True: the tags of av_tags_pages() from av_tags_first() on are the caller's to put in order, soon. */
static inline bool av_tags_begin(struct page *page)
{
	if (av_tags_are_folios(page))
		return folio_try_hugetlb_mte_tagging(page_folio(page));
	return try_page_mte_tagging(page);
}

static inline void av_tags_end(struct page *page)
{
	if (av_tags_are_folios(page))
		folio_set_hugetlb_mte_tagged(page_folio(page));
	else
		set_page_mte_tagged(page);
}

static inline bool av_tags_there(struct page *page)
{
	if (av_tags_are_folios(page))
		return folio_test_hugetlb_mte_tagged(page_folio(page));
	return page_mte_tagged(page);
}
#else
#define AV_TAGS_SHARED		VM_SHARED
/* The names for it came by a stable release. */
static inline bool av_tags_there(struct page *page)
{
	bool there = test_bit(PG_mte_tagged, &page->flags);

	if (there)
		smp_rmb();	/* The flag is read before the tags. */
	return there;
}

static inline bool av_tags_begin(struct page *page)
{
	return !av_tags_there(page);
}

static inline void av_tags_end(struct page *page)
{
	smp_wmb();	/* The tags are written before the flag. */
	set_bit(PG_mte_tagged, &page->flags);
}
#endif
#else
#define AV_HAS_TAGS		0
#endif

/*
 * Wall clock and architected counter at one moment; false where the wall clock goes by another counter. Only since
 * 5.13 the kernel says which. By another name in 7.2.
 */
#if KERNEL_VERSION(5, 13, 0) <= LINUX_VERSION_CODE
#define AV_HAS_WALL_CLOCK	1
static inline bool av_wall_clock(u64 *ns, u64 *count)
{
	struct system_time_snapshot snap;

#if KERNEL_VERSION(7, 2, 0) <= LINUX_VERSION_CODE
	ktime_get_snapshot_id(CLOCK_REALTIME, &snap);
	*ns = ktime_to_ns(snap.systime);
#else
	ktime_get_snapshot(&snap);
	*ns = ktime_to_ns(snap.real);
#endif
	*count = snap.cycles;
	return snap.cs_id == CSID_ARM_ARCH_COUNTER;
}
#else
#define AV_HAS_WALL_CLOCK	0
static inline bool av_wall_clock(u64 *ns, u64 *count)
{
	return false;
}
#endif

/* User space may change it at any time, of which 6.12 reminds in-kernel readers by another name. */
static inline bool av_immediate_exit(const struct kvm_run *run)
{
#ifdef HINT_UNSAFE_IN_KVM
	return READ_ONCE(run->immediate_exit__unsafe);
#else
	return READ_ONCE(run->immediate_exit);
#endif
}

/*
 * The scheduler wants the CPU: at once, or when the task next gets the chance, on the kernels that tell these apart
 * (6.1 with PREEMPT_RT, any since 6.13).
 */
#ifndef _TIF_NEED_RESCHED_LAZY
#define _TIF_NEED_RESCHED_LAZY	0
#endif
#define AV_TIF_RESCHED		(_TIF_NEED_RESCHED | _TIF_NEED_RESCHED_LAZY)

/*
 * Not by cond_resched(): it does nothing where the wish is a lazy one, and on arm64 it asks a copy of the flag beside
 * the preemption count, which set_tsk_need_resched() leaves alone. Nor would the tick make up for that, as the flag
 * is set already: RUN would go round for ever.
 */
static inline void av_cond_resched(void)
{
	if (READ_ONCE(current_thread_info()->flags) & AV_TIF_RESCHED)
		schedule();
}

/*
 * Does TIF_NOTIFY_RESUME stand for more than rseq? As resume_user_mode_work() asks, before 5.18
 * tracehook_notify_resume(). Of the block layer's the name changed with 6.3.
 */
static inline bool av_user_work_pending(void)
{
	if (READ_ONCE(current->task_works))
		return true;
#ifdef CONFIG_MEMCG
	if (current->memcg_nr_pages_over_high)
		return true;
#endif
#ifdef CONFIG_BLK_CGROUP
#if KERNEL_VERSION(6, 3, 0) <= LINUX_VERSION_CODE
	if (current->throttle_disk)
		return true;
#else
	if (current->throttle_queue)
		return true;
#endif
#endif
	return false;
}

/* 6.19 wants a buffer, for the case that somebody else needs the registers: not with preemption off, as here. */
#if KERNEL_VERSION(6, 19, 0) <= LINUX_VERSION_CODE
#define av_kernel_neon_begin()	kernel_neon_begin(NULL)
#define av_kernel_neon_end()	kernel_neon_end(NULL)
#else
#define av_kernel_neon_begin()	kernel_neon_begin()
#define av_kernel_neon_end()	kernel_neon_end()
#endif

static inline bool av_supports_sme(void)
{
#ifdef ARM64_SME /* 5.19 */
	return system_supports_sme();
#else
	return false;
#endif
}

#ifndef ARM_SMCCC_ARCH_WORKAROUND_3 /* 5.18 */
#define ARM_SMCCC_ARCH_WORKAROUND_3	0x80003fffU
#endif

/* What KVM's vendor call answers (SMCCC's UID of KVM, as four registers); one UUID in later headers. */
#ifndef ARM_SMCCC_VENDOR_HYP_CALL_UID_FUNC_ID /* 5.12 */
#define ARM_SMCCC_VENDOR_HYP_CALL_UID_FUNC_ID		0x8600ff01U
#define ARM_SMCCC_VENDOR_HYP_KVM_FEATURES_FUNC_ID	0x86000000U
#endif
#ifndef ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_0
#define ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_0	0xb66fb428U
#define ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_1	0xe911c52eU
#define ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_2	0x564bcaa9U
#define ARM_SMCCC_VENDOR_HYP_UID_KVM_REG_3	0x743a004dU
#endif

/* Its name was APM_CPU_PART_POTENZA until 6.13 and the stable releases of that time. */
#ifndef APM_CPU_PART_XGENE
#define APM_CPU_PART_XGENE	0x000
#endif

/* 6.8 dropped the count that eventfd_signal() adds. */
static inline void av_eventfd_signal(struct eventfd_ctx *eventfd)
{
#if KERNEL_VERSION(6, 8, 0) <= LINUX_VERSION_CODE
	eventfd_signal(eventfd);
#else
	eventfd_signal(eventfd, 1);
#endif
}

/* Signal some of what is owed to it. Return: how many. */
static inline u32 av_eventfd_signal_some(struct eventfd_ctx *eventfd, u32 owed)
{
#if KERNEL_VERSION(6, 8, 0) <= LINUX_VERSION_CODE
	eventfd_signal(eventfd);
	return 1;
#else
	eventfd_signal(eventfd, owed);
	return owed;
#endif
}

/* 5.18 made a type of the flag; for the housekeeping CPUs, which are nobody's alone. */
#if KERNEL_VERSION(5, 18, 0) <= LINUX_VERSION_CODE
#define AV_HK_MISC	HK_TYPE_MISC
#else
#define AV_HK_MISC	HK_FLAG_MISC
#endif

/* Take the count, as read() would; caller holds the wait queue's lock. Exported since 5.11. */
static inline void av_eventfd_drain(struct eventfd_ctx *eventfd, u64 *count)
{
#if KERNEL_VERSION(5, 11, 0) <= LINUX_VERSION_CODE
	eventfd_ctx_do_read(eventfd, count);
#endif
}

/* In front of the waiters that are there. Before 5.11 there was no such place, nor av_eventfd_drain(). */
static inline void av_add_wait_queue_priority(struct wait_queue_head *head,
					      struct wait_queue_entry *wait)
{
#if KERNEL_VERSION(5, 11, 0) <= LINUX_VERSION_CODE
	add_wait_queue_priority(head, wait);
#else
	add_wait_queue(head, wait);
#endif
}

/* 6.13 has hrtimer_setup(), 6.15 no longer has hrtimer_init(). */
static inline void av_hrtimer_setup(struct hrtimer *timer,
				    enum hrtimer_restart (*function)(struct hrtimer *),
				    clockid_t clock, enum hrtimer_mode mode)
{
#if KERNEL_VERSION(6, 13, 0) <= LINUX_VERSION_CODE
	hrtimer_setup(timer, function, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = function;
#endif
}

/* An irq_work in hard interrupt context on PREEMPT_RT too, which can be said since 5.11. */
static inline void av_irq_work_setup(struct irq_work *work, void (*function)(struct irq_work *))
{
#ifdef IRQ_WORK_INIT_HARD
	*work = IRQ_WORK_INIT_HARD(function);
#else
	init_irq_work(work, function);
#endif
}

/* Said by who is no debugger, or else a NUMA balancing host's hint is passed over; before 6.6 it was understood. */
#if KERNEL_VERSION(6, 6, 0) <= LINUX_VERSION_CODE
#define AV_FOLL_HONOR_NUMA_FAULT	FOLL_HONOR_NUMA_FAULT
#else
#define AV_FOLL_HONOR_NUMA_FAULT	0
#endif

/* 6.9 has ID_AA64ISAR3_EL1 among its own; another that is asked for it warns. */
#define AV_KERNEL_KNOWS_ISAR3	(KERNEL_VERSION(6, 9, 0) <= LINUX_VERSION_CODE)

#endif
