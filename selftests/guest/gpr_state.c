// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     All general-purpose registers, SP and the condition flags survive
 *            every kind of exit: MMIO to user space, hypercall, ignored SMC, page
 *            fault, interrupt of the host; and two vCPUs never see each other's.
 * Reference: Arm ARM R_XVMBW (exception entry preserves registers).
 * A failure: shows the register number and the value found.
 */
#include <sys/time.h>
#include <signal.h>

#include "harness.h"

/*
 * Fill x2..x30 from the seed in x0, execute the instruction, and compare all of
 * them afterwards. Returns 0, or the number of the register that changed.
 * NZCV is set to a pattern before and stored to gpr_flags after.
 */
#define GPR_PROBE(name, insn)						\
asm(									\
"	.text\n"							\
"	.globl	" #name "\n"						\
#name ":\n"								\
"	stp	x29, x30, [sp, #-112]!\n"				\
"	stp	x19, x20, [sp, #16]\n"					\
"	stp	x21, x22, [sp, #32]\n"					\
"	stp	x23, x24, [sp, #48]\n"					\
"	stp	x25, x26, [sp, #64]\n"					\
"	stp	x27, x28, [sp, #80]\n"					\
"	stp	x0, x1, [sp, #96]\n"					\
"	mov	x2, #0xa0000000\n"					\
"	msr	nzcv, x2\n"						\
"	.irp	n, 4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n" \
"	add	x\\n, x0, #\\n\n"					\
"	.endr\n"							\
	insn								\
"	ldr	x0, [sp, #96]\n"					\
"	mrs	x2, nzcv\n"						\
"	.irp	n, 4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n" \
"	add	x3, x0, #\\n\n"						\
"	cmp	x3, x\\n\n"						\
"	mov	x3, #\\n\n"						\
"	b.ne	1f\n"							\
"	.endr\n"							\
"	mov	x3, #32\n"						\
"	mov	x0, #0xa0000000\n"					\
"	cmp	x2, x0\n"						\
"	b.ne	1f\n"							\
"	mov	x3, #0\n"						\
"1:	mov	x0, x3\n"						\
"	ldp	x19, x20, [sp, #16]\n"					\
"	ldp	x21, x22, [sp, #32]\n"					\
"	ldp	x23, x24, [sp, #48]\n"					\
"	ldp	x25, x26, [sp, #64]\n"					\
"	ldp	x27, x28, [sp, #80]\n"					\
"	ldp	x29, x30, [sp], #112\n"					\
"	ret\n");							\
u64 name(u64 seed, u64 addr)

GPR_PROBE(probe_store, "	str	x0, [x1]\n");
GPR_PROBE(probe_load, "	ldr	x2, [x1]\n");
GPR_PROBE(probe_hvc, "	mov	w0, #0x80000000\n	hvc	#0\n");
GPR_PROBE(probe_smc, "	mov	w0, #0x80000000\n	smc	#1\n");
GPR_PROBE(probe_wait, "	mov	x2, #0x80000\n9:	sub	x2, x2, #1\n	cbnz	x2, 9b\n");

#define ROUNDS	20

static void guest_probe(u64 seed)
{
	u64 i;

	for (i = 0; i < ROUNDS; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		GUEST_ASSERT_EQ(0, probe_store(seed, MMIO_IPA));
		GUEST_ASSERT_EQ(0, probe_load(seed, MMIO_IPA + 8));
		GUEST_ASSERT_EQ(0, probe_hvc(seed, 0));
		GUEST_ASSERT_EQ(0, probe_smc(seed, 0));
		/* memory that isn't mapped yet */
		GUEST_ASSERT_EQ(0, probe_store(seed, EXTRA_BASE + i * SZ_64K));
		GUEST_ASSERT_EQ(0, probe_load(seed, EXTRA_BASE + i * SZ_64K + SZ_4K));
		/* long enough for an interrupt of the host */
		GUEST_ASSERT_EQ(0, probe_wait(seed, 0));
	}
	GUEST_DONE();
}

/* Two exits per round go to user space. */
static int step(struct vcpu *vcpu)
{
	struct ucall uc;
	int ret = vcpu_run(vcpu, &uc);

	if (ret == UCALL_NONE && vcpu->run->exit_reason == KVM_EXIT_MMIO)
		return 1;
	return ret == UCALL_DONE ? 0 : -1;
}

TEST(registers_survive_every_exit)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_probe, 1);
	int ret, steps = 0;

	mem_add(vm, 1, 0, EXTRA_BASE, ROUNDS * SZ_64K);
	while ((ret = step(vcpu)) == 1)
		steps++;
	EXPECT_EQ(0, ret);
	EXPECT_EQ(2 * ROUNDS, steps);
	vm_free(vm);
}

TEST(two_vcpus_in_one_thread_stay_apart)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *a = guest_vcpu(vm, 0, guest_probe, 1);
	struct vcpu *b = guest_vcpu(vm, 1, guest_probe, 2);
	int i;

	mem_add(vm, 1, 0, EXTRA_BASE, ROUNDS * SZ_64K);
	for (i = 0; i < 2 * ROUNDS; i++) {
		ASSERT_EQ(1, step(a));
		ASSERT_EQ(1, step(b));
	}
	ASSERT_EQ(0, step(a));
	ASSERT_EQ(0, step(b));
	vm_free(vm);
}

static void on_alarm(int sig)
{
}

TEST(registers_survive_signals)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_probe, 3);
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval t = { { 0, 2000 }, { 0, 2000 } };
	int ret;

	mem_add(vm, 1, 0, EXTRA_BASE, ROUNDS * SZ_64K);
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
	while ((ret = step(vcpu)) == 1)
		;
	EXPECT_EQ(0, ret);
	vm_free(vm);
}

SELFTEST_MAIN
