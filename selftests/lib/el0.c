// SPDX-License-Identifier: GPL-2.0
/* Code at the guest's EL0, see el0.h: mapped by a level-3 table. */
#include "el0.h"
#include "insn.h"

void el0_add_memory(struct vm *vm)
{
	mem_add(vm, 1, 0, EXTRA_BASE, 16 * SZ_4K);
}

static u64 level2[512] __attribute__((aligned(4096)));
static u64 level3[512] __attribute__((aligned(4096)));

#define PTE_EL0_CODE	(0x707 | 0xc0 | 1ULL << 53)		/* RO at both, PXN */
#define PTE_EL0_DATA	(0x707 | 0x40 | 3ULL << 53)		/* RW at both, XN */
#define PTE_EL0_DEVICE	(0x403 | 0x40 | 3ULL << 53)

void el0_map(void)
{
	guest_pgd[EL0_VA >> 30] = (u64)level2 | 3;
	level2[0] = (u64)level3 | 3;
	level3[0] = EL0_CODE | PTE_EL0_CODE;
	level3[1] = EL0_DATA | PTE_EL0_DATA;
	level3[2] = MMIO_IPA | PTE_EL0_DEVICE;
	level3[3] = (EXTRA_BASE + 2 * SZ_4K) | 0x707;		/* EL1 only */
	asm volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}

void el0_map_code(unsigned int page, u64 ipa)
{
	level3[page] = ipa | PTE_EL0_CODE;
	asm volatile("dsb ishst\n\tisb" ::: "memory");
}

u64 el0_run(u32 insn, u64 arg, u64 pstate)
{
	struct guest_cpu *cpu = this_cpu();
	u64 x0;

	writel(insn, EL0_CODE);
	writel(0xd4000021, EL0_CODE + 4);			/* svc #1 */
	asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
		     :: "r"(EL0_CODE) : "memory");
	fault_expect();
	WRITE_ONCE(cpu->expect_fault, 2);
	/* the handler returns to 1:, at EL1 */
	asm volatile(
	"	adr	x9, 1f\n"
	"	str	x9, [%2]\n"
	"	msr	elr_el1, %1\n"
	"	msr	spsr_el1, %4\n"
	"	mov	x0, %3\n"
	"	eret\n"
	"1:	mov	%0, x0\n"
	: "=&r"(x0)
	: "r"(EL0_VA), "r"(&cpu->resume_pc), "r"(arg), "r"(pstate)
	: "x0", "x9", "memory");
	GUEST_ASSERT_EQ(1, fault_taken());
	return x0;
}
