// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A host thread's SVE registers (Z, P, FFR) survive guests that run on its CPU in between, whether or not
 *            these use FP: guests have no SVE, and a CPU may clear what is beyond the vector length in force.
 * Reference: DDI 0487, ZCR_EL1.LEN; Documentation/arm64/sve.rst, part 3 (system calls).
 * A failure: shows the first byte that changed; see guest/fp.c. Skipped where the host has no SVE.
 */
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

#include "harness.h"
#include "process.h"

#ifndef HWCAP_SVE
#define HWCAP_SVE	(1 << 22)
#endif

#define MAX_VL		256		/* bytes */
#define ROUNDS		40

/* One after the other, at the vector length in force: Z0-31, P0-15, FFR. */
struct sve_regs {
	u8 z[32 * MAX_VL];
	u8 p[17 * MAX_VL / 8];
};

/* Load all of @in, spin, store all into @out. A system call would give them up. */
void sve_hold(const struct sve_regs *in, struct sve_regs *out, u64 spins);

#define Z_REGS(insn, base)							\
"	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n" \
"	" insn "	z\\n, [" base ", #\\n, mul vl]\n"				\
"	.endr\n"
#define P_REGS(insn, base)							\
"	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"			\
"	" insn "	p\\n, [" base ", #\\n, mul vl]\n"				\
"	.endr\n"

asm(
"	.arch	armv8.2-a+sve\n"
"	.text\n"
"	.globl	sve_hold\n"
"sve_hold:\n"
"	add	x3, x0, #8192\n"
"	add	x4, x1, #8192\n"
"	ldr	p0, [x3, #16, mul vl]\n"
"	wrffr	p0.b\n"
	Z_REGS("ldr", "x0")
	P_REGS("ldr", "x3")
"1:	subs	x2, x2, #1\n"
"	b.ne	1b\n"
	Z_REGS("str", "x1")
	P_REGS("str", "x4")
"	rdffr	p0.b\n"
"	str	p0, [x4, #16, mul vl]\n"
"	ret\n");

_Static_assert(offsetof(struct sve_regs, p) == 8192, "sve_hold");

static void guest_without_fp(u64 arg)
{
	u64 i;

	for (i = 0; i < ROUNDS; i++)
		GUEST_SYNC(i);
	GUEST_DONE();
}

static void guest_with_fp(u64 arg)
{
	u64 i;

	for (i = 0; i < ROUNDS; i++) {
		asm volatile(".arch armv8-a+fp+simd\n\tmovi v0.16b, #0x55\n\tmovi v31.16b, #0x55" ::: "memory");
		GUEST_SYNC(i);
	}
	GUEST_DONE();
}

static volatile bool stop;
static u64 rounds_held;

static void fill(struct sve_regs *r, int vl, u64 seed)
{
	unsigned int i;

	for (i = 0; i < sizeof(r->z); i++)
		r->z[i] = seed + 3 * i + 1;
	for (i = 0; i < sizeof(r->p); i++)
		r->p[i] = seed + 5 * i + 1;
	/* Values of FFR other than a run of ones from bit 0 are not architected. */
	memset(r->p + 16 * (vl / 8), 0xff, vl / 8);
}

/* Never in a system call, so that only an interrupt takes the CPU from it. */
static void *busy_sve(void *arg)
{
	static struct sve_regs in, out;
	int vl = prctl(PR_SVE_GET_VL) & PR_SVE_VL_LEN_MASK;
	u64 n = 0;
	int i;

	pin_to_cpu(0);
	while (!stop) {
		fill(&in, vl, n++);
		memset(&out, 0, sizeof(out));
		sve_hold(&in, &out, 200000);
		for (i = 0; i < 32 * vl; i++)
			if (in.z[i] != out.z[i]) {
				printf("# z%d byte %d: %#x, was %#x\n", i / vl, i % vl, out.z[i], in.z[i]);
				return "Z";
			}
		for (i = 0; i < 17 * vl / 8; i++)
			if (in.p[i] != out.p[i]) {
				printf("# p%d byte %d: %#x, was %#x\n", i / (vl / 8), i % (vl / 8), out.p[i], in.p[i]);
				return "P";
			}
		rounds_held = n;
	}
	return NULL;
}

static void beside(struct __test_metadata *_metadata, void (*fn)(u64))
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, fn, 0);
	pthread_t t;
	void *bad;
	int i;

	pin_to_cpu(0);
	stop = false;
	ASSERT_EQ(0, pthread_create(&t, NULL, busy_sve, NULL));
	for (i = 0; i < ROUNDS; i++) {
		usleep(2000);
		vcpu_run_sync(vcpu, i);
	}
	vcpu_run_done(vcpu);
	stop = true;
	pthread_join(t, &bad);
	EXPECT_EQ(NULL, bad);
	EXPECT_LT(0, rounds_held);
	vm_free(vm);
}

TEST(a_guest_without_fp_leaves_them_alone)
{
	if (!(getauxval(AT_HWCAP) & HWCAP_SVE))
		SKIP(return, "no SVE");
	beside(_metadata, guest_without_fp);
}

TEST(a_guest_with_fp_leaves_them_alone)
{
	if (!(getauxval(AT_HWCAP) & HWCAP_SVE))
		SKIP(return, "no SVE");
	beside(_metadata, guest_with_fp);
}

SELFTEST_MAIN
