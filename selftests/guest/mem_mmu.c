// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     The guest's own translation works as on hardware: remapping with
 *            TLBI takes effect on all of its CPUs, permissions and missing pages
 *            fault in the guest, ASIDs separate, and code that the guest writes or
 *            maps is executed after the architecture's maintenance.
 * Reference: Arm ARM D5 (VMSA), B2.4.4 (instruction fetches).
 * A failure: shows the stale value or the missing fault.
 */
#include "harness.h"
#include "insn.h"

#define VA		0x2000000000ULL
#define PAGE(n)		(EXTRA_BASE + (n) * SZ_4K)
#define SLOT_SIZE	(64 * SZ_4K)

#define PTE_NORMAL	0x707		/* page, attribute 1, inner shareable, AF */
#define PTE_RO		0x80		/* AP[2] */
#define PTE_NG		0x800
#define PTE_PXN		(1ULL << 53)

/* Level 2 and 3 tables for 2 MiB from VA on. */
static u64 level2[512] __attribute__((aligned(4096)));
static u64 level3[512] __attribute__((aligned(4096)));

static void tlbi_all(void)
{
	asm volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}

static void tlbi_va(u64 va)
{
	asm volatile("dsb ishst\n\ttlbi vaae1is, %0\n\tdsb ish\n\tisb"
		     :: "r"(va >> 12) : "memory");
}

static void set_pte(u64 n, u64 pte)
{
	WRITE_ONCE(level3[n], pte);
}

static void install(void)
{
	guest_pgd[VA >> 30] = (u64)level2 | 3;
	level2[0] = (u64)level3 | 3;
	tlbi_all();
}

static void guest_remaps(u64 arg)
{
	u64 i, n;

	install();
	for (i = 0; i < 32; i++)
		writeq(1000 + i, PAGE(i));
	for (n = 0; n < 20; n++) {
		for (i = 0; i < 32; i++)
			set_pte(i, 0);
		tlbi_all();
		for (i = 0; i < 32; i++)
			set_pte(i, PAGE((i * 7 + n) % 32) | PTE_NORMAL);
		asm volatile("dsb ishst\n\tisb" ::: "memory");
		for (i = 0; i < 32; i++)
			GUEST_ASSERT_EQ(1000 + (i * 7 + n) % 32, readq(VA + i * SZ_4K));
	}
	/* page by page */
	for (n = 0; n < 200; n++) {
		set_pte(0, 0);
		tlbi_va(VA);
		set_pte(0, PAGE(n % 32) | PTE_NORMAL);
		asm volatile("dsb ishst\n\tisb" ::: "memory");
		GUEST_ASSERT_EQ(1000 + n % 32, readq(VA));
	}
	GUEST_DONE();
}

static void expect_fault(u64 addr, bool write, u32 ec, u32 fsc)
{
	struct guest_cpu *cpu = this_cpu();

	fault_expect();
	if (write)
		writeq(1, addr);
	else
		readq(addr);
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(ec, ESR_EC(cpu->esr));
	GUEST_ASSERT_EQ(fsc, cpu->esr & 0x3f);
	GUEST_ASSERT_EQ(write, cpu->esr >> 6 & 1);
	GUEST_ASSERT_EQ(addr, cpu->far);
}

static void guest_faults(u64 arg)
{
	struct guest_cpu *cpu = this_cpu();

	install();
	/* translation faults, levels 1 to 3 */
	guest_pgd[(VA >> 30) + 1] = 0;
	tlbi_all();
	expect_fault(VA + SZ_1G, false, EC_DABT_CUR, 0x05);
	expect_fault(VA + SZ_2M, true, EC_DABT_CUR, 0x06);
	expect_fault(VA + 5 * SZ_4K, false, EC_DABT_CUR, 0x07);
	/* permission fault, level 3; the page itself is there */
	writeq(77, PAGE(1));
	set_pte(1, PAGE(1) | PTE_NORMAL | PTE_RO);
	tlbi_va(VA + SZ_4K);
	GUEST_ASSERT_EQ(77, readq(VA + SZ_4K));
	expect_fault(VA + SZ_4K, true, EC_DABT_CUR, 0x0f);
	GUEST_ASSERT_EQ(77, readq(VA + SZ_4K));
	/* execute never */
	writel(INSN_RET, PAGE(2));
	set_pte(2, PAGE(2) | PTE_NORMAL | PTE_PXN);
	tlbi_va(VA + 2 * SZ_4K);
	fault_expect();
	asm volatile("adr x9, 1f\n\tstr x9, [%0]\n\tbr %1\n1:"
		     :: "r"(&cpu->resume_pc), "r"(VA + 2 * SZ_4K) : "x9", "memory");
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_IABT_CUR, ESR_EC(cpu->esr));
	GUEST_ASSERT_EQ(0x0f, cpu->esr & 0x3f);
	/* AT agrees with the tables */
	asm volatile("at s1e1r, %0\n\tisb" :: "r"(VA + SZ_4K));
	GUEST_ASSERT_EQ(PAGE(1), read_sysreg(par_el1) & 0x000ffffffffff001ULL);
	asm volatile("at s1e1w, %0\n\tisb" :: "r"(VA + SZ_4K));
	GUEST_ASSERT_EQ(1, read_sysreg(par_el1) & 1);
	GUEST_DONE();
}

static void guest_asids(u64 arg)
{
	u64 ttbr = read_sysreg(ttbr0_el1), asid, n;

	install();
	for (asid = 1; asid < 9; asid++)
		writeq(500 + asid, PAGE(asid));
	for (n = 0; n < 3; n++) {
		for (asid = 1; asid < 9; asid++) {
			/* per ASID another page at the same address, no TLBI of others */
			write_sysreg(ttbr | asid << 48, ttbr0_el1);
			isb();
			set_pte(0, PAGE(asid) | PTE_NORMAL | PTE_NG);
			asm volatile("dsb ishst\n\ttlbi aside1is, %0\n\tdsb ish\n\tisb"
				     :: "r"(asid << 48) : "memory");
			GUEST_ASSERT_EQ(500 + asid, readq(VA));
			GUEST_SYNC(asid);
			GUEST_ASSERT_EQ(500 + asid, readq(VA));
		}
	}
	GUEST_DONE();
}

/* Writes "mov x0, #n; ret" and calls it. */
static void guest_writes_code(u64 arg)
{
	u64 code = PAGE(40), i;

	for (i = 0; i < 2000; i++) {
		u64 at = code + i % 16 * 8;

		writel(INSN_MOVZ_X0(i), at);
		writel(INSN_RET, at + 4);
		asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
			     :: "r"(at) : "memory");
		GUEST_ASSERT_EQ(i, ((u64 (*)(void))at)());
	}
	GUEST_SYNC(0);
	/* the host has written there meanwhile */
	asm volatile("ic iallu\n\tdsb nsh\n\tisb" ::: "memory");
	GUEST_ASSERT_EQ(4711, ((u64 (*)(void))code)());
	GUEST_DONE();
}

/* The other CPU remaps; this one must see it without a TLBI of its own. */
static u64 shared_stage;

static void guest_remote_tlbi(u64 arg)
{
	u64 n;

	if (this_cpu()->index == 0) {
		install();
		writeq(1, PAGE(1));
		writeq(2, PAGE(2));
		set_pte(0, PAGE(1) | PTE_NORMAL);
		dsb_sy();
		WRITE_ONCE(shared_stage, 1);
	}
	for (n = 1; n <= 100; n++) {
		u64 *stage = &shared_stage;

		if (this_cpu()->index == 0) {
			while (READ_ONCE(*stage) != 2 * n)
				cpu_relax();
			/* the reader has the page in its TLB */
			set_pte(0, 0);
			tlbi_va(VA);
			set_pte(0, PAGE(1 + n % 2) | PTE_NORMAL);
			dsb_sy();
			WRITE_ONCE(*stage, 2 * n + 1);
		} else {
			while (READ_ONCE(*stage) != 2 * n - 1)
				cpu_relax();
			dsb_sy();
			isb();
			GUEST_ASSERT_EQ(1 + (n - 1) % 2, readq(VA));
			WRITE_ONCE(*stage, 2 * n);
		}
	}
	GUEST_DONE();
}

static struct vm *mmu_vm(void)
{
	struct vm *vm = vm_create_guest();

	mem_add(vm, 1, 0, EXTRA_BASE, SLOT_SIZE);
	return vm;
}

TEST(remapped_pages_are_seen)
{
	struct vm *vm = mmu_vm();

	vcpu_run_done(guest_vcpu(vm, 0, guest_remaps, 0));
	vm_free(vm);
}

TEST(faults_of_the_guests_tables_are_the_guests)
{
	struct vm *vm = mmu_vm();

	vcpu_run_done(guest_vcpu(vm, 0, guest_faults, 0));
	vm_free(vm);
}

TEST(asids_separate)
{
	struct vm *vm = mmu_vm();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_asids, 0);
	int n;

	for (n = 0; n < 24; n++)
		vcpu_run_sync(vcpu, 1 + n % 8);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

TEST(written_code_is_executed)
{
	struct vm *vm = mmu_vm();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_writes_code, 0);
	u32 *code = vm_hva(vm, PAGE(40));

	vcpu_run_sync(vcpu, 0);
	code[0] = INSN_MOVZ_X0(4711);
	code[1] = INSN_RET;
	__builtin___clear_cache((char *)code, (char *)(code + 2));
	vcpu_run_done(vcpu);
	vm_free(vm);
}

TEST(another_cpus_tlbi_is_seen)
{
	struct vm *vm = mmu_vm();

	guest_vcpu(vm, 0, guest_remote_tlbi, 0);
	guest_vcpu(vm, 1, guest_remote_tlbi, 0);
	/* shared_stage starts at 0; the writer opens the first round with 1 */
	vcpus_run_done(vm);
	vm_free(vm);
}

/* Two VMs with the same addresses and ASIDs on one CPU. */
TEST(two_vms_do_not_share_translations)
{
	struct vm *a = mmu_vm(), *b = mmu_vm();
	struct vcpu *va = guest_vcpu(a, 0, guest_asids, 0);
	struct vcpu *vb = guest_vcpu(b, 0, guest_asids, 0);
	int n;

	for (n = 0; n < 24; n++) {
		vcpu_run_sync(va, 1 + n % 8);
		vcpu_run_sync(vb, 1 + n % 8);
		/* different content of the same guest page */
		*(volatile u64 *)vm_hva(a, PAGE(60)) = n;
		*(volatile u64 *)vm_hva(b, PAGE(60)) = n + 100;
	}
	vcpu_run_done(va);
	vcpu_run_done(vb);
	vm_free(a);
	vm_free(b);
}

SELFTEST_MAIN
