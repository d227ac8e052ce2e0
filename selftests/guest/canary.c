// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A page that the host takes away from a guest is never written by it again, and one whose dirty bit it
 *            took never unnoticed, whatever became of EL2 on the CPU on which that was done. A vCPU on such a CPU is
 *            refused there (KVM_EXIT_FAIL_ENTRY), and goes on elsewhere.
 * Reference: issue 10, point 1; docs/host-life.md.
 * A failure: the number of hits: rounds in which the canary changed. It is another mapping of the page: the guest's
 *            stores, by a translation that outlived the page. And the number of rounds with a store that set no bit.
 *
 * A round: vCPU 0, on CPU 0, stores to one page all the time; on CPU 1 the dirty log is read, then another page is
 * mapped in its place. The emulator keeps a stale entry only until the guest's next exit that the host sees, so a
 * broken host shows in some rounds of a hundred: in more by the log, whose way is shorter.
 *
 * On its own, a hundred rounds. selftests/host/lost_el2.sh runs it with
 *   CANARY_LOSE=FILE	"1" written there lets CPU 1 lose EL2
 *   CANARY_ROUNDS=N	so many rounds; CPU 1 loses EL2 before each tenth, and gets it back by going offline and coming
 *   CANARY_KEEPS=1	what is written there lets nobody lose anything
 */
#include <pthread.h>
#include <sys/syscall.h>

#include "harness.h"
#include "process.h"

#define PAGES		64
#define ROUNDS_PER_LOSS	10
#define WATCH_NS	3000000ULL
#define CPU1_ONLINE	"/sys/devices/system/cpu/cpu1/online"

static u64 stop;

static void guest_stores(u64 addr)
{
	u64 n;

	for (n = 1; !READ_ONCE(stop); n++)
		writeq(n, addr);
	GUEST_DONE();
}

static u64 counter;

FIXTURE(canary) {
	struct vm *vm;
	char *slot;			/* what the guest has of the file: one page */
	char *watched;			/* all of the file */
	size_t page;
	int fd;
	unsigned int hits, unnoticed;
	pthread_t thread;
};

static void *stores_thread(void *arg)
{
	pin_to_cpu(0);
	vcpu_run_done(arg);
	return NULL;
}

FIXTURE_SETUP(canary)
{
	self->page = getpagesize();
	self->fd = syscall(SYS_memfd_create, "canary", 0);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, ftruncate(self->fd, PAGES * self->page));
	self->watched = mmap(NULL, PAGES * self->page, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->watched);
	self->slot = mmap(NULL, self->page, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, self->slot);
	self->vm = vm_create_guest();
	mem_add_at(self->vm, 1, KVM_MEM_LOG_DIRTY_PAGES, EXTRA_BASE, self->page, self->slot);
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, stores_thread,
				    guest_vcpu(self->vm, 0, guest_stores, EXTRA_BASE)));
	pin_to_cpu(1);
}

FIXTURE_TEARDOWN(canary)
{
	gv(self->vm, stop) = 1;
	pthread_join(self->thread, NULL);
	vm_free(self->vm);
}

static void wait_for_change(volatile u64 *where, const char *who)
{
	u64 end = now_ns() + 20000000000ULL, seen = *where;

	while (*where == seen) {
		if (now_ns() > end)
			die("%s does not go on", who);
	}
}

/* The bit of the page; from here on the next store sets it. */
static bool was_written(FIXTURE_DATA(canary) * self)
{
	u64 bits = 0;
	struct kvm_dirty_log log = { .slot = 1, .dirty_bitmap = &bits };
	int ret = kioctlp(self->vm->fd, KVM_GET_DIRTY_LOG, &log);

	if (ret)
		die("GET_DIRTY_LOG: %d", ret);
	return bits & 1;
}

/* Does it change within the time? */
static bool changes(volatile u64 *where)
{
	u64 end = now_ns() + WATCH_NS, seen = *where;

	while (*where == seen) {
		if (now_ns() > end)
			return false;
	}
	return true;
}

static void one_round(FIXTURE_DATA(canary) * self, unsigned int nr)
{
	volatile u64 *old = (u64 *)(self->watched + (nr % PAGES) * self->page);
	u64 next = ((nr + 1) % PAGES) * self->page;

	wait_for_change(old, "the guest of CPU 0");
	was_written(self);
	if (changes(old) && !was_written(self))
		self->unnoticed++;
	*(u64 *)(self->watched + next) = 0;
	if (mmap(self->slot, self->page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, self->fd, next) != self->slot)
		die("mmap: %s", strerror(errno));
	self->hits += changes(old);
}

/* ---- losing EL2 --------------------------------------------------------------------------------- */

static void write_to(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("%s to %s: %s", text, file, strerror(errno));
	close(fd);
}

static bool cpu1_is(const char *state)
{
	char line[256];
	bool found = false;
	FILE *f = fopen(ARMVCPU_DEBUGFS "/el2", "r");

	if (!f)
		die("no debugfs");
	while (fgets(line, sizeof(line), f))
		found |= !strncmp(line, "cpu1: ", 6) && !strncmp(line + 6, state, strlen(state));
	fclose(f);
	return found;
}

/* A vCPU that is at work on CPU 1. */
struct victim {
	struct vm *vm;
	pthread_t thread;
	unsigned int refused;		/* FAIL_ENTRY, on CPU 1 */
	int end;
};

static void *victim_thread(void *arg)
{
	struct victim *v = arg;
	struct vcpu *vcpu = v->vm->vcpus[0];
	struct kvm_run *run = vcpu->run;
	struct ucall uc;

	pin_to_cpu(1);
	while ((v->end = vcpu_run(vcpu, &uc)) == UCALL_NONE && run->exit_reason == KVM_EXIT_FAIL_ENTRY &&
	       run->fail_entry.hardware_entry_failure_reason == KVM_EXIT_FAIL_ENTRY_CPU_UNSUPPORTED &&
	       run->fail_entry.cpu == 1) {
		v->refused++;
		pin_to_cpu(0);
	}
	return NULL;
}

static void guest_counts(u64 arg)
{
	while (!READ_ONCE(stop))
		WRITE_ONCE(counter, counter + 1);
	GUEST_DONE();
}

static void victim_start(struct victim *v)
{
	memset(v, 0, sizeof(*v));
	v->vm = vm_create_guest();
	guest_vcpu(v->vm, 0, guest_counts, 0);
	if (pthread_create(&v->thread, NULL, victim_thread, v))
		die("pthread_create");
	wait_for_change(&gv(v->vm, counter), "the guest of CPU 1");
}

static void victim_end(struct victim *v)
{
	gv(v->vm, stop) = 1;
	pthread_join(v->thread, NULL);
	vm_free(v->vm);
}

TEST_F_TIMEOUT(canary, never_written_again, 3600)
{
	const char *lose = getenv("CANARY_LOSE"), *text = getenv("CANARY_ROUNDS");
	unsigned int rounds = text ? atoi(text) : 100, nr, losses = 0, refused = 0, kept = 0;
	bool keeps = getenv("CANARY_KEEPS");
	struct victim victim;

	run_timeout(3500);
	for (nr = 0; nr < rounds; nr++) {
		bool first = nr % ROUNDS_PER_LOSS == 0, last = (nr + 1) % ROUNDS_PER_LOSS == 0;

		if (lose && first) {
			victim_start(&victim);
			write_to(lose, "1");
			losses++;
		}
		one_round(self, nr);
		if (lose && last) {
			if (!keeps)
				EXPECT_TRUE(cpu1_is("lost"));
			victim_end(&victim);
			refused += victim.refused;
			kept += victim.end == UCALL_DONE;
			pin_to_cpu(0);
			write_to(CPU1_ONLINE, "0");
			write_to(CPU1_ONLINE, "1");
			pin_to_cpu(1);
			EXPECT_TRUE(cpu1_is("taken"));
		}
	}
	TH_LOG("%u rounds, %u hits, %u stores unnoticed; %u losses, %u vCPUs refused there, %u came to their end",
	       rounds, self->hits, self->unnoticed, losses, refused, kept);
	EXPECT_EQ(0, self->hits);
	EXPECT_EQ(0, self->unnoticed);
	EXPECT_EQ(keeps ? 0 : losses, refused);
	EXPECT_EQ(losses, kept);
}

SELFTEST_MAIN_IF(sysconf(_SC_NPROCESSORS_ONLN) > 1, "one CPU only")
