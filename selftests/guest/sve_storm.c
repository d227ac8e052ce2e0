// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Guests that switch SVE on and off, change the length of their vectors and use them at EL1 and EL0, as
 *            often as they can, on several vCPUs of several lengths, beside host threads that use SVE, lose nothing,
 *            and neither does the host.
 * Reference: DDI 0487, ZCR_EL1, CPACR_EL1.
 * A failure: shows the first byte that changed; see guest/sve.c. Skipped where there is no SVE.
 */
#include <pthread.h>
#include <sys/prctl.h>

#include "harness.h"
#include "process.h"
#include "sve.h"

#define NR		4
#define ROUNDS		150
#define CODE		EXTRA_BASE
#define VA		0x2000000000ULL

static struct sve_regs want[NR], got[NR];
static u64 level2[512] __attribute__((aligned(4096)));
static u64 kept[NR], trapped[NR], at_el0[NR];

/* EL0: fills Z7 by a byte, tells the length in x0. */
extern const u32 el0_code[], el0_code_end[];
asm(
"	.arch	armv8.2-a+sve\n"
"	.text\n"
"	.balign	4\n"
"	.globl	el0_code\n"
"el0_code:\n"
"	dup	z7.b, w0\n"
"	rdvl	x0, #1\n"
"	svc	#1\n"
"	.globl	el0_code_end\n"
"el0_code_end:\n");

/* The end is x0 of EL0, or the exception that it ended with. */
static u64 run_el0(u64 x0)
{
	struct guest_cpu *cpu = this_cpu();

	fault_expect();
	WRITE_ONCE(cpu->expect_fault, 2);
	asm volatile(
	"	adr	x9, 1f\n"
	"	str	x9, [%1]\n"
	"	msr	elr_el1, %2\n"
	"	msr	spsr_el1, %3\n"
	"	mov	x0, %0\n"
	"	eret\n"
	"1:	mov	%0, x0\n"
	: "+&r"(x0)
	: "r"(&cpu->resume_pc), "r"(VA), "r"(0x3c0ULL)
	: "x0", "x9", "memory");
	GUEST_ASSERT_EQ(1, fault_taken());
	return x0;
}

static void set_length(u64 vq)
{
	write_sysreg(vq - 1, S3_0_C1_C2_0);
	isb();
}

static void must_keep(u64 me, u64 bytes)
{
	int at;

	sve_store(&got[me]);
	at = sve_differs(&want[me], &got[me], bytes);
	if (at >= 0)
		guest_abort(__FILE__, __LINE__, "register byte", at, (u64)want[me].b[at] << 8 | got[me].b[at]);
	kept[me]++;
}

/* Where SVE was off and FP was not, all beyond 128 bits of a vector is what it was or 0, as the CPU likes. */
static void must_keep_low(u64 me, u64 bytes)
{
	u64 at, in_register;

	sve_store(&got[me]);
	for (at = 0; at < SVE_ALL(bytes); at++) {
		in_register = at < SVE_P_AT(bytes) ? at % bytes / 16 : (at - SVE_P_AT(bytes)) % (bytes / 8) / 2;
		if (got[me].b[at] != want[me].b[at] && (!in_register || got[me].b[at]))
			guest_abort(__FILE__, __LINE__, "register byte", at,
				    (u64)want[me].b[at] << 8 | got[me].b[at]);
	}
}

static void exit_somehow(u64 n)
{
	if (n % 3 == 0)
		asm volatile("mov w0, #0x80000000\n\thvc #0" ::: "x0", "x1", "x2", "x3");
	else if (n % 7 == 0)
		readl(MMIO_IPA);
	else if (n % 5 == 0)
		asm volatile("wfe");
}

/* SVE off and on again. */
static void toggle(u64 me, u64 n)
{
	write_sysreg(cpacr_fp_sve(n & 2), cpacr_el1);
	isb();
	exit_somehow(n);
	fault_expect();
	sve_bytes();
	GUEST_ASSERT_EQ(1, fault_taken());
	GUEST_ASSERT_EQ(EC_SVE, ESR_EC(this_cpu()->esr));
	trapped[me]++;
	write_sysreg(cpacr_fp_sve(3), cpacr_el1);
	isb();
}

/* Both off: the registers are nobody's business. */
static void both_off(u64 n)
{
	write_sysreg(0, cpacr_el1);
	isb();
	exit_somehow(n);
	write_sysreg(cpacr_fp_sve(3), cpacr_el1);
	isb();
}

static void el0(u64 me, u64 n, u64 bytes)
{
	u64 i;

	/* SVE for EL1 alone */
	write_sysreg(cpacr_fp_sve(1), cpacr_el1);
	isb();
	run_el0(n);
	GUEST_ASSERT_EQ(EC_SVE, ESR_EC(this_cpu()->esr));
	write_sysreg(cpacr_fp_sve(3), cpacr_el1);
	isb();
	GUEST_ASSERT_EQ(bytes, run_el0(n));
	exit_somehow(n);
	for (i = 0; i < bytes; i++)
		want[me].b[7 * bytes + i] = n;
	at_el0[me]++;
}

static void guest_storm(u64 me)
{
	u64 longest = guest_sve_on(), bytes, n;

	for (n = 0; n < ROUNDS; n++) {
		set_length(1 + (n * 5 + me) % 16);
		bytes = sve_bytes();
		GUEST_ASSERT(bytes <= longest);
		sve_fill(&want[me], bytes, me << 20 | n);
		sve_load(&want[me]);
		exit_somehow(n);
		both_off(n + 1);
		must_keep(me, bytes);
		toggle(me, n);
		el0(me, n, bytes);
		must_keep_low(me, bytes);
	}
	set_length(16);
	GUEST_ASSERT_EQ(longest, sve_bytes());
	GUEST_DONE();
}

static volatile bool stop;

static void *busy_sve(void *arg)
{
	u64 bytes = prctl(PR_SVE_GET_VL) & PR_SVE_VL_LEN_MASK, n = 0;
	struct sve_regs in = {}, out;

	pin_to_cpu((u64)arg);
	while (!stop) {
		sve_fill(&in, bytes, n++);
		sve_hold(&in, &out, 20000);
		if (sve_differs(&in, &out, bytes) >= 0) {
			fprintf(stderr, "# the host's byte %d\n", sve_differs(&in, &out, bytes));
			return "the host's";
		}
	}
	return NULL;
}

static void *run_vcpu(void *arg)
{
	struct vcpu *vcpu = arg;
	struct ucall uc;
	int ret, n = 0;

	run_timeout(150);
	for (;;) {
		/* from CPU to CPU */
		pin_to_cpu((vcpu->id + n++ / 16) % 2);
		ret = vcpu_run(vcpu, &uc);
		if (ret == UCALL_DONE)
			return NULL;
		if (ret != UCALL_NONE || vcpu->run->exit_reason != KVM_EXIT_MMIO)
			return "a guest's";
	}
}

static void host_setup(struct vm *vm)
{
	u32 *code = mem_add(vm, 1, 0, CODE, SZ_2M);

	memcpy(code, el0_code, (el0_code_end - el0_code) * sizeof(*code));
	*(u64 *)vm_hva(vm, (u64)&level2[0]) = CODE | 0x705 | 0xc0 | 1ULL << 53;
	*(u64 *)vm_hva(vm, (u64)&guest_pgd[VA >> 30]) = (u64)level2 | 3;
}

FIXTURE(storm) {
	struct vm *vm;
};

FIXTURE_SETUP(storm)
{
}

FIXTURE_TEARDOWN(storm)
{
}

TEST_F_TIMEOUT(storm, beside_a_busy_host, 170)
{
	pthread_t busy[2], run[NR];
	u64 all, half;
	struct vm *vm;
	void *bad;
	long i;

	if (!sve_offered() || sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "no SVE, or one CPU");
	all = sve_lengths();
	half = all & ((1UL << (sve_longest(all) + 1) / 2) - 1);
	vm = vm_create_guest();
	host_setup(vm);
	for (i = 0; i < NR; i++)
		guest_sve_vcpu(vm, i, i == 3 ? 1 : i & 1 ? half : all, guest_storm, i);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&busy[i], NULL, busy_sve, (void *)i));
	for (i = 0; i < NR; i++)
		ASSERT_EQ(0, pthread_create(&run[i], NULL, run_vcpu, vm->vcpus[i]));
	for (i = 0; i < NR; i++) {
		pthread_join(run[i], &bad);
		EXPECT_EQ(NULL, bad);
		EXPECT_EQ(ROUNDS, gv(vm, kept[i]));
		EXPECT_EQ(ROUNDS, gv(vm, trapped[i]));
		EXPECT_EQ(ROUNDS, gv(vm, at_el0[i]));
	}
	stop = true;
	for (i = 0; i < 2; i++) {
		pthread_join(busy[i], &bad);
		EXPECT_EQ(NULL, bad);
	}
	vm_free(vm);
}

SELFTEST_MAIN
