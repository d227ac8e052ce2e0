// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     A guest's counters count what the guest does: cycles while it runs, at the exception levels that it
 *            asked for, and none while it does not; events of software's and chains are exact; EL0 may what
 *            PMUSERENR_EL0 says; what is not there is undefined.
 * Reference: DDI 0487, D13 (The Performance Monitors Extension), D24.5.
 * A failure: shows register and value; see dev/pmu.c, dev/pmu_regs.c, host/pmu.c, el2/counters.c. Skipped where the
 *            host's perf has no PMU.
 */
#include "harness.h"
#include "el0.h"
#include "pmu.h"
#include "timer.h"

#define SLEEP_MS	400

/* The emulator counts cycles of 1 GHz, by the clock; a CPU some of them. */
#define CYCLES_OF_MS	100000

/* ---- registers ------------------------------------------------------------------------------------- */

static void guest_registers(u64 arg)
{
	u64 n = PMCR_N(pm_read(pmcr_el0)), valid = ((1UL << n) - 1) | CYCLES_BIT;

	GUEST_ASSERT(n > 2);
	pm_write(~0UL, pmcr_el0);
	/* N does not change, P and C read as zero */
	GUEST_ASSERT_EQ(n, PMCR_N(pm_read(pmcr_el0)));
	GUEST_ASSERT_EQ(0, pm_read(pmcr_el0) & (PMCR_P | PMCR_C));
	pm_write(0, pmcr_el0);
	GUEST_ASSERT_EQ(0, pm_read(pmcr_el0) & PMCR_E);
	/* sets */
	pm_write(~0UL, pmcntenset_el0);
	GUEST_ASSERT_EQ(valid, pm_read(pmcntenset_el0));
	GUEST_ASSERT_EQ(valid, pm_read(pmcntenclr_el0));
	pm_write(1, pmcntenclr_el0);
	GUEST_ASSERT_EQ(valid & ~1, pm_read(pmcntenset_el0));
	pm_write(~0UL, pmcntenclr_el0);
	GUEST_ASSERT_EQ(0, pm_read(pmcntenset_el0));
	pm_write(~0UL, pmintenset_el1);
	GUEST_ASSERT_EQ(valid, pm_read(pmintenclr_el1));
	pm_write(~0UL, pmintenclr_el1);
	GUEST_ASSERT_EQ(0, pm_read(pmintenset_el1));
	pm_write(6, pmovsset_el0);
	GUEST_ASSERT_EQ(6, pm_read(pmovsclr_el0));
	pm_write(2, pmovsclr_el0);
	GUEST_ASSERT_EQ(4, pm_read(pmovsset_el0));
	pm_write(~0UL, pmovsclr_el0);
	/* counters, directly and by PMSELR */
	pm_write(0x11, pmevtyper1_el0);
	pm_write(0x1234, pmevcntr1_el0);
	pm_write(1, pmselr_el0);
	GUEST_ASSERT_EQ(1, pm_read(pmselr_el0));
	GUEST_ASSERT_EQ(0x1234, pm_read(pmxevcntr_el0));
	GUEST_ASSERT_EQ(0x11, pm_read(pmxevtyper_el0));
	pm_write(0x5678, pmxevcntr_el0);
	pm_write(EV_SW_INCR | TYPE_U, pmxevtyper_el0);
	GUEST_ASSERT_EQ(0x5678, pm_read(pmevcntr1_el0));
	GUEST_ASSERT_EQ(EV_SW_INCR | TYPE_U, pm_read(pmevtyper1_el0));
	/* the cycle counter has a type there, too */
	pm_write(31, pmselr_el0);
	pm_write(TYPE_P | TYPE_U | 0x3ff, pmxevtyper_el0);
	GUEST_ASSERT_EQ(TYPE_P | TYPE_U, pm_read(pmccfiltr_el0));
	/* 64 bits of it; P leaves it alone, and C the others */
	pm_write(0x123456789abcdefUL, pmccntr_el0);
	pm_write(PMCR_P, pmcr_el0);
	GUEST_ASSERT_EQ(0, pm_read(pmevcntr1_el0));
	GUEST_ASSERT_EQ(0x123456789abcdefUL, pm_read(pmccntr_el0));
	pm_write(0x42, pmevcntr1_el0);
	pm_write(PMCR_C, pmcr_el0);
	GUEST_ASSERT_EQ(0x42, pm_read(pmevcntr1_el0));
	GUEST_ASSERT_EQ(0, pm_read(pmccntr_el0));
	/* what is counted by us, and by everybody's PMU */
	GUEST_ASSERT(pm_read(pmceid0_el0) & 1UL << EV_SW_INCR);
	GUEST_ASSERT(pm_read(pmceid0_el0) & 1UL << EV_CPU_CYCLES);
	GUEST_ASSERT(pm_read(pmceid0_el0) & 1UL << EV_CHAIN);
	GUEST_ASSERT_EQ(0, pm_read(pmceid1_el0) & 7UL << 29);
	GUEST_DONE();
}

TEST(registers)
{
	NEEDS_PMU();
	pmu_run(guest_registers, 0, false, NULL);
}

/* What is not there: counters from N on, read-only and write-only registers. */
static u64 insns[2];

static bool is_undefined(u32 insn)
{
	fault_expect();
	insns[0] = insn | (u64)INSN_RET << 32;
	asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb\n\tmov x0, #0\n\tblr %0"
		     :: "r"(insns) : "x0", "x30", "memory");
	return fault_taken();
}

static void guest_absent(u64 nr)
{
	u64 n;

	for (n = 0; n < 31; n++) {
		GUEST_ASSERT_EQ(n >= nr, is_undefined(INSN_MRS_X0(R_PMEVCNTR(n))));
		GUEST_ASSERT_EQ(n >= nr, is_undefined(INSN_MSR_X0(R_PMEVCNTR(n))));
		GUEST_ASSERT_EQ(n >= nr, is_undefined(INSN_MRS_X0(R_PMEVTYPER(n))));
		GUEST_ASSERT_EQ(n >= nr, is_undefined(INSN_MSR_X0(R_PMEVTYPER(n))));
		pm_write(n, pmselr_el0);
		GUEST_ASSERT_EQ(n >= nr, is_undefined(INSN_MRS_X0(R_PMXEVCNTR)));
		GUEST_ASSERT_EQ(n >= nr, is_undefined(INSN_MSR_X0(R_PMXEVTYPER)));
	}
	GUEST_ASSERT(!is_undefined(INSN_MRS_X0(R_PMCCFILTR)));
	GUEST_ASSERT(is_undefined(INSN_MSR_X0(R_PMCEID0)));
	GUEST_ASSERT(is_undefined(INSN_MSR_X0(R_PMCEID1)));
	GUEST_ASSERT(is_undefined(INSN_MRS_X0(R_PMSWINC)));
	/* PMSSCR, PMICNTR, PMUACR, PMECR: later than what is shown */
	GUEST_ASSERT(is_undefined(INSN_MRS_X0(SYSREG(3, 0, 9, 13, 3))));
	GUEST_ASSERT(is_undefined(INSN_MRS_X0(PM(4, 0))));
	GUEST_ASSERT(is_undefined(INSN_MRS_X0(SYSREG(3, 0, 9, 14, 4))));
	GUEST_ASSERT(is_undefined(INSN_MRS_X0(SYSREG(3, 0, 9, 14, 5))));
	GUEST_DONE();
}

TEST(what_is_not_there_is_undefined)
{
	struct vm *vm;
	u32 nr;

	NEEDS_PMU();
	for (nr = 0; nr <= 4; nr += 2) {
		vm = pmu_vm();
		guest_vcpu(vm, 0, guest_absent, nr);
		ASSERT_EQ(0, set32(vm->vcpus[0]->fd, PMU_CTRL, KVM_ARM_VCPU_PMU_V3_SET_NR_COUNTERS, nr));
		pmu_init_all(vm);
		vcpu_run_done(vm->vcpus[0]);
		vm_free(vm);
	}
}

/* ---- software's events: exact ------------------------------------------------------------------------ */

static void guest_software(u64 arg)
{
	u64 i;

	pm_write(EV_SW_INCR, pmevtyper0_el0);
	pm_write(EV_CHAIN, pmevtyper1_el0);
	pm_write(EV_SW_INCR, pmevtyper2_el0);
	/* switched off: nothing */
	pm_write(7, pmswinc_el0);
	GUEST_ASSERT_EQ(0, pm_read(pmevcntr0_el0));
	pm_write(PMCR_E, pmcr_el0);
	pm_write(7, pmswinc_el0);
	GUEST_ASSERT_EQ(0, pm_read(pmevcntr0_el0));
	pm_write(7, pmcntenset_el0);
	for (i = 1; i <= 10; i++) {
		pm_write(5, pmswinc_el0);
		GUEST_ASSERT_EQ(i, pm_read(pmevcntr0_el0));
		GUEST_ASSERT_EQ(i, pm_read(pmevcntr2_el0));
	}
	pm_write(2, pmswinc_el0);
	GUEST_ASSERT_EQ(0, pm_read(pmevcntr1_el0));
	/* an overflow, and the chain; twice */
	for (i = 1; i <= 2; i++) {
		pm_write(0xfffffffe, pmevcntr0_el0);
		pm_write(1, pmswinc_el0);
		GUEST_ASSERT_EQ(0, pm_read(pmovsset_el0));
		pm_write(1, pmswinc_el0);
		GUEST_ASSERT_EQ(0, (u32)pm_read(pmevcntr0_el0));
		GUEST_ASSERT_EQ(i, pm_read(pmevcntr1_el0));
		GUEST_ASSERT_EQ(1, pm_read(pmovsset_el0));
		pm_write(1, pmovsclr_el0);
	}
	/* the odd one's own overflow */
	pm_write(0xffffffff, pmevcntr0_el0);
	pm_write(0xffffffff, pmevcntr1_el0);
	pm_write(1, pmswinc_el0);
	GUEST_ASSERT_EQ(3, pm_read(pmovsset_el0));
	GUEST_ASSERT_EQ(0, (u32)pm_read(pmevcntr1_el0));
	/* not at this level: P */
	pm_write(EV_SW_INCR | TYPE_P, pmevtyper2_el0);
	i = pm_read(pmevcntr2_el0);
	pm_write(4, pmswinc_el0);
	GUEST_ASSERT_EQ(i, pm_read(pmevcntr2_el0));
	/* a chain that is switched off */
	pm_write(0, pmevcntr1_el0);
	pm_write(2, pmcntenclr_el0);
	pm_write(0xffffffff, pmevcntr0_el0);
	pm_write(1, pmswinc_el0);
	GUEST_ASSERT_EQ(0, pm_read(pmevcntr1_el0));
	GUEST_DONE();
}

TEST(events_of_software_and_chains)
{
	NEEDS_PMU();
	pmu_run(guest_software, 0, false, NULL);
}

/* ---- cycles -------------------------------------------------------------------------------------------- */

/* Counts in the guest, and only when it is to. */
static void guest_counts(u64 arg)
{
	u64 a, b, ticks;

	pmu_cycles_on(0);
	a = pm_read(pmccntr_el0);
	ticks = vcount();
	delay_ms(20);
	b = pm_read(pmccntr_el0);
	ticks = vcount() - ticks;
	if (b - a < 20 * CYCLES_OF_MS)
		guest_abort(__FILE__, __LINE__, "cycles of 20 ms", b - a, ticks);
	/* stopped by each of the three ways: not one more */
	pm_write(PMCR_LC, pmcr_el0);
	a = pm_read(pmccntr_el0);
	pmu_spin(100000);
	GUEST_ASSERT_EQ(a, pm_read(pmccntr_el0));
	pm_write(PMCR_LC | PMCR_E, pmcr_el0);
	pm_write(CYCLES_BIT, pmcntenclr_el0);
	a = pm_read(pmccntr_el0);
	pmu_spin(100000);
	GUEST_ASSERT_EQ(a, pm_read(pmccntr_el0));
	pm_write(CYCLES_BIT, pmcntenset_el0);
	pm_write(TYPE_P, pmccfiltr_el0);
	a = pm_read(pmccntr_el0);
	pmu_spin(100000);
	GUEST_ASSERT_EQ(a, pm_read(pmccntr_el0));
	pm_write(0, pmccfiltr_el0);
	pmu_spin(100000);
	GUEST_ASSERT(pm_read(pmccntr_el0) > a);
	/* an event counter with the same event */
	pm_write(EV_CPU_CYCLES, pmevtyper0_el0);
	pm_write(0, pmevcntr0_el0);
	pm_write(1, pmcntenset_el0);
	a = pm_read(pmevcntr0_el0);
	pmu_spin(100000);
	GUEST_ASSERT(pm_read(pmevcntr0_el0) > a);
	/* counters that run take a value */
	pm_write(0x1000000000, pmccntr_el0);
	b = pm_read(pmccntr_el0);
	GUEST_ASSERT(b >= 0x1000000000 && b < 0x2000000000);
	GUEST_DONE();
}

TEST(cycles_are_counted)
{
	NEEDS_PMU();
	pmu_run(guest_counts, 0, false, NULL);
}

/* The VMM is away between two readings: nobody counts that. */
static void guest_is_away(u64 filter)
{
	u64 i, a;

	pmu_cycles_on(filter);
	pm_write(EV_CPU_CYCLES, pmevtyper0_el0);
	pm_write(1, pmcntenset_el0);
	for (i = 0; i < 3; i++) {
		a = pm_read(pmccntr_el0);
		GUEST_SYNC_ARGS(0, pm_read(pmevcntr0_el0), 0, 0);
		GUEST_SYNC_ARGS(1, pm_read(pmccntr_el0) - a, pm_read(pmevcntr0_el0), 0);
	}
	GUEST_DONE();
}

TEST(what_the_host_does_is_not_counted)
{
	struct vcpu *vcpu;
	struct ucall uc;
	struct vm *vm;
	int i;

	NEEDS_PMU();
	vm = pmu_vm();
	vcpu = guest_vcpu(vm, 0, guest_is_away, 0);
	pmu_init_all(vm);
	for (i = 0; i < 3; i++) {
		vcpu_run_sync(vcpu, 0);
		/* the thread itself, in its user space and the kernel; then others */
		if (i == 1)
			usleep(SLEEP_MS * 1000);
		else
			pmu_burn(SLEEP_MS);
		uc = vcpu_run_sync(vcpu, 1);
		EXPECT_LT(0, uc.a[1]);
		/* less than half of the time away, by the emulator's count */
		EXPECT_GT(SLEEP_MS * 500000UL, uc.a[1])
			TH_LOG("round %d", i);
	}
	vcpu_run_done(vcpu);
	vm_free(vm);
}

/* ---- EL0 ------------------------------------------------------------------------------------------------- */

#define INSN_B_8	0x14000002u

/* x0 rounds of a loop at EL0. */
static void el0_spin(u64 rounds)
{
	writel(0xf1000400, EL0_CODE + 8);	/* subs x0, x0, #1 */
	writel(0x54ffffe1, EL0_CODE + 12);	/* b.ne -4 */
	writel(0xd4000021, EL0_CODE + 16);	/* svc #1 */
	asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0" :: "r"(EL0_CODE + 8) : "memory");
	el0_run(INSN_B_8, rounds, 0x3c0);
}

static void guest_levels(u64 arg)
{
	u64 i, both, user, kernel;

	el0_map();
	for (i = 0; i < 3; i++) {
		pmu_cycles_on(0);
		el0_spin(2000000);
		both = pm_read(pmccntr_el0);
		pmu_cycles_on(TYPE_P);
		el0_spin(2000000);
		user = pm_read(pmccntr_el0);
		/* EL1 alone is a small part of it */
		pmu_cycles_on(TYPE_U);
		el0_spin(2000000);
		kernel = pm_read(pmccntr_el0);
		if (!user || !kernel || user > 10 * both || kernel > user)
			guest_abort(__FILE__, __LINE__, "cycles of EL0, EL1", user, kernel);
		/* nowhere */
		pmu_cycles_on(TYPE_P | TYPE_U);
		el0_spin(1000);
		GUEST_ASSERT_EQ(0, pm_read(pmccntr_el0));
		/* of EL0 nothing while at EL1 */
		pmu_cycles_on(TYPE_P);
		pmu_spin(200000);
		GUEST_SYNC(i);
		pmu_spin(200000);
		GUEST_ASSERT_EQ(0, pm_read(pmccntr_el0));
	}
	GUEST_DONE();
}

TEST(exception_levels)
{
	struct vm *vm;
	int i;

	NEEDS_PMU();
	vm = pmu_vm();
	el0_add_memory(vm);
	guest_vcpu(vm, 0, guest_levels, 0);
	pmu_init_all(vm);
	for (i = 0; i < 3; i++) {
		vcpu_run_sync(vm->vcpus[0], i);
		/* the host's user space is EL0, too */
		pmu_burn(50);
	}
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

#define UEN	1
#define USW	2
#define UCR	4
#define UER	8

/* Does it get through at EL0 with each value of PMUSERENR_EL0? needs: bits, one of which lets it. */
static void el0_access(u32 insn, u64 needs, bool exists)
{
	struct guest_cpu *cpu = this_cpu();
	u64 enable, ec;

	for (enable = 0; enable < 16; enable++) {
		pm_write(enable, pmuserenr_el0);
		el0_run(insn, 0, 0x3c0);
		ec = ESR_EC(cpu->esr);
		if (enable & needs && exists ? ec != EC_SVC :
		    enable & needs ? ec != EC_UNKNOWN : ec != EC_SYSREG && ec != EC_UNKNOWN)
			guest_abort(__FILE__, __LINE__, "class at EL0 with PMUSERENR", enable << 32 | insn, cpu->esr);
		/* a trap tells EL1 what it was: direction, Rt 0, the encoding */
		if (ec == EC_SYSREG && (cpu->esr & 0x3e1) != (insn >> 21 & 1))
			guest_abort(__FILE__, __LINE__, "syndrome", insn, cpu->esr);
	}
}

static void guest_el0_registers(u64 arg)
{
	static const struct { u16 reg; u8 read, write; bool read_ok, write_ok; } rows[] = {
		{ R_PMCR,	 UEN,	    UEN,       true,  true },
		{ R_PMCNTENSET,	 UEN,	    UEN,       true,  true },
		{ R_PMCNTENCLR,	 UEN,	    UEN,       true,  true },
		{ R_PMOVSCLR,	 UEN,	    UEN,       true,  true },
		{ R_PMOVSSET,	 UEN,	    UEN,       true,  true },
		{ R_PMSELR,	 UEN | UER, UEN | UER, true,  true },
		{ R_PMCCNTR,	 UEN | UCR, UEN,       true,  true },
		{ R_PMCCFILTR,	 UEN,	    UEN,       true,  true },
		{ R_PMEVCNTR(1), UEN | UER, UEN,       true,  true },
		{ R_PMEVTYPER(1), UEN,	    UEN,       true,  true },
		{ R_PMXEVCNTR,	 UEN | UER, UEN,       true,  true },
		{ R_PMXEVTYPER,	 UEN,	    UEN,       true,  true },
	};
	unsigned int i;

	el0_map();
	pm_write(0, pmselr_el0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		el0_access(INSN_MRS_X0(rows[i].reg), rows[i].read, rows[i].read_ok);
		el0_access(INSN_MSR_X0(rows[i].reg), rows[i].write, rows[i].write_ok);
	}
	el0_access(INSN_MSR_X0(R_PMSWINC), UEN | USW, true);
	el0_access(INSN_MRS_X0(R_PMCEID0), UEN, true);
	/* always, and never */
	for (i = 0; i < 16; i++) {
		pm_write(i, pmuserenr_el0);
		GUEST_ASSERT_EQ(i, el0_run(INSN_MRS_X0(R_PMUSERENR), 0, 0x3c0));
		el0_run(INSN_MSR_X0(R_PMUSERENR), 0, 0x3c0);
		GUEST_ASSERT(ESR_EC(this_cpu()->esr) != EC_SVC);
		GUEST_ASSERT_EQ(i, pm_read(pmuserenr_el0));
		el0_run(INSN_MRS_X0(R_PMINTENSET), 0, 0x3c0);
		GUEST_ASSERT(ESR_EC(this_cpu()->esr) != EC_SVC);
	}
	/* values, not only permissions */
	pm_write(UEN, pmuserenr_el0);
	pm_write(0x4321, pmevcntr1_el0);
	GUEST_ASSERT_EQ(0x4321, el0_run(INSN_MRS_X0(R_PMEVCNTR(1)), 0, 0x3c0));
	el0_run(INSN_MSR_X0(R_PMEVCNTR(1)), 0x1111, 0x3c0);
	GUEST_ASSERT_EQ(0x1111, pm_read(pmevcntr1_el0));
	GUEST_DONE();
}

TEST(what_el0_may)
{
	NEEDS_PMU();
	pmu_run(guest_el0_registers, 0, false, el0_add_memory);
}

/* ---- filters ----------------------------------------------------------------------------------------------------- */

static void guest_filtered(u64 arg)
{
	GUEST_ASSERT_EQ(0, pm_read(pmceid0_el0) & 1UL << EV_CPU_CYCLES);
	pmu_cycles_on(0);
	pm_write(EV_CPU_CYCLES, pmevtyper0_el0);
	pm_write(EV_SW_INCR, pmevtyper1_el0);
	pm_write(3, pmcntenset_el0);
	pmu_spin(10000);
	GUEST_ASSERT_EQ(0, pm_read(pmccntr_el0));
	GUEST_ASSERT_EQ(0, pm_read(pmevcntr0_el0));
	pm_write(2, pmswinc_el0);
	GUEST_ASSERT_EQ(1, pm_read(pmevcntr1_el0));
	GUEST_DONE();
}

TEST(a_filtered_event_does_not_count)
{
	struct kvm_pmu_event_filter f = { .base_event = EV_CPU_CYCLES, .nevents = 1, .action = KVM_PMU_EVENT_DENY };
	struct vm *vm;

	NEEDS_PMU();
	vm = pmu_vm();
	guest_vcpu(vm, 0, guest_filtered, 0);
	ASSERT_EQ(0, dev_attr(vm->vcpus[0]->fd, KVM_SET_DEVICE_ATTR, PMU_CTRL, KVM_ARM_VCPU_PMU_V3_FILTER, &f));
	pmu_init_all(vm);
	vcpu_run_done(vm->vcpus[0]);
	vm_free(vm);
}

SELFTEST_MAIN
