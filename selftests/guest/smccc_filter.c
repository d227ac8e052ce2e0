// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The SMCCC filter takes ranges of functions by KVM's rules: no empty one, none that wraps, none that meets
 *            another or the architecture's own, none after a vCPU ran. A call that it denies is NOT_SUPPORTED, one that
 *            it forwards leaves KVM_RUN with KVM_EXIT_HYPERCALL, by HVC and by SMC, the PC behind it; also those that
 *            EL2 answers otherwise. All others are answered as before.
 * Reference: Documentation/virt/kvm/devices/vm.rst, 5; api.rst, KVM_EXIT_HYPERCALL.
 * A failure: shows the function; answer/filter.c decides, el2/fast.c must not answer.
 */
#include "harness.h"
#include "gic.h"
#include "psci.h"

#define VENDOR_FEATURES		0x86000000
#define VENDOR_UID		0x8600ff01
#define SMCCC_VERSION		0x80000000
#define WORKAROUND_1		0x80008000
#define UNKNOWN			0x87001234
#define HANDLE			KVM_SMCCC_FILTER_HANDLE
#define DENY			KVM_SMCCC_FILTER_DENY
#define FWD			KVM_SMCCC_FILTER_FWD_TO_USER

static int set_attr(struct vm *vm, u32 group, u64 attr, const void *value)
{
	return dev_attr(vm->fd, KVM_SET_DEVICE_ATTR, group, attr, (void *)value);
}

static int filter(struct vm *vm, u32 base, u32 nr, u8 action)
{
	struct kvm_smccc_filter f = { .base = base, .nr_functions = nr, .action = action };

	return set_attr(vm, KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER, &f);
}

TEST(the_attribute_is_there_and_no_other)
{
	struct vm *vm = vm_create();
	struct kvm_smccc_filter f = { .base = UNKNOWN, .nr_functions = 1 };
	struct kvm_device_attr attr = { .group = KVM_ARM_VM_SMCCC_CTRL };

	EXPECT_EQ(0, dev_attr(vm->fd, KVM_HAS_DEVICE_ATTR, KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER, NULL));
	EXPECT_EQ(-ENXIO, dev_attr(vm->fd, KVM_HAS_DEVICE_ATTR, KVM_ARM_VM_SMCCC_CTRL, 1, NULL));
	EXPECT_EQ(-ENXIO, dev_attr(vm->fd, KVM_HAS_DEVICE_ATTR, 1, 0, NULL));
	EXPECT_EQ(-ENXIO, dev_attr(vm->fd, KVM_HAS_DEVICE_ATTR, ~0u, ~0ULL, NULL));
	EXPECT_EQ(-ENXIO, set_attr(vm, KVM_ARM_VM_SMCCC_CTRL, 1, &f));
	EXPECT_EQ(-ENXIO, set_attr(vm, KVM_ARM_VM_SMCCC_CTRL, 1ULL << 32, &f));
	EXPECT_EQ(-ENXIO, set_attr(vm, 1, 0, &f));
	EXPECT_EQ(-EFAULT, set_attr(vm, KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER, NULL));
	EXPECT_EQ(-EFAULT, set_attr(vm, KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER, (void *)-8L));
	/* it can't be read */
	EXPECT_EQ(-EINVAL, kioctlp(vm->fd, KVM_GET_DEVICE_ATTR, &attr));
}

TEST(what_makes_no_sense_is_refused)
{
	struct vm *vm = vm_create();
	struct kvm_smccc_filter f = { .base = UNKNOWN, .nr_functions = 1, .action = DENY };
	unsigned int i;

	for (i = 3; i < 256; i++) {
		EXPECT_EQ(-EINVAL, filter(vm, UNKNOWN, 1, i));
	}
	for (i = 0; i < sizeof(f.pad); i++) {
		f.pad[i] = 0x80;
		EXPECT_EQ(-EINVAL, set_attr(vm, KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER, &f));
		f.pad[i] = 0;
	}
	/* nothing, and what goes round the end */
	EXPECT_EQ(-EINVAL, filter(vm, UNKNOWN, 0, DENY));
	EXPECT_EQ(-EINVAL, filter(vm, ~0u, 0, DENY));
	EXPECT_EQ(-EINVAL, filter(vm, ~0u, ~0u, DENY));
	EXPECT_EQ(-EINVAL, filter(vm, ~0u, 2, DENY));
	EXPECT_EQ(-EINVAL, filter(vm, 0x84000000, 0x7c000001, DENY));
	/* the very end is a number as any other */
	EXPECT_EQ(0, filter(vm, ~0u, 1, DENY));
	EXPECT_EQ(0, filter(vm, 0, 1, DENY));
}

TEST(the_architectures_calls_are_no_ones)
{
	static const u32 range[][2] = {
		{ 0x80000000, 1 }, { 0x8000ffff, 1 }, { 0x7fffffff, 2 }, { 0x8000ffff, 2 }, { 0x7fffffff, 0x10002 },
		{ 0xc0000000, 1 }, { 0xc000ffff, 1 }, { 0xbfffffff, 2 }, { 0xc000ffff, 2 }, { 0, 0x80000001 },
		{ 0, ~0u }, { 0x80001000, 0x10 },
	};
	struct vm *vm = vm_create();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(range); i++) {
		EXPECT_EQ(-EEXIST, filter(vm, range[i][0], range[i][1], HANDLE))
			TH_LOG("0x%x + 0x%x", range[i][0], range[i][1]);
		EXPECT_EQ(-EEXIST, filter(vm, range[i][0], range[i][1], FWD));
	}
	/* beside them is no harm */
	EXPECT_EQ(0, filter(vm, 0, 0x80000000, FWD));
	EXPECT_EQ(0, filter(vm, 0x80010000, 0x3fff0000, FWD));
	EXPECT_EQ(0, filter(vm, 0xc0010000, 0x3fff0000, FWD));
}

/* Every way in which two ranges can meet, against a model of 64 numbers, in a random order. */
TEST(ranges_never_meet)
{
	u64 taken, seed = 88172645463325252ULL, want;
	struct vm *vm;
	u32 at, nr;
	int i, round;

	for (round = 0; round < 20; round++) {
		vm = vm_create();
		taken = 0;
		for (i = 0; i < 200; i++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			at = seed >> 40 & 63;
			nr = 1 + (seed >> 50) % (i < 50 ? 3 : 64 - at);
			if (at + nr > 64)
				nr = 64 - at;
			want = (nr == 64 ? ~0ULL : (1ULL << nr) - 1) << at;
			ASSERT_EQ(taken & want ? -EEXIST : 0, filter(vm, UNKNOWN + at, nr, i % 3))
				TH_LOG("%u + %u in 0x%lx", at, nr, taken);
			if (!(taken & want))
				taken |= want;
		}
		vm_free(vm);
	}
}

struct call {
	u32 id;
	u8 action;
	bool smc;
};

/* What is known to EL2 and answered there otherwise is among them, and what nobody knows. */
static const struct call calls[] = {
	{ PSCI_GET_VERSION, FWD }, { PSCI_MIGRATE_INFO_TYPE, DENY },
	{ PSCI_FEATURES, FWD }, { PSCI_AFFINITY_INFO, DENY },
	{ VENDOR_FEATURES, FWD }, { VENDOR_UID, DENY }, { UNKNOWN, FWD }, { UNKNOWN + 1, DENY }, { 0xc6000040, FWD },
	{ 0x95c1ba5e, FWD }, { 0xc5000020, FWD }, { 0x84000050, DENY }, { 0, FWD }, { ~0u, FWD },
};

#define NR_CALLS	ARRAY_SIZE(calls)

static void one_call(u32 id, bool smc, struct smccc_res *res)
{
	if (smc)
		guest_smc(id | 0x1234567800000000ULL, 0x11, 0x22, 0x33, res);
	else
		guest_hvc(id, 0x11, 0x22, 0x33, res);
}

static void guest_calls(u64 arg)
{
	struct smccc_res res;
	unsigned int i, way;

	for (way = 0; way < 2; way++) {
		for (i = 0; i < NR_CALLS; i++) {
			one_call(calls[i].id, way, &res);
			if (calls[i].action == FWD) {
				/* what user space has put there, and left */
				GUEST_ASSERT_EQ(0xabc0 + i, res.a0);
				GUEST_ASSERT_EQ(0x1122334455667788, res.a1);
				GUEST_ASSERT_EQ(0x22, res.a2);
				GUEST_ASSERT_EQ(0x33, res.a3);
				continue;
			}
			if (res.a0 != ~0ULL)
				guest_abort(__FILE__, __LINE__, "denied", calls[i].id, res.a0);
			GUEST_ASSERT_EQ(0, res.a1 | res.a2 | res.a3);
		}
		/* the rest is as it was */
		one_call(SMCCC_VERSION, way, &res);
		GUEST_ASSERT_EQ(0x10001, res.a0);
		one_call(WORKAROUND_1, way, &res);
		GUEST_ASSERT_EQ(0, res.a0);
		one_call(UNKNOWN + 2, way, &res);
		GUEST_ASSERT_EQ(~0ULL, res.a0);
		guest_hvc(PSCI_AFFINITY_INFO32, 0, 0, 0, &res);
		GUEST_ASSERT_EQ(PSCI_STATE_ON, res.a0);
	}
	GUEST_DONE();
}

TEST(calls_are_denied_and_forwarded)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_calls, 0);
	unsigned int i, way;
	struct ucall uc;
	u64 zero[7] = {};

	for (i = 0; i < NR_CALLS; i++)
		ASSERT_EQ(0, filter(vm, calls[i].id, 1, calls[i].action));
	for (way = 0; way < 2; way++) {
		for (i = 0; i < NR_CALLS; i++) {
			if (calls[i].action != FWD)
				continue;
			memset(&vcpu->run->hypercall, 0xff, sizeof(vcpu->run->hypercall));
			ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc));
			ASSERT_EQ(KVM_EXIT_HYPERCALL, vcpu->run->exit_reason);
			EXPECT_EQ(calls[i].id, vcpu->run->hypercall.nr);
			EXPECT_EQ(0, memcmp(zero, vcpu->run->hypercall.args, sizeof(vcpu->run->hypercall.args)));
			EXPECT_EQ(0, vcpu->run->hypercall.ret);
			EXPECT_EQ(way ? KVM_HYPERCALL_EXIT_SMC : 0, HYPERCALL_FLAGS(vcpu->run));
			/* The arguments are the registers'. */
			EXPECT_EQ(0x11, reg_get(vcpu, X_REG(1)));
			EXPECT_EQ(0x22, reg_get(vcpu, X_REG(2)));
			reg_set(vcpu, X_REG(0), 0xabc0 + i);
			reg_set(vcpu, X_REG(1), 0x1122334455667788);
		}
	}
	vcpu_run_done(vcpu);
	/* It stays as it is, and nothing comes to it, once a vCPU ran. */
	EXPECT_EQ(-EBUSY, filter(vm, UNKNOWN + 100, 1, DENY));
	EXPECT_EQ(-EBUSY, filter(vm, UNKNOWN, 1, DENY));
	EXPECT_EQ(-EBUSY, filter(vm, SMCCC_VERSION, 1, DENY));
	EXPECT_EQ(-EINVAL, filter(vm, UNKNOWN, 0, DENY));
	vm_free(vm);
}

/* A filter that only says "handle" changes no answer. */
static void guest_plain(u64 arg)
{
	struct smccc_res res;

	GUEST_ASSERT_EQ(PSCI_LATEST, psci(PSCI_GET_VERSION, 0, 0, 0));
	guest_hvc(VENDOR_UID, 0, 0, 0, &res);
	GUEST_ASSERT_EQ(0xb66fb428, res.a0);
	GUEST_DONE();
}

TEST(handle_is_no_change)
{
	struct vm *vm = vm_create_guest();

	ASSERT_EQ(0, filter(vm, 0x80010000, 0x3fff0000, HANDLE));
	vcpu_run_done(guest_vcpu(vm, 0, guest_plain, 0));
	vm_free(vm);
}

/* SMC with an immediate is no call, filter or not. */
static void guest_smc_imm(u64 arg)
{
	register u64 x0 asm("x0") = UNKNOWN;

	asm volatile("smc #1" : "+r"(x0) :: "x1", "x2", "x3", "memory");
	GUEST_ASSERT_EQ(~0ULL, x0);
	GUEST_DONE();
}

TEST(smc_with_an_immediate_is_no_call)
{
	struct vm *vm = vm_create_guest();

	ASSERT_EQ(0, filter(vm, UNKNOWN, 1, FWD));
	vcpu_run_done(guest_vcpu(vm, 0, guest_smc_imm, 0));
	vm_free(vm);
}

/* As many as one likes; they go with the VM. */
TEST(many_ranges_are_found)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_plain, 0);
	u32 i, id;

	for (i = 0; i < 20000; i++) {
		/* spread over the numbers, in no order: a prime step */
		id = 0x85000000 + i * 7919 % 20000 * 2;
		ASSERT_EQ(0, filter(vm, id, 1, DENY));
	}
	for (i = 0; i < 20000; i += 97) {
		EXPECT_EQ(-EEXIST, filter(vm, 0x85000000 + i * 2, 1, FWD));
		EXPECT_EQ(i + 2 < 20000 ? -EEXIST : 0, filter(vm, 0x85000001 + i * 2, 2, FWD));
	}
	vcpu_run_done(vcpu);
	vm_free(vm);
}

SELFTEST_MAIN_IF(!dev_attr(vm_create()->fd, KVM_HAS_DEVICE_ATTR, KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER, NULL),
		 "no SMCCC filter")
