// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     CHECK_EXTENSION gives KVM's values: for what a VMM needs at its
 *            start exactly those, for the rest those or an honest 0; 0 for what
 *            arm64 never has; the same on the system fd and on the VM fd.
 * Reference: kvm-abi.md part 2, start-up needs in 0.3.
 * A failure: names the capability, its value and the expected one.
 */
#include "harness.h"

#define MUST	true
#define MAY	false

struct cap_row {
	const char *name;
	long nr;
	int value;		/* -1: any value > 0 */
	bool required;		/* otherwise 0 = not there (yet) is fine */
};

#define CAP(name, value, required) { #name, KVM_CAP_##name, value, required }

static const struct cap_row caps[] = {
	/*  name				value	needed at a VMM's start */
	CAP(IRQCHIP,				1,	MUST),
	CAP(USER_MEMORY,			1,	MUST),
	CAP(NR_MEMSLOTS,			32767,	MUST),
	CAP(DESTROY_MEMORY_REGION_WORKS,	1,	MUST),
	CAP(JOIN_MEMORY_REGIONS_WORKS,		1,	MUST),
	CAP(MP_STATE,				1,	MUST),
	CAP(ONE_REG,				1,	MUST),
	CAP(ARM_PSCI,				1,	MUST),
	CAP(ARM_PSCI_0_2,			1,	MUST),
	CAP(DEVICE_CTRL,			1,	MUST),
	CAP(INTERNAL_ERROR_DATA,		1,	MUST),
	CAP(IOEVENTFD,				1,	MUST),
	CAP(IOEVENTFD_ANY_LENGTH,		1,	MUST),
	CAP(IRQFD,				1,	MUST),
	CAP(IRQ_ROUTING,			4096,	MUST),
	CAP(IMMEDIATE_EXIT,			1,	MUST),
	CAP(CHECK_EXTENSION_VM,			1,	MUST),
	CAP(ARM_VM_IPA_SIZE,			-1,	MUST),
	CAP(READONLY_MEM,			1,	MUST),
	CAP(NR_VCPUS,				-1,	MUST),
	CAP(MAX_VCPUS,				-1,	MUST),
	CAP(MAX_VCPU_ID,			-1,	MUST),
	CAP(COALESCED_MMIO,			1,	MAY),
	CAP(COALESCED_PIO,			1,	MAY),
	CAP(SYNC_MMU,				1,	MAY),
	CAP(SET_GUEST_DEBUG,			1,	MAY),
	CAP(SET_GUEST_DEBUG2,			0x30003, MAY),
	CAP(VCPU_EVENTS,			1,	MAY),
	CAP(SIGNAL_MSI,				1,	MAY),
	CAP(IRQFD_RESAMPLE,			1,	MAY),
	CAP(ARM_SET_DEVICE_ADDR,		1,	MAY),
	CAP(ENABLE_CAP_VM,			1,	MAY),
	CAP(VCPU_ATTRIBUTES,			1,	MAY),
	CAP(ARM_USER_IRQ,			1,	MAY),
	CAP(ARM_IRQ_LINE_LAYOUT_2,		1,	MAY),
	CAP(ARM_NISV_TO_USER,			1,	MAY),
	CAP(ARM_INJECT_EXT_DABT,		1,	MAY),
	CAP(ARM_INJECT_SERROR_ESR,		1,	MAY),
	CAP(ARM_SEA_TO_USER,			1,	MAY),
	CAP(HALT_POLL,				1,	MAY),
	CAP(STEAL_TIME,				1,	MAY),
	CAP(PTP_KVM,				1,	MAY),
	CAP(BINARY_STATS_FD,			1,	MAY),
	CAP(SYSTEM_EVENT_DATA,			1,	MAY),
	CAP(ARM_SYSTEM_SUSPEND,			1,	MAY),
	CAP(MANUAL_DIRTY_LOG_PROTECT2,		3,	MAY),
	CAP(DIRTY_LOG_RING_ACQ_REL,		0x100000, MAY),
	CAP(DIRTY_LOG_RING_WITH_BITMAP,		1,	MAY),
	CAP(ARM_SUPPORTED_BLOCK_SIZES,		-1,	MAY),
	CAP(USER_MEMORY2,			1,	MAY),
};

/* x86's, s390's and powerpc's, and numbers without a meaning */
static const long never[] = {
	KVM_CAP_HLT, KVM_CAP_VAPIC, KVM_CAP_EXT_CPUID, KVM_CAP_PIT,
	KVM_CAP_ENABLE_CAP, KVM_CAP_VM_ATTRIBUTES,
	KVM_CAP_MULTI_ADDRESS_SPACE, KVM_CAP_S390_PSW, KVM_CAP_PPC_SMT,
	KVM_CAP_HYPERV, KVM_CAP_X86_SMM, KVM_CAP_DIRTY_LOG_RING,
	2, 0xffff, 100000, 0x7fffffff, 0x80000000, -1,
};

static void check(struct __test_metadata *_metadata, int fd)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(caps); i++) {
		const struct cap_row *c = &caps[i];
		int got = check_cap(fd, c->nr);

		if (!got && !c->required)
			continue;
		if (c->value >= 0 ? got == c->value : got > 0)
			continue;
		TH_LOG("KVM_CAP_%s (%ld): want %d, got %d", c->name, c->nr,
		       c->value, got);
		_metadata->passed = 0;
	}
	for (i = 0; i < ARRAY_SIZE(never); i++) {
		EXPECT_EQ(0, check_cap(fd, never[i]))
			TH_LOG("capability %ld", never[i]);
	}
}

TEST(system_fd_answers_kvms_values)
{
	check(_metadata, dev_open());
}

TEST(vm_fd_answers_kvms_values)
{
	check(_metadata, vm_create()->fd);
}

TEST(vcpu_numbers_make_sense)
{
	struct vm *vm = vm_create();
	int nr = check_cap(vm->dev, KVM_CAP_NR_VCPUS);
	int max = check_cap(vm->dev, KVM_CAP_MAX_VCPUS);

	EXPECT_EQ(sysconf(_SC_NPROCESSORS_ONLN), nr);
	EXPECT_LE(nr, max);
	EXPECT_LE(8, max);
	EXPECT_LE(max, check_cap(vm->dev, KVM_CAP_MAX_VCPU_ID));
	EXPECT_LE(max, check_cap(vm->fd, KVM_CAP_MAX_VCPU_ID));
	EXPECT_EQ(max, check_cap(vm->fd, KVM_CAP_MAX_VCPUS));
	vm_free(vm);
}

/* What the CPU lacks can't be offered: the emulated A57 has neither. */
TEST(a_capability_of_the_cpu_needs_the_cpu)
{
	u64 pfr0, isar1, pfr1;
	struct vm *vm = vm_create();

	pfr0 = read_sysreg(id_aa64pfr0_el1);
	isar1 = read_sysreg(id_aa64isar1_el1);
	pfr1 = read_sysreg(id_aa64pfr1_el1);
	if (!(pfr0 >> 32 & 0xf)) {
		EXPECT_EQ(0, check_cap(vm->dev, KVM_CAP_ARM_SVE));
	}
	if (!(isar1 & 0xff0)) {
		EXPECT_EQ(0, check_cap(vm->dev, KVM_CAP_ARM_PTRAUTH_ADDRESS));
		EXPECT_EQ(0, check_cap(vm->dev, KVM_CAP_ARM_PTRAUTH_GENERIC));
	}
	if (!(pfr1 >> 8 & 0xf)) {
		EXPECT_EQ(0, check_cap(vm->dev, KVM_CAP_ARM_MTE));
	}
	vm_free(vm);
}

TEST(enable_cap_refuses_what_it_does_not_know)
{
	struct vm *vm = vm_create();
	struct kvm_enable_cap cap = { .cap = KVM_CAP_HLT };

	EXPECT_EQ(-EINVAL, kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	cap.cap = KVM_CAP_ARM_NISV_TO_USER;
	cap.flags = 1;
	EXPECT_EQ(-EINVAL, kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	cap.flags = 0;
	EXPECT_EQ(check_cap(vm->fd, cap.cap) ? 0 : -EINVAL,
		  kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	/* any time, and again */
	cap.cap = KVM_CAP_ARM_SEA_TO_USER;
	EXPECT_EQ(check_cap(vm->fd, cap.cap) ? 0 : -EINVAL,
		  kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	EXPECT_EQ(check_cap(vm->fd, cap.cap) ? 0 : -EINVAL,
		  kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	cap.cap = KVM_CAP_ARM_INJECT_SERROR_ESR;
	EXPECT_EQ(-EINVAL, kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	vm_free(vm);
}

SELFTEST_MAIN
