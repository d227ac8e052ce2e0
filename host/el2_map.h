/* SPDX-License-Identifier: GPL-2.0 */
/*
 * EL2's own address space, as percpu.c builds it up and takes it down, and what the host lends it.
 *
 * Runs at: host kernel. Owns: nothing.
 */
#ifndef AV_EL2_MAP_H
#define AV_EL2_MAP_H

#include <linux/types.h>
#include <asm/page.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/sysreg.h>
#include "include/el2_abi.h"

int av_el2_map_init(void);
void av_el2_map_exit(void);
void av_el2_map_set_live(bool live);
void av_el2_map_params(struct el2_params *params);
void av_el2_clean_for_take(const struct el2_params *params);
int av_el2_map_cpu(unsigned int cpu, unsigned int which, void *kva);
u64 av_el2_take_pa(void);
u64 av_el2_release_pa(void);
u64 av_el2_addr(const void *kva);
int av_el2_map_device(u64 pa, size_t size, u64 *va);
/* Memory lent to EL2; linear-map, page-aligned allocations only */
int av_el2_lend(void *kva, size_t size);
void av_el2_reclaim(void *kva, size_t size);

/* Where a CPU's four pages begin in EL2's address space. */
static inline u64 av_el2_cpu_window(unsigned int cpu)
{
	return EL2_CPU_BASE + (u64)cpu * EL2_CPU_PAGES * PAGE_SIZE;
}

/*
 * Clean and invalidate to the point of coherency, for who reads with its MMU off. The kernel's own function is
 * not exported (DDI 0487, D7.5.9.6; the line size is CTR_EL0.DminLine: the least of all CPUs', since the lines may be
 * in the caches of one that has shorter ones).
 */
static inline void av_clean_to_poc(const void *kva, size_t size)
{
	unsigned long line = 4UL << ((read_sanitised_ftr_reg(SYS_CTR_EL0) >> 16) & 0xf);
	unsigned long addr = (unsigned long)kva & ~(line - 1);

	for (; addr < (unsigned long)kva + size; addr += line)
		asm volatile("dc civac, %0" : : "r" (addr) : "memory");
	/* Done for every observer, MMU on or off, before who needs it is started. */
	dsb(sy);
}

#endif
