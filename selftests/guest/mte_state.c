// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     In a VM with memory tagging tags are kept, whichever vCPU or VM stored them, and what the host copies or
 *            swaps out keeps them; memory that is new to the guest has none, whatever was there; a wrong tag faults in
 *            the guest. Each vCPU has its own registers, and a thread of the host's that uses tags beside has its. In
 *            other VMs tags are not kept, and the registers undefined.
 * Reference: Arm ARM D10 (memory tagging extension), HCR_EL2.ATA, HCR_EL2.TID5.
 * A failure: which granule or register; see mm/tags.c, el2/tags.c, guest/tags.c. Skipped where there is no such CPU, or
 *            no memory for tags (tools/hostrun --mte).
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "harness.h"
#include "process.h"
#include "tags.h"

#define PAGE		((u64)getpagesize())
#define SIZE		SZ_1M
#define ROUNDS		200
#define NR		2

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

/* What the guest works on, by the host's word. */
static u64 first, bytes, add, page_size;
static u64 got[4];

/* ---- the guest ---------------------------------------------------------------------------------- */

static u64 tag_for(u64 at)
{
	return (at / TAGS_GRANULE * 5 + (at >> 12) + READ_ONCE(add)) & 0xf;
}

static void all_have(bool pattern)
{
	u64 at;

	for (at = READ_ONCE(first); at < READ_ONCE(first) + READ_ONCE(bytes); at += TAGS_GRANULE) {
		u64 want = pattern ? tag_for(at) : 0, tag = tag_load(EXTRA_BASE + at);

		if (tag != want)
			guest_abort(__FILE__, __LINE__, "tag", want << 32 | tag, at);
	}
}

static void guest_stores(u64 arg)
{
	u64 at;

	guest_tags_on(0);
	for (;;) {
		all_have(false);
		for (at = READ_ONCE(first); at < READ_ONCE(first) + READ_ONCE(bytes); at += TAGS_GRANULE)
			tag_store(EXTRA_BASE + at, tag_for(at));
		all_have(true);
		GUEST_SYNC(0);
	}
}

static void guest_looks(u64 arg)
{
	guest_tags_on(0);
	for (;;) {
		all_have(arg);
		GUEST_SYNC(0);
	}
}

/* A page for itself each, in turns with the other's: the same blocks. */
static void guest_beside(u64 me)
{
	u64 n, at, from = me * page_size, tag;

	guest_tags_on(1);
	for (n = 0; n < ROUNDS; n++) {
		tag = (n + me * 8) & 0xf;
		for (at = from; at < SZ_64K; at += NR * page_size) {
			tag_store(EXTRA_BASE + at, tag);
			writeq(n, TAGGED(EXTRA_BASE + at, tag));
		}
		if (n % 16 == 0)
			asm volatile("mov w0, #0x80000000\n\thvc #0" ::: "x0", "x1", "x2", "x3");
		for (at = from; at < SZ_64K; at += NR * page_size)
			GUEST_ASSERT_EQ(n, readq(TAGGED(EXTRA_BASE + at, tag)));
	}
	GUEST_DONE();
}

/* All vCPUs in the same new pages, every other block each, from different ends. */
static void guest_together(u64 me)
{
	u64 at, n, nr = SZ_64K / TAGS_GRANULE;

	guest_tags_on(0);
	for (;;) {
		for (n = me; n < nr; n += NR) {
			at = (me ? nr - n : n) * TAGS_GRANULE % SZ_64K;
			tag_store(EXTRA_BASE + at, 1 + at / TAGS_GRANULE % 15);
		}
		GUEST_SYNC(0);
	}
}

static void guest_faults(u64 arg)
{
	u64 at = TAGGED(EXTRA_BASE, 3);

	guest_tags_on(1);
	tag_store(EXTRA_BASE, 3);
	fault_expect();
	writeq(1, at);
	GUEST_ASSERT_EQ(1, readq(at));
	GUEST_ASSERT_EQ(0, fault_taken());
	fault_expect();
	readq(TAGGED(EXTRA_BASE, 4));
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_DABT_CUR, ESR_EC(this_cpu()->esr));
	GUEST_ASSERT_EQ(FSC_TAG, this_cpu()->esr & 0x3f);
	GUEST_ASSERT_EQ(TAGGED(EXTRA_BASE, 4) & ~(0xfUL << 60), this_cpu()->far & ~(0xfUL << 60));
	/* The handler was entered with PSTATE.TCO, and so is one that we make. */
	write_named(0, TCO);
	fault_expect();
	write_named(0, GMID_EL1);
	GUEST_ASSERT_EQ(1, fault_taken());
	/* accumulated */
	write_named(0, TFSR_EL1);
	guest_tags_on(2);
	writeq(2, TAGGED(EXTRA_BASE, 5));
	GUEST_SYNC(0);
	dsb_sy();
	isb();
	GUEST_ASSERT_EQ(1, read_named(TFSR_EL1));
	GUEST_ASSERT_EQ(2, readq(at));
	GUEST_DONE();
}

static void exit_somehow(u64 n)
{
	if (n % 3 == 0)
		asm volatile("mov w0, #0x80000000\n\thvc #0" ::: "x0", "x1", "x2", "x3");
	else if (n % 7 == 0)
		readl(MMIO_IPA);
	else if (n % 5 == 0)
		asm volatile("wfe");
	else if (n % 11 == 0)
		asm volatile("mrs x0, actlr_el1" ::: "x0");
}

/* The one tag that its GCR_EL1 leaves is its own. */
static void guest_keeps(u64 me)
{
	u64 n, mine = me + 3, seed;

	guest_tags_on(0);
	for (n = 0; n < ROUNDS; n++) {
		seed = (n * 16 + me + 1) & 0xffff;
		write_named(0xffff & ~(1 << mine), GCR_EL1);
		write_named(seed << 8, RGSR_EL1);
		write_named(me & 1, TFSR_EL1);
		write_named(~me & 1, TFSRE0_EL1);
		isb();
		exit_somehow(n);
		GUEST_ASSERT_EQ(0xffff & ~(1 << mine), read_named(GCR_EL1));
		GUEST_ASSERT_EQ(seed << 8, read_named(RGSR_EL1));
		GUEST_ASSERT_EQ(me & 1, read_named(TFSR_EL1));
		GUEST_ASSERT_EQ(~me & 1, read_named(TFSRE0_EL1));
		GUEST_ASSERT_EQ(mine, tag_draw(EXTRA_BASE, 0));
	}
	GUEST_DONE();
}

static void guest_shows(u64 arg)
{
	guest_tags_on(0);
	for (;;) {
		got[0] = read_named(RGSR_EL1);
		got[1] = read_named(GCR_EL1);
		got[2] = read_named(TFSR_EL1);
		got[3] = read_named(TFSRE0_EL1);
		GUEST_SYNC(0);
		write_named(read_named(GCR_EL1) ^ 0xff, GCR_EL1);
		GUEST_SYNC(0);
	}
}

/* Blocks of LDGM and STGM are powers of two of words, 4 to 64 bytes of tags. */
static void guest_asks(u64 arg)
{
	u64 block = read_named(GMID_EL1);

	GUEST_ASSERT(block >= 2 && block <= 6);
	GUEST_ASSERT((read_sysreg(id_aa64pfr1_el1) >> 8 & 0xf) >= 2);
	/* set/way operations of tags */
	asm volatile("sys #0, c7, c6, #4, xzr\n\tsys #0, c7, c10, #4, xzr\n\tsys #0, c7, c14, #6, xzr" ::: "memory");
	GUEST_DONE();
}

static void guest_without(u64 arg)
{
	guest_tags_on(1);
	fault_expect();
	tag_store(EXTRA_BASE, 7);
	GUEST_ASSERT_EQ(0, tag_load(EXTRA_BASE));
	writeq(1, TAGGED(EXTRA_BASE, 9));
	GUEST_ASSERT_EQ(1, readq(TAGGED(EXTRA_BASE, 2)));
	GUEST_ASSERT_EQ(0, fault_taken());
	GUEST_ASSERT_EQ(0, read_sysreg(id_aa64pfr1_el1) >> 8 & 0xf);
	fault_expect();
	read_named(GMID_EL1);
	read_named(RGSR_EL1);
	read_named(GCR_EL1);
	read_named(TFSR_EL1);
	read_named(TFSRE0_EL1);
	write_named(0, RGSR_EL1);
	write_named(0, GCR_EL1);
	write_named(0, TFSR_EL1);
	write_named(0, TFSRE0_EL1);
	asm volatile("sys #0, c7, c6, #4, xzr\n\tsys #0, c7, c6, #6, xzr\n\tsys #0, c7, c10, #4, xzr\n\t"
		     "sys #0, c7, c10, #6, xzr\n\tsys #0, c7, c14, #4, xzr\n\tsys #0, c7, c14, #6, xzr" ::: "memory");
	GUEST_ASSERT_EQ(15, fault_taken());
	GUEST_ASSERT_EQ(EC_UNKNOWN, ESR_EC(this_cpu()->esr));
	GUEST_DONE();
}

static void guest_touches(u64 arg)
{
	guest_tags_on(0);
	for (;;) {
		readq(EXTRA_BASE);
		GUEST_SYNC(0);
	}
}

/* ---- the host ----------------------------------------------------------------------------------- */

static void set_work(struct vm *vm, u64 from, u64 size, u64 value)
{
	gv(vm, first) = from;
	gv(vm, bytes) = size;
	gv(vm, add) = value;
	gv(vm, page_size) = PAGE;
}

/* Much of what is free then has tags. */
static void leave_tags_behind(size_t size)
{
	u64 p = (u64)tags_mem(size), at;

	for (at = 0; at < size; at += TAGS_GRANULE)
		tag_store(p + at, 10);
	munmap((void *)p, size);
}

static void vcpu_restart(struct vcpu *vcpu, void (*fn)(u64), u64 arg)
{
	if (vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2))
		die("VCPU_INIT once more");
	guest_set_entry(vcpu, fn, arg);
	reg_set(vcpu, PC_REG, (u64)guest_entry);
	reg_set(vcpu, X_REG(0), guest_cpu_gpa(vcpu->id));
}

FIXTURE(mte) {
	struct vm *vm;
	char *mem;
};

FIXTURE_SETUP(mte)
{
	if (!tags_offered())
		SKIP(return, "no memory tagging");
	if (!tags_are_kept())
		SKIP(return, "the machine mixes tags up");
	self->vm = vm_create_tags();
	leave_tags_behind(SZ_2M);
	self->mem = mem_add(self->vm, 1, 0, EXTRA_BASE, SIZE);
}

FIXTURE_TEARDOWN(mte)
{
	if (self->vm)
		vm_free(self->vm);
}

/* Pages that the host has filled come by rows and blocks, others are the zero page first. */
TEST_F(mte, new_memory_has_none)
{
	struct vcpu *vcpu;
	u64 at;

	if (!self->vm)
		return;
	vcpu = guest_vcpu(self->vm, 0, guest_stores, 0);
	madvise(self->mem, SIZE / 2, MADV_NOHUGEPAGE);
	for (at = SIZE / 4; at < SIZE; at += PAGE)
		self->mem[at] = 1;
	set_work(self->vm, 0, SIZE, 1);
	vcpu_run_sync(vcpu, 0);
	/* and so it is when the pages are others */
	ASSERT_EQ(0, madvise(self->mem, SIZE, MADV_DONTNEED));
	vcpu_run_sync(vcpu, 0);
}

TEST_F(mte, blocks_have_none)
{
	struct vcpu *vcpu;
	char *mem;

	if (!self->vm)
		return;
	leave_tags_behind(2 * SZ_2M);
	mem = mem_anon(2 * SZ_2M);
	mem = (char *)(((u64)mem + SZ_2M - 1) & ~(SZ_2M - 1));
	madvise(mem, SZ_2M, MADV_HUGEPAGE);
	memset(mem, 1, SZ_2M);
	mem_add_at(self->vm, 2, 0, EXTRA_BASE + SZ_2M, SZ_2M, mem);
	vcpu = guest_vcpu(self->vm, 0, guest_stores, 0);
	set_work(self->vm, SZ_2M, SZ_2M, 3);
	vcpu_run_sync(vcpu, 0);
}

TEST_F(mte, two_vcpus_at_once)
{
	int i;

	if (!self->vm)
		return;
	set_work(self->vm, 0, 0, 0);
	for (i = 0; i < NR; i++)
		guest_vcpu(self->vm, i, guest_beside, i);
	vcpus_run_done(self->vm);
}

static void *run_to_sync(void *vcpu)
{
	vcpu_run_sync(vcpu, 0);
	return NULL;
}

/* Who comes second to a new page must not clear what the first has stored. */
TEST_F(mte, two_vcpus_in_the_same_pages)
{
	struct kvm_arm_copy_mte_tags copy = { .guest_ipa = EXTRA_BASE, .length = SZ_64K, .addr = mem_anon(SZ_64K),
					      .flags = KVM_ARM_TAGS_FROM_GUEST };
	pthread_t threads[NR];
	int i, round, n;

	if (!self->vm)
		return;
	for (i = 0; i < NR; i++)
		guest_vcpu(self->vm, i, guest_together, i);
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < NR; i++) {
			ASSERT_EQ(0, pthread_create(&threads[i], NULL, run_to_sync, self->vm->vcpus[i]));
		}
		for (i = 0; i < NR; i++)
			pthread_join(threads[i], NULL);
		ASSERT_EQ(SZ_64K, kioctlp(self->vm->fd, KVM_ARM_MTE_COPY_TAGS, &copy));
		for (n = 0; n < SZ_64K / TAGS_GRANULE; n++)
			ASSERT_EQ(1 + n % 15, ((u8 *)copy.addr)[n]) TH_LOG("round %d, block %d", round, n);
		leave_tags_behind(SZ_64K);
		ASSERT_EQ(0, madvise(self->mem, SZ_64K, MADV_DONTNEED));
	}
}

/* What one VM stores the other sees: it is the memory's. */
TEST_F(mte, two_vms_share_memory)
{
	struct vcpu *a, *b;
	struct vm *other;

	if (!self->vm)
		return;
	other = vm_create_tags();
	mem_add_at(other, 1, 0, EXTRA_BASE, SIZE, self->mem);
	a = guest_vcpu(self->vm, 0, guest_stores, 0);
	b = guest_vcpu(other, 0, guest_looks, 1);
	set_work(self->vm, 0, SZ_64K, 7);
	set_work(other, 0, SZ_64K, 7);
	vcpu_run_sync(a, 0);
	vcpu_run_sync(b, 0);
	vm_free(other);
}

/* One without tags beside it neither sees nor changes them. */
TEST_F(mte, a_vm_without)
{
	struct vcpu *a, *b;
	struct vm *other;

	if (!self->vm)
		return;
	other = vm_create_guest();
	mem_add_at(other, 1, 0, EXTRA_BASE, SIZE, self->mem);
	a = guest_vcpu(self->vm, 0, guest_stores, 0);
	set_work(self->vm, 0, SZ_64K, 7);
	vcpu_run_sync(a, 0);
	b = guest_vcpu(other, 0, guest_without, 0);
	vcpu_run_done(b);
	vcpu_restart(a, guest_looks, 1);
	vcpu_run_sync(a, 0);
	vm_free(other);
}

TEST_F(mte, a_wrong_tag_faults)
{
	struct vcpu *vcpu;

	if (!self->vm)
		return;
	vcpu = guest_vcpu(self->vm, 0, guest_faults, 0);
	vcpu_run_sync(vcpu, 0);
	EXPECT_EQ(1, reg_get(vcpu, TAGS_REG(2)));
	vcpu_run_done(vcpu);
}

/* The VMM's mapping with PROT_MTE has the guest's tags, and the guest its. */
TEST_F(mte, the_vmm_sees_them)
{
	struct vcpu *vcpu;
	char *mem;
	u64 at;

	if (!self->vm)
		return;
	mem = tags_mem(SIZE);
	ASSERT_EQ(0, mem_set(self->vm, 1, 0, 0, 0, self->mem));
	mem_add_at(self->vm, 1, 0, EXTRA_BASE, SIZE, mem);
	tag_store((u64)mem + SZ_64K, 9);
	vcpu = guest_vcpu(self->vm, 0, guest_stores, 0);
	set_work(self->vm, 0, SZ_64K, 2);
	vcpu_run_sync(vcpu, 0);
	for (at = 0; at < SZ_64K; at += TAGS_GRANULE)
		ASSERT_EQ((at / TAGS_GRANULE * 5 + (at >> 12) + 2) & 0xf, tag_load((u64)mem + at));
	for (at = 0; at < SZ_64K; at += TAGS_GRANULE)
		tag_store((u64)mem + at, 0);
	vcpu_run_sync(vcpu, 0);
	EXPECT_EQ(9, tag_load((u64)mem + SZ_64K));
}

/* So has one that becomes such a mapping afterwards. */
TEST_F(mte, the_vmm_looks_later)
{
	struct vcpu *vcpu;
	u64 at;

	if (!self->vm)
		return;
	vcpu = guest_vcpu(self->vm, 0, guest_stores, 0);
	set_work(self->vm, 0, SZ_64K, 2);
	vcpu_run_sync(vcpu, 0);
	ASSERT_EQ(0, mprotect(self->mem, SIZE, PROT_READ | PROT_WRITE | PROT_MTE));
	for (at = 0; at < SZ_64K; at += TAGS_GRANULE)
		ASSERT_EQ((at / TAGS_GRANULE * 5 + (at >> 12) + 2) & 0xf, tag_load((u64)self->mem + at));
	for (at = 0; at < SZ_64K; at += TAGS_GRANULE)
		tag_store((u64)self->mem + at, 0);
	vcpu_run_sync(vcpu, 0);
}

/* A page that the host copies, here for a child that has it too, takes its tags along. */
TEST_F(mte, a_copy_keeps_them)
{
	struct vcpu *vcpu;
	int status;
	pid_t pid;
	u64 at;

	if (!self->vm)
		return;
	vcpu = guest_vcpu(self->vm, 0, guest_stores, 0);
	set_work(self->vm, 0, SZ_64K, 4);
	vcpu_run_sync(vcpu, 0);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	for (at = 0; at < SZ_64K; at += PAGE)
		self->mem[at + 8] = 1;
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	vcpu_restart(vcpu, guest_looks, 1);
	vcpu_run_sync(vcpu, 0);
}

/* So does one that the host swaps out. */
TEST_F(mte, swap_keeps_them)
{
	struct vcpu *vcpu;
	long before;
	int i;

	if (!self->vm)
		return;
	if (meminfo_kb("SwapTotal") <= 0)
		SKIP(return, "no swap");
	pin_to_cpu(0);
	vcpu = guest_vcpu(self->vm, 0, guest_stores, 0);
	set_work(self->vm, 0, SIZE, 6);
	vcpu_run_sync(vcpu, 0);
	memset(self->mem, 1, SIZE);
	before = meminfo_kb("SwapFree");
	/* What was used lately stays the first time. */
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, madvise(self->mem, SIZE, MADV_PAGEOUT));
	/* a page here and there is somebody else's, too */
	EXPECT_LT(SIZE >> 11, before - meminfo_kb("SwapFree"));
	vcpu_restart(vcpu, guest_looks, 1);
	vcpu_run_sync(vcpu, 0);
}

/* KVM_ARM_MTE_COPY_TAGS is of the same tags. */
TEST_F(mte, copied_to_another_vm)
{
	struct kvm_arm_copy_mte_tags copy = { .guest_ipa = EXTRA_BASE, .length = SZ_64K, .addr = mem_anon(SZ_64K),
					      .flags = KVM_ARM_TAGS_FROM_GUEST };
	struct vcpu *a, *b;
	struct vm *other;

	if (!self->vm)
		return;
	other = vm_create_tags();
	mem_add(other, 1, 0, EXTRA_BASE, SIZE);
	a = guest_vcpu(self->vm, 0, guest_stores, 0);
	set_work(self->vm, 0, SZ_64K, 11);
	vcpu_run_sync(a, 0);
	ASSERT_EQ(SZ_64K, kioctlp(self->vm->fd, KVM_ARM_MTE_COPY_TAGS, &copy));
	copy.flags = KVM_ARM_TAGS_TO_GUEST;
	ASSERT_EQ(SZ_64K, kioctlp(other->fd, KVM_ARM_MTE_COPY_TAGS, &copy));
	b = guest_vcpu(other, 0, guest_looks, 1);
	set_work(other, 0, SZ_64K, 11);
	vcpu_run_sync(b, 0);
	vm_free(other);
}

/* Memory that can't have tags, put there behind the slot's back */
TEST_F(mte, a_mapping_that_cannot_have_tags)
{
	int zero = open("/dev/zero", O_RDWR);
	struct vcpu *vcpu;

	if (!self->vm)
		return;
	vcpu = guest_vcpu(self->vm, 0, guest_touches, 0);
	vcpu_run_sync(vcpu, 0);
	ASSERT_EQ(self->mem, mmap(self->mem, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, zero, 0));
	ASSERT_EQ(-EFAULT, vcpu_run_once(vcpu));
	self->mem[0] = 1;
	ASSERT_EQ(-EFAULT, vcpu_run_once(vcpu));
	/* nor does such memory come along with what can */
	ASSERT_EQ(self->mem, mmap(self->mem, PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	self->mem[0] = 1;
	self->mem[PAGE] = 1;
	vcpu_run_sync(vcpu, 0);
	vcpu_restart(vcpu, guest_looks, 0);
	set_work(self->vm, PAGE, PAGE, 0);
	ASSERT_EQ(-EFAULT, vcpu_run_once(vcpu));
	close(zero);
}

/* All on one CPU, with a thread of the host's that may draw two tags only. */
TEST_F(mte, each_vcpu_has_its_registers)
{
	struct ucall uc;
	int done = 0, i;
	u64 tag;

	if (!self->vm)
		return;
	pin_to_cpu(0);
	tags_use(1 << 1 | 1 << 13);
	for (i = 0; i < NR; i++)
		guest_vcpu(self->vm, i, guest_keeps, i);
	while (done != (1 << NR) - 1) {
		for (i = 0; i < NR; i++) {
			int ret = done & 1 << i ? UCALL_NONE : vcpu_run(self->vm->vcpus[i], &uc);

			ASSERT_TRUE(ret == UCALL_NONE || ret == UCALL_DONE);
			if (ret == UCALL_DONE)
				done |= 1 << i;
			tag = tag_draw(0, 0);
			ASSERT_TRUE(tag == 1 || tag == 13) TH_LOG("tag %lu", tag);
		}
	}
}

TEST_F(mte, registers_are_user_spaces)
{
	struct vcpu *vcpu;
	int n;

	if (!self->vm)
		return;
	vcpu = guest_vcpu(self->vm, 0, guest_shows, 0);
	reg_set(vcpu, TAGS_REG(0), 0x1234 << 8 | 5);
	reg_set(vcpu, TAGS_REG(1), 0x1ff00);
	reg_set(vcpu, TAGS_REG(2), 1);
	reg_set(vcpu, TAGS_REG(3), 1);
	vcpu_run_sync(vcpu, 0);
	EXPECT_EQ(0x1234 << 8 | 5, gv(self->vm, got[0]));
	EXPECT_EQ(0x1ff00, gv(self->vm, got[1]));
	for (n = 2; n < 4; n++)
		EXPECT_EQ(1, gv(self->vm, got[n]));
	vcpu_run_sync(vcpu, 0);
	EXPECT_EQ(0x1ffff, reg_get(vcpu, TAGS_REG(1)));
	reg_set(vcpu, TAGS_REG(3), 0);
	vcpu_run_sync(vcpu, 0);
	EXPECT_EQ(0, gv(self->vm, got[3]));
}

TEST_F(mte, what_the_guest_is_told)
{
	if (!self->vm)
		return;
	vcpu_run_done(guest_vcpu(self->vm, 0, guest_asks, 0));
}

SELFTEST_MAIN
