/* SPDX-License-Identifier: GPL-2.0 */
/* A well-behaved guest beside hostile ones: what it computes is known, and what it wrote must be there. */
#ifndef SELFTESTS_WITNESS_H
#define SELFTESTS_WITNESS_H

#include "vm.h"

/* Of one round, by general and FP registers and memory; the same in both halves. */
u64 witness_sum(u64 round);
/* Guest half: GUEST_SYNC_ARGS(round, sum, system registers that changed as bits) for ever. */
void witness_guest(u64 arg);

/* To where a guest with its caches off sees it, on hardware that has caches. */
void clean_to_memory(const void *p, size_t size);

#endif
