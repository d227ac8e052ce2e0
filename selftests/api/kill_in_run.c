// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A process that is killed in the middle of KVM_RUN leaves nothing
 *            behind: no VM, no memory; and others run on as before.
 * Reference: issue 2, acceptance (SIGKILL 50 times).
 * A failure: shows the module's use count or the memory that is missing; a
 *            process that can't be killed shows as a time-out.
 */
#include <pthread.h>
#include <signal.h>

#include "harness.h"
#include "process.h"
#include "gic.h"
#include "timer.h"

#define ROUNDS	50
#define TOUCH	(8 * SZ_1M)

static u64 spinning[4];

/* Touches memory, then does what its vCPU's number says, for ever. */
static void guest_work(u64 n)
{
	u64 p;

	for (p = EXTRA_BASE; p < EXTRA_BASE + TOUCH; p += SZ_4K)
		writeq(p, p);
	GUEST_SYNC(0);
	for (;;) {
		WRITE_ONCE(spinning[n], spinning[n] + 1);
		switch (n) {
		case 1:
			GUEST_SYNC(1);
			break;
		case 2:
			wfi();
			break;
		case 3:
			for (p = EXTRA_BASE; p < EXTRA_BASE + TOUCH; p += SZ_4K)
				writeq(p, p);
			break;
		}
	}
}

static void *run_for_ever(void *arg)
{
	struct vcpu *vcpu = arg;
	struct ucall uc;

	for (;;)
		if (vcpu_run(vcpu, &uc) != UCALL_SYNC)
			return NULL;
}

static void victim(int ready)
{
	struct vm *vm = vm_create_guest();
	pthread_t t;
	int i;

	mem_add(vm, 1, 0, EXTRA_BASE, TOUCH);
	for (i = 0; i < 4; i++)
		guest_vcpu(vm, i, guest_work, i);
	gic_create(vm, 64);
	for (i = 0; i < 4; i++)
		pthread_create(&t, NULL, run_for_ever, vm->vcpus[i]);
	while (!gv(vm, spinning[0]) || !gv(vm, spinning[2]))
		usleep(1000);
	if (write(ready, "", 1) != 1)
		_exit(1);
	pause();
}

static void guest_add(u64 arg)
{
	u64 i, sum = 0;

	for (i = 0; i < 1000; i++) {
		sum += i;
		GUEST_SYNC(sum);
	}
	GUEST_DONE();
}

FIXTURE(kill) {
};

FIXTURE_SETUP(kill)
{
}

FIXTURE_TEARDOWN(kill)
{
}

TEST_F_TIMEOUT(kill, leaves_nothing_behind, 300)
{
	struct vm *witness = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(witness, 0, guest_add, 0);
	int before = module_use_count(), round, ready[2], status;
	long kb = 0, left;
	u64 sum = 0;
	struct ucall uc;
	pid_t pid;
	char c;

	run_timeout(300);	/* debug kernels need more than a second per round */
	for (round = 0; round < ROUNDS; round++) {
		if (round == 5)		/* caches are warm */
			kb = meminfo_kb("MemAvailable");
		ASSERT_EQ(0, pipe(ready));
		pid = fork();
		if (!pid)
			victim(ready[1]);
		close(ready[1]);
		ASSERT_EQ(1, read(ready[0], &c, 1));
		usleep(round * 379 % 20000);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		close(ready[0]);
		/* another VM takes a step in between */
		ASSERT_EQ(UCALL_SYNC, vcpu_run(vcpu, &uc));
		sum += round;
		EXPECT_EQ(sum, uc.a[0]);
	}
	EXPECT_EQ(before, module_use_count());
	left = meminfo_kb("MemAvailable");
	/* 45 victims with at least 8 MiB each */
	EXPECT_LT(kb - left, 45 * 1024)
		TH_LOG("MemAvailable: %ld KiB, then %ld KiB", kb, left);
	vm_free(witness);
}

SELFTEST_MAIN
