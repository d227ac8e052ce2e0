/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest's virtual addresses, walked as its MMU would (DDI 0487, D8.2). Knows nothing of VMs, so that a unit test can
 * use it as it is.
 */
#ifndef VMM_TRANSLATE_H
#define VMM_TRANSLATE_H

#include <stdbool.h>
#include <stdint.h>

/* What a walk depends on. */
struct mmu {
	uint64_t	sctlr, tcr, ttbr0, ttbr1;
	/* Eight bytes of guest physical memory; false where there is none. */
	bool		(*read)(void *arg, uint64_t ipa, uint64_t *value);
	void		*arg;
};

/**
 * translate() - guest virtual to guest physical, stage 1 of EL1 and EL0
 * @mmu: the registers as they are
 * @va: the address; its tag is ignored where the guest has that so
 * @ipa: filled in
 *
 * Who looks from outside has every permission. Addresses of 52 bits are not walked.
 *
 * Return: is it mapped?
 */
bool translate(const struct mmu *mmu, uint64_t va, uint64_t *ipa);

#endif
