// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A vCPU to which user space gave a place for its record of stolen time tells the guest so by call, and
 *            counts there how long its thread waited for a CPU, exactly as the kernel accounts it. Places that are no
 *            memory, not aligned, read-only, or a second one are refused; memory that goes away while the guest runs
 *            costs nobody anything. The record goes on in a restored VM, and in another thread.
 * Reference: DEN0057; Documentation/virt/kvm/devices/vcpu.rst, 3; Documentation/virt/kvm/arm/pvtime.rst.
 * A failure: shows the time and what the kernel says of the thread; see dev/pvtime.c.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#include "harness.h"
#include "gic.h"
#include "psci.h"

#define PV_TIME_FEATURES	0xc5000020
#define PV_TIME_ST		0xc5000021
#define ARCH_FEATURES		0x80000001

#define GROUP			KVM_ARM_VCPU_PVTIME_CTRL
#define NONE			(~0ULL)
/* A slot of its own. */
#define RECORDS			0x90000000ULL
#define RECORDS_SIZE		0x10000

struct record {
	u32 revision, attributes;
	u64 stolen;
	u8 pad[48];
};

static int set_ipa(struct vcpu *vcpu, u64 ipa)
{
	return dev_attr(vcpu->fd, KVM_SET_DEVICE_ATTR, GROUP, KVM_ARM_VCPU_PVTIME_IPA, &ipa);
}

static u64 get_ipa(struct vcpu *vcpu)
{
	u64 ipa = 0;

	if (dev_attr(vcpu->fd, KVM_GET_DEVICE_ATTR, GROUP, KVM_ARM_VCPU_PVTIME_IPA, &ipa))
		die("PVTIME_IPA");
	return ipa;
}

static bool there_is(void)
{
	struct vcpu *vcpu = vcpu_create(vm_create(), 0);

	return !dev_attr(vcpu->fd, KVM_HAS_DEVICE_ATTR, GROUP, KVM_ARM_VCPU_PVTIME_IPA, NULL);
}

TEST(the_place_has_rules)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = vcpu_create(vm, 0), *other = vcpu_create(vm, 1);
	static const u64 bad[] = {
		RECORDS + 1, RECORDS + 8, RECORDS + 32, RECORDS + 63, 0, RECORDS - 64, RECORDS + RECORDS_SIZE,
		RECORDS + (1ULL << 40), 1ULL << 52, 1ULL << 63, ~0ULL, ~63ULL,
	};
	unsigned int i;

	EXPECT_EQ(1, check_cap(vm->dev, KVM_CAP_STEAL_TIME));
	EXPECT_EQ(1, check_cap(vm->fd, KVM_CAP_STEAL_TIME));
	mem_add(vm, 1, 0, RECORDS, RECORDS_SIZE);
	mem_add(vm, 2, KVM_MEM_READONLY, 0xa0000000, 0x10000);
	EXPECT_EQ(-ENXIO, dev_attr(vcpu->fd, KVM_HAS_DEVICE_ATTR, GROUP, 1, NULL));
	EXPECT_EQ(-ENXIO, dev_attr(vcpu->fd, KVM_SET_DEVICE_ATTR, GROUP, 1, (void *)bad));
	EXPECT_EQ(-EFAULT, dev_attr(vcpu->fd, KVM_SET_DEVICE_ATTR, GROUP, 0, NULL));
	EXPECT_EQ(-EFAULT, dev_attr(vcpu->fd, KVM_GET_DEVICE_ATTR, GROUP, 0, NULL));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, set_ipa(vcpu, bad[i]))
			TH_LOG("0x%lx", bad[i]);
	}
	EXPECT_EQ(-EINVAL, set_ipa(vcpu, 0xa0000000));
	EXPECT_EQ(NONE, get_ipa(vcpu));
	EXPECT_EQ(0, set_ipa(vcpu, RECORDS + RECORDS_SIZE - 64));
	EXPECT_EQ(RECORDS + RECORDS_SIZE - 64, get_ipa(vcpu));
	EXPECT_EQ(-EEXIST, set_ipa(vcpu, RECORDS));
	EXPECT_EQ(-EEXIST, set_ipa(vcpu, RECORDS + RECORDS_SIZE - 64));
	EXPECT_EQ(-EINVAL, set_ipa(vcpu, RECORDS + 1));
	/* each vCPU its own; two may have the same */
	EXPECT_EQ(NONE, get_ipa(other));
	EXPECT_EQ(0, set_ipa(other, RECORDS + RECORDS_SIZE - 64));
	vm_free(vm);
}

static u64 call(u64 fn, u64 arg)
{
	struct smccc_res res;

	guest_hvc(fn, arg, 0, 0, &res);
	GUEST_ASSERT_EQ(0, res.a1 | res.a2 | res.a3);
	return res.a0;
}

/* arg: the place, NONE: user space gave none */
static void guest_asks(u64 arg)
{
	u64 yes = arg == NONE ? NONE : 0;

	GUEST_ASSERT_EQ(0, call(ARCH_FEATURES, PV_TIME_FEATURES));
	GUEST_ASSERT_EQ(yes, call(PV_TIME_FEATURES, PV_TIME_ST));
	GUEST_ASSERT_EQ(yes, call(PV_TIME_FEATURES, PV_TIME_FEATURES));
	GUEST_ASSERT_EQ(NONE, call(PV_TIME_FEATURES, PV_TIME_FEATURES + 2));
	GUEST_ASSERT_EQ(NONE, call(PV_TIME_FEATURES, PSCI_GET_VERSION));
	GUEST_ASSERT_EQ(arg, call(PV_TIME_ST, 0));
	GUEST_DONE();
}

static void guest_is_refused(u64 arg)
{
	GUEST_ASSERT_EQ(NONE, call(ARCH_FEATURES, PV_TIME_FEATURES));
	GUEST_ASSERT_EQ(NONE, call(PV_TIME_FEATURES, PV_TIME_ST));
	GUEST_ASSERT_EQ(NONE, call(PV_TIME_ST, 0));
	GUEST_DONE();
}

TEST(the_guest_is_told)
{
	struct vm *vm = vm_create_guest();
	struct record *r = mem_add(vm, 1, 0, RECORDS, RECORDS_SIZE);
	struct vcpu *with = guest_vcpu(vm, 0, guest_asks, RECORDS + 128);
	struct vcpu *without = guest_vcpu(vm, 1, guest_asks, NONE);

	memset(r, 0xff, RECORDS_SIZE);
	ASSERT_EQ(0, set_ipa(with, RECORDS + 128));
	vcpu_run_done(with);
	vcpu_run_done(without);
	EXPECT_EQ(0, r[2].revision);
	EXPECT_EQ(0, r[2].attributes);
	EXPECT_GT(1000000000ULL, r[2].stolen);
	EXPECT_EQ(0, r[2].pad[0] | r[2].pad[47]);
	/* and no neighbour */
	EXPECT_EQ(~0ULL, r[1].stolen);
	EXPECT_EQ(0xff, r[1].pad[47]);
	EXPECT_EQ(~0u, r[3].revision);
	vm_free(vm);
}

TEST(without_its_bit_there_is_none)
{
	struct vm *vm = vm_create_guest();
	struct record *r = mem_add(vm, 1, 0, RECORDS, RECORDS_SIZE);
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_is_refused, 0);

	memset(r, 0xff, 64);
	reg_set(vcpu, KVM_REG_ARM_STD_HYP_BMAP, 0);
	ASSERT_EQ(0, set_ipa(vcpu, RECORDS));
	vcpu_run_done(vcpu);
	EXPECT_EQ(~0u, r->revision);
	vm_free(vm);
}

/* ---- the count ---- */

static u64 run_delay(void)
{
	char name[64], text[128] = "";
	unsigned long ran, waited;
	int fd;

	snprintf(name, sizeof(name), "/proc/self/task/%ld/schedstat", syscall(SYS_gettid));
	fd = open(name, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0 || sscanf(text, "%lu %lu", &ran, &waited) != 2)
		die("%s", name);
	close(fd);
	return waited;
}

static volatile bool stop;

static void *steal(void *arg)
{
	while (!stop)
		asm volatile("nop");
	return NULL;
}

static void stay_on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

/* Begins the count, then a SYNC for each look: with what it reads, and for a while busy in between. */
static void guest_reads(u64 ask)
{
	volatile struct record *r = (void *)RECORDS;
	u64 i, stage;

	if (ask)
		GUEST_ASSERT_EQ(RECORDS, call(PV_TIME_ST, 0));
	for (stage = 0; ; stage++) {
		GUEST_SYNC_ARGS(stage, r->stolen, 0, 0);
		for (i = 0; i < 30000000; i++)
			cpu_relax();
	}
}

/* With the MMU off, so that the record is where it is. */
static struct vcpu *reader(struct vm *vm, unsigned int id, bool ask)
{
	vm->mmu_off = true;
	return guest_vcpu(vm, id, guest_reads, ask);
}

/* What the thread waited from one look to the other the guest is told, all that and no more. */
static void expect_count(struct __test_metadata *_metadata, struct vcpu *vcpu, int looks)
{
	u64 first = run_delay(), before = vcpu_run_sync(vcpu, 0).a[1], last = run_delay();
	u64 stolen, entry, total = 0;
	int i;

	/* the record as of the first look stands for something between first and last */
	for (i = 1; i <= looks; i++) {
		entry = run_delay();
		stolen = vcpu_run_sync(vcpu, i).a[1];
		/* at RUN's begin it was told all that had been until then; then it waited more */
		EXPECT_LE(entry - last, stolen - before);
		EXPECT_GE(run_delay() - first, stolen - before);
		total = stolen - before;
	}
	/* somebody else had the CPU all the time: half of it is his */
	EXPECT_LT(10000000ULL, total);
}

TEST(waiting_is_counted_exactly)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu;
	pthread_t thief;

	mem_add(vm, 1, 0, RECORDS, RECORDS_SIZE);
	vcpu = reader(vm, 0, true);
	ASSERT_EQ(0, set_ipa(vcpu, RECORDS));
	stay_on_one_cpu();
	ASSERT_EQ(0, pthread_create(&thief, NULL, steal, NULL));
	expect_count(_metadata, vcpu, 4);
	stop = true;
	pthread_join(thief, NULL);
	vm_free(vm);
}

/* A VM restored from another's memory: the guest does not ask again, and the count goes on from where it stood. */
TEST(a_restored_guest_goes_on)
{
	struct vm *vm = vm_create_guest();
	struct record *r = mem_add(vm, 1, 0, RECORDS, RECORDS_SIZE);
	struct vcpu *vcpu = reader(vm, 0, false);
	pthread_t thief;

	r->stolen = 1ULL << 40;
	ASSERT_EQ(0, set_ipa(vcpu, RECORDS));
	stay_on_one_cpu();
	ASSERT_EQ(0, pthread_create(&thief, NULL, steal, NULL));
	expect_count(_metadata, vcpu, 2);
	EXPECT_LE(1ULL << 40, r->stolen);
	EXPECT_GT((1ULL << 40) + 600000000000ULL, r->stolen);
	stop = true;
	pthread_join(thief, NULL);
	vm_free(vm);
}

static void *one_look(void *arg)
{
	struct vcpu *vcpu = arg;
	struct ucall uc;

	if (vcpu_run(vcpu, &uc) != UCALL_SYNC)
		die("no SYNC");
	return NULL;
}

/* Threads that waited much or little take turns: none of them brings in what it waited elsewhere. */
TEST(another_thread_brings_nothing_with_it)
{
	struct vm *vm = vm_create_guest();
	struct record *r = mem_add(vm, 1, 0, RECORDS, RECORDS_SIZE);
	struct vcpu *vcpu = reader(vm, 0, true);
	pthread_t thread;
	u64 was, begin;
	int i;

	ASSERT_EQ(0, set_ipa(vcpu, RECORDS));
	for (i = 0; i < 6; i++) {
		was = r->stolen;
		begin = now_ns();
		if (i % 2) {
			ASSERT_EQ(0, pthread_create(&thread, NULL, one_look, vcpu));
			pthread_join(thread, NULL);
		} else {
			one_look(vcpu);
		}
		/* never backwards, never more than the clock */
		if (i) {
			EXPECT_LE(was, r->stolen);
		}
		EXPECT_GE(now_ns() - begin, r->stolen - (i ? was : 0));
	}
	vm_free(vm);
}

/* The slot goes, comes back read-only, and elsewhere: the guest runs on, nothing is written where nothing may be. */
TEST(memory_may_go_away)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = reader(vm, 0, true);
	void *memory = mem_anon(RECORDS_SIZE);
	struct record *r = memory;
	pthread_t thief;

	mem_add_at(vm, 1, 0, RECORDS, RECORDS_SIZE, memory);
	ASSERT_EQ(0, set_ipa(vcpu, RECORDS));
	stay_on_one_cpu();
	ASSERT_EQ(0, pthread_create(&thief, NULL, steal, NULL));
	vcpu_run_sync(vcpu, 0);
	vcpu_run_sync(vcpu, 1);
	ASSERT_EQ(0, mem_set(vm, 1, 0, RECORDS, 0, memory));
	memset(r, 0x55, sizeof(*r));
	/* the guest's own read has no memory either */
	ASSERT_EQ(0, vcpu_run_once(vcpu));
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
	EXPECT_EQ(0x5555555555555555ULL, r->stolen);
	ASSERT_EQ(0, mem_set(vm, 1, KVM_MEM_READONLY, RECORDS, RECORDS_SIZE, memory));
	vcpu_run_sync(vcpu, 2);
	vcpu_run_sync(vcpu, 3);
	EXPECT_EQ(0x5555555555555555ULL, r->stolen);
	EXPECT_EQ(0x55555555, r->revision);
	/* not even mapped any more */
	munmap(memory, RECORDS_SIZE);
	vcpu->run->immediate_exit = 1;
	EXPECT_EQ(-EINTR, vcpu_run_once(vcpu));
	stop = true;
	pthread_join(thief, NULL);
	vm_free(vm);
}

/* The kernel's writes are in the log of dirty pages, as the guest's are. */
TEST(its_page_is_dirty)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = reader(vm, 0, true);
	u64 bitmap = 0;
	struct kvm_dirty_log log = { .slot = 1, .dirty_bitmap = &bitmap };

	mem_add(vm, 1, KVM_MEM_LOG_DIRTY_PAGES, RECORDS, RECORDS_SIZE);
	ASSERT_EQ(0, set_ipa(vcpu, RECORDS));
	vcpu_run_sync(vcpu, 0);
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_GET_DIRTY_LOG, &log));
	EXPECT_EQ(1, bitmap);
	vm_free(vm);
}

SELFTEST_MAIN_IF(there_is(), "no PV time: the kernel keeps no account of waiting (CONFIG_SCHED_INFO)")
