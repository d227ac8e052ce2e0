// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A read-only memslot reads and executes as memory; a write to it is an
 *            MMIO exit that changes nothing; a write without syndrome is ENOSYS.
 * Reference: kvm-abi.md part 6.2.
 * A failure: shows the exit or the changed memory; see mm/ (fault).
 */
#include "harness.h"
#include "insn.h"

#define SIZE	(16 * SZ_4K)

static void guest_uses_rom(u64 arg)
{
	u64 i;

	for (i = 0; i < SIZE; i += SZ_4K)
		GUEST_ASSERT_EQ(0xabcd0000 + i, readl(EXTRA_BASE + i + 16));
	GUEST_ASSERT_EQ(42, ((u64 (*)(void))EXTRA_BASE)());
	writel(0x55, EXTRA_BASE + 0x2010);
	GUEST_ASSERT_EQ(0xabcd2000, readl(EXTRA_BASE + 0x2010));
	writeb(0x66, EXTRA_BASE + 0x2010);
	/* the page that was never read */
	writeq(0x77, EXTRA_BASE + SIZE - 8);
	GUEST_SYNC(1);
	asm volatile("stp xzr, xzr, [%0]" :: "r"(EXTRA_BASE + 0x3010) : "memory");
	GUEST_ASSERT_EQ(0xabcd3000, readl(EXTRA_BASE + 0x3010));
	GUEST_DONE();
}

TEST(a_rom_reads_executes_and_traps_writes)
{
	struct vm *vm = vm_create_guest();
	u8 *rom = mem_anon(SIZE), *copy = malloc(SIZE);
	struct vcpu *vcpu;
	struct ucall uc;
	u64 i;

	for (i = 0; i < SIZE; i += SZ_4K)
		*(u32 *)(rom + i + 16) = 0xabcd0000 + i;
	((u32 *)rom)[0] = INSN_MOVZ_X0(42);
	((u32 *)rom)[1] = INSN_RET;
	memcpy(copy, rom, SIZE);
	mem_add_at(vm, 1, KVM_MEM_READONLY, EXTRA_BASE, SIZE, rom);
	vcpu = guest_vcpu(vm, 0, guest_uses_rom, 0);

	ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
	EXPECT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
	EXPECT_EQ(EXTRA_BASE + 0x2010, vcpu->run->mmio.phys_addr);
	EXPECT_EQ(4, vcpu->run->mmio.len);
	EXPECT_EQ(1, vcpu->run->mmio.is_write);
	EXPECT_EQ(0x55, vcpu->run->mmio.data[0]);
	ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
	EXPECT_EQ(1, vcpu->run->mmio.len);
	EXPECT_EQ(0x66, vcpu->run->mmio.data[0]);
	ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
	EXPECT_EQ(EXTRA_BASE + SIZE - 8, vcpu->run->mmio.phys_addr);
	EXPECT_EQ(8, vcpu->run->mmio.len);
	vcpu_run_sync(vcpu, 1);
	ASSERT_EQ(-ENOSYS, vcpu_run(vcpu, &uc));
	reg_set(vcpu, PC_REG, reg_get(vcpu, PC_REG) + 4);
	vcpu_run_done(vcpu);
	EXPECT_EQ(0, memcmp(copy, rom, SIZE));
	vm_free(vm);
}

static void guest_reads(u64 arg)
{
	GUEST_SYNC_ARGS(0, readl(EXTRA_BASE), 0, 0);
	GUEST_SYNC_ARGS(1, readl(EXTRA_BASE), 0, 0);
	GUEST_DONE();
}

/* Memory that the process itself can only read makes a ROM as well. */
TEST(the_hosts_pages_may_be_read_only)
{
	struct vm *vm = vm_create_guest();
	u32 *rom = mem_anon(SIZE);
	struct vcpu *vcpu;

	rom[0] = 0x1234;
	ASSERT_EQ(0, mprotect(rom, SIZE, PROT_READ));
	mem_add_at(vm, 1, KVM_MEM_READONLY, EXTRA_BASE, SIZE, rom);
	vcpu = guest_vcpu(vm, 0, guest_reads, 0);
	EXPECT_EQ(0x1234, vcpu_run_sync(vcpu, 0).a[1]);
	/* what the host changes, the guest sees */
	ASSERT_EQ(0, mprotect(rom, SIZE, PROT_READ | PROT_WRITE));
	rom[0] = 0x5678;
	EXPECT_EQ(0x5678, vcpu_run_sync(vcpu, 1).a[1]);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

SELFTEST_MAIN
