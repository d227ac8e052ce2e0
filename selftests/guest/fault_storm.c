// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     vCPUs that fault at the same time don't wait for one another; and while they do, the host changes
 *            permissions, logs dirty pages and makes a copy by it, discards pages, and deletes and adds slots: every
 *            word is where it belongs, also in the copy.
 * Reference: Documentation/virt/kvm/locking.rst; kvm-abi.md parts 6.1 - 6.3; docs/locking.md.
 * A failure: names the word, or how often somebody waited; see mm/fault.c, host/pgtable.c.
 */
#include <pthread.h>
#include <sys/mount.h>

#include "harness.h"
#include "stats.h"

#define CPUS		4
#define PAGE		((u64)getpagesize())

/* A: nothing is lost. B: discarded now and then. C: a slot that goes and comes. */
#define SIZE_A		(2 * SZ_2M)
#define SIZE_B		SZ_2M
#define SIZE_C		(SZ_2M / 2)
#define BASE_A		EXTRA_BASE
#define BASE_B		(BASE_A + SIZE_A)
#define BASE_C		(BASE_B + SIZE_B)
#define SLOT_A		1
#define SLOT_B		2
#define SLOT_C		3

/* Where each page has a function that returns a number of its own. */
#define CODE_AT		2048
#define MOV_W0(n)	(0x52800000u | (n) << 5)
#define RET		0xd65f03c0u

static u64 stop_storm, guest_page;

/* Each vCPU owns one word of each page, and knows the round that it wrote last. */
static u64 word(u64 me, u64 page, u64 round)
{
	return me << 56 | page << 32 | round;
}

static void check_word(const char *what, u64 at, u64 want)
{
	u64 got = readq(at);

	if (got != want)
		guest_abort(__FILE__, at, what, want, got);
}

static void call_code(u64 at, u64 want)
{
	u64 got = ((u64 (*)(void))(at + CODE_AT))();

	if (got != want)
		guest_abort(__FILE__, at, "the page's own code", want, got);
}

/* A fixed part of all pages, so that a round is short; the next one takes others. */
static void storm_round(u64 me, u64 round)
{
	u64 page = guest_page, p, at, got;

	for (p = round % 7; p < SIZE_A / page; p += 7)
		writeq(word(me, p, round), BASE_A + p * page + me * 8);
	for (p = round % 7; p < SIZE_B / page; p += 7)
		writeq(word(me, p, round), BASE_B + p * page + me * 8);
	for (p = round % 7; p < SIZE_C / page; p += 7)
		writeq(word(me, p, round), BASE_C + p * page + me * 8);
	for (p = round % 7; p < SIZE_A / page; p += 7) {
		check_word("own word", BASE_A + p * page + me * 8, word(me, p, round));
		call_code(BASE_A + p * page, p);
	}
	for (p = round % 7; p < SIZE_B / page; p += 7) {
		at = BASE_B + p * page + me * 8;
		got = readq(at);
		if (got && got != word(me, p, round))
			guest_abort(__FILE__, at, "own word, or discarded", word(me, p, round), got);
	}
	for (p = round % 7; p < SIZE_C / page; p += 7)
		check_word("own word of the slot that goes", BASE_C + p * page + me * 8, word(me, p, round));
}

static void guest_storms(u64 me)
{
	u64 round = 1;

	while (!READ_ONCE(stop_storm))
		storm_round(me, round++);
	GUEST_DONE();
}

FIXTURE(storm) {
	struct vm *vm;
	char *a, *b, *c, *copy;
	pthread_t cpus[CPUS], hosts[4];
};

#define storm_data	FIXTURE_DATA(storm)

FIXTURE_VARIANT(storm) {
	int advice;
};

FIXTURE_VARIANT_ADD(storm, small) { .advice = MADV_NOHUGEPAGE };
FIXTURE_VARIANT_ADD(storm, huge) { .advice = MADV_HUGEPAGE };

static char *memory(u64 size, int advice)
{
	char *p = (char *)(((u64)mem_anon(size + SZ_2M) + SZ_2M - 1) & ~(SZ_2M - 1));

	/* Without huge pages in the kernel they are small both times. */
	madvise(p, size, advice);
	return p;
}

FIXTURE_SETUP(storm)
{
	u64 p;

	self->vm = vm_create_guest();
	self->a = memory(SIZE_A, variant->advice);
	self->b = memory(SIZE_B, variant->advice);
	self->c = memory(SIZE_C, variant->advice);
	self->copy = mem_anon(SIZE_A);
	for (p = 0; p < SIZE_A / PAGE; p++) {
		u32 *code = (u32 *)(self->a + p * PAGE + CODE_AT);

		code[0] = MOV_W0(p);
		code[1] = RET;
		__builtin___clear_cache((char *)code, (char *)(code + 2));
	}
	gv(self->vm, guest_page) = PAGE;
	mem_add_at(self->vm, SLOT_A, 0, BASE_A, SIZE_A, self->a);
	mem_add_at(self->vm, SLOT_B, 0, BASE_B, SIZE_B, self->b);
	mem_add_at(self->vm, SLOT_C, 0, BASE_C, SIZE_C, self->c);
}

FIXTURE_TEARDOWN(storm)
{
	vm_free(self->vm);
}

/* ---- the host's side --------------------------------------------------------------------------- */

static bool is_over(storm_data *s)
{
	return gv(s->vm, stop_storm);
}

/* As a device: what the guest finds no slot for is done to the same memory. */
static void serve(storm_data *s, struct kvm_run *run)
{
	char *at = s->c + (run->mmio.phys_addr - BASE_C);

	if (run->exit_reason != KVM_EXIT_MMIO || run->mmio.phys_addr < BASE_C || run->mmio.phys_addr >= BASE_C + SIZE_C)
		die("exit %u at %llx", run->exit_reason, (unsigned long long)run->mmio.phys_addr);
	if (run->mmio.is_write)
		memcpy(at, run->mmio.data, run->mmio.len);
	else
		memcpy(run->mmio.data, at, run->mmio.len);
}

struct cpu_arg {
	storm_data *s;
	struct vcpu *vcpu;
};

static unsigned int storm_seconds(void)
{
	const char *env = getenv("FAULT_STORM_SECONDS");

	return env ? atoi(env) : 3;
}

static void *run_cpu(void *arg)
{
	struct cpu_arg *cpu = arg;
	struct ucall uc;
	int ret;

	run_timeout(60 + storm_seconds());
	/* -EFAULT: the host had taken the permission away just then. */
	while ((ret = vcpu_run(cpu->vcpu, &uc)) == UCALL_NONE || ret == -EFAULT)
		if (!ret)
			serve(cpu->s, cpu->vcpu->run);
	if (ret != UCALL_DONE)
		die("vCPU %u: run gave %d", cpu->vcpu->id, ret);
	return NULL;
}

static void *changes_permissions(void *arg)
{
	storm_data *s = arg;
	u64 n;

	for (n = 0; !is_over(s); n++) {
		char *at = s->a + n * 37 % (SIZE_A / PAGE - 16) * PAGE;

		mprotect(at, 16 * PAGE, PROT_READ);
		if (n % 8 == 0)
			usleep(500);
		mprotect(at, 16 * PAGE, PROT_READ | PROT_WRITE);
		usleep(500);
	}
	return NULL;
}

static void *discards(void *arg)
{
	storm_data *s = arg;
	u64 n;

	for (n = 0; !is_over(s); n++) {
		madvise(s->b + n * 53 % (SIZE_B / PAGE - 4) * PAGE, 4 * PAGE, MADV_DONTNEED);
		usleep(300);
	}
	return NULL;
}

static void *changes_slots(void *arg)
{
	storm_data *s = arg;

	while (!is_over(s)) {
		if (mem_set(s->vm, SLOT_C, 0, BASE_C, 0, NULL))
			die("slot not deleted");
		usleep(500);
		if (mem_set(s->vm, SLOT_C, 0, BASE_C, SIZE_C, s->c))
			die("slot not made");
		usleep(5000);
	}
	return NULL;
}

static void take_dirty(storm_data *s)
{
	u64 bits[SIZE_A / SZ_4K / 64] = {}, p;
	struct kvm_dirty_log log = { .slot = SLOT_A, .dirty_bitmap = bits };

	if (kioctlp(s->vm->fd, KVM_GET_DIRTY_LOG, &log))
		die("no dirty log");
	for (p = 0; p < SIZE_A / PAGE; p++)
		if (bits[p / 64] >> p % 64 & 1)
			memcpy(s->copy + p * PAGE, s->a + p * PAGE, PAGE);
}

/* Logged and not; it ends with a slot that is logged, and a copy that is complete but for what the log says. */
static void *logs(void *arg)
{
	storm_data *s = arg;
	bool last;
	int i;

	do {
		last = is_over(s);
		if (mem_set(s->vm, SLOT_A, KVM_MEM_LOG_DIRTY_PAGES, BASE_A, SIZE_A, s->a))
			die("not logged");
		memcpy(s->copy, s->a, SIZE_A);
		for (i = 0; i < 10; i++) {
			take_dirty(s);
			usleep(2000);
		}
		last |= is_over(s);
		if (!last && mem_set(s->vm, SLOT_A, 0, BASE_A, SIZE_A, s->a))
			die("still logged");
		usleep(2000);
	} while (!last);
	return NULL;
}

TEST_F_TIMEOUT(storm, keeps_all_data, 3600)
{
	static void *(* const host[])(void *) = { changes_permissions, discards, changes_slots, logs };
	struct cpu_arg cpu[CPUS];
	u64 p, i;

	for (i = 0; i < CPUS; i++) {
		cpu[i] = (struct cpu_arg){ self, guest_vcpu(self->vm, i, guest_storms, i) };
		ASSERT_EQ(0, pthread_create(&self->cpus[i], NULL, run_cpu, &cpu[i]));
	}
	for (i = 0; i < ARRAY_SIZE(host); i++) {
		ASSERT_EQ(0, pthread_create(&self->hosts[i], NULL, host[i], self));
	}
	sleep(storm_seconds());
	gv(self->vm, stop_storm) = 1;
	for (i = 0; i < CPUS; i++)
		pthread_join(self->cpus[i], NULL);
	for (i = 0; i < ARRAY_SIZE(host); i++)
		pthread_join(self->hosts[i], NULL);
	/* Whatever was written since the last look is in the log. */
	take_dirty(self);
	for (p = 0; p < SIZE_A / PAGE; p++) {
		ASSERT_EQ(0, memcmp(self->copy + p * PAGE, self->a + p * PAGE, PAGE))
			TH_LOG("page %llu of the copy", (unsigned long long)p);
	}
}

/* ---- nobody waits ------------------------------------------------------------------------------ */

#define TRACING		"/sys/kernel/tracing/"
#define CONTENTION	TRACING "events/lock/contention_begin/"

static bool put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_TRUNC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* How often somebody waited for a lock that spins, for readers and writers: so mmu_lock, and few others. */
static unsigned int waited(void)
{
	FILE *f = fopen(TRACING "trace", "r");
	unsigned int n = 0;
	char line[512];

	if (!f)
		die("no trace");
	while (fgets(line, sizeof(line), f))
		n += strstr(line, "fault_storm") && (strstr(line, "SPIN|READ") || strstr(line, "SPIN|WRITE"));
	fclose(f);
	return n;
}

static u64 start_faults;

/* Pages of its own, then the others' after they were mapped, for writing and for fetching. */
static void guest_faults(u64 me)
{
	u64 p, round;

	__atomic_fetch_add(&start_faults, 1, __ATOMIC_RELAXED);
	while (READ_ONCE(start_faults) < CPUS)
		cpu_relax();
	for (round = 0; round < CPUS; round++)
		for (p = (me + round) % CPUS; p < SIZE_A / guest_page; p += CPUS) {
			readq(BASE_A + p * guest_page);
			writeq(word(me, p, 1), BASE_A + p * guest_page + me * 8);
			call_code(BASE_A + p * guest_page, p);
		}
	GUEST_DONE();
}

TEST_F(storm, faults_wait_for_nobody)
{
	struct stats *stats = stats_open(self->vm->fd);
	unsigned int waits = 0;
	u64 i, p, faults = 0;

	if (stats_find(stats, "faults_alone") < 0)
		SKIP(return, "not armvcpu");
	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	for (i = 0; i < CPUS; i++)
		guest_vcpu(self->vm, i, guest_faults, i);
	/* Meanwhile the host changes nothing: all pages are there. */
	for (p = 0; p < SIZE_A; p += PAGE)
		WRITE_ONCE(self->a[p + PAGE - 1], 1);
	if (put(CONTENTION "enable", "1")) {
		put(TRACING "trace", "\n");
		vcpus_run_done(self->vm);
		put(CONTENTION "enable", "0");
		waits = waited();
	} else {
		TH_LOG("the kernel does not tell who waits");
		vcpus_run_done(self->vm);
	}
	for (i = 0; i < CPUS; i++) {
		struct stats *s = stats_open(self->vm->vcpus[i]->fd);

		faults += stats_value(s, "exit_data") + stats_value(s, "exit_fetch");
		stats_close(s);
	}
	TH_LOG("%llu faults, %u waits", (unsigned long long)faults, waits);
	if (variant->advice == MADV_NOHUGEPAGE) {
		/* The host may take a page away by itself, for a moment alone. One fault in 27 waited when each was. */
		EXPECT_LE(waits, faults / 64);
		EXPECT_LE(SIZE_A / PAGE, faults);
	}
	EXPECT_EQ(0, stats_value(stats, "faults_alone"));
	for (p = 0; p < SIZE_A / PAGE; p++) {
		for (i = 0; i < CPUS; i++) {
			ASSERT_EQ(word(i, p, 1), *(volatile u64 *)(self->a + p * PAGE + i * 8));
		}
	}
	stats_close(stats);
}

SELFTEST_MAIN
