/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SVE's registers, for host and guest: all of them in memory one behind the other, Z0 - Z31, P0 - P15, FFR, each of the
 * length in force.
 */
#ifndef SELFTESTS_SVE_H
#define SELFTESTS_SVE_H

#include "vm.h"

#ifndef KVM_CAP_ARM_SVE
#define KVM_CAP_ARM_SVE		170
#endif

#define SVE_MAX_BYTES		256
#define SVE_P_AT(bytes)		(32 * (bytes))
#define SVE_FFR_AT(bytes)	(SVE_P_AT(bytes) + 16 * (bytes) / 8)
#define SVE_ALL(bytes)		(SVE_P_AT(bytes) + 17 * (bytes) / 8)

/* As ONE_REG has them: bit n - 1 for n * 16 bytes, in the first word. */
#define SVE_VLS_WORDS		8

struct sve_regs {
	u8 b[SVE_ALL(SVE_MAX_BYTES)];
} __attribute__((aligned(16)));

#define zcr_el1			S3_0_C1_C2_0
#define cpacr_fp_sve(zen)	((3UL << 20) | (u64)(zen) << 16)

/* lib/sve_regs.S */
void sve_load(const struct sve_regs *regs);
void sve_store(struct sve_regs *regs);
u64 sve_bytes(void);
/* Load, count down, store: at EL0 a system call would give them up. */
void sve_hold(const struct sve_regs *in, struct sve_regs *out, u64 spins);

/* lib/sve.c, in host and guest */
void sve_fill(struct sve_regs *regs, u64 bytes, u64 seed);
/* The first byte that differs, -1: none. */
int sve_differs(const struct sve_regs *a, const struct sve_regs *b, u64 bytes);
/* The guest's first steps: SVE at EL1 and EL0, the longest vectors that it may have. Their length. */
u64 guest_sve_on(void);

/* lib/sve.c, host: does the device have it; its lengths */
bool sve_offered(void);
u64 sve_lengths(void);
int sve_try_lengths(struct vcpu *vcpu, u64 *words, bool set);	/* 0 or -errno */
int vcpu_finalize(struct vcpu *vcpu, int feature);
/* As guest_vcpu(), with SVE. lengths: a set, 0: all that there are. */
struct vcpu *guest_sve_vcpu(struct vm *vm, unsigned int id, u64 lengths, void (*fn)(u64), u64 arg);

static inline unsigned int sve_longest(u64 lengths)
{
	return 64 - __builtin_clzl(lengths);
}

#endif
