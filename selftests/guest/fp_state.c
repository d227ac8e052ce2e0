// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     FP/SIMD state belongs to its owner: a vCPU's survives exits, other
 *            vCPUs on the same CPU and migration; the host thread's survives
 *            KVM_RUN; user space sees and sets the guest's through ONE_REG.
 * Reference: Linux syscall ABI (V registers are preserved); kvm-abi.md part 4.2.
 * A failure: shows whose register changed; see el2/ (fp).
 */
#include <pthread.h>
#include <sched.h>

#include "fp.h"
#include "harness.h"
#include "process.h"

#define ROUNDS	30

static struct fp_regs want[4], got[4];

static void guest_keeps(u64 me)
{
	u64 i;

	for (i = 0; i < ROUNDS; i++) {
		fp_fill(&want[me], me * 1000 + i);
		fp_load(&want[me]);
		GUEST_SYNC(i);
		fp_store(&got[me]);
		GUEST_ASSERT_EQ(-1, fp_differs(&want[me], &got[me], FP_ALL));
		/* exits that don't reach user space, and none at all */
		fp_load(&want[me]);
		asm volatile("mov w0, #0x80000000\n\thvc #0" ::: "x0", "x1", "x2", "x3");
		fp_store(&got[me]);
		GUEST_ASSERT_EQ(-1, fp_differs(&want[me], &got[me], FP_ALL));
	}
	GUEST_DONE();
}

static void guest_untouched(u64 arg)
{
	u64 i;

	for (i = 0; i < ROUNDS; i++)
		GUEST_SYNC(i);
	GUEST_DONE();
}

TEST(vcpus_in_one_thread_keep_theirs)
{
	struct vm *vm = vm_create_guest();
	int i, cpu;

	for (i = 0; i < 3; i++)
		guest_vcpu(vm, i, guest_keeps, i);
	for (i = 0; i < ROUNDS; i++)
		for (cpu = 0; cpu < 3; cpu++)
			vcpu_run_sync(vm->vcpus[cpu], i);
	for (cpu = 0; cpu < 3; cpu++)
		vcpu_run_done(vm->vcpus[cpu]);
	vm_free(vm);
}

TEST(a_vcpu_that_migrates_keeps_its)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_keeps, 0);
	int i, n = sysconf(_SC_NPROCESSORS_ONLN);

	for (i = 0; i < ROUNDS; i++) {
		pin_to_cpu(i % n);
		vcpu_run_sync(vcpu, i);
	}
	vcpu_run_done(vcpu);
	vm_free(vm);
}

static void host_keeps(struct __test_metadata *_metadata, void (*fn)(u64))
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, fn, 0);
	struct fp_regs in, out;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		long ret;

		fp_fill(&in, 77777 + i);
		memset(&out, 0, sizeof(out));
		ret = fp_ioctl(vcpu->fd, KVM_RUN, &in, &out);
		ASSERT_TRUE(ret == 0 || ret == -EINTR);
		ASSERT_EQ(-1, fp_differs(&in, &out, FP_V_ONLY));
		if (ret == -EINTR)
			continue;
		ASSERT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
	}
	vm_free(vm);
}

TEST(the_host_keeps_its_while_the_guest_uses_fp)
{
	host_keeps(_metadata, guest_keeps);
}

TEST(the_host_keeps_its_while_the_guest_does_not)
{
	host_keeps(_metadata, guest_untouched);
}

/* Two threads on one CPU: both use FP, one of them runs a guest that does. */
static volatile bool stop;

static void *busy_fp(void *arg)
{
	struct fp_regs in, out;
	u64 n = 0;

	pin_to_cpu(0);
	while (!stop) {
		fp_fill(&in, 0xbeef00 + n++);
		fp_load(&in);
		if (n % 16 == 0)
			sched_yield();
		fp_store(&out);
		if (fp_differs(&in, &out, FP_ALL) >= 0)
			return "busy thread";
	}
	return NULL;
}

TEST(another_thread_on_the_cpu_keeps_its)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_keeps, 0);
	pthread_t t;
	void *bad;
	int i;

	pin_to_cpu(0);
	ASSERT_EQ(0, pthread_create(&t, NULL, busy_fp, NULL));
	for (i = 0; i < ROUNDS; i++)
		vcpu_run_sync(vcpu, i);
	vcpu_run_done(vcpu);
	stop = true;
	pthread_join(t, &bad);
	EXPECT_EQ(NULL, bad);
	vm_free(vm);
}

TEST(user_space_sees_and_sets_the_guests)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_keeps, 0);
	u64 v[2];
	u32 w;
	int i;

	vcpu_run_sync(vcpu, 0);
	for (i = 0; i < 32; i++) {
		ASSERT_EQ(0, reg_try_get(vcpu, CORE_REG_SIZED(fp_regs.vregs[i],
							      KVM_REG_SIZE_U128), v));
		EXPECT_EQ(gv(vm, want[0].v[2 * i]), v[0]);
		EXPECT_EQ(gv(vm, want[0].v[2 * i + 1]), v[1]);
		/* change it, and what the guest will expect */
		v[0] ^= 0xff00ff;
		v[1] += 99;
		ASSERT_EQ(0, reg_try_set(vcpu, CORE_REG_SIZED(fp_regs.vregs[i],
							      KVM_REG_SIZE_U128), v));
		gv(vm, want[0].v[2 * i]) = v[0];
		gv(vm, want[0].v[2 * i + 1]) = v[1];
	}
	w = 0x10;
	ASSERT_EQ(0, reg_try_set(vcpu, CORE_REG_SIZED(fp_regs.fpsr, KVM_REG_SIZE_U32), &w));
	gv(vm, want[0].fpsr) = w;
	w = 1 << 23;
	ASSERT_EQ(0, reg_try_set(vcpu, CORE_REG_SIZED(fp_regs.fpcr, KVM_REG_SIZE_U32), &w));
	gv(vm, want[0].fpcr) = w;
	/* the guest compares */
	vcpu_run_sync(vcpu, 1);
	vm_free(vm);
}

/* A guest that has FP switched off takes its own trap, whoever owns the registers. */
static void guest_fp_off(u64 arg)
{
	write_sysreg(0, cpacr_el1);
	isb();
	fault_expect();
	asm volatile(".arch armv8-a+fp\n\tfmov x9, d0" ::: "x9");
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(0x07, ESR_EC(this_cpu()->esr));
	write_sysreg(3 << 20, cpacr_el1);
	isb();
	asm volatile(".arch armv8-a+fp\n\tfmov x9, d0" ::: "x9");
	GUEST_DONE();
}

TEST(the_guests_own_trap_works)
{
	vcpu_run_done(guest_vcpu(vm_create_guest(), 0, guest_fp_off, 0));
}

SELFTEST_MAIN
