// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     immediate_exit and signals end KVM_RUN with EINTR, lose nothing of
 *            the guest, complete a pending MMIO first; ioctls of a second thread
 *            wait for the vCPU, and two threads may both call KVM_RUN.
 * Reference: kvm-abi.md parts 0.1 (locking), 1.5 (order of events).
 * A failure: shows return code and exit_reason; a lost signal as a time-out.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "harness.h"

#define ROUNDS	200

static u64 counter;

static void guest_spin(u64 arg)
{
	for (;;)
		WRITE_ONCE(counter, counter + 1);
}

static void guest_sync_forever(u64 arg)
{
	u64 i;

	for (i = 0;; i++)
		GUEST_SYNC(i);
}

static void guest_read_device(u64 arg)
{
	u64 v = readl(MMIO_IPA);

	GUEST_ASSERT_EQ(0x12345678, v);
	GUEST_DONE();
}

static void on_signal(int sig)
{
}

static void catch(int sig)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(sig, &sa, NULL);
}

TEST(immediate_exit_enters_no_guest)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_spin, 0);
	int i;

	vcpu->run->immediate_exit = 1;
	for (i = 0; i < ROUNDS; i++) {
		EXPECT_EQ(-EINTR, vcpu_run_once(vcpu));
	}
	EXPECT_EQ((u64)guest_entry, reg_get(vcpu, PC_REG));
	EXPECT_EQ(0, gv(vm, counter));
	/* user space owns the flag */
	EXPECT_EQ(1, vcpu->run->immediate_exit);
}

TEST(immediate_exit_completes_the_mmio)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_read_device, 0);
	u64 pc;
	u32 v = 0x12345678;

	ASSERT_EQ(0, vcpu_run_once(vcpu));
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
	EXPECT_EQ(MMIO_IPA, vcpu->run->mmio.phys_addr);
	EXPECT_EQ(4, vcpu->run->mmio.len);
	EXPECT_EQ(0, vcpu->run->mmio.is_write);
	pc = reg_get(vcpu, PC_REG);
	memcpy(vcpu->run->mmio.data, &v, sizeof(v));
	vcpu->run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run_once(vcpu));
	/* now the state is migratable: the load is done, the PC behind it */
	EXPECT_EQ(pc + 4, reg_get(vcpu, PC_REG));
	/* a second call must not complete it again */
	memset(vcpu->run->mmio.data, 0xee, 8);
	EXPECT_EQ(-EINTR, vcpu_run_once(vcpu));
	EXPECT_EQ(pc + 4, reg_get(vcpu, PC_REG));
	vcpu->run->immediate_exit = 0;
	vcpu_run_done(vcpu);
}

TEST(a_signal_ends_run_with_eintr)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_spin, 0);
	struct itimerval t = { { 0, 20000 }, { 0, 20000 } };
	u64 was = 0;
	int i;

	catch(SIGALRM);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &t, NULL));
	for (i = 0; i < 30; i++) {
		ASSERT_EQ(-EINTR, vcpu_run_once(vcpu));
		EXPECT_EQ(KVM_EXIT_INTR, vcpu->run->exit_reason);
	}
	/* the guest ran in between */
	was = gv(vm, counter);
	EXPECT_LT(0, was);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(-EINTR, vcpu_run_once(vcpu));
	}
	EXPECT_LT(was, gv(vm, counter));
}

TEST(a_pending_signal_enters_no_guest)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_sync_forever, 0);
	struct ucall uc;
	int i, ret;

	catch(SIGUSR1);
	/* signals at arbitrary moments lose none of the guest's steps */
	for (i = 0; i < ROUNDS; i++) {
		if (i % 3 == 0)
			kill(getpid(), SIGUSR1);
		ret = vcpu_run(vcpu, &uc);
		ASSERT_EQ(UCALL_SYNC, ret);
		ASSERT_EQ(i, uc.a[0]);
	}
}

/*
 * A signal that only RUN lets through ends it, and is there afterwards: also one that nobody handles, which sent at any
 * other time would kill.
 */
TEST(a_signal_by_the_mask_of_run_stays_pending)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_spin, 0);
	struct itimerval t = { { 0, 20000 }, { 0, 20000 } };
	struct kvm_signal_mask *mask = calloc(1, sizeof(*mask) + 8);
	sigset_t set, pending;
	int i, sig;

	signal(SIGALRM, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	mask->len = 8;
	ASSERT_EQ(0, kioctlp(vcpu->fd, KVM_SET_SIGNAL_MASK, mask));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &t, NULL));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(-EINTR, vcpu_run_once(vcpu));
		ASSERT_EQ(KVM_EXIT_INTR, vcpu->run->exit_reason);
		ASSERT_EQ(0, sigpending(&pending));
		ASSERT_EQ(1, sigismember(&pending, SIGALRM));
		ASSERT_EQ(0, sigwait(&set, &sig));
	}
	EXPECT_LT(0, gv(vm, counter));
	free(mask);
}

/* ---- two threads --------------------------------------------------------- */

struct runner {
	struct vcpu *vcpu;
	int ret;
	volatile int started;
};

static void *run_until_signal(void *arg)
{
	struct runner *r = arg;

	r->started = 1;
	r->ret = vcpu_run_once(r->vcpu);
	return NULL;
}

static void *get_pc(void *arg)
{
	struct runner *r = arg;
	u64 v;

	r->started = 1;
	r->ret = reg_try_get(r->vcpu, PC_REG, &v);
	r->started = 2;
	return NULL;
}

TEST(another_thread_does_not_disturb_run)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_spin, 0);
	struct runner a = { .vcpu = vcpu, .ret = 1 }, b = { .vcpu = vcpu, .ret = 1 };
	pthread_t ta, tb;

	catch(SIGUSR1);
	ASSERT_EQ(0, pthread_create(&ta, NULL, run_until_signal, &a));
	while (!gv(vm, counter))
		usleep(1000);
	ASSERT_EQ(0, pthread_create(&tb, NULL, get_pc, &b));
	while (!b.started)
		usleep(1000);
	usleep(300000);
	/*
	 * KVM keeps the register from being read until the first thread leaves. armvcpu lets it in
	 * between two bursts, when RUN is restarted for the kernel's exit work (docs/abi.md). In
	 * either case the guest goes on, and the first thread's RUN ends by the signal alone.
	 */
	EXPECT_EQ(1, a.ret);
	pthread_kill(ta, SIGUSR1);
	pthread_join(ta, NULL);
	pthread_join(tb, NULL);
	EXPECT_EQ(-EINTR, a.ret);
	EXPECT_EQ(0, b.ret);
}

static void *run_rounds(void *arg)
{
	struct runner *r = arg;
	int i, ret;

	for (i = 0; i < ROUNDS * 5; i++) {
		ret = vcpu_run_once(r->vcpu);
		if (ret == -EINTR)
			i--;
		else if (ret)
			break;
	}
	r->ret = i;
	return NULL;
}

TEST(two_threads_may_run_one_vcpu)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_sync_forever, 0);
	struct runner r[2] = { { .vcpu = vcpu }, { .vcpu = vcpu } };
	struct ucall uc;
	pthread_t t[2];

	ASSERT_EQ(0, pthread_create(&t[0], NULL, run_rounds, &r[0]));
	ASSERT_EQ(0, pthread_create(&t[1], NULL, run_rounds, &r[1]));
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	EXPECT_EQ(ROUNDS * 5, r[0].ret);
	EXPECT_EQ(ROUNDS * 5, r[1].ret);
	/* each call that returned 0 was one step of the guest, none was lost */
	ASSERT_EQ(UCALL_SYNC, vcpu_run(vcpu, &uc));
	EXPECT_EQ(ROUNDS * 10, uc.a[0]);
}

/* Register writes of one thread against runs of another: no mixture. */
static void *set_regs(void *arg)
{
	struct runner *r = arg;
	u64 v = 0x5a5a5a5a5a5a5a5aULL;
	int i;

	for (i = 0; i < ROUNDS * 5; i++) {
		/* x28 and SP_EL0 aren't used by the guest's loop */
		r->ret = reg_try_set(r->vcpu, CORE_REG(regs.sp), &v);
		if (r->ret)
			break;
	}
	return NULL;
}

TEST(one_thread_sets_registers_while_another_runs)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_sync_forever, 0);
	struct runner r[2] = { { .vcpu = vcpu }, { .vcpu = vcpu } };
	pthread_t t[2];

	ASSERT_EQ(0, pthread_create(&t[0], NULL, run_rounds, &r[0]));
	ASSERT_EQ(0, pthread_create(&t[1], NULL, set_regs, &r[1]));
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	EXPECT_EQ(ROUNDS * 5, r[0].ret);
	EXPECT_EQ(0, r[1].ret);
	EXPECT_EQ(0x5a5a5a5a5a5a5a5aULL, reg_get(vcpu, CORE_REG(regs.sp)));
}

SELFTEST_MAIN
