// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     What EL2 holds for somebody else is not a guest's: an error record that
 *            one guest leaves in DISR_EL1 is not seen by the next on that CPU, and
 *            a trap that the host has set for itself does not hit a guest. (That a
 *            guest keeps its own DISR_EL1: guest/ras.)
 * Reference: Arm ARM D19 (VDISR_EL2, HFGITR_EL2); docs/silicon.md, rule 25.
 * A failure: shows what the second guest read, or the instruction that was UNDEF.
 */
#include "harness.h"
#include "process.h"

#define A_RECORD	0x8000000001000042ULL

static u64 seen, faults;

static void guest_leaves_record(u64 arg)
{
	u64 record = 0;
	unsigned int i;

	fault_expect();
	/* In one burst, or the record is gone: tried until it is. */
	for (i = 0; i < 1000 && record != A_RECORD; i++)
		asm volatile("msr S3_0_C12_C1_1, %1\n\tmrs %0, S3_0_C12_C1_1" : "+&r"(record) : "r"(A_RECORD));
	seen = record;
	faults = fault_taken();
	GUEST_DONE();
}

static void guest_reads_record(u64 arg)
{
	u64 record = 0;

	fault_expect();
	asm volatile("mrs %0, S3_0_C12_C1_1" : "+r"(record));
	seen = record;
	faults = fault_taken();
	GUEST_DONE();
}

TEST(error_records_are_not_passed_on)
{
	struct vm *first = vm_create_guest(), *second = vm_create_guest();

	pin_to_cpu(0);
	guest_vcpu(first, 0, guest_leaves_record, 0);
	guest_vcpu(second, 0, guest_reads_record, 0);
	vcpu_run_done(first->vcpus[0]);
	if (gv(first, faults)) {
		vm_free(first);
		vm_free(second);
		SKIP(return, "no RAS");
	}
	EXPECT_EQ(A_RECORD, gv(first, seen));
	vcpu_run_done(second->vcpus[0]);
	EXPECT_EQ(0, gv(second, faults));
	EXPECT_EQ(0, gv(second, seen));
	vm_free(first);
	vm_free(second);
}

/* HFGITR_EL2.ATS1E1WP, which selftests/modules/openhost.ko sets: no kernel uses the instruction. */
static void guest_at(u64 arg)
{
	u64 pan = read_sysreg(id_aa64mmfr1_el1) >> 20 & 0xf;

	fault_expect();
	if (pan >= 2)
		asm volatile("sys #0, c7, c9, #1, %0" :: "r"(RAM_BASE) : "memory");
	faults = fault_taken();
	seen = pan;
	GUEST_DONE();
}

TEST(traps_of_the_host_are_not_the_guests)
{
	struct vm *vm = vm_create_guest();

	guest_vcpu(vm, 0, guest_at, 0);
	vcpu_run_done(vm->vcpus[0]);
	EXPECT_EQ(0, gv(vm, faults));
	if (gv(vm, seen) < 2)
		SKIP(return, "no AT S1E1WP");
	vm_free(vm);
}

SELFTEST_MAIN
