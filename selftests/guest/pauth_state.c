// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Each vCPU has its own keys of pointer authentication, whatever it exits for and wherever it runs, and the
 *            host's threads have theirs; user space moves keys from one VM to another. In a VM without the feature the
 *            instructions do nothing as long as SCTLR_EL1 has them off, and keys and PACGA are undefined.
 * Reference: Arm ARM D8 (pointer authentication), HCR_EL2.API, HCR_EL2.APK.
 * A failure: the key whose code has changed; see el2/keys.c, guest/keys.c. Skipped where there is no such CPU.
 */
#include <pthread.h>
#include <sys/auxv.h>

#include "harness.h"
#include "pauth.h"
#include "process.h"

#define NR		4
#define ROUNDS		400
#define POINTER		0x40001230UL
#define MODIFIER	0xfedcba9876543210UL
#define HWCAP_PAC	(1UL << 30 | 1UL << 31)	/* PACA, PACG */

static struct pauth_codes want[NR], got[NR];
static u64 keys[NR][PAUTH_REGS], seen[PAUTH_REGS];
static u64 answer;

/* ---- the guest ---------------------------------------------------------------------------------- */

static void switch_on(void)
{
	write_sysreg(read_sysreg(sctlr_el1) | SCTLR_PAUTH, sctlr_el1);
	isb();
}

static void exit_somehow(u64 n)
{
	if (n % 3 == 0)
		asm volatile("mov w0, #0x80000000\n\thvc #0" ::: "x0", "x1", "x2", "x3");
	else if (n % 7 == 0)
		readl(MMIO_IPA);
	else if (n % 5 == 0)
		asm volatile("wfe");
	else if (n % 11 == 0)
		asm volatile("mrs x0, actlr_el1" ::: "x0");
}

static void must_keep(u64 me)
{
	int n;

	pauth_codes(POINTER, MODIFIER, &got[me]);
	for (n = 0; n < PAUTH_KEYS; n++)
		if (got[me].code[n] != want[me].code[n])
			guest_abort(__FILE__, __LINE__, "key", want[me].code[n], got[me].code[n]);
	for (n = 0; n < PAUTH_KEYS - 1; n++)
		GUEST_ASSERT_EQ(POINTER, got[me].plain[n]);
}

/* Keys of its own, which it changes once more half-way. */
static void guest_keeps(u64 me)
{
	u64 n, i;

	switch_on();
	for (n = 0; n < ROUNDS; n++) {
		if (n % (ROUNDS / 2) == 0) {
			for (i = 0; i < PAUTH_REGS; i++)
				keys[me][i] = (me + 1) * 0x9e3779b97f4a7c15UL * (i + 3 + n);
			pauth_set_keys(keys[me]);
			pauth_codes(POINTER, MODIFIER, &want[me]);
		}
		exit_somehow(n);
		must_keep(me);
	}
	GUEST_DONE();
}

/* With the keys that it finds. */
static void guest_shows(u64 me)
{
	switch_on();
	for (;;) {
		pauth_codes(POINTER, MODIFIER, &got[me]);
		pauth_get_keys(seen);
		GUEST_SYNC(0);
	}
}

/* The first use is PACGA, an instruction that SCTLR_EL1 does not switch. */
static void guest_generic(u64 arg)
{
	u64 first = pauth_generic(POINTER, MODIFIER), n;

	for (n = 0; n < 30; n++) {
		exit_somehow(n);
		GUEST_ASSERT_EQ(first, pauth_generic(POINTER, MODIFIER));
	}
	WRITE_ONCE(answer, first);
	GUEST_DONE();
}

static void guest_without(u64 arg)
{
	struct pauth_codes codes;
	u64 n;

	/* PACGA at the end */
	fault_expect();
	pauth_codes(POINTER, MODIFIER, &codes);
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_UNKNOWN, ESR_EC(this_cpu()->esr));
	for (n = 0; n < PAUTH_KEYS - 1; n++) {
		GUEST_ASSERT_EQ(POINTER, codes.code[n]);
		GUEST_ASSERT_EQ(POINTER, codes.plain[n]);
	}
	fault_expect();
	pauth_get_keys(seen);
	GUEST_ASSERT_EQ(PAUTH_REGS, fault_taken());
	fault_expect();
	pauth_set_keys(seen);
	GUEST_ASSERT_EQ(PAUTH_REGS, fault_taken());
	GUEST_ASSERT_EQ(0, read_sysreg(id_aa64isar1_el1) & (0xffUL << 24 | 0xffUL << 4));
	GUEST_DONE();
}

/* ---- the host ----------------------------------------------------------------------------------- */

static bool host_has(void)
{
	return (getauxval(AT_HWCAP) & HWCAP_PAC) == HWCAP_PAC;
}

/* RUN after RUN to UCALL_DONE, with the thread's own codes in between. */
static void *run_thread(void *arg)
{
	struct pauth_codes mine, now;
	struct vcpu *vcpu = arg;
	struct ucall uc;
	int ret;

	pauth_codes(POINTER, MODIFIER, &mine);
	do {
		ret = vcpu_run(vcpu, &uc);
		if (ret == UCALL_NONE && vcpu->run->exit_reason != KVM_EXIT_MMIO)
			die("exit %u", vcpu->run->exit_reason);
		pauth_codes(POINTER, MODIFIER, &now);
		if (!pauth_same(&mine, &now))
			die("keys of the thread of vCPU %u have changed", vcpu->id);
	} while (ret == UCALL_NONE);
	if (ret != UCALL_DONE) {
		vcpu_dump(vcpu);
		die("vCPU %u: run gave %d", vcpu->id, ret);
	}
	return NULL;
}

#define NEEDS_PAUTH	do {								\
	if (!pauth_offered() || !host_has())						\
		SKIP(return, "no pointer authentication");				\
} while (0)

TEST(each_vcpu_has_its_keys)
{
	pthread_t threads[NR];
	struct vm *vm;
	int i, j;

	NEEDS_PAUTH;
	vm = vm_create_guest();
	for (i = 0; i < NR; i++)
		guest_pauth_vcpu(vm, i, guest_keeps, i);
	for (i = 0; i < NR; i++) {
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, run_thread, vm->vcpus[i]));
	}
	for (i = 0; i < NR; i++)
		pthread_join(threads[i], NULL);
	/* Different keys make different codes, the generic one of 32 bits at the least. */
	for (i = 0; i < NR; i++) {
		for (j = 0; j < i; j++)
			EXPECT_NE(gv(vm, want[i].code[4]), gv(vm, want[j].code[4]));
		for (j = 0; j < PAUTH_REGS; j++)
			EXPECT_EQ(gv(vm, keys[i][j]), reg_get(vm->vcpus[i], PAUTH_KEY_REG(j)));
	}
	vm_free(vm);
}

/* Two vCPUs on one CPU, by turns, one without the feature in another VM. */
TEST(on_one_cpu)
{
	struct pauth_codes a, b, mine, now;
	struct vm *vm, *other;
	struct vcpu *va, *vb;
	int n, i;

	NEEDS_PAUTH;
	pin_to_cpu(0);
	vm = vm_create_guest();
	other = vm_create_guest();
	va = guest_pauth_vcpu(vm, 0, guest_shows, 0);
	vb = guest_pauth_vcpu(vm, 1, guest_shows, 1);
	for (i = 0; i < PAUTH_REGS; i++) {
		reg_set(va, PAUTH_KEY_REG(i), 0x1111111111111111UL * (i + 1));
		reg_set(vb, PAUTH_KEY_REG(i), 0x0123456789abcdefUL * (i + 1));
	}
	pauth_codes(POINTER, MODIFIER, &mine);
	for (n = 0; n < 20; n++) {
		vcpu_run_sync(va, 0);
		vcpu_run_sync(vb, 0);
		a = n ? a : gv(vm, got[0]);
		b = n ? b : gv(vm, got[1]);
		now = gv(vm, got[0]);
		ASSERT_TRUE(pauth_same(&a, &now));
		now = gv(vm, got[1]);
		ASSERT_TRUE(pauth_same(&b, &now));
		pauth_codes(POINTER, MODIFIER, &now);
		ASSERT_TRUE(pauth_same(&mine, &now));
	}
	ASSERT_FALSE(pauth_same(&a, &b));
	vcpu_run_done(guest_vcpu(other, 0, guest_without, 0));
	vcpu_run_sync(va, 0);
	now = gv(vm, got[0]);
	EXPECT_TRUE(pauth_same(&a, &now));
	vm_free(other);
	vm_free(vm);
}

TEST(keys_move_with_the_registers)
{
	struct pauth_codes first, second;
	struct vm *vm, *to;
	struct vcpu *vcpu, *moved;
	int i;

	NEEDS_PAUTH;
	vm = vm_create_guest();
	to = vm_create_guest();
	vcpu = guest_pauth_vcpu(vm, 0, guest_shows, 0);
	moved = guest_pauth_vcpu(to, 0, guest_shows, 0);
	for (i = 0; i < PAUTH_REGS; i++)
		reg_set(vcpu, PAUTH_KEY_REG(i), 0xfedcba9876543210UL / (i + 1));
	vcpu_run_sync(vcpu, 0);
	for (i = 0; i < PAUTH_REGS; i++) {
		EXPECT_EQ(0xfedcba9876543210UL / (i + 1), gv(vm, seen[i]));
		reg_set(moved, PAUTH_KEY_REG(i), reg_get(vcpu, PAUTH_KEY_REG(i)));
	}
	vcpu_run_sync(moved, 0);
	first = gv(vm, got[0]);
	second = gv(to, got[0]);
	EXPECT_TRUE(pauth_same(&first, &second));
	/* Others while it is in use */
	for (i = 0; i < PAUTH_REGS; i++)
		reg_set(moved, PAUTH_KEY_REG(i), i);
	vcpu_run_sync(moved, 0);
	second = gv(to, got[0]);
	EXPECT_FALSE(pauth_same(&first, &second));
	EXPECT_EQ(7, gv(to, seen[7]));
	vm_free(to);
	vm_free(vm);
}

TEST(a_reset_takes_them)
{
	struct vm *vm;
	struct vcpu *vcpu;
	int i;

	NEEDS_PAUTH;
	vm = vm_create_guest();
	vcpu = guest_pauth_vcpu(vm, 0, guest_keeps, 0);
	run_thread(vcpu);
	ASSERT_EQ(0, vcpu_init(vcpu, 1 << KVM_ARM_VCPU_PSCI_0_2 | PAUTH_FEATURES));
	for (i = 0; i < PAUTH_REGS; i++)
		reg_set(vcpu, PAUTH_KEY_REG(i), 5);
	guest_set_entry(vcpu, guest_generic, 0);
	reg_set(vcpu, PC_REG, (u64)guest_entry);
	reg_set(vcpu, X_REG(0), guest_cpu_gpa(0));
	run_thread(vcpu);
	EXPECT_NE(gv(vm, want[0].code[4]), gv(vm, answer));
	EXPECT_EQ(5, reg_get(vcpu, PAUTH_KEY_REG(9)));
	vm_free(vm);
}

TEST(without_the_feature)
{
	struct vm *vm;

	if (!host_has())
		SKIP(return, "no pointer authentication");
	vm = vm_create_guest();
	vcpu_run_done(guest_vcpu(vm, 0, guest_without, 0));
	vm_free(vm);
}

SELFTEST_MAIN
