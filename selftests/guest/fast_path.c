// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     What EL2 answers by itself is what the host answers: every register of the GIC at every offset and in
 *            every width, read and written in any order, gives the same with the fast path on and off; so do calls and
 *            ID registers; it can be switched while the guest runs; the statistics say who answered.
 * Reference: issue 3, items 2 and 5; docs/debugging.md, "Is it the fast path?"
 * A failure: shows the number of the access, its address and width, and the two answers.
 * On KVM there is no switch: skipped.
 */
#include <pthread.h>

#include "harness.h"
#include "gic.h"
#include "psci.h"
#include "stats.h"

#define NR_IRQS		96
#define CPUS		3
#define ACCESSES	3000
#define ROUNDS		20

/* What the guest saw, in order; for the host to compare. */
static u64 answers[100000];
static u64 nr_answers;
static u64 go_on;

static void answer(u64 value)
{
	if (nr_answers < ARRAY_SIZE(answers))
		answers[nr_answers++] = value;
}

static u64 load(u64 addr, u32 width)
{
	switch (width) {
	case 0:
		return readb(addr);
	case 1:
		return readh(addr);
	case 2:
		return readl(addr);
	default:
		return readq(addr);
	}
}

static void store(u64 addr, u32 width, u64 value)
{
	switch (width) {
	case 0:
		return writeb(value, addr);
	case 1:
		return writeh(value, addr);
	case 2:
		return writel(value, addr);
	default:
		return writeq(value, addr);
	}
}

static u64 next(u64 *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return *seed >> 33;
}

static u64 frame(u32 n)
{
	return n == 0 ? GICD_BASE : GICR_BASE + (n - 1) * SZ_64K;
}

/* Where there are registers, and where there are none. */
static void guest_every_offset(u64 arg)
{
	u32 f, o, width;

	/* the distributor, both frames of the first vCPU, the second one of the last */
	for (f = 0; f <= 2 * CPUS; f = f == 2 ? 2 * CPUS : f + 1) {
		for (o = 0; o < SZ_64K; o += 4) {
			if (o == 0x1000)
				o = 0x60f0;
			if (o == 0x6180)
				o = 0x6300;
			if (o == 0x6340)
				o = 0xffc0;
			for (width = 0; width < 4; width++)
				if (!(o & (width < 2 ? 31 : (1 << width) - 1)))
					answer(load(frame(f) + o, width));
		}
	}
	GUEST_DONE();
}

/* Loads and stores of all widths in a random order, mostly where something is. */
static void guest_anything(u64 seed)
{
	u32 i, f, width;
	u64 at, value;

	gic_cpu_init();
	writel(GICD_CTLR_GRP1, GICD_BASE + GICD_CTLR);
	for (i = 0; i < ACCESSES; i++) {
		width = next(&seed) % 8;
		width = width < 4 ? width : 2;
		/* of the banks' registers mostly the first few, where interrupts are */
		at = next(&seed) % 32 * 128;
		if (next(&seed) % 8)
			at += next(&seed) % 2 ? 0 : next(&seed) % (next(&seed) % 2 ? 16 : 128);
		if (next(&seed) % 16 == 0)
			at = 0x6000 + next(&seed) % 0x340;
		at &= ~((1ULL << width) - 1);
		f = next(&seed) % (2 * CPUS + 1);
		if (f % 2)
			f = next(&seed) % 4 ? f + 1 : f;
		at += frame(f);
		value = next(&seed) << 32 | next(&seed) << 1;
		if (next(&seed) % 2)
			store(at, width, value);
		else
			answer(load(at, width));
	}
	GUEST_DONE();
}

static struct vm *gic_vm(void (*fn)(u64), u64 arg)
{
	struct vm *vm = vm_create_guest();
	int i;

	for (i = 0; i < CPUS; i++)
		guest_vcpu(vm, i, fn, arg);
	gic_create(vm, NR_IRQS);
	return vm;
}

static struct vm *run_with(int on, void (*fn)(u64), u64 arg)
{
	struct vm *vm = gic_vm(fn, arg);

	if (fast_path_set(on))
		die("no switch");
	vcpu_run_done(vm->vcpus[0]);
	return vm;
}

static void compare(struct __test_metadata *_metadata, void (*fn)(u64), u64 arg)
{
	struct vm *fast = run_with(1, fn, arg), *slow = run_with(0, fn, arg);
	u64 i, nr = gv(fast, nr_answers);

	EXPECT_LT(ACCESSES / 3, nr);
	EXPECT_EQ(nr, gv(slow, nr_answers));
	for (i = 0; i < nr; i++) {
		ASSERT_EQ(gv(slow, answers[i]), gv(fast, answers[i]))
			TH_LOG("access %lu (seed %lu)", i, arg);
	}
	vm_free(fast);
	vm_free(slow);
}

static bool has_switch(void)
{
	struct vm *vm = vm_create();
	bool has = fast_path_get() >= 0;

	vm_free(vm);
	return has;
}

#define NEEDS_SWITCH	do { if (!has_switch()) SKIP(return, "no debugfs of armvcpu's"); } while (0)

TEST(every_offset_reads_the_same)
{
	NEEDS_SWITCH;
	compare(_metadata, guest_every_offset, 0);
}

TEST(any_sequence_of_accesses_reads_the_same)
{
	u64 seed;

	NEEDS_SWITCH;
	for (seed = 1; seed <= 2; seed++)
		compare(_metadata, guest_anything, seed);
}

/* A known number of each kind. */
static void guest_one_of_each(u64 n)
{
	struct smccc_res res;
	u64 i;

	for (i = 0; i < n; i++) {
		GUEST_ASSERT_EQ(PSCI_LATEST, psci(PSCI_GET_VERSION, 0, 0, 0));
		guest_smc(0xc6003fff, 0, 0, 0, &res);
		GUEST_ASSERT_EQ(~0ULL, res.a0);
		(void)read_sysreg(id_aa64mmfr0_el1);
		GUEST_ASSERT_EQ(NR_IRQS / 32 - 1, readl(GICD_BASE + GICD_TYPER) & 0x1f);
		GUEST_ASSERT_EQ(0, readl(GICR_BASE + GICR_WAKER));
	}
	GUEST_DONE();
}

TEST(the_statistics_say_who_answered)
{
	const u64 n = 50;
	struct stats *s;
	struct vm *vm;
	int on;

	NEEDS_SWITCH;
	for (on = 0; on < 2; on++) {
		vm = gic_vm(guest_one_of_each, n);
		ASSERT_EQ(0, fast_path_set(on));
		EXPECT_EQ(on, fast_path_get());
		s = stats_open(vm->fd);
		EXPECT_EQ(on, stats_value(s, "fast_path"));
		stats_close(s);
		vcpu_run_done(vm->vcpus[0]);
		s = stats_open(vm->vcpus[0]->fd);
		/* KVM's names count both ways; the last MMIO exit is the guest's report */
		EXPECT_EQ(n, stats_value(s, "hvc_exit_stat"));
		EXPECT_EQ(2 * n, stats_value(s, "mmio_exit_kernel"));
		EXPECT_EQ(1, stats_value(s, "mmio_exit_user"));
		EXPECT_LE(5 * n + 1, stats_value(s, "exits"));
		EXPECT_EQ(stats_value(s, "exits"), stats_value(s, "fast") + stats_value(s, "slow"));
		EXPECT_EQ(on ? n : 0, stats_value(s, "fast_hvc"));
		EXPECT_EQ(on ? 0 : n, stats_value(s, "exit_hvc"));
		EXPECT_EQ(on ? n : 0, stats_value(s, "fast_smc"));
		EXPECT_EQ(on ? 0 : n, stats_value(s, "exit_smc"));
		EXPECT_EQ(on ? 2 * n : 0, stats_value(s, "fast_mmio"));
		EXPECT_LE(on ? n : 0, stats_value(s, "fast_sysreg"));
		stats_close(s);
		vm_free(vm);
	}
}

static void guest_until_told(u64 arg)
{
	u64 turns = 0;

	while (READ_ONCE(go_on) != 2) {
		GUEST_ASSERT_EQ(PSCI_LATEST, psci(PSCI_GET_VERSION, 0, 0, 0));
		GUEST_ASSERT_EQ(0x30, readl(GICD_BASE + GICD_PIDR2) & 0xf0);
		writel(0x80 << 24, GICR_BASE + GICR_SGI_BASE + GICD_IPRIORITYR + turns % 8 * 4);
		GUEST_ASSERT_EQ(0x80000000, readl(GICR_BASE + GICR_SGI_BASE + GICD_IPRIORITYR + turns % 8 * 4));
		WRITE_ONCE(answers[0], ++turns);
	}
	GUEST_DONE();
}

static void *run_thread(void *vcpu)
{
	vcpu_run_done(vcpu);
	return NULL;
}

TEST(it_is_switched_while_the_guest_runs)
{
	u64 fast, slow, turns, was_fast = 0, was_slow = 0;
	pthread_t thread;
	struct stats *s;
	struct vm *vm;
	int i;

	NEEDS_SWITCH;
	vm = gic_vm(guest_until_told, 0);
	s = stats_open(vm->vcpus[0]->fd);
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_thread, vm->vcpus[0]));
	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, fast_path_set(i % 2));
		/* what was on its way, and then a few turns */
		turns = gv(vm, answers[0]);
		while (gv(vm, answers[0]) < turns + 2)
			usleep(100);
		fast = stats_value(s, "fast_hvc");
		slow = stats_value(s, "exit_hvc");
		turns = gv(vm, answers[0]);
		while (gv(vm, answers[0]) < turns + 5)
			usleep(100);
		if (i % 2) {
			EXPECT_EQ(slow, stats_value(s, "exit_hvc"));
			was_fast += stats_value(s, "fast_hvc") > fast;
		} else {
			EXPECT_EQ(fast, stats_value(s, "fast_hvc"));
			was_slow += stats_value(s, "exit_hvc") > slow;
		}
	}
	gv(vm, go_on) = 2;
	pthread_join(thread, NULL);
	EXPECT_EQ(ROUNDS / 2, was_fast);
	EXPECT_EQ(ROUNDS / 2, was_slow);
	stats_close(s);
	vm_free(vm);
}

TEST(the_switch_knows_two_positions)
{
	int fd, file;
	struct vm *vm;
	char text[4096];

	NEEDS_SWITCH;
	vm = gic_vm(guest_one_of_each, 1);
	fd = fast_path_open("fast", O_WRONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, write(fd, "2\n", 2));
	EXPECT_EQ(EINVAL, errno);
	/* the same statistics as text; its files stay open beyond the VM and then give nothing more */
	file = fast_path_open("stats", O_RDONLY);
	ASSERT_LE(0, file);
	memset(text, 0, sizeof(text));
	EXPECT_LT(1000, read(file, text, sizeof(text) - 1));
	EXPECT_NE(NULL, strstr(text, "\nvcpu 0\n"));
	EXPECT_NE(NULL, strstr(text, "  hvc_exit_stat 0\n"));
	vm_free(vm);
	EXPECT_EQ(-1, write(fd, "1\n", 2));
	EXPECT_EQ(-1, pread(file, text, 10, 0));
	close(fd);
	close(file);
}

SELFTEST_MAIN_IF(gic_host_has(KVM_DEV_TYPE_ARM_VGIC_V3), "EL2 answers for a GICv3 only")
