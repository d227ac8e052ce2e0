// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     An access without a valid syndrome to an address without memory, that
 *            the module does not carry out by itself, ends KVM_RUN with ENOSYS, or
 *            with an ARM_NISV exit when that is enabled; the guest's state is that
 *            before the instruction, so user space may skip it; cache maintenance
 *            there is harmless. What it does carry out goes the same way after it
 *            was told not to (decode_mmio; KVM never does).
 * Reference: kvm-abi.md parts 3 (ARM_NISV), 6.2.
 * A failure: names the instruction and the return code; see mm/fault, vcpu/ (MMIO).
 */
#include "harness.h"

typedef void (*access_fn)(u64 addr);

#define ACCESS(name, insn)						\
static void name(u64 addr)						\
{									\
	asm volatile(".arch armv8-a+fp+simd\n\t" insn			\
		     : "+r"(addr) :: "x8", "x9", "memory");		\
}

ACCESS(ldp, "ldp x8, x9, [%0]")
ACCESS(stp, "stp x8, x9, [%0]")
ACCESS(ldr_post, "ldr x8, [%0], #8")
ACCESS(ldr_pre, "ldr x8, [%0, #8]!")
ACCESS(str_post, "str x8, [%0], #8")
ACCESS(str_pre, "str x8, [%0, #8]!")
ACCESS(ldr_q, "ldr q0, [%0]")
ACCESS(str_q, "str q0, [%0]")
ACCESS(str_d, "str d0, [%0]")
ACCESS(ld1, "ld1 {v0.16b}, [%0]")
ACCESS(ldxr, "ldxr x8, [%0]")
ACCESS(ldaxr, "ldaxr w8, [%0]")
ACCESS(ldxp, "ldxp x8, x9, [%0]")

static const struct nisv_row {
	const char *name;
	access_fn fn;
} rows[] = {
	{ "ldp", ldp }, { "stp", stp }, { "ldr post-index", ldr_post },
	{ "ldr pre-index", ldr_pre }, { "str post-index", str_post },
	{ "str pre-index", str_pre }, { "ldr q", ldr_q }, { "str q", str_q },
	{ "str d", str_d }, { "ld1", ld1 }, { "ldxr", ldxr }, { "ldaxr", ldaxr }, { "ldxp", ldxp },
};
#define FIRST_EXCLUSIVE	(ARRAY_SIZE(rows) - 3)

#define PARAMETER	"/sys/module/armvcpu/parameters/decode_mmio"

static void guest_accesses(u64 first)
{
	unsigned int i;

	for (i = first; i < ARRAY_SIZE(rows); i++)
		rows[i].fn(MMIO_IPA + 0x40);
	GUEST_DONE();
}

/* All that the CPU does not describe is user space's, or what is never carried out. KVM has no such choice. */
FIXTURE(nisv) {
	unsigned int first;
};

FIXTURE_VARIANT(nisv) {
	bool decodes;
};

FIXTURE_VARIANT_ADD(nisv, exclusives) { .decodes = true };
FIXTURE_VARIANT_ADD(nisv, all) { };

static void set_parameter(const char *value)
{
	int fd = open(PARAMETER, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, value, 1) != 1)
		die("%s", PARAMETER);
	close(fd);
}

FIXTURE_SETUP(nisv)
{
	self->first = variant->decodes ? FIRST_EXCLUSIVE : 0;
	set_parameter(variant->decodes ? "1" : "0");
}

FIXTURE_TEARDOWN(nisv)
{
	set_parameter("1");
}

static void skip_insn(struct vcpu *vcpu)
{
	reg_set(vcpu, PC_REG, reg_get(vcpu, PC_REG) + 4);
}

TEST_F(nisv, without_the_capability_it_is_enosys)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_accesses, self->first);
	struct ucall uc;
	unsigned int i;
	u64 pc;

	for (i = self->first; i < ARRAY_SIZE(rows); i++) {
		ASSERT_EQ(-ENOSYS, vcpu_run(vcpu, &uc))
			TH_LOG("%s", rows[i].name);
		/* trying again is the same again */
		pc = reg_get(vcpu, PC_REG);
		EXPECT_EQ(-ENOSYS, vcpu_run(vcpu, &uc));
		EXPECT_EQ(pc, reg_get(vcpu, PC_REG));
		skip_insn(vcpu);
	}
	vcpu_run_done(vcpu);
	vm_free(vm);
}

TEST_F(nisv, with_the_capability_it_is_an_exit)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_accesses, self->first);
	struct kvm_enable_cap cap = { .cap = KVM_CAP_ARM_NISV_TO_USER };
	struct ucall uc;
	unsigned int i;

	if (!check_cap(vm->fd, KVM_CAP_ARM_NISV_TO_USER))
		SKIP(return, "no NISV_TO_USER (yet)");
	ASSERT_EQ(0, kioctlp(vm->fd, KVM_ENABLE_CAP, &cap));
	for (i = self->first; i < ARRAY_SIZE(rows); i++) {
		ASSERT_EQ(UCALL_NONE, vcpu_run(vcpu, &uc))
			TH_LOG("%s", rows[i].name);
		ASSERT_EQ(KVM_EXIT_ARM_NISV, vcpu->run->exit_reason);
		/* pre-index: the address of the access */
		EXPECT_EQ(MMIO_IPA + 0x40, vcpu->run->arm_nisv.fault_ipa & ~8ULL);
		EXPECT_EQ(0, vcpu->run->arm_nisv.esr_iss >> 24 & 1);
		skip_insn(vcpu);
	}
	vcpu_run_done(vcpu);
	vm_free(vm);
}

static void guest_cache_maintenance(u64 arg)
{
	u64 addr = MMIO_IPA + 0x80;

	asm volatile("dc civac, %0" :: "r"(addr) : "memory");
	asm volatile("dc cvac, %0" :: "r"(addr) : "memory");
	asm volatile("dc cvau, %0" :: "r"(addr) : "memory");
	asm volatile("dc ivac, %0" :: "r"(addr) : "memory");
	asm volatile("ic ivau, %0" :: "r"(addr) : "memory");
	dsb_sy();
	/* the whole cache by set and way, as old boot loaders do */
	asm volatile("dc cisw, %0" :: "r"(0UL) : "memory");
	asm volatile("dc csw, %0" :: "r"(0UL) : "memory");
	asm volatile("dc isw, %0" :: "r"(0UL) : "memory");
	GUEST_DONE();
}

TEST(cache_maintenance_nowhere_is_skipped)
{
	struct vm *vm = vm_create_guest();

	vcpu_run_done(guest_vcpu(vm, 0, guest_cache_maintenance, 0));
	vm_free(vm);
	vm = vm_create_guest();
	vm->mmu_off = true;
	vcpu_run_done(guest_vcpu(vm, 0, guest_cache_maintenance, 0));
	vm_free(vm);
}

SELFTEST_MAIN
