// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     SVE state belongs to its owner: Z, P, FFR and ZCR_EL1 of a vCPU survive exits, preemption by host
 *            threads that use SVE, other vCPUs with vectors of other lengths, and migration; nothing of it is seen
 *            by the next guest, nor of the host's. The guest has the lengths that it was given, and no SVE if it was
 *            given none.
 * Reference: DDI 0487, ZCR_EL1, CPACR_EL1; kvm-abi.md part 4.2.
 * A failure: shows the first byte that changed, counted from Z0 on; see guest/sve.c. Skipped where there is no SVE.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include "harness.h"
#include "process.h"
#include "sve.h"

#define ROUNDS		24
#define NR		8

static struct sve_regs want[NR], got[NR];
static u64 bytes_seen[NR];

#define NEEDS_SVE()	do { if (!sve_offered()) SKIP(return, "no SVE"); } while (0)

static void fast_exit(void)
{
	asm volatile("mov w0, #0x80000000\n\thvc #0" ::: "x0", "x1", "x2", "x3");
}

static void guest_compare(u64 me, u64 bytes)
{
	int at;

	sve_store(&got[me]);
	at = sve_differs(&want[me], &got[me], bytes);
	if (at >= 0)
		guest_abort(__FILE__, __LINE__, "register byte", at, (u64)want[me].b[at] << 8 | got[me].b[at]);
}

static void guest_keeps(u64 me)
{
	u64 i, bytes = guest_sve_on();

	bytes_seen[me] = bytes;
	for (i = 0; i < ROUNDS; i++) {
		sve_fill(&want[me], bytes, me * 1000 + i);
		sve_load(&want[me]);
		GUEST_SYNC(i);
		guest_compare(me, bytes);
		GUEST_ASSERT_EQ(bytes, sve_bytes());
		sve_load(&want[me]);
		fast_exit();
		guest_compare(me, bytes);
	}
	GUEST_DONE();
}

/* The longest lengths of three sets: the shortest, all, and one between. */
static u64 some_lengths(unsigned int n)
{
	u64 all = sve_lengths(), set;

	switch (n % 3) {
	case 0:
		return all;
	case 1:
		return 1;
	default:
		/* without its longest, if that leaves any */
		set = all & ~(1UL << (sve_longest(all) - 1));
		return set ?: all;
	}
}

TEST(vcpus_with_different_lengths_keep_theirs_on_one_cpu)
{
	struct vm *vm;
	int i, cpu;

	NEEDS_SVE();
	vm = vm_create_guest();
	pin_to_cpu(0);
	for (cpu = 0; cpu < 3; cpu++)
		guest_sve_vcpu(vm, cpu, some_lengths(cpu), guest_keeps, cpu);
	for (i = 0; i < ROUNDS; i++)
		for (cpu = 0; cpu < 3; cpu++)
			vcpu_run_sync(vm->vcpus[cpu], i);
	for (cpu = 0; cpu < 3; cpu++) {
		vcpu_run_done(vm->vcpus[cpu]);
		EXPECT_EQ(16 * sve_longest(some_lengths(cpu)), gv(vm, bytes_seen[cpu]));
	}
	vm_free(vm);
}

TEST(a_vcpu_that_migrates_keeps_its)
{
	int i, n = sysconf(_SC_NPROCESSORS_ONLN);
	struct vcpu *vcpu;
	struct vm *vm;

	NEEDS_SVE();
	vm = vm_create_guest();
	vcpu = guest_sve_vcpu(vm, 0, 0, guest_keeps, 0);
	for (i = 0; i < ROUNDS; i++) {
		pin_to_cpu(i % n);
		vcpu_run_sync(vcpu, i);
	}
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* Each length that ZCR_EL1 can ask for gives the longest that there is up to it, and never more than the vCPU's. */
static void guest_asks(u64 lengths)
{
	u64 vq, up_to;

	guest_sve_on();
	for (vq = 16; vq; vq--) {
		write_sysreg(vq - 1, S3_0_C1_C2_0);
		isb();
		up_to = lengths & ((2UL << (vq - 1)) - 1);
		GUEST_ASSERT_EQ(16 * sve_longest(up_to), sve_bytes());
		GUEST_ASSERT_EQ(vq - 1, read_sysreg(S3_0_C1_C2_0));
		GUEST_SYNC(vq);
		GUEST_ASSERT_EQ(vq - 1, read_sysreg(S3_0_C1_C2_0));
		GUEST_ASSERT_EQ(16 * sve_longest(up_to), sve_bytes());
	}
	GUEST_DONE();
}

TEST(the_guest_has_the_lengths_it_was_given)
{
	u64 set, all, vq;
	struct vm *vm;

	NEEDS_SVE();
	all = sve_lengths();
	for (set = all; set; set &= ~(1UL << (sve_longest(set) - 1))) {
		vm = vm_create_guest();
		guest_sve_vcpu(vm, 0, set, guest_asks, set);
		for (vq = 16; vq; vq--)
			vcpu_run_sync(vm->vcpus[0], vq);
		/* user space sees it too */
		EXPECT_EQ(0, reg_get(vm->vcpus[0], ARM64_SYS_REG(3, 0, 1, 2, 0)));
		vcpu_run_done(vm->vcpus[0]);
		vm_free(vm);
	}
}

/* What shorter vectors do not hide is kept while they are in force. */
static void guest_narrows(u64 me)
{
	u64 i, n, bytes = guest_sve_on();

	for (i = 0; i < ROUNDS; i++) {
		sve_fill(&want[me], bytes, 99 + i);
		sve_load(&want[me]);
		write_sysreg(0, S3_0_C1_C2_0);
		isb();
		GUEST_SYNC(i);
		GUEST_ASSERT_EQ(16, sve_bytes());
		write_sysreg(0xf, S3_0_C1_C2_0);
		isb();
		sve_store(&got[me]);
		for (n = 0; n < 32 * bytes; n++) {
			/* the rest is what it was, or 0 */
			if (got[me].b[n] != want[me].b[n] && (n % bytes < 16 || got[me].b[n]))
				guest_abort(__FILE__, __LINE__, "byte of Z", n, got[me].b[n]);
		}
	}
	GUEST_DONE();
}

TEST(narrow_for_a_while)
{
	struct vm *vm;
	int i;

	NEEDS_SVE();
	vm = vm_create_guest();
	guest_sve_vcpu(vm, 0, 0, guest_narrows, 0);
	for (i = 0; i < ROUNDS; i++)
		vcpu_run_sync(vm->vcpus[0], i);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

/* All that a guest finds that has loaded nothing. */
static void guest_finds_zeros(u64 me)
{
	u64 n, bytes = guest_sve_on();

	sve_store(&got[me]);
	for (n = 0; n < SVE_ALL(bytes); n++)
		if (got[me].b[n])
			guest_abort(__FILE__, __LINE__, "somebody's byte", n, got[me].b[n]);
	GUEST_DONE();
}

static void guest_leaves_secrets(u64 me)
{
	u64 bytes = guest_sve_on();

	memset(&want[me], 0x5e, SVE_FFR_AT(bytes));
	memset(&want[me].b[SVE_FFR_AT(bytes)], 0xff, bytes / 8);
	sve_load(&want[me]);
	GUEST_SYNC(0);
	GUEST_DONE();
}

/* A host thread that never makes a system call, so that only an interrupt takes the CPU from it. */
static volatile bool stop;
static volatile u64 rounds_held;

static void *busy_sve(void *arg)
{
	u64 bytes = prctl(PR_SVE_GET_VL) & PR_SVE_VL_LEN_MASK, n = 0;
	struct sve_regs in = {}, out;
	int at;

	pin_to_cpu((u64)arg);
	while (!stop) {
		sve_fill(&in, bytes, n++);
		sve_hold(&in, &out, 100000);
		at = sve_differs(&in, &out, bytes);
		if (at >= 0) {
			fprintf(stderr, "# the host's byte %d of %lu is %#x, was %#x\n", at, bytes, out.b[at],
				in.b[at]);
			return "the host's";
		}
		rounds_held = n;
	}
	return NULL;
}

static void join_busy(struct __test_metadata *_metadata, pthread_t t)
{
	void *bad;

	stop = true;
	pthread_join(t, &bad);
	EXPECT_EQ(NULL, bad);
	stop = false;
}

TEST(nobody_finds_what_others_left)
{
	unsigned int first, second, i;
	struct vm *vm, *next;
	pthread_t t;

	NEEDS_SVE();
	pin_to_cpu(0);
	for (first = 0; first < 3; first++)
		for (second = 0; second < 3; second++) {
			vm = vm_create_guest();
			next = vm_create_guest();
			guest_sve_vcpu(vm, 0, some_lengths(first), guest_leaves_secrets, 0);
			guest_sve_vcpu(next, 0, some_lengths(second), guest_finds_zeros, 0);
			vcpu_run_sync(vm->vcpus[0], 0);
			vcpu_run_done(next->vcpus[0]);
			vcpu_run_done(vm->vcpus[0]);
			vm_free(vm);
			vm_free(next);
		}
	/* of the host's, too */
	ASSERT_EQ(0, pthread_create(&t, NULL, busy_sve, NULL));
	for (i = 0; i < 6; i++) {
		vm = vm_create_guest();
		guest_sve_vcpu(vm, 0, some_lengths(i), guest_finds_zeros, 0);
		usleep(5000);
		vcpu_run_done(vm->vcpus[0]);
		vm_free(vm);
	}
	join_busy(_metadata, t);
}

/* Without exits of its own: the host's interrupts and threads alone. */
static void guest_spins(u64 me)
{
	u64 i, bytes = guest_sve_on();

	for (i = 0; i < ROUNDS; i++) {
		sve_fill(&want[me], bytes, me * 777 + i);
		sve_hold(&want[me], &got[me], 300000);
		if (sve_differs(&want[me], &got[me], bytes) >= 0)
			guest_abort(__FILE__, __LINE__, "register byte", sve_differs(&want[me], &got[me], bytes), i);
	}
	GUEST_DONE();
}

TEST(beside_a_thread_that_uses_it)
{
	unsigned int i;
	struct vm *vm;
	pthread_t t;

	NEEDS_SVE();
	vm = vm_create_guest();
	pin_to_cpu(0);
	for (i = 0; i < 3; i++)
		guest_sve_vcpu(vm, i, some_lengths(i), guest_spins, i);
	rounds_held = 0;
	ASSERT_EQ(0, pthread_create(&t, NULL, busy_sve, NULL));
	/* its threads inherit the CPU */
	vcpus_run_done(vm);
	join_busy(_metadata, t);
	EXPECT_LT(0, rounds_held);
	vm_free(vm);
}

/* FP first, and SVE only after exits: V is the lower part of Z, all else is 0. */
static void guest_fp_then_sve(u64 me)
{
	u64 n, i, bytes;

	for (i = 0; i < 4; i++) {
		asm volatile(".arch armv8-a+fp+simd\n\tmovi v0.16b, #0x11\n\tmovi v7.16b, #0x22\n"
			     "\tmovi v31.16b, #0x33");
		GUEST_SYNC(i);
	}
	bytes = guest_sve_on();
	sve_store(&got[me]);
	for (n = 0; n < SVE_ALL(bytes); n++) {
		u64 z = n / bytes, low = n < SVE_P_AT(bytes) && n % bytes < 16;

		GUEST_ASSERT_EQ(!low ? 0 : z == 0 ? 0x11 : z == 7 ? 0x22 : z == 31 ? 0x33 : 0, got[me].b[n]);
	}
	/* and the other way round: writing V clears the rest of Z */
	sve_fill(&want[me], bytes, 5);
	sve_load(&want[me]);
	GUEST_SYNC(4);
	asm volatile(".arch armv8-a+fp+simd\n\tmovi v7.16b, #0x44");
	GUEST_SYNC(5);
	for (n = 0; n < bytes; n++)
		want[me].b[7 * bytes + n] = n < 16 ? 0x44 : 0;
	guest_compare(me, bytes);
	GUEST_DONE();
}

TEST(fp_first_then_sve)
{
	struct vm *vm;
	int i;

	NEEDS_SVE();
	vm = vm_create_guest();
	guest_sve_vcpu(vm, 0, 0, guest_fp_then_sve, 0);
	for (i = 0; i < 6; i++)
		vcpu_run_sync(vm->vcpus[0], i);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

static u64 one_reg_id(unsigned int n)
{
	if (n < 32)
		return KVM_REG_ARM64_SVE_ZREG(n, 0);
	return n < 48 ? KVM_REG_ARM64_SVE_PREG(n - 32, 0) : KVM_REG_ARM64_SVE_FFR(0);
}

/* All registers of the vCPU, as the guest's image of them has them. */
static void user_regs(struct vcpu *vcpu, u64 bytes, struct sve_regs *regs, bool set)
{
	u8 slice[256] = {};
	unsigned int n;

	for (n = 0; n < 49; n++) {
		u8 *at = &regs->b[n < 32 ? n * bytes : SVE_P_AT(bytes) + (n - 32) * bytes / 8];
		u64 size = n < 32 ? bytes : bytes / 8;

		if (set)
			memcpy(slice, at, size);
		if (set ? reg_try_set(vcpu, one_reg_id(n), slice) : reg_try_get(vcpu, one_reg_id(n), slice))
			die("register %u", n);
		if (!set)
			memcpy(at, slice, size);
	}
}

static void guest_for_user(u64 me)
{
	u64 bytes = guest_sve_on();

	sve_fill(&want[me], bytes, 4242);
	sve_load(&want[me]);
	GUEST_SYNC(0);
	/* user space has set others, and want with them */
	guest_compare(me, bytes);
	GUEST_DONE();
}

TEST(user_space_sees_and_sets_them)
{
	static struct sve_regs regs;
	u64 lengths, bytes;
	unsigned int i;
	struct vm *vm;

	NEEDS_SVE();
	for (i = 0; i < 3; i++) {
		lengths = some_lengths(i);
		bytes = 16 * sve_longest(lengths);
		vm = vm_create_guest();
		guest_sve_vcpu(vm, 0, lengths, guest_for_user, 0);
		vcpu_run_sync(vm->vcpus[0], 0);
		user_regs(vm->vcpus[0], bytes, &regs, false);
		EXPECT_EQ(-1, sve_differs((struct sve_regs *)&gv(vm, want[0]), &regs, bytes));
		sve_fill(&regs, bytes, 31337 + i);
		user_regs(vm->vcpus[0], bytes, &regs, true);
		memcpy((void *)&gv(vm, want[0]), &regs, sizeof(regs));
		vcpu_run_done(vm->vcpus[0]);
		vm_free(vm);
	}
}

/* A vCPU that has not run yet is given a state, as a restored one is. */
static void guest_restored(u64 me)
{
	guest_compare(me, guest_sve_on());
	GUEST_DONE();
}

TEST(a_restored_vcpu_goes_on_with_them)
{
	static struct sve_regs regs;
	u64 bytes, pass;
	struct vm *vm;

	NEEDS_SVE();
	bytes = 16 * sve_longest(sve_lengths());
	for (pass = 0; pass < 2; pass++) {
		vm = vm_create_guest();
		guest_sve_vcpu(vm, 0, 0, guest_restored, 0);
		/* of one that used SVE, of one that used FP */
		memset(&regs, 0, sizeof(regs));
		if (!pass)
			sve_fill(&regs, bytes, 8);
		else
			memset(&regs.b[3 * bytes], 0x77, 16);
		user_regs(vm->vcpus[0], bytes, &regs, true);
		/* or they would be cut off */
		reg_set(vm->vcpus[0], ARM64_SYS_REG(3, 0, 1, 2, 0), 0xf);
		memcpy((void *)&gv(vm, want[0]), &regs, sizeof(regs));
		vcpu_run_done(vm->vcpus[0]);
		vm_free(vm);
	}
}

/* The guest's own traps are the guest's, and CPACR_EL1 decides before EL2 does. */
static void guest_off(u64 arg)
{
	u64 zen;

	guest_sve_on();
	for (zen = 0; zen < 4; zen++) {
		write_sysreg(cpacr_fp_sve(zen), cpacr_el1);
		isb();
		fault_expect();
		sve_bytes();
		GUEST_ASSERT_EQ(zen & 1 ? 0 : 1, fault_taken());
		if (!(zen & 1))
			GUEST_ASSERT_EQ(EC_SVE, ESR_EC(this_cpu()->esr));
		GUEST_SYNC(zen);
	}
	GUEST_DONE();
}

TEST(the_guests_own_trap_works)
{
	struct vm *vm;
	int i;

	NEEDS_SVE();
	vm = vm_create_guest();
	guest_sve_vcpu(vm, 0, 0, guest_off, 0);
	for (i = 0; i < 4; i++)
		vcpu_run_sync(vm->vcpus[0], i);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

static void guest_without(u64 arg)
{
	write_sysreg(cpacr_fp_sve(3), cpacr_el1);
	isb();
	fault_expect();
	sve_bytes();
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_UNKNOWN, ESR_EC(this_cpu()->esr));
	fault_expect();
	read_sysreg(S3_0_C1_C2_0);
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_UNKNOWN, ESR_EC(this_cpu()->esr));
	GUEST_ASSERT_EQ(0, read_sysreg(id_aa64pfr0_el1) >> 32 & 0xf);
	GUEST_ASSERT_EQ(0, read_sysreg(S3_0_C0_C4_4));
	GUEST_DONE();
}

TEST(without_the_feature_it_is_undefined)
{
	struct vm *vm = vm_create_guest();

	vcpu_run_done(guest_vcpu(vm, 0, guest_without, 0));
	vm_free(vm);
}

static void guest_with(u64 arg)
{
	GUEST_ASSERT_EQ(1, read_sysreg(id_aa64pfr0_el1) >> 32 & 0xf);
	GUEST_SYNC_ARGS(0, read_sysreg(S3_0_C0_C4_4), 0, 0);
	/* SME stays where it is */
	GUEST_ASSERT_EQ(0, read_sysreg(id_aa64pfr1_el1) >> 24 & 0xf);
	guest_sve_on();
	write_sysreg(cpacr_fp_sve(3) | 3 << 24, cpacr_el1);
	isb();
	fault_expect();
	read_sysreg(S3_0_C1_C2_6);		/* SMCR_EL1 */
	GUEST_ASSERT_EQ(1, fault_taken());
	fault_expect();
	asm volatile("msr S0_3_C4_C3_3, xzr");	/* SMSTART SM */
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_DONE();
}

TEST(with_the_feature_the_id_registers_tell)
{
	struct ucall uc;
	struct vm *vm;

	NEEDS_SVE();
	vm = vm_create_guest();
	guest_sve_vcpu(vm, 0, 0, guest_with, 0);
	uc = vcpu_run_sync(vm->vcpus[0], 0);
	EXPECT_EQ(reg_get(vm->vcpus[0], ARM64_SYS_REG(3, 0, 0, 4, 4)), uc.a[1]);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

/*
 * No emulator has CPUs that differ, so CPU 1 is said to have other lengths: module parameter debug_faults, in
 * selftests/host/sve.sh.
 */
static int pretend(u64 lengths, u64 cpu)
{
	FILE *f = fopen(ARMVCPU_DEBUGFS "/sve_lengths", "w");

	if (!f)
		return -1;
	fprintf(f, "%lu\n", lengths << 32 | cpu);
	return fclose(f);
}

TEST(a_cpu_with_other_lengths_is_refused)
{
	u64 all, odd, i;
	struct ucall uc;
	struct vm *vm;

	NEEDS_SVE();
	all = sve_lengths();
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2 || pretend(all, 1))
		SKIP(return, "debug_faults is off");
	vm = vm_create_guest();
	guest_sve_vcpu(vm, 0, 0, guest_keeps, 0);
	pin_to_cpu(0);
	vcpu_run_sync(vm->vcpus[0], 0);
	for (i = 1; i < 4; i++) {
		/* one length less, one more, none */
		odd = i == 1 ? all & ~(1UL << (sve_longest(all) - 1)) : 0;
		if (i == 2)
			odd = all ^ (sve_longest(all) > 2 ? 2 : 1);
		ASSERT_EQ(0, pretend(odd, 1));
		pin_to_cpu(1);
		ASSERT_EQ(UCALL_NONE, vcpu_run(vm->vcpus[0], &uc));
		EXPECT_EQ(KVM_EXIT_FAIL_ENTRY, vm->vcpus[0]->run->exit_reason);
		EXPECT_EQ(1, vm->vcpus[0]->run->fail_entry.cpu);
		/* it is as before, and goes on elsewhere */
		pin_to_cpu(0);
		vcpu_run_sync(vm->vcpus[0], i);
	}
	ASSERT_EQ(0, pretend(all, 1));
	pin_to_cpu(1);
	for (; i < ROUNDS; i++)
		vcpu_run_sync(vm->vcpus[0], i);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

SELFTEST_MAIN
