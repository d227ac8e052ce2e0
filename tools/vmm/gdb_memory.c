// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's memory for the debugger: virtual addresses as the chosen vCPU sees them, RAM only. A device is not read
 * from outside: reading could change it.
 *
 * Owns: nothing. Locks: none; the stub's thread, while the vCPUs stand.
 */
#define _GNU_SOURCE
#include <string.h>

#include "gdb.h"
#include "translate.h"

static bool read_ram(void *arg, uint64_t ipa, uint64_t *value)
{
	const void *at = vm_ram(arg, ipa, sizeof(*value));

	if (at)
		memcpy(value, at, sizeof(*value));
	return at;
}

static bool to_ipa(struct vcpu *vcpu, __u64 va, __u64 *ipa)
{
	uint64_t found;
	__u64 sctlr, tcr, ttbr0, ttbr1;
	struct mmu mmu;

	if (vcpu_get_reg(vcpu, REG_SCTLR_EL1, &sctlr) || vcpu_get_reg(vcpu, REG_TCR_EL1, &tcr) ||
	    vcpu_get_reg(vcpu, REG_TTBR0_EL1, &ttbr0) || vcpu_get_reg(vcpu, REG_TTBR1_EL1, &ttbr1))
		return false;
	mmu = (struct mmu) {
		.sctlr = sctlr, .tcr = tcr, .ttbr0 = ttbr0, .ttbr1 = ttbr1,
		.read = read_ram, .arg = vcpu->vm,
	};
	if (!translate(&mmu, va, &found))
		return false;
	*ipa = found;
	return true;
}

/* A byte of RAM, and what follows it up to the next boundary of 4K; NULL where there is none. */
__u8 *gdb_memory_at(struct vcpu *vcpu, __u64 va)
{
	__u64 ipa;

	return to_ipa(vcpu, va, &ipa) ? vm_ram(vcpu->vm, ipa, 1) : NULL;
}

/*
 * The guest may run with its caches off, and fetches by its own instruction cache: written bytes go to memory, and what
 * was fetched is forgotten. EL0 may do that on Linux (SCTLR_EL1.UCI).
 */
void gdb_memory_sync(void *from, size_t len)
{
#ifdef __aarch64__
	unsigned long at = (unsigned long)from & ~63UL;

	for (; at < (unsigned long)from + len; at += 64)
		asm volatile("dc civac, %0" : : "r" (at) : "memory");
	asm volatile("dsb sy" : : : "memory");
#endif
	__builtin___clear_cache(from, (char *)from + len);
}

static bool access_memory(struct vcpu *vcpu, __u64 va, __u8 *bytes, size_t len, bool write)
{
	while (len) {
		size_t part = SZ_4K - (va & (SZ_4K - 1));
		__u8 *ram = gdb_memory_at(vcpu, va);

		if (!ram)
			return false;
		if (part > len)
			part = len;
		memcpy(write ? ram : bytes, write ? bytes : ram, part);
		if (write)
			gdb_memory_sync(ram, part);
		va += part;
		bytes += part;
		len -= part;
	}
	return true;
}

bool gdb_memory_read(struct vcpu *vcpu, __u64 va, void *to, size_t len)
{
	return access_memory(vcpu, va, to, len, false);
}

bool gdb_memory_write(struct vcpu *vcpu, __u64 va, const void *from, size_t len)
{
	return access_memory(vcpu, va, (__u8 *)from, len, true);
}
