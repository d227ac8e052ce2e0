// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     SMCCC calls are answered by the hypervisor: the architecture calls
 *            with their values, every id that nobody implements with -1, and no
 *            call of a guest ever reaches the firmware or ends the VM.
 * Reference: SMCCC 1.1 (DEN0028) parts 2.5, 7; kvm-abi.md part 9.
 * A failure: names the function id whose answer is wrong; a lost VM shows as an
 *            unexpected exit, a call that got through to the firmware as an
 *            answer other than -1 (or as the end of the whole machine).
 */
#include "harness.h"

#define SMCCC_VERSION		0x80000000
#define SMCCC_ARCH_FEATURES	0x80000001
#define ARCH_WORKAROUND_1	0x80008000
#define ARCH_WORKAROUND_2	0x80007fff
#define ARCH_WORKAROUND_3	0x80003fff
#define NOT_SUPPORTED		0xffffffffffffffffULL

typedef void (*conduit_fn)(u64 fn, u64 a1, u64 a2, u64 a3, struct smccc_res *res);

static u64 call(conduit_fn conduit, u64 fn, u64 a1)
{
	struct smccc_res res;

	conduit(fn, a1, 0, 0, &res);
	return res.a0;
}

/* 32-bit calls may leave the upper half of x0 either way. */
static s32 call32(conduit_fn conduit, u64 fn, u64 a1)
{
	return call(conduit, fn, a1);
}

static void guest_arch_calls(u64 arg)
{
	static const u32 workarounds[] = {
		ARCH_WORKAROUND_1, ARCH_WORKAROUND_2, ARCH_WORKAROUND_3,
	};
	unsigned int i;

	GUEST_ASSERT_EQ(0x10001, call(guest_hvc, SMCCC_VERSION, 0));
	for (i = 0; i < ARRAY_SIZE(workarounds); i++) {
		s32 level = call32(guest_hvc, SMCCC_ARCH_FEATURES, workarounds[i]);

		/* -2 only exists for WORKAROUND_2 */
		GUEST_ASSERT(level >= (workarounds[i] == ARCH_WORKAROUND_2 ? -2 : -1));
		GUEST_ASSERT(level <= 1);
		if (level >= 0)
			GUEST_ASSERT_EQ(0, call(guest_hvc, workarounds[i], 0));
	}
	GUEST_ASSERT_EQ(-1, call32(guest_hvc, SMCCC_ARCH_FEATURES, 0x80001234));
	GUEST_ASSERT_EQ(-1, call32(guest_hvc, SMCCC_ARCH_FEATURES, ~0ULL));
	GUEST_DONE();
}

/*
 * The workarounds are answered before the host sees them. What they must not
 * do is touch any register other than x0..x3.
 */
static void guest_call_preserves(u64 arg)
{
	static const u32 ids[] = {
		SMCCC_VERSION, ARCH_WORKAROUND_1, ARCH_WORKAROUND_2, 0x84000000,
		0x8400ffff,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		register u64 x0 asm("x0") = ids[i];
		register u64 x4 asm("x4") = 0x4444;
		register u64 x5 asm("x5") = 0x5555;
		register u64 x8 asm("x8") = 0x8888;
		register u64 x17 asm("x17") = 0x1717;
		register u64 x18 asm("x18") = 0x1818;
		register u64 x28 asm("x28") = 0x2828;
		register u64 x30 asm("x30") = 0x3030;

		asm volatile("hvc #0" : "+r"(x0), "+r"(x4), "+r"(x5), "+r"(x8),
			     "+r"(x17), "+r"(x18), "+r"(x28), "+r"(x30)
			     :: "x1", "x2", "x3", "memory");
		GUEST_ASSERT_EQ(0x4444, x4);
		GUEST_ASSERT_EQ(0x5555, x5);
		GUEST_ASSERT_EQ(0x8888, x8);
		GUEST_ASSERT_EQ(0x1717, x17);
		GUEST_ASSERT_EQ(0x1818, x18);
		GUEST_ASSERT_EQ(0x2828, x28);
		GUEST_ASSERT_EQ(0x3030, x30);
	}
	GUEST_DONE();
}

/* Ids with a meaning in kvm-abi.md part 9; all others must answer -1. */
static bool id_known(u32 id)
{
	u32 fn = id & ~0x40000000u;	/* without the 64-bit convention bit */

	switch (id) {
	case SMCCC_VERSION:
	case SMCCC_ARCH_FEATURES:
	case ARCH_WORKAROUND_1:
	case ARCH_WORKAROUND_2:
	case ARCH_WORKAROUND_3:
	case 0x86000000:
	case 0x86000001:
	case 0x8600ff01:
	case 0xc5000020:
	case 0xc5000021:
		return true;
	}
	if (fn >= 0x84000000 && fn <= 0x8400001f)	/* PSCI: psci_*.c */
		return true;
	return fn >= 0x84000050 && fn <= 0x8400005f;	/* TRNG */
}

static void guest_unknown_ids(u64 arg)
{
	conduit_fn conduit = arg ? guest_smc : guest_hvc;
	u32 owner, fn, fast, id;
	u64 seed = 0x123456789abcdef1ULL;
	unsigned int i;

	/* every owning entity, yielding and fast, 32 and 64 bits, some functions */
	for (owner = 0; owner < 64; owner++) {
		for (fast = 0; fast < 4; fast++) {
			for (fn = 0; fn < 0x30; fn++) {
				id = fast << 30 | owner << 24 | fn;
				if (fn >= 0x28)		/* and the top: UID, revision */
					id = fast << 30 | owner << 24 | 0xff00 | (fn & 7);
				if (!id_known(id) && call32(conduit, id, fn) != -1)
					guest_abort(__FILE__, __LINE__, "unknown id", id,
						    call(conduit, id, fn));
			}
		}
	}
	/* random ids, with garbage in all argument registers */
	for (i = 0; i < 20000; i++) {
		struct smccc_res res;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		if (id_known(seed))
			continue;
		conduit(seed & (i & 1 ? ~0ULL : 0xffffffffULL), seed, ~seed, seed * 3, &res);
		if ((s32)res.a0 != -1)
			guest_abort(__FILE__, __LINE__, "random id", seed, res.a0);
	}
	GUEST_DONE();
}

static void guest_smc_steps_over(u64 arg)
{
	register u64 x0 asm("x0");
	u64 count = 0;

	/* SMC with an immediate is never a call; execution goes on behind it */
	x0 = SMCCC_VERSION;
	asm volatile("smc #1\n\tadd %1, %1, #1"
		     : "+r"(x0), "+r"(count) :: "x1", "x2", "x3", "memory");
	GUEST_ASSERT_EQ(1, count);
	GUEST_ASSERT_EQ(NOT_SUPPORTED, x0);
	/* HVC with any immediate is handled */
	x0 = SMCCC_VERSION;
	asm volatile("hvc #0x1234\n\tadd %1, %1, #1"
		     : "+r"(x0), "+r"(count) :: "x1", "x2", "x3", "memory");
	GUEST_ASSERT_EQ(2, count);
	GUEST_ASSERT_EQ(0x10001, x0);
	/* SMC #0: 6.1 answers -1, 6.12 as HVC */
	x0 = call(guest_smc, SMCCC_VERSION, 0);
	GUEST_ASSERT(x0 == 0x10001 || x0 == NOT_SUPPORTED);
	GUEST_DONE();
}

static void run_guest(void (*fn)(u64), u64 arg)
{
	struct vm *vm = vm_create_guest();

	vcpu_run_done(guest_vcpu(vm, 0, fn, arg));
	vm_free(vm);
}

TEST(architecture_calls_are_answered)
{
	run_guest(guest_arch_calls, 0);
}

TEST(a_call_changes_only_x0_to_x3)
{
	run_guest(guest_call_preserves, 0);
}

TEST(unknown_ids_by_hvc_are_not_supported)
{
	run_guest(guest_unknown_ids, 0);
}

TEST(unknown_ids_by_smc_are_not_supported)
{
	run_guest(guest_unknown_ids, 1);
}

TEST(smc_and_hvc_immediates)
{
	run_guest(guest_smc_steps_over, 0);
}

SELFTEST_MAIN
