// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     Each overflow of a counter is one interrupt, of the PPI or as a line that a VMM with a GIC of its own is
 *            told of; a guest that provokes them at each of its instructions harms itself alone.
 * Reference: DDI 0487, D13 (The Performance Monitors Extension), D24.5.
 * A failure: shows how many came; see dev/pmu.c, host/pmu.c. Skipped where the host's perf has no PMU.
 */
#include "harness.h"
#include "pmu.h"
#include "timer.h"

static u64 irqs, overflows;

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();

	GUEST_ASSERT_EQ(INTID_PMU, id);
	WRITE_ONCE(overflows, overflows | pm_read(pmovsset_el0));
	pm_write(~0UL, pmovsclr_el0);
	WRITE_ONCE(irqs, irqs + 1);
	gic_eoi(id);
}

static void irq_setup(void)
{
	gic_dist_init();
	gic_cpu_init();
	gic_set_prio(INTID_PMU, 0x80);
	gic_enable(INTID_PMU);
	guest_irq_handler = on_irq;
	irq_enable();
}

static void expect_irq(u64 bits)
{
	u64 end = vcount() + ms_to_ticks(5000);

	while (!READ_ONCE(irqs) && vcount() < end)
		cpu_relax();
	GUEST_ASSERT_EQ(1, irqs);
	GUEST_ASSERT_EQ(bits, overflows);
	irqs = 0;
	overflows = 0;
}

static void guest_irqs(u64 arg)
{
	u64 i;

	irq_setup();
	/* a level, by registers alone; E, PMOVS and PMINTEN all have to be set */
	pm_write(1, pmovsset_el0);
	pm_write(1, pmintenset_el1);
	pmu_spin(1000);
	GUEST_ASSERT_EQ(0, irqs);
	pm_write(PMCR_E | PMCR_LC, pmcr_el0);
	expect_irq(1);
	pm_write(1, pmintenclr_el1);
	pm_write(1, pmovsset_el0);
	pmu_spin(1000);
	GUEST_ASSERT_EQ(0, irqs);
	pm_write(1, pmovsclr_el0);
	pm_write(~0UL, pmintenset_el1);
	/* software's overflow */
	pm_write(EV_SW_INCR, pmevtyper0_el0);
	pm_write(0xffffffff, pmevcntr0_el0);
	pm_write(1, pmcntenset_el0);
	pm_write(1, pmswinc_el0);
	expect_irq(1);
	pm_write(1, pmcntenclr_el0);
	/* the cycle counter's, at 64 bits; it comes by itself */
	for (i = 0; i < 10; i++) {
		pm_write(-1000000UL, pmccntr_el0);
		pm_write(CYCLES_BIT, pmcntenset_el0);
		expect_irq(CYCLES_BIT);
		GUEST_ASSERT(pm_read(pmccntr_el0) < 1UL << 40);
		pm_write(CYCLES_BIT, pmcntenclr_el0);
	}
	/* and at 32 bits, which LC says where somebody runs AArch32 */
	pm_write(PMCR_E, pmcr_el0);
	if (!(pm_read(pmcr_el0) & PMCR_LC)) {
		pm_write(0x1ffff0000, pmccntr_el0);
		pm_write(CYCLES_BIT, pmcntenset_el0);
		expect_irq(CYCLES_BIT);
		i = pm_read(pmccntr_el0);
		GUEST_ASSERT(i >= 0x200000000 && i < 0x300000000);
		pm_write(CYCLES_BIT, pmcntenclr_el0);
	}
	/* an event counter's, and the chain behind it */
	pm_write(EV_CPU_CYCLES, pmevtyper0_el0);
	pm_write(EV_CHAIN, pmevtyper1_el0);
	pm_write(0xffffffff, pmevcntr1_el0);
	pm_write(0xfff00000, pmevcntr0_el0);
	pm_write(3, pmcntenset_el0);
	expect_irq(3);
	GUEST_ASSERT_EQ(0, (u32)pm_read(pmevcntr1_el0));
	GUEST_DONE();
}

TEST(each_overflow_is_an_interrupt)
{
	NEEDS_PMU();
	pmu_run(guest_irqs, 0, true, NULL);
}

/* Armed again by the handler, at each of its instructions: counters that never come to rest. */
#define STORM	2000

static void on_storm(struct guest_frame *frame)
{
	u32 id = gic_ack();
	u64 which = pm_read(pmovsset_el0);

	GUEST_ASSERT_EQ(INTID_PMU, id);
	pm_write(which, pmovsclr_el0);
	if (which & CYCLES_BIT)
		pm_write(-1UL, pmccntr_el0);
	if (which & 1)
		pm_write(0xffffffff, pmevcntr0_el0);
	/* Nothing but this handler gets on until then. */
	if (++irqs == STORM) {
		pm_write(0, pmcr_el0);
		pm_write(~0UL, pmovsclr_el0);
	}
	gic_eoi(id);
}

static void guest_storm(u64 arg)
{
	u64 end;

	irq_setup();
	guest_irq_handler = on_storm;
	pm_write(EV_CPU_CYCLES, pmevtyper0_el0);
	pm_write(0xffffffff, pmevcntr0_el0);
	pm_write(-1UL, pmccntr_el0);
	pm_write(~0UL, pmintenset_el1);
	pm_write(CYCLES_BIT | 1, pmcntenset_el0);
	pm_write(PMCR_E | PMCR_LC, pmcr_el0);
	end = vcount() + ms_to_ticks(60000);
	while (READ_ONCE(irqs) < STORM && vcount() < end)
		cpu_relax();
	GUEST_ASSERT_EQ(STORM, irqs);
	GUEST_DONE();
}

static void guest_counts(u64 arg)
{
	u64 i, a;

	pmu_cycles_on(0);
	for (i = 0; i < 200; i++) {
		a = pm_read(pmccntr_el0);
		pmu_spin(1000);
		GUEST_ASSERT(pm_read(pmccntr_el0) > a);
	}
	GUEST_DONE();
}

TEST(a_storm_of_overflows)
{
	struct vm *vm;
	int i;

	NEEDS_PMU();
	vm = pmu_vm();
	for (i = 0; i < 2; i++)
		guest_vcpu(vm, i, i ? guest_counts : guest_storm, 0);
	gic_create(vm, 64);
	pmu_init_all(vm);
	vcpus_run_done(vm);
	vm_free(vm);
}

/* Without a GIC in the kernel the VMM is told of the line. */
static void guest_line(u64 arg)
{
	pm_write(CYCLES_BIT, pmintenset_el1);
	pm_write(-1000000UL, pmccntr_el0);
	pm_write(CYCLES_BIT, pmcntenset_el0);
	pm_write(PMCR_E | PMCR_LC, pmcr_el0);
	while (!(pm_read(pmovsset_el0) & CYCLES_BIT))
		cpu_relax();
	GUEST_SYNC(1);
	pm_write(CYCLES_BIT, pmovsclr_el0);
	GUEST_SYNC(2);
	GUEST_DONE();
}

TEST(a_gic_in_user_space_is_told)
{
	struct vcpu *vcpu;
	struct vm *vm;
	int ret;

	NEEDS_PMU();
	vm = pmu_vm();
	vcpu = guest_vcpu(vm, 0, guest_line, 0);
	pmu_init_all(vm);
	ret = vcpu_run_once(vcpu);
	EXPECT_EQ(-EINTR, ret);
	EXPECT_EQ(KVM_EXIT_INTR, vcpu->run->exit_reason);
	EXPECT_EQ(KVM_ARM_DEV_PMU, vcpu->run->s.regs.device_irq_level);
	vcpu_run_sync(vcpu, 1);
	EXPECT_EQ(KVM_ARM_DEV_PMU, vcpu->run->s.regs.device_irq_level);
	EXPECT_EQ(-EINTR, vcpu_run_once(vcpu));
	EXPECT_EQ(0, vcpu->run->s.regs.device_irq_level);
	vcpu_run_sync(vcpu, 2);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

SELFTEST_MAIN
