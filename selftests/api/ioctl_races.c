// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     VM, vCPU and device ioctls may be called by many threads at once, with
 *            any arguments, while fds are closed: each call gives a result of the
 *            ABI, the VM stays usable or fails cleanly, nothing is left behind.
 * Reference: kvm-abi.md parts 0.1, 1.
 * A failure: a hang as a time-out; everything worse on the host's console.
 */
#include <pthread.h>
#include <sys/eventfd.h>

#include "harness.h"
#include "gic.h"

#define THREADS	4

static pthread_barrier_t start;
static volatile bool stop;

static u64 rnd(u64 *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

struct job {
	struct vm *vm;
	int nr, vcpus;
	int result[64];
};

static void run_threads(struct __test_metadata *_metadata, void *(*fn)(void *),
			struct job *jobs)
{
	pthread_t t[THREADS];
	int i;

	pthread_barrier_init(&start, NULL, THREADS);
	for (i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_create(&t[i], NULL, fn, &jobs[i]));
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}

/* ---- one winner each --------------------------------------------------------- */

static void *create_vcpus(void *arg)
{
	struct job *job = arg;
	int i;

	pthread_barrier_wait(&start);
	for (i = 0; i < job->vcpus; i++)
		job->result[i] = kioctl(job->vm->fd, KVM_CREATE_VCPU, i);
	return NULL;
}

TEST(each_vcpu_id_is_given_once)
{
	struct vm *vm = vm_create();
	struct job jobs[THREADS];
	int i, j, winners, nr;

	/* 8 on a host with a GICv2 */
	nr = check_cap(vm->fd, KVM_CAP_MAX_VCPUS);
	if (nr > 64)
		nr = 64;
	for (i = 0; i < THREADS; i++) {
		jobs[i].vm = vm;
		jobs[i].vcpus = nr;
	}
	run_threads(_metadata, create_vcpus, jobs);
	for (i = 0; i < nr; i++) {
		winners = 0;
		for (j = 0; j < THREADS; j++) {
			if (jobs[j].result[i] >= 0)
				winners++;
			else {
				/* -EINVAL: by then there were as many as there may be */
				EXPECT_TRUE(jobs[j].result[i] == -EEXIST ||
					    jobs[j].result[i] == -EINVAL);
			}
		}
		EXPECT_EQ(1, winners);
	}
}

static void *create_gic(void *arg)
{
	struct job *job = arg;
	struct kvm_create_device cd = { .type = gic_type(job->vm) };

	pthread_barrier_wait(&start);
	job->result[0] = kioctlp(job->vm->fd, KVM_CREATE_DEVICE, &cd);
	return NULL;
}

TEST(one_gic_is_created)
{
	int i, round, winners;

	for (round = 0; round < 20; round++) {
		struct vm *vm = vm_create();
		struct job jobs[THREADS];

		for (i = 0; i < THREADS; i++)
			jobs[i].vm = vm;
		run_threads(_metadata, create_gic, jobs);
		for (winners = 0, i = 0; i < THREADS; i++) {
			winners += jobs[i].result[0] == 0;
			EXPECT_TRUE(jobs[i].result[0] == 0 || jobs[i].result[0] == -EEXIST ||
				    jobs[i].result[0] == -EBUSY);
		}
		EXPECT_EQ(1, winners);
		vm_free(vm);
	}
}

static void *set_slots(void *arg)
{
	struct job *job = arg;
	u64 seed = job->nr + 1;
	char *mem = mem_anon(64 * SZ_4K);
	int i, ret, bad = 0;

	pthread_barrier_wait(&start);
	for (i = 0; i < 2000; i++) {
		u64 r = rnd(&seed);

		ret = mem_set(job->vm, r % 8, (r >> 8) % 4 ? 0 : KVM_MEM_READONLY,
			      EXTRA_BASE + (r >> 16) % 64 * SZ_4K,
			      (r >> 24) % 3 ? ((r >> 32) % 16 + 1) * SZ_4K : 0, mem);
		bad += ret && ret != -EEXIST && ret != -EINVAL;
	}
	job->result[0] = bad;
	return NULL;
}

TEST(memslots_change_in_many_threads)
{
	struct vm *vm = vm_create();
	struct job jobs[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		jobs[i] = (struct job){ .vm = vm, .nr = i };
	run_threads(_metadata, set_slots, jobs);
	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(0, jobs[i].result[0]);
	}
	/* still consistent: all can be deleted, and the place is free */
	for (i = 0; i < 8; i++)
		mem_set(vm, i, 0, 0, 0, NULL);
	EXPECT_EQ(0, mem_set(vm, 0, 0, EXTRA_BASE, 64 * SZ_4K, mem_anon(64 * SZ_4K)));
	vm_free(vm);
}

/* ---- interrupts from everywhere ------------------------------------------------ */

static void guest_counts(u64 arg)
{
	for (;;)
		GUEST_SYNC(0);
}

static void *interrupts(void *arg)
{
	struct job *job = arg;
	u64 seed = job->nr + 77;
	int i;

	pthread_barrier_wait(&start);
	for (i = 0; i < 2000; i++) {
		u64 r = rnd(&seed);
		int fd;
		struct kvm_irqfd irqfd = { .gsi = r % 40 };
		u32 v = r >> 32;

		switch (r >> 60) {
		default:
			irq_line(job->vm, KVM_ARM_IRQ_TYPE_SPI, 0, 30 + r % 70, r >> 40 & 1);
			break;
		case 0 ... 3:
			irq_line(job->vm, KVM_ARM_IRQ_TYPE_PPI, r >> 48 & 3, r % 32, 1);
			break;
		case 4 ... 6:
			dev_attr(job->vm->gic, KVM_SET_DEVICE_ATTR,
				 KVM_DEV_ARM_VGIC_GRP_DIST_REGS, r % 0x800 * 4, &v);
			break;
		case 7 ... 8:
			fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
			irqfd.fd = fd;
			kioctlp(job->vm->fd, KVM_IRQFD, &irqfd);
			eventfd_write(fd, 1);
			close(fd);
			break;
		}
	}
	return NULL;
}

static void *run_vcpu(void *arg)
{
	struct vcpu *vcpu = arg;
	struct ucall uc;

	while (!stop)
		if (vcpu_run(vcpu, &uc) != UCALL_SYNC)
			die("the guest was disturbed");
	return NULL;
}

TEST(interrupts_come_in_many_threads)
{
	struct vm *vm = vm_create_guest();
	struct job jobs[THREADS];
	pthread_t t[2];
	int i;

	for (i = 0; i < 2; i++)
		guest_vcpu(vm, i, guest_counts, 0);
	gic_create(vm, 96);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_create(&t[i], NULL, run_vcpu, vm->vcpus[i]));
	}
	for (i = 0; i < THREADS; i++)
		jobs[i] = (struct job){ .vm = vm, .nr = i };
	run_threads(_metadata, interrupts, jobs);
	stop = true;
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	vm_free(vm);
}

/* ---- anything -------------------------------------------------------------------- */

/*
 * Every ioctl number with every size of argument that KVM has, random contents:
 * an errno or a result. RUN is left out (a guest could run for ever), and so is
 * SET_SIGNAL_MASK, which could block the time-out.
 */
static void *fuzz(void *arg)
{
	static const u32 sizes[] = { 0, 4, 8, 12, 16, 20, 24, 32, 48, 64, 104, 160, 520 };
	struct job *job = arg;
	u64 seed = job->nr * 0x9e3779b97f4a7c15ULL + 5;
	unsigned char *buf = mem_anon(65536);
	int i, j;

	pthread_barrier_wait(&start);
	for (i = 0; i < 20000; i++) {
		u64 r = rnd(&seed);
		u32 nr = r % 0x100;
		u32 dir = r >> 8 & 3;
		int fds[] = { job->vm->dev, job->vm->fd, job->vm->vcpus[r >> 20 & 1]->fd,
			      job->vm->gic };
		unsigned long cmd = _IOC(dir, KVMIO, nr, sizes[(r >> 32) % ARRAY_SIZE(sizes)]);
		int ret;

		if (cmd == KVM_RUN || nr == 0x8b)
			continue;
		for (j = 0; j < 64; j++)
			buf[j] = (r >> 40 & 1) ? 0 : rnd(&seed) & (r >> 41 & 1 ? 0xff : 0x0f);
		ret = kioctl(fds[r >> 16 & 3], cmd,
			     (r >> 44 & 7) ? (unsigned long)buf : r >> 50);
		/* a new VM, vCPU or device: away with it */
		if (ret > 2 && (nr == 0x01 || nr == 0x41 || nr == 0xce)) {
			bool ours = ret == job->vm->dev || ret == job->vm->fd;

			for (j = 0; j < 4; j++)
				ours |= ret == fds[j];
			if (!ours && fcntl(ret, F_GETFD) >= 0)
				close(ret);
		}
	}
	return NULL;
}

FIXTURE(fuzz) {
};

FIXTURE_SETUP(fuzz)
{
}

FIXTURE_TEARDOWN(fuzz)
{
}

TEST_F_TIMEOUT(fuzz, random_calls_in_many_threads, 110)
{
	struct vm *vm = vm_create();
	struct job jobs[THREADS];
	struct vm *witness;
	int i;

	ASSERT_EQ(0, vcpu_init(vcpu_create(vm, 0), 1 << KVM_ARM_VCPU_PSCI_0_2));
	ASSERT_EQ(0, vcpu_init(vcpu_create(vm, 1), 1 << KVM_ARM_VCPU_PSCI_0_2));
	gic_create(vm, 64);
	for (i = 0; i < THREADS; i++)
		jobs[i] = (struct job){ .vm = vm, .nr = i };
	run_threads(_metadata, fuzz, jobs);
	/* whatever happened to that VM, another one works */
	witness = vm_create_guest();
	guest_vcpu(witness, 0, guest_counts, 0);
	vcpu_run_sync(witness->vcpus[0], 0);
	vm_free(witness);
}

SELFTEST_MAIN
