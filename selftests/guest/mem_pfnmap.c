// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     What a driver maps without struct page's help (VM_PFNMAP) can be a guest's: memory of the host, and a
 *            device's registers, which are device memory to the guest, so that nothing is fetched from there. When the
 *            driver takes it back the guest is without it at once, and gets it again when it comes back. A slot of it
 *            can't log writes.
 * Reference: kvm-abi.md part 6.2; ARM PrimeCell RTC (DDI 0224), 3.3.
 * A failure: what the guest or the host saw; mm/fault.c (get_pfn_of), mm/notifier.c.
 */
#include <pthread.h>
#include <sys/syscall.h>

#include "harness.h"

#define PAGES		4
#define DEVICE_OFFSET	SZ_1M
#define DEVICE_IPA	(EXTRA_BASE + SZ_1M)
#define RTC_MATCH	0x4
#define RTC_IDS		0xfe0		/* eight registers, of a byte each */
#define FSC_ALIGNMENT	0x21

static u64 stop, rounds;

FIXTURE(pfnmap) {
	struct vm *vm;
	int fd;
	char *mem, *device;
};

FIXTURE_SETUP(pfnmap)
{
	int module = open("modules/pfnmap.ko", O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, module);
	if (syscall(SYS_finit_module, module, "", 0) && errno != EEXIST)
		die("pfnmap.ko: %s", strerror(errno));
	close(module);
	self->fd = open("/dev/pfnmap", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(1, write(self->fd, "1", 1));
	self->mem = mmap(NULL, PAGES * getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->mem);
	self->device = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, DEVICE_OFFSET);
	ASSERT_NE(MAP_FAILED, self->device);
	self->vm = vm_create_guest();
	mem_add_at(self->vm, 1, 0, EXTRA_BASE, PAGES * getpagesize(), self->mem);
	mem_add_at(self->vm, 2, 0, DEVICE_IPA, getpagesize(), self->device);
}

FIXTURE_TEARDOWN(pfnmap)
{
	if (!self->vm)
		return;
	vm_free(self->vm);
	munmap(self->mem, PAGES * getpagesize());
	munmap(self->device, getpagesize());
	close(self->fd);
	syscall(SYS_delete_module, "pfnmap", 0);
}

static bool is_there(const char *path)
{
	return !access(path, F_OK);
}

/* ---- memory ---------------------------------------------------------------- */

static void guest_adds(u64 size)
{
	u64 o;

	for (;;) {
		for (o = 0; o < size; o += SZ_4K)
			writeq(readq(EXTRA_BASE + o) + 1, EXTRA_BASE + o);
		GUEST_SYNC(1);
	}
}

TEST_F(pfnmap, memory_is_shared)
{
	u64 o, size = PAGES * getpagesize();
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_adds, size);

	for (o = 0; o < size; o += SZ_4K)
		*(volatile u64 *)(self->mem + o) = o;
	vcpu_run_sync(vcpu, 1);
	vcpu_run_sync(vcpu, 1);
	for (o = 0; o < size; o += SZ_4K)
		ASSERT_EQ(o + 2, *(volatile u64 *)(self->mem + o));
}

TEST_F(pfnmap, taken_back_it_is_gone)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_adds, SZ_4K);
	struct ucall uc;

	*(volatile u64 *)self->mem = 7;
	vcpu_run_sync(vcpu, 1);
	ASSERT_EQ(1, write(self->fd, "0", 1));
	EXPECT_EQ(-EFAULT, vcpu_run(vcpu, &uc));
	EXPECT_EQ(-EFAULT, vcpu_run(vcpu, &uc));
	ASSERT_EQ(1, write(self->fd, "1", 1));
	vcpu_run_sync(vcpu, 1);
	EXPECT_EQ(9, *(volatile u64 *)self->mem);
}

static void guest_counts(u64 arg)
{
	while (!READ_ONCE(stop)) {
		writeq(readq(EXTRA_BASE) + 1, EXTRA_BASE);
		WRITE_ONCE(rounds, rounds + 1);
	}
	GUEST_DONE();
}

/* Runs until it is over, and after each -EFAULT again. */
static void *keep_running(void *arg)
{
	struct vcpu *vcpu = arg;
	struct ucall uc;
	int ret;

	do
		ret = vcpu_run(vcpu, &uc);
	while (ret == -EFAULT);
	return (void *)(long)ret;
}

TEST_F(pfnmap, taken_back_under_a_running_guest)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_counts, 0);
	u64 i, before, after;
	pthread_t thread;
	void *ret;

	*(volatile u64 *)self->mem = 0;
	ASSERT_EQ(0, pthread_create(&thread, NULL, keep_running, vcpu));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(1, write(self->fd, "0", 1));
		/* Nobody has it now. */
		before = gv(self->vm, rounds);
		usleep(1000);
		after = gv(self->vm, rounds);
		/* The access that was taken back may have been done and not be counted yet. */
		ASSERT_GE(before + 1, after);
		ASSERT_EQ(1, write(self->fd, "1", 1));
		while (gv(self->vm, rounds) == after)
			usleep(100);
	}
	gv(self->vm, stop) = 1;
	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ(UCALL_DONE, (long)ret);
	EXPECT_EQ(gv(self->vm, rounds), *(volatile u64 *)self->mem);
}

TEST_F(pfnmap, writes_are_not_logged)
{
	EXPECT_EQ(-EINVAL, mem_set(self->vm, 1, KVM_MEM_LOG_DIRTY_PAGES, EXTRA_BASE, PAGES * getpagesize(), self->mem));
}

/* ---- a device ---------------------------------------------------------------- */

static void guest_has_a_clock(u64 match)
{
	struct guest_cpu *cpu = this_cpu();

	GUEST_ASSERT_EQ(0x31, readl(DEVICE_IPA + RTC_IDS));
	GUEST_ASSERT_EQ(0x10, readl(DEVICE_IPA + RTC_IDS + 4) & 0xff);
	writel(match, DEVICE_IPA + RTC_MATCH);
	GUEST_ASSERT_EQ(match, readl(DEVICE_IPA + RTC_MATCH));

	/* Its registers are no instructions: an abort, not a loop. */
	fault_expect();
	asm volatile(
	"	adr	x9, 1f\n"
	"	str	x9, [%0]\n"
	"	br	%1\n"
	"1:\n"
	:: "r"(&cpu->resume_pc), "r"(DEVICE_IPA) : "x9", "memory");
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_IABT_CUR, ESR_EC(cpu->esr));
	GUEST_ASSERT_EQ(FSC_EXTERNAL, cpu->esr & 0x3f);
	GUEST_DONE();
}

TEST_F(pfnmap, a_device_is_the_guests)
{
	u32 match = 0x12345678;

	if (!is_there("/proc/device-tree") || getpagesize() != SZ_4K)
		SKIP(return, "no clock, or not in a page of its own");
	vcpu_run_done(guest_vcpu(self->vm, 0, guest_has_a_clock, match));
	EXPECT_EQ(match, *(volatile u32 *)(self->device + RTC_MATCH));
}

/*
 * The guest maps it Normal, where stage 1 lets pass what device memory does not do. Not every emulator checks that; who
 * does has the guest hear of it.
 */
static void guest_misaligns(u64 arg)
{
	struct guest_cpu *cpu = this_cpu();
	u64 faults;

	fault_expect();
	readl(DEVICE_IPA + RTC_MATCH + 1);
	faults = fault_taken();
	if (faults) {
		GUEST_ASSERT_EQ(EC_DABT_CUR, ESR_EC(cpu->esr));
		GUEST_ASSERT_EQ(FSC_ALIGNMENT, cpu->esr & 0x3f);
		GUEST_ASSERT_EQ(DEVICE_IPA + RTC_MATCH + 1, cpu->far);
	}
	GUEST_SYNC(faults);
	GUEST_DONE();
}

TEST_F(pfnmap, a_device_does_not_do_all)
{
	struct vcpu *vcpu = guest_vcpu(self->vm, 0, guest_misaligns, 0);
	struct ucall uc;

	if (!is_there("/proc/device-tree") || getpagesize() != SZ_4K)
		SKIP(return, "no clock, or not in a page of its own");
	ASSERT_EQ(UCALL_SYNC, vcpu_run(vcpu, &uc));
	if (!uc.a[0])
		SKIP(return, "this CPU takes unaligned accesses there");
	vcpu_run_done(vcpu);
}

static bool has_module(void)
{
	return is_there("modules/pfnmap.ko");
}

SELFTEST_MAIN_IF(has_module(), "modules/pfnmap.ko is not here")
