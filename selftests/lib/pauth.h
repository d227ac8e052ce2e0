/* SPDX-License-Identifier: GPL-2.0 */
/* Pointer authentication, for host and guest. */
#ifndef SELFTESTS_PAUTH_H
#define SELFTESTS_PAUTH_H

#include "vm.h"

#ifndef KVM_CAP_ARM_PTRAUTH_ADDRESS
#define KVM_CAP_ARM_PTRAUTH_ADDRESS	171
#define KVM_CAP_ARM_PTRAUTH_GENERIC	172
#endif

#define PAUTH_FEATURES	(1 << KVM_ARM_VCPU_PTRAUTH_ADDRESS | 1 << KVM_ARM_VCPU_PTRAUTH_GENERIC)

/* APIA, APIB, APDA, APDB, APGA: low and high half each */
#define PAUTH_KEYS	5
#define PAUTH_REGS	(2 * PAUTH_KEYS)
#define PAUTH_KEY_REG(n)	\
	ARM64_SYS_REG(3, 0, 2, 1 + (n) / 4, (n) % 4)	/* of PAUTH_REGS, in that order */

/* Where SCTLR_EL1 switches IA, IB, DA and DB on */
#define SCTLR_PAUTH	(1UL << 31 | 1UL << 30 | 1UL << 27 | 1UL << 13)

/* lib/pauth_insns.S: the code that each key makes of a pointer (APGA: of two words), and whether it comes off again */
struct pauth_codes {
	u64 code[PAUTH_KEYS];
	u64 plain[PAUTH_KEYS - 1];
};

void pauth_codes(u64 pointer, u64 modifier, struct pauth_codes *codes);
u64 pauth_generic(u64 a, u64 b);
void pauth_set_keys(const u64 *keys);	/* guest */
void pauth_get_keys(u64 *keys);		/* guest */

/* lib/pauth.c, host */
bool pauth_offered(void);
struct vcpu *guest_pauth_vcpu(struct vm *vm, unsigned int id, void (*fn)(u64), u64 arg);

static inline bool pauth_same(const struct pauth_codes *a, const struct pauth_codes *b)
{
	int n;

	for (n = 0; n < PAUTH_KEYS; n++)
		if (a->code[n] != b->code[n])
			return false;
	return true;
}

#endif
