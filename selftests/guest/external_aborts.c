// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A table of the guest's where no memory is ends the access in an external abort that names the level of the
 *            walk. Memory that has failed (madvise MADV_HWPOISON) comes to the VMM as SIGBUS, BUS_MCEERR_AR, with its
 *            address, and to the guest as the abort that the VMM gives it: with the address of the access, or with the
 *            level of the walk. The VMM may replace the memory instead. Nothing else of the guest's memory is touched.
 * Reference: kvm-abi.md part 6.3; kvm-abi-7.md parts 3 and 4.4; Arm ARM D24.2.40 (FnV, DFSC).
 * A failure: shows the syndrome, or what the signal said.
 */
#include <signal.h>
#include <sys/mman.h>

#include "harness.h"

#ifndef MADV_HWPOISON
#define MADV_HWPOISON	100
#endif

#define SIZE		SZ_2M
#define BAD		(EXTRA_BASE + 5 * SZ_4K + 0x123)
#define VA		0x3000000000ULL			/* mapped by the tests */
#define NOWHERE		0x70000000ULL			/* in no slot */
#define TABLE		3ULL
#define PAGE		0x703ULL
#define FNV		(1UL << 10)
#define FSC_TTW(level)	(0x14 + (level))

static u64 level2[512] __attribute__((aligned(4096)));
static u64 level3[512] __attribute__((aligned(4096)));

/* ---- tables ------------------------------------------------------------------------------------ */

static void map(u64 level1_entry, u64 level2_entry, u64 level3_entry)
{
	guest_pgd[VA >> 30] = level1_entry;
	level2[0] = level2_entry;
	level3[0] = level3_entry;
	asm volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}

static void expect_abort(u64 far, u64 fsc)
{
	struct guest_cpu *cpu = this_cpu();

	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_DABT_CUR, ESR_EC(cpu->esr));
	GUEST_ASSERT_EQ(fsc, cpu->esr & 0x3f);
	GUEST_ASSERT_EQ(0, cpu->esr & FNV);
	GUEST_ASSERT_EQ(far, cpu->far);
}

static void touch(u64 va, u64 fsc, bool write)
{
	fault_expect();
	if (write)
		writeb(1, va);
	else
		(void)readb(va);
	expect_abort(va, fsc);
}

static void guest_walks(u64 arg)
{
	int write;

	for (write = 0; write < 2; write++) {
		map(NOWHERE | TABLE, 0, 0);
		touch(VA + 0x55, FSC_TTW(2), write);
		map((u64)level2 | TABLE, NOWHERE | TABLE, 0);
		touch(VA + 0x66, FSC_TTW(3), write);
		map((u64)level2 | TABLE, (u64)level3 | TABLE, EXTRA_BASE | PAGE);
		GUEST_ASSERT_EQ(0x1234, readq(VA));
	}
	GUEST_DONE();
}

TEST(a_walk_without_memory_tells_its_level)
{
	struct vm *vm = vm_create_guest();
	u64 *mem = mem_add(vm, 1, 0, EXTRA_BASE, SIZE);

	mem[0] = 0x1234;
	guest_vcpu(vm, 0, guest_walks, 0);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

/* Beyond what the VM has, but no more than the host could have. */
static void guest_walks_beyond(u64 beyond)
{
	map(beyond | TABLE, 0, 0);
	touch(VA + 0x77, FSC_TTW(2), false);
	map((u64)level2 | TABLE, beyond | TABLE, 0);
	touch(VA + 0x88, FSC_TTW(3), false);
	GUEST_DONE();
}

TEST(also_beyond_the_address_space)
{
	struct vm *vm = vm_create_type(32);

	mem_add(vm, 0, 0, RAM_BASE, RAM_SIZE);
	vm_load_image(vm);
	guest_vcpu(vm, 0, guest_walks_beyond, 1ULL << 33);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

/* ---- user space's ------------------------------------------------------------------------------- */

static void give_abort(struct vcpu *vcpu)
{
	struct kvm_vcpu_events ev = { .exception.ext_dabt_pending = 1 };

	if (kioctlp(vcpu->fd, KVM_SET_VCPU_EVENTS, &ev))
		die("SET_VCPU_EVENTS: %s", strerror(errno));
}

static void guest_idle(u64 arg)
{
	fault_expect();
	guest_hvc(0x84000000, 0, 0, 0, &(struct smccc_res){ 0 });
	WRITE_ONCE(this_cpu()->resume_pc, (u64)&&taken);
	asm goto("b ." :::: taken);
	GUEST_ASSERT(0);
taken:
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(0x10, this_cpu()->esr & 0x3f);
	GUEST_ASSERT_EQ(FNV, this_cpu()->esr & FNV);
	GUEST_DONE();
}

static void nobody(int sig)
{
}

/* The last exit was an interrupt: whose address it would be nobody knows, and the guest is told so. */
TEST(an_abort_out_of_the_blue_has_no_address)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_idle, 0);
	struct sigaction act = { .sa_handler = nobody };

	sigaction(SIGALRM, &act, NULL);
	ualarm(300000, 0);
	ASSERT_EQ(-EINTR, vcpu_run_once(vcpu));
	give_abort(vcpu);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* ---- memory that fails --------------------------------------------------------------------------- */

static volatile siginfo_t sigbus;
static volatile int signals;

static void on_sigbus(int sig, siginfo_t *si, void *context)
{
	signals++;
	sigbus = *si;
}

FIXTURE(hwpoison) {
	struct vm *vm;
	struct vcpu *vcpu;
	char *mem;
};

FIXTURE_SETUP(hwpoison)
{
	struct sigaction act = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO };

	sigaction(SIGBUS, &act, NULL);
	self->vm = vm_create_guest();
	self->mem = mem_add(self->vm, 1, 0, EXTRA_BASE, SIZE);
	madvise(self->mem, SIZE, MADV_NOHUGEPAGE);
	memset(self->mem, 0x11, SIZE);
}

FIXTURE_TEARDOWN(hwpoison)
{
	vm_free(self->vm);
}

static bool poison(char *mem, u64 ipa)
{
	char *page = mem + (ipa - EXTRA_BASE) / SZ_4K * SZ_4K;

	if (!madvise(page, SZ_4K, MADV_HWPOISON))
		return true;
	fprintf(stderr, "# MADV_HWPOISON: %s\n", strerror(errno));
	return false;
}

#define expect_signal(n, mem_, ipa) do {						\
	EXPECT_EQ(n, signals);								\
	EXPECT_EQ(BUS_MCEERR_AR, sigbus.si_code);					\
	EXPECT_EQ((u64)(mem_) + ((ipa) - EXTRA_BASE) / SZ_4K * SZ_4K,			\
		  (u64)sigbus.si_addr / SZ_4K * SZ_4K);					\
	EXPECT_EQ(12, sigbus.si_addr_lsb);						\
} while (0)

static void guest_consumes(u64 ipa)
{
	struct guest_cpu *cpu = this_cpu();
	int i;

	GUEST_ASSERT_EQ(0x11, readb(ipa));
	GUEST_SYNC(0);
	for (i = 0; i < 3; i++) {
		fault_expect();
		if (i == 1)
			writeb(0x22, ipa);
		else
			(void)readb(ipa);
		GUEST_ASSERT_EQ(1, fault_taken());
		GUEST_ASSERT_EQ(EC_DABT_CUR, ESR_EC(cpu->esr));
		GUEST_ASSERT_EQ(0x10, cpu->esr & (0x3f | FNV));
		GUEST_ASSERT_EQ(ipa, cpu->far);
		/* its neighbours are as they were */
		GUEST_ASSERT_EQ(0x11, readb(ipa + SZ_4K));
		GUEST_ASSERT_EQ(0x11, readb(ipa - SZ_4K));
	}
	GUEST_SYNC(1);
	/* the VMM has put other memory there */
	GUEST_ASSERT_EQ(0x33, readb(ipa));
	writeb(0x44, ipa);
	GUEST_DONE();
}

TEST_F(hwpoison, it_is_a_sigbus_and_the_guests_abort)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_consumes, BAD);
	char *page = self->mem + 5 * SZ_4K;
	int i;

	vcpu_run_sync(vcpu, 0);
	if (!poison(self->mem, BAD))
		SKIP(return, "the kernel has no MADV_HWPOISON");
	signals = 0;		/* that it was mapped here is no news */
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(-EINTR, vcpu_run_once(vcpu));
		expect_signal(i, self->mem, BAD);
		EXPECT_EQ(KVM_EXIT_INTR, vcpu->run->exit_reason);
		give_abort(vcpu);
	}
	vcpu_run_sync(vcpu, 1);
	ASSERT_EQ(page, mmap(page, SZ_4K, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memset(page, 0x33, SZ_4K);
	vcpu_run_done(vcpu);
	EXPECT_EQ(0x44, page[0x123]);
	EXPECT_EQ(3, signals);
}

/* Who does nothing about it gets it again: RUN neither hangs nor goes on. */
TEST_F(hwpoison, it_is_told_each_time)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_consumes, BAD);
	int i;

	vcpu_run_sync(vcpu, 0);
	if (!poison(self->mem, BAD))
		SKIP(return, "the kernel has no MADV_HWPOISON");
	signals = 0;
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(-EINTR, vcpu_run_once(vcpu));
		expect_signal(i, self->mem, BAD);
	}
}

/* The guest's table lies there. */
static void guest_table_fails(u64 table)
{
	u64 *entries = (u64 *)table;

	entries[0] = EXTRA_BASE | PAGE;
	map((u64)level2 | TABLE, table | TABLE, 0);
	GUEST_ASSERT_EQ(0x11, readb(VA + 0x99));
	GUEST_SYNC(0);
	asm volatile("tlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	touch(VA + 0x99, FSC_TTW(3), false);
	GUEST_DONE();
}

TEST_F(hwpoison, of_a_table_the_guest_learns_the_level)
{
	u64 table = EXTRA_BASE + 7 * SZ_4K;
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_table_fails, table);

	vcpu_run_sync(vcpu, 0);
	if (!poison(self->mem, table))
		SKIP(return, "the kernel has no MADV_HWPOISON");
	signals = 0;
	ASSERT_EQ(-EINTR, vcpu_run_once(vcpu));
	expect_signal(1, self->mem, table);
	give_abort(vcpu);
	vcpu_run_done(vcpu);
}

SELFTEST_MAIN
