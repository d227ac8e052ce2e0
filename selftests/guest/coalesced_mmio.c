// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Stores to a registered zone wait in the ring, in order and with what was stored, until it is full; what is
 *            not wholly in a zone, loads, and stores while the VMM has put nonsense into the ring end RUN. All vCPUs
 *            show one ring.
 * Reference: Documentation/virt/kvm/api.rst, 4.116; issue 13, point 5.
 * A failure: the entry, or the exit. See dev/coalesced.c.
 */
#include <linux/kvm.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"

#define ZONE		(MMIO_IPA + 0x100)
#define ZONE_SIZE	0x40

static int zone(struct vm *vm, unsigned long cmd, u64 addr, u32 size, u32 pio)
{
	struct kvm_coalesced_mmio_zone z = { .addr = addr, .size = size, .pio = pio };

	return kioctlp(vm->fd, cmd, &z);
}

#define add_zone(vm, addr, size)	zone(vm, KVM_REGISTER_COALESCED_MMIO, addr, size, 0)
#define remove_zone(vm, addr, size)	zone(vm, KVM_UNREGISTER_COALESCED_MMIO, addr, size, 0)

static struct kvm_coalesced_mmio_ring *ring_of(struct vcpu *vcpu)
{
	return (void *)((char *)vcpu->run + sysconf(_SC_PAGESIZE));
}

static u32 capacity(void)
{
	return (sysconf(_SC_PAGESIZE) - sizeof(struct kvm_coalesced_mmio_ring)) / sizeof(struct kvm_coalesced_mmio);
}

static void expect_exit(struct __test_metadata *_metadata, struct vcpu *vcpu, u64 ipa, bool is_write, u64 value)
{
	struct ucall uc;
	u64 data = 0;

	ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
	ASSERT_EQ(KVM_EXIT_MMIO, vcpu->run->exit_reason);
	ASSERT_EQ(ipa, vcpu->run->mmio.phys_addr);
	ASSERT_EQ(is_write, vcpu->run->mmio.is_write);
	memcpy(&data, vcpu->run->mmio.data, vcpu->run->mmio.len);
	if (is_write) {
		ASSERT_EQ(value, data);
	}
}

TEST(rules)
{
	struct vm *vm = vm_create();
	int i;

	EXPECT_EQ(1, check_cap(vm->fd, KVM_CAP_COALESCED_MMIO));
	EXPECT_EQ(1, check_cap(vm->fd, KVM_CAP_COALESCED_PIO));
	EXPECT_EQ(-EINVAL, zone(vm, KVM_REGISTER_COALESCED_MMIO, ZONE, 8, 2));
	EXPECT_EQ(-EINVAL, zone(vm, KVM_UNREGISTER_COALESCED_MMIO, ZONE, 8, 2));
	EXPECT_EQ(0, remove_zone(vm, ZONE, 8));
	EXPECT_EQ(0, zone(vm, KVM_REGISTER_COALESCED_MMIO, 0x70, 2, 1));
	EXPECT_EQ(0, zone(vm, KVM_UNREGISTER_COALESCED_MMIO, 0x70, 2, 1));
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, add_zone(vm, ZONE + 8 * i, 8));
	}
	EXPECT_EQ(-ENOSPC, add_zone(vm, ZONE, 8));
	EXPECT_EQ(0, remove_zone(vm, ZONE, 4));
	EXPECT_EQ(0, add_zone(vm, ~0UL - 7, 8));
	vm_free(vm);
}

static void guest_fills(u64 room)
{
	u64 i, round;

	for (round = 0; ; round++) {
		for (i = 0; i <= room; i++)
			writel(round * 1000 + i, ZONE + 4 * (i % 8));
		GUEST_SYNC(round);
	}
}

TEST(stores_wait_until_the_ring_is_full)
{
	struct vm *vm = vm_create_guest();
	u32 nr = capacity(), i, at, start = nr - 3;
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_fills, nr - 1);
	struct kvm_coalesced_mmio_ring *ring = ring_of(vcpu);
	u64 round;

	ASSERT_EQ(0, add_zone(vm, ZONE, ZONE_SIZE));
	ring->first = start;
	ring->last = start;
	for (round = 0; round < 4; round++) {
		expect_exit(_metadata, vcpu, ZONE + 4 * ((nr - 1) % 8), true, round * 1000 + nr - 1);
		for (i = 0; i < nr - 1; i++) {
			at = (ring->first + i) % nr;
			ASSERT_EQ(ZONE + 4 * (i % 8), ring->coalesced_mmio[at].phys_addr);
			ASSERT_EQ(4, ring->coalesced_mmio[at].len);
			ASSERT_EQ(0, ring->coalesced_mmio[at].pio);
			ASSERT_EQ(round * 1000 + i, *(u32 *)ring->coalesced_mmio[at].data);
		}
		ASSERT_EQ((ring->first + nr - 1) % nr, ring->last);
		ring->first = ring->last;
		vcpu_run_sync(vcpu, round);
		ASSERT_EQ(ring->first, ring->last);
	}
	ASSERT_EQ(0, remove_zone(vm, ZONE, ZONE_SIZE));
	expect_exit(_metadata, vcpu, ZONE, true, round * 1000);
	vm_free(vm);
}

static void guest_stores_at_the_edges(u64 arg)
{
	u64 v = 0x1122334455667788;

	asm volatile("str %0, [%1]" : : "r"(v), "r"(ZONE + ZONE_SIZE - 8) : "memory");
	asm volatile("strb %w0, [%1]" : : "r"(v), "r"(ZONE + ZONE_SIZE - 1) : "memory");
	asm volatile("strh %w0, [%1]" : : "r"(v), "r"(ZONE) : "memory");
	writel(1, ZONE - 4);
	writel(2, ZONE + ZONE_SIZE);
	readl(ZONE);
	writel(3, ZONE);			/* "last" is beyond the end */
	writel(4, ZONE);			/* "first" says full */
	GUEST_DONE();
}

TEST(what_is_not_a_zones_is_an_exit)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu, *other;
	struct kvm_coalesced_mmio_ring *ring;

	vm->mmu_off = true;
	vcpu = guest_vcpu(vm, 0, guest_stores_at_the_edges, 0);
	other = guest_vcpu(vm, 1, guest_stores_at_the_edges, 0);
	ring = ring_of(other);
	ASSERT_EQ(0, add_zone(vm, ZONE, ZONE_SIZE));
	expect_exit(_metadata, vcpu, ZONE - 4, true, 1);
	/* The three before are in the ring, that of all vCPUs. */
	ASSERT_EQ(3, ring->last);
	EXPECT_EQ(8, ring->coalesced_mmio[0].len);
	EXPECT_EQ(0x1122334455667788, *(u64 *)ring->coalesced_mmio[0].data);
	EXPECT_EQ(ZONE + ZONE_SIZE - 1, ring->coalesced_mmio[1].phys_addr);
	EXPECT_EQ(0x88, ring->coalesced_mmio[1].data[0]);
	EXPECT_EQ(0, ring->coalesced_mmio[1].data[1]);
	EXPECT_EQ(2, ring->coalesced_mmio[2].len);
	expect_exit(_metadata, vcpu, ZONE + ZONE_SIZE, true, 2);
	expect_exit(_metadata, vcpu, ZONE, false, 0);
	ring->last = 0xffffffff;
	expect_exit(_metadata, vcpu, ZONE, true, 3);
	ring->last = capacity() - 1;
	ring->first = 0;
	expect_exit(_metadata, vcpu, ZONE, true, 4);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

SELFTEST_MAIN
