// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A VM may be torn down with anything pending: timers armed and about to
 *            fire, interrupts in list registers, irqfds signalled, vCPUs asleep in
 *            WFI in threads that are told to stop, MMIO incomplete.
 * Reference: issue 2, item 10 (closing fds in every order).
 * A failure: on the host's console, or as a time-out.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "harness.h"
#include "gic.h"
#include "timer.h"

#define ROUNDS	20

/* Leaves with both timers armed for in a moment, and SGIs pending everywhere. */
static void guest_leaves_things(u64 ms)
{
	u64 me = this_cpu()->index;

	if (me == 0)
		gic_dist_init();
	gic_cpu_init();
	gic_enable(INTID_VTIMER);
	gic_enable(INTID_PTIMER);
	gic_enable(3);
	write_sysreg(vcount() + ms_to_ticks(ms), cntv_cval_el0);
	write_sysreg(1, cntv_ctl_el0);
	write_sysreg(read_sysreg(cntpct_el0) + ms_to_ticks(ms), cntp_cval_el0);
	write_sysreg(1, cntp_ctl_el0);
	isb();
	gic_sgi(3, 0xf);
	GUEST_SYNC(1);
	/* taken, not ended */
	gic_ack();
	GUEST_SYNC(2);
	for (;;)
		wfi();
}

TEST(with_timers_and_interrupts_pending)
{
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		struct vm *vm = vm_create_guest();
		int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		struct kvm_irqfd irqfd = { .fd = fd, .gsi = 4 };

		for (i = 0; i < 3; i++)
			guest_vcpu(vm, i, guest_leaves_things, round % 4);
		gic_create(vm, 64);
		ASSERT_EQ(0, kioctlp(vm->fd, KVM_IRQFD, &irqfd));
		for (i = 0; i < 3; i++)
			vcpu_run_sync(vm->vcpus[i], 1);
		if (round & 1)
			vcpu_run_sync(vm->vcpus[0], 2);
		eventfd_write(fd, 1);
		if (round & 2)
			usleep(round * 500);
		vm_free(vm);
		eventfd_write(fd, 1);
		close(fd);
	}
	usleep(50000);
}

/* A vCPU that is asleep while its timer's hrtimer waits, in the background. */
static void on_kick(int sig)
{
}

static volatile int nr_asleep;

static void *sleeper(void *arg)
{
	struct vcpu *vcpu = arg;

	vcpu_run_sync(vcpu, 1);
	vcpu_run_sync(vcpu, 2);
	__atomic_fetch_add(&nr_asleep, 1, __ATOMIC_SEQ_CST);
	/* immediate_exit ends it */
	while (vcpu_run_once(vcpu) != -EINTR || !vcpu->run->immediate_exit)
		;
	return NULL;
}

TEST(with_vcpus_that_were_asleep)
{
	struct sigaction sa = { .sa_handler = on_kick };
	int round, i;

	sigaction(SIGUSR1, &sa, NULL);
	for (round = 0; round < ROUNDS / 2; round++) {
		struct vm *vm = vm_create_guest();
		pthread_t t[2];

		for (i = 0; i < 2; i++)
			guest_vcpu(vm, i, guest_leaves_things, 1000);
		gic_create(vm, 64);
		for (i = 0; i < 2; i++) {
			ASSERT_EQ(0, pthread_create(&t[i], NULL, sleeper, vm->vcpus[i]));
		}
		while (nr_asleep < 2 * (round + 1))
			usleep(1000);
		usleep(round * 3000);
		for (i = 0; i < 2; i++) {
			vm->vcpus[i]->run->immediate_exit = 1;
			while (pthread_tryjoin_np(t[i], NULL) == EBUSY) {
				pthread_kill(t[i], SIGUSR1);
				usleep(5000);
			}
		}
		vm_free(vm);
	}
}

static void guest_reads(u64 arg)
{
	readl(MMIO_IPA);
}

TEST(with_an_incomplete_mmio)
{
	struct ucall uc;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct vm *vm = vm_create_guest();
		struct vcpu *vcpu = guest_vcpu(vm, 0, guest_reads, 0);

		ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
		ASSERT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
		vm_free(vm);
	}
}

/* Memory goes first, then the VM; and memory that was never there. */
TEST(with_its_memory_gone)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		struct vm *vm = vm_create_guest();
		struct vcpu *vcpu = guest_vcpu(vm, 0, guest_leaves_things, 5);
		void *mem = mem_anon(SZ_2M);

		gic_create(vm, 64);
		ASSERT_EQ(0, mem_set(vm, 5, 0, EXTRA_BASE, SZ_2M, mem));
		vcpu_run_sync(vcpu, 1);
		munmap(mem, SZ_2M);
		munmap(vm->slots[0].hva, vm->slots[0].size);
		vm->slots[0].hva = NULL;
		EXPECT_EQ(-EFAULT, vcpu_run_once(vcpu));
		vm_free(vm);
	}
}

SELFTEST_MAIN
