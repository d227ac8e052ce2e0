// SPDX-License-Identifier: GPL-2.0
/* A well-behaved guest beside hostile ones. Runs in user space and at EL1 of a guest. */
#include "witness.h"

#define WORDS	2048

static u64 memory[WORDS];

/*
 * Known values in general and FP registers for some thousand instructions, long enough for interrupts and other guests
 * to come in between; their sum.
 */
static u64 registers(u64 seed)
{
	u64 sum;

	asm volatile(
	".arch_extension fp\n"
	".arch_extension simd\n"
	".irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27\n"
	"add	x\\n, %1, #\\n\n"
	".endr\n"
	".irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
	"dup	v\\n\\().2d, x3\n"
	".endr\n"
	"mov	%0, #4000\n"
	"1:	subs	%0, %0, #1\n"
	"b.ne	1b\n"
	".irp	n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27\n"
	"add	%0, %0, x\\n\n"
	"ror	%0, %0, #7\n"
	".endr\n"
	".irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
	"umov	x2, v\\n\\().d[1]\n"
	"add	%0, %0, x2\n"
	"ror	%0, %0, #9\n"
	".endr\n"
	: "=&r"(sum) : "r"(seed)
	: "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
	  "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "cc", "memory");
	return sum;
}

u64 witness_sum(u64 round)
{
	u64 sum = registers(round * 0x9e3779b97f4a7c15ULL), i;

	for (i = 0; i < WORDS; i++)
		WRITE_ONCE(memory[i], round * i + sum);
	for (i = 0; i < WORDS; i++)
		sum = (sum << 5 | sum >> 59) ^ READ_ONCE(memory[i]);
	return sum;
}

/* Registers that belong to nobody but the guest, one bit each for those that are not what was written. */
#define OWN_REGS(x)	x(tpidr_el0) x(tpidrro_el0) x(far_el1) x(contextidr_el1) x(par_el1) \
			x(elr_el1) x(dbgbvr0_el1)

static u64 own_value(u64 round, unsigned int n)
{
	return ((round + 1) * 0x10001000 + n * 0x1000) & 0xfffff000;
}

static u64 own_registers_changed(u64 round)
{
	u64 changed = 0;
	unsigned int n = 0;

#define LOOK(reg) { changed |= (u64)((read_sysreg(reg) & 0xfffff000) != own_value(round, n)) << n; n++; }
	OWN_REGS(LOOK)
	return changed;
}

static void write_own_registers(u64 round)
{
	unsigned int n = 0;

#define SET(reg) { write_sysreg(own_value(round, n), reg); n++; }
	OWN_REGS(SET)
	isb();
}

void witness_guest(u64 arg)
{
	u64 round, sum, changed;

	for (round = 0;; round++) {
		write_own_registers(round);
		sum = witness_sum(round);
		changed = own_registers_changed(round);
		GUEST_SYNC_ARGS(round, sum, changed, 0);
	}
}

void clean_to_memory(const void *p, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += 16)
		asm volatile("dc civac, %0" :: "r"((const char *)p + i) : "memory");
	asm volatile("dsb sy" ::: "memory");
}
