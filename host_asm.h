/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_asm.S, in so far as others call it: the HVC, and the length of vectors.
 *
 * Runs at: host kernel (EL1 of an nVHE host). Owns: nothing.
 */
#ifndef AV_HOST_ASM_H
#define AV_HOST_ASM_H

#include <linux/types.h>

/* Of host/calls.h, which knows what the answer is worth. */
u64 av_hvc(u64 id, u64 a, u64 b, u64 c);
u64 av_sve_vector_bytes(void);	/* only where the host's kernel uses SVE */

#endif
