// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A vCPU's dirty ring tells which pages it wrote, each once until user space has handed the entry back; it
 *            never overflows; a copy that is made by it while vCPUs write is complete at the end. What user space
 *            writes into the ring hurts nobody but itself.
 * Reference: Documentation/virt/kvm/api.rst, 8.29 (KVM_CAP_DIRTY_LOG_RING), 5 (KVM_EXIT_DIRTY_RING_FULL).
 * A failure: the entry, and what it should be; for the copy the first page that differs. See mm/ring.c.
 */
#include <pthread.h>

#include "harness.h"

#define PAGE		((u64)getpagesize())
#define RING_OFFSET	(64 * PAGE)
#define RESERVE		64
#define NR_PAGES	1000UL
#define SIZE		(NR_PAGES * PAGE)
/* A page, with 4K the smallest there is: 256 entries. */
#define RING_BYTES	PAGE
#define NR		(RING_BYTES / sizeof(struct kvm_dirty_gfn))

static u64 page_size, stop_writing, first_page, nr_writes, nr_pages;

static void guest_writes(u64 arg)
{
	u64 i;

	for (;;) {
		for (i = 0; i < nr_writes; i++)
			writel(i + 1, EXTRA_BASE + (first_page + i) * page_size);
		GUEST_SYNC(1);
	}
}

static void guest_writes_all(u64 me)
{
	u64 x = me * 7 + 1, n = 1;

	while (!READ_ONCE(stop_writing)) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		writel(n++, EXTRA_BASE + (x >> 33) % nr_pages * page_size + me * 8);
	}
	GUEST_DONE();
}

static int enable(struct vm *vm, u32 cap, u64 arg)
{
	struct kvm_enable_cap c = { .cap = cap, .args = { arg } };

	return kioctlp(vm->fd, KVM_ENABLE_CAP, &c);
}

static int reset_rings(struct vm *vm)
{
	return kioctl(vm->fd, KVM_RESET_DIRTY_RINGS, 0);
}

static struct kvm_dirty_gfn *map_ring(struct vcpu *vcpu, u64 size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, RING_OFFSET);
}

/* The slot is mapped, then logged; a vCPU of its own writes. */
FIXTURE(ring) {
	struct vm *vm;
	struct vcpu *vcpu;
	struct kvm_dirty_gfn *entry;
	char *mem;
	u64 next;
};

FIXTURE_SETUP(ring)
{
	self->vm = vm_create();
	if (check_cap(self->vm->fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL) <= 0)
		SKIP(return, "no dirty ring");
	vm_free(self->vm);
	self->vm = vm_create_type(0);
	ASSERT_EQ(0, enable(self->vm, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, RING_BYTES));
	mem_add(self->vm, 0, 0, RAM_BASE, RAM_SIZE);
	vm_load_image(self->vm);
	self->mem = mem_anon(SIZE);
	memset(self->mem, 0, SIZE);
	gv(self->vm, page_size) = PAGE;
	gv(self->vm, nr_pages) = NR_PAGES;
	gv(self->vm, nr_writes) = 1;
	self->vcpu = guest_vcpu(self->vm, 0, guest_writes, 0);
	self->entry = map_ring(self->vcpu, RING_BYTES);
	ASSERT_NE(MAP_FAILED, (void *)self->entry);
	ASSERT_EQ(0, mem_set(self->vm, 1, 0, EXTRA_BASE, SIZE, self->mem));
	vcpu_run_sync(self->vcpu, 1);
	ASSERT_EQ(0, mem_set(self->vm, 1, KVM_MEM_LOG_DIRTY_PAGES, EXTRA_BASE, SIZE, self->mem));
}

FIXTURE_TEARDOWN(ring)
{
	vm_free(self->vm);
}

static void write_pages(struct vm *vm, struct vcpu *vcpu, u64 first, u64 nr)
{
	gv(vm, first_page) = first;
	gv(vm, nr_writes) = nr;
	vcpu_run_sync(vcpu, 1);
}

/* Hand back what there is, telling seen() of each; how many. */
static unsigned int harvest(struct kvm_dirty_gfn *ring, u64 *next, u64 nr, u8 *seen)
{
	unsigned int n = 0;

	for (;;) {
		struct kvm_dirty_gfn *e = &ring[*next % nr];

		if (__atomic_load_n(&e->flags, __ATOMIC_ACQUIRE) != KVM_DIRTY_GFN_F_DIRTY)
			return n;
		if (e->slot == 1 && e->offset < NR_PAGES && seen)
			seen[e->offset]++;
		__atomic_store_n(&e->flags, KVM_DIRTY_GFN_F_RESET, __ATOMIC_RELEASE);
		(*next)++;
		n++;
	}
}

TEST_F(ring, tells_what_was_written_once)
{
	u8 seen[NR_PAGES];
	unsigned int round, i;

	for (round = 0; round < 5; round++) {
		memset(seen, 0, sizeof(seen));
		write_pages(self->vm, self->vcpu, 7, 50);
		/* told already */
		write_pages(self->vm, self->vcpu, 7, 50);
		EXPECT_EQ(0, reset_rings(self->vm));
		EXPECT_EQ(50, harvest(self->entry, &self->next, NR, seen));
		for (i = 0; i < NR_PAGES; i++) {
			ASSERT_EQ(i >= 7 && i < 57, seen[i]) TH_LOG("page %u, round %u", i, round);
		}
		EXPECT_EQ(50, reset_rings(self->vm));
		EXPECT_EQ(0, reset_rings(self->vm));
	}
}

TEST_F(ring, is_full_before_it_overflows)
{
	struct ucall uc;
	u8 seen[NR_PAGES] = { };
	unsigned int i, n, got, rounds = 0;
	int ret;

	gv(self->vm, first_page) = 0;
	gv(self->vm, nr_writes) = NR_PAGES;
	for (;;) {
		ret = vcpu_run(self->vcpu, &uc);
		if (ret != UCALL_NONE)
			break;
		ASSERT_EQ(KVM_EXIT_DIRTY_RING_FULL, self->vcpu->run->exit_reason);
		/* it stays full, and the guest does not run, until there is room */
		ASSERT_EQ(0, vcpu_run_once(self->vcpu));
		ASSERT_EQ(KVM_EXIT_DIRTY_RING_FULL, self->vcpu->run->exit_reason);
		got = harvest(self->entry, &self->next, NR, seen);
		EXPECT_EQ(NR - RESERVE, got);
		/* handed back is not taken back */
		ASSERT_EQ(0, vcpu_run_once(self->vcpu));
		ASSERT_EQ(KVM_EXIT_DIRTY_RING_FULL, self->vcpu->run->exit_reason);
		ASSERT_EQ(got, reset_rings(self->vm));
		ASSERT_GT(100, ++rounds);
	}
	ASSERT_EQ(UCALL_SYNC, ret);
	harvest(self->entry, &self->next, NR, seen);
	/* a store whose page is told of, and protected anew, before it was carried out is told of twice */
	for (i = 0, n = 0; i < NR_PAGES; i++) {
		EXPECT_LT(0, seen[i]) TH_LOG("page %u", i);
		n += seen[i];
	}
	EXPECT_GE(NR_PAGES + rounds, n);
	EXPECT_EQ(NR_PAGES / (NR - RESERVE), rounds);
}

TEST_F(ring, garbage_in_it_is_harmless)
{
	static const u64 offsets[] = { NR_PAGES, ~0ULL, 1ULL << 52, 1ULL << 63 };
	struct kvm_dirty_gfn *e = self->entry;
	unsigned int i;

	/* what was never pushed is not taken back */
	for (i = 0; i < NR; i++)
		e[i] = (struct kvm_dirty_gfn){ ~0u, ~0u, ~0ULL };
	EXPECT_EQ(0, reset_rings(self->vm));
	/* flags that say nothing, and all */
	write_pages(self->vm, self->vcpu, 10, 8);
	for (i = 0; i < 8; i++)
		e[i].flags = ~(u32)KVM_DIRTY_GFN_F_RESET;
	EXPECT_EQ(0, reset_rings(self->vm));
	for (i = 0; i < 8; i++) {
		e[i].flags = ~0u;
		e[i].slot = i & 1 ? 1 : 0x7fff0000u + i;
		e[i].offset = offsets[i / 2];
	}
	EXPECT_EQ(8, reset_rings(self->vm));
	/* an entry in between that is not handed back keeps those behind it */
	write_pages(self->vm, self->vcpu, 100, 8);
	for (i = 0; i < 8; i++)
		e[8 + i].flags = i == 3 ? 0 : KVM_DIRTY_GFN_F_RESET;
	EXPECT_EQ(3, reset_rings(self->vm));
	e[11].flags = KVM_DIRTY_GFN_F_RESET;
	EXPECT_EQ(5, reset_rings(self->vm));
	write_pages(self->vm, self->vcpu, 100, 8);
	self->next = 16;
	EXPECT_EQ(8, harvest(self->entry, &self->next, NR, NULL));
	/* the slot goes before its entries come back */
	ASSERT_EQ(0, mem_set(self->vm, 1, 0, EXTRA_BASE, 0, self->mem));
	EXPECT_EQ(8, reset_rings(self->vm));
}

TEST_F(ring, there_is_no_bitmap)
{
	u64 bits[NR_PAGES / 64 + 1];
	struct kvm_dirty_log log = { .slot = 1, .dirty_bitmap = bits };
	struct kvm_clear_dirty_log clear = { .slot = 1, .num_pages = 64, .dirty_bitmap = bits };

	EXPECT_EQ(-ENXIO, kioctlp(self->vm->fd, KVM_GET_DIRTY_LOG, &log));
	EXPECT_EQ(-ENXIO, kioctlp(self->vm->fd, KVM_CLEAR_DIRTY_LOG, &clear));
	/* too late */
	EXPECT_EQ(-EINVAL, enable(self->vm, KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP, 0));
	/* and no log at all when the slot has none */
	ASSERT_EQ(0, mem_set(self->vm, 1, 0, EXTRA_BASE, SIZE, self->mem));
	write_pages(self->vm, self->vcpu, 0, 50);
	EXPECT_EQ(0, harvest(self->entry, &self->next, NR, NULL));
}

struct writer {
	struct vcpu *vcpu;
	struct kvm_dirty_gfn *ring;
	u64 next;
	pthread_t thread;
};

static u64 writers_left, rings_full;

/* Full: the thread that copies makes room. */
static void *run_writer(void *arg)
{
	struct writer *w = arg;
	struct ucall uc;
	int ret;

	for (;;) {
		ret = vcpu_run(w->vcpu, &uc);
		if (ret == UCALL_DONE)
			break;
		if (ret != UCALL_NONE || w->vcpu->run->exit_reason != KVM_EXIT_DIRTY_RING_FULL)
			die("vCPU %u: %d, exit %u", w->vcpu->id, ret, w->vcpu->run->exit_reason);
		__atomic_add_fetch(&rings_full, 1, __ATOMIC_RELAXED);
		usleep(100);
	}
	__atomic_sub_fetch(&writers_left, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void copy_dirty(struct vm *vm, struct writer *w, char *copy, char *mem)
{
	u8 seen[NR_PAGES] = { };
	u64 i;

	for (i = 0; i < 2; i++)
		harvest(w[i].ring, &w[i].next, NR, seen);
	reset_rings(vm);
	for (i = 0; i < NR_PAGES; i++) {
		if (seen[i])
			memcpy(copy + i * PAGE, mem + i * PAGE, PAGE);
	}
}

TEST_F(ring, makes_a_whole_copy)
{
	char *copy = mem_anon(SIZE);
	struct writer w[2] = { };
	u64 i, end;

	memcpy(copy, self->mem, SIZE);
	writers_left = 2;
	for (i = 0; i < 2; i++) {
		w[i].vcpu = guest_vcpu(self->vm, i + 1, guest_writes_all, i);
		w[i].ring = map_ring(w[i].vcpu, RING_BYTES);
		ASSERT_EQ(0, pthread_create(&w[i].thread, NULL, run_writer, &w[i]));
	}
	for (end = now_ns() + 1500000000ULL; now_ns() < end;)
		copy_dirty(self->vm, w, copy, self->mem);
	gv(self->vm, stop_writing) = 1;
	while (__atomic_load_n(&writers_left, __ATOMIC_ACQUIRE))
		copy_dirty(self->vm, w, copy, self->mem);
	for (i = 0; i < 2; i++)
		pthread_join(w[i].thread, NULL);
	copy_dirty(self->vm, w, copy, self->mem);
	TH_LOG("rings full: %llu, entries: %llu %llu", (unsigned long long)rings_full,
	       (unsigned long long)w[0].next, (unsigned long long)w[1].next);
	EXPECT_LT(NR_PAGES, w[0].next + w[1].next);
	for (i = 0; i < NR_PAGES; i++) {
		ASSERT_EQ(0, memcmp(copy + i * PAGE, self->mem + i * PAGE, PAGE))
			TH_LOG("page %llu", (unsigned long long)i);
	}
}

TEST(what_can_be_enabled)
{
	struct vm *vm = vm_create();

	if (check_cap(vm->fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL) <= 0)
		SKIP(return, "no dirty ring");
	EXPECT_EQ(1 << 20, check_cap(vm->fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL));
	EXPECT_EQ(1, check_cap(vm->fd, KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP));
	EXPECT_EQ(0, check_cap(vm->fd, KVM_CAP_DIRTY_LOG_RING));
	EXPECT_EQ(-EINVAL, reset_rings(vm));
	EXPECT_EQ(-EINVAL, enable(vm, KVM_CAP_DIRTY_LOG_RING, PAGE));
	EXPECT_EQ(-EINVAL, enable(vm, KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP, 0));
	EXPECT_EQ(-EINVAL, enable(vm, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, 0));
	EXPECT_EQ(-EINVAL, enable(vm, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, PAGE / 2));
	EXPECT_EQ(-EINVAL, enable(vm, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, PAGE + 16));
	EXPECT_EQ(-E2BIG, enable(vm, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, 2 << 20));
	EXPECT_EQ(0, enable(vm, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, 1 << 20));
	EXPECT_EQ(-EINVAL, enable(vm, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, 1 << 20));
	EXPECT_EQ(0, reset_rings(vm));
	EXPECT_EQ(0, enable(vm, KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP, 0));
	vm_free(vm);
	/* not once there is a vCPU */
	vm = vm_create();
	vcpu_create(vm, 0);
	EXPECT_EQ(-EINVAL, enable(vm, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, PAGE));
	vm_free(vm);
}

static void *try_map(struct vcpu *vcpu, u64 page, int prot, int flags)
{
	return mmap(NULL, PAGE, prot, flags, vcpu->fd, page * PAGE);
}

TEST(how_it_is_mapped)
{
	const int rw = PROT_READ | PROT_WRITE;
	struct vm *vm = vm_create();
	struct vcpu *vcpu;
	u64 last = 64 + 2 - 1;
	volatile char *p;

	if (check_cap(vm->fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL) <= 0)
		SKIP(return, "no dirty ring");
	ASSERT_EQ(0, enable(vm, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, 2 * PAGE));
	vcpu = vcpu_create(vm, 0);
	EXPECT_EQ(MAP_FAILED, try_map(vcpu, 64, rw, MAP_PRIVATE));
	EXPECT_EQ(MAP_FAILED, try_map(vcpu, last, rw, MAP_PRIVATE));
	EXPECT_EQ(MAP_FAILED, try_map(vcpu, 64, rw | PROT_EXEC, MAP_SHARED));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 2 * PAGE, rw, MAP_PRIVATE, vcpu->fd, 63 * PAGE));
	p = try_map(vcpu, last, rw, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, (void *)p);
	p[PAGE - 1] = 1;
	/* it outlives the descriptors */
	close(vcpu->fd);
	close(vm->fd);
	EXPECT_EQ(1, p[PAGE - 1]);
}

TEST_SIGNAL(behind_it_there_is_nothing, SIGBUS)
{
	struct vm *vm = vm_create();
	volatile char *p;

	if (check_cap(vm->fd, KVM_CAP_DIRTY_LOG_RING_ACQ_REL) <= 0 ||
	    enable(vm, KVM_CAP_DIRTY_LOG_RING_ACQ_REL, 2 * PAGE))
		SKIP(raise(SIGBUS), "no dirty ring");
	p = try_map(vcpu_create(vm, 0), 66, PROT_READ, MAP_SHARED);
	TH_LOG("read %d", *p);
}

SELFTEST_MAIN
