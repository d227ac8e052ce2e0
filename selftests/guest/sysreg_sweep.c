// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A guest may try each of the 32768 system register encodings with
 *            op0 2 and 3, reading, writing back and writing garbage, from EL1 and
 *            from EL0: it gets a value or an UNDEF of its own, and goes on.
 *            Registers of higher exception levels, and those of the features that
 *            it is not given (blessed/hidden_regs.def), are UNDEF; so are those
 *            that came late (guest/late.c), which user space hides here.
 * Reference: Arm ARM D17; kvm-abi.md part 4.4; include/features.def.
 * A failure: shows the encoding (op0, op1, CRn, CRm, op2), or how the VM ended.
 */
#include <sys/auxv.h>

#include "harness.h"
#include "gic.h"
#include "insn.h"

#define EC_FP		0x07
#define EC_SVC		0x15
#define INSN_SVC_1	0xd4000021u

#define NR		0x8000
#define FIRST		0x8000		/* op0 = 2 */
#define CODE_SIZE	(NR * 8 * 2)
#define MRS_CODE	EXTRA_BASE
#define MSR_CODE	(EXTRA_BASE + NR * 8)

/* An SVC behind all that: the end of a try at EL0. */
#define SVC_CODE	(EXTRA_BASE + CODE_SIZE)

/* Per encoding: whether the read and the write were UNDEF. */
static u8 undef[NR], undef_write[NR];
static u64 values[NR];
static u64 nr_undef, nr_read;

/* x0 in, x0 out; the generated code clobbers nothing else. */
static u64 execute(u64 code, u64 x0)
{
	register u64 r0 asm("x0") = x0;
	register u64 r1 asm("x1") = code;

	asm volatile("blr x1" : "+r"(r0), "+r"(r1) :: "x30", "memory");
	return r0;
}

/* Fault counters live in struct guest_cpu, which TPIDR_EL1 must point at. */
static u64 try(u64 code, u64 x0, bool *faulted)
{
	struct guest_cpu *cpu = (void *)guest_cpu_gpa(0);

	WRITE_ONCE(cpu->faults, 0);
	x0 = execute(code, x0);
	*faulted = cpu->faults != 0;
	if (*faulted) {
		u64 ec = ESR_EC(cpu->esr);

		/* UNDEF; with FEAT_IDST a trapped access; CPACR_EL1 traps SVE and SME before EL2 does */
		if (ec != EC_UNKNOWN && ec != EC_SYSREG && ec != EC_SVE && ec != EC_SME)
			guest_abort(__FILE__, __LINE__, "fault is an UNDEF", code, cpu->esr);
		if (cpu->faults != 1)
			guest_abort(__FILE__, __LINE__, "one fault", code, cpu->faults);
	}
	return x0;
}

static void read_them_all(void)
{
	bool faulted;
	u32 r;

	for (r = FIRST; r < FIRST + NR; r++) {
		values[r - FIRST] = try(MRS_CODE + (r - FIRST) * 8, 0x5ca1ab1e, &faulted);
		undef[r - FIRST] = faulted;
		if (faulted)
			nr_undef++;
		else
			nr_read++;
	}
}

static void guest_reads(u64 arg)
{
	this_cpu()->expect_fault = 1;
	read_them_all();
	GUEST_DONE();
}

/* Writing a state back to itself; write-only registers get a zero. */
static void guest_writes_back(u64 arg)
{
	bool faulted;
	u32 r;

	this_cpu()->expect_fault = 1;
	read_them_all();
	for (r = FIRST; r < FIRST + NR; r++) {
		try(MSR_CODE + (r - FIRST) * 8, undef[r - FIRST] ? 0 : values[r - FIRST],
		    &faulted);
		undef_write[r - FIRST] = faulted;
	}
	GUEST_DONE();
}

/* The same at EL0, where the code is mapped once more, for EL0. */
#define EL0_VA		0x2000000000ULL
#define EL0_BLOCK	(0x705 | 0xc0 | 1ULL << 53)	/* RO at both, PXN */

static u64 level2[512] __attribute__((aligned(4096)));

/* At EL0 x30 leads to the SVC; the handler comes back to EL1 behind the eret. */
static u64 try_el0(u64 code, u64 x0, bool *faulted)
{
	struct guest_cpu *cpu = this_cpu();
	u64 ec;

	WRITE_ONCE(cpu->faults, 0);
	asm volatile(
	"	adr	x9, 1f\n"
	"	str	x9, [%1]\n"
	"	msr	elr_el1, %2\n"
	"	msr	spsr_el1, %3\n"
	"	mov	x0, %0\n"
	"	mov	x30, %4\n"
	"	eret\n"
	"1:	mov	%0, x0\n"
	: "+&r"(x0)
	: "r"(&cpu->resume_pc), "r"(code - EXTRA_BASE + EL0_VA), "r"(0x3c0ULL),
	  "r"(SVC_CODE - EXTRA_BASE + EL0_VA)
	: "x0", "x9", "x30", "memory");
	ec = ESR_EC(cpu->esr);
	*faulted = ec != EC_SVC;
	if (cpu->faults != 1 || (*faulted && ec != EC_UNKNOWN && ec != EC_SYSREG && ec != EC_SVE &&
				 ec != EC_SME && ec != EC_FP))
		guest_abort(__FILE__, __LINE__, "one UNDEF or trap", code, cpu->esr);
	return x0;
}

static void guest_at_el0(u64 arg)
{
	bool faulted;
	u32 r;

	guest_pgd[EL0_VA >> 30] = (u64)level2 | 3;
	level2[0] = EXTRA_BASE | EL0_BLOCK;
	asm volatile("dsb ishst\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
	this_cpu()->expect_fault = 2;
	for (r = FIRST; r < FIRST + NR; r++) {
		values[r - FIRST] = try_el0(MRS_CODE + (r - FIRST) * 8, 0x5ca1ab1e, &faulted);
		undef[r - FIRST] = faulted;
		nr_undef += faulted;
		nr_read += !faulted;
		try_el0(MSR_CODE + (r - FIRST) * 8, ~0ULL, &faulted);
		undef_write[r - FIRST] = faulted;
	}
	GUEST_DONE();
}

/*
 * Registers that steer this very code are left alone: translation and control,
 * stack, exception state, vectors, thread pointers, and what would switch on
 * debug exceptions.
 */
static bool steers_the_guest(u32 r)
{
	u32 op1 = SYSREG_OP1(r), crn = SYSREG_CRN(r), crm = SYSREG_CRM(r);

	if (SYSREG_OP0(r) == 2)
		return r == SYSREG(2, 0, 0, 2, 2);	/* MDSCR_EL1 */
	if (op1 != 0 && op1 != 3)
		return false;
	switch (crn) {
	case 1 ... 3:		/* SCTLR, CPACR, TTBR, TCR, keys */
	case 10:		/* MAIR, AMAIR */
	case 13:		/* TPIDR, CONTEXTIDR */
		return true;
	case 4:			/* SPSR, ELR, SP, PSTATE fields, ICC_PMR */
		return crm != 6;
	case 12:
		return crm == 0;	/* VBAR, RVBAR, RMR */
	}
	return false;
}

/*
 * QEMU 7.2's timer adds CNTVOFF_EL2 to a compare value without regard to the
 * wrap, and then fires for ever: the whole emulated machine stands still. Keep
 * the compare values of the emulated hardware away from that.
 */
static u64 emulator_safe(u32 r, u64 v)
{
	if (SYSREG_CRN(r) != 14)
		return v;
	if (SYSREG_OP2(r) == 2)			/* CVAL */
		return v >> 2;
	if (SYSREG_OP2(r) == 0)			/* TVAL, signed, added to the count */
		return v & 0x7fffffff;
	return v;
}

static void guest_writes_garbage(u64 arg)
{
	static const u64 garbage[] = {
		~0ULL, 0x5555555555555555ULL, 0, 0xaaaaaaaaaaaaaaaaULL, 0x123456789abcdefULL,
	};
	unsigned int i;
	bool faulted;
	u32 r;

	this_cpu()->expect_fault = 1;
	for (i = 0; i < ARRAY_SIZE(garbage); i++)
		for (r = FIRST; r < FIRST + NR; r++) {
			if (r % 128 == 0)
				GUEST_SYNC_ARGS(0, r, garbage[i], 0);
			if (!steers_the_guest(r))
				try(MSR_CODE + (r - FIRST) * 8,
				    emulator_safe(r, garbage[i]), &faulted);
		}
	/* no timer may fire into the next test step */
	write_sysreg(0, cntv_ctl_el0);
	GUEST_DONE();
}

static struct vm *sweep_vm(void (*fn)(u64), bool gic)
{
	struct vm *vm = vm_create_guest();
	u32 *code = mem_add(vm, 1, 0, EXTRA_BASE, SZ_2M), r;

	for (r = 0; r < NR; r++) {
		code[r * 2] = INSN_MRS_X0(FIRST + r);
		code[r * 2 + 1] = INSN_RET;
		code[NR * 2 + r * 2] = INSN_MSR_X0(FIRST + r);
		code[NR * 2 + r * 2 + 1] = INSN_RET;
	}
	code[NR * 4] = INSN_SVC_1;
	guest_vcpu(vm, 0, fn, 0);
	/* those of guest/late_regs.c, and FPMR */
	reg_set(vm->vcpus[0], ARM64_SYS_REG(3, 0, 0, 7, 3), 0);
	reg_set(vm->vcpus[0], ARM64_SYS_REG(3, 0, 0, 4, 2), 0);
	if (gic)
		gic_create(vm, 64);
	return vm;
}

FIXTURE(sweep) {
	bool gic;
};

FIXTURE_VARIANT(sweep) {
	bool gic;
};

FIXTURE_VARIANT_ADD(sweep, with_gic) {
	.gic = true,
};

FIXTURE_VARIANT_ADD(sweep, without_gic) {
	.gic = false,
};

FIXTURE_SETUP(sweep)
{
	self->gic = variant->gic;
}

FIXTURE_TEARDOWN(sweep)
{
}

/* Who must be UNDEF at EL1, hidden_regs.def apart. */
static const char *must_be_undef(u32 r)
{
	return SYSREG_OP0(r) == 3 && SYSREG_OP1(r) >= 4 ? "higher exception level" : NULL;
}

TEST_F_TIMEOUT(sweep, reads, 180)
{
	struct vm *vm = sweep_vm(guest_reads, self->gic);
	u32 r;

	run_timeout(170);
	vcpu_run_done(vm->vcpus[0]);
	EXPECT_EQ(NR, gv(vm, nr_undef) + gv(vm, nr_read));
	/* some of each kind, or the sweep didn't do what it says */
	EXPECT_LT(100, gv(vm, nr_read));
	EXPECT_LT(20000, gv(vm, nr_undef));
	for (r = FIRST; r < FIRST + NR; r++) {
		const char *why = must_be_undef(r);

		if (why && !gv(vm, undef[r - FIRST])) {
			TH_LOG("S%u_%u_C%u_C%u_%u (%s) read 0x%lx", SYSREG_OP0(r),
			       SYSREG_OP1(r), SYSREG_CRN(r), SYSREG_CRM(r),
			       SYSREG_OP2(r), why, gv(vm, values[r - FIRST]));
			_metadata->passed = 0;
		}
	}
	vm_free(vm);
}

/* Rows of hidden_regs.def: op0 .. op2, by what is undefined */
enum how { RW, W, FGT };

static const struct hidden {
	const char *name;
	unsigned char op0, op1, crn, first_crm, last_crm, op2s;
	enum how how;
} hidden[] = {
#define HIDDEN_REG(reg, field, op0, op1, crn, first, last, op2s, how, what)	\
	{ #field ": " what, op0, op1, crn, first, last, op2s, how },
#include "blessed/hidden_regs.def"
};

static const struct hidden *hidden_row(u32 r)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hidden); i++) {
		const struct hidden *h = &hidden[i];

		if (SYSREG_OP0(r) == h->op0 && SYSREG_OP1(r) == h->op1 && SYSREG_CRN(r) == h->crn &&
		    SYSREG_CRM(r) >= h->first_crm && SYSREG_CRM(r) <= h->last_crm &&
		    h->op2s >> SYSREG_OP2(r) & 1)
			return h;
	}
	return NULL;
}

/* ECV and fine-grained traps came together, with Armv8.6; only the former is shown to user space. */
#ifndef HWCAP2_ECV
#define HWCAP2_ECV	(1 << 19)
#endif

/* How many accesses to hidden registers went through; each is shown. */
static unsigned int seen_of_hidden(struct vm *vm)
{
	bool has_fgt = getauxval(AT_HWCAP2) & HWCAP2_ECV;
	unsigned int bad = 0;
	u32 r;

	for (r = FIRST; r < FIRST + NR; r++) {
		const struct hidden *h = hidden_row(r);
		bool reads = !gv(vm, undef[r - FIRST]), writes = !gv(vm, undef_write[r - FIRST]);

		if (!h || !(writes || (reads && h->how != W)))
			continue;
		fprintf(stderr, "# S%u_%u_C%u_C%u_%u (%s)%s%s, value 0x%lx\n", SYSREG_OP0(r), SYSREG_OP1(r),
			SYSREG_CRN(r), SYSREG_CRM(r), SYSREG_OP2(r), h->name, reads ? " read" : "",
			writes ? " written" : "", gv(vm, values[r - FIRST]));
		/* Without fine-grained traps: docs/caveats.md, C76. */
		bad += h->how != FGT || has_fgt;
	}
	return bad;
}

TEST_F_TIMEOUT(sweep, writes_of_what_was_read, 180)
{
	struct vm *vm = sweep_vm(guest_writes_back, self->gic);

	run_timeout(170);
	vcpu_run_done(vm->vcpus[0]);
	EXPECT_EQ(0, seen_of_hidden(vm));
	vm_free(vm);
}

TEST_F_TIMEOUT(sweep, at_el0, 180)
{
	struct vm *vm = sweep_vm(guest_at_el0, self->gic);

	run_timeout(170);
	vcpu_run_done(vm->vcpus[0]);
	EXPECT_EQ(NR, gv(vm, nr_undef) + gv(vm, nr_read));
	/* TPIDR_EL0 and some others are EL0's, or EL0 was never reached */
	EXPECT_LT(4, gv(vm, nr_read));
	EXPECT_LT(32000, gv(vm, nr_undef));
	EXPECT_EQ(0, seen_of_hidden(vm));
	vm_free(vm);
}

TEST_F_TIMEOUT(sweep, writes_of_garbage, 180)
{
	struct vm *vm = sweep_vm(guest_writes_garbage, self->gic);
	/* a machine that hangs has no other way of telling where */
	bool trace = getenv("SWEEP_TRACE");
	struct ucall uc;
	int ret;

	run_timeout(170);
	while ((ret = vcpu_run(vm->vcpus[0], &uc)) == UCALL_SYNC)
		if (trace)
			fprintf(stderr, "# 0x%lx to S%lu_%lu_C%lu_...\n", uc.a[2],
				SYSREG_OP0(uc.a[1]), SYSREG_OP1(uc.a[1]), SYSREG_CRN(uc.a[1]));
	ASSERT_EQ(UCALL_DONE, ret);
	/* the vCPU's state is still one that user space may read and write */
	EXPECT_EQ(1u << 31, reg_get(vm->vcpus[0], SR_MPIDR_EL1));
	vm_free(vm);
}

SELFTEST_MAIN
