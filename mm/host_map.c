// SPDX-License-Identifier: GPL-2.0
/*
 * A walk of the host's own page table without locks: how large is the mapping of an address?
 *
 * Runs at: host kernel. Owns: nothing.
 * Locks: none; interrupts are off in the walk, which keeps the tables that it reads from being
 * freed (they are freed after an RCU-sched grace period or an IPI). What it finds may be stale at
 * once: the caller checks invalidate_seq under mmu_lock before he uses it.
 */
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/pgtable.h>

#include "mm.h"

static bool map_pte(pmd_t pmd, unsigned long hva, struct av_host_map *map)
{
	pte_t pte = READ_ONCE(*pte_offset_kernel(&pmd, hva));

	if (!pte_valid(pte))
		return false;
	map->pfn = pte_pfn(pte);
	map->size = PAGE_SIZE;
	map->writable = pte_write(pte);
	return true;
}

static bool map_pmd(pud_t *pudp, pud_t pud, unsigned long hva, struct av_host_map *map)
{
	pmd_t pmd = READ_ONCE(*pmd_offset_lockless(pudp, pud, hva));

	if (!pmd_present(pmd))
		return false;
	if (pmd_leaf(pmd)) {
		/* PROT_NONE is present, too. */
		if (!pte_valid(pmd_pte(pmd)))
			return false;
		map->pfn = pmd_pfn(pmd) + ((hva & ~PMD_MASK) >> PAGE_SHIFT);
		map->size = PMD_SIZE;
		map->writable = pmd_write(pmd);
		return true;
	}
	/* To older kernels a huge page of PROT_NONE is neither leaf nor table. */
	if (pmd_bad(pmd))
		return false;
	return map_pte(pmd, hva, map);
}

static bool map_pgd(struct mm_struct *mm, unsigned long hva, struct av_host_map *map)
{
	pgd_t *pgdp = pgd_offset(mm, hva), pgd = READ_ONCE(*pgdp);
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;

	if (pgd_none(pgd))
		return false;
	p4dp = p4d_offset_lockless(pgdp, pgd, hva);
	p4d = READ_ONCE(*p4dp);
	if (p4d_none(p4d))
		return false;
	pudp = pud_offset_lockless(p4dp, p4d, hva);
	pud = READ_ONCE(*pudp);
	if (!pud_present(pud))
		return false;
	if (pud_leaf(pud)) {
		if (!pte_valid(pud_pte(pud)))
			return false;
		map->pfn = pud_pfn(pud) + ((hva & ~PUD_MASK) >> PAGE_SHIFT);
		map->size = PUD_SIZE;
		map->writable = pud_write(pud);
		return true;
	}
	return map_pmd(pudp, pud, hva, map);
}

bool av_mm_host_map(struct mm_struct *mm, unsigned long hva, struct av_host_map *map)
{
	unsigned long flags;
	bool found;

	local_irq_save(flags);
	found = map_pgd(mm, hva, map);
	local_irq_restore(flags);
	return found;
}
