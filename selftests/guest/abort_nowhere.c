// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A guest that jumps to, walks through, or touches what is not there
 *            gets an abort of its own with the right class and address; it may do
 *            so for ever without harm.
 * Reference: kvm-abi.md part 6.2; Arm ARM D17.2.37.
 * A failure: shows ESR or FAR; see mm/ (fault), vcpu/ (injection).
 */
#include <signal.h>
#include <sys/time.h>

#include "harness.h"

/* Jump to an address; come back here by the recorded fault. */
static u64 jump(u64 addr)
{
	struct guest_cpu *cpu = this_cpu();

	fault_expect();
	asm volatile(
	"	adr	x9, 1f\n"
	"	str	x9, [%0]\n"
	"	br	%1\n"
	"1:\n"
	:: "r"(&cpu->resume_pc), "r"(addr) : "x9", "memory");
	return fault_taken();
}

static void expect_prefetch_abort(u64 addr)
{
	struct guest_cpu *cpu = this_cpu();

	GUEST_ASSERT_EQ(1, jump(addr));
	GUEST_ASSERT_EQ(addr, cpu->elr);
	GUEST_ASSERT_EQ(4, cpu->vector);
	GUEST_ASSERT_EQ(EC_IABT_CUR, ESR_EC(cpu->esr));
	GUEST_ASSERT_EQ(FSC_EXTERNAL, cpu->esr & 0x3f);
	GUEST_ASSERT_EQ(addr, cpu->far);
	/* PSTATE was saved: EL1h */
	GUEST_ASSERT_EQ(5, cpu->spsr & 0xf);
}

/* The program's own page table forbids execution nowhere. */
static void guest_jumps(u64 arg)
{
	int i;

	expect_prefetch_abort(MMIO_IPA);
	expect_prefetch_abort(MMIO_IPA + 0x1000);
	expect_prefetch_abort(RAM_BASE + RAM_SIZE);
	expect_prefetch_abort(0);
	for (i = 0; i < 200; i++)
		expect_prefetch_abort(RAM_BASE + RAM_SIZE + i * SZ_64K);
	GUEST_DONE();
}

TEST(jumps_into_nowhere)
{
	struct vm *vm = vm_create_guest();

	vcpu_run_done(guest_vcpu(vm, 0, guest_jumps, 0));
	vm_free(vm);
}

TEST(jumps_into_nowhere_without_mmu)
{
	struct vm *vm = vm_create_guest();

	vm->mmu_off = true;
	vcpu_run_done(guest_vcpu(vm, 0, guest_jumps, 0));
	vm_free(vm);
}

static void expect_data_abort(u64 addr, bool write)
{
	struct guest_cpu *cpu = this_cpu();

	fault_expect();
	if (write)
		writel(1, addr);
	else
		readl(addr);
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_DABT_CUR, ESR_EC(cpu->esr));
	GUEST_ASSERT_EQ(FSC_EXTERNAL, cpu->esr & 0x3f);
	GUEST_ASSERT_EQ(addr, cpu->far);
}

static void guest_beyond_ipa(u64 ipa_bits)
{
	u64 addr = 1ULL << ipa_bits;

	expect_data_abort(addr, false);
	expect_data_abort(addr, true);
	expect_data_abort(addr + 0x123450, false);
	expect_data_abort(addr * 2 - 8, true);
	expect_prefetch_abort(addr);
	/* one below is an ordinary address */
	readl(addr - 4);
	GUEST_DONE();
}

static void run_beyond(struct __test_metadata *_metadata, u64 type, u64 bits, bool mmu_off)
{
	struct vm *vm = vm_create_type(type);
	struct vcpu *vcpu;
	struct ucall uc;

	vm->mmu_off = mmu_off;
	mem_add(vm, 0, 0, RAM_BASE, RAM_SIZE);
	vm_load_image(vm);
	vcpu = guest_vcpu(vm, 0, guest_beyond_ipa, bits);
	ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
	EXPECT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
	EXPECT_EQ((1ULL << bits) - 4, vcpu->run->mmio.phys_addr);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

TEST(beyond_a_small_ipa_space)
{
	run_beyond(_metadata, 32, 32, false);
	run_beyond(_metadata, 36, 36, false);
	run_beyond(_metadata, 36, 36, true);
}

TEST(beyond_the_default_ipa_space)
{
	int dev = dev_open(), limit = check_cap(dev, KVM_CAP_ARM_VM_IPA_SIZE);

	close(dev);
	if (limit <= 40)
		SKIP(return, "no address between 40 bits and the limit of %d", limit);
	run_beyond(_metadata, 0, 40, true);
}

static void guest_beyond_limit(u64 limit)
{
	struct guest_cpu *cpu = this_cpu();

	/* at or above the host's limit: an address size fault of level 0 */
	fault_expect();
	readl(1ULL << limit);
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_DABT_CUR, ESR_EC(cpu->esr));
	GUEST_ASSERT_EQ(0, cpu->esr & 0x3f);
	GUEST_ASSERT_EQ(1ULL << limit, cpu->far);
	GUEST_DONE();
}

TEST(beyond_the_limit_of_the_host)
{
	struct vm *vm = vm_create_guest();
	int limit = check_cap(vm->dev, KVM_CAP_ARM_VM_IPA_SIZE);

	if (limit >= 48)
		SKIP(return, "a limit of %d can't be exceeded with the MMU off", limit);
	vm->mmu_off = true;
	vcpu_run_done(guest_vcpu(vm, 0, guest_beyond_limit, limit));
	vm_free(vm);
}

/* A page-table walk through an address without memory. */
static void guest_walks(u64 arg)
{
	struct guest_cpu *cpu = this_cpu();
	u64 va = 0x3000000000, i;

	for (i = 0; i < 100; i++) {
		/* level 1: next table in the device area, and beyond RAM */
		guest_pgd[va >> 30] = (i & 1 ? RAM_BASE + RAM_SIZE : MMIO_IPA) | 3;
		dsb_sy();
		asm volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
		fault_expect();
		readl(va + i * SZ_4K);
		GUEST_ASSERT_EQ(1, fault_taken());
		GUEST_ASSERT_EQ(EC_DABT_CUR, ESR_EC(cpu->esr));
		/* external abort, on a walk if the hypervisor is exact */
		GUEST_ASSERT((cpu->esr & 0x3f) == FSC_EXTERNAL ||
			     (cpu->esr & 0x3c) == 0x14);
		GUEST_ASSERT_EQ(va + i * SZ_4K, cpu->far);
	}
	GUEST_DONE();
}

TEST(walks_through_nowhere)
{
	struct vm *vm = vm_create_guest();

	vcpu_run_done(guest_vcpu(vm, 0, guest_walks, 0));
	vm_free(vm);
}

static void on_alarm(int sig)
{
}

/* Exceptions without a handler anywhere: the guest spins, the host goes on. */
TEST(an_endless_exception_loop_can_be_left)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_jumps, 0);
	struct itimerval t = { { 0, 50000 }, { 0, 50000 } };
	struct sigaction sa = { .sa_handler = on_alarm };
	int i;

	sigaction(SIGALRM, &sa, NULL);
	reg_set(vcpu, PC_REG, MMIO_IPA);
	reg_set(vcpu, SR_VBAR_EL1, MMIO_IPA + 0x10000);
	setitimer(ITIMER_REAL, &t, NULL);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(-EINTR, vcpu_run_once(vcpu));
	}
	EXPECT_EQ(MMIO_IPA + 0x10200, reg_get(vcpu, PC_REG));
	vm_free(vm);
}

SELFTEST_MAIN
