// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The services that guests reach by call answer by their documents: random numbers in as many bits as asked
 *            and no more, KVM's identity and the list of its functions, the host's wall clock beside the guest's
 *            counters, whatever their offsets. What the firmware bitmaps leave out is NOT_SUPPORTED, function by
 *            function; nothing else changes.
 * Reference: DEN0098; Documentation/virt/kvm/arm/{hypercalls,ptp_kvm,fw-pseudo-registers}.rst.
 * A failure: shows the call and what it gave; see answer/trng.c, answer/ptp.c, smc.c.
 */
#include <time.h>

#include "harness.h"
#include "timer.h"

#define TRNG_VERSION		0x84000050
#define TRNG_FEATURES		0x84000051
#define TRNG_GET_UUID		0x84000052
#define TRNG_RND32		0x84000053
#define TRNG_RND64		0xc4000053
#define VENDOR_UID		0x8600ff01
#define VENDOR_FEATURES		0x86000000
#define VENDOR_PTP		0x86000001
#define INVALID			((u64)-2)
#define NONE			(~0ULL)

static struct smccc_res call(bool smc, u64 fn, u64 arg)
{
	struct smccc_res res;

	if (smc)
		guest_smc(fn, arg, ~0ULL, ~0ULL, &res);
	else
		guest_hvc(fn, arg, ~0ULL, ~0ULL, &res);
	return res;
}

static void expect_none(bool smc, u64 fn, u64 arg, u64 why)
{
	struct smccc_res r = call(smc, fn, arg);

	if (r.a0 != why || r.a1 || r.a2 || r.a3)
		guest_abort(__FILE__, __LINE__, "no such thing", fn, r.a0);
}

/* Each of the bits asked for is 1 at one time and 0 at another, and what was not asked for never is. */
static void check_bits(bool smc, u64 fn, u32 width, u32 bits)
{
	u64 ones[3] = {}, zeros[3] = {}, want[3], word[3];
	u32 i, n;

	for (n = 0; n < 3; n++) {
		u32 left = bits > n * width ? bits - n * width : 0;

		want[n] = left >= 64 && width == 64 ? ~0ULL : (1ULL << (left < width ? left : width)) - 1;
	}
	/* that a bit stays the same for so long is as likely as nothing */
	for (i = 0; i < 64; i++) {
		struct smccc_res r = call(smc, fn, bits);

		GUEST_ASSERT_EQ(0, r.a0);
		word[0] = r.a3;
		word[1] = r.a2;
		word[2] = r.a1;
		for (n = 0; n < 3; n++) {
			GUEST_ASSERT_EQ(0, word[n] & ~want[n]);
			ones[n] |= word[n];
			zeros[n] |= ~word[n];
		}
	}
	for (n = 0; n < 3; n++) {
		GUEST_ASSERT_EQ(want[n], ones[n]);
		GUEST_ASSERT_EQ(want[n], zeros[n] & want[n]);
	}
}

static void guest_trng(u64 smc)
{
	static const u64 there[] = { TRNG_VERSION, TRNG_FEATURES, TRNG_GET_UUID, TRNG_RND32, TRNG_RND64 };
	static const u64 wrong[] = { 0, 193, 200, 0x7fffffff, 0x80000000, 0xffffffff };
	static const u32 sizes[] = { 1, 31, 32, 33, 63, 64, 65, 95, 96, 97, 127, 128, 129, 191, 192 };
	struct smccc_res r;
	u32 i;

	GUEST_ASSERT_EQ(0x10000, call(smc, TRNG_VERSION, 0).a0);
	for (i = 0; i < ARRAY_SIZE(there); i++)
		GUEST_ASSERT_EQ(0, call(smc, TRNG_FEATURES, there[i]).a0);
	expect_none(smc, TRNG_FEATURES, 0x84000054, NONE);
	expect_none(smc, TRNG_FEATURES, 0x8400004f, NONE);
	expect_none(smc, TRNG_FEATURES, 0xc4000050, NONE);
	expect_none(smc, TRNG_FEATURES, 0x84000000, NONE);
	expect_none(smc, TRNG_FEATURES, ~0ULL, NONE);
	r = call(smc, TRNG_GET_UUID, 0);
	GUEST_ASSERT_EQ(0x00e0210d, r.a0);
	GUEST_ASSERT_EQ(0xeb118443, r.a1);
	GUEST_ASSERT_EQ(0x44527080, r.a2);
	GUEST_ASSERT_EQ(0x4c5a4e55, r.a3);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		expect_none(smc, TRNG_RND64, wrong[i], INVALID);
		expect_none(smc, TRNG_RND32, wrong[i], INVALID);
	}
	expect_none(smc, TRNG_RND32, 97, INVALID);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		check_bits(smc, TRNG_RND64, 64, sizes[i]);
		if (sizes[i] <= 96)
			check_bits(smc, TRNG_RND32, 32, sizes[i]);
	}
	/* ids beside them */
	expect_none(smc, 0x84000054, 64, NONE);
	expect_none(smc, 0xc4000050, 64, NONE);
	expect_none(smc, 0xc4000052, 64, NONE);
	GUEST_DONE();
}

TEST(random_numbers_by_hvc)
{
	vcpu_run_done(guest_vcpu(vm_create_guest(), 0, guest_trng, 0));
}

TEST(random_numbers_by_smc)
{
	vcpu_run_done(guest_vcpu(vm_create_guest(), 0, guest_trng, 1));
}

/* arg: the bitmaps STD, VENDOR_HYP, VENDOR_HYP_2 in a byte each */
static void guest_maps(u64 arg)
{
	bool trng = arg & 1, func = arg >> 8 & 1, ptp = arg >> 8 & 2;
	struct smccc_res r;
	u32 smc;

	for (smc = 0; smc < 2; smc++) {
		if (trng)
			GUEST_ASSERT_EQ(0x10000, call(smc, TRNG_VERSION, 0).a0);
		else
			expect_none(smc, TRNG_VERSION, 0, NONE);
		if (!trng) {
			expect_none(smc, TRNG_FEATURES, TRNG_RND64, NONE);
			expect_none(smc, TRNG_GET_UUID, 0, NONE);
			expect_none(smc, TRNG_RND32, 1, NONE);
			expect_none(smc, TRNG_RND64, 1, NONE);
		}
		if (func) {
			r = call(smc, VENDOR_UID, 0);
			GUEST_ASSERT_EQ(0xb66fb428, r.a0);
			GUEST_ASSERT_EQ(0xe911c52e, r.a1);
			GUEST_ASSERT_EQ(0x564bcaa9, r.a2);
			GUEST_ASSERT_EQ(0x743a004d, r.a3);
			r = call(smc, VENDOR_FEATURES, 0);
			GUEST_ASSERT_EQ(arg >> 8 & 0xff, r.a0);
			GUEST_ASSERT_EQ(0, r.a1);
			GUEST_ASSERT_EQ(arg >> 16 & 0xff, r.a2);
			GUEST_ASSERT_EQ(0, r.a3);
		} else {
			expect_none(smc, VENDOR_UID, 0, NONE);
			expect_none(smc, VENDOR_FEATURES, 0, NONE);
		}
		if (!ptp)
			expect_none(smc, VENDOR_PTP, 0, NONE);
		/* user space's, which has no filter here */
		expect_none(smc, 0xc6000040, 0, NONE);
		expect_none(smc, 0xc6000041, 0, NONE);
	}
	GUEST_DONE();
}

TEST(bitmaps_say_what_there_is)
{
	u64 std, vendor, vendor2;

	for (std = 0; std < 2; std++) {
		for (vendor = 0; vendor < 4; vendor++) {
			for (vendor2 = 0; vendor2 < 4; vendor2++) {
				struct vm *vm = vm_create_guest();
				struct vcpu *vcpu = guest_vcpu(vm, 0, guest_maps,
							       std | vendor << 8 | vendor2 << 16);

				reg_set(vcpu, KVM_REG_ARM_STD_BMAP, std);
				reg_set(vcpu, KVM_REG_ARM_VENDOR_HYP_BMAP, vendor);
				reg_set(vcpu, KVM_REG_ARM_VENDOR_HYP_BMAP_2_REG, vendor2);
				vcpu_run_done(vcpu);
				vm_free(vm);
			}
		}
	}
}

/* ---- the clock ---- */

static u64 pair(u64 high, u64 low)
{
	GUEST_ASSERT_EQ(0, high >> 32 | low >> 32);
	return high << 32 | low;
}

static void guest_ptp(u64 arg)
{
	u64 before, after, stage;
	struct smccc_res r;

	for (stage = 0; stage < 8; stage++) {
		/* 0: the virtual counter, 1: the physical one */
		bool phys = stage & 1;

		isb();
		before = phys ? read_sysreg(cntpct_el0) : read_sysreg(cntvct_el0);
		r = call(stage & 2, VENDOR_PTP, phys);
		isb();
		after = phys ? read_sysreg(cntpct_el0) : read_sysreg(cntvct_el0);
		GUEST_ASSERT(pair(r.a2, r.a3) >= before);
		GUEST_ASSERT(pair(r.a2, r.a3) <= after);
		GUEST_SYNC_ARGS(stage, pair(r.a0, r.a1), 0, 0);
	}
	expect_none(false, VENDOR_PTP, 2, NONE);
	expect_none(false, VENDOR_PTP, 0xffffffff, NONE);
	GUEST_DONE();
}

static u64 wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void expect_clock(struct __test_metadata *_metadata, struct vm *vm)
{
	struct vcpu *vcpu = vm->vcpus[0];
	u64 before, after, clock, stage;

	for (stage = 0; stage < 8; stage++) {
		before = wall_ns();
		clock = vcpu_run_sync(vcpu, stage).a[1];
		after = wall_ns();
		EXPECT_LE(before, clock);
		EXPECT_GE(after, clock);
	}
	vcpu_run_done(vcpu);
	vm_free(vm);
}

TEST(the_clock_goes_with_the_counter)
{
	struct vm *vm = vm_create_guest();

	if (check_cap(vm->fd, KVM_CAP_PTP_KVM) != 1)
		SKIP(return, "a kernel before 5.13");
	guest_vcpu(vm, 0, guest_ptp, 0);
	expect_clock(_metadata, vm);
}

TEST(the_clock_goes_with_a_counter_that_has_an_offset)
{
	struct kvm_arm_counter_offset offset = { .counter_offset = 0x123456789abc };
	struct vm *vm = vm_create_guest();

	if (check_cap(vm->fd, KVM_CAP_PTP_KVM) != 1)
		SKIP(return, "a kernel before 5.13");
	guest_vcpu(vm, 0, guest_ptp, 0);
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_ARM_SET_COUNTER_OFFSET, &offset));
	expect_clock(_metadata, vm);
}

SELFTEST_MAIN
