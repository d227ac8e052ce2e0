// SPDX-License-Identifier: GPL-2.0
/*
 * Cache maintenance of guest memory through the kernel's linear map.
 *
 * Runs at: host kernel, any context.
 * Owns: what it knows of CTR_EL0. Locks: none.
 */
#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/stringify.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>

#include "compat.h"
#include "include/av_types.h"
#include "mm.h"

/* CTR_EL0, Cache Type Register (DDI 0487, D24.2) */
#define CTR_DMIN_LINE(ctr)	AV_GET(ctr, 19, 16)	/* log2 of words */
#define CTR_POLICY(ctr)		AV_GET(ctr, 15, 14)
#define CTR_POLICY_PIPT		3
#define CTR_IS_DIC		AV_BIT(29)

#define LINES_AT_ONCE		8

/* Above this the whole instruction cache is invalidated: by line it would take longer. */
#define ICACHE_RANGE_MAX	SZ_2M

/* Of all CPUs. To look it up among the kernel's registers takes longer than a page's table entry. */
static u64 ctr_el0;

/*
 * A CPU that comes later with another CTR_EL0 is refused by the kernel, but where the CPUs differ anyway: then it may
 * have shorter lines, which the next VM takes notice of (arch/arm64/kernel/cpu_errata.c, ARM64_MISMATCHED_CACHE_TYPE).
 */
void av_cache_init(void)
{
	WRITE_ONCE(ctr_el0, read_sanitised_ftr_reg(SYS_CTR_EL0));
}

bool av_cache_has_dic(void)
{
	return READ_ONCE(ctr_el0) & CTR_IS_DIC;
}

/*
 * A guest may access memory with its caches off, so what the host's caches hold has to reach memory
 * before the guest sees a page, and no line may stay behind to hide what the guest then writes.
 */
void av_cache_clean_inval_poc(const void *kva, size_t size)
{
	unsigned long line = 4UL << CTR_DMIN_LINE(READ_ONCE(ctr_el0));
	unsigned long end = (unsigned long)kva + size;
	unsigned long addr = (unsigned long)kva & ~(line - 1);

	/* The compiler leaves a loop of eight a loop, which is as much again. */
	while (end - addr >= LINES_AT_ONCE * line)
		asm volatile(".rept	" __stringify(LINES_AT_ONCE) "\n"
			     "	dc	civac, %0\n"
			     "	add	%0, %0, %1\n"
			     "	.endr" : "+r" (addr) : "r" (line) : "memory");
	for (; addr < end; addr += line)
		asm volatile("dc civac, %0" : : "r" (addr) : "memory");
	/*
	 * Before: DC CIVAC of the lines. Not after: a store that makes the page visible to the
	 * guest. DDI 0487, D7.5.9: cache maintenance is complete only after a DSB.
	 */
	dsb(sy);
}

/* What was written to memory as data is what the guest will fetch. */
void av_cache_sync_icache(const void *kva, size_t size)
{
	unsigned long start = (unsigned long)kva;

	if (av_cache_has_dic())
		return;
	if (CTR_POLICY(READ_ONCE(ctr_el0)) == CTR_POLICY_PIPT && size <= ICACHE_RANGE_MAX) {
		av_caches_clean_inval_pou(start, start + size);
		return;
	}
	/*
	 * The guest's addresses may select other sets than the kernel's, or there is too much.
	 * Before: the cleaning of these lines to the PoC (fault.c), which is beyond the PoU. Not
	 * after: a fetch that hits an older instruction. DDI 0487, D7.5.9: DSB, IC, DSB; the ISB
	 * is the guest's ERET.
	 */
	dsb(ish);
	asm volatile("ic ialluis" : : : "memory");
	dsb(ish);
}
