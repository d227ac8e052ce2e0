/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One instruction at the guest's EL0: a page of code and one of data, mapped for it. EL0_VA + n pages: 0 code, 1
 * data, 2 the tests' devices, 3 a page of EL1's.
 */
#ifndef SELFTESTS_EL0_H
#define SELFTESTS_EL0_H

#include "vm.h"

#define VEC_EL0_SYNC	8
#define VEC_EL0_IRQ	9
#define EC_SVC		0x15

#define EL0_VA		0x2000000000ULL
#define EL0_CODE	EXTRA_BASE
#define EL0_DATA	(EXTRA_BASE + SZ_4K)

/* Host half: slot 1, for what is mapped. */
void el0_add_memory(struct vm *vm);

/* Guest half. */
void el0_map(void);
void el0_map_code(unsigned int page, u64 ipa);
/*
 * Run two instructions at EL0 (the second is an SVC, in case that the first does
 * not trap) with x0 = arg; comes back by the exception. Returns x0 at EL0.
 */
u64 el0_run(u32 insn, u64 arg, u64 pstate);

#endif
